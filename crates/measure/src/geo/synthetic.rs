//! Synthetic control: `min ||(y - mean y) - (X - mean X) w||` over weights that are not negative
//! and sum to one, every series freed of its own mean before the test.

use super::panel::Panel;
use crate::linear::{Square, solve_general};
use crate::numeric::{dot, mean};

/// All products between demeaned regions, so that one fit costs no pass over the series.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Number of periods before the test.
    pub pre: usize,
    /// Every region freed of its mean before the test, over all periods.
    pub centred: Vec<Vec<f64>>,
    /// Mean of each region before the test.
    pub level: Vec<f64>,
    products: Square,
}

/// A fitted synthetic control.
#[derive(Debug, Clone)]
pub struct Synthetic {
    /// Regions it is made of.
    pub donors: Vec<usize>,
    /// Their weights.
    pub weights: Vec<f64>,
    /// Treated minus synthetic, over all periods.
    pub gap: Vec<f64>,
    /// Root of the summed squared gap before the test.
    pub l2: f64,
    /// The same, over that of equal weights.
    pub scaled_l2: f64,
    /// Mean gap during the test.
    pub att: f64,
    /// That over what would have been.
    pub lift: f64,
    /// Root mean square gap during the test over that before.
    pub rmspe_ratio: f64,
}

impl Problem {
    /// Prepares a panel whose test begins after so many periods.
    #[must_use]
    pub fn new(panel: &Panel, pre: usize) -> Self {
        Self::of(&panel.y, pre)
    }

    /// The same from bare series.
    #[must_use]
    pub fn of(y: &[Vec<f64>], pre: usize) -> Self {
        let level: Vec<f64> = y.iter().map(|y| mean(&y[..pre])).collect();
        let centred: Vec<Vec<f64>> = y
            .iter()
            .zip(&level)
            .map(|(y, m)| y.iter().map(|v| v - m).collect())
            .collect();
        let n = y.len();
        let mut products = Square::zero(n);
        for i in 0..n {
            for j in 0..=i {
                let value = dot(&centred[i][..pre], &centred[j][..pre]);
                products.at[i * n + j] = value;
                products.at[j * n + i] = value;
            }
        }
        Self {
            pre,
            centred,
            level,
            products,
        }
    }

    /// Number of regions.
    #[must_use]
    pub fn regions(&self) -> usize {
        self.level.len()
    }

    /// Fits the mean of the treated by the donors.
    #[must_use]
    pub fn fit(&self, treated: &[usize], donors: &[usize]) -> Synthetic {
        let n = donors.len();
        let share = 1.0 / treated.len() as f64;
        let mut gram = Square::zero(n);
        for (i, a) in donors.iter().enumerate() {
            for (j, b) in donors.iter().enumerate() {
                gram.at[i * n + j] = self.products.get(*a, *b);
            }
        }
        let target: Vec<f64> = donors
            .iter()
            .map(|d| {
                treated
                    .iter()
                    .map(|t| share * self.products.get(*d, *t))
                    .sum()
            })
            .collect();
        let weights = simplex(&gram, &target);
        self.with(treated, donors, weights)
    }

    /// What given weights say.
    #[must_use]
    pub fn with(&self, treated: &[usize], donors: &[usize], weights: Vec<f64>) -> Synthetic {
        let gap_of = |weights: &[f64]| -> Vec<f64> {
            let share = 1.0 / treated.len() as f64;
            let mut gap = vec![0.0; self.centred.first().map_or(0, Vec::len)];
            for t in treated {
                crate::numeric::axpy(share, &self.centred[*t], &mut gap);
            }
            for (d, w) in donors.iter().zip(weights) {
                if *w != 0.0 {
                    crate::numeric::axpy(-w, &self.centred[*d], &mut gap);
                }
            }
            gap
        };
        let gap = gap_of(&weights);
        let (before, during) = gap.split_at(self.pre);
        let l2 = dot(before, before).sqrt();
        let equal = gap_of(&vec![1.0 / donors.len() as f64; donors.len()]);
        let equal_l2 = dot(&equal[..self.pre], &equal[..self.pre]).sqrt();
        let att = mean(during);
        let share = 1.0 / treated.len() as f64;
        let actual: f64 = treated
            .iter()
            .map(|t| share * (self.level[*t] + mean(&self.centred[*t][self.pre..])))
            .sum();
        let rms = |x: &[f64]| (dot(x, x) / x.len().max(1) as f64).sqrt();
        Synthetic {
            donors: donors.to_vec(),
            l2,
            scaled_l2: l2 / equal_l2,
            att,
            lift: att / (actual - att),
            rmspe_ratio: rms(during) / rms(before),
            gap,
            weights,
        }
    }

    /// Mean gap that a plain difference in differences gives.
    #[must_use]
    pub fn difference_in_differences(&self, treated: &[usize], donors: &[usize]) -> f64 {
        let equal = vec![1.0 / donors.len() as f64; donors.len()];
        self.with(treated, donors, equal).att
    }
}

