#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;

use placet_domain::address::canonical;
use placet_domain::channel::Channel;
use placet_domain::id::PersonId;
use placet_store::{
    Durability, Entropy, Keys, Store, StoreConfig, StoreError, instruments, ledger, people,
};

use super::*;

const DAYS: u32 = 730;

fn today() -> Date {
    Date::constant(2026, 11, 22)
}

fn everybody(n: usize) -> Vec<Invented> {
    (0..n)
        .map(|n| Invented::new(SEED, n, DAYS, today()))
        .collect()
}

#[test]
fn nobody_can_be_reached() {
    for person in everybody(3_000) {
        for reach in &person.arrival.reach {
            canonical(reach.channel, &reach.address).expect("every address is well formed");
            match reach.channel {
                Channel::Email => {
                    let domain = reach.address.rsplit('@').next().unwrap();
                    assert!(words::DOMAIN.contains(&domain), "{domain}");
                }
                Channel::Sms | Channel::VoiceLive => {
                    assert_eq!(&reach.address[5..10], "55501", "a number kept for fiction");
                }
                Channel::Postal => {}
            }
        }
    }
}

#[test]
fn nobody_shares_a_mobile() {
    let mut seen = std::collections::BTreeSet::new();
    for person in everybody(20_000) {
        for reach in &person.arrival.reach {
            if reach.channel == Channel::Sms {
                assert!(seen.insert(reach.address.clone()), "{}", reach.address);
            }
        }
    }
    assert!(seen.len() > 10_000);
}

#[test]
fn the_same_people_come_every_time() {
    let canonical = |n| {
        everybody(n)
            .iter()
            .map(|p| p.arrival.canonical())
            .collect::<Vec<_>>()
    };
    assert_eq!(canonical(200), canonical(400)[..200]);
}

#[test]
fn the_town_is_as_mixed_as_it_should_be() {
    let all = everybody(10_000);
    let share =
        |of: fn(&Invented) -> bool| all.iter().filter(|p| of(p)).count() as f64 / all.len() as f64;
    let close = |share: f64, wanted: f64| (share - wanted).abs() < 0.03;
    assert!(close(
        share(|p| p.arrival.relationship == Relationship::Patient),
        0.79
    ));
    assert!(close(
        share(|p| p.arrival.relationship == Relationship::Prospect),
        0.12
    ));
    assert!(close(
        share(|p| p.arrival.residence.as_deref() == Some("US-OH")),
        0.59
    ));
    assert!(
        share(|p| p.arrival.time_zone.is_none()) > 0.001,
        "some time zones are not known"
    );
    let children = all.iter().filter(|p| p.age_on(today()) < 18);
    assert!(children.clone().count() > 100);
    assert!(
        children
            .clone()
            .all(|p| p.arrival.relationship == Relationship::Patient)
    );
}

#[test]
fn every_kind_of_deed_happens_and_none_before_its_person_came() {
    let mut kinds = BTreeMap::new();
    for person in everybody(5_000) {
        for (day, deed) in deeds::of(SEED, &person, DAYS) {
            assert!(day >= person.joined && day < DAYS, "day {day}");
            let name = format!("{deed:?}");
            *kinds
                .entry(name.split(['(', ' ']).next().unwrap().to_owned())
                .or_insert(0) += 1;
        }
    }
    assert_eq!(kinds.len(), 11, "{kinds:?}");
    assert!(
        kinds["OptIn"] > 2_000 && kinds["Authorize"] > 700,
        "{kinds:?}"
    );
}

/// A small town in a store of its own.
fn town(seed: u64) -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("placet.db").display());
    let mut config = StoreConfig::new(url, Keys::from_master([7; 32])).creating();
    config.durability = Durability::None;
    config.entropy = Entropy::seeded(seed);
    let store = Store::open(config).unwrap();
    let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
    let start = now
        .checked_sub(Span::new().hours(24 * i64::from(DAYS)))
        .unwrap();
    settle(&store, &mut Seeds::new(seed), 600, start, now).unwrap();
    (store, folder)
}

#[test]
fn a_town_settles_with_its_permissions_and_refusals() {
    let (store, _folder) = town(1);
    let (entries, n_people) = store
        .read_blocking::<_, _, StoreError>(|tx| {
            Ok((ledger::list_from(tx, 0, 100_000)?, people::count(tx)?))
        })
        .unwrap();
    assert_eq!(
        n_people, 600,
        "a prospect who became a patient is one person"
    );
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for entry in &entries {
        *kinds.entry(entry.kind.clone()).or_default() += 1;
    }
    assert_eq!(kinds["person.imported"], 600);
    for kind in [
        "person.became_patient",
        "preference.recorded",
        "import.finished",
    ] {
        assert!(kinds.contains_key(kind), "{kind} is missing in {kinds:?}");
    }
    assert!(
        entries.windows(2).all(|pair| pair[0].at <= pair[1].at),
        "time goes on"
    );
}

#[test]
fn defective_and_expired_authorizations_are_among_them() {
    let (store, _folder) = town(2);
    let ctx = Seeds::new(9).ctx(
        "2026-11-22T09:00:00Z".parse().unwrap(),
        Actor::System("test"),
    );
    let grant = ctx.actor.may(Capability::ViewPeople).unwrap();
    let (n, n_defective) = store
        .act_blocking::<_, _, StoreError>(grant, &ctx, |tx, _| {
            let (mut n, mut n_defective) = (0, 0);
            let first = PersonId::from([0; 16]);
            for held in instruments::list_between(tx, first, PersonId::from([255; 16]))? {
                n += 1;
                n_defective += usize::from(!held.defects.is_empty());
            }
            Ok((n, n_defective))
        })
        .unwrap();
    assert!(n > 300 && n_defective > 3, "{n_defective} of {n}");
}
