#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use super::*;
use crate::sample::{Log, body, key};

/// The checkpoints that the sample log has.
const HEADS: [u64; 5] = [1, 200, 256, 600, 690];
const SIZE: u64 = 700;

/// A log as it is stored: what a test changes, the verifier reads.
#[derive(Clone)]
struct Stored {
    entries: Vec<(u64, Vec<u8>, Vec<u8>)>,
    tiles: BTreeMap<Tile, Vec<u8>>,
    heads: Vec<(u64, Vec<u8>, String)>,
}

impl Stored {
    fn sample() -> Self {
        let log = Log::of(SIZE);
        let entries = (0..SIZE).zip(&log.bodies).zip(&log.leaves);
        Self {
            entries: entries
                .map(|((place, body), leaf)| (place, body.clone(), leaf.to_vec()))
                .collect(),
            heads: HEADS
                .map(|size| {
                    let root = crate::sample::naive_root(&log.leaves[..size as usize]);
                    (size, root.to_vec(), log.note(size))
                })
                .to_vec(),
            tiles: log.tiles,
        }
    }

    fn verify(&self) -> Report {
        let mut verifier = Verifier::new(vec![key().verifying().clone()]);
        for (tile, bytes) in &self.tiles {
            verifier.tile(*tile, bytes.clone());
        }
        for (size, root, note) in &self.heads {
            verifier.checkpoint(*size, Some(root), note);
        }
        for (place, body, leaf) in &self.entries {
            verifier.entry(*place, body, Some(leaf));
        }
        verifier.finish()
    }
}

#[track_caller]
fn check(change: impl FnOnce(&mut Stored), expected: &[&str]) {
    let mut stored = Stored::sample();
    change(&mut stored);
    let report = stored.verify();
    let found: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
    assert_eq!(report.is_sound(), expected.is_empty());
    assert_eq!(report.n_faults as usize, expected.len());
}

#[test]
fn a_log_that_nobody_touched_is_sound() {
    let report = Stored::sample().verify();
    assert!(report.is_sound(), "{:?}", report.faults);
    assert_eq!(
        (
            report.entries,
            report.size,
            report.tiles,
            report.checkpoints
        ),
        (700, 700, 2, 5)
    );
    assert_eq!(report.last_checkpoint, Some(690));
    assert_eq!(report.root, Some(Log::of(SIZE).builder.root()));
    // The last ten wait for the next checkpoint, which is no fault.
    assert_eq!(report.unsigned(), 10);
}

#[test]
fn an_empty_log_is_sound() {
    let mut verifier = Verifier::new(vec![key().verifying().clone()]);
    verifier.checkpoint(
        0,
        Some(&empty_root()),
        &key().checkpoint(0, empty_root()).sign(&key()),
    );
    let report = verifier.finish();
    assert!(report.is_sound());
    assert_eq!((report.size, report.unsigned()), (0, 0));
}

#[test]
fn a_changed_entry_is_named() {
    check(
        |log| log.entries[100].1[3] ^= 1,
        &["entry at place 100: the entry was changed"],
    );
    check(
        |log| log.entries[255].1.truncate(3),
        &["entry at place 255: the entry was changed"],
    );
    check(
        |log| log.entries[650].1[3] ^= 1,
        &["entry at place 650: the entry or its leaf hash was changed"],
    );
    check(
        |log| log.entries[695].1[3] ^= 1,
        &["entry at place 695: the entry or its leaf hash was changed"],
    );
}

#[test]
fn a_changed_leaf_hash_is_named() {
    check(
        |log| log.entries[100].2[31] ^= 128,
        &["entry at place 100: its leaf hash was changed"],
    );
    check(
        |log| log.entries[650].2[0] ^= 1,
        &["entry at place 650: the entry or its leaf hash was changed"],
    );
    check(
        |log| log.entries[100].2.truncate(31),
        &["entry at place 100: its leaf hash was changed"],
    );
}

#[test]
fn an_entry_rewritten_with_its_leaf_hash_is_named() {
    let rewrite = |log: &mut Stored, place: usize| {
        log.entries[place].1 = b"another entry".to_vec();
        log.entries[place].2 = leaf_hash(b"another entry").to_vec();
    };
    check(
        |log| rewrite(log, 300),
        &["tile 0/1: hash 44 not that of the entry at place 300"],
    );
    check(
        |log| rewrite(log, 650),
        &["checkpoint at size 690: root differs, an entry at places 600 to 689 was changed"],
    );
}

#[test]
fn a_log_rewritten_with_its_tiles_is_named() {
    check(
        |log| {
            let mut forged = Log::default();
            for place in 0..SIZE {
                forged.append(if place == 210 {
                    b"another entry".to_vec()
                } else {
                    body(place)
                });
            }
            log.tiles = forged.tiles.clone();
            log.entries[210].1 = forged.bodies[210].clone();
            log.entries[210].2 = forged.leaves[210].to_vec();
        },
        &[
            "checkpoint at size 256: root differs, an entry at places 200 to 255 was changed",
            "checkpoint at size 600: root differs, an entry at places 200 to 599 was changed",
            "checkpoint at size 690: root differs, an entry at places 200 to 689 was changed",
        ],
    );
}

#[test]
fn two_exchanged_entries_are_named() {
    check(
        |log| {
            let (a, b) = (log.entries[20].clone(), log.entries[30].clone());
            (log.entries[20].1, log.entries[20].2) = (b.1, b.2);
            (log.entries[30].1, log.entries[30].2) = (a.1, a.2);
        },
        &["tile 0/0: hash 20 and 1 more not that of the entry at place 20"],
    );
}

