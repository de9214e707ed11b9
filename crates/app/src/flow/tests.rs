#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use placet_domain::arrival::{Arrival, PersonArrival, Unsaid};
use placet_domain::data::{DataClass, DraftSource, Element, ElementKind};
use placet_domain::flow::Side;
use placet_domain::operator::{Actor, Role};
use placet_domain::person::{Identity, Relationship};

use super::*;
use crate::desk::{Desk, compliance, open_source, refused_as, sign_source};
use crate::import::{self, Counts, Run};

fn operator(n: u8, roles: &[Role]) -> Actor {
    Actor::Operator {
        id: [n; 16].into(),
        roles: roles.iter().copied().collect(),
    }
}

fn it() -> Actor {
    operator(3, &[Role::It])
}

fn marketing() -> Actor {
    operator(4, &[Role::Marketing])
}

/// A flow of patients into the hospital, under this name.
fn own(name: &str) -> String {
    Flow::people_from("ehr").replacen("name = \"people\"", &format!("name = \"{name}\""), 1)
}

fn declared(desk: &Desk, actor: Actor, n: i64, text: String) -> Result<Version, ActError> {
    desk.act_as(actor, n, move |tx, ctx| declare(tx, ctx, &text))
}

fn agreed(desk: &Desk, actor: Actor, n: i64, id: FlowVersionId) -> Result<FlowId, ActError> {
    desk.act_as(actor, n, move |tx, ctx| agree(tx, ctx, id, ""))
}

/// A store whose source compliance has signed.
fn signed() -> Desk {
    let desk = Desk::empty();
    desk.act(0, |tx, ctx| sign_source(tx, ctx, "ehr")).unwrap();
    desk
}

fn begin(desk: &Desk, n: i64) -> Result<Run, ActError> {
    desk.act(n, |tx, ctx| import::begin(tx, ctx, "ehr", None))
}

#[test]
fn s89_s93_nothing_comes_in_before_both_sides_agreed() {
    let desk = signed();
    let why = refused_as(begin(&desk, 1), "flow.undeclared");
    assert!(why.contains("placet flow new --source ehr"), "{why}");

    // From the command line nobody has agreed yet; who declares by name agrees for their side.
    let by_command = declared(&desk, Actor::System("test"), 2, own("charts")).unwrap();
    let why = refused_as(begin(&desk, 3), "flow.blocked");
    assert!(
        why.contains("IT has not agreed") && why.contains("Marketing has not agreed"),
        "{why}"
    );
    agreed(&desk, marketing(), 4, by_command.id).unwrap();
    refused_as(begin(&desk, 5), "flow.blocked");
    refused_as(
        agreed(&desk, marketing(), 6, by_command.id),
        "flow.agreed_before",
    );
    refused_as(
        agreed(&desk, operator(5, &[Role::Marketing]), 6, by_command.id),
        "flow.agreed_before",
    );
    refused_as(
        agreed(&desk, compliance(), 7, by_command.id),
        "flow.not_your_side",
    );
    refused_as(
        agreed(&desk, Actor::System("test"), 8, by_command.id),
        "flow.needs_an_operator",
    );
    agreed(&desk, it(), 9, by_command.id).unwrap();
    begin(&desk, 10).unwrap();

    // One person with both roles speaks for one side only.
    let both = operator(6, &[Role::It, Role::Marketing]);
    let next = declared(
        &desk,
        both.clone(),
        11,
        own("charts").replace("birthDate", "maritalStatus.text"),
    )
    .unwrap();
    assert!(next.agreements.is_empty());
    agreed(&desk, both.clone(), 12, next.id).unwrap();
    refused_as(agreed(&desk, both, 13, next.id), "flow.agreed_before");

    let kinds: Vec<String> = desk.entries().into_iter().map(|entry| entry.kind).collect();
    let count = |kind: &str| kinds.iter().filter(|held| *held == kind).count();
    assert_eq!((count("flow.declared"), count("flow.agreed")), (2, 3));
}

