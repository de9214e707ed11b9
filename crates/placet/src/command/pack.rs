//! `placet pack`: check rule packs, and read them.

mod book;
mod compare;
mod test;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use placet_policy::{Engine, Problem, Rule, Source};

use super::Exit;

/// Example: placet pack show hipaa.mkt.def
#[derive(Debug, Args)]
pub struct Pack {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check a folder of rule packs; every problem with file, line and column.
    Check {
        /// The folder.
        folder: PathBuf,
    },
    /// Show one rule, or list them all.
    Show {
        /// A folder of rule packs instead of those in the program.
        #[arg(long)]
        pack: Option<PathBuf>,
        /// One JSON object a rule.
        #[arg(long)]
        json: bool,
        /// The id of one rule.
        rule: Option<String>,
    },
    /// Say what differs between two packs, rule by rule and field by field.
    Diff(compare::Diff),
    /// Run the scenarios of a pack; exit status 1 when one comes out wrong.
    Test(test::Test),
    /// Write the rule book: one card a rule, readable and printable.
    Book(book::Book),
}

impl Pack {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn run(self) -> Result<Exit> {
        match self.verb {
            Verb::Check { folder } => Ok(match engine_of(Some(&folder))? {
                Ok(engine) => {
                    println!("{} rules, no problem found.", engine.rules().len());
                    Exit::Done
                }
                Err(exit) => exit,
            }),
            Verb::Show { pack, json, rule } => {
                let engine = match engine_of(pack.as_deref())? {
                    Ok(engine) => engine,
                    Err(exit) => return Ok(exit),
                };
                show(&engine, rule.as_deref(), json)
            }
            Verb::Diff(it) => it.run(),
            Verb::Test(it) => it.run(),
            Verb::Book(it) => it.run(),
        }
    }
}

fn show(engine: &Engine, id: Option<&str>, json: bool) -> Result<Exit> {
    let wanted: Vec<&Rule> = engine
        .rules()
        .iter()
        .filter(|rule| id.is_none_or(|id| rule.id == id))
        .collect();
    if wanted.is_empty() {
        eprintln!("placet: no rule of this id; `placet pack show` lists them");
        return Ok(Exit::Findings);
    }
    for rule in wanted {
        if json {
            println!("{}", serde_json::to_string(rule)?);
        } else if id.is_some() {
            println!(
                "{}\n  {}\n  {}\n  {}",
                rule.id,
                rule.title,
                rule.says,
                rule.citation.join("; ")
            );
            println!("  when {}", rule.when);
        } else {
            println!("{}\t{}", rule.id, rule.title);
        }
    }
    Ok(Exit::Done)
}

/// The engine over a folder, or the one in the program; problems are printed and give the exit.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn engine_of(folder: Option<&Path>) -> Result<Result<Engine, Exit>> {
    let Some(folder) = folder else {
        return Ok(Ok(Engine::builtin()));
    };
    let loaded = Engine::load(&sources(folder)?);
    Ok(loaded.map_err(|problems: Vec<Problem>| {
        for problem in problems {
            eprintln!("{problem}");
        }
        Exit::Findings
    }))
}

fn sources(folder: &Path) -> Result<Vec<Source>> {
    let listed =
        fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    let paths = files(listed, "toml")?;
    if paths.is_empty() {
        bail!(
            "`{}` holds no rule pack: packs are .toml files",
            folder.display()
        );
    }
    read(paths)
}

/// The files of a folder with this ending, in the order of their names.
fn files(listed: fs::ReadDir, ending: &str) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in listed {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == ending) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read(paths: Vec<PathBuf>) -> Result<Vec<Source>> {
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read `{}`", path.display()))?;
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            Ok(Source { name, text })
        })
        .collect()
}
