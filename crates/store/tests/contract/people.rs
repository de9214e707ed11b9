//! People, what they signed, asked for and were decided on.

use std::collections::{BTreeMap, BTreeSet};

use placet_domain::channel::Channel;
use placet_domain::entry::Entry;
use placet_domain::id::{InstrumentId, PersonId, PreferenceId, RawId, SuppressionId, WordingId};
use placet_domain::instrument::authorization::{
    Authorization, Defect, Expiry, Scope, Signature, Signer, Statements,
};
use placet_domain::instrument::{
    Consent, Evidence, Instrument, InstrumentKind, IpClass, Method, Revocation, Terms,
};
use placet_domain::person::{Appointment, ContactPoint, Identity, Origin, Person, Relationship};
use placet_domain::preference::{Lifted, Preference, PreferenceKind, Topic};
use placet_domain::suppression::{Cause, Suppression};
use placet_domain::time::Date;
use placet_domain::wording::{Wording, WordingKind, text_hash};
use placet_store::decisions::{self, Decided};
use placet_store::people::Source;
use placet_store::preferences::NewLift;
use placet_store::{
    Store, StoreError, Tx, instruments, people, preferences, suppressions, wordings,
};
use placet_testing::{ctx, ctx_at, noon, noon_plus};

use super::harness::{Kind, act, read, with_store};

fn id<T: From<RawId>>(n: u8) -> T {
    T::from(RawId::at(noon(), [n; 10]))
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn person(n: u8) -> Person {
    Person {
        id: id(n),
        relationship: Relationship::FormerPatient,
        residence: Some("US-OH".into()),
        time_zone: Some("America/New_York".into()),
        deceased_on: Some(day("2026-02-28")),
        flags: BTreeSet::from(["part2".into()]),
        identity: Identity {
            given: "Zoë".into(),
            family: "Moss".into(),
            birth_date: Some(day("1960-02-29")),
            language: Some("es".into()),
            elements: BTreeMap::from([("sex".into(), "female".into())]),
        },
    }
}

fn source(n: u8) -> Source {
    Source {
        name: "ehr".into(),
        reference: vec![n, 0],
        content_hash: vec![n, 1],
    }
}

fn point(n: u8, of: u8, channel: Channel, address: &str) -> ContactPoint {
    ContactPoint {
        id: id(n),
        person: id(of),
        channel,
        address: address.into(),
        origin: Origin::Care,
        created_at: noon_plus(i64::from(n)),
        replaced_at: None,
    }
}

/// An act of the store's own with its entry.
fn write<T: Send + 'static>(
    store: &Store,
    n: u64,
    mut f: impl FnMut(&mut Tx) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    act(
        store,
        &ctx_at(noon_plus(n.cast_signed()), n),
        move |tx, _| {
            let done = f(tx)?;
            tx.record(Entry::new("test"));
            Ok(done)
        },
    )
}

fn add_person(store: &Store, n: u8) {
    write(store, u64::from(n), move |tx| {
        people::add(tx, &person(n), &source(n))?;
        people::add_lookups(tx, id(n), &person(n).identity)
    })
    .unwrap();
}

pub(crate) fn a_person_comes_back_as_they_were_added(kind: Kind) {
    with_store(kind, |store| {
        add_person(store, 1);
        assert_eq!(
            write(store, 20, |tx| people::find(tx, id(1))).unwrap(),
            Some(person(1))
        );
        assert_eq!(
            write(store, 21, |tx| people::find(tx, id(9))).unwrap(),
            None
        );
        assert!(read(store, |tx| people::is_held(tx, id(1))));
        assert_eq!(read(store, people::count), 1);

        let known = read(store, |tx| people::find_by_source(tx, "ehr", &[1, 0])).unwrap();
        assert_eq!((known.id, known.content_hash), (id(1), vec![1, 1]));
        let twice = write(store, 22, |tx| people::add(tx, &person(2), &source(1)));
        assert_eq!(twice, Err(StoreError::Conflict));
    });
}

