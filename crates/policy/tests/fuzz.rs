//! A short run of the fuzz targets; `examples/fuzz.rs` runs them for long. The kept corpus is run whole.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../fuzz/run.rs"]
#[allow(dead_code, reason = "shared by two runs")]
mod run;

use run::{Fuzz, Target};

#[test]
fn damaged_packs_are_refused_or_decide_without_harm() {
    short(Target::Packs, 400);
}

#[test]
fn damaged_cases_are_answered_line_by_line() {
    short(Target::Wire, 3_000);
}

fn short(target: Target, n: usize) {
    let mut fuzz = Fuzz::new(target, 20_261_122);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/");
    if let Ok(files) = std::fs::read_dir(format!("{folder}{}", target.name())) {
        for file in files {
            let input = std::fs::read(file.unwrap().path()).unwrap();
            fuzz.run(&input);
        }
    }
    for _ in 0..n {
        let input = fuzz.next_input();
        fuzz.run(&input);
    }
    assert!(fuzz.n_seen() > 10, "nothing was reached");
}
