//! Remarks, each on the words it is about: a quote and where it stands in one version.

use crate::content::{Draft, Field};
use crate::id::{CommentId, VersionId};
use crate::time::Timestamp;

#[cfg(test)]
mod tests;

/// The longest quote, in characters.
pub const MAX_QUOTE_CHARS: usize = 500;
/// The longest remark, in characters.
pub const MAX_REMARK_CHARS: usize = 1_000;

/// One remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Which.
    pub id: CommentId,
    /// On which version.
    pub version: VersionId,
    /// That version's number within its content.
    pub number: u32,
    /// On which part.
    pub field: Field,
    /// On which words.
    pub quote: String,
    /// Where they begin, in characters.
    pub offset: u32,
    /// What is remarked.
    pub remark: String,
    /// When.
    pub made_at: Timestamp,
    /// The actor's code.
    pub made_by: String,
    /// When it was settled, and the actor's code.
    pub resolved: Option<(Timestamp, String)>,
}

/// Where the words of a remark stand in some version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Where they stood when the remark was made.
    Same(u32),
    /// The same words elsewhere.
    Moved(u32),
    /// No more.
    Gone,
}

impl Comment {
    /// Where its words stand in this draft; of several places, the nearest.
    #[must_use]
    pub fn place(&self, draft: &Draft) -> Place {
        match nearest(draft.part(self.field), &self.quote, self.offset) {
            Some(offset) if offset == self.offset => Place::Same(offset),
            Some(offset) => Place::Moved(offset),
            None => Place::Gone,
        }
    }
}

/// Where a quote begins in a text, in characters: of several places, the one nearest to `near`.
#[must_use]
pub fn nearest(text: &str, quote: &str, near: u32) -> Option<u32> {
    if quote.is_empty() {
        return None;
    }
    let (mut chars, mut bytes) = (0, 0);
    let places = text.match_indices(quote).map(|(at, _)| {
        // Each stretch is counted once, however many places there are.
        chars += text.get(bytes..at).unwrap_or_default().chars().count();
        bytes = at;
        u32::try_from(chars).unwrap_or(u32::MAX)
    });
    places.min_by_key(|place| place.abs_diff(near))
}
