//! `placet ledger`: verify offline, prove one entry, export for other verifiers.
//!
//! Verifying takes the public key only (`ledger-key.txt`, written by `placet init`), never the
//! master key.

mod export;
mod replay;

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};
use placet_ledger::VerifyingKey;
use placet_ledger::receipt::Receipt;
use placet_store::verify::Verification;
use placet_store::{StoreError, ledger, open_to_verify, verify};

use super::Exit;
use super::open::{Installation, KEY_FILE};

/// Example: placet ledger verify --config /var/lib/placet
#[derive(Debug, Args)]
pub struct Ledger {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Verify the whole ledger offline, or a receipt, or an export.
    Verify(Verify),
    /// Write the receipt of one entry: the entry, its proof and the signed checkpoint.
    Prove(Prove),
    /// Write the log as a folder of static files that any tlog-tiles verifier reads.
    Export(export::Export),
    /// Take every stored decision again under the rules that took it; each must come out the same.
    Replay(replay::Replay),
    /// Print the newest signed checkpoint, to keep it elsewhere.
    Checkpoint(Head),
}

#[derive(Debug, Args)]
struct Verify {
    #[command(flatten)]
    installation: Installation,
    /// The public key or a file that holds it; else `ledger-key.txt` beside the configuration.
    #[arg(long)]
    key: Option<String>,
    /// A checkpoint kept elsewhere; the log must still agree with it. May be given repeatedly.
    #[arg(long = "checkpoint")]
    checkpoints: Vec<PathBuf>,
    /// Verify this receipt instead; also as a person saved it, as text or JSON.
    #[arg(long, conflicts_with_all = ["export", "checkpoints"])]
    receipt: Option<PathBuf>,
    /// Verify this exported folder instead.
    #[arg(long, conflicts_with = "checkpoints")]
    export: Option<PathBuf>,
    /// One JSON object for machines.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Prove {
    #[command(flatten)]
    installation: Installation,
    /// The place of the entry.
    place: u64,
}

#[derive(Debug, Args)]
struct Head {
    #[command(flatten)]
    installation: Installation,
}

impl Ledger {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When a file or the database cannot be read.
    pub fn run(self) -> Result<Exit> {
        match self.verb {
            Verb::Verify(it) => it.run(),
            Verb::Prove(it) => it.run(),
            Verb::Export(it) => it.run(),
            Verb::Replay(it) => it.run(),
            Verb::Checkpoint(it) => it.run(),
        }
    }
}

impl Verify {
    fn run(self) -> Result<Exit> {
        let key = key(self.key.as_deref(), &self.installation)?;
        if let Some(path) = &self.receipt {
            return receipt(path, &key, self.json);
        }
        if let Some(folder) = &self.export {
            return export::verify(folder, &key, self.json);
        }
        let kept = self
            .checkpoints
            .iter()
            .map(|path| read(path))
            .collect::<Result<Vec<_>>>()?;
        let config = self.installation.read()?;
        let mut tx = open_to_verify(&config.database).context("the database cannot be opened")?;
        match verify::verify(&mut tx, &[key], &kept, &mut |_| {}) {
            Ok(found) => Ok(report(&found, self.json)),
            Err(StoreError::Corrupt { table, id }) => {
                println!("FOUND: {table}: {id} cannot be read as it was written");
                Ok(Exit::Findings)
            }
            Err(error) => Err(error).context("the ledger could not be read to its end"),
        }
    }
}

