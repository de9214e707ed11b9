//! A sample through a flow, to look at: what stood there before and what is left of it, field by field.
//!
//! INVARIANT: the sample is shown to who brought it, and kept nowhere; the flow's report beside it holds no value.

use serde::Serialize;
use serde_json::Value;

use crate::fault::Place;
use crate::hl7::split::{Message, parts};
use crate::report::Report;

/// How many records are shown one by one; the report counts all of them.
pub const SHOWN: usize = 20;
/// The most fields of one record that are shown.
const FIELDS: usize = 400;
/// The longest value that is shown, in characters.
const LONGEST: usize = 200;

/// What a flow does to a sample.
#[derive(Debug, Serialize)]
pub struct Trial {
    /// The first records, each field by field.
    pub records: Vec<Tried>,
    /// The run over the whole sample.
    pub report: Report,
}

/// One record of a sample.
#[derive(Debug, Serialize)]
pub struct Tried {
    /// Where it begins.
    pub line: u64,
    /// Whether anything of it passes.
    pub passes: bool,
    /// Why it is refused, when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Its fields, as they stand in the record.
    pub fields: Vec<Compared>,
}

/// One field of a record, before and after.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Its path, or the header of its column.
    pub path: String,
    /// What stood there; several when the field repeats.
    pub before: Vec<String>,
    /// What is left; empty when it is dropped.
    pub after: Vec<String>,
}

/// The single values of one record, each with its path.
pub(crate) type Values = Vec<(String, String)>;

/// The records of a trial while it runs.
#[derive(Default)]
pub(crate) struct Notes(Vec<Tried>);

impl Notes {
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= SHOWN
    }

    pub(crate) fn note(
        &mut self,
        place: Place,
        before: Values,
        after: &[(String, String)],
        refused: Option<String>,
    ) {
        if self.is_full() {
            return;
        }
        self.0.push(Tried {
            line: place.line,
            passes: !after.is_empty() && refused.is_none(),
            refused,
            fields: compare(before, after),
        });
    }

    pub(crate) fn into_records(self) -> Vec<Tried> {
        self.0
    }
}

/// Values of one path together, in the order in which the paths first stand in the record.
fn compare(before: Values, after: &[(String, String)]) -> Vec<Compared> {
    let mut all: Vec<Compared> = Vec::new();
    for (path, value) in before {
        let is_full = all.len() >= FIELDS;
        match all.iter_mut().find(|one| one.path == path) {
            Some(one) => one.before.push(short(&value)),
            None if !is_full => all.push(Compared {
                before: vec![short(&value)],
                after: Vec::new(),
                path,
            }),
            None => {}
        }
    }
    for (path, value) in after {
        if let Some(one) = all.iter_mut().find(|one| one.path == *path) {
            one.after.push(short(value));
        }
    }
    all
}

fn short(value: &str) -> String {
    if value.chars().count() <= LONGEST {
        return value.to_owned();
    }
    value.chars().take(LONGEST).chain(['\u{2026}']).collect()
}

/// The single values of a FHIR resource, or of the resource in an entry of a bundle, by path.
pub(crate) fn of_json(text: &[u8]) -> Values {
    let Ok(value) = serde_json::from_slice::<Value>(text) else {
        return Vec::new();
    };
    let resource = match value.get("resource") {
        Some(inner) if value.get("resourceType").is_none() => inner,
        _ => &value,
    };
    let kind = resource.get("resourceType").and_then(Value::as_str);
    let mut all = Vec::new();
    flatten(kind.unwrap_or("record"), resource, &mut all);
    all.retain(|(path, _)| !path.ends_with(".resourceType"));
    all
}

fn flatten(path: &str, value: &Value, into: &mut Values) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(&format!("{path}.{name}"), value, into);
            }
        }
        Value::Array(all) => all.iter().for_each(|value| flatten(path, value, into)),
        Value::String(text) => into.push((path.to_owned(), text.clone())),
        Value::Null => {}
        other => into.push((path.to_owned(), other.to_string())),
    }
}

/// The single values of a message, by path, as `PID-5.1`.
pub(crate) fn of_message(text: &[u8]) -> Values {
    let mut all = Vec::new();
    let Ok(message) = Message::parse(text) else {
        return all;
    };
    let marks = message.marks;
    for segment in message.segments() {
        let name = String::from_utf8_lossy(segment.name).into_owned();
        let is_header = name == "MSH";
        for (number, field) in segment.fields() {
            // The separators, and what is always written anew.
            if is_header && matches!(number, 1 | 2 | 9 | 18) {
                continue;
            }
            for repetition in parts(field, marks.repetition) {
                for (at, component) in (1..).zip(parts(repetition, marks.component)) {
                    if !component.is_empty() {
                        let value = String::from_utf8_lossy(component).into_owned();
                        all.push((format!("{name}-{number}.{at}"), value));
                    }
                }
            }
        }
    }
    all
}
