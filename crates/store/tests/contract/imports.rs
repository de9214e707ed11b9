//! Runs of the import, and rows of a kind added together.

use placet_domain::channel::Channel;
use placet_domain::entry::Entry;
use placet_domain::id::{ImportId, PersonId, RawId};
use placet_domain::person::{ContactPoint, Identity, Origin, Person, Relationship};
use placet_store::imports::Newcomer;
use placet_store::people::Source;
use placet_store::{Store, StoreError, Tx, imports, people};
use placet_testing::{ctx, ctx_at, noon, noon_plus};

use super::harness::{Kind, act, read, with_store};

fn id<T: From<RawId>>(n: u8) -> T {
    T::from(RawId::at(noon(), [n; 10]))
}

fn source(name: &str, n: u8) -> Source {
    Source {
        name: name.into(),
        reference: vec![n],
        content_hash: vec![n],
    }
}

fn person(n: u8, given: &str) -> Person {
    Person {
        id: id(n),
        relationship: Relationship::Prospect,
        residence: None,
        time_zone: None,
        deceased_on: None,
        flags: [].into(),
        identity: Identity {
            given: given.into(),
            family: "Moss".into(),
            birth_date: Some("1960-02-29".parse().unwrap()),
            ..Identity::default()
        },
    }
}

fn write<T: Send + 'static>(
    store: &Store,
    n: u64,
    mut f: impl FnMut(&mut Tx) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    act(store, &ctx(n), move |tx, _| {
        let done = f(tx)?;
        tx.record(Entry::new("test.done"));
        Ok(done)
    })
}

