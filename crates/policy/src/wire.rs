//! `placet decide`: one case a line in, one decision a line out.
//!
//! A case is an object with `id` and `inputs`; `expected`, `description` and others are ignored.
//! A line that cannot be read gives an error object on the same line of the output.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;

use crate::decision::{Decision, Profile};
use crate::engine::Engine;
use crate::inputs::{Inputs, read_inputs};

/// What overrides the lines, and what stands in where they are silent.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Decides under this profile whatever the line says.
    pub profile: Option<Choice>,
    /// Decides at this instant whatever the line says.
    pub at: Option<Timestamp>,
    /// The instant for a line without `local_time`.
    pub now: Timestamp,
}

/// One profile, or both with the stricter answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// This profile.
    One(Profile),
    /// Both must agree; where they do not, the stricter answer stands.
    Any,
}

impl Choice {
    /// The choice of this code: `any`, `regulatory_floor` or `conservative`.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        if code == "any" {
            return Some(Self::Any);
        }
        Profile::find(code).map(Self::One)
    }
}

/// One line of output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// A JSON object, without the line's end.
    pub json: String,
    /// Whether the input could be read; the exit status is 1 if any could not.
    pub is_decision: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: &'a Json,
    #[serde(flatten)]
    decision: &'a Decision,
    /// `any`, when both profiles were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<&'static str>,
}

#[derive(Serialize)]
struct Failure<'a> {
    #[serde(skip_serializing_if = "Json::is_null")]
    id: &'a Json,
    line: usize,
    error: Fault,
}

#[derive(Serialize)]
struct Fault {
    pointer: String,
    message: String,
}

/// Decides one line; `number` counts from 1.
#[must_use]
pub fn decide_line(engine: &Engine, line: &[u8], number: usize, options: &Options) -> Line {
    let mut id = Json::Null;
    match read(line, &mut id, options) {
        Ok((inputs, choice)) => {
            let local = inputs.person.local_time.map(|local| local.at);
            let at = options.at.or(local).unwrap_or(options.now);
            let (decision, asked) = match choice {
                Choice::One(profile) => (engine.decide(&inputs, profile, at), None),
                Choice::Any => (decide_any(engine, &inputs, at), Some("any")),
            };
            write(
                &Answer {
                    id: &id,
                    decision: &decision,
                    asked,
                },
                true,
            )
        }
        Err(error) => write(
            &Failure {
                id: &id,
                line: number,
                error,
            },
            false,
        ),
    }
}

/// Decides under both profiles; the stricter answer stands and says what both say.
#[must_use]
pub fn decide_any(engine: &Engine, inputs: &Inputs, at: Timestamp) -> Decision {
    let floor = engine.decide(inputs, Profile::RegulatoryFloor, at);
    let conservative = engine.decide(inputs, Profile::Conservative, at);
    if floor.outcome != conservative.outcome {
        return if floor.outcome > conservative.outcome {
            floor
        } else {
            conservative
        };
    }
    let mut both = conservative;
    union(&mut both.citation, floor.citation);
    union(&mut both.rule_ids, floor.rule_ids);
    union(&mut both.missing, floor.missing);
    union(&mut both.conditions, floor.conditions);
    union(&mut both.evidence, floor.evidence);
    for reason in floor.why {
        if !both.why.contains(&reason) {
            both.why.push(reason);
        }
    }
    both
}

fn read(line: &[u8], id: &mut Json, options: &Options) -> Result<(Inputs, Choice), Fault> {
    let mut case: Json = serde_json::from_slice(line).map_err(|error| Fault {
        pointer: String::new(),
        message: format!("not JSON: {}", syntax(&error)),
    })?;
    let Some(object) = case.as_object_mut() else {
        return Err(Fault {
            pointer: String::new(),
            message: "expected an object".to_owned(),
        });
    };
    match object.remove("id") {
        Some(found @ (Json::String(_) | Json::Number(_))) => *id = found,
        Some(Json::Null) | None => {}
        Some(_) => {
            let message = "expected a string or a number".to_owned();
            return Err(Fault {
                pointer: "/id".to_owned(),
                message,
            });
        }
    }
    let Some(inputs) = object.get("inputs") else {
        return Err(Fault {
            pointer: "/inputs".to_owned(),
            message: "missing".to_owned(),
        });
    };
    let (inputs, profile) = read_inputs(inputs, "/inputs").map_err(|error| Fault {
        pointer: error.pointer,
        message: error.message,
    })?;
    let choice = match (options.profile, profile) {
        (Some(choice), _) => choice,
        (None, Some(name)) => Choice::find(&name).ok_or_else(|| Fault {
            pointer: "/inputs/policy_profile".to_owned(),
            message: "expected `any`, `regulatory_floor` or `conservative`".to_owned(),
        })?,
        (None, None) => Choice::Any,
    };
    Ok((inputs, choice))
}

/// What is wrong and at which column; never the text that is wrong.
fn syntax(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "the line ends too early",
        _ => "the line breaks JSON's rules",
    };
    format!("{what}, at column {}", error.column())
}

fn write(value: &impl Serialize, is_decision: bool) -> Line {
    match serde_json::to_string(value) {
        Ok(json) => Line { json, is_decision },
        // Strings, numbers and lists cannot fail to serialize.
        Err(_) => Line {
            json: "{}".to_owned(),
            is_decision: false,
        },
    }
}

fn union(to: &mut Vec<String>, from: Vec<String>) {
    for text in from {
        if !to.contains(&text) {
            to.push(text);
        }
    }
}

#[cfg(test)]
mod tests;
