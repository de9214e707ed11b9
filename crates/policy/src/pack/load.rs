//! Checks and compiles packs. Every problem is listed, not the first one alone.

use std::collections::HashMap;

use jiff::civil::Date;
use toml::Spanned;

use super::{Case, Compiled, Pack, Problem, Source, Text, Until, Window, raw};
use crate::compile::Compiler;
use crate::decision::{Outcome, PackRef, Profile};
use crate::elements::{Element, Elements, Refusal, Use};
use crate::engine::program::Program;
use crate::facts::CATALOGUE;
use crate::ir::{Id, Node, Num, Ref, Truth};
use crate::lang::{self, Expr, ExprKind, Op};
use crate::rule::{Kind, Limit, Rule};

/// The most rules a pack may have.
const MAX_RULES: usize = 20_000;
/// The longest chain of defines that use each other.
const MAX_DEFINE_DEPTH: usize = 32;

/// Loads a pack that stands on its own.
pub(crate) fn load(files: &[Source]) -> Result<Pack, Vec<Problem>> {
    let mut loader = Loader::new(None);
    loader.run(files)
}

/// Loads a house pack on top of another. It may only tighten.
pub(crate) fn load_house<'a>(base: &'a Pack, files: &'a [Source]) -> Result<Pack, Vec<Problem>> {
    let mut loader = Loader::new(Some(base));
    loader.run(files)
}

/// The pack that the files say they extend, if any.
pub(crate) fn extends(files: &[Source]) -> Option<String> {
    files
        .iter()
        .filter_map(|file| toml::from_str::<raw::File>(&file.text).ok())
        .find_map(|file| file.pack?.extends)
}

struct Loader<'a> {
    base: Option<&'a Pack>,
    compiler: Compiler,
    problems: Vec<Problem>,
    /// Where the lines of the file at hand start, so that a rule's line is found at once.
    lines: (String, Vec<usize>),
    /// How many defines deep each define goes: evaluation recurses as far.
    depths: HashMap<String, usize>,
    rules: Vec<Rule>,
    compiled: Vec<Compiled>,
}

/// A define waiting for those it uses.
struct Waiting<'a> {
    file: &'a Source,
    at: usize,
    expr: Expr,
    /// Where the condition starts in the file.
    start: usize,
}

impl<'a> Loader<'a> {
    fn new(base: Option<&'a Pack>) -> Self {
        Self {
            base,
            compiler: base.map_or_else(Compiler::new, |base| base.compiler.clone()),
            problems: Vec::new(),
            lines: (String::new(), Vec::new()),
            depths: HashMap::new(),
            rules: base.map_or_else(Vec::new, |base| base.rules.clone()),
            compiled: base.map_or_else(Vec::new, |base| base.compiled.clone()),
        }
    }

    fn run(&mut self, sources: &'a [Source]) -> Result<Pack, Vec<Problem>> {
        let mut files = Vec::new();
        for source in sources {
            match toml::from_str::<raw::File>(&source.text) {
                Ok(file) => files.push((source, file)),
                Err(error) => {
                    let at = error.span().map_or(0, |span| span.start);
                    self.problem(source, at, error.message().to_owned());
                }
            }
        }
        self.defines(&files);
        for (source, file) in &files {
            for rule in &file.rule {
                self.rule(source, rule);
            }
        }
        self.check_duplicates(&files);
        let header = self.header(&files);
        let elements = self.elements(&files);
        if !self.problems.is_empty() {
            self.problems
                .sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
            return Err(std::mem::take(&mut self.problems));
        }
        Ok(self.finish(header, elements))
    }

    fn problem(&mut self, source: &Source, at: usize, message: impl Into<String>) {
        self.problems
            .push(Problem::at(&source.name, &source.text, at, message));
    }

    /// Parses a condition; gives it with the place where its text starts.
    fn parse(&mut self, source: &Source, text: &Spanned<String>) -> Option<(Expr, usize)> {
        let start = content_start(source, text);
        match lang::parse(text.get_ref()) {
            Ok(expr) => Some((expr, start)),
            Err(fault) => {
                self.problem(source, start + fault.at, fault.message);
                None
            }
        }
    }

    fn condition(&mut self, source: &Source, text: &Spanned<String>) -> Id {
        let Some((expr, start)) = self.parse(source, text) else {
            return 0;
        };
        match self.compiler.condition(&expr) {
            Ok(id) => id,
            Err(fault) => {
                self.problem(source, start + fault.at, fault.message);
                0
            }
        }
    }

