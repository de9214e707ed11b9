//! `placet measure regions`: the media mix model by region.

use std::time::Instant;

use anyhow::Result;
use clap::Args;
use placet_measure::nuts::Settings;
use placet_measure::region::{self, Ask, Regions, fit};

use super::mmm::Sampler;
use super::{names, print_json, read_table, refuse, short};
use crate::command::Exit;

/// Example: placet measure regions --data geo.csv --geo geo --date time --target conversions
/// --population population --worth revenue_per_conversion --channels a_impressions,b_impressions
/// --spend a_spend,b_spend --controls competitors --json
#[derive(Debug, Args)]
pub struct Cmd {
    /// A table (CSV, `-` for standard input): one row a region and week.
    #[arg(long)]
    data: String,
    /// The column of the region.
    #[arg(long, default_value = "geo")]
    geo: String,
    /// The column of the date.
    #[arg(long, default_value = "time")]
    date: String,
    /// The column of the outcome.
    #[arg(long)]
    target: String,
    /// The column of people living in the region.
    #[arg(long)]
    population: Option<String>,
    /// The column of what one unit of outcome is worth.
    #[arg(long)]
    worth: Option<String>,
    /// Columns of media (impressions or spend), by comma.
    #[arg(long)]
    channels: String,
    /// Columns of spend, in the same order; the media themselves when left out.
    #[arg(long, default_value = "")]
    spend: String,
    /// Controls, by comma.
    #[arg(long, default_value = "")]
    controls: String,
    /// Periods of carry-over after the first.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(0..=52))]
    max_lag: u8,
    #[command(flatten)]
    sampler: Sampler,
    /// JSON for machines.
    #[arg(long)]
    json: bool,
}

impl Cmd {
    /// Runs it.
    pub fn run(self) -> Result<Exit> {
        let ask = Ask {
            geo: self.geo.clone(),
            date: self.date.clone(),
            target: self.target.clone(),
            population: self.population.clone(),
            worth: self.worth.clone(),
            channels: names(&self.channels),
            spend: names(&self.spend),
            controls: names(&self.controls),
            max_lag: usize::from(self.max_lag),
        };
        let data = match read_table(&self.data)?.and_then(|table| Regions::read(&table, &ask)) {
            Ok(data) => data,
            Err(refusal) => return Ok(refuse(&refusal, self.json)),
        };
        let started = Instant::now();
        let settings = Settings {
            dense_up_to: region::settings().dense_up_to,
            ..self.sampler.settings()
        };
        let report = fit(&data, &settings, Some(&super::mmm::progress));
        super::mmm::end_of_progress();
        let seconds = started.elapsed().as_secs_f64();
        let converged = report.max_rhat <= 1.05;
        if self.json {
            print_json(&report, &[("fit_seconds", seconds)])?;
        } else {
            println!(
                "{} regions, {} periods; {}; sampled in {} s",
                report.size[0],
                report.size[1],
                report.reading,
                short(seconds)
            );
            for (name, roi) in &report.roi.0 {
                println!(
                    "  {name}: return {} [{} to {}]; before the data {} [{} to {}]",
                    short(roi.posterior.q50),
                    short(roi.posterior.q05),
                    short(roi.posterior.q95),
                    short(roi.prior[1]),
                    short(roi.prior[0]),
                    short(roi.prior[2])
                );
            }
            println!(
                "R-hat at most {:.3}, effective draws at least {:.0}, {} astray",
                report.max_rhat, report.min_ess_bulk, report.divergences
            );
            for note in &report.notes {
                println!("note: {}", note.text);
            }
        }
        Ok(if converged {
            Exit::Done
        } else {
            Exit::Findings
        })
    }
}
