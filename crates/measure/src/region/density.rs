//! The density of the regional model, with its Gaussian part integrated out.
//!
//! Given noise and spread of controls, what is left of the outcome after media has the covariance
//! `noise^2 I + A D A'`. Weeks are eliminated first (their block is diagonal), which leaves one
//! matrix over region levels and regional controls; its factor is fixed along a walk.

use super::data::Regions;
use crate::linear::{Factor, Square};
use crate::mmm::prior::Support;
use crate::numeric::{axpy, dot};
use crate::nuts;
use crate::rng::Rng;

/// Mean and spread of the logarithm of a channel's return, before the data.
pub const ROI: (f64, f64) = (0.2, 0.9);
/// Variance of weeks, region levels and mean controls, before the data.
const WIDE: f64 = 25.0;
/// Ends between which half saturation lies.
const EC: (f64, f64) = (0.1, 10.0);

/// The Gaussian part for one noise and one spread of each control.
struct Block {
    factor: Factor,
    week_precision: f64,
    ln_determinants: f64,
}

/// The model over its data, with room to work in.
pub struct Model<'a> {
    data: &'a Regions,
    g: usize,
    t: usize,
    /// `A_u' A_u` and `A_u' A_week A_week' A_u`: fixed by the design.
    own: Square,
    shared: Square,
    noise: f64,
    spreads: Vec<f64>,
    block: Option<Block>,
    mean_controls: Vec<f64>,
    carried: Vec<f64>,
    by_alpha: Vec<f64>,
    curve: Vec<Vec<f64>>,
    by_carried: Vec<Vec<f64>>,
    carried_by_alpha: Vec<Vec<f64>>,
    curve_by_ec: Vec<Vec<f64>>,
    tilt: Vec<Vec<f64>>,
    height: Vec<f64>,
    scale: Vec<f64>,
    pub(super) residual: Vec<f64>,
    left: Vec<f64>,
}

impl<'a> Model<'a> {
    pub fn new(data: &'a Regions) -> Self {
        let (g, t, m) = (data.regions.len(), data.weeks, data.channels.len());
        let cells = g * t;
        let series = || vec![vec![0.0; cells]; m];
        let mut model = Self {
            data,
            g,
            t,
            own: Square::zero(0),
            shared: Square::zero(0),
            noise: 0.3,
            spreads: vec![0.2; data.controls.len()],
            block: None,
            mean_controls: vec![0.0; data.controls.len()],
            carried: vec![0.0; cells],
            by_alpha: vec![0.0; cells],
            curve: series(),
            by_carried: series(),
            carried_by_alpha: series(),
            curve_by_ec: series(),
            tilt: vec![vec![1.0; g]; m],
            height: vec![0.0; m],
            scale: vec![0.0; m],
            residual: vec![0.0; cells],
            left: vec![0.0; cells],
        };
        model.products();
        model.block = model.block_at(model.noise, &model.spreads);
        model
    }

    fn m(&self) -> usize {
        self.data.channels.len()
    }

    /// Region levels (all but the base), then each control by region.
    fn width(&self) -> usize {
        self.g - 1 + self.g * self.data.controls.len()
    }

    /// How many parameters are integrated.
    pub fn integrated(&self) -> usize {
        self.width() + self.t + self.data.controls.len()
    }

    /// `A_u' f` for a field over weeks and regions.
    fn gather(&self, field: &[f64]) -> Vec<f64> {
        let (g, c) = (self.g, self.data.controls.len());
        let mut sums = vec![vec![0.0; g]; c + 1];
        for t in 0..self.t {
            let row = &field[t * g..(t + 1) * g];
            axpy(1.0, row, &mut sums[0]);
            for (k, z) in self.data.z.iter().enumerate() {
                let z = &z[t * g..(t + 1) * g];
                for ((s, f), z) in sums[k + 1].iter_mut().zip(row).zip(z) {
                    *s += f * z;
                }
            }
        }
        let levels = (0..g).filter(|r| *r != self.data.base).map(|r| sums[0][r]);
        levels.chain(sums[1..].iter().flatten().copied()).collect()
    }

