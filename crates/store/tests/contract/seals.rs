//! Sealed columns and the keys of people.

use placet_domain::entry::Entry;
use placet_domain::id::{PersonId, RawId};
use placet_store::{Keys, OpenError, Store, StoreError};
use placet_testing::{ctx, noon};

use super::harness::{Kind, Place, act, set, with_store};

fn person(number: u8) -> PersonId {
    PersonId::from(RawId::at(noon(), [number; 10]))
}

fn seal(store: &Store, seed: u64, who: PersonId, plain: &'static [u8]) -> Vec<u8> {
    let sealed = act(store, &ctx(seed), move |tx, _| {
        tx.record(Entry::new("test"));
        tx.seal(who, "people.sealed", b"row", plain)
    });
    sealed.unwrap()
}

fn open(
    store: &Store,
    who: PersonId,
    column: &'static str,
    row: &'static [u8],
    sealed: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let sealed = sealed.to_vec();
    act(store, &ctx(99), move |tx, _| {
        tx.record(Entry::new("test"));
        tx.open_sealed(who, column, row, &sealed)
    })
}

/// R11: identifying columns are sealed, each in its place.
pub(crate) fn what_is_sealed_opens_in_its_place_only(kind: Kind) {
    with_store(kind, |store| {
        let sealed = seal(store, 1, person(1), b"Ada Example");
        let again = seal(store, 2, person(1), b"Ada Example");
        seal(store, 3, person(2), b"other");
        assert_ne!(sealed, again, "each has a nonce of its own");
        assert!(!sealed.windows(3).any(|part| part == b"Ada"));
        let opened = open(store, person(1), "people.sealed", b"row", &sealed);
        assert_eq!(opened.as_deref(), Ok(b"Ada Example".as_slice()));

        let corrupt = |id: &str, table: &str| {
            Err(StoreError::Corrupt {
                table: table.to_owned(),
                id: id.to_owned(),
            })
        };
        let row = "726f77";
        assert_eq!(
            open(store, person(2), "people.sealed", b"row", &sealed),
            corrupt(row, "people")
        );
        assert_eq!(
            open(store, person(3), "people.sealed", b"row", &sealed),
            corrupt(row, "people")
        );
        assert_eq!(
            open(store, person(1), "people.other", b"row", &sealed),
            corrupt(row, "people")
        );
        assert_eq!(
            open(store, person(1), "people.sealed", b"raw", &sealed),
            corrupt("726177", "people")
        );
        for at in [0, 1, 13, sealed.len() - 1] {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert_eq!(
                open(store, person(1), "people.sealed", b"row", &bent),
                corrupt(row, "people"),
                "byte {at}"
            );
        }
        assert_eq!(
            open(store, person(1), "a.b", b"row", &[]),
            corrupt(row, "a")
        );
    });
}

pub(crate) fn an_erased_person_cannot_be_opened_or_sealed_again(kind: Kind) {
    let Some(place) = Place::new(kind) else {
        return;
    };
    let store = place.open();
    let sealed = seal(&store, 1, person(1), b"Ada Example");
    for seed in [2, 3] {
        act(&store, &ctx(seed), |tx, _| {
            tx.record(Entry::new("person.erased").about(person(1)));
            tx.destroy_key(person(1))
        })
        .unwrap();
    }
    let check = |store: &Store| {
        let opened = open(store, person(1), "people.sealed", b"row", &sealed);
        assert_eq!(opened, Err(StoreError::Erased));
        let again = act(store, &ctx(4), |tx, _| {
            tx.record(Entry::new("test"));
            assert_eq!(tx.is_erased(person(1)), Ok(true));
            assert_eq!(tx.is_erased(person(2)), Ok(false));
            tx.seal(person(1), "people.sealed", b"row", b"again")
        });
        assert_eq!(again, Err(StoreError::Erased));
    };
    check(&store);
    drop(store);
    check(&place.open());
}

/// A key that only memory holds would lock away what it seals.
pub(crate) fn a_key_made_by_a_refused_act_is_forgotten(kind: Kind) {
    let Some(place) = Place::new(kind) else {
        return;
    };
    let store = place.open();
    let refused = act(&store, &ctx(1), |tx, _| {
        tx.seal(person(1), "people.sealed", b"row", b"x")?;
        Err::<(), _>(StoreError::Conflict)
    });
    assert_eq!(refused, Err(StoreError::Conflict));
    place.config.faults.plan(0, placet_store::Fault::Full);
    let full = act(&store, &ctx(2), |tx, _| {
        tx.record(Entry::new("test"));
        tx.seal(person(1), "people.sealed", b"row", b"x")
    });
    assert_eq!(full, Err(StoreError::Full));
    let sealed = seal(&store, 3, person(1), b"Ada Example");
    drop(store);
    let opened = open(&place.open(), person(1), "people.sealed", b"row", &sealed);
    assert_eq!(opened.as_deref(), Ok(b"Ada Example".as_slice()));
}

pub(crate) fn another_master_key_is_refused(kind: Kind) {
    let Some(mut place) = Place::new(kind) else {
        return;
    };
    set(&place.open(), &ctx(1), "a", "1").unwrap();
    place.config.keys = Keys::from_master([8; 32]);
    assert!(matches!(
        Store::open(place.config.clone()),
        Err(OpenError::WrongKey)
    ));
}
