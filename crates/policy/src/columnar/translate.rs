//! A folded condition into a circuit over columns.
//!
//! A leaf that reads one column is asked once for each value of it, by the scalar evaluator
//! itself, so that both mean the same by construction.

use std::collections::HashMap;
use std::rc::Rc;

use super::circuit::{Leaf, Lit, Tern};
use super::population::{column_of, fixed, is_records};
use super::question::{Question, Told};
use super::records::{Group, START};
use crate::engine::Plan;
use crate::engine::program::Program;
use crate::eval::{Env, Item, compare};
use crate::facts::{CATALOGUE, Encoded, RECORD_FIELDS, Slot};
use crate::ir::{Id, Ir, Kids, Node, Num, Ref, Truth};
use crate::lang::Op;

/// What `exists` stands on, as far as it is the same for everybody.
#[derive(Clone, Copy)]
pub(super) enum Each<'t> {
    None,
    Record(&'t Told, &'t crate::facts::Record),
    Text(u32),
}

impl<'t> Each<'t> {
    fn item(self) -> Item<'t> {
        match self {
            Self::None => Item::None,
            Self::Record(_, record) => Item::Record(record),
            Self::Text(text) => Item::Text(text),
        }
    }
}

/// The values a number may take.
enum Numbers {
    /// The same for everybody.
    Same(Option<f64>),
    /// By the code of a column.
    Column(usize, Vec<Option<f64>>),
    /// The age.
    Age,
    /// The days since the record under `exists`.
    Since(u32),
    /// Each with those who have it.
    Cases(Vec<(Lit, Option<f64>)>),
}

/// Translates the conditions of one part of an act.
pub(super) struct Translator<'q, 'p, 'a> {
    pub(super) question: &'q mut Question<'p>,
    plan: &'a Plan,
    act: &'a Encoded,
    program: &'a Program,
    nodes: HashMap<Id, Tern>,
    defines: HashMap<u16, Tern>,
}

impl<'q, 'p, 'a> Translator<'q, 'p, 'a> {
    pub(super) fn new(
        question: &'q mut Question<'p>,
        plan: &'a Plan,
        act: &'a Encoded,
        program: &'a Program,
    ) -> Self {
        Self {
            question,
            plan,
            act,
            program,
            nodes: HashMap::new(),
            defines: HashMap::new(),
        }
    }

