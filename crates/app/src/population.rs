//! The population index of this process: what planning runs on instead of the store.
//!
//! One [`Index`] is shared by the pages, the API and the commands of a process. It is built from
//! the store when it is first asked and brought up to the end of the ledger before each answer.
//!
//! INVARIANT: the index plans and permits nothing; whatever is sent is decided again on the store.

/// The index of a process; empty until it is first asked.
#[derive(Debug, Default)]
pub struct Index {}
