//! The decision engine: may this communication be made, to this person, now, and why?
//!
//! Rules are data ([`Engine::builtin`] holds the packs of the program); deciding is a pure
//! function of act, person and instant, so a decision taken years ago comes out the same.
//!
//! INVARIANT: no clock, no I/O, no randomness.
//! INVARIANT: silence is denial. A permit names the basis it stands on.
//!
//! Start with [`Inputs`] and [`Engine::decide`], then `packs/`.

pub mod columnar;
mod compile;
pub mod decision;
pub mod diff;
pub mod elements;
pub mod engine;
mod eval;
pub mod explain;
pub mod facts;
pub mod inputs;
mod ir;
mod kept;
mod lang;
pub mod pack;
pub mod packs;
pub mod rule;
pub mod scenario;
pub mod wire;

pub use decision::{Decision, Outcome, PackRef, Profile, Reason};
pub use elements::{Element, Refusal};
pub use engine::{Engine, PersonFacts, Plan};
pub use explain::{Change, Explained, Explanation};
pub use inputs::{
    Act, Attributes, Frequency, InputError, Inputs, Instrument, LocalTime, Person, Preference,
    Remuneration, Value, Vendor, read_inputs,
};
pub use pack::{Problem, Source};
pub use rule::{Kind, Limit, Rule, Switch, Word};
