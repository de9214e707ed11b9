//! `placet measure sums`: sums from our own records, by week or month, as a table to measure on.

use anyhow::{Context as _, Result};
use clap::Args;
use placet_app::ActError;
use placet_app::measure::sums::{self, Beside, Given};
use placet_domain::measure::sums::{Across, Every, Quarter, Summed, SumsAsk};
use placet_domain::operator::Capability;

use super::{read_table, refuse};
use crate::clock;
use crate::command::Exit;
use crate::command::open::Installation;

/// Example: placet measure sums --counted new_patients --from 2024-Q1 --to 2025-Q4 --beside spend.csv |
/// placet measure mmm --data - --date week --target new_patients --channels search,radio
///
/// The table is kept as a data set and printed as CSV. Small counts are hidden, with what would give
/// them away; where nothing is left, it is refused.
#[derive(Debug, Args)]
pub struct Sums {
    #[command(flatten)]
    installation: Installation,
    /// What is counted, by comma: new_patients, bookings, messages.
    #[arg(long, value_delimiter = ',', value_parser = summed, required = true)]
    counted: Vec<Summed>,
    /// How long a period is: week or month.
    #[arg(long, value_parser = every, default_value = "week")]
    every: Every,
    /// Whether it is split: all, region (the state people live in) or campaign (messages only).
    #[arg(long, value_parser = across, default_value = "all")]
    across: Across,
    /// The first quarter, such as 2024-Q1.
    #[arg(long)]
    from: Quarter,
    /// The last quarter, which must be over.
    #[arg(long)]
    to: Quarter,
    /// A table (CSV, `-` for standard input) that gets the counts as further columns, such as spend by week.
    #[arg(long)]
    beside: Option<String>,
    /// Its column of dates; the first one when left out.
    #[arg(long, default_value = "")]
    date: String,
    /// Its column of regions or campaigns, where counts are split.
    #[arg(long, default_value = "region")]
    region: String,
    /// What the data set is called.
    #[arg(long, default_value = "From our records")]
    name: String,
    /// JSON for machines: the id of the data set instead of the table.
    #[arg(long)]
    json: bool,
}

fn summed(code: &str) -> Result<Summed, String> {
    Summed::find(code).ok_or_else(|| "give new_patients, bookings or messages".to_owned())
}

fn every(code: &str) -> Result<Every, String> {
    Every::find(code).ok_or_else(|| "give week or month".to_owned())
}

fn across(code: &str) -> Result<Across, String> {
    Across::find(code).ok_or_else(|| "give all, region or campaign".to_owned())
}

impl Sums {
    /// Runs it.
    pub fn run(self) -> Result<Exit> {
        let beside = match &self.beside {
            Some(file) => match read_table(file)? {
                Ok(table) => Some(Beside {
                    table,
                    date: self.date.clone(),
                    region: self.region.clone(),
                }),
                Err(refusal) => return Ok(refuse(&refusal, self.json)),
            },
            None => None,
        };
        let ask = SumsAsk {
            counted: self.counted,
            every: self.every,
            across: self.across,
            from: self.from,
            to: self.to,
        };
        let (_, store) = self.installation.open()?;
        let ctx = clock::system("command_line");
        let grant = ctx.actor.may(Capability::RunMeasures)?;
        let now = ctx.now;
        let name = self.name;
        let looked = store.read_blocking::<_, _, ActError>(move |tx| sums::look(tx, now, &ask));
        let given = looked.and_then(|looked| {
            store.act_blocking(grant, &ctx, move |tx, ctx| {
                sums::keep(tx, ctx, &looked, &name, beside.as_ref())
            })
        });
        store.checkpoint(clock::now())?;
        match given {
            Ok(Given::Kept { id, csv, left_out }) => {
                if self.json {
                    let answer = serde_json::json!({
                        "kind": "sums", "dataset": id.to_string(), "left_out": left_out,
                    });
                    super::print_json(&answer, &[])?;
                    return Ok(Exit::Done);
                }
                print!(
                    "{}",
                    String::from_utf8(csv).context("the table is no text")?
                );
                eprintln!("placet measure: kept as data set {id}");
                if !left_out.is_empty() {
                    eprintln!(
                        "  left out, with counts too small to show or next to one: {}",
                        left_out.join(", ")
                    );
                }
                Ok(Exit::Done)
            }
            Ok(Given::Refused { why }) => {
                eprintln!("placet measure: refused: {why}");
                Ok(Exit::Findings)
            }
            Err(ActError::Invalid(found)) => {
                for problem in found {
                    eprintln!("placet measure: {}: {}", problem.field, problem.problem);
                }
                Ok(Exit::Usage)
            }
            Err(error) => Err(error.into()),
        }
    }
}
