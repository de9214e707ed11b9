//! R14: the path's acts, the outbox and the worker in one seeded simulation, with faults.
//!
//! One seed is one run. A small hospital with two launched campaigns goes through everything that
//! may go wrong: the relay refuses, hangs up or takes without saying so, the disk fills, the store
//! dies on either side of a commit, workers and the whole program die, the clock jumps, and people
//! revoke, unsubscribe, choose again and sign while it happens. Then the world is healed and
//! drained, and [`history`] reads from the ledger and the relay whether R1, R4 and R10 of the
//! reliability goals held. Nothing happens but by the seed, so a failing seed replays:
//!
//! ```text
//! PLACET_SEED=4711 cargo test -p placet --test simulator
//! PLACET_SEEDS=10000 cargo test --release -p placet --test simulator
//! ```
//!
//! What it found: an opt-out that lies ahead of a clock set back did not count (seed 1); a claim
//! made after its worker's lease was ended was never named (seed 25); a topic declined on the
//! person's page stopped promotion only (seed 32).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

#[path = "simulator/chance.rs"]
mod chance;
#[path = "simulator/deeds.rs"]
mod deeds;
#[path = "simulator/history.rs"]
mod history;
#[path = "simulator/hospital.rs"]
mod hospital;
#[path = "simulator/relay.rs"]
mod relay;
#[path = "simulator/world.rs"]
mod world;

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hospital::Hospital;
use placet_app::{campaign, settings};
use placet_deliver::worker::core::Event;
use placet_domain::delivery::State;
use world::{Trace, World, note};

/// How many seeds `cargo test` runs; CI asks for more.
const SEEDS: u64 = 300;
const THREADS: u64 = 2;
/// How often an idle world is asked whether it is done before somebody is called lost.
const PATIENCE: usize = 120;

#[test]
fn nobody_is_lost_doubled_or_reached_after_a_no_whatever_happens() {
    let folder = folder();
    let hospital = Hospital::build(folder.path());
    let number = |name| {
        env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().expect("a number"))
    };
    let seeds = match number("PLACET_SEED") {
        Some(one) => one..one + 1,
        None => 0..number("PLACET_SEEDS").unwrap_or(SEEDS),
    };
    let (next, failed) = (AtomicU64::new(seeds.start), AtomicU64::new(u64::MAX));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || failed.load(Ordering::Relaxed) != u64::MAX {
                        return;
                    }
                    if replay(&hospital, seed, "run").is_none() {
                        failed.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    assert!(
        failed == u64::MAX,
        "PLACET_SEED={failed} cargo test -p placet --test simulator"
    );
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let folder = folder();
    let hospital = Hospital::build(folder.path());
    for seed in [3, 5, 8] {
        let (one, two) = (
            replay(&hospital, seed, "one"),
            replay(&hospital, seed, "two"),
        );
        assert!(one.is_some() && one == two, "seed {seed}");
    }
}

/// In memory where there is such a folder.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.unwrap()
}

/// One run; answers what tells two runs apart, or none when it failed, and then prints it.
fn replay(hospital: &Hospital, seed: u64, name: &str) -> Option<u64> {
    let trace = Trace::default();
    let name = format!("{name}-{seed}.db");
    let run = || {
        let mut world = World::new(hospital, seed, &name, Rc::clone(&trace));
        run(&mut world);
        let mut hasher = DefaultHasher::new();
        history::root(&world).hash(&mut hasher);
        trace.borrow().hash(&mut hasher);
        hasher.finish()
    };
    let done = catch_unwind(AssertUnwindSafe(run));
    if done.is_err() || env::var("PLACET_SEED").is_ok() {
        eprintln!(
            "{}PLACET_SEED={seed} cargo test -p placet --test simulator",
            trace.borrow()
        );
    }
    done.ok()
}

fn run(world: &mut World<'_>) {
    world.hire();
    if world.chance.percent(50) {
        world.hire();
    }
    let n_steps = 100 + world.chance.below(250);
    for _ in 0..n_steps {
        happen(world);
    }
    heal(world);
    drain(world);
    history::check(world);
}

/// One thing happens.
fn happen(world: &mut World<'_>) {
    if world.faults.is_dead() {
        match world.chance.below(10) {
            0..4 => return world.restart(),
            // A database server that came back while the workers lived.
            4..7 => return world.reopen(),
            _ => {}
        }
    }
    let roll = world.chance.below(1_000);
    match (roll, world.workers.len()) {
        (0..75, _) => deeds::do_one(world),
        (75..95, _) => {
            let millis = 1 + world.chance.below(2_000);
            world.pass(Duration::from_millis(millis));
        }
        (95..103, _) => {
            let seconds = 10 + world.chance.below(60);
            note!(world, "{seconds} seconds pass");
            world.pass(Duration::from_secs(seconds));
        }
        (103..111, _) => world.jump(),
        (111..131, _) => world.plan_fault(),
        (131..136, _) => world.restart(),
        (_, 0) | (136..140, 1) => world.hire(),
        (136..145, n) => {
            let index = world.chance.index(n);
            world.kill(index);
        }
        (145..148, _) => world.tell(|| Event::Stop),
        (_, n) => {
            let index = world.chance.index(n);
            match roll % 5 {
                0 | 1 => world.step(index),
                2 | 3 => world.hear(index),
                _ => world.work(index),
            }
        }
    }
}

/// Every fault ends; half of the programs end in good order.
fn heal(world: &mut World<'_>) {
    note!(world, "all is healed");
    if world.chance.percent(50) {
        world.tell(|| Event::Stop);
        for turn in 0..400_usize {
            let Some(index) = turn.checked_rem(world.workers.len()) else {
                break;
            };
            world.work(index);
            world.hear(index);
            world.step(index);
        }
    }
    world.restart();
    world.relay.is_kind = true;
    world.act(settings::arm).expect("armed");
    for one in &world.hospital.campaigns {
        let id = one.id;
        // One that was not stopped goes on as it is.
        let _ = world.act(move |tx, ctx| campaign::resume(tx, ctx, id, ""));
    }
}

/// Until nobody waits any more.
fn drain(world: &mut World<'_>) {
    for _ in 0..PATIENCE {
        world.tell(|| Event::Woken);
        let mut before = world.now;
        // Whatever can be done without waiting.
        while before == world.now {
            before = world.now;
            for index in 0..world.workers.len() {
                world.work(index);
                world.hear(index);
                world.step(index);
            }
        }
        let is_open = |state: &State| matches!(state, State::Pending | State::Claimed);
        let n = history::states(world)
            .values()
            .filter(|(.., state)| is_open(state))
            .count();
        if n == 0 {
            return;
        }
        // Leases end, and retries and quiet hours pass.
        let hours = world.chance.below(8);
        world.now += jiff::SignedDuration::from_mins(11 + 60 * i64::try_from(hours).unwrap());
    }
    let waiting = history::states(world)
        .into_iter()
        .filter(|(_, (.., state))| matches!(state, State::Pending | State::Claimed));
    panic!(
        "R1: {:?} still wait and nobody comes",
        waiting.collect::<Vec<_>>()
    );
}
