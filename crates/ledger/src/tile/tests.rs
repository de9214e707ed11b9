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
    HashReader,
    sample::{Leaves, Log},
};

#[test]
#[rustfmt::skip] // A table.
fn paths_are_those_of_the_specification() {
    let path = |level, index| Tile { level, index }.path();
    assert_eq!(path(0, 0),         "tile/0/000");
    assert_eq!(path(0, 1234),      "tile/0/x001/234");
    assert_eq!(path(1, 1_234_067), "tile/1/x001/x234/067");
    assert_eq!(path(2, 1_000_000), "tile/2/x001/x000/000");
    assert_eq!(Tile { level: 0, index: 273 }.partial_path(112), "tile/0/273.p/112");
    assert_eq!(entries_path(1_234_067), "tile/entries/x001/x234/067");
}

#[test]
fn a_tree_of_seventy_thousand_has_the_tiles_of_the_specification() {
    let full: Vec<Tile> = Tile::full_tiles(70_000).collect();
    assert_eq!(full.iter().filter(|tile| tile.level == 0).count(), 273);
    assert_eq!(full.iter().filter(|tile| tile.level == 1).count(), 1);
    assert_eq!(full.len(), 274);
    let partial: Vec<_> = Tile::partial_tiles(70_000)
        .map(|(tile, width)| (tile.level, width))
        .collect();
    assert_eq!(partial, [(0, 112), (1, 17), (2, 1)]);
    let partial: Vec<_> = Tile::partial_tiles(256).collect();
    assert_eq!(partial, [(Tile { level: 1, index: 0 }, 1)]);
}

#[test]
fn a_tile_knows_its_leaves() {
    let tile = Tile { level: 1, index: 2 };
    assert_eq!(tile.first_leaf(), Some(131_072));
    assert_eq!(tile.full_at(), Some(196_608));
    assert_eq!(tile.leaves_under(3), Some((131_840, 132_095)));
    // The topmost level cannot be full: 2^64 entries do not count.
    assert_eq!(Tile { level: 7, index: 0 }.full_at(), None);
    assert_eq!(
        Tile {
            level: 9,
            index: u64::MAX
        }
        .first_leaf(),
        None
    );
}

#[test]
fn each_tile_comes_when_its_last_entry_does() {
    let log = Log::of(65_536 + 256 + 3);
    let expected: Vec<Tile> = Tile::full_tiles(log.size()).collect();
    let mut found: Vec<Tile> = log.tiles.keys().copied().collect();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert!(log.tiles.values().all(|hashes| hashes.len() == FULL_BYTES));

    let level_one: Vec<Hash> = hashes(&log.tiles[&Tile { level: 1, index: 0 }])
        .copied()
        .collect();
    let below = hashes(
        &log.tiles[&Tile {
            level: 0,
            index: 17,
        }],
    )
    .copied();
    assert_eq!(level_one[17], root(below));
    let partial: Vec<_> = log
        .builder
        .partial_tiles()
        .map(|(tile, bytes)| (tile, bytes.len() / 32))
        .collect();
    assert_eq!(partial, Tile::partial_tiles(log.size()).collect::<Vec<_>>());
}

#[test]
fn the_right_edge_is_read_back_from_tiles() {
    for size in [
        0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_000,
    ] {
        let mut log = Log::of(size);
        assert_eq!(
            Builder::resume(size, &mut log),
            Ok(log.builder.clone()),
            "size {size}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn tiles_give_the_same_hashes_as_the_leaves(size in 1_u64..3_000, level in 0_u8..11, index in 0_u64..3_000) {
        let subtrees = size >> level;
        prop_assume!(subtrees > 0);
        let index = index % subtrees;
        let mut log = Log::of(size);
        let leaves = log.leaves.clone();
        let from_tiles = TileHashes::new(&mut log).hash(level, index);
        prop_assert_eq!(from_tiles, Leaves(&leaves).hash(level, index));
    }

    #[test]
    fn a_resumed_builder_goes_on_as_the_first(size in 0_u64..1_500, more in 0_u64..600) {
        let mut log = Log::of(size);
        let mut resumed = Builder::resume(size, &mut log).unwrap();
        let whole = Log::of(size + more);
        let mut full = Vec::new();
        whole.leaves[size as usize..].iter().for_each(|leaf| resumed.push(*leaf, &mut full));
        prop_assert_eq!(resumed, whole.builder);
        for FullTile { tile, hashes } in full {
            prop_assert_eq!(&hashes, &whole.tiles[&tile]);
        }
    }
}
