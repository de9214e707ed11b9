//! Verifies the whole ledger as it is stored, in one pass and without growing memory.
//!
//! Besides the log itself ([`placet_ledger::verify`]) it compares what the rows repeat for look-up
//! with what the entries say, and each decision and answer with the entry that recorded it. One changed byte
//! in any column of these is found and named, and so is one in a permission, a refusal, a suppression
//! or what ended one of them. Rows that no entry recorded are named as well.
//!
//! What it cannot see by itself is a log that was cut, key and all, back to an older checkpoint:
//! give it checkpoints that were kept elsewhere.

mod columns;
mod decisions;
mod finding;
mod records;

pub use finding::{Finding, Verification};

use placet_ledger::tile::Tile;
use placet_ledger::verify::Verifier;
use placet_ledger::{Checkpoint, VerifyingKey};

use crate::error::StoreError;
use crate::row::Row;
use crate::store::Store;
use crate::tx::{Engine, Tx};
use columns::{Expected, Said};
use decisions::{Decisions, Kind};
use records::Records;

/// The tables that a verification reads.
const TABLES: [&str; 6] = [
    "ledger_entries",
    "ledger_inbox",
    "ledger_tiles",
    "ledger_checkpoints",
    "decisions",
    "decision_answers",
];

/// How many places are read at once: those under one tile.
const BATCH: u64 = 256;

/// How far a gap is bridged with tiles. Beyond it the entries are far apart because a place was
/// changed, and there is nothing to read between.
const BRIDGED: u64 = 64 * BATCH;

/// Verifies the ledger in a read. `kept` are checkpoints (signed notes) from outside; `progress`
/// is told how many places are done.
///
/// # Errors
///
/// When the store cannot be read; what is wrong with what was read is in the answer.
pub fn verify(
    tx: &mut Tx,
    keys: &[VerifyingKey],
    kept: &[String],
    progress: &mut dyn FnMut(u64),
) -> Result<Verification, StoreError> {
    let mut run = Run {
        tx,
        verifier: Verifier::new(keys.to_vec()),
        found: Verification::default(),
        expected: Expected::default(),
        decisions: Decisions::default(),
        records: Records::default(),
        heads_to: 0,
    };
    run.announce_kept(kept, keys);
    run.name_damage()?;
    run.name_strange_rows()?;
    let mut first = 0;
    while let Some(place) = run.next_place(first)? {
        // Only a damaged file answers so, and the damage is named already.
        let Some(gap) = place.checked_sub(first) else {
            break;
        };
        if gap > BRIDGED {
            first = place / BATCH * BATCH;
        }
        while first <= place {
            run.announce(first)?;
            first += BATCH;
        }
        run.entries(first - BATCH, first)?;
        progress(first);
    }
    run.finish(first)
}

impl Store {
    /// Verifies the whole ledger as it stands at one moment; see [`verify`].
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn verify_ledger(
        &self,
        kept: Vec<String>,
        mut progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<Verification, StoreError> {
        // A broken ledger takes no entries any more, but it can be verified.
        let _ = self.settle_ledger();
        let keys = [self.ledger_key().clone()];
        self.read_blocking(move |tx| verify(tx, &keys, &kept, &mut progress))
    }
}

struct Run<'a> {
    tx: &'a mut Tx,
    verifier: Verifier,
    found: Verification,
    expected: Expected,
    decisions: Decisions,
    records: Records,
    /// Checkpoints up to this size were announced.
    heads_to: u64,
}

