//! Triggers: registered, approved by compliance, fired by what happens, held at any time.
//!
//! What happens is taken note of in the act that brings it ([`note`]), or by the clock ([`tick`]); when it is due, a
//! delivery is written ([`fire`]), and from there it goes the way of every message: decided again by the gate when it
//! is claimed ([`crate::delivery`]).
//!
//! INVARIANT: nothing fires without a version that compliance approved, by somebody else than who wrote it.
//! INVARIANT: one event is taken note of once, however often it is told (`trigger_fires`, its occasion).

pub(crate) mod acts;
mod clock;
pub(crate) mod fire;
pub(crate) mod message;
pub(crate) mod note;
#[cfg(test)]
pub(crate) mod tests;
pub mod trial;

use placet_domain::campaign::{Hold, Tally};
use placet_domain::id::{CampaignId, TriggerId};
use placet_domain::trigger::{
    Approval, Dropped, FireState, Standing, Version, counting, sends_as, sent_by,
};
use placet_store::campaigns::{self, HoldRecord};
use placet_store::{StoreError, Tx, contents, journeys, trigger_fires, triggers};

use crate::approval::{Bench, Reviewed};
use crate::{ActError, Ctx};

pub use acts::{approve, content_of, declare, end, may_approve, pause, resume};
pub use clock::{Sweeps, has_work, tick};

/// A trigger with its versions, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Which.
    pub id: TriggerId,
    /// Its name.
    pub name: String,
    /// Its versions.
    pub versions: Vec<Version>,
    /// Pauses and resumptions, newest first.
    pub holds: Vec<HoldRecord>,
}

impl Registered {
    /// The version that counts: the newest that compliance approved.
    #[must_use]
    pub fn counting(&self) -> Option<&Version> {
        counting(&self.versions)
    }

    /// The newest version.
    #[must_use]
    pub fn newest(&self) -> Option<&Version> {
        self.versions.first()
    }

    /// The newest version, while it waits for compliance.
    #[must_use]
    pub fn waiting(&self) -> Option<&Version> {
        self.newest()
            .filter(|newest| newest.approval.is_none() && self.hold() != Some(Hold::Ended))
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

    /// Compliance's word on the version that counts.
    #[must_use]
    pub fn approval(&self) -> Option<&Approval> {
        self.counting()?.approval.as_ref()
    }
}

/// One trigger with its versions.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such trigger.
pub fn find(tx: &mut Tx, id: TriggerId) -> Result<Registered, ActError> {
    let trigger = triggers::find(tx, id)?.ok_or(ActError::NotFound("trigger"))?;
    Ok(with_versions(tx, trigger)?)
}

/// The trigger of a name with its versions.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such trigger.
pub fn find_by_name(tx: &mut Tx, name: &str) -> Result<Registered, ActError> {
    let trigger = triggers::find_by_name(tx, name)?.ok_or(ActError::NotFound("trigger"))?;
    Ok(with_versions(tx, trigger)?)
}

/// Every trigger, by name.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx) -> Result<Vec<Registered>, StoreError> {
    let all = triggers::list(tx)?;
    all.into_iter().map(|one| with_versions(tx, one)).collect()
}

fn with_versions(tx: &mut Tx, trigger: triggers::Trigger) -> Result<Registered, StoreError> {
    Ok(Registered {
        versions: triggers::list_versions(tx, trigger.id)?,
        holds: campaigns::list_holds(tx, sends_as(trigger.id))?,
        id: trigger.id,
        name: trigger.name,
    })
}

/// The name behind a delivery, decision or entry: of a campaign, of a trigger, or of a journey.
///
/// # Errors
///
/// When the store fails.
pub fn name_of(tx: &mut Tx, sender: CampaignId) -> Result<Option<String>, StoreError> {
    if let Some(campaign) = campaigns::find(tx, sender)? {
        return Ok(Some(campaign.brief.name));
    }
    if let Some(trigger) = triggers::find(tx, sent_by(sender))? {
        return Ok(Some(trigger.name));
    }
    let journey = journeys::find_by_send(tx, placet_domain::journey::sent_by(sender))?;
    Ok(journey.map(|(journey, _)| journey.name))
}

