//! The files of an export that hold no records: what was deleted at the server, and what it could not export.
//!
//! INVARIANT: types, codes and counts are told, never an id and never the server's own words.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read};

use serde::Deserialize;

use super::words;

/// The most bytes of one line; a longer one is not read.
const LINE: u64 = 4 << 20;
/// So many codes of one answer are told.
const MOST_CODES: usize = 5;

#[derive(Deserialize)]
struct Bundle {
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    request: Option<Request>,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    url: String,
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(default)]
    issue: Vec<Issue>,
}

#[derive(Deserialize)]
struct Issue {
    #[serde(default)]
    severity: String,
    #[serde(default)]
    code: String,
}

impl Issue {
    fn code(&self) -> &str {
        known(&self.code, &words::ISSUES).unwrap_or("without a known code")
    }

    /// Whether something is missing from the export: whatever is not said to be harmless.
    fn is_loss(&self) -> bool {
        !matches!(
            self.severity.as_str(),
            "information" | "warning" | "success"
        )
    }
}

/// What an error file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errors {
    /// How many issues of which code.
    pub told: String,
    /// Whether something is missing from the export.
    pub is_loss: bool,
}

/// How many records were deleted at the server, by type.
///
/// # Errors
///
/// When reading fails.
pub fn deleted(input: impl Read) -> io::Result<String> {
    let mut counts = BTreeMap::new();
    each_line(input, &mut |line| {
        let Ok(bundle) = serde_json::from_slice::<Bundle>(line) else {
            return note(&mut counts, "unreadable lines");
        };
        for request in bundle.entry.into_iter().filter_map(|entry| entry.request) {
            let kind = request.url.split('/').next().unwrap_or_default();
            if request.method == "DELETE" {
                note(&mut counts, known(kind, &words::TYPES).unwrap_or("other"));
            }
        }
    })?;
    Ok(told(&counts))
}

/// What the server could not export, by the codes of FHIR's closed list.
///
/// # Errors
///
/// When reading fails.
pub fn errors(input: impl Read) -> io::Result<Errors> {
    let mut counts = BTreeMap::new();
    let mut is_loss = false;
    each_line(
        input,
        &mut |line| match serde_json::from_slice::<Outcome>(line) {
            Ok(outcome) => {
                for issue in &outcome.issue {
                    is_loss |= issue.is_loss();
                    note(&mut counts, issue.code());
                }
            }
            Err(_) => {
                is_loss = true;
                note(&mut counts, "unreadable lines");
            }
        },
    )?;
    Ok(Errors {
        told: told(&counts),
        is_loss,
    })
}

/// The codes of an answer that is an `OperationOutcome`.
pub(super) fn codes(text: &str) -> String {
    let outcome = serde_json::from_str::<Outcome>(text);
    let issues = outcome.map(|outcome| outcome.issue).unwrap_or_default();
    let codes: BTreeSet<&str> = issues
        .iter()
        .filter_map(|issue| known(&issue.code, &words::ISSUES))
        .collect();
    let codes: Vec<&str> = codes.into_iter().take(MOST_CODES).collect();
    codes.join(", ")
}

/// The word as the list has it.
fn known<'l>(text: &str, list: &[&'l str]) -> Option<&'l str> {
    list.iter().copied().find(|one| *one == text)
}

fn note(counts: &mut BTreeMap<String, u64>, what: &str) {
    *counts.entry(what.to_owned()).or_default() += 1;
}

fn told(counts: &BTreeMap<String, u64>) -> String {
    counts.iter().fold(String::new(), |mut text, (what, n)| {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{n} {what}");
        text
    })
}

fn each_line(input: impl Read, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let mut input = BufReader::new(input);
    let mut line = Vec::new();
    loop {
        line.clear();
        let n = (&mut input).take(LINE).read_until(b'\n', &mut line)?;
        if n == 0 {
            return Ok(());
        }
        if n as u64 == LINE && line.last() != Some(&b'\n') {
            // Cut off, it cannot be read, and is told so; the next line can.
            input.skip_until(b'\n')?;
        }
        if !line.trim_ascii().is_empty() {
            each(&line);
        }
    }
}
