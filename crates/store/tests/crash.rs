//! A process that is killed while it acts: what it was told is kept, and the log verifies.
//!
//! The test runs itself as the process to kill. It kills after so many answers, not after a time,
//! so that it does the same on any machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use placet_domain::entry::Entry;
use placet_store::{Keys, Store, StoreConfig, StoreError, ledger, settings};
use placet_testing::{ctx, grant, noon, noon_plus};
use tempfile::TempDir;

const CHILD: &str = "PLACET_CRASH_CHILD";
const THREADS: u64 = 4;

fn open(file: &Path) -> Store {
    let url = format!("sqlite:{}", file.display());
    Store::open(StoreConfig::new(url, Keys::from_master([7; 32])).creating()).unwrap()
}

/// R1, R2: no answer without the row, the entry and its place.
#[test]
fn what_was_answered_outlives_a_kill() {
    if let Some(file) = std::env::var_os(CHILD) {
        act_until_killed(Path::new(&file));
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("placet.db");
    let mut answered = BTreeSet::new();
    for answers in [1, 40, 333, 7, 100] {
        answered.extend(kill_after(&file, answers));

        let store = open(&file);
        let seen = answered.clone();
        let missing: Vec<String> = store
            .read_blocking(move |tx| {
                let is_missing = |name: &&String| settings::find(tx, name) == Ok(None);
                Ok::<_, StoreError>(seen.iter().filter(is_missing).cloned().collect())
            })
            .unwrap();
        assert!(missing.is_empty(), "lost: {missing:?}");
        let counts = store.read_blocking(|tx| {
            let rows = tx.find_one("select count(*) from settings", &[])?;
            Ok::<_, StoreError>((rows.map(|row| row.get::<u64>(0)), ledger::size(tx)?))
        });
        let (rows, entries) = counts.unwrap();
        assert_eq!(
            rows,
            Some(Ok(entries)),
            "a row for each entry and an entry for each row"
        );
        assert!(store.verify_ledger(Vec::new(), |_| ()).unwrap().is_sound());
    }
    assert!(answered.len() >= 481);
}

/// Runs the child until it was answered so often; gives every name it was answered.
fn kill_after(file: &Path, answers: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "what_was_answered_outlives_a_kill",
            "--nocapture",
        ])
        .env(CHILD, file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut named = || {
        lines
            .by_ref()
            .find_map(|line| line.ok()?.strip_prefix("answered ").map(str::to_owned))
    };
    let mut answered: Vec<String> = (0..answers).map(|_| named().unwrap()).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    // What it still said before it died was answered too.
    while let Some(name) = named() {
        answered.push(name);
    }
    answered
}

fn act_until_killed(file: &Path) -> ! {
    let store = open(file);
    let done = store.read_blocking(ledger::size).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0.. {
                let _ = store.checkpoint(noon_plus(n));
            }
        });
        for number in 0..THREADS {
            let store = &store;
            scope.spawn(move || {
                for n in 0.. {
                    let name = format!("{done}-{number}-{n}");
                    set(store, &name, (done << 40) + (number << 32) + n);
                    // In one write, so that a kill leaves no half line.
                    let line = format!("answered {name}\n");
                    std::io::stdout().write_all(line.as_bytes()).unwrap();
                }
            });
        }
    });
    panic!("it was to be killed");
}

fn set(store: &Store, name: &str, seed: u64) {
    let name = name.to_owned();
    let done: Result<(), StoreError> = store.act_blocking(grant(), &ctx(seed), move |tx, ctx| {
        settings::put(tx, &name, "1", noon(), &ctx.actor.code())?;
        tx.record(Entry::new("test"));
        Ok(())
    });
    done.unwrap();
}
