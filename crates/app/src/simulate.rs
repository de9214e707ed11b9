//! What a change of rules would do: whom each campaign, trigger and journey would add or drop.
//!
//! Nothing is changed by asking. People are named only to those who may see them, and each one
//! named leaves an access entry.

use placet_domain::audience::Filter;
use placet_domain::campaign::Progress;
use placet_domain::content::Draft;
use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, JourneyId, PersonId, TriggerId, VersionId};
use placet_domain::settings::{Settings, Strictness};
use placet_domain::{journey as steps, trigger as events};
use placet_policy::Engine;
use placet_store::{Tx, contents, people};

use crate::audience::{Comparison, compare};
use crate::gate::{Gate, Message};
use crate::person::{Purpose, note_read};
use crate::population::Index;
use crate::{ActError, Ctx, campaign, journey, settings, trigger};

/// The most campaigns that are looked at.
const CAMPAIGNS: u32 = 1_000;

/// The rules that are tried.
#[derive(Debug, Clone)]
pub struct Change {
    /// The packs of then.
    pub engine: Engine,
    /// The profile of then; that of now when none is said.
    pub strictness: Option<Strictness>,
}

/// What sends, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// A campaign.
    Campaign(CampaignId, Progress),
    /// A trigger.
    Trigger(TriggerId, events::Standing),
    /// A message of a journey.
    Journey(JourneyId, steps::Standing),
}

impl Sender {
    /// The kind of sender, for files and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Campaign(..) => "campaign",
            Self::Trigger(..) => "trigger",
            Self::Journey(..) => "journey",
        }
    }

    /// Its id, in digits.
    #[must_use]
    pub fn id(self) -> String {
        match self {
            Self::Campaign(id, _) => id.to_string(),
            Self::Trigger(id, _) => id.to_string(),
            Self::Journey(id, _) => id.to_string(),
        }
    }

    /// Where it stands: its code, and in words.
    #[must_use]
    pub fn standing(self) -> (&'static str, &'static str) {
        match self {
            Self::Campaign(_, it) => (it.as_str(), it.label()),
            Self::Trigger(_, it) => (it.as_str(), it.label()),
            Self::Journey(_, it) => (it.as_str(), it.label()),
        }
    }
}

/// What the change does to what one sender sends.
#[derive(Debug, Clone)]
pub struct Simulated {
    /// What sends.
    pub sender: Sender,
    /// Its name; of a journey, with the step.
    pub name: String,
    /// Whom it adds and drops.
    pub comparison: Comparison,
}

/// Asks about every campaign that is not finished (those that send, those that are stopped, and
/// those that wait to be launched), and about every trigger and every message of a journey that
/// has not ended. Whom an event will be about nobody knows: triggers and journeys are asked about
/// everybody.
///
/// # Errors
///
/// When the store fails.
pub fn simulate(
    tx: &mut Tx,
    ctx: &Ctx,
    index: &Index,
    engine: &Engine,
    change: &Change,
) -> Result<Vec<Simulated>, ActError> {
    let now = settings::load(tx)?;
    let then = Settings {
        strictness: change.strictness.unwrap_or(now.strictness),
        ..now.clone()
    };
    let mut found = Vec::new();
    for (sender, name, message, filter) in senders(tx, ctx)? {
        let before = Gate::new(engine, &now, message.clone(), ctx.now);
        let after = Gate::new(&change.engine, &then, message, ctx.now);
        found.push(Simulated {
            sender,
            name,
            comparison: compare(tx, index, &before, &after, &filter)?,
        });
    }
    let n = |kind| {
        found
            .iter()
            .filter(|one| one.sender.as_str() == kind)
            .count()
    };
    let pack = change.engine.pack();
    tx.record(
        Entry::new("rules.simulated")
            .with("pack", format!("{} {}", pack.id, pack.version))
            .with("profile", crate::gate::profile(then.strictness).as_str())
            .with("n_campaigns", n("campaign"))
            .with("n_triggers", n("trigger"))
            .with("n_journey_messages", n("journey")),
    );
    Ok(found)
}

/// Everything that is asked about: who sends it, its name, the message, and to whom it may go.
fn senders(tx: &mut Tx, ctx: &Ctx) -> Result<Vec<(Sender, String, Message, Filter)>, ActError> {
    let mut found = Vec::new();
    for listed in campaign::list(tx, CAMPAIGNS)? {
        if matches!(
            listed.progress,
            Progress::Finished | Progress::Ended | Progress::Unresolved
        ) {
            continue;
        }
        let view = campaign::view(tx, listed.campaign.id, ctx.now)?;
        let question = view.question();
        let sender = Sender::Campaign(view.campaign.id, view.progress);
        found.push((
            sender,
            view.campaign.brief.name,
            question.message,
            question.filter,
        ));
    }
    for one in trigger::list(tx)? {
        let standing = one.standing();
        let version = one.counting().or_else(|| one.newest());
        let Some(version) = version.filter(|_| standing != events::Standing::Ended) else {
            continue;
        };
        let message = trigger::message::message(version, &draft(tx, version.declaration.content)?);
        let sender = Sender::Trigger(one.id, standing);
        found.push((sender, one.name, message, Filter::default()));
    }
    for one in journey::list(tx)? {
        let standing = one.standing();
        let version = one.counting().or_else(|| one.newest());
        let version = version.filter(|_| standing != steps::Standing::Ended);
        let Some(road) = version.and_then(journey::Road::of) else {
            continue;
        };
        for send in &road.version.sends {
            let draft = draft(tx, send.content)?;
            let message = journey::message::message(&road.version, &road.steps, send, &draft);
            let name = format!("{}, step {}", one.name, send.step + 1);
            let sender = Sender::Journey(one.id, standing);
            found.push((sender, name, message, Filter::default()));
        }
    }
    Ok(found)
}

fn draft(tx: &mut Tx, content: VersionId) -> Result<Draft, ActError> {
    let found = contents::find_version(tx, content)?;
    Ok(found.ok_or(ActError::NotFound("version"))?.draft)
}

/// The names of people, each with an access entry; who was erased meanwhile is left out.
///
/// # Errors
///
/// When the store fails.
pub fn names(tx: &mut Tx, ids: &[PersonId]) -> Result<Vec<(PersonId, String)>, ActError> {
    let mut found = Vec::new();
    for id in ids {
        if tx.is_erased(*id)? {
            continue;
        }
        if let Some(person) = people::find(tx, *id)? {
            note_read(tx, *id, Purpose::Explain);
            found.push((*id, person.identity.name()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
