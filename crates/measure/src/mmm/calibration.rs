//! Is the sampler right about its own uncertainty? Simulation-based calibration (Talts and
//! others 2018): draw parameters from the prior, an outcome from the model, fit, and look where
//! the truth ranks among the draws. Ranks must be uniform and 90 % intervals hold the truth in
//! 90 % of data sets.

use super::design::Design;
use super::fit::{fit, prior_draws, simulate};
use crate::nuts::Settings;
use crate::rng::Rng;

/// Where truths ranked.
#[derive(Debug, Clone)]
pub struct Calibration {
    /// Names of the parameters.
    pub names: Vec<String>,
    /// Rank of the truth among thinned draws, from 0 to 1, by parameter and data set.
    pub ranks: Vec<Vec<f64>>,
    /// How often a 90 % interval held the truth, by parameter.
    pub coverage: Vec<f64>,
}

impl Calibration {
    /// Largest distance between the ranks of a parameter and a uniform law, times the root of
    /// their number: above 1.63 once in a hundred by chance.
    #[must_use]
    pub fn distance(&self, parameter: usize) -> f64 {
        let ranks = crate::numeric::sorted(&self.ranks[parameter]);
        let n = ranks.len() as f64;
        let far = ranks
            .iter()
            .enumerate()
            .map(|(i, r)| ((i + 1) as f64 / n - r).abs().max((r - i as f64 / n).abs()))
            .fold(0.0, f64::max);
        far * n.sqrt()
    }

    /// Coverage over all parameters.
    #[must_use]
    pub fn overall(&self) -> f64 {
        crate::numeric::mean(&self.coverage)
    }
}

/// Runs so many data sets; only the columns of the design count, its outcome is replaced.
#[must_use]
pub fn calibrate(design: &Design, data_sets: usize, settings: &Settings) -> Calibration {
    let names = design.names();
    let mut ranks = vec![Vec::new(); names.len()];
    let mut held = vec![0usize; names.len()];
    let truths = prior_draws(design, settings.seed);
    for (k, truth) in truths.iter().take(data_sets).enumerate() {
        let mut rng = Rng::new(settings.seed, (1 << 41) + k as u64);
        let mut own = design.clone();
        own.y = simulate(design, &truth.natural, &mut rng);
        own.target_scale = 1.0;
        let settings = Settings {
            seed: settings.seed.wrapping_add(k as u64),
            ..settings.clone()
        };
        let fitted = fit(own, &settings, None);
        for i in 0..names.len() {
            let thinned: Vec<f64> = fitted.draws().step_by(8).map(|d| d.natural[i]).collect();
            let below = thinned.iter().filter(|d| **d < truth.natural[i]).count();
            // Spread over the width of a rank, so that ties of the grid do not look like structure.
            ranks[i].push((below as f64 + rng.uniform()) / (thinned.len() + 1) as f64);
            let seen = fitted.parameter(i);
            held[i] += usize::from((seen.q05..=seen.q95).contains(&truth.natural[i]));
        }
    }
    let n = data_sets.min(truths.len()).max(1) as f64;
    Calibration {
        names,
        ranks,
        coverage: held.iter().map(|h| *h as f64 / n).collect(),
    }
}
