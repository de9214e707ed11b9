//! The growing edge of the ledger: gives entries their places and keeps full tiles.
//!
//! The edge lives in memory and is what the stored rows say. After a rollback, or when another
//! process wrote, it is forgotten and read again: recovery is the ordinary path.
//!
//! INVARIANT: an edge that does not match the newest checkpoint is never extended.

use placet_ledger::tile::{Builder, FullTile, Tile, TileHashes, TileSource};
use placet_ledger::{Frontier, Hash, leaf_hash};

use crate::error::StoreError;
use crate::record::Recorded;
use crate::tx::Tx;

/// Reads tiles and leaf hashes of the log as it stood at `size`.
pub(crate) struct Stored<'a> {
    tx: &'a mut Tx,
    size: u64,
}

impl<'a> Stored<'a> {
    pub(crate) fn new(tx: &'a mut Tx, size: u64) -> Self {
        Self { tx, size }
    }
}

impl TileSource for Stored<'_> {
    type Error = StoreError;

    fn full_tile(&mut self, tile: Tile) -> Result<Vec<u8>, StoreError> {
        const SQL: &str = "
            select hashes
              from ledger_tiles
             where level = $1 and idx = $2";

        let row = self
            .tx
            .find_one(SQL, &[&i64::from(tile.level), &tile.index])?;
        row.ok_or(StoreError::BrokenLedger)?.get(0)
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn leaf_hashes(&mut self, first: u64, end: u64) -> Result<Vec<Hash>, StoreError> {
        const SQL: &str = "
            select place, leaf_hash
              from ledger_entries
             where place >= $1 and place < $2
             order by place";

        let rows = self.tx.list(SQL, &[&first, &end])?;
        let hashes = rows
            .iter()
            .map(|row| row.get(1))
            .collect::<Result<Vec<Hash>, _>>()?;
        if u64::try_from(hashes.len()) == Ok(end - first) {
            Ok(hashes)
        } else {
            Err(StoreError::BrokenLedger)
        }
    }
}

/// How many entries have a place.
pub(crate) fn size(tx: &mut Tx) -> Result<u64, StoreError> {
    const SQL: &str = "
        select coalesce(max(place) + 1, 0)
          from ledger_entries";

    tx.find_one(SQL, &[])?.map_or(Ok(0), |row| row.get(0))
}

impl Tx {
    /// Brings the edge into memory, unless it is there and still true.
    pub(crate) fn load_log(&mut self) -> Result<(), StoreError> {
        if self.log.is_none() {
            let size = size(self)?;
            check_newest(self, size)?;
            self.log = Some(Builder::resume(size, &mut Stored::new(self, size))?);
        }
        Ok(())
    }

    /// Gives entries their places. On an error the edge is forgotten, since the caller rolls back.
    pub(crate) fn place(&mut self, entries: &[Recorded]) -> Result<(), StoreError> {
        self.load_log()?;
        // Taken out, so that an error on the way leaves none behind.
        let mut log = self.log.take().ok_or(StoreError::Unavailable)?;
        let mut full = Vec::new();
        let first = log.size();
        let mut hashes = Vec::with_capacity(entries.len());
        for entry in entries {
            let hash = leaf_hash(&entry.body);
            log.push(hash, &mut full);
            hashes.push(hash);
        }
        self.conn.add_entries(first, entries, &hashes)?;
        self.keep_tiles(&full)?;
        self.log = Some(log);
        Ok(())
    }

    fn keep_tiles(&mut self, full: &[FullTile]) -> Result<(), StoreError> {
        const SQL: &str = "
            insert into ledger_tiles (level, idx, hashes)
            values ($1, $2, $3)";

        for FullTile { tile, hashes } in full {
            self.housekeep(SQL, &[&i64::from(tile.level), &tile.index, hashes])?;
        }
        Ok(())
    }
}

/// The newest checkpoint must be a root of this log, and the newest entry must have its hash.
fn check_newest(tx: &mut Tx, size: u64) -> Result<(), StoreError> {
    const CHECKPOINT: &str = "
        select size, root
          from ledger_checkpoints
         order by size desc
         limit 1";
    const ENTRY: &str = "
        select place, body, leaf_hash
          from ledger_entries
         order by place desc
         limit 1";

    if let Some(row) = tx.find_one(CHECKPOINT, &[])? {
        let (signed, root) = (row.get::<u64>(0)?, row.get::<Hash>(1)?);
        if signed > size || root_at(tx, signed)? != root {
            return Err(broken(signed));
        }
    }
    if let Some(row) = tx.find_one(ENTRY, &[])?
        && leaf_hash(row.bytes(1)?) != row.get::<Hash>(2)?
    {
        return Err(broken(size));
    }
    Ok(())
}

/// The root over the first `size` entries.
pub(crate) fn root_at(tx: &mut Tx, size: u64) -> Result<Hash, StoreError> {
    let mut stored = Stored::new(tx, size);
    Ok(Frontier::resume(size, &mut TileHashes::new(&mut stored))?.root())
}

fn broken(size: u64) -> StoreError {
    tracing::error!(size, "the ledger does not match what was signed");
    StoreError::BrokenLedger
}
