//! What people asked for or refused, and what lifted it. Both tables only grow.

use placet_domain::channel::Channel;
use placet_domain::id::{PersonId, PreferenceId};
use placet_domain::instrument::{Evidence, Method};
use placet_domain::preference::{Lifted, Preference, PreferenceKind, Topic};
use placet_domain::time::Timestamp;

use crate::among;
use crate::error::StoreError;
use crate::people::{json, parse_json};
use crate::row::Row;
use crate::tx::Tx;

/// A preference as it is kept, with the hash of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The preference.
    pub preference: Preference,
    /// SHA-256 of the row as it was written.
    pub hash: [u8; 32],
}

/// Adds a preference; answers the hash of its row, for the ledger.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, preference: &Preference) -> Result<[u8; 32], StoreError> {
    const SQL: &str = "
        insert into preferences (id, person_id, kind, channel, topic, wording_id, asked_at, method,
                                 evidence, recorded_at, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    let added = tx.insert(
        SQL,
        &[
            &preference.id,
            &preference.person,
            &preference.kind.as_str(),
            &preference.channel.map(Channel::as_str),
            &preference.topic.map(Topic::as_str),
            &preference.wording,
            &preference.asked_at,
            &preference.method.as_str(),
            &json(&preference.evidence),
            &preference.recorded_at,
            &preference.recorded_by,
        ],
    )?;
    added.ok_or(StoreError::Conflict)
}

/// How many columns are the preference's own, all of its table.
const WIDTH: usize = 11;
const COLUMNS: &str = "
        select p.id, p.person_id, p.kind, p.channel, p.topic, p.wording_id, p.asked_at, p.method,
               p.evidence, p.recorded_at, p.recorded_by, l.lifted_at, l.method, l.recorded_by
          from preferences p
          left join preference_lifts l on l.preference_id = p.id";

/// Everything a person asked for or refused, newest first, lifted or not.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_person(tx: &mut Tx, person: PersonId) -> Result<Vec<Held>, StoreError> {
    let sql = format!("{COLUMNS}\n where p.person_id = $1\n order by p.asked_at desc, p.id desc");

    tx.list(&sql, &[&person])?.iter().map(held_from).collect()
}

/// The preferences of everybody between two ids, newest first within a person.
///
/// # Errors
///
/// When the store fails.
pub fn list_between(
    tx: &mut Tx,
    first: PersonId,
    last: PersonId,
) -> Result<Vec<Preference>, StoreError> {
    let sql = format!(
        "{COLUMNS}
         where p.person_id between $1 and $2
         order by p.person_id, p.asked_at desc, p.id desc"
    );

    let rows = tx.list(&sql, &[&first, &last])?;
    rows.iter()
        .map(|row| held_from(row).map(|held| held.preference))
        .collect()
}

/// The preferences of these people, newest first within a person.
///
/// # Errors
///
/// When the store fails.
pub fn list_of(tx: &mut Tx, people: &[PersonId]) -> Result<Vec<Preference>, StoreError> {
    let sql = format!(
        "{COLUMNS}
         where p.person_id in ($1)
         order by p.person_id, p.asked_at desc, p.id desc"
    );

    let rows = among::list(tx, &sql, &[], people)?;
    rows.iter()
        .map(|row| held_from(row).map(|held| held.preference))
        .collect()
}

/// One preference.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: PreferenceId) -> Result<Option<Held>, StoreError> {
    let sql = format!("{COLUMNS}\n where p.id = $1");

    tx.find_one(&sql, &[&id])?
        .as_ref()
        .map(held_from)
        .transpose()
}

/// The record that lifts a preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLift<'a> {
    /// When the person asked for it.
    pub acted_at: Timestamp,
    /// From when it is lifted.
    pub lifted_at: Timestamp,
    /// How they asked.
    pub method: Method,
    /// What shows it.
    pub evidence: &'a Evidence,
    /// Who recorded it.
    pub recorded_by: &'a str,
}

/// Lifts a preference; answers the hash of the lift's row, for the ledger. None when it was lifted
/// before, and then the first lift stays.
///
/// # Errors
///
/// When the store fails.
pub fn lift(
    tx: &mut Tx,
    id: PreferenceId,
    lift: &NewLift<'_>,
) -> Result<Option<[u8; 32]>, StoreError> {
    const SQL: &str = "
        insert into preference_lifts (preference_id, acted_at, lifted_at, method, evidence,
                                      recorded_by)
        values ($1, $2, $3, $4, $5, $6)
            on conflict (preference_id) do nothing";

    tx.insert(
        SQL,
        &[
            &id,
            &lift.acted_at,
            &lift.lifted_at,
            &lift.method.as_str(),
            &json(lift.evidence),
            &lift.recorded_by,
        ],
    )
}

fn held_from(row: &Row) -> Result<Held, StoreError> {
    let channel: Option<String> = row.get(3)?;
    let topic: Option<String> = row.get(4)?;
    let lifted_at: Option<Timestamp> = row.get(11)?;
    let lifted = match lifted_at {
        Some(at) => Some(Lifted {
            at,
            method: row.code(12, Method::find)?,
            by: row.get(13)?,
        }),
        None => None,
    };
    let preference = Preference {
        id: row.get(0)?,
        person: row.get(1)?,
        kind: row.code(2, PreferenceKind::find)?,
        channel: channel
            .map(|code| Channel::find(&code).ok_or_else(|| row.corrupt()))
            .transpose()?,
        topic: topic
            .map(|code| Topic::find(&code).ok_or_else(|| row.corrupt()))
            .transpose()?,
        wording: row.get(5)?,
        asked_at: row.get(6)?,
        method: row.code(7, Method::find)?,
        evidence: parse_json(row, 8)?,
        recorded_at: row.get(9)?,
        recorded_by: row.get(10)?,
        lifted,
    };
    let hash = row.fingerprint(WIDTH);
    Ok(Held { preference, hash })
}
