#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::path::PathBuf;

use jiff::civil::date;
use serde_json::{Value, json};

use super::*;
use crate::consent::write::{Statement, consent};

fn read(value: &Value) -> Result<Consent, Kind> {
    let text = value.to_string();
    Consent::read(&Phi::new(text.as_bytes())).map_err(|fault| fault.kind)
}

#[track_caller]
fn check(value: &Value, expected: Answer) {
    let question = Question {
        class: Some("Encounter".to_owned()),
        ..Question::marketing(date(2025, 1, 15))
    };
    let consent = read(value).unwrap_or_else(|kind| panic!("{kind:?}"));
    assert_eq!(consent.answer(&question), expected, "{value}");
}

fn marketing() -> Value {
    json!([{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HMARKT" }])
}

fn r4(provision: Value) -> Value {
    json!({ "resourceType": "Consent", "id": "c", "status": "active",
            "patient": { "reference": "Patient/1" }, "dateTime": "2024-03-01", "provision": provision })
}

fn r5(decision: &str, provision: Value) -> Value {
    json!({ "resourceType": "Consent", "id": "c", "status": "active", "decision": decision,
            "subject": { "reference": "Patient/1" }, "date": "2024-03-01", "provision": provision })
}

#[test]
fn the_same_provision_means_the_opposite_in_r4_and_r5() {
    let provision = json!({ "purpose": marketing() });
    let mut typed = provision.clone();
    typed["type"] = json!("permit");
    check(&r4(typed), Answer::Permit);
    check(&r5("permit", json!([provision])), Answer::Deny);
    check(
        &r5("deny", json!([{ "purpose": marketing() }])),
        Answer::Permit,
    );
    check(&r5("permit", json!([])), Answer::Permit);
    check(&r5("deny", json!([])), Answer::Deny);
}

#[test]
#[rustfmt::skip] // A table.
fn a_permission_needs_certainty_and_a_refusal_does_not() {
    let with = |kind: &str, field: &str, value: Value| {
        let mut provision = json!({ "type": kind, "purpose": marketing() });
        provision[field] = value;
        r4(provision)
    };
    let actor = json!([{ "role": {}, "reference": {} }]);
    //           type      narrowed by                                                     then
    check(&with("permit", "actor", actor.clone()),                                         Answer::Silent);
    check(&with("deny",   "actor", actor),                                                 Answer::Deny);
    check(&with("permit", "code", json!([{}])),                                            Answer::Silent);
    check(&with("deny",   "code", json!([{}])),                                            Answer::Deny);
    check(&with("permit", "class", json!([{ "code": "Condition" }])),                      Answer::Silent);
    check(&with("permit", "period", json!({ "start": "2026" })),                           Answer::Silent);
    check(&with("permit", "period", json!({ "start": "soon" })),                           Answer::Silent);
    check(&with("deny",   "period", json!({ "start": "soon" })),                           Answer::Deny);
    check(&with("permit", "purpose", json!([{ "code": "HMARKT" }])),                       Answer::Silent);
    check(&with("deny",   "purpose", json!([{ "code": "HMARKT" }])),                       Answer::Deny);
    check(&with("permit", "purpose", json!([{ "code": "TREAT" }])),                        Answer::Silent);
    check(&with("permit", "action", json!([{ "coding": [{ "code": "use" }] }])),           Answer::Silent);
    check(&with("permit", "provision", json!([{ "purpose": marketing() }])),               Answer::Deny);
    check(&with("permit", "provision", json!([{ "type": "deny", "purpose": [{ "code": "TREAT" }] }])), Answer::Permit);
    check(&with("deny",   "provision", json!([{ "type": "permit", "code": [{}] }])),       Answer::Deny);
    check(&with("deny",   "provision", json!([{ "type": "permit" }])),                     Answer::Permit);
    check(&with("permit", "provision", json!([{ "type": "permit" }, { "type": "deny" }])), Answer::Deny);
}

#[test]
fn what_cannot_be_told_to_be_r4_or_r5_is_refused() {
    let mut both = r4(json!({ "type": "permit" }));
    both["decision"] = json!("permit");
    assert_eq!(read(&both).err(), Some(Kind::MixedVersions));
    let typed = r5("permit", json!([{ "type": "deny" }]));
    assert_eq!(read(&typed).err(), Some(Kind::MixedVersions));
    let neither = json!({ "resourceType": "Consent", "status": "active" });
    assert_eq!(read(&neither).err(), Some(Kind::MixedVersions));
    let mut modified =
        r4(json!({ "type": "permit", "provision": [{ "modifierExtension": [{}] }] }));
    assert_eq!(read(&modified).err(), Some(Kind::ModifierExtension));
    modified["provision"] = json!("SECRET");
    assert_eq!(read(&modified).err(), Some(Kind::WrongShape));
    assert_eq!(
        read(&json!({ "resourceType": "Patient" })).err(),
        Some(Kind::WrongShape)
    );
}

#[test]
fn the_shared_cases_come_out_as_expected() {
    let root = std::env::var_os("PLACET_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = root.join("data/ehr/consent");
    let Ok(expected) = std::fs::read_to_string(folder.join("expected.json")) else {
        println!("skipped: no shared consents at {}", folder.display());
        return;
    };
    let expected: Value = serde_json::from_str(&expected).unwrap();
    for case in expected["cases"].as_array().unwrap() {
        let file = folder.join(case["file"].as_str().unwrap());
        let text = std::fs::read(&file).unwrap();
        let consent = Consent::read(&Phi::new(text.as_slice())).unwrap();
        let question = Question {
            on: case["at"].as_str().unwrap().parse().unwrap(),
            class: case["resource"].as_str().map(str::to_owned),
            security_label: case["security_label"].as_str().map(str::to_owned),
        };
        let permits = consent.answer(&question).permits();
        assert_eq!(permits, case["expect"] == "permit", "{case}");
    }
}

#[test]
fn what_is_written_is_read_back_with_the_same_meaning() {
    let statement = |permits, is_in_force, channels: &[&'static str]| Statement {
        id: "s1".into(),
        person: "1".into(),
        given_at: "2024-03-01T10:00:00Z".parse().unwrap(),
        is_in_force,
        permits,
        until: None,
        kind: "hipaa_authorization",
        channels: channels.to_vec(),
        topics: Vec::new(),
    };
    check(&consent(&statement(true, true, &[])), Answer::Permit);
    check(&consent(&statement(true, true, &["email"])), Answer::Silent);
    check(&consent(&statement(false, true, &["email"])), Answer::Deny);
    check(&consent(&statement(false, true, &[])), Answer::Deny);
    check(&consent(&statement(true, false, &[])), Answer::Ended);
    let mut ended = statement(true, true, &[]);
    ended.until = Some(date(2024, 12, 31));
    check(&consent(&ended), Answer::Silent);
}
