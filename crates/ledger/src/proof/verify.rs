//! Verification after RFC 9162, sections 2.1.3.2 and 2.1.4.2 (the hashing is that of RFC 6962).

use crate::{Hash, empty_root, node_hash};

/// A proof that proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The proof has not as many hashes as the sizes ask for, or the sizes are impossible.
    #[error("the proof does not fit the size of the log")]
    Shape,
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// Checks that `leaf` stands at place `index` of the tree of `size` entries with this root.
///
/// # Errors
///
/// Fails when the proof does not show it.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    root: &Hash,
    path: &[Hash],
) -> Result<(), Refused> {
    if index >= size {
        return Err(Refused::Shape);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(Refused::Shape);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            // At the right edge, levels without a sibling are skipped.
            (node, last) = up_to_right_child(node, last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    settle(last, &hash, root)
}

/// Checks that the tree of `new` entries begins with the tree of `old` entries.
///
/// # Errors
///
/// Fails when the proof does not show it.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    path: &[Hash],
) -> Result<(), Refused> {
    if old > new || ((old == 0 || old == new) && !path.is_empty()) {
        return Err(Refused::Shape);
    }
    if old == new {
        return same(old_root, new_root);
    }
    if old == 0 {
        return same(old_root, &empty_root());
    }
    let mut path = path.iter();
    // A complete old tree is itself the first node of the path.
    let first = if old.is_power_of_two() {
        Some(old_root)
    } else {
        path.next()
    };
    let first = first.ok_or(Refused::Shape)?;
    let skipped = (old - 1).trailing_ones();
    let (mut node, mut last) = ((old - 1) >> skipped, (new - 1) >> skipped);
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return Err(Refused::Shape);
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            (node, last) = up_to_right_child(node, last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    same(&old_hash, old_root)?;
    settle(last, &new_hash, new_root)
}

fn up_to_right_child(node: u64, last: u64) -> (u64, u64) {
    let levels = node.trailing_zeros();
    if node == 0 {
        (0, last)
    } else {
        (node >> levels, last >> levels)
    }
}

fn settle(last: u64, hash: &Hash, root: &Hash) -> Result<(), Refused> {
    if last == 0 {
        same(hash, root)
    } else {
        Err(Refused::Shape)
    }
}

fn same(a: &Hash, b: &Hash) -> Result<(), Refused> {
    if a == b { Ok(()) } else { Err(Refused::Root) }
}
