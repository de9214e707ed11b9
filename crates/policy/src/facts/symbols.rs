//! Codes as numbers. Constants of the packs have one each; other texts a hash.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The constants of a pack.
#[derive(Debug, Clone, Default)]
pub(crate) struct Symbols {
    numbers: HashMap<String, u32, BuildHasherDefault<Fnv>>,
}

/// Set on texts that no pack names, so that they never meet a constant.
const UNNAMED: u32 = 1 << 31;

impl Symbols {
    pub(crate) fn intern(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX) & !UNNAMED;
        self.numbers.insert(text.to_owned(), number);
        number
    }

    pub(crate) fn find(&self, text: &str) -> u32 {
        match self.numbers.get(text) {
            Some(number) => *number,
            None => UNNAMED | (hash(text) & !UNNAMED),
        }
    }
}

/// The lower bits of FNV-1a: the same on every machine and in every year.
fn hash(text: &str) -> u32 {
    let mut hasher = Fnv::default();
    hasher.write(text.as_bytes());
    let [_, _, _, _, rest @ ..] = hasher.finish().to_be_bytes();
    u32::from_be_bytes(rest)
}

/// FNV-1a. Quick on the short codes of packs, which are no one's to choose.
#[derive(Debug, Clone, Copy)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
