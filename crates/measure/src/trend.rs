//! Volume by region: is it growing, how surely, and what is to be expected next?
//!
//! Each region is a count with a level, a yearly change and the seasons, on the logarithm
//! (quasi-Poisson), with errors that allow for noise beyond Poisson and for weeks that resemble
//! their neighbours. Regions then lend each other strength: a small one with a
//! wild slope is drawn towards the others, the more the less it knows (empirical Bayes). What is
//! expected next carries both kinds of uncertainty, so that a budget split by it does too.

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Serialize;

use crate::dates::{self, Step};
use crate::geo::Panel;
use crate::linear::Square;
use crate::mmm::check::Note;
use crate::numeric::{Summary, mean};
use crate::refusal::{Answer, Refusal};
use crate::rng::Rng;

/// Half of a 90 % interval, in standard deviations.
const Z: f64 = 1.644_853_627;
/// Regions are believed to differ by two points a year at least, whatever few of them show.
const LEAST_SPREAD: f64 = 0.02;
/// Draws behind the shares.
const DRAWS: usize = 4_000;

/// How the volume of every region changes.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// `trend`.
    pub kind: &'static str,
    /// How to read it.
    pub reading: &'static str,
    /// Regions and periods.
    pub size: [usize; 2],
    /// First and last period.
    pub span: [String; 2],
    /// How many periods ahead are expected.
    pub ahead: usize,
    /// Relative change a year that the regions share: middle and 90 % interval.
    pub shared: [f64; 3],
    /// Every region, largest first.
    pub regions: Vec<Region>,
    /// What to keep in mind.
    pub notes: Vec<Note>,
}

/// One region.
#[derive(Debug, Clone, Serialize)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// Mean volume a period.
    pub mean: f64,
    /// Relative change a year: middle and 90 % interval.
    pub change: [f64; 3],
    /// The same from this region alone.
    pub alone: [f64; 3],
    /// Volume of all periods ahead together: middle and 90 % interval.
    pub expected: [f64; 3],
    /// Share of what is expected everywhere: middle and 90 % interval.
    pub share: [f64; 3],
    /// In words.
    pub verdict: &'static str,
}

/// A region's own fit. Year zero is the middle of the data, so that level and slope know little of
/// each other.
struct Own {
    /// Level, slope a year, then waves.
    at: Vec<f64>,
    level_variance: f64,
    slope_variance: f64,
    /// Variance of a sum over its mean, with what neighbouring periods share.
    dispersion: f64,
}

/// Fits every region and looks `ahead` periods on.
///
/// # Errors
///
/// When the panel is too short to tell a change from a season, or a volume is below zero.
pub fn trend(panel: &Panel, ahead: usize, seed: u64) -> Answer<Report> {
    let (g, t) = (panel.regions.len(), panel.dates.len());
    let step = dates::regular("date", &panel.dates)?;
    let per_year = step.per_year();
    let years = t as f64 / per_year;
    check(panel, step, years, ahead)?;
    // Below two years a second wave would take the trend's place.
    let pairs = if years >= 2.0 { 2 } else { 1 }.min(step.most_waves());
    let row = |i: usize| {
        let at = i as f64 / per_year;
        let mut row = vec![1.0, at - 0.5 * (t as f64 - 1.0) / per_year];
        for k in 1..=pairs {
            let angle = std::f64::consts::TAU * k as f64 * at;
            row.extend([angle.sin(), angle.cos()]);
        }
        row
    };
    let days = relative_days(step, &panel.dates, ahead);
    let [past, next] = [0..t, t..t + ahead].map(|range| Rows {
        rows: range.clone().map(row).collect(),
        days: days[range].to_vec(),
    });
    let mut own = Vec::with_capacity(g);
    for (name, y) in panel.regions.iter().zip(&panel.y) {
        own.push(fit(&past, y).ok_or_else(|| {
            Refusal::new(
                "no_trend",
                format!("the volume of `{name}` cannot be told from zero"),
                "leave this region out, or sum it with a neighbour",
            )
        })?);
    }
    let (shared, spread) = pool(&own);
    let mut rng = Rng::new(seed, 0);
    let mut regions = Vec::with_capacity(g);
    let mut sums: Vec<Vec<f64>> = Vec::with_capacity(g);
    for ((name, y), own) in panel.regions.iter().zip(&panel.y).zip(&own) {
        let (slope, variance) = drawn_towards(own, shared, spread, g);
        let totals = expected(own, slope, variance, &next, &mut rng);
        let summary = Summary::of(&totals);
        let change = around(slope, variance);
        regions.push(Region {
            name: name.clone(),
            mean: mean(y),
            change,
            alone: around(own.at[1], own.slope_variance),
            expected: [summary.q50, summary.q05, summary.q95],
            share: [0.0; 3],
            verdict: match change {
                [_, low, _] if low > 0.0 => "grows",
                [_, _, high] if high < 0.0 => "shrinks",
                _ => "no change can be told",
            },
        });
        sums.push(totals);
    }
    shares(&mut regions, &sums);
    regions.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    let mut notes = Vec::new();
    if step.is_uneven() {
        notes.push(Note::new(
            "uneven_periods",
            format!("{} differ in days; volume is compared a day", step.plural()),
        ));
    }
    if years < 2.0 {
        notes.push(Note::new(
            "one_year",
            "less than two years: a change and a season can still be taken for each other",
        ));
    }
    if ahead as f64 > 0.5 * t as f64 {
        notes.push(Note::new(
            "far_ahead",
            "this looks further ahead than half of what is known; trends seldom last so long",
        ));
    }
    Ok(Report {
        kind: "trend",
        reading: "directional: what was will not simply go on; plan with the interval, not with the middle",
        size: [g, t],
        span: [panel.dates[0].to_string(), panel.dates[t - 1].to_string()],
        ahead,
        shared: around(shared.0, shared.1),
        regions,
        notes,
    })
}

