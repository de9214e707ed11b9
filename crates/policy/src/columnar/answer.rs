//! What a question yields: counts, bars and sets.

use super::circuit::Lit;
use super::population::{Key, Population};
use super::question::{Question, Side, Those};
use super::run::{BLOCK, Block, Program, WORDS, count};
use crate::decision::Outcome;

/// How many come out which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Whom the question is about.
    pub n_matched: u64,
    /// Who may be reached now.
    pub n_permitted: u64,
    /// For whom only a permission is missing that they can give.
    pub n_needs_authorization: u64,
    /// For whom the answer is no.
    pub n_denied: u64,
}

/// Those whom one rule stops.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bar {
    /// Its id.
    pub rule: String,
    /// Who is stopped by it first, in the pack's order.
    pub n_first: u64,
    /// Everyone it would stop on its own.
    pub n_total: u64,
}

/// Those who could be won back by giving one instrument.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// The instrument's code.
    pub instrument: String,
    /// Who lacks it, and nothing that they could not give.
    pub n: u64,
    /// Who lacks it alone.
    pub n_alone: u64,
}

/// Everyone matched, down to those permitted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waterfall {
    /// By outcome.
    pub counts: Counts,
    /// By rule, in the pack's order.
    pub bars: Vec<Bar>,
    /// By instrument, in the order of their codes.
    pub missing: Vec<Missing>,
}

/// A set of people, by their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// Whether the one at a place is in it.
    #[must_use]
    pub fn has(&self, place: usize) -> bool {
        let word = self.0.get(place / 64).copied().unwrap_or(0);
        word >> (place % 64) & 1 == 1
    }

    /// How many are in it.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether nobody is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// How many are in one of the two and not in both.
    #[must_use]
    pub fn n_apart(&self, other: &Self) -> u64 {
        let (short, long) = match self.0.len() <= other.0.len() {
            true => (&self.0, &other.0),
            false => (&other.0, &self.0),
        };
        let rest = long.get(short.len()..).unwrap_or_default();
        let both = short.iter().zip(long).map(|(a, b)| a ^ b);
        both.chain(rest.iter().copied())
            .map(|word| u64::from(word.count_ones()))
            .sum()
    }

    /// The memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.len() * 8
    }

    /// The places, in their order.
    pub fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(index, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.wrapping_sub(1);
                (bit < 64).then_some(index * 64 + bit)
            })
        })
    }

    /// The keys of those in it, in the order of their places.
    pub fn keys<'a>(&'a self, population: &'a Population) -> impl Iterator<Item = Key> + 'a {
        self.places().filter_map(|place| population.key(place))
    }
}

/// Who comes out which way, and why.
#[derive(Debug, Clone, Default)]
pub struct Sets {
    /// Whom the question is about.
    pub matched: Bits,
    /// Who may be reached now.
    pub permitted: Bits,
    /// For whom only a permission is missing that they can give.
    pub needs_authorization: Bits,
    /// For whom the answer is no.
    pub denied: Bits,
    /// Those whom each rule stops, in the pack's order.
    pub stopped: Vec<(String, Bits)>,
    /// Those of whom each rule says anything, in the order of their ids.
    pub said: Vec<(String, Bits)>,
    /// Those who could give each instrument, in the order of their codes.
    pub missing: Vec<(String, Bits)>,
}

impl Sets {
    /// The outcome of the one at a place; none for who was not asked about.
    #[must_use]
    pub fn outcome(&self, place: usize) -> Option<Outcome> {
        let outcomes = [
            (&self.permitted, Outcome::Permit),
            (&self.needs_authorization, Outcome::NeedsAuthorization),
            (&self.denied, Outcome::Deny),
        ];
        outcomes
            .into_iter()
            .find(|(set, _)| set.has(place))
            .map(|(_, outcome)| outcome)
    }

    /// The rules that stop the one at a place, in the pack's order.
    pub fn rules(&self, place: usize) -> impl Iterator<Item = &str> {
        let stopped = self.stopped.iter();
        stopped
            .filter(move |(_, set)| set.has(place))
            .map(|(rule, _)| rule.as_str())
    }
}

