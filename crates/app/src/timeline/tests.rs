#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use placet_domain::channel::Channel;
use placet_domain::instrument::{Consent, Evidence, InstrumentKind, Method, Terms};
use placet_domain::preference::{PreferenceKind, Topic};

use super::*;
use crate::desk::{Desk, compliance, minute};
use crate::instrument::{Given, record};
use crate::preference::{self, Asked};

fn given() -> Given {
    Given {
        kind: InstrumentKind::EmailOptin,
        wording: None,
        terms: Terms::Consent(Consent {
            channel: Channel::Email,
            topic: Topic::Events,
            expires_on: None,
        }),
        signed_at: minute(0),
        method: Method::WebForm,
        evidence: Evidence::from_source("web_form"),
    }
}

fn declined() -> Asked {
    Asked {
        kind: PreferenceKind::Declined,
        channel: Some(Channel::Email),
        topic: Some(Topic::Services),
        wording: None,
        at: minute(0),
        method: Method::WebForm,
        evidence: Evidence::from_source("web_form"),
    }
}

fn held_by_ada(desk: &Desk) -> PersonId {
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.act_as(compliance(), 1, move |tx, ctx| {
        record(tx, ctx, ada, given())
    })
    .unwrap();
    desk.act_as(compliance(), 2, move |tx, ctx| {
        preference::record(tx, ctx, ada, declined())
    })
    .unwrap();
    ada
}

#[test]
fn everything_done_stands_on_one_line_newest_first_each_with_its_receipt() {
    let desk = Desk::new();
    let ada = held_by_ada(&desk);
    desk.add_person(2, "Ben", "Oak", "ben@example.org");
    let timeline = desk
        .act(3, move |tx, ctx| read(tx, ctx, ada, None))
        .unwrap();
    let said: Vec<&str> = timeline
        .events
        .iter()
        .map(|event| event.says.as_str())
        .collect();
    assert_eq!(
        said,
        [
            "Declined: Services and offers, E-mail",
            "E-mail opt-in recorded: Community events, E-mail",
            "Came in from another system"
        ]
    );
    for event in &timeline.events {
        let entry = desk
            .entries()
            .into_iter()
            .find(|entry| entry.id == event.receipt.entry)
            .unwrap();
        assert_eq!(event.receipt.place, entry.place);
        assert_eq!(event.receipt.leaf_hash, leaf_hash(&entry.body));
    }
    assert_eq!(timeline.next, None);
    assert_eq!(desk.kinds_about(ada).last().unwrap(), "person.read");
}

#[test]
fn a_long_line_is_read_in_parts() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    for n in 0..70 {
        desk.act(n, move |tx, _| {
            person::note_read(tx, ada, Purpose::Review);
            Ok(())
        })
        .unwrap();
    }
    let first = desk
        .act(80, move |tx, ctx| read(tx, ctx, ada, None))
        .unwrap();
    assert_eq!(first.events.len(), 50);
    let next = first.next;
    let second = desk
        .act(81, move |tx, ctx| read(tx, ctx, ada, next))
        .unwrap();
    assert_eq!(second.events.len(), 21);
    assert_eq!(second.next, None);
}

#[test]
fn what_is_held_agrees_with_the_ledger() {
    let desk = Desk::new();
    let ada = held_by_ada(&desk);
    assert_eq!(
        desk.act(30, move |tx, ctx| check(tx, ctx, ada)).unwrap(),
        []
    );
}

#[test]
fn e25_a_yes_that_no_act_recorded_is_called_out() {
    let desk = Desk::new();
    let ada = held_by_ada(&desk);
    // As somebody with the database in hand would do it: the row without its entry.
    desk.act(5, move |tx, ctx| {
        let instrument = placet_domain::instrument::Instrument {
            id: ctx.new_id(),
            person: ada,
            kind: InstrumentKind::EmailOptin,
            wording: None,
            terms: given().terms,
            signed_at: ctx.now,
            method: Method::WebForm,
            evidence: Evidence::from_source("web_form"),
            defects: Vec::new(),
            recorded_at: ctx.now,
            recorded_by: "person".into(),
            revoked: None,
        };
        instruments::add(tx, &instrument)?;
        tx.record(placet_domain::entry::Entry::new("something.else"));
        Ok(())
    })
    .unwrap();
    let faults = desk.act(30, move |tx, ctx| check(tx, ctx, ada)).unwrap();
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].noun, faults[0].says), ("instrument", NO_ENTRY));
}

#[test]
fn an_entry_of_an_unknown_kind_is_shown_as_it_is() {
    assert_eq!(
        says("flow.person_seen", &BTreeMap::new()),
        "Flow person seen"
    );
}

mod at_the_gate {
    //! What people sign and refuse, as the rules of the program answer it.

    use std::collections::BTreeSet;
    use std::sync::{Arc, OnceLock};

    use placet_domain::content::ContentClass;
    use placet_domain::settings::{
        ActorKind, Carrier, Organization, Settings, Strictness, Tls, VendorRole,
    };
    use placet_policy::{Engine, Outcome, Remuneration};

