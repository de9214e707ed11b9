//! A log in memory for the tests, and the tree hash as RFC 6962 writes it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::{collections::BTreeMap, convert::Infallible};

use crate::{
    Hash, HashReader, SigningKey, empty_root, leaf_hash, node_hash,
    tile::{Builder, Tile, TileSource},
};

pub const ORIGIN: &str = "ledger.example/placet";

pub fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[7; 32]).unwrap()
}

pub fn body(place: u64) -> Vec<u8> {
    format!("{{\"kind\":\"sample.written\",\"number\":\"{place}\"}}").into_bytes()
}

/// MTH of RFC 6962, section 2.1, by its definition.
pub fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(1 << (leaves.len() - 1).ilog2());
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// A whole log: entries, leaf hashes, full tiles.
#[derive(Clone, Default)]
pub struct Log {
    pub bodies: Vec<Vec<u8>>,
    pub leaves: Vec<Hash>,
    pub tiles: BTreeMap<Tile, Vec<u8>>,
    pub builder: Builder,
}

impl Log {
    pub fn of(size: u64) -> Self {
        let mut log = Self::default();
        (0..size).for_each(|place| log.append(body(place)));
        log
    }

    pub fn append(&mut self, body: Vec<u8>) {
        let leaf = leaf_hash(&body);
        let mut full = Vec::new();
        self.builder.push(leaf, &mut full);
        self.tiles
            .extend(full.into_iter().map(|full| (full.tile, full.hashes)));
        self.bodies.push(body);
        self.leaves.push(leaf);
    }

    pub fn size(&self) -> u64 {
        self.bodies.len() as u64
    }

    pub fn note(&self, size: u64) -> String {
        let key = key();
        key.checkpoint(size, naive_root(&self.leaves[..size as usize]))
            .at(1_000_000)
            .sign(&key)
    }
}

impl TileSource for Log {
    type Error = Infallible;

    fn full_tile(&mut self, tile: Tile) -> Result<Vec<u8>, Infallible> {
        Ok(self.tiles[&tile].clone())
    }

    fn size(&self) -> u64 {
        self.size()
    }

    fn leaf_hashes(&mut self, first: u64, end: u64) -> Result<Vec<Hash>, Infallible> {
        Ok(self.leaves[first as usize..end as usize].to_vec())
    }
}

/// Hashes of subtrees computed from the leaves, the slow and certain way.
pub struct Leaves<'a>(pub &'a [Hash]);

impl HashReader for Leaves<'_> {
    type Error = Infallible;

    fn hash(&mut self, level: u8, index: u64) -> Result<Hash, Infallible> {
        let first = (index << level) as usize;
        Ok(naive_root(&self.0[first..first + (1 << level)]))
    }
}
