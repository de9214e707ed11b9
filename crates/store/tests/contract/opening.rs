//! What is opened, what is refused, and what is created.

use std::fs;

use placet_store::{Keys, OpenError, Store, StoreConfig, migrate};
use placet_testing::ctx;

use super::harness::{Kind, Place, act, set, value_of};

fn refused(place: &Place) -> OpenError {
    match Store::open(place.config.clone()) {
        Ok(_) => panic!("it was opened"),
        Err(error) => error,
    }
}

pub(crate) fn nothing_is_created_unless_asked(kind: Kind) {
    let Some(mut place) = Place::new(kind) else {
        return;
    };
    place.config.create = false;
    let error = refused(&place);
    assert!(matches!(error, OpenError::Missing(_)));
    assert!(
        error.to_string().contains("placet init"),
        "it says the next step: {error}"
    );
    assert!(matches!(migrate(&place.config), Err(OpenError::Missing(_))));
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 0);

    place.config.create = true;
    set(&place.open(), &ctx(1), "a", "1").unwrap();
    place.config.create = false;
    assert_eq!(value_of(&place.open(), "a").as_deref(), Some("1"));
    assert_eq!(migrate(&place.config).unwrap(), (1, 1));
}

pub(crate) fn a_schema_of_another_version_is_refused(kind: Kind) {
    let change = |sql: &'static str| {
        let place = Place::new(kind)?;
        act(&place.open(), &ctx(1), move |tx, _| {
            tx.record(placet_domain::entry::Entry::new("test"));
            tx.execute(sql, &[])
        })
        .unwrap();
        Some(refused(&place))
    };
    let newer = change(
        "insert into schema_migrations (version, name, text_hash) select 2, 'x', text_hash from schema_migrations",
    );
    let Some(newer) = newer else { return };
    assert!(matches!(newer, OpenError::Newer { found: 2, known: 1 }));
    let altered = change("update schema_migrations set name = 'y', text_hash = key_hash from
                          (select text_hash as old, substr(text_hash, 2) as key_hash from schema_migrations) as t");
    assert!(matches!(altered, Some(OpenError::Altered(1))));
    let older = change("delete from schema_migrations");
    assert!(matches!(
        older,
        Some(OpenError::Older { found: 0, known: 1 })
    ));
}

pub(crate) fn a_foreign_database_is_left_alone(kind: Kind) {
    let Some(place) = Place::new(kind) else {
        return;
    };
    match kind {
        Kind::Sqlite => {
            let path = place.folder.path().join("placet.db");
            fs::write(
                &path,
                "somebody's diary, and not a short one, in plain text",
            )
            .unwrap();
            assert!(matches!(refused(&place), OpenError::Foreign(_)));
            fs::remove_file(&path).unwrap();
            let db = rusqlite::Connection::open(&path).unwrap();
            db.execute_batch("create table diary (line text)").unwrap();
            drop(db);
            let before = fs::read(&path).unwrap();
            assert!(matches!(refused(&place), OpenError::Foreign(_)));
            assert_eq!(fs::read(&path).unwrap(), before);
        }
        Kind::Postgres => {
            let config = place
                .config
                .url
                .parse()
                .map(|config: postgres::Config| config);
            let mut client = config.unwrap().connect(postgres::NoTls).unwrap();
            client
                .batch_execute("create table diary (line text)")
                .unwrap();
            assert!(matches!(refused(&place), OpenError::Foreign(_)));
        }
    }
}

pub(crate) fn an_address_that_cannot_be_used_says_why(kind: Kind) {
    let keys = Keys::from_master([7; 32]);
    let error = |url: &str| match Store::open(StoreConfig::new(url, keys.clone()).creating()) {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error.to_string(),
    };
    let said = match kind {
        Kind::Sqlite => vec![
            (
                error("mysql://root:secret@host/db"),
                "use sqlite:PATH or postgres://",
            ),
            (error("sqlite:"), "use sqlite:PATH"),
            (
                error("sqlite:/nowhere/at/all/placet.db"),
                "/nowhere/at/all/placet.db",
            ),
        ],
        Kind::Postgres => vec![
            (
                error("postgres://u:secret@localhost/db?sslmode=require"),
                "sslmode=require",
            ),
            (
                error("postgres://u:secret@%2Fnowhere%2Fat%2Fall/db"),
                "database `db`",
            ),
            (
                error("postgres://u:secret@host/db?nonsense=1"),
                "use sqlite:PATH",
            ),
        ],
    };
    for (text, part) in said {
        assert!(text.contains(part), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}
