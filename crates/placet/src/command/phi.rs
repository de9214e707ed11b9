//! `placet phi`: finds what identifies a person, takes it out, and checks tables against Safe Harbor.

mod read;
mod safe_harbor;
mod score;
mod texts;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use placet_phi::{Options, Profile};

use super::Exit;
use crate::clock;

/// Find and remove what identifies a person.
#[derive(Debug, Args)]
pub struct Phi {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Say what identifies a person, and where.
    ///
    /// Example: placet phi scan < texts.jsonl > found.jsonl
    ///
    /// Each line is an object with `id` and `text`. A malformed line gives an error object in its
    /// place, and the exit status is then 1.
    Scan(Texts),
    /// Write texts again without what identifies a person.
    ///
    /// Example: placet phi redact note.txt > note.redacted.txt
    Redact(Texts),
    /// Check a table, column by column, against the Safe Harbor method (45 CFR 164.514(b)(2)).
    ///
    /// Example: placet phi safe-harbor visits.csv --html report.html
    SafeHarbor(safe_harbor::SafeHarbor),
    /// Score the detector on labelled texts.
    #[command(hide = true)]
    Score(score::Score),
}

#[derive(Debug, Args)]
struct Texts {
    /// The texts; standard input when left out.
    file: Option<PathBuf>,
    /// How they are written; by the ending of the file's name when left out.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// What counts as identifying.
    #[arg(long, value_enum, default_value_t = Wanted::SafeHarbor)]
    profile: Wanted,
    /// The year in which a year of birth reveals an age over 89; this one when left out.
    #[arg(long)]
    year: Option<u16>,
    /// One JSON object a line; `scan` always writes so.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object with `id` and `text` a line.
    Jsonl,
    /// Plain text of any size.
    Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    /// Years, states and ages under 90 stay.
    SafeHarbor,
    /// Ages, sexes, countries and years go as well.
    Strict,
}

impl Texts {
    fn options(&self) -> Options {
        let profile = match self.profile {
            Wanted::SafeHarbor => Profile::SafeHarbor,
            Wanted::Strict => Profile::Strict,
        };
        Options::new(profile, self.year.unwrap_or_else(this_year))
    }

    /// Files that end like texts are texts.
    fn format(&self) -> Format {
        let ending = self
            .file
            .as_deref()
            .and_then(|file| file.extension())
            .and_then(|ending| ending.to_str());
        self.format.unwrap_or(match ending {
            Some("txt" | "text" | "md" | "html" | "xhtml" | "xml" | "eml" | "log") => Format::Text,
            _ => Format::Jsonl,
        })
    }
}

/// The year of the clock.
pub(super) fn this_year() -> u16 {
    let now = clock::now().to_string();
    now.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0)
}

impl Phi {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or the output cannot be written.
    pub fn run(self) -> Result<Exit> {
        match self.act {
            Act::Scan(it) => texts::run(&it, texts::Out::Spans),
            Act::Redact(it) => texts::run(&it, texts::Out::Redacted),
            Act::SafeHarbor(it) => it.run(),
            Act::Score(it) => it.run(),
        }
    }
}
