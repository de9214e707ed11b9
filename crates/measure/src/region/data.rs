//! Regions by week, scaled as the model wants them: by head, standardised, week by week.

use jiff::civil::Date;

use crate::geo::Panel;
use crate::mmm::check::{Note, move_as_one, pairs};
use crate::numeric::{mean, quantile, sorted};
use crate::refusal::{Answer, Refusal};
use crate::table::Table;

/// Which columns hold what.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The region.
    pub geo: String,
    /// The date.
    pub date: String,
    /// The outcome.
    pub target: String,
    /// People living there; one each when left out.
    pub population: Option<String>,
    /// What one unit of outcome is worth; one when left out.
    pub worth: Option<String>,
    /// Media (impressions or spend), by channel.
    pub channels: Vec<String>,
    /// Spend, in the same order; the media themselves when empty.
    pub spend: Vec<String>,
    /// Controls.
    pub controls: Vec<String>,
    /// Periods of carry-over after the first.
    pub max_lag: usize,
}

/// What the model reads. Series are by week, then region.
#[derive(Debug, Clone)]
pub struct Regions {
    /// Names of the regions.
    pub regions: Vec<String>,
    /// Number of weeks.
    pub weeks: usize,
    /// First days.
    pub dates: Vec<Date>,
    /// Names of the channels.
    pub channels: Vec<String>,
    /// Names of the controls.
    pub controls: Vec<String>,
    /// Outcome a head, standardised.
    pub y: Vec<f64>,
    /// Media a head over their median.
    pub x: Vec<Vec<f64>>,
    /// Controls, standardised.
    pub z: Vec<Vec<f64>>,
    /// Worth of one unit of the standardised outcome.
    pub weight: Vec<f64>,
    /// Total spend of each channel.
    pub spend: Vec<f64>,
    /// The region whose own level is the base.
    pub base: usize,
    /// Periods of carry-over after the first.
    pub max_lag: usize,
    /// What to keep in mind.
    pub notes: Vec<Note>,
}

