//! `placet bench`: what this program does on this machine, measured by its own acts.
//!
//! Each figure is the median of several runs on a fresh database in a temporary folder, durable
//! as in production. Read ratios rather than absolutes: machines are noisy.

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::Exit;
use crate::bench::{self, Figure};

/// Example: placet bench ledger send
#[derive(Debug, Args)]
pub struct Bench {
    /// What to measure; everything when left out.
    parts: Vec<Part>,
    /// How often each is run; the median counts.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// How many people are imported, and live in the hospital that sends.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..))]
    people: u32,
    /// One JSON object a figure.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// People imported a second, from NDJSON on disk.
    Import,
    /// HL7 v2 messages filtered a second.
    Gateway,
    /// Decisions a second, and waterfalls over ten million people; takes 1 GB of memory.
    Decide,
    /// Bytes and texts a second searched for what identifies a person.
    Phi,
    /// Mails a second, end to end to a local sink.
    Send,
    /// Ledger entries a second, durable.
    Ledger,
    /// Media mix model, geo test, causal impact, budget, on public data.
    Measure,
    /// Memory at rest and size of the program.
    Rest,
}

impl Bench {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When a temporary folder cannot be made or an act fails.
    pub fn run(self) -> Result<Exit> {
        let parts: &[Part] = if self.parts.is_empty() {
            Part::value_variants()
        } else {
            &self.parts
        };
        let (runs, n_people) = (self.runs.max(1), self.people as usize);
        if !self.json {
            println!("| what | median | min | max | unit |\n|---|---:|---:|---:|---|");
        }
        for part in parts {
            let figures = match part {
                Part::Import => bench::import::run(runs, n_people)?,
                Part::Gateway => bench::gateway::run(runs)?,
                Part::Decide => {
                    let (figures, counted) = bench::decide::run(runs)?;
                    if self.json {
                        println!("{counted}");
                    }
                    figures
                }
                Part::Phi => bench::phi::run(runs),
                Part::Send => bench::send::run(runs, n_people)?,
                Part::Ledger => bench::ledger::run(runs)?,
                Part::Measure => bench::measure::run(runs)?,
                Part::Rest => bench::rest::run()?,
            };
            for figure in figures {
                print(&figure, self.json);
            }
        }
        Ok(Exit::Done)
    }
}

fn print(figure: &Figure, json: bool) {
    let Figure { what, unit, .. } = figure;
    let (median, min, max) = figure.spread();
    if json {
        println!(
            "{}",
            serde_json::json!({"what": what, "median": median, "min": min, "max": max, "unit": unit})
        );
    } else {
        println!(
            "| {what} | {} | {} | {} | {unit} |",
            grouped(median),
            grouped(min),
            grouped(max)
        );
    }
}

/// Whole numbers with a comma every three digits; small ones with two decimals.
fn grouped(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
