//! Noisy counts as they were given, and what they spent of a year's budget.

use placet_domain::id::{AudienceId, CountId, PersonId};
use placet_domain::measure::noisy::{Counted, NoisyAsk, NoisyCount};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

/// Keeps an answer with what it spent.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, given: &NoisyCount, question_hash: &[u8; 32]) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into noisy_counts (id, audience_id, counted, filter, from_day, to_day,
                                  question_hash, cost, answer, year, at, by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

    let ask = &given.ask;
    tx.execute(
        SQL,
        &[
            &given.id,
            &ask.audience,
            &ask.counted.as_str(),
            &given.filter,
            &ask.from,
            &ask.to,
            question_hash,
            &ask.cost,
            &given.answer,
            &i64::from(given.year),
            &given.at,
            &given.by,
        ],
    )?;
    Ok(())
}

const COUNTS: &str = "
        select id, audience_id, counted, filter, from_day, to_day, cost, answer, year, at, by
          from noisy_counts";

/// One answer.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: CountId) -> Result<Option<NoisyCount>, StoreError> {
    let sql = format!("{COUNTS}\n where id = $1");

    let row = tx.find_one(&sql, &[&id])?;
    row.map(|row| count_from(&row)).transpose()
}

/// Answers, newest first, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, limit: u32) -> Result<Vec<NoisyCount>, StoreError> {
    let sql = format!("{COUNTS}\n order by at desc, id desc\n limit $1");

    tx.list(&sql, &[&limit])?.iter().map(count_from).collect()
}

/// The most precise answer that was given to a question.
///
/// # Errors
///
/// When the store fails.
pub fn find_answered(
    tx: &mut Tx,
    question_hash: &[u8; 32],
) -> Result<Option<NoisyCount>, StoreError> {
    let sql = format!("{COUNTS}\n where question_hash = $1\n order by cost desc, at, id\n limit 1");

    let row = tx.find_one(&sql, &[question_hash])?;
    row.map(|row| count_from(&row)).transpose()
}

/// What a year's answers about one audience spent, and those about all of them.
///
/// # Errors
///
/// When the store fails.
pub fn spent(tx: &mut Tx, audience: AudienceId, year: i16) -> Result<(u64, u64), StoreError> {
    const SQL: &str = "
        select cast(coalesce(sum(case when audience_id = $2 then cost else 0 end), 0) as bigint),
               cast(coalesce(sum(cost), 0) as bigint)
          from noisy_counts
         where year = $1";

    let row = tx.find_one(SQL, &[&i64::from(year), &audience])?;
    row.map_or(Ok((0, 0)), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Everybody who was sent a message between two instants, each once.
///
/// # Errors
///
/// When the store fails.
pub fn list_written(
    tx: &mut Tx,
    from: Timestamp,
    before: Timestamp,
) -> Result<Vec<PersonId>, StoreError> {
    const SQL: &str = "
        select distinct person_id
          from deliveries
         where state = 'sent' and settled_at >= $1 and settled_at < $2";

    tx.list(SQL, &[&from, &before])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// Everybody with an appointment between two instants that was not called off, each once.
///
/// # Errors
///
/// When the store fails.
pub fn list_booked(
    tx: &mut Tx,
    from: Timestamp,
    before: Timestamp,
) -> Result<Vec<PersonId>, StoreError> {
    const SQL: &str = "
        select distinct person_id
          from appointments
         where starts_at >= $1 and starts_at < $2
           and status in ('booked', 'arrived', 'checked-in', 'fulfilled')";

    tx.list(SQL, &[&from, &before])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

fn count_from(row: &Row) -> Result<NoisyCount, StoreError> {
    let day = |at| row.get::<String>(at)?.parse().map_err(|_| row.corrupt());
    Ok(NoisyCount {
        id: row.get(0)?,
        ask: NoisyAsk {
            audience: row.get(1)?,
            counted: row.code(2, Counted::find)?,
            from: day(4)?,
            to: day(5)?,
            cost: row.get(6)?,
        },
        filter: row.get(3)?,
        answer: row.get(7)?,
        year: i16::try_from(row.get::<i64>(8)?).map_err(|_| row.corrupt())?,
        at: row.get(9)?,
        by: row.get(10)?,
    })
}
