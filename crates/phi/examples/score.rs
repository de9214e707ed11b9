//! Scores the detector on labelled texts: `score FILE… [--errors] [--strict]`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    missing_docs
)]

use std::path::Path;

use placet_phi::score::{self, Label, Score};
use placet_phi::{Options, Profile, Scanner};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let shows_errors = args.iter().any(|arg| arg == "--errors");
    let is_strict = args.iter().any(|arg| arg == "--strict");
    let profile = if is_strict {
        Profile::Strict
    } else {
        Profile::SafeHarbor
    };
    println!(
        "{:28} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>9} {:>6}",
        "corpus", "texts", "labels", "any", "full", "cR", "cP", "neg", "direct"
    );
    for file in args.iter().filter(|arg| !arg.starts_with("--")) {
        let name = Path::new(file)
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let mut scanner = Scanner::new(Options::new(profile, 2026));
        let mut total = Score::default();
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = row["text"].as_str().unwrap();
            let labels: Vec<Label> = row["spans"]
                .as_array()
                .unwrap()
                .iter()
                .map(|span| label(&name, span, is_strict))
                .collect();
            let spans = scanner.scan(text);
            let found: Vec<_> = spans.iter().map(|span| span.bstart..span.bend).collect();
            let mut one = Score::default();
            one.add(text, &labels, &found);
            total.add(text, &labels, &found);
            if shows_errors && (one.full < one.labels || one.hit < one.found || one.flagged > 0) {
                let missed: Vec<_> = labels
                    .iter()
                    .filter(|label| label.counts && !covered(text, &label.range, &found))
                    .map(|label| &text[label.range.clone()])
                    .collect();
                let extra: Vec<_> = spans
                    .iter()
                    .filter(|span| {
                        !labels.iter().any(|label| {
                            label.range.start < span.bend && span.bstart < label.range.end
                        })
                    })
                    .map(|span| format!("{}={}", span.rule, &text[span.bstart..span.bend]))
                    .collect();
                if !missed.is_empty() || !extra.is_empty() {
                    println!(
                        "{} {:?} MISSED {missed:?} EXTRA {extra:?}\n    {}",
                        row["id"],
                        row["template"].as_str().unwrap_or(""),
                        text.replace('\n', "⏎")
                            .chars()
                            .take(500)
                            .collect::<String>()
                    );
                }
            }
        }
        println!(
            "{name:28} {:>6} {:>6} {:>6.3} {:>6.3} {:>6.3} {:>6.3} {:>4}/{:<4} {:>6}",
            total.texts,
            total.labels,
            total.any_rate(),
            total.full_rate(),
            total.recall(),
            total.precision(),
            total.flagged,
            total.negatives,
            total.direct_missed
        );
    }
}

fn label(corpus: &str, span: &serde_json::Value, is_strict: bool) -> Label {
    let at = |key: &str| usize::try_from(span[key].as_u64().unwrap()).unwrap();
    let kind = span["type"].as_str().unwrap();
    Label {
        range: at("bstart")..at("bend"),
        counts: is_strict || score::counts(corpus, kind, span["value"].as_str().unwrap()),
        is_direct: score::is_direct(kind),
    }
}

fn covered(text: &str, range: &std::ops::Range<usize>, found: &[std::ops::Range<usize>]) -> bool {
    text[range.clone()]
        .char_indices()
        .filter(|(_, letter)| letter.is_alphanumeric())
        .all(|(at, _)| found.iter().any(|one| one.contains(&(at + range.start))))
}
