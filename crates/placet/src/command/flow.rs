//! `placet flow`: declared flows, the file of a flow, and one made from another tool's configuration.
//!
//! Agreeing is for people: by page or API.

mod declared;
mod run;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};
use placet_domain::time::TimeZone;
use placet_gateway::cli;
use placet_gateway::ms::{Config, to_flow};

use super::Exit;
use crate::clock;

/// Flows: from where to where which fields may pass, what for, and who agreed.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  placet flow new --source crm > crm.toml\n  placet flow declare crm.toml\n  placet flow list\n\nIT and marketing agree under Data, Flows, in the browser, or by the API.\n\nExit status: 0 done, 1 something could not be taken over, 2 usage or flow, 3 environment."
)]
pub struct Flow {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the declared flows with what each lacks
    List(declared::List),
    /// Show what a flow does to a sample, field by field; nothing is kept
    DryRun(run::DryRun),
    /// Carry records to another company by its declared flow, as NDJSON
    Run(run::Run),
    /// Count what a flow dropped, by field and rule
    Drops(run::Drops),
    /// Draw the flows as SVG: sources, filters, destinations, and what is blocked
    Draw(declared::Draw),
    /// Write the file of a flow to start from
    New(declared::New),
    /// Declare the flow of a file, or its next version, which waits until both sides agree
    Declare(declared::Declare),
    /// Check the file of a flow and list every field that it lets in
    Show(Show),
    /// Make a flow from a configuration of the Microsoft Tools for Health Data Anonymization
    ImportMs(ImportMs),
}

#[derive(Debug, Args)]
struct Show {
    /// The flow: a TOML file, or `people`
    #[arg(default_value = "people")]
    flow: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ImportMs {
    /// The configuration
    file: PathBuf,
    /// The name of the flow
    #[arg(long, default_value = "imported")]
    name: String,
    /// Where to write the flow; standard output when not given
    #[arg(long, short)]
    out: Option<PathBuf>,
    /// Run the configuration itself on this resource and show what it leaves, to compare
    #[arg(long = "try")]
    try_on: Option<PathBuf>,
}

impl Flow {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written.
    pub fn run(self) -> Result<Exit> {
        match self.verb {
            Verb::List(it) => it.run(),
            Verb::DryRun(it) => it.run(),
            Verb::Run(it) => it.run(),
            Verb::Drops(it) => it.run(),
            Verb::Draw(it) => it.run(),
            Verb::New(it) => it.run(),
            Verb::Declare(it) => it.run(),
            Verb::Show(it) => it.run(),
            Verb::ImportMs(it) => it.run(),
        }
    }
}

impl Show {
    fn run(self) -> Result<Exit> {
        let flow = match cli::load_flow(&self.flow) {
            Ok(flow) => flow,
            Err((cli::USAGE, says)) => {
                eprintln!("{says}");
                return Ok(Exit::Usage);
            }
            Err((_, says)) => return Err(anyhow!(says)),
        };
        if self.json {
            let line = serde_json::json!({ "name": flow.name(), "says": flow.says(), "fields": flow.fields() });
            println!("{line}");
        } else {
            println!("{}: {}", flow.name(), flow.says());
            if let Some(it) = flow.declaration() {
                println!("{}", declared::sentence(it));
            }
            flow.fields().iter().for_each(|field| println!("  {field}"));
        }
        Ok(Exit::Done)
    }
}

impl ImportMs {
    fn run(self) -> Result<Exit> {
        let config = match Config::load(&read(&self.file)?) {
            Ok(config) => config,
            Err(says) => {
                eprintln!("{}: {says}", self.file.display());
                return Ok(Exit::Usage);
            }
        };
        if let Some(input) = &self.try_on {
            let today = clock::now().to_zoned(TimeZone::UTC).date();
            let resource = serde_json::from_str(read(input)?.trim_start_matches('\u{feff}'))
                .with_context(|| format!("`{}` is no JSON", input.display()))?;
            return match config.run(&resource, today) {
                Ok(left) => {
                    println!("{left:#}");
                    Ok(Exit::Done)
                }
                Err(says) => {
                    eprintln!("{says}");
                    Ok(Exit::Findings)
                }
            };
        }
        let imported = to_flow(&config, &self.name);
        match &self.out {
            Some(file) => fs::write(file, &imported.flow)
                .with_context(|| format!("cannot write `{}`", file.display()))?,
            None => print!("{}", imported.flow),
        }
        eprintln!(
            "{} fields let in; {} rules drop what a flow drops without being told.\nThere, what no rule names is kept; here, it is dropped.",
            imported.n_fields, imported.n_dropped_anyway
        );
        if imported.left_out.is_empty() {
            return Ok(Exit::Done);
        }
        eprintln!("not taken over, and so dropped:");
        for (path, says) in &imported.left_out {
            eprintln!("  `{path}`: {says}");
        }
        Ok(Exit::Findings)
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}
