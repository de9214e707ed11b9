//! `placet pack book`: the rules as a book.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use placet_web::rules::{card, examples};

use super::{Exit, engine_of};

/// Example: placet pack book --out rules.html
#[derive(Debug, Args)]
pub struct Book {
    /// A folder of rule packs instead of those in the program.
    #[arg(long)]
    pack: Option<PathBuf>,
    /// Where to write it; standard output when left out.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Book {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the packs cannot be read or the file not be written.
    pub fn run(self) -> Result<Exit> {
        let engine = match engine_of(self.pack.as_deref())? {
            Ok(engine) => engine,
            Err(exit) => return Ok(exit),
        };
        let book = card::book(&engine, &examples(&engine));
        match &self.out {
            Some(out) => {
                fs::write(out, book)
                    .with_context(|| format!("cannot write `{}`", out.display()))?;
                eprintln!(
                    "placet: wrote {} rules to {}",
                    engine.rules().len(),
                    out.display()
                );
            }
            None => println!("{book}"),
        }
        Ok(Exit::Done)
    }
}
