//! The gate's answers: what was asked, and the hash of what was answered, is sealed under the
//! person's key. Answers stand once each, by hash ([`answers`]). The tables only grow.

pub(crate) mod answers;

pub(crate) use answers::Known;

use placet_domain::id::{CampaignId, DecisionId, DeliveryId, PersonId};
use placet_domain::time::Timestamp;
use placet_ledger::sha256;

use crate::error::StoreError;
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

/// What an added decision needs in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// The hash of what was sealed.
    pub hash: [u8; 32],
    /// The hash of the answer, when it was never given before.
    pub new_answer: Option<[u8; 32]>,
}

/// Adds a decision: what was asked, and what was answered.
///
/// # Errors
///
/// When the store fails.
pub fn add(
    tx: &mut Tx,
    decided: &Decided,
    question: &[u8],
    answer: &[u8],
) -> Result<Added, StoreError> {
    const SQL: &str = "
        insert into decisions (id, person_id, campaign_id, delivery_id, decided_at, outcome,
                               category, pack, profile, body_hash, sealed)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    let (answer, is_new) = answers::keep(tx, answer)?;
    let mut body = Vec::with_capacity(answer.len() + question.len());
    body.extend_from_slice(&answer);
    body.extend_from_slice(question);
    let sealed = tx.seal(decided.person, SEALED, decided.id.as_bytes(), &body)?;
    // Over the ciphertext: the receipt holds after the person's key is destroyed.
    let hash = sha256(&sealed);
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
    Ok(Added {
        hash,
        new_answer: is_new.then_some(answer),
    })
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

/// What was asked and answered, as it was given to [`add`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// What was asked.
    pub question: Vec<u8>,
    /// What was answered.
    pub answer: Vec<u8>,
}

/// A decision with its body opened, and the hash that its ledger entry must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The decision.
    pub decided: Decided,
    /// What was asked and answered.
    pub body: Body,
    /// The hash of the sealed body.
    pub hash: [u8; 32],
}

/// One decision, opened.
///
/// # Errors
///
/// [`StoreError::Erased`] when the person's key was destroyed; [`StoreError::Corrupt`] when what
/// was sealed, or the answer it names, is not what was added.
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
    if sha256(sealed) != hash {
        return Err(row.corrupt());
    }
    let plain = tx.open_sealed(decided.person, SEALED, id.as_bytes(), sealed)?;
    let body = body_from(tx, plain)?.ok_or_else(|| row.corrupt())?;
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
    Opened(Body),
    /// The person's key was destroyed.
    Erased,
    /// The bytes are not those that were sealed, or the answer they name is not there.
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
    if sha256(sealed) != row.get::<[u8; 32]>(9)? {
        return Ok((decided, Kept::Altered));
    }
    if tx.is_erased(decided.person)? {
        return Ok((decided, Kept::Erased));
    }
    let id = *decided.id.as_bytes();
    let kept = match tx.open_sealed(decided.person, SEALED, &id, sealed) {
        Ok(plain) => body_from(tx, plain)?.map_or(Kept::Altered, Kept::Opened),
        Err(StoreError::Corrupt { .. }) => Kept::Altered,
        Err(error) => return Err(error),
    };
    Ok((decided, kept))
}

/// What was sealed, with the answer that it names; none when there is no such answer.
fn body_from(tx: &mut Tx, mut plain: Vec<u8>) -> Result<Option<Body>, StoreError> {
    let Some((hash, _)) = plain.split_first_chunk() else {
        return Ok(None);
    };
    let answer = answers::find(tx, hash)?;
    let question = plain.split_off(hash.len());
    Ok(answer.map(|answer| Body { question, answer }))
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