fn report(found: &Verification, json: bool) -> Exit {
    let log = &found.log;
    if json {
        let problems: Vec<String> = found.problems().collect();
        let line = serde_json::json!({
            "sound": found.is_sound() && !found.is_unsigned(), "entries": log.entries, "size": log.size,
            "tiles": log.tiles, "checkpoints": log.checkpoints, "decisions": found.decisions,
            "records": found.records, "unsigned": log.unsigned(), "problems": found.n_problems(), "named": problems,
        });
        println!("{line}");
    } else {
        for problem in found.problems() {
            println!("FOUND: {problem}");
        }
        println!(
            "{} entries, {} tiles, {} checkpoints, {} decisions and {} permissions, refusals and suppressions compared; {} entries after the last checkpoint.",
            log.entries,
            log.tiles,
            log.checkpoints,
            found.decisions,
            found.records,
            log.unsigned()
        );
        if found.is_unsigned() {
            println!(
                "FOUND: no checkpoint vouches for these entries, so they may all have been written anew. Compare \
                 with a checkpoint that was kept elsewhere, or with a backup."
            );
        } else if found.is_sound() {
            println!("Nothing of this was changed.");
        } else {
            println!(
                "{} problems. Keep this database as it is and compare it with a backup.",
                found.n_problems()
            );
        }
    }
    if found.is_sound() && !found.is_unsigned() {
        Exit::Done
    } else {
        Exit::Findings
    }
}

fn receipt(path: &Path, key: &VerifyingKey, json: bool) -> Result<Exit> {
    let text = read(path)?;
    let proved = Receipt::find(&proof_in(&text)).and_then(|receipt| {
        let head = receipt.verify(std::slice::from_ref(key))?;
        Ok((receipt, head))
    });
    let exit = if proved.is_ok() {
        Exit::Done
    } else {
        Exit::Findings
    };
    // What the file says around its proof is not proved, so the entry itself is shown.
    let entry = |receipt: &Receipt| {
        String::from_utf8_lossy(receipt.entry.as_deref().unwrap_or_default()).into_owned()
    };
    match proved {
        Ok((receipt, head)) if json => println!(
            "{}",
            serde_json::json!({ "sound": true, "origin": head.origin, "size": head.size,
                "place": receipt.place, "entry": entry(&receipt) })
        ),
        Err(error) if json => println!(
            "{}",
            serde_json::json!({ "sound": false, "problem": error.to_string() })
        ),
        Ok((receipt, head)) => println!(
            "This entry stands at place {} of the ledger {}, under a signed head of {} entries:\n{}",
            receipt.place,
            head.origin,
            head.size,
            entry(&receipt)
        ),
        Err(error) => println!("FOUND: {error}"),
    }
    Ok(exit)
}

/// A receipt saved for machines is one JSON object that holds the proof; any other is text.
fn proof_in(text: &str) -> Cow<'_, str> {
    let object: Option<serde_json::Value> = serde_json::from_str(text).ok();
    match object.as_ref().and_then(|object| object["proof"].as_str()) {
        Some(proof) => Cow::Owned(proof.to_owned()),
        None => Cow::Borrowed(text),
    }
}

impl Prove {
    fn run(self) -> Result<Exit> {
        let config = self.installation.read()?;
        let mut tx = open_to_verify(&config.database)?;
        let Some(receipt) = ledger::receipt(&mut tx, self.place)? else {
            eprintln!(
                "placet: no signed entry at place {}: the log may be shorter, or the head not signed yet",
                self.place
            );
            return Ok(Exit::Findings);
        };
        print!("{}", receipt.to_text());
        Ok(Exit::Done)
    }
}

impl Head {
    fn run(self) -> Result<Exit> {
        let config = self.installation.read()?;
        let mut tx = open_to_verify(&config.database)?;
        let Some(head) = ledger::latest_checkpoint(&mut tx)? else {
            eprintln!("placet: nothing was signed yet");
            return Ok(Exit::Findings);
        };
        print!("{}", head.note);
        Ok(Exit::Done)
    }
}

/// The public key: given, in a file that was given, or beside the configuration.
fn key(given: Option<&str>, installation: &Installation) -> Result<VerifyingKey> {
    let text = match given {
        Some(key) if !Path::new(key).exists() => key.to_owned(),
        Some(file) => read(Path::new(file))?,
        None => {
            installation.must_exist()?;
            read(&installation.folder().join(KEY_FILE))
                .context("give the ledger's public key with --key: the file or the text")?
        }
    };
    VerifyingKey::from_str(text.trim()).map_err(|error| anyhow!("the public key: {error}"))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}
