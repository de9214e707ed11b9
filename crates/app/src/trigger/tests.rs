//! Triggers against a real store: registered, approved, fired once, held, and what they may not say.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::date;
use placet_domain::arrival::{AppointmentArrival, Arrival, PersonArrival, Reach, Unsaid};
use placet_domain::channel::Channel;
use placet_domain::content::{ContentClass, Draft};
use placet_domain::delivery::{Answer, Outcome};
use placet_domain::id::{TriggerId, VersionId, WorkerId};
use placet_domain::operator::{Actor, Role};
use placet_domain::person::{Identity, Origin, Relationship};
use placet_domain::review::Verdict;
use placet_domain::settings::{ActorKind, Carrier, Organization, Tls, VendorRole};
use placet_domain::trigger::{Declaration, Event, Standing, Wait};
use placet_policy::Engine;
use placet_store::Keys;

use super::*;
use crate::delivery::{self, Claiming, Settled};
use crate::desk::{Desk, compliance, minute, open_source, refused_as};
use crate::import::{self, Counts};
use crate::{approval, content, settings};

mod care;
mod moves;

const DAY: i64 = 24 * 60;

pub(crate) fn operator(n: u8, role: Role) -> Actor {
    Actor::Operator {
        id: [n; 16].into(),
        roles: BTreeSet::from([role]),
    }
}

pub(crate) fn marketing() -> Actor {
    operator(4, Role::Marketing)
}

/// Armed, with a flow from the EHR; the desk's noon is eight in the morning where people live.
pub(crate) struct House {
    pub(crate) desk: Desk,
}

impl House {
    pub(crate) fn new() -> Self {
        let desk = Desk::new();
        desk.act(-50, |tx, ctx| {
            open_source(tx, ctx, "ehr")?;
            settings::set_organization(
                tx,
                ctx,
                &Organization {
                    name: "Harbor Health".to_owned(),
                    postal_address: "1 Harbor Street, Springfield".to_owned(),
                    actor: ActorKind::CoveredProvider,
                    time_zone: "America/New_York".to_owned(),
                },
            )?;
            settings::set_carrier(
                tx,
                ctx,
                &Carrier {
                    host: "localhost".to_owned(),
                    port: 2525,
                    tls: Tls::Off,
                    role: VendorRole::None,
                    is_baa_on_file: false,
                    country: "US".to_owned(),
                },
            )?;
            settings::arm(tx, ctx)
        })
        .unwrap();
        Self { desk }
    }

    /// A version with these words, written by one operator and approved by others.
    fn content(&self, n: i64, class: ContentClass, body: &'static str) -> VersionId {
        self.named(n, "Words", class, body)
    }

    /// The same under a name of its own.
    pub(crate) fn named(
        &self,
        n: i64,
        name: &'static str,
        class: ContentClass,
        body: &'static str,
    ) -> VersionId {
        let engine = Engine::builtin();
        let id = self
            .desk
            .act_as(operator(20, Role::Marketing), n, move |tx, ctx| {
                let draft = Draft {
                    class,
                    topic: class.topics()[0],
                    channel: Channel::Email,
                    format: placet_domain::content::Format::Plain,
                    subject: "From our clinic".to_owned(),
                    preheader: String::new(),
                    body: body.to_owned(),
                    text: String::new(),
                };
                let version = content::create(tx, ctx, &engine, name, &draft)?;
                approval::submit(tx, ctx, &engine, version.id)?;
                Ok(version.id)
            })
            .unwrap();
        let tier = self
            .desk
            .store
            .read_blocking(move |tx| approval::find(tx, id, minute(n)))
            .unwrap()
            .tier();
        for (number, role) in (21_u8..).zip(tier.row().approvers) {
            let minute = n + i64::from(number) - 20;
            self.desk
                .act_as(operator(number, *role), minute, move |tx, ctx| {
                    approval::judge(tx, ctx, id, *role, Verdict::Approve, "")
                })
                .unwrap();
        }
        id
    }

    fn declared(&self, n: i64, actor: Actor, declared: Declaration) -> Result<Version, ActError> {
        self.desk
            .act_as(actor, n, move |tx, ctx| declare(tx, ctx, &declared))
    }

    fn approved(&self, n: i64, actor: Actor, version: &Version) -> Result<(), ActError> {
        let (id, version) = (version.trigger, version.id);
        self.desk
            .act_as(actor, n, move |tx, ctx| approve(tx, ctx, id, version, ""))
    }

