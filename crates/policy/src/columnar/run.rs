//! Runs a circuit over a population, a block of people at a time.
//!
//! A block's intermediate results stay in the cache; each gate is one pass over 256 words, which
//! the compiler turns into vector instructions. A gate that only one other reads is computed in the
//! pass of that other, and never written down.

use std::collections::{HashMap, HashSet};

use super::circuit::{Circuit, Gate, Leaf, Lit};

/// Words of 64 people in a block.
pub(super) const WORDS: usize = 256;
/// People in a block.
pub(super) const BLOCK: usize = WORDS * 64;

/// One bit for each person of a block.
pub(super) type Block = [u64; WORDS];

pub(super) const NOBODY: &Block = &[0; WORDS];

/// Where a value stands while a block is computed.
#[derive(Debug, Clone, Copy)]
enum Place {
    Leaf(usize),
    Register(usize),
}

#[derive(Debug, Clone, Copy)]
enum How {
    /// `a and b`
    Both,
    /// `a and not b`
    Only,
    /// `not a and not b`
    Neither,
}

#[derive(Debug, Clone, Copy)]
enum Op {
    And {
        how: How,
        a: Place,
        b: Place,
        to: usize,
    },
    /// `and` of an inner gate over `a` and `b`, negated or not, and of `c`, negated or not.
    AndOf {
        inner: How,
        is_inner_negated: bool,
        a: Place,
        b: Place,
        c: Place,
        is_c_negated: bool,
        to: usize,
    },
    Emit {
        from: Place,
        negated: bool,
        output: usize,
    },
}

/// A circuit in the order of its execution.
#[derive(Debug, Clone)]
pub(super) struct Program {
    leaves: Vec<Leaf>,
    ops: Vec<Op>,
    n_registers: usize,
    /// Outputs that are the same for everybody.
    fixed: Vec<(usize, bool)>,
}

/// What a program reads from.
pub(super) trait Leaves {
    /// How many blocks there are.
    fn n_blocks(&self) -> usize;

    /// The bits of a leaf in one block: borrowed as they are, or written to `to`.
    fn read<'a>(&'a self, leaf: Leaf, block: usize, to: &mut Block) -> Option<&'a Block>;
}

impl Program {
    /// The part of a circuit that these outputs need.
    pub(super) fn new(circuit: &Circuit, outputs: &[Lit]) -> Self {
        let order = order(circuit, outputs);
        let inner = inner(circuit, &order, outputs);
        let is_inner: HashSet<usize> = inner.values().copied().collect();
        let order: Vec<usize> = order
            .into_iter()
            .filter(|gate| !is_inner.contains(gate))
            .collect();
        let mut last_use = vec![0; circuit.gates.len()];
        for (step, gate) in order.iter().enumerate() {
            let read = [Some(gate), inner.get(gate)];
            let read = read
                .into_iter()
                .flatten()
                .filter_map(|gate| pair(circuit, *gate));
            for lit in read.flatten() {
                if let Some(last) = last_use.get_mut(lit.gate()) {
                    *last = step;
                }
            }
        }
        let mut builder = Builder {
            program: Self {
                leaves: Vec::new(),
                ops: Vec::new(),
                n_registers: 0,
                fixed: Vec::new(),
            },
            places: vec![None; circuit.gates.len()],
            free: Vec::new(),
        };
        let mut by_gate: Vec<(usize, bool, usize)> = Vec::new();
        for (output, lit) in outputs.iter().enumerate() {
            match lit.gate() {
                0 => builder.program.fixed.push((output, lit.is_negated())),
                gate => by_gate.push((gate, lit.is_negated(), output)),
            }
        }
        by_gate.sort_unstable();
        for (step, gate) in order.iter().enumerate() {
            builder.step(circuit, (*gate, inner.get(gate).copied()), step, &last_use);
            let first = by_gate.partition_point(|(of, ..)| of < gate);
            let emitted = by_gate.iter().skip(first);
            for (_, negated, output) in emitted.take_while(|(of, ..)| of == gate) {
                builder.emit(*gate, *negated, *output);
            }
            builder.release(*gate, step, &last_use);
        }
        builder.program
    }

    /// How many gates a block costs.
    pub(super) fn n_gates(&self) -> usize {
        let cost = |op: &Op| match op {
            Op::And { .. } => 1,
            Op::AndOf { .. } => 2,
            Op::Emit { .. } => 0,
        };
        self.ops.iter().map(cost).sum()
    }

