//! The fields of a version beside what the data catalogue says of each.

use placet_domain::data::{DataClass, Element, ElementKind};
use placet_domain::flow::Version;
use placet_store::{Tx, catalogue as stored};

use crate::data::catalogue;
use crate::{ActError, flow};

/// One field that a flow lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Where it stands in its source.
    pub kind: ElementKind,
    /// Its path.
    pub path: String,
    /// What the catalogue says of it.
    pub listed: Listed,
}

/// What the catalogue says of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// It is signed as this class, so it passes.
    Signed(DataClass),
    /// Its source is signed and it is not among the elements, so it is dropped.
    NotSigned,
    /// Nobody declared the source in the catalogue.
    NoCatalogue,
}

/// The elements to begin a source's classification with: what the flows from it list, each once.
///
/// # Errors
///
/// When the store fails.
pub fn propose_elements(tx: &mut Tx, source: &str) -> Result<Vec<Element>, ActError> {
    let mut proposed = Vec::new();
    for one in flow::list(tx)? {
        let newest = one
            .newest()
            .filter(|newest| newest.declaration.source == source);
        if let Some(version) = newest {
            let (list, _) = flow::read(&version.text)?;
            proposed.extend(catalogue::elements_of(&list));
        }
    }
    proposed.sort();
    proposed.dedup();
    Ok(proposed)
}

/// Every field that a version lists.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, version: &Version) -> Result<Vec<Field>, ActError> {
    let (whole, declared) = flow::read(&version.text)?;
    let source = stored::find_source_by_code(tx, &declared.source)?;
    let held = source
        .map(|source| catalogue::find(tx, source.id))
        .transpose()?;
    let Some(held) = held else {
        let all = whole.elements().into_iter().map(|(kind, path)| Field {
            kind,
            path,
            listed: Listed::NoCatalogue,
        });
        return Ok(all.collect());
    };
    let signed = held.in_force().map_or(&[][..], |one| &one.elements);
    // Class by class, since a column may be signed under another of its headers.
    let mut by_class = Vec::new();
    for class in DataClass::ALL {
        let of_class = signed.iter().filter(|one| one.class == *class);
        let of_class: Vec<_> = of_class.cloned().collect();
        let list = flow::with_elements(version, &of_class)?;
        by_class.push((*class, list.elements()));
    }
    let all = whole.elements().into_iter().map(|element| {
        let found = by_class.iter().find(|(_, list)| list.contains(&element));
        let (kind, path) = element;
        Field {
            kind,
            path,
            listed: found.map_or(Listed::NotSigned, |(class, _)| Listed::Signed(*class)),
        }
    });
    Ok(all.collect())
}
