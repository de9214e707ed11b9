#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

#[test]
fn the_flow_of_the_program_lets_in_nothing_clinical() {
    let flow = Flow::people();
    let fields = flow.fields();
    assert!(fields.contains(&"Patient.name.family".to_owned()));
    assert!(flow.allowed("Condition").is_none() && flow.allowed("Encounter").is_none());
    let words = [
        "reason",
        "service",
        "specialty",
        "type",
        "code",
        "note",
        "comment",
        "description",
    ];
    for field in fields
        .iter()
        .filter(|field| *field != "Patient.communication.language.coding.code")
    {
        assert!(!words.iter().any(|word| field.ends_with(word)), "{field}");
    }
}

#[test]
#[rustfmt::skip] // A table.
fn a_flow_that_names_what_fhir_does_not_know_does_not_load() {
    //    [fhir]                                       then
    check("Pateint = [\"id\"]",                        "flow.toml:4:1: `Pateint` is not a resource type");
    check("Bundle = [\"type\"]",                       "flow.toml:4:1: `Bundle` is not a resource type");
    check("Patient = [\"id\",\n \"nmae.family\"]",     "flow.toml:5:2: `Patient.nmae.family`: FHIR R4 knows no `nmae` there");
    check("Patient = [\"name.famly\"]",                "flow.toml:4:12: `Patient.name.famly`: FHIR R4 knows no `famly` there");
    check("Patient = [\"name\"]",                      "flow.toml:4:12: `Patient.name` is a group; list its fields one by one");
    check("Patient = [\"id.value\"]",                  "flow.toml:4:12: `Patient.id.value`: nothing lies under `id`");
    check("Patient = [\"\"]",                          "flow.toml:4:12: `Patient.`: FHIR R4 knows no `` there");
    check("Patient = [\"id\", \"id\"]",                "flow.toml:4:18: `id` is listed twice");
    check("Patient = [\"*\"]",                         "flow.toml:4:12: `Patient.*`: FHIR R4 knows no `*` there");
    check("Patient = [\"extension.valueString\"]",     "flow.toml:4:12: `Patient.extension.valueString`: `extension` can hold anything");
    check("Patient = [\"name.extension.url\"]",        "flow.toml:4:12: `Patient.name.extension.url`: `extension` can hold anything");
    check("Patient = [\"modifierExtension.url\"]",     "flow.toml:4:12: `Patient.modifierExtension.url`: `modifierExtension` can hold anything");
    check("Patient = [\"contained.id\"]",              "flow.toml:4:12: `Patient.contained.id`: `contained` can hold anything");
    check("Patient = [\"text.div\"]",                  "flow.toml:4:12: `Patient.text.div`: `text` can hold anything");
    check("Patient = [\"meta.source\"]",               "flow.toml:4:12: `Patient.meta.source`: `meta` can hold anything");
    check("Patient = \"id\"",                          "flow.toml:4:11: invalid type");
    check("[csv]\nshoe_size = [\"shoe\"]",             "flow.toml:5:1: `shoe_size` is not a field of a CSV of people");
    check("[more]\nx = 1",                             "flow.toml:4:2: unknown field `more`");
}

#[test]
fn every_problem_is_said_at_once_and_in_order() {
    let text = "name = \"A B\"\nsays = \"\"\n[fhir]\nPatient = [\"x\", \"y\"]\n";
    let problems = Flow::load("flow.toml", text).err().unwrap();
    let lines: Vec<_> = problems
        .iter()
        .map(|problem| (problem.line, problem.column))
        .collect();
    assert_eq!(lines, [(1, 8), (4, 12), (4, 17)]);
}

#[test]
fn a_flow_may_name_a_clinical_field() {
    let text = "name = \"care\"\nsays = \"\"\n[fhir]\nCondition = [\"code.coding.code\"]\n";
    let flow = Flow::load("flow.toml", text).ok().unwrap();
    assert_eq!(flow.fields(), ["Condition.code.coding.code"]);
}

#[track_caller]
fn check(fhir: &str, expected: &str) {
    let text = format!("name = \"a\"\nsays = \"b\"\n[fhir]\n{fhir}\n");
    let Err(problems) = Flow::load("flow.toml", &text) else {
        panic!("it loads")
    };
    let shown = problems.first().unwrap().to_string();
    assert!(shown.starts_with(expected), "{shown}");
}
