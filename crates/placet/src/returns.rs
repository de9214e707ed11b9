//! Returned mail out of a maildir: each is recorded, then moved from `new` to `cur`.
//!
//! What a crash leaves: between commit and move, a mail that is read again and known by its hash.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use placet_app::report::{self, Taken};
use placet_store::Store;

use crate::clock;

/// How often the folder is looked at.
const EVERY: Duration = Duration::from_secs(2);
/// The most of a mail that is read.
const MOST: u64 = 1 << 20;

/// Takes one mail in.
///
/// # Errors
///
/// When the store fails.
pub fn take(store: &Store, door: &'static str, raw: &[u8]) -> Result<Taken> {
    let heard = report::read(store.keys(), raw);
    let ctx = clock::system("returns");
    let grant = ctx
        .actor
        .may_as_system()
        .context("the system may do this")?;
    let taken = store.act_blocking(grant, &ctx, move |tx, ctx| {
        report::take(tx, ctx, door, &heard)
    })?;
    Ok(taken)
}

/// Takes everything that lies in a maildir's `new`; answers how many.
///
/// # Errors
///
/// When the folder cannot be read or the store fails; what was not taken stays.
pub fn take_all(store: &Store, maildir: &Path) -> Result<usize> {
    let new = maildir.join("new");
    let entries = fs::read_dir(&new)
        .with_context(|| format!("cannot read `{}`: is it a maildir?", new.display()))?;
    let mut names: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file())
        .collect();
    names.sort();
    for path in &names {
        let mut raw = Vec::new();
        let file =
            fs::File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        file.take(MOST).read_to_end(&mut raw)?;
        take(store, "maildir", &raw)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(":2,S");
        let cur = maildir.join("cur");
        fs::create_dir_all(&cur)?;
        fs::rename(path, cur.join(name))
            .with_context(|| format!("cannot move `{}` to cur", path.display()))?;
    }
    Ok(names.len())
}

/// A thread that looks into the maildir until it is told to stop; none when none is set.
///
/// # Errors
///
/// When the folder is no maildir, or the system gives no thread.
pub fn keep(
    maildir: Option<&Path>,
    store: &Store,
    stop: Arc<AtomicBool>,
) -> Result<Option<JoinHandle<()>>> {
    let Some(maildir) = maildir else {
        return Ok(None);
    };
    take_all(store, maildir)?;
    let (store, maildir) = (store.clone(), maildir.to_owned());
    let work = move || {
        while !stop.load(Ordering::Acquire) {
            std::thread::sleep(EVERY);
            if let Err(error) = take_all(&store, &maildir) {
                tracing::error!(%error, "returned mail was not taken; it stays where it is");
            }
        }
    };
    std::thread::Builder::new()
        .name("placet-returns".to_owned())
        .spawn(work)
        .map(Some)
        .context("cannot start a thread")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use placet_store::{Keys, StoreConfig};

    use super::*;

    #[test]
    fn a_maildir_is_emptied_once() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("placet.db").display());
        let config = StoreConfig::new(url, Keys::from_master([7; 32])).creating();
        let store = Store::open(config).unwrap();
        let maildir = folder.path().join("returns");
        fs::create_dir_all(maildir.join("new")).unwrap();
        fs::write(
            maildir.join("new/1"),
            "Subject: Thanks\r\n\r\nThank you\r\n",
        )
        .unwrap();
        fs::write(maildir.join("new/2"), "no mail at all").unwrap();
        assert_eq!(take_all(&store, &maildir).unwrap(), 2);
        assert_eq!(take_all(&store, &maildir).unwrap(), 0);
        assert_eq!(fs::read_dir(maildir.join("cur")).unwrap().count(), 2);
        let n = store
            .read_blocking(|tx| placet_store::reports::list(tx, 10))
            .unwrap();
        assert_eq!(n.len(), 2);
    }
}
