//! A dry run: what the newest version of a flow would do to a sample. Nothing is kept, and nothing is sent.

use placet_domain::id::FlowId;
use placet_domain::time::Date;
use placet_gateway::{Flow, Options, try_on};
use placet_store::Tx;

use super::run::for_destination;
use super::{find, permitted};
use crate::ActError;

pub use placet_gateway::trial::{Compared, SHOWN, Trial, Tried};

/// The largest sample, in bytes.
pub const MOST_BYTES: usize = 1 << 20;

/// What the newest version of a flow would let through, whether or not it is agreed to yet. A read.
///
/// # Errors
///
/// [`ActError::Refused`] when the catalogue lets nothing of the source through.
pub fn list(tx: &mut Tx, id: FlowId) -> Result<Flow, ActError> {
    let flow = find(tx, id)?;
    let newest = flow.newest().ok_or(ActError::NotFound("flow"))?;
    let list = permitted(tx, newest)?;
    Ok(for_destination(tx, newest, list))
}

/// Lets a sample through and shows it field by field. It is looked at in memory and forgotten.
///
/// # Errors
///
/// [`ActError::Invalid`] when there is no sample or too much of it.
pub fn look(list: &Flow, sample: &[u8], today: Date) -> Result<Trial, ActError> {
    if sample.iter().all(u8::is_ascii_whitespace) {
        let problem = "the sample is empty: bring some records as the source writes them";
        return Err(ActError::invalid("sample", problem));
    }
    if sample.len() > MOST_BYTES {
        let problem = "a sample has at most one megabyte; a few records are enough";
        return Err(ActError::invalid("sample", problem));
    }
    Ok(try_on(sample, list, &Options::on(today)))
}
