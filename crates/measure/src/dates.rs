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
    /// A calendar month.
    Month,
}

impl Step {
    /// Periods in a year.
    #[must_use]
    pub fn per_year(self) -> f64 {
        match self {
            Self::Day => 365.25,
            Self::Week => 365.25 / 7.0,
            Self::Month => 12.0,
        }
    }

    /// The word for several of them.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Day => "days",
            Self::Week => "weeks",
            Self::Month => "months",
        }
    }

    /// The first day of the next period.
    #[must_use]
    pub fn after(self, date: Date) -> Date {
        let step = match self {
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
        };
        date.saturating_add(step)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    YearFirst,
    MonthFirst,
    DayFirst,
    Compact,
}

const FORMATS: [Format; 4] = [
    Format::YearFirst,
    Format::MonthFirst,
    Format::DayFirst,
    Format::Compact,
];

impl Format {
    fn parse(self, text: &str) -> Option<Date> {
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
            Self::Compact => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::YearFirst => "year-month-day",
            Self::MonthFirst => "month/day/year",
            Self::DayFirst => "day/month/year",
            Self::Compact => "yyyymmdd",
        }
    }
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

fn fits(step: Step, from: Date, to: Date) -> bool {
    let apart = days(from, to);
    match step {
        Step::Day => apart == 1,
        Step::Week => apart == 7,
        Step::Month => (28..=31).contains(&apart),
    }
}

/// The distance that most neighbours have, when they have one.
fn step_of(sorted: &[Date]) -> Option<Step> {
    [Step::Day, Step::Week, Step::Month]
        .into_iter()
        .find(|step| {
            let n = sorted
                .windows(2)
                .filter(|pair| fits(*step, pair[0], pair[1]))
                .count();
            n > 0 && 2 * n >= sorted.len() - 1
        })
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
        Refusal::new(
            "irregular_dates",
            format!("the dates in `{name}` are neither days, weeks nor months apart"),
            "give one row a day, week or month",
        )
    })?;
    let mut missing = Vec::new();
    for pair in sorted.windows(2) {
        let mut expected = step.after(pair[0]);
        while !fits(step, pair[0], pair[1]) && expected < pair[1] && missing.len() < 6 {
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
