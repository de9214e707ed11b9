//! What a trigger may say, and to whom (S77 to S80, C3).

use placet_domain::instrument::{Consent, Evidence, InstrumentKind, Method, Terms};
use placet_domain::preference::{PreferenceKind, Topic};
use placet_domain::settings::Caps;

use super::*;
use crate::desk::complete;
use crate::instrument::{self, Given};
use crate::preference::{self, Asked};
use crate::trigger::trial::try_out;

#[track_caller]
fn says(outcome: Result<Version, ActError>, field: &str, words: &str) {
    let Err(ActError::Invalid(found)) = outcome else {
        panic!("it was taken");
    };
    assert!(
        found
            .iter()
            .any(|one| one.field == field && one.problem.contains(words)),
        "{found:?}"
    );
}

#[test]
fn s77_s78_s80_what_a_message_may_carry_and_say_follows_from_its_event() {
    let house = House::new();
    let neutral = ContentClass::OwnServiceInformation;
    let email = house.content(
        -200,
        ContentClass::Reminder,
        "Come on {{appointment_date}}; we speak {{language|English}}.",
    );
    let hour = Wait::hours(1);
    says(
        house.declared(1, marketing(), declaration(Event::Booked, email, hour)),
        "content",
        "time, date and place of the appointment, and the person's name and nothing else",
    );
    let confirms = house.content(
        -120,
        neutral,
        "Thank you for your visit. We are here for you.",
    );
    says(
        house.declared(
            2,
            marketing(),
            declaration(Event::Registered, confirms, hour),
        ),
        "content",
        "confirms that the reader received care",
    );
    let welcome = house.content(
        -80,
        neutral,
        "Welcome, {{first_name|there}}. Our entrance moved.",
    );
    says(
        house.declared(
            3,
            marketing(),
            declaration(Event::Birthday, welcome, Wait::default()),
        ),
        "content",
        "greeting",
    );
    let unknown = Declaration {
        source: "elsewhere".to_owned(),
        ..declaration(Event::Registered, welcome, hour)
    };
    says(
        house.declared(4, marketing(), unknown),
        "source",
        "no flow brings its data in",
    );
    house
        .declared(
            5,
            marketing(),
            declaration(Event::Registered, welcome, hour),
        )
        .unwrap();
}

fn consent(house: &House, n: i64, whose: &'static str, given: Given) {
    house
        .desk
        .act(n, move |tx, ctx| {
            let person = import::find_person(tx, "ehr", whose)?.unwrap();
            instrument::record(tx, ctx, person, given.clone()).map(drop)
        })
        .unwrap();
}

fn optin(n: i64) -> Given {
    Given {
        kind: InstrumentKind::EmailOptin,
        wording: None,
        terms: Terms::Consent(Consent {
            channel: Channel::Email,
            topic: Topic::Services,
            expires_on: None,
        }),
        signed_at: minute(n),
        method: Method::WebForm,
        evidence: Evidence::from_source("web_form"),
    }
}

fn authorization(n: i64) -> Given {
    let mut terms = complete();
    terms.scope.information = ["contact", "demographic", "appointment"]
        .map(str::to_owned)
        .into();
    Given {
        kind: InstrumentKind::HipaaAuthorization,
        terms: Terms::Authorization(Box::new(terms)),
        method: Method::Paper,
        ..optin(n)
    }
}

fn tried(house: &House, n: i64, version: &Version) -> trial::Trial {
    let (engine, version) = (Engine::builtin(), version.clone());
    house
        .desk
        .act_as(compliance(), n, move |tx, ctx| {
            try_out(tx, ctx, &engine, &version)
        })
        .unwrap()
}

#[test]
fn c3_a_birthday_message_goes_to_who_agreed_on_the_day_and_once() {
    let house = House::new();
    let words = house.content(
        -40,
        ContentClass::Greeting,
        "Happy birthday, {{first_name|there}}.",
    );
    let version = house
        .declared(
            -20,
            marketing(),
            declaration(Event::Birthday, words, Wait::default()),
        )
        .unwrap();
    house.import(-10, vec![person("p1"), person("p2")]);
    consent(&house, -5, "p1", optin(-5));
    // On the 2nd of July everybody here has their birthday; tried on the day after.
    house.approved(-4, compliance(), &version).unwrap();
    house.tick(1);
    house.tick(DAY - 400);
    assert_eq!(
        house.fires(version.trigger).n_waiting,
        2,
        "taken note of, until nine in the morning"
    );
    assert!(house.send(DAY - 399).is_empty());
    house.tick(DAY + 61);
    house.tick(DAY + 62);
    let said = house.send(DAY + 63);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("p1@") && said[0].contains("Happy birthday, Adap1."));
    let id = version.trigger;
    let refused = house
        .desk
        .act_as(compliance(), DAY + 64, move |tx, ctx| {
            list_refused(tx, ctx, id, 10)
        })
        .unwrap();
    assert_eq!(refused.len(), 1);
    assert!(
        refused[0].why.iter().any(|one| one.rule == "org.birthday"),
        "{:?}",
        refused[0].why
    );
    house.tick(2 * DAY);
    assert!(house.send(2 * DAY + 1).is_empty(), "a birthday is a day");

    let trial = tried(&house, 3 * DAY, &version);
    assert_eq!(
        (trial.n_events, trial.n_people, trial.n_permitted),
        (2, 2, 1)
    );
    assert_eq!(
        (trial.rules[0].rule.as_str(), trial.rules[0].n),
        ("org.birthday", 1)
    );
}

