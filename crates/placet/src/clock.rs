//! The only place that reads the clock and draws randomness.

use placet_domain::ctx::Ctx;
use placet_domain::operator::Actor;
use placet_domain::time::Timestamp;

/// The present instant.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the clock enters the program here"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// 32 bytes from the system's generator.
///
/// # Panics
///
/// Never in practice: the generator of the crypto library fails only when the system has none,
/// and without randomness nothing here may go on.
#[must_use]
#[expect(clippy::expect_used, reason = "without randomness nothing may go on")]
pub fn entropy() -> [u8; 32] {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has a random generator");
    bytes
}

/// The context of an act that this program does by itself; `word` says which part of it.
#[must_use]
pub fn system(word: &'static str) -> Ctx {
    Ctx::new(now(), Actor::System(word), entropy())
}