pub(crate) fn an_update_changes_facts_and_keeps_the_person(kind: Kind) {
    with_store(kind, |store| {
        add_person(store, 1);
        let changed = Person {
            relationship: Relationship::Patient,
            residence: None,
            time_zone: None,
            deceased_on: None,
            flags: BTreeSet::new(),
            identity: Identity {
                given: "Zoe".into(),
                ..Identity::default()
            },
            ..person(1)
        };
        let put = changed.clone();
        write(store, 20, move |tx| people::update(tx, &put, &[7])).unwrap();
        assert_eq!(
            write(store, 21, |tx| people::find(tx, id(1))).unwrap(),
            Some(changed)
        );
        let known = read(store, |tx| people::find_by_source(tx, "ehr", &[1, 0])).unwrap();
        assert_eq!(known.content_hash, [7]);
    });
}

pub(crate) fn people_are_found_by_words_dates_and_addresses(kind: Kind) {
    with_store(kind, |store| {
        for n in 1..=3 {
            add_person(store, n);
        }
        write(store, 20, |tx| {
            let lookup = people::address_lookup(tx, Channel::Email, "Zoe+x@Example.org").unwrap();
            let one = point(10, 1, Channel::Email, "Zoe+x@Example.org");
            people::add_contact_point(tx, &one, &lookup)?;
            people::remove_lookups(tx, id(3))
        })
        .unwrap();
        let found = write(store, 21, |tx| {
            let word = |tx: &Tx, text| tx.lookup_hash(people::NAME_WORD, text);
            let (zoe, moss, oak) = (word(tx, "zoë"), word(tx, "moss"), word(tx, "oak"));
            let born = tx.lookup_hash(people::BIRTH_DATE, "1960-02-29");
            let address = people::address_lookup(tx, Channel::Email, "zoe@example.org").unwrap();
            Ok([
                people::list_by_lookup(tx, &zoe, 10)?,
                people::list_by_lookup(tx, &zoe, 1)?,
                people::list_by_lookups(tx, &zoe, &moss, 10)?,
                people::list_by_lookups(tx, &zoe, &oak, 10)?,
                people::list_by_lookup(tx, &born, 10)?,
                people::list_by_address(tx, &address, 10)?,
                people::has_lookup(tx, id(1), &born)?
                    .then_some(id(1))
                    .into_iter()
                    .collect(),
                people::has_lookup(tx, id(3), &born)?
                    .then_some(id(3))
                    .into_iter()
                    .collect(),
            ])
        })
        .unwrap();
        let both: Vec<PersonId> = vec![id(1), id(2)];
        let first: Vec<PersonId> = vec![id(1)];
        let none: Vec<PersonId> = Vec::new();
        let expected = [
            both.clone(),
            first.clone(),
            both.clone(),
            none.clone(),
            both,
            first.clone(),
            first,
            none,
        ];
        assert_eq!(found, expected);
    });
}

pub(crate) fn contact_points_in_use_come_newest_first(kind: Kind) {
    with_store(kind, |store| {
        add_person(store, 1);
        write(store, 20, |tx| {
            for (n, address) in [(10, "old@example.org"), (11, "new@example.org")] {
                let lookup = people::address_lookup(tx, Channel::Email, address).unwrap();
                people::add_contact_point(tx, &point(n, 1, Channel::Email, address), &lookup)?;
            }
            let lookup = people::address_lookup(tx, Channel::Sms, "614 555 0142").unwrap();
            people::add_contact_point(tx, &point(12, 1, Channel::Sms, "614 555 0142"), &lookup)
        })
        .unwrap();
        let listed = |n| {
            let points = write(store, n, |tx| people::list_contact_points(tx, id(1))).unwrap();
            points
                .into_iter()
                .map(|point| point.address)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            listed(21),
            ["new@example.org", "old@example.org", "614 555 0142"]
        );
        write(store, 22, |tx| {
            people::replace_contact_point(tx, id(11), noon_plus(22))
        })
        .unwrap();
        assert_eq!(listed(23), ["old@example.org", "614 555 0142"]);
        let lookups = read(store, |tx| people::list_address_lookups(tx, id(1)));
        assert_eq!(lookups.len(), 2);
        let replaced = write(store, 24, |tx| people::find_contact_point(tx, id(11))).unwrap();
        assert_eq!(replaced.unwrap().replaced_at, Some(noon_plus(22)));
    });
}

