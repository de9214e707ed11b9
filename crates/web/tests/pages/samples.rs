//! Synthetic people for the tests of pages.

use std::collections::BTreeSet;

use placet_app::patient::link::{Link, Purpose};
use placet_app::wording;
use placet_domain::channel::Channel;
use placet_domain::entry::Entry;
use placet_domain::id::{DeliveryId, PersonId};
use placet_domain::person::{ContactPoint, Identity, Origin, Person, Relationship};
use placet_store::people::{self, Source};

use crate::harness::World;

/// Somebody who is reached by e-mail, and the starter wordings.
pub fn add_person(world: &World, n: u8, given: &str, family: &str, email: &str) -> PersonId {
    add_person_speaking(world, n, given, family, email, None)
}

pub fn add_person_speaking(
    world: &World,
    n: u8,
    given: &str,
    family: &str,
    email: &str,
    language: Option<&str>,
) -> PersonId {
    let id = PersonId::from([n; 16]);
    let person = Person {
        id,
        relationship: Relationship::Patient,
        residence: Some("US-OH".into()),
        time_zone: Some("America/New_York".into()),
        deceased_on: None,
        flags: BTreeSet::new(),
        identity: Identity {
            given: given.into(),
            family: family.into(),
            birth_date: Some("1960-02-28".parse().unwrap()),
            language: language.map(str::to_owned),
            ..Identity::default()
        },
    };
    let email = email.to_owned();
    world
        .act(move |tx, ctx| {
            wording::add_starters(tx, ctx, "Harbor Health")?;
            let source = Source {
                name: "test".into(),
                reference: vec![n],
                content_hash: vec![n],
            };
            people::add(tx, &person, &source)?;
            people::add_lookups(tx, id, &person.identity)?;
            let lookup = people::address_lookup(tx, Channel::Email, &email).unwrap();
            let point = ContactPoint {
                id: ctx.new_id(),
                person: id,
                channel: Channel::Email,
                address: email.clone(),
                origin: Origin::Care,
                created_at: ctx.now,
                replaced_at: None,
            };
            people::add_contact_point(tx, &point, &lookup)?;
            tx.record(Entry::new("person.added").about(id));
            Ok(id)
        })
        .unwrap()
}

/// The address of a person's page, made now.
pub fn link(world: &World, person: PersonId, purpose: Purpose) -> String {
    let about = DeliveryId::from([5; 16]);
    Link::new(person, purpose, world.site.now(), about).path(world.store.keys())
}