impl Run<'_> {
    fn announce_kept(&mut self, kept: &[String], keys: &[VerifyingKey]) {
        for note in kept {
            match Checkpoint::open(note, keys) {
                Ok(head) => drop(self.verifier.checkpoint(head.size, None, note)),
                Err(cause) => self.found.add(Finding::Kept { cause }),
            }
        }
    }

    /// Names rows that an index misses or that stand out of order. What is found through an index
    /// would not show them, and on SQLite a changed byte can cause both.
    fn name_damage(&mut self) -> Result<(), StoreError> {
        if self.tx.engine() != Engine::Sqlite {
            return Ok(());
        }
        for table in TABLES {
            let sql = format!("pragma integrity_check('{table}')");
            for row in self.tx.list(&sql, &[])? {
                let what = row.text(0)?.to_owned();
                if what != "ok" {
                    self.found.add(Finding::Damage { table, what });
                }
            }
        }
        Ok(())
    }

    /// Rows where no row can be.
    fn name_strange_rows(&mut self) -> Result<(), StoreError> {
        const ENTRIES: &str = "
            select place
              from ledger_entries
             where place < 0
             order by place
             limit 1000";
        const TILES: &str = "
            select level, idx
              from ledger_tiles
             where level < 0 or level > 7 or idx < 0
             order by level, idx
             limit 1000";
        const CHECKPOINTS: &str = "
            select size
              from ledger_checkpoints
             where size <= 0
             order by size
             limit 1000";

        for row in self.tx.list(ENTRIES, &[])? {
            self.found
                .add(Finding::row("ledger_entries", &[row.get(0)?]));
        }
        for row in self.tx.list(TILES, &[])? {
            self.found
                .add(Finding::row("ledger_tiles", &[row.get(0)?, row.get(1)?]));
        }
        for row in self.tx.list(CHECKPOINTS, &[])? {
            self.found
                .add(Finding::row("ledger_checkpoints", &[row.get(0)?]));
        }
        Ok(())
    }

    fn next_place(&mut self, first: u64) -> Result<Option<u64>, StoreError> {
        const SQL: &str = "
            select place
              from ledger_entries
             where place >= $1
             order by place
             limit 1";

        let row = self.tx.find_one(SQL, &[&first])?;
        row.map(|row| row.get(0)).transpose()
    }

    /// Announces what must hold once the batch from `first` on is complete.
    fn announce(&mut self, first: u64) -> Result<(), StoreError> {
        let end = first + BATCH;
        let mut span = BATCH;
        for level in 0..8 {
            if !end.is_multiple_of(span) {
                break;
            }
            let index = first / span;
            self.tiles(Tile { level, index }, 1)?;
            span = span.saturating_mul(BATCH);
        }
        self.heads(end)
    }

    /// Announces up to `limit` stored tiles of one level, from `from` on.
    fn tiles(&mut self, from: Tile, limit: u64) -> Result<(), StoreError> {
        const SQL: &str = "
            select level, idx, hashes
              from ledger_tiles
             where level = $1 and idx >= $2 and idx <= $3
             order by idx";

        let last = from
            .index
            .saturating_add(limit - 1)
            .min(i64::MAX.unsigned_abs());
        let rows = self
            .tx
            .list(SQL, &[&i64::from(from.level), &from.index, &last])?;
        for row in rows {
            let (level, index) = (row.get(0)?, row.get(1)?);
            self.verifier.tile(Tile { level, index }, row.get(2)?);
        }
        Ok(())
    }

    /// Announces the stored checkpoints up to this size that were not yet.
    fn heads(&mut self, to: u64) -> Result<(), StoreError> {
        const SQL: &str = "
            select size, root, note, at
              from ledger_checkpoints
             where size > $1 and size <= $2
             order by size";

        for row in self.tx.list(SQL, &[&self.heads_to, &to])? {
            self.head(&row)?;
        }
        self.heads_to = to;
        Ok(())
    }

    fn head(&mut self, row: &Row) -> Result<(), StoreError> {
        let size = row.get(0)?;
        // A note that is no text is no note; the verifier says so.
        let note = row.text(2).unwrap_or_default();
        let head = self.verifier.checkpoint(size, Some(row.bytes(1)?), note);
        let states_other = |head: &Checkpoint| head.signed_at() != row.get(3).ok();
        if head.is_some_and(|head| head.size == size && states_other(&head)) {
            self.found.add(Finding::CheckpointTime { size });
        }
        Ok(())
    }

    fn entries(&mut self, first: u64, end: u64) -> Result<(), StoreError> {
        const SQL: &str = "
            select place, entry_id, kind, person_id, at, body, leaf_hash
              from ledger_entries
             where place >= $1 and place < $2
             order by place";

        for row in self.tx.list(SQL, &[&first, &end])? {
            let place = row.get(0)?;
            let body = row.bytes(5)?;
            let is_intact = self.verifier.entry(place, body, Some(row.bytes(6)?));
            // What the columns repeat of a changed entry is noise beside its fault.
            if !is_intact {
                continue;
            }
            // A changed column must not hide what the entry is about.
            let kind = match self.expected.begins(&row, body) {
                true => row.text(2).map(str::to_owned).ok(),
                false => self.name_columns(&row, place, body),
            };
            let kind = kind.unwrap_or_default();
            let (decisions, found) = (&mut self.decisions, &mut self.found);
            self.records.compare(self.tx, &kind, place, body, found)?;
            match Kind::of(&kind) {
                Some(Kind::Decision) => decisions.compare(self.tx, place, body, found)?,
                Some(Kind::Answer) => decisions.compare_answer(self.tx, place, body, found)?,
                None => {}
            }
        }
        Ok(())
    }

    /// Names the columns that are not as the entry says; answers what the entry is about.
    fn name_columns(&mut self, row: &Row, place: u64, body: &[u8]) -> Option<String> {
        let Some(said) = Said::read(body) else {
            self.found.add(Finding::NotAnEntry { place });
            return None;
        };
        for column in said.differing(row) {
            self.found.add(Finding::Column { place, column });
        }
        Some(said.kind.into_owned())
    }

    fn finish(mut self, end: u64) -> Result<Verification, StoreError> {
        let mut span = BATCH;
        for level in 0..8 {
            let index = end / span;
            self.tiles(Tile { level, index }, u64::MAX)?;
            span = span.saturating_mul(BATCH);
        }
        self.heads(i64::MAX.unsigned_abs())?;
        columns::compare_inbox(self.tx, &mut self.found)?;
        self.decisions.name_unrecorded(self.tx, &mut self.found)?;
        self.records.name_unrecorded(self.tx, &mut self.found)?;
        self.found.decisions = self.decisions.matched;
        self.found.log = self.verifier.finish();
        Ok(self.found)
    }
}

#[cfg(test)]
mod tests;
