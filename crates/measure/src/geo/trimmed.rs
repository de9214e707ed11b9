//! Trimmed match: pairs of markets, one of each treated; the return is the root of a trimmed mean
//! of `response - return * spend` (Chen and Au 2022).

use serde::Serialize;

use crate::numeric::normal_quantile;
use crate::refusal::{Answer, Refusal};

/// A return from pairs, with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Trimmed {
    /// Incremental response per unit of incremental spend.
    pub estimate: f64,
    /// Ends of the interval; none when the data do not bound it.
    pub interval: Option<[f64; 2]>,
    /// Pairs trimmed at each end.
    pub trimmed: usize,
}

/// Estimates the return from differences within pairs.
///
/// # Errors
///
/// With fewer than three pairs, or when spend does not differ.
pub fn trimmed_match(response: &[f64], spend: &[f64], confidence: f64) -> Answer<Trimmed> {
    let n = response.len();
    if n < 3 || spend.len() != n {
        return Err(Refusal::new(
            "too_few_pairs",
            format!("{n} pairs of markets are too few"),
            "give at least three pairs, better twenty",
        ));
    }
    if spend.iter().sum::<f64>().abs()
        < 1e-12 * spend.iter().map(|s| s.abs()).sum::<f64>().max(1e-300)
    {
        return Err(Refusal::new(
            "spend_does_not_differ",
            "treated and control markets spent the same",
            "pair each treated market with one whose spend was left as it was",
        ));
    }
    let most = (0.25 * n as f64) as usize;
    let tries = (0..=most).filter_map(|m| one(response, spend, confidence, m));
    let width = |t: &Trimmed| t.interval.map_or(f64::INFINITY, |[a, b]| b - a);
    tries
        .min_by(|a, b| width(a).total_cmp(&width(b)))
        .ok_or_else(|| {
            Refusal::new(
                "no_root",
                "no return fits these pairs",
                "check the signs of response and spend",
            )
        })
}

/// Mean of what is left after trimming, and its studentised value.
fn trimmed_mean(response: &[f64], spend: &[f64], theta: f64, m: usize) -> (f64, f64) {
    let n = response.len();
    let mut e: Vec<f64> = response
        .iter()
        .zip(spend)
        .map(|(r, s)| r - theta * s)
        .collect();
    e.sort_unstable_by(f64::total_cmp);
    let kept = &e[m..n - m];
    let mean = kept.iter().sum::<f64>() / kept.len() as f64;
    let pulled: Vec<f64> = e
        .iter()
        .map(|v| v.clamp(kept[0], kept[kept.len() - 1]))
        .collect();
    let centre = pulled.iter().sum::<f64>() / n as f64;
    let squares: f64 = pulled.iter().map(|v| (v - centre).powi(2)).sum();
    let few = n as f64 / (n as f64 - 1.0);
    let error = (squares / (n as f64 - 1.0) * few).sqrt()
        / (kept.len() as f64 / n as f64 * (n as f64).sqrt());
    (mean, mean / error.max(1e-300))
}

fn one(response: &[f64], spend: &[f64], confidence: f64, m: usize) -> Option<Trimmed> {
    let z = normal_quantile(0.5 + confidence / 2.0);
    // The trimmed mean falls as the return rises when treated markets spend more.
    let sign = spend.iter().sum::<f64>().signum();
    let value = |theta: f64| sign * trimmed_mean(response, spend, theta, m).0;
    let student = |theta: f64| sign * trimmed_mean(response, spend, theta, m).1;
    let scale =
        response.iter().map(|r| r.abs()).sum::<f64>() / spend.iter().map(|s| s.abs()).sum::<f64>();
    let far = 1e3 * scale.max(1e-12);
    let estimate = root(&value, -far, far)?;
    let low = root(&|t| student(t) - z, -far, estimate);
    let high = root(&|t| student(t) + z, estimate, far);
    let interval = low.zip(high).map(|(a, b)| [a, b]);
    Some(Trimmed {
        estimate,
        interval,
        trimmed: m,
    })
}

fn root(f: &dyn Fn(f64) -> f64, mut low: f64, mut high: f64) -> Option<f64> {
    if f(low) < 0.0 || f(high) > 0.0 {
        return None;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if f(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_toy_comes_out() {
        let response = [1.0, 10.0, 3.0, 8.0, 5.0];
        let spend = [1.0, 5.0, 2.0, 5.0, 3.0];
        let found = trimmed_match(&response, &spend, 0.8).unwrap();
        assert!((found.estimate - 1.6).abs() < 0.005, "{found:?}");
        let [low, high] = found.interval.unwrap();
        assert!(
            (low - 1.52).abs() < 0.006 && (high - 1.66).abs() < 0.006,
            "{found:?}"
        );
        assert_eq!(found.trimmed, 1);
    }

    #[test]
    fn what_cannot_answer_is_refused() {
        assert_eq!(
            trimmed_match(&[1.0], &[1.0], 0.9).unwrap_err().code,
            "too_few_pairs"
        );
        let same = trimmed_match(&[1.0, 2.0, 3.0], &[1.0, -1.0, 0.0], 0.9);
        assert_eq!(same.unwrap_err().code, "spend_does_not_differ");
    }
}
