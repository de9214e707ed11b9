//! Whom a filter finds, who drops out, and what looking at them leaves behind.

use placet_domain::audience::{Card, Condition};
use placet_domain::content::ContentClass;
use placet_domain::instrument::{Consent, Evidence, InstrumentKind, Method};
use placet_domain::preference::Topic;
use placet_domain::settings::{ActorKind, Carrier, Organization, Tls, VendorRole};

use super::*;
use crate::approval::tests::draft;
use crate::desk::{Desk, complete, minute};
use crate::gate::Message;
use crate::instrument::{self, Given};
use crate::{content, settings};

fn message(class: ContentClass) -> Message {
    let draft = draft(class);
    Message {
        channel: draft.channel,
        topic: draft.topic,
        class,
        purpose: class.purposes()[0].to_owned(),
        elements: content::elements(&draft),
        selection: Filter::default()
            .elements()
            .into_iter()
            .map(str::to_owned)
            .collect(),
        remuneration: placet_policy::Remuneration::none(),
    }
}

/// Three patients by e-mail, of whom the first authorized marketing and opted in.
fn desk() -> Desk {
    let desk = Desk::new();
    for (n, given) in [(1, "Ada"), (2, "Ben"), (3, "Cam")] {
        desk.add_person(n, given, "Moss", &format!("p{n}@example.org"));
    }
    desk.act(0, |tx, ctx| {
        let organization = Organization {
            name: "Harbor Health".to_owned(),
            postal_address: "1 Harbor Street".to_owned(),
            actor: ActorKind::CoveredProvider,
            time_zone: "America/New_York".to_owned(),
        };
        settings::set_organization(tx, ctx, &organization)?;
        let carrier = Carrier {
            host: "localhost".to_owned(),
            port: 2525,
            tls: Tls::Off,
            role: VendorRole::None,
            is_baa_on_file: false,
            country: "US".to_owned(),
        };
        settings::set_carrier(tx, ctx, &carrier)?;
        let person = PersonId::from([1; 16]);
        let given = |kind, terms| Given {
            kind,
            wording: None,
            terms,
            signed_at: minute(-10),
            method: Method::Paper,
            evidence: Evidence::from_source("registration_desk"),
        };
        instrument::record(
            tx,
            ctx,
            person,
            given(
                InstrumentKind::HipaaAuthorization,
                instrument::authorization(complete()),
            ),
        )?;
        let consent = Consent {
            channel: Channel::Email,
            topic: Topic::Services,
            expires_on: None,
        };
        instrument::record(
            tx,
            ctx,
            person,
            given(InstrumentKind::EmailOptin, Terms::Consent(consent)),
        )?;
        Ok(())
    })
    .unwrap();
    desk
}

fn one(condition: Condition) -> Filter {
    Filter {
        all: vec![Card {
            any: vec![condition],
        }],
    }
}

#[test]
#[rustfmt::skip] // A table.
fn a_filter_sees_what_is_held_and_in_force() {
    let desk = desk();
    finds(&desk, Filter::default(),                                                    3);
    finds(&desk, one(Condition::Relationship { is: vec![Relationship::Patient] }),     3);
    finds(&desk, one(Condition::Relationship { is: vec![Relationship::Donor] }),       0);
    finds(&desk, one(Condition::Residence { is: vec!["US-OH".to_owned()] }),           3);
    finds(&desk, one(Condition::Residence { is: vec!["US-TX".to_owned()] }),           0);
    finds(&desk, one(Condition::Age { from: Some(66), to: Some(66) }),                 3);
    finds(&desk, one(Condition::Age { from: Some(67), to: None }),                     0);
    finds(&desk, one(Condition::Language { is: vec!["es".to_owned()] }),               0);
    finds(&desk, one(Condition::HasEmail),                                             3);
    finds(&desk, one(Condition::OptedIn { topic: Topic::Services }),                   1);
    finds(&desk, one(Condition::OptedIn { topic: Topic::Events }),                     0);
}

#[track_caller]
fn finds(desk: &Desk, filter: Filter, expected: u64) {
    let n = desk
        .store
        .read_blocking::<_, _, StoreError>(move |tx| count(tx, &filter, minute(60)));
    assert_eq!(n.unwrap(), expected);
}

fn planned(desk: &Desk, class: ContentClass) -> Plan {
    let read = move |tx: &mut Tx| -> Result<Plan, StoreError> {
        let engine = Engine::builtin();
        let gate = Gate::new(&engine, &settings::load(tx)?, message(class), minute(60));
        plan(tx, &engine, &gate, &Filter::default())
    };
    desk.store.read_blocking(read).unwrap()
}

