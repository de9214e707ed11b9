//! A finished geo test, in one answer.

use serde::Serialize;

use super::check;
use super::inference::{Conformal, Placebo, conformal, placebo};
use super::panel::{Panel, enough_regions};
use super::ridge::augment;
use super::synthetic::{Problem, Synthetic};
use crate::mmm::check::Note;
use crate::refusal::{Answer, Refusal};

/// Effect by one method.
#[derive(Debug, Clone, Serialize)]
pub struct Effect {
    /// Mean change a period and treated region.
    pub att: f64,
    /// The same over what would have been.
    pub lift: f64,
    /// Change over all periods and treated regions.
    pub incremental: f64,
    /// Misfit before the test.
    pub l2: f64,
    /// Misfit before the test, over that of equal weights.
    pub scaled_l2: f64,
}

/// Everything a geo test says.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `geo`.
    pub kind: &'static str,
    /// How to read it.
    pub reading: &'static str,
    /// Treated regions.
    pub treated: Vec<String>,
    /// First period of the data, first and last of the test.
    pub periods: [String; 3],
    /// Periods before the test, and during.
    pub lengths: [usize; 2],
    /// Synthetic control.
    pub synthetic: Effect,
    /// Weights above zero, largest first.
    pub weights: Vec<(String, f64)>,
    /// Ridge-augmented synthetic control.
    pub augmented: Option<Effect>,
    /// Plain difference in differences, a period and region.
    pub difference_in_differences: f64,
    /// Is the test period unlike the others?
    pub conformal: Conformal,
    /// Would untreated markets have moved as much?
    pub placebo: Placebo,
    /// In words.
    pub verdict: String,
    /// What to keep in mind.
    pub notes: Vec<Note>,
    /// By period: date, treated, synthetic.
    pub series: Vec<(String, f64, f64)>,
}

/// Analyses a finished test that began after `pre` periods.
///
/// # Errors
///
/// When markets or periods are too few.
pub fn analyse(panel: &Panel, treated: &[String], pre: usize, seed: u64) -> Answer<Report> {
    let treated_at = panel.find(treated)?;
    if treated_at.is_empty() {
        return Err(Refusal::new(
            "no_treated",
            "no treated region is named",
            "name them with --treated",
        ));
    }
    enough_regions(panel.regions.len(), treated_at.len())?;
    let during = panel.dates.len().saturating_sub(pre);
    if during == 0 || pre < 20 || pre < during {
        return Err(Refusal::new(
            "too_few_periods",
            format!("{pre} periods before the test and {during} in it are too few"),
            "give at least 20 periods before, at least as many as the test has, and one in it",
        ));
    }
    let donors: Vec<usize> = (0..panel.regions.len())
        .filter(|r| !treated_at.contains(r))
        .collect();
    let mut notes = check::check(panel, &treated_at, &donors, pre)?;
    let problem = Problem::new(panel, pre);
    let fitted = problem.fit(&treated_at, &donors);
    let effect = |s: &Synthetic| Effect {
        att: s.att,
        lift: s.lift,
        incremental: s.att * during as f64 * treated_at.len() as f64,
        l2: s.l2,
        scaled_l2: s.scaled_l2,
    };
    let conformal = conformal(&panel.y, &treated_at, &fitted, pre, seed);
    let placebo = placebo(&problem, &treated_at, &fitted, seed);
    let mut weights: Vec<(String, f64)> = donors
        .iter()
        .zip(&fitted.weights)
        .filter(|(_, w)| **w > 1e-6)
        .map(|(d, w)| (panel.regions[*d].clone(), *w))
        .collect();
    weights.sort_by(|a, b| b.1.total_cmp(&a.1));
    if fitted.scaled_l2 > 0.5 {
        notes.push(Note::new(
            "poor_fit",
            "before the test the treated markets are fitted hardly better than by a plain mean",
        ));
    }
    if conformal.p_iid < 0.1 && placebo.p_abs_lift > 0.1 {
        notes.push(Note::new(
            "views_disagree",
            format!(
                "the test period is unusual (p {:.3}), yet {:.0} % of untreated market sets moved as much: a small p alone would mislead",
                conformal.p_iid,
                100.0 * placebo.p_abs_lift
            ),
        ));
    }
    let series = panel
        .dates
        .iter()
        .enumerate()
        .map(|(t, date)| {
            let actual =
                treated_at.iter().map(|r| panel.y[*r][t]).sum::<f64>() / treated_at.len() as f64;
            (date.to_string(), actual, actual - fitted.gap[t])
        })
        .collect();
    Ok(Report {
        kind: "geo",
        reading: "directional: read both tests; the placebo says how much markets move by themselves",
        treated: treated.to_vec(),
        periods: [0, pre, panel.dates.len() - 1].map(|i| panel.dates[i].to_string()),
        lengths: [pre, during],
        augmented: augment(&problem, &treated_at, &fitted).as_ref().map(effect),
        difference_in_differences: problem.difference_in_differences(&treated_at, &donors),
        verdict: verdict(&fitted, &placebo),
        synthetic: effect(&fitted),
        weights,
        conformal,
        placebo,
        notes,
        series,
    })
}

fn verdict(fitted: &Synthetic, placebo: &Placebo) -> String {
    let percent = 100.0 * fitted.lift;
    let [low, high] = placebo.interval.map(|v| 100.0 * v);
    if placebo.p_abs_lift <= 0.1 {
        format!(
            "a lift of {percent:.1} % [{low:.1} to {high:.1}], more than untreated markets show"
        )
    } else {
        format!(
            "a lift of {percent:.1} % [{low:.1} to {high:.1}] cannot be told from how markets move by themselves"
        )
    }
}
