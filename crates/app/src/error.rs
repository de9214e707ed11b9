//! Why an act was not done, in the few kinds that a door must tell apart.

use placet_domain::operator::Forbidden;
use placet_store::StoreError;

/// One field of what was asked, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field as the form, the API or the file names it.
    pub field: String,
    /// What is wrong and what would be right; never the value itself.
    pub problem: String,
}

/// Why an act was not done.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// The actor lacks the capability.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such thing; the word says what was looked for.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// What was asked is malformed, field by field.
    #[error("{} of the fields given cannot be used", .0.len())]
    Invalid(Vec<FieldProblem>),
    /// A rule or the present state stands against it.
    #[error("{why}")]
    Refused {
        /// A stable code for machines: `content.not_approved`.
        code: &'static str,
        /// What stands in the way and what would change it, for people.
        why: String,
    },
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ActError {
    /// A refusal with its code and its reason.
    #[must_use]
    pub fn refused(code: &'static str, why: impl Into<String>) -> Self {
        Self::Refused {
            code,
            why: why.into(),
        }
    }

    /// One field that cannot be used.
    #[must_use]
    pub fn invalid(field: &str, problem: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem {
            field: field.to_owned(),
            problem: problem.into(),
        }])
    }
}
