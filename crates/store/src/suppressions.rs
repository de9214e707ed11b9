//! Closed addresses, by keyed hash. Both tables only grow, and nothing here joins a person.

use placet_domain::channel::Channel;
use placet_domain::id::{PersonId, SuppressionId};
use placet_domain::suppression::{Cause, Suppression};

use crate::among;
use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

/// Closes an address; answers the hash of the row, for the ledger.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, suppression: &Suppression) -> Result<[u8; 32], StoreError> {
    const SQL: &str = "
        insert into suppressions (id, lookup, channel, cause, placed_at, placed_by)
        values ($1, $2, $3, $4, $5, $6)";

    let added = tx.insert(
        SQL,
        &[
            &suppression.id,
            &suppression.lookup,
            &suppression.channel.as_str(),
            &suppression.cause.as_str(),
            &suppression.placed_at,
            &suppression.placed_by,
        ],
    )?;
    added.ok_or(StoreError::Conflict)
}

/// Everything that ever closed this address for this channel, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_lookup(
    tx: &mut Tx,
    lookup: &[u8],
    channel: Channel,
) -> Result<Vec<Suppression>, StoreError> {
    const SQL: &str = "
        select s.id, s.lookup, s.channel, s.cause, s.placed_at, s.placed_by, l.lifted_at
          from suppressions s
          left join suppression_lifts l on l.suppression_id = s.id
         where s.lookup = $1 and s.channel = $2
         order by s.placed_at desc, s.id desc";

    tx.list(SQL, &[&lookup, &channel.as_str()])?
        .iter()
        .map(suppression_from)
        .collect()
}

/// Everything that ever closed one of these addresses for this channel, newest first within an
/// address.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_lookups(
    tx: &mut Tx,
    lookups: &[Vec<u8>],
    channel: Channel,
) -> Result<Vec<Suppression>, StoreError> {
    const SQL: &str = "
        select s.id, s.lookup, s.channel, s.cause, s.placed_at, s.placed_by, l.lifted_at
          from suppressions s
          left join suppression_lifts l on l.suppression_id = s.id
         where s.channel = $1 and s.lookup in ($2)
         order by s.lookup, s.placed_at desc, s.id desc";

    among::list(tx, SQL, &[&channel.as_str()], lookups)?
        .iter()
        .map(suppression_from)
        .collect()
}

/// What closes the addresses in use, on one channel, of everybody between two ids.
///
/// # Errors
///
/// When the store fails.
pub fn list_between(
    tx: &mut Tx,
    first: PersonId,
    last: PersonId,
    channel: Channel,
) -> Result<Vec<(PersonId, Suppression)>, StoreError> {
    const SQL: &str = "
        select s.id, s.lookup, s.channel, s.cause, s.placed_at, s.placed_by, l.lifted_at,
               c.person_id
          from contact_points c
          join suppressions s on s.lookup = c.lookup and s.channel = c.channel
          left join suppression_lifts l on l.suppression_id = s.id
         where c.person_id between $1 and $2 and c.channel = $3 and c.replaced_at is null
         order by c.person_id, s.placed_at desc, s.id desc";

    tx.list(SQL, &[&first, &last, &channel.as_str()])?
        .iter()
        .map(|row| Ok((row.get(7)?, suppression_from(row)?)))
        .collect()
}

/// How many addresses stand closed, by channel and cause.
///
/// # Errors
///
/// When the store fails.
pub fn count(tx: &mut Tx) -> Result<Vec<(Channel, Cause, u64)>, StoreError> {
    const SQL: &str = "
        select s.channel, s.cause, count(distinct s.lookup)
          from suppressions s
         where not exists (select 1 from suppression_lifts l where l.suppression_id = s.id)
         group by s.channel, s.cause
         order by s.channel, s.cause";

    tx.list(SQL, &[])?
        .iter()
        .map(|row| {
            Ok((
                row.code(0, Channel::find)?,
                row.code(1, Cause::find)?,
                row.get(2)?,
            ))
        })
        .collect()
}

/// Opens an address again; answers the hash of the lift's row, for the ledger. None when it was
/// opened before.
///
/// # Errors
///
/// When the store fails.
pub fn lift(
    tx: &mut Tx,
    id: SuppressionId,
    reason: &str,
    lifted_by: &str,
) -> Result<Option<[u8; 32]>, StoreError> {
    const SQL: &str = "
        insert into suppression_lifts (suppression_id, lifted_at, reason, lifted_by)
        values ($1, $2, $3, $4)
            on conflict (suppression_id) do nothing";

    let now = tx.now();
    tx.insert(SQL, &[&id, &now, &reason, &lifted_by])
}

fn suppression_from(row: &Row) -> Result<Suppression, StoreError> {
    Ok(Suppression {
        id: row.get(0)?,
        lookup: row.get(1)?,
        channel: row.code(2, Channel::find)?,
        cause: row.code(3, Cause::find)?,
        placed_at: row.get(4)?,
        placed_by: row.get(5)?,
        lifted_at: row.get(6)?,
    })
}
