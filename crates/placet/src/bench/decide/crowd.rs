//! Ten million people under one plan: how many come out which way, which rule stops whom, and
//! whom a changed rule adds and drops. `PLACET_BENCH_PEOPLE` says how many instead.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result};
use placet_app::population::seal;
use placet_domain::time::Timestamp;
use placet_policy::columnar::{Plain, Population, Question, Taken, compare};
use placet_policy::{Act, Engine, Plan, Profile, Source};
use placet_store::Keys;

use super::people;
use crate::bench::Figure;

/// A house rule that some of them meet.
const CHANGE: &str = r#"
[pack]
id = "bench"
version = "1"
extends = "placet"

[[rule]]
id = "bench.week"
title = "One message a week"
citation = ["house rule"]
kind = "forbid"
when = 'message && frequency.last_7d >= 2'
says = "Nobody is written to more than twice a week."
category = "channel_rule"
source = "T"
"#;

/// What `bench/peers/waterfall.py` compares its counts with.
#[derive(serde::Serialize)]
struct Counted {
    n_matched: u64,
    n_permitted: u64,
    bars: std::collections::BTreeMap<String, [u64; 2]>,
}

/// Everything over one crowd, one core.
///
/// # Errors
///
/// When a changed pack does not load or the snapshot cannot be sealed.
pub fn run(runs: usize) -> Result<(Vec<Figure>, String)> {
    let n = std::env::var("PLACET_BENCH_PEOPLE").ok();
    let n: u64 = n.and_then(|n| n.parse().ok()).unwrap_or(10_000_000);
    let at: Timestamp = "2026-11-24T19:00:00Z".parse()?;
    let crowd = people::population(n);
    let engine = Engine::builtin();
    let promotion = Act {
        purpose: "promotion".to_owned(),
        content_class: "own_health_product_promo".to_owned(),
        ..super::act()
    };
    let plan = engine.plan(&promotion, Profile::Conservative, at);
    let ask = || question(&crowd, &plan, at);
    let mut figures = Vec::new();

    let mut of = |what: &str, unit, values: Vec<Spent>| {
        let name = |more: &str| format!("{what}{more}");
        figures.push(Figure {
            what: name(""),
            values: values.iter().map(|spent| spent.wall).collect(),
            unit,
        });
        figures.push(Figure {
            what: name(", processor time"),
            values: values.iter().map(|spent| spent.processor).collect(),
            unit,
        });
    };
    let people = format!("of {n} people");
    of(
        &format!("waterfall {people}, counted"),
        "ms",
        timed(runs, 1.0, || {
            black_box(ask().count());
        }),
    );
    of(
        &format!("waterfall {people}, every rule and instrument"),
        "ms",
        timed(runs, 1.0, || {
            black_box(ask().waterfall());
        }),
    );
    of(
        &format!("waterfall {people}, with the set of each rule"),
        "ms",
        timed(runs, 1.0, || {
            black_box(ask().sets());
        }),
    );
    let per_decision = 1e6 / n as f64;
    of(
        "one planned decision in bulk, with its rules",
        "ns",
        timed(runs, per_decision, || {
            black_box(read_all(&ask().sets(), n));
        }),
    );

    let changed = Source {
        name: "bench.toml".to_owned(),
        text: CHANGE.to_owned(),
    };
    let changed = Engine::load(&[changed]).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let then = changed.plan(&promotion, Profile::Conservative, at);
    let moved = compare(&plan, &then, &crowd, &Plain);
    anyhow::ensure!(!moved.dropped.is_empty(), "the changed rule drops somebody");
    of(
        &format!("whom a rule change adds or drops {people}"),
        "ms",
        timed(runs, 1.0, || {
            black_box(compare(&plan, &then, &crowd, &Plain));
        }),
    );
    of(
        "pack load, check and compile",
        "ms",
        timed(runs, 1.0, || {
            black_box(Engine::load(&placet_policy::packs::builtin()).is_ok());
        }),
    );

    figures.push(Figure {
        what: "population index, keys of 16 bytes included".to_owned(),
        values: vec![crowd.bytes() as f64 / n as f64],
        unit: "bytes/person",
    });
    let waterfall = ask().waterfall();
    let counted = Counted {
        n_matched: waterfall.counts.n_matched,
        n_permitted: waterfall.counts.n_permitted,
        bars: waterfall
            .bars
            .iter()
            .map(|bar| (bar.rule.clone(), [bar.n_first, bar.n_total]))
            .collect(),
    };
    figures.extend(snapshot(runs, crowd)?);
    Ok((
        figures,
        serde_json::json!({ "waterfall": counted }).to_string(),
    ))
}