    fn ir(&self) -> &'a Ir {
        &self.program.ir
    }

    /// The circuit of a condition.
    pub(super) fn condition(&mut self, id: Id) -> Tern {
        if let Some(found) = self.nodes.get(&id) {
            return *found;
        }
        let found = self.node(id, Each::None);
        self.nodes.insert(id, found);
        found
    }

    fn inner(&mut self, id: Id, each: Each<'_>) -> Tern {
        match each {
            Each::None => self.condition(id),
            _ => self.node(id, each),
        }
    }

    fn node(&mut self, id: Id, each: Each<'_>) -> Tern {
        match self.ir().node(id) {
            Node::Const(truth) => truth.into(),
            Node::Define(define) => self.define(define),
            Node::Not(inner) => self.inner(inner, each).not(),
            Node::And(kids) => self.all(kids, each),
            Node::Or(kids) => self.any(kids, each),
            Node::IsTrue(inner) => Tern::known(self.inner(inner, each).t),
            Node::IsFalse(inner) => Tern::known(self.inner(inner, each).f),
            Node::Each { list, every, body } => self.each(list, every, body, each),
            Node::Compare(op, a, b) => {
                let (a, b) = (self.numbers(a, each), self.numbers(b, each));
                self.compare(op, &a, &b)
            }
            Node::Holds(Ref::Person(list), symbol) if is_defects(list) => {
                Tern::known(self.defect(symbol))
            }
            Node::HoldsText {
                list: Ref::Person(list),
                text,
            } if is_defects(list) => self.holds_defect(text, each),
            Node::Has(Ref::Person(fact)) if is_defects(fact) || is_records(fact) => {
                Tern::known(Lit::TRUE)
            }
            Node::Has(Ref::Person(fact)) if is_age(fact) => self
                .question
                .age(|age| Truth::from(age.is_some()), Question::last_days),
            Node::Has(Ref::Field(field)) => match each {
                Each::Record(told, _) if told.dated && is_since(field) => Tern::known(Lit::TRUE),
                _ => self.leaf(id, each),
            },
            _ => self.leaf(id, each),
        }
    }

    fn all(&mut self, kids: Kids, each: Each<'_>) -> Tern {
        let mut all = Tern::known(Lit::TRUE);
        for kid in self.ir().kids(kids) {
            let kid = self.inner(*kid, each);
            all = self.question.circuit.and3(all, kid);
        }
        all
    }

    fn any(&mut self, kids: Kids, each: Each<'_>) -> Tern {
        let mut any = Tern::known(Lit::FALSE);
        for kid in self.ir().kids(kids) {
            let kid = self.inner(*kid, each);
            any = self.question.circuit.or3(any, kid);
        }
        any
    }

    fn define(&mut self, define: u16) -> Tern {
        if let Some(found) = self.defines.get(&define) {
            return *found;
        }
        let body = self.ir().defines.get(usize::from(define)).copied();
        let found = body.map_or(Tern::UNKNOWN, |body| self.condition(body));
        self.defines.insert(define, found);
        found
    }

    /// A leaf that reads whole columns: asked once a value, by the scalar evaluator.
    fn leaf(&mut self, id: Id, each: Each<'_>) -> Tern {
        let columns = columns(self.ir().node(id));
        let nobody = Encoded::unknown();
        match columns.as_slice() {
            [] => self.ask(id, &nobody, each).into(),
            [column] => {
                let values = self.question.encoded(self.plan, *column);
                let truths: Vec<Truth> = values.iter().map(|one| self.ask(id, one, each)).collect();
                self.question.table(*column, &truths)
            }
            [first, second, ..] => {
                let values = self.question.encoded(self.plan, *first);
                let others = self.question.encoded(self.plan, *second);
                let mut found = Tern::UNKNOWN;
                for (code, value) in values.iter().enumerate() {
                    let truths: Vec<Truth> = others
                        .iter()
                        .map(|other| {
                            self.ask(
                                id,
                                &value.with(other, |fact| column_of(fact) == Some(*second)),
                                each,
                            )
                        })
                        .collect();
                    let those = self.question.those(*first, |one| one == code);
                    let then = self.question.table(*second, &truths);
                    found = self.question.circuit.choose3(those, then, found);
                }
                found
            }
        }
    }

    fn ask(&self, id: Id, person: &Encoded, each: Each<'_>) -> Truth {
        Env::new(self.ir(), self.act, person).truth_of(id, each.item())
    }

    fn each(&mut self, list: Ref, every: bool, body: Id, each: Each<'_>) -> Tern {
        let mut found = Tern::known(Lit::from(every));
        match list {
            Ref::Person(fact) if is_records(fact) => {
                let told = self.question.told(self.plan, group_of(fact));
                for one in told.iter() {
                    for (guard, record) in &one.records {
                        let truth = self.node(body, Each::Record(one, record));
                        found = self.add(every, found, *guard, truth);
                    }
                }
            }
            Ref::Person(fact) if is_defects(fact) => {
                for (symbol, guard) in self.question.defects(self.plan) {
                    let truth = self.node(body, Each::Text(symbol));
                    found = self.add(every, found, guard, truth);
                }
            }
            Ref::Person(fact) => {
                let Some(column) = column_of(fact) else {
                    return Tern::UNKNOWN;
                };
                let values = self.question.encoded(self.plan, column);
                let mut symbols: Vec<u32> = Vec::new();
                let mut unknown = Vec::with_capacity(values.len());
                for value in values.iter() {
                    match value.slot(fact) {
                        Slot::Texts(list) => {
                            symbols.extend(list);
                            unknown.push(false);
                        }
                        _ => unknown.push(true),
                    }
                }
                symbols.sort_unstable();
                symbols.dedup();
                for symbol in symbols {
                    let has = |value: &Encoded| match value.slot(fact) {
                        Slot::Texts(list) => list.contains(&symbol),
                        _ => false,
                    };
                    let set: Vec<bool> = values.iter().map(has).collect();
                    let at = |code: usize| set.get(code).copied().unwrap_or(false);
                    let guard = self.question.those(column, at);
                    let truth = self.node(body, Each::Text(symbol));
                    found = self.add(every, found, guard, truth);
                }
                let at = |code: usize| unknown.get(code).copied().unwrap_or(true);
                let nothing = self.question.those(column, at);
                let circuit = &mut self.question.circuit;
                found = circuit.choose3(nothing, Tern::UNKNOWN, found);
            }
            _ => {
                let items: Vec<u32> = match (list, each) {
                    (Ref::Act(fact), _) => match self.act.slot(fact) {
                        Slot::Texts(list) => list.clone(),
                        _ => return Tern::UNKNOWN,
                    },
                    _ => return Tern::UNKNOWN,
                };
                for item in items {
                    let truth = self.node(body, Each::Text(item));
                    found = self.add(every, found, Lit::TRUE, truth);
                }
            }
        }
        found
    }

    /// One more item of a list, which only those of `guard` hold.
    fn add(&mut self, every: bool, found: Tern, guard: Lit, truth: Tern) -> Tern {
        let circuit = &mut self.question.circuit;
        let neutral = Tern::known(Lit::from(every));
        let item = circuit.choose3(guard, truth, neutral);
        if every {
            circuit.and3(found, item)
        } else {
            circuit.or3(found, item)
        }
    }

    fn defect(&mut self, symbol: u32) -> Lit {
        let found = self.question.defects(self.plan);
        let found = found.into_iter().find(|(one, _)| *one == symbol);
        found.map_or(Lit::FALSE, |(_, those)| those)
    }

    /// Whether the authorizations lack what a text says.
    fn holds_defect(&mut self, text: Ref, each: Each<'_>) -> Tern {
        let of = |slot: &Slot| match slot {
            Slot::Text(text) => Some(*text),
            _ => None,
        };
        let same = match (text, each) {
            (Ref::Item, Each::Text(text)) => Some(text),
            (Ref::Field(field), Each::Record(_, record)) => of(record.slot(field)),
            (Ref::Act(fact), _) => of(self.act.slot(fact)),
            (Ref::Person(fact), _) => {
                let Some(column) = column_of(fact) else {
                    return Tern::UNKNOWN;
                };
                let values = self.question.encoded(self.plan, column);
                let mut found = Tern::UNKNOWN;
                for (code, value) in values.iter().enumerate() {
                    if let Some(symbol) = of(value.slot(fact)) {
                        let those = self.question.those(column, |one| one == code);
                        let lacks = Tern::known(self.defect(symbol));
                        found = self.question.circuit.choose3(those, lacks, found);
                    }
                }
                return found;
            }
            _ => None,
        };
        match same {
            Some(symbol) => Tern::known(self.defect(symbol)),
            None => Tern::UNKNOWN,
        }
    }

    fn numbers(&mut self, number: Num, each: Each<'_>) -> Numbers {
        #[expect(clippy::cast_precision_loss, reason = "lists are short")]
        let size = |slot: &Slot| match slot {
            Slot::Texts(list) => Some(list.len() as f64),
            Slot::Records(list) => Some(list.len() as f64),
            _ => None,
        };
        let value = |slot: &Slot| match slot {
            Slot::Number(number) => Some(*number),
            _ => None,
        };
        let r = match number {
            Num::Const(number) => return Numbers::Same(Some(number)),
            Num::Of(r) | Num::Size(r) => r,
        };
        let of = |slot: &Slot| match number {
            Num::Size(_) => size(slot),
            _ => value(slot),
        };
        match (r, each) {
            (Ref::Act(fact), _) => Numbers::Same(of(self.act.slot(fact))),
            (Ref::Field(field), Each::Record(told, _)) if told.dated && is_since(field) => {
                Numbers::Since(told.held)
            }
            (Ref::Field(field), Each::Record(_, record)) => Numbers::Same(of(record.slot(field))),
            (Ref::Person(fact), _) if is_age(fact) => Numbers::Age,
            (Ref::Person(fact), _) if is_records(fact) => {
                let told = self.question.told(self.plan, group_of(fact));
                let held: Vec<Lit> = told.iter().map(|one| one.holds).collect();
                self.counted(&held)
            }
            (Ref::Person(fact), _) if is_defects(fact) => {
                let defects = self.question.defects(self.plan);
                let held: Vec<Lit> = defects.into_iter().map(|(_, those)| those).collect();
                self.counted(&held)
            }
            (Ref::Person(fact), _) => match column_of(fact) {
                Some(column) => {
                    let values = self.question.encoded(self.plan, column);
                    let numbers = values.iter().map(|one| of(one.slot(fact))).collect();
                    Numbers::Column(column, numbers)
                }
                None => Numbers::Same(None),
            },
            _ => Numbers::Same(None),
        }
    }

    /// Those with each number of things held.
    fn counted(&mut self, held: &[Lit]) -> Numbers {
        let circuit = &mut self.question.circuit;
        let bits = circuit.sum(held);
        let cases = (0..=held.len()).map(|n| {
            let same = bits.iter().enumerate().fold(Lit::TRUE, |all, (i, bit)| {
                let bit = if n >> i & 1 == 1 { *bit } else { bit.not() };
                circuit.and(all, bit)
            });
            #[expect(clippy::cast_precision_loss, reason = "lists are short")]
            let n = n as f64;
            (same, Some(n))
        });
        Numbers::Cases(cases.collect())
    }

    fn compare(&mut self, op: Op, a: &Numbers, b: &Numbers) -> Tern {
        let truth = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => Truth::from(compare(op, a, b)),
            _ => Truth::Unknown,
        };
        match (a, b) {
            (Numbers::Same(a), Numbers::Same(b)) => truth(*a, *b).into(),
            (Numbers::Since(_), Numbers::Since(_)) => truth(Some(0.0), Some(0.0)).into(),
            (Numbers::Since(held), Numbers::Same(b)) => match b {
                Some(days) => Tern::known(self.since(*held, op, *days)),
                None => Tern::UNKNOWN,
            },
            (Numbers::Age, Numbers::Same(b)) => {
                let b = *b;
                self.question.age(|age| truth(age, b), Question::last_days)
            }
            (Numbers::Age, Numbers::Age) => self
                .question
                .age(|age| truth(age, age), Question::last_days),
            (Numbers::Column(column, values), Numbers::Same(b)) => {
                let truths: Vec<Truth> = values.iter().map(|a| truth(*a, *b)).collect();
                self.question.table(*column, &truths)
            }
            (Numbers::Column(column, values), Numbers::Column(other, others))
                if column == other =>
            {
                let both = values.iter().zip(others);
                let truths: Vec<Truth> = both.map(|(a, b)| truth(*a, *b)).collect();
                self.question.table(*column, &truths)
            }
            (Numbers::Cases(cases), other) => {
                let mut found = Tern::UNKNOWN;
                for (those, number) in cases {
                    let then = self.compare(op, &Numbers::Same(*number), other);
                    found = self.question.circuit.choose3(*those, then, found);
                }
                found
            }
            (Numbers::Column(column, values), other) => {
                let cases = values.iter().enumerate();
                let cases = cases
                    .map(|(code, number)| {
                        (self.question.those(*column, |one| one == code), *number)
                    })
                    .collect();
                self.compare(op, &Numbers::Cases(cases), other)
            }
            // An age against days since: rare enough to be asked year by year.
            (Numbers::Age, Numbers::Since(_)) => {
                let mut cases: Vec<(Lit, Option<f64>)> = Vec::new();
                for age in self.question.ages() {
                    let is = |one: Option<f64>| Truth::from(one == Some(age));
                    let those = self.question.age(is, Question::last_days).t;
                    cases.push((those, Some(age)));
                }
                self.compare(op, &Numbers::Cases(cases), b)
            }
            _ => self.compare(flipped(op), b, a),
        }
    }

    /// Holders of a form whose days since compare so with a number of days.
    fn since(&mut self, held: u32, op: Op, days: f64) -> Lit {
        match op {
            Op::Le => self.dated_before(held, |today| (today - days).ceil()).not(),
            Op::Lt => self
                .dated_before(held, |today| (today - days).floor() + 1.0)
                .not(),
            Op::Gt => self.since(held, Op::Le, days).not(),
            Op::Ge => self.since(held, Op::Lt, days).not(),
            Op::Eq if days.fract() != 0.0 => Lit::FALSE,
            Op::Eq => {
                let (most, least) = (
                    self.since(held, Op::Le, days),
                    self.since(held, Op::Ge, days),
                );
                self.question.circuit.and(most, least)
            }
            Op::Ne => self.since(held, Op::Eq, days).not(),
        }
    }

    fn dated_before(&mut self, form: u32, first: impl Fn(f64) -> f64) -> Lit {
        let mut found = Lit::FALSE;
        for (day, those) in self.question.days() {
            let day = first(crate::facts::day_number(day)) - START;
            let before = if day <= 0.0 {
                Lit::FALSE
            } else if day > f64::from(u16::MAX) {
                Lit::TRUE
            } else {
                // In range by the two lines above, whole by the callers.
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "see above"
                )]
                let day = day as u16;
                self.question.circuit.leaf(Leaf::DatedBefore { form, day })
            };
            let circuit = &mut self.question.circuit;
            let here = circuit.and(those, before);
            found = circuit.or(found, here);
        }
        found
    }
}

