//! Leak fuzzing at length: a million records, or as many as the first argument says, from the
//! seed that the second one says. Ends with status 1 when a mark came out.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::useless_format,
    missing_docs
)]

#[path = "../tests/leaks/check.rs"]
mod check;
#[path = "../tests/leaks/generate.rs"]
mod generate;

use std::process::ExitCode;

fn main() -> ExitCode {
    let number = |at: usize| std::env::args().nth(at).and_then(|text| text.parse().ok());
    let n: u64 = number(1).unwrap_or(1_000_000);
    let seed: u64 = number(2).unwrap_or(1);
    let folder = tempfile::tempdir().expect("a folder");
    let found = check::run(seed, n, folder.path());
    println!(
        "{} records, {} let something through, {} leaks",
        found.n_records,
        found.n_kept,
        found.leaks.len()
    );
    found.leaks.iter().for_each(|leak| println!("{leak}"));
    if found.leaks.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
