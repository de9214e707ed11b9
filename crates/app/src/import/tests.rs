#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use placet_domain::arrival::{AppointmentArrival, PersonArrival, Reach, Unsaid};
use placet_domain::channel::Channel;
use placet_domain::instrument::{Evidence, Method};
use placet_domain::person::{ContactPoint, Identity, Origin, Person, Relationship};
use placet_domain::preference::PreferenceKind;
use placet_domain::time::Timestamp;
use placet_store::{preferences, suppressions};

use super::*;
use crate::desk::{Desk, ctx_of, minute};
use crate::preference::{self, Asked};

fn ada(relationship: Relationship, email: &str) -> PersonArrival {
    PersonArrival {
        source_ref: "p1".into(),
        relationship,
        residence: Some("US-OH".into()),
        time_zone: Some("America/New_York".into()),
        deceased_on: None,
        flags: BTreeSet::new(),
        identity: Identity {
            given: "Ada".into(),
            family: "Moss".into(),
            birth_date: Some(date(1960, 2, 29)),
            ..Identity::default()
        },
        reach: vec![reach(Channel::Email, email)],
        unsaid: Unsaid::default(),
    }
}

fn reach(channel: Channel, address: &str) -> Reach {
    Reach {
        channel,
        address: address.into(),
        origin: Origin::Care,
    }
}

fn appointment(starts_at: Timestamp) -> AppointmentArrival {
    AppointmentArrival {
        source_ref: "a1".into(),
        person_ref: "p1".into(),
        starts_at,
        status: "booked".into(),
        details: BTreeMap::new(),
    }
}

/// Imports one run of one batch.
fn import(desk: &Desk, n: i64, source: &'static str, arrivals: Vec<Arrival>) -> Counts {
    desk.act(n, move |tx, ctx| {
        crate::desk::open_source(tx, ctx, source)?;
        let run = begin(tx, ctx, source, None)?;
        let counts = take(tx, ctx, &run, &arrivals)?;
        finish(tx, ctx, &run, &counts, "ndjson", "{}")?;
        Ok(counts)
    })
    .unwrap()
}

fn person(arrival: PersonArrival) -> Vec<Arrival> {
    vec![Arrival::Person(Box::new(arrival))]
}

fn only(desk: &Desk) -> (Person, Vec<ContactPoint>) {
    desk.act(5_000, |tx, _| {
        let word = tx.lookup_hash(people::NAME_WORD, "moss");
        let found = people::list_by_lookup(tx, &word, 10)?;
        assert_eq!(found.len(), 1, "one person is held");
        Ok((
            people::find(tx, found[0])?.unwrap(),
            people::list_contact_points(tx, found[0])?,
        ))
    })
    .unwrap()
}

fn addresses(points: &[ContactPoint]) -> Vec<&str> {
    points.iter().map(|point| point.address.as_str()).collect()
}

#[test]
fn people_arrive_once_however_often_they_are_imported() {
    let desk = Desk::new();
    let first = import(
        &desk,
        1,
        "ehr",
        person(ada(Relationship::Patient, "ada@example.org")),
    );
    let second = import(
        &desk,
        2,
        "ehr",
        person(ada(Relationship::Patient, "ada@example.org")),
    );
    assert_eq!(
        first,
        Counts {
            added: 1,
            ..Counts::default()
        }
    );
    assert_eq!(
        second,
        Counts {
            unchanged: 1,
            ..Counts::default()
        }
    );
    let (held, points) = only(&desk);
    assert_eq!(held.identity.name(), "Ada Moss");
    assert_eq!(
        (addresses(&points), points[0].origin),
        (vec!["ada@example.org"], Origin::Care)
    );
    assert_eq!(desk.kinds_about(held.id), ["person.imported"]);
    let kinds: Vec<_> = desk.entries().into_iter().map(|entry| entry.kind).collect();
    let of_runs = kinds
        .iter()
        .filter(|kind| kind.starts_with("import."))
        .count();
    assert_eq!(of_runs, 6, "each run leaves its start, batch and end");
}

