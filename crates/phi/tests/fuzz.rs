//! A short run of the fuzz targets; `examples/fuzz_texts.rs` runs them for long. The kept corpus is run whole.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../fuzz/damage.rs"]
mod damage;
#[path = "../fuzz/run.rs"]
#[allow(dead_code, reason = "shared by two runs")]
mod run;

#[test]
fn damaged_texts_are_read_alike_at_once_and_bit_by_bit() {
    short("text", 2_000);
}

#[test]
fn damaged_texts_are_read_under_the_strict_profile() {
    short("strict", 1_000);
}

#[test]
fn damaged_tables_are_judged() {
    short("table", 1_000);
}

fn short(name: &str, n: usize) {
    let mut damage = run::begin(name, 20_261_122);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/");
    let mut files: Vec<_> = std::fs::read_dir(format!("{folder}{name}"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    for file in files {
        run::run(name, &mut damage, &std::fs::read(file).unwrap());
    }
    for _ in 0..n {
        let input = damage.next_input();
        run::run(name, &mut damage, &input);
    }
    assert!(damage.n_seen() > 10, "nothing was reached");
}
