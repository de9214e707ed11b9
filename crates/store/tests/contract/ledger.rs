//! The ledger inside the store.

use placet_domain::entry::Entry;
use placet_domain::id::{PersonId, RawId};
use placet_ledger::proof::verify_consistency;
use placet_ledger::{Checkpoint, Frontier, leaf_hash};
use placet_store::{OpenError, Store, StoreError, ledger};
use placet_testing::{ctx, ctx_at, grant, noon, noon_plus};

use super::harness::{Kind, Place, act, log_size, read, set, with_store};

fn append(store: &Store, seed: u64, count: u64) {
    act(store, &ctx(seed), move |tx, _| {
        for n in 0..count {
            tx.record(Entry::new("test").with("n", n));
        }
        Ok(())
    })
    .unwrap();
}

pub(crate) fn entries_have_their_places_and_bytes(kind: Kind) {
    with_store(kind, |store| {
        let person = PersonId::from(RawId::at(noon(), [5; 10]));
        let now = noon_plus(1).checked_add(placet_domain::time::Span::new().microseconds(7));
        let mut ctx = ctx_at(now.unwrap(), 1);
        ctx.request = Some(ctx.new_id());
        let request = ctx.request;
        let id = act(store, &ctx, move |tx, _| {
            tx.record(Entry::new("first"));
            let about = Entry::new("consent.withdrawn").about(person);
            Ok(tx.record(about.with("channel", "email").with("a", "b")))
        })
        .unwrap();
        store.settle_ledger().unwrap();

        let entry = read(store, move |tx| ledger::find(tx, id)).unwrap();
        let expected = format!(
            "{{\"v\":1,\"id\":\"{id}\",\"kind\":\"consent.withdrawn\",\
             \"at\":\"2026-03-01T17:00:01.000007Z\",\"person\":\"{person}\",\
             \"actor\":\"system:test\",\"request\":\"{}\",\
             \"facts\":{{\"a\":\"b\",\"channel\":\"email\"}}}}",
            request.unwrap()
        );
        assert_eq!(String::from_utf8(entry.body.clone()).unwrap(), expected);
        assert_eq!(entry.place, Some(1));
        assert_eq!((entry.person, entry.at), (Some(person), ctx.now));
        assert_eq!(entry.read().unwrap().facts["channel"], "email");

        let all = read(store, |tx| ledger::list_from(tx, 0, 10));
        assert_eq!(
            all.iter().map(|entry| entry.place).collect::<Vec<_>>(),
            [Some(0), Some(1)]
        );
        let newest = read(store, |tx| ledger::list_newest(tx, None, 1));
        assert_eq!(newest, all[1..]);
        assert_eq!(
            read(store, |tx| ledger::list_newest(tx, Some(1), 10)),
            all[..1]
        );
        assert_eq!(
            read(store, move |tx| ledger::list_about(tx, person, None, 9)),
            all[1..]
        );
        assert_eq!(
            read(store, |tx| ledger::list_of_kind(tx, "first", 0..9, 9)),
            all[..1]
        );
        assert_eq!(read(store, |tx| ledger::find_at(tx, 2)), None);
    });
}

pub(crate) fn the_tree_is_that_of_the_entries(kind: Kind) {
    with_store(kind, |store| {
        // Past one full tile, in unequal acts.
        for (seed, count) in [1, 2, 252, 1, 255, 300].into_iter().enumerate() {
            append(store, seed as u64, count);
        }
        let size = log_size(store);
        assert_eq!(size, 811);
        let entries = read(store, |tx| ledger::list_from(tx, 0, 1000));
        let mut frontier = Frontier::new();
        entries
            .iter()
            .for_each(|entry| frontier.push(leaf_hash(&entry.body)));
        assert_eq!(
            read(store, move |tx| ledger::root(tx, size)),
            frontier.root()
        );
        let tiles = read(store, |tx| {
            tx.list("select level, idx from ledger_tiles", &[])
        });
        assert_eq!(tiles.len(), 3);
    });
}

pub(crate) fn a_checkpoint_is_signed_when_there_is_news(kind: Kind) {
    with_store(kind, |store| {
        assert_eq!(store.checkpoint(noon()).unwrap(), None);
        append(store, 1, 3);
        let note = store.checkpoint(noon()).unwrap().unwrap();
        let keys = [store.ledger_key().clone()];
        let first = Checkpoint::open(&note, &keys).unwrap();
        assert_eq!(
            (first.size, first.signed_at()),
            (3, Some(noon().as_microsecond()))
        );
        assert_eq!(first.origin, format!("placet/{}", store.instance()));
        assert_eq!(store.checkpoint(noon_plus(1)).unwrap(), None);
        append(store, 2, 300);
        let note = store.checkpoint(noon_plus(2)).unwrap().unwrap();
        let second = Checkpoint::open(&note, &keys).unwrap();
        let proof = read(store, |tx| ledger::prove_consistency(tx, 3, 303)).unwrap();
        verify_consistency(3, &first.root, 303, &second.root, &proof).unwrap();
        let latest = read(store, ledger::latest_checkpoint).unwrap();
        assert_eq!((latest.size, latest.note), (303, note));
        assert_eq!(
            read(store, |tx| ledger::list_checkpoints(tx, Some(303), 9))[0].size,
            3
        );
    });
}

