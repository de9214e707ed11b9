//! The catalogue, checks and determinations against a real store.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use placet_domain::data::{DataClass, DraftDetermination, DraftSource, Element, ElementKind};
use placet_domain::id::SourceId;
use placet_domain::operator::{Actor, Role};
use placet_store::checks as stored;

use super::*;
use crate::desk::{Desk, compliance, refused_as};
use crate::import;

fn it() -> Actor {
    Actor::Operator {
        id: [3; 16].into(),
        roles: [Role::It].into(),
    }
}

fn declared(desk: &Desk) -> SourceId {
    let draft = DraftSource {
        code: "ehr".to_owned(),
        title: "Health records".to_owned(),
        it_owner: "Integration team".to_owned(),
        marketing_owner: "Patient outreach".to_owned(),
    };
    desk.act_as(it(), 1, move |tx, ctx| catalogue::declare(tx, ctx, &draft))
        .unwrap()
}

fn element(path: &str, class: DataClass) -> Element {
    Element {
        kind: ElementKind::Fhir,
        path: path.to_owned(),
        class,
    }
}

#[test]
fn s67_nothing_is_imported_from_a_source_before_its_classification_is_signed() {
    let desk = Desk::empty();
    let begin = |n| desk.act(n, |tx, ctx| import::begin(tx, ctx, "ehr", None));
    // A flow that both sides agreed to, from a source that nobody declared.
    let text = crate::flow::people_text("ehr", "people");
    let version = desk
        .act_as(it(), 1, move |tx, ctx| crate::flow::declare(tx, ctx, &text))
        .unwrap();
    let marketing = Actor::Operator {
        id: [4; 16].into(),
        roles: [Role::Marketing].into(),
    };
    let id = version.id;
    desk.act_as(marketing, 1, move |tx, ctx| {
        crate::flow::agree(tx, ctx, id, "")
    })
    .unwrap();
    let why = refused_as(begin(2), "data.undeclared");
    assert!(why.contains("placet data declare ehr"), "{why}");
    let lacks = desk
        .store
        .read_blocking(|tx| crate::flow::find_by_name(tx, "people"))
        .unwrap()
        .missing("2026-07-01".parse().unwrap());
    assert_eq!(lacks, [placet_domain::flow::Missing::Classification]);
    let source = declared(&desk);
    refused_as(begin(2), "data.not_signed");
    let elements = vec![
        element("Patient.name.family", DataClass::PatientContact),
        element("Appointment.start", DataClass::Appointment),
    ];
    let list = elements.clone();
    let first = desk
        .act_as(it(), 3, move |tx, ctx| {
            catalogue::classify(tx, ctx, source, list.clone())
        })
        .unwrap();
    refused_as(begin(4), "data.not_signed");
    let sign = |actor: Actor, n, id| {
        desk.act_as(actor, n, move |tx, ctx| {
            catalogue::sign(tx, ctx, source, id, "Read with counsel")
        })
    };
    refused_as(sign(it(), 5, first.id), "data.signed_by_its_writer");
    refused_as(
        sign(Actor::System("test"), 6, first.id),
        "data.needs_an_operator",
    );
    let elsewhere = desk.act_as(compliance(), 30, move |tx, ctx| {
        catalogue::sign(tx, ctx, ctx.new_id(), first.id, "Of another source")
    });
    assert!(matches!(elsewhere, Err(ActError::NotFound(_))));
    sign(compliance(), 7, first.id).unwrap();
    refused_as(sign(compliance(), 8, first.id), "data.signed_before");
    begin(9).unwrap();

    // The same again is no version; other elements are one, and what was signed counts until that is.
    let list = elements.clone();
    let same = desk
        .act_as(it(), 10, move |tx, ctx| {
            catalogue::classify(tx, ctx, source, list.clone())
        })
        .unwrap();
    assert_eq!(same.id, first.id);
    let more = [
        elements,
        vec![element("Condition.code", DataClass::Treatment)],
    ]
    .concat();
    let second = desk
        .act_as(it(), 11, move |tx, ctx| {
            catalogue::classify(tx, ctx, source, more.clone())
        })
        .unwrap();
    refused_as(sign(compliance(), 12, first.id), "data.not_the_newest");
    let held = desk
        .act(13, move |tx, _| {
            tx.record(placet_domain::entry::Entry::new("test.read"));
            catalogue::find(tx, source)
        })
        .unwrap();
    assert_eq!(held.in_force().unwrap().id, first.id);
    assert_eq!(held.newest().unwrap().id, second.id);
    assert!(held.waits());
    let kinds: Vec<String> = desk.entries().into_iter().map(|entry| entry.kind).collect();
    for kind in [
        "data_source.declared",
        "data_source.classified",
        "data_source.signed",
    ] {
        assert!(kinds.iter().any(|held| held == kind), "{kind} in {kinds:?}");
    }
}

