//! Geo tests: did the markets that were treated move more than the others?
//!
//! [`panel`] holds regions by period; [`synthetic`] fits the treated markets by a weighted mean
//! of the others; [`inference`] says by conformal and by placebo tests how sure that is; [`power`]
//! asks the same before a test starts; [`trimmed`] compares pairs of markets.
//!
//! INVARIANT: an interval is refused where the test that should give it contradicts itself.

mod check;
pub mod inference;
pub mod panel;
pub mod power;
pub mod report;
pub mod ridge;
pub mod synthetic;
pub mod trimmed;

pub use panel::Panel;
pub use report::{Report, analyse};
pub use synthetic::{Problem, Synthetic};