#[test]
fn a_new_version_waits_beside_the_old_one_and_ends_its_runs_once_agreed() {
    let desk = signed();
    let first = declared(&desk, it(), 1, own("charts")).unwrap();
    assert_eq!(first.agreements[0].side, Side::It);
    agreed(&desk, marketing(), 2, first.id).unwrap();
    let run = begin(&desk, 3).unwrap();
    take(&desk, 4, &run, "p1").unwrap();

    let same = declared(&desk, it(), 5, own("charts")).unwrap();
    assert_eq!(same.id, first.id, "the same text is no version");
    let narrower = own("charts").replace("    \"birthDate\",\n", "");
    let second = declared(&desk, marketing(), 6, narrower).unwrap();
    assert_eq!(second.version, 2);
    take(&desk, 7, &run, "p2").unwrap();
    refused_as(agreed(&desk, it(), 8, first.id), "flow.not_the_newest");
    agreed(&desk, it(), 9, second.id).unwrap();
    refused_as(take(&desk, 10, &run, "p3"), "flow.superseded");
    let anew = begin(&desk, 11).unwrap();
    assert!(
        !anew
            .flow
            .list
            .fields()
            .contains(&"Patient.birthDate".to_owned())
    );

    let stopped = |n, why: &'static str| {
        let id = second.flow;
        desk.act_as(compliance(), n, move |tx, ctx| stop(tx, ctx, id, why))
    };
    assert!(matches!(stopped(12, " "), Err(ActError::Invalid(_))));
    stopped(13, "The purpose is gone").unwrap();
    refused_as(stopped(14, "Again"), "flow.stopped");
    refused_as(take(&desk, 15, &run, "p4"), "flow.superseded");
    refused_as(take(&desk, 15, &anew, "p4"), "flow.blocked");
    refused_as(begin(&desk, 16), "flow.blocked");
    // Declared anew with the same words, it waits for both sides again.
    let third = declared(&desk, it(), 17, second.text.clone()).unwrap();
    assert_eq!(third.version, 3);
    refused_as(begin(&desk, 18), "flow.blocked");
    agreed(&desk, marketing(), 19, third.id).unwrap();
    begin(&desk, 20).unwrap();
}

fn take(desk: &Desk, n: i64, run: &Run, reference: &str) -> Result<Counts, ActError> {
    let person = PersonArrival {
        source_ref: reference.to_owned(),
        relationship: Relationship::Patient,
        residence: None,
        time_zone: None,
        deceased_on: None,
        flags: [].into(),
        identity: Identity {
            given: "Ada".into(),
            family: "Moss".into(),
            ..Identity::default()
        },
        reach: Vec::new(),
        unsaid: Unsaid::default(),
    };
    let (run, arrivals) = (run.clone(), [Arrival::Person(Box::new(person))]);
    desk.act(n, move |tx, ctx| import::take(tx, ctx, &run, &arrivals))
}

/// E22: protected information handed to a vendor without, before or after an agreement.
#[test]
fn e22_a_company_gets_nothing_without_a_contract_in_force_and_a_signed_source() {
    let desk = Desk::empty();
    let today = |from: &str, until: &str| {
        Flow::company_from("ehr")
            .replace("valid_from = 2026-01-01", &format!("valid_from = {from}"))
            .replace(
                "valid_until = 2026-12-31",
                &format!("valid_until = {until}"),
            )
    };
    let open_now = |n| {
        desk.act(n, |tx, ctx| {
            tx.record(placet_domain::entry::Entry::new("test.read"));
            let flow = find_by_name(tx, "letters")?;
            open_one(tx, ctx, &flow)
        })
    };
    let mut n = 0;
    let mut check = |from: &str, until: &str, says: &str| {
        n += 10;
        let version = declared(&desk, it(), n, today(from, until)).unwrap();
        agreed(&desk, marketing(), n + 1, version.id).unwrap();
        let outcome = open_now(n + 2);
        let Err(ActError::Refused { why, .. }) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(why.contains(says), "{why}");
    };
    check(
        "2025-01-01",
        "2026-06-30",
        "its contract ended on 2026-06-30",
    );
    check(
        "2026-07-02",
        "2026-12-31",
        "its contract begins on 2026-07-02",
    );
    check("2026-07-01", "2026-07-01", "is not in the data catalogue");

    let source = desk
        .act_as(it(), 50, |tx, ctx| {
            let draft = DraftSource {
                code: "ehr".to_owned(),
                title: "Health records".to_owned(),
                it_owner: "Integration".to_owned(),
                marketing_owner: "Outreach".to_owned(),
            };
            data::declare(tx, ctx, &draft)
        })
        .unwrap();
    refused_as(open_now(51), "data.not_signed");
    let elements = |path: &str| {
        vec![Element {
            kind: ElementKind::Fhir,
            path: path.to_owned(),
            class: DataClass::PatientContact,
        }]
    };
    let sign = |n, path: &'static str| {
        desk.act_as(it(), n, move |tx, ctx| {
            data::classify(tx, ctx, source, elements(path))
        })
        .and_then(|version| {
            desk.act_as(compliance(), n + 1, move |tx, ctx| {
                data::sign(tx, ctx, source, version.id, "")
            })
        })
        .unwrap();
    };
    sign(52, "Condition.code.text");
    refused_as(open_now(54), "flow.nothing_signed");
    sign(55, "Patient.name.family");
    let open = open_now(57).unwrap();
    assert_eq!(open.list.fields(), ["Patient.name.family"]);
    assert!(
        open.list
            .left_out()
            .contains(&"Patient.address.line".to_owned())
    );
    // A company is no way into the hospital.
    refused_as(begin(&desk, 58), "flow.undeclared");
}

