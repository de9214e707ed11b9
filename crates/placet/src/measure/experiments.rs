//! `placet measure geo|power|impact|holdout`: experiments, before and after.

use std::time::Instant;

use anyhow::Result;
use clap::Args;
use placet_app::ActError;
use placet_app::measure::ask::{self, Ask, Groups};
use placet_app::measure::outcome;
use placet_app::measure::run::{self, End, NewRun};
use placet_domain::id::CampaignId;
use placet_domain::operator::Capability;
use placet_measure::geo::power::{self, plan};
use placet_measure::geo::{Panel, analyse};
use placet_measure::holdout::{Counts, lift};
use placet_measure::impact::{self, Columns, Series, impact};
use placet_measure::mmm::check::Note;
use placet_measure::table::Table;
use placet_measure::{Refusal, dates};

use super::{names, print_json, read_table, refuse, short};
use crate::clock;
use crate::command::Exit;
use crate::command::open::Installation;

/// Where regions by period stand.
#[derive(Debug, Args)]
struct Source {
    /// A table (CSV, `-` for standard input): one row a region and period.
    #[arg(long)]
    data: String,
    /// The column of the region.
    #[arg(long, default_value = "location")]
    geo: String,
    /// The column of the date.
    #[arg(long, default_value = "date")]
    date: String,
    /// The column of the outcome.
    #[arg(long, default_value = "Y")]
    outcome: String,
    /// Regions to leave out, by comma.
    #[arg(long, default_value = "")]
    leave_out: String,
}

impl Source {
    fn panel(&self) -> super::Asked<Panel> {
        Ok(match read_table(&self.data)? {
            Ok(table) => Panel::read(
                &table,
                &self.geo,
                &self.date,
                &self.outcome,
                &names(&self.leave_out),
            ),
            Err(refusal) => Err(refusal),
        })
    }
}

/// Example: placet measure geo --data test.csv --treated chicago,portland --pre 90 --json
#[derive(Debug, Args)]
pub struct Geo {
    #[command(flatten)]
    source: Source,
    /// Treated regions, by comma.
    #[arg(long)]
    treated: String,
    /// How many periods lie before the test.
    #[arg(long, conflicts_with = "from", required_unless_present = "from")]
    pre: Option<usize>,
    /// Or the first day of the test.
    #[arg(long)]
    from: Option<String>,
    /// The same seed gives the same answer.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// JSON for machines.
    #[arg(long)]
    json: bool,
}

impl Geo {
    /// Runs it.
    pub fn run(self) -> Result<Exit> {
        let panel = match self.source.panel()? {
            Ok(panel) => panel,
            Err(refusal) => return Ok(refuse(&refusal, self.json)),
        };
        let started = Instant::now();
        let pre = match begin(&panel, self.pre, self.from.as_deref()) {
            Ok(pre) => pre,
            Err(refusal) => return Ok(refuse(&refusal, self.json)),
        };
        let report = match analyse(&panel, &names(&self.treated), pre, self.seed) {
            Ok(report) => report,
            Err(refusal) => return Ok(refuse(&refusal, self.json)),
        };
        let seconds = started.elapsed().as_secs_f64();
        if self.json {
            print_json(&report, &[("analysis_seconds", seconds)])?;
            return Ok(Exit::Done);
        }
        let [_, first, last] = &report.periods;
        println!("test from {first} to {last}: {}", report.verdict);
        println!("{}\n", report.reading);
        let s = &report.synthetic;
        println!(
            "synthetic control: {} a period and region, {:.1} %, {} in all; misfit before {} ({:.3} of equal weights)",
            short(s.att),
            100.0 * s.lift,
            short(s.incremental),
            short(s.l2),
            s.scaled_l2
        );
        if let Some(a) = &report.augmented {
            println!(
                "augmented by ridge: {} ({:.1} %)",
                short(a.att),
                100.0 * a.lift
            );
        }
        println!(
            "difference in differences: {}",
            short(report.difference_in_differences)
        );
        let weights: Vec<String> = report
            .weights
            .iter()
            .map(|(name, w)| format!("{name} {w:.3}"))
            .collect();
        println!("made of: {}", weights.join(", "));
        let (c, p) = (&report.conformal, &report.placebo);
        println!(
            "\nconformal: p {:.3} (days exchangeable), {:.3} (neighbours kept)",
            c.p_iid, c.p_block
        );
        match c.interval {
            Some([low, high]) => println!("  90 % interval {} to {}", short(low), short(high)),
            None => println!("  {}", c.reading),
        }
        println!(
            "placebo: {:.0} % of {} untreated sets moved as much; lift scatters by {:.1} points; 90 % interval {:.1} to {:.1} %",
            100.0 * p.p_abs_lift,
            p.sets,
            100.0 * p.sd_lift,
            100.0 * p.interval[0],
            100.0 * p.interval[1]
        );
        for note in &report.notes {
            println!("note: {}", note.text);
        }
        Ok(Exit::Done)
    }
}

