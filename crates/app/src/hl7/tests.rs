#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use placet_domain::arrival::{PersonArrival, Unsaid};
use placet_domain::person::{Identity, Relationship};

use super::*;
use crate::desk::Desk;
use crate::import::begin;

fn person(family: &str) -> Vec<Arrival> {
    vec![Arrival::Person(Box::new(PersonArrival {
        source_ref: "1".into(),
        relationship: Relationship::Patient,
        residence: None,
        time_zone: None,
        deceased_on: None,
        flags: [].into(),
        identity: Identity {
            given: "Ada".into(),
            family: family.into(),
            ..Identity::default()
        },
        reach: Vec::new(),
        unsaid: Unsaid::default(),
    }))]
}

/// Takes messages of (sender, number, bytes, family).
fn messages(desk: &Desk, n: i64, all: &'static [(u8, u8, u8, &'static str)]) -> Taken {
    desk.act(n, move |tx, ctx| {
        crate::desk::open_source(tx, ctx, "ehr")?;
        let run = begin(tx, ctx, "ehr", None)?;
        let people: Vec<_> = all.iter().map(|(.., family)| person(family)).collect();
        let deliveries: Vec<_> = all
            .iter()
            .zip(&people)
            .map(|((sender, control_id, bytes, _), arrivals)| Delivery {
                sender: [*sender; 32],
                control_id: [*control_id; 32],
                content_hash: [*bytes; 32],
                arrivals,
            })
            .collect();
        take(tx, ctx, &run, &deliveries)
    })
    .unwrap()
}

#[test]
fn a_message_sent_again_has_no_second_effect() {
    let desk = Desk::new();
    let first = messages(&desk, 1, &[(1, 1, 1, "Moss")]);
    assert_eq!((first.counts.added, first.repeated), (1, 0));
    // Meanwhile something newer came; the old message again must not bring the old name back.
    messages(&desk, 2, &[(1, 2, 2, "Hill")]);
    let again = messages(&desk, 3, &[(1, 1, 1, "Moss")]);
    assert_eq!((again.counts, again.repeated), (Counts::default(), 1));
    let kinds: Vec<_> = desk.entries().into_iter().map(|entry| entry.kind).collect();
    assert!(kinds.contains(&"messages.repeated".to_owned()));
}

#[test]
fn a_number_used_again_for_something_else_is_taken_and_noted() {
    let desk = Desk::new();
    messages(&desk, 1, &[(1, 1, 1, "Moss")]);
    let other = messages(&desk, 2, &[(1, 1, 9, "Hill")]);
    assert_eq!((other.counts.updated, other.reused), (1, 1));
}

#[test]
fn two_senders_may_use_one_number() {
    let desk = Desk::new();
    let both = messages(&desk, 1, &[(1, 1, 1, "Moss"), (2, 1, 1, "Moss")]);
    assert_eq!((both.repeated, both.reused), (0, 0));
}

#[test]
fn old_messages_are_forgotten() {
    let desk = Desk::new();
    messages(&desk, 1, &[(1, 1, 1, "Moss")]);
    let early = desk.act(2, forget_old).unwrap();
    let late = desk.act(60 * 24 * 61, forget_old).unwrap();
    assert_eq!((early, late), (0, 1));
}
