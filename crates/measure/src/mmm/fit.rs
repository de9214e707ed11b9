//! From a design to an answer: sampling, summaries, contributions, prior beside posterior.

pub mod report;

use super::density::Model;
use super::design::Design;
use crate::diagnostics::{Checked, diagnose};
use crate::numeric::Summary;
use crate::nuts::{self, Progress, Settings, sample};
use crate::rng::Rng;

/// One draw of the posterior.
#[derive(Debug, Clone)]
pub struct Draw {
    /// Parameters in the order of [`Design::names`], on the scale of the model.
    pub natural: Vec<f64>,
    /// Total contribution of each channel, in units of the outcome.
    pub totals: Vec<f64>,
}

/// A fitted model.
#[derive(Debug)]
pub struct Fit {
    /// What it was fitted to.
    pub design: Design,
    /// Names of the parameters.
    pub names: Vec<String>,
    /// Draws, chain by chain.
    pub chains: Vec<Vec<Draw>>,
    /// Diagnostics of each parameter.
    pub checked: Vec<Checked>,
    /// Draws of the prior, as many as asked.
    pub prior: Vec<Draw>,
    /// What the sampler reports.
    pub sampler: Sampler,
    /// Contributions by channel and period.
    pub over_time: Vec<Vec<Summary>>,
}

/// What the sampler reports.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sampler {
    /// Kept draws whose energy went astray.
    pub divergences: usize,
    /// Kept draws that ran into the depth limit.
    pub deep: usize,
    /// Gradient evaluations of the kept draws.
    pub steps: usize,
    /// Whether it was stopped early.
    pub stopped: bool,
}

/// Draws of the prior that stand beside the posterior.
const PRIOR_DRAWS: usize = 1000;
/// Draws behind the bands over time.
const BAND_DRAWS: usize = 400;

/// Samples the posterior.
///
/// The same settings and seed give the same answer on any number of threads.
#[must_use]
pub fn fit(design: Design, settings: &Settings, progress: Option<Progress<'_>>) -> Fit {
    let chains = sample(
        settings,
        |rng| {
            let model = Model::new(&design);
            let start = model.start(rng);
            (model, start)
        },
        progress,
    );
    after(design, settings, &chains)
}

fn after(design: Design, settings: &Settings, walked: &[nuts::Chain]) -> Fit {
    let names = design.names();
    let mut model = Model::new(&design);
    let channels = design.padded.len();
    let mut expand = |q: &[f64]| {
        let natural = model.natural(q);
        let totals = (0..channels)
            .map(|c| model.total(c) * design.target_scale)
            .collect();
        Draw { natural, totals }
    };
    let chains: Vec<Vec<Draw>> = walked
        .iter()
        .map(|chain| chain.draws.iter().map(|q| expand(q)).collect())
        .collect();
    let checked = (0..names.len())
        .map(|i| {
            let per: Vec<Vec<f64>> = chains
                .iter()
                .map(|chain| chain.iter().map(|d| d.natural[i]).collect())
                .collect();
            diagnose(&per)
        })
        .collect();
    let over_time = bands(&design, walked);
    let prior = prior_draws(&design, settings.seed);
    let sampler = Sampler {
        divergences: walked.iter().map(|c| c.divergences).sum(),
        deep: walked.iter().map(|c| c.deep).sum(),
        steps: walked.iter().map(|c| c.steps).sum(),
        stopped: walked.iter().any(|c| c.draws.len() < settings.draws),
    };
    Fit {
        names,
        chains,
        checked,
        prior,
        sampler,
        over_time,
        design,
    }
}

fn bands(design: &Design, walked: &[nuts::Chain]) -> Vec<Vec<Summary>> {
    let all: Vec<&Vec<f64>> = walked.iter().flat_map(|c| &c.draws).collect();
    let every = (all.len() / BAND_DRAWS).max(1);
    let channels = design.padded.len();
    let mut seen = vec![vec![Vec::with_capacity(BAND_DRAWS + 1); design.len()]; channels];
    let mut model = Model::new(design);
    for q in all.into_iter().step_by(every) {
        model.natural(q);
        for (c, weeks) in seen.iter_mut().enumerate() {
            for (week, value) in weeks.iter_mut().zip(model.contribution(c)) {
                week.push(value * design.target_scale);
            }
        }
    }
    seen.iter()
        .map(|weeks| weeks.iter().map(|w| Summary::of(w)).collect())
        .collect()
}

