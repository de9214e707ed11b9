//! Messages that came over the wire: each has its effect once, however often it is sent.
//!
//! Who sent it, under which number and which bytes are known by keyed hashes. The same bytes under
//! the same number again are acknowledged and change nothing; other bytes under a number that was
//! used before are taken, and the entry counts them.

#[cfg(test)]
mod tests;

use placet_domain::arrival::Arrival;
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::time::Span;
use placet_ledger::to_hex;
use placet_store::taken::{self, Known};
use placet_store::{StoreError, Tx};

use crate::ActError;
use crate::import::{self, Counts, Run};

/// For how long a message is remembered.
const REMEMBERED_DAYS: i64 = 60;

/// One message: hashes of who sent it and what it was, and what it says.
#[derive(Debug)]
pub struct Delivery<'m> {
    /// Of the sending application and facility.
    pub sender: [u8; 32],
    /// Of the sender's number.
    pub control_id: [u8; 32],
    /// Of its bytes.
    pub content_hash: [u8; 32],
    /// What it says.
    pub arrivals: &'m [Arrival],
}

/// What became of some messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    /// What became of what they say.
    pub counts: Counts,
    /// Messages that were taken before.
    pub repeated: u64,
    /// Messages under a number that was used for other bytes.
    pub reused: u64,
}

/// Takes some messages in their order, in one act.
///
/// # Errors
///
/// When the store fails; then none of them is taken.
pub fn take(
    tx: &mut Tx,
    ctx: &Ctx,
    run: &Run,
    deliveries: &[Delivery<'_>],
) -> Result<Taken, ActError> {
    let mut done = Taken::default();
    let mut fresh = Vec::new();
    for delivery in deliveries {
        match note(tx, run, delivery)? {
            Known::Taken => {
                done.repeated += 1;
                continue;
            }
            Known::Reused => done.reused += 1,
            Known::New => {}
        }
        fresh.extend(delivery.arrivals);
    }
    done.counts = import::take(tx, ctx, run, fresh)?;
    if done.repeated + done.reused > 0 {
        tx.record(
            Entry::new("messages.repeated")
                .with("import", run.id)
                .with("n_repeated", done.repeated)
                .with("n_numbers_reused", done.reused),
        );
    }
    Ok(done)
}

fn note(tx: &mut Tx, run: &Run, delivery: &Delivery<'_>) -> Result<Known, StoreError> {
    let name = format!(
        "{}\0{}\0{}",
        run.source,
        to_hex(&delivery.sender),
        to_hex(&delivery.control_id)
    );
    let number = tx.lookup_hash("message_number", &name);
    // Keyed, since few bytes could be tried out.
    let content = tx.lookup_hash("message_content", &to_hex(&delivery.content_hash));
    taken::note(tx, &number, &content)
}

/// Forgets messages that nobody will send again.
///
/// # Errors
///
/// When the store fails.
pub fn forget_old(tx: &mut Tx, ctx: &Ctx) -> Result<u64, ActError> {
    let before = ctx
        .now
        .checked_sub(Span::new().hours(24 * REMEMBERED_DAYS))
        .unwrap_or(ctx.now);
    let n = taken::forget_before(tx, before)?;
    tx.record(Entry::new("messages.forgotten").with("n", n));
    Ok(n)
}
