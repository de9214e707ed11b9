//! Partial evaluation: a program in which everything that the act decides is decided.

use std::sync::Arc;

use jiff::Timestamp;

use super::program::{Program, Step};
use super::{Engine, Plan};
use crate::decision::Profile;
use crate::eval::Env;
use crate::facts::Encoded;
use crate::inputs::Person;
use crate::ir::{Id, Ir, Node, Num, Ref, Truth};

impl Plan {
    /// The rules it was made from.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The moment it is for.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    pub(crate) fn profile(&self) -> Profile {
        self.profile
    }

    /// Each part of the content, and what is left to ask about a person.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&Encoded, &Program)> {
        self.parts.iter().map(|part| (&part.act, &part.program))
    }
}

impl Engine {
    /// The same for the same pack, as long as it is held.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.pack).addr()
    }

    pub(crate) fn encode(&self, person: &Person, at: Timestamp) -> Encoded {
        self.encoder().person(person, at)
    }
}

/// Folds a program over one act.
pub(crate) fn fold(whole: &Program, act: &Encoded) -> Program {
    let nobody = Encoded::unknown();
    let mut folder = Folder {
        from: &whole.ir,
        env: Env::new(&whole.ir, act, &nobody),
        to: Ir::default(),
        defines: vec![None; whole.ir.defines.len()],
        sets: vec![None; whole.ir.sets.len()],
    };
    let rules = whole
        .rules
        .iter()
        .filter_map(|step| folder.step(step))
        .collect();
    Program {
        ir: folder.to,
        rules,
    }
}

struct Folder<'a> {
    from: &'a Ir,
    env: Env<'a>,
    to: Ir,
    /// The folded body of each define, once it was met.
    defines: Vec<Option<Id>>,
    sets: Vec<Option<u16>>,
}

impl Folder<'_> {
    /// `None` when the rule cannot apply to this act.
    fn step(&mut self, step: &Step) -> Option<Step> {
        let when = self.fold(step.when);
        if self.is(when, Truth::False) {
            return None;
        }
        let mut folded = step.clone();
        folded.when = when;
        folded.needs = step.needs.map(|needs| self.fold(needs));
        folded.cases = Vec::with_capacity(step.cases.len());
        for (case, when) in &step.cases {
            let when = self.fold(*when);
            if !self.is(when, Truth::False) {
                folded.cases.push((*case, when));
            }
        }
        Some(folded)
    }

    fn is(&self, id: Id, truth: Truth) -> bool {
        self.to.node(id) == Node::Const(truth)
    }

    fn fold(&mut self, id: Id) -> Id {
        let node = self.from.node(id);
        match node {
            Node::Const(_) => self.to.add(node),
            Node::Define(define) => self.define(define),
            Node::Not(inner) => {
                let inner = self.fold(inner);
                match self.to.node(inner) {
                    Node::Const(truth) => self.to.add(Node::Const(truth.not())),
                    _ => self.to.add(Node::Not(inner)),
                }
            }
            Node::And(kids) => self.list(self.from.kids(kids), Truth::True),
            Node::Or(kids) => self.list(self.from.kids(kids), Truth::False),
            Node::IsTrue(inner) | Node::IsFalse(inner) => {
                let wanted = if matches!(node, Node::IsTrue(_)) {
                    Truth::True
                } else {
                    Truth::False
                };
                let inner = self.fold(inner);
                match self.to.node(inner) {
                    Node::Const(truth) => self.to.add(Node::Const((truth == wanted).into())),
                    _ if wanted == Truth::True => self.to.add(Node::IsTrue(inner)),
                    _ => self.to.add(Node::IsFalse(inner)),
                }
            }
            Node::Each { list, every, body } => {
                let body = self.fold(body);
                if matches!(list, Ref::Act(_)) && !reads_the_person(&self.to, body) {
                    return self.constant(id);
                }
                match self.to.node(body) {
                    // Every one of none, and none among any, whatever the list holds.
                    Node::Const(truth) if truth == Truth::from(every) => {
                        self.to.add(Node::Const(truth))
                    }
                    _ => self.to.add(Node::Each { list, every, body }),
                }
            }
            Node::IsOneOf(r, set) if !matches!(r, Ref::Act(_)) => {
                let set = self.set(set);
                self.to.add(Node::IsOneOf(r, set))
            }
            _ if reads_only_the_act(node) => self.constant(id),
            _ => self.to.add(node),
        }
    }

    /// `and` and `or`: the neutral value falls out, the other one decides.
    fn list(&mut self, kids: &[Id], neutral: Truth) -> Id {
        let mut open = Vec::with_capacity(kids.len());
        for kid in kids {
            let kid = self.fold(*kid);
            if self.is(kid, neutral.not()) {
                return kid;
            }
            if !self.is(kid, neutral) {
                open.push(kid);
            }
        }
        match open.as_slice() {
            [] => self.to.add(Node::Const(neutral)),
            [only] => *only,
            _ => {
                let kids = self.to.add_kids(&open);
                self.to.add(if neutral == Truth::True {
                    Node::And(kids)
                } else {
                    Node::Or(kids)
                })
            }
        }
    }

    fn define(&mut self, define: u16) -> Id {
        let index = usize::from(define);
        if let Some(Some(id)) = self.defines.get(index) {
            return *id;
        }
        let body = self.from.defines.get(index).copied();
        let body = match body {
            Some(body) => self.fold(body),
            None => self.to.add(Node::Const(Truth::Unknown)),
        };
        let id = match self.to.node(body) {
            // Small enough to be evaluated again each time.
            Node::Const(_) | Node::Is(..) | Node::Fact(_) | Node::Has(_) | Node::Compare(..) => {
                body
            }
            _ => {
                let number = u16::try_from(self.to.defines.len()).unwrap_or(u16::MAX);
                self.to.defines.push(body);
                self.to.add(Node::Define(number))
            }
        };
        if let Some(place) = self.defines.get_mut(index) {
            *place = Some(id);
        }
        id
    }

    fn set(&mut self, set: u16) -> u16 {
        let index = usize::from(set);
        if let Some(Some(number)) = self.sets.get(index) {
            return *number;
        }
        let number = u16::try_from(self.to.sets.len()).unwrap_or(u16::MAX);
        self.to.sets.push(self.from.set(set).into());
        if let Some(place) = self.sets.get_mut(index) {
            *place = Some(number);
        }
        number
    }

    fn constant(&mut self, id: Id) -> Id {
        let truth = self.env.truth(id);
        self.to.add(Node::Const(truth))
    }
}

