//! Safe Harbor checks and experts' determinations. All of it is written once.

use placet_domain::data::{Determination, DraftDetermination, SafeHarborCheck, Signature};
use placet_domain::id::{CheckId, DeterminationId, OperatorId};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

/// Adds a check.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, check: &SafeHarborCheck) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into safe_harbor_checks (id, title, file_hash, row_count, columns, meets, report,
                                        checked_at, checked_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    tx.execute(
        SQL,
        &[
            &check.id,
            &check.title,
            &check.file_hash,
            &check.rows,
            &check.columns,
            &check.meets,
            &check.report,
            &check.checked_at,
            &check.checked_by,
        ],
    )?;
    Ok(())
}

/// The latest checks with their signatures, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, limit: u32) -> Result<Vec<SafeHarborCheck>, StoreError> {
    const SQL: &str = "
        select c.id, c.title, c.file_hash, c.row_count, c.columns, c.meets, c.report,
               c.checked_at, c.checked_by, s.signed_at, s.signed_by
          from safe_harbor_checks c
          left join safe_harbor_signatures s on s.check_id = c.id
         order by c.checked_at desc, c.id desc
         limit $1";

    tx.list(SQL, &[&limit])?.iter().map(check_from).collect()
}

/// One check.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: CheckId) -> Result<Option<SafeHarborCheck>, StoreError> {
    const SQL: &str = "
        select c.id, c.title, c.file_hash, c.row_count, c.columns, c.meets, c.report,
               c.checked_at, c.checked_by, s.signed_at, s.signed_by
          from safe_harbor_checks c
          left join safe_harbor_signatures s on s.check_id = c.id
         where c.id = $1";

    tx.find_one(SQL, &[&id])?
        .as_ref()
        .map(check_from)
        .transpose()
}

/// Signs a check; false when it is signed already.
///
/// # Errors
///
/// When the store fails.
pub fn sign(tx: &mut Tx, id: CheckId, signature: Signature) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into safe_harbor_signatures (check_id, signed_at, signed_by)
        values ($1, $2, $3)
            on conflict (check_id) do nothing";

    let added = tx.execute(SQL, &[&id, &signature.at, &signature.by])?;
    Ok(added > 0)
}

/// Puts a determination on file.
///
/// # Errors
///
/// When the store fails.
pub fn add_determination(tx: &mut Tx, one: &Determination) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into determinations (id, title, expert, qualification, scope, opinion,
                                    determined_on, expires_on, recorded_at, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

    let draft = &one.draft;
    tx.execute(
        SQL,
        &[
            &one.id,
            &draft.title,
            &draft.expert,
            &draft.qualification,
            &draft.scope,
            &draft.opinion,
            &draft.determined_on,
            &draft.expires_on,
            &one.recorded_at,
            &one.recorded_by,
        ],
    )?;
    Ok(())
}

/// Every determination, the one that ends last first.
///
/// # Errors
///
/// When the store fails.
pub fn list_determinations(tx: &mut Tx) -> Result<Vec<Determination>, StoreError> {
    const SQL: &str = "
        select d.id, d.title, d.expert, d.qualification, d.scope, d.opinion, d.determined_on,
               d.expires_on, d.recorded_at, d.recorded_by, w.withdrawn_at
          from determinations d
          left join determination_withdrawals w on w.determination_id = d.id
         order by d.expires_on desc, d.id desc";

    tx.list(SQL, &[])?.iter().map(determination_from).collect()
}

/// One determination.
///
/// # Errors
///
/// When the store fails.
pub fn find_determination(
    tx: &mut Tx,
    id: DeterminationId,
) -> Result<Option<Determination>, StoreError> {
    const SQL: &str = "
        select d.id, d.title, d.expert, d.qualification, d.scope, d.opinion, d.determined_on,
               d.expires_on, d.recorded_at, d.recorded_by, w.withdrawn_at
          from determinations d
          left join determination_withdrawals w on w.determination_id = d.id
         where d.id = $1";

    tx.find_one(SQL, &[&id])?
        .as_ref()
        .map(determination_from)
        .transpose()
}

/// Takes a determination back; false when it was taken back before.
///
/// # Errors
///
/// When the store fails.
pub fn withdraw_determination(
    tx: &mut Tx,
    id: DeterminationId,
    reason: &str,
    (at, by): (Timestamp, OperatorId),
) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into determination_withdrawals (determination_id, reason, withdrawn_at, withdrawn_by)
        values ($1, $2, $3, $4)
            on conflict (determination_id) do nothing";

    let added = tx.execute(SQL, &[&id, &reason, &at, &by])?;
    Ok(added > 0)
}

fn check_from(row: &Row) -> Result<SafeHarborCheck, StoreError> {
    let signed_at = row.get(9)?;
    let signature = match signed_at {
        Some(at) => Some(Signature {
            at,
            by: row.get(10)?,
        }),
        None => None,
    };
    Ok(SafeHarborCheck {
        id: row.get(0)?,
        title: row.get(1)?,
        file_hash: row.get(2)?,
        rows: row.get(3)?,
        columns: row.get(4)?,
        meets: row.get(5)?,
        report: row.get(6)?,
        checked_at: row.get(7)?,
        checked_by: row.get(8)?,
        signature,
    })
}

fn determination_from(row: &Row) -> Result<Determination, StoreError> {
    Ok(Determination {
        id: row.get(0)?,
        draft: DraftDetermination {
            title: row.get(1)?,
            expert: row.get(2)?,
            qualification: row.get(3)?,
            scope: row.get(4)?,
            opinion: row.get(5)?,
            determined_on: row.get(6)?,
            expires_on: row.get(7)?,
        },
        recorded_at: row.get(8)?,
        recorded_by: row.get(9)?,
        withdrawn_at: row.get(10)?,
    })
}
