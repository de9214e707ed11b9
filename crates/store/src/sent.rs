//! How many messages went to a person lately, over all campaigns.

use std::collections::BTreeMap;

use placet_domain::id::PersonId;
use placet_domain::time::Timestamp;

use crate::among;
use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

/// Messages that went out, or may have gone out, since `day_ago` and since `week_ago`.
///
/// A claimed delivery counts: it may be on the wire. One in a print batch counts: it will be posted. One of unknown fate counts: it may have
/// arrived. Of calls each try counts that rang, or may ring now; their deliveries have no `claimed_at`.
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
        select coalesce(sum(case when at > $2 then 1 else 0 end), 0), count(*)
          from (select claimed_at as at
                  from deliveries
                 where person_id = $1
                   and claimed_at > $3
                   and state in ('batched', 'claimed', 'sent', 'unknown')
                 union all
                select opened_at
                  from call_tries
                 where person_id = $1
                   and opened_at > $3
                   and (ended is null or ended <> 'not_called')) as went";

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
    const CALLS: &str = "
        select person_id, coalesce(sum(case when opened_at > $1 then 1 else 0 end), 0), count(*)
          from call_tries
         where opened_at > $2
           and (ended is null or ended <> 'not_called')
           and person_id in ($3)
         group by person_id";

    let mut found = among::list(tx, SQL, &[&day_ago, &week_ago], people)?;
    found.extend(among::list(tx, CALLS, &[&day_ago, &week_ago], people)?);
    added_up(&found)
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
    const CALLS: &str = "
        select person_id, coalesce(sum(case when opened_at > $3 then 1 else 0 end), 0), count(*)
          from call_tries
         where person_id between $1 and $2
           and opened_at > $4
           and (ended is null or ended <> 'not_called')
         group by person_id
         order by person_id";

    let mut found = tx.list(SQL, &[&first, &last, &day_ago, &week_ago])?;
    found.extend(tx.list(CALLS, &[&first, &last, &day_ago, &week_ago])?);
    added_up(&found)
}

/// One row a person, by person.
fn added_up(rows: &[Row]) -> Result<Vec<(PersonId, u32, u32)>, StoreError> {
    let mut all = BTreeMap::new();
    for row in rows {
        let (person, day, week) = counted_from(row)?;
        let so_far: &mut (u32, u32) = all.entry(person).or_default();
        so_far.0 = so_far.0.saturating_add(day);
        so_far.1 = so_far.1.saturating_add(week);
    }
    Ok(all
        .into_iter()
        .map(|(person, (day, week))| (person, day, week))
        .collect())
}

fn counted_from(row: &Row) -> Result<(PersonId, u32, u32), StoreError> {
    let (day, week): (i64, i64) = (row.get(1)?, row.get(2)?);
    let narrow = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    Ok((row.get(0)?, narrow(day), narrow(week)))
}
