//! Acts and reads: what is kept, and what a failure leaves.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use placet_domain::entry::Entry;
use placet_store::{Fault, Store, StoreError, append_only};
use placet_testing::{ctx, grant};

use super::harness::{Kind, Place, act, insert, log_size, read, set, value_of, with_store};

pub(crate) fn an_act_is_kept_with_its_entry(kind: Kind) {
    with_store(kind, |store| {
        set(store, &ctx(1), "a", "1").unwrap();
        assert_eq!(value_of(store, "a").as_deref(), Some("1"));
        assert_eq!(log_size(store), 1);
    });
}

/// R10: no act without record.
pub(crate) fn an_act_that_writes_without_an_entry_is_not_kept(kind: Kind) {
    with_store(kind, |store| {
        let silent = act(store, &ctx(1), |tx, ctx| insert(tx, ctx, "a", "1"));
        assert_eq!(silent, Err(StoreError::NotRecorded));
        assert_eq!(value_of(store, "a"), None);

        // `returning` writes too.
        let silent = act(store, &ctx(2), |tx, ctx| {
            tx.list(
                "insert into settings (name, value, changed_at, changed_by)
                 values ('a', '1', $1, 'test') returning name",
                &[&ctx.now],
            )
            .map(drop)
        });
        assert_eq!(silent, Err(StoreError::NotRecorded));
        assert_eq!((value_of(store, "a"), log_size(store)), (None, 0));

        // Looking without touching needs none, and touching no row is not writing.
        act(store, &ctx(3), |tx, _| {
            tx.list("select name from settings", &[]).map(drop)
        })
        .unwrap();
        act(store, &ctx(4), |tx, _| {
            tx.execute("delete from settings where name = 'z'", &[])
                .map(drop)
        })
        .unwrap();
    });
}

pub(crate) fn a_refused_act_leaves_nothing(kind: Kind) {
    #[derive(Debug, PartialEq)]
    enum Refusal {
        Rule,
        Store(StoreError),
    }
    impl From<StoreError> for Refusal {
        fn from(error: StoreError) -> Self {
            Self::Store(error)
        }
    }
    with_store(kind, |store| {
        let refused: Result<(), _> = store.act_blocking(grant(), &ctx(1), |tx, ctx| {
            insert(tx, ctx, "a", "1")?;
            tx.record(Entry::new("test"));
            Err(Refusal::Rule)
        });
        assert_eq!(refused, Err(Refusal::Rule));
        assert_eq!((value_of(store, "a"), log_size(store)), (None, 0));
        set(store, &ctx(2), "b", "2").unwrap();
        assert_eq!(log_size(store), 1);
    });
}

pub(crate) fn a_panic_costs_one_act(kind: Kind) {
    with_store(kind, |store| {
        let panicked: Result<(), _> = act(store, &ctx(1), |tx, ctx| {
            insert(tx, ctx, "a", "1")?;
            tx.record(Entry::new("test"));
            panic!("a defect")
        });
        assert_eq!(panicked, Err(StoreError::Defect));
        let read: Result<(), StoreError> = store.read_blocking(|_| panic!("a defect"));
        assert_eq!(read, Err(StoreError::Defect));
        set(store, &ctx(2), "a", "2").unwrap();
        assert_eq!(value_of(store, "a").as_deref(), Some("2"));
        assert_eq!(log_size(store), 1);
    });
}

pub(crate) fn a_failed_statement_loses_the_act_even_when_it_goes_on(kind: Kind) {
    with_store(kind, |store| {
        set(store, &ctx(1), "a", "1").unwrap();
        let swallowed = act(store, &ctx(2), |tx, ctx| {
            insert(tx, ctx, "b", "2")?;
            tx.record(Entry::new("test"));
            assert_eq!(insert(tx, ctx, "a", "2"), Err(StoreError::Conflict));
            assert_eq!(insert(tx, ctx, "c", "3"), Err(StoreError::Conflict));
            Ok(())
        });
        assert_eq!(swallowed, Err(StoreError::Conflict));
        assert_eq!((value_of(store, "b"), log_size(store)), (None, 1));
    });
}

pub(crate) fn a_taken_key_is_a_conflict(kind: Kind) {
    with_store(kind, |store| {
        set(store, &ctx(1), "a", "1").unwrap();
        assert_eq!(set(store, &ctx(2), "a", "2"), Err(StoreError::Conflict));
        // So is a row that refers to none.
        let orphan = act(store, &ctx(3), |tx, ctx| {
            tx.record(Entry::new("test"));
            tx.execute(
                "insert into operator_roles (operator_id, role, granted_at) values ($1, 'x', $2)",
                &[&[1_u8; 16], &ctx.now],
            )
        });
        assert_eq!(orphan, Err(StoreError::Conflict));
    });
}