/// Minimises `w'Gw/2 - c'w` over the simplex, exactly, by an active set.
#[must_use]
pub fn simplex(gram: &Square, target: &[f64]) -> Vec<f64> {
    let n = target.len();
    let mut weights = vec![0.0; n];
    let alone = |j: usize| 0.5 * gram.get(j, j) - target[j];
    let Some(first) = (0..n).min_by(|a, b| alone(*a).total_cmp(&alone(*b))) else {
        return weights;
    };
    weights[first] = 1.0;
    let mut active = vec![first];
    let size = (0..n)
        .map(|i| gram.get(i, i))
        .fold(0.0, f64::max)
        .max(1e-300);
    for _ in 0..50 * (n + 1) {
        let Some(wanted) = equality(gram, target, &active, size) else {
            return weights;
        };
        // Go there, or as far as all weights stay above zero.
        let mut reach = 1.0;
        let mut blocking = None;
        for (i, j) in active.iter().enumerate() {
            if wanted[i] < 0.0 {
                let step = weights[*j] / (weights[*j] - wanted[i]);
                if step < reach {
                    reach = step;
                    blocking = Some(i);
                }
            }
        }
        for (i, j) in active.iter().enumerate() {
            weights[*j] += reach * (wanted[i] - weights[*j]);
        }
        if let Some(i) = blocking {
            weights[active[i]] = 0.0;
            active.remove(i);
            continue;
        }
        let slope: Vec<f64> = (0..n)
            .map(|j| {
                active
                    .iter()
                    .map(|k| gram.get(j, *k) * weights[*k])
                    .sum::<f64>()
                    - target[j]
            })
            .collect();
        let level = active.iter().map(|j| slope[*j]).sum::<f64>() / active.len() as f64;
        let entering = (0..n)
            .filter(|j| !active.contains(j))
            .min_by(|a, b| slope[*a].total_cmp(&slope[*b]));
        match entering {
            Some(j) if slope[j] < level - 1e-10 * size => active.push(j),
            _ => return weights,
        }
    }
    weights
}

/// The minimum over the active weights with their sum one, whatever their sign.
fn equality(gram: &Square, target: &[f64], active: &[usize], size: f64) -> Option<Vec<f64>> {
    let k = active.len();
    let mut system = Square::zero(k + 1);
    let mut right = vec![1.0; k + 1];
    for (i, a) in active.iter().enumerate() {
        for (j, b) in active.iter().enumerate() {
            system.at[i * (k + 1) + j] = gram.get(*a, *b);
        }
        // Copies among donors would make it singular.
        system.at[i * (k + 1) + i] += 1e-12 * size;
        system.at[i * (k + 1) + k] = size;
        system.at[k * (k + 1) + i] = 1.0;
        right[i] = target[*a];
    }
    let mut solved = solve_general(system, right)?;
    solved.pop();
    Some(solved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn objective(gram: &Square, target: &[f64], w: &[f64]) -> f64 {
        let n = w.len();
        let quadratic: f64 = (0..n)
            .map(|i| (0..n).map(|j| w[i] * gram.get(i, j) * w[j]).sum::<f64>())
            .sum();
        0.5 * quadratic - dot(target, w)
    }

    #[test]
    fn no_step_within_the_simplex_is_better() {
        for seed in 0..30 {
            let mut rng = Rng::new(seed, 0);
            let (n, t) = (3 + rng.below(15), 40);
            let y: Vec<Vec<f64>> = (0..=n)
                .map(|_| (0..t).map(|_| rng.normal()).collect())
                .collect();
            let mut gram = Square::zero(n);
            for i in 0..n {
                for j in 0..n {
                    gram.at[i * n + j] = dot(&y[i], &y[j]);
                }
            }
            let target: Vec<f64> = (0..n).map(|i| dot(&y[i], &y[n])).collect();
            let w = simplex(&gram, &target);
            assert!((w.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            assert!(w.iter().all(|w| *w >= 0.0));
            let best = objective(&gram, &target, &w);
            for i in 0..n {
                for j in 0..n {
                    let step = w[i].min(1e-3);
                    let mut other = w.clone();
                    other[i] -= step;
                    other[j] += step;
                    assert!(objective(&gram, &target, &other) >= best - 1e-9);
                }
            }
        }
    }

    #[test]
    fn copies_among_donors_do_no_harm() {
        let y: Vec<f64> = (0..30).map(|t| f64::from(t % 7)).collect();
        let other: Vec<f64> = (0..30).map(|t| f64::from(t % 5)).collect();
        let problem = Problem::of(&[y.clone(), y.clone(), y, other], 20);
        let fitted = problem.fit(&[0], &[1, 2, 3]);
        assert!(fitted.l2 < 1e-3, "{}", fitted.l2);
        assert!(fitted.att.abs() < 1e-3);
    }
}
