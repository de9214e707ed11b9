//! The media mix model by region: what did each channel bring, when every region has its own
//! level, its own response and all share the weeks?
//!
//! The model of Meridian: `y = week + region + controls + sum_m beta_gm hill(carry_over(x))` on
//! outcome a head, standardised; the prior sits on the return of each channel; effects differ
//! between regions log-normally.
//!
//! What is linear and Gaussian (weeks, regions, controls by region: 277 of 456 parameters of the
//! reference case) is integrated analytically, so that the sampler never sees it. Noise and the
//! spread of the controls are drawn between its walks, which keeps one matrix fixed along each.

mod data;
mod density;

use serde::Serialize;

use crate::diagnostics::{Checked, diagnose};
use crate::numeric::Summary;
use crate::nuts::{Progress, Settings, sample};

pub use data::{Ask, Regions};
use density::Model;

/// A fitted regional model.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `regions`.
    pub kind: &'static str,
    /// How to read it.
    pub reading: &'static str,
    /// Regions and weeks.
    pub size: [usize; 2],
    /// Return of each channel: outcome (in money, where its worth is given) per unit of spend.
    pub roi: crate::mmm::fit::report::Ordered<Roi>,
    /// Every shared parameter.
    pub parameters: crate::mmm::fit::report::Ordered<Parameter>,
    /// Smallest number of effective draws, over shared and regional parameters.
    pub min_ess_bulk: f64,
    /// Largest R-hat, likewise.
    pub max_rhat: f64,
    /// Kept draws whose energy went astray.
    pub divergences: usize,
    /// Gradient evaluations of kept draws.
    pub leapfrog_steps: usize,
    /// Parameters that were integrated analytically.
    pub integrated: usize,
    /// Parameters that were sampled.
    pub sampled: usize,
    /// What to keep in mind.
    pub notes: Vec<crate::mmm::check::Note>,
}

/// Return of one channel.
#[derive(Debug, Serialize)]
pub struct Roi {
    /// Posterior.
    #[serde(flatten)]
    pub posterior: Summary,
    /// The prior's 5 %, middle and 95 %.
    pub prior: [f64; 3],
    /// Total worth of what it brought.
    pub incremental: Summary,
    /// Its total spend.
    pub spend: f64,
}

/// One shared parameter.
#[derive(Debug, Serialize)]
pub struct Parameter {
    /// Posterior.
    #[serde(flatten)]
    pub posterior: Summary,
    /// Effective draws and R-hat.
    #[serde(flatten)]
    pub checked: Checked,
}

/// How it is sampled unless asked otherwise: a walk among hundreds of regional effects, whose
/// metric stays diagonal.
#[must_use]
pub fn settings() -> Settings {
    Settings {
        dense_up_to: 0,
        ..Settings::default()
    }
}

/// Fits the model.
#[must_use]
pub fn fit(data: &Regions, settings: &Settings, progress: Option<Progress<'_>>) -> Report {
    let chains = sample(
        settings,
        |rng| {
            let model = Model::new(data);
            let start = model.start(rng);
            (model, start)
        },
        progress,
    );
    let mut model = Model::new(data);
    let names = model.names();
    let dim = chains
        .iter()
        .find_map(|c| c.draws.first())
        .map_or(0, Vec::len);
    // Shared parameters as they are read, chain by chain.
    let shared: Vec<Vec<Vec<f64>>> = chains
        .iter()
        .map(|c| {
            c.draws
                .iter()
                .zip(&c.held)
                .map(|(q, held)| model.natural(q, held))
                .collect()
        })
        .collect();
    let column = |i: usize| -> Vec<Vec<f64>> {
        shared
            .iter()
            .map(|c| c.iter().map(|d| d[i]).collect())
            .collect()
    };
    let mut parameters = Vec::new();
    let mut worst = (f64::INFINITY, 0.0_f64);
    let mut note = |checked: &Checked| {
        worst.0 = worst.0.min(checked.ess_bulk);
        worst.1 = if checked.r_hat.is_nan() {
            f64::INFINITY
        } else {
            worst.1.max(checked.r_hat)
        };
    };
    for (i, name) in names.iter().enumerate() {
        let per = column(i);
        let checked = diagnose(&per);
        note(&checked);
        let posterior = Summary::of(&per.concat());
        parameters.push((name.clone(), Parameter { posterior, checked }));
    }
    for i in 0..dim {
        let per: Vec<Vec<f64>> = chains
            .iter()
            .map(|c| c.draws.iter().map(|q| q[i]).collect())
            .collect();
        note(&diagnose(&per));
    }
    let z = 1.644_853_627;
    let prior = [-z, 0.0, z].map(|z| (density::ROI.0 + z * density::ROI.1).exp());
    let roi = data
        .channels
        .iter()
        .enumerate()
        .map(|(m, name)| {
            let at = names
                .iter()
                .position(|n| *n == format!("roi_m[{name}]"))
                .unwrap_or(0);
            let draws = column(at).concat();
            let worth: Vec<f64> = draws.iter().map(|r| r * data.spend[m]).collect();
            let roi = Roi {
                posterior: Summary::of(&draws),
                prior,
                incremental: Summary::of(&worth),
                spend: data.spend[m],
            };
            (name.clone(), roi)
        })
        .collect();
    Report {
        kind: "regions",
        reading: "directional: read intervals beside their prior; a model of past data is no experiment",
        size: [data.regions.len(), data.weeks],
        roi: crate::mmm::fit::report::Ordered(roi),
        parameters: crate::mmm::fit::report::Ordered(parameters),
        min_ess_bulk: worst.0,
        max_rhat: worst.1,
        divergences: chains.iter().map(|c| c.divergences).sum(),
        leapfrog_steps: chains.iter().map(|c| c.steps).sum(),
        integrated: model.integrated(),
        sampled: dim + 1 + data.controls.len(),
        notes: data.notes.clone(),
    }
}

#[cfg(test)]
mod tests;
