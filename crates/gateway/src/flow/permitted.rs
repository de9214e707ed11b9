//! What the data catalogue permits of what a flow lists.

use std::collections::BTreeSet;

use placet_domain::data::{Element, ElementKind};

use crate::csv::people::Field as CsvField;
use crate::hl7::rules::{self, Path};

/// The elements that compliance signed, ready to be asked for.
pub(super) struct Permitted<'e> {
    fhir: BTreeSet<&'e str>,
    hl7: Vec<Path>,
    columns: BTreeSet<String>,
}

impl<'e> Permitted<'e> {
    pub(super) fn new(elements: &'e [Element]) -> Self {
        let of = |kind: ElementKind| {
            elements
                .iter()
                .filter(move |element| element.kind == kind)
                .map(|element| element.path.as_str())
        };
        Self {
            fhir: of(ElementKind::Fhir).collect(),
            hl7: of(ElementKind::Hl7)
                .filter_map(|path| rules::path(path).ok())
                .collect(),
            columns: of(ElementKind::Column).map(plain).collect(),
        }
    }

    pub(super) fn fhir(&self, resource_type: &str, path: &str) -> bool {
        self.fhir
            .contains(format!("{resource_type}.{path}").as_str())
    }

    pub(super) fn hl7(&self, path: &Path) -> bool {
        self.hl7.contains(path)
    }

    /// A column is signed under our name for it, or under any of the headers that may name it.
    pub(super) fn column(&self, field: CsvField, headers: &[String]) -> bool {
        self.columns.contains(&plain(field.as_str()))
            || headers
                .iter()
                .any(|header| self.columns.contains(&plain(header)))
    }
}

/// Case, blanks, `_` and `-` do not matter in the name of a column.
fn plain(name: &str) -> String {
    let is_kept = |c: &char| !matches!(c, ' ' | '_' | '-');
    name.chars()
        .filter(is_kept)
        .flat_map(char::to_lowercase)
        .collect()
}
