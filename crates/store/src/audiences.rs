//! Audiences, and people in chunks.
//!
//! A waterfall reads everybody: people in the order of their ids here, and everything else about
//! them by the first and last id of a chunk, where it is kept.

use std::collections::BTreeSet;

use placet_domain::audience::{Audience, Filter};
use placet_domain::id::{AudienceId, PersonId};
use placet_domain::person::{Identity, Person, Relationship};

use crate::error::StoreError;
use crate::people::parse_json;
use crate::row::Row;
use crate::tx::Tx;

/// How many people one chunk holds; their keys fit the key ring.
pub const CHUNK: u32 = 1_000;

/// Adds an audience.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, audience: &Audience) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into audiences (id, name, filter, created_at, changed_at, changed_by)
        values ($1, $2, $3, $4, $5, $6)";

    tx.execute(
        SQL,
        &[
            &audience.id,
            &audience.name,
            &audience.filter.write(),
            &audience.created_at,
            &audience.changed_at,
            &audience.changed_by,
        ],
    )?;
    Ok(())
}

/// Changes an audience; false when there is none.
///
/// # Errors
///
/// When the store fails.
pub fn change(tx: &mut Tx, audience: &Audience) -> Result<bool, StoreError> {
    const SQL: &str = "
        update audiences
           set name = $2, filter = $3, changed_at = $4, changed_by = $5
         where id = $1";

    let changed = tx.execute(
        SQL,
        &[
            &audience.id,
            &audience.name,
            &audience.filter.write(),
            &audience.changed_at,
            &audience.changed_by,
        ],
    )?;
    Ok(changed > 0)
}

/// One audience.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: AudienceId) -> Result<Option<Audience>, StoreError> {
    const SQL: &str = "
        select id, name, filter, created_at, changed_at, changed_by
          from audiences
         where id = $1";

    let row = tx.find_one(SQL, &[&id])?;
    row.map(|row| audience_from(&row)).transpose()
}

/// Audiences by name, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, limit: u32) -> Result<Vec<Audience>, StoreError> {
    const SQL: &str = "
        select id, name, filter, created_at, changed_at, changed_by
          from audiences
         order by name, id
         limit $1";

    tx.list(SQL, &[&limit])?.iter().map(audience_from).collect()
}

fn audience_from(row: &Row) -> Result<Audience, StoreError> {
    Ok(Audience {
        id: row.get(0)?,
        name: row.get(1)?,
        filter: Filter::read(row.text(2)?).map_err(|_| row.corrupt())?,
        created_at: row.get(3)?,
        changed_at: row.get(4)?,
        changed_by: row.get(5)?,
    })
}

/// The states people live in, in order; for the filter's choices.
///
/// # Errors
///
/// When the store fails.
pub fn list_residences(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    const SQL: &str = "
        select distinct residence
          from people
         where residence is not null
         order by residence";

    tx.list(SQL, &[])?.iter().map(|row| row.get(0)).collect()
}

/// People in the order of their ids, and the first and last of them.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    /// None when nobody is left.
    pub span: Option<(PersonId, PersonId)>,
    /// What stands in the open of them; identities stay empty.
    pub people: Vec<Person>,
}

/// The first and last of the next [`CHUNK`] people after one id; none when nobody is left.
///
/// # Errors
///
/// When the store fails.
pub fn next_span(
    tx: &mut Tx,
    after: Option<PersonId>,
) -> Result<Option<(PersonId, PersonId)>, StoreError> {
    const SQL: &str = "
        select id
          from people
         where id > $1
         order by id
         limit $2";

    let after = after.unwrap_or_else(|| PersonId::from([0; 16]));
    let rows = tx.list(SQL, &[&after, &CHUNK])?;
    match (rows.first(), rows.last()) {
        (Some(first), Some(last)) => Ok(Some((first.get(0)?, last.get(0)?))),
        _ => Ok(None),
    }
}

/// The people after one id, at most [`CHUNK`], without the erased; opens nothing.
///
/// # Errors
///
/// When the store fails.
pub fn list_people(tx: &mut Tx, after: Option<PersonId>) -> Result<Chunk, StoreError> {
    const SQL: &str = "
        select id, relationship, residence, time_zone, deceased_on, flags
          from people
         where id > $1
           and not exists (select 1
                             from person_keys k
                            where k.person_id = people.id and k.destroyed_at is not null)
         order by id
         limit $2";

    let after = after.unwrap_or_else(|| PersonId::from([0; 16]));
    let people = tx
        .list(SQL, &[&after, &CHUNK])?
        .iter()
        .map(|row| {
            Ok(Person {
                id: row.get(0)?,
                relationship: row.code(1, Relationship::find)?,
                residence: row.get(2)?,
                time_zone: row.get(3)?,
                deceased_on: row.get(4)?,
                flags: parse_json::<BTreeSet<String>>(row, 5)?,
                identity: Identity::default(),
            })
        })
        .collect::<Result<Vec<Person>, StoreError>>()?;
    let span = people.first().zip(people.last());
    Ok(Chunk {
        span: span.map(|(first, last)| (first.id, last.id)),
        people,
    })
}
