//! Working days: no weekends, no holidays. Holidays are rules, so that no year has to be typed.
//!
//! The usual list is that of federal offices (5 U.S.C. 6103): a fixed day that falls on a Saturday
//! is kept on the Friday before, on a Sunday on the Monday after.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};

use crate::time::{Date, Span};

#[cfg(test)]
mod tests;

/// The most holidays of a calendar.
pub const MAX_HOLIDAYS: usize = 60;
const MAX_NAME_CHARS: usize = 60;

/// When a holiday is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The same day each year, kept on the nearest working weekday.
    Fixed {
        /// 1 to 12.
        month: i8,
        /// 1 to 31.
        day: i8,
    },
    /// The first to fifth such weekday of a month; -1 is the last.
    Nth {
        /// 1 to 5, or -1.
        n: i8,
        /// Which weekday.
        weekday: Weekday,
        /// 1 to 12.
        month: i8,
    },
    /// One day of one year.
    Once(Date),
}

/// A day on which nobody is asked to review; written `Thanksgiving: fourth Thursday of November`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Holiday {
    /// How it is called.
    pub name: String,
    /// When it is.
    pub when: When,
}

/// The days on which nobody works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Calendar {
    /// The holidays; Saturdays and Sundays are free in any case.
    pub holidays: Vec<Holiday>,
}

/// A line that names no holiday.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "write `name: day`, the day as `January 1`, `third Monday of January`, `last Monday of May` or \
     `2026-12-24`"
)]
pub struct BadHoliday;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const ORDINALS: [(&str, i8); 6] = [
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("fourth", 4),
    ("fifth", 5),
    ("last", -1),
];
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("Monday", Weekday::Monday),
    ("Tuesday", Weekday::Tuesday),
    ("Wednesday", Weekday::Wednesday),
    ("Thursday", Weekday::Thursday),
    ("Friday", Weekday::Friday),
    ("Saturday", Weekday::Saturday),
    ("Sunday", Weekday::Sunday),
];
/// The holidays of federal offices.
const FEDERAL: [&str; 11] = [
    "New Year's Day: January 1",
    "Birthday of Martin Luther King, Jr.: third Monday of January",
    "Washington's Birthday: third Monday of February",
    "Memorial Day: last Monday of May",
    "Juneteenth: June 19",
    "Independence Day: July 4",
    "Labor Day: first Monday of September",
    "Columbus Day: second Monday of October",
    "Veterans Day: November 11",
    "Thanksgiving Day: fourth Thursday of November",
    "Christmas Day: December 25",
];

impl Default for Calendar {
    /// The federal holidays.
    fn default() -> Self {
        let holidays = FEDERAL.iter().filter_map(|line| line.parse().ok());
        Self {
            holidays: holidays.collect(),
        }
    }
}

impl When {
    /// The day on which it is kept in a year; none when the year has no such day.
    #[must_use]
    pub fn day_in(self, year: i16) -> Option<Date> {
        match self {
            Self::Fixed { month, day } => {
                let date = Date::new(year, month, day).ok()?;
                let shift = match date.weekday() {
                    Weekday::Saturday => -1,
                    Weekday::Sunday => 1,
                    _ => 0,
                };
                date.checked_add(Span::new().days(shift)).ok()
            }
            Self::Nth { n, weekday, month } => {
                let first = Date::new(year, month, 1).ok()?;
                first.nth_weekday_of_month(n, weekday).ok()
            }
            Self::Once(date) => (date.year() == year).then_some(date),
        }
    }
}

impl Calendar {
    /// The holidays that are kept in a year, in order.
    #[must_use]
    pub fn of_year(&self, year: i16) -> Vec<(Date, &str)> {
        // A New Year's Day on a Saturday is kept on the last day of the year before.
        let years = [year, year.saturating_add(1)];
        let mut found: Vec<(Date, &str)> = self
            .holidays
            .iter()
            .flat_map(|holiday| years.map(|year| (holiday.when.day_in(year), &holiday.name)))
            .filter_map(|(day, name)| Some((day?, name.as_str())))
            .filter(|(day, _)| day.year() == year)
            .collect();
        found.sort_unstable();
        found
    }

