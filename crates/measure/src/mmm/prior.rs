//! Prior distributions: density, slope and draws, and the change to an unconstrained scale.

use serde::Serialize;

use crate::numeric::ln_gamma;
use crate::rng::Rng;

/// A prior distribution of one parameter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Prior {
    /// Normal by mean and standard deviation.
    Normal(f64, f64),
    /// Absolute value of a normal around zero.
    HalfNormal(f64),
    /// Gamma by shape and rate.
    Gamma(f64, f64),
    /// Beta.
    Beta(f64, f64),
    /// Laplace by location and scale.
    Laplace(f64, f64),
    /// Log-normal by mean and standard deviation of the logarithm.
    LogNormal(f64, f64),
}

/// Where a parameter lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// All numbers.
    Real,
    /// Above zero.
    Positive,
    /// Between zero and one.
    Unit,
}

/// A parameter seen from the unconstrained scale.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// The parameter itself.
    pub x: f64,
    /// Its derivative by the unconstrained number.
    pub slope: f64,
    /// Logarithm of the absolute derivative.
    pub ln_jacobian: f64,
    /// Derivative of that logarithm.
    pub ln_jacobian_slope: f64,
}

impl Support {
    /// From the unconstrained number to the parameter.
    #[must_use]
    pub fn see(self, q: f64) -> Seen {
        match self {
            Self::Real => Seen {
                x: q,
                slope: 1.0,
                ln_jacobian: 0.0,
                ln_jacobian_slope: 0.0,
            },
            Self::Positive => {
                let x = q.exp();
                Seen {
                    x,
                    slope: x,
                    ln_jacobian: q,
                    ln_jacobian_slope: 1.0,
                }
            }
            Self::Unit => {
                let small = (-q.abs()).exp();
                let x = if q >= 0.0 {
                    1.0 / (1.0 + small)
                } else {
                    small / (1.0 + small)
                };
                Seen {
                    x,
                    slope: x * (1.0 - x),
                    ln_jacobian: -q.abs() - 2.0 * small.ln_1p(),
                    ln_jacobian_slope: 1.0 - 2.0 * x,
                }
            }
        }
    }

    /// From the parameter to the unconstrained number.
    #[must_use]
    pub fn unsee(self, x: f64) -> f64 {
        match self {
            Self::Real => x,
            Self::Positive => x.ln(),
            Self::Unit => (x / (1.0 - x)).ln(),
        }
    }
}

impl Prior {
    /// Gamma by mean and standard deviation.
    #[must_use]
    pub fn gamma_of(mean: f64, sd: f64) -> Self {
        Self::Gamma((mean / sd).powi(2), mean / (sd * sd))
    }

    /// Where its parameter lives.
    #[must_use]
    pub fn support(self) -> Support {
        match self {
            Self::Normal(..) | Self::Laplace(..) => Support::Real,
            Self::HalfNormal(_) | Self::Gamma(..) | Self::LogNormal(..) => Support::Positive,
            Self::Beta(..) => Support::Unit,
        }
    }

    /// Log density up to a constant, and its slope.
    #[inline]
    #[must_use]
    pub fn ln_density(self, x: f64) -> (f64, f64) {
        match self {
            Self::Normal(m, s) => {
                let z = (x - m) / s;
                (-0.5 * z * z, -z / s)
            }
            Self::HalfNormal(s) => {
                let z = x / s;
                (-0.5 * z * z, -z / s)
            }
            Self::Gamma(a, rate) => ((a - 1.0) * x.ln() - rate * x, (a - 1.0) / x - rate),
            Self::Beta(a, b) => {
                let tiny = f64::MIN_POSITIVE;
                (
                    (a - 1.0) * x.max(tiny).ln() + (b - 1.0) * (1.0 - x).max(tiny).ln(),
                    (a - 1.0) / x.max(tiny) - (b - 1.0) / (1.0 - x).max(tiny),
                )
            }
            Self::Laplace(m, b) => (-(x - m).abs() / b, -(x - m).signum() / b),
            Self::LogNormal(m, s) => {
                let z = (x.ln() - m) / s;
                (-0.5 * z * z - x.ln(), (-z / s - 1.0) / x)
            }
        }
    }

