//! Time series causal impact: a local level with regression on control series, by Gibbs sampling.
//!
//! As in the R package: spike and slab on the controls, a slowly moving level, everything
//! standardised on the time before. What the model expects after the change, minus what came,
//! is the effect.

mod series;

use serde::Serialize;

use crate::linear::Square;
use crate::mmm::check::Note;
use crate::numeric::{mean, quantile, sd, sorted};
use crate::refusal::{Answer, Refusal};
use crate::rng::Rng;

pub use series::{Columns, Series};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The series that may have changed.
    pub y: Vec<f64>,
    /// Series that did not.
    pub controls: Vec<Vec<f64>>,
    /// Periods before the change.
    pub pre: usize,
    /// Kept draws.
    pub draws: usize,
    /// The seed.
    pub seed: u64,
    /// How far the level moves a period, over the spread of the series.
    pub level_sd: f64,
}

/// One quantity, a period and over all of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Both {
    /// A period.
    pub average: f64,
    /// Over all periods after the change.
    pub cumulative: f64,
}

/// Everything the model says.
#[derive(Debug, Clone, Serialize)]
pub struct Impact {
    /// `causal_impact`.
    pub kind: &'static str,
    /// How to read it.
    pub reading: &'static str,
    /// What came.
    pub actual: Both,
    /// What was expected.
    pub predicted: Both,
    /// Lower end of the 95 % interval of it.
    pub predicted_lower: Both,
    /// Upper end.
    pub predicted_upper: Both,
    /// Its spread.
    pub predicted_sd: Both,
    /// Effect.
    pub abs_effect: Both,
    /// Lower end of its 95 % interval.
    pub abs_effect_lower: Both,
    /// Upper end.
    pub abs_effect_upper: Both,
    /// Its spread.
    pub abs_effect_sd: Both,
    /// Effect over what was expected.
    pub rel_effect: f64,
    /// Lower end of its 95 % interval.
    pub rel_effect_lower: f64,
    /// Upper end.
    pub rel_effect_upper: f64,
    /// Chance of an effect at least this far from none, on its side, if nothing changed.
    pub p_value: f64,
    /// How often each control was in the model, and its mean coefficient on standardised series.
    pub controls: Vec<[f64; 2]>,
    /// In words.
    pub verdict: String,
    /// What to keep in mind.
    pub notes: Vec<Note>,
    /// By period: actual, expected, its 5 % and 95 %.
    pub series: Vec<[f64; 4]>,
}

/// Draws thrown away.
const BURN: usize = 200;

/// Estimates the effect.
///
/// # Errors
///
/// When the series are too short or carry nothing.
pub fn impact(ask: &Ask) -> Answer<Impact> {
    let n = ask.y.len();
    if ask.pre < 15 || ask.pre >= n {
        return Err(Refusal::new(
            "too_few_periods",
            format!(
                "{} periods before the change and {} after it are too few",
                ask.pre,
                n.saturating_sub(ask.pre)
            ),
            "give at least 15 before and one after",
        ));
    }
    let mut notes = Vec::new();
    let (y, centre, scale) = standardise(&ask.y, ask.pre);
    if scale <= 0.0 {
        return Err(Refusal::new(
            "target_never_varies",
            "the series is the same in every period before the change",
            "name the series that may have changed",
        ));
    }
    let mut x = Vec::new();
    for (i, control) in ask.controls.iter().enumerate() {
        let (z, _, spread) = standardise(control, ask.pre);
        if spread <= 0.0 {
            return Err(Refusal::new(
                "control_never_varies",
                format!(
                    "control {} is the same in every period before the change",
                    i + 1
                ),
                "leave it out",
            ));
        }
        x.push(z);
    }
    if x.is_empty() {
        notes.push(Note::new("no_controls", "without a control series the level alone says what would have come: the interval is wide and grows"));
    }
    notes.push(Note::new("assumption", "holds only if the change did not touch the controls and nothing else happened at the same time"));
    let mut included = vec![[0.0; 2]; x.len()];
    // An intercept that may be left out too, as in the R package.
    x.push(vec![1.0; n]);
    let mut chain = Chain::new(&y, &x, ask);
    let post = n - ask.pre;
    let mut paths: Vec<Vec<f64>> = Vec::with_capacity(ask.draws);
    for i in 0..BURN + ask.draws {
        chain.step();
        if i >= BURN {
            let path = chain.predict(post);
            paths.push(path.iter().map(|v| v * scale + centre).collect());
            for (at, b) in included.iter_mut().zip(&chain.beta) {
                at[0] += f64::from(u8::from(*b != 0.0)) / ask.draws as f64;
                at[1] += b / ask.draws as f64;
            }
        }
    }
    Ok(summary(ask, &paths, included, notes))
}