#[test]
fn what_an_arrival_leaves_unsaid_stays() {
    let desk = Desk::new();
    let mut whole = ada(Relationship::Patient, "ada@example.org");
    whole
        .reach
        .push(reach(Channel::Postal, "1 Elm St, Columbus, OH 43004"));
    whole.identity.elements = [("gender".to_owned(), "female".to_owned())].into();
    import(&desk, 1, "ehr", person(whole));
    // A message of an appointment names the person and nothing else.
    let mut silent = ada(Relationship::Patient, "");
    silent.reach.clear();
    silent.unsaid = Unsaid {
        channels: [Channel::Email, Channel::Postal].into(),
        elements: true,
        death: true,
    };
    import(&desk, 2, "ehr", person(silent));
    let (held, points) = only(&desk);
    assert_eq!(
        addresses(&points),
        ["ada@example.org", "1 Elm St, Columbus, OH 43004"]
    );
    assert_eq!(held.identity.elements["gender"], "female");
    // The same, but the e-mail address is taken back: other news, though it names none either.
    let mut taken_back = ada(Relationship::Patient, "");
    taken_back.reach.clear();
    taken_back.unsaid.channels = [Channel::Postal].into();
    import(&desk, 3, "ehr", person(taken_back));
    let (_, points) = only(&desk);
    assert_eq!(addresses(&points), ["1 Elm St, Columbus, OH 43004"]);
}

#[test]
fn nobody_comes_back_to_life_because_a_message_is_silent() {
    let desk = Desk::new();
    let say = |n, relationship, is_unsaid| {
        let mut arrival = ada(relationship, "ada@example.org");
        arrival.unsaid.death = is_unsaid;
        import(&desk, n, "ehr", person(arrival));
        only(&desk).0.relationship
    };
    let (patient, deceased) = (Relationship::Patient, Relationship::Deceased);
    assert_eq!(say(1, deceased, false), deceased);
    assert_eq!(say(2, patient, true), deceased);
    // The source corrects itself.
    assert_eq!(say(3, patient, false), patient);
}

#[test]
fn a_new_address_takes_the_place_of_the_one_the_source_gave() {
    let desk = Desk::new();
    import(
        &desk,
        1,
        "ehr",
        person(ada(Relationship::Patient, "ada@example.org")),
    );
    let mut moved = ada(Relationship::Patient, "ada@example.com");
    moved.residence = Some("US-KS".into());
    moved.time_zone = None;
    let counts = import(&desk, 2, "ehr", person(moved));
    assert_eq!(
        counts,
        Counts {
            updated: 1,
            ..Counts::default()
        }
    );
    let (held, points) = only(&desk);
    assert_eq!(addresses(&points), ["ada@example.com"]);
    assert_eq!(
        (held.residence.as_deref(), held.time_zone.as_deref()),
        (Some("US-KS"), None)
    );
}

#[test]
fn what_the_person_gave_on_their_page_stays() {
    let desk = Desk::new();
    import(
        &desk,
        1,
        "ehr",
        person(ada(Relationship::Patient, "ada@example.org")),
    );
    let (held, _) = only(&desk);
    desk.act(2, move |tx, ctx| {
        let lookup = people::address_lookup(tx, Channel::Email, "mine@example.org").unwrap();
        let point = ContactPoint {
            id: ctx.new_id(),
            person: held.id,
            channel: Channel::Email,
            address: "mine@example.org".into(),
            origin: Origin::Person,
            created_at: ctx.now,
            replaced_at: None,
        };
        people::add_contact_point(tx, &point, &lookup)?;
        tx.record(Entry::new("contact_point.added").about(held.id));
        Ok(())
    })
    .unwrap();
    import(
        &desk,
        3,
        "ehr",
        person(ada(Relationship::Patient, "ada@example.com")),
    );
    let (_, points) = only(&desk);
    let mut addresses = addresses(&points);
    addresses.sort_unstable();
    assert_eq!(addresses, ["ada@example.com", "mine@example.org"]);
}

