//! Measurement without following anyone: counts and money in, estimates with intervals out.
//!
//! Start at [`mmm`] (what did each channel bring?), [`geo`] (did the test market move?),
//! [`impact`] (did one series change?), [`budget`] (where should the next dollar go?) and
//! [`cost`] (what does a new patient cost?). [`privacy`] guards what a report shows.
//!
//! INVARIANT: nothing here can name a person. The crate depends on no other crate of ours; what
//! comes in are series of counts and money by period, region and channel.
//! INVARIANT: no clock and no randomness of its own. A seed gives the same answer on any number
//! of threads.
//! INVARIANT: thin or broken data is refused or its repair is stated, never silently answered.

#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "matrices and series whose lengths are fixed when they are made; formulas read by index"
)]

pub mod budget;
pub mod cost;
pub mod dates;
pub mod diagnostics;
pub mod geo;
pub mod holdout;
pub mod impact;
pub mod linear;
pub mod mmm;
pub mod numeric;
pub mod nuts;
pub mod privacy;
pub mod refusal;
pub mod region;
pub mod rng;
pub mod table;
pub mod trend;

pub use refusal::Refusal;

/// The version that answers; kept with every result.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
