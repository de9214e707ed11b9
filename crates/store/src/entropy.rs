//! Where keys and nonces come from: the operating system, or a seed in tests and the simulator.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::StoreError;

/// A source of random bytes.
#[derive(Debug, Clone)]
pub struct Entropy(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Seeded(Arc<AtomicU64>),
}

/// The golden ratio in 64 bits, the step of SplitMix64.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Entropy {
    /// The operating system's generator.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// The same bytes for the same seed. For tests and the simulator only: what it seals is not
    /// secret.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(AtomicU64::new(seed))))
    }

    /// Fills `bytes`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when the operating system gives none.
    pub fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
        match &self.0 {
            Source::System => aws_lc_rs::rand::fill(bytes).map_err(|_| StoreError::Unavailable),
            Source::Seeded(state) => {
                for chunk in bytes.chunks_mut(8) {
                    let word = split_mix(state.fetch_add(STEP, Ordering::Relaxed));
                    for (to, from) in chunk.iter_mut().zip(word.to_le_bytes()) {
                        *to = from;
                    }
                }
                Ok(())
            }
        }
    }

    /// An array of random bytes.
    ///
    /// # Errors
    ///
    /// As [`Entropy::fill`].
    pub fn draw<const N: usize>(&self) -> Result<[u8; N], StoreError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}

fn split_mix(state: u64) -> u64 {
    let mut word = state.wrapping_add(STEP);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
