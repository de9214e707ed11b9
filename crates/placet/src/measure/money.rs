//! `placet measure budget|cost`: where the next dollar should go, and what a new patient costs.

use std::time::Instant;

use anyhow::Result;
use clap::Args;
use placet_measure::budget::{self, optimise};
use placet_measure::cost::{self, Row, cost};
use placet_measure::mmm::fit;
use placet_measure::{Refusal, table::Table};

use super::mmm::Mmm;
use super::{print_json, read_table, refuse, short};
use crate::command::Exit;

/// Example: placet measure budget --data weekly.csv --target y --date week --channels x1,x2
/// --budget 1200 --bounds x1=0:800
///
/// Takes the options of `placet measure mmm`, fits that model, and splits a budget by it.
#[derive(Debug, Args)]
pub struct Budget {
    #[command(flatten)]
    model: Mmm,
    /// Spend a period, all channels together; what was spent on average when left out.
    #[arg(long)]
    budget: Option<f64>,
    /// Instead: the smallest budget that brings so much outcome a period.
    #[arg(long, conflicts_with = "budget")]
    goal: Option<f64>,
    /// Least and most a period for a channel: `search=100:800`. May be repeated.
    #[arg(long)]
    bounds: Vec<String>,
}

impl Budget {
    /// Runs it.
    pub fn run(self) -> Result<Exit> {
        let json = self.model.json;
        let design = match self.model.design()? {
            Ok(design) => design,
            Err(refusal) => return Ok(refuse(&refusal, json)),
        };
        let bounds = match self.bounds.iter().map(|b| bound(b)).collect() {
            Ok(bounds) => bounds,
            Err(refusal) => return Ok(refuse(&refusal, json)),
        };
        let started = Instant::now();
        let fitted = fit(design, &self.model.sampler.settings(), None);
        let fit_seconds = started.elapsed().as_secs_f64();
        let ask = budget::Ask {
            budget: self.budget,
            goal: self.goal,
            bounds,
        };
        let started = Instant::now();
        let found = match optimise(&fitted, &ask) {
            Ok(found) => found,
            Err(refusal) => return Ok(refuse(&refusal, json)),
        };
        let seconds = started.elapsed().as_secs_f64();
        let converged = fitted.max_r_hat() <= 1.05;
        if json {
            let times = [("fit_seconds", fit_seconds), ("optimise_seconds", seconds)];
            print_json(&found, &times)?;
        } else {
            print(&found);
            if !converged {
                println!("note: the model has not converged; do not use this split");
            }
        }
        Ok(if converged {
            Exit::Done
        } else {
            Exit::Findings
        })
    }
}

fn bound(text: &str) -> Result<(String, f64, f64), Refusal> {
    let parsed = text.split_once('=').and_then(|(channel, rest)| {
        let (low, high) = rest.split_once(':')?;
        Some((channel.to_owned(), low.parse().ok()?, high.parse().ok()?))
    });
    parsed.ok_or_else(|| {
        Refusal::new(
            "bad_bounds",
            "bounds are not written as they should be",
            "write channel=least:most, such as `search=100:800`",
        )
    })
}

fn print(found: &budget::Budget) {
    println!(
        "{} a period brings {} [{} to {}]; split as in the past {}; better with {:.0} % chance",
        short(found.budget),
        short(found.response.q50),
        short(found.response.q05),
        short(found.response.q95),
        short(found.response_before.q50),
        100.0 * found.chance_better
    );
    println!("{}\n", found.reading);
    for part in &found.allocation {
        println!(
            "  {}: {} (so far {}), brings {} [{} to {}], the next unit {} [{} to {}]{}",
            part.channel,
            short(part.spend),
            short(part.spent),
            short(part.response.q50),
            short(part.response.q05),
            short(part.response.q95),
            short(part.marginal.q50),
            short(part.marginal.q05),
            short(part.marginal.q95),
            if part.beyond_data {
                "; beyond anything the data show"
            } else {
                ""
            }
        );
    }
}

/// Example: placet measure cost --data cost.csv --json
///
/// The table has the columns month, channel, spend, patients and, if there is one, platform (what
/// the platform claims). Counts below --least are hidden, with what would give them away.
#[derive(Debug, Args)]
pub struct Cost {
    /// A table (CSV, `-` for standard input): one row a channel and month.
    #[arg(long)]
    data: String,
    /// Counts below this are hidden; never below 5.
    #[arg(long, default_value_t = placet_measure::privacy::cells::DEFAULT_LEAST, value_parser = clap::value_parser!(u64).range(5..=1000))]
    least: u64,
    /// JSON for machines.
    #[arg(long)]
    json: bool,
}

impl Cost {
    /// Runs it.
    pub fn run(self) -> Result<Exit> {
        let report = read_table(&self.data)?
            .and_then(|table| rows(&table))
            .and_then(|rows| cost(&rows, self.least, 1));
        let report = match report {
            Ok(report) => report,
            Err(refusal) => return Ok(refuse(&refusal, self.json)),
        };
        if self.json {
            print_json(&report, &[])?;
            return Ok(Exit::Done);
        }
        println!(
            "cost of one new patient, middle [90 % interval]; {}",
            report.reading
        );
        println!("counts below {} are hidden\n", report.least);
        for (channel, months) in &report.channels {
            for (month, cost) in months {
                print_cost(channel, month, cost);
            }
        }
        for note in &report.notes {
            println!("note: {}", note.text);
        }
        Ok(Exit::Done)
    }
}

fn print_cost(channel: &str, month: &str, cost: &cost::Cost) {
    let patients = cost
        .patients
        .count()
        .map_or("hidden".to_owned(), |n| n.to_string());
    let each = cost.cost.map_or("-".to_owned(), |[m, l, h]| {
        format!("{} [{} to {}]", short(m), short(l), short(h))
    });
    println!(
        "  {channel:16} {month:10} spend {:>10} patients {patients:>7} cost {each}; {}",
        short(cost.spend),
        cost.reading
    );
}

/// The columns that the command expects.
fn rows(table: &Table) -> Result<Vec<Row>, Refusal> {
    let platform = table.has("platform").then(|| "platform".to_owned());
    placet_app::measure::answer::rows(
        table,
        &placet_app::measure::ask::Cost {
            month: "month".to_owned(),
            channel: "channel".to_owned(),
            spend: "spend".to_owned(),
            patients: "patients".to_owned(),
            platform,
        },
    )
}
