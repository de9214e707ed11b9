//! The outbox: who is sent to next, what came of it, and what nobody can tell.
//!
//! One act carries the answers of the last messages and the claims of the next ones
//! ([`settle`], [`claim`]). A claim decides again, on the facts of that moment, and is durable
//! before the first byte leaves. [`beat`] keeps a worker's lease and turns the claims of a dead
//! one into unknowns; [`resolve`] is a person's word on an unknown.
//!
//! What a crash leaves: before the claim's commit, a delivery that waits; after it, a claim that
//! [`beat`] of any worker makes unknown; after the answer's commit, nothing to do.
//!
//! INVARIANT: nothing leaves without a [`Permit`] made in the transaction that claims it.
//! INVARIANT: an unknown is sent again by a person's word alone.

mod by_hand;
mod claim;
mod lease;
mod message;
mod settle;
mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use placet_domain::channel::Channel;
use placet_domain::delivery::{Outcome, State, Verdict};
use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, ContactPointId, DeliveryId, PersonId, VersionId, WorkerId};
use placet_domain::template::{self, FilledMail, Missing, Rendered, Variables};
use placet_domain::time::Timestamp;
use placet_store::{Keys, StoreError, Tx, deliveries, journey_passages};

use crate::campaign::plan::Timing;
use crate::permit::{Permit, Permitted};
use crate::{ActError, Ctx, settings};

pub use by_hand::Deciding;
pub(crate) use by_hand::{Arm, ByHand};
pub use claim::claim;
// Whoever sends needs the engine to claim with, and nothing else of the rules.
pub use lease::{Beat, beat, leave, release_lost};
pub use message::{Outgoing, prepare};
pub use placet_policy::Engine;
pub use settle::{halt, settle};
pub(crate) use values::Fill;

/// What a worker needs to know to claim.
pub struct Claiming<'a> {
    /// Who claims.
    pub worker: WorkerId,
    /// Whose messages; a line takes those of one channel.
    pub channel: Channel,
    /// How many messages can leave at once now.
    pub n: usize,
    /// What decides.
    pub engine: &'a Engine,
    /// What signs the links of the person's page.
    pub keys: &'a Keys,
    /// Where that page is, without a slash at the end: `https://news.hospital.example`.
    pub public_url: &'a str,
    /// The versions that are rendered; the others wait until they are.
    pub rendered: &'a BTreeMap<VersionId, Arc<Rendered>>,
}

/// What a claim act brought.
#[derive(Debug, Default)]
pub struct Claims {
    /// Messages to send, each with its leave.
    pub claimed: Vec<Claimed>,
    /// Versions to render before their campaigns can go on.
    pub unrendered: Vec<VersionId>,
    /// How many the gate denied for good.
    pub n_refused: usize,
    /// How many it put off.
    pub n_deferred: usize,
    /// Whether somebody may still wait who could be claimed at once.
    pub has_more: bool,
}

/// Which delivery an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Which.
    pub delivery: DeliveryId,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// To whom.
    pub person: PersonId,
    /// Where to.
    pub contact_point: ContactPointId,
    /// How often it was tried, this time counted in.
    pub n_attempts: u32,
}

/// One message that may leave now.
pub struct Claimed {
    /// Which delivery it is.
    pub ticket: Ticket,
    /// The gate's leave.
    pub permit: Permit,
    /// The address.
    pub to: String,
    /// The campaign it belongs to.
    pub outgoing: Arc<Outgoing>,
    /// The version, ready to be filled.
    pub rendered: Arc<Rendered>,
    /// The person's values, enough to fill it.
    pub variables: Variables,
    /// Where a mail program unsubscribes its reader (RFC 8058).
    pub unsubscribe_url: String,
    /// Where a bounce of exactly this message goes, when that is set.
    pub return_path: Option<String>,
}

impl Claimed {
    /// What it says. Filled by whoever sends, so that the outbox need not wait for it.
    ///
    /// # Errors
    ///
    /// When a variable has no value; none is claimed like that.
    pub fn words(&self) -> Result<FilledMail, Missing> {
        template::fill(&self.rendered, &self.variables)
    }

