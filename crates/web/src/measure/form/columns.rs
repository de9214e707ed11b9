//! What the columns of a table probably are, so that a form comes filled in.

use std::collections::BTreeSet;

use placet_measure::dates;
use placet_measure::table::Table;

/// Words of regions that are offered by name; past it they are typed.
const MOST_WORDS: usize = 60;

/// The columns of a table by what they hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// Every name.
    pub all: Vec<String>,
    /// Those that hold dates.
    pub dates: Vec<String>,
    /// Those that hold numbers.
    pub numbers: Vec<String>,
    /// Those that hold words, with the words where they are few.
    pub words: Vec<(String, Vec<String>)>,
    /// The last date of the first column of dates.
    pub last: Option<String>,
}

impl Columns {
    /// Looks at a table.
    #[must_use]
    pub fn of(table: &Table) -> Self {
        let mut found = Self {
            all: table.names().to_vec(),
            ..Self::default()
        };
        for name in table.names() {
            let Ok(cells) = table.text(name) else {
                continue;
            };
            if let Ok(days) = dates::read(name, &cells) {
                let last = days.iter().max().map(ToString::to_string);
                found.last = found.last.or(last);
                found.dates.push(name.clone());
            } else if table.numbers(name).is_ok() {
                found.numbers.push(name.clone());
            } else {
                let words: BTreeSet<&str> = cells.iter().map(|(_, text)| *text).collect();
                let words = if words.len() <= MOST_WORDS {
                    words.into_iter().map(str::to_owned).collect()
                } else {
                    Vec::new()
                };
                found.words.push((name.clone(), words));
            }
        }
        found
    }

    /// The first number whose name has one of these words, else the first number.
    #[must_use]
    pub fn number(&self, words: &[&str]) -> &str {
        let fits = |name: &&String| has(name, words);
        let found = self.numbers.iter().find(fits).or(self.numbers.first());
        found.map_or("", String::as_str)
    }

    /// The column that is probably the outcome.
    #[must_use]
    pub fn outcome(&self) -> &str {
        self.number(&[
            "patients",
            "outcome",
            "appointments",
            "visits",
            "bookings",
            "conversions",
            "sales",
            "revenue",
            "y",
        ])
    }

    /// The column that is probably the date.
    #[must_use]
    pub fn date(&self) -> &str {
        self.dates.first().map_or("", String::as_str)
    }

    /// The column of words whose name has one of these, else the first.
    #[must_use]
    pub fn word(&self, words: &[&str]) -> &str {
        let fits = |(name, _): &&(String, Vec<String>)| has(name, words);
        let found = self.words.iter().find(fits).or(self.words.first());
        found.map_or("", |(name, _)| name.as_str())
    }

    /// Numbers that are probably spend.
    #[must_use]
    pub fn channels(&self) -> Vec<String> {
        let spend = ["spend", "cost", "usd", "dollars", "impressions", "media"];
        let titled: Vec<String> = self
            .numbers
            .iter()
            .filter(|name| has(name, &spend))
            .cloned()
            .collect();
        if !titled.is_empty() {
            return titled;
        }
        let known = [
            "search", "radio", "tv", "social", "display", "print", "mail", "video", "outdoor",
            "x1", "x2", "x3", "x4",
        ];
        self.numbers
            .iter()
            .filter(|name| has(name, &known) && name.as_str() != self.outcome())
            .cloned()
            .collect()
    }
}

/// Whether one of the words stands in a name, as a word of its own.
fn has(name: &str, words: &[&str]) -> bool {
    let lower = name.to_ascii_lowercase();
    let mut parts = lower.split(|c: char| !c.is_ascii_alphanumeric());
    parts.any(|part| words.contains(&part))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_form_comes_filled_in() {
        let text = "week,region,new_patients,search_spend,radio_spend,holiday\n\
                    2026-01-05,north,40,100,50,0\n2026-01-12,south,41,100,50,1\n";
        let columns = Columns::of(&Table::read(text.as_bytes()).unwrap());
        assert_eq!(columns.date(), "week");
        assert_eq!(columns.outcome(), "new_patients");
        assert_eq!(columns.channels(), ["search_spend", "radio_spend"]);
        assert_eq!(columns.word(&["region"]), "region");
        assert_eq!(columns.last.as_deref(), Some("2026-01-12"));
    }
}