impl Regions {
    /// Reads and scales.
    ///
    /// # Errors
    ///
    /// When regions or weeks are missing or too few, or a column carries nothing.
    pub fn read(table: &Table, ask: &Ask) -> Answer<Self> {
        if ask.channels.is_empty()
            || (!ask.spend.is_empty() && ask.spend.len() != ask.channels.len())
        {
            return Err(Refusal::new(
                "no_channels",
                "channels and their spend do not pair up",
                "name one spend column for each channel, in the same order",
            ));
        }
        let column = |name: &str| -> Answer<(Panel, Vec<f64>)> {
            let panel = Panel::read(table, &ask.geo, &ask.date, name, &[])?;
            let (g, t) = (panel.regions.len(), panel.dates.len());
            let by_week = (0..t).flat_map(|t| (0..g).map(move |g| (t, g)));
            let flat = by_week.map(|(t, g)| panel.y[g][t]).collect();
            Ok((panel, flat))
        };
        let (panel, outcome) = column(&ask.target)?;
        let (g, t) = (panel.regions.len(), panel.dates.len());
        check_size(ask, g, t)?;
        let mut notes = Vec::new();
        panel.check_outcome()?;
        if outcome.iter().any(|y| *y < 0.0) {
            notes.push(Note::new(
                "negative_outcome",
                format!(
                    "`{}` is negative somewhere; it is taken as it is",
                    ask.target
                ),
            ));
        }
        let optional = |name: &Option<String>| match name {
            Some(name) => column(name).map(|c| c.1),
            None => Ok(vec![1.0; g * t]),
        };
        let population = optional(&ask.population)?;
        if population.iter().any(|p| *p <= 0.0) {
            return Err(Refusal::new(
                "no_population",
                "a region has no population",
                "give the people living in each region, above zero",
            ));
        }
        let worth = optional(&ask.worth)?;
        let per_head: Vec<f64> = outcome
            .iter()
            .zip(&population)
            .map(|(y, p)| y / p)
            .collect();
        let (centre, spread) = (mean(&per_head), deviation(&per_head));
        if spread <= 0.0 {
            return Err(never_varies(&ask.target));
        }
        let mut x = Vec::new();
        let mut spend = Vec::new();
        for (i, name) in ask.channels.iter().enumerate() {
            let raw = column(name)?.1;
            if raw.iter().any(|v| *v < 0.0) {
                return Err(Refusal::new(
                    "negative_spend",
                    format!("channel `{name}` is negative somewhere"),
                    "book refunds in the week whose spend they return",
                ));
            }
            let head: Vec<f64> = raw.iter().zip(&population).map(|(v, p)| v / p).collect();
            let used = sorted(
                &head
                    .iter()
                    .copied()
                    .filter(|v| *v > 0.0)
                    .collect::<Vec<_>>(),
            );
            let median = quantile(&used, 0.5);
            // What is the same everywhere still differs by head, and tells of people alone.
            if median <= 0.0 || deviation(&head) <= 0.0 || deviation(&raw) <= 0.0 {
                return Err(never_varies(name));
            }
            x.push(head.iter().map(|v| v / median).collect());
            spend.push(match ask.spend.get(i) {
                Some(own) => column(own)?.1.iter().sum(),
                None => raw.iter().sum(),
            });
        }
        let mut z = Vec::new();
        for name in &ask.controls {
            let raw = column(name)?.1;
            let (m, s) = (mean(&raw), deviation(&raw));
            if s <= 0.0 {
                return Err(never_varies(name));
            }
            z.push(raw.iter().map(|v| (v - m) / s).collect());
        }
        let named: Vec<(&String, &[f64])> = ask
            .channels
            .iter()
            .zip(&x)
            .chain(ask.controls.iter().zip(&z))
            .map(|(name, values): (&String, &Vec<f64>)| (name, values.as_slice()))
            .collect();
        if let Some((name, _)) = named.iter().find(|(_, x)| move_as_one(x, &per_head)) {
            return Err(Refusal::new(
                "copies",
                format!("`{name}` moves as one with the outcome `{}`", ask.target),
                "name a column of media: one that is made from the outcome explains nothing",
            ));
        }
        pairs(&named, &mut notes)?;
        let base = (0..g)
            .max_by(|a, b| population[*a].total_cmp(&population[*b]))
            .unwrap_or(0);
        Ok(Self {
            weeks: t,
            y: per_head.iter().map(|y| (y - centre) / spread).collect(),
            weight: worth
                .iter()
                .zip(&population)
                .map(|(w, p)| w * p * spread)
                .collect(),
            regions: panel.regions,
            dates: panel.dates,
            channels: ask.channels.clone(),
            controls: ask.controls.clone(),
            x,
            z,
            spend,
            base,
            max_lag: ask.max_lag,
            notes,
        })
    }
}

/// Refuses what is too small for a regional model, or has more to learn than it can teach.
fn check_size(ask: &Ask, g: usize, t: usize) -> Answer<()> {
    let instead = "or sum the regions and ask `placet measure mmm`";
    if g < 5 {
        return Err(Refusal::new(
            "too_few_regions",
            format!("{g} regions are too few for a regional model"),
            format!("give at least 5 regions, {instead}"),
        ));
    }
    if t < 26 {
        return Err(Refusal::new(
            "too_few_periods",
            format!("{t} periods are too few for a regional model"),
            format!("give at least 26 weeks, better two years, {instead}"),
        ));
    }
    // Carry-over, half saturation, return and spread of each channel; one of each control.
    let parameters = 4 * ask.channels.len() + ask.controls.len();
    if t < 2 * parameters {
        return Err(Refusal::new(
            "too_many_parameters",
            format!(
                "{parameters} shared parameters ({} channels) from {t} periods: the answer would be the prior",
                ask.channels.len()
            ),
            format!(
                "join channels until at most {} remain, or give more periods",
                t / 8
            ),
        ));
    }
    Ok(())
}

fn deviation(x: &[f64]) -> f64 {
    let centre = mean(x);
    let squares: f64 = x.iter().map(|v| (v - centre).powi(2)).sum();
    (squares / x.len() as f64).sqrt()
}

fn never_varies(name: &str) -> Refusal {
    Refusal::new(
        "never_varies",
        format!("column `{name}` is the same everywhere"),
        "leave it out",
    )
}
