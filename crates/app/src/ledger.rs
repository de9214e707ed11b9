//! Reading the ledger: entries with their proof, and the heads that vouch for them.
//!
//! INVARIANT: reading what is about a person leaves an entry of its own.

use placet_domain::entry::Entry;
use placet_domain::id::PersonId;
use placet_domain::time::Timestamp;
use placet_ledger::receipt::Receipt;
use placet_ledger::{Checkpoint, Hash};
use placet_store::ledger::{self, StoredCheckpoint, StoredEntry};
use placet_store::record::Body;
use placet_store::{StoreError, Tx};

use crate::{ActError, Ctx};

/// How many entries a page looks through for those of one kind.
const LOOKED_THROUGH: u64 = 50_000;

/// Which entries are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this kind only.
    pub kind: Option<String>,
    /// Up to this instant only.
    pub until: Option<Timestamp>,
    /// Before this place only; where the next page starts.
    pub before: Option<u64>,
}

/// One page of entries, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The entries.
    pub entries: Vec<StoredEntry>,
    /// Give it as `before` for the next page.
    pub next: Option<u64>,
    /// How many entries the whole log has.
    pub size: u64,
}

/// One page of entries. A read: kinds, instants and places name nobody.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, filter: &Filter, limit: u64) -> Result<Listed, StoreError> {
    list_within(tx, filter, limit, LOOKED_THROUGH)
}

fn list_within(
    tx: &mut Tx,
    filter: &Filter,
    limit: u64,
    looked_through: u64,
) -> Result<Listed, StoreError> {
    let size = ledger::size(tx)?;
    let until = filter
        .until
        .map(|until| first_after(tx, until, size))
        .transpose()?;
    let before = match (until, filter.before) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    };
    let Some(kind) = &filter.kind else {
        let entries = ledger::list_newest(tx, before, limit)?;
        return Ok(paged(entries, limit, size));
    };
    let end = before.unwrap_or(size);
    let start = end.saturating_sub(looked_through);
    let mut listed = paged(
        ledger::list_of_kind(tx, kind, start..end, limit)?,
        limit,
        size,
    );
    // There may be older ones: the next page goes on where this one stopped looking.
    listed.next = listed.next.or(Some(start).filter(|start| *start > 0));
    Ok(listed)
}

/// The entries about one person, newest first. An act: it leaves an entry.
///
/// # Errors
///
/// When the store fails.
pub fn list_about(
    tx: &mut Tx,
    person: PersonId,
    before: Option<u64>,
    limit: u64,
) -> Result<Listed, ActError> {
    let size = ledger::size(tx)?;
    let entries = ledger::list_about(tx, person, before, limit)?;
    tx.record(
        Entry::new("ledger.read")
            .about(person)
            .with("n_entries", entries.len()),
    );
    Ok(paged(entries, limit, size))
}

fn paged(entries: Vec<StoredEntry>, limit: u64, size: u64) -> Listed {
    let is_full = entries.len() as u64 == limit;
    let last = entries.last().and_then(|entry| entry.place);
    Listed {
        next: last.filter(|place| is_full && *place > 0),
        entries,
        size,
    }
}

/// The first place whose entry is later than `until`. Places follow time but for entries of the
/// same moment, so halving finds it in a few rows.
fn first_after(tx: &mut Tx, until: Timestamp, size: u64) -> Result<u64, StoreError> {
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        let is_later = ledger::find_at(tx, middle)?.is_none_or(|entry| entry.at > until);
        if is_later {
            high = middle
        } else {
            low = middle + 1
        }
    }
    Ok(low)
}

/// One entry, what it says, and its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The entry as stored.
    pub entry: StoredEntry,
    /// What its bytes say.
    pub body: Body,
    /// Its proof; none while no signed head covers it, for a second as a rule.
    pub receipt: Option<Receipt>,
}

/// Opens one entry. An act when it is about a person: it leaves an entry.
///
/// # Errors
///
/// When there is none at this place, or its bytes cannot be read.
pub fn open(tx: &mut Tx, _ctx: &Ctx, place: u64) -> Result<Opened, ActError> {
    let entry = ledger::find_at(tx, place)?.ok_or(ActError::NotFound("entry"))?;
    if let Some(person) = entry.person {
        tx.record(Entry::new("ledger.read").about(person).with("place", place));
    }
    let body = entry.read()?;
    let receipt = ledger::receipt(tx, place)?;
    Ok(Opened {
        entry,
        body,
        receipt,
    })
}

/// That the log at one checkpoint is the beginning of the log at a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    /// The earlier head.
    pub old: StoredCheckpoint,
    /// The later head.
    pub new: StoredCheckpoint,
    /// The proof.
    pub path: Vec<Hash>,
}

/// Proves it for the checkpoints of these two sizes. A read.
///
/// # Errors
///
/// When there are no such checkpoints, or the earlier is the larger.
pub fn consistency(tx: &mut Tx, old: u64, new: u64) -> Result<Consistency, ActError> {
    let mut head = |size: u64| -> Result<StoredCheckpoint, ActError> {
        let at_most = ledger::list_checkpoints(tx, Some(size.saturating_add(1)), 1)?.pop();
        at_most
            .filter(|head| head.size == size)
            .ok_or(ActError::NotFound("checkpoint"))
    };
    let (old, new) = (head(old)?, head(new)?);
    let path = ledger::prove_consistency(tx, old.size, new.size)?.ok_or_else(|| {
        ActError::refused(
            "ledger.wrong_order",
            "give the smaller checkpoint first, then the larger",
        )
    })?;
    Ok(Consistency { old, new, path })
}

/// Whether a note is a checkpoint that the key signed.
#[must_use]
pub fn is_signed(note: &str, key: &placet_ledger::VerifyingKey) -> bool {
    Checkpoint::open(note, std::slice::from_ref(key)).is_ok()
}

#[cfg(test)]
mod tests;
