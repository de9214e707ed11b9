//! How many requests a token may make: so many at once, filled up again evenly.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use placet_domain::time::Timestamp;

/// At once.
const LIMIT: i64 = 600;
/// And again within this many seconds.
const WINDOW_SECONDS: i64 = 60;
/// Tokens remembered; beyond it those with a full budget are forgotten.
const REMEMBERED: usize = 10_000;

/// The budgets of all tokens, by code of the actor. In memory: they are a courtesy to the
/// machine, not a rule.
#[derive(Default)]
pub(crate) struct Budgets(Mutex<HashMap<String, Bucket>>);

#[derive(Clone, Copy)]
struct Bucket {
    /// Thousandths of a request.
    left: i64,
    at: Timestamp,
}

/// What is left after this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// Requests left at once.
    pub remaining: i64,
    /// Seconds until the budget is full again.
    pub reset_seconds: i64,
    /// Whether this request is within it.
    pub is_within: bool,
}

impl Budgets {
    /// Takes one request from the budget of this actor.
    pub(crate) fn take(&self, actor: &str, now: Timestamp) -> Left {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED {
            buckets.retain(|_, bucket| filled(*bucket, now) < LIMIT * 1000);
        }
        let full = Bucket {
            left: LIMIT * 1000,
            at: now,
        };
        let bucket = buckets.entry(actor.to_owned()).or_insert(full);
        let left = filled(*bucket, now);
        let is_within = left >= 1000;
        *bucket = Bucket {
            left: if is_within { left - 1000 } else { left },
            at: now,
        };
        let missing = LIMIT * 1000 - bucket.left;
        Left {
            remaining: bucket.left / 1000,
            reset_seconds: (missing * WINDOW_SECONDS).div_ceil_i64(LIMIT * 1000),
            is_within,
        }
    }
}

fn filled(bucket: Bucket, now: Timestamp) -> i64 {
    let millis = now
        .duration_since(bucket.at)
        .as_millis()
        .clamp(0, 1_000_000);
    let gained = i64::try_from(millis).unwrap_or(0) * LIMIT / WINDOW_SECONDS;
    (bucket.left + gained).min(LIMIT * 1000)
}

trait DivCeil {
    fn div_ceil_i64(self, by: i64) -> i64;
}

impl DivCeil for i64 {
    fn div_ceil_i64(self, by: i64) -> i64 {
        (self + by - 1) / by
    }
}

impl Left {
    /// Says it in the headers that clients know.
    pub(crate) fn say(self, headers: &mut HeaderMap) {
        let lines = [
            ("ratelimit-limit", LIMIT),
            ("ratelimit-remaining", self.remaining),
            ("ratelimit-reset", self.reset_seconds),
        ];
        for (name, value) in lines {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_ends_and_fills_up_again() {
        let budgets = Budgets::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        for n in 1..=LIMIT {
            assert_eq!(budgets.take("a", at(0)).remaining, LIMIT - n);
        }
        assert!(!budgets.take("a", at(0)).is_within);
        assert!(budgets.take("b", at(0)).is_within, "each has its own");
        assert!(budgets.take("a", at(1)).is_within);
        assert_eq!(budgets.take("a", at(100)).remaining, LIMIT - 1);
    }
}
