//! Discrete Laplace noise, exactly: integers and coin tosses only (Canonne, Kamath and Steinke
//! 2020), from bytes that the caller takes from the operating system's generator.
//!
//! INVARIANT: no floating point between the random bytes and the noise.

/// Random bytes of cryptographic quality.
pub trait Bytes {
    /// Fills the slice.
    fn fill(&mut self, bytes: &mut [u8]);
}

impl<F: FnMut(&mut [u8])> Bytes for F {
    fn fill(&mut self, bytes: &mut [u8]) {
        self(bytes);
    }
}

/// Uniform in `0..n` without bias.
fn below(n: u64, bytes: &mut impl Bytes) -> u64 {
    let limit = u64::MAX - u64::MAX % n;
    loop {
        let mut raw = [0; 8];
        bytes.fill(&mut raw);
        let value = u64::from_le_bytes(raw);
        if value < limit {
            return value % n;
        }
    }
}

/// True with probability `e^(-top/bottom)`, for `top <= bottom`.
fn bernoulli_exp_small(top: u64, bottom: u64, bytes: &mut impl Bytes) -> bool {
    let mut k: u64 = 1;
    // Each round goes on with probability top / (bottom k).
    while below(bottom.saturating_mul(k), bytes) < top {
        k += 1;
    }
    k % 2 == 1
}

/// True with probability `e^(-top/bottom)`.
fn bernoulli_exp(mut top: u64, bottom: u64, bytes: &mut impl Bytes) -> bool {
    while top > bottom {
        if !bernoulli_exp_small(1, 1, bytes) {
            return false;
        }
        top -= bottom;
    }
    bernoulli_exp_small(top, bottom, bytes)
}

/// Discrete Laplace noise of scale `top / bottom`: `P(x)` falls as `e^(-|x| bottom / top)`.
///
/// A count to which each person adds at most one is private with epsilon `bottom / top`.
pub fn discrete_laplace(top: u64, bottom: u64, bytes: &mut impl Bytes) -> i64 {
    let (top, bottom) = (top.max(1), bottom.max(1));
    loop {
        let u = below(top, bytes);
        if !bernoulli_exp(u, top, bytes) {
            continue;
        }
        let mut v: u64 = 0;
        while bernoulli_exp_small(1, 1, bytes) {
            v += 1;
        }
        let size = (u + top * v) / bottom;
        let is_negative = below(2, bytes) == 1;
        if is_negative && size == 0 {
            continue;
        }
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        return if is_negative { -size } else { size };
    }
}

/// A count with noise, for `epsilon` in thousandths; never below zero.
pub fn noisy_count(count: u64, epsilon_thousandths: u64, bytes: &mut impl Bytes) -> u64 {
    let noise = discrete_laplace(1000, epsilon_thousandths, bytes);
    count.saturating_add_signed(noise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn bytes(seed: u64) -> impl Bytes {
        let mut rng = Rng::new(seed, 0);
        move |out: &mut [u8]| {
            for chunk in out.chunks_mut(8) {
                let raw = rng.bits().to_le_bytes();
                chunk.copy_from_slice(&raw[..chunk.len()]);
            }
        }
    }

    #[test]
    fn noise_of_scale_two_has_the_mean_size_of_the_theory() {
        let mut source = bytes(1);
        let n = 100_000;
        let drawn: Vec<i64> = (0..n)
            .map(|_| discrete_laplace(2, 1, &mut source))
            .collect();
        let size = drawn.iter().map(|x| x.unsigned_abs()).sum::<u64>() as f64 / f64::from(n);
        assert!((size - 1.919).abs() < 0.03, "{size}");
        let centre = drawn.iter().sum::<i64>() as f64 / f64::from(n);
        assert!(centre.abs() < 0.03, "{centre}");
    }

    #[test]
    fn every_value_is_as_likely_as_it_should_be() {
        for (top, bottom) in [(2, 1), (1, 1), (1000, 500), (10, 3)] {
            let mut source = bytes(top * 31 + bottom);
            let n = 60_000;
            let ratio = (-(bottom as f64) / top as f64).exp();
            let mut seen = [0u32; 9];
            for _ in 0..n {
                let x = discrete_laplace(top, bottom, &mut source);
                if (-4..=4).contains(&x) {
                    seen[(x + 4) as usize] += 1;
                }
            }
            for (i, count) in seen.iter().enumerate() {
                let x = i.abs_diff(4) as i32;
                let p = (1.0 - ratio) / (1.0 + ratio) * ratio.powi(x);
                let expected = p * f64::from(n);
                let error = (expected * (1.0 - p)).sqrt();
                assert!(
                    (f64::from(*count) - expected).abs() < 4.5 * error,
                    "{top}/{bottom}: {x}"
                );
            }
        }
    }

    #[test]
    fn a_noisy_count_is_a_count() {
        let mut source = bytes(5);
        assert!((0..1000).all(|_| noisy_count(0, 500, &mut source) < 40));
    }
}
