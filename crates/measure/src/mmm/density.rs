//! The log density of the model and its gradient, by hand.
//!
//! Two changes of variable make the walk easy, both triangular: the height of a curve is sampled
//! as the logarithm of the channel's mean contribution, and the intercept as the level of the
//! outcome with every column at its mean. Both are what the data know best, so that little
//! correlation is left. Controls are centred and scaled.
//!
//! Layout of the unconstrained vector: level; carry-over and shape parameters, each for all
//! channels; log contributions; linear coefficients; log noise.

use super::adstock::carry;
use super::design::Design;
use super::prior::{Prior, Support};
use crate::numeric::{axpy, dot, mean, sd, sum};
use crate::nuts;
use crate::rng::Rng;

const INTERCEPT: Prior = Prior::Normal(0.0, 2.0);
const NOISE: Prior = Prior::HalfNormal(2.0);

/// The model over its data, with room to work in.
pub struct Model<'a> {
    design: &'a Design,
    shapes: Vec<Prior>,
    n_adstock: usize,
    carried: Vec<Vec<f64>>,
    curve: Vec<Vec<f64>>,
    by_carried: Vec<Vec<f64>>,
    by_shape: Vec<[Vec<f64>; 2]>,
    weights: Vec<f64>,
    slopes: Vec<[Vec<f64>; 2]>,
    heights: Vec<f64>,
    residual: Vec<f64>,
    pull: Vec<f64>,
    by_curve: Vec<f64>,
}

impl<'a> Model<'a> {
    /// The model of this design.
    #[must_use]
    pub fn new(design: &'a Design) -> Self {
        let channels = design.padded.len();
        let n = design.len();
        let lags = design.spec.adstock.periods;
        let mut shapes: Vec<Prior> = design.shape_priors().iter().map(|(_, p)| *p).collect();
        shapes.pop();
        let series = || vec![vec![0.0; n]; channels];
        Self {
            design,
            shapes,
            n_adstock: design.spec.adstock.parameters().len(),
            carried: series(),
            curve: series(),
            by_carried: series(),
            by_shape: (0..channels)
                .map(|_| [vec![0.0; n], vec![0.0; n]])
                .collect(),
            weights: vec![0.0; lags],
            slopes: (0..channels)
                .map(|_| [vec![0.0; lags], vec![0.0; lags]])
                .collect(),
            heights: vec![0.0; channels],
            residual: vec![0.0; n],
            pull: vec![0.0; n],
            by_curve: vec![0.0; n],
        }
    }

    fn channels(&self) -> usize {
        self.design.padded.len()
    }

    /// Where the log contributions begin.
    fn heights_at(&self) -> usize {
        1 + self.shapes.len() * self.channels()
    }

    /// A place to start: plausible, and different for every chain.
    pub fn start(&self, rng: &mut Rng) -> Vec<f64> {
        let channels = self.channels();
        let mut q = vec![mean(&self.design.y)];
        for prior in &self.shapes {
            for _ in 0..channels {
                let centre = match prior {
                    Prior::Beta(a, b) => a / (a + b),
                    Prior::Gamma(a, rate) => a / rate,
                    _ => 0.7,
                };
                q.push(prior.support().unsee(centre) + 0.3 * rng.normal());
            }
        }
        let typical = mean(&self.design.y).abs().max(0.05);
        for c in 0..channels {
            let share = (0.3 * typical / channels as f64).ln();
            let start = self.design.beliefs[c].map_or(share, |(centre, _)| {
                centre - (self.design.len() as f64).ln()
            });
            q.push(start + 0.3 * rng.normal());
        }
        let spread = sd(&self.design.y);
        q.extend(
            self.design
                .columns
                .iter()
                .map(|_| 0.05 * spread * rng.normal()),
        );
        q.push(spread.max(1e-6).ln() + 0.2 * rng.normal());
        q
    }

    fn shape(&self, q: &[f64], parameter: usize, channel: usize) -> f64 {
        let prior = self.shapes[parameter];
        prior
            .support()
            .see(q[1 + parameter * self.channels() + channel])
            .x
    }

