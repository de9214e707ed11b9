//! The worker that measures: takes what waits, one at a time, says how far it is, and ends it.
//!
//! A run keeps its lease while this process lives. When the process is told to stop, the run at
//! hand is ended as interrupted; when it is killed, the lease ends and another process says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use placet_app::measure::answer::answer;
use placet_app::measure::run::{self, End, Work};
use placet_app::{ActError, Ctx};
use placet_domain::id::{RawId, WorkerId};
use placet_domain::time::{Span, Timestamp};
use placet_store::{Store, Tx};

use crate::clock;

/// How often an idle worker looks for work.
const LOOK: Duration = Duration::from_millis(300);
/// How often a run at hand says how far it is.
const TELL: Duration = Duration::from_millis(500);
/// How long a run is left alone after its worker was last heard of.
const LEASE_SECONDS: i64 = 15;
/// How many looks pass between two searches for runs whose worker is gone.
const SWEEP_EVERY: u32 = 20;

/// Starts the worker of this process; it ends when `stop` is set.
///
/// # Errors
///
/// When the system gives no thread.
pub fn start(store: &Store, stop: Arc<AtomicBool>) -> Result<JoinHandle<()>> {
    let store = store.clone();
    std::thread::Builder::new()
        .name("placet-measurer".to_owned())
        .spawn(move || serve(&store, &stop))
        .context("cannot start a thread")
}

fn serve(store: &Store, stop: &AtomicBool) {
    let mut entropy = [0; 10];
    entropy
        .iter_mut()
        .zip(clock::entropy())
        .for_each(|(to, from)| *to = from);
    let worker = WorkerId::from(RawId::at(clock::now(), entropy));
    let mut n_looks = 0_u32;
    while !stop.load(Ordering::Acquire) {
        if n_looks.is_multiple_of(SWEEP_EVERY)
            && let Err(error) = sweep(store)
        {
            tracing::warn!(%error, "abandoned measurements were not looked for");
        }
        n_looks = n_looks.wrapping_add(1);
        match claim(store, worker) {
            Ok(Some(work)) => measure(store, work, stop),
            Ok(None) => std::thread::sleep(LOOK),
            Err(error) => {
                tracing::warn!(%error, "no measurement could be taken");
                std::thread::sleep(LOOK);
            }
        }
    }
}

fn act<T, F>(store: &Store, f: F) -> Result<T, ActError>
where
    T: Send + 'static,
    F: FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
{
    let ctx = clock::system("measure");
    let Some(grant) = ctx.actor.may_as_system() else {
        return Err(placet_store::StoreError::Unavailable.into());
    };
    store.act_blocking(grant, &ctx, f)
}

fn lease(now: Timestamp) -> Timestamp {
    now.checked_add(Span::new().seconds(LEASE_SECONDS))
        .unwrap_or(now)
}

fn sweep(store: &Store) -> Result<usize, ActError> {
    act(store, run::sweep)
}

fn claim(store: &Store, worker: WorkerId) -> Result<Option<Work>, ActError> {
    // Looking is a read: an act would wait for its turn among the others, three times a second.
    if store
        .read_blocking(placet_store::measures::find_waiting)?
        .is_none()
    {
        return Ok(None);
    }
    act(store, move |tx, ctx| {
        run::claim(tx, ctx, worker, lease(ctx.now))
    })
}

/// How far the arithmetic is, and whether it is to go on.
#[derive(Default)]
struct Gauge {
    done: AtomicUsize,
    total: AtomicUsize,
    halt: AtomicBool,
}

/// Answers one run, on all cores but one: the pages keep theirs.
fn measure(store: &Store, work: Work, stop: &AtomicBool) {
    let id = work.run.id;
    let gauge = Arc::new(Gauge::default());
    let (answered, waiting) = mpsc::channel();
    let own = Arc::clone(&gauge);
    let arithmetic = move || {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let watch = |done: usize, total: usize| {
            own.done.store(done, Ordering::Relaxed);
            own.total.store(total, Ordering::Relaxed);
            !own.halt.load(Ordering::Relaxed)
        };
        let _ = answered.send(answer(&work, cores.saturating_sub(1).max(1), &watch));
    };
    let started = std::thread::Builder::new()
        .name("placet-arithmetic".to_owned())
        .spawn(arithmetic);
    let end = match started {
        Ok(_) => wait(store, id, &gauge, &waiting, stop),
        Err(_) => End::Interrupted,
    };
    let ended = act(store, move |tx, ctx| run::end(tx, ctx, id, &end));
    if let Err(error) = ended {
        tracing::error!(%error, "a measurement could not be ended; its lease will");
    }
}

/// Waits for the answer and renews the lease meanwhile. What cannot be halted at once (only a
/// media mix can) goes on unheard.
fn wait(
    store: &Store,
    id: placet_domain::id::RunId,
    gauge: &Gauge,
    waiting: &mpsc::Receiver<Result<serde_json::Value, placet_measure::Refusal>>,
    stop: &AtomicBool,
) -> End {
    loop {
        match waiting.recv_timeout(TELL) {
            Ok(answered) => return End::from(answered),
            // The arithmetic panicked; the log has it.
            Err(RecvTimeoutError::Disconnected) => return End::Interrupted,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if stop.load(Ordering::Acquire) {
            gauge.halt.store(true, Ordering::Relaxed);
            return End::Interrupted;
        }
        let steps = (
            gauge.done.load(Ordering::Relaxed) as u64,
            gauge.total.load(Ordering::Relaxed) as u64,
        );
        let told = act(store, move |tx, ctx| {
            run::renew(tx, ctx, id, steps, lease(ctx.now))
        });
        match told {
            Ok(true) => {
                gauge.halt.store(true, Ordering::Relaxed);
                return End::Stopped;
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "how far a measurement is was not kept"),
        }
    }
}
