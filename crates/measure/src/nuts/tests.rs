#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::diagnostics::diagnose;
use crate::numeric::{Summary, exp};

/// Three normals, two of them correlated 0.95, with scales from 0.01 to 100.
struct Normals;

impl Density for Normals {
    fn dim(&self) -> usize {
        3
    }

    fn logp(&mut self, q: &[f64], gradient: &mut [f64]) -> f64 {
        let (a, b, c) = (q[0] / 0.01, q[1] / 100.0, q[2] - 5.0);
        let r: f64 = 0.95;
        let det = 1.0 - r * r;
        gradient[0] = -(a - r * b) / det / 0.01;
        gradient[1] = -(b - r * a) / det / 100.0;
        gradient[2] = -c;
        -0.5 * ((a * a - 2.0 * r * a * b + b * b) / det + c * c)
    }
}

fn settings() -> Settings {
    Settings {
        chains: 4,
        tune: 600,
        draws: 1500,
        seed: 3,
        ..Settings::default()
    }
}

#[test]
fn normals_come_out_as_they_are() {
    let chains = sample(&settings(), |_| (Normals, vec![0.1, 1.0, 1.0]), None);
    for (i, (centre, spread)) in [(0.0, 0.01), (0.0, 100.0), (5.0, 1.0)].iter().enumerate() {
        let per: Vec<Vec<f64>> = chains
            .iter()
            .map(|c| c.draws.iter().map(|d| d[i]).collect())
            .collect();
        let checked = diagnose(&per);
        assert!(checked.r_hat < 1.01, "{checked:?}");
        assert!(checked.ess_bulk > 1500.0, "{checked:?}");
        let all = Summary::of(&per.concat());
        assert!((all.mean - centre).abs() < 0.08 * spread, "{all:?}");
        assert!((all.sd / spread - 1.0).abs() < 0.06, "{all:?}");
        assert!((all.q95 - centre - 1.645 * spread).abs() < 0.12 * spread);
    }
    assert!(chains.iter().all(|c| c.divergences == 0));
}

/// An exponential of one's own: skewed, bounded in natural space.
struct LogExponential;

impl Density for LogExponential {
    fn dim(&self) -> usize {
        1
    }

    fn logp(&mut self, q: &[f64], gradient: &mut [f64]) -> f64 {
        let x = exp(q[0]);
        gradient[0] = 1.0 - x;
        q[0] - x
    }
}

#[test]
fn a_skewed_density_has_its_quantiles() {
    let chains = sample(&settings(), |_| (LogExponential, vec![0.0]), None);
    let all: Vec<f64> = chains
        .iter()
        .flat_map(|c| c.draws.iter().map(|d| d[0].exp()))
        .collect();
    let seen = Summary::of(&all);
    assert!((seen.mean - 1.0).abs() < 0.06, "{seen:?}");
    assert!((seen.q50 - std::f64::consts::LN_2).abs() < 0.06, "{seen:?}");
    assert!((seen.q95 - 2.996).abs() < 0.25, "{seen:?}");
}

#[test]
fn threads_do_not_change_the_draws() {
    let with = |threads| {
        let settings = Settings {
            threads,
            tune: 100,
            draws: 50,
            ..settings()
        };
        let chains = sample(&settings, |rng| (Normals, vec![rng.normal(); 3]), None);
        chains.into_iter().map(|c| c.draws).collect::<Vec<_>>()
    };
    assert_eq!(with(1), with(4));
}

#[test]
fn progress_can_stop_it() {
    let chains = sample(
        &settings(),
        |_| (Normals, vec![0.0; 3]),
        Some(&|done, _| done < 100),
    );
    assert!(chains.iter().all(|c| c.draws.len() < 1500));
}
