//! `placet explain`: why one case comes out as it does, rule by rule, and what would change it.

use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use placet_domain::time::Timestamp;
use placet_policy::{Profile, read_inputs};

use super::Exit;
use super::pack::engine_of;
use crate::clock;

/// Explain one case, given as the object that `placet decide` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: placet explain --profile conservative case.json\n\nFor a person and a message of your own, open the person's page: \"What could we send, and why not\"."
)]
pub struct Explain {
    /// `conservative` or `regulatory_floor`.
    #[arg(long, default_value = "conservative", value_parser = profile)]
    profile: Profile,
    /// A folder of rule packs instead of those in the program.
    #[arg(long)]
    pack: Option<PathBuf>,
    /// Decide as of this instant (RFC 3339); else the case's own local time, else now.
    #[arg(long)]
    at: Option<Timestamp>,
    /// One JSON object for machines.
    #[arg(long)]
    json: bool,
    /// The case; standard input when left out.
    file: Option<PathBuf>,
}

fn profile(code: &str) -> Result<Profile, String> {
    Profile::find(code).ok_or_else(|| "one of conservative, regulatory_floor".to_owned())
}

impl Explain {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the file or the pack cannot be used.
    pub fn run(self) -> Result<Exit> {
        let engine = match engine_of(self.pack.as_deref())? {
            Ok(engine) => engine,
            Err(exit) => return Ok(exit),
        };
        let text = match &self.file {
            Some(file) => std::fs::read_to_string(file)
                .with_context(|| format!("cannot read `{}`", file.display()))?,
            None => {
                let mut text = String::new();
                std::io::stdin()
                    .read_to_string(&mut text)
                    .context("cannot read standard input")?;
                text
            }
        };
        let case: serde_json::Value =
            serde_json::from_str(&text).context("the case is no JSON object")?;
        let (asked, pointer) = match case.get("inputs") {
            Some(inputs) => (inputs, "/inputs"),
            None => (&case, ""),
        };
        let inputs = match read_inputs(asked, pointer) {
            Ok((inputs, _)) => inputs,
            Err(error) => {
                eprintln!("placet: {error}");
                return Ok(Exit::Usage);
            }
        };
        let at = self
            .at
            .or(inputs.person.local_time.map(|local| local.at))
            .unwrap_or_else(clock::now);
        let explained = engine.explain(&inputs, self.profile, at);
        if self.json {
            println!("{}", serde_json::to_string(&explained)?);
            return Ok(Exit::Done);
        }
        println!(
            "{} ({})",
            explained.decision.outcome.as_str(),
            explained.decision.category
        );
        for rule in &explained.rules {
            let note = if rule.unverified { " [unverified]" } else { "" };
            println!(
                "\n{} {}{note}\n  {}\n  {}",
                rule.effect.as_str(),
                rule.rule,
                rule.says,
                rule.citation.join("; ")
            );
            for (fact, value) in &rule.facts {
                println!("    {fact} = {value}");
            }
        }
        if !explained.changes.is_empty() {
            println!("\nWhat would change it:");
            for change in &explained.changes {
                println!("  {}: {}", change.what, change.outcome.as_str());
            }
        }
        Ok(Exit::Done)
    }
}