pub(crate) fn an_appointment_takes_over_its_new_state(kind: Kind) {
    with_store(kind, |store| {
        add_person(store, 1);
        let appointment = |n: u8, status: &str, starts: i64| Appointment {
            id: id(n),
            person: id(1),
            starts_at: noon_plus(starts),
            status: status.into(),
            details: BTreeMap::from([("location".into(), "Main entrance".into())]),
        };
        let (booked, moved) = (
            appointment(30, "booked", 600),
            appointment(31, "moved", 900),
        );
        write(store, 20, move |tx| {
            people::put_appointment(tx, &booked, b"a")
        })
        .unwrap();
        write(store, 21, move |tx| {
            people::put_appointment(tx, &moved, b"a")
        })
        .unwrap();
        let listed = write(store, 22, |tx| {
            people::list_appointments(tx, id(1), noon_plus(700))
        })
        .unwrap();
        assert_eq!(
            listed,
            [Appointment {
                id: id(30),
                ..appointment(31, "moved", 900)
            }]
        );
        let later = write(store, 23, |tx| {
            people::list_appointments(tx, id(1), noon_plus(901))
        })
        .unwrap();
        assert_eq!(later, []);
    });
}

pub(crate) fn a_link_is_waited_for_until_it_is_settled(kind: Kind) {
    with_store(kind, |store| {
        add_person(store, 1);
        write(store, 20, |tx| {
            let lookup = people::address_lookup(tx, Channel::Email, "zoe@example.org").unwrap();
            let one = point(10, 1, Channel::Email, "zoe@example.org");
            people::add_contact_point(tx, &one, &lookup)?;
            people::ask_for_link(tx, id(40), id(1), id(10))
        })
        .unwrap();
        assert!(read(store, |tx| people::asked_for_link_since(
            tx,
            id(1),
            noon_plus(20)
        )));
        assert!(!read(store, |tx| people::asked_for_link_since(
            tx,
            id(1),
            noon_plus(21)
        )));
        let waiting = read(store, |tx| people::list_link_requests(tx, 10));
        assert_eq!((waiting.len(), waiting[0].contact_point), (1, id(10)));
        assert!(write(store, 21, |tx| people::settle_link_request(tx, id(40))).unwrap());
        assert!(!write(store, 22, |tx| people::settle_link_request(tx, id(40))).unwrap());
        assert_eq!(read(store, |tx| people::list_link_requests(tx, 10)), []);
    });
}

fn evidence() -> Evidence {
    Evidence {
        source: "web_form".into(),
        form_version: "7".into(),
        ip_class: IpClass::PublicV6,
        document: "scan/17".into(),
    }
}

fn consent(n: u8) -> Instrument {
    Instrument {
        id: id::<InstrumentId>(n),
        person: id(1),
        kind: InstrumentKind::EmailOptin,
        wording: Some(id::<WordingId>(5)),
        terms: Terms::Consent(Consent {
            channel: Channel::Email,
            topic: Topic::Events,
            expires_on: Some(day("2027-01-31")),
        }),
        signed_at: noon_plus(i64::from(n)),
        method: Method::WebForm,
        evidence: evidence(),
        defects: Vec::new(),
        recorded_at: noon_plus(100),
        recorded_by: "system:test".into(),
        revoked: None,
    }
}

