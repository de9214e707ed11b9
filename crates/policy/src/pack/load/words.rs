//! Words of a pack: defines, in the order of their use, and switches.

use std::collections::HashMap;

use super::rules::tidy;
use super::{Loader, MAX_DEFINE_DEPTH, raw};
use crate::facts::CATALOGUE;
use crate::ir::{Id, Node, Truth};
use crate::lang::{Expr, ExprKind};
use crate::pack::Source;
use crate::rule::{Switch, Word};

/// A define waiting for those it uses.
struct Waiting<'a> {
    file: &'a Source,
    at: usize,
    expr: Expr,
    /// Where the condition starts in the file.
    start: usize,
}

impl<'a> Loader<'a> {
    pub(super) fn defines(&mut self, files: &[(&'a Source, raw::File)]) {
        for (source, file) in files {
            for switch in &file.switch {
                self.switch(source, switch);
            }
        }
        let mut waiting: HashMap<String, Waiting<'a>> = HashMap::new();
        let mut order = Vec::new();
        for (source, file) in files {
            for define in &file.define {
                let (name, at) = (define.name.get_ref().clone(), define.name.span().start);
                let taken = self.compiler.defines.contains_key(&name)
                    || waiting.contains_key(&name)
                    || CATALOGUE.iter().any(|fact| fact.name == name);
                if taken {
                    self.problem(source, at, format!("`{name}` is defined twice"));
                    continue;
                }
                if let Some((expr, start)) = self.parse(source, &define.when) {
                    self.words.push(Word {
                        name: name.clone(),
                        when: tidy(define.when.get_ref()),
                        note: define.note.clone(),
                    });
                    order.push(name.clone());
                    waiting.insert(
                        name,
                        Waiting {
                            file: source,
                            at,
                            expr,
                            start,
                        },
                    );
                }
            }
        }
        let mut path = Vec::new();
        for name in order {
            self.define(&name, &mut waiting, &mut path);
        }
    }

    /// Compiles a define after those that it uses.
    fn define(
        &mut self,
        name: &str,
        waiting: &mut HashMap<String, Waiting<'a>>,
        path: &mut Vec<String>,
    ) {
        let Some(define) = waiting.remove(name) else {
            return;
        };
        path.push(name.to_owned());
        let mut names = Vec::new();
        let mut depth = 1;
        names_in(&define.expr, &mut names);
        for used in names {
            if path.contains(&used) {
                let cycle = format!("{} -> {used}", path.join(" -> "));
                self.problem(
                    define.file,
                    define.at,
                    format!("defines use each other in a circle: {cycle}"),
                );
                path.pop();
                return;
            }
            if path.len() < MAX_DEFINE_DEPTH {
                self.define(&used, waiting, path);
            } else if waiting.contains_key(&used) {
                let message = format!("defines are nested deeper than {MAX_DEFINE_DEPTH}");
                self.problem(define.file, define.at, message);
                path.pop();
                return;
            }
            depth = depth.max(1 + self.depths.get(&used).copied().unwrap_or(0));
        }
        if depth > MAX_DEFINE_DEPTH {
            self.problem(
                define.file,
                define.at,
                format!("defines are nested deeper than {MAX_DEFINE_DEPTH}"),
            );
        }
        self.depths.insert(name.to_owned(), depth);
        match self.compiler.condition(&define.expr) {
            Ok(id) => self.add_define(name, id),
            Err(fault) => self.problem(define.file, define.start + fault.at, fault.message),
        }
        path.pop();
    }

    fn add_define(&mut self, name: &str, id: Id) {
        let number = u16::try_from(self.compiler.ir.defines.len()).unwrap_or(u16::MAX);
        self.compiler.ir.defines.push(id);
        self.compiler.defines.insert(name.to_owned(), number);
    }

    /// A switch is a define with a fixed value; a house pack may turn one over.
    fn switch(&mut self, source: &Source, switch: &raw::Switch) {
        let name = switch.id.get_ref();
        let readable = Switch {
            id: name.clone(),
            question: switch.question.clone(),
            answer: switch.default,
        };
        let law = self.base.map_or(&[][..], |base| &base.switches);
        let is_question = law.iter().any(|one| one.id == *name);
        match self.switches.iter_mut().find(|one| one.id == *name) {
            Some(one) => *one = readable,
            None => self.switches.push(readable),
        }
        if self.base.is_some() && !is_question && self.compiler.defines.contains_key(name) {
            // Else a house could say that nothing is health information.
            let message = format!("`{name}` is a word of the law, not an unsettled question");
            return self.problem(source, switch.id.span().start, message);
        }
        let id = self
            .compiler
            .ir
            .add(Node::Const(Truth::from(switch.default)));
        if switch.question.is_empty() {
            self.problem(
                source,
                switch.id.span().start,
                "a switch says which question it answers",
            );
        }
        match (self.compiler.defines.get(name), self.base) {
            (None, _) => self.add_define(name, id),
            (Some(number), Some(_)) => {
                let number = usize::from(*number);
                if let Some(place) = self.compiler.ir.defines.get_mut(number) {
                    *place = id;
                }
            }
            (Some(_), None) => {
                self.problem(
                    source,
                    switch.id.span().start,
                    format!("switch `{name}` stands twice"),
                );
            }
        }
    }
}

fn names_in(expr: &Expr, names: &mut Vec<String>) {
    match &expr.kind {
        ExprKind::Name(name) => names.push(name.clone()),
        ExprKind::Not(inner) => names_in(inner, names),
        ExprKind::And(list)
        | ExprKind::Or(list)
        | ExprKind::List(list)
        | ExprKind::Call(_, list) => {
            list.iter().for_each(|expr| names_in(expr, names));
        }
        ExprKind::Compare(_, a, b) | ExprKind::In(a, b) => {
            names_in(a, names);
            names_in(b, names);
        }
        ExprKind::Each { body, .. } => names_in(body, names),
        ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_) => {}
    }
}
