//! Dates of a table: one format a column, one distance between periods.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use crate::refusal::{Answer, Refusal};

/// How far apart periods are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// One day.
    Day,
    /// Seven days.
    Week,
    /// A calendar month: 28 to 31 days.
    Month,
    /// Three calendar months: 90 to 92 days.
    Quarter,
}

impl Step {
    /// Periods in a year.
    #[must_use]
    pub fn per_year(self) -> f64 {
        match self {
            Self::Day => 365.25,
            Self::Week => 365.25 / 7.0,
            Self::Month => 12.0,
            Self::Quarter => 4.0,
        }
    }

    /// How many pairs of yearly waves such periods can carry: a faster one would look like a slower.
    #[must_use]
    pub fn most_waves(self) -> usize {
        match self {
            Self::Day | Self::Week => 26,
            Self::Month => 5,
            Self::Quarter => 1,
        }
    }

    /// Whether its periods differ in days.
    #[must_use]
    pub fn is_uneven(self) -> bool {
        matches!(self, Self::Month | Self::Quarter)
    }

    /// The word for several of them.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Day => "days",
            Self::Week => "weeks",
            Self::Month => "months",
            Self::Quarter => "quarters",
        }
    }

    /// The first day of the next period.
    #[must_use]
    pub fn after(self, date: Date) -> Date {
        let step = match self {
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
            Self::Quarter => 3.months(),
        };
        date.saturating_add(step)
    }
}

/// How many days each of these periods has. Where every date is the last of a month, periods end
/// on them.
#[must_use]
pub fn lengths(step: Step, dates: &[Date]) -> Vec<f64> {
    let is_end = step.is_uneven() && dates.iter().all(|d| *d == d.last_of_month());
    dates
        .iter()
        .map(|date| match step {
            Step::Day => 1.0,
            Step::Week => 7.0,
            Step::Month | Step::Quarter if is_end => {
                let months: i32 = if step == Step::Month { 0 } else { 2 };
                let first = date.first_of_month().saturating_sub(months.months());
                f64::from(days(first, *date) + 1)
            }
            Step::Month | Step::Quarter => f64::from(days(*date, step.after(*date))),
        })
        .collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    YearFirst,
    MonthFirst,
    DayFirst,
    Compact,
    YearMonth,
    MonthYear,
    YearWeek,
    Quarter,
}

const FORMATS: [Format; 8] = [
    Format::YearFirst,
    Format::MonthFirst,
    Format::DayFirst,
    Format::Compact,
    Format::YearMonth,
    Format::MonthYear,
    Format::YearWeek,
    Format::Quarter,
];

impl Format {
    fn parse(self, text: &str) -> Option<Date> {
        match self {
            Self::YearMonth | Self::MonthYear => return month(text, self == Self::YearMonth),
            Self::YearWeek => return week(text),
            Self::Quarter => return quarter(text),
            _ => {}
        }
        let day = text.split(['T', ' ']).next()?;
        if self == Self::Compact {
            let all_digits = day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit());
            let part = |a: usize, b: usize| day.get(a..b)?.parse::<i16>().ok();
            return all_digits
                .then(|| date(part(0, 4)?, part(4, 6)?, part(6, 8)?))
                .flatten();
        }
        let mut parts = day.split(['-', '/', '.']);
        let mut next = || parts.next()?.parse::<i16>().ok();
        let (a, b, c) = (next()?, next()?, next()?);
        if parts.next().is_some() {
            return None;
        }
        match self {
            Self::YearFirst => (a >= 1000).then(|| date(a, b, c))?,
            Self::MonthFirst => (c >= 1000).then(|| date(c, a, b))?,
            Self::DayFirst => (c >= 1000).then(|| date(c, b, a))?,
            Self::Compact | Self::YearMonth | Self::MonthYear | Self::YearWeek | Self::Quarter => {
                None
            }
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::YearFirst => "year-month-day",
            Self::MonthFirst => "month/day/year",
            Self::DayFirst => "day/month/year",
            Self::Compact => "yyyymmdd",
            Self::YearMonth => "year-month",
            Self::MonthYear => "month/year",
            Self::YearWeek => "year and week",
            Self::Quarter => "year and quarter",
        }
    }
}