/// S43, S170: who authorized it is left, who did not drops out by a named rule.
#[test]
fn a_waterfall_counts_who_drops_out_by_which_rule() {
    let desk = desk();
    let plan = planned(&desk, ContentClass::OwnHealthProductPromo);
    assert_eq!(plan.waterfall.n_matched, 3);
    assert_eq!(plan.waterfall.n_permitted, 1, "{:?}", plan.waterfall);
    assert_eq!(plan.permitted.len(), 1);
    assert_eq!(plan.permitted[0].0, PersonId::from([1; 16]));
    let first: u64 = plan.waterfall.bars.iter().map(|bar| bar.n_first).sum();
    assert_eq!(first, 2, "everybody who drops out does so once");
    for bar in &plan.waterfall.bars {
        assert!(bar.n_total >= bar.n_first);
        assert!(Engine::builtin().rule(&bar.rule).is_some(), "{bar:?}");
        assert!(!bar.says.is_empty());
    }
}

#[test]
fn an_erased_person_is_in_no_audience() {
    let desk = desk();
    desk.act(1, |tx, _| {
        tx.destroy_key(PersonId::from([2; 16]))?;
        tx.record(Entry::new("person.erased"));
        Ok(())
    })
    .unwrap();
    finds(&desk, Filter::default(), 2);
}

#[test]
fn opening_a_bar_leaves_an_entry_for_each_person_shown() {
    let desk = desk();
    let plan = planned(&desk, ContentClass::OwnHealthProductPromo);
    let rule = plan
        .waterfall
        .bars
        .iter()
        .find(|bar| bar.n_first > 0)
        .unwrap()
        .rule
        .clone();
    let open = |n, after: Option<PersonId>, limit| {
        let rule = rule.clone();
        desk.act(n, move |tx, ctx| {
            let engine = Engine::builtin();
            let message = message(ContentClass::OwnHealthProductPromo);
            let gate = Gate::new(&engine, &settings::load(tx)?, message, ctx.now);
            list_stopped(tx, &engine, &gate, &Filter::default(), &rule, after, limit)
        })
        .unwrap()
    };
    let shown = open(60, None, 1);
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].name, "Ben Moss");
    assert_eq!(shown[0].rules[0], rule);
    let rest = open(61, Some(shown[0].person), 50);
    assert_eq!(rest.len(), 1);
    let read = |n: u8| {
        let kinds = desk.kinds_about([n; 16].into());
        kinds.iter().filter(|kind| *kind == "person.read").count()
    };
    assert_eq!((read(1), read(2), read(3)), (0, 1, 1));
}

#[test]
fn a_waterfall_is_counted_again_when_something_happened() {
    let desk = desk();
    let kept = std::sync::Arc::new(Waterfalls::default());
    let of = |n| {
        let kept = std::sync::Arc::clone(&kept);
        let read = move |tx: &mut Tx| -> Result<_, StoreError> {
            let question = Question {
                filter: Filter::default(),
                message: message(ContentClass::OwnHealthProductPromo),
            };
            kept.of(tx, &Engine::builtin(), &question, minute(n))
        };
        desk.store.read_blocking(read).unwrap()
    };
    let (first, at) = of(60);
    assert_eq!((first.n_matched, at), (3, minute(60)));
    // Nothing happened: the kept one is shown, with its own time, for an hour.
    assert_eq!(of(100), (first.clone(), minute(60)));
    assert_eq!(of(121).1, minute(121));
    desk.add_person(4, "Dee", "Moss", "p4@example.org");
    let (second, at) = of(122);
    assert_eq!((second.n_matched, at), (4, minute(122)));
}

#[test]
fn audiences_are_named_and_their_filters_checked() {
    let desk = desk();
    let bad = one(Condition::Age {
        from: Some(9),
        to: Some(1),
    });
    let made = desk
        .act(1, |tx, ctx| create(tx, ctx, "Everybody", Filter::default()))
        .unwrap();
    let id = made.id;
    for (n, name, filter) in [(2, " ", Filter::default()), (3, "x", bad)] {
        let outcome = desk.act(n, move |tx, ctx| change(tx, ctx, id, name, filter.clone()));
        assert!(matches!(outcome, Err(ActError::Invalid(_))), "{outcome:?}");
    }
    let changed = desk.act(4, move |tx, ctx| {
        change(tx, ctx, id, "All", one(Condition::HasEmail))
    });
    assert_eq!(changed.unwrap().name, "All");
    let entry = desk.entries().pop().unwrap().read().unwrap();
    assert_eq!(entry.kind, "audience.changed");
    assert_eq!(
        entry.facts["filter"],
        r#"{"all":[{"any":[{"element":"has_email"}]}]}"#
    );
}