fn signed(n: u8) -> Instrument {
    let scope = Scope {
        channels: BTreeSet::from([Channel::Email, Channel::Postal]),
        topics: BTreeSet::from([Topic::Services]),
        information: BTreeSet::from(["contact".into()]),
        recipients: BTreeSet::from(["individual".into()]),
    };
    let terms = Authorization {
        description: "Names and dates of visits".into(),
        discloser: "Harbor Health".into(),
        recipient: "The person".into(),
        purpose: "Messages".into(),
        expiry: Some(Expiry::Event("End of my care".into())),
        signature: Some(Signature {
            signer: Signer::Representative {
                authority: "Mother".into(),
            },
            on: Some(day("2026-02-28")),
        }),
        statements: Statements {
            revoke: true,
            ..Statements::default()
        },
        is_initiated_by_individual: false,
        involves_remuneration: true,
        is_sale: false,
        is_plain_language: true,
        is_combined: false,
        is_conditioned: false,
        is_known_false: false,
        scope,
    };
    Instrument {
        kind: InstrumentKind::HipaaAuthorization,
        wording: None,
        terms: Terms::Authorization(Box::new(terms)),
        method: Method::Paper,
        defects: vec![Defect::ConditionStatement, Defect::RedisclosureStatement],
        ..consent(n)
    }
}

fn wording(n: u8, version: u32, text: &str) -> Wording {
    Wording {
        id: id(n),
        code: "sign_up".into(),
        version,
        language: "en".into(),
        kind: WordingKind::Consent,
        title: "Sign-up".into(),
        text: text.into(),
        text_hash: text_hash(text),
        created_at: noon(),
    }
}

fn add_instruments(store: &Store, all: Vec<Instrument>) -> Vec<[u8; 32]> {
    add_person(store, 1);
    write(store, 50, |tx| wordings::add(tx, &wording(5, 1, "Yes?"))).unwrap();
    write(store, 51, move |tx| {
        all.iter().map(|one| instruments::add(tx, one)).collect()
    })
    .unwrap()
}

pub(crate) fn instruments_come_back_newest_first_with_the_hash_of_their_row(kind: Kind) {
    with_store(kind, |store| {
        let hashes = add_instruments(store, vec![consent(60), signed(61)]);
        let held = write(store, 70, |tx| instruments::list_by_person(tx, id(1))).unwrap();
        let expected: Vec<Instrument> = vec![signed(61), consent(60)];
        assert_eq!(
            held.iter()
                .map(|held| held.instrument.clone())
                .collect::<Vec<_>>(),
            expected
        );
        assert_eq!(
            held.iter().map(|held| held.hash).collect::<Vec<_>>(),
            [hashes[1], hashes[0]]
        );
        let one = write(store, 71, |tx| instruments::find(tx, id(60)))
            .unwrap()
            .unwrap();
        assert_eq!((one.instrument, one.hash), (consent(60), hashes[0]));
        assert_eq!(
            write(store, 72, |tx| instruments::find(tx, id(99))).unwrap(),
            None
        );
    });
}

pub(crate) fn an_instrument_ends_once_and_keeps_its_hash(kind: Kind) {
    with_store(kind, |store| {
        let hashes = add_instruments(store, vec![consent(60)]);
        let end = |n: u64, method| {
            let revocation = Revocation {
                at: noon_plus(n.cast_signed()),
                method,
            };
            write(store, n, move |tx| {
                instruments::revoke(tx, id(60), revocation, "person")
            })
            .unwrap()
        };
        assert!(end(80, Method::SignedLink).is_some());
        assert!(end(81, Method::Phone).is_none());
        let held = write(store, 82, |tx| instruments::find(tx, id(60)))
            .unwrap()
            .unwrap();
        let revoked = Revocation {
            at: noon_plus(80),
            method: Method::SignedLink,
        };
        assert_eq!(held.instrument.revoked, Some(revoked));
        assert_eq!(held.hash, hashes[0]);
    });
}

