//! Somebody else's verifier over a log that the real store wrote: `tlog_tiles` shares no code with
//! us. It reads the checkpoints, the tiles and the entries as we export them, and checks and makes
//! proofs with its own hashing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::collections::BTreeMap;

use placet_domain::entry::Entry;
use placet_ledger::export::{self, Exporter};
use placet_store::{Durability, Entropy, Keys, Store, StoreConfig, StoreError, ledger};
use placet_testing::{ctx_at, grant, noon_plus};
use tempfile::TempDir;
use tlog_tiles::{
    Checkpoint, Error, Hash, HashReader, Tile, TileHashReader, TileReader, check_record,
    check_tree, prove_record, prove_tree, record_hash, stored_hash_index,
};

/// Sizes at which the log is signed: within and at the edge of tiles.
const SIGNED: [u64; 6] = [1, 200, 256, 700, 1024, 1500];

fn written(folder: &TempDir) -> Store {
    let url = format!("sqlite:{}", folder.path().join("placet.db").display());
    let mut config = StoreConfig::new(url, Keys::from_master([7; 32])).creating();
    config.entropy = Entropy::seeded(1);
    config.durability = Durability::None;
    let store = Store::open(config).unwrap();
    let mut size = 0;
    for (seed, signed) in SIGNED.into_iter().enumerate() {
        let ctx = ctx_at(noon_plus(seed as i64), seed as u64);
        let act = move |tx: &mut placet_store::Tx, _: &placet_domain::ctx::Ctx| {
            for n in size..signed {
                tx.record(Entry::new("person.viewed").with("n", n));
            }
            Ok::<_, StoreError>(())
        };
        store.act_blocking(grant(), &ctx, act).unwrap();
        store.checkpoint(noon_plus(seed as i64)).unwrap().unwrap();
        size = signed;
    }
    store
}

fn read<T: Send + 'static>(
    store: &Store,
    f: impl FnMut(&mut placet_store::Tx) -> Result<T, StoreError> + Send + 'static,
) -> T {
    store.read_blocking(f).unwrap()
}

/// The log as a folder of files, which is all that the other verifier gets to see.
struct Folder(BTreeMap<String, Vec<u8>>);

impl Folder {
    fn of(store: &Store) -> Self {
        let entries = read(store, |tx| ledger::list_from(tx, 0, 10_000));
        let mut exporter = Exporter::new();
        let mut files = Vec::new();
        for entry in &entries {
            files.extend(exporter.entry(&entry.body).unwrap());
        }
        for head in read(store, |tx| ledger::list_checkpoints(tx, None, 100)) {
            files.push(export::checkpoint(head.size, &head.note));
        }
        let newest = read(store, ledger::latest_checkpoint).unwrap();
        files.extend(exporter.finish(&newest.note, store.ledger_key()));
        Self(
            files
                .into_iter()
                .map(|file| (file.path, file.bytes))
                .collect(),
        )
    }

    /// The checkpoints as the other crate parses them, smallest first.
    fn heads(&self) -> Vec<Checkpoint> {
        let files = self
            .0
            .iter()
            .filter(|(path, _)| path.starts_with("checkpoints/"));
        let heads = files.map(|(_, bytes)| Checkpoint::from_reader(&mut bytes.as_slice(), false));
        heads.map(Result::unwrap).collect()
    }

    /// The entries of the bundles: two bytes of length, then the entry.
    fn entries(&self) -> Vec<Vec<u8>> {
        let mut entries = Vec::new();
        for (_, bundle) in self
            .0
            .iter()
            .filter(|(path, _)| path.starts_with("tile/entries/"))
        {
            let mut rest = bundle.as_slice();
            while let [high, low, after @ ..] = rest {
                let (entry, after) = after.split_at(usize::from(*high) << 8 | usize::from(*low));
                entries.push(entry.to_vec());
                rest = after;
            }
        }
        entries
    }
}

