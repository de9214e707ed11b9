//! A FHIR server is asked for an export of many records (Bulk Data Access 2.0), which says who we are by a signed
//! assertion (SMART Backend Services): the order, how far it is, its list of files, each file as a stream.
//!
//! Start with [`client::Client`]. Nothing here waits, keeps a state or reads a clock; whoever calls does.
//!
//! INVARIANT: nothing is asked of an address that the setup does not declare, and the token goes to none but the
//! server's own, or a file for which the server says that it wants it.
//! INVARIANT: no error holds a value of an answer but codes of closed lists.

pub mod client;
pub mod files;
mod http;
pub mod key;
pub mod manifest;
mod words;

use std::time::Duration;

pub use http::Patience;

/// Why something could not be done, and what that means for another try.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{says}")]
pub struct Failed {
    /// What happened, for people.
    pub says: String,
    /// Whether to try it again.
    pub again: Again,
}

/// Whether to try something again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It would come out the same.
    Never,
    /// Later; after so long when the server says it.
    Later(Option<Duration>),
    /// With another token: this one is not taken any more.
    WithNewToken,
}

impl Failed {
    pub(crate) fn never(says: impl Into<String>) -> Self {
        Self {
            says: says.into(),
            again: Again::Never,
        }
    }

    pub(crate) fn later(says: impl Into<String>, after: Option<Duration>) -> Self {
        Self {
            says: says.into(),
            again: Again::Later(after),
        }
    }
}
