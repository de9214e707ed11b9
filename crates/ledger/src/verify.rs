//! The whole-log verifier: entries, tiles and checkpoints stream in, every fault is named.
//!
//! For each stretch of the log, first announce the stored tiles that become full in it and the
//! checkpoints whose size lies in it, then give its entries in the order of their places; at the
//! end call [`Verifier::finish`]. Memory does not grow with the log.
//!
//! Where an entry, its stored leaf hash and its tile disagree, the tree is continued with what
//! most of them say, so that one changed byte is one fault and the rest is still checked.

mod fault;

use std::collections::BTreeMap;

pub use fault::{Blame, Fault, Report};

use crate::{
    Checkpoint, Frontier, Hash, VerifyingKey, empty_root, leaf_hash,
    tile::{self, Builder, FullTile, Tile},
};

/// Checks one log from its first place on.
#[derive(Debug)]
pub struct Verifier {
    keys: Vec<VerifyingKey>,
    /// The tree as most witnesses have it.
    tree: Builder,
    /// The tree as the outvoted have it, from the first disagreement on.
    other: Option<Frontier>,
    /// The place from which on the tree is unknown, because a leaf is missing for good.
    torn_at: Option<u64>,
    next: u64,
    tiles: BTreeMap<Tile, Announced>,
    heads: BTreeMap<u64, Vec<Checkpoint>>,
    full: Vec<FullTile>,
    report: Report,
}

#[derive(Debug)]
struct Announced {
    bytes: Vec<u8>,
    is_partial: bool,
}

impl Verifier {
    /// Begins at the first place; checkpoints must be signed by one of these keys.
    #[must_use]
    pub fn new(keys: Vec<VerifyingKey>) -> Self {
        Self {
            keys,
            tree: Builder::new(),
            other: None,
            torn_at: None,
            next: 0,
            tiles: BTreeMap::new(),
            heads: BTreeMap::new(),
            full: Vec::new(),
            report: Report::default(),
        }
    }

    /// Announces a stored full tile, before the last entry under it is given.
    pub fn tile(&mut self, tile: Tile, bytes: Vec<u8>) {
        self.announce(tile, bytes, false);
    }

    /// Announces an unfinished tile as the log ends, before the first entry under it is given.
    pub fn partial_tile(&mut self, tile: Tile, bytes: Vec<u8>) {
        self.announce(tile, bytes, true);
    }

    /// Announces a stored checkpoint, filed under this size and perhaps root, before the entry at
    /// place `size - 1` is given. Returns what its note says when a known key signed it.
    pub fn checkpoint(&mut self, size: u64, root: Option<&[u8]>, note: &str) -> Option<Checkpoint> {
        let head = match Checkpoint::open(note, &self.keys) {
            Ok(head) => head,
            Err(cause) => {
                self.report.add(Fault::CheckpointRefused { size, cause });
                return None;
            }
        };
        if head.size != size {
            self.report.add(Fault::CheckpointMislabelled {
                size,
                says: head.size,
            });
        } else if root.is_some_and(|root| root != head.root) {
            self.report.add(Fault::CheckpointRootColumn { size });
        }
        if head.size == size {
            if size == 0 && head.root != empty_root() {
                self.report.add(Fault::CheckpointRoot { size, after: None });
            } else if size > 0 {
                self.heads.entry(size).or_default().push(head.clone());
            }
        }
        Some(head)
    }

    /// Gives the entry stored at a place, with its stored leaf hash when there is one. Answers
    /// whether the entry is what its leaf hash and its tile say.
    pub fn entry(&mut self, place: u64, body: &[u8], stored: Option<&[u8]>) -> bool {
        if place < self.next {
            self.report.add(Fault::OutOfOrder {
                place,
                expected: self.next,
            });
            return false;
        }
        if place > self.next {
            self.skip_to(place);
        }
        self.report.entries += 1;
        let computed = leaf_hash(body);
        let in_tile = self.leaf_in_tile(place);
        let stored = stored.map_or(Some(computed), |stored| Hash::try_from(stored).ok());
        let blame = match (stored == Some(computed), in_tile) {
            (true, _) => None,
            (false, Some(hash)) if hash == computed => Some(Blame::LeafHash),
            (false, Some(hash)) if Some(hash) == stored => Some(Blame::Body),
            (false, _) => Some(Blame::Unknown),
        };
        let Some(blame) = blame else {
            self.push(computed, in_tile.unwrap_or(computed));
            return in_tile.is_none_or(|hash| hash == computed);
        };
        self.report.add(Fault::Entry { place, blame });
        self.push(in_tile.or(stored).unwrap_or(computed), computed);
        blame == Blame::LeafHash
    }

