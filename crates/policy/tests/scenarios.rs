//! Every decided case, one row each; all failures are printed.
//!
//! `decisions.jsonl` holds full cases. The other files hold what differs from [`BASE`], merged as
//! a JSON merge patch (RFC 7396), so that a row shows its point.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use placet_policy::{Decision, Engine, Profile, read_inputs};
use serde_json::Value;

const BASE: &str = r#"{
    "policy_profile": "any", "actor": "covered_provider",
    "subject": {"relationship": "patient", "age": 45, "residence": "US-OH", "flags": []},
    "purpose": "communication", "content_class": "", "content": null, "data_origin": "ehr",
    "data_elements": ["name", "email"], "selection_criteria": [], "channel": "email",
    "recipient": "individual", "vendor": {"role": "none", "baa": null, "country": null},
    "remuneration": {"kind": "none", "payer": null, "amount_vs_cost": null},
    "instruments": [], "preferences": [], "jurisdiction": ["US", "US-OH"],
    "local_time": "2026-11-24T14:00:00-05:00", "frequency": {"last_24h": 0, "last_7d": 0},
    "attributes": {}
}"#;

#[test]
fn given_cases_come_out_right() {
    check(include_str!("../scenarios/decisions.jsonl"));
}

#[test]
fn marketing_carve_outs_and_payment() {
    check(include_str!("../scenarios/marketing.jsonl"));
}

#[test]
fn authorizations_element_by_element() {
    check(include_str!("../scenarios/authorization.jsonl"));
}

#[test]
fn what_is_published() {
    check(include_str!("../scenarios/publication.jsonl"));
}

#[test]
fn data_that_moves() {
    check(include_str!("../scenarios/data.jsonl"));
}

#[test]
fn fundraising_and_the_persons_rights() {
    check(include_str!("../scenarios/person.jsonl"));
}

#[test]
fn online_tracking_and_consumer_data() {
    check(include_str!("../scenarios/tracking.jsonl"));
}

#[test]
fn channels_hours_and_stops() {
    check(include_str!("../scenarios/channels.jsonl"));
}

#[test]
fn states_and_other_countries() {
    check(include_str!("../scenarios/states.jsonl"));
}

#[track_caller]
fn check(lines: &str) {
    let engine = Engine::builtin();
    let base: Value = serde_json::from_str(BASE).unwrap();
    let mut wrong = Vec::new();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let mut wire = base.clone();
        merge(&mut wire, &case["inputs"]);
        let (inputs, profile) = read_inputs(&wire, "/inputs").unwrap();
        let profiles = match profile.as_deref() {
            Some("any") | None => Profile::ALL.to_vec(),
            Some(name) => vec![Profile::find(name).unwrap()],
        };
        let local = inputs.person.local_time.map(|local| local.at);
        let at = local.unwrap_or_else(|| "2026-11-24T19:00:00Z".parse().unwrap());
        for profile in profiles {
            let decision = engine.decide(&inputs, profile, at);
            let faults = faults(&decision, &case["expected"]);
            if !faults.is_empty() {
                let rules = decision
                    .why
                    .iter()
                    .map(|r| format!("{}={}", r.rule, r.effect.as_str()));
                let rules: Vec<String> = rules.collect();
                let (id, profile) = (&case["id"], profile.as_str());
                wrong.push(format!(
                    "{id} {profile}: {}\n    {}",
                    faults.join("; "),
                    rules.join(" ")
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn faults(decision: &Decision, expected: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, have) in [
        ("outcome", decision.outcome.as_str()),
        ("category", &decision.category),
    ] {
        if expected[name] != have {
            faults.push(format!("{name} {have}, expected {}", expected[name]));
        }
    }
    let lists = [
        ("citation", &decision.citation),
        ("rule_ids", &decision.rule_ids),
        ("missing", &decision.missing),
        ("conditions", &decision.conditions),
        ("evidence", &decision.evidence),
    ];
    for (name, have) in lists {
        for wanted in expected[name]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if !have.iter().any(|text| text == wanted) {
                faults.push(format!("no {name} `{wanted}`"));
            }
        }
    }
    faults
}

fn merge(to: &mut Value, from: &Value) {
    match (to, from) {
        (Value::Object(to), Value::Object(from)) => {
            for (name, value) in from {
                merge(to.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (to, from) => *to = from.clone(),
    }
}

/// Mutation in the small: a row names each rule that can fire, so switching one off turns it red.
#[test]
fn every_rule_that_can_fire_has_a_row() {
    let files = [
        include_str!("../scenarios/decisions.jsonl"),
        include_str!("../scenarios/marketing.jsonl"),
        include_str!("../scenarios/authorization.jsonl"),
        include_str!("../scenarios/publication.jsonl"),
        include_str!("../scenarios/data.jsonl"),
        include_str!("../scenarios/person.jsonl"),
        include_str!("../scenarios/tracking.jsonl"),
        include_str!("../scenarios/channels.jsonl"),
        include_str!("../scenarios/states.jsonl"),
    ];
    let named: std::collections::HashSet<String> = files
        .iter()
        .flat_map(|file| file.lines())
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .flat_map(|case| case["expected"]["rule_ids"].as_array().unwrap().clone())
        .map(|id| id.as_str().unwrap().to_owned())
        .collect();
    let engine = Engine::builtin();
    let silent = engine
        .rules()
        .iter()
        .filter(|rule| rule.when != "false" && !named.contains(&rule.id));
    let silent: Vec<&str> = silent.map(|rule| rule.id.as_str()).collect();
    assert!(silent.is_empty(), "{silent:?}");
}
