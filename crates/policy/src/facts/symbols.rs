//! Codes as numbers. Constants of the packs have one each; other texts a hash.

use std::collections::HashMap;

/// The constants of a pack.
#[derive(Debug, Clone, Default)]
pub(crate) struct Symbols {
    numbers: HashMap<String, u32>,
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

/// FNV-1a: the same on every machine and in every year.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
