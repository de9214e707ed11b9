//! A kept result is read: a report is a decision, so each reading leaves an entry.

use placet_domain::entry::Entry;
use placet_domain::id::RunId;
use placet_domain::measure::{Stand, Way};
use placet_ledger::to_hex;
use placet_store::Tx;
use serde_json::Value;

use super::run;
use crate::{ActError, Ctx};

/// Opens the result of a run; the entry says which, in which way it was taken, and below which
/// count it shows nothing.
///
/// # Errors
///
/// When there is no such run, or it has no result.
pub fn open(tx: &mut Tx, _: &Ctx, id: RunId, way: Way) -> Result<Value, ActError> {
    let (run, stand) = run::find(tx, id)?;
    let value = run::result(tx, id)?.ok_or(ActError::NotFound("result"))?;
    let mut entry = Entry::new("measure.read")
        .with("run", id)
        .with("question", run.question.as_str())
        .with("way", way.as_str())
        .with("smallest_cell", super::rules(tx)?.smallest_cell);
    if let Stand::Ended(ended) = &stand
        && let Some(hash) = &ended.result_hash
    {
        entry = entry.with("result_hash", to_hex(hash));
    }
    tx.record(entry);
    Ok(value)
}
