//! Online copies, and the way back.
//!
//! A backup is one SQLite file in our schema, whichever engine it came from: it can be opened,
//! checked and restored to either. It is written beside its final name and gets that name only
//! after the copy was opened, its structure checked and its ledger verified.
//!
//! INVARIANT: a restored database sends nothing until an operator arms it: it may hold
//! permissions that were withdrawn after the copy was made.

mod copy;

use std::fs;
use std::path::{Path, PathBuf};

use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::operator::Grant;

use crate::config::{Address, Durability, StoreConfig};
use crate::error::{OpenError, StoreError};
use crate::migrate::Found;
use crate::store::Store;
use crate::tx::Tx;
use crate::verify;
use crate::{log, open, settings, sqlite};

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The size of the file.
    pub bytes: u64,
    /// How many ledger entries it holds, all of them verified.
    pub entries: u64,
    /// How many of them stand under a signed checkpoint.
    pub signed: u64,
}

/// Copies the database to a new file while it is in use.
///
/// # Errors
///
/// When there is something at `to` already, the disk is full, or the copy does not verify; then no
/// file is left at `to`.
pub fn backup(store: &Store, to: &Path) -> Result<Summary, OpenError> {
    if to.exists() {
        return Err(OpenError::Exists(to.display().to_string()));
    }
    let partial = Partial::beside(to);
    let config = store.config();
    let address = Address::parse(&config.url)?;
    match &address {
        Address::Sqlite(from) => copy::file(from, &partial.path)?,
        Address::Postgres(_) => {
            let copied = copied_schema(config, &partial.path)?;
            copy::rows(&mut open::connect_to_read(config, &address)?, copied)?;
        }
    }
    let summary = check(&partial.path, config)?;
    partial.rename(to)?;
    Ok(summary)
}

/// Brings a backup back to a place where there is no database, disarmed, and records that.
///
/// # Errors
///
/// When there is a database already, the copy does not verify or belongs to another master key, or
/// the place cannot be written.
pub fn restore(
    from: &Path,
    config: &StoreConfig,
    grant: Grant,
    ctx: &Ctx,
) -> Result<Summary, OpenError> {
    if !from.exists() {
        return Err(OpenError::Missing(from.display().to_string()));
    }
    let address = Address::parse(&config.url)?;
    match open::inspect(config, &address) {
        Ok(Found::Nothing) => {}
        Ok(_) | Err(OpenError::Foreign(_)) => return Err(OpenError::Exists(address.to_string())),
        Err(error) => return Err(error),
    }
    let summary = check(from, config)?;
    match &address {
        Address::Sqlite(to) => {
            let partial = Partial::beside(to);
            copy::file(from, &partial.path)?;
            disarm(config, &Address::Sqlite(partial.path.clone()), grant, ctx)?;
            partial.rename(to)?;
        }
        Address::Postgres(_) => {
            let mut source = open::connect_to_read(config, &Address::Sqlite(from.to_owned()))?;
            copy::into_postgres(&mut source, open::connect(config, &address)?, ctx)?;
            disarm(config, &address, grant, ctx)?;
        }
    }
    Ok(summary)
}

/// Opens a backup as it lies, checks its structure and verifies its ledger.
///
/// # Errors
///
/// [`OpenError::Damaged`] says what was found first; or the file is not a backup of ours, of
/// another schema version or another master key.
pub fn check(file: &Path, config: &StoreConfig) -> Result<Summary, OpenError> {
    const STRUCTURE: &str = "pragma integrity_check(1)";
    const REFERENCES: &str = "pragma foreign_key_check";

    let place = file.display().to_string();
    let address = Address::Sqlite(file.to_owned());
    match open::inspect(config, &address)? {
        Found::Current => {}
        Found::Nothing => return Err(OpenError::Foreign(place)),
        Found::Older(found) => {
            let known = crate::migrate::last_version();
            return Err(OpenError::Older { found, known });
        }
    }
    let damaged = |fault: String| OpenError::Damaged {
        place: place.clone(),
        fault,
    };
    let mut tx = open::connect_to_read(config, &address)?;
    let key = open::identify(&mut tx)?.signer.verifying().clone();
    let sound = tx.find_one(STRUCTURE, &[])?;
    if !sound.is_some_and(|row| row.text(0) == Ok("ok")) {
        return Err(damaged("its pages are not whole".to_owned()));
    }
    if let Some(row) = tx.find_one(REFERENCES, &[])? {
        return Err(damaged(format!(
            "a row of `{}` refers to none",
            row.text(0)?
        )));
    }
    let report = verify::verify(&mut tx, &[key], &[], &mut |_| {})?;
    if let Some(problem) = report.problems().next() {
        return Err(damaged(problem));
    }
    let signed = report.log.size - report.log.unsigned();
    let bytes = fs::metadata(file).map_or(0, |metadata| metadata.len());
    Ok(Summary {
        bytes,
        entries: log::size(&mut tx)?,
        signed,
    })
}

/// A new file with our schema and no rows.
fn copied_schema(config: &StoreConfig, path: &Path) -> Result<Tx, OpenError> {
    let mut config = config.clone();
    config.durability = Durability::None;
    open::create_empty(&config, &Address::Sqlite(path.to_owned()))
}

fn disarm(
    config: &StoreConfig,
    address: &Address,
    grant: Grant,
    ctx: &Ctx,
) -> Result<(), OpenError> {
    let mut config = config.clone();
    config.url = address.url();
    config.create = false;
    let store = Store::open(config)?;
    store.act_blocking(grant, ctx, |tx, ctx| {
        settings::disarm(tx, ctx)?;
        tx.record(Entry::new("store.restored"));
        Ok::<_, StoreError>(())
    })?;
    Ok(())
}

/// A file that is not finished: removed when dropped, unless it got its name.
struct Partial {
    path: PathBuf,
}

impl Partial {
    fn beside(to: &Path) -> Self {
        let mut name = to.as_os_str().to_owned();
        name.push(".partial");
        let partial = Self {
            path: PathBuf::from(name),
        };
        partial.remove();
        partial
    }

    /// Durable once this answers.
    fn rename(self, to: &Path) -> Result<(), OpenError> {
        sqlite::fold_journal(&self.path).map_err(|_| StoreError::Unavailable)?;
        let durable = || {
            fs::File::open(&self.path)?.sync_all()?;
            fs::rename(&self.path, to)?;
            let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
            fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        };
        durable().map_err(|error: std::io::Error| OpenError::Unreachable {
            place: to.display().to_string(),
            code: error.kind().to_string(),
        })
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let mut name = self.path.as_os_str().to_owned();
            name.push(suffix);
            let _ = fs::remove_file(PathBuf::from(name));
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        self.remove();
    }
}
