//! Sums from our own records: how many came or were written to, by week or month, for models that
//! know nobody.
//!
//! INVARIANT: what is asked is made of whole calendar quarters that are over. Small counts are hidden
//! quarter by quarter, the same way whatever stretch is asked, so that two answers taken from each
//! other tell nothing that one of them hides.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::codes::codes;
use crate::time::Date;

codes! {
    /// What is counted.
    pub enum Summed {
        /// People whose first appointment it was, of those that are known here.
        NewPatients = "new_patients", "New patients";
        /// Appointments that were not called off.
        Bookings = "bookings", "Appointments";
        /// Messages that were sent.
        Messages = "messages", "Messages sent";
    }
}

codes! {
    /// How long a period is.
    pub enum Every {
        /// From Monday to Sunday.
        Week = "week", "Week, from Monday";
        /// A calendar month.
        Month = "month", "Calendar month";
    }
}

codes! {
    /// Whether counts are split, and by what.
    pub enum Across {
        /// One row a period.
        All = "all", "One row a period";
        /// By the state people live in.
        Region = "region", "By the state people live in";
        /// Messages by the campaign that sent them.
        Campaign = "campaign", "Messages by campaign";
    }
}

/// A calendar quarter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Quarter {
    year: i16,
    // INVARIANT: 1 to 4.
    number: i8,
}

impl Quarter {
    /// The quarter of a day.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self {
            year: day.year(),
            number: (day.month() - 1) / 3 + 1,
        }
    }

    /// Its first day.
    #[must_use]
    pub fn first(self) -> Date {
        Date::new(self.year, 3 * self.number - 2, 1).unwrap_or(Date::MAX)
    }

    /// The quarter after it.
    #[must_use]
    pub fn next(self) -> Self {
        match self.number {
            4 => Self {
                year: self.year.saturating_add(1),
                number: 1,
            },
            number => Self {
                number: number + 1,
                ..self
            },
        }
    }

    /// The quarter before it.
    #[must_use]
    pub fn previous(self) -> Self {
        match self.number {
            1 => Self {
                year: self.year.saturating_sub(1),
                number: 4,
            },
            number => Self {
                number: number - 1,
                ..self
            },
        }
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-Q{}", self.year, self.number)
    }
}

impl From<Quarter> for String {
    fn from(quarter: Quarter) -> Self {
        quarter.to_string()
    }
}

impl TryFrom<String> for Quarter {
    type Error = NotAQuarter;

    fn try_from(text: String) -> Result<Self, NotAQuarter> {
        text.parse()
    }
}

/// What was written is no quarter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give a calendar quarter, such as 2026-Q1")]
pub struct NotAQuarter;

impl FromStr for Quarter {
    type Err = NotAQuarter;

    fn from_str(text: &str) -> Result<Self, NotAQuarter> {
        let (year, number) = text.trim().split_once("-Q").ok_or(NotAQuarter)?;
        let (year, number) = (year.parse(), number.parse());
        match (year, number) {
            (Ok(year @ 1990..=2200), Ok(number @ 1..=4)) => Ok(Self { year, number }),
            _ => Err(NotAQuarter),
        }
    }
}

/// What is asked of our own records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SumsAsk {
    /// What is counted, a column each.
    pub counted: Vec<Summed>,
    /// How long a period is.
    pub every: Every,
    /// Whether it is split.
    pub across: Across,
    /// The first quarter.
    pub from: Quarter,
    /// The last one; it is over.
    pub to: Quarter,
}

impl SumsAsk {
    /// The quarters that are asked, in order.
    #[must_use]
    pub fn quarters(&self) -> Vec<Quarter> {
        std::iter::successors(Some(self.from), |quarter| Some(quarter.next()))
            .take_while(|quarter| *quarter <= self.to)
            .take(MOST_QUARTERS)
            .collect()
    }
}

/// How many quarters may be asked at once: ten years.
pub const MOST_QUARTERS: usize = 40;

/// The first days of the periods that begin in a quarter, and the first day after the last of them.
#[must_use]
pub fn periods(quarter: Quarter, every: Every) -> Vec<Date> {
    let (first, end) = (quarter.first(), quarter.next().first());
    let mut day = match every {
        Every::Month => first,
        Every::Week => {
            let after = i64::from(first.weekday().to_monday_zero_offset());
            first.saturating_add(crate::time::Span::new().days((7 - after) % 7))
        }
    };
    let step = match every {
        Every::Month => crate::time::Span::new().months(1),
        Every::Week => crate::time::Span::new().days(7),
    };
    let mut out = vec![day];
    while day < end {
        day = day.saturating_add(step);
        out.push(day);
    }
    out
}

#[cfg(test)]
mod tests;
