//! United States federal holidays, counted by period.

use jiff::civil::{Date, Weekday};

use crate::dates::Step;

/// The federal holidays of a year, on their own day.
fn of_year(year: i16) -> Vec<Date> {
    let fixed = |month, day| Date::new(year, month, day).ok();
    let nth = |month, weekday, n: i8| {
        Date::new(year, month, 1)
            .and_then(|first| first.nth_weekday_of_month(n, weekday))
            .ok()
    };
    [
        fixed(1, 1),
        nth(1, Weekday::Monday, 3),
        nth(2, Weekday::Monday, 3),
        nth(5, Weekday::Monday, -1),
        fixed(6, 19),
        fixed(7, 4),
        nth(9, Weekday::Monday, 1),
        nth(10, Weekday::Monday, 2),
        fixed(11, 11),
        nth(11, Weekday::Thursday, 4),
        fixed(12, 25),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How many holidays fall into each period that starts at these dates.
#[must_use]
pub fn count(starts: &[Date], step: Step) -> Vec<f64> {
    let years = starts.first().map_or(0, |d| d.year())..=starts.last().map_or(0, |d| d.year()) + 1;
    let all: Vec<Date> = years.flat_map(of_year).collect();
    starts
        .iter()
        .map(|start| {
            let end = step.after(*start);
            all.iter()
                .filter(|day| *start <= **day && **day < end)
                .count() as f64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holidays_fall_where_they_do() {
        let of_2026: Vec<String> = of_year(2026).iter().map(ToString::to_string).collect();
        assert_eq!(of_2026.len(), 11);
        for day in ["2026-01-19", "2026-05-25", "2026-09-07", "2026-11-26"] {
            assert!(of_2026.iter().any(|d| d == day), "{day}");
        }
        let weeks: Vec<Date> = ["2026-11-16", "2026-11-23", "2026-12-21", "2026-12-28"]
            .iter()
            .map(|d| d.parse().unwrap())
            .collect();
        assert_eq!(count(&weeks, Step::Week), [0.0, 1.0, 1.0, 1.0]);
    }
}
