//! `placet measure`: what did it bring, from counts and money alone.
//!
//! Each question is a file; this one reads tables and prints answers and refusals.
//!
//! INVARIANT: no person enters the models: the tables hold sums by period, region and channel.

mod counts;
mod experiments;
mod mmm;
mod money;
mod regions;
mod sums;
mod trend;
pub mod work;

use std::io::Read;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use placet_measure::Refusal;
use placet_measure::table::{self, Table};
use serde::Serialize;

use crate::command::Exit;

/// Example: placet measure mmm --data weekly.csv --target patients --date week --channels search,radio
///
/// Every answer is directional: read its interval, the data and the date it stands on.
#[derive(Debug, Args)]
pub struct Measure {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// What did each channel bring? A Bayesian media mix model.
    Mmm(Box<mmm::Mmm>),
    /// What did each channel bring, when every region has its own level and response?
    Regions(Box<regions::Cmd>),
    /// Where is the volume of patients growing, and what comes next, region by region?
    Trend(trend::Trend),
    /// Did the test markets move more than the others?
    Geo(Box<experiments::Geo>),
    /// Before a test: which markets, how long, what is the smallest effect it would show?
    Power(Box<experiments::Power>),
    /// Did one series change, by what its past and its controls did not foresee?
    Impact(Box<experiments::Impact>),
    /// What did a campaign add over those held out?
    Holdout(experiments::Holdout),
    /// Where should the next dollar go?
    Budget(Box<money::Budget>),
    /// What does a new patient cost, by channel and month?
    Cost(money::Cost),
    /// How many people of an audience, with noise, within the year's budget?
    Count(counts::Count),
    /// How many came, booked or were written to, by week or month, from our own records?
    Sums(sums::Sums),
}

impl Measure {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn run(self) -> Result<Exit> {
        match self.question {
            Question::Mmm(it) => it.run(),
            Question::Regions(it) => it.run(),
            Question::Trend(it) => it.run(),
            Question::Geo(it) => it.run(),
            Question::Power(it) => it.run(),
            Question::Impact(it) => it.run(),
            Question::Holdout(it) => it.run(),
            Question::Budget(it) => it.run(),
            Question::Cost(it) => it.run(),
            Question::Count(it) => it.run(),
            Question::Sums(it) => it.run(),
        }
    }
}

/// What a question comes to: an answer, or a refusal that says what is missing.
type Asked<T> = Result<std::result::Result<T, Refusal>>;

/// Reads a table from a file, or from standard input when it is `-`.
fn read_table(file: &str) -> Asked<Table> {
    let mut bytes = Vec::new();
    if file == "-" {
        std::io::stdin()
            .take(table::LARGEST + 1)
            .read_to_end(&mut bytes)
            .context("cannot read standard input")?;
    } else {
        let open = std::fs::File::open(file).with_context(|| format!("cannot read `{file}`"))?;
        let size = open.metadata().map_or(0, |m| m.len());
        if let Err(refusal) = table::check_size(size) {
            return Ok(Err(refusal));
        }
        open.take(table::LARGEST + 1)
            .read_to_end(&mut bytes)
            .with_context(|| format!("cannot read `{file}`"))?;
    }
    Ok(Table::read(&bytes))
}

/// Prints a refusal: on standard error in words, or as JSON on standard output.
fn refuse(refusal: &Refusal, json: bool) -> Exit {
    if json {
        println!("{}", serde_json::json!({ "refused": refusal }));
    } else {
        eprintln!("placet measure: refused: {}", refusal.what);
        eprintln!("  next: {}", refusal.next);
    }
    Exit::Findings
}

/// Prints an answer as JSON with what it took.
fn print_json<T: Serialize>(answer: &T, timings: &[(&str, f64)]) -> Result<()> {
    let mut value = serde_json::to_value(answer).context("cannot write the answer as JSON")?;
    if let Some(object) = value.as_object_mut() {
        let times: serde_json::Map<String, serde_json::Value> = timings
            .iter()
            .map(|(name, seconds)| ((*name).to_owned(), (*seconds).into()))
            .collect();
        object.insert("timings".to_owned(), times.into());
        object.insert("as_of".to_owned(), crate::clock::now().to_string().into());
    }
    println!(
        "{}",
        serde_json::to_string_pretty(&value).context("cannot write the answer as JSON")?
    );
    Ok(())
}

/// Comma-separated names.
fn names(list: &str) -> Vec<String> {
    list.split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// A number as people read it: three digits that mean something.
fn short(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return "-".to_owned();
    }
    if size >= 1000.0 {
        let whole = format!("{:.0}", size);
        let mut out = String::new();
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i) % 3 == 0 {
                out.push(',');
            }
            out.push(digit);
        }
        return if value < 0.0 { format!("-{out}") } else { out };
    }
    let digits = if size >= 100.0 {
        0
    } else if size >= 10.0 {
        1
    } else if size >= 1.0 {
        2
    } else {
        3
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests;