/// Draws from the prior, with the totals they would mean on this spend.
#[must_use]
pub fn prior_draws(design: &Design, seed: u64) -> Vec<Draw> {
    let mut rng = Rng::new(seed, 1 << 40);
    let shapes = design.shape_priors();
    let channels = design.padded.len();
    let lags = design.spec.adstock.periods;
    let n = design.len();
    let n_adstock = design.spec.adstock.parameters().len();
    let mut weights = vec![0.0; lags];
    let mut slopes = [vec![0.0; lags], vec![0.0; lags]];
    let mut carried = vec![0.0; n];
    (0..PRIOR_DRAWS)
        .map(|_| {
            let mut natural = vec![2.0 * rng.normal()];
            for (_, prior) in &shapes {
                natural.extend((0..channels).map(|_| prior.draw(&mut rng)));
            }
            let mut totals = Vec::with_capacity(channels);
            for c in 0..channels {
                let of = |i: usize| natural[1 + i * channels + c];
                let adstock: Vec<f64> = (0..2)
                    .map(|i| if i < n_adstock { of(i) } else { 0.0 })
                    .collect();
                let shape: Vec<f64> = (n_adstock..shapes.len() - 1).map(of).collect();
                let height_at = 1 + (shapes.len() - 1) * channels + c;
                design
                    .spec
                    .adstock
                    .weights(&adstock, &mut weights, &mut slopes);
                super::adstock::carry(&design.padded[c], &weights, &mut carried);
                let curve: f64 = carried
                    .iter()
                    .map(|a| design.spec.saturation.at(*a, &shape))
                    .sum();
                if let Some((centre, spread)) = design.beliefs[c] {
                    // The belief is on the total: the height follows.
                    natural[height_at] = (centre + spread * rng.normal()).exp() / curve;
                }
                totals.push(natural[height_at] * curve * design.target_scale);
            }
            natural.extend(
                design
                    .columns
                    .iter()
                    .map(|column| column.prior.draw(&mut rng)),
            );
            natural.push((2.0 * rng.normal()).abs());
            Draw { natural, totals }
        })
        .collect()
}

/// An outcome the model could have produced with these parameters: for calibration.
pub fn simulate(design: &Design, natural: &[f64], rng: &mut Rng) -> Vec<f64> {
    let channels = design.padded.len();
    let shapes = design.shape_priors().len();
    let n_adstock = design.spec.adstock.parameters().len();
    let lags = design.spec.adstock.periods;
    let n = design.len();
    let mut mean = vec![natural[0]; n];
    let mut weights = vec![0.0; lags];
    let mut slopes = [vec![0.0; lags], vec![0.0; lags]];
    let mut carried = vec![0.0; n];
    for c in 0..channels {
        let own: Vec<f64> = (0..shapes).map(|i| natural[1 + i * channels + c]).collect();
        let mut adstock = own[..n_adstock].to_vec();
        adstock.resize(2, 0.0);
        design
            .spec
            .adstock
            .weights(&adstock, &mut weights, &mut slopes);
        super::adstock::carry(&design.padded[c], &weights, &mut carried);
        for (m, a) in mean.iter_mut().zip(&carried) {
            *m += own[shapes - 1] * design.spec.saturation.at(*a, &own[n_adstock..shapes - 1]);
        }
    }
    let from = 1 + shapes * channels;
    for (column, g) in design.columns.iter().zip(&natural[from..]) {
        for (m, v) in mean.iter_mut().zip(&column.values) {
            *m += g * (v * column.scale + column.centre);
        }
    }
    let sigma = natural[natural.len() - 1];
    mean.iter().map(|m| m + sigma * rng.normal()).collect()
}

impl Fit {
    /// All draws, chain after chain.
    pub fn draws(&self) -> impl Iterator<Item = &Draw> {
        self.chains.iter().flatten()
    }

    /// Summary of one parameter.
    #[must_use]
    pub fn parameter(&self, i: usize) -> Summary {
        Summary::of(&self.draws().map(|d| d.natural[i]).collect::<Vec<_>>())
    }

    /// Summary of a channel's total contribution.
    #[must_use]
    pub fn total(&self, c: usize) -> Summary {
        Summary::of(&self.draws().map(|d| d.totals[c]).collect::<Vec<_>>())
    }

    /// Largest R-hat over all parameters.
    #[must_use]
    pub fn max_r_hat(&self) -> f64 {
        self.checked.iter().fold(0.0, |m, c| {
            if c.r_hat > m || c.r_hat.is_nan() {
                c.r_hat
            } else {
                m
            }
        })
    }

    /// Fewest effective draws over all parameters.
    #[must_use]
    pub fn min_ess(&self) -> f64 {
        self.checked
            .iter()
            .fold(f64::INFINITY, |m, c| m.min(c.ess_bulk))
    }

    /// Parameters of one channel's curve in a draw: carry-over, shape, height (in units of the
    /// outcome).
    pub fn curve_of<'d>(&self, draw: &'d Draw, c: usize) -> impl Iterator<Item = f64> + 'd {
        let channels = self.design.padded.len();
        let shapes = self.design.shape_priors().len();
        (0..shapes).map(move |i| draw.natural[1 + i * channels + c])
    }
}

#[cfg(test)]
mod tests;
