//! `placet pack test`: the scenarios of a pack.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use placet_policy::scenario::{self, Scenario};
use placet_policy::{Engine, Rule, Source};

use super::{Exit, engine_of, files, read};

/// The folder beside the packs that holds their scenarios.
const SCENARIOS: &str = "scenarios";

/// Runs the scenarios that stand beside a pack, as `*.jsonl` in its folder or in `scenarios/`: each
/// line an object with `id`, `inputs` and `expected`. What `inputs` leaves out is a plain e-mail to
/// a patient. Without a folder, the packs and scenarios of the program.
#[derive(Debug, Args)]
#[command(after_help = "Example: placet pack test house-rules/")]
pub struct Test {
    /// The folder of the pack.
    folder: Option<PathBuf>,
    /// One JSON object for machines.
    #[arg(long)]
    json: bool,
}

impl Test {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn run(self) -> Result<Exit> {
        let engine = match engine_of(self.folder.as_deref())? {
            Ok(engine) => engine,
            Err(exit) => return Ok(exit),
        };
        let sources = match &self.folder {
            Some(folder) => beside(folder)?,
            None => scenario::builtin(),
        };
        let mut scenarios: Vec<Scenario> = Vec::new();
        let mut is_readable = true;
        for source in &sources {
            match scenario::read(source) {
                Ok(read) => scenarios.extend(read),
                Err(problems) => {
                    is_readable = false;
                    problems.iter().for_each(|problem| eprintln!("{problem}"));
                }
            }
        }
        if !is_readable {
            return Ok(Exit::Findings);
        }
        let report = scenario::run(&engine, &scenarios);
        let idle: Vec<&Rule> = own(&engine)
            .iter()
            .filter(|rule| rule.can_apply() && !report.exercised.contains(&rule.id))
            .collect();
        if self.json {
            let failures: Vec<_> = report.failures.iter().map(|one| serde_json::json!({
                "file": one.file, "line": one.line, "id": one.id, "profile": one.profile, "faults": one.faults,
            })).collect();
            let idle: Vec<&str> = idle.iter().map(|rule| rule.id.as_str()).collect();
            println!(
                "{}",
                serde_json::json!({ "scenarios": report.n_run, "failures": failures, "not_exercised": idle })
            );
        } else {
            for one in &report.failures {
                let (faults, profile) = (one.faults.join("; "), one.profile.as_str());
                println!(
                    "{}:{}: {} ({profile}): {faults}",
                    one.file, one.line, one.id
                );
            }
            for rule in &idle {
                println!(
                    "{}:{}: no scenario exercises `{}`",
                    rule.file, rule.line, rule.id
                );
            }
            println!(
                "{} scenarios, {} wrong, {} rules that none exercises",
                report.n_run,
                report.failures.len(),
                idle.len()
            );
        }
        Ok(if report.failures.is_empty() {
            Exit::Done
        } else {
            Exit::Findings
        })
    }
}

/// The rules that the scenarios are asked to cover: those of the house, if there are any.
fn own(engine: &Engine) -> &[Rule] {
    match engine.house_rules() {
        [] => engine.rules(),
        house => house,
    }
}

fn beside(folder: &Path) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for folder in [folder.to_path_buf(), folder.join(SCENARIOS)] {
        if folder.is_dir() {
            let listed = fs::read_dir(&folder)
                .with_context(|| format!("cannot read `{}`", folder.display()))?;
            found.extend(read(files(listed, "jsonl")?)?);
        }
    }
    Ok(found)
}
