//! FHIR R4: the elements a flow may name, the walk that keeps only those, and what is read from
//! what is left.

pub(crate) mod appointment;
pub(crate) mod elements;
pub(crate) mod entry;
pub(crate) mod person;
pub(crate) mod walk;
