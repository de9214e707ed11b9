//! Before a geo test: which markets, how long, and what is the smallest effect it would show?
//!
//! The test is played on the past, many times, with known effects added; power is how often the
//! block test notices.

use serde::Serialize;

use super::inference::{block_test, subsets};
use super::panel::{Panel, enough_regions};
use super::synthetic::Problem;
use crate::numeric::normal_quantile;
use crate::refusal::{Answer, Refusal};

/// One way to run the test.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// Markets to treat.
    pub markets: Vec<String>,
    /// Periods of the test.
    pub duration: usize,
    /// Smallest lift noticed in at least 80 % of plays; none within the largest tried.
    pub smallest_effect: Option<f64>,
    /// Power by lift.
    pub power: Vec<(f64, f64)>,
    /// How often a lift was "noticed" where there was none.
    pub false_alarms: f64,
    /// Misfit before the test, over that of equal weights.
    pub scaled_l2: f64,
    /// Share of the whole outcome in these markets: what the test costs is about this share.
    pub share: f64,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// How many markets to treat, alternatives.
    pub sizes: Vec<usize>,
    /// How long, alternatives.
    pub durations: Vec<usize>,
    /// Markets that must be treated.
    pub include: Vec<String>,
    /// Candidates looked at closely, for each size and duration.
    pub candidates: usize,
    /// The seed.
    pub seed: u64,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            sizes: vec![2, 3],
            durations: vec![14, 21],
            include: Vec::new(),
            candidates: 5,
            seed: 1,
        }
    }
}

const EFFECTS: [f64; 9] = [0.0, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5];
const ALPHA: f64 = 0.1;
const PLAYS: usize = 20;

/// Ranks ways to run a test, best first.
///
/// # Errors
///
/// When markets or periods are too few.
pub fn plan(panel: &Panel, ask: &Ask) -> Answer<Vec<Plan>> {
    let include = panel.find(&ask.include)?;
    panel.check_outcome()?;
    let mut out = Vec::new();
    for duration in &ask.durations {
        let (n, duration) = (panel.dates.len(), *duration);
        if duration == 0 || n < 3 * duration + PLAYS {
            return Err(Refusal::new(
                "too_few_periods",
                format!("{n} periods of history are too few for a test of {duration}"),
                format!(
                    "give at least {}, or plan a shorter test",
                    3 * duration + PLAYS
                ),
            ));
        }
        for size in &ask.sizes {
            let size = (*size).max(include.len()).max(1);
            enough_regions(panel.regions.len(), size)?;
            for set in candidates(panel, &include, size, duration, ask) {
                out.push(play(panel, &set, duration));
            }
        }
    }
    let rank = |o: &Plan| {
        (
            o.smallest_effect.unwrap_or(f64::INFINITY),
            o.duration,
            o.scaled_l2,
        )
    };
    out.sort_by(|a, b| {
        let (a, b) = (rank(a), rank(b));
        a.0.total_cmp(&b.0)
            .then(a.1.cmp(&b.1))
            .then(a.2.total_cmp(&b.2))
    });
    out.dedup_by(|a, b| a.markets == b.markets && a.duration == b.duration);
    Ok(out)
}

/// The sets that the others fit best.
fn candidates(
    panel: &Panel,
    include: &[usize],
    size: usize,
    duration: usize,
    ask: &Ask,
) -> Vec<Vec<usize>> {
    let free: Vec<usize> = (0..panel.regions.len())
        .filter(|r| !include.contains(r))
        .collect();
    let pre = panel.dates.len() - duration;
    let problem = Problem::new(panel, pre);
    let mut sets: Vec<(f64, Vec<usize>)> = subsets(&free, size - include.len(), 300, ask.seed)
        .into_iter()
        .map(|mut set| {
            set.extend_from_slice(include);
            set.sort_unstable();
            let rest: Vec<usize> = (0..panel.regions.len())
                .filter(|r| !set.contains(r))
                .collect();
            (problem.fit(&set, &rest).scaled_l2, set)
        })
        .collect();
    sets.sort_by(|a, b| a.0.total_cmp(&b.0));
    sets.dedup_by(|a, b| a.1 == b.1);
    sets.into_iter()
        .take(ask.candidates)
        .map(|(_, set)| set)
        .collect()
}

fn play(panel: &Panel, set: &[usize], duration: usize) -> Plan {
    let donors: Vec<usize> = (0..panel.regions.len())
        .filter(|r| !set.contains(r))
        .collect();
    let n = panel.dates.len();
    let mut noticed = [0usize; EFFECTS.len()];
    for back in 0..PLAYS {
        let end = n - back;
        let pre = end - duration;
        let cut: Vec<Vec<f64>> = panel.y.iter().map(|y| y[..end].to_vec()).collect();
        for (k, effect) in EFFECTS.iter().enumerate() {
            let mut y = cut.clone();
            for r in set {
                for value in &mut y[*r][pre..] {
                    *value *= 1.0 + effect;
                }
            }
            noticed[k] += usize::from(block_test(&y, set, &donors, pre) <= ALPHA);
        }
    }
    let power: Vec<(f64, f64)> = EFFECTS
        .iter()
        .zip(noticed)
        .map(|(e, hits)| (*e, hits as f64 / PLAYS as f64))
        .collect();
    let smallest = (1..power.len()).find(|k| power[*k..].iter().all(|(_, p)| *p >= 0.8));
    let whole: f64 = panel.y.iter().flatten().sum();
    let part: f64 = set.iter().flat_map(|r| &panel.y[*r]).sum();
    Plan {
        markets: set.iter().map(|r| panel.regions[*r].clone()).collect(),
        duration,
        smallest_effect: smallest.map(|k| power[k].0),
        false_alarms: power[0].1,
        power: power[1..].to_vec(),
        scaled_l2: Problem::new(panel, n - duration)
            .fit(set, &donors)
            .scaled_l2,
        share: part / whole,
    }
}

/// An audience holdout: what it can show.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Holdout {
    /// Share of people held out.
    pub share: f64,
    /// Smallest relative lift noticed with 80 % power at 10 % (two-sided).
    pub smallest_lift: f64,
    /// Outcomes foregone among those held out, if the campaign brought that lift.
    pub foregone: f64,
}

/// What holdouts of several sizes can show among so many people.
///
/// # Errors
///
/// When the figures make no sense.
pub fn holdout(people: u64, rate: f64) -> Answer<Vec<Holdout>> {
    if people < 100 || !(rate > 0.0 && rate < 1.0) {
        return Err(Refusal::new(
            "bad_holdout",
            "a holdout needs at least 100 people and a rate between 0 and 1",
            "give --people and --rate, such as --people 20000 --rate 0.02",
        ));
    }
    let z = normal_quantile(0.95) + normal_quantile(0.8);
    Ok([0.05, 0.1, 0.2, 0.3, 0.5]
        .into_iter()
        .map(|share| {
            let n = people as f64;
            let error =
                (rate * (1.0 - rate) * (1.0 / (n * share) + 1.0 / (n * (1.0 - share)))).sqrt();
            let smallest_lift = z * error / rate;
            Holdout {
                share,
                smallest_lift,
                foregone: n * share * rate * smallest_lift,
            }
        })
        .collect())
}
