//! Why an answer is not given, and what would make it possible.

use serde::Serialize;

/// A clear no: what is wrong, where, and the next step.
///
/// It names columns, lines and dates, never a cell's content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{what}; {next}")]
pub struct Refusal {
    /// A short word for machines, such as `too_few_periods`.
    pub code: &'static str,
    /// What is wrong and where.
    pub what: String,
    /// What would make an answer possible.
    pub next: String,
}

impl Refusal {
    /// A refusal in three parts.
    pub fn new(code: &'static str, what: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            code,
            what: what.into(),
            next: next.into(),
        }
    }
}

/// The result of anything that may be refused.
pub type Answer<T> = Result<T, Refusal>;
