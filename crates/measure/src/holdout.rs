//! Audience holdouts: what a campaign added, with intervals that may be looked at any day.
//!
//! People are held out at random before a campaign; here come only four counts. The interval is a
//! confidence sequence: it holds at every look at once, so that stopping early is no sin.

use serde::Serialize;

use crate::refusal::{Answer, Refusal};

/// What is counted: people and outcomes, with and without the campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// People who got it.
    pub treated: u64,
    /// Of them, how many did what was hoped for.
    pub treated_outcomes: u64,
    /// People held out.
    pub held_out: u64,
    /// Of them, how many did.
    pub held_out_outcomes: u64,
}

/// What the campaign added.
#[derive(Debug, Clone, Serialize)]
pub struct Lift {
    /// `holdout`.
    pub kind: &'static str,
    /// Rate with and without.
    pub rates: [f64; 2],
    /// Difference of the rates.
    pub difference: f64,
    /// 90 % interval of the difference, valid at every look.
    pub anytime: [f64; 2],
    /// 90 % interval of the difference, valid if this is the only look.
    pub once: [f64; 2],
    /// Outcomes the campaign added among those who got it, with the interval of every look.
    pub added: [f64; 3],
    /// Relative lift.
    pub relative: f64,
    /// In words.
    pub verdict: String,
}

/// Compares the two groups.
///
/// # Errors
///
/// When a group is too small or the counts contradict each other.
pub fn lift(counts: &Counts) -> Answer<Lift> {
    let Counts {
        treated,
        treated_outcomes,
        held_out,
        held_out_outcomes,
    } = *counts;
    if treated_outcomes > treated || held_out_outcomes > held_out {
        return Err(Refusal::new(
            "more_outcomes_than_people",
            "a group has more outcomes than people",
            "count each person once",
        ));
    }
    if treated.min(held_out) < 50 {
        return Err(Refusal::new(
            "too_few_people",
            format!(
                "{} people in the smaller group are too few",
                treated.min(held_out)
            ),
            "hold out at least 50, and ask `placet measure power --people --rate` how many it takes",
        ));
    }
    let (n1, n0) = (treated as f64, held_out as f64);
    let n = n1 + n0;
    // Half an outcome more in each group keeps the spread above zero.
    let rate = |k: u64, n: f64| (k as f64 + 0.5) / (n + 1.0);
    let (p1, p0) = (rate(treated_outcomes, n1), rate(held_out_outcomes, n0));
    let rates = [treated_outcomes as f64 / n1, held_out_outcomes as f64 / n0];
    let difference = rates[0] - rates[1];
    let variance = p1 * (1.0 - p1) / n1 + p0 * (1.0 - p0) / n0;
    let once = 1.644_853_627 * variance.sqrt();
    // Asymptotic confidence sequence (Waudby-Smith and others 2024), tightest near this size.
    let alpha: f64 = 0.1;
    let spread = (variance * n).sqrt();
    let rho = ((-2.0 * alpha.ln() + (-2.0 * alpha.ln() + 1.0).ln()) / n).sqrt();
    let at = n * rho * rho + 1.0;
    let any = spread * (2.0 * at / (n * n * rho * rho) * (at.sqrt() / alpha).ln()).sqrt();
    let anytime = [difference - any, difference + any];
    let verdict = if anytime[0] > 0.0 {
        "the campaign added outcomes; this stays true however often one looks".to_owned()
    } else if anytime[1] < 0.0 {
        "the campaign cost outcomes; this stays true however often one looks".to_owned()
    } else {
        "no effect can be claimed yet".to_owned()
    };
    Ok(Lift {
        kind: "holdout",
        rates,
        difference,
        anytime,
        once: [difference - once, difference + once],
        added: [difference * n1, anytime[0] * n1, anytime[1] * n1],
        relative: difference / rates[1].max(1e-300),
        verdict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn looking_every_day_rarely_finds_what_is_not_there() {
        let (mut ever, runs) = (0, 200);
        for run in 0..runs {
            let mut rng = Rng::new(run, 0);
            let mut counts = Counts {
                treated: 0,
                treated_outcomes: 0,
                held_out: 0,
                held_out_outcomes: 0,
            };
            for day in 0..40 {
                for _ in 0..100 {
                    let hit = u64::from(rng.uniform() < 0.1);
                    if rng.bits() & 1 == 0 {
                        counts.treated += 1;
                        counts.treated_outcomes += hit;
                    } else {
                        counts.held_out += 1;
                        counts.held_out_outcomes += hit;
                    }
                }
                if day >= 1 {
                    let seen = lift(&counts).unwrap();
                    if seen.anytime[0] > 0.0 || seen.anytime[1] < 0.0 {
                        ever += 1;
                        break;
                    }
                }
            }
        }
        assert!(ever as f64 <= 0.12 * runs as f64, "{ever} of {runs}");
    }

    #[test]
    fn a_real_lift_is_found_and_nonsense_refused() {
        let counts = Counts {
            treated: 20_000,
            treated_outcomes: 600,
            held_out: 20_000,
            held_out_outcomes: 400,
        };
        let seen = lift(&counts).unwrap();
        assert!(
            seen.anytime[0] > 0.0 && seen.anytime[0] < seen.once[0],
            "{seen:?}"
        );
        assert!((seen.added[0] - 200.0).abs() < 1e-9);
        let odd = Counts {
            treated_outcomes: 30_000,
            ..counts
        };
        assert_eq!(lift(&odd).unwrap_err().code, "more_outcomes_than_people");
        let few = Counts {
            held_out: 10,
            held_out_outcomes: 0,
            ..counts
        };
        assert_eq!(lift(&few).unwrap_err().code, "too_few_people");
    }
}
