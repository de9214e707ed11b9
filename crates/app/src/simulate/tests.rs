//! What a changed pack does to campaigns, triggers and journeys.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use placet_policy::Source;

use super::*;
use crate::campaign::tests::{PEOPLE, World};
use crate::desk::Desk;
use crate::trigger::tests::{House, person};

/// House rules that stop what goes to this place.
fn house(place: &str) -> Engine {
    let text = format!(
        "[pack]\nid = \"house\"\nversion = \"1\"\nextends = \"placet\"\n\n[[rule]]\nid = \"house.place\"\n\
         title = \"Not there\"\ncitation = [\"Policy 1\"]\nkind = \"forbid\"\n\
         when = 'message && subject.residence == \"{place}\"'\nsays = \"Not there.\"\nsource = \"T\"\n"
    );
    let source = Source {
        name: "house.toml".to_owned(),
        text,
    };
    Engine::load(&[source]).unwrap()
}

fn asked(
    desk: &Desk,
    minute: i64,
    engine: Engine,
    strictness: Option<Strictness>,
) -> Vec<Simulated> {
    let change = Change { engine, strictness };
    desk.act(minute, move |tx, ctx| {
        simulate(tx, ctx, &Index::default(), &Engine::builtin(), &change)
    })
    .unwrap()
}

#[test]
fn a_rule_that_stops_everybody_drops_them_by_name() {
    let world = World::new();
    let id = world.planned(20);
    let n = u64::from(PEOPLE);

    let same = asked(&world.desk, 30, Engine::builtin(), None);
    assert_eq!(same.len(), 1);
    let unchanged = &same[0].comparison;
    assert_eq!(
        (unchanged.n_matched, unchanged.n_before, unchanged.n_after),
        (n, n, n)
    );
    assert!(unchanged.added.is_empty() && unchanged.dropped.is_empty());

    let dropped = asked(&world.desk, 31, house("US-OH"), None);
    assert_eq!(dropped[0].sender, Sender::Campaign(id, Progress::Draft));
    let found = &dropped[0].comparison;
    assert_eq!((found.n_before, found.n_after), (n, 0));
    assert_eq!(found.dropped.len(), usize::from(PEOPLE));
    assert_eq!(
        (found.rules[0].rule.as_str(), found.rules[0].n_dropped),
        ("house.place", n)
    );

    let elsewhere = asked(&world.desk, 32, house("US-TX"), None);
    assert_eq!(elsewhere[0].comparison.dropped, []);
}

#[test]
fn asking_leaves_an_entry_and_names_leave_one_each() {
    let world = World::new();
    world.planned(20);
    let found = asked(&world.desk, 30, house("US-OH"), None);
    let dropped = found[0].comparison.dropped[..3].to_vec();
    let named = world
        .desk
        .act(31, move |tx, _| names(tx, &dropped))
        .unwrap();
    assert_eq!(named.len(), 3);
    assert_eq!(named[0].1, "Ada Moss");
    let kinds: Vec<String> = world
        .desk
        .entries()
        .into_iter()
        .map(|entry| entry.kind)
        .collect();
    let count = |kind: &str| kinds.iter().filter(|one| *one == kind).count();
    assert_eq!(count("rules.simulated"), 1);
    assert!(count("person.read") >= 3);
}

/// The other way: rules that stop people now, and would not then.
#[test]
fn rules_that_are_taken_back_add_people() {
    let world = World::new();
    world.planned(20);
    let found = world
        .desk
        .act(30, |tx, ctx| {
            let change = Change {
                engine: Engine::builtin(),
                strictness: None,
            };
            simulate(tx, ctx, &Index::default(), &house("US-OH"), &change)
        })
        .unwrap();
    let found = &found[0].comparison;
    assert_eq!((found.n_before, found.n_after), (0, u64::from(PEOPLE)));
    assert_eq!(found.rules[0].n_added, u64::from(PEOPLE));
}

/// A trigger is asked about everybody, since nobody knows whom its events will be about.
#[test]
fn a_trigger_is_asked_about_everybody() {
    let house_of_two = House::new();
    house_of_two.import(-45, vec![person("p1"), person("p2")]);
    let id = house_of_two.reminding(placet_domain::trigger::Wait::hours(24));
    let found = asked(&house_of_two.desk, 30, house("US-OH"), None);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].sender,
        Sender::Trigger(id, events::Standing::AtWork)
    );
    let moved = &found[0].comparison;
    assert_eq!((moved.n_before, moved.n_after), (2, 0));
    assert_eq!(moved.rules[0].rule, "house.place");
}
