//! `placet measure mmm`: the media mix model on a table.

use std::io::IsTerminal;
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use placet_measure::Refusal;
use placet_measure::mmm::design::Design;
use placet_measure::mmm::fit::report::Report;
use placet_measure::mmm::{Adstock, Belief, LiftTest, Saturation, Spec, Trend, fit};
use placet_measure::nuts::Settings;
use placet_measure::table::Table;

use super::{Asked, names, print_json, read_table, refuse, short};
use crate::command::Exit;

/// Example: placet measure mmm --data weekly.csv --target y --date date_week --channels x1,x2
/// --controls event_1,event_2,t --adstock geometric:8 --saturation logistic --yearly 2 --json
///
/// Refuses thin data and says what is missing (exit status 1). Prior stands beside posterior: an
/// answer that is only the prior is said to be one.
#[derive(Debug, Args)]
pub struct Mmm {
    /// A table (CSV, `-` for standard input): one row a day, week or month.
    #[arg(long)]
    data: String,
    /// The column of the outcome: new patients, appointments, revenue.
    #[arg(long)]
    target: String,
    /// The column of the date on which each period begins.
    #[arg(long)]
    date: String,
    /// Columns of spend (or impressions), by comma.
    #[arg(long)]
    channels: String,
    /// Further columns that explain the outcome, by comma; `t` counts periods when there is no such column.
    #[arg(long, default_value = "")]
    controls: String,
    /// Carry-over: geometric, delayed, weibull_pdf, weibull_cdf or binomial, and its periods.
    #[arg(long, default_value = "geometric:8")]
    adstock: String,
    /// Diminishing returns: logistic, hill or michaelis_menten.
    #[arg(long, default_value = "logistic")]
    saturation: String,
    /// Pairs of yearly waves.
    #[arg(long, default_value_t = 2)]
    yearly: usize,
    /// Trend beyond the controls: none, linear, or bends:3.
    #[arg(long, default_value = "none", value_parser = trend)]
    trend: Trend,
    /// Count United States federal holidays in each period as a control.
    #[arg(long)]
    holidays: bool,
    /// A table of finished experiments: channel, x, delta_x, delta_y, sigma.
    #[arg(long)]
    lift_tests: Option<String>,
    /// What one new patient costs by this channel, before the data: `search=250:0.6` (median and
    /// spread of the logarithm). May be repeated.
    #[arg(long)]
    cost_prior: Vec<String>,
    /// What one unit of spend brings by this channel, before the data: `search=2:0.9`. May be repeated.
    #[arg(long)]
    return_prior: Vec<String>,
    #[command(flatten)]
    pub(super) sampler: Sampler,
    /// JSON for machines.
    #[arg(long)]
    pub(super) json: bool,
}

/// How long and how carefully to sample.
#[derive(Debug, Args)]
pub struct Sampler {
    /// Independent chains.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    chains: u16,
    /// Draws a chain thrown away while it learns.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(50..=100_000))]
    tune: u32,
    /// Draws a chain that are kept.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(50..=100_000))]
    draws: u32,
    /// The same seed gives the same answer.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads; all cores when left out. Does not change the answer.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Acceptance aimed at; higher is slower and more careful.
    #[arg(long, default_value_t = 0.9, value_parser = share)]
    target_accept: f64,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if (0.5..1.0).contains(&value) => Ok(value),
        _ => Err("a number from 0.5 to below 1".to_owned()),
    }
}

fn trend(text: &str) -> Result<Trend, String> {
    text.parse().map_err(|refusal: Refusal| refusal.next)
}

impl Sampler {
    /// As the sampler takes it.
    pub fn settings(&self) -> Settings {
        Settings {
            chains: usize::from(self.chains),
            tune: self.tune as usize,
            draws: self.draws as usize,
            seed: self.seed,
            threads: self.threads,
            target_accept: self.target_accept,
            ..Settings::default()
        }
    }
}

impl Mmm {
    /// Runs it.
    pub fn run(self) -> Result<Exit> {
        let started = Instant::now();
        let design = match self.design()? {
            Ok(design) => design,
            Err(refusal) => return Ok(refuse(&refusal, self.json)),
        };
        let read = started.elapsed().as_secs_f64();
        let at = Instant::now();
        let fitted = fit(design, &self.sampler.settings(), Some(&progress));
        end_of_progress();
        let sampling = at.elapsed().as_secs_f64();
        let report = fitted.report();
        let timings = [
            ("read_seconds", read),
            ("fit_seconds", sampling),
            ("total_seconds", started.elapsed().as_secs_f64()),
        ];
        if self.json {
            print_json(&report, &timings)?;
        } else {
            print(&report, sampling);
        }
        Ok(if report.diagnostics.converged {
            Exit::Done
        } else {
            Exit::Findings
        })
    }

