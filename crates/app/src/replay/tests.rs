//! Decisions that replay, and those that do not.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use placet_domain::id::PersonId;
use placet_domain::settings::{ActorKind, Carrier, Organization, Settings, Tls, VendorRole};
use placet_policy::Source;

use super::*;
use crate::desk::Desk;
use crate::gate::{Asked, Gate, Message, gather};
use crate::rules;
use placet_domain::channel::Channel;
use placet_domain::content::ContentClass;
use placet_domain::preference::Topic;

fn settings() -> Settings {
    Settings {
        organization: Some(Organization {
            name: "Harbor Health".to_owned(),
            postal_address: "1 Harbor Street".to_owned(),
            actor: ActorKind::CoveredProvider,
            time_zone: "America/New_York".to_owned(),
        }),
        carrier: Some(Carrier {
            host: "localhost".to_owned(),
            port: 2525,
            tls: Tls::Off,
            role: VendorRole::None,
            is_baa_on_file: false,
            country: "US".to_owned(),
        }),
        ..Settings::default()
    }
}

fn message(class: ContentClass) -> Message {
    Message {
        channel: Channel::Email,
        format: placet_domain::content::Format::Plain,
        topic: Topic::Services,
        class,
        purpose: class.purposes()[0].to_owned(),
        elements: ["email".to_owned(), "first_name".to_owned()].into(),
        selection: ["age".to_owned()].into(),
        remuneration: placet_policy::Remuneration::none(),
    }
}

/// House rules that stop every promotion.
fn house() -> Engine {
    let text = "[pack]\nid = \"house\"\nversion = \"7\"\nextends = \"placet\"\n\n[[rule]]\nid = \"house.none\"\n\
        title = \"No promotion\"\ncitation = [\"Policy 7\"]\nkind = \"forbid\"\nwhen = 'message'\nsays = \"None.\"\n\
        category = \"marketing\"\nsource = \"T\"\n";
    let source = Source {
        name: "house.toml".to_owned(),
        text: text.to_owned(),
    };
    Engine::load(&[source]).unwrap()
}

/// Decides every class for somebody and keeps the decisions.
fn decide(desk: &Desk, engine: &Engine, person: PersonId, minute: i64) -> usize {
    let engine = engine.clone();
    desk.act(minute, move |tx, ctx| {
        let mut n = 0;
        for class in ContentClass::ALL {
            let gate = Gate::new(&engine, &settings(), message(class), ctx.now);
            let held = gather(tx, person, Channel::Email, ctx.now)?.unwrap();
            gate.ask(&held).unwrap().record(tx, ctx, person, None)?;
            n += 1;
        }
        Ok(n)
    })
    .unwrap()
}

