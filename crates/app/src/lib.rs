//! The acts of Placet: one plain function a verb, the same for page, API, worker and command line.
//!
//! An act takes the open transaction and its [`Ctx`], changes what it must, and leaves at least
//! one ledger entry. Start with [`gate`] (the one decision), then any noun.
//!
//! INVARIANT: nothing here knows SQL or HTTP, reads a clock or draws random numbers.
//! INVARIANT: [`permit::Permit`] is made by [`gate`] alone.

pub mod approval;
pub mod audience;
pub mod call;
pub mod campaign;
pub mod consent;
pub mod content;
pub mod data;
pub mod delivery;
#[cfg(test)]
mod desk;
pub mod dkim;
pub mod error;
pub mod explain;
pub mod fetch;
pub mod flow;
pub mod gate;
pub mod hl7;
pub mod import;
pub mod instrument;
pub mod journey;
pub mod ledger;
pub mod measure;
pub mod operator;
pub mod patient;
pub mod permit;
pub mod person;
pub mod population;
pub mod preference;
pub mod print;
pub mod replay;
pub mod report;
pub mod rules;
pub mod server;
pub mod settings;
pub mod simulate;
pub mod staff_mail;
pub mod text;
pub mod timeline;
pub mod today;
pub mod trigger;
pub mod wording;

pub use error::{ActError, FieldProblem};
pub use placet_domain::ctx::Ctx;
