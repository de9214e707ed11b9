//! How fast the log is on one core: `cargo run --release -p placet-ledger --example ledger_speed`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::time::Instant;

use placet_ledger::{
    SigningKey, leaf_hash, node_hash,
    proof::{inclusion, verify_inclusion},
    tile::{Builder, Tile, TileHashes, TileSource},
    verify::Verifier,
};

const N: u64 = 2_000_000;

struct Stored(Vec<Vec<[u8; 32]>>, u64);

impl TileSource for Stored {
    type Error = std::convert::Infallible;

    fn full_tile(&mut self, tile: Tile) -> Result<Vec<u8>, Self::Error> {
        let level = self.0.get(usize::from(tile.level)).unwrap();
        let first = usize::try_from(tile.index).unwrap() * 256;
        Ok(level.get(first..first + 256).unwrap().concat())
    }

    fn size(&self) -> u64 {
        self.1
    }

    fn leaf_hashes(&mut self, first: u64, end: u64) -> Result<Vec<[u8; 32]>, Self::Error> {
        let range = usize::try_from(first).unwrap()..usize::try_from(end).unwrap();
        Ok(self
            .0
            .first()
            .and_then(|leaves| leaves.get(range))
            .unwrap()
            .to_vec())
    }
}

fn main() {
    let key = SigningKey::from_seed("ledger.example/speed", &[1; 32]).unwrap();
    let mut entry = [b'x'; 273];

    measure("append: leaf, tree, tiles (273-byte entries)", N, || {
        let (mut tree, mut full) = (Builder::new(), Vec::new());
        for place in 0..N {
            entry[..8].copy_from_slice(&place.to_le_bytes());
            tree.push(leaf_hash(&entry), &mut full);
            full.clear();
        }
        assert_eq!(tree.size(), N);
    });

    measure(
        "verify a whole log: entries, leaf hashes, tiles, a checkpoint per 1000",
        N,
        || {
            let (mut tree, mut full) = (Builder::new(), Vec::new());
            let mut verifier = Verifier::new(vec![key.verifying().clone()]);
            for place in 0..N {
                entry[..8].copy_from_slice(&place.to_le_bytes());
                let leaf = leaf_hash(&entry);
                tree.push(leaf, &mut full);
                full.drain(..)
                    .for_each(|full| verifier.tile(full.tile, full.hashes));
                if (place + 1) % 1000 == 0 {
                    let root = tree.root();
                    let note = key.checkpoint(place + 1, root).sign(&key);
                    verifier.checkpoint(place + 1, Some(&root), &note);
                }
                verifier.entry(place, &entry, Some(&leaf));
            }
            assert!(verifier.finish().is_sound());
        },
    );
    println!("  (this one appends and signs too: take the figures above and below off)");

    let mut levels = vec![
        (0..N)
            .map(|place| leaf_hash(&place.to_le_bytes()))
            .collect::<Vec<_>>(),
    ];
    while let Some(below) = levels.last().filter(|below| below.len() >= 256) {
        let (tiles, _) = below.as_chunks::<256>();
        levels.push(tiles.iter().map(|tile| subtree(tile)).collect());
    }
    let mut stored = Stored(levels, N);
    let mut proofs = Vec::new();
    measure("make an inclusion proof from tiles", 2_000, || {
        for number in 0..2_000 {
            let place = number * 997 % N;
            let path = inclusion(place, N, &mut TileHashes::new(&mut stored)).unwrap();
            proofs.push((place, path));
        }
    });
    let tree = Builder::resume(N, &mut stored).unwrap();
    measure("verify an inclusion proof", 2_000, || {
        for (place, path) in &proofs {
            let leaf = leaf_hash(&place.to_le_bytes());
            verify_inclusion(&leaf, *place, N, &tree.root(), path).unwrap();
        }
    });
    let note = key.checkpoint(N, tree.root()).sign(&key);
    measure("sign a checkpoint", 10_000, || {
        for size in 0..10_000 {
            assert!(!key.checkpoint(size, tree.root()).sign(&key).is_empty());
        }
    });
    measure("open a checkpoint", 10_000, || {
        let keys = [key.verifying().clone()];
        for _ in 0..10_000 {
            placet_ledger::Checkpoint::open(&note, &keys).unwrap();
        }
    });
}

fn subtree(hashes: &[[u8; 32]]) -> [u8; 32] {
    match hashes {
        [one] => *one,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(&subtree(left), &subtree(right))
        }
    }
}

fn measure(what: &str, count: u64, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    let seconds = start.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let each = seconds / count as f64;
    println!(
        "{what}: {:.2} µs each, {:.0} a second",
        each * 1e6,
        1.0 / each
    );
}
