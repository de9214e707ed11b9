//! People, their contact points, appointments, and the keyed hashes by which they are found.
//!
//! Names, dates of birth and addresses are sealed under the person's own key; what stands in the
//! open names nobody. Reading a person is an act: the caller records it.

mod appointments;
mod contact_points;
mod links;

use std::collections::BTreeSet;

use placet_domain::id::PersonId;
use placet_domain::person::{Identity, Person, Relationship};

use crate::among;
use crate::error::StoreError;
use crate::imports;
use crate::row::Row;
use crate::tx::Tx;

pub use appointments::{
    Slot, find_appointment, find_last_visit, find_slot, list_appointments, put_appointment,
};
pub(crate) use contact_points::CONTACT_SEALED;
pub use contact_points::*;
pub use links::*;

pub(crate) const PERSON_SEALED: &str = "people.sealed";
/// The kind under which the words of a name are hashed.
pub const NAME_WORD: &str = "name";
/// The kind under which dates of birth are hashed.
pub const BIRTH_DATE: &str = "birth_date";

/// Where a person came from, so that the next import finds them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The flow or system.
    pub name: String,
    /// The keyed hash of the system's own id.
    pub reference: Vec<u8>,
    /// The keyed hash of what was imported, to tell news from repetition.
    pub content_hash: Vec<u8>,
}

/// A person as an import finds them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Who.
    pub id: PersonId,
    /// The hash of what was imported last.
    pub content_hash: Vec<u8>,
}

/// Adds a person; the time is the act's.
///
/// # Errors
///
/// [`StoreError::Conflict`] when the source's id is taken.
pub fn add(tx: &mut Tx, person: &Person, source: &Source) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into people (id, source, source_ref, content_hash, relationship, residence,
                            time_zone, deceased_on, flags, sealed, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)";

    let sealed = seal_json(
        tx,
        person.id,
        PERSON_SEALED,
        person.id.as_bytes(),
        &person.identity,
    )?;
    let now = tx.now();
    tx.execute(
        SQL,
        &[
            &person.id,
            &source.name,
            &source.reference,
            &source.content_hash,
            &person.relationship.as_str(),
            &person.residence,
            &person.time_zone,
            &person.deceased_on,
            &json(&person.flags),
            &sealed,
            &now,
        ],
    )?;
    Ok(())
}

/// Overwrites what an import may overwrite: facts about the person, never what they asked for.
///
/// # Errors
///
/// When the store fails.
pub fn update(tx: &mut Tx, person: &Person, content_hash: &[u8]) -> Result<(), StoreError> {
    const SQL: &str = "
        update people
           set content_hash = $2, relationship = $3, residence = $4, time_zone = $5,
               deceased_on = $6, flags = $7, sealed = $8, updated_at = $9
         where id = $1";

    let sealed = seal_json(
        tx,
        person.id,
        PERSON_SEALED,
        person.id.as_bytes(),
        &person.identity,
    )?;
    let now = tx.now();
    tx.execute(
        SQL,
        &[
            &person.id,
            &content_hash,
            &person.relationship.as_str(),
            &person.residence,
            &person.time_zone,
            &person.deceased_on,
            &json(&person.flags),
            &sealed,
            &now,
        ],
    )?;
    Ok(())
}

/// The person, opened.
///
/// # Errors
///
/// [`StoreError::Erased`] when their key was destroyed.
pub fn find(tx: &mut Tx, person: PersonId) -> Result<Option<Person>, StoreError> {
    const SQL: &str = "
        select id, relationship, residence, time_zone, deceased_on, flags, sealed
          from people
         where id = $1";

    let row = tx.find_one(SQL, &[&person])?;
    row.map(|row| person_from(tx, &row)).transpose()
}

