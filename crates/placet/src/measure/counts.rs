//! `placet measure count`: how many people of an audience, with noise, within the year's budget.

use anyhow::Result;
use clap::Args;
use placet_app::ActError;
use placet_app::measure::noisy::{self, Given};
use placet_app::population::Index;
use placet_domain::id::AudienceId;
use placet_domain::measure::noisy::{Counted, NoisyAsk};
use placet_domain::operator::Capability;
use placet_domain::time::Date;

use crate::clock;
use crate::command::Exit;
use crate::command::open::Installation;

/// Example: placet measure count --audience ID --counted booked --from 2026-06-01 --to 2026-06-30
///
/// The same question gets the same answer and spends nothing.
#[derive(Debug, Args)]
pub struct Count {
    #[command(flatten)]
    installation: Installation,
    /// Of which audience.
    #[arg(long)]
    audience: AudienceId,
    /// Who counts: people, written or booked.
    #[arg(long, value_parser = counted, default_value = "people")]
    counted: Counted,
    /// The first day of the period; not for people.
    #[arg(long)]
    from: Option<Date>,
    /// Its last day, which must be over.
    #[arg(long)]
    to: Option<Date>,
    /// In thousandths of epsilon: more is more precise and spends more.
    #[arg(long, default_value_t = 250)]
    cost: u32,
    /// JSON for machines.
    #[arg(long)]
    json: bool,
}

fn counted(code: &str) -> Result<Counted, String> {
    Counted::find(code).ok_or_else(|| "give people, written or booked".to_owned())
}

impl Count {
    /// Runs it.
    pub fn run(self) -> Result<Exit> {
        if self.counted.has_period() && (self.from.is_none() || self.to.is_none()) {
            eprintln!("placet measure: give the period with --from and --to");
            return Ok(Exit::Usage);
        }
        let (_, store) = self.installation.open()?;
        let ctx = clock::system("command_line");
        let grant = ctx.actor.may(Capability::RunMeasures)?;
        let ask = NoisyAsk {
            audience: self.audience,
            counted: self.counted,
            from: self.from.unwrap_or_default(),
            to: self.to.unwrap_or_default(),
            cost: self.cost,
        };
        let now = ctx.now;
        let looked = store.read_blocking::<_, _, ActError>(move |tx| {
            noisy::look(tx, &Index::default(), now, &ask)
        })?;
        let given =
            store.act_blocking(grant, &ctx, move |tx, ctx| noisy::give(tx, ctx, &looked))?;
        let least = store
            .read_blocking(placet_app::measure::rules)?
            .smallest_cell;
        store.checkpoint(clock::now())?;
        let (count, is_new) = match given {
            Given::New(count) => (count, true),
            Given::Before(count) => (count, false),
            Given::Refused { left, cost } => {
                eprintln!(
                    "placet measure: refused: it would cost {cost} thousandths of epsilon; {} are left of this \
                     audience's budget, {} of the one that all share",
                    left.of_audience, left.of_all
                );
                eprintln!(
                    "  next: ask less precisely, or wait until {}",
                    left.renews_on
                );
                return Ok(Exit::Findings);
            }
        };
        let shown = noisy::shown(&count, least);
        if self.json {
            let answer = serde_json::json!({
                "kind": "noisy_count", "id": count.id.to_string(), "counted": count.ask.counted.as_str(),
                "from": count.ask.from.to_string(), "to": count.ask.to.to_string(),
                "about": shown.map(|(answer, _)| answer), "interval": shown.map(|(_, ends)| ends),
                "directional": true, "cost": count.ask.cost, "is_new": is_new,
            });
            super::print_json(&answer, &[])?;
            return Ok(Exit::Done);
        }
        match shown {
            Some((answer, [low, high])) => {
                println!("about {answer} [{low} to {high}], directional")
            }
            None => println!("fewer than {least}"),
        }
        if is_new {
            println!(
                "spent {} thousandths of epsilon of {}",
                count.ask.cost, count.year
            );
        } else {
            println!("asked before: this is the answer of then, and nothing was spent");
        }
        Ok(Exit::Done)
    }
}