    /// A reminder that is at work.
    pub(crate) fn reminding(&self, wait: Wait) -> TriggerId {
        let words = self.content(
            -40,
            ContentClass::Reminder,
            "Hello {{first_name|there}}, your visit is on {{appointment_date}} at {{appointment_time}}.",
        );
        let version = self
            .declared(-20, marketing(), declaration(Event::ComingUp, words, wait))
            .unwrap();
        self.approved(-19, compliance(), &version).unwrap();
        version.trigger
    }

    pub(crate) fn import(&self, n: i64, arrivals: Vec<Arrival>) -> Counts {
        self.desk
            .act(n, move |tx, ctx| {
                let run = import::begin(tx, ctx, "ehr", None)?;
                let counts = import::take(tx, ctx, &run, &arrivals)?;
                import::finish(tx, ctx, &run, &counts, "ndjson", "{}")?;
                Ok(counts)
            })
            .unwrap()
    }

    fn tick(&self, n: i64) {
        let more = self
            .desk
            .act(n, |tx, ctx| tick(tx, ctx, Sweeps::Calendar))
            .unwrap();
        assert!(!more);
    }

    /// Claims what is due and lets the carrier take it; answers what was said to each person.
    pub(crate) fn send(&self, n: i64) -> Vec<String> {
        let engine = Engine::builtin();
        self.desk
            .act(n, move |tx, ctx| {
                tx.record(placet_domain::entry::Entry::new("test"));
                let worker = WorkerId::from([1; 16]);
                let keys = Keys::from_master([7; 32]);
                let mut rendered = BTreeMap::new();
                let mut said = Vec::new();
                loop {
                    let claims = delivery::claim(
                        tx,
                        ctx,
                        &Claiming {
                            worker,
                            channel: Channel::Email,
                            n: 50,
                            engine: &engine,
                            keys: &keys,
                            public_url: "http://localhost",
                            rendered: &rendered,
                        },
                    )?;
                    for version in &claims.unrendered {
                        rendered.insert(*version, Arc::new(delivery::prepare(tx, *version)?));
                    }
                    let answers: Vec<Settled> = claims
                        .claimed
                        .iter()
                        .map(|claimed| {
                            let words = claimed.words().unwrap();
                            said.push(format!("{}: {}", claimed.to, words.text));
                            Settled {
                                ticket: claimed.ticket,
                                outcome: Outcome {
                                    answer: Answer::Accepted {
                                        code: 250,
                                        text: "ok".to_owned(),
                                    },
                                    dialogue: String::new(),
                                },
                            }
                        })
                        .collect();
                    delivery::settle(tx, ctx, worker, &answers)?;
                    if claims.unrendered.is_empty() {
                        return Ok(said);
                    }
                }
            })
            .unwrap()
    }

    fn fires(&self, id: TriggerId) -> Fires {
        self.desk
            .store
            .read_blocking(move |tx| fires(tx, id))
            .unwrap()
    }

    fn standing(&self, id: TriggerId) -> Standing {
        let read = self.desk.store.read_blocking(move |tx| find(tx, id));
        read.unwrap().standing()
    }
}

fn declaration(event: Event, content: VersionId, wait: Wait) -> Declaration {
    Declaration {
        name: event.as_str().to_owned(),
        event,
        source: "ehr".to_owned(),
        content,
        purpose: match event {
            Event::Birthday => "greeting",
            Event::Registered | Event::LastVisit => "own_service_announcement",
            _ => "appointment_reminder",
        }
        .to_owned(),
        rationale: "A reminder is part of care".to_owned(),
        owner: "Patient access".to_owned(),
        wait,
        most_per_day: 100,
        sender_name: "Harbor Health".to_owned(),
        sender: "news@harbor.example".to_owned(),
    }
}

pub(crate) fn person(reference: &str) -> Arrival {
    Arrival::Person(Box::new(PersonArrival {
        source_ref: reference.into(),
        relationship: Relationship::Patient,
        residence: Some("US-OH".into()),
        time_zone: Some("America/New_York".into()),
        deceased_on: None,
        flags: BTreeSet::new(),
        identity: Identity {
            given: format!("Ada{reference}"),
            family: "Moss".into(),
            birth_date: Some(date(1960, 7, 2)),
            ..Identity::default()
        },
        reach: vec![Reach {
            channel: Channel::Email,
            address: format!("{reference}@example.org"),
            origin: Origin::Care,
        }],
        unsaid: Unsaid::default(),
    }))
}

/// An appointment so many minutes after the desk's noon.
pub(crate) fn visit(reference: &str, whose: &str, n: i64, status: &str) -> Arrival {
    Arrival::Appointment(AppointmentArrival {
        source_ref: reference.into(),
        person_ref: whose.into(),
        starts_at: minute(n),
        status: status.into(),
        details: BTreeMap::from([("appointment_place".to_owned(), "Entrance B".to_owned())]),
    })
}