/// Everybody between two ids, opened, in their order. Erased people are left out.
///
/// # Errors
///
/// When the store fails.
pub fn list_between(
    tx: &mut Tx,
    first: PersonId,
    last: PersonId,
) -> Result<Vec<Person>, StoreError> {
    const SQL: &str = "
        select id, relationship, residence, time_zone, deceased_on, flags, sealed
          from people
         where id between $1 and $2
         order by id";

    let mut found = Vec::new();
    for row in tx.list(SQL, &[&first, &last])? {
        match person_from(tx, &row) {
            Ok(person) => found.push(person),
            Err(StoreError::Erased) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Those of these people who are held, opened; none for one who was erased.
///
/// # Errors
///
/// When the store fails.
pub fn list_of(
    tx: &mut Tx,
    people: &[PersonId],
) -> Result<Vec<(PersonId, Option<Person>)>, StoreError> {
    const SQL: &str = "
        select id, relationship, residence, time_zone, deceased_on, flags, sealed
          from people
         where id in ($1)";

    tx.bring_keys_of(people)?;
    let mut found = Vec::with_capacity(people.len());
    for row in among::list(tx, SQL, &[], people)? {
        let id = row.get(0)?;
        match person_from(tx, &row) {
            Ok(person) => found.push((id, Some(person))),
            Err(StoreError::Erased) => found.push((id, None)),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn person_from(tx: &mut Tx, row: &Row) -> Result<Person, StoreError> {
    let id: PersonId = row.get(0)?;
    let identity: Identity = open_json(tx, id, PERSON_SEALED, row, 6)?;
    Ok(Person {
        id,
        relationship: row.code(1, Relationship::find)?,
        residence: row.get(2)?,
        time_zone: row.get(3)?,
        deceased_on: row.get(4)?,
        flags: parse_json::<BTreeSet<String>>(row, 5)?,
        identity,
    })
}

/// Whether such a person is held at all.
///
/// # Errors
///
/// When the store fails.
pub fn is_held(tx: &mut Tx, person: PersonId) -> Result<bool, StoreError> {
    const SQL: &str = "select id from people where id = $1";

    Ok(tx.find_one(SQL, &[&person])?.is_some())
}

/// The person whom a source knows by this id.
///
/// # Errors
///
/// When the store fails.
pub fn find_by_source(
    tx: &mut Tx,
    source: &str,
    reference: &[u8],
) -> Result<Option<Known>, StoreError> {
    const SQL: &str = "
        select id, content_hash
          from people
         where source = $1 and source_ref = $2";

    let row = tx.find_one(SQL, &[&source, &reference])?;
    row.map(|row| {
        Ok(Known {
            id: row.get(0)?,
            content_hash: row.get(1)?,
        })
    })
    .transpose()
}

/// How many people are held.
///
/// # Errors
///
/// When the store fails.
pub fn count(tx: &mut Tx) -> Result<u64, StoreError> {
    const SQL: &str = "select count(*) from people";

    tx.find_one(SQL, &[])?.map_or(Ok(0), |row| row.get(0))
}

/// Adds one keyed hash by which the person is found; repeating it is not an error.
///
/// # Errors
///
/// When the store fails.
pub fn add_lookup(tx: &mut Tx, person: PersonId, lookup: &[u8]) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into person_lookups (lookup, person_id)
        values ($1, $2)
            on conflict (lookup, person_id) do nothing";

    tx.execute(SQL, &[&lookup, &person])?;
    Ok(())
}

/// Adds every keyed hash by which an identity is found; see [`imports::lookups`].
///
/// # Errors
///
/// When the store fails.
pub fn add_lookups(tx: &mut Tx, person: PersonId, identity: &Identity) -> Result<(), StoreError> {
    let lookups = imports::lookups(&tx.sealer(), identity);
    imports::add_lookups(tx, person, &lookups)
}

/// Takes away the hashes of a name that is no longer theirs.
///
/// # Errors
///
/// When the store fails.
pub fn remove_lookups(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    const SQL: &str = "delete from person_lookups where person_id = $1";

    tx.execute(SQL, &[&person])?;
    Ok(())
}

/// Whether the person is found by this hash.
///
/// # Errors
///
/// When the store fails.
pub fn has_lookup(tx: &mut Tx, person: PersonId, lookup: &[u8]) -> Result<bool, StoreError> {
    const SQL: &str = "
        select person_id
          from person_lookups
         where lookup = $1 and person_id = $2";

    Ok(tx.find_one(SQL, &[&lookup, &person])?.is_some())
}

/// The people with this hash, oldest first, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_lookup(tx: &mut Tx, lookup: &[u8], limit: u32) -> Result<Vec<PersonId>, StoreError> {
    const SQL: &str = "
        select person_id
          from person_lookups
         where lookup = $1
         order by person_id
         limit $2";

    tx.list(SQL, &[&lookup, &limit])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// The people with both hashes, oldest first, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_lookups(
    tx: &mut Tx,
    one: &[u8],
    other: &[u8],
    limit: u32,
) -> Result<Vec<PersonId>, StoreError> {
    const SQL: &str = "
        select one.person_id
          from person_lookups one
          join person_lookups other on other.person_id = one.person_id
         where one.lookup = $1 and other.lookup = $2
         order by one.person_id
         limit $3";

    tx.list(SQL, &[&one, &other, &limit])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// The people reached at this address, oldest first, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_address(
    tx: &mut Tx,
    lookup: &[u8],
    limit: u32,
) -> Result<Vec<PersonId>, StoreError> {
    const SQL: &str = "
        select distinct person_id
          from contact_points
         where lookup = $1
         order by person_id
         limit $2";

    tx.list(SQL, &[&lookup, &limit])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// Canonical JSON of a value that always has one.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(crate) fn parse_json<T: serde::de::DeserializeOwned>(
    row: &Row,
    index: usize,
) -> Result<T, StoreError> {
    serde_json::from_str(row.text(index)?).map_err(|_| row.corrupt())
}

pub(crate) fn seal_json<T: serde::Serialize>(
    tx: &mut Tx,
    person: PersonId,
    column: &str,
    row: &[u8],
    value: &T,
) -> Result<Vec<u8>, StoreError> {
    tx.seal(person, column, row, json(value).as_bytes())
}

/// Opens the sealed JSON at `index` of a row whose first column is its id.
pub(crate) fn open_json<T: serde::de::DeserializeOwned>(
    tx: &mut Tx,
    person: PersonId,
    column: &str,
    row: &Row,
    index: usize,
) -> Result<T, StoreError> {
    let opened = tx.open_sealed(person, column, row.bytes(0)?, row.bytes(index)?)?;
    serde_json::from_slice(&opened).map_err(|_| row.corrupt())
}
