//! A second opinion: `tlog_tiles`, a port of Go's `sumdb/tlog` that shares no code with us, reads
//! what we write, and we read what it writes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::convert::Infallible;

use placet_ledger::{
    Checkpoint, Hash, SigningKey, leaf_hash,
    proof::{consistency, inclusion, verify_consistency, verify_inclusion},
    tile::{Builder, FullTile, Tile, TileHashes, TileSource},
};
use proptest::prelude::*;
use tlog_tiles as theirs;

/// Our log, kept as tiles and leaf hashes.
struct Ours {
    builder: Builder,
    tiles: Vec<FullTile>,
    leaves: Vec<Hash>,
}

impl Ours {
    fn of(size: u64) -> Self {
        let mut log = Self {
            builder: Builder::new(),
            tiles: Vec::new(),
            leaves: Vec::new(),
        };
        for place in 0..size {
            let leaf = leaf_hash(&entry(place));
            log.builder.push(leaf, &mut log.tiles);
            log.leaves.push(leaf);
        }
        log
    }

    fn bytes_of(&self, tile: Tile) -> Option<Vec<u8>> {
        let full = self
            .tiles
            .iter()
            .find(|full| full.tile == tile)
            .map(|full| full.hashes.clone());
        full.or_else(|| {
            let mut edges = self.builder.partial_tiles();
            edges
                .find(|(edge, _)| *edge == tile)
                .map(|(_, bytes)| bytes.to_vec())
        })
    }
}

impl TileSource for Ours {
    type Error = Infallible;

    fn full_tile(&mut self, tile: Tile) -> Result<Vec<u8>, Infallible> {
        Ok(self.bytes_of(tile).unwrap())
    }

    fn size(&self) -> u64 {
        self.builder.size()
    }

    fn leaf_hashes(&mut self, first: u64, end: u64) -> Result<Vec<Hash>, Infallible> {
        Ok(self.leaves[first as usize..end as usize].to_vec())
    }
}

/// Our tiles as their reader asks for them.
impl theirs::TileReader for Ours {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[theirs::Tile]) -> Result<Vec<Vec<u8>>, theirs::Error> {
        let read = |tile: &theirs::Tile| {
            let bytes = self
                .bytes_of(Tile {
                    level: tile.level(),
                    index: tile.level_index(),
                })
                .unwrap();
            bytes[..tile.width() as usize * 32].to_vec()
        };
        Ok(tiles.iter().map(read).collect())
    }

    fn save_tiles(&self, _: &[theirs::Tile], _: &[Vec<u8>]) {}
}

/// Their log, kept as they keep it.
#[derive(Default)]
struct Theirs(Vec<theirs::Hash>);

impl Theirs {
    fn of(size: u64) -> Self {
        let mut log = Self::default();
        for place in 0..size {
            let hashes = theirs::stored_hashes(place, &entry(place), &log).unwrap();
            log.0.extend(hashes);
        }
        log
    }
}

impl theirs::HashReader for Theirs {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<theirs::Hash>, theirs::Error> {
        Ok(indexes
            .iter()
            .map(|index| self.0[*index as usize])
            .collect())
    }
}

fn entry(place: u64) -> Vec<u8> {
    format!("entry {place}").into_bytes()
}

fn to_theirs(path: &[Hash]) -> Vec<theirs::Hash> {
    path.iter().copied().map(theirs::Hash).collect()
}

