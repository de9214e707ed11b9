//! No mark comes out: records of every format with a marked value in every place that a flow does
//! not list, in output, reports, errors, acknowledgements and the spool.
//!
//! The same run over a million records: `cargo run --release -p placet-gateway --example leaks`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::useless_format,
    missing_docs
)]

#[path = "leaks/check.rs"]
mod check;
#[path = "leaks/generate.rs"]
mod generate;

use std::process::Command;

#[test]
fn no_mark_comes_out_of_twenty_thousand_records() {
    let folder = tempfile::tempdir().unwrap();
    let found = check::run(1, 20_000, folder.path());
    assert!(found.leaks.is_empty(), "{}", found.leaks.join("\n\n"));
    assert!(
        found.n_kept > found.n_records / 4,
        "enough came out to be looked at: {} of {}",
        found.n_kept,
        found.n_records
    );
}

/// The name of a file is a place, too: reports name inputs by number.
#[test]
fn the_name_of_a_file_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        format!("{}.hl7", generate::MARK),
        format!("{}.ndjson", generate::MARK),
    ];
    std::fs::write(folder.path().join(&names[0]), "MSH|^~\\&|X\rPID|\r").unwrap();
    std::fs::write(folder.path().join(&names[1]), "{\"resourceType\":1}\n").unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_placet-gateway"))
        .arg("filter")
        .args(&names)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = [run.stdout, run.stderr].concat();
    assert!(!String::from_utf8_lossy(&said).contains(generate::MARK));
}
