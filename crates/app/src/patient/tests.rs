#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use placet_domain::id::DeliveryId;
use placet_domain::operator::Actor;
use placet_domain::suppression::Cause;
use placet_store::{instruments, suppressions};

use super::*;
use crate::desk::{Desk, add_address, complete, minute, start};
use crate::instrument::authorization;

const EMAIL_EVENTS: Way = Way {
    channel: Channel::Email,
    topic: Topic::Events,
};
const EMAIL_SERVICES: Way = Way {
    channel: Channel::Email,
    topic: Topic::Services,
};

fn link(person: PersonId, purpose: LinkPurpose) -> Link {
    Link::new(person, purpose, start(), DeliveryId::from([5; 16]))
}

fn evidence() -> Evidence {
    Evidence::from_source("patient_page")
}

impl Desk {
    fn page(&self, n: i64, person: PersonId) -> Page {
        let link = link(person, LinkPurpose::Preferences);
        self.act_as(Actor::Person, n, move |tx, ctx| open(tx, ctx, &link))
            .unwrap()
    }

    fn choose(&self, n: i64, person: PersonId, ways: &[Way]) -> Done {
        let chosen = Chosen {
            ways: ways.iter().copied().collect(),
            ..Chosen::default()
        };
        let link = link(person, LinkPurpose::Preferences);
        self.act_as(Actor::Person, n, move |tx, ctx| {
            choose(tx, ctx, &link, &chosen, &evidence())
        })
        .unwrap()
    }

    fn unsubscribe(&self, n: i64, person: PersonId) -> Done {
        let link = link(person, LinkPurpose::Unsubscribe);
        self.act_as(Actor::Person, n, move |tx, ctx| {
            unsubscribe(
                tx,
                ctx,
                &link,
                Channel::Email,
                Method::OneClick,
                &evidence(),
            )
        })
        .unwrap()
    }

    fn is_closed(&self, n: i64, person: PersonId) -> bool {
        self.act(n, move |tx, ctx| {
            let mut is_closed = false;
            for (_, channel, lookup) in people::list_address_lookups(tx, person)? {
                let held = suppressions::list_by_lookup(tx, &lookup, channel)?;
                is_closed |= held.iter().any(|one| one.stands_at(ctx.now));
            }
            Ok(is_closed)
        })
        .unwrap()
    }
}

fn state(page: &Page, way: Way) -> State {
    page.ways.iter().find(|held| held.way == way).unwrap().state
}

#[test]
fn s50_a_person_reads_what_is_held_and_the_reading_is_an_entry() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let page = desk.page(1, ada);
    assert_eq!(
        page.kinds.reach,
        [(Channel::Email, "a…@example.org".to_owned())]
    );
    assert!(
        page.ways.iter().all(|held| held.state == State::Open),
        "nothing is ticked beforehand"
    );
    assert!(
        page.ways
            .iter()
            .all(|held| held.way.topic != Topic::CareReminders)
    );
    let entry = desk.entries().pop().unwrap().read().unwrap();
    assert_eq!(
        (entry.kind.as_str(), entry.actor.as_str()),
        ("person.read", "person")
    );
    assert_eq!(entry.facts["purpose"], "own_page");
}

#[test]
fn s48_each_box_is_one_channel_and_one_topic() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.choose(1, ada, &[EMAIL_EVENTS]);
    let page = desk.page(2, ada);
    assert_eq!(state(&page, EMAIL_EVENTS), State::Granted);
    assert_eq!(state(&page, EMAIL_SERVICES), State::Refused);
    let held = desk
        .act(3, move |tx, _| Ok(instruments::list_by_person(tx, ada)?))
        .unwrap();
    assert_eq!(held.len(), 1);
    let consent = &held[0].instrument;
    assert_eq!(consent.kind, InstrumentKind::EmailOptin);
    assert_eq!(consent.method, Method::SignedLink);
    assert!(consent.wording.is_some(), "the text that was shown");
}

#[test]
fn s59_the_entry_of_a_choice_says_what_was_chosen() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.choose(1, ada, &[EMAIL_EVENTS]);
    let entry = desk.entries().pop().unwrap().read().unwrap();
    assert_eq!(entry.kind, "patient.chose");
    assert_eq!(entry.facts["allowed"], "email:events");
    assert!(entry.facts["refused"].contains("email:services"));
}

#[test]
fn a_form_sent_twice_changes_nothing_the_second_time() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let first = desk.choose(1, ada, &[EMAIL_EVENTS]);
    let second = desk.choose(2, ada, &[EMAIL_EVENTS]);
    assert_eq!(first.changes.len(), desk.page(3, ada).ways.len());
    assert_eq!(second.changes, []);
    assert_ne!(first.entry, second.entry, "each act has its receipt");
}

