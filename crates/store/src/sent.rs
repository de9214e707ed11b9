//! How many messages went to a person lately, over all campaigns.

use placet_domain::id::PersonId;
use placet_domain::time::Timestamp;

use crate::among;
use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

/// Messages that went out, or may have gone out, since `day_ago` and since `week_ago`.
///
/// A claimed delivery counts: it may be on the wire. One in a print batch counts: it will be posted. One of unknown fate counts: it may have
/// arrived.
///
/// # Errors
///
/// When the store fails.
pub fn count_since(
    tx: &mut Tx,
    person: PersonId,
    day_ago: Timestamp,
    week_ago: Timestamp,
) -> Result<(u32, u32), StoreError> {
    const SQL: &str = "
        select coalesce(sum(case when claimed_at > $2 then 1 else 0 end), 0), count(*)
          from deliveries
         where person_id = $1
           and claimed_at > $3
           and state in ('batched', 'claimed', 'sent', 'unknown')";

    let Some(row) = tx.find_one(SQL, &[&person, &day_ago, &week_ago])? else {
        return Ok((0, 0));
    };
    let (day, week): (i64, i64) = (row.get(0)?, row.get(1)?);
    Ok((
        u32::try_from(day).unwrap_or(u32::MAX),
        u32::try_from(week).unwrap_or(u32::MAX),
    ))
}

/// The same for those of these people who were sent something.
///
/// # Errors
///
/// When the store fails.
pub fn list_since(
    tx: &mut Tx,
    people: &[PersonId],
    day_ago: Timestamp,
    week_ago: Timestamp,
) -> Result<Vec<(PersonId, u32, u32)>, StoreError> {
    // By what a state is not: by what it is, SQLite would go through all that was ever sent.
    const SQL: &str = "
        select person_id, coalesce(sum(case when claimed_at > $1 then 1 else 0 end), 0), count(*)
          from deliveries
         where claimed_at > $2
           and state not in ('pending', 'refused', 'failed')
           and person_id in ($3)
         group by person_id";

    among::list(tx, SQL, &[&day_ago, &week_ago], people)?
        .iter()
        .map(counted_from)
        .collect()
}

/// The same for everybody between two ids who was sent something, by person.
///
/// # Errors
///
/// When the store fails.
pub fn list_since_between(
    tx: &mut Tx,
    first: PersonId,
    last: PersonId,
    day_ago: Timestamp,
    week_ago: Timestamp,
) -> Result<Vec<(PersonId, u32, u32)>, StoreError> {
    const SQL: &str = "
        select person_id, coalesce(sum(case when claimed_at > $3 then 1 else 0 end), 0), count(*)
          from deliveries
         where person_id between $1 and $2
           and claimed_at > $4
           and state in ('batched', 'claimed', 'sent', 'unknown')
         group by person_id
         order by person_id";

    tx.list(SQL, &[&first, &last, &day_ago, &week_ago])?
        .iter()
        .map(counted_from)
        .collect()
}

fn counted_from(row: &Row) -> Result<(PersonId, u32, u32), StoreError> {
    let (day, week): (i64, i64) = (row.get(1)?, row.get(2)?);
    let narrow = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    Ok((row.get(0)?, narrow(day), narrow(week)))
}