fn flipped(op: Op) -> Op {
    match op {
        Op::Lt => Op::Gt,
        Op::Le => Op::Ge,
        Op::Gt => Op::Lt,
        Op::Ge => Op::Le,
        Op::Eq | Op::Ne => op,
    }
}

/// The columns that a leaf reads, each once.
fn columns(node: Node) -> Vec<usize> {
    let refs: [Option<Ref>; 2] = match node {
        Node::Fact(r) | Node::Is(r, _) | Node::IsOneOf(r, _) | Node::Holds(r, _) | Node::Has(r) => {
            [Some(r), None]
        }
        Node::Same(a, b) | Node::HoldsText { list: a, text: b } => [Some(a), Some(b)],
        _ => [None, None],
    };
    let mut found = Vec::new();
    for r in refs.into_iter().flatten() {
        if let Ref::Person(fact) = r
            && let Some(column) = column_of(fact)
            && !found.contains(&column)
        {
            found.push(column);
        }
    }
    found
}

fn is(fact: u16, name: &str) -> bool {
    CATALOGUE
        .get(usize::from(fact))
        .is_some_and(|fact| fact.name == name)
}

fn is_defects(fact: u16) -> bool {
    is(fact, "authorization_defects")
}

fn is_age(fact: u16) -> bool {
    is(fact, "subject.age")
}

fn is_since(field: u16) -> bool {
    RECORD_FIELDS
        .get(usize::from(field))
        .is_some_and(|field| field.0 == "age_days")
}

fn group_of(fact: u16) -> Group {
    if is(fact, "instruments") {
        Group::Instrument
    } else {
        Group::Preference
    }
}

/// Kept for the whole question, since plans of one engine share it.
pub(super) type Values = Rc<Vec<Encoded>>;

/// The columns of which a clock is made.
pub(super) const CLOCK: usize = fixed::ZONE;
