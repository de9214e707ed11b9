//! The scalar evaluator: one condition, one act, one person.

use std::cell::Cell;

use crate::facts::{Encoded, Record, Slot};
use crate::ir::{Id, Ir, Node, Num, Ref, Truth};
use crate::lang::Op;

/// Everything a condition can see.
pub(crate) struct Env<'a> {
    ir: &'a Ir,
    act: &'a Encoded,
    person: &'a Encoded,
    /// The defines evaluated so far.
    defines: Vec<Cell<Option<Truth>>>,
}

/// What `exists` stands on at the moment.
#[derive(Clone, Copy)]
pub(crate) enum Item<'a> {
    None,
    Record(&'a Record),
    Text(u32),
}

static UNKNOWN: Slot = Slot::Unknown;

impl<'a> Env<'a> {
    pub(crate) fn new(ir: &'a Ir, act: &'a Encoded, person: &'a Encoded) -> Self {
        Self {
            ir,
            act,
            person,
            defines: vec![Cell::new(None); ir.defines.len()],
        }
    }

    pub(crate) fn truth(&self, id: Id) -> Truth {
        self.eval(id, Item::None)
    }

    /// The same inside `exists`.
    pub(crate) fn truth_of(&self, id: Id, item: Item<'_>) -> Truth {
        self.eval(id, item)
    }

