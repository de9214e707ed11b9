//! Measures the detector on the texts of labelled files: `rate FILE…`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    missing_docs
)]

/// Nanoseconds this thread has had a processor: other programs do not count.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

use placet_phi::{Options, Profile, Scanner};

fn main() {
    let start = cpu();
    let mut scanner = Scanner::new(Options::new(Profile::SafeHarbor, 2026));
    scanner.scan("warm up: Ana Ruiz");
    println!(
        "first text after {:?}",
        std::time::Duration::from_nanos(cpu() - start)
    );
    for file in std::env::args().skip(1) {
        let texts: Vec<String> = std::fs::read_to_string(&file)
            .unwrap()
            .lines()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["text"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        let bytes: usize = texts.iter().map(String::len).sum();
        let mut rounds = 0;
        let start = cpu();
        let mut n_spans = 0;
        while cpu() - start < 1_000_000_000 {
            for text in &texts {
                n_spans += scanner.scan(text).len();
            }
            rounds += 1;
        }
        let seconds = std::time::Duration::from_nanos(cpu() - start).as_secs_f64();
        println!(
            "{file}: {:.1} MB/s, {:.0} texts/s, mean {} bytes, {n_spans} spans",
            (bytes * rounds) as f64 / seconds / 1e6,
            (texts.len() * rounds) as f64 / seconds,
            bytes / texts.len()
        );
    }
    for (name, text) in hostile() {
        let start = cpu();
        let n = scanner.scan(&text).len();
        println!(
            "hostile {name}: {:?} for {} bytes, {n} spans",
            std::time::Duration::from_nanos(cpu() - start),
            text.len()
        );
    }
}

fn hostile() -> Vec<(&'static str, String)> {
    const N: usize = 1_000_000;
    let repeat = |piece: &str| piece.repeat(N / piece.len());
    vec![
        ("digits", repeat("1")),
        ("digit pairs", repeat("1-")),
        ("digit groups", repeat("12 ")),
        ("dots", repeat("1.")),
        ("at", repeat("@")),
        ("a@", repeat("a@")),
        ("a.a@", repeat("a.a.a@")),
        ("percent", repeat("%")),
        ("%41", repeat("%41")),
        ("plus", repeat("+")),
        ("a+b", repeat("a+b=")),
        ("capitals", repeat("A")),
        ("capital words", repeat("Abcd ")),
        ("names", repeat("John Smith ")),
        ("slashes", repeat("/a")),
        ("http", repeat("http://")),
        ("equals", repeat("a=")),
        ("name=", repeat("name=")),
        ("colons", repeat("a:")),
        ("hex", repeat("0a1b")),
        ("mrn", repeat("mrn ")),
        ("base64", repeat("YWJj")),
        ("base64 of names", repeat("Sm9obiBTbWl0aCA=")),
        ("quotes", repeat("'a")),
        ("words", repeat("one ")),
        ("parens", repeat("(1)")),
        ("lines", repeat("A\n")),
        ("and", repeat("Ab and ")),
        ("of", repeat("Ab of ")),
        ("wide", repeat("é")),
        ("entities", repeat("&amp;")),
        ("amp", repeat("&")),
        ("corner", repeat("corner of A1 ")),
        ("calle", repeat("Calle ")),
    ]
}
