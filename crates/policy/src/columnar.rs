//! Decides an act for everybody at once, over columns instead of people.
//!
//! A [`Population`] holds what rules may read of people as bitmaps. A [`Question`] puts plans
//! ([`crate::Engine::plan`]) and conditions into one circuit of gates and runs it 64 people a
//! machine word; it yields the counts, the waterfall, the set of each rule and of each missing
//! instrument, and whom a changed pack adds and drops ([`compare`]).
//!
//! INVARIANT: every answer is the scalar evaluator's; `tests/columnar.rs` compares them.
//! INVARIANT: it plans and permits nothing; whatever is sent is decided again, one by one.
//!
//! Start with `question.rs`, then `translate.rs`; `run.rs` is what is fast.

mod answer;
mod circuit;
mod column;
mod population;
mod question;
mod records;
mod run;
mod snapshot;
mod translate;

pub use answer::{Bar, Bits, Comparison, Counts, Missing, Sets, Waterfall};
pub use population::{Key, Population, Row};
pub use question::{Clock, Plain, Question, Those, View};
pub use records::{Form, Group, Record};
pub use snapshot::{Refused, Taken};

use crate::engine::Plan;

/// Whom the plan of a changed pack adds and drops, of everybody. Both plans are of one act and
/// one moment. To ask about some, or about several plans at once, use [`Question`].
#[must_use]
pub fn compare(old: &Plan, new: &Plan, population: &Population, view: &dyn View) -> Comparison {
    let mut question = Question::new(population, view, old.at());
    let everybody = question.everybody();
    question.ask(everybody, old);
    question.ask_changed(everybody, new);
    question.compare()
}
