//! Backup, restore, and what a restored database must not do.

use std::fs;

use placet_domain::entry::Entry;
use placet_domain::id::{PersonId, RawId};
use placet_store::backup::{backup, check, restore};
use placet_store::{Keys, OpenError, Store, StoreConfig, ledger, settings};
use placet_testing::{ctx, grant, noon, noon_plus};

use super::harness::{Kind, Place, act, log_size, read, set, value_of};

/// A store with something in every kind of column.
fn filled(place: &Place) -> Store {
    let store = place.open();
    let odd = "tab\t newline\n backslash \\ \\N quote ' żółć 💚";
    set(&store, &ctx(1), "odd", odd).unwrap();
    set(&store, &ctx(2), settings::SENDING_ARMED, "true").unwrap();
    let person = PersonId::from(RawId::at(noon(), [1; 10]));
    act(&store, &ctx(3), move |tx, _| {
        for n in 0..600 {
            tx.record(Entry::new("test").about(person).with("n", n));
        }
        let sealed = tx.seal(person, "people.sealed", b"row", b"Ada Example")?;
        tx.execute(
            "insert into sign_in_throttles (login_hash, n_failures, locked_until, changed_at)
             values ($1, -1, $2, 0)",
            &[&sealed, &i64::MIN],
        )
    })
    .unwrap();
    store.checkpoint(noon()).unwrap();
    set(&store, &ctx(4), "after", "1").unwrap();
    store.settle_ledger().unwrap();
    store
}

/// R12: a backup can be restored, to either engine, and sends nothing then.
pub(crate) fn a_backup_is_restored_to_either_engine_disarmed(kind: Kind) {
    let Some(place) = Place::new(kind) else {
        return;
    };
    let store = filled(&place);
    let file = place.folder.path().join("copy.placet");
    let summary = backup(&store, &file).unwrap();
    assert_eq!((summary.entries, summary.signed), (603, 602));
    assert_eq!(summary.bytes, fs::metadata(&file).unwrap().len());
    // The original goes on.
    set(&store, &ctx(5), "later", "1").unwrap();

    for target in [Kind::Sqlite, Kind::Postgres] {
        let Some(other) = Place::new(target) else {
            continue;
        };
        restore(&file, &other.config, grant(), &ctx(6)).unwrap();
        let restored = other.open();
        let odd = value_of(&restored, "odd").unwrap();
        assert_eq!(odd, "tab\t newline\n backslash \\ \\N quote ' żółć 💚");
        assert_eq!(
            value_of(&restored, settings::SENDING_ARMED).as_deref(),
            Some("[]")
        );
        assert_eq!(value_of(&restored, "later"), None);
        assert_eq!(restored.instance(), store.instance());
        assert_eq!(log_size(&restored), 604);
        let last = read(&restored, |tx| ledger::list_newest(tx, None, 1));
        assert_eq!(last[0].kind, "store.restored");
        restored.checkpoint(noon_plus(9)).unwrap().unwrap();
        assert!(
            restored
                .verify_ledger(Vec::new(), |_| {})
                .unwrap()
                .is_sound()
        );
    }
    assert_eq!(
        value_of(&store, settings::SENDING_ARMED).as_deref(),
        Some("true")
    );
}

pub(crate) fn nothing_is_overwritten(kind: Kind) {
    let Some(place) = Place::new(kind) else {
        return;
    };
    let store = filled(&place);
    let file = place.folder.path().join("copy.placet");
    fs::write(&file, "precious").unwrap();
    assert!(matches!(backup(&store, &file), Err(OpenError::Exists(_))));
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");

    let file = place.folder.path().join("other.placet");
    backup(&store, &file).unwrap();
    let again = restore(&file, &place.config, grant(), &ctx(6));
    assert!(matches!(again, Err(OpenError::Exists(_))));
    assert_eq!(
        value_of(&store, settings::SENDING_ARMED).as_deref(),
        Some("true")
    );
    let none = restore(
        &place.folder.path().join("none"),
        &place.config,
        grant(),
        &ctx(6),
    );
    assert!(matches!(none, Err(OpenError::Missing(_))));
}

pub(crate) fn a_damaged_copy_is_refused_and_named(kind: Kind) {
    let Some(place) = Place::new(kind) else {
        return;
    };
    let store = filled(&place);
    let file = place.folder.path().join("copy.placet");
    backup(&store, &file).unwrap();
    let target = StoreConfig::new(
        format!("sqlite:{}", place.folder.path().join("target.db").display()),
        place.config.keys.clone(),
    );

    // One entry says something else, its hash fitted to it.
    let db = rusqlite::Connection::open(&file).unwrap();
    db.execute_batch(
        "drop trigger ledger_entries_no_update;
         update ledger_entries set body = cast(replace(cast(body as text), '599', '598') as blob) where place = 601;",
    )
    .unwrap();
    drop(db);
    let refused = restore(&file, &target, grant(), &ctx(6));
    let Err(OpenError::Damaged { fault, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert!(fault.contains("601"), "{fault}");

    fs::write(
        &file,
        "not a database at all, and long enough to have a header",
    )
    .unwrap();
    assert!(matches!(check(&file, &target), Err(OpenError::Foreign(_))));
    let mut stranger = target.clone();
    stranger.keys = Keys::from_master([9; 32]);
    let file = place.folder.path().join("second.placet");
    backup(&store, &file).unwrap();
    assert!(matches!(check(&file, &stranger), Err(OpenError::WrongKey)));
    assert!(!place.folder.path().join("target.db").exists());
    let left: Vec<_> = fs::read_dir(place.folder.path())
        .unwrap()
        .flatten()
        .collect();
    assert!(
        left.iter()
            .all(|file| !file.file_name().to_string_lossy().contains("partial"))
    );
}

/// The copy is of one moment, however busy the store is.
pub(crate) fn a_backup_of_a_busy_store_verifies(kind: Kind) {
    let Some(place) = Place::new(kind) else {
        return;
    };
    let store = filled(&place);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for seed in 100..200 {
                set(&store, &ctx(seed), &seed.to_string(), "x").unwrap();
                store.checkpoint(noon_plus(seed as i64)).unwrap();
            }
        });
        for n in 0..3 {
            let file = place.folder.path().join(format!("copy-{n}.placet"));
            assert!(backup(&store, &file).unwrap().entries >= 603);
        }
        writer.join().unwrap();
    });
}
