//! Call lists: one person at a time, decided when a caller opens them.
//!
//! [`open_next`] decides and opens; [`show`] gives name, number and script to the caller who has the person, while
//! that answer is fresh and nothing has changed; [`decide_again`] asks once more; [`end`] takes what came of it. There
//! is no way to a list of numbers.
//!
//! INVARIANT: no number is shown without a decision of the last ten minutes, and an entry about its person.
//! INVARIANT: what a person says against calls counts in the act that records the call.

mod ending;
mod opening;
mod registry;
#[cfg(test)]
mod tests;

use jiff::SignedDuration;
use placet_domain::call::{Ended, Try};
use placet_domain::campaign::{Progress, Tally};
use placet_domain::entry::Entry;
use placet_domain::id::{CallId, CampaignId};
use placet_domain::operator::Capability;
use placet_domain::time::Timestamp;
use placet_store::{Tx, call_tries, campaigns, deliveries, people};

use crate::content::author;
use crate::person::{Purpose, note_read};
use crate::{ActError, Ctx, campaign};

pub use crate::delivery::Deciding;
pub use ending::{Told, end};
pub use opening::{Again, Opened, Shown, Words, decide_again, open_next, show};
pub use registry::{MOST_DAYS, MOST_NUMBERS, Registry, Taken, registry, take_numbers, warning};

/// How many of a list are counted who may be called now; more are said to be so many and more.
pub const COUNTED: usize = 1_000;

/// How many lists are shown, or looked at for Today.
const LISTED: usize = 200;
/// After how long an open call asks for somebody's word.
pub const LEFT_OPEN: SignedDuration = SignedDuration::from_hours(1);

/// A call list, without anybody's name.
#[derive(Debug, Clone)]
pub struct List {
    /// Of which campaign.
    pub campaign: CampaignId,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub progress: Progress,
    /// How many deliveries stand where.
    pub tally: Tally,
    /// How many wait whose hour has come, counted up to [`COUNTED`].
    pub n_ready: usize,
    /// How often each thing came of a call.
    pub ended: Vec<(Ended, u64)>,
}

impl List {
    /// How often this came of a call.
    #[must_use]
    pub fn n(&self, ended: Ended) -> u64 {
        let found = self.ended.iter().find(|(one, _)| *one == ended);
        found.map_or(0, |(_, n)| *n)
    }
}

/// The call list of a campaign. A read: it names nobody.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such campaign.
pub fn list_of(tx: &mut Tx, id: CampaignId, now: Timestamp) -> Result<List, ActError> {
    let found = campaigns::find(tx, id)?.ok_or(ActError::NotFound("campaign"))?;
    let listed = campaign::summary(tx, found)?;
    Ok(List {
        campaign: id,
        name: listed.campaign.brief.name,
        progress: listed.progress,
        tally: listed.tally,
        n_ready: deliveries::count_waiting(tx, id, now, COUNTED)?,
        ended: call_tries::count_ended(tx, id)?,
    })
}

/// The launched call lists, newest first, at most `limit`. A read: it names nobody.
///
/// # Errors
///
/// When the store fails.
pub fn lists(tx: &mut Tx, now: Timestamp, limit: usize) -> Result<Vec<List>, ActError> {
    let all = call_tries::list_campaigns(tx)?.into_iter().take(limit);
    all.map(|id| list_of(tx, id, now)).collect()
}

/// The call lists with somebody who waits or is with a caller, newest first, at most [`LISTED`]. A read: it names nobody.
///
/// # Errors
///
/// When the store fails.
pub fn unfinished(tx: &mut Tx, now: Timestamp) -> Result<Vec<List>, ActError> {
    let all = call_tries::list_unfinished(tx)?.into_iter().take(LISTED);
    all.map(|id| list_of(tx, id, now)).collect()
}

