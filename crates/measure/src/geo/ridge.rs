//! Ridge augmentation of a synthetic control (Ben-Michael, Feller and Rothstein 2021): corrects
//! what the weights could not fit, and may go below zero to do so.

use super::synthetic::{Problem, Synthetic};
use crate::linear::Square;
use crate::numeric::{dot, mean, sd};

/// Augments a fit; the strength is chosen by leaving single periods out, the strongest within one
/// standard error of the best.
#[must_use]
pub fn augment(problem: &Problem, treated: &[usize], plain: &Synthetic) -> Option<Synthetic> {
    let donors = &plain.donors;
    let pre = problem.pre;
    // Donors freed of their common mean in each period, as the ridge has an intercept.
    let x: Vec<Vec<f64>> = (0..pre)
        .map(|t| {
            let row: Vec<f64> = donors.iter().map(|d| problem.centred[*d][t]).collect();
            let centre = mean(&row);
            row.iter().map(|v| v - centre).collect()
        })
        .collect();
    let n = donors.len();
    let mut gram = Square::zero(n);
    for row in &x {
        for i in 0..n {
            for j in 0..n {
                gram.at[i * n + j] += row[i] * row[j];
            }
        }
    }
    let largest = largest_eigenvalue(&gram);
    let share = 1.0 / treated.len() as f64;
    let target: Vec<f64> = (0..pre)
        .map(|t| treated.iter().map(|r| share * problem.centred[*r][t]).sum())
        .collect();
    let step = 1e-8_f64.powf(1.0 / 20.0);
    let strengths: Vec<f64> = (0..=20).map(|k| largest * step.powi(k)).collect();

    let mut errors = vec![Vec::with_capacity(pre); strengths.len()];
    for out in 0..pre {
        let rows: Vec<usize> = (0..pre).filter(|t| *t != out).collect();
        let weights = simplex_without(problem, treated, donors, out);
        let gap = |t: usize| {
            let fitted: f64 = donors
                .iter()
                .zip(&weights)
                .map(|(d, w)| w * problem.centred[*d][t])
                .sum();
            target[t] - fitted
        };
        let mut held = gram.clone();
        for i in 0..n {
            for j in 0..n {
                held.at[i * n + j] -= x[out][i] * x[out][j];
            }
        }
        let mut pull = vec![0.0; n];
        for t in &rows {
            crate::numeric::axpy(gap(*t), &x[*t], &mut pull);
        }
        for (k, strength) in strengths.iter().enumerate() {
            let change = shrunk(&held, &pull, *strength)?;
            errors[k].push((gap(out) - dot(&x[out], &change)).powi(2));
        }
    }
    let means: Vec<f64> = errors.iter().map(|e| mean(e)).collect();
    let best = (0..means.len()).min_by(|a, b| means[*a].total_cmp(&means[*b]))?;
    let error = sd(&errors[best]) / (pre as f64).sqrt();
    let chosen = (0..means.len()).find(|k| means[*k] <= means[best] + error)?;
    let mut pull = vec![0.0; n];
    for (row, gap) in x.iter().zip(&plain.gap) {
        crate::numeric::axpy(*gap, row, &mut pull);
    }
    let change = shrunk(&gram, &pull, strengths[chosen])?;
    let weights = plain
        .weights
        .iter()
        .zip(&change)
        .map(|(w, c)| w + c)
        .collect();
    Some(problem.with(treated, donors, weights))
}

fn shrunk(gram: &Square, pull: &[f64], strength: f64) -> Option<Vec<f64>> {
    let mut system = gram.clone();
    for i in 0..system.n {
        system.add(i, i, strength);
    }
    let mut out = pull.to_vec();
    system.cholesky()?.solve(&mut out);
    Some(out)
}

fn simplex_without(problem: &Problem, treated: &[usize], donors: &[usize], out: usize) -> Vec<f64> {
    let n = donors.len();
    let share = 1.0 / treated.len() as f64;
    let without =
        |a: &[f64], b: &[f64]| dot(&a[..problem.pre], &b[..problem.pre]) - a[out] * b[out];
    let mut gram = Square::zero(n);
    for i in 0..n {
        for j in 0..=i {
            let value = without(&problem.centred[donors[i]], &problem.centred[donors[j]]);
            gram.at[i * n + j] = value;
            gram.at[j * n + i] = value;
        }
    }
    let target: Vec<f64> = donors
        .iter()
        .map(|d| {
            treated
                .iter()
                .map(|t| share * without(&problem.centred[*d], &problem.centred[*t]))
                .sum()
        })
        .collect();
    super::synthetic::simplex(&gram, &target)
}

fn largest_eigenvalue(gram: &Square) -> f64 {
    let n = gram.n;
    let mut v = vec![1.0; n];
    v[0] = 1.5;
    let mut size = 0.0;
    for _ in 0..200 {
        let next: Vec<f64> = (0..n)
            .map(|i| dot(&gram.at[i * n..(i + 1) * n], &v))
            .collect();
        size = dot(&next, &next).sqrt();
        v = next.iter().map(|x| x / size.max(1e-300)).collect();
    }
    size
}
