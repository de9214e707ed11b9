//! A simulation: how people would have gone through a version, by the data of the last days and the same gate.
//!
//! Nobody waits, nobody answers and every task is done; splits deal people out as they would be. A message is asked of
//! the gate as if it were due now, so that caps count what was really sent and nothing of the simulation.
//!
//! INVARIANT: nothing is sent or written but the simulation's record, and nobody is named.

use std::collections::{BTreeMap, BTreeSet};

use placet_domain::channel::Channel;
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry as LedgerEntry;
use placet_domain::id::{JourneyVersionId, PersonId};
use placet_domain::journey::steps::{Kind, Test};
use placet_domain::journey::{Entry, Outcome, Version, watches_as};
use placet_domain::time::Timestamp;
use placet_policy::{Engine, Outcome as Decided};
use placet_store::{StoreError, Tx, contents, journey_passages, journeys};
use serde::{Deserialize, Serialize};

use super::counts::{Objection, StepCount};
use super::message::message;
use super::walk::{Road, split_hash};
use crate::content::author;
use crate::gate::{Found, Gate, Held, gather_of};
use crate::trigger::trial as events;
use crate::{ActError, audience, settings};

/// How far back it looks for events.
pub const DAYS: i64 = events::DAYS;
/// The most people that are asked about.
pub const MOST: usize = 20_000;
/// How many people are gathered at once.
const AT_ONCE: usize = 200;

/// What would have been.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// How many people would have entered.
    pub n_people: u64,
    /// Whether there were more than were asked about.
    pub is_cut: bool,
    /// Each step, in order.
    pub steps: Vec<StepCount>,
}

/// A simulation that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it came to.
    pub trial: Trial,
    /// When.
    pub at: Timestamp,
    /// The actor's code.
    pub by: String,
}

/// The last simulation of a version.
///
/// # Errors
///
/// When the store fails.
pub fn latest(tx: &mut Tx, version: JourneyVersionId) -> Result<Option<Kept>, StoreError> {
    let Some((text, at, by)) = journeys::latest_trial(tx, version)? else {
        return Ok(None);
    };
    let corrupt = |_| StoreError::Corrupt {
        table: "journey_trials".to_owned(),
        id: version.to_string(),
    };
    let trial = serde_json::from_str(&text).map_err(corrupt)?;
    Ok(Some(Kept { trial, at, by }))
}

/// Simulates a version on the data that are held, and keeps what it came to.
///
/// # Errors
///
/// When the store fails, or the version cannot be read.
pub fn try_out(
    tx: &mut Tx,
    ctx: &Ctx,
    engine: &Engine,
    version: &Version,
) -> Result<Trial, ActError> {
    let road = Road::of(version).ok_or(ActError::NotFound("version"))?;
    let (people, is_cut) = entering(tx, version, ctx.now)?;
    let mut run = Run::new(tx, ctx, engine, &road)?;
    for some in people.chunks(AT_ONCE) {
        run.walk(tx, some)?;
    }
    let trial = Trial {
        n_people: run.n_people,
        is_cut,
        steps: run.counted(),
    };
    let text = serde_json::to_string(&trial).map_err(|_| StoreError::Defect)?;
    let by = author(&ctx.actor);
    journeys::add_trial(tx, ctx.new_id(), version.id, &text, &by)?;
    let n = |outcome| trial.steps.iter().map(|it| it.n(outcome)).sum::<u64>();
    tx.record(
        LedgerEntry::new("journey.simulated")
            .with("journey", version.journey)
            .with("version", version.version)
            .with("n_people", trial.n_people)
            .with("n_permitted", n(Outcome::Sent))
            .with("n_refused", n(Outcome::Refused)),
    );
    Ok(trial)
}

/// Who would have entered, each once, and whether there were more.
fn entering(
    tx: &mut Tx,
    version: &Version,
    now: Timestamp,
) -> Result<(Vec<PersonId>, bool), ActError> {
    match &version.declaration.entry {
        Entry::Event {
            event,
            source,
            wait,
        } => {
            let since = now - jiff::SignedDuration::from_hours(24 * DAYS);
            let asked = (*event, source.as_str(), *wait);
            let mut people = events::events(tx, asked, watches_as(version.journey), (since, now))?;
            let is_cut = people.len() >= MOST;
            people.sort_unstable();
            people.dedup();
            Ok((people, is_cut))
        }
        Entry::Audience { filter, .. } => {
            let (mut people, mut after) = (Vec::new(), None);
            loop {
                let left = MOST - people.len().min(MOST);
                let found = audience::some_after(tx, filter, now, after, left)?;
                people.extend(found.people);
                if found.is_end {
                    return Ok((people, false));
                }
                if people.len() >= MOST {
                    return Ok((people, true));
                }
                after = found.last;
            }
        }
    }
}

/// One simulation under way.
struct Run<'a> {
    road: &'a Road,
    now: Timestamp,
    /// By the step that sends.
    gates: BTreeMap<usize, Gate>,
    n_people: u64,
    steps: Vec<StepCount>,
    rules: Vec<BTreeMap<String, u64>>,
}

