//! The shape of the house: which crate may depend on which, and what the pure ones never touch.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every arrow there may be. To add one, write an ADR and add it here.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ledger", &[]),
    ("measure", &[]),
    ("phi", &[]),
    ("policy", &["domain"]),
    ("gateway", &["domain", "phi"]),
    ("store", &["domain", "ledger"]),
    (
        "app",
        &[
            "domain", "gateway", "ledger", "measure", "phi", "policy", "store",
        ],
    ),
    ("deliver", &["app", "domain", "store"]),
    (
        "web",
        &[
            "app", "domain", "ledger", "measure", "phi", "policy", "store",
        ],
    ),
    ("testing", &["domain"]),
    (
        "placet",
        &[
            "app", "deliver", "domain", "gateway", "ledger", "measure", "phi", "policy", "store",
            "web",
        ],
    ),
];

/// What a pure crate must not link: it does no I/O and reads no clock.
const IMPURE: &[&str] = &[
    "tokio", "rusqlite", "postgres", "axum", "rustls", "tracing", "tempfile",
];
const PURE: &[&str] = &["domain", "ledger", "measure", "phi", "policy"];

#[test]
fn arrows_point_inward() {
    let known: BTreeSet<_> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let found: BTreeSet<_> = crates().iter().map(|path| name_of(path)).collect();
    assert_eq!(found, known, "every crate stands in the table of arrows");

    for (name, allowed) in ARROWS {
        let manifest = manifest(name);
        for dependency in dependencies(&manifest) {
            let Some(inner) = dependency.strip_prefix("placet-") else {
                continue;
            };
            assert!(allowed.contains(&inner), "{name} may not depend on {inner}");
        }
    }
}

#[test]
fn pure_crates_link_nothing_that_does_io() {
    for name in PURE {
        let found = dependencies(&manifest(name));
        for banned in IMPURE {
            assert!(
                !found.contains(*banned),
                "{name} is pure, yet links {banned}"
            );
        }
    }
}

#[test]
fn the_testing_crate_does_not_ship() {
    for (name, _) in ARROWS {
        let found = dependencies(&manifest(name));
        assert!(
            !found.contains("placet-testing"),
            "{name} ships the testing crate"
        );
    }
}

#[test]
fn every_source_file_says_what_it_is() {
    // A `tests.rs` stands beside what it tests and needs no words of its own.
    for file in sources()
        .into_iter()
        .filter(|file| !file.ends_with("tests.rs"))
    {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//!"), "{} has no header", file.display());
    }
}

#[test]
fn nothing_is_a_stub() {
    let words = ["todo!(", "unimplemented!(", "#[ignore"];
    for file in sources()
        .into_iter()
        .filter(|file| !file.ends_with("shape.rs"))
    {
        let text = fs::read_to_string(&file).unwrap();
        for word in words {
            assert!(!text.contains(word), "{} holds `{word}`", file.display());
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn crates() -> Vec<PathBuf> {
    let listed = fs::read_dir(root().join("crates")).unwrap();
    listed
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("Cargo.toml").exists())
        .collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn manifest(name: &str) -> toml::Table {
    let text = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
    text.parse().unwrap()
}

fn dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    manifest["dependencies"]
        .as_table()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = crates();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 20, "the sources were found");
    found
}
