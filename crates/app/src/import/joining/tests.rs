#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use jiff::civil::date;
use placet_domain::arrival::{AppointmentArrival, Arrival, Joining, PersonArrival, Reach, Unsaid};
use placet_domain::channel::Channel;
use placet_domain::id::PersonId;
use placet_domain::instrument::{Evidence, Method};
use placet_domain::person::{Identity, Origin, Relationship};
use placet_domain::preference::PreferenceKind;
use placet_store::{people, preferences};

use super::super::{Counts, begin, find_person, finish, take};
use crate::desk::{Desk, minute};
use crate::preference::{Asked, record};

fn person(id: &str, given: &str, email: &str) -> Arrival {
    Arrival::Person(Box::new(PersonArrival {
        source_ref: id.into(),
        relationship: Relationship::Patient,
        residence: Some("US-OH".into()),
        time_zone: Some("America/New_York".into()),
        deceased_on: None,
        flags: BTreeSet::new(),
        identity: Identity {
            given: given.into(),
            family: "Moss".into(),
            birth_date: Some(date(1960, 2, 29)),
            ..Identity::default()
        },
        reach: vec![Reach {
            channel: Channel::Email,
            address: email.into(),
            origin: Origin::Care,
        }],
        unsaid: Unsaid::default(),
    }))
}

fn one() -> Arrival {
    person("1", "Ada", "ada@example.org")
}

fn two() -> Arrival {
    person("2", "Adah", "moss@example.org")
}

fn joining(survivor: &str, retired: &str) -> Joining {
    Joining {
        survivor: survivor.into(),
        retired: retired.into(),
    }
}

fn import(desk: &Desk, n: i64, arrivals: Vec<Arrival>) -> Counts {
    desk.act(n, move |tx, ctx| {
        crate::desk::open_source(tx, ctx, "ehr")?;
        let run = begin(tx, ctx, "ehr", None)?;
        let counts = take(tx, ctx, &run, &arrivals)?;
        finish(tx, ctx, &run, &counts, "hl7", "{}")?;
        Ok(counts)
    })
    .unwrap()
}

/// The record itself, whatever it was joined to.
fn record_of(desk: &Desk, id: &'static str) -> PersonId {
    desk.act(5_000, move |tx, _| {
        let reference = super::reference(&tx.sealer(), "person", "ehr", id);
        Ok(people::find_by_source(tx, "ehr", &reference)?.unwrap().id)
    })
    .unwrap()
}

fn found(desk: &Desk, id: &'static str) -> Option<PersonId> {
    desk.act(5_000, move |tx, _| Ok(find_person(tx, "ehr", id)?))
        .unwrap()
}

fn refuse(desk: &Desk, n: i64, person: PersonId, channel: Channel) {
    desk.act(n, move |tx, ctx| {
        let asked = Asked {
            kind: PreferenceKind::Unsubscribe,
            channel: Some(channel),
            topic: None,
            wording: None,
            at: minute(n),
            method: Method::Phone,
            evidence: Evidence::from_source("call_center"),
        };
        record(tx, ctx, person, asked)?;
        Ok(())
    })
    .unwrap();
}

fn refused(desk: &Desk, person: PersonId) -> Vec<Channel> {
    let mut channels: Vec<Channel> = desk
        .act(5_000, move |tx, _| {
            let held = preferences::list_by_person(tx, person)?;
            Ok(held
                .into_iter()
                .filter_map(|held| held.preference.channel)
                .collect::<Vec<_>>())
        })
        .unwrap();
    channels.sort_unstable();
    channels
}

fn addresses(desk: &Desk, person: PersonId) -> Vec<String> {
    desk.act(5_000, move |tx, _| {
        let points = people::list_contact_points(tx, person)?;
        Ok(points.into_iter().map(|point| point.address).collect())
    })
    .unwrap()
}

#[test]
fn what_either_record_refused_both_refuse_and_no_decision_is_lost() {
    let desk = Desk::new();
    import(&desk, 1, vec![one(), two()]);
    let (a, b) = (record_of(&desk, "1"), record_of(&desk, "2"));
    refuse(&desk, 2, a, Channel::Email);
    refuse(&desk, 3, b, Channel::Sms);
    let before = desk.kinds_about(b);
    let counts = import(&desk, 4, vec![Arrival::Joined(joining("1", "2")), one()]);
    assert_eq!((counts.joined, counts.unchanged), (1, 1));
    assert_eq!(refused(&desk, a), [Channel::Email, Channel::Sms]);
    assert_eq!(refused(&desk, b), [Channel::Email, Channel::Sms]);
    assert!(
        addresses(&desk, b).is_empty(),
        "the retired record is not written to"
    );
    assert_eq!(addresses(&desk, a), ["ada@example.org"]);
    assert_eq!(found(&desk, "2"), Some(a), "the old id finds the survivor");
    let after = desk.kinds_about(b);
    assert_eq!(after[..before.len()], before[..]);
    assert!(after.contains(&"person.joined".to_owned()));
}

