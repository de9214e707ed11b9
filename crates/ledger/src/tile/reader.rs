//! Reads the hash of any complete subtree from stored tiles.

use std::collections::BTreeMap;

use super::{Tile, WIDTH, hashes, root};
use crate::{Hash, HashReader};

/// Where full tiles and the leaf hashes of the right edge are kept.
pub trait TileSource {
    /// Why a tile or a leaf hash could not be read.
    type Error;

    /// The 8,192 bytes of a full tile.
    ///
    /// # Errors
    ///
    /// Fails when the tile is not there, has another length or cannot be read.
    fn full_tile(&mut self, tile: Tile) -> Result<Vec<u8>, Self::Error>;

    /// How many entries are stored: every tile that is full at this size is kept.
    fn size(&self) -> u64;

    /// The stored leaf hashes of the places from `first` up to and without `end`.
    ///
    /// # Errors
    ///
    /// Fails when one is not there or cannot be read.
    fn leaf_hashes(&mut self, first: u64, end: u64) -> Result<Vec<Hash>, Self::Error>;
}

/// A [`HashReader`] over a [`TileSource`].
///
/// The roots of full tiles are kept once computed: use one reader for many proofs.
#[derive(Debug)]
pub struct TileHashes<'a, S> {
    source: &'a mut S,
    // Neighbouring hashes are asked for one after another.
    last: Option<(Tile, Vec<u8>)>,
    roots: BTreeMap<Tile, Hash>,
}

impl<'a, S: TileSource> TileHashes<'a, S> {
    /// Reads from this source.
    pub fn new(source: &'a mut S) -> Self {
        Self {
            source,
            last: None,
            roots: BTreeMap::new(),
        }
    }

    fn root_of(&mut self, tile: Tile) -> Result<Hash, S::Error> {
        if let Some(root) = self.roots.get(&tile) {
            return Ok(*root);
        }
        let root = self.run_of(tile, 0, WIDTH)?;
        self.roots.insert(tile, root);
        Ok(root)
    }

    fn run_of(&mut self, tile: Tile, start: usize, len: usize) -> Result<Hash, S::Error> {
        if self.last.as_ref().is_none_or(|(kept, _)| *kept != tile) {
            self.last = Some((tile, self.source.full_tile(tile)?));
        }
        let bytes = self
            .last
            .as_ref()
            .map(|(_, bytes)| bytes.as_slice())
            .unwrap_or_default();
        Ok(root(hashes(bytes).skip(start).take(len).copied()))
    }
}

impl<S: TileSource> HashReader for TileHashes<'_, S> {
    type Error = S::Error;

    fn hash(&mut self, level: u8, index: u64) -> Result<Hash, S::Error> {
        // The subtree is a run of 2^`above` hashes in a tile of level `level / 8`.
        let above = level % 8;
        let first = index << above;
        let run = 1_usize << above;
        let tile = Tile {
            level: level / 8,
            index: first / 256,
        };
        if tile
            .full_at()
            .is_some_and(|size| size <= self.source.size())
        {
            return self.run_of(tile, usize::try_from(first % 256).unwrap_or(WIDTH), run);
        }
        if tile.level == 0 {
            let leaves = self.source.leaf_hashes(first, first + (1 << above))?;
            return Ok(root(leaves.into_iter()));
        }
        // An unfinished tile is not kept; each of its hashes is the root of a full tile below.
        let mut below = Vec::with_capacity(run);
        for index in first..first + (1 << above) {
            let level = tile.level - 1;
            below.push(self.root_of(Tile { level, index })?);
        }
        Ok(root(below.into_iter()))
    }
}