fn question<'p>(crowd: &'p Population, plan: &Plan, at: Timestamp) -> Question<'p> {
    let mut question = Question::new(crowd, &Plain, at);
    let everybody = question.everybody();
    question.ask(everybody, plan);
    question
}

/// Reads each person's outcome and every rule that stops them.
fn read_all(sets: &placet_policy::columnar::Sets, n: u64) -> usize {
    let places = 0..usize::try_from(n).unwrap_or(0);
    places
        .map(|place| usize::from(sets.outcome(place).is_some()) + sets.rules(place).count())
        .sum()
}

fn snapshot(runs: usize, crowd: Population) -> Result<Vec<Figure>> {
    let scratch = crate::bench::Scratch::new("index")?;
    let file = scratch.path().join("population.index");
    let keys = Keys::from_master([7; 32]);
    let save = timed(1, 1.0, || {
        let mut bytes = Vec::new();
        let saved = crowd.save(&Taken::default(), &mut bytes);
        let sealed = seal::close(bytes, &keys, "bench", [1; 12]);
        if let (Ok(()), Ok(sealed)) = (saved, sealed) {
            let _ = std::fs::write(&file, sealed);
        }
    });
    let n = crowd.len();
    let bytes = std::fs::metadata(&file)
        .context("the snapshot was not written")?
        .len();
    drop(crowd);
    let mut found = 0;
    let load = timed(runs, 1.0, || {
        let sealed = std::fs::read(&file).unwrap_or_default();
        let opened = seal::open(sealed, &keys, "bench").unwrap_or_default();
        found = Population::restore(&opened, &[]).map_or(0, |(people, _)| people.len());
    });
    anyhow::ensure!(found == n, "the snapshot came back whole");
    let figure = |what: &str, unit, values| Figure {
        what: what.to_owned(),
        values,
        unit,
    };
    let wall = |spent: &[Spent]| spent.iter().map(|one| one.wall).collect();
    let processor = |spent: &[Spent]| spent.iter().map(|one| one.processor).collect();
    Ok(vec![
        figure("snapshot saved, sealed", "ms", wall(&save)),
        figure("snapshot ready: read, opened, checked", "ms", wall(&load)),
        figure(
            "snapshot ready: read, opened, checked, processor time",
            "ms",
            processor(&load),
        ),
        figure("snapshot", "bytes", vec![bytes as f64]),
    ])
}

/// Time that passed, and time that this thread had a processor.
struct Spent {
    wall: f64,
    processor: f64,
}

/// Runs `work` once to warm and then so often; in milliseconds times `scale`.
fn timed(runs: usize, scale: f64, mut work: impl FnMut()) -> Vec<Spent> {
    if runs > 1 {
        work();
    }
    (0..runs)
        .map(|_| {
            let (started, spent) = (Instant::now(), processor());
            work();
            Spent {
                wall: started.elapsed().as_secs_f64() * 1e3 * scale,
                processor: (processor() - spent) * scale,
            }
        })
        .collect()
}

/// Milliseconds this thread has run, as Linux tells; nothing elsewhere.
fn processor() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = told.split_ascii_whitespace().next();
    nanos
        .and_then(|nanos| nanos.parse::<f64>().ok())
        .unwrap_or(0.0)
        / 1e6
}