/// E25, threat 14: whoever has the database in hand and opens the guard is found.
pub(crate) fn a_changed_instrument_has_another_hash(kind: Kind) {
    with_store(kind, |store| {
        let mut changed = consent(60);
        changed.terms = Terms::Consent(Consent {
            channel: Channel::Email,
            topic: Topic::Services,
            expires_on: Some(day("2027-01-31")),
        });
        changed.id = id(61);
        let hashes = add_instruments(store, vec![consent(60), changed]);
        assert_ne!(hashes[0], hashes[1]);
        let tampered = write(store, 80, |tx| {
            tx.execute(
                "update instruments set topic = 'services' where id = $1",
                &[&id::<RawId>(60)],
            )
        });
        assert_eq!(tampered, Err(StoreError::AppendOnly));
    });
}

fn asked(n: u8) -> Preference {
    Preference {
        id: id::<PreferenceId>(n),
        person: id(1),
        kind: PreferenceKind::Unsubscribe,
        channel: Some(Channel::Email),
        topic: None,
        wording: None,
        asked_at: noon_plus(i64::from(n)),
        method: Method::OneClick,
        evidence: evidence(),
        recorded_at: noon_plus(100),
        recorded_by: "person".into(),
        lifted: None,
    }
}

pub(crate) fn preferences_come_back_newest_first_and_are_lifted_once(kind: Kind) {
    with_store(kind, |store| {
        add_person(store, 1);
        let narrow = Preference {
            channel: None,
            topic: Some(Topic::Surveys),
            ..asked(61)
        };
        let added = narrow.clone();
        let hashes = write(store, 62, move |tx| {
            Ok([
                preferences::add(tx, &asked(60))?,
                preferences::add(tx, &added)?,
            ])
        })
        .unwrap();
        let lift = |n: u64, method| {
            write(store, n, move |tx| {
                let lift = NewLift {
                    acted_at: noon_plus(90),
                    lifted_at: noon_plus(91),
                    method,
                    evidence: &evidence(),
                    recorded_by: "operator",
                };
                preferences::lift(tx, id(60), &lift)
            })
            .unwrap()
        };
        assert!(lift(91, Method::Phone).is_some());
        assert!(lift(92, Method::Letter).is_none());
        let held = read(store, |tx| preferences::list_by_person(tx, id(1)));
        let lifted = Some(Lifted {
            at: noon_plus(91),
            method: Method::Phone,
            by: "operator".into(),
        });
        assert_eq!(held[0].preference, narrow);
        assert_eq!(
            held[1].preference,
            Preference {
                lifted,
                ..asked(60)
            }
        );
        assert_eq!([held[1].hash, held[0].hash], hashes);
        let one = read(store, |tx| preferences::find(tx, id(61))).unwrap();
        assert_eq!(one.preference, narrow);
    });
}

pub(crate) fn a_suppression_is_found_by_the_hash_of_the_address_alone(kind: Kind) {
    with_store(kind, |store| {
        let placed = |n: u8, channel| Suppression {
            id: id::<SuppressionId>(n),
            lookup: vec![1, 2, 3],
            channel,
            cause: Cause::Unsubscribe,
            placed_at: noon_plus(i64::from(n)),
            placed_by: "person".into(),
            lifted_at: None,
        };
        let all = [
            placed(1, Channel::Email),
            placed(2, Channel::Email),
            placed(3, Channel::Sms),
        ];
        write(store, 10, move |tx| {
            all.iter()
                .try_for_each(|one| suppressions::add(tx, one).map(drop))
        })
        .unwrap();
        assert!(
            write(store, 20, |tx| suppressions::lift(
                tx,
                id(1),
                "asked_again",
                "person"
            ))
            .unwrap()
            .is_some()
        );
        assert!(
            write(store, 21, |tx| suppressions::lift(
                tx,
                id(1),
                "asked_again",
                "person"
            ))
            .unwrap()
            .is_none()
        );
        let held = read(store, |tx| {
            suppressions::list_by_lookup(tx, &[1, 2, 3], Channel::Email)
        });
        let lifted = Suppression {
            lifted_at: Some(noon_plus(20)),
            ..placed(1, Channel::Email)
        };
        assert_eq!(held, [placed(2, Channel::Email), lifted]);
        assert_eq!(
            read(store, |tx| suppressions::list_by_lookup(
                tx,
                &[9],
                Channel::Email
            )),
            []
        );
    });
}