#[test]
fn s42_an_empty_box_takes_a_consent_back() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.choose(1, ada, &[EMAIL_EVENTS]);
    let done = desk.choose(2, ada, &[]);
    assert_eq!(done.changes, [Change::Refused(EMAIL_EVENTS)]);
    assert_eq!(state(&desk.page(3, ada), EMAIL_EVENTS), State::Refused);
    assert_eq!(
        desk.choose(4, ada, &[EMAIL_EVENTS]).changes,
        [Change::Allowed(EMAIL_EVENTS)]
    );
    assert_eq!(state(&desk.page(5, ada), EMAIL_EVENTS), State::Granted);
}

#[test]
fn a_no_said_on_a_clock_that_went_back_outlasts_the_yes_before_it() {
    let desk = Desk::new();
    let person = desk.add_person(1, "Rosa", "Moss", "rosa@example.org");
    desk.choose(2, person, &[]);
    desk.choose(20, person, &[EMAIL_EVENTS]);
    // The clock goes back: the yes of minute 20 lies ahead, and the last word is no.
    let done = desk.choose(10, person, &[]);
    assert!(done.changes.contains(&Change::Refused(EMAIL_EVENTS)));
    assert_eq!(state(&desk.page(30, person), EMAIL_EVENTS), State::Refused);
}

#[test]
fn e25_s59_a_decline_is_recorded_with_a_receipt_of_its_own() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let done = desk.choose(1, ada, &[]);
    assert!(
        done.changes
            .iter()
            .all(|change| matches!(change, Change::Refused(_)))
    );
    let kinds = desk.kinds_about(ada);
    assert!(kinds.iter().any(|kind| kind == "preference.recorded"));
    assert_eq!(kinds.last().unwrap(), "patient.chose");
    let held = desk
        .act(2, move |tx, _| Ok(preferences::list_by_person(tx, ada)?))
        .unwrap();
    assert!(
        held.iter()
            .all(|held| held.preference.kind == PreferenceKind::Declined)
    );
    assert!(held.iter().all(|held| held.preference.wording.is_some()));
}

#[test]
fn s51_unsubscribing_stops_the_channel_and_closes_the_address() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.choose(1, ada, &[EMAIL_EVENTS]);
    desk.unsubscribe(2, ada);
    desk.unsubscribe(3, ada);
    let page = desk.page(4, ada);
    assert!(page.ways.iter().all(|held| held.state == State::Refused));
    assert_eq!(
        page.reminders,
        [(Channel::Email, State::Open)],
        "reminders of care are not marketing"
    );
    assert!(desk.is_closed(5, ada));
    // Somebody else who brings the same address, in other letters, finds it closed.
    let ben = desk.add_person(2, "Ben", "Moss", "Ada+news@Example.org");
    assert!(desk.is_closed(6, ben));
}

#[test]
fn a_box_ticked_after_unsubscribing_opens_that_box_alone() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.unsubscribe(1, ada);
    desk.choose(2, ada, &[EMAIL_EVENTS]);
    let page = desk.page(3, ada);
    for held in &page.ways {
        let expected = if held.way == EMAIL_EVENTS {
            State::Granted
        } else {
            State::Refused
        };
        assert_eq!(held.state, expected, "{:?}", held.way);
    }
    assert!(!desk.is_closed(4, ada));
}

#[test]
fn threat_4_an_unsubscribe_link_neither_reads_nor_widens() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let narrow = link(ada, LinkPurpose::Unsubscribe);
    let read = desk.act_as(Actor::Person, 1, move |tx, ctx| open(tx, ctx, &narrow));
    let chosen = Chosen {
        ways: BTreeSet::from([EMAIL_EVENTS]),
        ..Chosen::default()
    };
    let widen = desk.act_as(Actor::Person, 2, move |tx, ctx| {
        choose(tx, ctx, &narrow, &chosen, &evidence())
    });
    for refused in [read.map(drop), widen.map(drop)] {
        assert!(matches!(
            refused,
            Err(ActError::Refused {
                code: "link.only_reduces",
                ..
            })
        ));
    }
    assert_eq!(desk.kinds_about(ada), ["person.added"]);
}

#[test]
fn s173_every_authorization_is_taken_back_in_one_step_by_any_link() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.act(1, move |tx, ctx| {
        let given = Given {
            kind: InstrumentKind::HipaaAuthorization,
            wording: None,
            terms: authorization(complete()),
            signed_at: minute(0),
            method: Method::Paper,
            evidence: evidence(),
        };
        record_instrument(tx, ctx, ada, given)
    })
    .unwrap();
    let page = desk.page(2, ada);
    assert_eq!(page.signed.len(), 1);
    assert_eq!(page.signed[0].topics, [Topic::Services]);

    let narrow = link(ada, LinkPurpose::Unsubscribe);
    let done = desk
        .act_as(Actor::Person, 3, move |tx, ctx| {
            revoke_authorizations(tx, ctx, &narrow, &evidence())
        })
        .unwrap();
    assert_eq!(done.changes, [Change::Revoked]);
    assert_eq!(desk.page(4, ada).signed, []);
}