    /// Fills carried series, curves and heights of one channel.
    fn forward(&mut self, q: &[f64], c: usize) {
        let design = self.design;
        let adstock: [f64; 2] = std::array::from_fn(|i| {
            if i < self.n_adstock {
                self.shape(q, i, c)
            } else {
                0.0
            }
        });
        design
            .spec
            .adstock
            .weights(&adstock, &mut self.weights, &mut self.slopes[c]);
        carry(&design.padded[c], &self.weights, &mut self.carried[c]);
        let shape = self.curve_shape(q, c);
        design.spec.saturation.along(
            &self.carried[c],
            &shape,
            &mut self.curve[c],
            &mut self.by_carried[c],
            &mut self.by_shape[c],
        );
        self.heights[c] = q[self.heights_at() + c].exp() / mean(&self.curve[c]);
    }

    fn curve_shape(&self, q: &[f64], c: usize) -> [f64; 2] {
        let rest = self.shapes.len() - self.n_adstock;
        std::array::from_fn(|i| {
            if i < rest {
                self.shape(q, self.n_adstock + i, c)
            } else {
                0.0
            }
        })
    }

    /// Mean of all media contributions over time.
    fn mean_media(&self, q: &[f64]) -> f64 {
        let from = self.heights_at();
        q[from..from + self.channels()]
            .iter()
            .map(|u| u.exp())
            .sum()
    }

    /// Offset between the sampled level and the intercept.
    fn offset(&self, q: &[f64]) -> f64 {
        let from = self.heights_at() + self.channels();
        let columns: f64 = self
            .design
            .columns
            .iter()
            .zip(&q[from..])
            .map(|(column, g)| g * column.centre / column.scale)
            .sum();
        self.mean_media(q) + columns
    }

    /// The parameters of a draw, in the order of [`Design::names`], on the scale of the model.
    pub fn natural(&mut self, q: &[f64]) -> Vec<f64> {
        let channels = self.channels();
        for c in 0..channels {
            self.forward(q, c);
        }
        let mut out = vec![q[0] - self.offset(q)];
        for parameter in 0..self.shapes.len() {
            out.extend((0..channels).map(|c| self.shape(q, parameter, c)));
        }
        out.extend_from_slice(&self.heights);
        let from = self.heights_at() + channels;
        out.extend(
            self.design
                .columns
                .iter()
                .zip(&q[from..])
                .map(|(column, g)| g / column.scale),
        );
        out.push(q[q.len() - 1].exp());
        out
    }

    /// Contribution of each channel in each period for the draw last given to
    /// [`Self::natural`], on the scale of the model.
    pub fn contribution(&self, c: usize) -> impl Iterator<Item = f64> + '_ {
        let height = self.heights[c];
        self.curve[c].iter().map(move |s| height * s)
    }

    /// Total contribution of a channel for that draw.
    #[must_use]
    pub fn total(&self, c: usize) -> f64 {
        self.heights[c] * sum(&self.curve[c])
    }

    fn lift(&mut self, q: &[f64], slope: &mut [f64]) -> f64 {
        let channels = self.channels();
        let mut logp = 0.0;
        for test in &self.design.tests {
            let c = test.channel;
            let shape = self.curve_shape(q, c);
            let curve = self.design.spec.saturation;
            let (from, _, from_slope) = curve.jet(test.from, &shape);
            let (to, _, to_slope) = curve.jet(test.to, &shape);
            let rise = self.heights[c] * (to - from);
            let z = (test.change - rise) / test.sigma;
            logp -= 0.5 * z * z;
            let by_rise = z / test.sigma;
            slope[self.heights_at() + c] += by_rise * rise;
            for i in 0..self.shapes.len() - self.n_adstock {
                let direct = self.heights[c] * (to_slope[i] - from_slope[i]);
                slope[1 + (self.n_adstock + i) * channels + c] += by_rise * direct;
            }
        }
        logp
    }
}

