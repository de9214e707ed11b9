//! The demo: a synthetic hospital of 20,000 people with two years behind it, made from a seed.
//!
//! Everything is written by the acts that a real hospital uses, each at its own time. Nobody in
//! it exists.

pub mod campaigns;
pub mod contents;
pub mod data;
mod flows;
mod journeys;
pub mod mail;
pub mod measures;
pub mod people;
pub mod staff;
pub mod texts;
mod triggers;

use anyhow::Result;
use placet_domain::ctx::Ctx;
use placet_domain::operator::Actor;
use placet_domain::time::{Span, Timestamp};
use placet_ledger::sha256;
use placet_policy::Engine;
use placet_store::Store;

use campaigns::Hospital;
use staff::Staff;

/// How far back the demo's time goes.
const DAYS: i32 = 730;

/// Seeds for contexts, one after the other from the demo's own seed.
#[derive(Debug, Clone)]
pub struct Seeds {
    seed: u64,
    drawn: u64,
}

impl Seeds {
    /// The seeds that follow from this one.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// The next 32 bytes.
    pub fn next(&mut self) -> [u8; 32] {
        self.drawn += 1;
        let mut bytes = [0; 16];
        let (first, second) = bytes.split_at_mut(8);
        first.copy_from_slice(&self.seed.to_be_bytes());
        second.copy_from_slice(&self.drawn.to_be_bytes());
        sha256(&bytes)
    }

    /// Seeds of their own, for another thread.
    #[must_use]
    pub fn apart(&mut self) -> Self {
        let mut seed = [0; 8];
        seed.iter_mut()
            .zip(self.next())
            .for_each(|(to, from)| *to = from);
        Self::new(u64::from_be_bytes(seed))
    }

    /// A context of this actor at this instant.
    pub fn ctx(&mut self, at: Timestamp, actor: Actor) -> Ctx {
        Ctx::new(at, actor, self.next())
    }
}

/// When the demo's time begins.
///
/// # Errors
///
/// Only for instants no calendar holds.
pub fn begin(now: Timestamp) -> Result<Timestamp> {
    Ok(now.checked_sub(Span::new().hours(24 * DAYS))?)
}

/// Fills an empty store with the hospital, as it is at `now`.
///
/// # Errors
///
/// When an act fails; then the store is of no use and is thrown away.
pub fn fill(
    store: &Store,
    engine: &Engine,
    seed: u64,
    n_people: usize,
    public_url: &str,
    now: Timestamp,
) -> Result<()> {
    let mut seeds = Seeds::new(seed);
    let start = begin(now)?;
    let staff = Staff::hire(store, &mut seeds, start)?;
    staff::settle_in(store, &mut seeds, start)?;
    let texts = staff::texts_by("http://127.0.0.1:1");
    staff::carry_by(store, &seeds.ctx(start, Actor::System("demo")), 25, &texts)?;
    staff::write_to(store, &seeds.ctx(start, Actor::System("demo")))?;
    data::open(store, &staff, &mut seeds, start)?;
    flows::open(store, &staff, &mut seeds, start)?;
    people::settle(store, &mut seeds, n_people, start, now)?;
    data::fill(store, &staff, &mut seeds, now)?;
    flows::to_companies(store, &staff, &mut seeds, now)?;
    flows::from_a_server(store, &mut seeds, now)?;
    let library = contents::write(store, engine, &staff, &mut seeds, now)?;
    let audiences = contents::choose(store, &staff, &mut seeds, start)?;
    let hospital = Hospital {
        store,
        engine,
        staff: &staff,
        library: &library,
        audiences: &audiences,
        public_url,
    };
    hospital.campaign(&mut seeds, now)?;
    journeys::fill(&hospital, &mut seeds, now)?;
    triggers::register(store, &staff, &library, &mut seeds, now)?;
    measures::ask(store, &staff, &mut seeds, now)
}
