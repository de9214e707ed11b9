//! Leases: who is alive, and what the dead leave behind.

use jiff::SignedDuration;
use placet_domain::delivery::Stage;
use placet_domain::entry::Entry;
use placet_domain::id::{DeliveryId, WorkerId};
use placet_store::{Tx, deliveries};

use super::entry;
use crate::{ActError, Ctx};

/// What a heartbeat found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Beat {
    /// Claims of workers that are gone, now unknown.
    pub n_lost: usize,
    /// Whether the clock had gone back, so that everybody who waits is decided again.
    pub went_back: bool,
}

/// Renews the worker's lease, and buries workers whose lease ended.
///
/// To call a living worker dead does no harm: it settles its own claims even so, and nothing is
/// sent twice meanwhile.
///
/// # Errors
///
/// When the store fails.
pub fn beat(
    tx: &mut Tx,
    ctx: &Ctx,
    worker: WorkerId,
    lease: SignedDuration,
) -> Result<Beat, ActError> {
    let latest = deliveries::renew_lease(tx, worker, ctx.now + lease)?;
    // A lease that ends later than any can was given by a clock that ran ahead.
    let dead = deliveries::list_dead_workers(tx, ctx.now, ctx.now + lease * 2)?;
    let mut found = Beat::default();
    for gone in dead.into_iter().filter(|gone| *gone != worker) {
        for (delivery, person, campaign) in deliveries::list_claimed_by(tx, gone)? {
            deliveries::lose(tx, delivery, "the worker ended before the answer was known")?;
            let entry = entry("delivery.unknown", person, campaign, delivery);
            tx.record(
                entry
                    .with("stage", Stage::Worker.as_str())
                    .with("worker", gone),
            );
            found.n_lost += 1;
        }
        deliveries::end_lease(tx, gone)?;
    }
    found.went_back = latest.is_some_and(|latest| latest > ctx.now + lease);
    if found.went_back {
        let n = deliveries::bring_forward(tx)?;
        tx.record(Entry::new("clock.went_back").with("n_decided_again", n));
    }
    Ok(found)
}

/// Ends a worker's lease in good order; what it still holds becomes unknown by the next beat of
/// another one.
///
/// # Errors
///
/// When the store fails.
pub fn leave(tx: &mut Tx, _ctx: &Ctx, worker: WorkerId) -> Result<(), ActError> {
    if deliveries::list_claimed_by(tx, worker)?.is_empty() {
        deliveries::end_lease(tx, worker)?;
    }
    Ok(())
}

/// Puts back what this worker claimed in an act whose commit it never heard of. The permits died
/// with that act, so nothing of it was sent.
///
/// # Errors
///
/// When the store fails.
pub fn release_lost(
    tx: &mut Tx,
    _ctx: &Ctx,
    worker: WorkerId,
    in_flight: &[DeliveryId],
) -> Result<usize, ActError> {
    let mut n = 0;
    for (delivery, person, campaign) in deliveries::list_claimed_by(tx, worker)? {
        if !in_flight.contains(&delivery) {
            deliveries::release(tx, delivery, worker)?;
            tx.record(entry("delivery.released", person, campaign, delivery));
            n += 1;
        }
    }
    Ok(n)
}
