#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use proptest::prelude::*;

use super::*;
use crate::sample::{Leaves, Log, naive_root};

#[test]
fn every_small_tree_has_the_root_of_the_definition() {
    let log = Log::of(600);
    let mut frontier = Frontier::new();
    for size in 0..=600 {
        assert_eq!(frontier.size(), size);
        assert_eq!(
            frontier.root(),
            naive_root(&log.leaves[..size as usize]),
            "size {size}"
        );
        assert_eq!(frontier.hashes().len(), size.count_ones() as usize);
        assert_eq!(
            Frontier::resume(size, &mut Leaves(&log.leaves)),
            Ok(frontier.clone())
        );
        if let Some(leaf) = log.leaves.get(size as usize) {
            frontier.push(*leaf);
        }
    }
}

#[test]
fn parts_must_fit_the_size() {
    let hashes = vec![[1; 32], [2; 32]];
    assert!(Frontier::from_parts(5, hashes.clone()).is_ok());
    let refused = Frontier::from_parts(7, hashes).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a tree of 7 entries has 3 complete subtrees, not 2"
    );
}

proptest! {
    #[test]
    fn a_resumed_tree_grows_as_the_first_one_did(size in 0_u64..2_000, more in 0_u64..100) {
        let log = Log::of(size + more);
        let mut resumed = Frontier::resume(size, &mut Leaves(&log.leaves)).unwrap();
        log.leaves[size as usize..].iter().for_each(|leaf| resumed.push(*leaf));
        prop_assert_eq!(resumed.root(), log.builder.root());
    }

    #[test]
    fn subtrees_tile_the_range(start in 0_u64..1_000, length in 0_u64..1_000) {
        // A start that the proofs use: a multiple of the power of two above the length.
        let start = start * length.next_power_of_two();
        let mut at = start;
        for (level, index) in subtrees(start, start + length) {
            prop_assert_eq!(index << level, at);
            at += 1 << level;
        }
        prop_assert_eq!(at, start + length);
    }
}
