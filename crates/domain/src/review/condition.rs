//! What an approval asks of every later version of the content.
//!
//! INVARIANT: a later version that does not meet a condition is not handed in; one that only a
//! person can judge goes to the role that set it.

use crate::codes::codes;
use crate::content::Draft;
use crate::id::{ConditionId, ContentId, VersionId};
use crate::operator::Role;
use crate::time::Timestamp;

#[cfg(test)]
mod tests;

/// The longest words of a condition, in characters.
pub const MAX_WORDS_CHARS: usize = 300;

codes! {
    /// What is asked.
    pub enum Demand {
        /// These words stay.
        Keeps = "keeps", "Keeps these words";
        /// These words do not come.
        Omits = "omits", "Never says these words";
        /// Something only a person can judge.
        Asks = "asks", "Is read again for this";
    }
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Which.
    pub id: ConditionId,
    /// Of which content.
    pub content: ContentId,
    /// With the approval of which version.
    pub version: VersionId,
    /// By which role.
    pub role: Role,
    /// What is asked.
    pub demand: Demand,
    /// Of which words.
    pub words: String,
    /// When.
    pub set_at: Timestamp,
    /// The actor's code.
    pub set_by: String,
}

impl Demand {
    /// Whether a draft meets it. What only a person can judge is met as far as a program can tell.
    #[must_use]
    pub fn is_met(self, words: &str, draft: &Draft) -> bool {
        let words = plain(words);
        let says = draft
            .texts()
            .iter()
            .any(|text| plain(text).contains(&words));
        match self {
            Self::Keeps => says,
            Self::Omits => !says,
            Self::Asks => true,
        }
    }
}

impl Condition {
    /// Whether a draft meets it.
    #[must_use]
    pub fn is_met(&self, draft: &Draft) -> bool {
        self.demand.is_met(&self.words, draft)
    }

    /// The condition in a sentence.
    #[must_use]
    pub fn says(&self) -> String {
        format!(
            "{} asked when it approved an earlier version: {}: “{}”",
            self.role.label(),
            self.demand.label().to_lowercase(),
            self.words
        )
    }
}

/// Lower case, one space between words: line breaks and capitals do not matter.
fn plain(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}
