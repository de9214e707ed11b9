//! Carry-over: how an effort of one period works in the periods after it.
//!
//! Weights sum to one, so carry-over moves effect in time and neither makes nor loses any.

use std::str::FromStr;

use serde::Serialize;

use super::prior::Prior;
use crate::refusal::Refusal;

/// The form of the carry-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `alpha^k`.
    Geometric,
    /// `alpha^((k - theta)^2)`: a peak after a delay.
    Delayed,
    /// Density of a Weibull, from zero to one.
    WeibullPdf,
    /// Product of Weibull survivals: decay whose speed changes.
    WeibullCdf,
    /// `(1 - k / (L + 1))^(1/alpha - 1)`.
    Binomial,
}

/// Carry-over over so many periods, the first included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Adstock {
    /// Form of the weights.
    pub form: Form,
    /// Number of weights.
    pub periods: usize,
}

impl Default for Adstock {
    fn default() -> Self {
        Self {
            form: Form::Geometric,
            periods: 8,
        }
    }
}

/// A number with its derivatives by two parameters.
#[derive(Debug, Clone, Copy)]
struct Dual {
    v: f64,
    d: [f64; 2],
}

impl Dual {
    fn constant(v: f64) -> Self {
        Self { v, d: [0.0; 2] }
    }

    fn chain(self, v: f64, slope: f64) -> Self {
        Self {
            v,
            d: self.d.map(|d| d * slope),
        }
    }

    fn exp(self) -> Self {
        let v = self.v.exp();
        self.chain(v, v)
    }

    fn ln(self) -> Self {
        self.chain(self.v.ln(), 1.0 / self.v)
    }

    fn add(self, o: Self) -> Self {
        Self {
            v: self.v + o.v,
            d: [self.d[0] + o.d[0], self.d[1] + o.d[1]],
        }
    }

    fn minus(self, o: Self) -> Self {
        self.add(o.chain(-o.v, -1.0))
    }

    fn times(self, o: Self) -> Self {
        Self {
            v: self.v * o.v,
            d: std::array::from_fn(|i| self.d[i] * o.v + self.v * o.d[i]),
        }
    }

    fn over(self, o: Self) -> Self {
        self.times(o.chain(1.0 / o.v, -1.0 / (o.v * o.v)))
    }
}

impl Adstock {
    /// Names and priors of its parameters.
    #[must_use]
    pub fn parameters(self) -> &'static [(&'static str, Prior)] {
        // Gamma with mean 2 and standard deviation 1 is (4, 2); with mean 3 and 1, (9, 3); with
        // mean 2 and 2.5, (0.64, 0.32).
        match self.form {
            Form::Geometric | Form::Binomial => &[("adstock_alpha", Prior::Beta(1.0, 3.0))],
            Form::Delayed => &[
                ("adstock_alpha", Prior::Beta(1.0, 3.0)),
                ("adstock_theta", Prior::HalfNormal(1.0)),
            ],
            Form::WeibullPdf => &[
                ("adstock_lam", Prior::Gamma(4.0, 2.0)),
                ("adstock_k", Prior::Gamma(9.0, 3.0)),
            ],
            Form::WeibullCdf => &[
                ("adstock_lam", Prior::Gamma(0.64, 0.32)),
                ("adstock_k", Prior::Gamma(0.64, 0.32)),
            ],
        }
    }

    /// Weights, and their derivatives by each parameter.
    pub fn weights(self, parameters: &[f64], weights: &mut [f64], slopes: &mut [Vec<f64>; 2]) {
        if self.form == Form::Geometric {
            return geometric(parameters[0], weights, &mut slopes[0]);
        }
        let seed = |i: usize| Dual {
            v: parameters[i].max(1e-12),
            d: std::array::from_fn(|j| f64::from(u8::from(i == j))),
        };
        let mut raw: Vec<Dual> = match self.form {
            Form::Geometric | Form::Binomial => {
                let power = Dual::constant(1.0).over(seed(0)).minus(Dual::constant(1.0));
                let top = self.periods as f64 + 1.0;
                (0..self.periods)
                    .map(|k| {
                        let base = (1.0 - k as f64 / top).ln();
                        power.times(Dual::constant(base)).exp()
                    })
                    .collect()
            }
            Form::Delayed => (0..self.periods)
                .map(|k| {
                    let away = Dual::constant(k as f64).minus(seed(1));
                    seed(0).ln().times(away.times(away)).exp()
                })
                .collect(),
            Form::WeibullPdf => {
                let (lam, k) = (seed(0), seed(1));
                let density: Vec<Dual> = (1..=self.periods)
                    .map(|t| {
                        let ln_z = Dual::constant((t as f64).ln()).minus(lam.ln());
                        let hazard = k.times(ln_z).exp();
                        let ln = k
                            .ln()
                            .minus(lam.ln())
                            .add(k.minus(Dual::constant(1.0)).times(ln_z));
                        ln.minus(hazard).exp()
                    })
                    .collect();
                let pick = |better: fn(f64, f64) -> bool| {
                    density
                        .iter()
                        .copied()
                        .reduce(|a, b| if better(b.v, a.v) { b } else { a })
                        .unwrap_or(Dual::constant(0.0))
                };
                let (low, high) = (pick(|b, a| b < a), pick(|b, a| b > a));
                let span = high.minus(low);
                density.iter().map(|w| w.minus(low).over(span)).collect()
            }
            Form::WeibullCdf => {
                let (lam, k) = (seed(0), seed(1));
                let mut sum = Dual::constant(0.0);
                (0..self.periods)
                    .map(|t| {
                        if t > 0 {
                            let ln_z = Dual::constant((t as f64).ln()).minus(lam.ln());
                            sum = sum.add(k.times(ln_z).exp());
                        }
                        sum.chain(-sum.v, -1.0).exp()
                    })
                    .collect()
            }
        };
        let total = raw.iter().copied().fold(Dual::constant(0.0), Dual::add);
        for w in &mut raw {
            *w = w.over(total);
        }
        for (k, w) in raw.iter().enumerate() {
            weights[k] = w.v;
            slopes[0][k] = w.d[0];
            slopes[1][k] = w.d[1];
        }
    }
}

