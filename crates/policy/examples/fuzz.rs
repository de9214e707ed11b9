//! Damages packs and cases at random and looks that nothing panics.
//!
//! `cargo run --profile quick -p placet-policy --example fuzz -- packs --minutes 30 --seed 7`
//!
//! Blind to coverage, but not to what comes out: an input whose answer was not seen before is kept
//! in `fuzz/corpus/` and damaged further. A panic is printed with its input and ends the run.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[path = "../fuzz/run.rs"]
mod run;

use run::{Fuzz, Target};

/// What a thread of the server has.
const STACK: usize = 2 << 20;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1)?.parse::<u64>().ok()
    };
    let target = match args.first().map(String::as_str) {
        Some("packs") => Target::Packs,
        Some("wire") => Target::Wire,
        _ => {
            println!("usage: fuzz packs|wire [--minutes N] [--seed N]");
            std::process::exit(2);
        }
    };
    let minutes = option("--minutes").unwrap_or(1);
    let seed = option("--seed").unwrap_or(1);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target.name());
    let work = move || fuzz(target, seed, Duration::from_secs(60 * minutes), &folder);
    let thread = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(work)
        .unwrap();
    if thread.join().is_err() {
        println!(
            "FOUND a panic: the input stands in fuzz/corpus/{}/last",
            target.name()
        );
        std::process::exit(1);
    }
}

fn fuzz(target: Target, seed: u64, time: Duration, folder: &PathBuf) {
    std::fs::create_dir_all(folder).unwrap();
    let mut fuzz = Fuzz::new(target, seed);
    for file in std::fs::read_dir(folder).unwrap() {
        fuzz.add(std::fs::read(file.unwrap().path()).unwrap());
    }
    let last = folder.join("last");
    let began = Instant::now();
    let (mut n, mut n_new, mut slowest) = (0_u64, 0_u32, Duration::ZERO);
    while began.elapsed() < time {
        let input = fuzz.next_input();
        // Written first, so that it is there after an abort too.
        std::fs::write(&last, &input).unwrap();
        let started = Instant::now();
        let is_new = fuzz.run(&input);
        slowest = slowest.max(started.elapsed());
        n += 1;
        if is_new && n_new < 200 && input.len() < 4_096 {
            n_new += 1;
            let name = format!("{:016x}", run::hash(&input));
            std::fs::write(folder.join(name), &input).unwrap();
        }
    }
    std::fs::remove_file(&last).unwrap();
    println!(
        "{}: {n} inputs in {} s, {} kinds of answer, {n_new} kept, slowest {} ms, no panic",
        target.name(),
        began.elapsed().as_secs(),
        fuzz.n_seen(),
        slowest.as_millis()
    );
}
