//! Journeys: written, simulated, agreed to, started, gone through by each person at their own time, held at any time.
//!
//! People enter by an audience ([`tick`]) or by an event (the triggers' watch, [`watched`]). Each passage is a row: an
//! act moves it ([`walk`]) and writes where it stands with an entry, in one commit. A message of a step is a delivery
//! like any other: the gate decides it when it is claimed ([`crate::delivery`]).
//!
//! INVARIANT: nobody enters a version that was not simulated, agreed to by every role of
//! [`placet_domain::journey::APPROVERS`], and started by name.
//! INVARIANT: nobody enters a journey twice, and whoever is in goes on under the version they entered.

mod acts;
pub mod card;
mod clock;
mod counts;
pub(crate) mod message;
pub mod task;
#[cfg(test)]
mod tests;
pub mod trial;
mod walk;

use placet_domain::campaign::Hold;
use placet_domain::id::{JourneyId, JourneyVersionId, PersonId};
use placet_domain::journey::steps::Steps;
use placet_domain::journey::{Standing, Version, counting, held_as};
use placet_domain::operator::{Actor, Capability, Role};
use placet_store::campaigns::{self, HoldRecord};
use placet_store::{StoreError, Tx, journey_passages, journeys};

use crate::approval::{Bench, Reviewed, roles_of};
use crate::trigger::note::Watched;
use crate::{ActError, Ctx};

pub use acts::{
    declare, end, obstacles, pause, read_hash, resume, say, start, start_uncounted, written,
};
pub use clock::{has_work, tick};
pub use counts::{Alarm, Counts, Objection, StepCount, alarms, counts};
pub use placet_domain::journey::Entry;
pub(crate) use walk::{Road, enter, is_off};

/// A journey with its versions, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Which.
    pub id: JourneyId,
    /// Its name.
    pub name: String,
    /// Its versions.
    pub versions: Vec<Version>,
    /// Pauses and resumptions, newest first.
    pub holds: Vec<HoldRecord>,
}

impl Registered {
    /// The version under which people enter: the newest that was started.
    #[must_use]
    pub fn counting(&self) -> Option<&Version> {
        counting(&self.versions)
    }

    /// The newest version.
    #[must_use]
    pub fn newest(&self) -> Option<&Version> {
        self.versions.first()
    }

    /// The newest version, while it is not started.
    #[must_use]
    pub fn waiting(&self) -> Option<&Version> {
        self.newest()
            .filter(|newest| newest.start.is_none() && self.hold() != Some(Hold::Ended))
    }

    fn hold(&self) -> Option<Hold> {
        self.holds.first().map(|hold| hold.kind)
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self.hold() {
            Some(Hold::Ended) => Standing::Ended,
            _ if self.counting().is_none() => Standing::Waits,
            Some(Hold::Stopped) => Standing::Paused,
            _ => Standing::AtWork,
        }
    }

    pub(crate) fn is_at_work(&self) -> bool {
        self.standing() == Standing::AtWork
    }

    /// The roads that people are on: of every version that was started, newest first.
    pub(crate) fn roads(&self) -> Vec<Road> {
        let started = self.versions.iter().filter(|it| it.start.is_some());
        started.filter_map(Road::of).collect()
    }

    fn version(&self, id: JourneyVersionId) -> Result<&Version, ActError> {
        let found = self.versions.iter().find(|one| one.id == id);
        found.ok_or(ActError::NotFound("version"))
    }
}

/// One journey with its versions.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such journey.
pub fn find(tx: &mut Tx, id: JourneyId) -> Result<Registered, ActError> {
    let journey = journeys::find(tx, id)?.ok_or(ActError::NotFound("journey"))?;
    Ok(with_versions(tx, journey)?)
}

/// The journey of a name with its versions.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such journey.
pub fn find_by_name(tx: &mut Tx, name: &str) -> Result<Registered, ActError> {
    let journey = journeys::find_by_name(tx, name)?.ok_or(ActError::NotFound("journey"))?;
    Ok(with_versions(tx, journey)?)
}