    /// The facts that keep a condition unknown, each once.
    pub(crate) fn unknown_facts(&self, id: Id) -> Vec<&'static str> {
        let mut names = Vec::new();
        self.collect(id, Item::None, &mut names);
        names
    }

    fn eval(&self, id: Id, item: Item<'_>) -> Truth {
        match *self.ir.node_ref(id) {
            Node::Const(truth) => truth,
            Node::Fact(r) => match self.slot(r, item) {
                Slot::Bool(is) => (*is).into(),
                _ => Truth::Unknown,
            },
            Node::Define(define) => self.define(define),
            Node::Not(inner) => self.eval(inner, item).not(),
            Node::And(kids) => {
                let mut all = Truth::True;
                for kid in self.ir.kids(kids) {
                    all = all.min(self.eval(*kid, item));
                    if all == Truth::False {
                        break;
                    }
                }
                all
            }
            Node::Or(kids) => {
                let mut any = Truth::False;
                for kid in self.ir.kids(kids) {
                    any = any.max(self.eval(*kid, item));
                    if any == Truth::True {
                        break;
                    }
                }
                any
            }
            Node::Is(r, symbol) => match self.text(r, item) {
                Some(text) => (text == symbol).into(),
                None => Truth::Unknown,
            },
            Node::IsOneOf(r, set) => match self.text(r, item) {
                Some(text) => self.ir.set(set).contains(&text).into(),
                None => Truth::Unknown,
            },
            Node::Same(a, b) => match (self.text(a, item), self.text(b, item)) {
                (Some(a), Some(b)) => (a == b).into(),
                _ => Truth::Unknown,
            },
            Node::Holds(r, symbol) => match self.slot(r, item) {
                Slot::Texts(list) => list.contains(&symbol).into(),
                _ => Truth::Unknown,
            },
            Node::HoldsText { list, text } => {
                match (self.slot(list, item), self.text(text, item)) {
                    (Slot::Texts(list), Some(text)) => list.contains(&text).into(),
                    _ => Truth::Unknown,
                }
            }
            Node::Compare(op, a, b) => match (self.number(a, item), self.number(b, item)) {
                (Some(a), Some(b)) => compare(op, a, b).into(),
                _ => Truth::Unknown,
            },
            Node::Has(r) => (!matches!(self.slot(r, item), Slot::Unknown)).into(),
            Node::IsTrue(inner) => (self.eval(inner, item) == Truth::True).into(),
            Node::IsFalse(inner) => (self.eval(inner, item) == Truth::False).into(),
            Node::Each { list, every, body } => self.each(list, every, body, item),
        }
    }

    fn define(&self, define: u16) -> Truth {
        let Some(cell) = self.defines.get(usize::from(define)) else {
            return Truth::Unknown;
        };
        if let Some(truth) = cell.get() {
            return truth;
        }
        let body = self.ir.defines.get(usize::from(define)).copied();
        let truth = body.map_or(Truth::Unknown, |body| self.eval(body, Item::None));
        cell.set(Some(truth));
        truth
    }

    fn each(&self, list: Ref, every: bool, body: Id, item: Item<'_>) -> Truth {
        let mut found = Truth::from(every);
        let mut add = |truth: Truth| {
            found = if every {
                found.min(truth)
            } else {
                found.max(truth)
            };
        };
        match self.slot(list, item) {
            Slot::Records(records) => {
                records
                    .iter()
                    .for_each(|record| add(self.eval(body, Item::Record(record))));
            }
            Slot::Texts(texts) => {
                texts
                    .iter()
                    .for_each(|text| add(self.eval(body, Item::Text(*text))));
            }
            _ => return Truth::Unknown,
        }
        found
    }

    fn slot<'b>(&'b self, r: Ref, item: Item<'b>) -> &'b Slot {
        match (r, item) {
            (Ref::Act(fact), _) => self.act.slot(fact),
            (Ref::Person(fact), _) => self.person.slot(fact),
            (Ref::Field(field), Item::Record(record)) => record.slot(field),
            _ => &UNKNOWN,
        }
    }

    fn text(&self, r: Ref, item: Item<'_>) -> Option<u32> {
        if let (Ref::Item, Item::Text(text)) = (r, item) {
            return Some(text);
        }
        match self.slot(r, item) {
            Slot::Text(text) => Some(*text),
            _ => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "lists are short")]
    fn number(&self, number: Num, item: Item<'_>) -> Option<f64> {
        match number {
            Num::Const(number) => Some(number),
            Num::Of(r) => match self.slot(r, item) {
                Slot::Number(number) => Some(*number),
                _ => None,
            },
            Num::Size(r) => match self.slot(r, item) {
                Slot::Texts(list) => Some(list.len() as f64),
                Slot::Records(list) => Some(list.len() as f64),
                _ => None,
            },
        }
    }

    fn collect(&self, id: Id, item: Item<'_>, names: &mut Vec<&'static str>) {
        if self.eval(id, item) != Truth::Unknown {
            return;
        }
        let mut leaf = |refs: &[Ref]| {
            for r in refs {
                let known = !matches!(self.slot(*r, item), Slot::Unknown) || *r == Ref::Item;
                let name = r.name();
                if !known && !names.contains(&name) {
                    names.push(name);
                }
            }
        };
        match self.ir.node(id) {
            Node::Const(_) | Node::Has(_) | Node::IsTrue(_) | Node::IsFalse(_) => {}
            Node::Fact(r) | Node::Is(r, _) | Node::IsOneOf(r, _) | Node::Holds(r, _) => leaf(&[r]),
            Node::Same(a, b) | Node::HoldsText { list: a, text: b } => leaf(&[a, b]),
            Node::Compare(_, a, b) => {
                for number in [a, b] {
                    if let Num::Of(r) | Num::Size(r) = number {
                        leaf(&[r]);
                    }
                }
            }
            Node::Define(define) => {
                if let Some(body) = self.ir.defines.get(usize::from(define)) {
                    self.collect(*body, Item::None, names);
                }
            }
            Node::Not(inner) => self.collect(inner, item, names),
            Node::And(kids) | Node::Or(kids) => {
                for kid in self.ir.kids(kids) {
                    self.collect(*kid, item, names);
                }
            }
            Node::Each { list, body, .. } => match self.slot(list, item) {
                Slot::Records(records) => {
                    for record in records {
                        self.collect(body, Item::Record(record), names);
                    }
                }
                Slot::Texts(texts) => {
                    for text in texts {
                        self.collect(body, Item::Text(*text), names);
                    }
                }
                _ => leaf(&[list]),
            },
        }
    }
}

pub(crate) fn compare(op: Op, a: f64, b: f64) -> bool {
    match op {
        Op::Eq => (a - b).abs() < f64::EPSILON,
        Op::Ne => (a - b).abs() >= f64::EPSILON,
        Op::Lt => a < b,
        Op::Le => a <= b,
        Op::Gt => a > b,
        Op::Ge => a >= b,
    }
}
