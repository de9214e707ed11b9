//! `placet import`: people and appointments from another system into the store.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use placet_app::ActError;
use placet_app::import::Counts;
use placet_domain::time::TimeZone;
use placet_gateway::{Format, Options, Report};

use super::Exit;
use super::open::Installation;
use crate::clock;
use crate::intake::{Intake, Outcome};

/// Brings in people from FHIR R4 (NDJSON or a Bundle) or from a CSV.
///
/// An import brings facts, never permissions: it cannot undo an opt-out, revive an erased person
/// or make a patient less than one. Taking the same file again changes nothing.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  placet import --source ehr Patient.ndjson Appointment.ndjson\n\nExit status: 0 all taken, 1 records refused, 2 usage or flow, 3 environment."
)]
pub struct Import {
    #[command(flatten)]
    installation: Installation,
    /// The system the records come from; its ids are unique within it
    #[arg(long, default_value = "ehr")]
    source: String,
    /// The declared flow to go by; the only one from this source into the hospital when not given
    #[arg(long)]
    flow: Option<String>,
    /// ndjson, bundle, document, csv or hl7; told from the input when not given
    #[arg(long, value_parser = format)]
    format: Option<Format>,
    /// The most bytes that one line, entry or row may have
    #[arg(long, default_value_t = 4 << 20)]
    limit: usize,
    /// Stop at the first record that is refused
    #[arg(long)]
    strict: bool,
    /// One JSON object a file instead of text
    #[arg(long)]
    json: bool,
    /// Files to read, one after the other; `-` or nothing is standard input
    files: Vec<PathBuf>,
}

fn format(code: &str) -> Result<Format, String> {
    Format::find(code).ok_or_else(|| "one of ndjson, bundle, document, csv, hl7".to_owned())
}

impl Import {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the installation cannot be opened, a file not be read, or the store fails.
    pub fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let today = clock::now().to_zoned(TimeZone::UTC).date();
        let options = Options {
            format: self.format,
            limit: self.limit,
            is_strict: self.strict,
            today,
        };
        let ctx = || clock::system("import");
        let intake = Intake {
            store: &store,
            ctx: &ctx,
            source: &self.source,
            flow: self.flow.as_deref(),
            options: &options,
        };
        let only_stdin = [PathBuf::from("-")];
        let files = if self.files.is_empty() {
            &only_stdin[..]
        } else {
            &self.files
        };
        let mut is_clean = true;
        for (number, file) in (1..).zip(files) {
            let begun = Instant::now();
            let outcome = match intake.run(open(file)?) {
                Ok(outcome) => outcome,
                // Nothing was read: what stands in the way is said as it is.
                Err(ActError::Refused { why, .. }) => {
                    eprintln!("{why}");
                    return Ok(Exit::Usage);
                }
                Err(error) => return Err(error).context("the import stopped"),
            };
            is_clean &= outcome.report.is_clean();
            self.show(number, &outcome, begun.elapsed().as_secs_f64())?;
            if self.strict && !is_clean {
                break;
            }
        }
        Ok(if is_clean { Exit::Done } else { Exit::Findings })
    }

    fn show(&self, number: usize, outcome: &Outcome, seconds: f64) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let Outcome { report, counts, .. } = outcome;
        if self.json {
            let line = serde_json::json!({ "input": number, "read": report, "taken": counts, "seconds": seconds });
            writeln!(out, "{line}")
        } else {
            write!(out, "{}", text(number, report, counts, seconds))
        }
    }
}

fn open(file: &Path) -> Result<Box<dyn Read + Send>> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    let opened = File::open(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    Ok(Box::new(opened))
}

fn text(number: usize, report: &Report, counts: &Counts, seconds: f64) -> String {
    let all = counts.added + counts.updated + counts.unchanged;
    let mut text = format!("input {number}: {all} people in {seconds:.1} s\n");
    let lines = [
        (counts.added, "new"),
        (counts.updated, "changed"),
        (counts.unchanged, "unchanged"),
        (counts.became_patients, "became patients"),
        (counts.matched, "known from another source"),
        (
            counts.possible_duplicates,
            "new, with name and birthday of somebody held: look whether they are one",
        ),
        (counts.erased, "erased before, left so"),
        (counts.appointments, "appointments"),
        (
            counts.past_appointments,
            "appointments that are over, left out",
        ),
        (
            counts.unknown_people,
            "appointments or joins of people who are not held; import the people first",
        ),
        (
            counts.joined,
            "records joined to another of the same person",
        ),
        (counts.parted, "records parted again"),
        (
            counts.superseded,
            "records that go on under another, left as they are",
        ),
    ];
    for (n, says) in lines.into_iter().filter(|(n, _)| *n > 0) {
        text.push_str(&format!("  {n:>9}  {says}\n"));
    }
    text.push_str(&report.to_string());
    text
}