/// Every journey, by name.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx) -> Result<Vec<Registered>, StoreError> {
    let all = journeys::list(tx)?;
    all.into_iter().map(|one| with_versions(tx, one)).collect()
}

fn with_versions(tx: &mut Tx, journey: journeys::Journey) -> Result<Registered, StoreError> {
    Ok(Registered {
        versions: journeys::list_versions(tx, journey.id)?,
        holds: campaigns::list_holds(tx, held_as(journey.id))?,
        id: journey.id,
        name: journey.name,
    })
}

/// The journeys that take note of events.
pub(crate) fn watched(tx: &mut Tx) -> Result<Vec<Watched>, StoreError> {
    let mut found = Vec::new();
    for one in list(tx)? {
        let takes_note = matches!(one.standing(), Standing::AtWork | Standing::Paused);
        let road = one.counting().filter(|_| takes_note).and_then(Road::of);
        found.extend(road.and_then(|road| Watched::journey(&one, road)));
    }
    Ok(found)
}

/// Whether somebody is in a road's journey, or was.
pub(crate) fn was_in(tx: &mut Tx, road: &Road, person: PersonId) -> Result<bool, StoreError> {
    Ok(journey_passages::find_of(tx, road.version.journey, person)?.is_some())
}

/// Pauses a journey that is not paused: something is not as it was expected.
pub(crate) fn pause_once(
    tx: &mut Tx,
    ctx: &Ctx,
    id: JourneyId,
    reason: &str,
) -> Result<(), ActError> {
    match find(tx, id)?.hold() {
        Some(Hold::Stopped | Hold::Ended) => Ok(()),
        _ => pause(tx, ctx, id, reason),
    }
}

/// The roles in which this actor is asked for a word on the newest version.
#[must_use]
pub fn asked(actor: &Actor, journey: &Registered) -> Vec<Role> {
    let Some(version) = journey.waiting() else {
        return Vec::new();
    };
    let by = actor.operator();
    let has_spoken = version.words.iter().any(|word| Some(word.by) == by);
    if actor.may(Capability::ApproveJourneys).is_err()
        || by.is_none()
        || version.written_by == by
        || version.simulated_at.is_none()
        || version.is_returned()
        || has_spoken
    {
        return Vec::new();
    }
    let held = roles_of(actor);
    let missing = version.missing().into_iter();
    missing.filter(|role| held.contains(role)).collect()
}

/// What a journey's page shows.
#[derive(Debug, Clone)]
pub struct View {
    /// The journey.
    pub journey: Registered,
    /// The version that is shown: the one that counts, else the newest.
    pub version: Version,
    /// Its steps.
    pub steps: Steps,
    /// Where its people are and what its steps came to.
    pub counts: Counts,
    /// The contents of the version that waits, or else of the one shown, with their reviews; in the order of the steps.
    pub contents: Vec<Reviewed>,
    /// The last simulation of the newest version.
    pub trial: Option<trial::Kept>,
    /// What is refused more than before.
    pub alarms: Vec<Alarm>,
}

/// Reads a journey for its page, with one of its versions or the one that counts. A read: it names no person.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such journey or version.
pub fn view(
    tx: &mut Tx,
    now: placet_domain::time::Timestamp,
    id: JourneyId,
    number: Option<u32>,
) -> Result<View, ActError> {
    let journey = find(tx, id)?;
    let newest = journey.newest().ok_or(ActError::NotFound("journey"))?;
    let version = match number {
        Some(number) => journey.versions.iter().find(|one| one.version == number),
        None => journey.counting().or(Some(newest)),
    };
    let version = version.ok_or(ActError::NotFound("version"))?.clone();
    let steps = version
        .declaration
        .read()
        .ok_or(ActError::NotFound("version"))?;
    let bench = Bench::read(tx, now)?;
    let mut contents = Vec::new();
    for send in &journey.waiting().unwrap_or(&version).sends {
        contents.push(bench.find(tx, send.content)?);
    }
    Ok(View {
        counts: counts(tx, &version, &steps)?,
        trial: trial::latest(tx, newest.id)?,
        alarms: counts::alarms_of(tx, &journey, now)?,
        contents,
        steps,
        version,
        journey,
    })
}