/// Whom a change of rules adds and drops.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Whom the question is about.
    pub n_matched: u64,
    /// Who is permitted under the rules of now.
    pub n_before: u64,
    /// Who is permitted under the changed ones.
    pub n_after: u64,
    /// Permitted only under the changed rules.
    pub added: Bits,
    /// Permitted only under the rules of now.
    pub dropped: Bits,
    /// By rule: of those added, whom it stopped; of those dropped, whom it stops now.
    pub rules: Vec<(String, u64, u64)>,
}

impl Question<'_> {
    /// Everybody for whom an answer was found: nobody is left unasked without being denied.
    fn outcomes(&mut self, side: &Side) -> [Lit; 4] {
        let matched = self.matched;
        let unasked = side.left;
        let circuit = &mut self.circuit;
        let permit = circuit.and(matched, side.permit);
        let needs = circuit.and(matched, side.needs);
        let deny = circuit.or(side.deny, unasked);
        let deny = circuit.and(matched, deny);
        [matched, permit, needs, deny]
    }

    /// How many come out which way.
    #[must_use]
    pub fn count(mut self) -> Counts {
        let side = self.before.clone();
        let outputs = self.outcomes(&side);
        let counted = self.counted(&outputs);
        counts(&counted)
    }

    /// How many each rule stops, first and in all, and whom each instrument could win back.
    #[must_use]
    pub fn waterfall(mut self) -> Waterfall {
        let side = self.before.clone();
        let mut outputs = self.outcomes(&side).to_vec();
        let matched = self.matched;
        let mut seen = Lit::FALSE;
        for lit in side.stops.values() {
            let total = self.circuit.and(matched, *lit);
            let first = self.circuit.and(total, seen.not());
            seen = self.circuit.or(seen, *lit);
            outputs.extend([first, total]);
        }
        for (code, lit) in &side.missing {
            let others = side.missing.iter().filter(|(other, _)| *other != code);
            let others = self.circuit.any(others.map(|(_, lit)| *lit));
            let all = self.circuit.and(matched, *lit);
            let alone = self.circuit.and(all, others.not());
            outputs.extend([all, alone]);
        }
        let counted = self.counted(&outputs);
        let mut pairs = counted.get(4..).unwrap_or(&[]).chunks_exact(2).map(|pair| {
            let at = |index: usize| pair.get(index).copied().unwrap_or(0);
            (at(0), at(1))
        });
        let bars = side.stops.keys().zip(&mut pairs);
        let bars: Vec<Bar> = bars
            .map(|((_, rule), (n_first, n_total))| Bar {
                rule: rule.clone(),
                n_first,
                n_total,
            })
            .filter(|bar| bar.n_total > 0)
            .collect();
        let missing = side.missing.keys().zip(&mut pairs);
        let missing = missing
            .map(|(instrument, (n, n_alone))| Missing {
                instrument: instrument.clone(),
                n,
                n_alone,
            })
            .filter(|missing| missing.n > 0)
            .collect();
        Waterfall {
            counts: counts(&counted),
            bars,
            missing,
        }
    }

    /// Who comes out which way, and the set of each rule and instrument.
    #[must_use]
    pub fn sets(mut self) -> Sets {
        let side = self.before.clone();
        let mut outputs = self.outcomes(&side).to_vec();
        let lits = side.stops.values().chain(side.says.values());
        for lit in lits.chain(side.missing.values()) {
            outputs.push(self.circuit.and(self.matched, *lit));
        }
        let mut found = self.collected(&outputs).into_iter();
        let mut next = || found.next().unwrap_or_default();
        let mut sets = Sets {
            matched: next(),
            permitted: next(),
            needs_authorization: next(),
            denied: next(),
            ..Sets::default()
        };
        for (_, rule) in side.stops.keys() {
            sets.stopped.push((rule.clone(), next()));
        }
        for rule in side.says.keys() {
            sets.said.push((rule.clone(), next()));
        }
        for code in side.missing.keys() {
            sets.missing.push((code.clone(), next()));
        }
        sets
    }

    /// Those whom one rule stops first, in the pack's order.
    #[must_use]
    pub fn stopped_first(mut self, rule: &str) -> Bits {
        let stops = self.before.stops.clone();
        let mut seen = Lit::FALSE;
        for ((_, id), lit) in &stops {
            if id == rule {
                let first = self.circuit.and(*lit, seen.not());
                return self.found(Those(first));
            }
            seen = self.circuit.or(seen, *lit);
        }
        Bits::default()
    }

    /// Those of the matched who are meant.
    #[must_use]
    pub fn found(mut self, those: Those) -> Bits {
        let output = self.circuit.and(self.matched, those.0);
        self.collected(&[output]).pop().unwrap_or_default()
    }

    /// Whom the changed rules add and drop; nobody when none were asked.
    #[must_use]
    pub fn compare(mut self) -> Comparison {
        let old = self.before.clone();
        let new = self.after.clone().unwrap_or_else(|| old.clone());
        let matched = self.matched;
        let circuit = &mut self.circuit;
        let before = circuit.and(matched, old.permit);
        let after = circuit.and(matched, new.permit);
        let added = circuit.and(after, before.not());
        let dropped = circuit.and(before, after.not());
        let mut outputs = vec![matched, before, after];
        let mut rules: Vec<String> = Vec::new();
        let keys = old.stops.keys().chain(new.stops.keys());
        let mut ids: Vec<&String> = keys.map(|(_, rule)| rule).collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            let of = |side: &Side| {
                let found = side.stops.iter().find(|((_, rule), _)| rule == id);
                found.map_or(Lit::FALSE, |(_, lit)| *lit)
            };
            let circuit = &mut self.circuit;
            let (was, is) = (of(&old), of(&new));
            let pair = [circuit.and(added, was), circuit.and(dropped, is)];
            if pair != [Lit::FALSE; 2] {
                rules.push(id.clone());
                outputs.extend(pair);
            }
        }
        let n_counted = outputs.len();
        outputs.extend([added, dropped]);
        let mut counts = vec![0; n_counted];
        let mut sets = [self.nobody(), self.nobody()];
        let program = Program::new(&self.circuit, &outputs);
        program.run(self.population, |block, output, words| {
            match output.checked_sub(n_counted) {
                Some(set) => {
                    if let Some(set) = sets.get_mut(set) {
                        keep(set, block, words);
                    }
                }
                None => {
                    if let Some(n) = counts.get_mut(output) {
                        *n += count(words);
                    }
                }
            }
        });
        let at = |index: usize| counts.get(index).copied().unwrap_or(0);
        let [added, dropped] = sets;
        let rules = rules.into_iter().enumerate().map(|(index, rule)| {
            let index = 3 + 2 * index;
            (rule, at(index), at(index + 1))
        });
        Comparison {
            n_matched: at(0),
            n_before: at(1),
            n_after: at(2),
            rules: rules.filter(|(_, n, m)| n + m > 0).collect(),
            added,
            dropped,
        }
    }

    /// How many gates the whole question has; for those who measure.
    #[must_use]
    pub fn n_gates(&mut self) -> usize {
        let side = self.before.clone();
        let mut outputs = self.outcomes(&side).to_vec();
        outputs.extend(side.stops.values());
        Program::new(&self.circuit, &outputs).n_gates()
    }

    fn counted(&self, outputs: &[Lit]) -> Vec<u64> {
        let mut counts = vec![0; outputs.len()];
        let program = Program::new(&self.circuit, outputs);
        program.run(self.population, |_, output, words| {
            if let Some(n) = counts.get_mut(output) {
                *n += count(words);
            }
        });
        counts
    }

    fn collected(&self, outputs: &[Lit]) -> Vec<Bits> {
        let mut sets: Vec<Bits> = outputs.iter().map(|_| self.nobody()).collect();
        let program = Program::new(&self.circuit, outputs);
        program.run(self.population, |block, output, words| {
            if let Some(set) = sets.get_mut(output) {
                keep(set, block, words);
            }
        });
        sets
    }

    fn nobody(&self) -> Bits {
        let n_blocks = self.population.n_places().div_ceil(BLOCK);
        Bits(vec![0; n_blocks * WORDS])
    }
}

fn keep(set: &mut Bits, block: usize, words: &Block) {
    let from = block * WORDS;
    if let Some(to) = set.0.get_mut(from..from + WORDS) {
        to.copy_from_slice(words);
    }
}

fn counts(counted: &[u64]) -> Counts {
    let at = |index: usize| counted.get(index).copied().unwrap_or(0);
    Counts {
        n_matched: at(0),
        n_permitted: at(1),
        n_needs_authorization: at(2),
        n_denied: at(3),
    }
}