    /// Subtracts `A_u u` from a field.
    fn scatter(&self, u: &[f64], field: &mut [f64]) {
        let g = self.g;
        let (levels, controls) = u.split_at(g - 1);
        let mut level = levels.to_vec();
        level.insert(self.data.base, 0.0);
        for t in 0..self.t {
            let row = &mut field[t * g..(t + 1) * g];
            axpy(-1.0, &level, row);
            for (k, z) in self.data.z.iter().enumerate() {
                let z = &z[t * g..(t + 1) * g];
                let own = &controls[k * g..(k + 1) * g];
                for ((f, z), own) in row.iter_mut().zip(z).zip(own) {
                    *f -= z * own;
                }
            }
        }
    }

    fn products(&mut self) {
        let (g, n) = (self.g, self.width());
        let region = |i: usize| -> (usize, Option<usize>) {
            if i < g - 1 {
                (if i < self.data.base { i } else { i + 1 }, None)
            } else {
                ((i - (g - 1)) % g, Some((i - (g - 1)) / g))
            }
        };
        let value = |i: usize, t: usize| {
            let (r, control) = region(i);
            control.map_or(1.0, |k| self.data.z[k][t * g + r])
        };
        let columns: Vec<Vec<f64>> = (0..n)
            .map(|i| (0..self.t).map(|t| value(i, t)).collect())
            .collect();
        let (mut own, mut shared) = (Square::zero(n), Square::zero(n));
        for i in 0..n {
            for j in 0..n {
                let product = dot(&columns[i], &columns[j]);
                shared.at[i * n + j] = product;
                if region(i).0 == region(j).0 {
                    own.at[i * n + j] = product;
                }
            }
        }
        self.own = own;
        self.shared = shared;
    }

    fn block_at(&self, noise: f64, spreads: &[f64]) -> Option<Block> {
        let (g, n) = (self.g, self.width());
        let precision = 1.0 / (noise * noise);
        let week_precision = g as f64 * precision + 1.0 / WIDE;
        let share = precision * precision / week_precision;
        let mut matrix = Square::zero(n);
        for (i, cell) in matrix.at.iter_mut().enumerate() {
            *cell = self.own.at[i] * precision - self.shared.at[i] * share;
        }
        for i in 0..g - 1 {
            matrix.add(i, i, 1.0 / WIDE);
        }
        let mut ln_prior = self.t as f64 * WIDE.ln() + (g - 1) as f64 * WIDE.ln();
        for (k, spread) in spreads.iter().enumerate() {
            // Controls by region share a mean: covariance spread^2 I + WIDE 11'.
            let variance = spread * spread;
            let common = WIDE / (variance + WIDE * g as f64) / variance;
            let from = g - 1 + k * g;
            for i in 0..g {
                matrix.add(from + i, from + i, 1.0 / variance);
                for j in 0..g {
                    matrix.add(from + i, from + j, -common);
                }
            }
            ln_prior += g as f64 * variance.ln() + (1.0 + WIDE * g as f64 / variance).ln();
        }
        let factor = matrix.cholesky()?;
        let ln_determinants = (g * self.t) as f64 * (noise * noise).ln()
            + ln_prior
            + self.t as f64 * week_precision.ln()
            + factor.ln_determinant();
        Some(Block {
            factor,
            week_precision,
            ln_determinants,
        })
    }

    /// Fills `left` with what the Gaussian part leaves of the residual; gives the quadratic form
    /// and the best region levels and controls.
    fn explain(&mut self, block: &Block, noise: f64) -> (f64, Vec<f64>) {
        let (g, precision) = (self.g, 1.0 / (noise * noise));
        let week = precision / block.week_precision;
        self.left.copy_from_slice(&self.residual);
        for t in 0..self.t {
            let row = &mut self.left[t * g..(t + 1) * g];
            let total: f64 = crate::numeric::sum(row);
            for f in row {
                *f -= week * total;
            }
        }
        let mut u = self.gather(&self.left);
        for v in &mut u {
            *v *= precision;
        }
        block.factor.solve(&mut u);
        // Best weeks given the best rest: shrunken means of what is left.
        let mut left = std::mem::take(&mut self.left);
        left.copy_from_slice(&self.residual);
        self.scatter(&u, &mut left);
        for t in 0..self.t {
            let row = &mut left[t * g..(t + 1) * g];
            let total: f64 = crate::numeric::sum(row);
            for f in row {
                *f -= week * total;
            }
        }
        self.left = left;
        (dot(&self.residual, &self.left) * precision, u)
    }