    /// Reads and checks what is asked.
    pub(super) fn design(&self) -> Asked<Design> {
        let table = match read_table(&self.data)? {
            Ok(table) => table,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let tests = match &self.lift_tests {
            Some(file) => match read_table(file)? {
                Ok(table) => match lift_tests(&table) {
                    Ok(tests) => tests,
                    Err(refusal) => return Ok(Err(refusal)),
                },
                Err(refusal) => return Ok(Err(refusal)),
            },
            None => Vec::new(),
        };
        Ok(self
            .spec(tests)
            .and_then(|spec| Design::new(&table, &self.date, &spec)))
    }

    fn spec(&self, lift_tests: Vec<LiftTest>) -> Result<Spec, Refusal> {
        let mut beliefs = Vec::new();
        for text in &self.cost_prior {
            let (channel, median, spread) = belief(text)?;
            beliefs.push((channel, Belief::Cost { median, spread }));
        }
        for text in &self.return_prior {
            let (channel, median, spread) = belief(text)?;
            beliefs.push((channel, Belief::Return { median, spread }));
        }
        Ok(Spec {
            target: self.target.clone(),
            channels: names(&self.channels),
            controls: names(&self.controls),
            adstock: self.adstock.parse::<Adstock>()?,
            saturation: self.saturation.parse::<Saturation>()?,
            yearly: self.yearly.min(26),
            trend: self.trend,
            holidays: self.holidays,
            beliefs,
            lift_tests,
        })
    }
}

fn belief(text: &str) -> Result<(String, f64, f64), Refusal> {
    let parsed = text.split_once('=').and_then(|(channel, rest)| {
        let (median, spread) = rest.split_once(':')?;
        Some((
            channel.to_owned(),
            median.parse().ok()?,
            spread.parse().ok()?,
        ))
    });
    parsed.ok_or_else(|| {
        Refusal::new(
            "bad_belief",
            "a prior is not written as it should be",
            "write channel=median:spread, such as `search=250:0.6`",
        )
    })
}

fn lift_tests(table: &Table) -> Result<Vec<LiftTest>, Refusal> {
    let channel = table.text("channel")?;
    let [x, delta_x, delta_y, sigma] =
        ["x", "delta_x", "delta_y", "sigma"].map(|name| table.numbers(name));
    let numbers = x?.into_iter().zip(delta_x?).zip(delta_y?).zip(sigma?);
    Ok(channel
        .into_iter()
        .zip(numbers)
        .map(
            |((_, channel), (((x, delta_x), delta_y), sigma))| LiftTest {
                channel: channel.to_owned(),
                x,
                delta_x,
                delta_y,
                sigma,
            },
        )
        .collect())
}

/// On a terminal only.
pub(super) fn progress(done: usize, total: usize) -> bool {
    if std::io::stderr().is_terminal() {
        eprint!("\rsampling {:3} %", 100 * done / total.max(1));
    }
    true
}

/// Clears the line that progress wrote.
pub(super) fn end_of_progress() {
    if std::io::stderr().is_terminal() {
        eprint!("\r              \r");
    }
}

fn print(report: &Report, seconds: f64) {
    let data = &report.data;
    println!(
        "{} {} from {} to {}; sampled in {} s",
        data.periods,
        data.step.plural(),
        data.from,
        data.to,
        short(seconds)
    );
    println!("{}; {}\n", report.diagnostics.verdict, report.reading);
    println!(
        "outcome `{}` by channel, median [90 % interval]:",
        report.spec.target
    );
    for (name, channel) in &report.channel.0 {
        let total = channel.contribution_total;
        let unit = channel.per_unit_spend;
        let cost = channel.cost_per_outcome;
        println!("  {name}: {}", channel.reading);
        println!(
            "    brought {} [{} to {}], {} % of the outcome",
            short(total.q50),
            short(total.q05),
            short(total.q95),
            short(100.0 * channel.share_of_outcome.q50)
        );
        println!(
            "    per unit of spend {} [{} to {}]; before the data {} [{} to {}]",
            short(unit.q50),
            short(unit.q05),
            short(unit.q95),
            short(channel.prior_per_unit.q50),
            short(channel.prior_per_unit.q05),
            short(channel.prior_per_unit.q95)
        );
        println!(
            "    one unit of outcome cost {} [{} to {}]; the next unit of spend brings {} [{} to {}]",
            short(cost.q50),
            short(cost.q05),
            short(cost.q95),
            short(channel.marginal_per_unit.q50),
            short(channel.marginal_per_unit.q05),
            short(channel.marginal_per_unit.q95)
        );
    }
    println!("\nparameters, mean ± sd [5 %, 95 %], R-hat, effective draws:");
    for (name, it) in &report.parameters.0 {
        let p = it.posterior;
        println!(
            "  {name:32} {:>10} ± {:<9} [{}, {}]  {:.3}  {:.0}",
            format!("{:.4}", p.mean),
            format!("{:.4}", p.sd),
            format_args!("{:.4}", p.q05),
            format_args!("{:.4}", p.q95),
            it.r_hat,
            it.ess_bulk
        );
    }
    let d = &report.diagnostics;
    println!(
        "\n{} chains of {} draws, {} astray, R-hat at most {:.3}, effective draws at least {:.0}, R² {:.2}",
        d.chains, d.draws, d.divergences, d.max_rhat, d.min_ess_bulk, d.r_squared
    );
    for note in &report.notes {
        println!("note: {}", note.text);
    }
}
