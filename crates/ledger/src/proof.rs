//! Inclusion and consistency proofs (RFC 6962, sections 2.1.1 and 2.1.2), made and verified.

mod verify;

pub use verify::{Refused, verify_consistency, verify_inclusion};

use crate::{Hash, HashReader, frontier};

/// Why a proof could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError<E> {
    /// There is no such entry at this size.
    #[error("no entry at place {index} in a log of {size}")]
    NoSuchEntry {
        /// The place that was asked for.
        index: u64,
        /// The size that was asked for.
        size: u64,
    },
    /// The older tree is larger than the newer.
    #[error("a log of {new} entries cannot extend one of {old}")]
    WrongOrder {
        /// The size that should be the older one.
        old: u64,
        /// The size that should be the newer one.
        new: u64,
    },
    /// The hashes could not be read.
    #[error(transparent)]
    Read(#[from] E),
}

/// Proves that the entry at place `index` is in the tree of `size` entries: the hashes from the
/// leaf's sibling up to the child of the root.
///
/// # Errors
///
/// Fails when there is no such entry or when the reader fails.
pub fn inclusion<R: HashReader>(
    index: u64,
    size: u64,
    reader: &mut R,
) -> Result<Vec<Hash>, ProofError<R::Error>> {
    if index >= size {
        return Err(ProofError::NoSuchEntry { index, size });
    }
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + left_size(end - start);
        if index < middle {
            path.push(range_root(middle, end, reader)?);
            end = middle;
        } else {
            path.push(range_root(start, middle, reader)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Proves that the tree of `new` entries begins with the tree of `old` entries. Nothing is
/// needed, and the proof is empty, when `old` is zero or both are the same.
///
/// # Errors
///
/// Fails when `old` is above `new` or when the reader fails.
pub fn consistency<R: HashReader>(
    old: u64,
    new: u64,
    reader: &mut R,
) -> Result<Vec<Hash>, ProofError<R::Error>> {
    if old > new {
        return Err(ProofError::WrongOrder { old, new });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, new);
    let mut path = Vec::new();
    while old != end {
        let middle = start + left_size(end - start);
        if old <= middle {
            path.push(range_root(middle, end, reader)?);
            end = middle;
        } else {
            path.push(range_root(start, middle, reader)?);
            start = middle;
        }
    }
    // The verifier has the old root already when the old tree is one complete subtree.
    if start > 0 {
        path.push(range_root(start, end, reader)?);
    }
    path.reverse();
    Ok(path)
}

/// The root of the leaves from `start` to `end`, where `start` is as in [`frontier::subtrees`].
fn range_root<R: HashReader>(start: u64, end: u64, reader: &mut R) -> Result<Hash, R::Error> {
    let subtrees = frontier::subtrees(start, end)
        .map(|(level, index)| reader.hash(level, index))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(frontier::fold(&subtrees))
}

/// The largest power of two below `n`; `n` is at least two.
fn left_size(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

#[cfg(test)]
mod tests;
