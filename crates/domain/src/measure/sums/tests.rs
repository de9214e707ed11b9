#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

fn quarter(text: &str) -> Quarter {
    text.parse().unwrap()
}

#[test]
fn quarters_are_written_as_they_are_read_and_follow_each_other() {
    assert_eq!(quarter("2026-Q1").to_string(), "2026-Q1");
    assert_eq!(quarter("2025-Q4").next(), quarter("2026-Q1"));
    assert_eq!(quarter("2026-Q1").previous(), quarter("2025-Q4"));
    assert_eq!(Quarter::of(Date::constant(2026, 6, 30)), quarter("2026-Q2"));
    for wrong in ["2026-Q5", "2026-Q0", "26-Q1", "2026Q1", ""] {
        assert_eq!(wrong.parse::<Quarter>(), Err(NotAQuarter), "{wrong}");
    }
}

#[test]
fn the_weeks_of_quarters_follow_each_other_without_gap_or_overlap() {
    let (mut at, mut n_weeks) = (quarter("2020-Q1"), 0);
    let mut next = Date::constant(2020, 1, 6);
    for _ in 0..40 {
        let weeks = periods(at, Every::Week);
        assert_eq!(weeks[0], next, "{at}");
        for pair in weeks.windows(2) {
            assert_eq!(Quarter::of(pair[0]), at);
            assert_eq!(
                pair[0].saturating_add(crate::time::Span::new().days(7)),
                pair[1]
            );
        }
        n_weeks += weeks.len() - 1;
        next = *weeks.last().unwrap();
        at = at.next();
    }
    assert_eq!(n_weeks, 522);
    let months: Vec<String> = periods(quarter("2026-Q4"), Every::Month)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        months,
        ["2026-10-01", "2026-11-01", "2026-12-01", "2027-01-01"]
    );
}
