//! Discrete Laplace noise, exactly: integers and coin tosses only (Canonne, Kamath and Steinke
//! 2020), from bytes that the caller takes from the operating system's generator.
//!
//! Why not a library: `opendp` 0.16 draws from the operating system only with a vendored OpenSSL;
//! without it, its own source calls its generator not the secure one. See ADR 10.
//!
//! INVARIANT: no floating point between the random bytes and the noise.
//! INVARIANT: when the generator fails there is no answer; noise is never made of anything else.

/// Random bytes of cryptographic quality, or why there are none.
pub trait Bytes {
    /// Why there are none.
    type Error;

    /// Fills the slice.
    ///
    /// # Errors
    ///
    /// When the generator gives none.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error>;
}

impl<E, F: FnMut(&mut [u8]) -> Result<(), E>> Bytes for F {
    type Error = E;

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), E> {
        self(bytes)
    }
}

/// Uniform in `0..n` without bias.
fn below<B: Bytes>(n: u64, bytes: &mut B) -> Result<u64, B::Error> {
    let limit = u64::MAX - u64::MAX % n;
    loop {
        let mut raw = [0; 8];
        bytes.fill(&mut raw)?;
        let value = u64::from_le_bytes(raw);
        if value < limit {
            return Ok(value % n);
        }
    }
}

/// True with probability `e^(-top/bottom)`, for `top <= bottom`.
fn bernoulli_exp_small<B: Bytes>(top: u64, bottom: u64, bytes: &mut B) -> Result<bool, B::Error> {
    let mut k: u64 = 1;
    // Each round goes on with probability top / (bottom k).
    while below(bottom.saturating_mul(k), bytes)? < top {
        k += 1;
    }
    Ok(k % 2 == 1)
}

/// Discrete Laplace noise of scale `top / bottom`: `P(x)` falls as `e^(-|x| bottom / top)`.
///
/// A count to which each person adds at most one is private with epsilon `bottom / top`.
///
/// # Errors
///
/// When the generator gives no bytes.
pub fn discrete_laplace<B: Bytes>(top: u64, bottom: u64, bytes: &mut B) -> Result<i64, B::Error> {
    let (top, bottom) = (top.max(1), bottom.max(1));
    loop {
        let u = below(top, bytes)?;
        if !bernoulli_exp_small(u, top, bytes)? {
            continue;
        }
        let mut v: u64 = 0;
        while bernoulli_exp_small(1, 1, bytes)? {
            v += 1;
        }
        let size = (u + top * v) / bottom;
        let is_negative = below(2, bytes)? == 1;
        if is_negative && size == 0 {
            continue;
        }
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        return Ok(if is_negative { -size } else { size });
    }
}

/// A count with noise, for `epsilon` in thousandths; never below zero.
///
/// # Errors
///
/// When the generator gives no bytes.
pub fn noisy_count<B: Bytes>(
    count: u64,
    epsilon_thousandths: u64,
    bytes: &mut B,
) -> Result<u64, B::Error> {
    let noise = discrete_laplace(1000, epsilon_thousandths, bytes)?;
    Ok(count.saturating_add_signed(noise))
}

/// How far the noise reaches in nine answers of ten: the half width of a 90 % interval.
#[must_use]
pub fn reach(epsilon_thousandths: u64) -> u64 {
    // P(|x| > k) = 2 r^(k + 1) / (1 + r) with r = e^(-epsilon).
    let r = (-(epsilon_thousandths.max(1) as f64) / 1000.0).exp();
    let k = (0.1 * (1.0 + r) / 2.0).ln() / r.ln() - 1.0;
    k.ceil().max(0.0) as u64
}

#[cfg(test)]
mod tests;
