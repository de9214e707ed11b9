//! The long run of fuzz targets: damage, run, keep what is new, until the time is over.

use std::path::Path;
use std::time::{Duration, Instant};

use super::damage::{Damage, hash};

/// What a thread of the server has.
const STACK: usize = 2 << 20;
/// The most inputs that are kept of a run.
const MOST: u32 = 60;
/// The longest of them.
const SHORT: usize = 2_048;

/// Runs one target by its name, from `NAME [--minutes N] [--seed N]`; `start` gives what runs an input.
pub fn main<R: FnMut(&mut Damage, &[u8]) -> bool>(
    corpus: &Path,
    names: &[&str],
    start: impl Fn(&str, u64) -> (Damage, R) + Send + 'static,
) {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1)?.parse::<u64>().ok()
    };
    let Some(name) = args.first().filter(|name| names.contains(&name.as_str())) else {
        println!("usage: fuzz {} [--minutes N] [--seed N]", names.join("|"));
        std::process::exit(2);
    };
    let (minutes, seed) = (
        option("--minutes").unwrap_or(1),
        option("--seed").unwrap_or(1),
    );
    let folder = corpus.join(name);
    let name = name.clone();
    let last = corpus.with_file_name(format!("last-{name}"));
    let at = last.clone();
    let work = move || {
        let (mut damage, mut run) = start(&name, seed);
        fuzz(&name, &mut damage, &mut run, minutes, &folder, &at);
    };
    let thread = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(work)
        .unwrap();
    if thread.join().is_err() {
        println!("FOUND a panic: the input stands in {}", last.display());
        std::process::exit(1);
    }
}

fn fuzz(
    name: &str,
    damage: &mut Damage,
    run: &mut dyn FnMut(&mut Damage, &[u8]) -> bool,
    minutes: u64,
    folder: &Path,
    last: &Path,
) {
    std::fs::create_dir_all(folder).unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let input = std::fs::read(file.unwrap().path()).unwrap();
        run(damage, &input);
    }
    let began = Instant::now();
    let (mut n, mut n_kept, mut slowest) = (0_u64, 0_u32, Duration::ZERO);
    while began.elapsed() < Duration::from_secs(60 * minutes) {
        let input = damage.next_input();
        // Written first, so that it is there after an abort too.
        std::fs::write(last, &input).unwrap();
        let started = Instant::now();
        let is_new = run(damage, &input);
        slowest = slowest.max(started.elapsed());
        n += 1;
        if is_new && n_kept < MOST && input.len() < SHORT {
            n_kept += 1;
            std::fs::write(folder.join(format!("{:016x}", hash(&input))), &input).unwrap();
        }
    }
    std::fs::remove_file(last).unwrap();
    println!(
        "{name}: {n} inputs in {} s, {} kinds of answer, {n_kept} kept, slowest {} ms, no panic",
        began.elapsed().as_secs(),
        damage.n_seen(),
        slowest.as_millis()
    );
}
