//! What data there is, what it may be used for, and who signed that: sources, elements, checks, expert opinions.
//!
//! A source's elements are classified in versions; a version counts from the day when somebody of compliance who did not
//! write it signs it. [`DataClass::status`] is the whole table of what marketing may do with a class.
//!
//! INVARIANT: nothing here holds a value of a person: paths, column names, counts and hashes only.

mod check;
mod source;
#[cfg(test)]
mod tests;

pub use check::{
    Determination, DraftDetermination, FileHash, SafeHarborCheck, Signature, Standing,
};
pub use source::{Classification, DraftSource, Element, Signed, Source};

use crate::codes::codes;
use crate::person::Relationship;

codes! {
    /// Where a data element stands in its source.
    pub enum ElementKind {
        /// A FHIR path, as `Patient.name.family`.
        Fhir = "fhir", "FHIR path";
        /// A field of HL7 v2, as `PID-5.1`.
        Hl7 = "hl7", "HL7 field";
        /// A column of a table.
        Column = "column", "Column";
    }
}

codes! {
    /// What kind of information an element is, for marketing (S60 to S64).
    pub enum DataClass {
        /// Contact information of somebody who has not received care.
        ProspectContact = "prospect_contact", "Prospect contact information";
        /// Contact information of a patient.
        PatientContact = "patient_contact", "Patient contact information";
        /// That, when and where somebody is or was seen.
        Appointment = "appointment", "Appointment history";
        /// Diagnoses, procedures, results, medication, notes.
        Treatment = "treatment", "Treatment information";
        /// Nobody can be recognized: Safe Harbor or expert determination.
        DeIdentified = "de_identified", "De-identified data";
    }
}

codes! {
    /// What marketing may do with a class.
    pub enum UseStatus {
        /// With standard consent and the privacy policy.
        WithConsent = "with_consent", "Permitted with consent";
        /// Not without an authorization, or for treatment.
        Limited = "limited", "Limited";
        /// Protected health information: an authorization for each use.
        Restricted = "restricted", "Restricted";
        /// When the standard of de-identification is met and proven.
        IfStandardMet = "if_standard_met", "Permitted if it meets the standard";
    }
}

impl DataClass {
    /// What marketing may do with it.
    #[must_use]
    pub fn status(self) -> UseStatus {
        match self {
            Self::ProspectContact => UseStatus::WithConsent,
            Self::PatientContact => UseStatus::Limited,
            Self::Appointment | Self::Treatment => UseStatus::Restricted,
            Self::DeIdentified => UseStatus::IfStandardMet,
        }
    }

    /// What its use takes, in words.
    #[must_use]
    pub fn needs(self) -> &'static str {
        match self {
            Self::ProspectContact => "standard consent and the privacy policy",
            Self::PatientContact => "an authorization, or a message that is treatment",
            Self::Appointment | Self::Treatment => "an authorization for marketing, each time",
            Self::DeIdentified => "a signed Safe Harbor check or an expert determination in force",
        }
    }

    /// The class that the same element has for somebody of this relationship: first care makes contact information a
    /// patient's (S65).
    #[must_use]
    pub fn of(self, relationship: Relationship) -> Self {
        match (self, relationship) {
            (
                Self::ProspectContact,
                Relationship::Patient | Relationship::MinorPatient | Relationship::FormerPatient,
            ) => Self::PatientContact,
            (class, _) => class,
        }
    }
}