#[test]
fn repeating_a_merge_changes_nothing_and_late_news_of_the_retired_id_is_not_taken() {
    let desk = Desk::new();
    import(&desk, 1, vec![one(), two()]);
    import(&desk, 2, vec![Arrival::Joined(joining("1", "2"))]);
    let again = import(&desk, 3, vec![Arrival::Joined(joining("1", "2"))]);
    assert_eq!(again, Counts::default());
    let late = import(&desk, 4, vec![person("2", "Adah", "late@example.org")]);
    assert_eq!(
        late,
        Counts {
            superseded: 1,
            ..Counts::default()
        }
    );
    let b = record_of(&desk, "2");
    assert!(addresses(&desk, b).is_empty());
}

#[test]
fn an_appointment_of_the_retired_id_is_the_survivors() {
    let desk = Desk::new();
    import(
        &desk,
        1,
        vec![one(), two(), Arrival::Joined(joining("1", "2"))],
    );
    let counts = import(
        &desk,
        2,
        vec![Arrival::Appointment(AppointmentArrival {
            source_ref: "a1".into(),
            person_ref: "2".into(),
            starts_at: minute(3_000),
            status: "booked".into(),
            details: [].into(),
        })],
    );
    assert_eq!(counts.appointments, 1);
    let a = record_of(&desk, "1");
    let n = desk
        .act(5_000, move |tx, _| {
            Ok(people::list_appointments(tx, a, minute(0))?.len())
        })
        .unwrap();
    assert_eq!(n, 1);
}

#[test]
fn parted_again_both_keep_what_was_refused_and_news_is_taken_again() {
    let desk = Desk::new();
    import(&desk, 1, vec![one(), two()]);
    let (a, b) = (record_of(&desk, "1"), record_of(&desk, "2"));
    import(&desk, 2, vec![Arrival::Joined(joining("1", "2"))]);
    refuse(&desk, 3, a, Channel::Email);
    // Which of the two an unlink names first says nothing about who stayed.
    let counts = import(
        &desk,
        4,
        vec![Arrival::Parted(joining("2", "1")), one(), two()],
    );
    assert_eq!(counts.parted, 1);
    assert_eq!(refused(&desk, b), [Channel::Email]);
    assert_eq!(refused(&desk, a), [Channel::Email]);
    assert_eq!(found(&desk, "2"), Some(b));
    assert_eq!(addresses(&desk, b), ["moss@example.org"]);
    // Joined once more: the same road again.
    let counts = import(&desk, 5, vec![Arrival::Joined(joining("1", "2"))]);
    assert_eq!(counts.joined, 1);
    assert_eq!(found(&desk, "2"), Some(a));
}

#[test]
fn a_new_id_of_somebody_held_moves_them_to_it() {
    let desk = Desk::new();
    import(&desk, 1, vec![two()]);
    let b = record_of(&desk, "2");
    let renamed = person("9", "Adah", "moss@example.org");
    let counts = import(&desk, 2, vec![Arrival::Joined(joining("9", "2")), renamed]);
    assert_eq!((counts.joined, counts.added), (1, 0));
    assert_eq!(record_of(&desk, "9"), b);
}

#[test]
fn a_merge_of_people_who_are_not_held_or_were_erased_does_nothing() {
    let desk = Desk::new();
    import(&desk, 1, vec![one(), two()]);
    let b = record_of(&desk, "2");
    let counts = import(&desk, 2, vec![Arrival::Joined(joining("1", "7"))]);
    assert_eq!((counts.joined, counts.unknown_people), (0, 1));
    desk.act(3, move |tx, _| {
        tx.destroy_key(b)?;
        tx.record(placet_domain::entry::Entry::new("person.erased").about(b));
        Ok(())
    })
    .unwrap();
    let counts = import(&desk, 4, vec![Arrival::Joined(joining("1", "2"))]);
    assert_eq!((counts.joined, counts.erased), (0, 1));
}

/// S65.
#[test]
fn a_prospect_to_whom_a_patients_record_is_joined_is_a_patient() {
    let desk = Desk::new();
    let mut prospect = one();
    if let Arrival::Person(person) = &mut prospect {
        person.relationship = Relationship::Prospect;
    }
    import(&desk, 1, vec![prospect, two()]);
    let counts = import(&desk, 2, vec![Arrival::Joined(joining("1", "2"))]);
    assert_eq!((counts.joined, counts.became_patients), (1, 1));
    let a = record_of(&desk, "1");
    assert!(
        desk.kinds_about(a)
            .contains(&"person.became_patient".to_owned())
    );
}
