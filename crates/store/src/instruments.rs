//! Instruments and what ended them. Both tables only grow.
//!
//! The text of an authorization is sealed under the person's key; what a machine compares (kind,
//! channel, topic, scope, dates, defects) stands in the open. [`Held::hash`] covers the whole row,
//! ciphertext included, and stands in the ledger entry that recorded it.

use placet_domain::channel::Channel;
use placet_domain::id::{InstrumentId, PersonId};
use placet_domain::instrument::authorization::{Authorization, Defect};
use placet_domain::instrument::{Consent, Instrument, InstrumentKind, Method, Revocation, Terms};
use placet_domain::preference::Topic;
use placet_domain::time::Timestamp;

use crate::among;
use crate::error::StoreError;
use crate::people::{json, open_json, parse_json, seal_json};
use crate::row::Row;
use crate::tx::Tx;

const SEALED: &str = "instruments.sealed";

/// An instrument as it is kept, with the hash of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The instrument, opened.
    pub instrument: Instrument,
    /// SHA-256 of the row as it was written.
    pub hash: [u8; 32],
}

/// Adds an instrument; answers the hash of its row, for the ledger.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, instrument: &Instrument) -> Result<[u8; 32], StoreError> {
    const SQL: &str = "
        insert into instruments (id, person_id, kind, wording_id, channel, topic, scope, signed_at,
                                 expires_on, method, defects, evidence, sealed, recorded_at,
                                 recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

    let (id, person) = (instrument.id, instrument.person);
    let (channel, topic, scope, sealed) = match &instrument.terms {
        Terms::Consent(consent) => (
            Some(consent.channel.as_str()),
            Some(consent.topic.as_str()),
            "{}".to_owned(),
            None,
        ),
        Terms::Authorization(terms) => {
            let sealed = seal_json(tx, person, SEALED, id.as_bytes(), terms)?;
            (None, None, json(&terms.scope), Some(sealed))
        }
    };
    let added = tx.insert(
        SQL,
        &[
            &id,
            &person,
            &instrument.kind.as_str(),
            &instrument.wording,
            &channel,
            &topic,
            &scope,
            &instrument.signed_at,
            &instrument.expires_on(),
            &instrument.method.as_str(),
            &json(&instrument.defects),
            &json(&instrument.evidence),
            &sealed,
            &instrument.recorded_at,
            &instrument.recorded_by,
        ],
    )?;
    added.ok_or(StoreError::Conflict)
}

/// How many columns are the instrument's own, all of its table.
const WIDTH: usize = 15;
const COLUMNS: &str = "
        select i.id, i.person_id, i.kind, i.wording_id, i.channel, i.topic, i.scope, i.signed_at,
               i.expires_on, i.method, i.defects, i.evidence, i.sealed, i.recorded_at,
               i.recorded_by, r.revoked_at, r.method
          from instruments i
          left join instrument_revocations r on r.instrument_id = i.id";

/// Everything a person signed or agreed to, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_person(tx: &mut Tx, person: PersonId) -> Result<Vec<Held>, StoreError> {
    let sql = format!("{COLUMNS}\n where i.person_id = $1\n order by i.signed_at desc, i.id desc");

    let rows = tx.list(&sql, &[&person])?;
    rows.iter().map(|row| held_from(tx, row)).collect()
}

/// The instruments of everybody between two ids, newest first within a person. Those of erased
/// people are left out.
///
/// # Errors
///
/// When the store fails.
pub fn list_between(
    tx: &mut Tx,
    first: PersonId,
    last: PersonId,
) -> Result<Vec<Instrument>, StoreError> {
    let sql = format!(
        "{COLUMNS}
         where i.person_id between $1 and $2
         order by i.person_id, i.signed_at desc, i.id desc"
    );

    let mut found = Vec::new();
    for row in tx.list(&sql, &[&first, &last])? {
        match instrument_from(tx, &row) {
            Ok(instrument) => found.push(instrument),
            Err(StoreError::Erased) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The instruments of these people, newest first within a person.
///
/// # Errors
///
/// When the store fails, or one of them was erased.
pub fn list_of(tx: &mut Tx, people: &[PersonId]) -> Result<Vec<Instrument>, StoreError> {
    let sql = format!(
        "{COLUMNS}
         where i.person_id in ($1)
         order by i.person_id, i.signed_at desc, i.id desc"
    );

    let rows = among::list(tx, &sql, &[], people)?;
    rows.iter().map(|row| instrument_from(tx, row)).collect()
}

/// One instrument.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: InstrumentId) -> Result<Option<Held>, StoreError> {
    let sql = format!("{COLUMNS}\n where i.id = $1");

    let row = tx.find_one(&sql, &[&id])?;
    row.map(|row| held_from(tx, &row)).transpose()
}

/// Ends an instrument; answers the hash of the end's row, for the ledger. None when it was ended
/// before, and then the first end stays.
///
/// # Errors
///
/// When the store fails.
pub fn revoke(
    tx: &mut Tx,
    id: InstrumentId,
    revocation: Revocation,
    recorded_by: &str,
) -> Result<Option<[u8; 32]>, StoreError> {
    const SQL: &str = "
        insert into instrument_revocations (instrument_id, revoked_at, method, recorded_at,
                                            recorded_by)
        values ($1, $2, $3, $4, $5)
            on conflict (instrument_id) do nothing";

    let now = tx.now();
    let method = revocation.method.as_str();
    tx.insert(SQL, &[&id, &revocation.at, &method, &now, &recorded_by])
}

fn held_from(tx: &mut Tx, row: &Row) -> Result<Held, StoreError> {
    Ok(Held {
        instrument: instrument_from(tx, row)?,
        hash: row.fingerprint(WIDTH),
    })
}

fn instrument_from(tx: &mut Tx, row: &Row) -> Result<Instrument, StoreError> {
    let person: PersonId = row.get(1)?;
    let channel: Option<String> = row.get(4)?;
    let topic: Option<String> = row.get(5)?;
    let sealed: Option<Vec<u8>> = row.get(12)?;
    let terms = match (channel, topic, &sealed) {
        (Some(channel), Some(topic), None) => Terms::Consent(Consent {
            channel: Channel::find(&channel).ok_or_else(|| row.corrupt())?,
            topic: Topic::find(&topic).ok_or_else(|| row.corrupt())?,
            expires_on: row.get(8)?,
        }),
        (None, None, Some(_)) => {
            let terms: Authorization = open_json(tx, person, SEALED, row, 12)?;
            // The open columns are what machines read; they may not say something else.
            if json(&terms.scope) != row.text(6)? || terms.expires_on() != row.get(8)? {
                return Err(row.corrupt());
            }
            Terms::Authorization(Box::new(terms))
        }
        _ => return Err(row.corrupt()),
    };
    let revoked_at: Option<Timestamp> = row.get(15)?;
    let revoked = match revoked_at {
        Some(at) => Some(Revocation {
            at,
            method: row.code(16, Method::find)?,
        }),
        None => None,
    };
    Ok(Instrument {
        id: row.get(0)?,
        person,
        kind: row.code(2, InstrumentKind::find)?,
        wording: row.get(3)?,
        terms,
        signed_at: row.get(7)?,
        method: row.code(9, Method::find)?,
        evidence: parse_json(row, 11)?,
        defects: parse_json::<Vec<Defect>>(row, 10)?,
        recorded_at: row.get(13)?,
        recorded_by: row.get(14)?,
        revoked,
    })
}
