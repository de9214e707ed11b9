//! Hours, zones and paces, over the days on which clocks change.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn day() -> Plan {
    Plan {
        hours: Some(Hours { from: 8, until: 20 }),
        ..Plan::default()
    }
}

#[track_caller]
fn waits(plan: Plan, zone: Option<&str>, now: &str, expected: Option<&str>) {
    let found = plan.not_before(&zones(zone), at(now));
    assert_eq!(found, expected.map(at), "{zone:?} at {now}");
}

#[test]
#[rustfmt::skip] // A table.
fn hours_are_those_of_the_reader() {
    let ohio = Some("America/New_York");
    waits(day(), ohio, "2026-07-01T13:00:00Z", None);
    waits(day(), ohio, "2026-07-01T11:59:59Z", Some("2026-07-01T12:00:00Z"));
    waits(day(), ohio, "2026-07-02T00:00:00Z", Some("2026-07-02T12:00:00Z"));
    waits(day(), Some("Pacific/Honolulu"), "2026-07-01T13:00:00Z", Some("2026-07-01T18:00:00Z"));
    waits(day(), Some("America/Phoenix"), "2026-07-01T15:00:00Z", None);
    // Nobody knows where: open from coast to coast, so when Honolulu opens and New York still is.
    waits(day(), None, "2026-07-01T13:00:00Z", Some("2026-07-01T18:00:00Z"));
    waits(day(), None, "2026-07-01T18:00:00Z", None);
    waits(day(), None, "2026-07-02T00:30:00Z", Some("2026-07-02T18:00:00Z"));
    waits(day(), Some("No/Where"), "2026-07-01T13:00:00Z", Some("2026-07-01T18:00:00Z"));
}

#[test]
#[rustfmt::skip] // A table.
fn daylight_saving_moves_the_opening_with_the_clock() {
    let ohio = Some("America/New_York");
    // Clocks go forward on 8 March 2026 and back on 1 November.
    waits(day(), ohio, "2026-03-07T12:30:00Z", Some("2026-03-07T13:00:00Z"));
    waits(day(), ohio, "2026-03-08T11:30:00Z", Some("2026-03-08T12:00:00Z"));
    waits(day(), ohio, "2026-10-31T11:30:00Z", Some("2026-10-31T12:00:00Z"));
    waits(day(), ohio, "2026-11-01T12:30:00Z", Some("2026-11-01T13:00:00Z"));
    // An hour that does not exist begins when the gap ends; one that comes twice, the first time.
    let gap = Plan { start: Start::Local { at: "2026-03-08T02:30:00".parse().unwrap() }, ..Plan::default() };
    waits(gap, ohio, "2026-03-08T07:00:00Z", Some("2026-03-08T07:30:00Z"));
    let twice = Plan { start: Start::Local { at: "2026-11-01T01:30:00".parse().unwrap() }, ..Plan::default() };
    waits(twice, ohio, "2026-11-01T05:00:00Z", Some("2026-11-01T05:30:00Z"));
}

#[test]
#[rustfmt::skip] // A table.
fn a_local_start_comes_to_each_in_their_own_hour() {
    let nine = Plan { start: Start::Local { at: "2026-07-01T09:00:00".parse().unwrap() }, ..Plan::default() };
    waits(nine, Some("America/New_York"),    "2026-07-01T12:59:59Z", Some("2026-07-01T13:00:00Z"));
    waits(nine, Some("America/New_York"),    "2026-07-01T13:00:00Z", None);
    waits(nine, Some("America/Los_Angeles"), "2026-07-01T13:00:00Z", Some("2026-07-01T16:00:00Z"));
    waits(nine, None,                        "2026-07-01T13:00:00Z", Some("2026-07-01T19:00:00Z"));
    let fixed = Plan { start: Start::At { at: at("2026-07-01T12:00:00Z") }, ..day() };
    waits(fixed, Some("America/Los_Angeles"), "2026-06-30T12:00:00Z", Some("2026-07-01T15:00:00Z"));
    assert_eq!(nine.opens_at(), Some(at("2026-06-30T19:00:00Z")));
    assert!(nine.is_closed_everywhere(at("2026-06-30T18:00:00Z")));
    assert!(day().is_closed_everywhere(at("2026-07-01T10:00:00Z")));
    assert!(!day().is_closed_everywhere(at("2026-07-02T00:30:00Z")), "it is day in Honolulu");
}

#[test]
fn in_no_hour_more_leave_than_planned() {
    for per_hour in [1, 7, 60, 600, 6_000] {
        let pace = Pace::new(per_hour);
        let start = at("2026-07-01T12:00:00Z");
        let (mut next, mut left) = (None, Vec::new());
        for second in 0..9_000_i64 {
            let now = start + SignedDuration::from_secs(second);
            let n = pace.allowed(next, now);
            if n > 0 {
                next = Some(pace.advanced(next, now, n));
                left.push((second, n as u64));
            }
        }
        let within = |from: i64| -> u64 {
            left.iter()
                .filter(|(at, _)| (from..from + 3_600).contains(at))
                .map(|(_, n)| n)
                .sum()
        };
        let most = (0..5_400).map(within).max().unwrap();
        assert!(most <= u64::from(per_hour), "{most} of {per_hour}");
        assert!(
            most * 10 >= u64::from(per_hour) * 9,
            "{most} of {per_hour}: too slow"
        );
    }
}

#[test]
fn a_pause_earns_a_minutes_worth_and_a_clock_that_ran_ahead_holds_nobody_up() {
    let pace = Pace::new(600);
    let now = at("2026-07-01T12:00:00Z");
    assert_eq!(pace.allowed(None, now), 10);
    assert_eq!(
        pace.allowed(Some(now - SignedDuration::from_hours(5)), now),
        10
    );
    assert_eq!(
        pace.allowed(Some(now + SignedDuration::from_secs(1)), now),
        0
    );
    assert_eq!(
        pace.allowed(Some(now + SignedDuration::from_hours(90)), now),
        10
    );
}

#[test]
fn a_plan_is_refused_field_by_field() {
    let fields = |plan: Plan| {
        plan.problems()
            .into_iter()
            .map(|it| it.field)
            .collect::<Vec<_>>()
    };
    assert!(fields(day()).is_empty());
    let odd = Plan {
        hours: Some(Hours { from: 9, until: 12 }),
        per_hour: Some(0),
        expected: Some(0),
        ..Plan::default()
    };
    assert_eq!(fields(odd), ["hours", "per_hour", "expected"]);
}

#[test]
fn far_more_than_expected_is_told_from_a_little_more() {
    let expecting = |n| Plan {
        expected: Some(n),
        ..Plan::default()
    };
    assert!(expecting(7_200).is_exceeded_by(230_000));
    assert!(!expecting(7_200).is_exceeded_by(9_000));
    assert!(expecting(7_200).is_exceeded_by(9_001));
    assert!(!expecting(12).is_exceeded_by(22));
    assert!(!Plan::default().is_exceeded_by(u64::MAX));
}