#[test]
fn s81_nothing_fires_before_compliance_approved_the_version() {
    let house = House::new();
    let words = house.content(
        -40,
        ContentClass::Reminder,
        "Your visit is on {{appointment_date}}.",
    );
    let day = Wait::hours(24);
    let first = house
        .declared(-20, marketing(), declaration(Event::ComingUp, words, day))
        .unwrap();
    house.import(1, vec![person("p1"), visit("a1", "p1", 60, "booked")]);
    house.tick(2);
    assert!(house.send(3).is_empty());
    assert_eq!(house.fires(first.trigger), Fires::default());
    assert_eq!(house.standing(first.trigger), Standing::Waits);

    // Not by the command line, not by another role, not by whoever wrote it.
    refused_as(
        house
            .approved(4, Actor::System("test"), &first)
            .map_err(|error| match error {
                ActError::Forbidden(_) => ActError::refused("forbidden", ""),
                other => other,
            }),
        "trigger.needs_an_operator",
    );
    assert!(matches!(
        house.approved(4, marketing(), &first),
        Err(ActError::Forbidden(_))
    ));
    let both = Actor::Operator {
        id: [4; 16].into(),
        roles: BTreeSet::from([Role::Marketing, Role::Compliance]),
    };
    refused_as(house.approved(5, both, &first), "trigger.own");
    house.approved(6, compliance(), &first).unwrap();
    refused_as(
        house.approved(7, compliance(), &first),
        "trigger.approved_before",
    );
    assert_eq!(house.standing(first.trigger), Standing::AtWork);

    // What came in before is found by the clock, once.
    house.tick(8);
    house.tick(9);
    assert_eq!(house.send(10).len(), 1);
    assert!(house.send(11).is_empty());

    // An edit waits, and the version before it counts meanwhile.
    let mut next = declaration(Event::ComingUp, words, Wait::hours(48));
    let same = house
        .declared(12, marketing(), declaration(Event::ComingUp, words, day))
        .unwrap();
    assert_eq!(same.id, first.id, "the same again is no version");
    next.rationale = "Two days are better".to_owned();
    let second = house.declared(13, marketing(), next).unwrap();
    assert_eq!((second.version, second.trigger), (2, first.trigger));
    house.import(14, vec![visit("a2", "p1", 36 * 60, "booked")]);
    house.tick(15);
    assert!(house.send(16).is_empty(), "36 hours ahead, and 24 count");
    house.approved(17, compliance(), &second).unwrap();
    house.tick(18);
    assert_eq!(
        house.send(19).len(),
        1,
        "the waiting one takes the new time"
    );

    let id = first.trigger;
    let ended = house
        .desk
        .act_as(compliance(), 20, move |tx, ctx| end(tx, ctx, id, "Over"));
    ended.unwrap();
    house.import(21, vec![visit("a3", "p1", 30 * 60, "booked")]);
    house.tick(22);
    assert!(house.send(23).is_empty());
    refused_as(
        house.declared(24, marketing(), declaration(Event::ComingUp, words, day)),
        "trigger.ended",
    );
}

#[test]
fn a_trigger_that_fires_more_than_expected_pauses_itself() {
    let house = House::new();
    let words = house.content(
        -40,
        ContentClass::Reminder,
        "Your visit is on {{appointment_date}}.",
    );
    let declared = Declaration {
        most_per_day: 3,
        ..declaration(Event::ComingUp, words, Wait::hours(24))
    };
    let version = house.declared(-20, marketing(), declared).unwrap();
    house.approved(-19, compliance(), &version).unwrap();
    let id = version.trigger;
    let mut arrivals = Vec::new();
    for n in 1..=5 {
        arrivals.push(person(&format!("p{n}")));
        arrivals.push(visit(&format!("a{n}"), &format!("p{n}"), 60 + n, "booked"));
    }
    house.import(1, arrivals);
    assert_eq!(house.standing(id), Standing::Paused);
    let fires = house.fires(id);
    assert_eq!((fires.n_fired, fires.n_waiting), (3, 2));
    assert!(house.send(2).is_empty(), "a paused one sends nothing");
    house.tick(3);
    assert_eq!(house.fires(id).n_waiting, 2);

    // Somebody looks, and lets it go on: so many more, again.
    let resumed = house.desk.act_as(compliance(), 4, move |tx, ctx| {
        resume(tx, ctx, id, "It is right")
    });
    resumed.unwrap();
    house.tick(5);
    assert_eq!(house.send(6).len(), 5);
    assert_eq!(house.standing(id), Standing::AtWork);
}