impl TileReader for Folder {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let read = |tile: &Tile| {
            // Its paths name the height, as Go's module log does; those of the specification
            // do not. A full tile stands in for an older partial one.
            let path = tile.path().replacen("tile/8/", "tile/", 1);
            let full = path.split(".p/").next().unwrap_or_default();
            let held = self
                .0
                .keys()
                .find(|held| *held == full || held.starts_with(&format!("{full}.p/")));
            let bytes = &self.0[held.ok_or(Error::InvalidTile)?];
            bytes
                .get(..tile.width() as usize * 32)
                .map(<[u8]>::to_vec)
                .ok_or(Error::InvalidTile)
        };
        tiles.iter().map(read).collect()
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

#[test]
fn another_implementation_accepts_what_the_store_wrote() {
    let folder = TempDir::new().unwrap();
    let store = written(&folder);
    let files = Folder::of(&store);
    let (heads, entries) = (files.heads(), files.entries());
    assert_eq!(
        heads.iter().map(Checkpoint::size).collect::<Vec<_>>(),
        SIGNED
    );
    assert_eq!(entries.len() as u64, SIGNED[5]);

    for head in &heads {
        assert_eq!(head.origin(), store.ledger_key().name());
        // This reader recomputes the root from our tiles before it gives out a hash.
        let reader = TileHashReader::new(head.size(), *head.hash(), &files);
        for place in (0..head.size()).step_by(37).chain([head.size() - 1]) {
            let leaf = record_hash(&entries[place as usize]);
            let held = reader.read_hashes(&[stored_hash_index(0, place)]).unwrap();
            assert_eq!(held, [leaf], "place {place} at size {}", head.size());

            // Our proof to them, their proof to us.
            let size = head.size();
            let ours = read(&store, move |tx| ledger::prove_inclusion(tx, place, size)).unwrap();
            let path: Vec<Hash> = ours.iter().copied().map(Hash).collect();
            check_record(&path, size, *head.hash(), place, leaf).unwrap();
            assert_eq!(prove_record(size, place, &reader).unwrap(), path);
        }
    }
}

#[test]
fn another_implementation_accepts_that_the_log_only_grew() {
    let folder = TempDir::new().unwrap();
    let store = written(&folder);
    let files = Folder::of(&store);
    let heads = files.heads();
    for (at, new) in heads.iter().enumerate() {
        let reader = TileHashReader::new(new.size(), *new.hash(), &files);
        for old in &heads[..=at] {
            let (from, to) = (old.size(), new.size());
            let ours = read(&store, move |tx| ledger::prove_consistency(tx, from, to)).unwrap();
            let path: Vec<Hash> = ours.into_iter().map(Hash).collect();
            check_tree(&path, to, *new.hash(), from, *old.hash()).unwrap();
            assert_eq!(
                prove_tree(to, from, &reader).unwrap(),
                path,
                "{from} to {to}"
            );
        }
    }
}

#[test]
fn another_implementation_refuses_what_was_changed() {
    let folder = TempDir::new().unwrap();
    let store = written(&folder);
    let files = Folder::of(&store);
    let (heads, entries) = (files.heads(), files.entries());
    let head = &heads[5];
    for place in (0..SIGNED[5]).step_by(101) {
        let path = read(&store, move |tx| ledger::prove_inclusion(tx, place, 1500)).unwrap();
        let path: Vec<Hash> = path.into_iter().map(Hash).collect();
        let mut changed = entries[place as usize].clone();
        changed[9] ^= 1;
        let leaf = record_hash(&changed);
        assert!(check_record(&path, 1500, *head.hash(), place, leaf).is_err());
    }
    for path in ["tile/0/003", "tile/0/005.p/220", "tile/1/000.p/5"] {
        let mut changed = Folder(files.0.clone());
        changed.0.get_mut(path).unwrap()[40] ^= 1;
        let reader = TileHashReader::new(head.size(), *head.hash(), &changed);
        let checked = (0..head.size()).map(|place| {
            let leaf = record_hash(&entries[place as usize]);
            let proof = prove_record(head.size(), place, &reader)?;
            check_record(&proof, head.size(), *head.hash(), place, leaf)
        });
        assert!(checked.collect::<Result<(), _>>().is_err(), "{path}");
    }
}

/// S91: who looked at whose data is kept, can be exported, and the export proves itself offline,
/// as `placet ledger verify --export` runs it.
#[test]
fn s91_access_entries_are_exported_and_verified_offline() {
    let folder = TempDir::new().unwrap();
    let store = written(&folder);
    let files = Folder::of(&store);
    let read = |path: &str| Ok::<_, std::convert::Infallible>(files.0[path].clone());
    let keys = [store.ledger_key().to_string().parse().unwrap()];
    let report = export::verify(files.0.keys().cloned(), read, &keys).unwrap();
    assert!(report.is_sound(), "{:?}", report.faults);
    let is_access = |entry: &Vec<u8>| entry.windows(15).any(|part| part == br#""person.viewed""#);
    assert!(files.entries().iter().all(is_access));
    // The newest checkpoint stands twice in the folder.
    assert_eq!(
        (report.size, report.checkpoints, report.unsigned()),
        (1500, 7, 0)
    );
}
