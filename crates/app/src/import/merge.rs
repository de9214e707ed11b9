//! What an arrival may change of a person, and what it may not.

use placet_domain::arrival::{PersonArrival, Reach};
use placet_domain::id::ContactPointId;
use placet_domain::person::{ContactPoint, Origin, Person, Relationship};
use placet_store::{Tx, people};

/// The person after an arrival: facts are taken over, protection is never lost.
pub(super) fn person(held: &Person, arrival: &PersonArrival) -> Person {
    let mut identity = arrival.identity.clone();
    if identity.birth_date.is_none() {
        identity.birth_date = held.identity.birth_date;
    }
    if identity.language.is_none() {
        identity.language.clone_from(&held.identity.language);
    }
    if arrival.unsaid.elements {
        identity.elements.clone_from(&held.identity.elements);
    }
    let relationship = if arrival.unsaid.death && held.relationship == Relationship::Deceased {
        Relationship::Deceased
    } else {
        relationship(held.relationship, arrival.relationship)
    };
    Person {
        id: held.id,
        relationship,
        residence: arrival.residence.clone().or_else(|| held.residence.clone()),
        time_zone: time_zone(held, arrival),
        deceased_on: arrival.deceased_on.or(held.deceased_on),
        flags: held.flags.union(&arrival.flags).cloned().collect(),
        identity,
    }
}

/// A time zone belongs to its residence: a new residence without one makes it unknown.
fn time_zone(held: &Person, arrival: &PersonArrival) -> Option<String> {
    if arrival.residence.is_some() {
        arrival.time_zone.clone()
    } else {
        held.time_zone.clone()
    }
}

/// Whether somebody's care, present or past, is known by it.
fn is_of_care(relationship: Relationship) -> bool {
    use Relationship as R;
    matches!(
        relationship,
        R::Patient | R::FormerPatient | R::MinorPatient | R::Enrollee | R::Deceased
    )
}

/// The stricter of two: having been a patient cannot be taken back by a list that does not know
/// it (S65).
pub(super) fn relationship(held: Relationship, arriving: Relationship) -> Relationship {
    if is_of_care(held) && !is_of_care(arriving) {
        held
    } else {
        arriving
    }
}

/// Whether a second source becomes the home of a person: it knows of care, the first did not.
pub(super) fn leads(arriving: Relationship, held: Relationship) -> bool {
    is_of_care(arriving) && !is_of_care(held)
}

/// What happens to a person's addresses.
pub(super) struct Plan<'a> {
    pub(super) added: Vec<(&'a Reach, Vec<u8>)>,
    pub(super) retired: Vec<ContactPointId>,
}

/// An address that is held already keeps its origin, so that no import widens what it may be
/// used for. `may_retire` says whether this source gave some before.
pub(super) fn reach<'a>(
    tx: &Tx,
    held: &[ContactPoint],
    arrival: &'a PersonArrival,
    may_retire: bool,
) -> Plan<'a> {
    let lookup = |channel, address: &str| people::address_lookup(tx, channel, address);
    let held_lookups: Vec<_> = held
        .iter()
        .map(|point| (point, lookup(point.channel, &point.address)))
        .collect();
    let mut kept = Vec::new();
    let mut added = Vec::new();
    for reach in &arrival.reach {
        let Some(own) = lookup(reach.channel, &reach.address) else {
            continue;
        };
        let same = held_lookups
            .iter()
            .find(|(point, held)| point.channel == reach.channel && held.as_ref() == Some(&own));
        match same {
            Some((point, _)) => kept.push(point.id),
            None => added.push((reach, own)),
        }
    }
    let mut origins: Vec<Origin> = arrival.reach.iter().map(|reach| reach.origin).collect();
    if is_of_care(arrival.relationship) {
        // A chart that names no address any more takes back those it gave.
        origins.push(Origin::Care);
    }
    let is_ours = |point: &&ContactPoint| {
        may_retire
            && point.origin != Origin::Person
            && origins.contains(&point.origin)
            && !arrival.unsaid.channels.contains(&point.channel)
    };
    let retired = held
        .iter()
        .filter(is_ours)
        .filter(|point| !kept.contains(&point.id))
        .map(|point| point.id)
        .collect();
    Plan { added, retired }
}
