//! Records of a source that were joined to one person, and those that were parted again.

use placet_domain::id::{JoinId, PersonId};

use crate::error::StoreError;
use crate::people::Source;
use crate::tx::Tx;

/// Notes that one record goes on under another; the time is the act's.
///
/// # Errors
///
/// When the store fails.
pub fn add(
    tx: &mut Tx,
    id: JoinId,
    survivor: PersonId,
    retired: PersonId,
    by: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into person_joins (id, survivor_id, retired_id, joined_at, joined_by)
        values ($1, $2, $3, $4, $5)";

    let now = tx.now();
    tx.execute(SQL, &[&id, &survivor, &retired, &now, &by])?;
    Ok(())
}

/// Notes that two records are two people after all; the time is the act's.
///
/// # Errors
///
/// When the store fails.
pub fn part(tx: &mut Tx, join: JoinId, by: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into person_partings (join_id, parted_at, parted_by)
        values ($1, $2, $3)
            on conflict (join_id) do nothing";

    let now = tx.now();
    tx.execute(SQL, &[&join, &now, &by])?;
    Ok(())
}

/// Under whom a retired record goes on, and by which joining; the latest that was not parted.
///
/// # Errors
///
/// When the store fails.
pub fn find_survivor(
    tx: &mut Tx,
    retired: PersonId,
) -> Result<Option<(JoinId, PersonId)>, StoreError> {
    const SQL: &str = "
        select j.id, j.survivor_id
          from person_joins j
          left join person_partings p on p.join_id = j.id
         where j.retired_id = $1 and p.join_id is null
         order by j.joined_at desc, j.id desc
         limit 1";

    let row = tx.find_one(SQL, &[&retired])?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Forgets what was imported last, so that the next arrival is taken as news.
///
/// # Errors
///
/// When the store fails.
pub fn forget_content(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    const SQL: &str = "
        update people
           set content_hash = $2
         where id = $1";

    tx.execute(SQL, &[&person, &Vec::<u8>::new()])?;
    Ok(())
}

/// Moves a person to another id of their source.
///
/// # Errors
///
/// [`StoreError::Conflict`] when that id is taken.
pub fn rename(tx: &mut Tx, person: PersonId, to: &Source) -> Result<(), StoreError> {
    crate::imports::rehome(tx, person, to)
}