    /// Hands each output of each block to `take`.
    pub(super) fn run(&self, from: &impl Leaves, mut take: impl FnMut(usize, usize, &Block)) {
        let mut scratch = vec![[0; WORDS]; self.leaves.len()];
        let mut registers: Vec<Option<Box<Block>>> = (0..self.n_registers)
            .map(|_| Some(Box::new([0; WORDS])))
            .collect();
        let mut negated = Box::new([0; WORDS]);
        for block in 0..from.n_blocks() {
            let read: Vec<&Block> = self
                .leaves
                .iter()
                .zip(&mut scratch)
                .map(|(leaf, to)| match from.read(*leaf, block, to) {
                    Some(there) => there,
                    None => &*to,
                })
                .collect();
            for (output, is) in &self.fixed {
                negated.fill(if *is { u64::MAX } else { 0 });
                take(block, *output, &negated);
            }
            for op in &self.ops {
                match *op {
                    Op::And { how, a, b, to } => {
                        let Some(mut out) = registers.get_mut(to).and_then(Option::take) else {
                            continue;
                        };
                        let (a, b) = (at(a, &read, &registers), at(b, &read, &registers));
                        match how {
                            How::Both => each(&mut out, a, b, |a, b| a & b),
                            How::Only => each(&mut out, a, b, |a, b| a & !b),
                            How::Neither => each(&mut out, a, b, |a, b| !(a | b)),
                        }
                        if let Some(place) = registers.get_mut(to) {
                            *place = Some(out);
                        }
                    }
                    Op::AndOf {
                        inner,
                        is_inner_negated,
                        a,
                        b,
                        c,
                        is_c_negated,
                        to,
                    } => {
                        let Some(mut out) = registers.get_mut(to).and_then(Option::take) else {
                            continue;
                        };
                        let abc = [a, b, c].map(|place| at(place, &read, &registers));
                        let signs = (is_inner_negated, is_c_negated);
                        match inner {
                            How::Both => outer(&mut out, abc, signs, |a, b| a & b),
                            How::Only => outer(&mut out, abc, signs, |a, b| a & !b),
                            How::Neither => outer(&mut out, abc, signs, |a, b| !(a | b)),
                        }
                        if let Some(place) = registers.get_mut(to) {
                            *place = Some(out);
                        }
                    }
                    Op::Emit {
                        from,
                        negated: is_negated,
                        output,
                    } => {
                        let found = at(from, &read, &registers);
                        if is_negated {
                            each(&mut negated, found, found, |a, _| !a);
                            take(block, output, &negated);
                        } else {
                            take(block, output, found);
                        }
                    }
                }
            }
        }
    }
}

fn at<'a>(place: Place, read: &[&'a Block], registers: &'a [Option<Box<Block>>]) -> &'a Block {
    let found = match place {
        Place::Leaf(leaf) => read.get(leaf).copied(),
        Place::Register(register) => registers.get(register).and_then(Option::as_deref),
    };
    found.unwrap_or(NOBODY)
}

fn each(out: &mut Block, a: &Block, b: &Block, of: impl Fn(u64, u64) -> u64) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = of(*a, *b);
    }
}

/// A gate over an inner one, in one pass. `signs` says whether the inner gate and `c` are negated.
fn outer(
    out: &mut Block,
    [a, b, c]: [&Block; 3],
    signs: (bool, bool),
    inner: impl Fn(u64, u64) -> u64,
) {
    match signs {
        (false, false) => each3(out, [a, b, c], |a, b, c| inner(a, b) & c),
        (false, true) => each3(out, [a, b, c], |a, b, c| inner(a, b) & !c),
        (true, false) => each3(out, [a, b, c], |a, b, c| !inner(a, b) & c),
        (true, true) => each3(out, [a, b, c], |a, b, c| !(inner(a, b) | c)),
    }
}

fn each3(out: &mut Block, [a, b, c]: [&Block; 3], of: impl Fn(u64, u64, u64) -> u64) {
    for (((out, a), b), c) in out.iter_mut().zip(a).zip(b).zip(c) {
        *out = of(*a, *b, *c);
    }
}

/// What a gate reads; none of a leaf.
fn pair(circuit: &Circuit, gate: usize) -> Option<[Lit; 2]> {
    match circuit.gates.get(gate) {
        Some(Gate::And(a, b)) => Some([*a, *b]),
        _ => None,
    }
}

/// The gates that take another into their own pass, with that other: it is read once, is no output,
/// and has taken in none itself.
fn inner(circuit: &Circuit, order: &[usize], outputs: &[Lit]) -> HashMap<usize, usize> {
    let mut n_reads: HashMap<usize, usize> = HashMap::new();
    let read = order.iter().filter_map(|gate| pair(circuit, *gate));
    for lit in read.flatten().chain(outputs.iter().copied()) {
        *n_reads.entry(lit.gate()).or_default() += 1;
    }
    let is_output: HashSet<usize> = outputs.iter().map(|lit| lit.gate()).collect();
    let mut inner: HashMap<usize, usize> = HashMap::new();
    for gate in order {
        let mut of = pair(circuit, *gate).into_iter().flatten().map(Lit::gate);
        let fits = |of: &usize| {
            pair(circuit, *of).is_some()
                && n_reads.get(of) == Some(&1)
                && !is_output.contains(of)
                && !inner.contains_key(of)
        };
        if let Some(of) = of.find(fits) {
            inner.insert(*gate, of);
        }
    }
    inner
}

