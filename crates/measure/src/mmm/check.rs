//! The data check (S160): is there enough to answer from? It refuses, or says what to keep in mind.

use serde::Serialize;

use super::Spec;
use crate::dates::Step;
use crate::numeric::{dot, mean, sd};
use crate::refusal::{Answer, Refusal};

/// A remark that belongs beside the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// A short word for machines.
    pub code: &'static str,
    /// What the reader should know.
    pub text: String,
}

impl Note {
    /// A remark in two parts.
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }
}

/// What is looked at.
pub struct Looked<'a> {
    /// What is asked.
    pub spec: &'a Spec,
    /// Distance of periods.
    pub step: Step,
    /// The outcome.
    pub y: &'a [f64],
    /// The channels.
    pub x: &'a [Vec<f64>],
    /// The controls.
    pub z: &'a [Vec<f64>],
    /// How many parameters the model has.
    pub parameters: usize,
}

/// Checks the data for this question.
///
/// # Errors
///
/// When an answer would be the prior or an artefact; with what is missing.
pub fn check(it: &Looked<'_>) -> Answer<Vec<Note>> {
    let mut notes = Vec::new();
    length(it, &mut notes)?;
    outcome(it, &mut notes)?;
    for (name, x) in it.spec.channels.iter().zip(it.x) {
        channel(name, x, &mut notes)?;
    }
    for (name, z) in it.spec.controls.iter().zip(it.z) {
        if is_constant(z) {
            return Err(Refusal::new(
                "control_never_varies",
                format!("the control `{name}` is the same in every period"),
                "leave it out; the intercept already says it",
            ));
        }
    }
    copies(it, &mut notes)?;
    if it.spec.channels.len() == 1 {
        notes.push(Note::new(
            "one_channel",
            "with one channel, anything that moved with it is counted as its effect",
        ));
    }
    if it.spec.lift_tests.is_empty() {
        notes.push(Note::new(
            "observational",
            "no experiment calibrates this model: whatever drove both spend and outcome is counted as effect. One lift test a channel is worth more than another year of data",
        ));
    }
    Ok(notes)
}

fn length(it: &Looked<'_>, notes: &mut Vec<Note>) -> Answer<()> {
    let n = it.y.len();
    let unit = it.step.plural();
    let least = match it.step {
        Step::Day => 90,
        Step::Week => 40,
        Step::Month => 24,
        Step::Quarter => 20,
    };
    if n < least {
        return Err(Refusal::new(
            "too_few_periods",
            format!("{n} {unit} of data are too few to tell channels apart"),
            format!(
                "give at least {least} {unit}, better two years; until then run a geo test or an audience holdout"
            ),
        ));
    }
    if n < 2 * it.parameters {
        return Err(Refusal::new(
            "too_many_parameters",
            format!(
                "{} parameters ({} channels) from {n} {unit}: the answer would be the prior",
                it.parameters,
                it.spec.channels.len()
            ),
            format!(
                "join channels or controls until at most {} parameters remain, or give {} {unit}",
                n / 2,
                2 * it.parameters
            ),
        ));
    }
    let years = n as f64 / it.step.per_year();
    if it.spec.yearly > 0 && years < 0.95 {
        return Err(Refusal::new(
            "less_than_a_year",
            format!("yearly waves cannot be seen in {years:.1} years"),
            "give a full year, or ask without them (--yearly 0)",
        ));
    }
    if it.spec.yearly > 0 && years < 2.0 {
        notes.push(Note::new(
            "less_than_two_years",
            format!("{years:.1} years of data: season and trend can be mistaken for each other"),
        ));
    }
    let years_carried = it.spec.adstock.periods as f64 / it.step.per_year();
    if it.step.is_uneven() && years_carried > 0.5 {
        notes.push(Note::new(
            "long_carry_over",
            format!(
                "carry-over over {} {unit} is {years_carried:.1} years: ask for fewer periods of it",
                it.spec.adstock.periods
            ),
        ));
    }
    if n < 6 * it.parameters {
        notes.push(Note::new(
            "few_periods_a_parameter",
            format!("{n} {unit} for {} parameters: compare prior and posterior before believing a figure", it.parameters),
        ));
    }
    Ok(())
}

