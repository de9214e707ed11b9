//! A person: whose data is held, where they live, how they are reached.
//!
//! Names, dates of birth and addresses live in [`Identity`] and [`ContactPoint`]; both are sealed
//! at rest under the person's own key, and neither prints itself.
//!
//! INVARIANT: `Debug` of a person shows no personal value.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::codes::codes;
use crate::id::{AppointmentId, ContactPointId, PersonId};
use crate::time::{Date, Timestamp};

codes! {
    /// What a person is to the organization; the words of the rule packs.
    pub enum Relationship {
        /// Under care now.
        Patient = "patient", "Patient";
        /// Was under care.
        FormerPatient = "former_patient", "Former patient";
        /// Under care and not of age.
        MinorPatient = "minor_patient", "Patient under age";
        /// Insured by the organization's plan.
        Enrollee = "enrollee", "Plan member";
        /// Gives to the foundation.
        Donor = "donor", "Donor";
        /// Asked for something, is not a patient.
        Prospect = "prospect", "Prospect";
        /// Known from an application only.
        AppUser = "app_user", "App user";
        /// Has died.
        Deceased = "deceased", "Deceased";
        /// Nothing is known.
        None = "none", "None known";
    }
}

codes! {
    /// Where a contact point came from; decides what it may be used for without more permission.
    pub enum Origin {
        /// Given while care was sought or given.
        Care = "care", "Given for care";
        /// Given on a marketing or newsletter form.
        Form = "form", "Given on a form";
        /// Given when making a gift.
        Gift = "gift", "Given with a gift";
        /// Bought or taken over from elsewhere.
        List = "list", "From a list";
        /// Given or corrected by the person on their own page.
        Person = "person", "Given on the person's page";
    }
}

/// Somebody whose data is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// What they are to the organization.
    pub relationship: Relationship,
    /// Country and state, as `US-OH`.
    pub residence: Option<String>,
    /// The IANA name of their time zone.
    pub time_zone: Option<String>,
    /// The day they died.
    pub deceased_on: Option<Date>,
    /// Codes of special protection: `part2`, `psychotherapy_notes`, `minor_consented_alone`.
    pub flags: BTreeSet<String>,
    /// What identifies them.
    pub identity: Identity,
}

/// What identifies a person; sealed at rest.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Identity {
    /// First names.
    pub given: String,
    /// Last name.
    pub family: String,
    /// Date of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    /// The language they want to be addressed in, as `en` or `es`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Further data elements that a flow let in, by their code in the catalogue.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub elements: BTreeMap<String, String>,
}

impl Identity {
    /// First and last name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family).trim().to_owned()
    }

    /// Full years lived on a day; the last birthday counts.
    #[must_use]
    pub fn age_on(&self, day: Date) -> Option<u16> {
        let born = self.birth_date?;
        let had_birthday = (day.month(), day.day()) >= (born.month(), born.day());
        let years = i32::from(day.year()) - i32::from(born.year()) - i32::from(!had_birthday);
        u16::try_from(years).ok()
    }

    /// The words by which somebody is looked up.
    #[must_use]
    pub fn search_words(&self) -> BTreeSet<String> {
        search_words(&self.name())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(sealed)")
    }
}

/// The words of a name as they are compared: lower case, without punctuation.
#[must_use]
pub fn search_words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// One address, number or account of a person; `address` is sealed at rest.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactPoint {
    /// Which.
    pub id: ContactPointId,
    /// Whose.
    pub person: PersonId,
    /// How it is reached.
    pub channel: Channel,
    /// The address as it is written on a message.
    pub address: String,
    /// Where it came from.
    pub origin: Origin,
    /// Since when it is held.
    pub created_at: Timestamp,
    /// When another one took its place.
    pub replaced_at: Option<Timestamp>,
}

impl fmt::Debug for ContactPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContactPoint({}, {})", self.id, self.channel.as_str())
    }
}

/// An address that shows enough to recognize and not enough to use: `a…@example.org`, `…0142`.
#[must_use]
pub fn masked(channel: Channel, address: &str) -> String {
    match channel {
        Channel::Email => match address.rsplit_once('@') {
            Some((local, domain)) => {
                format!("{}…@{domain}", local.chars().next().unwrap_or('…'))
            }
            None => "…".to_owned(),
        },
        Channel::Sms | Channel::VoiceLive => {
            let digits: Vec<char> = address.chars().filter(char::is_ascii_digit).collect();
            let last: String = digits.iter().skip(digits.len().saturating_sub(4)).collect();
            format!("…{last}")
        }
        Channel::Postal => "address on file".to_owned(),
    }
}

/// An upcoming appointment; `details` are sealed at rest.
#[derive(Clone, PartialEq, Eq)]
pub struct Appointment {
    /// Which.
    pub id: AppointmentId,
    /// Whose.
    pub person: PersonId,
    /// When it begins.
    pub starts_at: Timestamp,
    /// `booked`, `cancelled`, …: the word of the source.
    pub status: String,
    /// Place and the like, by data element code.
    pub details: BTreeMap<String, String>,
}

/// Whether an appointment of this status is going to take place.
#[must_use]
pub fn takes_place(status: &str) -> bool {
    matches!(status, "booked" | "arrived" | "checked-in")
}

impl fmt::Debug for Appointment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Appointment({})", self.id)
    }
}
