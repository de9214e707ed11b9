//! Configurations of the Microsoft Tools for Health Data Anonymization: read, run, and turned into
//! a flow.
//!
//! There, what no rule names is kept; here, what a flow does not name is dropped. So [`to_flow`]
//! takes over what is kept explicitly and names everything that a flow cannot say, and
//! [`Config::run`] does what the configuration says, to compare.
//!
//! INVARIANT: a rule that is not understood is a problem of the configuration, never a rule
//! without effect: [`Config::run`] refuses to run with one.

mod apply;
mod general;
mod path;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use placet_domain::time::Date;
use serde::Deserialize;
use serde_json::Value;

use crate::fhir::elements::{Kind, table};
use path::Path;

/// A configuration that was read.
pub struct Config {
    rules: Vec<Rule>,
    parameters: Parameters,
    skips_errors: bool,
    /// What of it is not understood: the path, and why.
    pub problems: Vec<(String, String)>,
}

struct Rule {
    path: Path,
    written: String,
    method: Method,
}

enum Method {
    Keep,
    Redact,
    DateShift,
    CryptoHash,
    Substitute(Value),
    Generalize {
        cases: Vec<(String, String)>,
        others_kept: bool,
    },
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Parameters {
    date_shift_key: String,
    crypto_hash_key: String,
    enable_partial_ages_for_redact: bool,
    enable_partial_dates_for_redact: bool,
    enable_partial_zip_codes_for_redact: bool,
    restricted_zip_code_tabulation_areas: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    fhir_version: String,
    #[serde(default)]
    processing_errors: String,
    fhir_path_rules: Vec<Written>,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    path: String,
    method: String,
    replace_with: Option<Value>,
    cases: Option<serde_json::Map<String, Value>>,
    other_values: Option<String>,
}

impl Config {
    /// Reads a configuration. Rules that are not understood stand in `problems`.
    ///
    /// # Errors
    ///
    /// When it is no such configuration at all.
    pub fn load(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}');
        let file: File = serde_json::from_str(text)
            .map_err(|error| format!("this is no configuration of the anonymizer: {error}"))?;
        let mut problems = Vec::new();
        if !matches!(file.fhir_version.as_str(), "" | "R4") {
            problems.push(("fhirVersion".to_owned(), "only R4 is read here".to_owned()));
        }
        let mut rules = Vec::new();
        for written in file.fhir_path_rules {
            match rule(&written) {
                Ok(rule) => rules.push(rule),
                Err(says) => problems.push((written.path, says)),
            }
        }
        Ok(Self {
            rules,
            parameters: file.parameters,
            skips_errors: file.processing_errors == "skip",
            problems,
        })
    }

    /// Does to a resource what the configuration says, unlisted values kept as there.
    ///
    /// # Errors
    ///
    /// When a rule of the configuration is not understood, or a value cannot be treated and the
    /// configuration does not say to skip it.
    pub fn run(&self, resource: &Value, today: Date) -> Result<Value, String> {
        if let Some((path, says)) = self.problems.first() {
            return Err(format!("`{path}`: {says}"));
        }
        apply::run(self, resource, today)
    }
}

fn rule(written: &Written) -> Result<Rule, String> {
    let method = match written.method.to_ascii_lowercase().as_str() {
        "keep" => Method::Keep,
        "redact" => Method::Redact,
        "dateshift" => Method::DateShift,
        "cryptohash" => Method::CryptoHash,
        "substitute" => Method::Substitute(
            written
                .replace_with
                .clone()
                .ok_or("`substitute` needs `replaceWith`")?,
        ),
        "generalize" => {
            let cases = written
                .cases
                .as_ref()
                .ok_or("`generalize` needs `cases`")?
                .iter()
                .filter_map(|(case, to)| Some((case.clone(), to.as_str()?.to_owned())))
                .collect();
            let others_kept = written.other_values.as_deref() == Some("keep");
            Method::Generalize { cases, others_kept }
        }
        "perturb" | "encrypt" => {
            return Err(format!("`{}` is not done here", written.method));
        }
        _ => return Err("there is no such method".to_owned()),
    };
    Ok(Rule {
        path: Path::parse(&written.path)?,
        written: written.path.clone(),
        method,
    })
}

