//! What `placet bench` measures, one file a subject.

pub mod cpu;
pub mod decide;
pub mod gateway;
pub mod import;
pub mod ledger;
pub mod measure;
pub mod phi;
pub mod rest;
pub mod send;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use placet_store::{Entropy, Keys, Store, StoreConfig};

use crate::clock;

/// One measured quantity, run by run.
#[derive(Debug, Clone)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// One value a run.
    pub values: Vec<f64>,
    /// What the values count.
    pub unit: &'static str,
}

impl Figure {
    /// Median, smallest and largest value.
    #[must_use]
    pub fn spread(&self) -> (f64, f64, f64) {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        (
            at(sorted.len() / 2),
            at(0),
            at(sorted.len().saturating_sub(1)),
        )
    }
}

/// `n` things in the time that `work` takes, a second.
fn rate<E>(n: usize, work: impl FnOnce() -> Result<(), E>) -> Result<f64, E> {
    let started = Instant::now();
    work()?;
    Ok(n as f64 / started.elapsed().as_secs_f64())
}

/// A folder that is gone when the bench is done.
pub struct Scratch(PathBuf);

impl Scratch {
    /// A fresh folder beside the other temporary files; `PLACET_BENCH_DIR` says elsewhere, to
    /// measure another disk.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn new(name: &str) -> Result<Self> {
        let base =
            std::env::var_os("PLACET_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let tag: String = clock::entropy()
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let path = base.join(format!("placet-bench-{name}-{tag}"));
        std::fs::create_dir_all(&path)
            .with_context(|| format!("cannot make `{}`", path.display()))?;
        Ok(Self(path))
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A fresh durable store in it.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn store(&self) -> Result<Store> {
        let keys = Keys::create(&self.0.join("master.key"), &Entropy::system())?;
        let url = format!("sqlite:{}", self.0.join("placet.db").display());
        Ok(Store::open(StoreConfig::new(url, keys).creating())?)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
