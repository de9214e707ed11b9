//! HL7 v2: split in place, filtered by path, read into people, appointments and merges.
//!
//! Start with [`split`] (the text), then [`rules`] (what a flow lists), [`filter`] (what comes
//! out of a message) and [`read`] (what it says).
//!
//! INVARIANT: a segment, field, component or sub-component that the flow does not list is never
//! copied; what is counted is its path.

pub mod escape;
pub mod file;
pub mod filter;
pub(crate) mod read;
pub mod rules;
pub mod split;
pub(crate) mod time;

#[cfg(test)]
mod tests;
