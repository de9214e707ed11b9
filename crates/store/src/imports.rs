//! Runs of the import, and the few statements that only an import needs.

use placet_domain::id::{ImportId, PersonId};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::people::Source;
use crate::row::Row;
use crate::tx::Tx;

/// One run, as it stands in the open: counts and codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Which.
    pub id: ImportId,
    /// The system the records came from.
    pub source: String,
    /// How the records were told apart; empty while it runs.
    pub format: String,
    /// The flow that let them in.
    pub flow: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; none while it runs, or when it was killed.
    pub finished_at: Option<Timestamp>,
    /// What it read, kept, dropped and refused, as JSON without personal values.
    pub report: String,
    /// Who began it.
    pub started_by: String,
}

/// Notes that a run begins; the time is the act's.
///
/// # Errors
///
/// When the store fails.
pub fn begin(
    tx: &mut Tx,
    id: ImportId,
    source: &str,
    flow: &str,
    by: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into imports (id, source, format, flow, started_at, report, started_by)
        values ($1, $2, '', $3, $4, '{}', $5)";

    let now = tx.now();
    tx.execute(SQL, &[&id, &source, &flow, &now, &by])?;
    Ok(())
}

/// Notes how a run ended; false when it had ended before.
///
/// # Errors
///
/// When the store fails.
pub fn finish(tx: &mut Tx, id: ImportId, format: &str, report: &str) -> Result<bool, StoreError> {
    const SQL: &str = "
        update imports
           set format = $2, report = $3, finished_at = $4
         where id = $1 and finished_at is null";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&id, &format, &report, &now])? > 0)
}

/// The newest runs, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_newest(tx: &mut Tx, limit: u32) -> Result<Vec<Import>, StoreError> {
    const SQL: &str = "
        select id, source, format, flow, started_at, finished_at, report, started_by
          from imports
         order by started_at desc, id desc
         limit $1";

    tx.list(SQL, &[&limit])?.iter().map(import_from).collect()
}

fn import_from(row: &Row) -> Result<Import, StoreError> {
    Ok(Import {
        id: row.get(0)?,
        source: row.get(1)?,
        format: row.get(2)?,
        flow: row.get(3)?,
        started_at: row.get(4)?,
        finished_at: row.get(5)?,
        report: row.get(6)?,
        started_by: row.get(7)?,
    })
}

/// Gives a person another home: from now on that source's id finds them.
///
/// # Errors
///
/// [`StoreError::Conflict`] when the source's id is taken.
pub fn rehome(tx: &mut Tx, person: PersonId, source: &Source) -> Result<(), StoreError> {
    const SQL: &str = "
        update people
           set source = $2, source_ref = $3
         where id = $1";

    tx.execute(SQL, &[&person, &source.name, &source.reference])?;
    Ok(())
}
