//! Small numerics: an exponential that vectorises, quantiles, special functions.

use serde::{Deserialize, Serialize};

/// `e^x` by range reduction and a polynomial, written so that loops over it vectorise.
///
/// Relative error under 4e-16 on [-700, 700]; outside it saturates.
#[inline(always)]
#[must_use]
pub fn exp(x: f64) -> f64 {
    // Adding 1.5 * 2^52 rounds to the nearest integer and leaves it in the low bits.
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    const HIGH: f64 = 6.931_471_803_691_238e-1;
    const LOW: f64 = 1.908_214_929_270_587_7e-10;
    let x = x.clamp(-700.0, 700.0);
    let shifted = x * std::f64::consts::LOG2_E + MAGIC;
    let k = shifted - MAGIC;
    let r = (x - k * HIGH) - k * LOW;
    let mut p = 1.0 / 6_227_020_800.0;
    p = p * r + 1.0 / 479_001_600.0;
    p = p * r + 1.0 / 39_916_800.0;
    p = p * r + 1.0 / 3_628_800.0;
    p = p * r + 1.0 / 362_880.0;
    p = p * r + 1.0 / 40_320.0;
    p = p * r + 1.0 / 5_040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    p * f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}

/// Sum of products, in eight lanes so that it vectorises and is the same on every machine.
#[inline(always)]
#[must_use]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mut lanes = [0.0; 8];
    let (whole_a, rest_a) = a.as_chunks::<8>();
    let (whole_b, rest_b) = b.as_chunks::<8>();
    for (x, y) in whole_a.iter().zip(whole_b) {
        for i in 0..8 {
            lanes[i] += x[i] * y[i];
        }
    }
    for (i, (x, y)) in rest_a.iter().zip(rest_b).enumerate() {
        lanes[i] += x * y;
    }
    (lanes[0] + lanes[4]) + (lanes[1] + lanes[5]) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]))
}

/// Sum, in eight lanes.
#[inline(always)]
#[must_use]
pub fn sum(a: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (whole, rest) = a.as_chunks::<8>();
    for x in whole {
        for i in 0..8 {
            lanes[i] += x[i];
        }
    }
    for (i, x) in rest.iter().enumerate() {
        lanes[i] += x;
    }
    (lanes[0] + lanes[4]) + (lanes[1] + lanes[5]) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]))
}

/// `out += factor * x`.
#[inline(always)]
pub fn axpy(factor: f64, x: &[f64], out: &mut [f64]) {
    for (o, x) in out.iter_mut().zip(x) {
        *o += factor * x;
    }
}

/// Arithmetic mean; zero when there is nothing.
#[must_use]
pub fn mean(x: &[f64]) -> f64 {
    if x.is_empty() {
        0.0
    } else {
        sum(x) / x.len() as f64
    }
}

/// Sample standard deviation; zero below two values.
#[must_use]
pub fn sd(x: &[f64]) -> f64 {
    if x.len() < 2 {
        return 0.0;
    }
    let centre = mean(x);
    let squares: f64 = x.iter().map(|v| (v - centre).powi(2)).sum();
    (squares / (x.len() - 1) as f64).sqrt()
}

/// Quantile of sorted values, with linear interpolation; zero when there is nothing.
#[must_use]
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let at = q.clamp(0.0, 1.0) * last as f64;
    let low = at.floor() as usize;
    let high = (low + 1).min(last);
    sorted[low] + (at - low as f64) * (sorted[high] - sorted[low])
}

/// The values in order.
#[must_use]
pub fn sorted(x: &[f64]) -> Vec<f64> {
    let mut out = x.to_vec();
    out.sort_unstable_by(f64::total_cmp);
    out
}

/// What a set of draws says, in five numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// 5 % quantile.
    pub q05: f64,
    /// Median.
    pub q50: f64,
    /// 95 % quantile.
    pub q95: f64,
}

impl Summary {
    /// The summary of these draws.
    #[must_use]
    pub fn of(draws: &[f64]) -> Self {
        let ordered = sorted(draws);
        Self {
            mean: mean(draws),
            sd: sd(draws),
            q05: quantile(&ordered, 0.05),
            q50: quantile(&ordered, 0.5),
            q95: quantile(&ordered, 0.95),
        }
    }