fn replayed(desk: &Desk, now: &Engine, minute: i64) -> Replayed {
    let now = now.clone();
    desk.act(minute, move |tx, ctx| {
        let mut rules = Kept::new(&now);
        let (mut all, mut after) = (Replayed::default(), None);
        loop {
            let page = replay(tx, ctx, &mut rules, after)?;
            all.n_decisions += page.n_decisions;
            all.n_matched += page.n_matched;
            all.n_erased += page.n_erased;
            all.n_findings += page.n_findings;
            all.findings.extend(page.findings);
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    })
    .unwrap()
}

#[test]
fn stored_decisions_come_out_byte_for_byte() {
    let desk = Desk::new();
    let person = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let n = decide(&desk, &Engine::builtin(), person, 1) as u64;
    let found = replayed(&desk, &Engine::builtin(), 2);
    assert_eq!(
        (found.n_decisions, found.n_matched),
        (n, n),
        "{:?}",
        found.findings
    );
    let kinds: Vec<String> = desk.entries().into_iter().map(|entry| entry.kind).collect();
    assert!(kinds.contains(&"decisions.replayed".to_owned()));
}

/// The rules changed meanwhile: each decision is taken again under those that took it.
#[test]
fn decisions_replay_under_the_rules_that_took_them() {
    let desk = Desk::new();
    let person = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let before = decide(&desk, &house(), person, 1) as u64;
    let after = decide(&desk, &Engine::builtin(), person, 2) as u64;

    // Nobody kept the house rules: that is said, and nothing is guessed.
    let found = replayed(&desk, &Engine::builtin(), 3);
    assert_eq!((found.n_matched, found.n_findings), (after, before));
    assert!(
        found
            .findings
            .iter()
            .all(|one| one.what == Wrong::RulesNotKept)
    );

    desk.act(4, |tx, ctx| rules::keep(tx, ctx, &house()))
        .unwrap();
    let found = replayed(&desk, &Engine::builtin(), 5);
    assert_eq!((found.n_matched, found.n_findings), (before + after, 0));
}

#[test]
fn rules_are_kept_once() {
    let desk = Desk::new();
    for minute in 1..=2 {
        desk.act(minute, |tx, ctx| rules::keep(tx, ctx, &house()))
            .unwrap();
    }
    let kinds: Vec<String> = desk.entries().into_iter().map(|entry| entry.kind).collect();
    let count = |kind: &str| kinds.iter().filter(|one| *one == kind).count();
    assert_eq!((count("rules.kept"), count("rules.loaded")), (1, 1));
    desk.act(3, |tx, _| {
        assert!(rules::are_kept(tx, &house())?);
        assert!(!rules::are_kept(tx, &Engine::builtin())?);
        tx.record(Entry::new("test"));
        Ok(())
    })
    .unwrap();
}

/// Whoever holds the master key could write another answer; it does not replay.
#[test]
fn a_changed_decision_is_named() {
    let desk = Desk::new();
    let person = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let minute = std::cell::Cell::new(0);
    let found = |change: fn(&mut Asked, &mut Decided)| {
        minute.set(minute.get() + 1);
        let desk_found = desk.act(minute.get(), move |tx, ctx| {
            let gate = Gate::new(
                &Engine::builtin(),
                &settings(),
                message(ContentClass::OwnHealthProductPromo),
                ctx.now,
            );
            let held = gather(tx, person, Channel::Email, ctx.now)?.unwrap();
            let mut asked = gate.ask(&held).unwrap();
            let mut decided = Decided {
                id: ctx.new_id(),
                person,
                campaign: None,
                delivery: None,
                decided_at: asked.at,
                outcome: asked.decision.outcome.as_str().to_owned(),
                category: asked.decision.category.clone(),
                pack: format!("{} {}", asked.decision.pack.id, asked.decision.pack.version),
                profile: asked.decision.profile.as_str().to_owned(),
            };
            change(&mut asked, &mut decided);
            let body = asked.body()?;
            let mut rules = Kept::new(&Engine::builtin());
            tx.record(Entry::new("test"));
            Ok(again(tx, &mut rules, &decided, &body)?)
        });
        desk_found.unwrap()
    };
    assert_eq!(found(|_, _| {}), None);
    let permit = |asked: &mut Asked, decided: &mut Decided| {
        asked.decision.outcome = placet_policy::Outcome::Permit;
        decided.outcome = "permit".to_owned();
    };
    let differs = Wrong::Differs {
        stored: "permit".to_owned(),
        replayed: "needs_authorization".to_owned(),
    };
    assert_eq!(found(permit), Some(differs));
    let row = |_: &mut Asked, decided: &mut Decided| decided.outcome = "permit".to_owned();
    assert_eq!(found(row), Some(Wrong::Row { column: "outcome" }));
    let pack = |_: &mut Asked, decided: &mut Decided| decided.pack = "other 1".to_owned();
    assert_eq!(found(pack), Some(Wrong::Row { column: "pack" }));
    // Another question: as if a refusal had been taken out of it.
    let question = |asked: &mut Asked, _: &mut Decided| {
        asked.inputs.person.relationship = Some("deceased".to_owned())
    };
    assert!(matches!(found(question), Some(Wrong::Differs { .. })));
    let words = |asked: &mut Asked, _: &mut Decided| asked.decision.why[0].says.push('!');
    let differs = found(words).unwrap();
    assert!(
        differs.says().contains("not in the same words"),
        "{}",
        differs.says()
    );
}

#[test]
fn what_is_no_body_is_said_to_be_none() {
    let desk = Desk::new();
    let person = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.act(1, move |tx, ctx| {
        let decided = Decided {
            id: ctx.new_id(),
            person,
            campaign: None,
            delivery: None,
            decided_at: ctx.now,
            outcome: "permit".to_owned(),
            category: "operations".to_owned(),
            pack: "placet 1".to_owned(),
            profile: "conservative".to_owned(),
        };
        decisions::add(tx, &decided, b"{}", b"{}")?;
        tx.record(Entry::new("test"));
        Ok(())
    })
    .unwrap();
    let found = replayed(&desk, &Engine::builtin(), 2);
    assert_eq!(found.findings[0].what, Wrong::Unreadable);
}

/// Who was erased cannot be asked about again; that is counted, not found fault with.
#[test]
fn the_erased_are_counted() {
    let desk = Desk::new();
    let person = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let n = decide(&desk, &Engine::builtin(), person, 1) as u64;
    desk.act(2, move |tx, _| {
        tx.destroy_key(person)?;
        tx.record(Entry::new("person.erased"));
        Ok(())
    })
    .unwrap();
    let found = replayed(&desk, &Engine::builtin(), 3);
    assert_eq!((found.n_erased, found.n_findings), (n, 0));
}