impl<'a> Run<'a> {
    fn new(tx: &mut Tx, ctx: &Ctx, engine: &Engine, road: &'a Road) -> Result<Self, ActError> {
        let settings = settings::load(tx)?;
        let mut gates = BTreeMap::new();
        for send in &road.version.sends {
            let content = contents::find_version(tx, send.content)?;
            let content = content.ok_or(ActError::NotFound("version"))?;
            let asked = message(&road.version, &road.steps, send, &content.draft);
            gates.insert(send.step, Gate::new(engine, &settings, asked, ctx.now));
        }
        Ok(Self {
            road,
            now: ctx.now,
            gates,
            n_people: 0,
            steps: vec![StepCount::default(); road.steps.len()],
            rules: vec![BTreeMap::new(); road.steps.len()],
        })
    }

    fn walk(&mut self, tx: &mut Tx, people: &[PersonId]) -> Result<(), ActError> {
        let mut by_channel = BTreeMap::new();
        let channels = self.gates.values().map(|gate| gate.message().channel);
        let channels: BTreeSet<Channel> = channels.chain([Channel::Email]).collect();
        for channel in channels {
            by_channel.insert(channel, gather_of(tx, people, channel, self.now)?);
        }
        for person in people {
            let held = |channel: Channel| match by_channel.get(&channel)?.get(person) {
                Some(Found::Held(held)) => Some(held.as_ref()),
                _ => None,
            };
            if held(Channel::Email).is_none() {
                continue;
            }
            self.n_people += 1;
            let mut place = 0;
            while let Some((outcome, to)) = self.step(tx, *person, place, &held)? {
                let Some(count) = self.steps.get_mut(place) else {
                    break;
                };
                *count.outcomes.entry(outcome).or_default() += 1;
                let Some(to) = to else {
                    break;
                };
                *count.went.entry(to).or_default() += 1;
                place = to;
            }
        }
        Ok(())
    }

    /// What a step comes to for a person, and where to.
    fn step<'h>(
        &mut self,
        tx: &mut Tx,
        person: PersonId,
        place: usize,
        held: &impl Fn(Channel) -> Option<&'h Held>,
    ) -> Result<Option<(Outcome, Option<usize>)>, ActError> {
        let Some(step) = self.road.steps.get(place) else {
            return Ok(None);
        };
        let on = place + 1;
        Ok(Some(match &step.kind {
            Kind::Wait(_) | Kind::Until { .. } => (Outcome::Waited, Some(on)),
            Kind::If { test, is_not, then } => {
                let fits = match test {
                    Test::In(name) => {
                        let filter = self.road.version.declaration.audiences.get(name);
                        let traits = held(Channel::Email).map(|it| audience::traits(it, self.now));
                        matches!((filter, traits), (Some(filter), Some(traits)) if filter.fits(&traits))
                    }
                    Test::Answered | Test::OptedOut => false,
                    Test::HasAppointment => {
                        journey_passages::has_appointment(tx, person, self.now)?
                    }
                };
                match fits != *is_not {
                    true => (Outcome::Yes, Some(*then)),
                    false => (Outcome::No, Some(on)),
                }
            }
            split @ Kind::Split(_) => {
                let hash = split_hash(tx, &self.road.version, place, person);
                (Outcome::Dealt, split.dealt(&hash))
            }
            Kind::Send { refused, .. } => {
                let outcome = self.decide(place, held);
                match outcome {
                    Outcome::Sent => (outcome, Some(on)),
                    _ => (outcome, Some(refused.unwrap_or(on))),
                }
            }
            Kind::Ask { .. } => (Outcome::Done, Some(on)),
            Kind::GoTo(to) => (Outcome::Went, Some(*to)),
            Kind::Exit => (Outcome::Left, None),
        }))
    }

    fn decide<'h>(&mut self, place: usize, held: &impl Fn(Channel) -> Option<&'h Held>) -> Outcome {
        let Some(gate) = self.gates.get(&place) else {
            return Outcome::NoAddress;
        };
        let decision = held(gate.message().channel).and_then(|held| gate.decide(held));
        let Some(decision) = decision else {
            return Outcome::NoAddress;
        };
        if decision.outcome == Decided::Permit {
            return Outcome::Sent;
        }
        if let Some(rules) = self.rules.get_mut(place) {
            for why in decision.why {
                if why.effect != Decided::Permit {
                    *rules.entry(why.rule).or_default() += 1;
                }
            }
        }
        Outcome::Refused
    }

    fn counted(self) -> Vec<StepCount> {
        let with_rules = |(count, rules): (StepCount, BTreeMap<String, u64>)| {
            let mut rules: Vec<Objection> = rules
                .into_iter()
                .map(|(rule, n)| Objection { rule, n })
                .collect();
            rules.sort_by(|a, b| (b.n, &a.rule).cmp(&(a.n, &b.rule)));
            StepCount { rules, ..count }
        };
        self.steps
            .into_iter()
            .zip(self.rules)
            .map(with_rules)
            .collect()
    }
}
