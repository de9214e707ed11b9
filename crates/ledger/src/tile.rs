//! Tiles after C2SP tlog-tiles: 256 hashes wide, eight levels of the tree high.
//!
//! The tile (level, index) holds the hashes of the complete subtrees of 256^level leaves,
//! numbers index × 256 to index × 256 + 255.

mod builder;
mod reader;

pub use builder::{Builder, FullTile};
pub use reader::{TileHashes, TileSource};

use crate::{Frontier, Hash};

/// How many hashes a full tile holds.
pub const WIDTH: usize = 256;

/// How many bytes a full tile holds.
pub const FULL_BYTES: usize = WIDTH * 32;

/// The place of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// 0 for the tiles of leaf hashes.
    pub level: u8,
    /// The number of the tile within its level.
    pub index: u64,
}

impl Tile {
    /// The path of the full tile: `tile/0/x001/234`.
    #[must_use]
    pub fn path(self) -> String {
        format!("tile/{}/{}", self.level, index_path(self.index))
    }

    /// The path of the tile when it is the unfinished right edge, `width` hashes wide.
    #[must_use]
    pub fn partial_path(self, width: usize) -> String {
        format!("{}.p/{width}", self.path())
    }

    /// The first leaf under this tile.
    #[must_use]
    pub fn first_leaf(self) -> Option<u64> {
        self.index.checked_mul(span(self.level)?)?.checked_mul(256)
    }

    /// The size of the tree at which this tile becomes full.
    #[must_use]
    pub fn full_at(self) -> Option<u64> {
        self.index
            .checked_add(1)?
            .checked_mul(span(self.level)?)?
            .checked_mul(256)
    }

    /// The leaves (first, last) under one hash of this tile.
    #[must_use]
    pub fn leaves_under(self, slot: usize) -> Option<(u64, u64)> {
        let span = span(self.level)?;
        let number = self
            .index
            .checked_mul(256)?
            .checked_add(u64::try_from(slot).ok()?)?;
        let first = number.checked_mul(span)?;
        Some((first, first.checked_add(span - 1)?))
    }

    /// The full tiles that exist at this size, level by level.
    pub fn full_tiles(size: u64) -> impl Iterator<Item = Self> {
        (0..8_u8).flat_map(move |level| {
            let count = size.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0);
            (0..count).map(move |index| Self { level, index })
        })
    }

    /// The unfinished tiles (with their widths) at this size, level by level.
    pub fn partial_tiles(size: u64) -> impl Iterator<Item = (Self, usize)> {
        (0..8_u8).filter_map(move |level| {
            let count = size >> (8 * u32::from(level));
            let width = usize::try_from(count % 256).ok()?;
            (width > 0).then_some((
                Self {
                    level,
                    index: count / 256,
                },
                width,
            ))
        })
    }
}

impl std::fmt::Display for Tile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.level, self.index)
    }
}

/// The path of a bundle of 256 entries: `tile/entries/x001/234`.
#[must_use]
pub fn entries_path(index: u64) -> String {
    format!("tile/entries/{}", index_path(index))
}

/// How many leaves stand under one hash of a tile of this level.
pub(crate) fn span(level: u8) -> Option<u64> {
    1_u64
        .checked_shl(8 * u32::from(level))
        .filter(|_| level < 8)
}

/// Groups of three digits, all but the last with an `x`: 1234067 is `x001/x234/067`.
fn index_path(index: u64) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    path
}

/// The hashes of a tile's bytes; a tail shorter than a hash is left out.
pub fn hashes(bytes: &[u8]) -> impl ExactSizeIterator<Item = &Hash> {
    bytes.as_chunks::<32>().0.iter()
}

/// The root over a run of hashes of a tile.
fn root(hashes: impl Iterator<Item = Hash>) -> Hash {
    let mut frontier = Frontier::new();
    hashes.for_each(|hash| frontier.push(hash));
    frontier.root()
}

#[cfg(test)]
mod tests;
