#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;
use crate::review::calendar::Calendar;
use Verdict::{Approve, Return};

/// Monday, 2 March 2026, nine o'clock, and so many hours.
fn at(hours: i64) -> Timestamp {
    let monday: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
    Timestamp::from_second(monday.as_second() + hours * 3600).unwrap()
}

type Said<'a> = &'a [(Role, Verdict, i64)];

fn round(tier: Tier, verdicts: Said<'_>) -> Round {
    let monday = at(0).to_zoned(TimeZone::UTC).date();
    Round {
        tier,
        approvers: tier.row().approvers.to_vec(),
        due_on: Calendar::default().after(monday, tier.row().due_days),
        submitted_at: at(0),
        verdicts: verdicts
            .iter()
            .map(|(role, verdict, hours)| (*role, *verdict, at(*hours)))
            .collect(),
    }
}

#[test]
fn a_round_ends_with_the_last_verdict_needed_or_the_first_return() {
    let cases: &[(Tier, Said<'_>, Option<i64>)] = &[
        (Tier::Operational, &[], None),
        (Tier::Operational, &[(Role::Marketing, Approve, 1)], Some(1)),
        (Tier::Promotional, &[(Role::Clinical, Approve, 1)], None),
        (
            Tier::Promotional,
            &[(Role::Clinical, Approve, 1), (Role::Compliance, Approve, 5)],
            Some(5),
        ),
        (Tier::Promotional, &[(Role::Clinical, Return, 2)], Some(2)),
    ];
    for (tier, verdicts, end) in cases {
        assert_eq!(round(*tier, verdicts).ended_at(), end.map(at), "{tier:?}");
    }
}

/// S145: figures per tier and step.
#[test]
fn s145_figures_tell_median_tail_and_what_is_late() {
    let rounds: Vec<Round> = (1..=10)
        .map(|n| round(Tier::Operational, &[(Role::Marketing, Approve, n * 10)]))
        .collect();
    let figures = figures(&rounds, at(200), &TimeZone::UTC);
    let operational = &figures[0];
    let spread = Spread {
        n: 10,
        median: 50 * 60,
        p90: 90 * 60,
    };
    assert_eq!(operational.whole, spread);
    assert_eq!(operational.steps, [(Role::Marketing, spread)]);
    // Due on Tuesday: at 40 hours it is Wednesday, one o'clock.
    assert_eq!(operational.n_late, 7);
    assert_eq!((operational.n_waiting, operational.oldest), (0, None));
}

/// S143: what waits is counted with its age.
#[test]
fn s143_what_waits_has_an_age() {
    let rounds = [
        round(Tier::Promotional, &[(Role::Clinical, Approve, 1)]),
        Round {
            submitted_at: at(40),
            due_on: Date::constant(2026, 3, 6),
            ..round(Tier::Promotional, &[])
        },
    ];
    let figures = figures(&rounds, at(24 * 4), &TimeZone::UTC);
    let promotional = &figures[2];
    assert_eq!(promotional.tier, Tier::Promotional);
    assert_eq!(promotional.n_waiting, 2);
    assert_eq!(promotional.n_overdue, 1);
    assert_eq!(promotional.oldest, Some(24 * 4 * 60));
    assert_eq!(promotional.whole, Spread::default());
    assert_eq!(
        promotional.steps[1],
        (
            Role::Clinical,
            Spread {
                n: 1,
                median: 60,
                p90: 60
            }
        )
    );
}

#[test]
fn a_clock_set_back_counts_as_no_time() {
    let rounds = [round(Tier::Operational, &[(Role::Marketing, Approve, -5)])];
    let figures = figures(&rounds, at(-9), &TimeZone::UTC);
    assert_eq!(figures[0].whole.median, 0);
}
