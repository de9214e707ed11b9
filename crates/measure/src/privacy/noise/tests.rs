#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;
use crate::rng::Rng;

/// Bytes from a seed: for tests alone.
fn bytes(seed: u64) -> impl Bytes<Error = ()> {
    let mut rng = Rng::new(seed, 0);
    move |out: &mut [u8]| {
        for chunk in out.chunks_mut(8) {
            let raw = rng.bits().to_le_bytes();
            chunk.copy_from_slice(&raw[..chunk.len()]);
        }
        Ok(())
    }
}

fn drawn(top: u64, bottom: u64, seed: u64, n: usize) -> Vec<i64> {
    let mut source = bytes(seed);
    let draw = |_| discrete_laplace(top, bottom, &mut source).unwrap();
    (0..n).map(draw).collect()
}

/// The probability of each value, by the definition.
fn probability(x: i64, top: u64, bottom: u64) -> f64 {
    let ratio = (-(bottom as f64) / top as f64).exp();
    (1.0 - ratio) / (1.0 + ratio) * ratio.powi(x.unsigned_abs() as i32)
}

#[test]
fn noise_of_scale_two_has_the_mean_size_of_the_theory() {
    let n = 100_000;
    let drawn = drawn(2, 1, 1, n);
    let size = drawn.iter().map(|x| x.unsigned_abs()).sum::<u64>() as f64 / n as f64;
    assert!((size - 1.919).abs() < 0.03, "{size}");
    let centre = drawn.iter().sum::<i64>() as f64 / n as f64;
    assert!(centre.abs() < 0.03, "{centre}");
}

/// Against the exact probabilities, every cell and all of them together: the last column is the
/// 99.9 % quantile of chi-square with as many degrees of freedom as there are cells but one.
#[test]
#[rustfmt::skip] // A table.
fn the_noise_has_the_distribution_of_the_definition() {
    //          scale      cells -k..k and two tails
    check_fit(     1,    1,   4, 29.59);
    check_fit(     2,    1,   6, 36.12);
    check_fit(    10,    3,   6, 36.12);
    check_fit(  1000,  500,   6, 36.12);
    check_fit(  1000, 2000,   2, 22.46);
    check_fit(  1000,  100,   9, 45.31);
}

#[track_caller]
fn check_fit(top: u64, bottom: u64, k: i64, most: f64) {
    let n = 60_000;
    // A tail each side, and one cell for each value between.
    let mut seen = vec![0_u32; 2 * k as usize + 3];
    for x in drawn(top, bottom, top * 31 + bottom, n) {
        seen[(x.clamp(-k - 1, k + 1) + k + 1) as usize] += 1;
    }
    let middle: f64 = (-k..=k).map(|x| probability(x, top, bottom)).sum();
    let mut chi_square = 0.0;
    for (i, count) in seen.iter().enumerate() {
        let x = i as i64 - k - 1;
        let p = if x.abs() > k {
            (1.0 - middle) / 2.0
        } else {
            probability(x, top, bottom)
        };
        let expected = p * n as f64;
        assert!(
            expected > 20.0,
            "{top}/{bottom}: the cell of {x} is too small to test"
        );
        chi_square += (f64::from(*count) - expected).powi(2) / expected;
    }
    assert!(
        chi_square < most,
        "{top}/{bottom}: {chi_square:.1} of {most}"
    );
}

#[test]
fn a_noisy_count_is_a_count() {
    let mut source = bytes(5);
    assert!((0..1000).all(|_| noisy_count(0, 500, &mut source).unwrap() < 40));
}

/// The interval that is shown holds the true count in nine answers of ten, and is no wider than
/// it must be.
#[test]
fn nine_answers_of_ten_lie_within_reach() {
    for epsilon in [50, 100, 250, 500, 1000, 3000] {
        let reach = i64::try_from(reach(epsilon)).unwrap();
        let within: f64 = (-reach..=reach)
            .map(|x| probability(x, 1000, epsilon))
            .sum();
        assert!(within >= 0.9, "{epsilon}: {within}");
        let narrower: f64 = (1 - reach..reach)
            .map(|x| probability(x, 1000, epsilon))
            .sum();
        assert!(narrower < 0.9, "{epsilon}: {narrower}");
    }
}

#[test]
fn a_generator_that_fails_gives_no_noise() {
    let mut broken = |_: &mut [u8]| Err("no bytes");
    assert_eq!(discrete_laplace(2, 1, &mut broken), Err("no bytes"));
}
