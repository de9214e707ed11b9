//! From listed paths to a tree that a walk can follow without comparing paths.

use crate::fhir::elements::{Element, Kind, table};

/// What a walk finds for one kept element.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) is_list: bool,
    pub(crate) shape: Shape,
    /// Its path, as a counter's name.
    pub(crate) path: usize,
}

/// What the value of a kept element must be.
pub(crate) enum Shape {
    Text,
    /// A text in which anything can be said: it passes the detector.
    Free,
    /// An id or a reference: hashed for a destination outside the hospital.
    Id,
    Flag,
    Number,
    Group(Node),
    /// The resource's own type: checked, and written first.
    TypeName,
}

/// One object on the way to kept fields.
pub(crate) struct Node {
    pub(crate) fields: Vec<Field>,
    /// Known names that are not kept, sorted, with their counters.
    dropped: Vec<(String, usize)>,
    unknown: usize,
}

/// The names behind the counters.
pub(crate) struct Names(Vec<String>);

impl Names {
    /// The counter of resources whose type FHIR R4 does not know.
    pub(crate) const UNKNOWN_TYPE: usize = 0;

    pub(super) fn new() -> Self {
        Self(vec!["(unknown resource type)".to_owned()])
    }

    pub(crate) fn counter(&mut self, name: String) -> usize {
        self.0.push(name);
        self.0.len() - 1
    }

    pub(super) fn into_counted(self) -> Vec<String> {
        self.0
    }
}

/// Groups that no flow can open: they hold whatever a sender puts there.
const NEVER: [&str; 4] = ["Extension", "FhirResource", "Narrative", "Meta"];

/// Whether a path leads to one single field of this type.
pub(super) fn check(resource_type: &str, path: &str) -> Result<(), String> {
    let mut of = resource_type;
    let mut steps = path.split('.').peekable();
    while let Some(step) = steps.next() {
        let elements = table().elements(of);
        let Some(element) = elements.iter().find(|element| element.name == step) else {
            return Err(format!(
                "`{resource_type}.{path}`: FHIR R4 knows no `{step}` there"
            ));
        };
        match (element.kind, steps.peek()) {
            (Kind::Group(group), _) if NEVER.contains(&group) => {
                return Err(format!(
                    "`{resource_type}.{path}`: `{step}` can hold anything, so no flow can let it in"
                ));
            }
            (Kind::Group(group), Some(_)) => of = group,
            (Kind::Group(_), None) => {
                return Err(format!(
                    "`{resource_type}.{path}` is a group; list its fields one by one"
                ));
            }
            (_, Some(_)) => {
                return Err(format!(
                    "`{resource_type}.{path}`: nothing lies under `{step}`"
                ));
            }
            (_, None) => {}
        }
    }
    Ok(())
}

impl Node {
    pub(super) fn resource(resource_type: &'static str, paths: &[&str], names: &mut Names) -> Self {
        let mut node = Self::group(resource_type, resource_type, paths, names);
        let path = names.counter(format!("{resource_type}.resourceType"));
        let type_name = Field {
            name: "resourceType",
            is_list: false,
            shape: Shape::TypeName,
            path,
        };
        node.fields.insert(0, type_name);
        node
    }

    fn group(of: &str, prefix: &str, paths: &[&str], names: &mut Names) -> Self {
        let mut fields = Vec::new();
        let mut dropped = Vec::new();
        for element in table().elements(of) {
            let full = format!("{prefix}.{}", element.name);
            let below: Vec<&str> = paths
                .iter()
                .filter_map(|path| under(path, element.name))
                .collect();
            if below.is_empty() {
                dropped.push((element.name.to_owned(), names.counter(full.clone())));
            } else {
                let shape = shape(of, element, &full, &below, names);
                let path = names.counter(full.clone());
                fields.push(Field {
                    name: element.name,
                    is_list: element.is_list,
                    shape,
                    path,
                });
            }
            if !matches!(element.kind, Kind::Group(_)) {
                // The extension of a primitive value stands beside it under this name.
                let counter = names.counter(format!("{prefix}._{}", element.name));
                dropped.push((format!("_{}", element.name), counter));
            }
        }
        dropped.sort();
        Self {
            fields,
            dropped,
            unknown: names.counter(format!("{prefix}.(unknown)")),
        }
    }

    /// The counter of an element that is not kept.
    pub(crate) fn dropped(&self, name: &str) -> usize {
        self.dropped
            .binary_search_by(|(known, _)| known.as_str().cmp(name))
            .ok()
            .and_then(|index| self.dropped.get(index))
            .map_or(self.unknown, |(_, counter)| *counter)
    }

    pub(super) fn list_fields(&self, prefix: &str, into: &mut Vec<String>) {
        for field in &self.fields {
            match &field.shape {
                Shape::Group(node) => node.list_fields(&format!("{prefix}.{}", field.name), into),
                Shape::TypeName => {}
                _ => into.push(format!("{prefix}.{}", field.name)),
            }
        }
    }
}

/// What is left of a path below its first step.
fn under<'p>(path: &'p str, step: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(step)?;
    if rest.is_empty() {
        Some(rest)
    } else {
        rest.strip_prefix('.')
    }
}

/// Elements in which FHIR lets people write whatever they like.
const FREE: [&str; 17] = [
    "caption",
    "comment",
    "conclusion",
    "criteria",
    "definition",
    "description",
    "details",
    "display",
    "instruction",
    "note",
    "originalText",
    "patientInstruction",
    "patientInstructions",
    "reason",
    "summary",
    "text",
    "title",
];

fn shape(of: &str, element: Element, full: &str, below: &[&str], names: &mut Names) -> Shape {
    match element.kind {
        Kind::Text => text(of, element.name, full),
        Kind::Flag => Shape::Flag,
        Kind::Number => Shape::Number,
        Kind::Group(group) => Shape::Group(Node::group(group, full, below, names)),
    }
}

/// What kind of text an element of a type holds. A name or an address as one text is what it says it is.
fn text(of: &str, name: &str, full: &str) -> Shape {
    let is_of_a_resource = full.split('.').count() == 2;
    match (of, name) {
        ("Reference", "reference") | ("Identifier", "value") => Shape::Id,
        (_, "id") if is_of_a_resource => Shape::Id,
        ("HumanName" | "Address", "text") => Shape::Text,
        _ if FREE.contains(&name) => Shape::Free,
        _ => Shape::Text,
    }
}
