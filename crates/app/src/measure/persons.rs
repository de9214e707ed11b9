//! Does a table look like a list of people? Then it is refused, column by column, with the reason.
//!
//! Sums by period, region and channel have dates that repeat, words that repeat, and numbers. A
//! list of people has identifiers, or a text of its own in nearly every row, or only zeros and
//! ones.
//!
//! INVARIANT: what stands in a cell is never repeated in a reason.

use std::collections::BTreeSet;

use placet_domain::time::Timestamp;
use placet_measure::dates;
use placet_measure::table::Table;
use placet_phi::safe_harbor::column::{Topic, topic};
use placet_phi::{Options, Profile, Scanner, Type};

use crate::FieldProblem;

/// Fewer rows than this are no list.
const ROWS: usize = 10;

/// One reason to believe that a table is about people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// The column; empty when it is the whole table.
    pub column: String,
    /// Why, in words.
    pub why: String,
}

impl Sign {
    fn of(column: &str, why: impl Into<String>) -> Self {
        Self {
            column: column.to_owned(),
            why: why.into(),
        }
    }

    /// As a form says it.
    #[must_use]
    pub fn problem(self) -> FieldProblem {
        let next = "give sums by period (and region), without anything of a single person";
        let problem = if self.column.is_empty() {
            format!("{}; {next}", self.why)
        } else {
            format!("column `{}` {}; {next}", self.column, self.why)
        };
        FieldProblem {
            field: "file".to_owned(),
            problem,
        }
    }
}

/// What a column holds.
enum Kind {
    Numbers(Vec<f64>),
    Dates,
    Texts,
}

/// Every reason to refuse this table; none for sums.
#[must_use]
pub fn signs(table: &Table, now: Timestamp) -> Vec<Sign> {
    let year = now.to_zoned(jiff::tz::TimeZone::UTC).year();
    let options = Options::new(Profile::SafeHarbor, u16::try_from(year).unwrap_or(2026));
    let mut scanner = Scanner::new(options);
    let mut found = Vec::new();
    let (mut n_numbers, mut n_flags) = (0, 0);
    for name in table.names() {
        let Ok(cells) = table.text(name) else {
            continue;
        };
        let kind = kind_of(name, &cells);
        let sign = match &kind {
            Kind::Numbers(numbers) => {
                n_numbers += 1;
                n_flags += usize::from(numbers.iter().all(|n| *n == 0.0 || *n == 1.0));
                of_numbers(name, numbers)
            }
            Kind::Dates => of_dates(name),
            Kind::Texts => of_texts(name, &cells, &mut scanner),
        };
        found.extend(sign);
    }
    if n_numbers > 0 && n_numbers == n_flags && table.len() >= ROWS {
        found.push(Sign::of(
            "",
            "every number is 0 or 1, as in a table of one row a person",
        ));
    }
    found
}

fn kind_of(name: &str, cells: &[(u64, &str)]) -> Kind {
    let numbers: Option<Vec<f64>> = cells
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(_, text)| match text.to_ascii_lowercase().as_str() {
            "true" => Some(1.0),
            "false" => Some(0.0),
            text => text.parse().ok(),
        })
        .collect();
    let is_date = dates::read(name, cells).is_ok() || cells.iter().all(|(_, text)| is_period(text));
    match numbers {
        _ if is_date => Kind::Dates,
        Some(numbers) => Kind::Numbers(numbers),
        None => Kind::Texts,
    }
}

/// A month, quarter or week of a year: `2026-03`, `March 2026`, `2026 Q1`, `2026-W07`.
fn is_period(text: &str) -> bool {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let lower = text.to_ascii_lowercase();
    let mut words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let is_year = |word: &str| word.parse().is_ok_and(|year| (1990..2100).contains(&year));
    let Some(at) = words.iter().position(|word| is_year(word)) else {
        return false;
    };
    words.remove(at);
    let is_part = |word: &str| {
        let digits = word.trim_start_matches(['q', 'w']);
        digits.parse().is_ok_and(|n: u8| n <= 53)
            || word
                .get(..3)
                .is_some_and(|start| word.len() <= 9 && MONTHS.contains(&start))
    };
    words.len() <= 1 && words.iter().all(|word| is_part(word))
}

/// What the title of a column says of one person, whatever stands below it.
fn titled(name: &str) -> Option<&'static str> {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                ' '
            }
        })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    if matches!(words.as_slice(), ["id"] | ["age"])
        || words.windows(2).any(|pair| {
            matches!(
                pair,
                [
                    "patient" | "person" | "customer" | "visit" | "encounter" | "member",
                    "id" | "number"
                ]
            )
        })
    {
        return Some("is titled like what is known of one person");
    }
    match topic(name) {
        Topic::Birth => Some("is titled like a date of birth"),
        Topic::Identifier('G') => Some("is titled like a social security number"),
        Topic::Identifier('H') => Some("is titled like a medical record number"),
        _ => None,
    }
}

fn of_dates(name: &str) -> Option<Sign> {
    titled(name).map(|why| Sign::of(name, why))
}

fn of_numbers(name: &str, numbers: &[f64]) -> Option<Sign> {
    if let Some(why) = titled(name) {
        return Some(Sign::of(name, why));
    }
    let is_phone = |n: &f64| n.fract() == 0.0 && (2e9..1e11).contains(n);
    let n_phones = numbers.iter().filter(|n| is_phone(n)).count();
    let is_titled = matches!(topic(name), Topic::Identifier('D' | 'E'));
    (is_titled && n_phones * 2 > numbers.len()).then(|| Sign::of(name, "holds telephone numbers"))
}

fn of_texts(name: &str, cells: &[(u64, &str)], scanner: &mut Scanner) -> Option<Sign> {
    if let Some(why) = titled(name) {
        return Some(Sign::of(name, why));
    }
    let filled: Vec<&str> = cells
        .iter()
        .map(|(_, text)| *text)
        .filter(|text| !text.is_empty())
        .collect();
    let distinct: BTreeSet<&str> = filled.iter().copied().collect();
    let mut n_names = 0;
    for text in &distinct {
        let spans = scanner.scan(text);
        let direct = spans
            .iter()
            .find(|span| span.kind.is_direct() && span.kind != Type::Url);
        if direct.is_some() {
            return Some(Sign::of(
                name,
                "holds what points at one person, such as an address, a telephone or a record number",
            ));
        }
        n_names += usize::from(spans.iter().any(|span| span.kind == Type::Name));
    }
    let is_scattered = distinct.len() >= ROWS && distinct.len() * 5 >= filled.len();
    if is_scattered && n_names * 2 > distinct.len() {
        return Some(Sign::of(name, "holds names of people"));
    }
    let is_own = distinct.len() >= ROWS && distinct.len() * 2 > filled.len();
    is_own.then(|| {
        Sign::of(
            name,
            "has a text of its own in most rows, as in a list of one row a person",
        )
    })
}