#[test]
fn the_starter_is_the_programs_alone_and_two_flows_must_be_told_apart() {
    let desk = Desk::empty();
    let by_hand = desk.act_as(it(), 1, |tx, ctx| add_starter(tx, ctx, "ehr"));
    refused_as(by_hand, "flow.starter");
    for n in [2, 3] {
        desk.act(n, |tx, ctx| {
            tx.record(placet_domain::entry::Entry::new("test.done"));
            open_source(tx, ctx, "ehr")
        })
        .unwrap();
    }
    begin(&desk, 4).unwrap();
    let other = declared(&desk, it(), 5, own("charts")).unwrap();
    agreed(&desk, marketing(), 6, other.id).unwrap();
    let why = refused_as(begin(&desk, 7), "flow.which");
    assert!(why.contains("charts, people"), "{why}");
    let named = |n, name: &'static str| {
        desk.act(n, move |tx, ctx| import::begin(tx, ctx, "ehr", Some(name)))
    };
    assert_eq!(named(8, "charts").unwrap().flow.version, other.id);
    refused_as(named(9, "letters"), "flow.undeclared");

    let list_alone = "name = \"x\"\nsays = \"x\"\n[fhir]\nPatient = [\"id\"]\n";
    let huge = format!("{}#{}", own("x"), "x".repeat(200_000));
    for bad in [
        list_alone.to_owned(),
        huge,
        "[[".to_owned(),
        own("x").replace("birthDate", "birthday"),
    ] {
        let outcome = declared(&desk, it(), 10, bad);
        assert!(matches!(outcome, Err(ActError::Invalid(_))), "{outcome:?}");
    }
    let moved = own("charts").replace("source = \"ehr\"", "source = \"crm\"");
    assert!(matches!(
        declared(&desk, it(), 11, moved),
        Err(ActError::Invalid(_))
    ));
}

#[test]
fn ids_leave_under_the_key_of_their_destination_and_drops_are_counted() {
    let desk = Desk::empty();
    let source = desk
        .act_as(it(), 1, |tx, ctx| {
            let draft = DraftSource {
                code: "ehr".to_owned(),
                title: "Health records".to_owned(),
                it_owner: "Integration".to_owned(),
                marketing_owner: "Outreach".to_owned(),
            };
            data::declare(tx, ctx, &draft)
        })
        .unwrap();
    let elements = ["Patient.id", "Patient.name.family"].map(|path| Element {
        kind: ElementKind::Fhir,
        path: path.to_owned(),
        class: DataClass::PatientContact,
    });
    let version = desk
        .act_as(it(), 2, move |tx, ctx| {
            data::classify(tx, ctx, source, elements.to_vec())
        })
        .unwrap();
    desk.act_as(compliance(), 3, move |tx, ctx| {
        data::sign(tx, ctx, source, version.id, "")
    })
    .unwrap();
    let carry = |n, name: &'static str| {
        let text = Flow::company_from("ehr")
            .replace("\"letters\"", &format!("\"{name}\""))
            .replace("example-mailing", name);
        let version = declared(&desk, it(), n, text).unwrap();
        let blocked = desk.act(n + 1, move |tx, ctx| run::begin(tx, ctx, name));
        refused_as(blocked, "flow.blocked");
        agreed(&desk, marketing(), n + 2, version.id).unwrap();
        let carried = desk
            .act(n + 3, move |tx, ctx| run::begin(tx, ctx, name))
            .unwrap();
        let mut out = String::new();
        let mut write = |line: &str| {
            out.push_str(line);
            Ok(())
        };
        let input = r#"{"resourceType":"Patient","id":"p12","name":[{"family":"Moss"}],"birthDate":"1960-02-28"}"#;
        let options = placet_gateway::Options::on("2026-07-01".parse().unwrap());
        let report =
            placet_gateway::filter(input.as_bytes(), &carried.list, &options, &mut write).unwrap();
        assert!(
            out.contains("Moss") && !out.contains("p12") && !out.contains("1960"),
            "{out}"
        );
        let text = serde_json::to_string(&report).unwrap();
        desk.act(n + 4, move |tx, ctx| run::finish(tx, ctx, &carried, &text))
            .unwrap();
        let dropped = desk
            .act(n + 5, move |tx, ctx| {
                tx.record(placet_domain::entry::Entry::new("test.read"));
                let flow = find_by_name(tx, name)?;
                Ok(run::dropped(tx, flow.id, ctx.now)?)
            })
            .unwrap();
        let birth = dropped
            .iter()
            .find(|one| one.path == "Patient.birthDate")
            .unwrap();
        assert_eq!((birth.n_week, birth.n_ever), (1, 1));
        out
    };
    assert_ne!(
        carry(10, "harborside"),
        carry(30, "northfield"),
        "two destinations cannot join"
    );
    let kinds: Vec<String> = desk.entries().into_iter().map(|entry| entry.kind).collect();
    assert!(kinds.iter().any(|kind| kind == "flow.run_started"));
    assert!(kinds.iter().any(|kind| kind == "flow.run_finished"));
    let own = desk.act(60, |tx, ctx| {
        open_source(tx, ctx, "crm")?;
        run::begin(tx, ctx, "people-crm")
    });
    refused_as(own, "flow.own");
}
