#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::desk::{Desk, compliance};

fn found(desk: &Desk, n: i64, asked: &'static str) -> Vec<String> {
    let search = desk
        .act_as(compliance(), n, move |tx, ctx| search(tx, ctx, asked))
        .unwrap();
    search.found.into_iter().map(|line| line.name).collect()
}

#[test]
#[rustfmt::skip] // A table.
fn people_are_found_by_what_is_known_of_them() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.add_person(2, "Ben", "Moss", "ben@example.org");
    //                         asked                         found
    assert_eq!(found(&desk, 1, "moss"),                      ["Ada Moss", "Ben Moss"]);
    assert_eq!(found(&desk, 2, "MOSS, Ada"),                 ["Ada Moss"]);
    assert_eq!(found(&desk, 3, "Ada+tag@Example.org"),       ["Ada Moss"]);
    assert_eq!(found(&desk, 4, "1960-02-28"),                ["Ada Moss", "Ben Moss"]);
    assert_eq!(found(&desk, 5, "oak"),                       [""; 0]);
    assert_eq!(found(&desk, 6, "ada moss oak"),              [""; 0]);
    assert_eq!(found(&desk, 7, "614 555 0142"),              [""; 0]);
    let by_id: &'static str = ada.to_string().leak();
    assert_eq!(found(&desk, 8, by_id),                       ["Ada Moss"]);
}

#[test]
fn a_search_shows_little_and_leaves_an_entry_for_each_person_shown() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let search = desk
        .act_as(compliance(), 1, |tx, ctx| search(tx, ctx, "moss"))
        .unwrap();
    assert_eq!(search.found[0].reach, ["a…@example.org"]);
    assert_eq!(search.found[0].birth_year, Some(1960));
    assert_eq!(desk.kinds_about(ada), ["person.added", "person.read"]);
    for entry in desk.entries() {
        let body = String::from_utf8(entry.body).unwrap();
        assert!(!body.to_lowercase().contains("moss"), "{body}");
    }
}

#[test]
fn an_empty_question_is_refused() {
    let desk = Desk::new();
    let asked = desk.act(1, |tx, ctx| search(tx, ctx, " ,. "));
    assert!(matches!(asked, Err(ActError::Invalid(_))));
}

#[test]
fn no_more_than_twenty_are_shown() {
    let desk = Desk::new();
    for n in 1..=22 {
        desk.add_person(n, "Ada", "Moss", "ada@example.org");
    }
    let search = desk.act(60, |tx, ctx| search(tx, ctx, "moss ada")).unwrap();
    assert_eq!((search.found.len(), search.has_more), (SHOWN, true));
}

#[test]
fn opening_a_person_is_an_entry_that_says_why() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let view = desk
        .act(1, move |tx, ctx| open(tx, ctx, ada, Purpose::Review))
        .unwrap();
    assert_eq!(view.person.identity.name(), "Ada Moss");
    assert_eq!(view.contact_points.len(), 1);
    let body = desk.entries().pop().unwrap().read().unwrap();
    assert_eq!(
        (body.kind.as_str(), body.facts["purpose"].as_str()),
        ("person.read", "review")
    );
}

#[test]
fn an_erased_person_is_not_found() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.act(1, move |tx, _| {
        tx.destroy_key(ada)?;
        tx.record(Entry::new("person.erased").about(ada));
        Ok(())
    })
    .unwrap();
    assert_eq!(found(&desk, 2, "moss"), [""; 0]);
    let opened = desk.act(3, move |tx, ctx| {
        open(tx, ctx, ada, Purpose::Review).map(drop)
    });
    assert!(matches!(opened, Err(ActError::NotFound("person"))));
}
