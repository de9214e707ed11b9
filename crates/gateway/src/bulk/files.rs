//! The files of an export that hold no records: what was deleted at the server, and what it could not export.
//!
//! INVARIANT: types, codes and counts are told, never an id and never the server's own words.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read};

use serde::Deserialize;

/// The most bytes of one line.
const LINE: u64 = 4 << 20;

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
    code: String,
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
            if request.method == "DELETE" && is_word(kind) {
                note(&mut counts, kind);
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
pub fn errors(input: impl Read) -> io::Result<String> {
    let mut counts = BTreeMap::new();
    each_line(
        input,
        &mut |line| match serde_json::from_slice::<Outcome>(line) {
            Ok(outcome) => {
                for issue in &outcome.issue {
                    let code = if is_word(&issue.code) {
                        issue.code.as_str()
                    } else {
                        "without a code"
                    };
                    note(&mut counts, code);
                }
            }
            Err(_) => note(&mut counts, "unreadable lines"),
        },
    )?;
    Ok(told(&counts))
}

/// The codes of an answer that is an `OperationOutcome`.
pub(super) fn codes(text: &str) -> String {
    let outcome = serde_json::from_str::<Outcome>(text);
    let issues = outcome.map(|outcome| outcome.issue).unwrap_or_default();
    let codes: Vec<&str> = issues
        .iter()
        .map(|issue| issue.code.as_str())
        .filter(|code| is_word(code))
        .collect();
    codes.join(", ")
}

fn is_word(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
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
            return Err(io::ErrorKind::InvalidData.into());
        }
        if !line.trim_ascii().is_empty() {
            each(&line);
        }
    }
}