    /// Log of the marginal density of the residual, for one noise and spreads.
    pub(super) fn marginal(&mut self, noise: f64, spreads: &[f64]) -> f64 {
        let Some(block) = self.block_at(noise, spreads) else {
            return f64::NEG_INFINITY;
        };
        let (quadratic, _) = self.explain(&block, noise);
        -0.5 * (block.ln_determinants + quadratic)
    }

    /// Prior of noise or a spread (half-normal of scale 5) on the logarithm's scale.
    fn scale_prior(value: f64) -> f64 {
        -0.5 * (value / 5.0).powi(2) + value.ln()
    }

    fn layout(&self, kind: usize, m: usize) -> usize {
        kind * self.m() + m
    }

    fn ec_at(q: f64) -> (f64, f64, f64, f64) {
        let seen = Support::Unit.see(q);
        let width = EC.1 - EC.0;
        (
            EC.0 + width * seen.x,
            width * seen.slope,
            seen.ln_jacobian,
            seen.ln_jacobian_slope,
        )
    }

    /// Carries over, bends, and finds heights from returns, for every channel.
    pub(super) fn forward(&mut self, q: &[f64]) {
        let (g, lag, cells) = (self.g, self.data.max_lag, self.g * self.t);
        for m in 0..self.m() {
            let alpha = Support::Unit.see(q[m]).x;
            let ec = Self::ec_at(q[self.layout(1, m)]).0;
            // A window that slides: out goes what is too old, in comes the new week.
            let last = alpha.powi(lag as i32 + 1);
            let last_slope = (lag + 1) as f64 * alpha.powi(lag as i32);
            let (mut total, mut total_slope) = (0.0, 0.0);
            for _ in 0..=lag {
                total_slope = total_slope * alpha + total;
                total = total * alpha + 1.0;
            }
            let x = &self.data.x[m];
            for t in 0..self.t {
                let (from, to) = (t * g, (t + 1) * g);
                let (before, now) = self.carried.split_at_mut(from);
                let (before_slope, now_slope) = self.by_alpha.split_at_mut(from);
                let (now, now_slope) = (&mut now[..g], &mut now_slope[..g]);
                now.copy_from_slice(&x[from..to]);
                now_slope.fill(0.0);
                if t > 0 {
                    let (a, d) = (&before[from - g..], &before_slope[from - g..]);
                    for i in 0..g {
                        now[i] += alpha * a[i];
                        now_slope[i] = alpha * d[i] + a[i];
                    }
                }
                if t > lag {
                    let old = &x[(t - lag - 1) * g..(t - lag) * g];
                    for i in 0..g {
                        now[i] -= last * old[i];
                        now_slope[i] -= last_slope * old[i];
                    }
                }
            }
            let over = 1.0 / total;
            let drop = total_slope * over;
            let (curve, by_carried) = (
                &mut self.curve[m][..cells],
                &mut self.by_carried[m][..cells],
            );
            let (by_alpha, by_ec) = (
                &mut self.carried_by_alpha[m][..cells],
                &mut self.curve_by_ec[m][..cells],
            );
            let (raw, raw_slope) = (&self.carried[..cells], &self.by_alpha[..cells]);
            for i in 0..cells {
                let a = raw[i] * over;
                by_alpha[i] = raw_slope[i] * over - a * drop;
                let under = 1.0 / (a + ec);
                curve[i] = a * under;
                by_carried[i] = ec * under * under;
                by_ec[i] = -a * under * under;
            }
            self.height_of(q, m);
        }
    }

    /// Height from the return: what a channel brought is its return times its spend.
    fn height_of(&mut self, q: &[f64], m: usize) {
        let g = self.g;
        let eta = q[self.layout(2, m)].exp();
        let roi = q[self.layout(3, m)].exp();
        let deviations = &q[self.layout(4, 0) + m * g..][..g];
        for (tilt, d) in self.tilt[m].iter_mut().zip(deviations) {
            *tilt = (eta * d).exp();
        }
        let mut sums = vec![0.0; g];
        for t in 0..self.t {
            let (h, w) = (
                &self.curve[m][t * g..(t + 1) * g],
                &self.data.weight[t * g..(t + 1) * g],
            );
            for i in 0..g {
                sums[i] += h[i] * w[i];
            }
        }
        self.scale[m] = dot(&sums, &self.tilt[m]);
        self.height[m] = roi * self.data.spend[m] / self.scale[m];
    }

