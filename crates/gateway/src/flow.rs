//! A flow: which fields of which resources, and which columns of a CSV, may come in.
//!
//! A flow is a TOML file. It lists single fields, never groups of them, so that a field that the
//! sender adds tomorrow stays out. Naming what FHIR R4 does not know is an error of the flow, not
//! a line without effect. What an import goes by also declares where the data come from and go,
//! what for, who answers, and by which contract (`declared.rs`).
//!
//! INVARIANT: what is not listed is dropped; no flow can let in an extension, a contained
//! resource, a narrative or a nested bundle.

mod compile;
mod declared;
mod permitted;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use placet_domain::data::{Element, ElementKind};
use placet_domain::flow::Declaration;
use placet_domain::time::TimeZone;
use serde::Deserialize;
use toml::Spanned;

use crate::csv::people::Field as CsvField;
use crate::fhir::elements::table;
use crate::hl7::rules::{self, Rules};
pub(crate) use compile::{Field, Names, Node, Shape};
use permitted::Permitted;

const PEOPLE: &str = include_str!("../flows/people.toml");
const OF_THE_HOSPITAL: &str = include_str!("../flows/hospital.toml");
const TO_A_COMPANY: &str = include_str!("../flows/company.toml");

/// An allow-list, ready to run.
pub struct Flow {
    name: String,
    says: String,
    declaration: Option<Declaration>,
    /// What the file lists and the catalogue does not permit: kind and path.
    left_out: Vec<String>,
    resources: BTreeMap<&'static str, Node>,
    /// What each counter of a tally counts.
    counted: Vec<String>,
    /// The counter of each resource type that is dropped whole.
    dropped_types: BTreeMap<&'static str, usize>,
    pub(crate) csv: Vec<(CsvField, Vec<String>)>,
    hl7: Option<Rules>,
    pseudonyms: Option<Arc<Pseudonyms>>,
}

/// What stands for an id at a destination: the same for the same id, and of no use anywhere else.
type Pseudonyms = dyn Fn(&str) -> String + Send + Sync;

/// One thing wrong with a flow's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowProblem {
    /// The file, as given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong, and what to do.
    pub says: String,
}

impl fmt::Display for FlowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.says
        )
    }
}

impl std::error::Error for FlowProblem {}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Spanned<String>,
    says: String,
    format: Option<Spanned<i64>>,
    source: Option<Spanned<String>>,
    purpose: Option<Spanned<String>>,
    owners: Option<declared::Owners>,
    destination: Option<declared::DestinationIn>,
    contract: Option<Spanned<declared::ContractIn>>,
    #[serde(default)]
    fhir: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
    #[serde(default)]
    csv: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
    hl7: Option<Messages>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Messages {
    messages: Vec<Spanned<String>>,
    fields: Vec<Spanned<String>>,
    id_types: Vec<Spanned<String>>,
    time_zone: Option<Spanned<String>>,
}