fn begin(panel: &Panel, pre: Option<usize>, from: Option<&str>) -> Result<usize, Refusal> {
    if let Some(pre) = pre {
        return Ok(pre.min(panel.dates.len()));
    }
    let day = dates::read("--from", &[(1, from.unwrap_or_default())])?;
    Ok(day
        .first()
        .map_or(0, |day| panel.dates.iter().filter(|d| *d < day).count()))
}

/// Example: placet measure power --data history.csv --markets 2,3 --durations 14,21
///
/// For a single market: placet measure power --people 20000 --rate 0.02
#[derive(Debug, Args)]
pub struct Power {
    /// A table of the past: one row a region and period.
    #[arg(long, required_unless_present = "people")]
    data: Option<String>,
    /// The column of the region.
    #[arg(long, default_value = "location")]
    geo: String,
    /// The column of the date.
    #[arg(long, default_value = "date")]
    date: String,
    /// The column of the outcome.
    #[arg(long, default_value = "Y")]
    outcome: String,
    /// Regions to leave out, by comma.
    #[arg(long, default_value = "")]
    leave_out: String,
    /// How many markets to treat: alternatives, by comma.
    #[arg(long, default_value = "2,3")]
    markets: String,
    /// How many periods: alternatives, by comma.
    #[arg(long, default_value = "14,21")]
    durations: String,
    /// Markets that must be treated, by comma.
    #[arg(long, default_value = "")]
    include: String,
    /// Candidates looked at closely, for each number and duration.
    #[arg(long, default_value_t = 5)]
    candidates: usize,
    /// The same seed gives the same answer.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Audience holdout: how many people the campaign could reach.
    #[arg(long, requires = "rate")]
    people: Option<u64>,
    /// Audience holdout: share of them who do what is hoped for anyway.
    #[arg(long)]
    rate: Option<f64>,
    /// JSON for machines.
    #[arg(long)]
    json: bool,
}

impl Power {
    /// Runs it.
    pub fn run(self) -> Result<Exit> {
        if let (Some(people), Some(rate)) = (self.people, self.rate) {
            return self.holdout(people, rate);
        }
        let source = Source {
            data: self.data.clone().unwrap_or_default(),
            geo: self.geo.clone(),
            date: self.date.clone(),
            outcome: self.outcome.clone(),
            leave_out: self.leave_out.clone(),
        };
        let panel = match source.panel()? {
            Ok(panel) => panel,
            Err(refusal) => return Ok(refuse(&refusal, self.json)),
        };
        let numbers = |list: &str| -> Option<Vec<usize>> {
            names(list).iter().map(|n| n.parse().ok()).collect()
        };
        let (Some(sizes), Some(durations)) = (numbers(&self.markets), numbers(&self.durations))
        else {
            eprintln!("placet measure: --markets and --durations take whole numbers, by comma");
            return Ok(Exit::Usage);
        };
        let ask = power::Ask {
            sizes,
            durations,
            include: names(&self.include),
            candidates: self.candidates.clamp(1, 50),
            seed: self.seed,
        };
        let started = Instant::now();
        let plans = match plan(&panel, &ask) {
            Ok(plans) => plans,
            Err(refusal) => return Ok(refuse(&refusal, self.json)),
        };
        let seconds = started.elapsed().as_secs_f64();
        if self.json {
            let answer = serde_json::json!({ "kind": "power", "plans": plans });
            print_json(&answer, &[("plan_seconds", seconds)])?;
            return Ok(Exit::Done);
        }
        println!("ways to run it, best first; smallest lift noticed in 80 % of plays on the past:");
        for plan in plans.iter().take(15) {
            let smallest = plan
                .smallest_effect
                .map_or("none up to 50 %".to_owned(), |e| {
                    format!("{:.1} %", 100.0 * e)
                });
            println!(
                "  {} for {} periods: {smallest}; false alarms {:.0} %, {:.1} % of the outcome",
                plan.markets.join(" + "),
                plan.duration,
                100.0 * plan.false_alarms,
                100.0 * plan.share
            );
        }
        Ok(Exit::Done)
    }

