//! How people are reached; addresses are sealed, and found by their keyed hash.

use placet_domain::address;
use placet_domain::channel::Channel;
use placet_domain::id::{ContactPointId, PersonId};
use placet_domain::person::{ContactPoint, Origin};
use placet_domain::time::Timestamp;

use crate::among;
use crate::error::StoreError;
use crate::row::Row;
use crate::sealer::Sealer;
use crate::tx::Tx;

pub(crate) const CONTACT_SEALED: &str = "contact_points.sealed";

/// The keyed hash of an address; `None` when the channel cannot carry it.
#[must_use]
pub fn address_lookup(tx: &Tx, channel: Channel, address: &str) -> Option<Vec<u8>> {
    lookup_of_address(&tx.sealer(), channel, address)
}

/// [`address_lookup`] away from the database.
#[must_use]
pub fn lookup_of_address(sealer: &Sealer, channel: Channel, address: &str) -> Option<Vec<u8>> {
    let canonical = address::canonical(channel, address).ok()?;
    Some(sealer.lookup_hash(address::lookup_kind(channel), &canonical))
}

/// Adds a contact point. `lookup` is [`address_lookup`] of its address.
///
/// # Errors
///
/// When the store fails.
pub fn add_contact_point(
    tx: &mut Tx,
    point: &ContactPoint,
    lookup: &[u8],
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into contact_points (id, person_id, channel, lookup, sealed, origin, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)";

    let sealed = tx.seal(
        point.person,
        CONTACT_SEALED,
        point.id.as_bytes(),
        point.address.as_bytes(),
    )?;
    tx.execute(
        SQL,
        &[
            &point.id,
            &point.person,
            &point.channel.as_str(),
            &lookup,
            &sealed,
            &point.origin.as_str(),
            &point.created_at,
        ],
    )?;
    Ok(())
}

/// Marks a contact point as no longer in use.
///
/// # Errors
///
/// When the store fails.
pub fn replace_contact_point(
    tx: &mut Tx,
    point: ContactPointId,
    at: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "
        update contact_points
           set replaced_at = $2
         where id = $1 and replaced_at is null";

    tx.execute(SQL, &[&point, &at])?;
    Ok(())
}

/// A person's contact points that are in use, newest of each channel first, opened.
///
/// # Errors
///
/// When the store fails.
pub fn list_contact_points(tx: &mut Tx, person: PersonId) -> Result<Vec<ContactPoint>, StoreError> {
    const SQL: &str = "
        select id, person_id, channel, sealed, origin, created_at, replaced_at
          from contact_points
         where person_id = $1 and replaced_at is null
         order by channel, created_at desc, id desc";

    let rows = tx.list(SQL, &[&person])?;
    rows.iter().map(|row| contact_point_from(tx, row)).collect()
}

/// The contact points in use, on one channel, of these people, opened; newest first within a
/// person.
///
/// # Errors
///
/// When the store fails, or one of them was erased.
pub fn list_contact_points_of(
    tx: &mut Tx,
    people: &[PersonId],
    channel: Channel,
) -> Result<Vec<ContactPoint>, StoreError> {
    const SQL: &str = "
        select id, person_id, channel, sealed, origin, created_at, replaced_at
          from contact_points
         where channel = $1 and replaced_at is null and person_id in ($2)
         order by person_id, created_at desc, id desc";

    let rows = among::list(tx, SQL, &[&channel.as_str()], people)?;
    rows.iter().map(|row| contact_point_from(tx, row)).collect()
}

/// The contact points in use, on one channel, of everybody between two ids; newest first within
/// a person. Nothing is opened: `address` stays empty, so nobody can be written to by these.
///
/// # Errors
///
/// When the store fails.
pub fn list_contact_points_between(
    tx: &mut Tx,
    first: PersonId,
    last: PersonId,
    channel: Channel,
) -> Result<Vec<ContactPoint>, StoreError> {
    const SQL: &str = "
        select id, person_id, origin, created_at
          from contact_points
         where person_id between $1 and $2 and channel = $3 and replaced_at is null
         order by person_id, created_at desc, id desc";

    let rows = tx.list(SQL, &[&first, &last, &channel.as_str()])?;
    rows.iter()
        .map(|row| {
            Ok(ContactPoint {
                id: row.get(0)?,
                person: row.get(1)?,
                channel,
                address: String::new(),
                origin: row.code(2, Origin::find)?,
                created_at: row.get(3)?,
                replaced_at: None,
            })
        })
        .collect()
}

/// One contact point, opened, in use or not.
///
/// # Errors
///
/// When the store fails.
pub fn find_contact_point(
    tx: &mut Tx,
    point: ContactPointId,
) -> Result<Option<ContactPoint>, StoreError> {
    const SQL: &str = "
        select id, person_id, channel, sealed, origin, created_at, replaced_at
          from contact_points
         where id = $1";

    let row = tx.find_one(SQL, &[&point])?;
    row.map(|row| contact_point_from(tx, &row)).transpose()
}

/// The keyed hashes of a person's addresses in use, with their channels; opens nothing.
///
/// # Errors
///
/// When the store fails.
pub fn list_address_lookups(
    tx: &mut Tx,
    person: PersonId,
) -> Result<Vec<(ContactPointId, Channel, Vec<u8>)>, StoreError> {
    const SQL: &str = "
        select id, channel, lookup
          from contact_points
         where person_id = $1 and replaced_at is null
         order by channel, created_at desc, id desc";

    let rows = tx.list(SQL, &[&person])?;
    rows.iter()
        .map(|row| Ok((row.get(0)?, row.code(1, Channel::find)?, row.get(2)?)))
        .collect()
}

fn contact_point_from(tx: &mut Tx, row: &Row) -> Result<ContactPoint, StoreError> {
    let id: ContactPointId = row.get(0)?;
    let person: PersonId = row.get(1)?;
    let address = tx.open_sealed(person, CONTACT_SEALED, id.as_bytes(), row.bytes(3)?)?;
    Ok(ContactPoint {
        id,
        person,
        channel: row.code(2, Channel::find)?,
        address: String::from_utf8(address).map_err(|_| row.corrupt())?,
        origin: row.code(4, Origin::find)?,
        created_at: row.get(5)?,
        replaced_at: row.get(6)?,
    })
}