fn to_ours(path: &[theirs::Hash]) -> Vec<Hash> {
    path.iter().map(|hash| hash.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn both_make_the_same_proofs(size in 1_u64..1_500, index: u64, old: u64) {
        let (index, old) = (index % size, 1 + old % size);
        let (mut ours, theirs_log) = (Ours::of(size), Theirs::of(size));
        let root = ours.builder.root();
        prop_assert_eq!(theirs::tree_hash(size, &theirs_log).unwrap().0, root);

        let path = inclusion(index, size, &mut TileHashes::new(&mut ours)).unwrap();
        let leaf = leaf_hash(&entry(index));
        prop_assert_eq!(&to_ours(&theirs::prove_record(size, index, &theirs_log).unwrap()), &path);
        prop_assert!(theirs::check_record(&to_theirs(&path), size, theirs::Hash(root), index, theirs::Hash(leaf)).is_ok());
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &root, &path), Ok(()));

        let path = consistency(old, size, &mut TileHashes::new(&mut ours)).unwrap();
        let old_root = theirs::tree_hash(old, &theirs_log).unwrap();
        prop_assert_eq!(&to_ours(&theirs::prove_tree(size, old, &theirs_log).unwrap()), &path);
        prop_assert!(theirs::check_tree(&to_theirs(&path), size, theirs::Hash(root), old, old_root).is_ok());
        prop_assert_eq!(verify_consistency(old, &old_root.0, size, &root, &path), Ok(()));
    }

    #[test]
    fn both_refuse_the_same_proofs(size in 2_u64..700, index: u64, at: u64, bit in 0_usize..256) {
        let index = index % size;
        let mut ours = Ours::of(size);
        let root = ours.builder.root();
        let mut path = inclusion(index, size, &mut TileHashes::new(&mut ours)).unwrap();
        let hash = at as usize % path.len();
        path[hash][bit / 8] ^= 1 << (bit % 8);
        let leaf = leaf_hash(&entry(index));
        prop_assert!(verify_inclusion(&leaf, index, size, &root, &path).is_err());
        prop_assert!(theirs::check_record(&to_theirs(&path), size, theirs::Hash(root), index, theirs::Hash(leaf)).is_err());
    }
}

#[test]
fn they_read_any_hash_from_our_tiles() {
    use theirs::HashReader as _;

    let size = 70_000;
    let ours = Ours::of(size);
    let reader = theirs::TileHashReader::new(size, theirs::Hash(ours.builder.root()), &ours);
    for place in [0, 255, 256, 65_535, 65_536, 69_887, 69_999] {
        // Their reader recomputes the root from our tiles before it gives out a hash.
        let read = reader
            .read_hashes(&[theirs::stored_hash_index(0, place)])
            .unwrap();
        assert_eq!(read[0].0, leaf_hash(&entry(place)));
        let path = theirs::prove_record(size, place, &reader).unwrap();
        let root = ours.builder.root();
        assert_eq!(
            verify_inclusion(&read[0].0, place, size, &root, &to_ours(&path)),
            Ok(())
        );
    }
}

#[test]
fn they_name_tiles_as_we_do() {
    for tile in theirs::Tile::new_tiles(8, 0, 300_000) {
        let ours = Tile {
            level: tile.level(),
            index: tile.level_index(),
        };
        let path = match tile.width() {
            256 => ours.path(),
            width => ours.partial_path(width as usize),
        };
        // Theirs have the height of a tile in the path, as Go's module log has.
        assert_eq!(tile.path(), path.replacen("tile/", "tile/8/", 1));
    }
    let named: Vec<_> = theirs::Tile::new_tiles(8, 0, 70_000)
        .iter()
        .map(|tile| tile.width())
        .collect();
    assert_eq!(
        named.len(),
        Tile::full_tiles(70_000).count() + Tile::partial_tiles(70_000).count()
    );
}

#[test]
fn they_read_our_checkpoints() {
    let key = SigningKey::from_seed("ledger.example/placet", &[7; 32]).unwrap();
    for size in [0, 1, 20_852_163, u64::MAX] {
        for ours in [
            key.checkpoint(size, [3; 32]),
            key.checkpoint(size, [4; 32]).at(-5),
        ] {
            let read = theirs::Checkpoint::from_bytes(ours.text().as_bytes()).unwrap();
            assert_eq!(
                (read.origin(), read.size(), read.hash().0),
                (key.name(), size, ours.root)
            );
            assert_eq!(read.to_bytes(), ours.text().as_bytes());

            let note = ours.sign(&key);
            let mut bytes = note.as_bytes();
            let read = theirs::Checkpoint::from_reader(&mut bytes, false).unwrap();
            assert_eq!(read.to_bytes(), ours.text().as_bytes());
            assert_eq!(
                Checkpoint::open(&note, &[key.verifying().clone()]),
                Ok(ours)
            );
        }
    }
}
