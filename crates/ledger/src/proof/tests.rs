#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use proptest::prelude::*;

use super::*;
use crate::{
    hash::{leaf_hash, tests::known_entry, to_hex},
    sample::{Leaves, Log, naive_root},
    tile::TileHashes,
};

fn known_tree() -> Vec<Hash> {
    (0..8)
        .map(|number| leaf_hash(&known_entry(number)))
        .collect()
}

fn hex(path: &[Hash]) -> Vec<String> {
    path.iter().map(|hash| to_hex(hash)).collect()
}

#[test]
fn known_trees_have_their_known_proofs() {
    let leaves = known_tree();
    let mut reader = Leaves(&leaves);
    assert_eq!(
        hex(&inclusion(0, 8, &mut reader).unwrap()),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    assert_eq!(
        hex(&inclusion(5, 8, &mut reader).unwrap()),
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(
        hex(&consistency(6, 8, &mut reader).unwrap()),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(inclusion(0, 1, &mut reader), Ok(vec![]));
    assert_eq!(consistency(0, 8, &mut reader), Ok(vec![]));
    assert_eq!(consistency(8, 8, &mut reader), Ok(vec![]));
}

#[test]
fn what_is_not_there_is_not_proved() {
    let leaves = known_tree();
    let mut reader = Leaves(&leaves);
    assert_eq!(
        inclusion(8, 8, &mut reader).unwrap_err().to_string(),
        "no entry at place 8 in a log of 8"
    );
    assert_eq!(
        inclusion(0, 0, &mut reader),
        Err(ProofError::NoSuchEntry { index: 0, size: 0 })
    );
    assert_eq!(
        consistency(5, 4, &mut reader),
        Err(ProofError::WrongOrder { old: 5, new: 4 })
    );
}

#[test]
fn every_entry_of_every_small_tree_is_proved() {
    let log = Log::of(70);
    for size in 1..=70 {
        let root = naive_root(&log.leaves[..size as usize]);
        for index in 0..size {
            let path = inclusion(index, size, &mut Leaves(&log.leaves)).unwrap();
            let leaf = &log.leaves[index as usize];
            assert_eq!(
                verify_inclusion(leaf, index, size, &root, &path),
                Ok(()),
                "{index} in {size}"
            );
        }
    }
}

#[test]
fn every_pair_of_small_trees_is_consistent() {
    let log = Log::of(70);
    for new in 0..=70 {
        let new_root = naive_root(&log.leaves[..new as usize]);
        for old in 0..=new {
            let old_root = naive_root(&log.leaves[..old as usize]);
            let path = consistency(old, new, &mut Leaves(&log.leaves)).unwrap();
            assert_eq!(
                verify_consistency(old, &old_root, new, &new_root, &path),
                Ok(()),
                "{old} to {new}"
            );
        }
    }
}

#[test]
fn impossible_sizes_are_refused_without_overflow() {
    let hash = [0; 32];
    for path in [vec![], vec![hash; 63], vec![hash; 64], vec![hash; 200]] {
        for index in [0, 1, u64::MAX - 1, u64::MAX] {
            for size in [0, 1, 2, u64::MAX - 1, u64::MAX] {
                assert!(verify_inclusion(&hash, index, size, &[1; 32], &path).is_err());
                if index != size {
                    assert!(verify_consistency(index, &hash, size, &[1; 32], &path).is_err());
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_tampered_inclusion_proof_is_refused(size in 2_u64..1_200, index: u64, other: u64, bit: usize) {
        let (index, other) = (index % size, other % size);
        let mut log = Log::of(size);
        let root = log.builder.root();
        let path = inclusion(index, size, &mut TileHashes::new(&mut log)).unwrap();
        let leaf = log.leaves[index as usize];
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &root, &path), Ok(()));

        // One bit of one hash of the proof, of the leaf, of the root.
        let mut tampered = path.clone();
        let hash = bit / 256 % path.len();
        tampered[hash][bit % 32] ^= 1 << (bit / 32 % 8);
        prop_assert!(verify_inclusion(&leaf, index, size, &root, &tampered).is_err());
        prop_assert!(verify_inclusion(&flip(leaf, bit), index, size, &root, &path).is_err());
        prop_assert!(verify_inclusion(&leaf, index, size, &flip(root, bit), &path).is_err());
        // Another place, a shorter and a longer path.
        if other != index {
            prop_assert!(verify_inclusion(&leaf, other, size, &root, &path).is_err());
        }
        prop_assert!(verify_inclusion(&leaf, index, size, &root, &path[1..]).is_err());
        tampered = path.clone();
        tampered.push([0; 32]);
        prop_assert!(verify_inclusion(&leaf, index, size, &root, &tampered).is_err());
    }

    #[test]
    fn a_tampered_consistency_proof_is_refused(new in 2_u64..1_200, old: u64, bit: usize) {
        let old = 1 + old % (new - 1);
        let mut log = Log::of(new);
        let (old_root, new_root) = (naive_root(&log.leaves[..old as usize]), log.builder.root());
        let path = consistency(old, new, &mut TileHashes::new(&mut log)).unwrap();
        prop_assert_eq!(verify_consistency(old, &old_root, new, &new_root, &path), Ok(()));

        let mut tampered = path.clone();
        let hash = bit / 256 % path.len();
        tampered[hash][bit % 32] ^= 1 << (bit / 32 % 8);
        prop_assert!(verify_consistency(old, &old_root, new, &new_root, &tampered).is_err());
        prop_assert!(verify_consistency(old, &flip(old_root, bit), new, &new_root, &path).is_err());
        prop_assert!(verify_consistency(old, &old_root, new, &flip(new_root, bit), &path).is_err());
        prop_assert!(verify_consistency(old, &old_root, new, &new_root, &path[1..]).is_err());
        tampered = path.clone();
        tampered.push([0; 32]);
        prop_assert!(verify_consistency(old, &old_root, new, &new_root, &tampered).is_err());
    }

    #[test]
    fn a_log_that_was_rewritten_is_not_consistent(new in 2_u64..600, old: u64, changed: u64) {
        let old = 1 + old % (new - 1);
        let old_log = Log::of(old);
        let mut rewritten = Log::default();
        for place in 0..new {
            let body = if place == changed % old { b"another entry".to_vec() } else { crate::sample::body(place) };
            rewritten.append(body);
        }
        let new_root = rewritten.builder.root();
        let path = consistency(old, new, &mut TileHashes::new(&mut rewritten)).unwrap();
        prop_assert!(verify_consistency(old, &old_log.builder.root(), new, &new_root, &path).is_err());
    }
}

fn flip(mut hash: Hash, bit: usize) -> Hash {
    hash[bit % 32] ^= 1 << (bit / 32 % 8);
    hash
}
