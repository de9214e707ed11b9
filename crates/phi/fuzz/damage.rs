//! Inputs that gave a new kind of answer, damaged at random: the part of fuzzing that every target shares.
//!
//! Blind to coverage, but not to what comes out.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The longest input that is run.
const LONGEST: usize = 1 << 16;

/// What is damaged, and with what.
pub struct Damage {
    chance: u64,
    kept: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    seen: HashSet<u64>,
}

impl Damage {
    pub fn new(seed: u64, kept: Vec<Vec<u8>>, words: &[&str]) -> Self {
        Self {
            chance: seed | 1,
            kept,
            words: words.iter().map(|word| word.as_bytes().to_vec()).collect(),
            seen: HashSet::new(),
        }
    }

    pub fn n_seen(&self) -> usize {
        self.seen.len()
    }

    /// Whether this kind of answer is new; the input that gave it is damaged further.
    pub fn is_new(&mut self, answer: &str, input: &[u8]) -> bool {
        let is_new = self.seen.insert(hash(answer.as_bytes()));
        if is_new {
            self.kept.push(input.to_vec());
        }
        is_new
    }

    /// Xorshift: the same seed gives the same run.
    pub fn below(&mut self, most: usize) -> usize {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance >> 11) as usize % most.max(1)
    }

    /// One kept input, damaged in one to eight places.
    pub fn next_input(&mut self) -> Vec<u8> {
        let at = self.below(self.kept.len());
        let mut input = self.kept[at].clone();
        for _ in 0..=self.below(8) {
            self.once(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn once(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = (at + self.below(24)).min(input.len());
        match self.below(9) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 => drop(input.drain(at..end)),
            2 => {
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            3 => {
                let (other, from) = (self.below(self.kept.len()), self.below(4_096));
                let other = &self.kept[other];
                let from = from.min(other.len());
                let piece = other[from..(from + 64).min(other.len())].to_vec();
                input.splice(at..end, piece);
            }
            4 => {
                let piece = input[at..end].repeat(1 + self.below(200));
                input.splice(at..at, piece);
            }
            _ => {
                let word = self.below(self.words.len());
                let word = self.words[word].clone();
                input.splice(at..end.min(at + 8), word);
            }
        }
    }
}

pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