    use super::*;
    use crate::desk::{complete, start};
    use crate::gate::Message;
    use crate::instrument::{authorization, revoke_all};

    fn engine() -> Arc<Engine> {
        static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
        Arc::clone(ENGINE.get_or_init(|| Arc::new(Engine::builtin())))
    }

    fn settings() -> Settings {
        Settings {
            organization: Some(Organization {
                name: "Harbor Health".into(),
                postal_address: "12 Elm St, Columbus, OH 43004".into(),
                actor: ActorKind::CoveredProvider,
                time_zone: "America/New_York".into(),
            }),
            carrier: Some(Carrier {
                host: "localhost".into(),
                port: 25,
                tls: Tls::Off,
                role: VendorRole::None,
                is_baa_on_file: false,
                country: "US".into(),
            }),
            strictness: Strictness::Conservative,
            ..Settings::default()
        }
    }

    fn promotion() -> Message {
        Message {
            channel: Channel::Email,
            format: placet_domain::content::Format::Plain,
            topic: Topic::Services,
            class: ContentClass::OwnHealthProductPromo,
            purpose: "promotion".into(),
            elements: BTreeSet::from(["email".into()]),
            selection: BTreeSet::new(),
            remuneration: Remuneration::none(),
        }
    }

    fn outcome(desk: &Desk, n: i64, person: PersonId) -> (Outcome, Vec<String>) {
        let asked = desk
            .act(n, move |tx, ctx| {
                explain(tx, ctx, &engine(), &settings(), person, promotion())
            })
            .unwrap()
            .unwrap();
        let decision = asked.decision;
        (
            decision.outcome,
            decision.why.into_iter().map(|why| why.rule).collect(),
        )
    }

    fn signed() -> Given {
        Given {
            kind: InstrumentKind::HipaaAuthorization,
            terms: authorization(complete()),
            method: Method::Paper,
            ..given()
        }
    }

    fn consent() -> Given {
        Given {
            terms: Terms::Consent(Consent {
                channel: Channel::Email,
                topic: Topic::Services,
                expires_on: None,
            }),
            ..given()
        }
    }

    /// Somebody who said yes in every way there is.
    fn willing(desk: &Desk) -> PersonId {
        let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
        for (n, given) in [(1, signed()), (2, consent())] {
            desk.act(n, move |tx, ctx| record(tx, ctx, ada, given.clone()))
                .unwrap();
        }
        ada
    }

    #[test]
    fn s36_a_promotion_needs_an_authorization_and_is_permitted_with_it() {
        let desk = Desk::new();
        let ben = desk.add_person(2, "Ben", "Oak", "ben@example.org");
        assert_eq!(outcome(&desk, 120, ben).0, Outcome::NeedsAuthorization);
        let ada = willing(&desk);
        let (answer, why) = outcome(&desk, 121, ada);
        assert_eq!(answer, Outcome::Permit, "{why:?}");
    }

    #[test]
    fn l4_a_defective_authorization_permits_nothing() {
        let desk = Desk::new();
        let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
        let mut terms = complete();
        terms.signature = None;
        let given = Given {
            terms: authorization(terms),
            ..signed()
        };
        desk.act(1, move |tx, ctx| record(tx, ctx, ada, given.clone()))
            .unwrap();
        assert_ne!(outcome(&desk, 120, ada).0, Outcome::Permit);
    }

    #[test]
    fn s42_a_revoked_authorization_permits_nothing_from_the_next_decision_on() {
        let desk = Desk::new();
        let ada = willing(&desk);
        let kind = InstrumentKind::HipaaAuthorization;
        let evidence = Evidence::from_source("front_desk");
        desk.act(119, move |tx, ctx| {
            revoke_all(tx, ctx, ada, kind, Method::Letter, &evidence)
        })
        .unwrap();
        assert_eq!(outcome(&desk, 120, ada).0, Outcome::Deny);
    }

    /// S47, S51, S54: whatever refusal is recorded, the next decision keeps it.
    #[test]
    fn every_kind_of_refusal_is_kept_at_the_gate() {
        for kind in PreferenceKind::ALL {
            let about_others = matches!(
                kind,
                // These speak of fundraising, of plans, of calls, of tracking.
                PreferenceKind::FundraisingOptout
                    | PreferenceKind::RestrictionPaidInFull
                    | PreferenceKind::NationalDnc
                    | PreferenceKind::Gpc
            );
            let is_elsewhere = matches!(
                kind,
                PreferenceKind::ChannelChoice | PreferenceKind::ConfidentialCommunication
            );
            let desk = Desk::new();
            let ada = willing(&desk);
            let asked = Asked {
                kind: *kind,
                channel: Some(if is_elsewhere {
                    Channel::Postal
                } else {
                    Channel::Email
                }),
                topic: None,
                wording: None,
                at: start(),
                method: Method::Phone,
                evidence: Evidence::from_source("call_center"),
            };
            desk.act(100, move |tx, ctx| {
                preference::record(tx, ctx, ada, asked.clone())
            })
            .unwrap();
            let (answer, why) = outcome(&desk, 120, ada);
            assert_eq!(answer == Outcome::Permit, about_others, "{kind:?}: {why:?}");
        }
    }
}