/// Periods as the model reads them.
struct Rows {
    /// Level, time, waves.
    rows: Vec<Vec<f64>>,
    /// The logarithm of each period's days over their mean.
    days: Vec<f64>,
}

/// The logarithm of the days of each period over their mean, `ahead` periods further than known.
fn relative_days(step: Step, dates: &[Date], ahead: usize) -> Vec<f64> {
    let mut all = dates.to_vec();
    // Month by month from the first: an end of February would pull those after it along.
    if let (Some(first), Some(last)) = (dates.first(), dates.last()) {
        let is_end = dates.iter().all(|d| *d == d.last_of_month());
        let mut at = if step.is_uneven() {
            last.first_of_month()
        } else {
            *last
        };
        for _ in 0..ahead {
            at = step.after(at);
            all.push(match (step.is_uneven(), is_end) {
                (true, true) => at.last_of_month(),
                (true, false) => at.saturating_add(i32::from(first.day() - 1).days()),
                _ => at,
            });
        }
    }
    let days = dates::lengths(step, &all);
    let usual = mean(&days[..dates.len()]);
    days.iter().map(|d| (d / usual).ln()).collect()
}

fn check(panel: &Panel, step: Step, years: f64, ahead: usize) -> Answer<()> {
    if years < 1.0 || panel.dates.len() < 12 {
        return Err(Refusal::new(
            "less_than_a_year",
            format!(
                "{} {} are too few to tell a change from a season",
                panel.dates.len(),
                step.plural()
            ),
            "give a year and 12 periods at least, better two years or more",
        ));
    }
    if ahead == 0 || ahead as f64 > 2.0 * step.per_year() {
        return Err(Refusal::new(
            "bad_horizon",
            "looking ahead is done for one period to two years",
            "ask for fewer periods ahead",
        ));
    }
    panel.check_outcome()?;
    for (name, y) in panel.regions.iter().zip(&panel.y) {
        if y.iter().any(|v| *v < 0.0) {
            return Err(Refusal::new(
                "negative_volume",
                format!("the volume of `{name}` is below zero somewhere"),
                "give counts: how many came",
            ));
        }
    }
    Ok(())
}

/// A relative change with its ends, from the logarithm.
fn around(slope: f64, variance: f64) -> [f64; 3] {
    let reach = Z * variance.sqrt();
    [slope, slope - reach, slope + reach].map(f64::exp_m1)
}

/// Quasi-Poisson on the logarithm by reweighted least squares; none where it does not settle.
fn fit(past: &Rows, y: &[f64]) -> Option<Own> {
    let Rows { rows, days } = past;
    let (n, p) = (rows.len(), rows.first()?.len());
    if y.iter().filter(|v| **v > 0.0).count() < p + 2 {
        return None;
    }
    let mut at = vec![0.0; p];
    at[0] = mean(y).ln();
    let mut mu = vec![0.0; n];
    for _ in 0..50 {
        let mut information = Square::zero(p);
        let mut score = vec![0.0; p];
        for ((row, days), (y, mu)) in rows.iter().zip(days).zip(y.iter().zip(&mut mu)) {
            *mu = (crate::numeric::dot(row, &at) + days)
                .clamp(-50.0, 50.0)
                .exp();
            for i in 0..p {
                score[i] += row[i] * (y - *mu);
                for j in 0..p {
                    information.add(i, j, *mu * row[i] * row[j]);
                }
            }
        }
        let factor = information.cholesky()?;
        factor.solve(&mut score);
        let size = score
            .iter()
            .fold(0.0_f64, |most, step| most.max(step.abs()));
        for (at, step) in at.iter_mut().zip(&score) {
            *at += step.clamp(-2.0, 2.0);
        }
        if size < 1e-9 {
            let moved = at.iter().all(|v| v.is_finite());
            return moved.then(|| with_errors(rows.len(), y, &mu, at, &factor.inverse()));
        }
    }
    None
}

