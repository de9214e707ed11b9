//! Single values: texts, dates, instants, addresses, states and their time zones.

pub(crate) mod reach;
pub(crate) mod residence;
pub(crate) mod text;
pub(crate) mod time;
