//! The log as a folder of static files, and the way back: verifying such a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use placet_ledger::VerifyingKey;
use placet_ledger::export::{Exporter, File, checkpoint, verify as verify_export};
use placet_store::{Tx, ledger, open_to_verify};

use super::super::open::Installation;
use super::Exit;

/// How many entries are read at once.
const BATCH: u64 = 1024;

/// Example: placet ledger export --config /var/lib/placet log/
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    installation: Installation,
    /// The folder; it must be empty or not exist.
    folder: PathBuf,
    /// The public key that is put beside the log; else `ledger-key.txt`.
    #[arg(long)]
    key: Option<String>,
}

impl Export {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When nothing was signed yet or the folder cannot be written.
    pub fn run(self) -> Result<Exit> {
        if fs::read_dir(&self.folder).is_ok_and(|mut found| found.next().is_some()) {
            bail!(
                "`{}` is not empty: give a new folder",
                self.folder.display()
            );
        }
        let key = super::key(self.key.as_deref(), &self.installation)?;
        let config = self.installation.read()?;
        let mut tx = open_to_verify(&config.database)?;
        let Some(newest) = ledger::latest_checkpoint(&mut tx)? else {
            eprintln!("placet: nothing was signed yet");
            return Ok(Exit::Findings);
        };
        write_heads(&mut tx, &self.folder)?;
        let mut exporter = Exporter::new();
        let mut first = 0;
        while first < newest.size {
            let wanted = BATCH.min(newest.size - first);
            let entries = ledger::list_from(&mut tx, first, wanted)?;
            if entries.is_empty() {
                bail!("the entry at place {first} is missing: run `placet ledger verify`");
            }
            first += entries.len() as u64;
            for entry in &entries {
                write(&self.folder, exporter.entry(&entry.body)?)?;
            }
        }
        write(&self.folder, exporter.finish(&newest.note, &key))?;
        println!(
            "Exported {} entries to {}.",
            newest.size,
            self.folder.display()
        );
        Ok(Exit::Done)
    }
}

fn write_heads(tx: &mut Tx, folder: &Path) -> Result<()> {
    let mut before = None;
    loop {
        let heads = ledger::list_checkpoints(tx, before, BATCH)?;
        let Some(last) = heads.last() else {
            return Ok(());
        };
        before = Some(last.size);
        write(
            folder,
            heads
                .iter()
                .map(|head| checkpoint(head.size, &head.note))
                .collect(),
        )?;
    }
}

fn write(folder: &Path, files: Vec<File>) -> Result<()> {
    for file in files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, file.bytes)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

/// Verifies an exported folder.
///
/// # Errors
///
/// When a file cannot be read.
pub fn verify(folder: &Path, key: &VerifyingKey, json: bool) -> Result<Exit> {
    let mut paths = Vec::new();
    list(folder, folder, &mut paths)
        .with_context(|| format!("cannot read `{}`", folder.display()))?;
    let read = |path: &str| -> io::Result<Vec<u8>> { fs::read(folder.join(path)) };
    let found = verify_export(paths, read, std::slice::from_ref(key))?;
    if json {
        let named: Vec<String> = found.faults.iter().map(ToString::to_string).collect();
        let line = serde_json::json!({
            "sound": found.is_sound(), "entries": found.entries, "tiles": found.tiles,
            "checkpoints": found.checkpoints, "problems": found.n_faults, "named": named,
        });
        println!("{line}");
    } else {
        for fault in &found.faults {
            println!("FOUND: {fault}");
        }
        println!(
            "{} entries, {} tiles, {} checkpoints.",
            found.entries, found.tiles, found.checkpoints
        );
    }
    Ok(if found.is_sound() {
        Exit::Done
    } else {
        Exit::Findings
    })
}

fn list(root: &Path, folder: &Path, found: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(root, &path, found)?;
        } else if let Ok(inner) = path.strip_prefix(root) {
            found.push(inner.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
