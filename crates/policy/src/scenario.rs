//! Decided cases: what a pack is tested with, and what the rule book shows as examples.
//!
//! A file holds one JSON object a line, with `id`, `inputs` and `expected`. What `inputs` leaves out
//! stands in [`BASE`]: a plain e-mail to a patient, so that a line shows its point.
//!
//! INVARIANT: a scenario is right or wrong by its own line; nothing here knows a rule.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;

use crate::decision::{Decision, Outcome, Profile};
use crate::engine::Engine;
use crate::inputs::{Inputs, read_inputs};
use crate::pack::{Problem, Source};

/// What a line leaves out.
pub const BASE: &str = r#"{
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

/// The instant of a case that states none.
const AT: &str = "2026-11-24T19:00:00Z";

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../scenarios/", $name)))),*]
    };
}

const FILES: &[(&str, &str)] = files![
    "decisions.jsonl",
    "marketing.jsonl",
    "authorization.jsonl",
    "publication.jsonl",
    "data.jsonl",
    "person.jsonl",
    "tracking.jsonl",
    "channels.jsonl",
    "states.jsonl",
    "catalogue.jsonl",
];

/// The scenarios inside the program.
#[must_use]
pub fn builtin() -> Vec<Source> {
    let source = |(name, text): &(&str, &str)| Source {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
    };
    FILES.iter().map(source).collect()
}

/// One decided case.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its id.
    pub id: String,
    /// What it shows, in words.
    pub description: String,
    /// The file it stands in.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The question.
    pub inputs: Inputs,
    /// The profiles it is asked under.
    pub profiles: Vec<Profile>,
    /// The instant it is asked at.
    pub at: Timestamp,
    /// The answer it wants.
    pub expected: Expected,
}

/// What an answer must say; lists name the least of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The outcome.
    pub outcome: Outcome,
    /// The category, if the case says one.
    pub category: Option<String>,
    /// Citations, rules, missing instruments, conditions and evidence, each by its name.
    pub lists: Vec<(&'static str, Vec<String>)>,
}

const LISTS: [&str; 5] = ["citation", "rule_ids", "missing", "conditions", "evidence"];

/// A case that came out wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The file.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The case.
    pub id: String,
    /// Under which profile.
    pub profile: Profile,
    /// What differs.
    pub faults: Vec<String>,
}

/// What running scenarios showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How many cases were run.
    pub n_run: usize,
    /// Those that came out wrong.
    pub failures: Vec<Failure>,
    /// The rules that spoke in some case.
    pub exercised: BTreeSet<String>,
}

/// Reads the lines of a file.
///
/// # Errors
///
/// Lists every line that cannot be read, with its place.
pub fn read(source: &Source) -> Result<Vec<Scenario>, Vec<Problem>> {
    let (mut scenarios, mut problems) = (Vec::new(), Vec::new());
    for (index, line) in source.text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match read_line(source, index + 1, line) {
            Ok(scenario) => scenarios.push(scenario),
            Err(message) => problems.push(Problem {
                file: source.name.clone(),
                line: index + 1,
                column: 1,
                message,
            }),
        }
    }
    if problems.is_empty() {
        Ok(scenarios)
    } else {
        Err(problems)
    }
}

fn read_line(source: &Source, line: usize, text: &str) -> Result<Scenario, String> {
    let case: Json = serde_json::from_str(text)
        .map_err(|error| format!("the line breaks JSON's rules at column {}", error.column()))?;
    let field = |name: &str| case.get(name).ok_or_else(|| format!("/{name}: missing"));
    let mut wire: Json = serde_json::from_str(BASE).map_err(|error| error.to_string())?;
    merge(&mut wire, field("inputs")?);
    let (inputs, profile) = read_inputs(&wire, "/inputs").map_err(|error| error.to_string())?;
    let profiles = match profile.as_deref() {
        Some("any") | None => Profile::ALL.to_vec(),
        Some(name) => vec![
            Profile::find(name)
                .ok_or("/inputs/policy_profile: expected any, regulatory_floor or conservative")?,
        ],
    };
    let at = match inputs.person.local_time {
        Some(local) => local.at,
        None => AT.parse().map_err(|_| "no instant")?,
    };
    let text_of = |name: &str| case.get(name).and_then(Json::as_str).unwrap_or_default();
    Ok(Scenario {
        id: text_of("id").to_owned(),
        description: text_of("description").to_owned(),
        file: source.name.clone(),
        line,
        inputs,
        profiles,
        at,
        expected: expected(field("expected")?)?,
    })
}

