//! The one door: raw input goes in, what a flow lets through comes out.
//!
//! INVARIANT: [`Phi`] is opened here and nowhere else, and what leaves was written by a walk
//! along the flow's tree. A CSV has its own door: [`crate::csv::Table`] gives out declared
//! columns and nothing else.

mod phi;

pub use phi::Phi;

use crate::fault::Fault;
use crate::fhir::{entry, walk};
use crate::flow::Flow;
use crate::hl7::filter;
use crate::report::Tally;

/// What a flow let through of one record.
#[derive(Default)]
pub struct Released {
    /// The resource type, `row` for a row of a CSV, or `message` for one of HL7 v2.
    pub(crate) kind: &'static str,
    /// The fields that were let through, as one line of JSON; of a message, as one of HL7 v2.
    pub(crate) json: String,
}

impl Released {
    /// The resource type, `row` for a row of a CSV, or `message` for one of HL7 v2.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The fields that were let through, as one line of JSON; of a message, as one of HL7 v2.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }
}

/// What became of one JSON record.
pub(crate) enum Passed {
    /// Something was let through; it stands in the buffer.
    Kept,
    /// The flow names nothing of this type.
    Dropped,
    /// A bundle: its entries are to be passed one by one.
    Bundle,
}

/// Passes one JSON resource.
pub(crate) fn pass_resource(
    flow: &Flow,
    record: &Phi<&[u8]>,
    tally: &mut Tally,
    into: &mut Released,
) -> Result<Passed, Fault> {
    walk::resource(flow, record.open(), tally, into)
}

/// Passes one entry of a bundle: its resource, and nothing of its wrapping.
pub(crate) fn pass_entry(
    flow: &Flow,
    record: &Phi<&[u8]>,
    tally: &mut Tally,
    into: &mut Released,
) -> Result<Passed, Fault> {
    entry::entry(flow, record.open(), tally, into)
}

/// A consent has its own reader, which takes the fields it names and no other.
pub(crate) fn open_consent<'r>(record: &Phi<&'r [u8]>) -> &'r [u8] {
    record.open()
}

/// A trial shows a record as it was brought, beside what is left of it, to who brought it.
pub(crate) fn open_for_trial<'r>(record: &Phi<&'r [u8]>) -> &'r [u8] {
    record.open()
}

/// Passes one HL7 v2 message.
pub(crate) fn pass_message(
    flow: &Flow,
    record: &Phi<&[u8]>,
    tally: &mut Tally,
    into: &mut Released,
) -> Result<Passed, Fault> {
    filter::message(flow, record.open(), tally, into)
}

/// Takes a bundle that fits one line apart and passes its entries.
pub(crate) fn pass_bundle(
    record: &Phi<&[u8]>,
    tally: &mut Tally,
    each: &mut dyn FnMut(&mut Tally, Phi<&[u8]>) -> bool,
) -> Result<(), Fault> {
    entry::bundle(record.open(), tally, each)
}
