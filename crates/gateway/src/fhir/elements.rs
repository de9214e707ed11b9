//! The elements of FHIR R4, by type: what a path may name, and what it leads to.
//!
//! Names outside this table are never repeated in a report: a broken sender may put a person's
//! name where the name of an element belongs.

use std::collections::HashMap;
use std::sync::LazyLock;

const TEXT: &str = include_str!("../../data/r4-elements.txt");

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(TEXT));

/// What the value of an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Flag,
    Number,
    Group(&'static str),
}

/// One element of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) is_list: bool,
}

struct Type {
    is_resource: bool,
    base: Option<&'static str>,
    elements: Vec<Element>,
}

/// Every type of FHIR R4.
pub(crate) struct Table {
    types: HashMap<&'static str, Type>,
}

/// The one table.
pub(crate) fn table() -> &'static Table {
    &TABLE
}

impl Table {
    fn parse(text: &'static str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self {
            types: lines.filter_map(parse_line).collect(),
        }
    }

    /// Every type that can stand alone, without the abstract ones.
    pub(crate) fn resource_types(&self) -> Vec<&'static str> {
        let is_concrete = |name: &str| name != "Resource" && name != "DomainResource";
        let mut names: Vec<_> = self
            .types
            .iter()
            .filter(|(name, found)| found.is_resource && is_concrete(name))
            .map(|(name, _)| *name)
            .collect();
        names.sort_unstable();
        names
    }

    /// The elements of a type with those it inherits.
    pub(crate) fn elements(&self, of: &str) -> Vec<Element> {
        let mut all = Vec::new();
        let mut next = self.types.get(of);
        while let Some(found) = next {
            all.extend_from_slice(&found.elements);
            next = found.base.and_then(|base| self.types.get(base));
        }
        all
    }
}

fn parse_line(line: &'static str) -> Option<(&'static str, Type)> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let mut found = Type {
        is_resource: name.ends_with('!'),
        base: None,
        elements: Vec::new(),
    };
    for word in words {
        match word.strip_prefix('<') {
            Some(base) => found.base = Some(base),
            None => found.elements.extend(parse_element(word)),
        }
    }
    Some((name.trim_end_matches('!'), found))
}

fn parse_element(word: &'static str) -> Option<Element> {
    let (name, kind) = word.split_once(':')?;
    let kind_name = kind.trim_end_matches('*');
    let is_list = kind.len() != kind_name.len();
    let kind = match kind_name {
        "s" => Kind::Text,
        "b" => Kind::Flag,
        "n" => Kind::Number,
        group => Kind::Group(group),
    };
    Some(Element {
        name,
        kind,
        is_list,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_type_has_its_own_and_inherited_elements() {
        let patient = table().elements("Patient");
        let find = |name: &str| patient.iter().find(|e| e.name == name).copied().unwrap();
        assert_eq!(find("name").kind, Kind::Group("HumanName"));
        assert!(find("name").is_list);
        assert_eq!(find("birthDate").kind, Kind::Text);
        assert_eq!(find("modifierExtension").kind, Kind::Group("Extension"));
        assert_eq!(find("id").kind, Kind::Text);
    }

    #[test]
    fn every_group_that_an_element_leads_to_is_known() {
        for (name, found) in &table().types {
            for element in &found.elements {
                if let Kind::Group(group) = element.kind {
                    let is_known = group == "FhirResource" || table().types.contains_key(group);
                    assert!(is_known, "{name}.{}", element.name);
                }
            }
        }
        assert_eq!(table().resource_types().len(), 146);
    }
}
