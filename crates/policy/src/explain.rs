//! Why a decision came out as it did, and what would change it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::decision::{Decision, Outcome, Profile};
use crate::engine::Engine;
use crate::inputs::{Inputs, Instrument, Remuneration, Value};
use crate::ir::{Id, Ir, Node, Num, Ref};
use crate::pack::Compiled;

/// A decision with the facts that each rule read, and the changes that would move it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// The rules that applied, those that object first.
    pub rules: Vec<Explained>,
    /// Single changes that would bring the answer nearer to a permit.
    pub changes: Vec<Change>,
}

/// One rule that applied.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explained {
    /// Its id.
    pub rule: String,
    /// Its short name.
    pub title: String,
    /// What it says about this case.
    pub says: String,
    /// Where it is written.
    pub citation: Vec<String>,
    /// The outcome it asks for on its own.
    pub effect: Outcome,
    /// Whether its source still waits to be checked.
    pub unverified: bool,
    /// The facts it read, as the inputs state them; `null` is unknown.
    pub facts: BTreeMap<String, serde_json::Value>,
}

/// A single change and the outcome it would give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What would have to be so, in plain words.
    pub what: String,
    /// The outcome then.
    pub outcome: Outcome,
}

impl Engine {
    /// Decides, and says which facts each rule read and what would change the answer.
    #[must_use]
    pub fn explain(&self, inputs: &Inputs, profile: Profile, at: Timestamp) -> Explanation {
        let decision = self.decide(inputs, profile, at);
        let stated = serde_json::to_value(inputs).unwrap_or_default();
        let rules = decision.why.iter().map(|reason| {
            let rule = self.rule(&reason.rule);
            Explained {
                rule: reason.rule.clone(),
                title: rule.map(|rule| rule.title.clone()).unwrap_or_default(),
                says: reason.says.clone(),
                citation: rule.map(|rule| rule.citation.clone()).unwrap_or_default(),
                effect: reason.effect,
                unverified: rule.is_some_and(crate::rule::Rule::is_unverified),
                facts: self.facts_of(&reason.rule, &stated),
            }
        });
        let rules = rules.collect();
        let changes = self.changes(inputs, profile, at, &decision);
        Explanation {
            decision,
            rules,
            changes,
        }
    }

    fn facts_of(
        &self,
        id: &str,
        stated: &serde_json::Value,
    ) -> BTreeMap<String, serde_json::Value> {
        let pack = self.compiled_pack();
        let mut names = Vec::new();
        let same = |compiled: &&Compiled| {
            pack.rules
                .get(compiled.rule)
                .is_some_and(|rule| rule.id == id)
        };
        for compiled in pack.compiled.iter().filter(same) {
            facts_in(&pack.program.ir, compiled.when, &mut names);
            if let Some(needs) = compiled.needs {
                facts_in(&pack.program.ir, needs, &mut names);
            }
        }
        names.sort_unstable();
        let value = |name: &&'static str| {
            let value = stated
                .pointer(&format!("/{}", name.replace('.', "/")))
                .cloned();
            ((*name).to_owned(), value.unwrap_or_default())
        };
        names.iter().map(value).collect()
    }

    fn changes(
        &self,
        inputs: &Inputs,
        profile: Profile,
        at: Timestamp,
        now: &Decision,
    ) -> Vec<Change> {
        if now.outcome == Outcome::Permit {
            return Vec::new();
        }
        let mut changes = Vec::new();
        let mut try_one = |what: String, changed: &Inputs, at: Timestamp| {
            let outcome = self.decide(changed, profile, at).outcome;
            if outcome < now.outcome {
                changes.push(Change { what, outcome });
            }
        };
        for (what, changed) in candidates(inputs, &now.missing) {
            try_one(what, &changed, at);
        }
        if let Some(later) = now.not_before {
            try_one(format!("wait until {later}"), inputs, later);
        }
        changes
    }
}

/// Inputs that differ in one thing that people can bring about.
fn candidates(inputs: &Inputs, missing: &[String]) -> Vec<(String, Inputs)> {
    let mut list = Vec::new();
    let mut with_all = inputs.clone();
    for code in missing.iter().filter(|code| !code.contains('.')) {
        let given = Instrument {
            kind: code.clone(),
            status: "valid".to_owned(),
            ..Instrument::default()
        };
        let mut changed = inputs.clone();
        changed.person.instruments.push(given.clone());
        with_all.person.instruments.push(given);
        list.push((format!("the person gives a valid {code}"), changed));
    }
    if missing.len() > 1 {
        list.push((
            format!("the person gives all of: {}", missing.join(", ")),
            with_all,
        ));
    }
    if inputs.act.vendor.baa != Some(true) && inputs.act.vendor.role != "none" {
        let mut changed = inputs.clone();
        changed.act.vendor.baa = Some(true);
        list.push((
            "the vendor has a business associate agreement".to_owned(),
            changed,
        ));
    }
    if inputs.act.remuneration.kind.as_deref() != Some("none") {
        let mut changed = inputs.clone();
        changed.act.remuneration = Remuneration::none();
        list.push(("nobody pays for it".to_owned(), changed));
    }
    for (index, preference) in inputs.person.preferences.iter().enumerate() {
        let mut changed = inputs.clone();
        changed.person.preferences.remove(index);
        list.push((
            format!("the person takes back: {}", preference.kind),
            changed,
        ));
    }
    for (name, value) in &inputs.act.attributes {
        if let Value::Bool(is) = value {
            let mut changed = inputs.clone();
            changed
                .act
                .attributes
                .insert(name.clone(), Value::Bool(!is));
            list.push((format!("{name} is {}", !is), changed));
        }
    }
    list
}

/// The facts that a condition can read, through its defines.
fn facts_in(ir: &Ir, id: Id, names: &mut Vec<&'static str>) {
    let mut add = |r: Ref| {
        if matches!(r, Ref::Act(_) | Ref::Person(_)) && !names.contains(&r.name()) {
            names.push(r.name());
        }
    };
    match ir.node(id) {
        Node::Const(_) => {}
        Node::Fact(r) | Node::Is(r, _) | Node::IsOneOf(r, _) | Node::Holds(r, _) | Node::Has(r) => {
            add(r)
        }
        Node::Same(a, b) | Node::HoldsText { list: a, text: b } => {
            add(a);
            add(b);
        }
        Node::Compare(_, a, b) => {
            for number in [a, b] {
                if let Num::Of(r) | Num::Size(r) = number {
                    add(r);
                }
            }
        }
        Node::Define(define) => {
            if let Some(body) = ir.defines.get(usize::from(define)) {
                facts_in(ir, *body, names);
            }
        }
        Node::Not(inner) | Node::IsTrue(inner) | Node::IsFalse(inner) => facts_in(ir, inner, names),
        Node::And(kids) | Node::Or(kids) => {
            for kid in ir.kids(kids) {
                facts_in(ir, *kid, names);
            }
        }
        Node::Each { list, body, .. } => {
            add(list);
            facts_in(ir, body, names);
        }
    }
}