/// What a configuration becomes here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    /// The flow, as TOML.
    pub flow: String,
    /// The fields that it lets in.
    pub n_fields: usize,
    /// Rules that a flow cannot say, and why; what they speak of is dropped.
    pub left_out: Vec<(String, String)>,
    /// Rules that drop, as a flow does without being told.
    pub n_dropped_anyway: usize,
}

/// Turns a configuration into a flow.
#[must_use]
pub fn to_flow(config: &Config, name: &str) -> Imported {
    let mut fields: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    let mut imported = Imported {
        left_out: config.problems.clone(),
        ..Imported::default()
    };
    for rule in &config.rules {
        let reason = match &rule.method {
            Method::Redact => {
                imported.n_dropped_anyway += 1;
                continue;
            }
            Method::Keep => match rule.path.plain() {
                Some((resource, steps)) => match keep(resource, &steps, &mut fields) {
                    Ok(()) => continue,
                    Err(says) => says,
                },
                None => "a flow names fields of one resource type, not of a data type or by \
                         condition; list them one by one"
                    .to_owned(),
            },
            Method::DateShift => "a flow does not shift dates (and shifted dates are not \
                                  Safe Harbor)"
                .to_owned(),
            Method::CryptoHash => "a flow does not hash; ids are kept as keyed hashes by the \
                                   import itself"
                .to_owned(),
            Method::Substitute(_) => "a flow does not replace values".to_owned(),
            Method::Generalize { .. } => "a flow does not generalize values".to_owned(),
        };
        imported.left_out.push((rule.written.clone(), reason));
    }
    imported.n_fields = fields.values().map(BTreeSet::len).sum();
    imported.flow = toml(name, &fields);
    imported
}

/// The single fields under a path that is kept.
fn keep(
    resource: &str,
    steps: &[&str],
    fields: &mut BTreeMap<&'static str, BTreeSet<String>>,
) -> Result<(), String> {
    let known = table().resource_types();
    let Some(resource) = known.into_iter().find(|known| *known == resource) else {
        return Err("FHIR R4 knows no such resource".to_owned());
    };
    let mut of = resource;
    for (at, step) in steps.iter().enumerate() {
        let elements = table().elements(of);
        let found = elements.iter().find(|element| element.name == *step);
        let element = found.ok_or_else(|| format!("FHIR R4 knows no `{step}` there"))?;
        match element.kind {
            Kind::Group("Extension" | "FhirResource" | "Narrative" | "Meta") => {
                return Err(format!(
                    "`{step}` can hold anything, so no flow can let it in"
                ));
            }
            Kind::Group(group) => of = group,
            _ if at + 1 == steps.len() => {
                fields.entry(resource).or_default().insert(steps.join("."));
                return Ok(());
            }
            _ => return Err(format!("nothing lies under `{step}`")),
        }
    }
    if steps.is_empty() {
        return Err("a flow does not let in whole resources".to_owned());
    }
    let own: Vec<String> = table()
        .elements(of)
        .into_iter()
        .filter(|element| !matches!(element.kind, Kind::Group(_)))
        .filter(|element| !matches!(element.name, "text" | "id"))
        .map(|element| format!("{}.{}", steps.join("."), element.name))
        .collect();
    fields.entry(resource).or_default().extend(own);
    Ok(())
}

fn toml(name: &str, fields: &BTreeMap<&'static str, BTreeSet<String>>) -> String {
    let mut out = format!(
        "# From a configuration of the Tools for Health Data Anonymization.\n# There, what is not \
         listed is kept; here it is dropped. Read it before use.\nname = \"{name}\"\nsays = \
         \"what the configuration keeps explicitly\"\n\n[fhir]\n"
    );
    for (resource, paths) in fields {
        out.push_str(&format!("{resource} = [\n"));
        for path in paths {
            out.push_str(&format!("    \"{path}\",\n"));
        }
        out.push_str("]\n");
    }
    out
}