/// The errors of a fit: noise beyond Poisson, and periods that resemble their neighbours. A
/// series that resembles itself tells less of a slow change than its length says.
fn with_errors(n: usize, y: &[f64], mu: &[f64], at: Vec<f64>, inverse: &Square) -> Own {
    let (n, p) = (n as f64, at.len() as f64);
    let pearson: Vec<f64> = y
        .iter()
        .zip(mu)
        .map(|(y, mu)| (y - mu) / mu.max(1e-12).sqrt())
        .collect();
    let squares = crate::numeric::dot(&pearson, &pearson);
    let beyond = (squares / (n - p)).max(1.0);
    // What was fitted takes memory out of the residuals: put back what is missing on average.
    let resembles = |lag: usize| {
        let both = crate::numeric::dot(&pearson[lag..], &pearson[..pearson.len() - lag]);
        let seen = both / squares.max(1e-12);
        seen + (p + 3.0 * seen.abs()) / n
    };
    let (next, second) = (resembles(1).clamp(0.0, 0.95), resembles(2));
    // Noise hides memory from the first neighbour, not how slowly it fades from the second.
    let fades = if next > 0.05 {
        (second / next).clamp(next, 0.9)
    } else {
        next
    };
    let dispersion = beyond * (1.0 + 2.0 * next / (1.0 - fades));
    Own {
        level_variance: dispersion * inverse.get(0, 0),
        slope_variance: dispersion * inverse.get(1, 1),
        dispersion,
        at,
    }
}

/// The mean slope with its variance, and how much regions differ (DerSimonian and Laird 1986).
fn pool(own: &[Own]) -> ((f64, f64), f64) {
    let weigh = |spread: f64| {
        let weights: Vec<f64> = own
            .iter()
            .map(|o| 1.0 / (o.slope_variance + spread))
            .collect();
        let total: f64 = weights.iter().sum();
        let centre = own
            .iter()
            .zip(&weights)
            .map(|(o, w)| w * o.at[1])
            .sum::<f64>()
            / total;
        (centre, total, weights)
    };
    let (centre, total, weights) = weigh(0.0);
    let q: f64 = own
        .iter()
        .zip(&weights)
        .map(|(o, w)| w * (o.at[1] - centre).powi(2))
        .sum();
    let squares: f64 = weights.iter().map(|w| w * w).sum();
    let room = total - squares / total;
    let excess = q - (own.len() as f64 - 1.0);
    let found = if room > 0.0 {
        (excess / room).max(0.0)
    } else {
        0.0
    };
    let spread = found.max(LEAST_SPREAD * LEAST_SPREAD);
    let (centre, total, _) = weigh(spread);
    ((centre, 1.0 / total), spread)
}

/// A region's slope, drawn towards the others by what it does not know itself.
///
/// How much regions differ is itself known from few of them: the last term (Morris 1983).
fn drawn_towards(own: &Own, shared: (f64, f64), spread: f64, regions: usize) -> (f64, f64) {
    let trust = spread / (spread + own.slope_variance);
    let slope = trust * own.at[1] + (1.0 - trust) * shared.0;
    let few = 2.0 / (regions as f64 - 3.0).max(1.0);
    let away = (own.at[1] - shared.0).powi(2);
    let rest = (1.0 - trust).powi(2);
    let variance = trust * own.slope_variance + rest * (shared.1 + few * away);
    (slope, variance.min(own.slope_variance.max(shared.1)))
}

/// Draws of the volume of all periods ahead.
fn expected(own: &Own, slope: f64, variance: f64, next: &Rows, rng: &mut Rng) -> Vec<f64> {
    let mut at = own.at.clone();
    (0..DRAWS)
        .map(|_| {
            at[0] = own.at[0] + own.level_variance.sqrt() * rng.normal();
            at[1] = slope + variance.sqrt() * rng.normal();
            let mean: f64 = next
                .rows
                .iter()
                .zip(&next.days)
                .map(|(row, days)| {
                    (crate::numeric::dot(row, &at) + days)
                        .clamp(-50.0, 50.0)
                        .exp()
                })
                .sum();
            let noise = (own.dispersion * mean).sqrt() * rng.normal();
            (mean + noise).max(0.0)
        })
        .collect()
}

/// Each region's share of what is expected everywhere, draw by draw.
fn shares(regions: &mut [Region], sums: &[Vec<f64>]) {
    let totals: Vec<f64> = (0..DRAWS)
        .map(|d| sums.iter().map(|s| s[d]).sum::<f64>().max(1e-12))
        .collect();
    for (region, sums) in regions.iter_mut().zip(sums) {
        let share: Vec<f64> = sums.iter().zip(&totals).map(|(s, all)| s / all).collect();
        let summary = Summary::of(&share);
        region.share = [summary.q50, summary.q05, summary.q95];
    }
}

#[cfg(test)]
mod tests;
