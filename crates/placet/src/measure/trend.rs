//! `placet measure trend`: the volume of every region, how it changes and what comes next.

use std::time::Instant;

use anyhow::Result;
use clap::Args;
use placet_measure::geo::Panel;
use placet_measure::trend::trend;

use super::{print_json, read_table, refuse, short};
use crate::command::Exit;

/// Example: placet measure trend --data visits.csv --geo area --date week --outcome visits --ahead 13
#[derive(Debug, Args)]
pub struct Trend {
    /// A table (CSV, `-` for standard input): one row a region and period.
    #[arg(long)]
    data: String,
    /// The column of the region.
    #[arg(long, default_value = "location")]
    geo: String,
    /// The column of the date.
    #[arg(long, default_value = "date")]
    date: String,
    /// The column of how many came.
    #[arg(long, default_value = "Y")]
    outcome: String,
    /// How many periods ahead are expected.
    #[arg(long, default_value_t = 13)]
    ahead: u32,
    /// The same seed gives the same answer.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// JSON for machines.
    #[arg(long)]
    json: bool,
}

impl Trend {
    /// Runs it.
    pub fn run(self) -> Result<Exit> {
        let panel = read_table(&self.data)?
            .and_then(|table| Panel::read(&table, &self.geo, &self.date, &self.outcome, &[]));
        let started = Instant::now();
        let found = panel.and_then(|panel| trend(&panel, self.ahead as usize, self.seed));
        let found = match found {
            Ok(found) => found,
            Err(refusal) => return Ok(refuse(&refusal, self.json)),
        };
        if self.json {
            print_json(&found, &[("fit_seconds", started.elapsed().as_secs_f64())])?;
            return Ok(Exit::Done);
        }
        let [shared, low, high] = found.shared.map(|change| 100.0 * change);
        println!(
            "all regions: {shared:+.1} % a year [{low:+.1} to {high:+.1}]; {}",
            found.reading
        );
        for region in &found.regions {
            let [change, low, high] = region.change.map(|change| 100.0 * change);
            println!(
                "  {}: {change:+.1} % a year [{low:+.1} to {high:+.1}], {}; next {} periods {} [{} to {}], {:.1} % of all",
                region.name,
                region.verdict,
                found.ahead,
                short(region.expected[0]),
                short(region.expected[1]),
                short(region.expected[2]),
                100.0 * region.share[0]
            );
        }
        for note in &found.notes {
            println!("note: {}", note.text);
        }
        Ok(Exit::Done)
    }
}