#[test]
fn reminders_are_stopped_and_taken_up_again_apart() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let chosen = Chosen {
        no_reminders: BTreeSet::from([Channel::Email]),
        ..Chosen::default()
    };
    let link = link(ada, LinkPurpose::Preferences);
    desk.act_as(Actor::Person, 1, move |tx, ctx| {
        choose(tx, ctx, &link, &chosen, &evidence())
    })
    .unwrap();
    assert_eq!(
        desk.page(2, ada).reminders,
        [(Channel::Email, State::Refused)]
    );
    desk.choose(3, ada, &[]);
    assert_eq!(desk.page(4, ada).reminders, [(Channel::Email, State::Open)]);
}

#[test]
fn a_restriction_is_not_lifted_by_a_box() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.act(1, move |tx, ctx| {
        let asked = Asked {
            kind: PreferenceKind::Restriction,
            channel: None,
            topic: None,
            wording: None,
            at: minute(0),
            method: Method::InPerson,
            evidence: evidence(),
        };
        record_preference(tx, ctx, ada, asked)
    })
    .unwrap();
    assert_eq!(desk.choose(2, ada, &[EMAIL_EVENTS]).changes, []);
    assert_eq!(state(&desk.page(3, ada), EMAIL_EVENTS), State::Refused);
}

#[test]
fn an_address_that_bounced_stays_closed_whatever_is_ticked() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.act(1, move |tx, ctx| {
        let lookup = people::address_lookup(tx, Channel::Email, "ada@example.org").unwrap();
        crate::preference::place(
            tx,
            ctx,
            Some(ada),
            lookup,
            Channel::Email,
            Cause::HardBounce,
        )
    })
    .unwrap();
    desk.choose(2, ada, &[EMAIL_EVENTS]);
    assert!(desk.is_closed(3, ada));
}

#[test]
fn a_fresh_link_is_asked_for_once_a_day_and_the_answer_says_nothing() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let ask = |n, address: &'static str| {
        desk.act_as(Actor::Person, n, move |tx, ctx| {
            ask_for_link(tx, ctx, address)
        })
        .unwrap();
    };
    ask(1, "ADA@example.org");
    ask(2, "ada@example.org");
    ask(3, "nobody@example.org");
    ask(4, "not an address\r\n");
    let waiting = desk
        .act(5, |tx, _| Ok(people::list_link_requests(tx, 10)?))
        .unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].person, ada);
    ask(24 * 60 + 2, "ada@example.org");
    let waiting = desk
        .act(1500, |tx, _| Ok(people::list_link_requests(tx, 10)?))
        .unwrap();
    assert_eq!(waiting.len(), 2);
}

#[test]
fn an_erased_person_has_no_page() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.act(1, move |tx, _| {
        tx.destroy_key(ada)?;
        tx.record(Entry::new("person.erased").about(ada));
        Ok(())
    })
    .unwrap();
    let link = link(ada, LinkPurpose::Preferences);
    let page = desk.act_as(Actor::Person, 2, move |tx, ctx| {
        open(tx, ctx, &link).map(drop)
    });
    assert!(matches!(page, Err(ActError::NotFound(_))));
}

#[test]
fn a_second_address_is_masked_like_the_first() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.act(1, move |tx, ctx| {
        add_address(tx, ctx, ada, "moss@example.net")?;
        tx.record(Entry::new("person.changed").about(ada));
        Ok(())
    })
    .unwrap();
    let masked: Vec<String> = desk
        .page(2, ada)
        .kinds
        .reach
        .into_iter()
        .map(|(_, m)| m)
        .collect();
    assert_eq!(masked, ["m…@example.net", "a…@example.org"]);
}

#[test]
fn a_link_made_at_the_desk_names_its_maker_and_ends_the_waiting() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.act_as(Actor::Person, 1, |tx, ctx| {
        ask_for_link(tx, ctx, "ada@example.org")
    })
    .unwrap();
    let made = desk
        .act_as(crate::desk::compliance(), 2, move |tx, ctx| {
            make_link(tx, ctx, ada)
        })
        .unwrap();
    let body = desk.entries().pop().unwrap().read().unwrap();
    assert_eq!(body.kind, "link.made");
    assert_eq!(body.actor, crate::desk::compliance().code());
    assert_eq!(body.facts["link"], made.reference());
    let waiting = desk.act(3, |tx, _| Ok(people::list_link_requests(tx, 10)?));
    assert_eq!(waiting.unwrap(), []);
}

#[test]
fn where_no_text_is_held_the_page_starts_with_its_own() {
    let desk = Desk::empty();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let page = desk.page(1, ada);
    assert!(
        page.wording
            .text
            .starts_with("Choose what your care team may send you")
    );
    assert_eq!(desk.page(2, ada).wording.id, page.wording.id);
}