impl nuts::Density for Model<'_> {
    fn dim(&self) -> usize {
        self.heights_at() + self.channels() + self.design.columns.len() + 1
    }

    fn logp(&mut self, q: &[f64], gradient: &mut [f64]) -> f64 {
        let channels = self.channels();
        let design = self.design;
        let n = design.len();
        let heights_at = self.heights_at();
        let linear_at = heights_at + channels;
        let noise_at = linear_at + design.columns.len();
        gradient.fill(0.0);

        // Forward: residual = y - level - (media - its mean) - columns.
        for c in 0..channels {
            self.forward(q, c);
        }
        let level = q[0] - self.mean_media(q);
        for (r, y) in self.residual.iter_mut().zip(&design.y) {
            *r = y - level;
        }
        for c in 0..channels {
            axpy(-self.heights[c], &self.curve[c], &mut self.residual);
        }
        for (column, g) in design.columns.iter().zip(&q[linear_at..noise_at]) {
            axpy(-g, &column.values, &mut self.residual);
        }
        let sigma = q[noise_at].exp();
        let precision = 1.0 / (sigma * sigma);
        let squares = dot(&self.residual, &self.residual);
        let mut logp = -(n as f64) * q[noise_at] - 0.5 * squares * precision;
        let (noise_logp, noise_slope) = NOISE.ln_density(sigma);
        logp += noise_logp + q[noise_at];
        gradient[noise_at] = -(n as f64) + squares * precision + noise_slope * sigma + 1.0;

        // What one more unit of mean is worth, period by period.
        let mut pull = std::mem::take(&mut self.pull);
        for (p, r) in pull.iter_mut().zip(&self.residual) {
            *p = r * precision;
        }
        gradient[0] = sum(&pull);
        for (i, (column, g)) in design
            .columns
            .iter()
            .zip(&q[linear_at..noise_at])
            .enumerate()
        {
            let raw = g / column.scale;
            let (prior, slope) = column.prior.ln_density(raw);
            logp += prior;
            gradient[linear_at + i] = dot(&pull, &column.values) + slope / column.scale;
        }
        let (prior, slope) = INTERCEPT.ln_density(q[0] - self.offset(q));
        logp += prior;
        for (i, column) in design.columns.iter().enumerate() {
            gradient[linear_at + i] -= slope * column.centre / column.scale;
        }
        // Media are centred: raising one period's media lowers every period's level.
        let centring = (gradient[0] + slope) / n as f64;
        gradient[0] += slope;
        for p in &mut pull {
            *p -= centring;
        }

        logp += self.lift(q, gradient);
        for c in 0..channels {
            let height = self.heights[c];
            // Slope by the logarithm of the height, at a fixed curve.
            let mut by_ln_height = gradient[heights_at + c] + height * dot(&pull, &self.curve[c]);
            match design.beliefs[c] {
                // The belief is on the total, which the sampled number is but for a constant.
                Some((centre, spread)) => {
                    let ln_total = q[heights_at + c] + (n as f64).ln();
                    let z = (ln_total - centre) / spread;
                    logp -= 0.5 * z * z;
                    gradient[heights_at + c] = by_ln_height - z / spread;
                }
                None => {
                    let prior = design.spec.saturation.height().1;
                    let (density, slope) = prior.ln_density(height);
                    logp += density + height.ln();
                    by_ln_height += slope * height + 1.0;
                    gradient[heights_at + c] = by_ln_height;
                }
            }
            // A height is exp(log mean contribution) over the mean of the curve: raising the
            // curve lowers the height.
            let lowers = by_ln_height / sum(&self.curve[c]);
            let by_curve = &mut self.by_curve;
            for (d, p) in by_curve.iter_mut().zip(&pull) {
                *d = height * p - lowers;
            }
            for i in 0..self.shapes.len() - self.n_adstock {
                gradient[1 + (self.n_adstock + i) * channels + c] +=
                    dot(by_curve, &self.by_shape[c][i]);
            }
            // Back through the curve to the carried series, then to the weights.
            for (d, by_carried) in by_curve.iter_mut().zip(&self.by_carried[c]) {
                *d *= by_carried;
            }
            let lags = design.spec.adstock.periods;
            for k in 0..lags {
                let by_weight = dot(by_curve, &design.padded[c][lags - 1 - k..][..n]);
                for i in 0..self.n_adstock {
                    gradient[1 + i * channels + c] += by_weight * self.slopes[c][i][k];
                }
            }
        }
        self.pull = pull;

        // From the parameters to the unconstrained scale, with their priors.
        for (i, prior) in self.shapes.iter().enumerate() {
            for c in 0..channels {
                let at = 1 + i * channels + c;
                let seen = Support::see(prior.support(), q[at]);
                let (density, slope) = prior.ln_density(seen.x);
                logp += density + seen.ln_jacobian;
                gradient[at] = (gradient[at] + slope) * seen.slope + seen.ln_jacobian_slope;
            }
        }
        logp
    }
}

#[cfg(test)]
mod tests;