fn standardise(series: &[f64], pre: usize) -> (Vec<f64>, f64, f64) {
    let centre = mean(&series[..pre]);
    let spread = sd(&series[..pre]);
    let over = if spread > 0.0 { 1.0 / spread } else { 0.0 };
    (
        series.iter().map(|v| (v - centre) * over).collect(),
        centre,
        spread,
    )
}

struct Chain<'a> {
    y: &'a [f64],
    x: &'a [Vec<f64>],
    pre: usize,
    gram: Square,
    prior: Square,
    level: Vec<f64>,
    beta: Vec<f64>,
    noise: f64,
    drift: f64,
    level_sd: f64,
    rng: Rng,
    filtered: Vec<(f64, f64)>,
}

impl<'a> Chain<'a> {
    fn new(y: &'a [f64], x: &'a [Vec<f64>], ask: &Ask) -> Self {
        let (k, pre) = (x.len(), ask.pre);
        let mut gram = Square::zero(k);
        for i in 0..k {
            for j in 0..k {
                gram.at[i * k + j] = crate::numeric::dot(&x[i][..pre], &x[j][..pre]);
            }
        }
        // A hundredth of one observation's weight, half of it without correlations.
        let mut prior = Square::zero(k);
        for i in 0..k {
            for j in 0..k {
                let share = if i == j { 1.0 } else { 0.5 };
                prior.at[i * k + j] = 0.01 * share * gram.get(i, j) / pre as f64;
            }
        }
        Self {
            y,
            x,
            pre,
            gram,
            prior,
            level: vec![0.0; pre],
            beta: vec![0.0; k],
            noise: 0.2,
            drift: ask.level_sd * ask.level_sd,
            level_sd: ask.level_sd,
            rng: Rng::new(ask.seed, 0),
            filtered: Vec::with_capacity(pre),
        }
    }

    fn regression(&self, t: usize) -> f64 {
        self.beta.iter().zip(self.x).map(|(b, x)| b * x[t]).sum()
    }

    fn step(&mut self) {
        self.draw_level();
        self.draw_regression();
        self.draw_drift();
    }

    /// Forward filter, backward sample.
    fn draw_level(&mut self) {
        self.filtered.clear();
        let (mut m, mut p) = (self.y[0], 1.0);
        for t in 0..self.pre {
            if t > 0 {
                p += self.drift;
            }
            let gain = p / (p + self.noise);
            m += gain * (self.y[t] - self.regression(t) - m);
            p *= 1.0 - gain;
            self.filtered.push((m, p));
        }
        let last = self.pre - 1;
        self.level[last] = m + p.sqrt() * self.rng.normal();
        for t in (0..last).rev() {
            let (m, p) = self.filtered[t];
            let gain = p / (p + self.drift);
            let centre = m + gain * (self.level[t + 1] - m);
            self.level[t] = centre + (p * (1.0 - gain)).sqrt() * self.rng.normal();
        }
    }

    /// Which controls, their coefficients, and the noise, given the level.
    fn draw_regression(&mut self) {
        let rest: Vec<f64> = (0..self.pre).map(|t| self.y[t] - self.level[t]).collect();
        let k = self.x.len();
        let pull: Vec<f64> = self
            .x
            .iter()
            .map(|x| crate::numeric::dot(&x[..self.pre], &rest))
            .collect();
        let squares = crate::numeric::dot(&rest, &rest);
        let expected = (3.0 / k.max(1) as f64).min(1.0);
        let mut chosen: Vec<bool> = self
            .beta
            .iter()
            .map(|b| *b != 0.0 || expected >= 1.0)
            .collect();
        if expected < 1.0 {
            let odds = (expected / (1.0 - expected)).ln();
            let mut here = self.evidence(&chosen, &pull, squares).0;
            for j in 0..k {
                chosen[j] = !chosen[j];
                let there = self.evidence(&chosen, &pull, squares).0;
                let toward = if chosen[j] { odds } else { -odds };
                if self.rng.uniform().ln() < there - here + toward {
                    here = there;
                } else {
                    chosen[j] = !chosen[j];
                }
            }
        }
        let (_, sum_squares, solved) = self.evidence(&chosen, &pull, squares);
        // Prior: 50 observations' worth of knowing that a fifth of the variance is noise.
        let shape = 25.0 + 0.5 * self.pre as f64;
        self.noise = 1.0 / self.rng.gamma(shape, 5.0 + 0.5 * sum_squares);
        self.beta.fill(0.0);
        if let Some((factor, centre, at)) = solved {
            let mut noise: Vec<f64> = at
                .iter()
                .map(|_| self.noise.sqrt() * self.rng.normal())
                .collect();
            factor.backward(&mut noise);
            for (i, j) in at.iter().enumerate() {
                self.beta[*j] = centre[i] + noise[i];
            }
        }
    }

