//! Appends leaves and says which tiles became full.

use super::{FULL_BYTES, Tile, TileHashes, TileSource};
use crate::{Frontier, Hash};

/// A tile with all its 256 hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullTile {
    /// Where it stands.
    pub tile: Tile,
    /// Its 8,192 bytes.
    pub hashes: Vec<u8>,
}

/// The growing right edge of a log: the frontier and the unfinished tile of each level.
///
/// Cloning copies at most 8 kB a level: take a clone before a transaction and drop it, or put it
/// back, when the transaction does not commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Builder {
    frontier: Frontier,
    edges: Vec<Vec<u8>>,
}

impl Builder {
    /// A log without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The log of this size, its right edge read from stored full tiles and leaf hashes.
    ///
    /// # Errors
    ///
    /// Fails when the source fails.
    pub fn resume<S: TileSource>(size: u64, source: &mut S) -> Result<Self, S::Error> {
        use crate::HashReader;

        let mut reader = TileHashes::new(source);
        let frontier = Frontier::resume(size, &mut reader)?;
        let mut edges = Vec::new();
        for level in (0..8_u8).take_while(|level| size >> (8 * u32::from(*level)) > 0) {
            let count = size >> (8 * u32::from(level));
            let mut edge = Vec::with_capacity(FULL_BYTES);
            for index in (count / 256 * 256)..count {
                edge.extend_from_slice(&reader.hash(8 * level, index)?);
            }
            edges.push(edge);
        }
        Ok(Self { frontier, edges })
    }

    /// Appends a leaf; the tiles that it filled are added to `full`, lowest level first.
    pub fn push(&mut self, leaf: Hash, full: &mut Vec<FullTile>) {
        let edges = &mut self.edges;
        self.frontier.push_with(leaf, |height, index, hash| {
            if height % 8 != 0 {
                return;
            }
            let level = height / 8;
            if edges.len() <= usize::from(level) {
                edges.push(Vec::with_capacity(FULL_BYTES));
            }
            let Some(edge) = edges.get_mut(usize::from(level)) else {
                return;
            };
            edge.extend_from_slice(hash);
            if edge.len() == FULL_BYTES {
                let hashes = std::mem::replace(edge, Vec::with_capacity(FULL_BYTES));
                full.push(FullTile {
                    tile: Tile {
                        level,
                        index: index / 256,
                    },
                    hashes,
                });
            }
        });
    }

    /// How many entries the log has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The Merkle tree hash of all entries.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The complete subtrees.
    #[must_use]
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The unfinished tiles and their bytes, lowest level first.
    pub fn partial_tiles(&self) -> impl Iterator<Item = (Tile, &[u8])> {
        let size = self.size();
        (0_u8..)
            .zip(&self.edges)
            .filter(|(_, edge)| !edge.is_empty())
            .map(move |(level, edge)| {
                let index = size >> (8 * (u32::from(level) + 1)).min(63);
                (Tile { level, index }, edge.as_slice())
            })
    }
}
