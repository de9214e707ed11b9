//! Statements on the ledger: entries, proofs, checkpoints.
//!
//! Entries are found by place or by person; a proof is made from stored tiles and leaf hashes, so
//! it costs a few rows however long the log is.

use std::ops::Range;

use placet_domain::id::{EntryId, PersonId};
use placet_domain::time::Timestamp;
use placet_ledger::proof;
use placet_ledger::receipt::Receipt;
use placet_ledger::tile::TileHashes;
use placet_ledger::{Checkpoint, Hash};

use crate::error::StoreError;
use crate::log::{self, Stored};
use crate::record::Body;
use crate::row::Row;
use crate::tx::Tx;

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its place in the log, from 0. None while it waits for one (PostgreSQL, for a moment).
    pub place: Option<u64>,
    /// Its id.
    pub id: EntryId,
    /// What happened.
    pub kind: String,
    /// The person it is about.
    pub person: Option<PersonId>,
    /// When.
    pub at: Timestamp,
    /// Its bytes: what the leaf hash is of.
    pub body: Vec<u8>,
}

impl StoredEntry {
    /// What the bytes say.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] when they are not an entry of ours.
    pub fn read(&self) -> Result<Body, StoreError> {
        serde_json::from_slice(&self.body).map_err(|_| StoreError::Corrupt {
            table: "ledger_entries".to_owned(),
            id: self
                .place
                .map_or_else(|| "?".to_owned(), |place| place.to_string()),
        })
    }
}

/// A signed head of the log, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// How many entries it covers.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// The signed note.
    pub note: String,
    /// When it was signed.
    pub at: Timestamp,
}

/// How many entries have a place.
///
/// # Errors
///
/// When the store fails.
pub fn size(tx: &mut Tx) -> Result<u64, StoreError> {
    log::size(tx)
}

/// Entries from place `first` on, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_from(tx: &mut Tx, first: u64, limit: u64) -> Result<Vec<StoredEntry>, StoreError> {
    const SQL: &str = "
        select place, entry_id, kind, person_id, at, body
          from ledger_entries
         where place >= $1
         order by place
         limit $2";

    tx.list(SQL, &[&first, &limit])?
        .iter()
        .map(entry_from)
        .collect()
}

/// The newest entries before place `before` (all of them when none), newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_newest(
    tx: &mut Tx,
    before: Option<u64>,
    limit: u64,
) -> Result<Vec<StoredEntry>, StoreError> {
    const SQL: &str = "
        select place, entry_id, kind, person_id, at, body
          from ledger_entries
         where place < $1
         order by place desc
         limit $2";

    let before = before.unwrap_or(i64::MAX.unsigned_abs());
    tx.list(SQL, &[&before, &limit])?
        .iter()
        .map(entry_from)
        .collect()
}

/// The entries of one kind at these places, newest first, at most `limit`.
///
/// Kinds have no index, which would cost every entry a write; look through a part of the log.
///
/// # Errors
///
/// When the store fails.
pub fn list_of_kind(
    tx: &mut Tx,
    kind: &str,
    places: Range<u64>,
    limit: u64,
) -> Result<Vec<StoredEntry>, StoreError> {
    const SQL: &str = "
        select place, entry_id, kind, person_id, at, body
          from ledger_entries
         where kind = $1 and place >= $2 and place < $3
         order by place desc
         limit $4";

    tx.list(SQL, &[&kind, &places.start, &places.end, &limit])?
        .iter()
        .map(entry_from)
        .collect()
}

/// The entries about one person before place `before`, newest first. Reading them is an act: it
/// records an entry of its own.
///
/// # Errors
///
/// When the store fails.
pub fn list_about(
    tx: &mut Tx,
    person: PersonId,
    before: Option<u64>,
    limit: u64,
) -> Result<Vec<StoredEntry>, StoreError> {
    const SQL: &str = "
        select place, entry_id, kind, person_id, at, body
          from ledger_entries
         where person_id = $1 and place < $2
         order by place desc
         limit $3";

    let before = before.unwrap_or(i64::MAX.unsigned_abs());
    tx.list(SQL, &[&person, &before, &limit])?
        .iter()
        .map(entry_from)
        .collect()
}

/// One entry by its id, whether or not it has its place yet.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: EntryId) -> Result<Option<StoredEntry>, StoreError> {
    const PLACED: &str = "
        select place, entry_id, kind, person_id, at, body
          from ledger_entries
         where entry_id = $1";
    // cast: PostgreSQL would take a bare null for a text.
    const WAITING: &str = "
        select cast(null as bigint), entry_id, kind, person_id, at, body
          from ledger_inbox
         where entry_id = $1";

    let row = match tx.find_one(PLACED, &[&id])? {
        Some(row) => Some(row),
        None => tx.find_one(WAITING, &[&id])?,
    };
    row.as_ref().map(entry_from).transpose()
}

/// One entry by its place.
///
/// # Errors
///
/// When the store fails.
pub fn find_at(tx: &mut Tx, place: u64) -> Result<Option<StoredEntry>, StoreError> {
    Ok(list_from(tx, place, 1)?
        .into_iter()
        .find(|entry| entry.place == Some(place)))
}

