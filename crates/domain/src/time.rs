//! Instants, dates and time zones. The clock itself stays with the executable.

pub use jiff::civil::Date;
pub use jiff::tz::TimeZone;
pub use jiff::{Span, Timestamp, Zoned};