/// The gates that the outputs need, each after what it reads.
fn order(circuit: &Circuit, outputs: &[Lit]) -> Vec<usize> {
    let mut seen = vec![false; circuit.gates.len()];
    let mut order = Vec::new();
    for output in outputs {
        let mut stack = vec![(output.gate(), false)];
        while let Some((gate, is_ready)) = stack.pop() {
            if is_ready {
                order.push(gate);
                continue;
            }
            match seen.get_mut(gate) {
                Some(seen) if gate != 0 && !*seen => *seen = true,
                _ => continue,
            }
            stack.push((gate, true));
            if let Some(Gate::And(a, b)) = circuit.gates.get(gate) {
                stack.push((b.gate(), false));
                stack.push((a.gate(), false));
            }
        }
    }
    order
}

struct Builder {
    program: Program,
    places: Vec<Option<Place>>,
    free: Vec<usize>,
}

impl Builder {
    fn place(&self, gate: usize) -> Place {
        let found = self.places.get(gate).copied().flatten();
        // The order puts a gate after what it reads; the constant never gets here.
        found.unwrap_or(Place::Leaf(usize::MAX))
    }

    fn set(&mut self, gate: usize, place: Place) {
        if let Some(slot) = self.places.get_mut(gate) {
            *slot = Some(place);
        }
    }

    /// The operation of a gate, with the one that it takes in.
    fn step(
        &mut self,
        circuit: &Circuit,
        (gate, inner): (usize, Option<usize>),
        step: usize,
        last_use: &[usize],
    ) {
        let Some([a, b]) = pair(circuit, gate) else {
            if let Some(Gate::Leaf(leaf)) = circuit.gates.get(gate) {
                self.set(gate, Place::Leaf(self.program.leaves.len()));
                self.program.leaves.push(*leaf);
            }
            return;
        };
        let to = self.free.pop().unwrap_or_else(|| {
            self.program.n_registers += 1;
            self.program.n_registers - 1
        });
        let taken_in = inner.and_then(|inner| Some((inner, pair(circuit, inner)?)));
        let mut read = vec![a, b];
        match taken_in {
            Some((inner, of @ [x0, y0])) => {
                let (taken, other) = if a.gate() == inner { (a, b) } else { (b, a) };
                let (how, [x, y]) = self.how(of);
                self.program.ops.push(Op::AndOf {
                    inner: how,
                    is_inner_negated: taken.is_negated(),
                    a: x,
                    b: y,
                    c: self.place(other.gate()),
                    is_c_negated: other.is_negated(),
                    to,
                });
                read = vec![x0, y0, other];
            }
            None => {
                let (how, [a, b]) = self.how([a, b]);
                self.program.ops.push(Op::And { how, a, b, to });
            }
        }
        self.set(gate, Place::Register(to));
        for lit in read {
            self.release(lit.gate(), step, last_use);
        }
    }

    fn how(&self, [a, b]: [Lit; 2]) -> (How, [Place; 2]) {
        let (x, y) = (self.place(a.gate()), self.place(b.gate()));
        match (a.is_negated(), b.is_negated()) {
            (false, false) => (How::Both, [x, y]),
            (false, true) => (How::Only, [x, y]),
            (true, false) => (How::Only, [y, x]),
            (true, true) => (How::Neither, [x, y]),
        }
    }

    fn emit(&mut self, gate: usize, negated: bool, output: usize) {
        let from = self.place(gate);
        self.program.ops.push(Op::Emit {
            from,
            negated,
            output,
        });
    }

    /// Gives a register back when nothing after this step reads it.
    fn release(&mut self, gate: usize, step: usize, last_use: &[usize]) {
        let is_done = last_use.get(gate).is_none_or(|last| *last <= step);
        if let (true, Some(Some(Place::Register(register)))) =
            (is_done, self.places.get(gate).copied())
        {
            self.free.push(register);
            if let Some(slot) = self.places.get_mut(gate) {
                *slot = None;
            }
        }
    }
}

/// How many bits are set. Words are added up bit by bit first, so that most of the work is one
/// instruction a word on any machine (Harley and Seal).
pub(super) fn count(words: &Block) -> u64 {
    let (mut ones, mut twos, mut fours) = (0, 0, 0);
    let mut n = 0;
    for eight in words.chunks_exact(8) {
        let Ok([a, b, c, d, e, f, g, h]) = <[u64; 8]>::try_from(eight) else {
            continue;
        };
        let (s1, c1) = add(ones, a, b);
        let (s2, c2) = add(s1, c, d);
        let (t1, f1) = add(twos, c1, c2);
        let (s3, c3) = add(s2, e, f);
        let (s4, c4) = add(s3, g, h);
        let (t2, f2) = add(t1, c3, c4);
        let (u, eights) = add(fours, f1, f2);
        (ones, twos, fours) = (s4, t2, u);
        n += 8 * u64::from(eights.count_ones());
    }
    n + 4 * u64::from(fours.count_ones())
        + 2 * u64::from(twos.count_ones())
        + u64::from(ones.count_ones())
}

/// Sum and carry of three bits, 64 times over.
fn add(a: u64, b: u64, c: u64) -> (u64, u64) {
    let half = a ^ b;
    (half ^ c, (a & b) | (half & c))
}
