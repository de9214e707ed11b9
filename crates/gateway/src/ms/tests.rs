#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::civil::date;

use super::*;
use crate::Flow;

fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("PLACET_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = root.join("data/ehr/ms-anonymizer");
    if folder.exists() {
        return Some(folder);
    }
    println!("skipped: no shared cases at {}", folder.display());
    None
}

fn read(path: &std::path::Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap()
}

/// Shifted days depend on a key and a way of using it that is not ours: any day will do where a
/// day was shifted. Labels are a set.
fn level(value: &mut Value, shifts: bool) {
    match value {
        Value::Object(object) => {
            if let Some(Value::Array(labels)) = object.get_mut("security") {
                labels.sort_by_key(ToString::to_string);
            }
            object.values_mut().for_each(|value| level(value, shifts));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| level(value, shifts)),
        Value::String(text)
            if shifts
                && text
                    .get(..10)
                    .is_some_and(|day| day.parse::<Date>().is_ok()) =>
        {
            text.replace_range(..10, "0000-00-00");
        }
        _ => {}
    }
}

#[test]
fn the_shared_triples_come_out_as_expected() {
    let Some(folder) = shared() else { return };
    let mut wrong = Vec::new();
    for triple in read(&folder.join("manifest.json")).as_array().unwrap() {
        let of = |name: &str| folder.join(triple[name].as_str().unwrap());
        let text = std::fs::read_to_string(of("config")).unwrap();
        let config = Config::load(&text).unwrap();
        let mut actual = match config.run(&read(&of("input")), date(2024, 6, 1)) {
            Ok(value) => value,
            Err(says) => {
                wrong.push(format!("{triple}: {says}"));
                continue;
            }
        };
        let mut expected = read(&of("expected"));
        let shifts = text.to_lowercase().contains("dateshift\"");
        level(&mut actual, shifts);
        level(&mut expected, shifts);
        if actual != expected {
            wrong.push(format!("{}\n{actual:#}\n{expected:#}", triple["input"]));
        }
    }
    assert!(wrong.is_empty(), "{}: {}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn what_is_not_understood_is_named_and_never_run() {
    for (path, method) in [
        ("Patient.name", "encrypt"),
        ("Patient.name", "frobnicate"),
        ("Patient.name.select(family)", "redact"),
        ("Patient.name[0]", "redact"),
        ("patient.name", "redact"),
        ("Patient.where(birthDate > @2000)", "redact"),
        ("nodesByType('HumanName'", "redact"),
    ] {
        let text = format!(r#"{{"fhirPathRules":[{{"path":"{path}","method":"{method}"}}]}}"#);
        let config = Config::load(&text).unwrap();
        assert_eq!(config.problems.len(), 1, "{path} {method}");
        let ran = config.run(
            &serde_json::json!({"resourceType":"Patient"}),
            date(2024, 6, 1),
        );
        assert!(ran.unwrap_err().contains(path));
        assert_eq!(to_flow(&config, "x").left_out.len(), 1);
    }
}

#[test]
fn a_configuration_becomes_a_flow_that_loads_and_says_what_it_leaves_out() {
    let text = r#"{"fhirPathRules":[
        {"path":"Organization.telecom","method":"keep"},
        {"path":"Patient.gender","method":"keep"},
        {"path":"Patient.text","method":"keep"},
        {"path":"nodesByType('Address').state","method":"keep"},
        {"path":"Patient.id","method":"cryptoHash"},
        {"path":"nodesByType('date')","method":"dateShift"},
        {"path":"nodesByType('HumanName')","method":"redact"}]}"#;
    let imported = to_flow(&Config::load(text).unwrap(), "from-ms");
    let flow = Flow::load("from-ms.toml", &imported.flow).unwrap_or_else(|it| panic!("{it:?}"));
    let fields: BTreeSet<String> = flow.fields().into_iter().collect();
    assert!(fields.contains("Patient.gender") && fields.contains("Organization.telecom.value"));
    assert!(!fields.iter().any(|field| field.contains("name")));
    assert_eq!(imported.n_fields, fields.len());
    let left_out: Vec<&str> = imported
        .left_out
        .iter()
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(
        left_out,
        [
            "Patient.text",
            "nodesByType('Address').state",
            "Patient.id",
            "nodesByType('date')"
        ]
    );
    assert_eq!(imported.n_dropped_anyway, 1);
}

#[test]
fn years_that_reveal_an_age_over_89_go() {
    let text = r#"{"fhirPathRules":[{"path":"nodesByType('date')","method":"redact"}],
        "parameters":{"enablePartialDatesForRedact":true}}"#;
    let config = Config::load(text).unwrap();
    let patient = |born: &str| serde_json::json!({"resourceType":"Patient","birthDate":born});
    let run = |born: &str| config.run(&patient(born), date(2024, 6, 1)).unwrap();
    assert_eq!(run("1960-02-29")["birthDate"], "1960");
    assert_eq!(run("1930-02-28").get("birthDate"), None);
}
