//! The paths that such configurations use: a subset of FHIRPath, read whole or refused.

use super::tree::{Id, Tree};

/// A path, ready to be looked up.
pub(super) struct Path {
    start: Start,
    steps: Vec<Step>,
}

enum Start {
    /// A resource of this type, or of any.
    Resource(String),
    /// Every resource; the steps say more.
    Any,
}

enum Step {
    Child(String),
    /// Everything of this data type, however deep.
    OfType(String),
    Where {
        child: String,
        /// Nothing asks whether it is there at all.
        is: Option<String>,
    },
}

impl Path {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut words = split(text)?.into_iter().peekable();
        let start = match words.peek() {
            Some(word) if word.contains('(') => Start::Any,
            Some(_) => match words.next() {
                Some(word) if word == "Resource" => Start::Any,
                Some(word) if word.starts_with(|c: char| c.is_ascii_uppercase()) => {
                    Start::Resource(word)
                }
                _ => return Err("a path begins with a resource type".to_owned()),
            },
            None => return Err("the path is empty".to_owned()),
        };
        let steps = words.map(|word| step(&word)).collect::<Result<_, _>>()?;
        Ok(Self { start, steps })
    }

    /// A resource type and names, when that is all.
    pub(super) fn plain(&self) -> Option<(&str, Vec<&str>)> {
        let Start::Resource(resource) = &self.start else {
            return None;
        };
        let steps: Option<Vec<&str>> = self
            .steps
            .iter()
            .map(|step| match step {
                Step::Child(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        Some((resource, steps?))
    }

    /// The nodes of one resource that it means.
    pub(super) fn find(&self, tree: &Tree, root: Id) -> Vec<Id> {
        if let Start::Resource(wanted) = &self.start
            && tree.kind(root) != wanted
        {
            return Vec::new();
        }
        let mut found = vec![root];
        for step in &self.steps {
            found = match step {
                Step::Child(name) => found
                    .iter()
                    .flat_map(|id| tree.children(*id))
                    .filter(|child| is_named(tree.name(*child), name))
                    .collect(),
                Step::OfType(kind) => found
                    .iter()
                    .flat_map(|id| tree.below(*id))
                    .filter(|node| tree.kind(*node) == kind)
                    .collect(),
                Step::Where { child, is } => found
                    .into_iter()
                    .filter(|id| {
                        tree.children(*id).into_iter().any(|it| {
                            is_named(tree.name(it), child)
                                && is.as_deref().is_none_or(|is| tree.text(it) == Some(is))
                        })
                    })
                    .collect(),
            };
        }
        found
    }
}

/// `value` names `valueString` and its like, too.
fn is_named(name: &str, wanted: &str) -> bool {
    name.strip_prefix(wanted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_uppercase()))
        && (name == wanted || is_choice(wanted))
}

/// The elements of FHIR whose name goes on with the type of their value.
fn is_choice(name: &str) -> bool {
    matches!(
        name,
        "value"
            | "onset"
            | "abatement"
            | "performed"
            | "deceased"
            | "occurrence"
            | "effective"
            | "born"
            | "age"
            | "scheduled"
            | "detail"
            | "timing"
            | "allowed"
            | "used"
            | "location"
            | "multipleBirth"
            | "serviced"
            | "answer"
    )
}

/// At dots that stand in no bracket.
fn split(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut depth) = (Vec::new(), String::new(), 0_i32);
    for c in text.trim().chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '.' if depth == 0 => {
                words.push(std::mem::take(&mut word));
                continue;
            }
            _ => {}
        }
        word.push(c);
    }
    words.push(word);
    if depth != 0 || words.iter().any(String::is_empty) {
        return Err("this is no path".to_owned());
    }
    Ok(words)
}

fn step(word: &str) -> Result<Step, String> {
    let refused = || format!("`{word}` is not understood");
    let Some((name, rest)) = word.split_once('(') else {
        let is_name = word.chars().all(|c| c.is_ascii_alphanumeric());
        return if is_name {
            Ok(Step::Child(word.to_owned()))
        } else {
            Err(refused())
        };
    };
    let inner = rest.strip_suffix(')').ok_or_else(refused)?.trim();
    match name {
        "nodesByType" => Ok(Step::OfType(quoted(inner).ok_or_else(refused)?.to_owned())),
        "where" => {
            if let Some(child) = inner.strip_suffix(".exists()") {
                return Ok(Step::Where {
                    child: child.trim().to_owned(),
                    is: None,
                });
            }
            let (child, value) = inner.split_once('=').ok_or_else(refused)?;
            Ok(Step::Where {
                child: child.trim().to_owned(),
                is: Some(quoted(value.trim()).ok_or_else(refused)?.to_owned()),
            })
        }
        _ => Err(refused()),
    }
}

pub(super) fn quoted(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    (!inner.contains('\'')).then_some(inner)
}