fn geometric(alpha: f64, weights: &mut [f64], slope: &mut [f64]) {
    let (mut power, mut power_slope) = (1.0, 0.0);
    let (mut total, mut total_slope) = (0.0, 0.0);
    for (w, s) in weights.iter_mut().zip(slope.iter_mut()) {
        (*w, *s) = (power, power_slope);
        total += power;
        total_slope += power_slope;
        power_slope = power_slope * alpha + power;
        power *= alpha;
    }
    let over = 1.0 / total;
    for (w, s) in weights.iter_mut().zip(slope.iter_mut()) {
        *w *= over;
        *s = (*s - *w * total_slope) * over;
    }
}

/// Carries a padded series over: `out[t] = sum_k w[k] * padded[t + len - 1 - k]`.
#[inline]
pub fn carry(padded: &[f64], weights: &[f64], out: &mut [f64]) {
    let last = weights.len() - 1;
    let n = out.len();
    out.fill(0.0);
    let mut k = 0;
    // Four at a time: one pass over `out` instead of four.
    while k + 4 <= weights.len() {
        let x = |j: usize| &padded[last - k - j..][..n];
        let (a, b, c, d) = (x(0), x(1), x(2), x(3));
        let (wa, wb, wc, wd) = (weights[k], weights[k + 1], weights[k + 2], weights[k + 3]);
        for t in 0..n {
            out[t] += (wa * a[t] + wb * b[t]) + (wc * c[t] + wd * d[t]);
        }
        k += 4;
    }
    while k < weights.len() {
        crate::numeric::axpy(weights[k], &padded[last - k..][..n], out);
        k += 1;
    }
}

impl FromStr for Adstock {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let (name, periods) = text.split_once(':').unwrap_or((text, "8"));
        let form = match name {
            "geometric" => Form::Geometric,
            "delayed" => Form::Delayed,
            "weibull" | "weibull_pdf" => Form::WeibullPdf,
            "weibull_cdf" => Form::WeibullCdf,
            "binomial" => Form::Binomial,
            _ => return Err(unknown()),
        };
        let periods = periods.parse().map_err(|_| unknown())?;
        let least = if form == Form::WeibullPdf { 3 } else { 1 };
        if !(least..=104).contains(&periods) {
            return Err(unknown());
        }
        Ok(Self { form, periods })
    }
}

fn unknown() -> Refusal {
    Refusal::new(
        "unknown_adstock",
        "the carry-over is not one that is known",
        "say `geometric:8`, `delayed:8`, `weibull_pdf:13`, `weibull_cdf:13` or `binomial:8`, with 1 to 104 periods",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one_and_slopes_are_theirs() {
        for name in [
            "geometric:8",
            "delayed:8",
            "weibull_pdf:10",
            "weibull_cdf:9",
            "binomial:6",
        ] {
            let adstock: Adstock = name.parse().unwrap();
            let n = adstock.periods;
            let at = |p: [f64; 2]| {
                let mut w = vec![0.0; n];
                let mut s = [vec![0.0; n], vec![0.0; n]];
                adstock.weights(&p, &mut w, &mut s);
                (w, s)
            };
            let here = if name.starts_with("weibull") {
                [1.7, 1.3]
            } else {
                [0.6, 1.2]
            };
            let (w, s) = at(here);
            assert!((w.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            for i in 0..adstock.parameters().len() {
                let (mut up, mut down) = (here, here);
                up[i] += 1e-6;
                down[i] -= 1e-6;
                for k in 0..n {
                    let slope = (at(up).0[k] - at(down).0[k]) / 2e-6;
                    assert!((slope - s[i][k]).abs() < 1e-7, "{name} {i} {k}");
                }
            }
        }
    }

    #[test]
    fn carrying_is_a_convolution() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0];
        for n in [1, 2, 5, 7] {
            let w: Vec<f64> = (0..n).map(|k| 1.0 / (k + 1) as f64).collect();
            let mut padded = vec![0.0; n - 1];
            padded.extend(x);
            let mut out = [0.0; 5];
            carry(&padded, &w, &mut out);
            for t in 0..5 {
                let direct: f64 = (0..n.min(t + 1)).map(|k| w[k] * x[t - k]).sum();
                assert!((out[t] - direct).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "geometric:0",
            "geometric:x",
            "sudden:3",
            "weibull_pdf:2",
            "geometric:900",
        ] {
            assert_eq!(text.parse::<Adstock>().unwrap_err().code, "unknown_adstock");
        }
    }
}
