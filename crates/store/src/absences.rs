//! Who is away, and who of the same role stands in. Written once; an end is a row beside it.

use placet_domain::id::AbsenceId;
use placet_domain::review::absence::Absence;
use placet_domain::time::{Date, Timestamp};

use crate::error::StoreError;
use crate::tx::Tx;

/// Adds an absence.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, absence: &Absence, by: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into absences (id, operator_id, deputy_id, from_on, until_on, created_at,
                              created_by)
        values ($1, $2, $3, $4, $5, $6, $7)";

    let now = tx.now();
    tx.execute(
        SQL,
        &[
            &absence.id,
            &absence.operator,
            &absence.deputy,
            &absence.from,
            &absence.until,
            &now,
            &by,
        ],
    )
    .map(drop)
}

/// Ends an absence before its time; false when it has been ended.
///
/// # Errors
///
/// When the store fails.
pub fn end(tx: &mut Tx, id: AbsenceId, at: Timestamp, by: &str) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into absence_ends (absence_id, ended_at, ended_by)
        values ($1, $2, $3)
            on conflict (absence_id) do nothing";

    Ok(tx.execute(SQL, &[&id, &at, &by])? > 0)
}

/// Every absence that was not ended and is not over on this day, the earliest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_from(tx: &mut Tx, day: Date) -> Result<Vec<Absence>, StoreError> {
    const SQL: &str = "
        select a.id, a.operator_id, a.deputy_id, a.from_on, a.until_on
          from absences a
          left join absence_ends e on e.absence_id = a.id
         where a.until_on >= $1 and e.absence_id is null
         order by a.from_on, a.id";

    tx.list(SQL, &[&day])?
        .iter()
        .map(|row| {
            Ok(Absence {
                id: row.get(0)?,
                operator: row.get(1)?,
                deputy: row.get(2)?,
                from: row.get(3)?,
                until: row.get(4)?,
            })
        })
        .collect()
}
