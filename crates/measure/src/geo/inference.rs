//! How sure is a lift? Two views side by side: conformal (is the test period unlike the others?)
//! and placebo (would markets without treatment have moved as much?).

use serde::Serialize;

use super::synthetic::{Problem, Synthetic};
use crate::numeric::{quantile, sd, sorted};
use crate::rng::Rng;

/// Conformal test by permuting residuals of a fit over all periods (Chernozhukov and others 2021).
#[derive(Debug, Clone, Serialize)]
pub struct Conformal {
    /// Chance of a test period this unusual when nothing happened, days exchangeable.
    pub p_iid: f64,
    /// The same by cyclic shifts, which keep neighbours together.
    pub p_block: f64,
    /// 90 % interval of a constant effect; none when every constant effect is rejected.
    pub interval: Option<[f64; 2]>,
    /// In words.
    pub reading: &'static str,
}

/// What the same fit finds where nothing was done.
#[derive(Debug, Clone, Serialize)]
pub struct Placebo {
    /// How many sets of untreated regions were tried.
    pub sets: usize,
    /// Share of them with a lift at least as large.
    pub p_abs_lift: f64,
    /// Share with at least as large a ratio of gaps during and before.
    pub p_rmspe_ratio: f64,
    /// Spread of lift where there is none.
    pub sd_lift: f64,
    /// 90 % interval of the lift from the placebo lifts.
    pub interval: [f64; 2],
}

/// Absolute gaps of a fit over all periods, when the effect was `effect` a period.
fn gaps(y: &[Vec<f64>], treated: &[usize], donors: &[usize], pre: usize, effect: f64) -> Vec<f64> {
    let mut series: Vec<Vec<f64>> = donors.iter().map(|d| y[*d].clone()).collect();
    let share = 1.0 / treated.len() as f64;
    let n = y.first().map_or(0, Vec::len);
    let mean: Vec<f64> = (0..n)
        .map(|t| {
            let value: f64 = treated.iter().map(|r| share * y[*r][t]).sum();
            if t >= pre { value - effect } else { value }
        })
        .collect();
    series.push(mean);
    let last = donors.len();
    let all: Vec<usize> = (0..last).collect();
    // Everything counts as "before": the fit sees all periods.
    let problem = Problem::of(&series, n);
    problem
        .fit(&[last], &all)
        .gap
        .iter()
        .map(|g| g.abs())
        .collect()
}

fn p_iid(gaps: &[f64], pre: usize, permutations: usize, rng: &mut Rng) -> f64 {
    let during = gaps.len() - pre;
    let seen: f64 = gaps[pre..].iter().sum();
    let mut pool = gaps.to_vec();
    let mut at_least = 0;
    for _ in 0..permutations {
        let mut total = 0.0;
        for i in 0..during {
            let j = i + rng.below(pool.len() - i);
            pool.swap(i, j);
            total += pool[i];
        }
        at_least += usize::from(total >= seen * (1.0 - 1e-12));
    }
    (1 + at_least) as f64 / (1 + permutations) as f64
}

/// Share of cyclic shifts whose test period is at least as unusual.
#[must_use]
pub fn p_block(gaps: &[f64], pre: usize) -> f64 {
    let n = gaps.len();
    let during = n - pre;
    let total = |from: usize| -> f64 { (0..during).map(|i| gaps[(from + i) % n]).sum() };
    let seen = total(pre) * (1.0 - 1e-12);
    (0..n).filter(|from| total(*from) >= seen).count() as f64 / n as f64
}

/// The block test of no effect, for power simulations.
#[must_use]
pub fn block_test(y: &[Vec<f64>], treated: &[usize], donors: &[usize], pre: usize) -> f64 {
    p_block(&gaps(y, treated, donors, pre, 0.0), pre)
}

/// Tests no effect, and inverts the test where it can be inverted.
#[must_use]
pub fn conformal(
    y: &[Vec<f64>],
    treated: &[usize],
    fitted: &Synthetic,
    pre: usize,
    seed: u64,
) -> Conformal {
    let mut rng = Rng::new(seed, 77);
    let at = |effect: f64| gaps(y, treated, &fitted.donors, pre, effect);
    let none = at(0.0);
    let spread = sd(&fitted.gap[..pre]).max(fitted.att.abs()).max(1e-12);
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    let steps = 80;
    for i in 0..=steps {
        let effect = fitted.att + spread * 4.0 * (f64::from(i) / f64::from(steps) - 0.5);
        if p_iid(&at(effect), pre, 500, &mut rng) > 0.1 {
            low = low.min(effect);
            high = high.max(effect);
        }
    }
    let interval = (low <= high).then_some([low, high]);
    Conformal {
        p_iid: p_iid(&none, pre, 20_000, &mut rng),
        p_block: p_block(&none, pre),
        interval,
        reading: if interval.is_some() {
            "effects in the interval are not rejected at 10 %"
        } else {
            "no interval: every constant effect is rejected, so the effect was not constant or the fit does not hold; do not read the p-value as proof of this lift"
        },
    }
}

/// Treats every set of untreated regions (or 1000 random ones) as if it had been the test.
#[must_use]
pub fn placebo(problem: &Problem, treated: &[usize], fitted: &Synthetic, seed: u64) -> Placebo {
    const MOST: usize = 1000;
    let donors = &fitted.donors;
    let sets = subsets(donors, treated.len(), MOST, seed);
    let mut lifts = Vec::with_capacity(sets.len());
    let (mut as_large, mut as_unusual) = (0, 0);
    for set in &sets {
        let rest: Vec<usize> = donors
            .iter()
            .copied()
            .filter(|d| !set.contains(d))
            .collect();
        let other = problem.fit(set, &rest);
        as_large += usize::from(other.lift.abs() >= fitted.lift.abs());
        as_unusual += usize::from(other.rmspe_ratio >= fitted.rmspe_ratio);
        lifts.push(other.lift);
    }
    let n = sets.len() as f64;
    let ordered = sorted(&lifts);
    Placebo {
        sets: sets.len(),
        p_abs_lift: (1 + as_large) as f64 / (1.0 + n),
        p_rmspe_ratio: (1 + as_unusual) as f64 / (1.0 + n),
        sd_lift: sd(&lifts),
        interval: [
            fitted.lift - quantile(&ordered, 0.95),
            fitted.lift - quantile(&ordered, 0.05),
        ],
    }
}

/// All subsets of this size, or so many random ones.
#[must_use]
pub fn subsets(of: &[usize], size: usize, most: usize, seed: u64) -> Vec<Vec<usize>> {
    let n = of.len();
    let mut count = 1.0;
    for i in 0..size {
        count *= (n - i) as f64 / (i + 1) as f64;
    }
    if count <= most as f64 {
        let mut out = Vec::new();
        let mut at: Vec<usize> = (0..size).collect();
        loop {
            out.push(at.iter().map(|i| of[*i]).collect());
            let Some(i) = (0..size).rev().find(|i| at[*i] < n - size + *i) else {
                return out;
            };
            at[i] += 1;
            for j in i + 1..size {
                at[j] = at[j - 1] + 1;
            }
        }
    }
    let mut rng = Rng::new(seed, 78);
    (0..most)
        .map(|_| {
            let mut pool = of.to_vec();
            rng.shuffle(&mut pool);
            pool.truncate(size);
            pool
        })
        .collect()
}
