//! Checks a table, column by column, against the Safe Harbor method of 45 CFR 164.514(b)(2).
//!
//! [`Checker`] takes rows in one pass and keeps counts, never values; [`Checker::finish`] gives a [`Report`].
//!
//! INVARIANT: a report holds names of columns and counts, and nothing of a person.

pub mod column;
pub mod identifier;
pub mod zip3;

use std::collections::HashMap;

use serde::Serialize;

use self::column::{Seen, Topic};
use self::identifier::Identifier;
use self::zip3::Table;
use crate::{Options, Profile, Scanner, fold};

/// Below so many people a cell is small.
pub const SMALL: u32 = 11;

/// Columns past this many are refused, combinations past this many are not told apart.
const MOST_COLUMNS: usize = 4096;
const MOST_GROUPS: usize = 1 << 20;

/// What to do with a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may stay.
    Keep,
    /// It may stay when somebody has looked at it.
    Review,
    /// It may stay in a coarser form.
    Generalize,
    /// It must go.
    Remove,
}

impl Verdict {
    /// As written in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Review => "review",
            Self::Generalize => "generalize",
            Self::Remove => "remove",
        }
    }
}

/// One reason against a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The identifier, by its letter.
    pub letter: char,
    /// How many cells show it; 0 when the name of the column does.
    pub cells: u64,
    /// What was seen.
    pub what: String,
    /// What the method wants done.
    pub handling: &'static str,
}

/// What is to be said of one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Cells with something in them.
    pub filled: u64,
    /// What to do.
    pub verdict: Verdict,
    /// Why.
    pub findings: Vec<Finding>,
}

/// The whole table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many rows.
    pub rows: u64,
    /// Which census table was used for ZIP codes.
    pub zip_table: &'static str,
    /// Whether none of the eighteen identifiers is left.
    pub meets: bool,
    /// The columns, in their order.
    pub columns: Vec<Column>,
    /// What may give actual knowledge that a person could be identified.
    pub warnings: Vec<String>,
}

/// Takes a table row by row.
#[derive(Debug)]
pub struct Checker {
    year: u16,
    table: Table,
    scanner: Scanner,
    places: HashMap<String, usize>,
    columns: Vec<(String, Topic, Seen)>,
    rows: u64,
    row: u64,
    groups: HashMap<u64, u32>,
    is_full: bool,
}

impl Checker {
    /// A checker, in a year, by a table of ZIP codes.
    #[must_use]
    pub fn new(year: u16, table: Table) -> Self {
        Self {
            year,
            table,
            scanner: Scanner::new(Options::new(Profile::SafeHarbor, year)),
            places: HashMap::new(),
            columns: Vec::new(),
            rows: 0,
            row: fold::BASIS,
            groups: HashMap::new(),
            is_full: false,
        }
    }

    /// Takes one cell of the row at hand.
    pub fn cell(&mut self, name: &str, value: &str) {
        let place = match self.places.get(name) {
            Some(place) => *place,
            None if self.columns.len() >= MOST_COLUMNS => return,
            None => {
                let place = self.columns.len();
                self.places.insert(name.to_owned(), place);
                self.columns
                    .push((name.to_owned(), column::topic(name), Seen::default()));
                place
            }
        };
        let Some((_, topic, seen)) = self.columns.get_mut(place) else {
            return;
        };
        column::look(
            seen,
            *topic,
            value,
            self.year,
            self.table,
            &mut self.scanner,
        );
        if matches!(
            topic,
            Topic::Shared | Topic::Age | Topic::Zip | Topic::Birth
        ) {
            self.row = fold::extend(fold::add(self.row, place as u8), value);
        }
    }

    /// The row is over.
    pub fn end_row(&mut self) {
        self.rows += 1;
        if self.groups.len() < MOST_GROUPS {
            *self.groups.entry(self.row).or_default() += 1;
        } else {
            self.is_full = true;
        }
        self.row = fold::BASIS;
    }

    /// The table is over.
    #[must_use]
    pub fn finish(self) -> Report {
        let warnings = self.warnings();
        let columns: Vec<Column> = self
            .columns
            .into_iter()
            .map(|(name, topic, seen)| judge(name, topic, &seen, self.table))
            .collect();
        let meets = columns
            .iter()
            .all(|column| matches!(column.verdict, Verdict::Keep | Verdict::Review));
        Report {
            rows: self.rows,
            zip_table: self.table.as_str(),
            meets,
            columns,
            warnings,
        }
    }

