//! `placet returns`: bounces, complaints and replies from files or a pipe.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use super::Exit;
use super::open::Installation;
use crate::returns;

/// Example: placet returns bounce.eml
#[derive(Debug, Args)]
pub struct Returns {
    #[command(flatten)]
    installation: Installation,
    /// The mails, one a file; `-` reads one from standard input, as a mail server's pipe gives it.
    #[arg(required = true)]
    mails: Vec<PathBuf>,
    /// One JSON object a mail.
    #[arg(long)]
    json: bool,
}

impl Returns {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the installation cannot be opened or a mail not be read.
    pub fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        for path in &self.mails {
            let mut raw = Vec::new();
            if path.as_os_str() == "-" {
                std::io::stdin().lock().read_to_end(&mut raw)?;
            } else {
                raw = std::fs::read(path)
                    .with_context(|| format!("cannot read `{}`", path.display()))?;
            }
            let taken = returns::take(&store, "command", &raw)?;
            let (kind, effect) = (taken.kind, taken.effect);
            if self.json {
                println!(
                    "{}",
                    serde_json::json!({
                        "file": path.display().to_string(), "kind": kind.as_str(),
                        "effect": effect.as_str(), "was_known": taken.was_known,
                    })
                );
            } else if taken.was_known {
                println!("{}: {}, taken before", path.display(), kind.label());
            } else {
                println!("{}: {}: {}", path.display(), kind.label(), effect.label());
            }
        }
        store.checkpoint(crate::clock::now())?;
        Ok(Exit::Done)
    }
}
