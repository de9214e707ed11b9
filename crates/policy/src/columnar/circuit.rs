//! Conditions over columns as a circuit of `and` and `not`, each gate built once.
//!
//! A three-valued condition is two wires ([`Tern`]): known and true, known and false. Where a
//! fact is always known the second wire is the first one negated, and costs nothing.

use std::collections::HashMap;

use crate::ir::Truth;

/// A wire: a gate, or its negation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Lit(u32);

impl Lit {
    pub(super) const FALSE: Self = Self(0);
    pub(super) const TRUE: Self = Self(1);

    fn of(gate: usize) -> Self {
        Self(u32::try_from(gate).unwrap_or(u32::MAX >> 1) << 1)
    }

    pub(super) const fn not(self) -> Self {
        Self(self.0 ^ 1)
    }

    pub(super) const fn is_negated(self) -> bool {
        self.0 & 1 == 1
    }

    pub(super) const fn gate(self) -> usize {
        (self.0 >> 1) as usize
    }
}

impl From<bool> for Lit {
    fn from(is: bool) -> Self {
        if is { Self::TRUE } else { Self::FALSE }
    }
}

/// What a gate reads from the population.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Leaf {
    /// One bit of a column's code.
    Plane { column: u16, plane: u16 },
    /// One bit of the day of birth.
    Born(u16),
    /// The place belongs to a person.
    Present,
    /// A record of this form is held.
    Holds(u32),
    /// It is held, and its last day lies before this one.
    EndsBefore { form: u32, day: u16 },
    /// It is held, and its own day lies before this one.
    DatedBefore { form: u32, day: u16 },
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Gate {
    False,
    Leaf(Leaf),
    And(Lit, Lit),
}

/// Known and true; known and false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tern {
    pub(super) t: Lit,
    pub(super) f: Lit,
}

impl Tern {
    pub(super) const UNKNOWN: Self = Self {
        t: Lit::FALSE,
        f: Lit::FALSE,
    };

    /// A condition that is never unknown.
    pub(super) const fn known(t: Lit) -> Self {
        Self { t, f: t.not() }
    }

    pub(super) const fn not(self) -> Self {
        Self {
            t: self.f,
            f: self.t,
        }
    }
}

impl From<Truth> for Tern {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::True => Self::known(Lit::TRUE),
            Truth::False => Self::known(Lit::FALSE),
            Truth::Unknown => Self::UNKNOWN,
        }
    }
}

/// The gates built so far.
#[derive(Debug, Clone)]
pub(super) struct Circuit {
    pub(super) gates: Vec<Gate>,
    ands: HashMap<(Lit, Lit), Lit>,
    leaves: HashMap<Leaf, Lit>,
}

impl Circuit {
    pub(super) fn new() -> Self {
        Self {
            gates: vec![Gate::False],
            ands: HashMap::new(),
            leaves: HashMap::new(),
        }
    }

    pub(super) fn leaf(&mut self, leaf: Leaf) -> Lit {
        if let Some(lit) = self.leaves.get(&leaf) {
            return *lit;
        }
        let lit = self.add(Gate::Leaf(leaf));
        self.leaves.insert(leaf, lit);
        lit
    }

    fn add(&mut self, gate: Gate) -> Lit {
        let lit = Lit::of(self.gates.len());
        self.gates.push(gate);
        lit
    }

    pub(super) fn gate(&self, lit: Lit) -> Gate {
        self.gates.get(lit.gate()).copied().unwrap_or(Gate::False)
    }

    pub(super) fn and(&mut self, a: Lit, b: Lit) -> Lit {
        let (a, b) = (a.min(b), a.max(b));
        if a == Lit::FALSE || a == b.not() {
            return Lit::FALSE;
        }
        if a == Lit::TRUE || a == b {
            return b;
        }
        // What one side says of the other needs no gate of its own.
        for (one, other) in [(a, b), (b, a)] {
            if let Gate::And(x, y) = self.gate(other) {
                let says_no = one == x.not() || one == y.not();
                let says_yes = one == x || one == y;
                match (other.is_negated(), says_yes, says_no) {
                    (false, true, _) => return other,
                    (false, _, true) => return Lit::FALSE,
                    (true, _, true) => return one,
                    (true, true, _) => {
                        let rest = if one == x { y } else { x };
                        return self.and(one, rest.not());
                    }
                    _ => {}
                }
            }
        }
        if let Some(lit) = self.ands.get(&(a, b)) {
            return *lit;
        }
        let lit = self.add(Gate::And(a, b));
        self.ands.insert((a, b), lit);
        lit
    }

    pub(super) fn or(&mut self, a: Lit, b: Lit) -> Lit {
        self.and(a.not(), b.not()).not()
    }

    pub(super) fn any(&mut self, lits: impl IntoIterator<Item = Lit>) -> Lit {
        lits.into_iter()
            .fold(Lit::FALSE, |all, lit| self.or(all, lit))
    }

    pub(super) fn choose(&mut self, on: Lit, then: Lit, otherwise: Lit) -> Lit {
        if then == otherwise {
            return then;
        }
        let (then, otherwise) = (self.and(on, then), self.and(on.not(), otherwise));
        self.or(then, otherwise)
    }

    pub(super) fn and3(&mut self, a: Tern, b: Tern) -> Tern {
        Tern {
            t: self.and(a.t, b.t),
            f: self.or(a.f, b.f),
        }
    }

    pub(super) fn or3(&mut self, a: Tern, b: Tern) -> Tern {
        Tern {
            t: self.or(a.t, b.t),
            f: self.and(a.f, b.f),
        }
    }

    pub(super) fn choose3(&mut self, on: Lit, then: Tern, otherwise: Tern) -> Tern {
        Tern {
            t: self.choose(on, then.t, otherwise.t),
            f: self.choose(on, then.f, otherwise.f),
        }
    }

    /// How many of these are on, as the bits of a number, the lowest first.
    pub(super) fn sum(&mut self, lits: &[Lit]) -> Vec<Lit> {
        let mut sum: Vec<Lit> = Vec::new();
        for (n, lit) in lits.iter().enumerate() {
            let mut carry = *lit;
            for bit in &mut sum {
                let both = self.and(*bit, carry);
                let either = self.or(*bit, carry);
                *bit = self.and(either, both.not());
                carry = both;
            }
            // So many bits hold all that can have been on.
            if sum.len() < (usize::BITS - (n + 1).leading_zeros()) as usize {
                sum.push(carry);
            }
        }
        sum
    }
}
