//! Journeys, their versions, and what was said of each. All but the name is written once.

use std::collections::BTreeMap;

use placet_domain::channel::Channel;
use placet_domain::id::{JourneyId, JourneySendId, JourneyTrialId, JourneyVersionId};
use placet_domain::journey::{Declaration, Said, Sending, Start, Version, Word};
use placet_domain::operator::Role;
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::flows::body_hash;
use crate::people::{json, parse_json};
use crate::row::Row;
use crate::tx::Tx;

/// A journey, without its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// Which.
    pub id: JourneyId,
    /// Its name, which no other has.
    pub name: String,
}

/// Adds a journey; the time is the act's.
///
/// # Errors
///
/// [`StoreError::Conflict`] when its name is taken.
pub fn add(tx: &mut Tx, journey: &Journey, by: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into journeys (id, name, created_at, created_by)
        values ($1, $2, $3, $4)";

    let now = tx.now();
    tx.execute(SQL, &[&journey.id, &journey.name, &now, &by])?;
    Ok(())
}

/// Every journey, by name.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx) -> Result<Vec<Journey>, StoreError> {
    const SQL: &str = "
        select id, name
          from journeys
         order by name";

    tx.list(SQL, &[])?.iter().map(journey_from).collect()
}

/// One journey.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: JourneyId) -> Result<Option<Journey>, StoreError> {
    const SQL: &str = "
        select id, name
          from journeys
         where id = $1";

    let row = tx.find_one(SQL, &[&id])?;
    row.as_ref().map(journey_from).transpose()
}

/// The journey of a name.
///
/// # Errors
///
/// When the store fails.
pub fn find_by_name(tx: &mut Tx, name: &str) -> Result<Option<Journey>, StoreError> {
    const SQL: &str = "
        select id, name
          from journeys
         where name = $1";

    let row = tx.find_one(SQL, &[&name])?;
    row.as_ref().map(journey_from).transpose()
}

/// The journey whose message this is, and the version that sends it.
///
/// # Errors
///
/// When the store fails.
pub fn find_by_send(
    tx: &mut Tx,
    send: JourneySendId,
) -> Result<Option<(Journey, JourneyVersionId)>, StoreError> {
    const SQL: &str = "
        select j.id, j.name, v.id
          from journey_sends s
          join journey_versions v on v.id = s.version_id
          join journeys j on j.id = v.journey_id
         where s.id = $1";

    let row = tx.find_one(SQL, &[&send])?;
    row.map(|row| Ok((journey_from(&row)?, row.get(2)?)))
        .transpose()
}

/// Adds a version with its messages. What is said of it are rows of their own.
///
/// # Errors
///
/// [`StoreError::Conflict`] when the version is taken.
pub fn add_version(tx: &mut Tx, one: &Version) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into journey_versions (id, journey_id, version, declaration, hash, written_at,
                                      written_by)
        values ($1, $2, $3, $4, $5, $6, $7)";
    const SEND: &str = "
        insert into journey_sends (id, version_id, step, content_id, channel)
        values ($1, $2, $3, $4, $5)";

    tx.execute(
        SQL,
        &[
            &one.id,
            &one.journey,
            &one.version,
            &json(&one.declaration),
            &one.hash,
            &one.written_at,
            &one.written_by,
        ],
    )?;
    for send in &one.sends {
        let channel = send.channel.as_str();
        tx.execute(
            SEND,
            &[&send.id, &one.id, &send.step, &send.content, &channel],
        )?;
    }
    Ok(())
}

/// The versions of a journey, newest first, with all that was said of them.
///
/// # Errors
///
/// When the store fails, or a declaration is not what was registered.
pub fn list_versions(tx: &mut Tx, journey: JourneyId) -> Result<Vec<Version>, StoreError> {
    const SQL: &str = "
        select v.id, v.journey_id, v.version, v.declaration, v.hash, v.written_at, v.written_by,
               s.started_at, s.started_by, s.n_counted,
               (select max(t.tried_at) from journey_trials t where t.version_id = v.id)
          from journey_versions v
          left join journey_starts s on s.version_id = v.id
         where v.journey_id = $1
         order by v.version desc";

    let rows = tx.list(SQL, &[&journey])?;
    let mut sends = list_sends(tx, journey)?;
    let mut words = list_words(tx, journey)?;
    rows.iter()
        .map(|row| {
            let mut one = version_from(row)?;
            one.sends = sends.remove(&one.id).unwrap_or_default();
            one.words = words.remove(&one.id).unwrap_or_default();
            Ok(one)
        })
        .collect()
}

