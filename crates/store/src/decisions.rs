//! The gate's answers: what was asked and answered is sealed under the person's key. The table
//! only grows.

use placet_domain::id::{CampaignId, DecisionId, DeliveryId, PersonId};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::instruments::hash_parts;
use crate::row::Row;
use crate::tx::Tx;

const SEALED: &str = "decisions.sealed";

/// One answer of the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Which.
    pub id: DecisionId,
    /// About whom.
    pub person: PersonId,
    /// For which campaign.
    pub campaign: Option<CampaignId>,
    /// For which delivery.
    pub delivery: Option<DeliveryId>,
    /// When.
    pub decided_at: Timestamp,
    /// `permit`, `needs_authorization` or `deny`.
    pub outcome: String,
    /// The category that the rules gave it.
    pub category: String,
    /// The rule pack, with its version.
    pub pack: String,
    /// How strict.
    pub profile: String,
}

/// Adds a decision with its body; answers the hash of the sealed body, for the ledger.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, decided: &Decided, body: &[u8]) -> Result<[u8; 32], StoreError> {
    const SQL: &str = "
        insert into decisions (id, person_id, campaign_id, delivery_id, decided_at, outcome,
                               category, pack, profile, body_hash, sealed)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    let sealed = tx.seal(decided.person, SEALED, decided.id.as_bytes(), body)?;
    // Over the ciphertext: the receipt holds after the person's key is destroyed.
    let hash = hash_parts(&[&sealed]);
    tx.execute(
        SQL,
        &[
            &decided.id,
            &decided.person,
            &decided.campaign,
            &decided.delivery,
            &decided.decided_at,
            &decided.outcome,
            &decided.category,
            &decided.pack,
            &decided.profile,
            &hash,
            &sealed,
        ],
    )?;
    Ok(hash)
}

/// The decisions about a person, newest first, at most `limit`; opens no body.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_person(
    tx: &mut Tx,
    person: PersonId,
    limit: u32,
) -> Result<Vec<Decided>, StoreError> {
    const SQL: &str = "
        select id, person_id, campaign_id, delivery_id, decided_at, outcome, category, pack,
               profile
          from decisions
         where person_id = $1
         order by decided_at desc, id desc
         limit $2";

    tx.list(SQL, &[&person, &limit])?
        .iter()
        .map(decided_from)
        .collect()
}

/// A decision with its body opened, and the hash that its ledger entry must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The decision.
    pub decided: Decided,
    /// What was asked and answered.
    pub body: Vec<u8>,
    /// The hash of the sealed body.
    pub hash: [u8; 32],
}

/// One decision, opened.
///
/// # Errors
///
/// [`StoreError::Erased`] when the person's key was destroyed.
pub fn find(tx: &mut Tx, id: DecisionId) -> Result<Option<Opened>, StoreError> {
    const SQL: &str = "
        select id, person_id, campaign_id, delivery_id, decided_at, outcome, category, pack,
               profile, body_hash, sealed
          from decisions
         where id = $1";

    let Some(row) = tx.find_one(SQL, &[&id])? else {
        return Ok(None);
    };
    let decided = decided_from(&row)?;
    let sealed = row.bytes(10)?;
    let hash: [u8; 32] = row.get(9)?;
    if hash_parts(&[sealed]) != hash {
        return Err(row.corrupt());
    }
    let body = tx.open_sealed(decided.person, SEALED, id.as_bytes(), sealed)?;
    Ok(Some(Opened {
        decided,
        body,
        hash,
    }))
}

/// What became of a decision's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// What was asked and answered.
    Opened(Vec<u8>),
    /// The person's key was destroyed.
    Erased,
    /// The bytes are not those that were sealed.
    Altered,
}

/// Decisions with their bodies in the order of their ids, those after `after`, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_after(
    tx: &mut Tx,
    after: Option<DecisionId>,
    limit: u32,
) -> Result<Vec<(Decided, Kept)>, StoreError> {
    const SQL: &str = "
        select id, person_id, campaign_id, delivery_id, decided_at, outcome, category, pack,
               profile, body_hash, sealed
          from decisions
         where id > $1
         order by id
         limit $2";

    let after: Vec<u8> = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    let rows = tx.list(SQL, &[&after, &limit])?;
    rows.iter().map(|row| kept_from(tx, row)).collect()
}

fn kept_from(tx: &mut Tx, row: &Row) -> Result<(Decided, Kept), StoreError> {
    let decided = decided_from(row)?;
    let sealed = row.bytes(10)?;
    if hash_parts(&[sealed]) != row.get::<[u8; 32]>(9)? {
        return Ok((decided, Kept::Altered));
    }
    if tx.is_erased(decided.person)? {
        return Ok((decided, Kept::Erased));
    }
    let id = *decided.id.as_bytes();
    let kept = match tx.open_sealed(decided.person, SEALED, &id, sealed) {
        Ok(body) => Kept::Opened(body),
        Err(StoreError::Corrupt { .. }) => Kept::Altered,
        Err(error) => return Err(error),
    };
    Ok((decided, kept))
}

fn decided_from(row: &Row) -> Result<Decided, StoreError> {
    Ok(Decided {
        id: row.get(0)?,
        person: row.get(1)?,
        campaign: row.get(2)?,
        delivery: row.get(3)?,
        decided_at: row.get(4)?,
        outcome: row.get(5)?,
        category: row.get(6)?,
        pack: row.get(7)?,
        profile: row.get(8)?,
    })
}
