//! Did the chains agree? Rank-normalised R-hat and effective draws (Vehtari and others 2021).

use serde::Serialize;

use crate::numeric::{mean, normal_quantile, quantile, sorted};

/// What the chains of one quantity say about themselves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Checked {
    /// One when the chains agree; above 1.01 they do not yet.
    pub r_hat: f64,
    /// Independent draws these are worth, for the middle.
    pub ess_bulk: f64,
    /// Independent draws these are worth, for the 5 % and 95 % quantiles.
    pub ess_tail: f64,
}

/// Diagnoses one quantity, one vector a chain.
#[must_use]
pub fn diagnose(chains: &[Vec<f64>]) -> Checked {
    let shortest = chains.iter().map(Vec::len).min().unwrap_or(0);
    if shortest < 4 {
        return Checked {
            r_hat: f64::NAN,
            ess_bulk: 0.0,
            ess_tail: 0.0,
        };
    }
    let halves = split(chains, shortest);
    let ranked = rank_normalise(&halves);
    let all = sorted(&halves.concat());
    let middle = quantile(&all, 0.5);
    let folded: Vec<Vec<f64>> = halves
        .iter()
        .map(|c| c.iter().map(|x| (x - middle).abs()).collect())
        .collect();
    let tail = |p: f64| {
        let limit = quantile(&all, p);
        let below: Vec<Vec<f64>> = halves
            .iter()
            .map(|c| c.iter().map(|x| f64::from(u8::from(*x <= limit))).collect())
            .collect();
        effective(&below)
    };
    Checked {
        r_hat: r_hat(&ranked).max(r_hat(&rank_normalise(&folded))),
        ess_bulk: effective(&ranked),
        ess_tail: tail(0.05).min(tail(0.95)),
    }
}

fn split(chains: &[Vec<f64>], length: usize) -> Vec<Vec<f64>> {
    let half = length / 2;
    chains
        .iter()
        .flat_map(|c| [c[..half].to_vec(), c[length - half..length].to_vec()])
        .collect()
}

/// Replaces values by the normal quantiles of their ranks; equal values share a rank.
fn rank_normalise(chains: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n = chains.first().map_or(0, Vec::len);
    let mut order: Vec<(f64, usize)> = chains
        .iter()
        .flatten()
        .enumerate()
        .map(|(i, x)| (*x, i))
        .collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let total = order.len() as f64;
    let mut flat = vec![0.0; order.len()];
    let mut from = 0;
    while from < order.len() {
        let mut to = from;
        while to + 1 < order.len() && order[to + 1].0 == order[from].0 {
            to += 1;
        }
        let rank = (from + to) as f64 / 2.0 + 1.0;
        let value = normal_quantile((rank - 0.375) / (total + 0.25));
        for (_, i) in &order[from..=to] {
            flat[*i] = value;
        }
        from = to + 1;
    }
    flat.chunks(n.max(1)).map(<[f64]>::to_vec).collect()
}

/// Mean of the variances within, variance of the means between (times n).
fn variances(chains: &[Vec<f64>]) -> (f64, f64) {
    let n = chains.first().map_or(0, Vec::len) as f64;
    let means: Vec<f64> = chains.iter().map(|c| mean(c)).collect();
    let within: Vec<f64> = chains
        .iter()
        .zip(&means)
        .map(|(c, m)| c.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (n - 1.0))
        .collect();
    let centre = mean(&means);
    let between: f64 = means.iter().map(|m| (m - centre).powi(2)).sum::<f64>()
        / (means.len() as f64 - 1.0).max(1.0);
    (mean(&within), n * between)
}

fn r_hat(chains: &[Vec<f64>]) -> f64 {
    let n = chains.first().map_or(0, Vec::len) as f64;
    let (within, between) = variances(chains);
    if within <= 0.0 {
        return if between <= 0.0 { 1.0 } else { f64::INFINITY };
    }
    ((between / within + n - 1.0) / n).sqrt()
}

/// Geyer's initial monotone sequence over all chains.
fn effective(chains: &[Vec<f64>]) -> f64 {
    let m = chains.len() as f64;
    let length = chains.first().map_or(0, Vec::len);
    let n = length as f64;
    let (within, between) = variances(chains);
    let total = within * (n - 1.0) / n + between / n;
    if total <= 0.0 || within <= 0.0 {
        return m * n;
    }
    let centred: Vec<Vec<f64>> = chains
        .iter()
        .map(|c| {
            let centre = mean(c);
            c.iter().map(|x| x - centre).collect()
        })
        .collect();
    let correlation = |lag: usize| {
        let covariance: f64 = centred
            .iter()
            .map(|c| crate::numeric::dot(&c[..length - lag], &c[lag..]) / n)
            .sum::<f64>()
            / m;
        // Within-chain variance with divisor n - 1, as in `variances`.
        1.0 - (within - covariance * n / (n - 1.0)) / total
    };
    let mut pairs = Vec::new();
    let mut lag = 0;
    let mut least = f64::INFINITY;
    while lag + 1 < length {
        let even = if lag == 0 { 1.0 } else { correlation(lag) };
        let pair = even + correlation(lag + 1);
        if pair < 0.0 {
            break;
        }
        least = least.min(pair);
        pairs.push(least);
        lag += 2;
    }
    let tau = (-1.0 + 2.0 * pairs.iter().sum::<f64>()).max(1.0 / (m * n).log10());
    m * n / tau
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn chains(rho: f64, shift: f64) -> Vec<Vec<f64>> {
        (0..4)
            .map(|k| {
                let mut rng = Rng::new(11, k);
                let mut x = rng.normal();
                (0..1000)
                    .map(|_| {
                        x = rho * x + (1.0 - rho * rho).sqrt() * rng.normal();
                        x + shift * k as f64
                    })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn independent_draws_count_fully() {
        let seen = diagnose(&chains(0.0, 0.0));
        assert!(seen.r_hat < 1.005, "{seen:?}");
        assert!((3300.0..4700.0).contains(&seen.ess_bulk), "{seen:?}");
        assert!((3000.0..4700.0).contains(&seen.ess_tail), "{seen:?}");
    }

    #[test]
    fn correlated_draws_count_less() {
        // For an AR(1) the factor is (1 - rho) / (1 + rho).
        let seen = diagnose(&chains(0.8, 0.0));
        assert!((320.0..580.0).contains(&seen.ess_bulk), "{seen:?}");
    }

    #[test]
    fn chains_that_disagree_are_seen() {
        assert!(diagnose(&chains(0.0, 0.5)).r_hat > 1.1);
        assert!(diagnose(&[vec![1.0, 2.0]]).r_hat.is_nan());
    }
}