pub(crate) fn any_entry_has_a_receipt_that_a_stranger_can_check(kind: Kind) {
    with_store(kind, |store| {
        append(store, 1, 600);
        assert_eq!(
            read(store, |tx| ledger::receipt(tx, 5)),
            None,
            "nothing is signed yet"
        );
        store.checkpoint(noon()).unwrap();
        append(store, 2, 100);
        let keys = [store.ledger_key().clone()];
        for place in [0, 255, 256, 599] {
            let receipt = read(store, move |tx| ledger::receipt(tx, place)).unwrap();
            assert_eq!(receipt.verify(&keys).unwrap().size, 600);
        }
        assert_eq!(read(store, |tx| ledger::receipt(tx, 600)), None);
        store.checkpoint(noon_plus(1)).unwrap();
        let receipt = read(store, |tx| ledger::receipt(tx, 699)).unwrap();
        assert_eq!(receipt.verify(&keys).unwrap().size, 700);
        assert_eq!(
            read(store, |tx| ledger::prove_inclusion(tx, 700, 700)),
            None
        );
        assert_eq!(read(store, |tx| ledger::prove_inclusion(tx, 1, 701)), None);
    });
}

pub(crate) fn the_log_goes_on_after_a_restart(kind: Kind) {
    let Some(place) = Place::new(kind) else {
        return;
    };
    let mut size = 0;
    for (seed, count) in [100, 155, 1, 257, 3].into_iter().enumerate() {
        let store = place.open();
        append(&store, seed as u64, count);
        size += count;
        assert_eq!(log_size(&store), size);
        store.checkpoint(noon_plus(seed as i64)).unwrap();
    }
    let store = place.open();
    let entries = read(&store, |tx| ledger::list_from(tx, 0, 1000));
    let mut frontier = Frontier::new();
    entries
        .iter()
        .for_each(|entry| frontier.push(leaf_hash(&entry.body)));
    assert_eq!(
        read(&store, ledger::latest_checkpoint).unwrap().root,
        frontier.root()
    );
}

/// The command line acts while the server runs.
pub(crate) fn two_processes_extend_one_log(kind: Kind) {
    let Some(place) = Place::new(kind) else {
        return;
    };
    let (one, two) = (place.open(), place.open());
    for seed in 0..20 {
        append(&one, 2 * seed, 20);
        append(&two, 2 * seed + 1, 1);
        one.checkpoint(noon_plus(seed as i64)).unwrap();
    }
    std::thread::scope(|scope| {
        for (store, first) in [(&one, 100), (&two, 200)] {
            scope.spawn(move || (first..first + 30).for_each(|seed| append(store, seed, 2)));
        }
    });
    one.settle_ledger().unwrap();
    two.settle_ledger().unwrap();
    assert_eq!(log_size(&one), 540);
    let entries = read(&two, |tx| ledger::list_from(tx, 0, 1000));
    let mut frontier = Frontier::new();
    entries
        .iter()
        .for_each(|entry| frontier.push(leaf_hash(&entry.body)));
    assert_eq!(read(&two, |tx| ledger::root(tx, 540)), frontier.root());
}

pub(crate) fn a_broken_chain_takes_no_more_acts(kind: Kind) {
    let Some(place) = Place::new(kind) else {
        return;
    };
    let store = place.open();
    append(&store, 1, 3);
    store.checkpoint(noon()).unwrap();
    // Somebody with the database in hand takes an entry away.
    act(&store, &ctx(2), |tx, _| {
        let guards: &[&str] = match tx.engine() {
            placet_store::Engine::Sqlite => &["drop trigger ledger_entries_no_delete"],
            placet_store::Engine::Postgres => {
                &["drop trigger ledger_entries_no_change on ledger_entries"]
            }
        };
        for sql in guards {
            tx.execute(sql, &[])?;
        }
        tx.record(Entry::new("guards.dropped"));
        Ok(())
    })
    .unwrap();
    act(&store, &ctx(3), |tx, _| {
        tx.execute("delete from ledger_entries where place = 1", &[])?;
        tx.record(Entry::new("innocent"));
        Ok(())
    })
    .ok();
    drop(store);
    match Store::open(place.config.clone()) {
        Err(OpenError::Store(StoreError::BrokenLedger)) => {}
        Err(error) => panic!("{error}"),
        Ok(store) => {
            let refused: Result<(), StoreError> = store.act_blocking(grant(), &ctx(4), |tx, _| {
                tx.record(Entry::new("test"));
                Ok(())
            });
            assert_eq!(refused, Err(StoreError::BrokenLedger));
            assert_eq!(
                set(&store, &ctx(5), "a", "1"),
                Err(StoreError::BrokenLedger)
            );
            // What is there can still be read, so that it can be verified.
            assert!(!read(&store, |tx| ledger::list_from(tx, 0, 10)).is_empty());
        }
    }
}
