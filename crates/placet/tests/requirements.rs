//! `docs/requirements.md` names files and tests that are there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every Rust and browser test source, joined.
fn sources() -> String {
    let mut text = String::new();
    for folder in ["crates", "e2e"] {
        collect(&root().join(folder), &mut text);
    }
    text
}

fn collect(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("node_modules") {
            collect(&path, text);
        } else if path
            .extension()
            .is_some_and(|ext| ext == "rs" || ext == "js")
        {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// What stands between backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// A file of a crate by its short path: `app/import.rs` is `crates/app/src/import.rs`.
fn is_file(short: &str) -> bool {
    let Some((name, rest)) = short.split_once('/') else {
        return root().join(short).exists();
    };
    let krate = root().join("crates").join(name);
    let is_there = |rest: &str| krate.join("src").join(rest).exists() || krate.join(rest).exists();
    root().join(short).exists() || is_there(rest) || is_there(&format!("{rest}.rs"))
}

fn is_identifier(name: &str) -> bool {
    name.contains('_')
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[test]
fn every_row_names_files_and_tests_that_are_there() {
    let table = fs::read_to_string(root().join("docs/requirements.md")).unwrap();
    let sources = sources();
    let mut strange = Vec::new();
    let mut n_checked = 0;
    for line in table.lines() {
        for name in quoted(line) {
            let is_known = if let Some(prefix) = name.strip_suffix('…') {
                sources.contains(&format!("fn {prefix}"))
            } else if is_identifier(name) {
                sources.contains(&format!("fn {name}")) || sources.contains(&format!("mod {name}"))
            } else if name.contains('/') && !name.contains([' ', '*']) {
                is_file(name)
            } else {
                continue;
            };
            n_checked += 1;
            if !is_known {
                strange.push(name.to_owned());
            }
        }
    }
    assert!(
        n_checked > 50,
        "only {n_checked} names were found in the table"
    );
    assert_eq!(
        strange, [""; 0],
        "named in docs/requirements.md, not in the tree"
    );
}
