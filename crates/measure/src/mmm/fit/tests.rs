#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::super::{Belief, Spec};
use super::*;
use crate::table::Table;

fn table(n: i32) -> Table {
    let mut rng = Rng::new(21, 0);
    let mut text = "date,y,a,b\n".to_owned();
    let start: jiff::civil::Date = "2022-01-03".parse().unwrap();
    let mut before = 0.0;
    for t in 0..n {
        let date = start.saturating_add(jiff::Span::new().days(7 * t));
        let (a, b) = (rng.uniform() * 40.0, rng.uniform() * 7.0);
        let carried = 0.7 * a + 0.3 * before;
        before = a;
        let y = 500.0 + 400.0 * (carried / 30.0_f64).tanh() + 5.0 * b + 15.0 * rng.normal();
        text.push_str(&format!("{date},{y},{a},{b}\n"));
    }
    Table::read(text.as_bytes()).unwrap()
}

fn quick() -> Settings {
    Settings {
        chains: 2,
        tune: 400,
        draws: 400,
        seed: 5,
        ..Settings::default()
    }
}

#[test]
fn a_seed_gives_the_same_answer_on_any_number_of_threads() {
    let run = |threads| {
        let spec = Spec::new("y", &["a", "b"], &[]);
        let design = Design::new(&table(110), "date", &spec).unwrap();
        let settings = Settings { threads, ..quick() };
        let fitted = fit(design, &settings, None);
        serde_json::to_string(&fitted.report()).unwrap()
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn an_answer_that_is_only_the_prior_is_said_to_be_one() {
    let mut spec = Spec::new("y", &["a", "b"], &[]);
    // Sharper than 110 weeks can be about a channel worth a twentieth of the noise.
    let belief = Belief::Cost {
        median: 0.15,
        spread: 0.05,
    };
    spec.beliefs = vec![("b".to_owned(), belief)];
    let design = Design::new(&table(110), "date", &spec).unwrap();
    let fitted = fit(design, &quick(), None);
    let report = fitted.report();
    let b = &report.channel.0[1].1;
    assert!(b.learned < 0.4, "{}", b.learned);
    assert!(report.notes.iter().any(|n| n.code == "mostly_prior"));
    let a = &report.channel.0[0].1;
    assert!(a.learned > 0.7, "{}", a.learned);
    // The belief is about what it says: the cost of one unit of outcome.
    assert!((b.cost_per_outcome.q50 / 0.15 - 1.0).abs() < 0.1);
}
