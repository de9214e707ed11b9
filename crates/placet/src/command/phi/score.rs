//! `placet phi score`: the columns that others publish, on labelled texts.

use std::fs;
use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use placet_phi::score::{self, Label};
use placet_phi::{Options, Profile, Scanner};
use serde::Deserialize;

use super::Exit;

/// Example: placet phi score texts.jsonl
#[derive(Debug, Args)]
pub struct Score {
    /// Labelled texts: one object with `text` and `spans` a line.
    files: Vec<PathBuf>,
    /// Score the strict profile, and count every label.
    #[arg(long)]
    strict: bool,
}

#[derive(Deserialize)]
struct Row {
    text: String,
    spans: Vec<Labelled>,
}

#[derive(Deserialize)]
struct Labelled {
    #[serde(rename = "type")]
    kind: String,
    value: String,
    bstart: usize,
    bend: usize,
}

impl Score {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is not labelled text.
    pub fn run(self) -> Result<Exit> {
        let profile = if self.strict {
            Profile::Strict
        } else {
            Profile::SafeHarbor
        };
        println!("corpus\ttexts\tlabels\tany\tfull\tcR\tcP\tneg\tdirect missed");
        for file in &self.files {
            let name = file
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
                .unwrap_or_default();
            let text = fs::read_to_string(file)
                .with_context(|| format!("cannot read `{}`", file.display()))?;
            let mut scanner = Scanner::new(Options::new(profile, 0));
            let mut total = score::Score::default();
            for (number, line) in text.lines().enumerate() {
                let row: Row = serde_json::from_str(line).ok().with_context(|| {
                    format!(
                        "`{}` line {}: not a labelled text",
                        file.display(),
                        number + 1
                    )
                })?;
                let labels: Vec<Label> = row
                    .spans
                    .iter()
                    .map(|span| label(&name, span, self.strict))
                    .collect();
                let found: Vec<Range<usize>> = scanner
                    .scan(&row.text)
                    .iter()
                    .map(|span| span.bstart..span.bend)
                    .collect();
                total.add(&row.text, &labels, &found);
            }
            println!(
                "{name}\t{}\t{}\t{:.3}\t{:.3}\t{:.3}\t{:.3}\t{}/{}\t{}",
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
        Ok(Exit::Done)
    }
}

fn label(corpus: &str, span: &Labelled, is_strict: bool) -> Label {
    Label {
        range: span.bstart..span.bend,
        counts: is_strict || score::counts(corpus, &span.kind, &span.value),
        is_direct: score::is_direct(&span.kind),
    }
}