/// The first day of `2026-03`, or of `03/2026`.
fn month(text: &str, is_year_first: bool) -> Option<Date> {
    let (a, b) = text.split_once(['-', '/', '.'])?;
    let (year, month) = if is_year_first { (a, b) } else { (b, a) };
    let in_full = year.len() == 4 && (1..=2).contains(&month.len());
    in_full
        .then(|| date(year.parse().ok()?, month.parse().ok()?, 1))
        .flatten()
}

/// The Monday of `2026-W07` or `2026W07`.
fn week(text: &str) -> Option<Date> {
    let (year, week) = text.split_once(['W', 'w'])?;
    let year: i16 = year.trim_end_matches(['-', ' ']).parse().ok()?;
    let week: i8 = week.parse().ok()?;
    let monday = jiff::civil::ISOWeekDate::new(year, week, jiff::civil::Weekday::Monday);
    (year >= 1000)
        .then(|| monday.ok().map(|w| w.date()))
        .flatten()
}

/// The first day of `2026-Q1`, `2026Q1` or `Q1 2026`.
fn quarter(text: &str) -> Option<Date> {
    let (before, after) = text.split_once(['Q', 'q'])?;
    let (year, number) = if before.is_empty() {
        let (number, year) = after.split_once([' ', '-', '/'])?;
        (year, number)
    } else {
        (before.trim_end_matches(['-', ' ', '/']), after)
    };
    let (year, number): (i16, i16) = (year.trim().parse().ok()?, number.trim().parse().ok()?);
    ((1..=4).contains(&number) && year >= 1000)
        .then(|| date(year, 3 * number - 2, 1))
        .flatten()
}

