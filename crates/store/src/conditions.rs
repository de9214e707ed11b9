//! What approvals ask of later versions. Written once; lifting one is a row beside it.

use placet_domain::id::{ConditionId, ContentId};
use placet_domain::operator::Role;
use placet_domain::review::condition::{Condition, Demand};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

/// Adds a condition.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, condition: &Condition) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into conditions (id, content_id, version_id, role, demand, words, set_at, set_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";

    tx.execute(
        SQL,
        &[
            &condition.id,
            &condition.content,
            &condition.version,
            &condition.role.as_str(),
            &condition.demand.as_str(),
            &condition.words,
            &condition.set_at,
            &condition.set_by,
        ],
    )
    .map(drop)
}

/// Lifts a condition; false when it is lifted already.
///
/// # Errors
///
/// When the store fails.
pub fn lift(tx: &mut Tx, id: ConditionId, at: Timestamp, by: &str) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into condition_lifts (condition_id, lifted_at, lifted_by)
        values ($1, $2, $3)
            on conflict (condition_id) do nothing";

    Ok(tx.execute(SQL, &[&id, &at, &by])? > 0)
}

/// One condition, lifted or not.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: ConditionId) -> Result<Option<Condition>, StoreError> {
    const SQL: &str = "
        select id, content_id, version_id, role, demand, words, set_at, set_by
          from conditions
         where id = $1";

    let row = tx.find_one(SQL, &[&id])?;
    row.map(|row| from(&row)).transpose()
}

/// The conditions of a content that were not lifted, the earliest first.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, content: ContentId) -> Result<Vec<Condition>, StoreError> {
    const SQL: &str = "
        select c.id, c.content_id, c.version_id, c.role, c.demand, c.words, c.set_at, c.set_by
          from conditions c
          left join condition_lifts l on l.condition_id = c.id
         where c.content_id = $1 and l.condition_id is null
         order by c.set_at, c.id";

    tx.list(SQL, &[&content])?.iter().map(from).collect()
}

fn from(row: &Row) -> Result<Condition, StoreError> {
    Ok(Condition {
        id: row.get(0)?,
        content: row.get(1)?,
        version: row.get(2)?,
        role: row.code(3, Role::find)?,
        demand: row.code(4, Demand::find)?,
        words: row.get(5)?,
        set_at: row.get(6)?,
        set_by: row.get(7)?,
    })
}
