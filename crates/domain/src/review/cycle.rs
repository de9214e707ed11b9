//! How long reviews take: by tier and by step, with what still waits (S143, S145).

use crate::operator::Role;
use crate::review::{Approval, Submission, Tier, Verdict};
use crate::time::{Date, TimeZone, Timestamp};

#[cfg(test)]
mod tests;

/// One submission with the verdicts on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// As which it is reviewed.
    pub tier: Tier,
    /// Who must approve it.
    pub approvers: Vec<Role>,
    /// When it was handed in.
    pub submitted_at: Timestamp,
    /// The day on which the verdicts are due.
    pub due_on: Date,
    /// The verdicts, in the order in which they were given.
    pub verdicts: Vec<(Role, Verdict, Timestamp)>,
}

/// Durations in whole minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    /// How many there are.
    pub n: u64,
    /// Half took no longer.
    pub median: u64,
    /// Nine of ten took no longer.
    pub p90: u64,
}

/// What is known of one tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Which.
    pub tier: Tier,
    /// From being handed in to the last verdict that was needed.
    pub whole: Spread,
    /// Of those, how many ended after the day on which they were due.
    pub n_late: u64,
    /// From being handed in to each role's verdict.
    pub steps: Vec<(Role, Spread)>,
    /// How many wait.
    pub n_waiting: u64,
    /// Of those, how many are past the day on which they were due.
    pub n_overdue: u64,
    /// How long the oldest has waited, in minutes.
    pub oldest: Option<u64>,
}

impl Round {
    /// A submission with what was said of it.
    #[must_use]
    pub fn new(submission: &Submission, approvals: &[Approval]) -> Self {
        let mut verdicts: Vec<_> = approvals
            .iter()
            .map(|one| (one.role, one.verdict, one.given_at))
            .collect();
        verdicts.sort_by_key(|(_, _, at)| *at);
        Self {
            tier: submission.tier,
            approvers: submission.approvers.clone(),
            due_on: submission.due_on,
            submitted_at: submission.submitted_at,
            verdicts,
        }
    }

    /// When it was over: returned, or approved by everybody who must.
    #[must_use]
    pub fn ended_at(&self) -> Option<Timestamp> {
        let mut waiting = self.approvers.clone();
        self.verdicts.iter().find_map(|(role, verdict, at)| {
            waiting.retain(|one| one != role);
            let is_over = *verdict == Verdict::Return || waiting.is_empty();
            is_over.then_some(*at)
        })
    }
}

/// The figures of every tier, the lightest first.
#[must_use]
pub fn figures(rounds: &[Round], now: Timestamp, zone: &TimeZone) -> Vec<Figures> {
    let of = |tier| {
        let rounds: Vec<&Round> = rounds.iter().filter(|round| round.tier == tier).collect();
        of_tier(tier, &rounds, now, zone)
    };
    Tier::ALL.into_iter().map(of).collect()
}

fn of_tier(tier: Tier, rounds: &[&Round], now: Timestamp, zone: &TimeZone) -> Figures {
    let is_past_due =
        |round: &Round, at: Timestamp| at.to_zoned(zone.clone()).date() > round.due_on;
    let (mut whole, mut n_late) = (Vec::new(), 0);
    let (mut waits, mut n_overdue) = (Vec::new(), 0);
    for round in rounds {
        match round.ended_at() {
            Some(end) => {
                whole.push(minutes(round.submitted_at, end));
                n_late += u64::from(is_past_due(round, end));
            }
            None => {
                waits.push(minutes(round.submitted_at, now));
                n_overdue += u64::from(is_past_due(round, now));
            }
        }
    }
    let step = |role: &Role| {
        let taken = rounds.iter().flat_map(|round| {
            let own = round.verdicts.iter().filter(|(by, _, _)| by == role);
            own.map(|(_, _, at)| minutes(round.submitted_at, *at))
        });
        (*role, spread(taken.collect()))
    };
    Figures {
        tier,
        whole: spread(whole),
        n_late,
        steps: asked(tier, rounds).iter().map(step).collect(),
        n_waiting: waits.len() as u64,
        n_overdue,
        oldest: waits.into_iter().max(),
    }
}

/// The roles of a tier: those of the table as it comes, and whoever else was asked.
fn asked(tier: Tier, rounds: &[&Round]) -> Vec<Role> {
    let mut asked = tier.row().approvers.to_vec();
    for role in rounds.iter().flat_map(|round| &round.approvers) {
        if !asked.contains(role) {
            asked.push(*role);
        }
    }
    asked
}

fn minutes(from: Timestamp, to: Timestamp) -> u64 {
    let seconds = to.as_second().saturating_sub(from.as_second());
    u64::try_from(seconds).unwrap_or(0) / 60
}

/// Nearest rank: the smallest value that so many do not exceed.
fn spread(mut all: Vec<u64>) -> Spread {
    all.sort_unstable();
    let rank = |percent: usize| {
        let at = (all.len() * percent).div_ceil(100).saturating_sub(1);
        all.get(at).copied().unwrap_or(0)
    };
    Spread {
        n: all.len() as u64,
        median: rank(50),
        p90: rank(90),
    }
}