    fn holdout(&self, people: u64, rate: f64) -> Result<Exit> {
        match power::holdout(people, rate) {
            Ok(rows) if self.json => {
                print_json(
                    &serde_json::json!({ "kind": "holdout_power", "plans": rows }),
                    &[],
                )?;
                Ok(Exit::Done)
            }
            Ok(rows) => {
                println!("share held out, smallest relative lift noticed (80 % power, 90 % sure):");
                for row in rows {
                    println!(
                        "  {:3.0} %: {:.1} %; about {} outcomes foregone",
                        100.0 * row.share,
                        100.0 * row.smallest_lift,
                        short(row.foregone)
                    );
                }
                Ok(Exit::Done)
            }
            Err(refusal) => Ok(refuse(&refusal, self.json)),
        }
    }
}

/// Example: placet measure impact --data series.csv --date day --outcome y --controls x1 --from 2026-03-02 --json
///
/// Without --date the rows are taken in the order of the file; --pre counts those before the change.
#[derive(Debug, Args)]
pub struct Impact {
    /// A table (CSV, `-` for standard input): one row a period, in order.
    #[arg(long)]
    data: String,
    /// The series that may have changed.
    #[arg(long)]
    outcome: String,
    /// Series that did not, by comma.
    #[arg(long, default_value = "")]
    controls: String,
    /// The column of the date; rows are taken as they stand when it is left out.
    #[arg(long)]
    date: Option<String>,
    /// How many periods lie before the change.
    #[arg(long, conflicts_with = "from", required_unless_present = "from")]
    pre: Option<usize>,
    /// Or the first day of the change.
    #[arg(long, requires = "date")]
    from: Option<String>,
    /// Kept draws.
    #[arg(long, default_value_t = 4000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    draws: u32,
    /// How far the level moves a period, over the spread of the series.
    #[arg(long, default_value_t = 0.01)]
    level_sd: f64,
    /// The same seed gives the same answer.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// JSON for machines.
    #[arg(long)]
    json: bool,
}

impl Impact {
    fn ask(&self, table: &Table) -> Result<(impact::Ask, Vec<Note>), Refusal> {
        let controls = names(&self.controls);
        let columns = Columns {
            date: self.date.as_deref(),
            outcome: &self.outcome,
            controls: &controls,
        };
        let read = Series::read(table, columns)?;
        let pre = match (self.pre, &self.from) {
            (Some(pre), _) => pre,
            (None, from) => {
                let day = dates::read("--from", &[(1, from.as_deref().unwrap_or_default())])?;
                day.first().map_or(0, |day| read.before(*day))
            }
        };
        let ask = impact::Ask {
            y: read.y,
            controls: read.controls,
            pre,
            draws: self.draws as usize,
            seed: self.seed,
            level_sd: self.level_sd.clamp(1e-6, 1.0),
        };
        Ok((ask, read.notes))
    }

    /// Runs it.
    pub fn run(self) -> Result<Exit> {
        let asked = read_table(&self.data)?.and_then(|table| self.ask(&table));
        let started = Instant::now();
        let found = asked.and_then(|(ask, notes)| {
            let mut found = impact(&ask)?;
            found.notes.splice(0..0, notes);
            Ok(found)
        });
        let found = match found {
            Ok(found) => found,
            Err(refusal) => return Ok(refuse(&refusal, self.json)),
        };
        let seconds = started.elapsed().as_secs_f64();
        if self.json {
            print_json(&found, &[("sampling_seconds", seconds)])?;
            return Ok(Exit::Done);
        }
        println!("{}", found.verdict);
        println!("{}", found.reading);
        println!(
            "a period: came {}, expected {} [{} to {}]; in all {} [{} to {}]; p {:.3}",
            short(found.actual.average),
            short(found.predicted.average),
            short(found.predicted_lower.average),
            short(found.predicted_upper.average),
            short(found.abs_effect.cumulative),
            short(found.abs_effect_lower.cumulative),
            short(found.abs_effect_upper.cumulative),
            found.p_value
        );
        for note in &found.notes {
            println!("note: {}", note.text);
        }
        Ok(Exit::Done)
    }
}

