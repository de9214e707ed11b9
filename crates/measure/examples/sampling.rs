//! How long the media mix model samples, in seconds of the processor, and how many draws that gives.
//!
//! Run: `cargo run --release -p placet-measure --example sampling -- weekly.csv [seeds]`, on the table of
//! PyMC-Marketing's example. Time of the processor (all threads) moves less with what runs beside it.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::time::Instant;

use placet_measure::mmm::design::Design;
use placet_measure::mmm::{Spec, fit};
use placet_measure::nuts::Settings;
use placet_measure::table::Table;

/// Clock ticks this process has used, all threads, from the kernel; none elsewhere.
fn ticks() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_whitespace().skip(11);
    let (user, system) = (fields.next()?, fields.next()?);
    Some(user.parse::<u64>().ok()? + system.parse::<u64>().ok()?)
}

fn main() {
    let file = std::env::args().nth(1).unwrap();
    let seeds = std::env::args().nth(2).and_then(|n| n.parse().ok());
    let bytes = std::fs::read(file).unwrap();
    let table = Table::read(&bytes).unwrap();
    let spec = Spec::new("y", &["x1", "x2"], &["event_1", "event_2", "t"]);
    for seed in 1..=seeds.unwrap_or(3) {
        let design = Design::new(&table, "date_week", &spec).unwrap();
        let settings = Settings {
            seed,
            ..Settings::default()
        };
        let (started, before) = (Instant::now(), ticks());
        let found = fit(design, &settings, None);
        let wall = started.elapsed().as_secs_f64();
        let used = ticks().zip(before).map(|(after, before)| after - before);
        println!(
            "seed {seed}: {wall:.3} s, {} ticks of the processor, {} steps, {:.0} effective draws at least, R-hat {:.4}",
            used.map_or_else(|| "?".to_owned(), |used| used.to_string()),
            found.sampler.steps,
            found.min_ess(),
            found.max_r_hat()
        );
    }
}
