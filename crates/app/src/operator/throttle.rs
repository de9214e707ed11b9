//! How failed sign-ins are slowed down: four are free, then each doubles the wait.

use jiff::SignedDuration;
use placet_domain::time::Timestamp;
use placet_store::operators::Throttle;

const FREE: u32 = 4;
const LONGEST_MINUTES: i64 = 15;

/// No failure counts any more.
#[must_use]
pub fn none(now: Timestamp) -> Throttle {
    Throttle {
        n_failures: 0,
        locked_until: now,
    }
}

/// Whether a sign-in must wait. A lock that ends later than any lock made now would end was made
/// by a clock that stood later: it binds nobody, or a clock put right would lock everybody out.
#[must_use]
pub fn is_locked(throttle: Throttle, now: Timestamp) -> bool {
    throttle.n_failures > FREE
        && throttle.locked_until > now
        && throttle.locked_until <= now + SignedDuration::from_mins(LONGEST_MINUTES)
}

/// The throttle after one more failure.
#[must_use]
pub fn after_failure(before: Option<Throttle>, now: Timestamp) -> Throttle {
    let n_failures = before
        .map_or(0, |throttle| throttle.n_failures)
        .saturating_add(1);
    let doublings = n_failures.saturating_sub(FREE);
    let minutes = match doublings {
        0 => 0,
        n => (1_i64 << (n - 1).min(10)).min(LONGEST_MINUTES),
    };
    Throttle {
        n_failures,
        locked_until: now + SignedDuration::from_mins(minutes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_are_free_then_the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let now = Timestamp::from_second(1_000).unwrap();
        let mut throttle = None;
        let waits = [0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15];
        for (n, minutes) in waits.into_iter().enumerate() {
            let next = after_failure(throttle, now);
            assert_eq!(
                next.locked_until,
                now + SignedDuration::from_mins(minutes),
                "failure {}",
                n + 1
            );
            throttle = Some(next);
        }
    }
}