/// S51, S54.
#[test]
fn an_import_can_never_undo_an_opt_out() {
    let desk = Desk::new();
    import(
        &desk,
        1,
        "ehr",
        person(ada(Relationship::Patient, "ada@example.org")),
    );
    let (held, _) = only(&desk);
    let id = held.id;
    desk.act(2, move |tx, ctx| {
        let asked = Asked {
            kind: PreferenceKind::Unsubscribe,
            channel: Some(Channel::Email),
            topic: None,
            wording: None,
            at: ctx.now,
            method: Method::Reply,
            evidence: Evidence::from_source("test"),
        };
        preference::record(tx, ctx, id, asked).map(drop)
    })
    .unwrap();
    // The same, then other data, then the same address from another system, then back again.
    import(
        &desk,
        3,
        "ehr",
        person(ada(Relationship::Patient, "ada@example.org")),
    );
    import(
        &desk,
        4,
        "ehr",
        person(ada(Relationship::Patient, "ada@example.com")),
    );
    import(
        &desk,
        5,
        "crm",
        person(ada(Relationship::Prospect, "ada@example.org")),
    );
    import(
        &desk,
        6,
        "ehr",
        person(ada(Relationship::Patient, "Ada+news@EXAMPLE.org")),
    );
    desk.act(7, move |tx, ctx| {
        let held = preferences::list_by_person(tx, id)?;
        assert!(held.len() == 1 && held[0].preference.lifted.is_none());
        for address in ["ada@example.org", "ada+again@example.org"] {
            let lookup = people::address_lookup(tx, Channel::Email, address).unwrap();
            let closed = suppressions::list_by_lookup(tx, &lookup, Channel::Email)?;
            assert!(
                closed
                    .iter()
                    .any(|suppression| suppression.stands_at(ctx.now)),
                "{address}"
            );
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_erased_person_stays_erased() {
    let desk = Desk::new();
    import(
        &desk,
        1,
        "ehr",
        person(ada(Relationship::Patient, "ada@example.org")),
    );
    let (held, _) = only(&desk);
    let id = held.id;
    desk.act(2, move |tx, _| {
        tx.destroy_key(id)?;
        people::remove_lookups(tx, id)?;
        tx.record(Entry::new("person.erased").about(id));
        Ok(())
    })
    .unwrap();
    for (n, email) in [(3, "ada@example.org"), (4, "ada@example.com")] {
        let counts = import(&desk, n, "ehr", person(ada(Relationship::Patient, email)));
        assert_eq!(
            counts,
            Counts {
                erased: 1,
                ..Counts::default()
            }
        );
    }
    let counts = import(
        &desk,
        5,
        "ehr",
        vec![Arrival::Appointment(appointment(minute(60)))],
    );
    assert_eq!(
        counts,
        Counts {
            erased: 1,
            ..Counts::default()
        }
    );
    assert_eq!(desk.kinds_about(id), ["person.imported", "person.erased"]);
}

#[test]
fn s65_a_prospect_becomes_a_patient_on_first_care() {
    let desk = Desk::new();
    let mut asked = ada(Relationship::Prospect, "ada@example.org");
    asked.reach[0].origin = Origin::Form;
    import(&desk, 1, "crm", person(asked));
    let mut admitted = ada(Relationship::Patient, "ada@example.org");
    admitted.source_ref = "mrn-7".into();
    let counts = import(&desk, 2, "ehr", person(admitted));
    assert_eq!(
        counts,
        Counts {
            matched: 1,
            updated: 1,
            became_patients: 1,
            ..Counts::default()
        }
    );
    let (held, points) = only(&desk);
    assert_eq!(held.relationship, Relationship::Patient);
    assert_eq!(
        points[0].origin,
        Origin::Form,
        "an address keeps where it came from"
    );
    assert_eq!(
        desk.kinds_about(held.id),
        ["person.imported", "person.became_patient"]
    );
    // The list that does not know of the care cannot take it back.
    let again = import(
        &desk,
        3,
        "crm",
        person(ada(Relationship::Prospect, "ada@example.org")),
    );
    assert_eq!(
        again,
        Counts {
            matched: 1,
            unchanged: 1,
            ..Counts::default()
        }
    );
    assert_eq!(only(&desk).0.relationship, Relationship::Patient);
}

#[test]
fn people_of_one_name_and_birthday_without_a_shared_address_stay_two() {
    let desk = Desk::new();
    import(
        &desk,
        1,
        "ehr",
        person(ada(Relationship::Patient, "ada@example.org")),
    );
    let mut other = ada(Relationship::Prospect, "other@example.org");
    other.source_ref = "c9".into();
    let counts = import(&desk, 2, "crm", person(other));
    assert_eq!(
        counts,
        Counts {
            added: 1,
            possible_duplicates: 1,
            ..Counts::default()
        }
    );
}

/// One batch must give what two runs give, whatever it says of whom it brings itself.
#[test]
fn a_batch_knows_whom_it_has_brought_itself() {
    let desk = Desk::new();
    let with = |source_ref: &str, family: &str, email: &str| {
        let mut arrival = ada(Relationship::Patient, email);
        arrival.source_ref = source_ref.into();
        arrival.identity.family = family.into();
        Arrival::Person(Box::new(arrival))
    };
    let batch = vec![
        with("p1", "Moss", "ada@example.org"),
        // The same again, then under another name.
        with("p1", "Moss", "ada@example.org"),
        with("p1", "Hill", "ada@example.org"),
        // The one with this name has another now.
        with("p2", "Moss", "bea@example.org"),
        // One person under two ids, and two people of one name and birthday.
        with("p3", "Hill", "ada@example.org"),
        with("p4", "Moss", "cara@example.org"),
        with("p5", "Lane", "lea@example.org"),
    ];
    let expected = Counts {
        added: 4,
        updated: 1,
        unchanged: 2,
        matched: 1,
        possible_duplicates: 1,
        ..Counts::default()
    };
    assert_eq!(import(&desk, 1, "ehr", batch), expected);
    let found = |word: &'static str| {
        let by_word = move |tx: &mut Tx, _: &Ctx| {
            let lookup = tx.lookup_hash(people::NAME_WORD, word);
            Ok(people::list_by_lookup(tx, &lookup, 9)?.len())
        };
        desk.act(2, by_word).unwrap()
    };
    assert_eq!([found("hill"), found("moss"), found("lane")], [1, 2, 1]);
}

#[test]
fn what_was_made_ready_before_is_taken_as_it_is_held_now() {
    let desk = Desk::new();
    let first = || person(ada(Relationship::Patient, "ada@example.org"));
    let sealer = desk.store.sealer();
    let ctx = ctx_of(placet_domain::operator::Actor::System("test"), 2);
    // Made ready while nobody was held.
    let prepared = prepare(&sealer, &ctx, "ehr", first()).unwrap();
    assert_eq!(import(&desk, 1, "ehr", first()).added, 1);
    let run = desk
        .act(3, |tx, ctx| {
            crate::desk::open_source(tx, ctx, "ehr")?;
            begin(tx, ctx, "ehr", None)
        })
        .unwrap();
    let counts = desk.act(4, move |tx, ctx| take_prepared(tx, ctx, &run, &prepared));
    assert_eq!(
        counts.unwrap(),
        Counts {
            unchanged: 1,
            ..Counts::default()
        }
    );
    assert_eq!(only(&desk).1.len(), 1);
}

#[test]
#[rustfmt::skip] // A table.
fn having_been_a_patient_is_never_taken_back() {
    use Relationship as R;
    //    held             arriving          then
    check(R::Prospect,     R::Patient,       R::Patient);
    check(R::Donor,        R::Patient,       R::Patient);
    check(R::Patient,      R::Prospect,      R::Patient);
    check(R::Patient,      R::Donor,         R::Patient);
    check(R::Patient,      R::None,          R::Patient);
    check(R::FormerPatient, R::AppUser,      R::FormerPatient);
    check(R::Patient,      R::FormerPatient, R::FormerPatient);
    check(R::Patient,      R::Deceased,      R::Deceased);
    check(R::Deceased,     R::Prospect,      R::Deceased);
    check(R::Prospect,     R::Donor,         R::Donor);
}

#[track_caller]
fn check(held: Relationship, arriving: Relationship, expected: Relationship) {
    assert_eq!(merge::relationship(held, arriving), expected);
}

#[test]
fn appointments_need_their_person_and_a_time_to_come() {
    let desk = Desk::new();
    let soon = || Arrival::Appointment(appointment(minute(600)));
    assert_eq!(
        import(&desk, 1, "ehr", vec![soon()]),
        Counts {
            unknown_people: 1,
            ..Counts::default()
        }
    );
    let mut batch = person(ada(Relationship::Patient, "ada@example.org"));
    batch.push(soon());
    batch.push(Arrival::Appointment(appointment(minute(-3_000))));
    let expected = Counts {
        added: 1,
        appointments: 1,
        past_appointments: 1,
        ..Counts::default()
    };
    assert_eq!(import(&desk, 2, "ehr", batch), expected);
    let (held, _) = only(&desk);
    let listed = desk.act(3, move |tx, ctx| {
        Ok(people::list_appointments(tx, held.id, ctx.now)?)
    });
    assert_eq!(listed.unwrap().len(), 1);
}

#[test]
fn a_run_ends_once_and_leaves_its_report() {
    let desk = Desk::new();
    let run = desk
        .act(1, |tx, ctx| {
            crate::desk::open_source(tx, ctx, "ehr")?;
            begin(tx, ctx, "ehr", None)
        })
        .unwrap();
    let ended = run.clone();
    let finish_it = move |tx: &mut Tx, ctx: &Ctx| {
        finish(tx, ctx, &ended, &Counts::default(), "csv", "{\"n_read\":1}")
    };
    desk.act(2, finish_it.clone()).unwrap();
    assert!(matches!(desk.act(3, finish_it), Err(ActError::NotFound(_))));
    let runs = desk
        .act(4, |tx, _| Ok(imports::list_newest(tx, 5)?))
        .unwrap();
    assert_eq!(
        (runs[0].id, runs[0].format.as_str(), runs[0].started_at),
        (run.id, "csv", minute(1))
    );
    assert_eq!(runs[0].finished_at, Some(minute(2)));
    assert!(
        desk.act(5, |tx, ctx| begin(tx, ctx, "Dr. Moss", None))
            .is_err()
    );
}
