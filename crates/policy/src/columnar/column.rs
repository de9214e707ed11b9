//! A fact that takes few values: a code for each person, kept as planes of bits, and the values.
//!
//! Code 0 is the empty text, which stands for what nobody stated.

use std::collections::HashMap;

use super::circuit::{Circuit, Leaf, Lit};
use super::run::{Block, WORDS};

/// One bit a person, in whole blocks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Plane(pub(super) Vec<u64>);

impl Plane {
    pub(super) fn get(&self, person: usize) -> bool {
        let word = self.0.get(person / 64).copied().unwrap_or(0);
        word >> (person % 64) & 1 == 1
    }

    pub(super) fn set(&mut self, person: usize, is: bool) {
        let index = person / 64;
        if index >= self.0.len() {
            if !is {
                return;
            }
            self.0.resize((index / WORDS + 1) * WORDS, 0);
        }
        if let Some(word) = self.0.get_mut(index) {
            let bit = 1 << (person % 64);
            *word = if is { *word | bit } else { *word & !bit };
        }
    }

    pub(super) fn block(&self, block: usize) -> Option<&Block> {
        let from = block * WORDS;
        self.0.get(from..from + WORDS)?.try_into().ok()
    }
}

/// A number of a few bits for each person, the lowest bit first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Planes(pub(super) Vec<Plane>);

impl Planes {
    pub(super) fn get(&self, person: usize) -> u32 {
        let bit = |(i, plane): (usize, &Plane)| u32::from(plane.get(person)) << i;
        self.0.iter().enumerate().map(bit).sum()
    }

    pub(super) fn set(&mut self, person: usize, value: u32) {
        let needed = (u32::BITS - value.leading_zeros()) as usize;
        if self.0.len() < needed {
            self.0.resize_with(needed, Plane::default);
        }
        for (i, plane) in self.0.iter_mut().enumerate() {
            plane.set(person, value >> i & 1 == 1);
        }
    }
}

/// A column of codes.
#[derive(Debug, Clone, Default)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) planes: Planes,
    pub(super) values: Vec<String>,
    /// How many people have each value.
    pub(super) counts: Vec<u32>,
    codes: HashMap<String, u32>,
}

impl Column {
    pub(super) fn new(name: &str) -> Self {
        Self::of(name.to_owned(), Planes::default(), vec![String::new()])
    }

    /// A column as a snapshot holds it; counts are still to be filled.
    pub(super) fn of(name: String, planes: Planes, values: Vec<String>) -> Self {
        let codes = values.iter().zip(0..);
        Self {
            name,
            planes,
            counts: vec![0; values.len()],
            codes: codes.map(|(value, code)| (value.clone(), code)).collect(),
            values,
        }
    }

    fn code(&mut self, value: &str) -> u32 {
        if let Some(code) = self.codes.get(value) {
            return *code;
        }
        let code = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value.to_owned());
        self.counts.push(0);
        self.codes.insert(value.to_owned(), code);
        code
    }

    /// Gives a person who had none their value.
    pub(super) fn add(&mut self, person: usize, value: &str) {
        let code = self.code(value);
        if let Some(n) = self.counts.get_mut(code as usize) {
            *n += 1;
        }
        if code != 0 {
            self.planes.set(person, code);
        }
    }

    /// Takes a person's value away.
    pub(super) fn clear(&mut self, person: usize) {
        let code = self.planes.get(person);
        if let Some(n) = self.counts.get_mut(code as usize) {
            *n = n.saturating_sub(1);
        }
        if code != 0 {
            self.planes.set(person, 0);
        }
    }

    /// The values that somebody has.
    pub(super) fn live(&self) -> impl Iterator<Item = &str> {
        let all = self.values.iter().zip(&self.counts);
        all.filter(|(_, n)| **n > 0)
            .map(|(value, _)| value.as_str())
    }

    /// On for those whose value is in the set, given by code; values that nobody has are not
    /// told apart.
    pub(super) fn wire(&self, circuit: &mut Circuit, column: u16, set: &[bool]) -> Lit {
        let wanted = |code: usize| {
            let n = self.counts.get(code).copied().unwrap_or(0);
            (n > 0).then(|| set.get(code).copied().unwrap_or(false))
        };
        branch(circuit, column, &wanted, self.planes.0.len(), 0).unwrap_or(Lit::FALSE)
    }
}

/// The codes that start with these high bits; none when nobody has any of them.
fn branch(
    circuit: &mut Circuit,
    column: u16,
    wanted: &impl Fn(usize) -> Option<bool>,
    level: usize,
    prefix: usize,
) -> Option<Lit> {
    let Some(below) = level.checked_sub(1) else {
        return wanted(prefix).map(Lit::from);
    };
    let low = branch(circuit, column, wanted, below, prefix);
    let high = branch(circuit, column, wanted, below, prefix | 1 << below);
    match (low, high) {
        (Some(low), Some(high)) if low != high => {
            let plane = u16::try_from(below).unwrap_or(u16::MAX);
            let on = circuit.leaf(Leaf::Plane { column, plane });
            Some(circuit.choose(on, high, low))
        }
        (Some(only), _) | (None, Some(only)) => Some(only),
        (None, None) => None,
    }
}