/// The checkpoint over the most entries.
///
/// # Errors
///
/// When the store fails.
pub fn latest_checkpoint(tx: &mut Tx) -> Result<Option<StoredCheckpoint>, StoreError> {
    Ok(list_checkpoints(tx, None, 1)?.pop())
}

/// Checkpoints over fewer than `below` entries (all when none), the largest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_checkpoints(
    tx: &mut Tx,
    below: Option<u64>,
    limit: u64,
) -> Result<Vec<StoredCheckpoint>, StoreError> {
    const SQL: &str = "
        select size, root, note, at
          from ledger_checkpoints
         where size < $1
         order by size desc
         limit $2";

    let below = below.unwrap_or(i64::MAX.unsigned_abs());
    tx.list(SQL, &[&below, &limit])?
        .iter()
        .map(checkpoint_from)
        .collect()
}

/// The first checkpoint that covers the entry at `place`.
///
/// # Errors
///
/// When the store fails.
pub fn checkpoint_over(tx: &mut Tx, place: u64) -> Result<Option<StoredCheckpoint>, StoreError> {
    const SQL: &str = "
        select size, root, note, at
          from ledger_checkpoints
         where size > $1
         order by size
         limit 1";

    tx.find_one(SQL, &[&place])?
        .as_ref()
        .map(checkpoint_from)
        .transpose()
}

/// The path from the leaf at `place` to the root over `size` entries; none when there is no such
/// leaf.
///
/// # Errors
///
/// When the store fails.
pub fn prove_inclusion(
    tx: &mut Tx,
    place: u64,
    size: u64,
) -> Result<Option<Vec<Hash>>, StoreError> {
    if place >= size || size > log::size(tx)? {
        return Ok(None);
    }
    let mut stored = Stored::new(tx, size);
    proven(proof::inclusion(
        place,
        size,
        &mut TileHashes::new(&mut stored),
    ))
}

/// That the log of `old` entries is the beginning of the one of `new`; none when it cannot be.
///
/// # Errors
///
/// When the store fails.
pub fn prove_consistency(tx: &mut Tx, old: u64, new: u64) -> Result<Option<Vec<Hash>>, StoreError> {
    if old > new || new > log::size(tx)? {
        return Ok(None);
    }
    let mut stored = Stored::new(tx, new);
    proven(proof::consistency(
        old,
        new,
        &mut TileHashes::new(&mut stored),
    ))
}

/// Everything a stranger needs to check one entry: its place, the path and the signed head.
///
/// None while no checkpoint covers it.
///
/// # Errors
///
/// When the store fails.
pub fn receipt(tx: &mut Tx, place: u64) -> Result<Option<Receipt>, StoreError> {
    let Some(head) = checkpoint_over(tx, place)? else {
        return Ok(None);
    };
    let Some(path) = prove_inclusion(tx, place, head.size)? else {
        return Ok(None);
    };
    let entry = find_at(tx, place)?;
    Ok(entry.map(|entry| Receipt {
        place,
        entry: Some(entry.body),
        path,
        checkpoint: head.note,
    }))
}

/// The root over the first `size` entries.
///
/// # Errors
///
/// When the store fails, or there are not so many.
pub fn root(tx: &mut Tx, size: u64) -> Result<Hash, StoreError> {
    log::root_at(tx, size)
}

/// Signs the head of the log, unless the last checkpoint covers as much.
pub(crate) fn sign_checkpoint(tx: &mut Tx, now: Timestamp) -> Result<Option<String>, StoreError> {
    const SQL: &str = "
        insert into ledger_checkpoints (size, root, note, at)
        values ($1, $2, $3, $4)";

    tx.load_log()?;
    let head = tx.log.as_ref().zip(tx.signer.as_ref());
    let (log, signer) = head.ok_or(StoreError::Unavailable)?;
    let (size, root) = (log.size(), log.root());
    let signer = std::sync::Arc::clone(signer);
    if size <= latest_checkpoint(tx)?.map_or(0, |last| last.size) {
        return Ok(None);
    }
    let note = Checkpoint::at(signer.checkpoint(size, root), now.as_microsecond()).sign(&signer);
    tx.housekeep(SQL, &[&size, &root, &note, &now])?;
    Ok(Some(note))
}

fn proven(
    made: Result<Vec<Hash>, proof::ProofError<StoreError>>,
) -> Result<Option<Vec<Hash>>, StoreError> {
    match made {
        Ok(path) => Ok(Some(path)),
        Err(proof::ProofError::Read(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

fn entry_from(row: &Row) -> Result<StoredEntry, StoreError> {
    Ok(StoredEntry {
        place: row.get(0)?,
        id: row.get(1)?,
        kind: row.get(2)?,
        person: row.get(3)?,
        at: row.get(4)?,
        body: row.get(5)?,
    })
}

fn checkpoint_from(row: &Row) -> Result<StoredCheckpoint, StoreError> {
    Ok(StoredCheckpoint {
        size: row.get(0)?,
        root: row.get(1)?,
        note: row.get(2)?,
        at: row.get(3)?,
    })
}