    /// What it is, to be compared with what was decided.
    #[must_use]
    pub fn permitted(&self) -> Permitted {
        Permitted {
            person: self.ticket.person,
            contact_point: self.ticket.contact_point,
            content_hash: *self.outgoing.hash.as_bytes(),
            campaign: self.outgoing.campaign,
            delivery: self.ticket.delivery,
        }
    }
}

/// Values and address are a person's: they never show in a log by accident.
impl fmt::Debug for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claimed({})", self.ticket.delivery)
    }
}

/// An answer on its way into the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// For which delivery.
    pub ticket: Ticket,
    /// What came of it.
    pub outcome: Outcome,
}

/// One turn of a worker, in one transaction: puts back what an act of doubtful fate claimed,
/// settles the answers, claims the next. `in_doubt` is what the worker holds, after such an act.
///
/// # Errors
///
/// When the store fails; then nothing of it was done, or nobody knows.
pub fn turn(
    tx: &mut Tx,
    ctx: &Ctx,
    in_doubt: Option<&[DeliveryId]>,
    answers: &[Settled],
    claiming: &Claiming<'_>,
) -> Result<Claims, ActError> {
    if let Some(held) = in_doubt {
        release_lost(tx, ctx, claiming.worker, held)?;
    }
    settle(tx, ctx, claiming.worker, answers)?;
    claim(tx, ctx, claiming)
}

/// How many of a channel could be claimed now, counted up to `at_most` a campaign; none while sending is not
/// armed.
///
/// # Errors
///
/// When the store fails.
pub fn count_ready(
    tx: &mut Tx,
    channel: Channel,
    now: Timestamp,
    at_most: usize,
) -> Result<usize, ActError> {
    if !settings::load(tx)?.is_armed {
        return Ok(0);
    }
    let mut n = 0;
    for campaign in list_due(tx, channel, now)? {
        let allowed = Timing::read(tx, campaign)?.allowed(at_most, now);
        if allowed > 0 {
            n += deliveries::count_waiting(tx, campaign, now, allowed)?;
        }
    }
    Ok(n)
}

/// Who has something to send now: triggers and journeys first, since what they answer has just happened and a campaign of a
/// million would hold them up.
fn list_due(tx: &mut Tx, channel: Channel, now: Timestamp) -> Result<Vec<CampaignId>, StoreError> {
    let mut due = deliveries::list_due_triggers(tx, channel, now)?;
    due.extend(deliveries::list_due_journeys(tx, channel, now)?);
    due.extend(deliveries::list_due_campaigns(tx, channel, now)?);
    Ok(due)
}

/// A person's word on a delivery whose fate is unknown.
///
/// # Errors
///
/// When there is no such delivery, or its fate is known.
pub fn resolve(
    tx: &mut Tx,
    _ctx: &Ctx,
    id: DeliveryId,
    verdict: Verdict,
) -> Result<State, ActError> {
    let delivery = deliveries::find(tx, id)?.ok_or(ActError::NotFound("delivery"))?;
    if !deliveries::resolve(tx, id, verdict.state())? {
        let why = format!(
            "this delivery is not of unknown fate but “{}”: there is nothing to settle",
            delivery.state.label()
        );
        return Err(ActError::refused("delivery.not_unknown", why));
    }
    if verdict.state() != State::Pending {
        journey_passages::wake(tx, id)?;
    }
    tx.record(
        Entry::new("delivery.resolved")
            .about(delivery.person)
            .with("delivery", id)
            .with("campaign", delivery.campaign)
            .with("verdict", verdict.as_str()),
    );
    Ok(verdict.state())
}

/// An entry about a delivery.
fn entry(kind: &str, person: PersonId, campaign: CampaignId, delivery: DeliveryId) -> Entry {
    Entry::new(kind)
        .about(person)
        .with("campaign", campaign)
        .with("delivery", delivery)
}