/// Example: placet measure holdout --treated 20000 --treated-outcomes 600 --held-out 5000 --held-out-outcomes 110
///
/// On the groups of a campaign: placet measure holdout --campaign ID
///
/// The interval holds at every look, so it may be asked each day and the test stopped early.
#[derive(Debug, Args)]
pub struct Holdout {
    #[command(flatten)]
    installation: Installation,
    /// The campaign whose own groups are compared; the result is kept with it.
    #[arg(long, conflicts_with_all = ["treated", "treated_outcomes", "held_out", "held_out_outcomes"])]
    campaign: Option<CampaignId>,
    /// One of its versions, zero being its own; everybody who got any when left out.
    #[arg(long, requires = "campaign")]
    version: Option<u16>,
    /// The version it is compared with; those held out when left out.
    #[arg(long, requires = "campaign")]
    against: Option<u16>,
    /// People who got the campaign.
    #[arg(long, required_unless_present = "campaign")]
    treated: Option<u64>,
    /// Of them, how many did what was hoped for.
    #[arg(long, required_unless_present = "campaign")]
    treated_outcomes: Option<u64>,
    /// People held out at random.
    #[arg(long, required_unless_present = "campaign")]
    held_out: Option<u64>,
    /// Of them, how many did.
    #[arg(long, required_unless_present = "campaign")]
    held_out_outcomes: Option<u64>,
    /// JSON for machines.
    #[arg(long)]
    json: bool,
}

impl Holdout {
    /// Runs it.
    pub fn run(self) -> Result<Exit> {
        if let Some(campaign) = self.campaign {
            return self.of_campaign(campaign);
        }
        let counts = Counts {
            treated: self.treated.unwrap_or(0),
            treated_outcomes: self.treated_outcomes.unwrap_or(0),
            held_out: self.held_out.unwrap_or(0),
            held_out_outcomes: self.held_out_outcomes.unwrap_or(0),
        };
        match lift(&counts) {
            Ok(found) if self.json => print_json(&found, &[])?,
            Ok(found) => {
                println!("{}", found.verdict);
                println!(
                    "rates {:.2} % and {:.2} %; added {} outcomes [{} to {}], valid at every look",
                    100.0 * found.rates[0],
                    100.0 * found.rates[1],
                    short(found.added[0]),
                    short(found.added[1]),
                    short(found.added[2])
                );
            }
            Err(refusal) => return Ok(refuse(&refusal, self.json)),
        }
        Ok(Exit::Done)
    }
    /// The groups of a campaign, asked, answered and kept in one act.
    fn of_campaign(&self, campaign: CampaignId) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let ctx = clock::system("command_line");
        let grant = ctx.actor.may(Capability::RunMeasures)?;
        let groups = Groups {
            campaign,
            version: self.version,
            against: self.against,
        };
        let new = NewRun {
            name: String::new(),
            ask: Ask::Holdout(ask::Holdout {
                groups: Some(groups),
                ..ask::Holdout::default()
            }),
            dataset: None,
            source: None,
            campaign: None,
            seed: 1,
        };
        let asked = store.act_blocking(grant, &ctx, move |tx, ctx| run::ask_at_once(tx, ctx, &new));
        store.checkpoint(clock::now())?;
        let (id, end) = match asked {
            Err(ActError::Refused { why, .. }) => {
                eprintln!("placet measure: refused: {why}");
                return Ok(Exit::Findings);
            }
            other => other?,
        };
        let value = match end {
            End::Done(value) => value,
            End::Refused(refusal) => return Ok(refuse(&refusal, self.json)),
            End::Stopped | End::Interrupted => return Ok(Exit::Findings),
        };
        if self.json {
            print_json(
                &serde_json::json!({ "run": id.to_string(), "result": value }),
                &[],
            )?;
        } else if let Some(found) = outcome::read::<outcome::Holdout>(&value) {
            let [first, second] = found
                .counts
                .groups
                .as_ref()
                .map_or_else(Default::default, Groups::labels);
            let r = &found.report;
            println!("{first} against {second}: {}", r.verdict);
            println!(
                "rates {:.2} % and {:.2} %; added {} outcomes [{} to {}], valid at every look; kept as run {id}",
                100.0 * r.rates[0],
                100.0 * r.rates[1],
                short(r.added[0]),
                short(r.added[1]),
                short(r.added[2])
            );
        }
        Ok(Exit::Done)
    }
}
