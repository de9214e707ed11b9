//! Checks and compiles packs. Every problem is listed, not the first one alone.

mod rules;
mod words;

use std::collections::HashMap;

use toml::Spanned;

use super::{Compiled, Pack, Problem, Source, raw};
use crate::compile::Compiler;
use crate::decision::PackRef;
use crate::elements::{Element, Elements, Refusal, Use};
use crate::engine::program::Program;
use crate::facts::CATALOGUE;
use crate::ir::Id;
use crate::lang::{self, Expr};
use crate::rule::{Limit, Rule, Switch, Word};

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
    words: Vec<Word>,
    switches: Vec<Switch>,
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
            words: base.map_or_else(Vec::new, |base| base.words.clone()),
            switches: base.map_or_else(Vec::new, |base| base.switches.clone()),
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
        let mut layers = self.base.map_or_else(Vec::new, |base| base.layers.clone());
        layers.push(sources.to_vec());
        Ok(self.finish(layers, header, elements))
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

    fn finish(
        &mut self,
        layers: Vec<Vec<Source>>,
        header: Option<PackRef>,
        (elements, orders): (Elements, Orders),
    ) -> Pack {
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
            n_law: self.base.map_or(rules.len(), |base| base.n_law),
            layers,
            fingerprint: std::sync::OnceLock::new(),
            rules,
            compiled,
            symbols: compiler.symbols.clone(),
            elements,
            aliases: orders.aliases,
            permit_order: orders.permit,
            objection_order: orders.objection,
            limits: orders.limits,
            words: std::mem::take(&mut self.words),
            switches: std::mem::take(&mut self.switches),
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