    pub(super) fn remain(&mut self) {
        let g = self.g;
        self.residual.copy_from_slice(&self.data.y);
        for m in 0..self.m() {
            let own: Vec<f64> = self.tilt[m].iter().map(|t| t * self.height[m]).collect();
            for t in 0..self.t {
                let row = &mut self.residual[t * g..(t + 1) * g];
                let h = &self.curve[m][t * g..(t + 1) * g];
                for i in 0..g {
                    row[i] -= own[i] * h[i];
                }
            }
        }
    }

    /// A place to start.
    pub fn start(&self, rng: &mut Rng) -> Vec<f64> {
        let m = self.m();
        let mut q = Vec::new();
        q.extend((0..m).map(|_| -0.5 + 0.3 * rng.normal()));
        q.extend((0..m).map(|_| -2.2 + 0.2 * rng.normal()));
        q.extend((0..m).map(|_| -1.2 + 0.2 * rng.normal()));
        q.extend((0..m).map(|_| 0.2 + 0.3 * rng.normal()));
        q.extend((0..m * self.g).map(|_| 0.1 * rng.normal()));
        q
    }

    /// Names of the shared parameters.
    pub fn names(&self) -> Vec<String> {
        let mut out = Vec::new();
        for kind in ["alpha_m", "ec_m", "eta_m", "roi_m", "beta_m"] {
            out.extend(self.data.channels.iter().map(|c| format!("{kind}[{c}]")));
        }
        out.push("sigma".to_owned());
        for kind in ["xi_c", "gamma_c"] {
            out.extend(self.data.controls.iter().map(|c| format!("{kind}[{c}]")));
        }
        out
    }

    /// The shared parameters of a draw, in the order of [`Self::names`].
    pub fn natural(&mut self, q: &[f64], held: &[f64]) -> Vec<f64> {
        let m = self.m();
        self.forward(q);
        let mut out: Vec<f64> = (0..m).map(|i| Support::Unit.see(q[i]).x).collect();
        out.extend((0..m).map(|i| Self::ec_at(q[m + i]).0));
        out.extend((0..2 * m).map(|i| q[2 * m + i].exp()));
        out.extend(self.height.iter().map(|h| h.ln()));
        out.extend_from_slice(held);
        out
    }
}

