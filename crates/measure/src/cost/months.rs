//! The months of a table of costs: one way to write them, and none left out unseen.

use std::collections::BTreeMap;

use super::Row;
use crate::dates;
use crate::mmm::check::Note;
use crate::refusal::{Answer, Refusal};

/// Looks at the periods of the rows.
///
/// # Errors
///
/// When one period is written in two ways, so that it would count as two.
pub fn check(rows: &[Row], months: &[&str]) -> Answer<Vec<Note>> {
    let lined: Vec<(u64, &str)> = months.iter().map(|month| (0, *month)).collect();
    let mut notes = Vec::new();
    let read = match dates::read("month", &lined) {
        Ok(read) => Some(read),
        Err(refusal) if refusal.code == "two_date_formats" => {
            return Err(Refusal::new(
                "two_date_formats",
                "the months are written in more than one way, so that one could count as two",
                "write every month as 2026-03",
            ));
        }
        Err(_) => None,
    };
    let Some(read) = read else {
        notes.push(Note::new(
            "periods_by_name",
            "the months are not written as dates: a missing one goes unseen; write them as 2026-03",
        ));
        return Ok(notes);
    };
    let mut sorted = read;
    sorted.sort_unstable();
    if let Err(refusal) = dates::regular("month", &sorted)
        && months.len() > 1
    {
        notes.push(Note::new(
            refusal.code,
            format!("{}: no cost is known there", refusal.what),
        ));
    }
    let mut of: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *of.entry(&row.channel).or_default() += 1;
    }
    let gaps: Vec<&str> = of
        .iter()
        .filter(|(_, n)| **n < months.len())
        .map(|(channel, _)| *channel)
        .collect();
    if !gaps.is_empty() {
        let named: Vec<&str> = gaps.iter().take(5).copied().collect();
        notes.push(Note::new(
            "missing_rows",
            format!(
                "{} channel{} no row in some months, such as {}: nothing is assumed for them",
                gaps.len(),
                if gaps.len() == 1 { " has" } else { "s have" },
                named.join(", ")
            ),
        ));
    }
    Ok(notes)
}

/// Channels whose rows say the same in every month.
#[must_use]
pub fn copies(rows: &[Row]) -> Option<Note> {
    type Line<'a> = Vec<(&'a str, u64, u64)>;
    let mut lines: BTreeMap<&str, Line<'_>> = BTreeMap::new();
    for row in rows {
        let line = lines.entry(&row.channel).or_default();
        line.push((&row.month, row.spend.to_bits(), row.patients));
    }
    let mut seen: BTreeMap<Line<'_>, &str> = BTreeMap::new();
    for (channel, mut line) in lines {
        line.sort_unstable();
        if line.len() < 2 {
            continue;
        }
        if let Some(other) = seen.insert(line, channel) {
            return Some(Note::new(
                "copies",
                format!(
                    "`{other}` and `{channel}` hold the same spend and patients in every month: \
                     if one was entered twice, totals are too high"
                ),
            ));
        }
    }
    None
}