fn reads_the_person(ir: &Ir, id: Id) -> bool {
    let person = |r: Ref| matches!(r, Ref::Person(_));
    let number = |n: Num| matches!(n, Num::Of(r) | Num::Size(r) if person(r));
    match ir.node(id) {
        Node::Const(_) => false,
        Node::Fact(r) | Node::Is(r, _) | Node::IsOneOf(r, _) | Node::Holds(r, _) | Node::Has(r) => {
            person(r)
        }
        Node::Same(a, b) | Node::HoldsText { list: a, text: b } => person(a) || person(b),
        Node::Compare(_, a, b) => number(a) || number(b),
        Node::Define(define) => ir
            .defines
            .get(usize::from(define))
            .is_some_and(|body| reads_the_person(ir, *body)),
        Node::Not(inner) | Node::IsTrue(inner) | Node::IsFalse(inner) => {
            reads_the_person(ir, inner)
        }
        Node::And(kids) | Node::Or(kids) => {
            ir.kids(kids).iter().any(|kid| reads_the_person(ir, *kid))
        }
        Node::Each { list, body, .. } => person(list) || reads_the_person(ir, body),
    }
}

fn reads_only_the_act(node: Node) -> bool {
    let act = |r: Ref| matches!(r, Ref::Act(_));
    let number = |n: Num| match n {
        Num::Const(_) => true,
        Num::Of(r) | Num::Size(r) => act(r),
    };
    match node {
        Node::Fact(r) | Node::Is(r, _) | Node::IsOneOf(r, _) | Node::Holds(r, _) | Node::Has(r) => {
            act(r)
        }
        Node::Same(a, b) | Node::HoldsText { list: a, text: b } => act(a) && act(b),
        Node::Compare(_, a, b) => number(a) && number(b),
        _ => false,
    }
}