    /// Log evidence of a choice of controls, residual squares, and what it takes to draw.
    #[expect(
        clippy::type_complexity,
        reason = "three values that live for one step"
    )]
    fn evidence(
        &self,
        chosen: &[bool],
        pull: &[f64],
        squares: f64,
    ) -> (
        f64,
        f64,
        Option<(crate::linear::Factor, Vec<f64>, Vec<usize>)>,
    ) {
        let at: Vec<usize> = (0..chosen.len()).filter(|j| chosen[*j]).collect();
        let m = at.len();
        let shape = 25.0 + 0.5 * self.pre as f64;
        if m == 0 {
            return (-shape * (5.0 + 0.5 * squares).ln(), squares, None);
        }
        let (mut posterior, mut prior) = (Square::zero(m), Square::zero(m));
        for (i, a) in at.iter().enumerate() {
            for (j, b) in at.iter().enumerate() {
                prior.at[i * m + j] = self.prior.get(*a, *b);
                posterior.at[i * m + j] = self.prior.get(*a, *b) + self.gram.get(*a, *b);
            }
        }
        let (Some(factor), Some(before)) = (posterior.cholesky(), prior.cholesky()) else {
            return (f64::NEG_INFINITY, squares, None);
        };
        let right: Vec<f64> = at.iter().map(|j| pull[*j]).collect();
        let mut centre = right.clone();
        factor.solve(&mut centre);
        let left = squares - crate::numeric::dot(&right, &centre);
        let evidence = 0.5 * (before.ln_determinant() - factor.ln_determinant())
            - shape * (5.0 + 0.5 * left).ln();
        (evidence, left, Some((factor, centre, at)))
    }

    /// Prior: 32 observations' worth of knowing how far the level moves; never beyond the spread.
    fn draw_drift(&mut self) {
        let moves: f64 = self.level.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum();
        let shape = 16.0 + 0.5 * (self.pre - 1) as f64;
        let rate = 16.0 * self.level_sd.powi(2) + 0.5 * moves;
        self.drift = (1.0 / self.rng.gamma(shape, rate)).min(1.0);
    }

    fn predict(&mut self, post: usize) -> Vec<f64> {
        let mut level = self.level[self.pre - 1];
        (0..post)
            .map(|i| {
                level += self.drift.sqrt() * self.rng.normal();
                level + self.regression(self.pre + i) + self.noise.sqrt() * self.rng.normal()
            })
            .collect()
    }
}

fn summary(ask: &Ask, paths: &[Vec<f64>], controls: Vec<[f64; 2]>, notes: Vec<Note>) -> Impact {
    let post = ask.y.len() - ask.pre;
    let actual = mean(&ask.y[ask.pre..]);
    let expected: Vec<f64> = paths.iter().map(|p| mean(p)).collect();
    let ordered = sorted(&expected);
    let relative = sorted(
        &expected
            .iter()
            .map(|e| actual / e - 1.0)
            .collect::<Vec<_>>(),
    );
    let both = |average: f64| Both {
        average,
        cumulative: average * post as f64,
    };
    let predicted = mean(&expected);
    let (low, high) = (quantile(&ordered, 0.025), quantile(&ordered, 0.975));
    let above = expected.iter().filter(|e| **e >= actual).count() + 1;
    let below = expected.iter().filter(|e| **e <= actual).count() + 1;
    let p_value = above.min(below) as f64 / (expected.len() + 1) as f64;
    let (effect, effect_low, effect_high) = (actual - predicted, actual - high, actual - low);
    let verdict = if effect_low > 0.0 || effect_high < 0.0 {
        format!(
            "a change of {effect:.2} a period [{effect_low:.2} to {effect_high:.2}], more than the past explains"
        )
    } else {
        format!(
            "a change of {effect:.2} a period [{effect_low:.2} to {effect_high:.2}], which may be none"
        )
    };
    let series = (0..post)
        .map(|t| {
            let at = sorted(&paths.iter().map(|p| p[t]).collect::<Vec<_>>());
            [
                ask.y[ask.pre + t],
                mean(&at),
                quantile(&at, 0.05),
                quantile(&at, 0.95),
            ]
        })
        .collect();
    Impact {
        kind: "causal_impact",
        reading: "directional: what the series' own past and its controls did not foresee",
        actual: both(actual),
        predicted: both(predicted),
        predicted_lower: both(low),
        predicted_upper: both(high),
        predicted_sd: both(sd(&expected)),
        abs_effect: both(effect),
        abs_effect_lower: both(effect_low),
        abs_effect_upper: both(effect_high),
        abs_effect_sd: both(sd(&expected)),
        rel_effect: mean(&relative),
        rel_effect_lower: quantile(&relative, 0.025),
        rel_effect_upper: quantile(&relative, 0.975),
        p_value,
        controls,
        verdict,
        notes,
        series,
    }
}