#[test]
fn s79_who_is_chosen_by_the_last_visit_is_told_nothing_of_it_without_an_authorization() {
    let house = House::new();
    let neutral = ContentClass::OwnServiceInformation;
    let plain = house.content(
        -400,
        neutral,
        "Our evening hours, {{first_name|there}}: until eight.",
    );
    let confirms = house.content(
        -360,
        neutral,
        "It has been a year since your last visit, {{first_name|there}}.",
    );
    let wait = Wait {
        minutes: 30 * 24 * 60,
    };
    let trigger = |n: i64, name: &str, words| {
        let declared = Declaration {
            name: name.to_owned(),
            ..declaration(Event::LastVisit, words, wait)
        };
        let version = house.declared(n, marketing(), declared).unwrap();
        house.approved(n + 1, compliance(), &version).unwrap();
        version
    };
    let quiet = trigger(-300, "quiet", plain);
    let loud = trigger(-298, "loud", confirms);
    house.import(
        1,
        vec![
            person("p1"),
            person("p2"),
            person("p3"),
            visit("a1", "p1", 60, "booked"),
            visit("a2", "p2", 60, "booked"),
            visit("a3", "p3", 60, "booked"),
            visit("a4", "p3", 5 * DAY, "booked"),
        ],
    );
    consent(&house, 2, "p2", authorization(2));
    house
        .desk
        .act(3, |tx, ctx| {
            let caps = Caps {
                per_day: 5,
                per_week: 5,
            };
            settings::set_caps(tx, ctx, &caps)
        })
        .unwrap();
    let later = 31 * DAY;
    house.tick(later);
    let mut said = house.send(later + 1);
    said.sort();
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(
        said[0].starts_with("p1@") && said[0].contains("evening hours"),
        "{said:?}"
    );
    assert!(
        said[1].starts_with("p2@") && said[2].starts_with("p2@"),
        "{said:?}"
    );
    assert_eq!(house.fires(loud.trigger).tally.refused, 1);
    assert_eq!(
        house.fires(quiet.trigger).tally.sent,
        2,
        "who was seen since is not missed"
    );

    let trial = tried(&house, later + 2, &loud);
    assert_eq!((trial.n_people, trial.n_permitted), (2, 1), "{trial:?}");
    assert_eq!(trial.rules[0].rule, "org.last_visit");
}

#[test]
fn whoever_is_newly_registered_is_written_to_once_and_a_refusal_holds() {
    let house = House::new();
    let welcome = house.content(
        -40,
        ContentClass::OwnServiceInformation,
        "Welcome, {{first_name|there}}. Our entrance moved.",
    );
    let version = house
        .declared(
            -20,
            marketing(),
            declaration(Event::Registered, welcome, Wait::hours(2)),
        )
        .unwrap();
    house.import(-15, vec![person("p0")]);
    house.approved(-10, compliance(), &version).unwrap();
    house.import(1, vec![person("p1"), person("p2")]);
    house.import(2, vec![person("p1"), person("p2")]);
    house
        .desk
        .act(3, |tx, ctx| {
            let person = import::find_person(tx, "ehr", "p2")?.unwrap();
            let asked = Asked {
                kind: PreferenceKind::Unsubscribe,
                channel: Some(Channel::Email),
                topic: None,
                wording: None,
                at: ctx.now,
                method: Method::Reply,
                evidence: Evidence::from_source("mailbox"),
            };
            preference::record(tx, ctx, person, asked).map(drop)
        })
        .unwrap();
    assert!(house.send(60).is_empty());
    house.tick(122);
    let said = house.send(123);
    assert_eq!(
        said.len(),
        1,
        "not who was there before, not who refused: {said:?}"
    );
    assert!(said[0].starts_with("p1@"));
    assert_eq!(house.fires(version.trigger).tally.refused, 1);
}
