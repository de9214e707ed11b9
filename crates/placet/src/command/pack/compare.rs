//! `placet pack diff`: what differs between two packs, in words.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use placet_policy::diff::{self, Difference};
use placet_policy::{Engine, Rule};

use super::{Exit, engine_of};

/// The name under which the packs of the program are asked for.
const BUILTIN: &str = "builtin";

/// Each side is a folder of packs, or `builtin` for those in the program (also by its name and
/// version, as `placet pack check` and every decision say them). A house pack stands on the packs
/// of the program. Exit status 0 when nothing differs, 1 when something does.
#[derive(Debug, Args)]
#[command(after_help = "Example: placet pack diff builtin house-rules/")]
pub struct Diff {
    /// The pack of before.
    old: String,
    /// The pack of after.
    new: String,
    /// One JSON object for machines.
    #[arg(long)]
    json: bool,
}

impl Diff {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When a folder cannot be read.
    pub fn run(self) -> Result<Exit> {
        let (old, new) = match (side(&self.old)?, side(&self.new)?) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(exit), _) | (_, Err(exit)) => return Ok(exit),
        };
        let found = diff::between(&old, &new);
        if self.json {
            println!("{}", serde_json::to_string(&found)?);
        } else {
            print(&found);
        }
        Ok(if found.is_empty() {
            Exit::Done
        } else {
            Exit::Findings
        })
    }
}

/// A folder that exists is meant before a name that could be one.
fn side(name: &str) -> Result<Result<Engine, Exit>> {
    let pack = Engine::builtin().pack();
    let names = [
        BUILTIN.to_owned(),
        pack.id.clone(),
        pack.version.clone(),
        format!("{} {}", pack.id, pack.version),
        format!("{}@{}", pack.id, pack.version),
    ];
    if !Path::new(name).exists() && names.iter().any(|known| known == name) {
        return Ok(Ok(Engine::builtin()));
    }
    engine_of(Some(Path::new(name)))
}

fn print(found: &Difference) {
    println!(
        "from {} {} to {} {}",
        found.from.id, found.from.version, found.to.id, found.to.version
    );
    let list = |word: &str, rules: &[Rule]| {
        for rule in rules {
            println!("\n{word} {}: {}\n  {}", rule.id, rule.title, rule.says);
        }
    };
    list("added", &found.added);
    list("removed", &found.removed);
    for rule in &found.changed {
        println!("\nchanged {}: {}", rule.id, rule.title);
        for field in &rule.fields {
            println!(
                "  {}\n    was {}\n    is  {}",
                field.field,
                said(&field.from),
                said(&field.to)
            );
        }
    }
    for other in &found.others {
        println!("\n{} {}", other.what, other.name);
        println!("    was {}", other.from.as_deref().unwrap_or("not there"));
        println!("    is  {}", other.to.as_deref().unwrap_or("gone"));
    }
    if found.is_empty() {
        println!("Nothing differs.");
    } else {
        println!(
            "\n{} added, {} removed, {} changed, {} words, questions and amounts",
            found.added.len(),
            found.removed.len(),
            found.changed.len(),
            found.others.len()
        );
    }
}

fn said(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}
