//! What a change of rules would do: whom each campaign would add or drop.
//!
//! Nothing is changed by asking. People are named only to those who may see them, and each one
//! named leaves an access entry.

use placet_domain::campaign::Progress;
use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, PersonId};
use placet_domain::settings::{Settings, Strictness};
use placet_policy::Engine;
use placet_store::{Tx, people};

use crate::audience::{Comparison, compare};
use crate::gate::Gate;
use crate::person::{Purpose, note_read};
use crate::population::Index;
use crate::{ActError, Ctx, campaign, settings};

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

/// What the change does to one campaign.
#[derive(Debug, Clone)]
pub struct Simulated {
    /// The campaign.
    pub campaign: CampaignId,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub progress: Progress,
    /// Whom it adds and drops.
    pub comparison: Comparison,
}

/// Asks about every campaign that is not finished: those that send, those that are stopped, and
/// those that wait to be launched.
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
    for listed in campaign::list(tx, CAMPAIGNS)? {
        if matches!(
            listed.progress,
            Progress::Finished | Progress::Ended | Progress::Unresolved
        ) {
            continue;
        }
        let view = campaign::view(tx, listed.campaign.id, ctx.now)?;
        let question = view.question();
        let before = Gate::new(engine, &now, question.message.clone(), ctx.now);
        let after = Gate::new(&change.engine, &then, question.message, ctx.now);
        found.push(Simulated {
            campaign: view.campaign.id,
            name: view.campaign.brief.name,
            progress: view.progress,
            comparison: compare(tx, index, &before, &after, &question.filter)?,
        });
    }
    let pack = change.engine.pack();
    tx.record(
        Entry::new("rules.simulated")
            .with("pack", format!("{} {}", pack.id, pack.version))
            .with("profile", crate::gate::profile(then.strictness).as_str())
            .with("n_campaigns", found.len()),
    );
    Ok(found)
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
