//! The nouns of Placet and their laws: people, instruments, preferences, content, campaigns.
//!
//! Start with [`operator`] (who may do what), then [`instrument`] (what a person signed).
//!
//! INVARIANT: nothing here does I/O, reads a clock or draws random numbers.

pub mod address;
pub mod channel;
mod codes;
pub mod ctx;
pub mod delivery;
pub mod entry;
pub mod id;
pub mod instrument;
pub mod operator;
pub mod person;
pub mod preference;
pub mod suppression;
pub mod time;
pub mod wording;