fn expected(json: &Json) -> Result<Expected, String> {
    let outcome = json
        .get("outcome")
        .and_then(Json::as_str)
        .and_then(Outcome::find)
        .ok_or("/expected/outcome: expected permit, needs_authorization or deny")?;
    let list = |name: &'static str| {
        let items = json
            .get(name)
            .and_then(Json::as_array)
            .into_iter()
            .flatten();
        let texts = items.filter_map(Json::as_str).map(str::to_owned);
        (name, texts.collect())
    };
    Ok(Expected {
        outcome,
        category: json
            .get("category")
            .and_then(Json::as_str)
            .map(str::to_owned),
        lists: LISTS.into_iter().map(list).collect(),
    })
}

/// A JSON merge patch (RFC 7396), but that `null` is a value: unknown.
fn merge(to: &mut Json, from: &Json) {
    match (to, from) {
        (Json::Object(to), Json::Object(from)) => {
            for (name, value) in from {
                merge(to.entry(name.clone()).or_insert(Json::Null), value);
            }
        }
        (to, from) => *to = from.clone(),
    }
}

impl Scenario {
    /// The answers of an engine, one a profile.
    pub fn decide(&self, engine: &Engine) -> Vec<(Profile, Decision)> {
        let ask = |profile: &Profile| (*profile, engine.decide(&self.inputs, *profile, self.at));
        self.profiles.iter().map(ask).collect()
    }
}

impl Expected {
    /// Where an answer differs.
    #[must_use]
    pub fn faults(&self, decision: &Decision) -> Vec<String> {
        let mut faults = Vec::new();
        if decision.outcome != self.outcome {
            let (is, wanted) = (decision.outcome.as_str(), self.outcome.as_str());
            faults.push(format!("outcome {is}, expected {wanted}"));
        }
        if let Some(wanted) = &self.category
            && decision.category != *wanted
        {
            faults.push(format!("category {}, expected {wanted}", decision.category));
        }
        for (name, wanted) in &self.lists {
            let have = match *name {
                "citation" => &decision.citation,
                "rule_ids" => &decision.rule_ids,
                "missing" => &decision.missing,
                "conditions" => &decision.conditions,
                _ => &decision.evidence,
            };
            let absent = wanted.iter().filter(|text| !have.contains(text));
            faults.extend(absent.map(|text| format!("no {name} `{text}`")));
        }
        faults
    }
}

/// Asks an engine every case.
#[must_use]
pub fn run(engine: &Engine, scenarios: &[Scenario]) -> Report {
    let mut report = Report {
        n_run: scenarios.len(),
        ..Report::default()
    };
    for scenario in scenarios {
        for (profile, decision) in scenario.decide(engine) {
            let faults = scenario.expected.faults(&decision);
            report.exercised.extend(decision.rule_ids);
            if !faults.is_empty() {
                report.failures.push(Failure {
                    file: scenario.file.clone(),
                    line: scenario.line,
                    id: scenario.id.clone(),
                    profile,
                    faults,
                });
            }
        }
    }
    report
}

/// A case in which a rule speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The case.
    pub id: String,
    /// What it shows.
    pub description: String,
    /// The outcome of the whole.
    pub outcome: Outcome,
    /// What the rule asks for on its own.
    pub effect: Outcome,
}

/// Cases by the rule that speaks in them: at most so many that object, and so many that do not.
#[must_use]
pub fn examples(
    engine: &Engine,
    scenarios: &[Scenario],
    most: usize,
) -> BTreeMap<String, Vec<Example>> {
    let mut found: BTreeMap<String, Vec<Example>> = BTreeMap::new();
    for scenario in scenarios {
        let Some((_, decision)) = scenario.decide(engine).pop() else {
            continue;
        };
        for reason in &decision.why {
            let of_rule = found.entry(reason.rule.clone()).or_default();
            let objects = |effect: Outcome| effect != Outcome::Permit;
            let same = of_rule
                .iter()
                .filter(|one| objects(one.effect) == objects(reason.effect));
            let is_known = of_rule.iter().any(|one| one.id == scenario.id);
            if same.count() < most && !is_known && !scenario.description.is_empty() {
                of_rule.push(Example {
                    id: scenario.id.clone(),
                    description: scenario.description.clone(),
                    outcome: decision.outcome,
                    effect: reason.effect,
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