    /// The constant that [`Self::ln_density`] leaves out, for the tests.
    #[must_use]
    pub fn ln_constant(self) -> f64 {
        let root = (2.0 * std::f64::consts::PI).sqrt();
        match self {
            Self::Normal(_, s) | Self::LogNormal(_, s) => -(s * root).ln(),
            Self::HalfNormal(s) => (2.0 / (s * root)).ln(),
            Self::Gamma(a, rate) => a * rate.ln() - ln_gamma(a),
            Self::Beta(a, b) => ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b),
            Self::Laplace(_, b) => -(2.0 * b).ln(),
        }
    }

    /// One draw.
    pub fn draw(self, rng: &mut Rng) -> f64 {
        match self {
            Self::Normal(m, s) => m + s * rng.normal(),
            Self::HalfNormal(s) => s * rng.normal().abs(),
            Self::Gamma(a, rate) => rng.gamma(a, rate),
            Self::Beta(a, b) => {
                let x = rng.gamma(a, 1.0);
                x / (x + rng.gamma(b, 1.0))
            }
            Self::Laplace(m, b) => {
                let u = rng.uniform() - 0.5;
                m - b * u.signum() * (1.0 - 2.0 * u.abs()).ln()
            }
            Self::LogNormal(m, s) => (m + s * rng.normal()).exp(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{mean, sd};

    const ALL: [Prior; 6] = [
        Prior::Normal(1.0, 2.0),
        Prior::HalfNormal(1.5),
        Prior::Gamma(3.0, 2.0),
        Prior::Beta(2.0, 3.0),
        Prior::Laplace(0.5, 1.0),
        Prior::LogNormal(0.2, 0.5),
    ];

    #[test]
    fn densities_integrate_to_one_and_slopes_are_theirs() {
        for prior in ALL {
            let (mut total, h) = (0.0, 1e-3);
            let mut q = -25.0;
            while q < 25.0 {
                let seen = prior.support().see(q);
                total +=
                    h * (prior.ln_density(seen.x).0 + prior.ln_constant() + seen.ln_jacobian).exp();
                q += h;
            }
            assert!((total - 1.0).abs() < 1e-3, "{prior:?} {total}");
            let x = 0.37;
            let slope = (prior.ln_density(x + 1e-6).0 - prior.ln_density(x - 1e-6).0) / 2e-6;
            assert!((slope - prior.ln_density(x).1).abs() < 1e-6, "{prior:?}");
        }
    }

    #[test]
    fn draws_have_the_moments() {
        let mut rng = Rng::new(5, 0);
        let mut moments = |prior: Prior| {
            let drawn: Vec<f64> = (0..100_000).map(|_| prior.draw(&mut rng)).collect();
            (mean(&drawn), sd(&drawn))
        };
        let near = |(m, s): (f64, f64), (a, b): (f64, f64)| {
            assert!(
                (m - a).abs() < 0.03 && (s - b).abs() < 0.03,
                "{m} {s} {a} {b}"
            );
        };
        near(moments(Prior::Beta(1.0, 3.0)), (0.25, 0.1936));
        near(moments(Prior::HalfNormal(2.0)), (1.5958, 1.2057));
        near(
            moments(Prior::Laplace(0.0, 1.0)),
            (0.0, std::f64::consts::SQRT_2),
        );
        near(moments(Prior::gamma_of(2.0, 1.0)), (2.0, 1.0));
        near(moments(Prior::LogNormal(0.0, 0.5)), (1.1331, 0.6039));
    }

    #[test]
    fn the_change_of_scale_goes_both_ways() {
        for support in [Support::Real, Support::Positive, Support::Unit] {
            let seen = support.see(0.3);
            assert!((support.unsee(seen.x) - 0.3).abs() < 1e-12);
            let h = 1e-6;
            let slope = (support.see(0.3 + h).x - support.see(0.3 - h).x) / (2.0 * h);
            assert!((slope - seen.slope).abs() < 1e-8);
            assert!((seen.slope.abs().ln() - seen.ln_jacobian).abs() < 1e-12);
        }
    }
}
