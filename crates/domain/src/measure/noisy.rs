//! Noisy counts: how many people of an audience did something, with noise that hides each of them,
//! and the budget that such answers spend.
//!
//! INVARIANT: what is spent is never given back; a budget ends with its year.

use crate::codes::codes;
use crate::id::{AudienceId, CountId};
use crate::time::{Date, Timestamp};

codes! {
    /// Who is counted of an audience. Each person counts once, so that one more or less changes
    /// the count by one at most.
    pub enum Counted {
        /// Everybody in it, on the day of asking.
        People = "people", "People in it";
        /// Whoever was sent at least one message in the period.
        Written = "written", "Were sent a message";
        /// Whoever had at least one appointment in the period that was not cancelled.
        Booked = "booked", "Had an appointment";
    }
}

impl Counted {
    /// Whether it asks about a period.
    #[must_use]
    pub fn has_period(self) -> bool {
        self != Self::People
    }
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoisyAsk {
    /// Of whom.
    pub audience: AudienceId,
    /// Who counts.
    pub counted: Counted,
    /// The first day of the period.
    pub from: Date,
    /// Its last day; the day of asking where there is no period.
    pub to: Date,
    /// What it may cost, in thousandths of epsilon: more costs more and is more precise.
    pub cost: u32,
}

/// A noisy count as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoisyCount {
    /// Which.
    pub id: CountId,
    /// What was asked.
    pub ask: NoisyAsk,
    /// The audience's filter as it was: with another one it is another question.
    pub filter: String,
    /// The count with its noise; never below zero.
    pub answer: u64,
    /// The year whose budget it spent.
    pub year: i16,
    /// When.
    pub at: Timestamp,
    /// The actor's code.
    pub by: String,
}

/// What a year's budget of one audience, and of all together, still holds, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Of this audience.
    pub of_audience: u32,
    /// Of all audiences together: they share people.
    pub of_all: u32,
    /// The day on which both begin anew.
    pub renews_on: Date,
}

impl Left {
    /// What can be spent at once.
    #[must_use]
    pub fn least(self) -> u32 {
        self.of_audience.min(self.of_all)
    }
}

/// What a year may cost, in thousandths of epsilon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearlyBudget {
    /// One audience.
    pub of_audience: u32,
    /// All of them together.
    pub of_all: u32,
}

impl YearlyBudget {
    /// What is left of it on a day, after what was spent in that day's year.
    #[must_use]
    pub fn left(self, spent_by_audience: u64, spent_by_all: u64, on: Date) -> Left {
        let less = |budget: u32, spent: u64| {
            u32::try_from(u64::from(budget).saturating_sub(spent)).unwrap_or(0)
        };
        Left {
            of_audience: less(self.of_audience, spent_by_audience),
            of_all: less(self.of_all, spent_by_all),
            renews_on: Date::new(on.year().saturating_add(1), 1, 1).unwrap_or(Date::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_spent_is_gone_until_the_year_ends() {
        let budget = YearlyBudget {
            of_audience: 1_000,
            of_all: 3_000,
        };
        let on = Date::constant(2026, 12, 31);
        for (by_audience, by_all, expected) in [
            (0, 0, 1_000),
            (600, 600, 400),
            (1_200, 1_200, 0),
            (0, 2_900, 100),
        ] {
            assert_eq!(budget.left(by_audience, by_all, on).least(), expected);
        }
        assert_eq!(budget.left(0, 0, on).renews_on, Date::constant(2027, 1, 1));
    }
}