fn outcome(it: &Looked<'_>, notes: &mut Vec<Note>) -> Answer<()> {
    let target = &it.spec.target;
    if it.y.iter().all(|y| *y == 0.0) {
        return Err(Refusal::new(
            "target_zero",
            format!("the outcome `{target}` is zero in every period"),
            "name the column that counts what the spend should bring",
        ));
    }
    if is_constant(it.y) {
        return Err(Refusal::new(
            "target_never_varies",
            format!("the outcome `{target}` is the same in every period"),
            "name the column that counts what the spend should bring",
        ));
    }
    if it.y.iter().any(|y| *y < 0.0) {
        notes.push(Note::new(
            "negative_outcome",
            format!("`{target}` is negative in some periods; it is taken as it is"),
        ));
    }
    Ok(())
}

fn channel(name: &str, x: &[f64], notes: &mut Vec<Note>) -> Answer<()> {
    if let Some(at) = x.iter().position(|x| *x < 0.0) {
        return Err(Refusal::new(
            "negative_spend",
            format!("channel `{name}` is negative in period {}", at + 1),
            "book refunds in the period whose spend they return",
        ));
    }
    if is_constant(x) {
        return Err(Refusal::new(
            "channel_never_varies",
            format!(
                "channel `{name}` is the same in every period: its effect cannot be told from the intercept"
            ),
            "leave it out, or vary it on purpose in some regions and run a geo test",
        ));
    }
    let active = x.iter().filter(|x| **x > 0.0).count();
    if active < 4 {
        return Err(Refusal::new(
            "channel_hardly_active",
            format!("channel `{name}` was active in only {active} periods"),
            "join it with a similar channel or leave it out",
        ));
    }
    if active * 10 < x.len() {
        notes.push(Note::new(
            "channel_rarely_active",
            format!(
                "`{name}` was active in {active} of {} periods: expect a wide interval",
                x.len()
            ),
        ));
    }
    Ok(())
}

fn copies(it: &Looked<'_>, notes: &mut Vec<Note>) -> Answer<()> {
    let named: Vec<(&String, &[f64])> = it
        .spec
        .channels
        .iter()
        .zip(it.x)
        .chain(it.spec.controls.iter().zip(it.z))
        .map(|(name, values)| (name, values.as_slice()))
        .collect();
    if let Some((name, _)) = named.iter().find(|(_, x)| move_as_one(x, it.y)) {
        return Err(Refusal::new(
            "copies",
            format!(
                "`{name}` moves as one with the outcome `{}`",
                it.spec.target
            ),
            "name a column of spend: one that is made from the outcome explains nothing",
        ));
    }
    pairs(&named, notes)
}

/// Whether two series tell the same.
#[must_use]
pub fn move_as_one(a: &[f64], b: &[f64]) -> bool {
    correlation(a, b).abs() > 0.9995
}

/// Refuses two columns that are copies; remarks on those that nearly are.
///
/// # Errors
///
/// With the names of the two.
pub fn pairs(named: &[(&String, &[f64])], notes: &mut Vec<Note>) -> Answer<()> {
    for (i, (a, x)) in named.iter().enumerate() {
        for (b, w) in &named[..i] {
            let r = correlation(x, w).abs();
            if move_as_one(x, w) {
                return Err(Refusal::new(
                    "copies",
                    format!(
                        "`{b}` and `{a}` move as one (correlation {r:.4}): their effects cannot be told apart"
                    ),
                    "keep one of them, or add them up",
                ));
            }
            if r > 0.85 {
                notes.push(Note::new(
                    "nearly_copies",
                    format!("`{b}` and `{a}` move together (correlation {r:.2}): read their sum, not each"),
                ));
            }
        }
    }
    Ok(())
}

fn is_constant(x: &[f64]) -> bool {
    let first = x.first().copied().unwrap_or(0.0);
    let size = x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    x.iter().all(|v| (v - first).abs() <= 1e-12 * size)
}

/// Pearson's correlation; zero when one side does not vary.
#[must_use]
pub fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (ma, mb) = (mean(a), mean(b));
    let ca: Vec<f64> = a.iter().map(|v| v - ma).collect();
    let cb: Vec<f64> = b.iter().map(|v| v - mb).collect();
    let scale = sd(a) * sd(b) * (a.len() as f64 - 1.0);
    if scale > 0.0 {
        dot(&ca, &cb) / scale
    } else {
        0.0
    }
}
