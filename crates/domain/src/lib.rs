//! The nouns of Placet and their laws: people, instruments, preferences, content, campaigns.
//!
//! Start with [`operator`] (who may do what), then [`instrument`] (what a person signed).
//!
//! INVARIANT: nothing here does I/O, reads a clock or draws random numbers.

pub mod channel;
pub mod ctx;
pub mod delivery;
pub mod entry;
pub mod id;
pub mod operator;
pub mod time;
