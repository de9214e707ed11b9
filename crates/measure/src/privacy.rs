//! What a report may show: small counts are hidden so that nothing else gives them away, and
//! counts may carry noise that is accounted for.

pub mod cells;
pub mod noise;

pub use cells::{Cell, Grid, protect};
