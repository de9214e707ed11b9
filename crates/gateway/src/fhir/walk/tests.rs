//! A second opinion: the same filter written naively over whole values, compared on random input.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;
use crate::fhir::elements::{Kind as Is, table};

/// What is wrong with the shape of a value.
struct Misshapen;

fn naive(
    value: &Value,
    of: &str,
    prefix: &str,
    allowed: &[String],
) -> Result<Option<Value>, Misshapen> {
    let fields = match value {
        Value::Null => return Ok(None),
        Value::Object(fields) => fields,
        _ => return Err(Misshapen),
    };
    let mut kept = Map::new();
    for (name, value) in fields {
        let path = format!("{prefix}.{name}");
        if path == "Patient.resourceType" {
            kept.insert(name.clone(), value.clone());
            continue;
        }
        let is_on_the_way =
            |field: &String| *field == path || field.starts_with(&format!("{path}."));
        if !allowed.iter().any(is_on_the_way) {
            continue;
        }
        let element = table()
            .elements(of)
            .into_iter()
            .find(|e| e.name == name)
            .unwrap();
        let one = |value: &Value| match (element.kind, value) {
            (_, Value::Null) => Ok(None),
            (Is::Group(group), value) => naive(value, group, &path, allowed),
            (Is::Text, Value::String(_))
            | (Is::Flag, Value::Bool(_))
            | (Is::Number, Value::Number(_)) => Ok(Some(value.clone())),
            _ => Err(Misshapen),
        };
        let filtered = match (element.is_list, value) {
            (true, Value::Null) => None,
            (true, Value::Array(values)) => {
                let all: Vec<_> = values.iter().map(one).collect::<Result<_, _>>()?;
                let all: Vec<Value> = all.into_iter().flatten().collect();
                (!all.is_empty()).then_some(Value::Array(all))
            }
            (true, _) => return Err(Misshapen),
            (false, value) => one(value)?,
        };
        kept.extend(filtered.map(|value| (name.clone(), value)));
    }
    Ok((!kept.is_empty()).then_some(Value::Object(kept)))
}

/// Names that a flow lists, names that it does not, and names that FHIR does not know.
const NAMES: [&str; 26] = [
    "id",
    "active",
    "name",
    "family",
    "given",
    "use",
    "telecom",
    "system",
    "value",
    "rank",
    "gender",
    "birthDate",
    "_birthDate",
    "deceasedBoolean",
    "address",
    "line",
    "communication",
    "language",
    "coding",
    "code",
    "preferred",
    "extension",
    "contained",
    "photo",
    "text",
    "nobody\"knows\\",
];

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z\"\\\\\n\u{1}é]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            objects(inner),
        ]
    })
}

fn objects(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::vec((prop::sample::select(&NAMES[..]), inner), 0..6).prop_map(|fields| {
        Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    })
}

/// Mostly of the right shape, so that the walk gets past the first field.
fn patients() -> impl Strategy<Value = Value> {
    objects(prop_oneof![
        3 => objects(values()).prop_map(|object| Value::Array(vec![object])),
        1 => values(),
        3 => "[a-z]{1,5}".prop_map(Value::from),
    ])
    .prop_map(|mut patient| {
        patient
            .as_object_mut()
            .unwrap()
            .insert("resourceType".into(), "Patient".into());
        patient
    })
}

proptest! {
    #[test]
    fn the_walk_and_the_naive_filter_agree(patient in patients()) {
        let flow = Flow::people();
        let (mut tally, mut released) = (Tally::new(&flow), Released::default());
        let walked = resource(&flow, patient.to_string().as_bytes(), &mut tally, &mut released);
        match naive(&patient, "Patient", "Patient", &flow.fields()) {
            Ok(expected) => {
                prop_assert!(matches!(walked, Ok(Passed::Kept)), "{patient}");
                let actual: Value = serde_json::from_str(&released.json).unwrap();
                prop_assert_eq!(Some(actual), expected);
            }
            Err(Misshapen) => {
                let Err(fault) = walked else { panic!("taken: {patient}") };
                prop_assert_eq!(fault.kind, Kind::WrongShape);
            }
        }
    }

    #[test]
    fn torn_input_is_refused_or_taken_and_never_repeated_in_a_report(
        at in 0_usize..160,
        torn in prop::collection::vec(any::<u8>(), 0..6),
        cut in 0_usize..4,
    ) {
        let line = br#"{"resourceType":"Patient","id":"a1","name":[{"family":"SECRET","given":["SECRET"]}],"telecom":[{"system":"email","value":"SECRET@example.org"}]}"#;
        let at = at.min(line.len());
        let rest = line.get((at + cut).min(line.len())..).unwrap();
        let input = [&line[..at], &torn, rest, b"\n", line].concat();
        let options = crate::Options::on(jiff::civil::date(2026, 3, 1));
        let report = crate::arrivals(input.as_slice(), &Flow::people(), &options, &mut |_, _, _| {
            std::ops::ControlFlow::Continue(())
        });
        prop_assert!(!serde_json::to_string(&report).unwrap().contains("SECRET"));
        prop_assert!(report.n_read + report.n_refused >= 1, "nothing passes in silence");
    }
}
