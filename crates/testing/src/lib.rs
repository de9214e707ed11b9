//! What tests share: a throw-away PostgreSQL, contexts with seeds, an instant to start from.
//!
//! INVARIANT: nothing here ships; no crate names this one outside its dev-dependencies.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

pub mod postgres;

use placet_domain::ctx::Ctx;
use placet_domain::operator::{Actor, Grant};
use placet_domain::time::{Date, Span, Timestamp};

/// Noon in New York on the first of March 2026, when tests begin.
#[must_use]
pub fn noon() -> Timestamp {
    "2026-03-01T17:00:00Z".parse().expect("an instant")
}

/// So many seconds after [`noon`].
#[must_use]
pub fn noon_plus(seconds: i64) -> Timestamp {
    noon()
        .checked_add(Span::new().seconds(seconds))
        .expect("in range")
}

/// A context of the system's own; two with the same seed draw the same ids.
#[must_use]
pub fn ctx(seed: u64) -> Ctx {
    ctx_at(noon(), seed)
}

/// The same, at another instant.
#[must_use]
pub fn ctx_at(now: Timestamp, seed: u64) -> Ctx {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    Ctx::new(now, Actor::System("test"), bytes)
}

/// Leave for the system's own work.
#[must_use]
pub fn grant() -> Grant {
    Actor::System("test")
        .may_as_system()
        .expect("the system may")
}

/// Visits and spend of six regions over sixty weeks, as a table to measure: each has its own
/// level, grows or shrinks slowly, and sees a few more where more is spent.
#[must_use]
pub fn regions() -> String {
    let mut text = "region,week,visits,spend\n".to_owned();
    let begin = Date::constant(2025, 1, 6);
    for t in 0..60_i32 {
        for r in 0..6_i32 {
            let spend = f64::from((t * 31 + r * 57 + t * r * 7) % 23) * 10.0;
            let growth = 1.0 + 0.001 * f64::from(r - 2) * f64::from(t);
            let wobble = f64::from((t * 37 + r * 101 + t * r * 13) % 17) - 8.0;
            let base = 80.0 + 20.0 * f64::from(r);
            let visits = (base * growth + 0.05 * spend + wobble).round();
            let week = begin.saturating_add(Span::new().weeks(t));
            text.push_str(&format!("region {r},{week},{visits},{spend}\n"));
        }
    }
    text
}

/// Visits of eight areas over seventy days, as a table to measure: two areas see a quarter more of
/// them in the last fourteen days.
#[must_use]
pub fn panel() -> String {
    let mut text = "region,day,visits\n".to_owned();
    let begin = Date::constant(2026, 1, 1);
    for t in 0..70_i32 {
        for r in 0..8_i32 {
            let base = 100.0 + 12.0 * f64::from(r) + 9.0 * (f64::from(t) * 0.9).sin();
            let wobble = f64::from((t * 37 + r * 101 + t * r * 13) % 17) - 8.0;
            let lift = if r < 2 && t >= 56 { 1.25 } else { 1.0 };
            let day = begin.saturating_add(Span::new().days(t));
            let visits = ((base + wobble) * lift).round();
            text.push_str(&format!("area {r},{day},{visits}\n"));
        }
    }
    text
}
