//! The whole ledger verified, and what a changed row looks like.

use placet_domain::entry::Entry;
use placet_store::{Engine, Store};
use placet_testing::{ctx, ctx_at, noon_plus};

use super::harness::{Kind, act, with_store};

fn append(store: &Store, seed: u64, count: u64) {
    act(
        store,
        &ctx_at(noon_plus(seed as i64), seed),
        move |tx, _| {
            for n in 0..count {
                tx.record(Entry::new("test").with("n", n));
            }
            Ok(())
        },
    )
    .unwrap();
}

fn problems(store: &Store, kept: Vec<String>) -> Vec<String> {
    store
        .verify_ledger(kept, |_| ())
        .unwrap()
        .problems()
        .collect()
}

/// What an intruder with the database in hand does.
fn change(store: &Store, sql: &'static str) {
    store.settle_ledger().unwrap();
    act(store, &ctx(999), move |tx, _| {
        let guard = match tx.engine() {
            Engine::Sqlite => "drop trigger ledger_entries_no_update",
            Engine::Postgres => "drop trigger ledger_entries_no_change on ledger_entries",
        };
        tx.execute(guard, &[])?;
        tx.execute(sql, &[])?;
        tx.record(Entry::new("test"));
        Ok(())
    })
    .unwrap();
}

pub(crate) fn a_log_that_nobody_touched_is_sound(kind: Kind) {
    with_store(kind, |store| {
        let mut kept = Vec::new();
        for (seed, count) in [1, 255, 3, 300].into_iter().enumerate() {
            append(store, seed as u64, count);
            kept.extend(store.checkpoint(noon_plus(seed as i64)).unwrap());
        }
        append(store, 9, 2);
        let found = store.verify_ledger(kept, |_| ()).unwrap();
        assert!(
            found.is_sound(),
            "{:?}",
            found.problems().collect::<Vec<_>>()
        );
        let log = &found.log;
        // Each checkpoint twice: as stored and as kept.
        assert_eq!((log.size, log.tiles, log.checkpoints), (561, 2, 8));
        assert_eq!((log.last_checkpoint, log.unsigned()), (Some(559), 2));
    });
}

pub(crate) fn a_changed_entry_is_named(kind: Kind) {
    with_store(kind, |store| {
        append(store, 1, 300);
        store.checkpoint(noon_plus(1)).unwrap();
        change(
            store,
            "update ledger_entries set kind = 'other', body = leaf_hash where place = 77",
        );
        assert_eq!(
            problems(store, Vec::new()),
            ["entry at place 77: the entry was changed"]
        );
    });
}

pub(crate) fn a_changed_column_is_named(kind: Kind) {
    with_store(kind, |store| {
        append(store, 1, 300);
        change(
            store,
            "update ledger_entries set kind = 'other', at = at + 1 where place = 277",
        );
        assert_eq!(
            problems(store, Vec::new()),
            [
                "entry at place 277: column kind was changed",
                "entry at place 277: column at was changed",
            ]
        );
    });
}
