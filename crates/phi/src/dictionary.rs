//! The word table inside the program: what a word may be.
//!
//! `data/words.bin` is built by `scripts/dictionaries/build.py`, which describes the layout. It holds fingerprints, not
//! words, so nothing is unpacked at start: a look-up is one hash and two reads. One unknown word in half a million is
//! mistaken for a known one.

use std::sync::OnceLock;

use crate::fold;
use crate::key::Key;

static TABLE: &[u8] = include_bytes!("../data/words.bin");

/// What a word may be, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bits(pub u16);

impl Bits {
    /// A given name.
    pub const GIVEN: Self = Self(1);
    /// A family name.
    pub const FAMILY: Self = Self(2);
    /// A word of everyday or clinical English.
    pub const COMMON: Self = Self(4);
    /// One of the most frequent words of English.
    pub const CORE: Self = Self(8);
    /// A place of the United States or Canada.
    pub const PLACE: Self = Self(16);
    /// The first word of a place of several words.
    pub const START: Self = Self(32);
    /// A place elsewhere.
    pub const FOREIGN: Self = Self(64);
    /// A name that is also an everyday word.
    pub const AMBIGUOUS: Self = Self(128);
    /// A frequent word of Spanish.
    pub const SPANISH: Self = Self(256);
    /// A frequent given name.
    pub const TOP_GIVEN: Self = Self(512);
    /// A frequent family name.
    pub const TOP_FAMILY: Self = Self(1024);

    /// Both sets.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any of these is set.
    #[must_use]
    pub const fn any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }

    /// Whether all of these are set.
    #[must_use]
    pub const fn all(self, of: Self) -> bool {
        self.0 & of.0 == of.0
    }
}

/// What the table says of one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Word {
    /// What it may be.
    pub bits: Bits,
    /// What it tells the rules.
    pub key: Key,
}

struct Table {
    seed: u64,
    shift: u32,
    classes: Vec<Word>,
    starts: &'static [u8],
    entries: &'static [u8],
}

fn table() -> &'static Table {
    static SHARED: OnceLock<Table> = OnceLock::new();
    SHARED.get_or_init(open)
}

fn open() -> Table {
    let seed = u64::from(number(TABLE, 4));
    let n_classes = size(TABLE, 8);
    let log2 = number(TABLE, 12);
    let names = 24;
    let classes_at = names + size(TABLE, 20);
    let starts_at = classes_at + 4 * n_classes;
    let entries_at = starts_at + 4 * ((1 << log2) + 1);
    let classes = (0..n_classes)
        .map(|n| number(TABLE, classes_at + 4 * n))
        .map(|pair| Word {
            bits: Bits((pair & 0xFFFF) as u16),
            key: Key::from_number(pair >> 16),
        })
        .collect();
    Table {
        seed,
        shift: 64 - log2,
        classes,
        starts: TABLE.get(starts_at..entries_at).unwrap_or_default(),
        entries: TABLE.get(entries_at..).unwrap_or_default(),
    }
}

#[inline]
fn number(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at + 4) {
        Some(&[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]),
        _ => 0,
    }
}

fn size(bytes: &[u8], at: usize) -> usize {
    number(bytes, at) as usize
}

impl Table {
    #[inline]
    fn find(&self, hash: u64) -> Word {
        let mixed =
            ((hash ^ (hash >> 32)).wrapping_add(self.seed)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = mixed ^ (mixed >> 29);
        let bucket = (mixed >> self.shift) as usize;
        let fingerprint = (mixed >> 20) as u32 & 0x3F_FFFF;
        let from = size(self.starts, 4 * bucket);
        let to = size(self.starts, 4 * bucket + 4);
        let bucket = self.entries.get(4 * from..4 * to).unwrap_or_default();
        bucket
            .chunks_exact(4)
            .map(|entry| number(entry, 0))
            .find(|entry| entry >> 10 == fingerprint)
            .and_then(|entry| self.classes.get(entry as usize & 0x3FF))
            .copied()
            .unwrap_or_default()
    }
}

/// Looks a word up by the hash of its folded form.
#[must_use]
#[inline]
pub fn by_hash(hash: u64) -> Word {
    table().find(hash)
}

/// Looks a word, or the words of a place with one space between, up.
#[must_use]
pub fn look_up(word: &str) -> Word {
    by_hash(fold::hash(word))
}

/// How many bytes the dictionary has inside the program.
#[must_use]
pub fn size_bytes() -> usize {
    TABLE.len()
}

/// The names of the groups of words, as the table was built with them.
#[must_use]
pub fn group_names() -> Vec<&'static str> {
    let names = TABLE.get(24..24 + size(TABLE, 20)).unwrap_or_default();
    std::str::from_utf8(names)
        .unwrap_or_default()
        .split_whitespace()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_those_of_the_code() {
        let known: Vec<_> = Key::NAMES.to_vec();
        assert_eq!(group_names(), known);
    }

    #[test]
    fn the_dictionary_is_small() {
        assert!(size_bytes() <= 3_000_000, "{}", size_bytes());
    }

    #[test]
    fn words_say_what_they_may_be() {
        assert!(look_up("Olivia").bits.any(Bits::GIVEN));
        assert!(look_up("Šmith").bits.any(Bits::FAMILY));
        assert!(look_up("metformin").bits.any(Bits::COMMON));
        assert!(look_up("san francisco").bits.any(Bits::PLACE));
        assert!(look_up("mark").bits.all(Bits::AMBIGUOUS.or(Bits::GIVEN)));
        assert_eq!(look_up("mrn").key, Key::Mrn);
        assert_eq!(look_up("qxzzkv"), Word::default());
    }
}
