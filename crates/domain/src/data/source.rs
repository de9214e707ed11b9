//! Sources of data, and their elements in versions.

use serde::{Deserialize, Serialize};

use super::{DataClass, ElementKind};
use crate::id::{ClassificationId, OperatorId, SourceId};
use crate::time::Timestamp;

/// Most elements that one source may list.
const MOST_ELEMENTS: usize = 2_000;

/// A system or file that data comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Which.
    pub id: SourceId,
    /// The name that imports give: `ehr`.
    pub code: String,
    /// What it is, in words.
    pub title: String,
    /// Who answers for the technical side (S89).
    pub it_owner: String,
    /// Who answers for what it is used for (S89).
    pub marketing_owner: String,
    /// When it was declared.
    pub declared_at: Timestamp,
}

/// A source before it has its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftSource {
    /// The name that imports give: `ehr`.
    pub code: String,
    /// What it is, in words.
    pub title: String,
    /// Who answers for the technical side.
    pub it_owner: String,
    /// Who answers for what it is used for.
    pub marketing_owner: String,
}

impl DraftSource {
    /// What is wrong with it, field by field.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, &'static str)> {
        let mut problems = Vec::new();
        let is_code = |text: &str| {
            (1..=60).contains(&text.len())
                && text
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
        };
        if !is_code(&self.code) {
            problems.push((
                "code",
                "use lower-case letters, digits, `_` and `-`, at most 60",
            ));
        }
        for (field, text) in [
            ("title", &self.title),
            ("it_owner", &self.it_owner),
            ("marketing_owner", &self.marketing_owner),
        ] {
            if text.trim().is_empty() || text.len() > 200 {
                problems.push((field, "fill this in, in at most 200 characters"));
            }
        }
        problems
    }
}

/// One element of a source and its class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Element {
    /// Where it stands.
    pub kind: ElementKind,
    /// Its path, field or column.
    pub path: String,
    /// What kind of information it is.
    pub class: DataClass,
}

impl Element {
    /// What is wrong with a list of elements; nothing when it may be classified so.
    #[must_use]
    pub fn problem(elements: &[Self]) -> Option<String> {
        if elements.is_empty() || elements.len() > MOST_ELEMENTS {
            return Some(format!("list 1 to {MOST_ELEMENTS} elements"));
        }
        for (n, one) in elements.iter().enumerate() {
            let line = n + 1;
            if one.path.is_empty() || one.path.len() > 200 || one.path.chars().any(char::is_control)
            {
                return Some(format!(
                    "element {line}: give its path, in at most 200 characters"
                ));
            }
            if elements
                .iter()
                .take(n)
                .any(|before| before.kind == one.kind && before.path == one.path)
            {
                return Some(format!(
                    "element {line}: the same path stands in the list before"
                ));
            }
        }
        None
    }
}

/// The elements of a source, in one version that never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classification {
    /// Which.
    pub id: ClassificationId,
    /// Of what.
    pub source: SourceId,
    /// Counts from one.
    pub version: u32,
    /// Sorted, each once.
    pub elements: Vec<Element>,
    /// SHA-256 of the elements as they are written.
    pub hash: [u8; 32],
    /// When it was written.
    pub written_at: Timestamp,
    /// Who wrote it; none for the command line.
    pub written_by: Option<OperatorId>,
    /// Who signed it, when somebody did.
    pub signed: Option<Signed>,
}

/// Somebody of compliance says that the classes are right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: OperatorId,
    /// What they noted.
    pub note: String,
}
