//! The detector: bytes and texts a second of processor time, the slowest of short texts, a hostile text, the start.
//!
//! `bench/phi/run.sh` asks its peers the same texts, on the same machine.

use std::time::Instant;

use placet_phi::{Options, Scanner};

use super::{Figure, cpu};

/// Short texts as channels bring them; all names are made up.
const TEXTS: [&str; 8] = [
    "Hi, my name is Olivia Ramirez and I'd like to book a flu shot. Call 937-555-0142 please. Thanks!",
    "https://clinic.example/thanks?fname=Olivia&lname=Ramirez&email=o.ramirez%40example.org&utm_source=ad",
    "What is the cost of a mammogram without insurance, and do you take walk-ins on weekdays?",
    "Pt Ramirez, Olivia (MRN 8675309) no-showed 12/3/25; LM on (937) 555-0142, will call again",
    "shoutout to nurse Penelope at Northfield Clinic who took care of my dad last spring",
    "Management of atrial fibrillation in a 70-year-old male with chronic kidney disease stage 3?",
    "Caller is daughter of Walter Okafor, age 93, asking about memory care near Dayton, OH 45402",
    "Our clinic treated 21 patients with asthma in 2019; the average rating was 4.5 out of 5.",
];

/// All figures.
#[must_use]
pub fn run(runs: usize) -> Vec<Figure> {
    let started = Instant::now();
    let mut scanner = Scanner::new(Options::default());
    scanner.scan(TEXTS.first().copied().unwrap_or_default());
    let start = started.elapsed().as_secs_f64() * 1e3;
    let n_bytes: usize = TEXTS.iter().map(|text| text.len()).sum();
    let half_kilobyte = TEXTS.join(" ").get(..500).unwrap_or_default().to_owned();
    let hostile = "1-".repeat(500_000);
    let (mut megabytes, mut texts, mut slow, mut worst) = (vec![], vec![], vec![], vec![]);
    for _ in 0..runs {
        const ROUNDS: usize = 10_000;
        let before = cpu::spent("placet").process;
        for _ in 0..ROUNDS {
            for text in TEXTS {
                std::hint::black_box(scanner.scan(text).len());
            }
        }
        let seconds = (cpu::spent("placet").process - before) / 1e6;
        megabytes.push((n_bytes * ROUNDS) as f64 / seconds / 1e6);
        texts.push((TEXTS.len() * ROUNDS) as f64 / seconds);
        let mut times: Vec<f64> = (0..2_000)
            .map(|_| {
                let one = Instant::now();
                std::hint::black_box(scanner.scan(&half_kilobyte).len());
                one.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        times.sort_by(f64::total_cmp);
        slow.push(
            times
                .get(times.len() * 99 / 100)
                .copied()
                .unwrap_or_default(),
        );
        let one = Instant::now();
        std::hint::black_box(scanner.scan(&hostile).len());
        worst.push(one.elapsed().as_secs_f64() * 1e3);
    }
    vec![
        figure(
            "texts scanned, mean of 91 bytes, processor time",
            megabytes,
            "MB/s",
        ),
        figure(
            "texts scanned, mean of 91 bytes, processor time",
            texts,
            "texts/s",
        ),
        figure("a text of 500 bytes, 99th percentile", slow, "µs"),
        figure("a hostile text of 1 MB", worst, "ms"),
        figure("from start to the first answer", vec![start], "ms"),
        figure(
            "dictionary inside the program",
            vec![placet_phi::dictionary::size_bytes() as f64 / 1e6],
            "MB",
        ),
    ]
}

fn figure(what: &str, values: Vec<f64>, unit: &'static str) -> Figure {
    Figure {
        what: what.to_owned(),
        values,
        unit,
    }
}