    /// Width of the 90 % interval.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.q95 - self.q05
    }
}

/// Natural logarithm of the gamma function for positive arguments (Lanczos, g = 7).
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    const C: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        let reflected = (std::f64::consts::PI / (std::f64::consts::PI * x).sin()).ln();
        return reflected - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let t = x + 7.5;
    let series = C
        .iter()
        .enumerate()
        .skip(1)
        .fold(C[0], |acc, (i, c)| acc + c / (x + i as f64));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + series.ln()
}

/// Standard normal distribution function.
#[must_use]
pub fn normal_cdf(x: f64) -> f64 {
    // Continued fraction in the tails, series in the middle: both exact to about 1e-15.
    let z = x.abs();
    let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let upper = if z > 5.0 {
        let mut fraction = 0.0;
        for k in (1..=60).rev() {
            fraction = f64::from(k) / (z + fraction);
        }
        density / (z + fraction)
    } else {
        let (mut term, mut total, mut k) = (z, z, 1.0);
        while term > total * 1e-17 && k < 400.0 {
            k += 2.0;
            term *= z * z / k;
            total += term;
        }
        0.5 - density * total
    };
    if x > 0.0 { 1.0 - upper } else { upper }
}

/// Standard normal quantile (Acklam's rational start, one Halley step).
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -39.696_830_286_653_76,
        220.946_098_424_520_5,
        -275.928_510_446_968_96,
        138.357_751_867_269,
        -30.664_798_066_147_16,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -54.476_098_798_224_06,
        161.585_836_858_040_9,
        -155.698_979_859_886_6,
        66.801_311_887_719_72,
        -13.280_681_552_885_72,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -0.322_396_458_041_136_4,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] = [
        7.784_695_709_041_462e-3,
        0.322_467_129_070_039_8,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
    ];
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let tail = |q: f64| {
        let top = ((((C[0] * q + C[1]) * q + C[2]) * q + C[3]) * q + C[4]) * q + C[5];
        top / ((((D[0] * q + D[1]) * q + D[2]) * q + D[3]) * q + 1.0)
    };
    let start = if p < 0.024_25 {
        tail((-2.0 * p.ln()).sqrt())
    } else if p > 1.0 - 0.024_25 {
        -tail((-2.0 * (1.0 - p).ln()).sqrt())
    } else {
        let q = p - 0.5;
        let r = q * q;
        let top = ((((A[0] * r + A[1]) * r + A[2]) * r + A[3]) * r + A[4]) * r + A[5];
        top * q / (((((B[0] * r + B[1]) * r + B[2]) * r + B[3]) * r + B[4]) * r + 1.0)
    };
    let error = normal_cdf(start) - p;
    let u = error * (2.0 * std::f64::consts::PI).sqrt() * (0.5 * start * start).exp();
    start - u / (1.0 + 0.5 * start * u)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_the_library() {
        for i in -6_900..6_900 {
            let x = f64::from(i) * 0.1 + 0.0123;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-15, "{x}");
        }
        assert!((exp(1e-9) - 1.0 - 1e-9).abs() < 1e-15);
    }

    #[test]
    fn normal_functions_are_inverse() {
        assert!((normal_cdf(1.959_963_984_540_054) - 0.975).abs() < 1e-14);
        for p in [1e-9, 0.001, 0.02, 0.3, 0.5, 0.7, 0.99, 0.999_999] {
            assert!(
                (normal_cdf(normal_quantile(p)) / p - 1.0).abs() < 1e-12,
                "{p}"
            );
        }
    }

    #[test]
    fn ln_gamma_knows_factorials() {
        assert!((ln_gamma(11.0) - 3_628_800.0_f64.ln()).abs() < 1e-12);
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-12);
    }

    #[test]
    fn sums_take_every_element() {
        for n in 0..40 {
            let x: Vec<f64> = (0..n).map(f64::from).collect();
            let expected: f64 = x.iter().sum();
            assert!((sum(&x) - expected).abs() < 1e-12);
            let squares: f64 = x.iter().map(|v| v * v).sum();
            assert!((dot(&x, &x) - squares).abs() < 1e-9);
        }
    }
}
