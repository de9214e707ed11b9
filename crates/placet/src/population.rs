//! Keeps the population index: taken up from its snapshot at the start, or built from the store,
//! and written down from time to time and at the end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use placet_app::population::Loaded;
use placet_store::StoreError;
use placet_web::Site;

use crate::clock;
use crate::config::Config;

/// How often the snapshot is written anew.
const SAVE_EVERY: Duration = Duration::from_secs(600);
/// How soon the thread hears that it is to stop.
const LISTEN_EVERY: Duration = Duration::from_millis(200);

/// Where the snapshot lies: beside the database file. With PostgreSQL, where several processes
/// share one database, each builds its index at the start.
fn file(config: &Config) -> Option<PathBuf> {
    let database = config.database.strip_prefix("sqlite:")?;
    Some(Path::new(database).with_extension("index"))
}

/// A thread that does so until it is told to stop.
///
/// # Errors
///
/// When the system gives no thread.
pub fn keep(config: &Config, site: &Site, stop: Arc<AtomicBool>) -> Result<JoinHandle<()>> {
    let (file, site) = (file(config), site.clone());
    let work = move || {
        if let Some(file) = &file {
            take_up(file, &site);
        }
        warm(&site);
        let mut saved = Instant::now();
        while !stop.load(Ordering::Acquire) {
            std::thread::sleep(LISTEN_EVERY);
            if saved.elapsed() >= SAVE_EVERY {
                saved = Instant::now();
                save(file.as_deref(), &site);
            }
        }
        save(file.as_deref(), &site);
    };
    std::thread::Builder::new()
        .name("placet-planner".to_owned())
        .spawn(work)
        .context("cannot start a thread")
}

fn take_up(file: &Path, site: &Site) {
    let store = site.store();
    let index = site.waterfalls().index();
    match index.load(file, store.keys(), store.instance()) {
        Loaded::Ready(n) => tracing::info!(n, "the population index was taken up"),
        Loaded::Absent => {}
        Loaded::Refused(why) => tracing::warn!(
            why,
            "the snapshot of the population index is not used: it is built from the store"
        ),
    }
}

/// Brings the index up to date before anybody waits for it.
fn warm(site: &Site) {
    let (shared, now) = (site.clone(), site.now());
    let warmed = site
        .store()
        .read_blocking::<_, _, StoreError>(move |tx| shared.waterfalls().index().warm(tx, now));
    if let Err(error) = warmed {
        tracing::warn!(%error, "the population index was not built; it is when it is needed");
    }
}

fn save(file: Option<&Path>, site: &Site) {
    let Some(file) = file else { return };
    let store = site.store();
    let mut nonce = [0; 12];
    nonce
        .iter_mut()
        .zip(clock::entropy())
        .for_each(|(to, from)| *to = from);
    let index = site.waterfalls().index();
    if let Err(error) = index.save(file, store.keys(), store.instance(), nonce) {
        tracing::warn!(kind = %error.kind(), "the population index was not written down");
    }
}
