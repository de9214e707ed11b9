//! A flow at work: records to another company, and what was dropped over time.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use placet_app::flow::run::{self, Carried};
use placet_app::flow::trial;
use placet_app::{ActError, flow};
use placet_domain::operator::Capability;
use placet_domain::time::TimeZone;
use placet_gateway::{Format, Report};
use placet_store::{Store, Tx};

use crate::clock;
use crate::command::Exit;
use crate::command::data::said;
use crate::command::open::Installation;

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  placet flow run letters Patient.ndjson --out letters.ndjson\n\nWhat the flow does not list is dropped, free text passes the detector, and ids are hashed under a key\nof the destination's own. Refused without a contract in force and the agreement of both sides."
)]
pub struct Run {
    #[command(flatten)]
    installation: Installation,
    /// The declared flow
    name: String,
    /// The file to read; standard input when not given
    file: Option<PathBuf>,
    /// Where to write; standard output when not given
    #[arg(long, short)]
    out: Option<PathBuf>,
    /// ndjson, bundle, document or csv; told from the input when not given
    #[arg(long, value_parser = format)]
    format: Option<Format>,
    /// Write the report as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct DryRun {
    #[command(flatten)]
    installation: Installation,
    /// The declared flow; its newest version is tried
    name: String,
    /// A few records as the source writes them, at most one megabyte; standard input when not given
    sample: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct Drops {
    #[command(flatten)]
    installation: Installation,
    /// The declared flow
    name: String,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

fn format(code: &str) -> Result<Format, String> {
    Format::find(code).ok_or_else(|| "one of ndjson, bundle, document, csv, hl7".to_owned())
}

fn act<T: Send + 'static>(
    store: &Store,
    act: impl FnMut(&mut Tx, &placet_app::Ctx) -> Result<T, ActError> + Send + 'static,
) -> Result<T, ActError> {
    let ctx = clock::system("flow");
    let grant = ctx.actor.may(Capability::ImportPeople)?;
    store.act_blocking(grant, &ctx, act)
}

impl Run {
    pub fn run(self) -> Result<Exit> {
        let input = open(self.file.as_deref())?;
        let (_, store) = self.installation.open()?;
        let name = self.name.clone();
        let begun = act(&store, move |tx, ctx| run::begin(tx, ctx, &name));
        let Some(carried) = said(begun)? else {
            return Ok(Exit::Usage);
        };
        let report = match &self.out {
            // The old file goes only now: a flow that is blocked leaves it as it is.
            Some(file) => self.carry(
                &store,
                &carried,
                input,
                File::create(file).with_context(|| format!("cannot write `{}`", file.display()))?,
            )?,
            None => self.carry(&store, &carried, input, io::stdout().lock())?,
        };
        let text = serde_json::to_string(&report)?;
        if self.json {
            eprintln!("{text}");
        } else {
            eprint!("{report}");
        }
        act(&store, move |tx, ctx| run::finish(tx, ctx, &carried, &text))?;
        store.checkpoint(clock::now())?;
        Ok(if report.is_clean() {
            Exit::Done
        } else {
            Exit::Findings
        })
    }

    fn carry(
        &self,
        store: &Store,
        carried: &Carried,
        input: impl Read,
        out: impl Write,
    ) -> Result<Report> {
        let mut out = BufWriter::with_capacity(1 << 18, out);
        let today = clock::now().to_zoned(TimeZone::UTC).date();
        let report = carried
            .carry(input, self.format, today, &mut out, &mut || {
                still_open(store, carried)
            })
            .context("the run ended before its input")?;
        out.flush().context("cannot write what was let through")?;
        Ok(report)
    }
}

/// A flow that is stopped or superseded meanwhile ends the run.
fn still_open(store: &Store, carried: &Carried) -> io::Result<()> {
    let (ctx, version) = (clock::system("flow"), carried.version);
    store
        .read_blocking(move |tx: &mut Tx| flow::still_open(tx, &ctx, version))
        .map_err(io::Error::other)
}

fn open(file: Option<&Path>) -> Result<Box<dyn Read>> {
    match file {
        Some(file) => {
            let opened =
                File::open(file).with_context(|| format!("cannot read `{}`", file.display()))?;
            Ok(Box::new(opened))
        }
        None => Ok(Box::new(io::stdin())),
    }
}

impl DryRun {
    pub fn run(self) -> Result<Exit> {
        let mut sample = Vec::new();
        let most = u64::try_from(trial::MOST_BYTES).unwrap_or(u64::MAX);
        open(self.sample.as_deref())?
            .take(most + 1)
            .read_to_end(&mut sample)
            .context("cannot read the sample")?;
        let (_, store) = self.installation.open()?;
        let name = self.name.clone();
        let today = clock::now().to_zoned(TimeZone::UTC).date();
        let found = store.read_blocking(move |tx: &mut Tx| -> Result<_, ActError> {
            let flow = flow::find_by_name(tx, &name)?;
            trial::list(tx, flow.id)
        });
        let Some(trial) = said(found.and_then(|list| trial::look(&list, &sample, today)))? else {
            return Ok(Exit::Usage);
        };
        if self.json {
            println!("{}", serde_json::to_string(&trial)?);
        } else {
            for one in &trial.records {
                println!("line {}", one.line);
                for field in &one.fields {
                    let after = match field.after.as_slice() {
                        [] => "dropped".to_owned(),
                        after if after == field.before => "as it is".to_owned(),
                        after => after.join("; "),
                    };
                    println!("  {}: {} -> {after}", field.path, field.before.join("; "));
                }
            }
            print!("{}", trial.report);
        }
        let is_clean = trial.report.is_clean();
        Ok(if is_clean { Exit::Done } else { Exit::Findings })
    }
}

impl Drops {
    pub fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let (now, name) = (clock::now(), self.name.clone());
        let found = store.read_blocking(move |tx: &mut Tx| -> Result<_, ActError> {
            let flow = flow::find_by_name(tx, &name)?;
            Ok(run::dropped(tx, flow.id, now)?)
        });
        let Some(all) = said(found)? else {
            return Ok(Exit::Usage);
        };
        if !self.json {
            println!("{:>12} {:>12} {:>12}  dropped", "7 days", "30 days", "ever");
        }
        for one in all {
            if self.json {
                let line = serde_json::json!({ "path": one.path, "n_week": one.n_week, "n_month": one.n_month, "n_ever": one.n_ever });
                println!("{line}");
            } else {
                println!(
                    "{:>12} {:>12} {:>12}  {}",
                    one.n_week, one.n_month, one.n_ever, one.path
                );
            }
        }
        Ok(Exit::Done)
    }
}
