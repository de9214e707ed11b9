//! When a hold ends: the next opening of a window, or the run-down of a count.

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::pack::{Until, Window};

/// A hold that has not ended after this many rounds never ends.
const MAX_ROUNDS: usize = 16;

/// The first instant from `at` on at which every hold has ended.
pub(super) fn not_before(holds: &[&Until], at: Timestamp, offset: Offset) -> Option<Timestamp> {
    let mut candidate = at;
    for hold in holds {
        let hours = match hold {
            Until::Window(_) => 0,
            Until::Day => 24,
            Until::Week => 24 * 7,
        };
        candidate = candidate.max(at.checked_add(SignedDuration::from_hours(hours)).ok()?);
    }
    for _ in 0..MAX_ROUNDS {
        let before = candidate;
        for hold in holds {
            if let Until::Window(windows) = hold {
                candidate = opening(windows, candidate, offset)?;
            }
        }
        if candidate == before {
            return Some(candidate);
        }
    }
    None
}

/// `at` itself inside a window, else when the next one opens.
fn opening(windows: &[Window], at: Timestamp, offset: Offset) -> Option<Timestamp> {
    let clock = at.to_zoned(TimeZone::fixed(offset));
    let midnight = clock.start_of_day().ok()?.timestamp();
    let seconds_in = (at - midnight).total(jiff::Unit::Second).ok()?;
    let today = clock.weekday().to_monday_one_offset();
    let mut first: Option<f64> = None;
    for days_on in 0..8_i8 {
        let day = (today - 1 + days_on).rem_euclid(7) + 1;
        for window in windows
            .iter()
            .filter(|window| window.days.iter().any(|d| i16::from(*d) == i16::from(day)))
        {
            let start = f64::from(days_on) * 86_400.0;
            let (from, to) = (start + window.from * 3600.0, start + window.to * 3600.0);
            if to < seconds_in {
                continue;
            }
            let opens = from.max(seconds_in);
            if first.is_none_or(|first| opens < first) {
                first = Some(opens);
            }
        }
    }
    let first = first?;
    if (first - seconds_in).abs() < f64::EPSILON {
        return Some(at);
    }
    midnight
        .checked_add(SignedDuration::from_secs_f64(first))
        .ok()
}
