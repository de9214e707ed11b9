//! Damages texts and tables at random and looks that the detector neither panics nor contradicts itself.
//!
//! `cargo run --profile quick -p placet-phi --example fuzz_texts -- text --minutes 30 --seed 7`
//!
//! An input whose answer was not seen before is kept in `fuzz/corpus/` and damaged further.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    missing_docs
)]

#[path = "../fuzz/damage.rs"]
mod damage;
#[path = "../fuzz/long.rs"]
mod long;
#[path = "../fuzz/run.rs"]
mod run;

fn main() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus");
    long::main(corpus.as_ref(), &run::NAMES, |name, seed| {
        let name = name.to_owned();
        let begun = run::begin(&name, seed);
        (begun, move |damage: &mut damage::Damage, input: &[u8]| {
            run::run(&name, damage, input)
        })
    });
}