impl Flow {
    /// The flow `people`, which is part of the program.
    #[must_use]
    pub fn people() -> Self {
        #[expect(
            clippy::expect_used,
            reason = "the text is part of the program and tested"
        )]
        Self::load("people.toml", PEOPLE).expect("the flow of the program loads")
    }

    /// The flow `people` as it is declared for a source, with the hospital itself as destination:
    /// what an installation begins with, and a file to start one's own from.
    #[must_use]
    pub fn people_from(source: &str) -> String {
        let name = if source == "ehr" {
            "people".to_owned()
        } else {
            format!("people-{source}")
        };
        let list = PEOPLE.replacen("name = \"people\"", &format!("name = \"{name}\""), 1);
        OF_THE_HOSPITAL
            .replace("{source}", source)
            .replace("{list}", &list)
    }

    /// A flow to another company, to be filled in: who it is, by which contract, and which fields.
    #[must_use]
    pub fn company_from(source: &str) -> String {
        TO_A_COMPANY.replace("{source}", source)
    }

    /// Reads a flow; `file` is only named in problems.
    ///
    /// # Errors
    ///
    /// Every problem with its line, so that one look is enough to mend the file.
    pub fn load(file: &str, text: &str) -> Result<Self, Vec<FlowProblem>> {
        Self::read(file, text, None)
    }

    /// Reads a flow and keeps of its list only what is among these elements; the rest is named by
    /// [`Flow::left_out`] and dropped like anything else that is not listed.
    ///
    /// # Errors
    ///
    /// As [`Flow::load`].
    pub fn load_permitted(
        file: &str,
        text: &str,
        elements: &[Element],
    ) -> Result<Self, Vec<FlowProblem>> {
        Self::read(file, text, Some(&Permitted::new(elements)))
    }

    fn read(
        file: &str,
        text: &str,
        permitted: Option<&Permitted<'_>>,
    ) -> Result<Self, Vec<FlowProblem>> {
        let parsed: File = toml::from_str(text).map_err(|error| {
            let says = error.message().to_owned();
            vec![problem(
                file,
                text,
                error.span().map_or(0, |span| span.start),
                says,
            )]
        })?;
        Loader {
            file,
            text,
            permitted,
            left_out: Vec::new(),
            problems: Vec::new(),
        }
        .load(parsed)
    }

    /// Its name, as it stands in records of what was imported.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it lets in, in words.
    #[must_use]
    pub fn says(&self) -> &str {
        &self.says
    }

    /// What it declares besides its list; none for a list alone.
    #[must_use]
    pub fn declaration(&self) -> Option<&Declaration> {
        self.declaration.as_ref()
    }

    /// What its file lists and the catalogue does not permit, as `Patient.name.family`.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Every element that it lets in: FHIR paths, HL7 fields, columns by our name for them.
    #[must_use]
    pub fn elements(&self) -> Vec<(ElementKind, String)> {
        let mut fhir = Vec::new();
        for (name, node) in &self.resources {
            node.list_fields(name, &mut fhir);
        }
        let mut hl7 = Vec::new();
        if let Some(rules) = &self.hl7 {
            rules.list_fields(&mut hl7);
        }
        let columns = self.csv.iter().map(|(field, _)| field.as_str().to_owned());
        let of = |kind: ElementKind| move |path: String| (kind, path);
        fhir.into_iter()
            .map(of(ElementKind::Fhir))
            .chain(hl7.into_iter().map(of(ElementKind::Hl7)))
            .chain(columns.map(of(ElementKind::Column)))
            .collect()
    }

    /// Every field that it lets in, as `Patient.name.family`.
    #[must_use]
    pub fn fields(&self) -> Vec<String> {
        let mut fields = Vec::new();
        for (name, node) in &self.resources {
            node.list_fields(name, &mut fields);
        }
        if let Some(rules) = &self.hl7 {
            rules.list_fields(&mut fields);
        }
        fields
    }

    /// The same flow, with ids and references replaced by what this gives for each.
    #[must_use]
    pub fn with_pseudonyms(
        mut self,
        pseudonym: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        self.pseudonyms = Some(Arc::new(pseudonym));
        self
    }

    /// What stands for an id; nothing when ids stay as they are. Of a reference, as `Patient/1`,
    /// the type stays, so that what it points to is found under the same name.
    pub(crate) fn pseudonym(&self, id: &str) -> Option<String> {
        let give = self.pseudonyms.as_deref()?;
        let known = |kind: &&str| table().resource_types().contains(kind);
        match id.rsplit_once('/').filter(|(kind, _)| known(kind)) {
            Some((kind, id)) => Some(format!("{kind}/{}", give(id))),
            None => Some(give(id)),
        }
    }

    /// What may be kept of a resource type, if anything.
    pub(crate) fn allowed(&self, resource_type: &str) -> Option<(&'static str, &Node)> {
        self.resources
            .get_key_value(resource_type)
            .map(|(name, node)| (*name, node))
    }

    /// What may be kept of HL7 v2, if anything.
    pub(crate) fn hl7(&self) -> Option<&Rules> {
        self.hl7.as_ref()
    }

    /// The counter of a resource type that is dropped whole.
    pub(crate) fn dropped_type(&self, resource_type: &str) -> usize {
        self.dropped_types
            .get(resource_type)
            .copied()
            .unwrap_or(Names::UNKNOWN_TYPE)
    }

    /// What a counter counts.
    pub(crate) fn counted(&self, counter: usize) -> &str {
        self.counted
            .get(counter)
            .map_or("(uncounted)", String::as_str)
    }

    pub(crate) fn n_counters(&self) -> usize {
        self.counted.len()
    }
}

struct Loader<'t> {
    file: &'t str,
    text: &'t str,
    permitted: Option<&'t Permitted<'t>>,
    left_out: Vec<String>,
    problems: Vec<FlowProblem>,
}

