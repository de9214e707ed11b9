//! Diminishing returns: the curve from carried-over spend to effect, between zero and one.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::prior::Prior;
use crate::numeric::exp;
use crate::refusal::Refusal;

/// The form of the curve. `beta` (or, for Michaelis-Menten, `alpha`) stretches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Saturation {
    /// `(1 - e^(-lam a)) / (1 + e^(-lam a))`, which is `tanh(lam a / 2)`.
    #[default]
    Logistic,
    /// `a^slope / (kappa^slope + a^slope)`.
    Hill,
    /// `a / (lam + a)`.
    MichaelisMenten,
}

impl Saturation {
    /// Names and priors of the shape's parameters.
    #[must_use]
    pub fn parameters(self) -> &'static [(&'static str, Prior)] {
        match self {
            Self::Logistic => &[("saturation_lam", Prior::Gamma(3.0, 1.0))],
            Self::Hill => &[
                ("saturation_slope", Prior::HalfNormal(1.5)),
                ("saturation_kappa", Prior::HalfNormal(1.5)),
            ],
            Self::MichaelisMenten => &[("saturation_lam", Prior::HalfNormal(1.0))],
        }
    }

    /// Name and prior of the height.
    #[must_use]
    pub fn height(self) -> (&'static str, Prior) {
        match self {
            Self::Logistic => ("saturation_beta", Prior::HalfNormal(2.0)),
            Self::Hill => ("saturation_beta", Prior::HalfNormal(1.5)),
            Self::MichaelisMenten => ("saturation_alpha", Prior::Gamma(4.0, 2.0)),
        }
    }

    /// The curve at `a`.
    #[must_use]
    pub fn at(self, a: f64, shape: &[f64]) -> f64 {
        self.jet(a, shape).0
    }

    /// The curve at `a`, its derivative by `a`, and by each parameter of the shape.
    #[must_use]
    pub fn jet(self, a: f64, shape: &[f64]) -> (f64, f64, [f64; 2]) {
        match self {
            Self::Logistic => {
                let lam = shape[0];
                let s = (0.5 * lam * a).tanh();
                let steep = 0.5 * (1.0 - s * s);
                (s, lam * steep, [a * steep, 0.0])
            }
            Self::Hill => hill(a, shape[0], shape[1]),
            Self::MichaelisMenten => {
                let over = 1.0 / (shape[0] + a);
                (a * over, shape[0] * over * over, [-a * over * over, 0.0])
            }
        }
    }

    /// The curve and its derivatives along a series.
    #[inline]
    pub fn along(
        self,
        a: &[f64],
        shape: &[f64],
        s: &mut [f64],
        by_a: &mut [f64],
        by_shape: &mut [Vec<f64>; 2],
    ) {
        let n = a.len();
        match self {
            Self::Logistic => {
                let lam = shape[0];
                let (s, by_a, by_lam) = (&mut s[..n], &mut by_a[..n], &mut by_shape[0][..n]);
                for t in 0..n {
                    let e = exp(-lam * a[t]);
                    let over = 1.0 / (1.0 + e);
                    let value = (1.0 - e) * over;
                    let steep = 2.0 * e * over * over;
                    s[t] = value;
                    by_a[t] = lam * steep;
                    by_lam[t] = a[t] * steep;
                }
            }
            Self::Hill | Self::MichaelisMenten => {
                for t in 0..n {
                    let jet = self.jet(a[t], shape);
                    s[t] = jet.0;
                    by_a[t] = jet.1;
                    by_shape[0][t] = jet.2[0];
                    by_shape[1][t] = jet.2[1];
                }
            }
        }
    }
}

/// Zero spend has no logarithm: the curve is zero there, and flat for any slope the data can see.
fn hill(a: f64, slope: f64, kappa: f64) -> (f64, f64, [f64; 2]) {
    if a <= 1e-12 {
        return (0.0, 0.0, [0.0; 2]);
    }
    let ratio = (a / kappa).ln();
    let s = 1.0 / (1.0 + (-slope * ratio).exp());
    let steep = s * (1.0 - s);
    (
        s,
        steep * slope / a,
        [steep * ratio, -steep * slope / kappa],
    )
}

impl FromStr for Saturation {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        match text {
            "logistic" => Ok(Self::Logistic),
            "hill" => Ok(Self::Hill),
            "michaelis_menten" | "michaelis-menten" => Ok(Self::MichaelisMenten),
            _ => Err(Refusal::new(
                "unknown_saturation",
                "the curve is not one that is known",
                "say `logistic`, `hill` or `michaelis_menten`",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_the_curve() {
        for (curve, shape) in [
            (Saturation::Logistic, vec![2.3]),
            (Saturation::Hill, vec![1.4, 0.6]),
            (Saturation::MichaelisMenten, vec![0.7]),
        ] {
            let h = 1e-6;
            let (_, by_a, by_shape) = curve.jet(0.4, &shape);
            let slope = (curve.at(0.4 + h, &shape) - curve.at(0.4 - h, &shape)) / (2.0 * h);
            assert!((slope - by_a).abs() < 1e-8, "{curve:?}");
            for i in 0..shape.len() {
                let (mut up, mut down) = (shape.clone(), shape.clone());
                up[i] += h;
                down[i] -= h;
                let slope = (curve.at(0.4, &up) - curve.at(0.4, &down)) / (2.0 * h);
                assert!((slope - by_shape[i]).abs() < 1e-8, "{curve:?} {i}");
            }
            let (mut s, mut d, mut p) = ([0.0; 3], [0.0; 3], [vec![0.0; 3], vec![0.0; 3]]);
            curve.along(&[0.0, 0.4, 1.0], &shape, &mut s, &mut d, &mut p);
            assert!(s[0].abs() < 1e-12 && (s[1] - curve.at(0.4, &shape)).abs() < 1e-12);
            assert!((d[1] - by_a).abs() < 1e-12 && (p[0][1] - by_shape[0]).abs() < 1e-12);
        }
    }

    #[test]
    fn zero_spend_has_no_effect_and_no_trap() {
        let (s, by_a, by_shape) = Saturation::Hill.jet(0.0, &[0.8, 0.5]);
        assert!(s == 0.0 && by_a.is_finite() && by_shape.iter().all(|d| d.is_finite()));
    }
}
