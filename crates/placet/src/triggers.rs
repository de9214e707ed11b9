//! The clock of triggers and journeys: what is due is handed over, what the calendar brings is taken note of, and
//! whoever waits on a journey goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use placet_app::trigger::{self, Sweeps};
use placet_app::{ActError, journey};
use placet_store::Store;

use crate::clock;

/// How often it looks for what is due.
const LOOK: Duration = Duration::from_millis(500);
/// So many looks pass between two looks at the calendar.
const CALENDAR_EVERY: u32 = 60;

/// Starts the clock of this process; it ends when `stop` is set.
///
/// # Errors
///
/// When the system gives no thread.
pub fn start(store: &Store, stop: Arc<AtomicBool>) -> Result<JoinHandle<()>> {
    let store = store.clone();
    let work = move || {
        let mut n_looks = 0_u32;
        while !stop.load(Ordering::Acquire) {
            let sweeps = if n_looks.is_multiple_of(CALENDAR_EVERY) {
                Sweeps::Calendar
            } else {
                Sweeps::Due
            };
            match look(&store, sweeps) {
                // More of the same waits: no rest, and the calendar is looked at again.
                Ok(true) => {}
                Ok(false) => {
                    n_looks = n_looks.wrapping_add(1);
                    std::thread::sleep(LOOK);
                }
                Err(error) => {
                    tracing::warn!(%error, "the triggers could not be looked at");
                    std::thread::sleep(LOOK);
                }
            }
        }
    };
    std::thread::Builder::new()
        .name("placet-triggers".to_owned())
        .spawn(work)
        .context("cannot start a thread")
}

/// One look; answers whether more waits.
fn look(store: &Store, sweeps: Sweeps) -> Result<bool, ActError> {
    let of_triggers = look_at_triggers(store, sweeps)?;
    Ok(look_at_journeys(store)? || of_triggers)
}

fn look_at_journeys(store: &Store) -> Result<bool, ActError> {
    let now = clock::now();
    if !store.read_blocking(move |tx| journey::has_work(tx, now))? {
        return Ok(false);
    }
    let ctx = clock::system("journeys");
    let Some(grant) = ctx.actor.may_as_system() else {
        return Err(placet_store::StoreError::Unavailable.into());
    };
    store.act_blocking(grant, &ctx, journey::tick)
}

fn look_at_triggers(store: &Store, sweeps: Sweeps) -> Result<bool, ActError> {
    let now = clock::now();
    // Looking is a read: an act would wait for its turn among the others.
    if !store.read_blocking(move |tx| trigger::has_work(tx, now, sweeps))? {
        return Ok(false);
    }
    let ctx = clock::system("triggers");
    let Some(grant) = ctx.actor.may_as_system() else {
        return Err(placet_store::StoreError::Unavailable.into());
    };
    store.act_blocking(grant, &ctx, move |tx, ctx| trigger::tick(tx, ctx, sweeps))
}
