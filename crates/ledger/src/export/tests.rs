#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::{collections::BTreeMap, convert::Infallible};

use super::*;
use crate::{
    sample::{Log, key},
    verify::Report,
};

type Folder = BTreeMap<String, Vec<u8>>;

fn exported(size: u64, heads: &[u64]) -> Folder {
    let log = Log::of(size);
    let mut exporter = Exporter::new();
    let mut files = Vec::new();
    for body in &log.bodies {
        files.extend(exporter.entry(body).unwrap());
    }
    assert_eq!(exporter.root(), log.builder.root());
    files.extend(heads.iter().map(|size| checkpoint(*size, &log.note(*size))));
    files.extend(exporter.finish(&log.note(size), key().verifying()));
    files
        .into_iter()
        .map(|file| (file.path, file.bytes))
        .collect()
}

fn verified(folder: &Folder) -> Report {
    let read = |path: &str| Ok::<_, Infallible>(folder[path].clone());
    verify(folder.keys().cloned(), read, &[key().verifying().clone()]).unwrap()
}

fn faults(folder: &Folder) -> Vec<String> {
    verified(folder)
        .faults
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn an_export_has_the_files_of_the_specification() {
    let folder = exported(515, &[3, 515]);
    assert_eq!(
        folder.keys().collect::<Vec<_>>(),
        [
            "README.txt",
            "checkpoint",
            "checkpoints/00000000000000000003",
            "checkpoints/00000000000000000515",
            "tile/0/000",
            "tile/0/001",
            "tile/0/002.p/3",
            "tile/1/000.p/2",
            "tile/entries/000",
            "tile/entries/001",
            "tile/entries/002.p/3",
            "verifier-key",
        ]
    );
}

#[test]
fn an_export_of_any_size_is_sound() {
    for size in [0, 1, 2, 255, 256, 257, 512, 515, 66_000] {
        let heads: Vec<u64> = [1, size / 2, size]
            .into_iter()
            .filter(|head| *head <= size)
            .collect();
        let report = verified(&exported(size, &heads));
        assert!(report.is_sound(), "size {size}: {:?}", report.faults);
        assert_eq!((report.size, report.unsigned()), (size, 0));
    }
}

#[test]
fn every_flipped_byte_of_an_export_is_found() {
    let folder = exported(515, &[3, 515]);
    for path in folder
        .keys()
        .filter(|path| *path != "README.txt" && *path != "verifier-key")
    {
        for at in (0..folder[path].len()).step_by(if folder[path].len() > 1_000 { 29 } else { 1 }) {
            let mut tampered = folder.clone();
            tampered.get_mut(path).unwrap()[at] ^= 1 << (at % 8);
            assert!(!faults(&tampered).is_empty(), "{path} byte {at}");
        }
    }
}

#[test]
fn every_missing_or_cut_file_of_an_export_is_found() {
    let folder = exported(515, &[3, 515]);
    for path in folder
        .keys()
        .filter(|path| *path != "README.txt" && *path != "verifier-key")
    {
        let mut missing = folder.clone();
        missing.remove(path);
        // An older checkpoint may be taken away: the newest one vouches for the same entries.
        if !path.starts_with("checkpoints/") {
            let found = faults(&missing);
            assert!(
                found.iter().any(|fault| fault.contains(path)),
                "{path}: {found:?}"
            );
        }
        let mut cut = folder.clone();
        cut.get_mut(path).unwrap().pop();
        assert!(!faults(&cut).is_empty(), "{path} cut");
    }
}

#[test]
fn a_file_too_many_is_found() {
    let mut folder = exported(300, &[300]);
    folder.insert("tile/0/007".to_owned(), vec![0; 8192]);
    assert_eq!(
        faults(&folder),
        ["file tile/0/007: does not belong to the log"]
    );
}

#[test]
fn an_entry_that_does_not_fit_is_refused() {
    let mut exporter = Exporter::new();
    assert!(exporter.entry(&vec![1; MAX_ENTRY]).is_ok());
    let refused = exporter.entry(&vec![1; MAX_ENTRY + 1]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "entry at place 1 has 65536 bytes; an exported entry has at most 65535"
    );
}
