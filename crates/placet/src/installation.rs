//! Which installation this is, and how far it has seen its ledger grow.
//!
//! Two small files beside the database. `placet.installation` holds random bytes; its name in the
//! settings is a hash of them, of the files' numbers on their disk and of the machine, so a copied
//! folder, a copied database and a database put back by hand have another name. `placet.head` holds
//! the last signed head: a ledger that does not hold it is an older state of the database.
//!
//! INVARIANT: neither file opens or signs anything; losing one disarms sending and nothing else.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use aws_lc_rs::digest::{Context, SHA256};
use placet_app::settings;
use placet_domain::operator::Capability;
use placet_ledger::{Checkpoint, to_hex};
use placet_store::{Entropy, Store, StoreError, ledger};

use crate::clock;
use crate::config::Config;

/// What the name of an installation says besides its token.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Place {
    machine: String,
    /// The numbers of the files on their disk: a copy has others.
    files: Vec<u64>,
}

/// The name under which sending is armed for this installation; its token is made when there is
/// none.
///
/// # Errors
///
/// When the token can neither be read nor made.
pub fn name(config: &Config) -> Result<String> {
    let file = beside(config, "installation");
    let token = token(&file).with_context(|| {
        format!(
            "`{}` says which installation this is, and can neither be read nor made: \
             give this account that folder",
            file.display()
        )
    })?;
    Ok(name_of(&token, &place(config, &file)))
}

fn name_of(token: &[u8; 32], place: &Place) -> String {
    let mut context = Context::new(&SHA256);
    let mut add = |part: &[u8]| {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    };
    add(token);
    add(place.machine.as_bytes());
    for file in &place.files {
        add(&file.to_be_bytes());
    }
    let hash = context.finish();
    to_hex(hash.as_ref().first_chunk::<8>().unwrap_or(&[0; 8]))
}

/// A file beside the database, or beside the configuration where the database is a server.
fn beside(config: &Config, ending: &str) -> PathBuf {
    match config.database.strip_prefix("sqlite:") {
        Some(database) => Path::new(database).with_extension(ending),
        None => config.folder.join("placet").with_extension(ending),
    }
}

fn token(file: &Path) -> std::io::Result<[u8; 32]> {
    match fs::File::open(file) {
        Ok(mut held) => {
            let mut token = [0; 32];
            held.read_exact(&mut token)?;
            Ok(token)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let token = Entropy::system().draw::<32>();
            let token = token.map_err(|_| std::io::Error::other("no randomness"))?;
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut made = options.open(file)?;
            made.write_all(&token)?;
            made.sync_all()?;
            Ok(token)
        }
        Err(error) => Err(error),
    }
}

fn place(config: &Config, file: &Path) -> Place {
    let database = config.database.strip_prefix("sqlite:").map(Path::new);
    Place {
        machine: fs::read_to_string("/etc/machine-id").unwrap_or_default(),
        files: [Some(file), database]
            .into_iter()
            .flatten()
            .filter_map(number)
            .collect(),
    }
}

#[cfg(unix)]
fn number(file: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    Some(fs::metadata(file).ok()?.ino())
}

#[cfg(not(unix))]
fn number(_file: &Path) -> Option<u64> {
    None
}

/// Looks, before anything is sent, whether this is the database that this installation knows, and
/// disarms sending when it is an older state of it. Answers what the administrator must hear.
///
/// # Errors
///
/// When the store fails.
pub fn look(config: &Config, store: &Store) -> Result<Option<&'static str>> {
    let set = store.read_blocking(settings::load)?;
    if set.is_armed_elsewhere {
        return Ok(Some(ELSEWHERE));
    }
    let Some(seen) = head(&beside(config, "head"), store) else {
        return Ok(None);
    };
    let is_ours = store.read_blocking::<_, _, StoreError>(move |tx| {
        let held = ledger::list_checkpoints(tx, Some(seen.size.saturating_add(1)), 1)?;
        Ok(held
            .first()
            .is_some_and(|held| held.size == seen.size && held.root == seen.root))
    })?;
    if is_ours || !set.is_armed {
        return Ok(None);
    }
    let ctx = clock::system("start");
    let grant = ctx.actor.may(Capability::EditSettings)?;
    store.act_blocking(grant, &ctx, settings::disarm_older_copy)?;
    Ok(Some(OLDER))
}

/// Said of a database that another installation was armed for.
pub const ELSEWHERE: &str = "sending is disarmed here: this database is armed on another \
    installation. If it is a copy, leave it so. If it has moved for good, or is one more server, \
    run `placet arm` here";
const OLDER: &str = "sending was disarmed: the ledger does not hold the head that this installation \
    last saw, so this is an older state of the database. Record what people withdrew since, then \
    run `placet arm`";

/// The last head seen; none when there is no file or it is not of this ledger.
fn head(file: &Path, store: &Store) -> Option<Checkpoint> {
    let note = fs::read_to_string(file).ok()?;
    Checkpoint::open(&note, std::slice::from_ref(store.ledger_key())).ok()
}

/// Writes down the head of the ledger. What a crash leaves is an older head, which does no harm.
pub fn note_head(config: &Config, note: &str) {
    let file = beside(config, "head");
    let new = file.with_extension("head-new");
    if let Err(error) = fs::write(&new, note).and_then(|()| fs::rename(&new, &file)) {
        tracing::warn!(kind = %error.kind(), "the ledger's head was not written down");
    }
}

#[cfg(test)]
mod tests;