    /// Whether reviews are done on this day.
    #[must_use]
    pub fn is_working_day(&self, day: Date) -> bool {
        if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            return false;
        }
        let years = [day.year(), day.year().saturating_add(1)];
        let is_kept = |holiday: &Holiday| {
            years
                .iter()
                .any(|year| holiday.when.day_in(*year) == Some(day))
        };
        !self.holidays.iter().any(is_kept)
    }

    /// The day that is so many working days after another; the day itself does not count.
    #[must_use]
    pub fn after(&self, from: Date, working_days: u8) -> Date {
        let (mut day, mut left) = (from, working_days);
        // Bounded, should somebody declare every day a holiday.
        for _ in 0..400 {
            if left == 0 {
                break;
            }
            let Ok(next) = day.checked_add(Span::new().days(1)) else {
                return day;
            };
            day = next;
            left -= u8::from(self.is_working_day(day));
        }
        day
    }

    /// How many working days lie after `from` up to and including `to`; at most 400.
    #[must_use]
    pub fn between(&self, from: Date, to: Date) -> u32 {
        let mut n = 0;
        let mut day = from;
        for _ in 0..400 {
            let Ok(next) = day.checked_add(Span::new().days(1)) else {
                return n;
            };
            if next > to {
                return n;
            }
            day = next;
            n += u32::from(self.is_working_day(day));
        }
        n
    }

    /// Reads one holiday a line; empty lines do not count.
    ///
    /// # Errors
    ///
    /// The number of the first line that names no holiday, from 1.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let mut holidays = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            holidays.push(line.parse().map_err(|BadHoliday| number)?);
            if holidays.len() > MAX_HOLIDAYS {
                return Err(number);
            }
        }
        Ok(Self { holidays })
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.holidays
            .iter()
            .try_for_each(|holiday| writeln!(f, "{holiday}"))
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let month = |month: i8| {
            let index = usize::try_from(month - 1).unwrap_or(0);
            MONTHS.get(index).copied().unwrap_or("January")
        };
        match *self {
            Self::Fixed { month: m, day } => write!(f, "{} {day}", month(m)),
            Self::Nth {
                n,
                weekday,
                month: m,
            } => {
                let which = ORDINALS.iter().find(|(_, number)| *number == n);
                let day = WEEKDAYS.iter().find(|(_, one)| *one == weekday);
                let which = which.map_or("first", |(word, _)| word);
                write!(
                    f,
                    "{which} {} of {}",
                    day.map_or("", |(word, _)| word),
                    month(m)
                )
            }
            Self::Once(date) => write!(f, "{date}"),
        }
    }
}

impl fmt::Display for Holiday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.when)
    }
}

impl FromStr for When {
    type Err = BadHoliday;

    fn from_str(text: &str) -> Result<Self, BadHoliday> {
        if let Ok(date) = text.parse() {
            return Ok(Self::Once(date));
        }
        let month = |word: &str| {
            let at = MONTHS
                .iter()
                .position(|month| month.eq_ignore_ascii_case(word));
            at.and_then(|at| i8::try_from(at + 1).ok())
                .ok_or(BadHoliday)
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            [name, day] => {
                let (month, day) = (month(name)?, day.parse().map_err(|_| BadHoliday)?);
                // 2024 is a leap year: February 29 is a day, if a rare one.
                Date::new(2024, month, day).map_err(|_| BadHoliday)?;
                Ok(Self::Fixed { month, day })
            }
            [which, weekday, of, name] if of.eq_ignore_ascii_case("of") => {
                let n = ORDINALS
                    .iter()
                    .find(|(word, _)| word.eq_ignore_ascii_case(which));
                let day = WEEKDAYS
                    .iter()
                    .find(|(word, _)| word.eq_ignore_ascii_case(weekday));
                match (n, day) {
                    (Some((_, n)), Some((_, weekday))) => Ok(Self::Nth {
                        n: *n,
                        weekday: *weekday,
                        month: month(name)?,
                    }),
                    _ => Err(BadHoliday),
                }
            }
            _ => Err(BadHoliday),
        }
    }
}

impl FromStr for Holiday {
    type Err = BadHoliday;

    fn from_str(line: &str) -> Result<Self, BadHoliday> {
        let (name, when) = line.rsplit_once(':').ok_or(BadHoliday)?;
        let name = name.trim();
        let is_name = !name.is_empty()
            && name.chars().count() <= MAX_NAME_CHARS
            && !name.chars().any(char::is_control);
        if !is_name {
            return Err(BadHoliday);
        }
        Ok(Self {
            name: name.to_owned(),
            when: when.trim().parse()?,
        })
    }
}

impl TryFrom<String> for Holiday {
    type Error = BadHoliday;

    fn try_from(line: String) -> Result<Self, BadHoliday> {
        line.parse()
    }
}

impl From<Holiday> for String {
    fn from(holiday: Holiday) -> Self {
        holiday.to_string()
    }
}
