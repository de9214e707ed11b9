//! The nouns of Placet and their laws: people, instruments, preferences, content, campaigns.
//!
//! Start with [`operator`] (who may do what), then [`instrument`] (what a person signed).
//!
//! INVARIANT: nothing here does I/O, reads a clock or draws random numbers.

pub mod address;
pub mod arrival;
pub mod audience;
pub mod call;
pub mod campaign;
pub mod channel;
mod codes;
pub mod content;
pub mod ctx;
pub mod data;
pub mod delivery;
pub mod entry;
pub mod flow;
pub mod id;
pub mod instrument;
pub mod journey;
pub mod measure;
pub mod operator;
pub mod person;
pub mod preference;
pub mod print;
pub mod reply;
pub mod report;
pub mod review;
pub mod server;
pub mod settings;
pub mod signing;
pub mod staff_mail;
pub mod suppression;
pub mod template;
pub mod time;
pub mod trigger;
pub mod wording;
pub mod words;