fn date(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Reads a column of dates, all in one format.
///
/// # Errors
///
/// When formats are mixed, a cell is no date, or day and month cannot be told apart.
pub fn read(name: &str, cells: &[(u64, &str)]) -> Answer<Vec<Date>> {
    let hits = |format: Format| {
        cells
            .iter()
            .filter(|(_, text)| format.parse(text).is_some())
            .count()
    };
    let whole: Vec<Format> = FORMATS
        .into_iter()
        .filter(|f| hits(*f) == cells.len())
        .collect();
    let read = |format: Format| -> Vec<Date> {
        cells
            .iter()
            .filter_map(|(_, text)| format.parse(text))
            .collect()
    };
    match whole.as_slice() {
        [one] => Ok(read(*one)),
        [] => {
            let best = FORMATS.into_iter().max_by_key(|f| hits(*f));
            let best = best.unwrap_or(Format::YearFirst);
            let line = cells
                .iter()
                .find(|(_, text)| best.parse(text).is_none())
                .map_or(0, |(line, _)| *line);
            let mixed = cells.iter().all(|(_, text)| {
                FORMATS
                    .into_iter()
                    .any(|format| format.parse(text).is_some())
            });
            Err(Refusal::new(
                if mixed {
                    "two_date_formats"
                } else {
                    "not_a_date"
                },
                format!(
                    "column `{name}`: most dates read as {}, the one on line {line} does not",
                    best.words()
                ),
                "write every date as 2026-03-01",
            ))
        }
        several => {
            // 03/04/2026 reads both ways: regular distances tell which way is meant.
            let regular: Vec<Format> = several
                .iter()
                .copied()
                .filter(|f| {
                    let mut dates = read(*f);
                    dates.sort_unstable();
                    dates.dedup();
                    step_of(&dates).is_some()
                })
                .collect();
            match regular.as_slice() {
                [one] => Ok(read(*one)),
                _ => Err(Refusal::new(
                    "ambiguous_dates",
                    format!("column `{name}`: day and month cannot be told apart"),
                    "write every date as 2026-03-01",
                )),
            }
        }
    }
}

fn days(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

/// Where a date stands among months.
fn month_of(date: Date) -> i32 {
    i32::from(date.year()) * 12 + i32::from(date.month())
}

fn fits(step: Step, from: Date, to: Date) -> bool {
    let (apart, months) = (days(from, to), month_of(to) - month_of(from));
    match step {
        Step::Day => apart == 1,
        Step::Week => apart == 7,
        Step::Month => months == 1 && (26..=35).contains(&apart),
        Step::Quarter => months == 3 && (85..=97).contains(&apart),
    }
}

/// Whether a period that begins at `at` lies before the one that begins at `next`.
fn precedes(step: Step, at: Date, next: Date) -> bool {
    if step.is_uneven() {
        month_of(at) < month_of(next)
    } else {
        at < next
    }
}

/// The distance that most neighbours have, when they have one.
fn step_of(sorted: &[Date]) -> Option<Step> {
    if even_distance(sorted).is_some() {
        return None;
    }
    [Step::Day, Step::Week, Step::Month, Step::Quarter]
        .into_iter()
        .find(|step| {
            let n = sorted
                .windows(2)
                .filter(|pair| fits(*step, pair[0], pair[1]))
                .count();
            n > 0 && 2 * n >= sorted.len() - 1
        })
}

/// A distance in days that is none of ours, yet that nearly all neighbours have: two or four
/// weeks. Calendar months and quarters never keep one for long.
fn even_distance(sorted: &[Date]) -> Option<i32> {
    let mut gaps: Vec<i32> = sorted.windows(2).map(|p| days(p[0], p[1])).collect();
    gaps.sort_unstable();
    let middle = *gaps.get(gaps.len() / 2)?;
    let same = gaps.iter().filter(|gap| **gap == middle).count();
    (gaps.len() >= 5 && 5 * same >= 4 * gaps.len() && middle != 1 && middle != 7).then_some(middle)
}

/// Checks that sorted dates follow each other without gap or repetition.
///
/// # Errors
///
/// With the missing or repeated dates.
pub fn regular(name: &str, sorted: &[Date]) -> Answer<Step> {
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Refusal::new(
            "date_twice",
            format!("column `{name}` holds {} more than once", pair[0]),
            "sum the rows of one period; for several regions name their column with --geo",
        ));
    }
    let step = step_of(sorted).ok_or_else(|| {
        let how = even_distance(sorted).map_or_else(
            || "not at even distances".to_owned(),
            |apart| format!("{apart} days apart"),
        );
        Refusal::new(
            "irregular_dates",
            format!("the dates in `{name}` are {how}: neither days, weeks, months nor quarters"),
            "give one row a day, week, calendar month or quarter",
        )
    })?;
    let mut missing = Vec::new();
    for pair in sorted.windows(2) {
        let mut expected = step.after(pair[0]);
        while !fits(step, pair[0], pair[1])
            && precedes(step, expected, pair[1])
            && missing.len() < 6
        {
            missing.push(expected.to_string());
            expected = step.after(expected);
        }
        if !fits(step, pair[0], pair[1]) && missing.is_empty() {
            missing.push(format!("between {} and {}", pair[0], pair[1]));
        }
    }
    if missing.is_empty() {
        return Ok(step);
    }
    missing.truncate(5);
    Err(Refusal::new(
        "missing_periods",
        format!(
            "{} are missing, such as {}",
            step.plural(),
            missing.join(", ")
        ),
        "add a row for each (0 where nothing was spent; the outcome as it was), or cut the series to a stretch without gaps",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cells: &[&str]) -> Result<(Step, String), &'static str> {
        let lined: Vec<(u64, &str)> = cells.iter().map(|c| (2, *c)).collect();
        let mut dates = read("date", &lined).map_err(|r| r.code)?;
        dates.sort_unstable();
        let step = regular("date", &dates).map_err(|r| r.code)?;
        Ok((step, dates[0].to_string()))
    }

    #[test]
    fn formats_and_steps_are_found() {
        let ok = |step, text: &str| Ok((step, text.to_owned()));
        assert_eq!(
            check(&["2026-01-05", "2026-01-12"]),
            ok(Step::Week, "2026-01-05")
        );
        assert_eq!(
            check(&["2026-01-05T00:00:00", "2026-01-06 00:00"]),
            ok(Step::Day, "2026-01-05")
        );
        assert_eq!(
            check(&["1/26/2026", "2/2/2026"]),
            ok(Step::Week, "2026-01-26")
        );
        assert_eq!(
            check(&["26.01.2026", "02.02.2026"]),
            ok(Step::Week, "2026-01-26")
        );
        assert_eq!(
            check(&["01/02/2026", "08/02/2026", "15/02/2026"]),
            ok(Step::Week, "2026-02-01")
        );
        assert_eq!(
            check(&["20260101", "20260201", "20260301"]),
            ok(Step::Month, "2026-01-01")
        );
    }

    #[test]
    fn months_quarters_and_weeks_by_name_are_periods_of_unequal_days() {
        let ok = |step, text: &str| Ok((step, text.to_owned()));
        let quarters = [
            "2025-01-01",
            "2025-04-01",
            "2025-07-01",
            "2025-10-01",
            "2026-01-01",
        ];
        assert_eq!(check(&quarters), ok(Step::Quarter, "2025-01-01"));
        let ends = ["2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31"];
        assert_eq!(check(&ends), ok(Step::Quarter, "2025-03-31"));
        let ends = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"];
        assert_eq!(check(&ends), ok(Step::Month, "2026-01-31"));
        for named in [
            ["2025-Q4", "2026-Q1"],
            ["2025Q4", "2026Q1"],
            ["Q4 2025", "Q1 2026"],
        ] {
            assert_eq!(check(&named), ok(Step::Quarter, "2025-10-01"));
        }
        assert_eq!(
            check(&["2025-12", "2026-01"]),
            ok(Step::Month, "2025-12-01")
        );
        assert_eq!(
            check(&["12/2025", "01/2026"]),
            ok(Step::Month, "2025-12-01")
        );
        assert_eq!(
            check(&["2026-W01", "2026-W02"]),
            ok(Step::Week, "2025-12-29")
        );
        assert_eq!(check(&["2026-Q5", "2026-Q1"]), Err("not_a_date"));
        assert_eq!(check(&["2026-13", "2026-01"]), Err("not_a_date"));
        assert_eq!(check(&["2026-01", "02/2026"]), Err("two_date_formats"));
        assert_eq!(
            check(&["2025-01-01", "2025-04-01", "2025-10-01", "2026-01-01"]),
            Err("missing_periods")
        );
    }

    #[test]
    fn two_and_four_weeks_are_not_taken_for_weeks_or_months() {
        for apart in [14, 28, 30] {
            let start: Date = "2025-01-01".parse().unwrap();
            let cells: Vec<String> = (0..14)
                .map(|t| start.saturating_add((t * apart).days()).to_string())
                .collect();
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            assert_eq!(check(&cells), Err("irregular_dates"), "{apart}");
        }
    }

    #[test]
    fn periods_know_their_days() {
        let dates = |texts: &[&str]| -> Vec<Date> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let firsts = dates(&["2024-01-01", "2024-02-01", "2024-03-01"]);
        assert_eq!(lengths(Step::Month, &firsts), [31.0, 29.0, 31.0]);
        let ends = dates(&["2026-01-31", "2026-02-28"]);
        assert_eq!(lengths(Step::Month, &ends), [31.0, 28.0]);
        let ends = dates(&["2026-03-31", "2026-06-30"]);
        assert_eq!(lengths(Step::Quarter, &ends), [90.0, 91.0]);
        assert_eq!(lengths(Step::Quarter, &dates(&["2026-07-01"])), [92.0]);
        assert_eq!(lengths(Step::Week, &dates(&["2026-07-01"])), [7.0]);
    }

    #[test]
    fn defects_are_refused() {
        assert_eq!(
            check(&["2026-01-05", "01/12/2026"]),
            Err("two_date_formats")
        );
        assert_eq!(check(&["2026-01-05", "soon"]), Err("not_a_date"));
        assert_eq!(check(&["2026-02-30", "2026-03-01"]), Err("not_a_date"));
        assert_eq!(
            check(&["2026-01-05", "2026-01-05", "2026-01-12"]),
            Err("date_twice")
        );
        assert_eq!(
            check(&["2026-01-05", "2026-01-12", "2026-01-26", "2026-02-02"]),
            Err("missing_periods")
        );
        assert_eq!(
            check(&["2026-01-05", "2026-05-12", "2027-01-26"]),
            Err("irregular_dates")
        );
        // Both readings are regular: days apart one way, months apart the other.
        assert_eq!(
            check(&["01/01/2026", "02/01/2026", "03/01/2026"]),
            Err("ambiguous_dates")
        );
    }

    #[test]
    fn the_missing_week_is_named() {
        let dates: Vec<Date> = ["2026-01-05", "2026-01-12", "2026-01-26", "2026-02-02"]
            .iter()
            .map(|d| d.parse().unwrap())
            .collect();
        let refusal = regular("date", &dates).unwrap_err();
        assert!(refusal.what.contains("2026-01-19"), "{refusal}");
    }
}