    /// Ends the log here; gives what was found.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.check_partial_tiles();
        for (tile, _) in std::mem::take(&mut self.tiles) {
            self.report.add(Fault::TileUnexpected { tile });
        }
        for (size, heads) in std::mem::take(&mut self.heads) {
            for _ in heads {
                self.report.add(match self.torn_at {
                    Some(missing) if size <= self.next => {
                        Fault::CheckpointUnproven { size, missing }
                    }
                    _ => Fault::CheckpointBeyond {
                        size,
                        entries: self.next,
                    },
                });
            }
        }
        self.report.size = self.next;
        self.report.root = self.torn_at.is_none().then(|| self.tree.root());
        self.report
    }

    fn announce(&mut self, tile: Tile, bytes: Vec<u8>, is_partial: bool) {
        self.tiles.insert(tile, Announced { bytes, is_partial });
    }

    /// Notes missing places, and takes their leaves from tiles where that can be done.
    fn skip_to(&mut self, place: u64) {
        self.report.add(Fault::Missing {
            first: self.next,
            last: place - 1,
        });
        while self.next < place && self.torn_at.is_none() {
            match self.leaf_in_tile(self.next) {
                Some(leaf) => self.push(leaf, leaf),
                None => self.torn_at = Some(self.next),
            }
        }
        self.next = place;
    }

    fn leaf_in_tile(&self, place: u64) -> Option<Hash> {
        let tile = self.tiles.get(&Tile {
            level: 0,
            index: place / 256,
        })?;
        let slot = usize::try_from(place % 256).ok()?;
        tile::hashes(&tile.bytes).nth(slot).copied()
    }

    fn push(&mut self, leaf: Hash, outvoted: Hash) {
        self.next += 1;
        if self.torn_at.is_some() {
            return;
        }
        if leaf != outvoted && self.other.is_none() {
            self.other = Some(self.tree.frontier().clone());
        }
        if let Some(other) = &mut self.other {
            other.push(outvoted);
        }
        let mut full = std::mem::take(&mut self.full);
        self.tree.push(leaf, &mut full);
        for FullTile { tile, hashes } in full.drain(..) {
            self.check_tile(tile, &hashes);
        }
        self.full = full;
        self.check_heads();
    }

    fn check_tile(&mut self, tile: Tile, built: &[u8]) {
        match self.tiles.remove(&tile) {
            None => self.report.add(Fault::TileMissing { tile }),
            Some(stored) if stored.is_partial => self.report.add(Fault::TileUnexpected { tile }),
            Some(stored) => {
                self.report.tiles += 1;
                self.compare(tile, built, &stored.bytes);
            }
        }
    }

    fn check_partial_tiles(&mut self) {
        if self.torn_at.is_some() {
            return;
        }
        let edges: Vec<(Tile, Vec<u8>)> = self
            .tree
            .partial_tiles()
            .map(|(tile, bytes)| (tile, bytes.to_vec()))
            .collect();
        for (tile, built) in edges {
            if self
                .tiles
                .get(&tile)
                .is_some_and(|stored| stored.is_partial)
            {
                let stored = self.tiles.remove(&tile).map(|stored| stored.bytes);
                self.report.tiles += 1;
                self.compare(tile, &built, &stored.unwrap_or_default());
            }
        }
    }

    fn compare(&mut self, tile: Tile, built: &[u8], stored: &[u8]) {
        if built.len() != stored.len() {
            self.report.add(Fault::TileLength {
                tile,
                bytes: stored.len(),
            });
            return;
        }
        let pairs = tile::hashes(built).zip(tile::hashes(stored)).enumerate();
        let mut wrong = pairs
            .filter(|(_, (built, stored))| built != stored)
            .map(|(slot, _)| slot);
        if let Some(slot) = wrong.next() {
            self.report.add(Fault::TileHash {
                tile,
                slot,
                others: wrong.count(),
            });
        }
    }

    fn check_heads(&mut self) {
        let size = self.tree.size();
        while let Some(first) = self
            .heads
            .first_entry()
            .filter(|first| *first.key() <= size)
        {
            let (at, heads) = first.remove_entry();
            for head in heads {
                let fits_other = || {
                    self.other
                        .as_ref()
                        .is_some_and(|other| other.root() == head.root)
                };
                if at == size && (self.tree.root() == head.root || fits_other()) {
                    self.report.checkpoints += 1;
                    self.report.last_checkpoint = Some(at);
                } else {
                    let after = self.report.last_checkpoint;
                    self.report.add(Fault::CheckpointRoot { size: at, after });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