/// How many people of running lists are to be called now, counted up to [`COUNTED`] a list. A read.
///
/// # Errors
///
/// When the store fails.
pub fn n_ready(tx: &mut Tx, now: Timestamp) -> Result<usize, ActError> {
    let running = unfinished(tx, now)?.into_iter();
    let running = running.filter(|one| one.progress == Progress::Sending);
    Ok(running.map(|one| one.n_ready).sum())
}

/// The lists with people whom a caller opened more than [`LEFT_OPEN`] ago and said nothing of: their names and how many.
/// A read: it names nobody.
///
/// # Errors
///
/// When the store fails.
pub fn left_open(
    tx: &mut Tx,
    now: Timestamp,
) -> Result<Vec<(CampaignId, String, usize)>, ActError> {
    let mut found = Vec::new();
    for id in call_tries::list_unfinished(tx)? {
        let open = call_tries::list_open(tx, id)?;
        let n = open
            .iter()
            .filter(|one| one.opened_at <= now - LEFT_OPEN)
            .count();
        if let (true, Some(campaign)) = (n > 0, campaigns::find(tx, id)?) {
            found.push((id, campaign.brief.name, n));
        }
    }
    Ok(found)
}

/// The call that this actor has open.
///
/// # Errors
///
/// When the store fails.
pub fn own(tx: &mut Tx, ctx: &Ctx) -> Result<Option<Try>, ActError> {
    Ok(call_tries::find_open(tx, &author(&ctx.actor))?)
}

/// A person whom a caller opened, and of whom nothing was said yet.
#[derive(Debug, Clone)]
pub struct Held {
    /// The try.
    pub call: Try,
    /// How the person is called; none when they were erased.
    pub name: Option<String>,
}

/// Who is with a caller now, by name, the oldest first: somebody must say what became of each. Each person shown leaves
/// an access entry.
///
/// # Errors
///
/// When the store fails.
pub fn list_held(tx: &mut Tx, _: &Ctx, campaign: CampaignId) -> Result<Vec<Held>, ActError> {
    let mut held = Vec::new();
    for call in call_tries::list_open(tx, campaign)? {
        let name = match tx.is_erased(call.person)? {
            true => None,
            false => people::find(tx, call.person)?.map(|it| it.identity.name()),
        };
        note_read(tx, call.person, Purpose::Explain);
        held.push(Held { call, name });
    }
    tx.record(
        Entry::new("calls.opened_listed")
            .with("campaign", campaign)
            .with("n_shown", held.len()),
    );
    Ok(held)
}

/// A try, for the caller who has or had it, or somebody who settles what others left open.
fn try_of(tx: &mut Tx, ctx: &Ctx, id: CallId) -> Result<Try, ActError> {
    let call = call_tries::find(tx, id)?.ok_or(ActError::NotFound("call"))?;
    let is_own = call.opened_by == author(&ctx.actor);
    if !is_own && ctx.actor.may(Capability::ResolveDeliveries).is_err() {
        // Nothing is said of calls of others, not even that they are.
        return Err(ActError::NotFound("call"));
    }
    Ok(call)
}

/// The same, while it is open.
fn open_try(tx: &mut Tx, ctx: &Ctx, id: CallId) -> Result<Try, ActError> {
    let call = try_of(tx, ctx, id)?;
    match &call.end {
        None => Ok(call),
        Some(end) => Err(over(end.ended)),
    }
}

fn over(ended: Ended) -> ActError {
    ActError::refused(
        "call.over",
        format!(
            "what came of this call was said before: {}",
            ended.label().to_lowercase()
        ),
    )
}

fn entry(kind: &str, call: &Try) -> Entry {
    Entry::new(kind)
        .about(call.person)
        .with("campaign", call.campaign)
        .with("delivery", call.delivery)
        .with("call", call.id)
}

/// The campaign of a call. A read.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such call.
pub fn campaign_of(tx: &mut Tx, id: CallId) -> Result<CampaignId, ActError> {
    let call = call_tries::find(tx, id)?.ok_or(ActError::NotFound("call"))?;
    Ok(call.campaign)
}
