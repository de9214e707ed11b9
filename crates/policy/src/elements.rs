//! The catalogue of data elements: what a message may say about a person, by its class.

use std::collections::HashMap;

use serde::Serialize;

use crate::decision::Profile;

/// One kind of information about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Element {
    /// Its code, as in `first_name`.
    pub code: String,
    /// The words shown to people.
    pub label: String,
    /// Its class, as in `identifier`.
    pub class: String,
}

/// Why a message may not carry an element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{says}")]
pub struct Refusal {
    /// The rule that refuses.
    pub rule: String,
    /// Where it is written.
    pub citation: Vec<String>,
    /// What it says, in plain words.
    pub says: String,
}

/// Which content classes a class of elements may appear in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) class: String,
    /// Content classes; `*` is every one.
    pub(crate) may_carry: Vec<String>,
    /// Content classes that only the regulatory floor allows.
    pub(crate) floor_may_carry: Vec<String>,
    pub(crate) refusal: Refusal,
}

/// Elements and their uses, as the packs give them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Elements {
    list: Vec<Element>,
    by_code: HashMap<String, usize>,
    uses: Vec<Use>,
}

impl Elements {
    pub(crate) fn new(list: Vec<Element>, uses: Vec<Use>) -> Self {
        let by_code = list
            .iter()
            .enumerate()
            .map(|(i, e)| (e.code.clone(), i))
            .collect();
        Self {
            list,
            by_code,
            uses,
        }
    }

    pub(crate) fn list(&self) -> &[Element] {
        &self.list
    }

    /// The class of an element or of a selection criterion such as `dx:asthma` or `bmi>=25`.
    ///
    /// What nobody listed counts as `clinical`: the catalogue opens doors, silence does not.
    pub(crate) fn class_of(&self, code: &str) -> &str {
        let find = |code: &str| Some(self.list.get(*self.by_code.get(code)?)?.class.as_str());
        let name_end = code
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(code.len());
        find(code)
            .or_else(|| find(code.get(..name_end)?))
            .unwrap_or("clinical")
    }

    pub(crate) fn may_use(
        &self,
        element: &str,
        parts: &[String],
        profile: Profile,
    ) -> Result<(), Refusal> {
        let class = self.class_of(element);
        let allows = |list: &[String], part: &str| list.iter().any(|c| c == "*" || c == part);
        let floor = profile == Profile::RegulatoryFloor;
        let Some(usage) = self.uses.iter().find(|usage| usage.class == class) else {
            return Err(unlisted(class));
        };
        for part in parts {
            let allowed =
                allows(&usage.may_carry, part) || (floor && allows(&usage.floor_may_carry, part));
            if !allowed {
                return Err(usage.refusal.clone());
            }
        }
        Ok(())
    }
}

fn unlisted(class: &str) -> Refusal {
    Refusal {
        rule: "hipaa.default_deny".to_owned(),
        citation: vec!["45 CFR 164.502(a)".to_owned()],
        says: format!("no rule says in which messages data of class `{class}` may appear"),
    }
}
