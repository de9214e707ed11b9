//! Where people are, what the steps came to, and what is refused more than before (S99).

use std::collections::BTreeMap;

use jiff::SignedDuration;
use placet_domain::id::JourneyId;
use placet_domain::journey::steps::Steps;
use placet_domain::journey::{Ending, Outcome, Share, Version, is_sudden};
use placet_domain::time::Timestamp;
use placet_store::{StoreError, Tx, journey_passages};
use serde::{Deserialize, Serialize};

use super::{Registered, list};

const DAY: SignedDuration = SignedDuration::from_hours(24);
const WEEK: SignedDuration = SignedDuration::from_hours(8 * 24);

/// Where the people of a version are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many entered.
    pub n_entered: u64,
    /// How many are through, and why.
    pub over: BTreeMap<Ending, u64>,
    /// Each step, in order.
    pub steps: Vec<StepCount>,
}

/// What happened at one step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCount {
    /// How many are there now.
    pub n_here: u64,
    /// What it came to, and how often.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// How many went on to which step, from 0.
    pub went: BTreeMap<usize, u64>,
    /// The rules that refused, and how often; most first.
    pub rules: Vec<Objection>,
}

/// A rule that refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Its id.
    pub rule: String,
    /// How often.
    pub n: u64,
}

impl StepCount {
    /// How many came here.
    #[must_use]
    pub fn n_reached(&self) -> u64 {
        self.n_here + self.outcomes.values().sum::<u64>()
    }

    /// How many times it came to this.
    #[must_use]
    pub fn n(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }
}

/// Counts a version's people and steps.
///
/// # Errors
///
/// When the store fails.
pub fn counts(tx: &mut Tx, version: &Version, steps: &Steps) -> Result<Counts, StoreError> {
    let tally = journey_passages::tally(tx, version.id)?;
    let mut found = vec![StepCount::default(); steps.len()];
    for (step, n) in tally.at {
        if let Some(one) = found.get_mut(step) {
            one.n_here = n;
        }
    }
    for moves in journey_passages::list_moves(tx, version.id)? {
        let Some(one) = found.get_mut(moves.step) else {
            continue;
        };
        *one.outcomes.entry(moves.by.outcome).or_default() += moves.n;
        if let Some(to) = moves.by.to {
            *one.went.entry(to).or_default() += moves.n;
        }
    }
    for (step, rule, n) in journey_passages::list_refusals(tx, version.id)? {
        if let Some(one) = found.get_mut(step) {
            one.rules.push(Objection { rule, n });
        }
    }
    Ok(Counts {
        n_entered: tally.n_entered,
        over: tally.over,
        steps: found,
    })
}

/// A message that is refused much more often than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// In which journey.
    pub journey: JourneyId,
    /// Its name.
    pub name: String,
    /// Under which version.
    pub version: u32,
    /// At which step, from 0.
    pub step: usize,
    /// The last 24 hours.
    pub day: Share,
    /// The seven days before.
    pub before: Share,
}

/// What is refused more than before, in every journey that goes on. A read: it names no person.
///
/// # Errors
///
/// When the store fails.
pub fn alarms(tx: &mut Tx, now: Timestamp) -> Result<Vec<Alarm>, StoreError> {
    let mut found = Vec::new();
    for one in list(tx)?.iter().filter(|it| it.is_at_work()) {
        found.extend(alarms_of(tx, one, now)?);
    }
    Ok(found)
}

/// The same of one journey, in all its versions.
pub(super) fn alarms_of(
    tx: &mut Tx,
    journey: &Registered,
    now: Timestamp,
) -> Result<Vec<Alarm>, StoreError> {
    let mut found = Vec::new();
    for version in journey.versions.iter().filter(|it| it.start.is_some()) {
        let day = journey_passages::list_shares(tx, version.id, (now - DAY, now))?;
        let before = journey_passages::list_shares(tx, version.id, (now - WEEK, now - DAY))?;
        for (step, day) in day {
            let before = before.get(&step).copied().unwrap_or_default();
            if is_sudden(day, before) {
                found.push(Alarm {
                    journey: journey.id,
                    name: journey.name.clone(),
                    version: version.version,
                    step,
                    day,
                    before,
                });
            }
        }
    }
    Ok(found)
}
