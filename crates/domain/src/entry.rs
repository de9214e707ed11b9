//! What an act leaves in the ledger: a kind, the ids it touched, and codes or hashes.
//!
//! INVARIANT: an entry holds ids, hashes and codes, never a personal value, so that erasing a
//! person does not break the log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::PersonId;

/// One ledger entry before it has its id, instant and place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What happened, as `noun.past_participle`: `consent.withdrawn`, `campaign.launched`.
    pub kind: String,
    /// The person whose data was used, when it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Ids, hashes and codes by name; sorted, so the bytes are canonical.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

impl Entry {
    /// An entry of this kind with no facts yet.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            person: None,
            facts: BTreeMap::new(),
        }
    }

    /// Names the person it is about.
    #[must_use]
    pub fn about(mut self, person: PersonId) -> Self {
        self.person = Some(person);
        self
    }

    /// Adds one id, hash, code or count.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.facts.insert(name.to_owned(), value.to_string());
        self
    }
}