pub(crate) fn a_run_ends_once_and_the_newest_is_listed_first(kind: Kind) {
    with_store(kind, |store| {
        for n in [1, 2] {
            let begin =
                move |tx: &mut Tx| imports::begin(tx, id(n), "ehr", "people", "system:test");
            write(store, u64::from(n), begin).unwrap();
        }
        let end = |seconds, seed| {
            act(store, &ctx_at(noon_plus(seconds), seed), |tx, _| {
                let done = imports::finish(tx, id(2), "csv", r#"{"n_read":3}"#)?;
                tx.record(Entry::new("test.done"));
                Ok(done)
            })
        };
        assert_eq!(end(5, 3), Ok(true));
        assert_eq!(end(9, 4), Ok(false), "it has ended before");
        let listed = write(store, 5, |tx| imports::list_newest(tx, 10)).unwrap();
        let ids: Vec<ImportId> = listed.iter().map(|import| import.id).collect();
        assert_eq!(ids, [id(2), id(1)]);
        let (newest, running) = (&listed[0], &listed[1]);
        for run in &listed {
            let run = run.clone();
            let found = read(store, move |tx| imports::find(tx, run.id));
            assert!(listed.contains(&found.unwrap()));
        }
        let none = read(store, |tx| imports::find(tx, id(9)));
        assert_eq!(none, None);
        assert_eq!(
            (newest.source.as_str(), newest.flow.as_str()),
            ("ehr", "people")
        );
        assert_eq!(
            (newest.format.as_str(), newest.report.as_str()),
            ("csv", r#"{"n_read":3}"#)
        );
        assert_eq!(
            (newest.started_at, newest.finished_at),
            (noon(), Some(noon_plus(5)))
        );
        assert_eq!(
            (running.finished_at, running.started_by.as_str()),
            (None, "system:test")
        );
        assert_eq!(
            write(store, 6, |tx| imports::list_newest(tx, 1))
                .unwrap()
                .len(),
            1
        );
    });
}

pub(crate) fn a_person_moves_to_another_source_unless_its_id_is_taken(kind: Kind) {
    with_store(kind, |store| {
        write(store, 1, |tx| {
            people::add(tx, &person(1, "Ada"), &source("crm", 1))?;
            people::add(tx, &person(2, "Bo"), &source("ehr", 2))
        })
        .unwrap();
        write(store, 2, |tx| imports::rehome(tx, id(1), &source("ehr", 7))).unwrap();
        let find = |name: &'static str, n: u8, seed| {
            let found = write(store, seed, move |tx| {
                people::find_by_source(tx, name, &[n])
            });
            found.unwrap().map(|known| known.id)
        };
        assert_eq!(find("ehr", 7, 3), Some(id(1)));
        assert_eq!(find("crm", 1, 4), None);
        let taken = write(store, 5, |tx| imports::rehome(tx, id(1), &source("ehr", 2)));
        assert_eq!(taken, Err(StoreError::Conflict));
    });
}

/// More rows than one statement adds, and none twice.
pub(crate) fn many_rows_of_a_kind_are_added_together(kind: Kind) {
    with_store(kind, |store| {
        // Twenty words; one of them comes twice.
        let given = ('a'..='s').map(String::from).collect::<Vec<_>>().join(" ") + " a";
        let ada = person(1, &given);
        let n = write(store, 1, move |tx| {
            people::add(tx, &ada, &source("ehr", 1))?;
            let lookups = imports::lookups(&tx.sealer(), &ada.identity);
            imports::add_lookups(tx, ada.id, &lookups)?;
            imports::add_lookups(tx, ada.id, &lookups)?;
            imports::add_lookups(tx, ada.id, &[])?;
            let points: Vec<_> = (0..20).map(|n| point(tx, n)).collect();
            imports::add_contact_points(tx, &points)?;
            imports::add_contact_points(tx, &[])?;
            Ok(lookups.len())
        })
        .unwrap();
        assert_eq!(
            n, 22,
            "the date of birth, nineteen first names, one family name, all together"
        );
        write(store, 2, |tx| {
            let born = tx.lookup_hash(people::BIRTH_DATE, "1960-02-29");
            let given = ('a'..='s').map(String::from).collect::<Vec<_>>().join(" ");
            let twin = |tx: &Tx, given: &str| {
                imports::twin_lookup(&tx.sealer(), &person(1, given).identity).unwrap()
            };
            let (same, other) = (twin(tx, &given), twin(tx, "Ada"));
            assert_eq!(imports::list_twins(tx, &same)?, [id::<PersonId>(1)]);
            assert_eq!(imports::list_twins(tx, &other)?, []);
            let known = imports::list_known(tx, &[&same, &other, &born])?;
            assert_eq!(known, [same, born.clone()].into());
            for (kind, text) in [
                (people::NAME_WORD, "s"),
                (people::NAME_WORD, "moss"),
                (people::BIRTH_DATE, "1960-02-29"),
            ] {
                let lookup = tx.lookup_hash(kind, text);
                assert_eq!(
                    people::list_by_lookup(tx, &lookup, 5)?,
                    [id::<PersonId>(1)],
                    "{text}"
                );
            }
            let held = people::list_contact_points(tx, id(1))?;
            assert_eq!(held.len(), 20);
            for point in held {
                let lookup = people::address_lookup(tx, Channel::Email, &point.address).unwrap();
                assert_eq!(
                    people::list_by_address(tx, &lookup, 5)?,
                    [id::<PersonId>(1)]
                );
                assert_eq!((point.person, point.origin), (id(1), Origin::Gift));
            }
            Ok(())
        })
        .unwrap();
    });
}

/// More people than one statement takes or asks for, and what is known of them afterwards.
pub(crate) fn many_newcomers_are_added_and_met_together(kind: Kind) {
    with_store(kind, |store| {
        write(store, 1, |tx| {
            let sealer = tx.sealer();
            let made = |n: u8| {
                let point = point(tx, n);
                let ada = person(n, "Ada");
                let point = ContactPoint {
                    person: ada.id,
                    ..point.0
                };
                let lookup = people::lookup_of_address(&sealer, point.channel, &point.address);
                let points = vec![(point, lookup.unwrap())];
                Newcomer::seal(&sealer, &ada, source("ehr", n), points)
            };
            let all: Vec<_> = (1..=70).map(made).collect::<Result<_, _>>()?;
            imports::add_newcomers(tx, &all.iter().collect::<Vec<_>>())?;
            imports::add_newcomers(tx, &[])?;
            tx.destroy_key(id(2))
        })
        .unwrap();
        write(store, 2, |tx| {
            let references: Vec<[u8; 1]> = (1..=80).map(|n| [n]).collect();
            let references: Vec<&[u8]> = references.iter().map(<[u8; 1]>::as_slice).collect();
            let met = imports::list_met(tx, "ehr", &references)?;
            assert_eq!(met.len(), 70);
            assert!(met[&vec![2]].is_erased && !met[&vec![3]].is_erased);
            assert_eq!(met[&vec![3]].known.id, id(3));
            assert_eq!(imports::list_met(tx, "crm", &references)?.len(), 0);
            let held = people::find(tx, id(70))?.unwrap();
            assert_eq!(held, person(70, "Ada"));
            let points = people::list_contact_points(tx, id(70))?;
            assert_eq!(points[0].address, "ada70@example.org");
            Ok(())
        })
        .unwrap();
        // An id that is taken takes nobody else down half-way.
        let again = write(store, 3, |tx| {
            let sealer = tx.sealer();
            let made = |n, of| Newcomer::seal(&sealer, &person(n, "Bo"), source("ehr", of), vec![]);
            let (one, other) = (made(90, 90)?, made(91, 3)?);
            imports::add_newcomers(tx, &[&one, &other])
        });
        assert_eq!(again, Err(StoreError::Conflict));
        let left = write(store, 4, |tx| people::find(tx, id(90)));
        assert_eq!(left, Ok(None));
    });
}

pub(crate) fn a_person_is_found_by_the_new_name_only(kind: Kind) {
    with_store(kind, |store| {
        let (ada, bea) = (person(1, "Ada Rose"), person(1, "Bea Rose"));
        write(store, 1, move |tx| {
            people::add(tx, &ada, &source("ehr", 1))?;
            let lookups = imports::lookups(&tx.sealer(), &ada.identity);
            imports::add_lookups(tx, ada.id, &lookups)?;
            imports::move_lookups(tx, ada.id, &ada.identity, &bea.identity)
        })
        .unwrap();
        let found = |word: &'static str, seed| {
            let by_word = move |tx: &mut Tx| {
                let lookup = tx.lookup_hash(people::NAME_WORD, word);
                people::list_by_lookup(tx, &lookup, 5)
            };
            write(store, seed, by_word).unwrap().len()
        };
        assert_eq!(found("ada", 2), 0);
        assert_eq!(
            [found("bea", 3), found("rose", 4), found("moss", 5)],
            [1, 1, 1]
        );
    });
}

fn point(tx: &Tx, n: u8) -> (ContactPoint, Vec<u8>) {
    let address = format!("ada{n}@example.org");
    let lookup = people::address_lookup(tx, Channel::Email, &address).unwrap();
    let point = ContactPoint {
        id: id(100 + n),
        person: id(1),
        channel: Channel::Email,
        address,
        origin: Origin::Gift,
        created_at: noon(),
        replaced_at: None,
    };
    (point, lookup)
}
