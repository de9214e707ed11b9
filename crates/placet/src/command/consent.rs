//! `placet consent`: FHIR Consents in and out, and what one of them answers.

use std::fs::{self, File};
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};
use placet_app::consent::{self, Counts};
use placet_domain::arrival::ConsentArrival;
use placet_domain::id::PersonId;
use placet_domain::operator::Capability;
use placet_domain::time::{Date, TimeZone};
use placet_gateway::consent::write::{Statement, bundle};
use placet_gateway::consent::{Consent as Document, Question, file};
use placet_gateway::{Options, Phi};

use super::Exit;
use super::open::Installation;
use crate::clock;

/// How many consents one act takes.
const BATCH: usize = 200;

/// FHIR Consents (R4 and R5) in and out.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  placet consent import --source ehr Consent.ndjson")]
pub struct Consent {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Record what consents permit and refuse; a refusal counts at once, none is ever lifted
    Import(Import),
    /// Say whether one consent permits marketing
    Decide(Decide),
    /// Give what a person permitted and refused as FHIR R4 Consents
    Export(Export),
}

#[derive(Debug, Args)]
struct Import {
    #[command(flatten)]
    installation: Installation,
    /// The system the consents come from, as in `placet import`
    #[arg(long, default_value = "ehr")]
    source: String,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
    /// NDJSON, a Bundle or one resource; `-` or nothing is standard input
    file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Decide {
    /// On which day; today when not given
    #[arg(long)]
    at: Option<Date>,
    /// The resource type of the data, as `Encounter`; all data when not given
    #[arg(long)]
    resource: Option<String>,
    /// The sensitivity label that the data carries, as `SUD`
    #[arg(long)]
    security_label: Option<String>,
    /// The consent
    file: PathBuf,
}

#[derive(Debug, Args)]
struct Export {
    #[command(flatten)]
    installation: Installation,
    /// The person's id
    person: PersonId,
}

impl Consent {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the installation cannot be opened, a file not be read, or the store fails.
    pub fn run(self) -> Result<Exit> {
        match self.verb {
            Verb::Import(it) => it.run(),
            Verb::Decide(it) => it.run(),
            Verb::Export(it) => it.run(),
        }
    }
}

fn today() -> Date {
    clock::now().to_zoned(TimeZone::UTC).date()
}

impl Import {
    fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let input = open(self.file.as_deref())?;
        let mut arrivals: Vec<ConsentArrival> = Vec::new();
        let read = file::each(input, &Options::on(today()), &mut |_, arrival| {
            arrivals.push(arrival);
        });
        let mut all = Counts::default();
        while !arrivals.is_empty() {
            let batch: Vec<_> = arrivals.drain(..arrivals.len().min(BATCH)).collect();
            let ctx = clock::system("import");
            let grant = ctx.actor.may(Capability::RecordInstruments)?;
            let source = self.source.clone();
            let counts = store
                .act_blocking(grant, &ctx, move |tx, ctx| {
                    consent::take(tx, ctx, &source, &batch)
                })
                .context("the import stopped; what was recorded stays, import the file again")?;
            add(&mut all, counts);
        }
        store.checkpoint(clock::now())?;
        if self.json {
            println!(
                "{}",
                serde_json::json!({ "read": read.n_read, "other": read.n_other, "taken": all, "refused": read.refused })
            );
        } else {
            println!(
                "{} resources: {} refusals, {} permissions kept, {} ended, {} there already, {} older than a refusal, {} silent, {} of people not held, {} of the future, {} of other types",
                read.n_read,
                all.refused,
                all.kept,
                all.ended,
                all.unchanged,
                all.outdated,
                all.silent,
                all.unknown_people,
                all.in_future,
                read.n_other
            );
            read.refused
                .iter()
                .for_each(|finding| println!("{finding}"));
        }
        Ok(if read.refused.is_empty() {
            Exit::Done
        } else {
            Exit::Findings
        })
    }
}

fn add(all: &mut Counts, more: Counts) {
    all.refused += more.refused;
    all.kept += more.kept;
    all.ended += more.ended;
    all.unchanged += more.unchanged;
    all.outdated += more.outdated;
    all.silent += more.silent;
    all.unknown_people += more.unknown_people;
    all.in_future += more.in_future;
}

impl Decide {
    fn run(self) -> Result<Exit> {
        let bytes = fs::read(&self.file)
            .with_context(|| format!("cannot read `{}`", self.file.display()))?;
        let document = Document::read(&Phi::new(bytes.as_slice()))
            .map_err(|fault| anyhow!("{}; {}", fault.kind.says(), fault.kind.next()))?;
        let answer = document.answer(&Question {
            on: self.at.unwrap_or_else(today),
            class: self.resource,
            security_label: self.security_label,
        });
        let word = if answer.permits() { "permit" } else { "deny" };
        println!("{word} ({}, {answer:?})", document.version());
        Ok(if answer.permits() {
            Exit::Done
        } else {
            Exit::Findings
        })
    }
}

impl Export {
    fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let ctx = clock::system("export");
        let grant = ctx.actor.may(Capability::ViewPeople)?;
        let person = self.person;
        let held =
            store.act_blocking(grant, &ctx, move |tx, ctx| consent::list(tx, ctx, person))?;
        let statements: Vec<Statement> = held
            .into_iter()
            .map(|one| Statement {
                id: one.id,
                person: person.to_string(),
                given_at: one.given_at,
                is_in_force: one.is_in_force,
                permits: one.permits,
                until: one.until,
                kind: one.kind,
                channels: one.channels,
                topics: one.topics,
            })
            .collect();
        println!("{:#}", bundle(&statements));
        Ok(Exit::Done)
    }
}

fn open(file: Option<&Path>) -> Result<Box<dyn Read>> {
    match file {
        Some(file) if file.as_os_str() != "-" => {
            let opened = File::open(file);
            Ok(Box::new(opened.with_context(|| {
                format!("cannot read `{}`", file.display())
            })?))
        }
        _ => Ok(Box::new(stdin())),
    }
}
