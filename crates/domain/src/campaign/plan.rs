//! When and how fast a campaign goes out, and to how many people its maker expects it to go.
//!
//! Hours are the reader's: where a zone is not known, a moment must fit in every zone that it
//! could be. Start with [`Plan::not_before`].
//!
//! INVARIANT: a pure function of plan, zones and moment; daylight saving is the zones' own.
//! INVARIANT: in no rolling hour more leave than [`Plan::per_hour`] says.

use jiff::civil::DateTime;
use jiff::{SignedDuration, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::BriefProblem;
use crate::time::Timestamp;

#[cfg(test)]
mod tests;

/// When the first message may leave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "start", rename_all = "snake_case", deny_unknown_fields)]
pub enum Start {
    /// At the launch.
    #[default]
    Now,
    /// At one moment for everybody.
    At {
        /// Which.
        at: Timestamp,
    },
    /// When it is this date and hour where the reader is.
    Local {
        /// Which.
        at: DateTime,
    },
}

/// The part of a day in which messages may leave, in full hours where the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// From this hour on.
    pub from: i8,
    /// Until this hour begins.
    pub until: i8,
}

/// The shortest part of a day that is open at once in every zone of the United States.
pub const SHORTEST_HOURS: i8 = 8;
/// More people than expected by this share ask for a second person; and by so many at least.
const SLACK_PERCENT: u64 = 25;
const SLACK: u64 = 10;

/// What is planned for a campaign besides its brief.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// When it begins.
    #[serde(default)]
    pub start: Start,
    /// In which hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// How many leave an hour at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_hour: Option<u32>,
    /// How many people its maker expects to reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
}

/// The zones of the United States, for whoever's own is not known.
const ZONES: [&str; 6] = [
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
];

/// Every zone that a person could be in: their own when it is known.
#[must_use]
pub fn zones(known: Option<&str>) -> Vec<TimeZone> {
    let own = known.and_then(|name| TimeZone::get(name).ok());
    match own {
        Some(own) => vec![own],
        None => ZONES
            .iter()
            .filter_map(|name| TimeZone::get(name).ok())
            .collect(),
    }
}

impl Plan {
    /// What keeps the plan from being saved.
    #[must_use]
    pub fn problems(&self) -> Vec<BriefProblem> {
        let mut found = Vec::new();
        let mut add = |field, says: &str| {
            found.push(BriefProblem {
                field,
                says: says.to_owned(),
            });
        };
        if let Some(hours) = self.hours {
            let is_day = (0..=23).contains(&hours.from) && (1..=24).contains(&hours.until);
            if !is_day || hours.until - hours.from < SHORTEST_HOURS {
                add(
                    "hours",
                    "give at least eight hours of one day, such as from 8 until 20: for readers \
                     whose zone is not known they must be open from coast to coast at once",
                );
            }
        }
        if self.per_hour == Some(0) {
            add("per_hour", "give at least 1, or leave it empty");
        }
        if self.expected == Some(0) {
            add(
                "expected",
                "give how many people you expect, or leave it empty",
            );
        }
        found
    }

    /// Whether it asks anything of the moment a message leaves.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.start != Start::Now || self.hours.is_some()
    }

    /// The earliest moment at which anybody's message may leave; none when that is at once.
    #[must_use]
    pub fn opens_at(&self) -> Option<Timestamp> {
        match self.start {
            Start::Now => None,
            Start::At { at } => Some(at),
            // Where days begin first.
            Start::Local { at } => {
                let first = TimeZone::fixed(jiff::tz::offset(14));
                first.to_timestamp(at).ok()
            }
        }
    }

    /// When to ask again for somebody in one of these zones; none when they may be written to now.
    #[must_use]
    pub fn not_before(&self, zones: &[TimeZone], now: Timestamp) -> Option<Timestamp> {
        let started = match self.start {
            Start::Now => now,
            Start::At { at } => at,
            Start::Local { at } => zones
                .iter()
                .filter_map(|zone| zone.to_ambiguous_timestamp(at).compatible().ok())
                .max()
                .unwrap_or(now),
        };
        let mut at = started.max(now);
        let Some(hours) = self.hours else {
            return (at > now).then_some(at);
        };
        // Each round moves on to the next opening of one zone; a few days hold every overlap.
        for _ in 0..zones.len() * 8 {
            let Some(next) = zones.iter().find_map(|zone| hours.next_opening(zone, at)) else {
                return (at > now).then_some(at);
            };
            at = next;
        }
        Some(now + SignedDuration::from_hours(24))
    }

    /// Whether nobody anywhere in the country may be written to now.
    #[must_use]
    pub fn is_closed_everywhere(&self, now: Timestamp) -> bool {
        let is_early = self.opens_at().is_some_and(|opens| opens > now);
        let is_night = self.hours.is_some_and(|hours| {
            zones(None)
                .iter()
                .all(|zone| hours.next_opening(zone, now).is_some())
        });
        is_early || is_night
    }

    /// Whether so many are far more than its maker expected.
    #[must_use]
    pub fn is_exceeded_by(&self, n: u64) -> bool {
        self.expected.is_some_and(|expected| {
            let slack = (expected.saturating_mul(SLACK_PERCENT) / 100).max(SLACK);
            n > expected.saturating_add(slack)
        })
    }
}

impl Hours {
    /// When they open next in a zone; none when they are open.
    fn next_opening(self, zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
        let local = at.to_zoned(zone.clone());
        if (self.from..self.until).contains(&local.hour()) {
            return None;
        }
        let day = if local.hour() < self.from {
            local.date()
        } else {
            local.date().tomorrow().unwrap_or(local.date())
        };
        // An hour that daylight saving leaves out begins when it ends.
        let opening = day.at(self.from, 0, 0, 0);
        let opening = zone.to_ambiguous_timestamp(opening).compatible().ok()?;
        Some(opening.max(at + SignedDuration::from_secs(1)))
    }
}

/// How a campaign keeps to so many an hour: a minute's worth may leave at once, the rest evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    per_hour: u32,
}

impl Pace {
    /// At most so many in any hour.
    #[must_use]
    pub fn new(per_hour: u32) -> Self {
        Self {
            per_hour: per_hour.max(1),
        }
    }

    fn burst(self) -> i64 {
        i64::from((self.per_hour / 60).max(1))
    }

    /// Microseconds between two.
    fn interval(self) -> i64 {
        let evenly = (i64::from(self.per_hour) - (self.burst() - 1)).max(1);
        (3_600_000_000 + evenly - 1) / evenly
    }

    /// How many may leave now, when the next was due at `next`.
    #[must_use]
    pub fn allowed(self, next: Option<Timestamp>, now: Timestamp) -> usize {
        let Some(next) = self.sane(next, now) else {
            return usize::try_from(self.burst()).unwrap_or(1);
        };
        if next > now {
            return 0;
        }
        let waited = now.as_microsecond() - next.as_microsecond();
        let n = (waited / self.interval() + 1).min(self.burst());
        usize::try_from(n).unwrap_or(0)
    }

    /// When the next is due after `n` have left.
    #[must_use]
    pub fn advanced(self, next: Option<Timestamp>, now: Timestamp, n: usize) -> Timestamp {
        let spare = SignedDuration::from_micros((self.burst() - 1) * self.interval());
        let floor = now - spare;
        let from = self.sane(next, now).map_or(floor, |next| next.max(floor));
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        from + SignedDuration::from_micros(self.interval().saturating_mul(n))
    }

    /// What a clock that ran ahead has left does not hold the campaign up.
    fn sane(self, next: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let most = SignedDuration::from_hours(2);
        next.filter(|next| *next <= now + most)
    }
}
