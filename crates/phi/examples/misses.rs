//! Shows what the detector misses and what it takes wrongly on the development part of labelled files, and scores both
//! parts: `misses [--quiet] FILE…`.
//!
//! The parts are made by template, or by text where there is none, so that no sentence stands in both. The held-out
//! part is a number only: its texts are never shown.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    missing_docs
)]

use placet_phi::score::{self, Label, Part, Score};
use placet_phi::{Options, Profile, Scanner};
use serde_json::Value;

fn main() {
    let mut scanner = Scanner::new(Options::new(Profile::SafeHarbor, 0));
    let is_quiet = std::env::args().any(|word| word == "--quiet");
    for file in std::env::args().skip(1).filter(|word| word != "--quiet") {
        let corpus = std::path::Path::new(&file).file_stem().unwrap();
        let corpus = corpus.to_str().unwrap();
        let mut scores = [Score::default(), Score::default()];
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let text = row["text"].as_str().unwrap();
            let key = row["template"].as_str().unwrap_or(text);
            let part = Part::of(key);
            let labels: Vec<Label> = row["spans"]
                .as_array()
                .unwrap()
                .iter()
                .map(|span| label(corpus, span))
                .collect();
            let spans = scanner.scan(text).to_vec();
            let found: Vec<_> = spans.iter().map(|span| span.bstart..span.bend).collect();
            scores[part as usize].add(text, &labels, &found);
            if part == Part::Development && !is_quiet {
                show(&row, text, &labels, &spans);
            }
        }
        for (name, score) in ["development", "held out"].iter().zip(scores) {
            println!(
                "{corpus} {name}: any {:.3} full {:.3} cR {:.3} cP {:.3} neg {}/{} direct missed {} of {} texts",
                score.any_rate(),
                score.full_rate(),
                score.recall(),
                score.precision(),
                score.flagged,
                score.negatives,
                score.direct_missed,
                score.texts
            );
        }
    }
}

fn label(corpus: &str, span: &Value) -> Label {
    let at = |key: &str| usize::try_from(span[key].as_u64().unwrap()).unwrap();
    let kind = span["type"].as_str().unwrap();
    Label {
        range: at("bstart")..at("bend"),
        counts: score::counts(corpus, kind, span["value"].as_str().unwrap()),
        is_direct: score::is_direct(kind),
    }
}

/// Some of the text before and after a label.
fn around<'t>(text: &'t str, label: &Label) -> &'t str {
    let edge = |at: usize| {
        (0..=at.min(text.len()))
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0)
    };
    &text[edge(label.range.start.saturating_sub(60))..edge(label.range.end + 40)]
}

fn show(row: &Value, text: &str, labels: &[Label], spans: &[placet_phi::Span]) {
    let is_letter = |at: &usize| {
        text[*at..]
            .chars()
            .next()
            .is_some_and(char::is_alphanumeric)
    };
    let starts: Vec<usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .filter(|at| is_letter(at))
        .collect();
    let missed: Vec<String> = labels
        .iter()
        .filter(|label| label.counts)
        .filter(|label| {
            starts.iter().any(|at| {
                label.range.contains(at)
                    && !spans
                        .iter()
                        .any(|span| (span.bstart..span.bend).contains(at))
            })
        })
        .map(|label| {
            format!(
                "MISSED {:?} in {:?}",
                &text[label.range.clone()],
                around(text, label)
            )
        })
        .collect();
    let wrong: Vec<String> = spans
        .iter()
        .filter(|span| {
            starts.iter().any(|at| {
                (span.bstart..span.bend).contains(at)
                    && !labels.iter().any(|label| label.range.contains(at))
            })
        })
        .map(|span| {
            format!(
                "WRONG {:?} {} {}",
                &text[span.bstart..span.bend],
                span.kind.as_str(),
                span.rule
            )
        })
        .collect();
    if missed.len() + wrong.len() > 0 {
        println!(
            "{} {}",
            row["id"].as_str().unwrap_or(""),
            row["template"].as_str().unwrap_or("")
        );
        println!("  {}", text.replace('\n', "\n  "));
        for line in missed.iter().chain(&wrong) {
            println!("    {line}");
        }
    }
}
