//! Accuracy on the labelled texts beside the project, where they are: S68, S73, S74.
//!
//! Held out are three texts of ten, whole templates where there are some: nobody reads them, they only give a number.
//! `PLACET_SHARED` says where; `../shared` when it does not. Elsewhere these tests say that they were skipped.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

use std::path::PathBuf;

use placet_phi::score::{self, Label, Part, Score};
use placet_phi::{Options, Profile, Scanner, redact};

fn texts(name: &str) -> Option<Vec<serde_json::Value>> {
    let shared = std::env::var_os("PLACET_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let file = shared
        .join("data/phi-text")
        .join(name)
        .with_extension("jsonl");
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("SKIPPED: no labelled texts at {}", file.display());
        return None;
    };
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

fn score(name: &str, part: Part) -> Option<Score> {
    let mut scanner = Scanner::new(Options::new(Profile::SafeHarbor, 0));
    let mut total = Score::default();
    for row in texts(name)? {
        let text = row["text"].as_str().unwrap();
        if Part::of(row["template"].as_str().unwrap_or(text)) != part {
            continue;
        }
        let labels: Vec<Label> = row["spans"]
            .as_array()
            .unwrap()
            .iter()
            .map(|span| label(name, span))
            .collect();
        let found: Vec<_> = scanner
            .scan(text)
            .iter()
            .map(|span| span.bstart..span.bend)
            .collect();
        total.add(text, &labels, &found);
    }
    Some(total)
}

fn label(corpus: &str, span: &serde_json::Value) -> Label {
    let at = |key: &str| usize::try_from(span[key].as_u64().unwrap()).unwrap();
    let kind = span["type"].as_str().unwrap();
    Label {
        range: at("bstart")..at("bend"),
        counts: score::counts(corpus, kind, span["value"].as_str().unwrap()),
        is_direct: score::is_direct(kind),
    }
}

/// What a corpus must reach at least, and at most.
struct Bar {
    any: f64,
    full: f64,
    recall: f64,
    precision: f64,
    flagged: usize,
    missed: usize,
}

#[track_caller]
fn check(name: &str, part: Part, bar: &Bar) {
    let Some(score) = score(name, part) else {
        return;
    };
    let reached = (
        score.any_rate() >= bar.any,
        score.full_rate() >= bar.full,
        score.recall() >= bar.recall,
        score.precision() >= bar.precision,
        score.flagged <= bar.flagged,
        score.direct_missed <= bar.missed,
    );
    let expected = (true, true, true, true, true, true);
    assert_eq!(reached, expected, "{name} {part:?}: {score:?}");
}

/// The targets are 0.995, 0.985, 0.99, 0.98, 5 of 110 and none missed. Two relative dates and a plan's name are
/// labelled that Safe Harbor does not ask for; without them `any` is 0.998.
#[test]
#[rustfmt::skip] // A table.
fn clinicians_questions() {
    check("asq-phi", Part::Development, &Bar { any: 0.993, full: 0.99,  recall: 0.99, precision: 0.985, flagged: 2, missed: 0 });
    check("asq-phi", Part::HeldOut,     &Bar { any: 0.995, full: 0.985, recall: 0.99, precision: 0.985, flagged: 2, missed: 0 });
}

/// The targets are 0.99, 0.975, 0.985, 0.95, 5 of 100 and none missed.
#[test]
#[rustfmt::skip] // A table.
fn marketing_channels() {
    check("marketing-channels", Part::Development, &Bar { any: 0.995, full: 0.995, recall: 0.995, precision: 0.975, flagged: 0, missed: 0 });
    check("marketing-channels", Part::HeldOut,     &Bar { any: 0.995, full: 0.995, recall: 0.995, precision: 0.975, flagged: 0, missed: 0 });
}

/// The targets are 0.92, 0.80, 0.86, 0.86, 3 of 49 and none missed.
#[test]
#[rustfmt::skip] // A table.
fn general_english() {
    check("presidio-prv2", Part::Development, &Bar { any: 0.97,  full: 0.94,  recall: 0.95,  precision: 0.99, flagged: 0, missed: 0 });
    check("presidio-prv2", Part::HeldOut,     &Bar { any: 0.925, full: 0.89,  recall: 0.915, precision: 0.95, flagged: 0, missed: 0 });
}

/// The targets are 0.95, 0.88, 0.93 and 0.88.
#[test]
#[rustfmt::skip] // A table.
fn spanish_cases() {
    check("meddocan-es", Part::Development, &Bar { any: 0.99, full: 0.98, recall: 0.985, precision: 0.95, flagged: 0, missed: 0 });
    check("meddocan-es", Part::HeldOut,     &Bar { any: 0.95, full: 0.94, recall: 0.95,  precision: 0.935, flagged: 0, missed: 0 });
}

#[test]
fn two_runs_are_equal() {
    let Some(rows) = texts("marketing-channels") else {
        return;
    };
    let run = || {
        let mut scanner = Scanner::new(Options::default());
        let mut out = String::new();
        for row in &rows {
            let text = row["text"].as_str().unwrap();
            let spans = scanner.scan(text).to_vec();
            out.push_str(&redact(text, &spans));
            out += &format!("{spans:?}");
        }
        out
    };
    assert_eq!(run(), run());
}
