//! One bit flipped anywhere in the database file: whatever changes what the ledger's tables hold is
//! found, and what changes nothing (free space, slack) raises no alarm.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::fs;
use std::path::Path;

use placet_domain::entry::Entry;
use placet_domain::id::PersonId;
use placet_ledger::VerifyingKey;
use placet_store::decisions::{self, Decided};
use placet_store::{Durability, Entropy, Keys, Store, StoreConfig, StoreError, Tx, open_to_verify};
use placet_testing::{ctx_at, grant, noon, noon_plus};
use rusqlite::types::Value;
use tempfile::TempDir;

const TRIALS: u64 = 1_000;

fn config(path: &Path) -> StoreConfig {
    let url = format!("sqlite:{}", path.display());
    let mut config = StoreConfig::new(url, Keys::from_master([7; 32])).creating();
    config.entropy = Entropy::seeded(1);
    config.durability = Durability::None;
    config
}

/// Six hundred entries, every tenth with its decision; closed, which leaves all in one file.
fn written(path: &Path) -> VerifyingKey {
    let store = Store::open(config(path)).unwrap();
    for n in 0..60 {
        let act = move |tx: &mut Tx, ctx: &placet_domain::ctx::Ctx| {
            let person: PersonId = ctx.new_id();
            (0..9).for_each(|k| {
                tx.record(Entry::new("consent.granted").about(person).with("n", k));
            });
            decide(tx, ctx, person)
        };
        let ctx = ctx_at(noon_plus(n), n as u64);
        store.act_blocking(grant(), &ctx, act).unwrap();
        store.checkpoint(noon_plus(n)).unwrap().unwrap();
    }
    store.ledger_key().clone()
}

fn decide(tx: &mut Tx, ctx: &placet_domain::ctx::Ctx, person: PersonId) -> Result<(), StoreError> {
    let decided = Decided {
        id: ctx.new_id(),
        person,
        campaign: None,
        delivery: None,
        decided_at: noon(),
        outcome: "permit".to_owned(),
        category: "marketing".to_owned(),
        pack: "us 1".to_owned(),
        profile: "conservative".to_owned(),
    };
    let added = decisions::add(tx, &decided, b"what was asked", b"what was answered")?;
    let hex =
        |hash: [u8; 32]| -> String { hash.iter().map(|byte| format!("{byte:02x}")).collect() };
    if let Some(answer) = added.new_answer {
        tx.record(Entry::new("decision.answer_kept").with("answer_hash", hex(answer)));
    }
    let entry = Entry::new("decision.made")
        .about(person)
        .with("decision", decided.id);
    let entry = entry.with("decided_at", noon()).with("outcome", "permit");
    let entry = entry.with("category", "marketing").with("pack", "us 1");
    tx.record(
        entry
            .with("profile", "conservative")
            .with("body_hash", hex(added.hash)),
    );
    Ok(())
}

/// What a verifier with nothing but the file and the public key finds; an error is a finding too.
fn found(path: &Path, key: &VerifyingKey) -> Vec<String> {
    let mut tx = match open_to_verify(&format!("sqlite:{}", path.display())) {
        Ok(tx) => tx,
        Err(error) => return vec![error.to_string()],
    };
    match placet_store::verify::verify(&mut tx, std::slice::from_ref(key), &[], &mut |_| ()) {
        Ok(verification) => verification.problems().collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// Everything that the ledger's tables hold, read without any index.
fn held(path: &Path) -> rusqlite::Result<Vec<Vec<Value>>> {
    let db = rusqlite::Connection::open(path)?;
    let mut all = Vec::new();
    for table in [
        "ledger_entries",
        "ledger_tiles",
        "ledger_checkpoints",
        "decisions",
        "decision_answers",
    ] {
        let mut statement = db.prepare(&format!(
            "select rowid, * from {table} not indexed order by rowid"
        ))?;
        let width = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            all.push(
                (0..width)
                    .map(|at| row.get(at))
                    .collect::<rusqlite::Result<_>>()?,
            );
        }
    }
    Ok(all)
}

/// What the engine says of the file, and the schema as text: a column that lost its name is no
/// change of what is held, but nothing can be read by that name any more.
fn condition(path: &Path) -> Option<(String, String)> {
    let db = rusqlite::Connection::open(path).ok()?;
    let ask = |sql: &str| db.query_row(sql, [], |row| row.get::<_, String>(0)).ok();
    let schema = "select group_concat(sql, char(10) order by rowid) from sqlite_schema";
    Some((ask("pragma integrity_check")?, ask(schema)?))
}

#[test]
fn one_flipped_bit_of_the_file_is_found_unless_it_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("placet.db");
    let key = written(&path);
    assert_eq!(found(&path, &key), [""; 0]);
    let (original, holds) = (fs::read(&path).unwrap(), held(&path).unwrap());
    let whole = condition(&path);
    assert!(original.len() > 100_000, "the journal was not folded in");

    let (mut n_changed, mut state) = (0, 42_u64);
    for trial in 0..TRIALS {
        // Knuth's generator: any fixed sequence of places will do.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let bit = usize::try_from(state >> 16).unwrap() % (original.len() * 8);
        let mut bytes = original.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let copy = folder.path().join(format!("{trial}.db"));
        fs::write(&copy, &bytes).unwrap();

        let problems = found(&copy, &key);
        let is_changed = held(&copy).ok().as_ref() != Some(&holds);
        n_changed += u32::from(is_changed);
        if is_changed {
            assert!(
                !problems.is_empty(),
                "bit {bit} changed the ledger and was not found"
            );
        } else if condition(&copy) == whole {
            assert_eq!(problems, [""; 0], "bit {bit} changed nothing");
        }
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(folder.path().join(format!("{trial}.db{suffix}")));
        }
    }
    assert!(
        n_changed > TRIALS as u32 / 8,
        "only {n_changed} flips changed the ledger"
    );
}