/// What a trigger's page shows.
#[derive(Debug, Clone)]
pub struct View {
    /// The trigger.
    pub trigger: Registered,
    /// The content of the newest version, with its review.
    pub newest: Reviewed,
    /// The name of that content.
    pub content_name: String,
    /// The content of the version that counts, when it is another version.
    pub counting: Option<Reviewed>,
    /// How many events stand where.
    pub fires: Fires,
    /// The newest events.
    pub latest: Vec<trigger_fires::Held>,
}

/// How many events of a trigger stand where, and what became of their messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fires {
    /// Those whose time has not come.
    pub n_waiting: u64,
    /// Those that were handed over.
    pub n_fired: u64,
    /// Why others came to nothing, most first.
    pub dropped: Vec<(Dropped, u64)>,
    /// Where the messages of those handed over stand.
    pub tally: Tally,
}

/// Reads how many events of a trigger stand where.
///
/// # Errors
///
/// When the store fails.
pub fn fires(tx: &mut Tx, id: TriggerId) -> Result<Fires, StoreError> {
    let tally = trigger_fires::tally(tx, id)?;
    let n = |state| tally.get(&state).copied().unwrap_or(0);
    Ok(Fires {
        n_waiting: n(FireState::Waiting),
        n_fired: n(FireState::Fired),
        dropped: trigger_fires::list_dropped(tx, id)?,
        tally: campaigns::tally(tx, sends_as(id))?,
    })
}

/// Reads a trigger for its page, with at most `limit` of its newest events. A read: it names no person.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such trigger.
pub fn view(
    tx: &mut Tx,
    ctx_now: placet_domain::time::Timestamp,
    id: TriggerId,
    limit: u32,
) -> Result<View, ActError> {
    let trigger = find(tx, id)?;
    let newest = trigger.newest().ok_or(ActError::NotFound("trigger"))?;
    let bench = Bench::read(tx, ctx_now)?;
    let content = newest.declaration.content;
    let reviewed = bench.find(tx, content)?;
    let content_name =
        contents::find_name(tx, reviewed.version.content)?.ok_or(ActError::NotFound("content"))?;
    let other = trigger
        .counting()
        .map(|version| version.declaration.content)
        .filter(|counting| *counting != content);
    let counting = match other {
        Some(version) => Some(bench.find(tx, version)?),
        None => None,
    };
    Ok(View {
        newest: reviewed,
        content_name,
        counting,
        fires: fires(tx, id)?,
        latest: trigger_fires::list_latest(tx, id, None, limit)?,
        trigger,
    })
}

/// A message of a trigger that did not leave, with whom it was for and the rules that stood against it.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The event.
    pub held: trigger_fires::Held,
    /// How the person is called; none when they were erased.
    pub name: Option<String>,
    /// The sentences of the rules; empty when something else than the gate ended it.
    pub why: Vec<crate::timeline::Reason>,
}

/// The newest messages of a trigger that did not leave, by name, with the rules. Each person shown leaves an entry.
///
/// # Errors
///
/// When the store fails.
pub fn list_refused(
    tx: &mut Tx,
    ctx: &Ctx,
    id: TriggerId,
    limit: u32,
) -> Result<Vec<Refused>, ActError> {
    let trigger = find(tx, id)?;
    let mut found = Vec::new();
    for held in trigger_fires::list_refused(tx, trigger.id, limit)? {
        let person = held.fire.person;
        if tx.is_erased(person)? {
            found.push(Refused {
                held,
                name: None,
                why: Vec::new(),
            });
            continue;
        }
        let name = placet_store::people::find(tx, person)?.map(|it| it.identity.name());
        let decision = held.delivery.as_ref().and_then(|(_, decision)| *decision);
        let why = match decision {
            Some(decision) => {
                let explained = crate::timeline::decision(tx, ctx, person, decision)?;
                let objects = |one: &crate::timeline::Reason| one.effect != "permit";
                explained.answer.why.into_iter().filter(objects).collect()
            }
            None => {
                crate::person::note_read(tx, person, crate::person::Purpose::Explain);
                Vec::new()
            }
        };
        found.push(Refused { held, name, why });
    }
    tx.record(
        placet_domain::entry::Entry::new("trigger.refused_opened")
            .with("trigger", id)
            .with("n_shown", found.len()),
    );
    Ok(found)
}