pub(crate) fn append_only_rows_stay(kind: Kind) {
    with_store(kind, |store| {
        set(store, &ctx(1), "a", "1").unwrap();
        store.settle_ledger().unwrap();
        let verbs = [
            "update ledger_entries set kind = 'x'",
            "delete from ledger_entries",
        ];
        for sql in verbs {
            let changed = act(store, &ctx(2), move |tx, _| {
                tx.record(Entry::new("test"));
                tx.execute(sql, &[])
            });
            assert_eq!(changed, Err(StoreError::AppendOnly), "{sql}");
        }
        assert_eq!(log_size(store), 1);

        // Every table of the list has its guards: the statement is refused, or touches no row.
        assert!(append_only().count() >= 15);
        for table in append_only() {
            let guards = read(store, move |tx| {
                let sql = match tx.engine() {
                    placet_store::Engine::Sqlite => {
                        "select count(*) from sqlite_schema where type = 'trigger' and tbl_name = $1"
                    }
                    placet_store::Engine::Postgres => {
                        "select count(*) from pg_trigger where tgrelid = cast($1 as text)::regclass
                            and not tgisinternal"
                    }
                };
                tx.find_one(sql, &[&table])?.unwrap().get::<i64>(0)
            });
            assert_eq!(guards, 2, "{table}");
        }
    });
}

pub(crate) fn a_read_sees_one_moment_and_cannot_write(kind: Kind) {
    with_store(kind, |store| {
        set(store, &ctx(1), "a", "1").unwrap();
        let other = store.clone();
        let seen = read(store, move |tx| {
            let count = |tx: &mut placet_store::Tx| {
                tx.find_one("select count(*) from settings", &[])?
                    .unwrap()
                    .get::<i64>(0)
            };
            let before = count(tx)?;
            // From another thread, since a read must not wait for an act of its own.
            let other = other.clone();
            let name = format!("during-{before}");
            thread::spawn(move || set(&other, &ctx(2), &name, "2").unwrap())
                .join()
                .unwrap();
            Ok((before, count(tx)?))
        });
        assert_eq!(seen, (1, 1));
        let written = store.read_blocking(|tx| tx.execute("delete from settings", &[]));
        assert!(written.is_err());
        assert_eq!(value_of(store, "a").as_deref(), Some("1"));
    });
}

pub(crate) fn acts_from_many_threads_are_all_kept(kind: Kind) {
    const THREADS: u64 = 8;
    const EACH: u64 = 25;
    with_store(kind, |store| {
        thread::scope(|scope| {
            for thread in 0..THREADS {
                scope.spawn(move || {
                    for n in 0..EACH {
                        let number = thread * EACH + n;
                        let done = set(store, &ctx(number), &number.to_string(), "x");
                        // Every fifth is refused: the others share its commit.
                        done.unwrap();
                        let again = set(store, &ctx(number + 1000), &number.to_string(), "y");
                        assert_eq!(again, Err(StoreError::Conflict));
                    }
                });
            }
        });
        assert_eq!(log_size(store), THREADS * EACH);
        let count: u64 = read(store, |tx| {
            tx.find_one("select count(*) from settings where value = 'x'", &[])?
                .unwrap()
                .get(0)
        });
        assert_eq!(count, THREADS * EACH);
    });
}

/// Two acts read the same counter and add to it: no addition is lost.
pub(crate) fn acts_that_collide_are_run_again(kind: Kind) {
    const THREADS: u64 = 4;
    const EACH: u64 = 10;
    with_store(kind, |store| {
        set(store, &ctx(1), "n", "0").unwrap();
        let runs = Arc::new(AtomicU32::new(0));
        let start = Arc::new(Barrier::new(THREADS as usize));
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (runs, start) = (Arc::clone(&runs), Arc::clone(&start));
                scope.spawn(move || {
                    start.wait();
                    for n in 0..EACH {
                        let runs = Arc::clone(&runs);
                        let seed = 10 + thread * EACH + n;
                        add_one(store, seed, runs);
                    }
                });
            }
        });
        assert_eq!(value_of(store, "n"), Some((THREADS * EACH).to_string()));
        assert!(u64::from(runs.load(Ordering::Relaxed)) >= THREADS * EACH);
        assert_eq!(log_size(store), 1 + THREADS * EACH);
    });
}

fn add_one(store: &Store, seed: u64, runs: Arc<AtomicU32>) {
    loop {
        let runs = Arc::clone(&runs);
        let done = act(store, &ctx(seed), move |tx, _| {
            runs.fetch_add(1, Ordering::Relaxed);
            let row = tx
                .find_one("select value from settings where name = 'n'", &[])?
                .unwrap();
            let next = row.text(0)?.parse::<u64>().unwrap() + 1;
            tx.execute(
                "update settings set value = $1 where name = 'n'",
                &[&next.to_string()],
            )?;
            tx.record(Entry::new("test"));
            Ok(())
        });
        match done {
            Ok(()) => return,
            // Twenty collisions in a row: the caller is told, and asks again.
            Err(error) => assert_eq!(error, StoreError::Conflict),
        }
    }
}

