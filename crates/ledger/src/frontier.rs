//! The compact range of a tree: the roots of its complete subtrees, largest first.
//!
//! It is all that appending and computing the root need: at most 64 hashes for any tree.

use crate::{Hash, empty_root, node_hash};

/// A growing tree, known by its complete subtrees only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    // INVARIANT: one hash per one bit of `size`, highest bit first.
    hashes: Vec<Hash>,
}

/// Parts that are not a frontier: their number does not fit the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tree of {size} entries has {expected} complete subtrees, not {found}")]
pub struct WrongParts {
    /// The size that was given.
    pub size: u64,
    /// How many hashes belong to it.
    pub expected: u32,
    /// How many were given.
    pub found: usize,
}

/// Reads the hash of a complete subtree: the one of 2^`level` leaves that begins at leaf
/// `index` * 2^`level`.
pub trait HashReader {
    /// Why a hash could not be read.
    type Error;

    /// The hash of one complete subtree; never asked for one that reaches past the tree.
    ///
    /// # Errors
    ///
    /// Fails when the hash is not there or cannot be read.
    fn hash(&mut self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

impl Frontier {
    /// The tree without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The tree with these complete subtrees, largest first.
    ///
    /// # Errors
    ///
    /// Fails when the number of hashes does not fit the size.
    pub fn from_parts(size: u64, hashes: Vec<Hash>) -> Result<Self, WrongParts> {
        let expected = size.count_ones();
        if usize::try_from(expected) == Ok(hashes.len()) {
            Ok(Self { size, hashes })
        } else {
            Err(WrongParts {
                size,
                expected,
                found: hashes.len(),
            })
        }
    }

    /// The tree of this size, its complete subtrees read from where they are kept.
    ///
    /// # Errors
    ///
    /// Fails when the reader fails.
    pub fn resume<R: HashReader>(size: u64, reader: &mut R) -> Result<Self, R::Error> {
        let hashes = subtrees(0, size)
            .map(|(level, index)| reader.hash(level, index))
            .collect::<Result<_, _>>()?;
        Ok(Self { size, hashes })
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.push_with(leaf, |_, _, _| ());
    }

    /// Appends a leaf and names each subtree that became complete (level, index, hash), the
    /// leaf itself first.
    pub fn push_with(&mut self, leaf: Hash, mut completed: impl FnMut(u8, u64, &Hash)) {
        let (mut hash, mut level) = (leaf, 0);
        completed(level, self.size, &hash);
        // Each trailing one bit is a subtree that waited for its right sibling.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.hashes.pop() {
                hash = node_hash(&left, &hash);
            }
            level += 1;
            completed(level, self.size >> level, &hash);
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// How many entries the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The Merkle tree hash.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold(&self.hashes)
    }

    /// The complete subtrees, largest first.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }
}

/// Joins adjacent subtrees, largest first, into the root over all of them.
pub(crate) fn fold(subtrees: &[Hash]) -> Hash {
    let mut smallest_first = subtrees.iter().rev();
    match smallest_first.next() {
        Some(last) => smallest_first.fold(*last, |right, left| node_hash(left, &right)),
        None => empty_root(),
    }
}

/// The complete subtrees (level, index) that make up the leaves from `start` to `end`, in order.
/// `start` must be a multiple of the largest power of two not above `end - start`.
pub(crate) fn subtrees(start: u64, end: u64) -> impl Iterator<Item = (u8, u64)> {
    let mut at = start;
    std::iter::from_fn(move || {
        let level = end.checked_sub(at)?.checked_ilog2()?;
        let index = at >> level;
        at += 1 << level;
        Some((u8::try_from(level).ok()?, index))
    })
}

#[cfg(test)]
mod tests;