    fn defines(&mut self, files: &[(&'a Source, raw::File)]) {
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

    fn rule(&mut self, source: &Source, raw: &raw::Rule) {
        let at = raw.id.span().start;
        if self.rules.len() >= MAX_RULES {
            return self.problem(
                source,
                at,
                format!("a pack may have {MAX_RULES} rules at most"),
            );
        }
        if raw.citation.iter().all(|text| text.trim().is_empty()) {
            self.problem(
                source,
                at,
                format!("rule `{}` has no citation", raw.id.get_ref()),
            );
        }
        self.check_house(source, raw, at);
        let when = self.when(source, raw);
        let (needs, until) = self.needs(source, raw, at);
        let otherwise = self.otherwise(source, raw);
        let cases = raw
            .case
            .iter()
            .map(|case| self.case(source, case))
            .collect();
        let rule = self.readable(source, raw);
        self.compiled.push(Compiled {
            rule: self.rules.len(),
            kind: raw.kind,
            when,
            needs,
            otherwise,
            basis: raw.basis || raw.kind == Kind::Permit,
            text: Text {
                says: Some(raw.says.clone()),
                objection: raw.objection.clone(),
                citation: raw.citation.clone(),
                category: raw.category.clone(),
                permit_category: raw.permit_category.clone(),
                missing: raw.missing.clone(),
                conditions: raw.conditions.clone(),
                cure: raw.cure.clone(),
                evidence: raw.evidence.clone(),
            },
            cases,
            until,
        });
        self.rules.push(rule);
    }

    /// A house pack adds objections and obligations, never a basis.
    fn check_house(&mut self, source: &Source, raw: &raw::Rule, at: usize) {
        let Some(base) = self.base else { return };
        let id = raw.id.get_ref();
        if raw.kind == Kind::Permit || raw.basis {
            self.problem(
                source,
                at,
                format!("`{id}` would loosen the law: a house rule may not give a basis"),
            );
        }
        if base.rules.iter().any(|rule| rule.id == *id) {
            self.problem(
                source,
                at,
                format!("`{id}` is a rule of the law; give the house rule an id of its own"),
            );
        }
    }

    /// The condition, within the jurisdiction of the rule.
    fn when(&mut self, source: &Source, raw: &raw::Rule) -> Id {
        let when = match &raw.when {
            Some(when) => self.condition(source, when),
            None => self.compiler.ir.add(Node::Const(Truth::True)),
        };
        if raw.jurisdiction.iter().any(|place| place == "US") || raw.jurisdiction.is_empty() {
            return when;
        }
        let index = CATALOGUE
            .iter()
            .position(|fact| fact.name == "jurisdiction");
        let list = Ref::Person(
            index
                .and_then(|index| u16::try_from(index).ok())
                .unwrap_or(u16::MAX),
        );
        let places: Vec<Id> = raw
            .jurisdiction
            .iter()
            .map(|place| {
                let symbol = self.compiler.symbols.intern(place);
                self.compiler.ir.add(Node::Holds(list, symbol))
            })
            .collect();
        let kids = self.compiler.ir.add_kids(&places);
        let here = self.compiler.ir.add(Node::Or(kids));
        let kids = self.compiler.ir.add_kids(&[here, when]);
        self.compiler.ir.add(Node::And(kids))
    }

    fn needs(
        &mut self,
        source: &Source,
        raw: &raw::Rule,
        at: usize,
    ) -> (Option<Id>, Option<Until>) {
        let needs = raw
            .needs
            .as_ref()
            .map(|needs| self.condition(source, needs));
        let wanted = matches!(raw.kind, Kind::Require | Kind::Hold);
        if wanted && needs.is_none() && raw.window.is_empty() {
            self.problem(source, at, "a rule of this kind says what it `needs`");
        }
        if !wanted && (needs.is_some() || !raw.window.is_empty()) {
            self.problem(
                source,
                at,
                "only `require` and `hold` have `needs` or `window`",
            );
        }
        if !raw.window.is_empty() {
            let windows: Vec<Window> = raw.window.iter().map(window).collect();
            return (Some(self.inside(&windows)), Some(Until::Window(windows)));
        }
        let until = match raw
            .until
            .as_ref()
            .map(|until| (until.get_ref().as_str(), until.span().start))
        {
            Some(("day", _)) => Some(Until::Day),
            Some(("week", _)) => Some(Until::Week),
            Some((_, at)) => {
                self.problem(source, at, "`until` is `day` or `week`");
                None
            }
            None => None,
        };
        (needs, until)
    }

    /// The condition that the person's clock is inside one of the windows.
    fn inside(&mut self, windows: &[Window]) -> Id {
        let fact = |name: &str| {
            let index = CATALOGUE.iter().position(|fact| fact.name == name);
            Num::Of(Ref::Person(
                index
                    .and_then(|i| u16::try_from(i).ok())
                    .unwrap_or(u16::MAX),
            ))
        };
        let (hour, weekday) = (fact("local_time.hour"), fact("local_time.weekday"));
        let ir = &mut self.compiler.ir;
        let mut any = Vec::new();
        for window in windows {
            for day in &window.days {
                let all = [
                    ir.add(Node::Compare(Op::Eq, weekday, Num::Const(f64::from(*day)))),
                    ir.add(Node::Compare(Op::Ge, hour, Num::Const(window.from))),
                    ir.add(Node::Compare(Op::Le, hour, Num::Const(window.to))),
                ];
                let kids = ir.add_kids(&all);
                any.push(ir.add(Node::And(kids)));
            }
        }
        let kids = ir.add_kids(&any);
        ir.add(Node::Or(kids))
    }

    fn otherwise(&mut self, source: &Source, raw: &raw::Rule) -> Outcome {
        let Some(text) = &raw.otherwise else {
            return Outcome::Deny;
        };
        match Outcome::find(text.get_ref()) {
            Some(outcome) if outcome != Outcome::Permit => outcome,
            _ => {
                let message = "`otherwise` is `needs_authorization` or `deny`";
                self.problem(source, text.span().start, message);
                Outcome::Deny
            }
        }
    }

    fn case(&mut self, source: &Source, raw: &raw::Case) -> Case {
        Case {
            when: self.condition(source, &raw.when),
            text: Text {
                says: raw.says.clone(),
                objection: raw.objection.clone(),
                citation: raw.citation.clone(),
                category: raw.category.clone(),
                permit_category: raw.permit_category.clone(),
                missing: raw.missing.clone(),
                conditions: raw.conditions.clone(),
                cure: raw.cure.clone(),
                evidence: raw.evidence.clone(),
            },
        }
    }

    fn readable(&mut self, source: &Source, raw: &raw::Rule) -> Rule {
        let line = self.line(source, raw.id.span().start);
        Rule {
            id: raw.id.get_ref().clone(),
            title: raw.title.clone(),
            says: raw.says.clone(),
            citation: raw.citation.clone(),
            kind: raw.kind,
            jurisdiction: if raw.jurisdiction.is_empty() {
                "US".to_owned()
            } else {
                raw.jurisdiction.join(", ")
            },
            effective_from: self.day(source, raw.effective_from.as_ref()),
            effective_to: self.day(source, raw.effective_to.as_ref()),
            profiles: self.profiles(source, &raw.profile),
            when: raw
                .when
                .as_ref()
                .map_or_else(|| "true".to_owned(), |when| tidy(when.get_ref())),
            needs: raw.needs.as_ref().map(|needs| tidy(needs.get_ref())),
            evidence: raw.evidence.clone(),
            source: raw.source.clone(),
            file: source.name.clone(),
            line,
        }
    }

    fn line(&mut self, source: &Source, at: usize) -> usize {
        if self.lines.0 != source.name {
            let starts = source
                .text
                .match_indices('\n')
                .map(|(at, _)| at + 1)
                .collect();
            self.lines = (source.name.clone(), starts);
        }
        self.lines.1.partition_point(|start| *start <= at) + 1
    }

    fn day(&mut self, source: &Source, text: Option<&Spanned<String>>) -> Option<Date> {
        let text = text?;
        let day = text.get_ref().parse().ok();
        if day.is_none() {
            self.problem(
                source,
                text.span().start,
                "expected a day such as \"2027-01-31\"",
            );
        }
        day
    }

    fn profiles(&mut self, source: &Source, names: &[Spanned<String>]) -> Vec<Profile> {
        if names.is_empty() {
            return Profile::ALL.to_vec();
        }
        let mut profiles = Vec::new();
        for name in names {
            match Profile::find(name.get_ref()) {
                Some(profile) => profiles.push(profile),
                None => self.problem(
                    source,
                    name.span().start,
                    "expected `regulatory_floor` or `conservative`",
                ),
            }
        }
        profiles
    }

    fn check_duplicates(&mut self, files: &[(&Source, raw::File)]) {
        let mut by_id: HashMap<&str, Vec<(&Source, &raw::Rule)>> = HashMap::new();
        for (source, file) in files {
            for rule in &file.rule {
                by_id
                    .entry(rule.id.get_ref())
                    .or_default()
                    .push((source, rule));
            }
        }
        let mut found = Vec::new();
        for rules in by_id.values_mut() {
            rules.sort_by(|a, b| from(a.1).cmp(from(b.1)));
            for pair in rules.windows(2) {
                if let [(_, earlier), (source, later)] = pair
                    && to(earlier) >= from(later)
                {
                    found.push((*source, later.id.span().start, later.id.get_ref().clone()));
                }
            }
        }
        for (source, at, id) in found {
            self.problem(
                source,
                at,
                format!("two rules are called `{id}` on the same day"),
            );
        }
    }

    fn header(&mut self, files: &[(&Source, raw::File)]) -> Option<PackRef> {
        let mut headers = files
            .iter()
            .filter_map(|(source, file)| Some((*source, file.pack.as_ref()?)));
        let Some((source, header)) = headers.next() else {
            self.problems.push(Problem {
                file: files
                    .first()
                    .map_or_else(|| "pack.toml".to_owned(), |(source, _)| source.name.clone()),
                line: 1,
                column: 1,
                message: "no file says `[pack]` with its `id` and `version`".to_owned(),
            });
            return None;
        };
        if let Some((again, _)) = headers.next() {
            self.problem(
                again,
                0,
                format!("`[pack]` stands in {} already", source.name),
            );
        }
        let reference = PackRef {
            id: header.id.clone(),
            version: header.version.clone(),
        };
        Some(match self.base {
            Some(base) => PackRef {
                id: format!("{}+{}", base.reference.id, reference.id),
                version: format!("{}+{}", base.reference.version, reference.version),
            },
            None => reference,
        })
    }

    fn elements(&mut self, files: &[(&Source, raw::File)]) -> (Elements, Orders) {
        let mut list = Vec::new();
        let mut uses = Vec::new();
        let mut orders = Orders::default();
        for (source, file) in files {
            let has_elements = !(file.element.is_empty() && file.class.is_empty());
            if has_elements && self.base.is_some() {
                self.problem(source, 0, "a house pack may not change the data elements");
            }
            orders.limits.extend(file.limit.iter().cloned());
            list.extend(file.element.iter().map(|raw| Element {
                code: raw.code.clone(),
                label: raw.label.clone(),
                class: raw.class.clone(),
            }));
            uses.extend(file.class.iter().map(|raw| Use {
                class: raw.code.clone(),
                may_carry: raw.may_carry.clone(),
                floor_may_carry: raw.floor_may_carry.clone(),
                refusal: Refusal {
                    rule: raw.rule.clone(),
                    citation: raw.citation.clone(),
                    says: raw.says.clone(),
                },
            }));
            if let Some(header) = &file.pack {
                orders.permit.clone_from(&header.permit_order);
                orders.objection.clone_from(&header.objection_order);
                let aliases = header.content_aliases.iter();
                orders.aliases = aliases
                    .map(|(alias, class)| (alias.clone(), class.clone()))
                    .collect();
            }
        }
        match self.base {
            Some(base) => (
                base.elements.clone(),
                Orders {
                    // Ours come first, so a house pack can add a limit and change none.
                    limits: base.limits.iter().cloned().chain(orders.limits).collect(),
                    permit: base.permit_order.clone(),
                    objection: base.objection_order.clone(),
                    aliases: base.aliases.clone(),
                },
            ),
            None => (Elements::new(list, uses), orders),
        }
    }

    fn finish(&mut self, header: Option<PackRef>, (elements, orders): (Elements, Orders)) -> Pack {
        // Classes and codes that only inputs name must be symbols too, or they would all be strangers.
        let compiler = std::mem::take(&mut self.compiler);
        let warnings = CATALOGUE
            .iter()
            .zip(&compiler.used)
            .filter(|(_, used)| !**used)
            .map(|(fact, _)| Problem {
                file: "facts".to_owned(),
                line: 1,
                column: 1,
                message: format!("no rule reads `{}`", fact.name),
            })
            .collect();
        let compiled = std::mem::take(&mut self.compiled);
        let rules = std::mem::take(&mut self.rules);
        Pack {
            program: Program::whole(compiler.ir.clone(), &compiled, &rules),
            reference: header.unwrap_or(PackRef {
                id: String::new(),
                version: String::new(),
            }),
            rules,
            compiled,
            symbols: compiler.symbols.clone(),
            elements,
            aliases: orders.aliases,
            permit_order: orders.permit,
            objection_order: orders.objection,
            limits: orders.limits,
            warnings,
            compiler,
        }
    }
}

#[derive(Default)]
struct Orders {
    limits: Vec<Limit>,
    permit: Vec<String>,
    objection: Vec<String>,
    aliases: Vec<(String, String)>,
}

fn window(raw: &raw::Window) -> Window {
    Window {
        days: raw.days.clone(),
        from: raw.from,
        to: raw.to,
    }
}

fn from(rule: &raw::Rule) -> &str {
    rule.effective_from
        .as_ref()
        .map_or("0000-00-00", |day| day.get_ref())
}

fn to(rule: &raw::Rule) -> &str {
    rule.effective_to
        .as_ref()
        .map_or("9999-99-99", |day| day.get_ref())
}

/// Where the text of a TOML string starts, after its quotes.
fn content_start(source: &Source, text: &Spanned<String>) -> usize {
    let span = text.span();
    let raw = source.text.get(span.clone()).unwrap_or_default();
    let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") {
        3
    } else {
        1
    };
    let newline =
        usize::from(raw.get(quotes..).is_some_and(|rest| rest.starts_with('\n')) && quotes == 3);
    span.start + quotes + newline
}

fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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