impl nuts::Density for Model<'_> {
    fn dim(&self) -> usize {
        4 * self.m() + self.m() * self.g
    }

    fn logp(&mut self, q: &[f64], gradient: &mut [f64]) -> f64 {
        let (g, m) = (self.g, self.m());
        gradient.fill(0.0);
        self.forward(q);
        self.remain();
        let Some(block) = self.block.take() else {
            return f64::NEG_INFINITY;
        };
        let (quadratic, _) = self.explain(&block, self.noise);
        self.block = Some(block);
        let mut logp = -0.5 * quadratic;
        let precision = 1.0 / (self.noise * self.noise);
        // `left` over the noise is what one more unit of media would be worth.
        for c in 0..m {
            let height = self.height[c];
            let mut by_region = vec![0.0; g];
            let mut worth = vec![0.0; g];
            for t in 0..self.t {
                let at = t * g..(t + 1) * g;
                let (h, l, w) = (
                    &self.curve[c][at.clone()],
                    &self.left[at.clone()],
                    &self.data.weight[at],
                );
                for i in 0..g {
                    by_region[i] += l[i] * h[i];
                    worth[i] += w[i] * h[i];
                }
            }
            let tilt = &self.tilt[c];
            // Slope by each region's log effect, at fixed height; their sum is that by the height.
            let along: Vec<f64> = (0..g)
                .map(|i| precision * height * tilt[i] * by_region[i])
                .collect();
            let by_height: f64 = along.iter().sum();
            let over = by_height / self.scale[c];
            let (mut by_alpha, mut by_ec) = (0.0, 0.0);
            let mut by_curve = vec![0.0; g];
            for t in 0..self.t {
                let at = t * g..(t + 1) * g;
                let (l, w) = (&self.left[at.clone()], &self.data.weight[at.clone()]);
                for i in 0..g {
                    by_curve[i] = tilt[i] * (precision * height * l[i] - over * w[i]);
                }
                by_ec += dot(&by_curve, &self.curve_by_ec[c][at.clone()]);
                for (b, d) in by_curve.iter_mut().zip(&self.by_carried[c][at.clone()]) {
                    *b *= d;
                }
                by_alpha += dot(&by_curve, &self.carried_by_alpha[c][at]);
            }
            let alpha = Support::Unit.see(q[c]);
            logp += alpha.ln_jacobian;
            gradient[c] = by_alpha * alpha.slope + alpha.ln_jacobian_slope;

            let at = self.layout(1, c);
            let (ec, slope, ln_jacobian, ln_slope) = Self::ec_at(q[at]);
            let z = (ec - 0.8) / 0.8;
            logp += -0.5 * z * z + ln_jacobian;
            gradient[at] = (by_ec - z / 0.8) * slope + ln_slope;

            let eta = q[self.layout(2, c)].exp();
            let from = self.layout(4, 0) + c * g;
            let mut by_eta = 0.0;
            for i in 0..g {
                let d = q[from + i];
                let own = along[i] - over * tilt[i] * worth[i];
                by_eta += own * d;
                gradient[from + i] = own * eta - d;
                logp -= 0.5 * d * d;
            }
            logp += -0.5 * eta * eta + eta.ln();
            gradient[self.layout(2, c)] = (by_eta - eta) * eta + 1.0;

            let at = self.layout(3, c);
            let z = (q[at] - ROI.0) / ROI.1;
            logp -= 0.5 * z * z;
            gradient[at] = by_height - z / ROI.1;
        }
        logp
    }

    fn refresh(&mut self, q: &[f64], rng: &mut Rng) -> bool {
        self.forward(q);
        self.remain();
        // One slice step for each scale, on its logarithm.
        for k in 0..=self.spreads.len() {
            let (noise, spreads) = (self.noise, self.spreads.clone());
            let here = if k == 0 { noise } else { spreads[k - 1] };
            let value = |this: &mut Self, x: f64| {
                let mut s = spreads.clone();
                let mut n = noise;
                if k == 0 {
                    n = x;
                } else {
                    s[k - 1] = x;
                }
                this.marginal(n, &s) + Self::scale_prior(x)
            };
            let width = if k == 0 { 0.03 } else { 0.5 };
            let level = value(self, here) + rng.uniform().ln();
            let (mut low, mut high) = (here.ln() - width * rng.uniform(), 0.0);
            high += low + width;
            for _ in 0..40 {
                if value(self, low.exp()) <= level {
                    break;
                }
                low -= width;
            }
            for _ in 0..40 {
                if value(self, high.exp()) <= level {
                    break;
                }
                high += width;
            }
            let mut next = here;
            for _ in 0..60 {
                let x = low + (high - low) * rng.uniform();
                if value(self, x.exp()) > level {
                    next = x.exp();
                    break;
                }
                if x < here.ln() {
                    low = x;
                } else {
                    high = x;
                }
            }
            if k == 0 {
                self.noise = next;
            } else {
                self.spreads[k - 1] = next;
            }
        }
        self.block = self.block_at(self.noise, &self.spreads);
        self.draw_mean_controls(rng);
        true
    }

    fn held(&self) -> Vec<f64> {
        let mut out = vec![self.noise];
        out.extend_from_slice(&self.spreads);
        out.extend_from_slice(&self.mean_controls);
        out
    }
}

impl Model<'_> {
    /// A draw of the regional controls, then of their mean.
    fn draw_mean_controls(&mut self, rng: &mut Rng) {
        let Some(block) = self.block.take() else {
            return;
        };
        let (_, mut u) = self.explain(&block, self.noise);
        let mut scatter: Vec<f64> = u.iter().map(|_| rng.normal()).collect();
        block.factor.backward(&mut scatter);
        axpy(1.0, &scatter, &mut u);
        self.block = Some(block);
        let g = self.g;
        for (k, spread) in self.spreads.iter().enumerate() {
            let own = &u[g - 1 + k * g..][..g];
            let precision = g as f64 / (spread * spread) + 1.0 / WIDE;
            let centre = own.iter().sum::<f64>() / (spread * spread) / precision;
            self.mean_controls[k] = centre + rng.normal() / precision.sqrt();
        }
    }
}
