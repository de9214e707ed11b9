//! `placet backup`, `restore`, `migrate` and `doctor`: what an administrator does to a store.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use placet_app::settings;
use placet_domain::operator::Capability;
use placet_store::backup::{self, Summary};
use placet_store::{Keys, OpenError, StoreConfig, migrate};

use super::Exit;
use super::open::{Installation, open};
use crate::clock;
use crate::config::Config;
use crate::installation::ELSEWHERE;

/// Copy the database to one file while it is in use, and verify the copy.
///
/// The master key is not in the copy: keep it apart.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: placet backup --config /var/lib/placet /backup/placet-2026-11-22.db"
)]
pub struct Backup {
    #[command(flatten)]
    installation: Installation,
    /// The file to write; there must be none yet.
    to: PathBuf,
}

impl Backup {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the file exists, the disk is full, or the copy does not verify; then no file is left.
    pub fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        store.checkpoint(clock::now())?;
        let copied = backup::backup(&store, &self.to).context("no backup was made")?;
        println!("Backed up to {}: {}.", self.to.display(), told(&copied));
        Ok(Exit::Done)
    }
}

/// Bring a backup back to where there is no database; sending starts disarmed.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: placet restore --config /var/lib/placet /backup/placet-2026-11-22.db"
)]
pub struct Restore {
    #[command(flatten)]
    installation: Installation,
    /// The backup.
    from: PathBuf,
}

impl Restore {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When there is a database already, the backup does not verify, or it belongs to another key.
    pub fn run(self) -> Result<Exit> {
        let config = self.installation.read()?;
        let ctx = clock::system("command_line");
        let grant = ctx.actor.may(Capability::EditSettings)?;
        let restored = match backup::restore(&self.from, &asked(&config)?, grant, &ctx) {
            Err(OpenError::Exists(place)) => bail!(
                "nothing was restored: there is a database at {place}, and a restore never overwrites \
                 one. Stop `placet serve`, move that database away (with the files beside it that \
                 begin with its name) and keep it until you have looked at the restored one"
            ),
            Err(OpenError::Missing(place)) => {
                bail!("nothing was restored: there is no backup at {place}")
            }
            restored => restored.context("nothing was restored")?,
        };
        open(&config, false)?.checkpoint(clock::now())?;
        println!("Restored {}: {}.", self.from.display(), told(&restored));
        println!("Sending is disarmed: what people withdrew since the backup is not in it.");
        println!(
            "Record those withdrawals first, then arm sending: under Settings, or with `placet arm`."
        );
        Ok(Exit::Done)
    }
}

fn asked(config: &Config) -> Result<StoreConfig> {
    let keys = Keys::load(&config.key_file).context("the master key cannot be used")?;
    Ok(StoreConfig::new(config.database.clone(), keys))
}

fn told(summary: &Summary) -> String {
    format!(
        "{} bytes, {} ledger entries, verified",
        summary.bytes, summary.entries
    )
}

/// Bring the database to the schema of this program.
#[derive(Debug, Args)]
#[command(after_help = "Example: placet migrate --config /var/lib/placet")]
pub struct Migrate {
    #[command(flatten)]
    installation: Installation,
}

impl Migrate {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When there is no database, it is not ours, or a step fails; each step is whole or not at
    /// all.
    pub fn run(self) -> Result<Exit> {
        let config = self.installation.read()?;
        let (from, to) = migrate(&asked(&config)?).context("the database was not migrated")?;
        if from == to {
            println!("The schema is of version {to}: nothing to do.");
        } else {
            println!("The schema went from version {from} to {to}.");
        }
        Ok(Exit::Done)
    }
}

/// Look whether this installation can do its work, and say what is missing.
#[derive(Debug, Args)]
#[command(after_help = "Example: placet doctor --config /var/lib/placet")]
pub struct Doctor {
    #[command(flatten)]
    installation: Installation,
}

impl Doctor {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the configuration, the key or the database cannot be opened: that is the first
    /// finding.
    pub fn run(self) -> Result<Exit> {
        let (config, store) = self.installation.open()?;
        let mut missing = Vec::new();
        println!("ok       configuration, master key and database open");
        let found = store.read_blocking(settings::load)?;
        missing.extend(settings::obstacles(&found).into_iter().map(str::to_owned));
        if found.is_armed_elsewhere {
            missing.push(ELSEWHERE.to_owned());
        } else if !found.is_armed {
            missing.push(
                "sending is not armed: arm it under Settings or with `placet arm`".to_owned(),
            );
        }
        if !config.public_url.starts_with("https://") {
            missing.push("public_url is not https: set it before real people get links".to_owned());
        }
        if found.texts.is_some() && config.text_secret()?.is_none() {
            missing.push(
                "the provider of text messages has no secret: name its file as text_secret_file"
                    .to_owned(),
            );
        }
        if !store.has_room() {
            missing.push("the disk of the database is nearly full: make room".to_owned());
        }
        let operators = store.read_blocking(placet_app::operator::list)?;
        if operators
            .iter()
            .all(|(operator, _)| operator.disabled_at.is_some())
        {
            missing.push("there is no operator: placet user add".to_owned());
        }
        if let Some(problem) = readable_by_others(&config) {
            missing.push(problem);
        }
        for problem in &missing {
            println!("missing  {problem}");
        }
        Ok(if missing.is_empty() {
            Exit::Done
        } else {
            Exit::Findings
        })
    }
}

#[cfg(unix)]
fn readable_by_others(config: &Config) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(&config.key_file)
        .ok()?
        .permissions()
        .mode();
    (mode & 0o077 != 0).then(|| {
        format!(
            "others can read the master key: chmod 600 {}",
            config.key_file.display()
        )
    })
}

#[cfg(not(unix))]
fn readable_by_others(_config: &Config) -> Option<String> {
    None
}
