//! impact.