    fn warnings(&self) -> Vec<String> {
        let names: Vec<&str> = self
            .columns
            .iter()
            .filter(|(_, topic, _)| {
                matches!(
                    topic,
                    Topic::Shared | Topic::Age | Topic::Zip | Topic::Birth
                )
            })
            .map(|(name, ..)| name.as_str())
            .collect();
        let mut warnings = Vec::new();
        if names.is_empty() || self.rows == 0 {
            return warnings;
        }
        let together = names.join(" + ");
        let n_unique = self.groups.values().filter(|count| **count == 1).count();
        let n_small: u64 = self
            .groups
            .values()
            .filter(|count| **count < SMALL)
            .map(|count| u64::from(*count))
            .sum();
        if n_unique > 0 {
            warnings.push(format!("{n_unique} of {} rows are alone in what they hold of {together}: whoever knows that much of a person finds the row", self.rows));
        }
        if n_small > 0 {
            warnings.push(format!(
                "{n_small} of {} rows stand in groups of fewer than {SMALL} by {together}",
                self.rows
            ));
        }
        if self.is_full {
            warnings.push(format!(
                "more than {MOST_GROUPS} combinations of {together}: nearly every row may be alone"
            ));
        }
        warnings
    }
}

fn judge(name: String, topic: Topic, seen: &Seen, table: Table) -> Column {
    let mut findings = Vec::new();
    let mut verdict = Verdict::Keep;
    let mut add = |letter: char, cells: u64, what: String, wants: Verdict| {
        verdict = verdict.max(wants);
        let handling = identifier::of(letter).map_or("", |found: Identifier| found.handling);
        findings.push(Finding {
            letter,
            cells,
            what,
            handling,
        });
    };
    let is_filled = seen.n_filled > 0;
    if let Topic::Identifier(letter) = topic
        && is_filled
    {
        let what = identifier::of(letter).map_or("identifier", |found| found.name);
        add(
            letter,
            seen.n_filled,
            format!("the name of the column says: {}", what.to_lowercase()),
            Verdict::Remove,
        );
    }
    if seen.n_hashes > 0 {
        let what = "hashes or unique ids; a hash made from a person's data is still that person's identifier".to_owned();
        add('R', seen.n_hashes, what, Verdict::Remove);
    }
    if seen.n_zips > 0 {
        add(
            'B',
            seen.n_zips,
            format!("ZIP codes of more than three digits; by {}", table.as_str()),
            Verdict::Generalize,
        );
    }
    if seen.n_small_zips > 0 {
        add(
            'B',
            seen.n_small_zips,
            format!("three digits that must be 000 by {}", table.as_str()),
            Verdict::Generalize,
        );
    }
    if seen.n_dates > 0 {
        add(
            'C',
            seen.n_dates,
            "dates with more than the year".to_owned(),
            Verdict::Generalize,
        );
    }
    if seen.n_ages > 0 {
        add(
            'C',
            seen.n_ages,
            "ages over 89".to_owned(),
            Verdict::Generalize,
        );
    }
    if seen.n_birth_years > 0 {
        add(
            'C',
            seen.n_birth_years,
            "years of birth that reveal an age over 89".to_owned(),
            Verdict::Generalize,
        );
    }
    for (letter, cells) in &seen.letters {
        if matches!(topic, Topic::Identifier(_)) {
            continue;
        }
        // A rare hit of the detector in values of many words is for eyes; a column full of hits is what it is.
        let is_rare = *cells * 20 < seen.n_filled && matches!(letter, 'A' | 'B' | 'R');
        let what = identifier::of(*letter).map_or("identifier", |found| found.name);
        let place = if seen.n_texts * 2 > seen.n_filled {
            "in free text"
        } else {
            "in values"
        };
        add(
            *letter,
            *cells,
            format!("{} {place}", what.to_lowercase()),
            if is_rare {
                Verdict::Review
            } else {
                Verdict::Remove
            },
        );
    }
    if findings.is_empty() && seen.n_texts * 2 > seen.n_filled && is_filled {
        verdict = Verdict::Review;
    }
    Column {
        name,
        filled: seen.n_filled,
        verdict,
        findings,
    }
}

#[cfg(test)]
mod tests;
