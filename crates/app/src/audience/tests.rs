//! Whom a filter finds, who drops out, and what looking at them leaves behind.

use placet_domain::audience::{Card, Condition};
use placet_domain::content::ContentClass;
use placet_domain::instrument::{Consent, Evidence, InstrumentKind, Method};
use placet_domain::preference::{PreferenceKind, Topic};
use placet_domain::settings::{
    ActorKind, Carrier, Organization, TextCarrier, TextProvider, Tls, VendorRole,
};

use super::*;
use crate::approval::tests::draft;
use crate::desk::{Desk, complete, minute};
use crate::gate::Message;
use crate::instrument::{self, Given};
use crate::preference::{self, Asked};
use crate::{content, settings};

fn message(class: ContentClass) -> Message {
    let draft = draft(class);
    Message {
        channel: draft.channel,
        format: placet_domain::content::Format::Plain,
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

/// A text about the same: only whoever has a number and gave written consent is left, and what
/// closes the number, not the mailbox, stops it.
#[test]
fn a_waterfall_for_texts_asks_about_numbers_and_the_consents_for_them() {
    let desk = desk();
    desk.act(10, |tx, ctx| {
        for n in [1, 2] {
            add_number(tx, ctx, PersonId::from([n; 16]), &format!("+1614555010{n}"))?;
        }
        let pewc = |channel| Given {
            kind: InstrumentKind::TcpaPewc,
            wording: None,
            terms: Terms::Consent(Consent {
                channel,
                topic: Topic::Services,
                expires_on: None,
            }),
            signed_at: minute(-10),
            method: Method::Paper,
            evidence: Evidence::from_source("registration_desk"),
        };
        let mut texts = complete();
        texts.scope.channels.insert(Channel::Sms);
        for n in [1, 2] {
            let person = PersonId::from([n; 16]);
            instrument::record(tx, ctx, person, pewc(Channel::Sms))?;
            let given = Given {
                kind: InstrumentKind::HipaaAuthorization,
                terms: instrument::authorization(texts.clone()),
                ..pewc(Channel::Sms)
            };
            instrument::record(tx, ctx, person, given)?;
        }
        Ok(())
    })
    .unwrap();
    let index = std::sync::Arc::new(Index::default());
    let by_text = |at| {
        let index = std::sync::Arc::clone(&index);
        let read = move |tx: &mut Tx| -> Result<_, StoreError> {
            let engine = Engine::builtin();
            let mut settings = settings::load(tx)?;
            settings.texts = Some(text_carrier());
            let mut message = message(ContentClass::OwnHealthProductPromo);
            message.channel = Channel::Sms;
            message.elements = ["mobile".to_owned()].into();
            let gate = Gate::new(&engine, &settings, message, minute(at));
            let mailed = one(Condition::HasEmail);
            let seen = seen(tx, &index, &engine, &gate, &mailed)?;
            let plan = plan(tx, &engine, &gate, &mailed)?;
            assert_eq!(
                seen.waterfall, plan.waterfall,
                "index and store say the same"
            );
            Ok(plan)
        };
        desk.store.read_blocking(read).unwrap()
    };
    // 13:00 UTC is nine in the morning in Ohio.
    let plan = by_text(60);
    assert_eq!(plan.waterfall.n_matched, 3);
    assert_eq!(plan.permitted.len(), 2, "{:#?}", plan.waterfall);
    let nobody = &plan.waterfall.bars[0];
    assert_eq!(
        (nobody.rule.as_str(), nobody.says.as_str(), nobody.n_first),
        (NO_ADDRESS, "No number for text messages is held.", 1)
    );

    // STOP of the one closes the number; an unsubscribe by mail of the other does not.
    desk.act(70, |tx, ctx| {
        for (n, kind, channel) in [
            (1, PreferenceKind::Stop, Channel::Sms),
            (2, PreferenceKind::Unsubscribe, Channel::Email),
        ] {
            let asked = Asked {
                kind,
                channel: Some(channel),
                topic: None,
                wording: None,
                at: ctx.now,
                method: Method::Reply,
                evidence: Evidence::from_source("test"),
            };
            preference::record(tx, ctx, PersonId::from([n; 16]), asked)?;
        }
        Ok(())
    })
    .unwrap();
    let plan = by_text(80);
    let left: Vec<PersonId> = plan.permitted.iter().map(|(person, _)| *person).collect();
    assert_eq!(left, [PersonId::from([2; 16])], "{:#?}", plan.waterfall);

    // Counted at night it is the same: the hour is asked when it is sent.
    assert_eq!(by_text(60 * 22).permitted.len(), 1);
}

fn text_carrier() -> TextCarrier {
    TextCarrier {
        provider: TextProvider::Twilio,
        url: "https://api.twilio.com".to_owned(),
        account: "AC0".to_owned(),
        public_key: String::new(),
        sender: "+16145550199".to_owned(),
        is_baa_on_file: true,
        country: "US".to_owned(),
    }
}

fn add_number(tx: &mut Tx, ctx: &Ctx, person: PersonId, number: &str) -> Result<(), ActError> {
    crate::desk::add_point(tx, ctx, person, Channel::Sms, number)?;
    tx.record(Entry::new("person.changed").about(person));
    Ok(())
}

/// The index and the walk over the store say the same: waterfall, counts, who is stopped.
#[track_caller]
fn both_say_the_same(desk: &Desk, index: &std::sync::Arc<Index>, at: i64) -> Seen {
    let mut last = Seen::default();
    let filters = [
        Filter::default(),
        one(Condition::Age {
            from: Some(30),
            to: Some(66),
        }),
        one(Condition::OptedIn {
            topic: Topic::Services,
        }),
        one(Condition::Residence {
            is: vec!["US-OH".to_owned(), "US-FL".to_owned()],
        }),
        one(Condition::Relationship {
            is: vec![Relationship::Patient],
        }),
        one(Condition::HasEmail),
    ];
    for class in [
        ContentClass::OwnServiceInformation,
        ContentClass::Reminder,
        ContentClass::OwnHealthProductPromo,
    ] {
        for filter in &filters {
            let (filter, index) = (filter.clone(), std::sync::Arc::clone(index));
            let read = move |tx: &mut Tx| -> Result<_, StoreError> {
                let engine = Engine::builtin();
                let gate = Gate::new(&engine, &settings::load(tx)?, message(class), minute(at));
                let walked = plan(tx, &engine, &gate, &filter)?.waterfall;
                let found = seen(tx, &index, &engine, &gate, &filter)?;
                let n = count(tx, &filter, minute(at))?;
                let m = count_seen(tx, &index, &filter, minute(at))?;
                Ok((walked, found, n, m))
            };
            let (walked, found, n, m) = desk.store.read_blocking(read).unwrap();
            assert_eq!(found.waterfall, walked, "{class:?}");
            assert_eq!(n, m, "{class:?}");
            last = found;
        }
    }
    last
}

#[test]
fn the_index_says_what_the_walk_says_after_every_act() {
    use crate::preference::{self, Asked};
    use placet_domain::preference::PreferenceKind;
    use placet_domain::suppression::Cause;

    let desk = desk();
    let index = std::sync::Arc::new(Index::default());
    both_say_the_same(&desk, &index, 60);
    let person = PersonId::from([2; 16]);
    let given = |kind, terms| Given {
        kind,
        wording: None,
        terms,
        signed_at: minute(-10),
        method: Method::Paper,
        evidence: Evidence::from_source("registration_desk"),
    };
    let asked = |kind, channel, topic| Asked {
        kind,
        channel,
        topic,
        wording: None,
        at: minute(61),
        method: Method::Phone,
        evidence: Evidence::from_source("call_centre"),
    };
    // A new person, an authorization that ends, a consent that is defective, refusals of all sorts.
    desk.add_person(5, "Eve", "Moss", "p5@example.org");
    both_say_the_same(&desk, &index, 61);
    let made = desk
        .act(62, move |tx, ctx| {
            let terms = instrument::authorization(complete());
            let made = instrument::record(
                tx,
                ctx,
                person,
                given(InstrumentKind::HipaaAuthorization, terms),
            )?;
            let mut lacking = complete();
            lacking.statements.revoke = false;
            instrument::record(
                tx,
                ctx,
                PersonId::from([3; 16]),
                given(
                    InstrumentKind::HipaaAuthorization,
                    instrument::authorization(lacking),
                ),
            )?;
            Ok(made)
        })
        .unwrap();
    let _ = made;
    both_say_the_same(&desk, &index, 63);
    for (n, kind) in (64..).zip(PreferenceKind::ALL) {
        let kind = *kind;
        let who = PersonId::from([u8::try_from(n % 3).unwrap() + 1; 16]);
        let act = desk.act(n, move |tx, ctx| {
            preference::record(
                tx,
                ctx,
                who,
                asked(kind, Some(Channel::Email), Some(Topic::Services)),
            )
            .map(|_| ())
        });
        // Some kinds take no channel or topic; what is refused changes nothing.
        let _ = act;
        both_say_the_same(&desk, &index, n);
    }
    desk.act(90, |tx, ctx| {
        let lookup =
            placet_store::people::address_lookup(tx, Channel::Email, "p5@example.org").unwrap();
        preference::place(tx, ctx, None, lookup, Channel::Email, Cause::List).map(|_| ())
    })
    .unwrap();
    both_say_the_same(&desk, &index, 91);
    desk.act(92, move |tx, ctx| {
        instrument::revoke_all(
            tx,
            ctx,
            person,
            InstrumentKind::HipaaAuthorization,
            Method::Phone,
            &Evidence::from_source("call_centre"),
        )
        .map(|_| ())
    })
    .unwrap();
    both_say_the_same(&desk, &index, 93);
    // Long after the last day of every authorization, without any act in between.
    both_say_the_same(&desk, &index, 60 * 24 * 400);
}

/// A snapshot is taken up again, and what cannot be used is refused with its reason.
#[test]
fn a_snapshot_goes_on_where_it_was_taken() {
    use crate::population::Loaded;

    let desk = desk();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("population.index");
    let index = std::sync::Arc::new(Index::default());
    let keys = desk.store.keys().clone();
    assert_eq!(index.load(&path, &keys, "here"), Loaded::Absent);
    assert!(
        !index.save(&path, &keys, "here", [1; 12]).unwrap(),
        "nothing to save yet"
    );
    both_say_the_same(&desk, &index, 60);
    assert!(index.save(&path, &keys, "here", [2; 12]).unwrap());

    let again = std::sync::Arc::new(Index::default());
    assert_eq!(again.load(&path, &keys, "here"), Loaded::Ready(3));
    desk.add_person(4, "Dee", "Moss", "p4@example.org");
    assert_eq!(both_say_the_same(&desk, &again, 61).waterfall.n_matched, 4);

    let elsewhere = Index::default();
    assert!(matches!(
        elsewhere.load(&path, &keys, "there"),
        Loaded::Refused(_)
    ));
    let mut bytes = std::fs::read(&path).unwrap();
    assert!(
        !bytes.windows(8).any(|part| part == b"PLACETPI"),
        "it is sealed"
    );
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let damaged = std::sync::Arc::new(Index::default());
    let Loaded::Refused(why) = damaged.load(&path, &keys, "here") else {
        panic!("one flipped bit was taken for good");
    };
    assert!(why.contains("damaged"), "{why}");
    // And it is built from the store instead.
    both_say_the_same(&desk, &damaged, 62);
    std::fs::write(&path, &bytes[..100]).unwrap();
    assert!(matches!(
        damaged.load(&path, &keys, "here"),
        Loaded::Refused(_)
    ));
}

/// Both ways of comparing two sets of rules find the same people.
#[test]
fn two_sets_of_rules_are_compared_alike() {
    let desk = desk();
    let house = placet_policy::Source {
        name: "house.toml".to_owned(),
        text: "[pack]\nid = \"house\"\nversion = \"1\"\nextends = \"placet\"\n\n[[rule]]\nid = \"house.none\"\ntitle = \"t\"\ncitation = [\"house\"]\nkind = \"forbid\"\nwhen = 'channel == \"email\"'\nsays = \"s\"\ncategory = \"operations\"\nsource = \"T\"\n".to_owned(),
    };
    let stricter = Engine::load(&[house]).unwrap();
    let read = move |tx: &mut Tx| -> Result<_, StoreError> {
        let (index, filter) = (Index::default(), Filter::default());
        let settings = settings::load(tx)?;
        let gate = |engine: &Engine| {
            Gate::new(
                engine,
                &settings,
                message(ContentClass::Reminder),
                minute(60),
            )
        };
        let (now, then) = (gate(&Engine::builtin()), gate(&stricter));
        Ok(
            [(&now, &then), (&then, &now), (&now, &now)].map(|(before, after)| {
                let quick = compare(tx, &index, before, after, &filter).unwrap();
                (
                    quick,
                    compare_one_by_one(tx, before, after, &filter).unwrap(),
                )
            }),
        )
    };
    let found = desk.store.read_blocking(read).unwrap();
    for (quick, slow) in &found {
        assert_eq!(quick, slow);
    }
    assert!(!found[0].0.dropped.is_empty(), "the rule matters");
    assert_eq!(found[0].0.dropped, found[1].0.added);
}
