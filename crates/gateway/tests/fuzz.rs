//! A short run of the fuzz targets; `examples/fuzz_parsers.rs` runs them for long. The kept corpus is run whole.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../../phi/fuzz/damage.rs"]
mod damage;
#[path = "../fuzz/run.rs"]
#[allow(dead_code, reason = "shared by two runs")]
mod run;

#[test]
fn damaged_resources_are_refused_or_filtered_alike_however_they_are_cut() {
    short("ndjson", 400);
    short("bundle", 200);
    short("document", 200);
}

#[test]
fn damaged_messages_are_refused_or_filtered_alike_however_they_are_cut() {
    short("hl7", 400);
    short("mllp", 400);
}

#[test]
fn damaged_tables_are_refused_row_by_row() {
    short("csv", 300);
}

#[test]
fn damaged_consents_are_judged_or_refused() {
    short("consent", 400);
}

#[test]
fn damaged_configurations_run_or_say_why_not() {
    short("config", 400);
}

fn short(name: &str, n: usize) {
    let target = run::Target::new(name);
    let mut damage = run::begin(name, 20_261_122);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/");
    // Of bundles none was short enough to be kept.
    let mut files: Vec<_> = std::fs::read_dir(format!("{folder}{name}"))
        .into_iter()
        .flatten()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    for file in files {
        target.run(&mut damage, &std::fs::read(file).unwrap());
    }
    for _ in 0..n {
        let input = damage.next_input();
        target.run(&mut damage, &input);
    }
    assert!(damage.n_seen() > 5, "nothing was reached");
}
