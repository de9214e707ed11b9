#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::super::design::Design;
use super::super::{Adstock, Belief, LiftTest, Saturation, Spec, Trend};
use super::*;
use crate::nuts::Density;
use crate::table::Table;

fn table() -> Table {
    let mut rng = Rng::new(3, 3);
    let mut text = "date,y,a,b,z\n".to_owned();
    let start: jiff::civil::Date = "2022-01-03".parse().unwrap();
    for t in 0..110 {
        let date = start.saturating_add(jiff::Span::new().days(7 * t));
        let (a, b) = (
            rng.uniform() * 40.0,
            if t % 3 == 0 { 0.0 } else { rng.uniform() * 7.0 },
        );
        let z = 100.0 + 3.0 * rng.normal();
        let y = 500.0 + 8.0 * a + 3.0 * b + z + 20.0 * rng.normal();
        text.push_str(&format!("{date},{y},{a},{b},{z}\n"));
    }
    Table::read(text.as_bytes()).unwrap()
}

fn design(adstock: &str, saturation: &str, full: bool) -> Design {
    let mut spec = Spec::new("y", &["a", "b"], &["z"]);
    spec.adstock = adstock.parse::<Adstock>().unwrap();
    spec.saturation = saturation.parse::<Saturation>().unwrap();
    if full {
        spec.trend = Trend::Bends(2);
        spec.holidays = true;
        spec.beliefs = vec![(
            "b".to_owned(),
            Belief::Cost {
                median: 0.2,
                spread: 0.7,
            },
        )];
        spec.lift_tests = vec![LiftTest {
            channel: "a".to_owned(),
            x: 10.0,
            delta_x: 5.0,
            delta_y: 30.0,
            sigma: 8.0,
        }];
    }
    Design::new(&table(), "date", &spec).unwrap()
}

#[test]
fn the_gradient_is_that_of_the_density() {
    for adstock in [
        "geometric:8",
        "delayed:6",
        "weibull_pdf:7",
        "weibull_cdf:5",
        "binomial:8",
    ] {
        for saturation in ["logistic", "hill", "michaelis_menten"] {
            for full in [false, true] {
                let design = design(adstock, saturation, full);
                let mut model = Model::new(&design);
                let mut rng = Rng::new(9, 0);
                let q = model.start(&mut rng);
                let mut gradient = vec![0.0; model.dim()];
                let mut unused = gradient.clone();
                let at = model.logp(&q, &mut gradient);
                assert!(at.is_finite());
                for i in 0..q.len() {
                    let h = 1e-5;
                    let (mut up, mut down) = (q.clone(), q.clone());
                    up[i] += h;
                    down[i] -= h;
                    let slope =
                        (model.logp(&up, &mut unused) - model.logp(&down, &mut unused)) / (2.0 * h);
                    let error = (slope - gradient[i]).abs() / (1.0 + gradient[i].abs());
                    assert!(
                        error < 2e-5,
                        "{adstock} {saturation} {full}: parameter {i}, {slope} and {}",
                        gradient[i]
                    );
                }
            }
        }
    }
}

/// The model as it is written down: raw columns, intercept, heights, no change of variable.
fn plain(design: &Design, natural: &[f64]) -> f64 {
    let (c, n) = (design.padded.len(), design.len());
    let lags = design.spec.adstock.periods;
    let (alpha, lam, beta) = (
        &natural[1..=c],
        &natural[1 + c..=2 * c],
        &natural[1 + 2 * c..=3 * c],
    );
    let gamma = &natural[1 + 3 * c..natural.len() - 1];
    let sigma = natural[natural.len() - 1];
    let mut out = INTERCEPT.ln_density(natural[0]).0 + NOISE.ln_density(sigma).0;
    for i in 0..c {
        out += Prior::Beta(1.0, 3.0).ln_density(alpha[i]).0;
        out += Prior::Gamma(3.0, 1.0).ln_density(lam[i]).0;
        out += Prior::HalfNormal(2.0).ln_density(beta[i]).0;
    }
    for (column, g) in design.columns.iter().zip(gamma) {
        out += column.prior.ln_density(*g).0;
    }
    for t in 0..n {
        let mut mean = natural[0];
        for i in 0..c {
            let weights: Vec<f64> = (0..lags).map(|k| alpha[i].powi(k as i32)).collect();
            let total: f64 = weights.iter().sum();
            let carried: f64 = (0..lags)
                .map(|k| weights[k] / total * design.padded[i][t + lags - 1 - k])
                .sum();
            mean += beta[i] * (0.5 * lam[i] * carried).tanh();
        }
        for (column, g) in design.columns.iter().zip(gamma) {
            mean += g * (column.values[t] * column.scale + column.centre);
        }
        out += -sigma.ln() - 0.5 * ((design.y[t] - mean) / sigma).powi(2);
    }
    out
}

#[test]
fn the_changes_of_variable_leave_the_posterior_alone() {
    let design = design("geometric:8", "logistic", false);
    let mut model = Model::new(&design);
    let mut rng = Rng::new(2, 1);
    let mut unused = vec![0.0; model.dim()];
    let mut differences = Vec::new();
    for _ in 0..5 {
        let q = model.start(&mut rng);
        let natural = model.natural(&q);
        // The Jacobian: alpha by its logit, lam, beta and sigma by their logarithms.
        let jacobian: f64 = natural[1..3]
            .iter()
            .map(|a| (a * (1.0 - a)).ln())
            .sum::<f64>()
            + natural[3..7].iter().map(|x| x.ln()).sum::<f64>()
            + natural[natural.len() - 1].ln();
        differences.push(model.logp(&q, &mut unused) - plain(&design, &natural) - jacobian);
    }
    for d in &differences {
        assert!((d - differences[0]).abs() < 1e-8, "{differences:?}");
    }
}
