#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use placet_domain::arrival::{Arrival, PersonArrival, Unsaid};
use placet_domain::channel::Channel;
use placet_domain::instrument::Standing;
use placet_domain::person::Relationship;

use super::*;
use crate::desk::{Desk, minute};
use crate::import::{begin, finish};

fn desk() -> (Desk, PersonId) {
    let desk = Desk::new();
    desk.act(1, |tx, ctx| {
        crate::desk::open_source(tx, ctx, "ehr")?;
        let run = begin(tx, ctx, "ehr", None)?;
        let person = PersonArrival {
            source_ref: "p1".into(),
            relationship: Relationship::Patient,
            residence: None,
            time_zone: None,
            deceased_on: None,
            flags: [].into(),
            identity: placet_domain::person::Identity {
                given: "Ada".into(),
                family: "Moss".into(),
                ..Default::default()
            },
            reach: vec![placet_domain::arrival::Reach {
                channel: Channel::Email,
                address: "ada@example.org".into(),
                origin: placet_domain::person::Origin::Care,
            }],
            unsaid: Unsaid::default(),
        };
        let arrivals = [Arrival::Person(Box::new(person))];
        let counts = import::take(tx, ctx, &run, &arrivals)?;
        finish(tx, ctx, &run, &counts, "hl7", "{}")
    })
    .unwrap();
    let person = desk
        .act(2, |tx, _| {
            let found = import::find_person(tx, "ehr", "p1")?.unwrap();
            tx.record(Entry::new("test.read"));
            Ok(found)
        })
        .unwrap();
    (desk, person)
}

fn consent(id: &str, n: i64, says: ConsentSays) -> ConsentArrival {
    ConsentArrival {
        source_ref: id.into(),
        person_ref: "p1".into(),
        given_at: minute(n),
        says,
        version: "R4",
        is_signed: true,
    }
}

fn import_consent(desk: &Desk, n: i64, arrival: ConsentArrival) -> Counts {
    desk.act(n, move |tx, ctx| {
        take(tx, ctx, "ehr", std::slice::from_ref(&arrival))
    })
    .unwrap()
}

fn statements(desk: &Desk, n: i64, person: PersonId) -> Vec<Statement> {
    desk.act(n, move |tx, ctx| list(tx, ctx, person)).unwrap()
}

const PERMIT: ConsentSays = ConsentSays::Permit { until: None };

#[test]
fn a_refusal_counts_at_once_and_only_once() {
    let (desk, person) = desk();
    let counts = import_consent(&desk, 10, consent("c1", 5, ConsentSays::Refuse));
    assert_eq!(counts.refused, 1);
    let again = import_consent(&desk, 11, consent("c1", 5, ConsentSays::Refuse));
    assert_eq!((again.refused, again.unchanged), (0, 1));
    let all = statements(&desk, 12, person);
    assert_eq!(all.len(), 1);
    assert!(!all[0].permits && all[0].is_in_force && all[0].kind == "declined");
    assert_eq!(desk.kinds_about(person).last().unwrap(), "person.read");
}

#[test]
fn a_permission_is_kept_with_what_it_lacks_and_never_undoes_a_refusal() {
    let (desk, person) = desk();
    let counts = import_consent(&desk, 10, consent("c1", 5, PERMIT));
    assert_eq!(counts.kept, 1);
    assert!(!statements(&desk, 11, person)[0].is_in_force);
    let standing = desk
        .act(12, move |tx, ctx| {
            let held = instruments::list_by_person(tx, person)?;
            tx.record(Entry::new("test.read"));
            Ok(held[0].instrument.standing(ctx.now, &TimeZone::UTC))
        })
        .unwrap();
    assert!(matches!(standing, Standing::Defective { .. }));
    import_consent(&desk, 20, consent("c2", 15, ConsentSays::Refuse));
    let old = import_consent(&desk, 21, consent("c3", 14, PERMIT));
    assert_eq!((old.kept, old.outdated), (0, 1));
    let newer = import_consent(&desk, 30, consent("c4", 25, PERMIT));
    assert_eq!(newer.kept, 1);
    let all = statements(&desk, 31, person);
    assert!(
        all.iter()
            .any(|one| one.kind == "declined" && one.is_in_force),
        "the refusal stands"
    );
    assert!(all.iter().all(|one| !(one.permits && one.is_in_force)));
}

#[test]
fn a_consent_that_ended_ends_what_was_recorded_of_it() {
    let (desk, person) = desk();
    import_consent(&desk, 10, consent("c1", 5, PERMIT));
    let other = import_consent(&desk, 11, consent("c2", 5, ConsentSays::Ended));
    assert_eq!((other.ended, other.unchanged), (0, 1));
    let counts = import_consent(&desk, 12, consent("c1", 5, ConsentSays::Ended));
    assert_eq!(counts.ended, 1);
    let kinds = desk.kinds_about(person);
    assert!(kinds.contains(&"instrument.revoked".to_owned()));
}

#[test]
fn what_is_silent_unknown_or_of_the_future_is_counted_and_not_recorded() {
    let (desk, person) = desk();
    let silent = import_consent(&desk, 10, consent("c1", 5, ConsentSays::Silent));
    let future = import_consent(&desk, 11, consent("c1", 60, ConsentSays::Refuse));
    let mut nobody = consent("c1", 5, ConsentSays::Refuse);
    nobody.person_ref = "p9".into();
    let nobody = import_consent(&desk, 12, nobody);
    assert_eq!(
        (silent.silent, future.in_future, nobody.unknown_people),
        (1, 1, 1)
    );
    assert!(statements(&desk, 13, person).is_empty());
}
