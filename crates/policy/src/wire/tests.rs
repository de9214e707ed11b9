#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Choice, Options, decide_line};
use crate::decision::Profile;
use crate::engine::Engine;

fn options() -> Options {
    Options {
        profile: None,
        at: None,
        now: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn ask(line: &str) -> (Value, bool) {
    let answer = decide_line(&Engine::builtin(), line.as_bytes(), 7, &options());
    (
        serde_json::from_str(&answer.json).unwrap(),
        answer.is_decision,
    )
}

fn case() -> Value {
    let first = include_str!("../../scenarios/decisions.jsonl")
        .lines()
        .next()
        .unwrap();
    serde_json::from_str(first).unwrap()
}

#[test]
fn a_case_gets_its_decision() {
    let (answer, fine) = ask(&case().to_string());
    assert!(fine);
    assert_eq!(answer["id"], "A01");
    assert_eq!(answer["outcome"], "permit");
    assert_eq!(answer["asked"], "any");
    assert_eq!(answer["pack"]["id"], "placet");
    assert!(answer["why"][0]["says"].is_string());
    assert_eq!(answer["not_before"], Value::Null);
}

#[test]
fn faults_are_named_by_pointer() {
    fault(
        |c| c["inputs"]["vendor"]["baa"] = json!("yes"),
        "/inputs/vendor/baa",
    );
    fault(
        |c| c["inputs"]["subject"]["age"] = json!("old"),
        "/inputs/subject/age",
    );
    fault(
        |c| c["inputs"]["data_elements"] = json!(["email", 3]),
        "/inputs/data_elements/1",
    );
    fault(
        |c| c["inputs"]["attributes"]["postal_adress"] = json!(false),
        "/inputs/attributes/postal_adress",
    );
    fault(
        |c| c["inputs"]["attributes"]["postal_address"] = json!("no"),
        "/inputs/attributes/postal_address",
    );
    fault(|c| c["inputs"]["chanel"] = json!("sms"), "/inputs/chanel");
    fault(
        |c| c["inputs"]["local_time"] = json!("2026-13-45T99:00:00Z"),
        "/inputs/local_time",
    );
    fault(
        |c| c["inputs"]["instruments"][0]["expires"] = json!("soon"),
        "/inputs/instruments/0/expires",
    );
    fault(
        |c| c["inputs"]["frequency"]["last_7d"] = json!(-1),
        "/inputs/frequency/last_7d",
    );
    fault(
        |c| c["inputs"]["policy_profile"] = json!("lax"),
        "/inputs/policy_profile",
    );
    fault(|c| c["inputs"] = json!([]), "/inputs");
    fault(
        |c| {
            c.as_object_mut().unwrap().remove("inputs");
        },
        "/inputs",
    );
    fault(|c| c["inputs"]["a/b~c"] = json!(1), "/inputs/a~1b~0c");
}

#[track_caller]
fn fault(change: impl FnOnce(&mut Value), pointer: &str) {
    let mut case = case();
    change(&mut case);
    let (answer, fine) = ask(&case.to_string());
    assert!(!fine);
    assert_eq!(answer["error"]["pointer"], pointer);
    assert_eq!(answer["line"], 7);
    assert_eq!(answer["id"], "A01");
}

#[test]
fn broken_lines_do_not_stop_the_rest() {
    for line in [
        "",
        "{",
        "[]",
        "null",
        "\u{0}",
        "{\"id\":",
        "\"x\"",
        "{\"id\":[],\"inputs\":{}}",
    ] {
        let (answer, fine) = ask(line);
        assert!(!fine, "{line}");
        assert!(answer["error"]["message"].is_string());
    }
    let (_, fine) = (
        decide_line(&Engine::builtin(), &[0xff, 0xfe], 1, &options()),
        false,
    );
    assert!(!fine);
    let deep = format!(
        "{{\"inputs\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(!ask(&deep).1);
}

#[test]
fn absent_optional_fields_are_unknown() {
    let (answer, fine) = ask(r#"{"id":1,"inputs":{}}"#);
    assert!(fine);
    assert_eq!(answer["outcome"], "deny");
    let (answer, fine) = ask(
        r#"{"inputs":{"actor":"covered_provider","subject":null,"vendor":null,"content_class":"reminder","channel":"email","recipient":"individual"}}"#,
    );
    assert!(fine);
    assert_eq!(answer["outcome"], "deny");
    assert!(
        answer["missing"]
            .to_string()
            .contains("subject.relationship")
    );
}

#[test]
fn options_override_the_line() {
    let engine = Engine::builtin();
    let line = case().to_string();
    let options = Options {
        profile: Some(Choice::One(Profile::RegulatoryFloor)),
        at: Some("2026-11-24T04:00:00Z".parse().unwrap()),
        ..options()
    };
    let answer = decide_line(&engine, line.as_bytes(), 1, &options);
    let answer: Value = serde_json::from_str(&answer.json).unwrap();
    assert_eq!(answer["profile"], "regulatory_floor");
    assert_eq!(answer["outcome"], "deny", "23:00 at the person's place");
    assert_eq!(answer["not_before"], "2026-11-24T13:00:00Z");
}

#[test]
fn what_is_written_reads_the_same() {
    for line in include_str!("../../scenarios/decisions.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let (inputs, _) = crate::read_inputs(&case["inputs"], "").unwrap();
        let written = serde_json::to_value(&inputs).unwrap();
        let (again, _) = crate::read_inputs(&written, "").unwrap();
        assert_eq!(inputs, again, "{}", case["id"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_harm_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let answer = decide_line(&Engine::builtin(), &bytes, 1, &options());
        prop_assert!(serde_json::from_str::<Value>(&answer.json).is_ok());
    }

    /// A case with one byte changed is decided or refused, and never harms.
    #[test]
    fn no_changed_byte_harms_the_reader(row in 0..132_usize, at in 0..900_usize, byte in any::<u8>()) {
        let line = include_str!("../../scenarios/decisions.jsonl").lines().nth(row).unwrap();
        let mut bytes = line.as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        let answer = decide_line(&Engine::builtin(), &bytes, 1, &options());
        prop_assert!(serde_json::from_str::<Value>(&answer.json).is_ok());
    }
}

/// Days before the calendar and after it: refused by their place, or decided, and nothing else.
#[test]
fn absurd_dates_are_refused_or_decided() {
    let instants = [
        "-009999-01-02T00:00:00Z",
        "9999-12-30T21:59:59-02:00",
        "0000-01-01T00:00:00+00:00",
        "2026-11-24T14:00:00+25:00",
        "2026-02-30T14:00:00Z",
        "1582-10-10T00:00:00+14:00",
        "",
    ];
    let days = [
        "-009999-01-01",
        "9999-12-31",
        "0000-00-00",
        "2026-02-30",
        "31 Jan 2027",
        "",
    ];
    for instant in instants {
        for day in days {
            let mut case = case();
            case["inputs"]["local_time"] = json!(instant);
            case["inputs"]["frequency"] = json!({"last_24h": 4_000_000_000_u32, "last_7d": 3});
            case["inputs"]["instruments"][0]["expires"] = json!(day);
            case["inputs"]["instruments"][0]["signed"] = json!(day);
            case["inputs"]["preferences"] =
                json!([{"kind": "stop", "scope": "all", "channel": "sms", "at": day}]);
            let (answer, fine) = ask(&case.to_string());
            let pointer = answer["error"]["pointer"].as_str().unwrap_or_default();
            assert!(
                fine || pointer.starts_with("/inputs/"),
                "{instant} {day}: {answer}"
            );
        }
    }
}

#[test]
fn ten_megabytes_are_answered() {
    let mut case = case();
    case["inputs"]["content"] = json!("x".repeat(10_000_000));
    case["inputs"]["data_elements"] = json!(vec!["email"; 100_000]);
    assert!(ask(&case.to_string()).1);
}
