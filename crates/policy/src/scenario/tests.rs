#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

fn file(text: &str) -> Source {
    Source {
        name: "a.jsonl".to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn a_case_says_only_what_it_is_about() {
    let line = r#"{"id": "x", "inputs": {"content_class": "reminder"}, "expected": {"outcome": "permit"}}"#;
    let cases = read(&file(&format!("\n{line}\n"))).unwrap();
    assert_eq!((cases.len(), cases[0].line), (1, 2));
    assert_eq!(cases[0].inputs.act.channel, "email");
    let report = run(&Engine::builtin(), &cases);
    assert_eq!(report.failures, []);
    assert!(report.exercised.contains("hipaa.def.treatment"));
}

#[test]
fn null_says_that_nobody_knows() {
    let line =
        r#"{"id": "x", "inputs": {"subject": {"age": null}}, "expected": {"outcome": "deny"}}"#;
    assert_eq!(read(&file(line)).unwrap()[0].inputs.person.age, None);
}

#[test]
#[rustfmt::skip] // A table.
fn what_cannot_be_read_is_named_by_line() {
    problem("{",                                                                  1, "JSON's rules");
    problem("\n\n{}",                                                             3, "/inputs: missing");
    problem(r#"{"inputs": {}}"#,                                                  1, "/expected: missing");
    problem(r#"{"inputs": {"chanel": "x"}, "expected": {}}"#,                     1, "/inputs/chanel");
    problem(r#"{"inputs": {}, "expected": {"outcome": "perhaps"}}"#,              1, "/expected/outcome");
    problem(r#"{"inputs": {"policy_profile": "lax"}, "expected": {"outcome": "deny"}}"#, 1, "policy_profile");
}

#[track_caller]
fn problem(text: &str, line: usize, message: &str) {
    let problems = read(&file(text)).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].line, line);
    assert!(problems[0].message.contains(message), "{problems:?}");
}

#[test]
fn what_differs_is_said() {
    let line = r#"{"id": "x", "inputs": {"content_class": "reminder"}, "expected": {"outcome": "deny", "category": "marketing", "missing": ["tcpa_pec"]}}"#;
    let report = run(&Engine::builtin(), &read(&file(line)).unwrap());
    assert_eq!(report.failures.len(), 2);
    let wanted = [
        "outcome permit, expected deny",
        "category treatment, expected marketing",
        "no missing `tcpa_pec`",
    ];
    assert_eq!(report.failures[0].faults, wanted);
}