#[test]
fn a_missing_entry_is_named() {
    check(
        |log| drop(log.entries.remove(300)),
        &["place 300: the entry is missing"],
    );
    check(
        |log| drop(log.entries.drain(10..20)),
        &["places 10 to 19: the entries are missing"],
    );
    check(
        |log| drop(log.entries.drain(200..300)),
        &["places 200 to 299: the entries are missing"],
    );
    // Without a full tile to stand in for it, the root cannot be computed any more.
    check(
        |log| drop(log.entries.remove(650)),
        &[
            "place 650: the entry is missing",
            "checkpoint at size 690: cannot be proved without the entry at place 650",
        ],
    );
}

#[test]
fn a_log_that_was_cut_is_named() {
    check(
        |log| log.entries.truncate(680),
        &["checkpoint at size 690: the log has only 680 entries, it was cut"],
    );
    check(
        |log| log.entries.truncate(500),
        &[
            "tile 0/1: stored, but the entries do not fill it",
            "checkpoint at size 600: the log has only 500 entries, it was cut",
            "checkpoint at size 690: the log has only 500 entries, it was cut",
        ],
    );
}

#[test]
fn an_entry_out_of_order_is_named() {
    check(
        |log| {
            log.entries
                .push((12, body(12), leaf_hash(&body(12)).to_vec()))
        },
        &["entry at place 12: out of order, place 700 was due"],
    );
    check(
        |log| log.entries[699].0 = 1 << 50,
        &["places 699 to 1125899906842623: the entries are missing"],
    );
}

#[test]
fn a_changed_tile_is_named() {
    let tile = Tile { level: 0, index: 1 };
    check(
        |log| log.tiles.get_mut(&tile).unwrap()[32 * 9 + 1] ^= 4,
        &["tile 0/1: hash 9 not that of the entry at place 265"],
    );
    check(|log| drop(log.tiles.remove(&tile)), &["tile 0/1: missing"]);
    check(
        |log| log.tiles.get_mut(&tile).unwrap().truncate(8191),
        &["tile 0/1: wrong length (8191 bytes)"],
    );
    check(
        |log| {
            let bytes = log.tiles.remove(&tile).unwrap();
            log.tiles.insert(Tile { level: 3, index: 1 }, bytes);
        },
        &[
            "tile 0/1: missing",
            "tile 3/1: stored, but the entries do not fill it",
        ],
    );
}

#[test]
fn a_changed_checkpoint_is_named() {
    check(
        |log| log.heads[3].2 = log.heads[3].2.replace("600", "601"),
        &["checkpoint at size 600: the signature of ledger.example/placet does not fit the text"],
    );
    check(
        |log| log.heads[3].1[5] ^= 1,
        &["checkpoint at size 600: the root stored beside it is not its own"],
    );
    check(
        |log| log.heads[3].0 = 601,
        &["checkpoint at size 601: its note states size 600"],
    );
    check(
        |log| log.heads[3].2.clear(),
        &["checkpoint at size 600: malformed note: no empty line before the signatures"],
    );
}

#[test]
fn a_checkpoint_of_a_forked_log_is_named() {
    check(
        |log| {
            let mut forked = Log::of(100);
            (100..SIZE).for_each(|_| forked.append(b"another entry".to_vec()));
            let root = crate::sample::naive_root(&forked.leaves[..650]);
            log.heads.push((650, root.to_vec(), forked.note(650)));
        },
        &["checkpoint at size 650: root differs, an entry at places 600 to 649 was changed"],
    );
}

#[test]
fn a_checkpoint_by_another_key_is_named() {
    check(
        |log| {
            let thief = crate::SigningKey::from_seed(crate::sample::ORIGIN, &[8; 32]).unwrap();
            let root = log.heads[0].1.clone().try_into().unwrap();
            log.heads[0].2 = thief.checkpoint(1, root).sign(&thief);
        },
        &["checkpoint at size 1: no signature by a known key"],
    );
}

#[test]
fn faults_past_the_thousandth_are_counted() {
    let mut verifier = Verifier::new(Vec::new());
    (0..1_500).for_each(|place| assert!(!verifier.entry(place, b"entry", Some(&[0; 32]))));
    let report = verifier.finish();
    // Five full tiles are missing too.
    assert_eq!((report.faults.len(), report.n_faults), (1_000, 1_505));
}

/// Every byte of the stored log, one bit each: nothing goes unseen, and the place is named.
#[test]
fn one_flipped_bit_anywhere_is_found() {
    let sample = Stored::sample();
    for place in (0..SIZE as usize)
        .step_by(13)
        .chain([255, 256, 511, 512, 689])
    {
        for at in 0..sample.entries[place].1.len() {
            let mut log = sample.clone();
            log.entries[place].1[at] ^= 1 << (at % 8);
            assert_named(&log.verify(), place);
        }
    }
    for (tile, bytes) in &sample.tiles {
        for at in (0..bytes.len()).step_by(37) {
            let mut log = sample.clone();
            log.tiles.get_mut(tile).unwrap()[at] ^= 1 << (at % 8);
            assert_named(&log.verify(), tile.first_leaf().unwrap() as usize + at / 32);
        }
    }
}

#[track_caller]
fn assert_named(report: &Report, place: usize) {
    let named = format!("place {place}");
    let found: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains(&named), "{found:?} does not name {named}");
}
