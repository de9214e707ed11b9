//! Chance that can be repeated: splitmix64, from a seed.

/// A source of numbers that follows from its seed.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The numbers of one person: the same whoever else is made.
    #[must_use]
    pub fn of(seed: u64, n: usize) -> Self {
        let mut chance = Self(seed ^ (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        chance.next();
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from zero up to, not including, `n`.
    pub fn below(&mut self, n: u32) -> u32 {
        // The bias of a remainder of 64 bits by a few thousand does not matter here.
        u32::try_from(self.next() % u64::from(n.max(1))).unwrap_or(0)
    }

    /// Whether something happens that happens to so many in a thousand.
    pub fn per_mille(&mut self, n: u32) -> bool {
        self.below(1_000) < n
    }

    /// One of a list.
    pub fn one<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let index = self.below(u32::try_from(list.len()).unwrap_or(1)) as usize;
        list.get(index).copied().unwrap_or_default()
    }

    /// An index of a list of weights.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        0
    }
}