pub(crate) fn acts_run_from_tasks(kind: Kind) {
    with_store(kind, |store| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let store = store.clone();
        runtime.block_on(async move {
            let done: Result<String, StoreError> = store
                .act(grant(), &ctx(1), |tx, ctx| {
                    insert(tx, ctx, "a", "1")?;
                    tx.record(Entry::new("test"));
                    Ok("done".to_owned())
                })
                .await;
            assert_eq!(done.as_deref(), Ok("done"));
            let value = store.read(|tx| placet_store::settings::find(tx, "a")).await;
            assert_eq!(value, Ok(Some("1".to_owned())));
        });
    });
}

pub(crate) fn a_full_disk_fails_the_act_and_the_next_one_succeeds(kind: Kind) {
    let Some(place) = Place::new(kind) else {
        return;
    };
    let store = place.open();
    let faults = [
        (Fault::Full, StoreError::Full),
        (Fault::Unavailable, StoreError::Unavailable),
    ];
    for (seed, (fault, error)) in (0..).step_by(10).zip(faults) {
        let name = format!("{fault:?}");
        set(&store, &ctx(seed), &format!("before {name}"), "1").unwrap();
        place.config.faults.plan(0, fault);
        assert_eq!(set(&store, &ctx(seed + 1), &name, "1"), Err(error));
        assert_eq!(value_of(&store, &name), None);
        // Whoever asks again asks with the same context.
        set(&store, &ctx(seed + 1), &name, "2").unwrap();
        assert_eq!(value_of(&store, &name).as_deref(), Some("2"));
    }
    assert_eq!(log_size(&store), 4);
}

/// R2: the disk is full in the middle of a statement, and the engine rolls back by itself.
pub(crate) fn a_disk_that_is_really_full_costs_nothing_kept(kind: Kind) {
    if kind == Kind::Postgres {
        // The engine of a server answers with its code; see the planned fault above.
        return;
    }
    let place = Place::new(kind).unwrap();
    let store = place.open();
    set(&store, &ctx(1), "before", "1").unwrap();
    place.config.faults.limit_pages(Some(1));
    let large = "x".repeat(200_000);
    thread::scope(|scope| {
        for seed in 10..30 {
            let (store, large) = (&store, &large);
            scope.spawn(move || {
                assert_eq!(
                    set(store, &ctx(seed), &seed.to_string(), large),
                    Err(StoreError::Full)
                );
            });
        }
    });
    // What is there can be read and verified while the disk is full.
    assert_eq!(value_of(&store, "before").as_deref(), Some("1"));
    assert!(store.verify_ledger(Vec::new(), |_| ()).unwrap().is_sound());

    place.config.faults.limit_pages(None);
    set(&store, &ctx(40), "after", &large).unwrap();
    assert_eq!(log_size(&store), 2);
    store.checkpoint(placet_testing::noon()).unwrap().unwrap();
    assert!(store.verify_ledger(Vec::new(), |_| ()).unwrap().is_sound());
}

/// Ids are drawn from a seed; the same seed twice must not jam the ledger.
pub(crate) fn an_entry_id_is_used_once(kind: Kind) {
    with_store(kind, |store| {
        set(store, &ctx(1), "a", "1").unwrap();
        store.settle_ledger().unwrap();
        assert_eq!(set(store, &ctx(1), "b", "1"), Err(StoreError::Conflict));
        set(store, &ctx(2), "d", "1").unwrap();
        assert_eq!(log_size(store), 2);
    });
}

pub(crate) fn a_crash_before_the_commit_keeps_nothing(kind: Kind) {
    crash(kind, Fault::CrashBefore, None, 1);
}

pub(crate) fn a_crash_after_the_commit_keeps_everything(kind: Kind) {
    crash(kind, Fault::CrashAfter, Some("1"), 2);
}

fn crash(kind: Kind, fault: Fault, kept: Option<&str>, size: u64) {
    let Some(mut place) = Place::new(kind) else {
        return;
    };
    let store = place.open();
    set(&store, &ctx(1), "before", "1").unwrap();
    place.config.faults.plan(0, fault);
    assert_eq!(set(&store, &ctx(2), "a", "1"), Err(StoreError::Unavailable));
    assert!(place.config.faults.is_dead());
    assert_eq!(set(&store, &ctx(3), "b", "1"), Err(StoreError::Unavailable));
    drop(store);

    place.config.faults = placet_store::Faults::default();
    let store = place.open();
    assert_eq!(value_of(&store, "a").as_deref(), kept);
    assert_eq!(value_of(&store, "b"), None);
    assert_eq!(log_size(&store), size);
    set(&store, &ctx(4), "after", "1").unwrap();
    assert_eq!(log_size(&store), size + 1);
}