pub(crate) fn wordings_are_kept_in_every_version(kind: Kind) {
    with_store(kind, |store| {
        let (first, second) = (wording(1, 1, "Yes?"), wording(2, 2, "Yes, please?"));
        let both = [first.clone(), second.clone()];
        write(store, 1, move |tx| {
            both.iter().try_for_each(|one| wordings::add(tx, one))
        })
        .unwrap();
        let latest = read(store, |tx| wordings::latest(tx, "sign_up", "en"));
        assert_eq!(latest, Some(second.clone()));
        assert_eq!(
            read(store, |tx| wordings::latest(tx, "sign_up", "es")),
            None
        );
        let found = read(store, |tx| wordings::find_version(tx, "sign_up", "en", 1));
        assert_eq!(found, Some(first.clone()));
        assert_eq!(
            read(store, |tx| wordings::find(tx, id(1))),
            Some(first.clone())
        );
        assert_eq!(read(store, wordings::list), [second, first]);
        let again = write(store, 2, |tx| wordings::add(tx, &wording(3, 2, "No?")));
        assert_eq!(again, Err(StoreError::Conflict));

        // A text that is not the one that was hashed is not shown as what was shown.
        let false_text = Wording {
            text: "Other".into(),
            ..wording(4, 3, "Said")
        };
        write(store, 3, move |tx| wordings::add(tx, &false_text)).unwrap();
        let read = store.read_blocking(|tx| wordings::find(tx, id(4)));
        assert!(matches!(read, Err(StoreError::Corrupt { .. })));
    });
}

pub(crate) fn decisions_open_for_whoever_holds_the_key_and_prove_themselves(kind: Kind) {
    with_store(kind, |store| {
        add_person(store, 1);
        let decided = |n: u8, outcome: &str| Decided {
            id: id(n),
            person: id(1),
            campaign: Some(id(70)),
            delivery: None,
            decided_at: noon_plus(i64::from(n)),
            outcome: outcome.into(),
            category: "marketing".into(),
            pack: "us 1".into(),
            profile: "conservative".into(),
        };
        let hash = write(store, 10, move |tx| {
            let first = decisions::add(tx, &decided(20, "permit"), b"{}", b"{\"why\":1}")?;
            assert!(first.new_answer.is_some());
            let second = decisions::add(tx, &decided(21, "deny"), b"{\"who\":2}", b"{\"why\":1}")?;
            assert_eq!(second.new_answer, None);
            Ok(second.hash)
        })
        .unwrap();
        let listed = read(store, |tx| decisions::list_by_person(tx, id(1), 10));
        assert_eq!(listed, [decided(21, "deny"), decided(20, "permit")]);
        assert_eq!(
            read(store, |tx| decisions::list_by_person(tx, id(1), 1)).len(),
            1
        );
        let opened = write(store, 11, |tx| decisions::find(tx, id(21)))
            .unwrap()
            .unwrap();
        assert_eq!(
            (opened.body.question.as_slice(), opened.hash),
            (&b"{\"who\":2}"[..], hash)
        );
        assert_eq!(opened.body.answer, b"{\"why\":1}");

        act(store, &ctx(99), |tx, _| {
            tx.destroy_key(id(1))?;
            tx.record(Entry::new("person.erased"));
            Ok(())
        })
        .unwrap();
        assert_eq!(
            write(store, 12, |tx| decisions::find(tx, id(21))),
            Err(StoreError::Erased)
        );
    });
}