#[test]
fn s67_an_installation_begins_with_a_source_that_lacks_only_its_signature() {
    let desk = Desk::empty();
    let started = desk.act(1, |tx, ctx| crate::flow::add_starter(tx, ctx, "ehr"));
    started.unwrap();
    let begin = |n| desk.act(n, |tx, ctx| import::begin(tx, ctx, "ehr", None));
    refused_as(begin(2), "data.not_signed");
    let held = desk.store.read_blocking(catalogue::list).unwrap();
    let newest = held[0].newest().unwrap();
    let (source, version) = (newest.source, newest.id);
    let of = |path: &str| newest.elements.iter().find(|one| one.path == path);
    assert_eq!(
        of("Appointment.start").unwrap().class,
        DataClass::Appointment
    );
    assert_eq!(
        of("Patient.name.family").unwrap().class,
        DataClass::PatientContact
    );
    desk.act_as(compliance(), 3, move |tx, ctx| {
        catalogue::sign(tx, ctx, source, version, "")
    })
    .unwrap();
    let run = begin(4).unwrap();
    assert!(
        run.flow.list.left_out().is_empty(),
        "all of the flow is signed"
    );
    let proposed = desk
        .store
        .read_blocking(|tx| crate::flow::propose_elements(tx, "ehr"))
        .unwrap();
    assert_eq!(proposed, newest.elements);
}

#[test]
fn s89_a_source_has_an_owner_on_either_side() {
    let desk = Desk::empty();
    let draft = DraftSource {
        code: "crm".to_owned(),
        title: "CRM".to_owned(),
        it_owner: String::new(),
        marketing_owner: " ".to_owned(),
    };
    let outcome = desk.act_as(it(), 1, move |tx, ctx| catalogue::declare(tx, ctx, &draft));
    let Err(ActError::Invalid(problems)) = outcome else {
        panic!("{outcome:?}");
    };
    let fields: Vec<&str> = problems.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["it_owner", "marketing_owner"]);
}

#[test]
fn s73_s74_a_table_is_checked_past_names_and_signed_only_when_nothing_is_left() {
    let desk = Desk::empty();
    let check = |n, table: &'static [u8]| {
        desk.act_as(it(), n, move |tx, ctx| {
            let looked = checks::look(table, "2026-07-01".parse().unwrap())?;
            checks::keep(tx, ctx, "Visits", &looked)
        })
    };
    let sign = |n, id| desk.act_as(compliance(), n, move |tx, ctx| checks::sign(tx, ctx, id));
    let bad = check(1, b"first name,birth date,photo\nOlivia,1980-04-12,x.jpg\n").unwrap();
    refused_as(sign(2, bad), "safe_harbor.identifiers_left");
    let good = check(3, b"year,state,visits\n2025,OH,40\n2025,KY,31\n").unwrap();
    sign(4, good).unwrap();
    refused_as(sign(5, good), "safe_harbor.signed_before");
    let kept = desk
        .act(6, move |tx, _| {
            tx.record(placet_domain::entry::Entry::new("test.read"));
            Ok(stored::find(tx, bad)?)
        })
        .unwrap()
        .unwrap();
    assert!(
        !kept.meets && !kept.report.contains("Olivia"),
        "a report holds no value"
    );
    let names = desk
        .entries()
        .into_iter()
        .any(|entry| String::from_utf8_lossy(&entry.body).contains("Olivia"));
    assert!(!names, "nor does the ledger");
    for table in [&b""[..], b",,\n1,2,3\n"] {
        let outcome = checks::look(table, "2026-07-01".parse().unwrap());
        assert!(matches!(outcome, Err(ActError::Invalid(_))), "{outcome:?}");
    }
}

#[test]
fn s72_a_determination_is_put_on_file_and_taken_back() {
    let desk = Desk::empty();
    let draft = DraftDetermination {
        title: "Visit counts".to_owned(),
        expert: "Dr. A. Statistician".to_owned(),
        qualification: "Disclosure control, ten years".to_owned(),
        scope: "Visits by county".to_owned(),
        opinion: "Risk under 0.04".to_owned(),
        determined_on: "2026-01-10".parse().unwrap(),
        expires_on: "2027-01-09".parse().unwrap(),
    };
    let id = desk
        .act_as(compliance(), 1, move |tx, ctx| {
            checks::record(tx, ctx, draft.clone())
        })
        .unwrap();
    let withdraw = |n, why: &'static str| {
        desk.act_as(compliance(), n, move |tx, ctx| {
            checks::withdraw(tx, ctx, id, why)
        })
    };
    assert!(matches!(withdraw(2, " "), Err(ActError::Invalid(_))));
    withdraw(3, "The source changed").unwrap();
    refused_as(withdraw(4, "Again"), "determination.withdrawn_before");
    let entries = desk.entries();
    let names_expert = entries
        .iter()
        .any(|entry| String::from_utf8_lossy(&entry.body).contains("Statistician"));
    assert!(!names_expert, "the ledger names no person");
}
