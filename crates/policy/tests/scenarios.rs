//! Every decided case, one row each; all failures are printed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use placet_policy::{Engine, Profile, read_inputs};
use serde_json::Value;

fn engine() -> Engine {
    match Engine::load(&placet_policy::packs::builtin()) {
        Ok(engine) => engine,
        Err(problems) => {
            for problem in &problems {
                println!("{problem}");
            }
            panic!("{} problems", problems.len());
        }
    }
}

#[test]
fn given_cases_come_out_right() {
    check(include_str!("../scenarios/decisions.jsonl"));
}

fn texts(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .map(|list| list.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

fn check(lines: &str) {
    let engine = engine();
    let mut wrong = Vec::new();
    let mut softer = 0;
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let (inputs, profile) = read_inputs(&case["inputs"], "/inputs").unwrap();
        let profiles = match profile.as_deref() {
            Some("any") | None => Profile::ALL.to_vec(),
            Some(name) => vec![Profile::find(name).unwrap()],
        };
        let at = inputs
            .person
            .local_time
            .map_or(jiff::Timestamp::UNIX_EPOCH, |local| local.at);
        let expected = &case["expected"];
        for profile in profiles {
            let decision = engine.decide(&inputs, profile, at);
            let mut faults = Vec::new();
            if decision.outcome.as_str() != expected["outcome"] {
                faults.push(format!(
                    "outcome {} want {}",
                    decision.outcome.as_str(),
                    expected["outcome"]
                ));
            }
            if expected["category"] != decision.category.as_str() {
                faults.push(format!(
                    "category {} want {}",
                    decision.category, expected["category"]
                ));
            }
            for citation in texts(&expected["citation"]) {
                if !decision.citation.iter().any(|c| c == citation) {
                    faults.push(format!("no citation {citation}"));
                }
            }
            let mut soft = Vec::new();
            for rule in texts(&expected["rule_ids"]) {
                if !decision.rule_ids.iter().any(|id| id == rule) {
                    soft.push(format!("no rule {rule}"));
                }
            }
            for field in ["missing", "evidence"] {
                let have = if field == "missing" {
                    &decision.missing
                } else {
                    &decision.evidence
                };
                for code in texts(&expected[field]) {
                    if !have.iter().any(|c| c == code) {
                        soft.push(format!("no {field} {code}"));
                    }
                }
            }
            softer += usize::from(!soft.is_empty());
            if !faults.is_empty() || (std::env::var("SOFT").is_ok() && !soft.is_empty()) {
                wrong.push(format!(
                    "{} {}: {} {}\n      why: {}",
                    case["id"].as_str().unwrap(),
                    profile.as_str(),
                    faults.join("; "),
                    soft.join("; "),
                    decision
                        .why
                        .iter()
                        .map(|r| format!("{}={}", r.rule, r.effect.as_str()))
                        .collect::<Vec<_>>()
                        .join(" "),
                ));
            }
        }
    }
    println!("{softer} cases lack a rule id, a missing code or an evidence code");
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