fn list_sends(
    tx: &mut Tx,
    journey: JourneyId,
) -> Result<BTreeMap<JourneyVersionId, Vec<Sending>>, StoreError> {
    const SQL: &str = "
        select s.version_id, s.id, s.step, s.content_id, s.channel
          from journey_sends s
          join journey_versions v on v.id = s.version_id
         where v.journey_id = $1
         order by s.version_id, s.step";

    let mut found: BTreeMap<JourneyVersionId, Vec<Sending>> = BTreeMap::new();
    for row in tx.list(SQL, &[&journey])? {
        found.entry(row.get(0)?).or_default().push(Sending {
            id: row.get(1)?,
            step: row.get(2)?,
            content: row.get(3)?,
            channel: row.code(4, Channel::find)?,
        });
    }
    Ok(found)
}

fn list_words(
    tx: &mut Tx,
    journey: JourneyId,
) -> Result<BTreeMap<JourneyVersionId, Vec<Word>>, StoreError> {
    const SQL: &str = "
        select w.version_id, w.role, w.said, w.said_at, w.said_by, w.note, w.hash
          from journey_words w
          join journey_versions v on v.id = w.version_id
         where v.journey_id = $1
         order by w.version_id, w.said_at, w.role";

    let mut found: BTreeMap<JourneyVersionId, Vec<Word>> = BTreeMap::new();
    for row in tx.list(SQL, &[&journey])? {
        found.entry(row.get(0)?).or_default().push(Word {
            role: row.code(1, Role::find)?,
            said: row.code(2, Said::find)?,
            at: row.get(3)?,
            by: row.get(4)?,
            note: row.get(5)?,
            hash: row.get(6)?,
        });
    }
    Ok(found)
}

/// Notes what a role says of a version; false when it has spoken.
///
/// # Errors
///
/// When the store fails.
pub fn say(tx: &mut Tx, version: JourneyVersionId, word: &Word) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into journey_words (version_id, role, said, hash, note, said_at, said_by)
        values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (version_id, role) do nothing";

    let (role, said) = (word.role.as_str(), word.said.as_str());
    let added = tx.execute(
        SQL,
        &[
            &version, &role, &said, &word.hash, &word.note, &word.at, &word.by,
        ],
    )?;
    Ok(added > 0)
}

/// Lets a version begin; false when it has.
///
/// # Errors
///
/// When the store fails.
pub fn start(tx: &mut Tx, version: JourneyVersionId, one: &Start) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into journey_starts (version_id, n_counted, started_at, started_by)
        values ($1, $2, $3, $4)
            on conflict (version_id) do nothing";

    Ok(tx.execute(SQL, &[&version, &one.n_counted, &one.at, &one.by])? > 0)
}

/// Keeps a simulation; the time is the act's.
///
/// # Errors
///
/// When the store fails.
pub fn add_trial(
    tx: &mut Tx,
    id: JourneyTrialId,
    version: JourneyVersionId,
    trial: &str,
    by: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into journey_trials (id, version_id, trial, tried_at, tried_by)
        values ($1, $2, $3, $4, $5)";

    let now = tx.now();
    tx.execute(SQL, &[&id, &version, &trial, &now, &by])?;
    Ok(())
}

/// The last simulation of a version, when it was made and by whom.
///
/// # Errors
///
/// When the store fails.
pub fn latest_trial(
    tx: &mut Tx,
    version: JourneyVersionId,
) -> Result<Option<(String, Timestamp, String)>, StoreError> {
    const SQL: &str = "
        select trial, tried_at, tried_by
          from journey_trials
         where version_id = $1
         order by tried_at desc, id desc
         limit 1";

    let row = tx.find_one(SQL, &[&version])?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .transpose()
}

/// SHA-256 of what is registered.
#[must_use]
pub fn declaration_hash(declaration: &Declaration) -> [u8; 32] {
    body_hash(&json(declaration))
}

fn journey_from(row: &Row) -> Result<Journey, StoreError> {
    Ok(Journey {
        id: row.get(0)?,
        name: row.get(1)?,
    })
}

/// A declaration that does not hash to what was recorded is not what was agreed to.
fn version_from(row: &Row) -> Result<Version, StoreError> {
    let start = match row.get(7)? {
        Some(at) => Some(Start {
            at,
            by: row.get(8)?,
            n_counted: row.get(9)?,
        }),
        None => None,
    };
    let one = Version {
        id: row.get(0)?,
        journey: row.get(1)?,
        version: row.get(2)?,
        declaration: parse_json(row, 3)?,
        hash: row.get(4)?,
        written_at: row.get(5)?,
        written_by: row.get(6)?,
        sends: Vec::new(),
        words: Vec::new(),
        simulated_at: row.get(10)?,
        start,
    };
    if body_hash(row.text(3)?) == one.hash {
        Ok(one)
    } else {
        Err(row.corrupt())
    }
}
