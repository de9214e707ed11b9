//! FHIR Consent, R4 and R5: does it permit marketing, refuse it, or say nothing of it?
//!
//! In R4 the root provision's `type` is the base rule and nested provisions are exceptions with
//! types of their own. In R5 `decision` is the base and every provision negates the level above.
//! The same JSON means the opposite in the two, so a consent that shows marks of both, or of
//! neither, is refused.
//!
//! INVARIANT: what cannot be judged never permits: a permission counts when it surely applies, a
//! refusal when it possibly does.
//! INVARIANT: fields that are not named here are not read, narrative and extensions first.

pub mod file;
pub mod judge;
mod shape;
#[cfg(test)]
mod tests;
pub mod write;

use placet_domain::arrival::{ConsentArrival, ConsentSays};
use placet_domain::time::{Date, TimeZone, Timestamp};

pub use judge::{Answer, Question};

use crate::door::Phi;
use crate::fault::{Fault, Kind};
use crate::value::text;
use shape::{Raw, Version};

/// A consent that can be judged.
pub struct Consent {
    version: Version,
    raw: Raw,
}

impl Consent {
    /// Reads one resource.
    ///
    /// # Errors
    ///
    /// When it is no Consent, cannot be told to be R4 or R5, or holds a modifier extension.
    pub fn read(record: &Phi<&[u8]>) -> Result<Self, Fault> {
        shape::read(record)
    }

    /// `R4` or `R5`.
    #[must_use]
    pub fn version(&self) -> &'static str {
        match self.version {
            Version::R4 => "R4",
            Version::R5 => "R5",
        }
    }

    /// What it answers to a question.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Answer {
        judge::answer(self.version, &self.raw, question)
    }

    /// What is to be recorded of it, as of a day.
    ///
    /// # Errors
    ///
    /// When it names no person, has no id, or no day on which it was given.
    pub fn arrival(&self, today: Date) -> Result<ConsentArrival, Fault> {
        let source_ref = text::id("Consent.id", self.raw.id.as_deref())?;
        let subject = self.raw.patient.as_ref().or(self.raw.subject.as_ref());
        let person_ref = subject
            .and_then(|subject| crate::fhir::appointment::patient_id(&subject.reference))
            .ok_or_else(|| Fault::at(Kind::NoPerson, "Consent.patient.reference"))?;
        let person_ref = text::id("Consent.patient.reference", Some(person_ref))?;
        let written = self.raw.date_time.as_deref().or(self.raw.date.as_deref());
        let given_at = given_at(written.unwrap_or_default())?;
        let answer = self.answer(&Question::marketing(today));
        let says = match answer {
            Answer::Permit => ConsentSays::Permit {
                until: self.until(),
            },
            Answer::Deny => ConsentSays::Refuse,
            Answer::Ended => ConsentSays::Ended,
            Answer::Silent => ConsentSays::Silent,
        };
        Ok(ConsentArrival {
            source_ref,
            person_ref,
            given_at,
            says,
            version: self.version(),
            is_signed: self.raw.verification.iter().any(|one| one.verified),
        })
    }

    fn until(&self) -> Option<Date> {
        let own = self.raw.period.as_ref().and_then(|it| it.end.as_deref());
        let root = self.raw.provision.first();
        let inner = root
            .and_then(|it| it.period.as_ref())
            .and_then(|it| it.end.as_deref());
        let days = [own, inner].into_iter().flatten();
        days.filter_map(|end| end.get(..10)?.parse().ok()).min()
    }
}

/// A day or an instant; a day counts from its beginning.
fn given_at(written: &str) -> Result<Timestamp, Fault> {
    let bad = || Fault::at(Kind::BadTime, "Consent.dateTime");
    if let Ok(at) = written.parse() {
        return Ok(at);
    }
    let day: Date = written.parse().map_err(|_| bad())?;
    let zoned = day.to_zoned(TimeZone::UTC).map_err(|_| bad())?;
    Ok(zoned.timestamp())
}