impl Loader<'_> {
    fn load(mut self, mut parsed: File) -> Result<Flow, Vec<FlowProblem>> {
        if parsed.name.get_ref().is_empty() || !parsed.name.get_ref().bytes().all(is_name_byte) {
            self.object(
                &parsed.name,
                "a flow's name is made of a-z, 0-9, `_` and `-`".to_owned(),
            );
        }
        let mut names = Names::new();
        let resources = self.resources(&parsed.fhir, &mut names);
        let csv = self.columns(&parsed.csv);
        let hl7 = parsed
            .hl7
            .as_ref()
            .map(|listed| self.messages(listed, &mut names));
        let parts = declared::Parts {
            format: parsed.format.take(),
            source: parsed.source.take(),
            purpose: parsed.purpose.take(),
            owners: parsed.owners.take(),
            destination: parsed.destination.take(),
            contract: parsed.contract.take(),
        };
        let says = (parsed.name.get_ref().as_str(), parsed.says.as_str());
        let declaration = self.declaration(says, &parts, hl7.is_some());
        if declaration.is_some() && !declared::is_wording(&parsed.says) {
            self.object_at(
                0,
                "say in `says` what the flow lets through, on one line".to_owned(),
            );
        }
        let lists_nothing = resources.is_empty() && csv.is_empty() && hl7.is_none();
        if declaration.is_some() && lists_nothing && self.permitted.is_none() {
            self.object_at(
                0,
                "the flow lists nothing: add [fhir], [csv] or [hl7]".to_owned(),
            );
        }
        if !self.problems.is_empty() {
            self.problems
                .sort_by_key(|problem| (problem.line, problem.column));
            return Err(self.problems);
        }
        let dropped_types = table()
            .resource_types()
            .into_iter()
            .map(|name| (name, names.counter(name.to_owned())))
            .collect();
        Ok(Flow {
            name: parsed.name.get_ref().clone(),
            says: parsed.says.clone(),
            declaration,
            left_out: self.left_out,
            resources,
            counted: names.into_counted(),
            dropped_types,
            csv,
            hl7,
            pseudonyms: None,
        })
    }

    fn resources(
        &mut self,
        listed: &BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
        names: &mut Names,
    ) -> BTreeMap<&'static str, Node> {
        let known = table().resource_types();
        let mut resources = BTreeMap::new();
        for (name, paths) in listed {
            let found = known.iter().copied().find(|known| known == name.get_ref());
            let Some(resource_type) = found.filter(|known| *known != "Bundle") else {
                let says = format!(
                    "`{}` is not a resource type of FHIR R4 that a flow can let in",
                    name.get_ref()
                );
                self.object(name, says);
                continue;
            };
            let mut accepted = Vec::new();
            for path in paths {
                match compile::check(resource_type, path.get_ref()) {
                    Ok(()) if accepted.contains(&path.get_ref().as_str()) => {
                        self.object(path, format!("`{}` is listed twice", path.get_ref()));
                    }
                    Ok(()) if self.forbids(|it| !it.fhir(resource_type, path.get_ref())) => {
                        self.left_out
                            .push(format!("{resource_type}.{}", path.get_ref()));
                    }
                    Ok(()) => accepted.push(path.get_ref().as_str()),
                    Err(says) => self.object(path, says),
                }
            }
            if accepted.is_empty() && self.permitted.is_some() {
                continue;
            }
            resources.insert(
                resource_type,
                Node::resource(resource_type, &accepted, names),
            );
        }
        resources
    }

    fn messages(&mut self, listed: &Messages, names: &mut Names) -> Rules {
        let mut messages = Vec::new();
        for written in &listed.messages {
            match rules::message(written.get_ref()) {
                Ok(message) if messages.contains(&message) => {
                    self.object(written, format!("`{}` is listed twice", written.get_ref()));
                }
                Ok(message) => messages.push(message),
                Err(says) => self.object(written, says),
            }
        }
        let mut paths = Vec::new();
        for written in &listed.fields {
            match rules::path(written.get_ref()) {
                Ok(path) if paths.contains(&path) => {
                    self.object(written, format!("`{}` is listed twice", written.get_ref()));
                }
                Ok(path) if self.forbids(|it| !it.hl7(&path)) => {
                    self.left_out.push(written.get_ref().clone());
                }
                Ok(path) => paths.push(path),
                Err(says) => self.object(written, says),
            }
        }
        let mut id_types = Vec::new();
        for written in &listed.id_types {
            if rules::is_code(written.get_ref().as_bytes()) {
                id_types.push(written.get_ref().clone());
            } else {
                let says = "a type of id is a code of table 0203, as `MR`".to_owned();
                self.object(written, says);
            }
        }
        let zone = listed.time_zone.as_ref().and_then(|written| {
            let found = TimeZone::get(written.get_ref()).ok();
            if found.is_none() {
                let says = format!("`{}` is no time zone", written.get_ref());
                self.object(written, says);
            }
            found
        });
        Rules::new(messages, &paths, (id_types, zone), names)
    }

    fn columns(
        &mut self,
        listed: &BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
    ) -> Vec<(CsvField, Vec<String>)> {
        let mut columns = Vec::new();
        for (name, headers) in listed {
            match CsvField::find(name.get_ref()) {
                Some(field) => {
                    let headers: Vec<_> = headers.iter().map(|h| h.get_ref().clone()).collect();
                    if self.forbids(|it| !it.column(field, &headers)) {
                        self.left_out.push(field.as_str().to_owned());
                    } else {
                        columns.push((field, headers));
                    }
                }
                None => {
                    let words: Vec<_> = CsvField::ALL.iter().map(|field| field.as_str()).collect();
                    let says = format!(
                        "`{}` is not a field of a CSV of people; the fields are {}",
                        name.get_ref(),
                        words.join(", ")
                    );
                    self.object(name, says);
                }
            }
        }
        columns
    }

    fn forbids(&self, is_missing: impl Fn(&Permitted<'_>) -> bool) -> bool {
        self.permitted.is_some_and(is_missing)
    }

    fn object(&mut self, to: &Spanned<String>, says: String) {
        self.object_at(to.span().start, says);
    }

    fn object_at(&mut self, at: usize, says: String) {
        self.problems.push(problem(self.file, self.text, at, says));
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-'
}

fn problem(file: &str, text: &str, at: usize, says: String) -> FlowProblem {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    FlowProblem {
        file: file.to_owned(),
        line,
        column,
        says,
    }
}
