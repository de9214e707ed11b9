//! Geo tests, causal impact and budgets: the figures of the reference tools, reached.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::path::PathBuf;

use placet_measure::budget::{self, optimise};
use placet_measure::geo::power::{Ask, plan};
use placet_measure::geo::{Panel, Problem, analyse};
use placet_measure::impact::{self, impact};
use placet_measure::mmm::design::Design;
use placet_measure::mmm::{Spec, fit};
use placet_measure::nuts::Settings;
use placet_measure::table::Table;

fn data(file: &str) -> Option<Table> {
    let root = std::env::var("PLACET_SHARED").map_or_else(
        |_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = root.join("data/measurement").join(file);
    let Ok(bytes) = std::fs::read(&path) else {
        println!(
            "SKIPPED: {} is not there; set PLACET_SHARED",
            path.display()
        );
        return None;
    };
    Some(Table::read(&bytes).unwrap())
}

fn near(seen: f64, expected: f64, within: f64) {
    assert!(
        (seen - expected).abs() <= within,
        "{seen}, expected {expected} ± {within}"
    );
}

fn treated() -> Vec<String> {
    vec!["chicago".to_owned(), "portland".to_owned()]
}

// S161, S162
#[test]
fn the_published_walk_through_comes_out() {
    let Some(table) = data("geolift_test.csv") else {
        return;
    };
    let panel = Panel::read(&table, "location", "date", "Y", &[]).unwrap();
    let report = analyse(&panel, &treated(), 90, 1).unwrap();
    near(report.synthetic.att, 155.556, 0.01);
    near(report.synthetic.l2, 909.489, 0.01);
    near(report.synthetic.scaled_l2, 0.1636, 0.0001);
    near(report.synthetic.lift, 0.0542319, 1e-6);
    near(report.synthetic.incremental, 4666.67, 0.1);
    near(report.difference_in_differences, 255.076, 0.01);
    let published = [
        ("cincinnati", 0.2272),
        ("miami", 0.2028),
        ("baton rouge", 0.1335),
        ("minneapolis", 0.09),
        ("dallas", 0.0739),
        ("nashville", 0.0685),
        ("honolulu", 0.0673),
        ("austin", 0.0465),
        ("san diego", 0.0451),
        ("reno", 0.0306),
        ("san antonio", 0.0054),
        ("new york", 0.0046),
        ("houston", 0.0046),
    ];
    assert_eq!(report.weights.len(), published.len());
    for (name, weight) in published {
        let seen = report.weights.iter().find(|(n, _)| n == name).unwrap().1;
        near(seen, weight, 0.0001);
    }
    let augmented = report.augmented.as_ref().unwrap();
    println!(
        "ridge: {augmented:?}\n{:?}\n{:?}",
        report.conformal, report.placebo
    );
    // Published: 156.805 and 903.525.
    near(augmented.att, 156.805, 0.5);
    near(augmented.l2, 903.525, 2.0);
}

#[test]
fn a_small_p_value_does_not_stand_alone() {
    let Some(table) = data("geolift_test.csv") else {
        return;
    };
    let panel = Panel::read(&table, "location", "date", "Y", &[]).unwrap();
    let report = analyse(&panel, &treated(), 90, 1).unwrap();
    near(report.conformal.p_iid, 0.0119, 0.006);
    near(report.conformal.p_block, 0.0476, 0.0001);
    assert_eq!(
        report.conformal.interval, None,
        "every constant effect is rejected"
    );
    near(report.placebo.p_abs_lift, 0.39, 0.08);
    near(report.placebo.p_rmspe_ratio, 0.33, 0.08);
    near(report.placebo.sd_lift, 0.061, 0.012);
    assert!(report.notes.iter().any(|n| n.code == "views_disagree"));
    assert!(report.verdict.contains("cannot be told"));
}

// S163
#[test]
fn power_comes_before_the_test_and_grows_with_the_effect() {
    let Some(table) = data("geolift_pretest.csv") else {
        return;
    };
    let panel = Panel::read(&table, "location", "date", "Y", &[]).unwrap();
    let ask = Ask {
        sizes: vec![2],
        durations: vec![15],
        candidates: 2,
        ..Ask::default()
    };
    let plans = plan(&panel, &ask).unwrap();
    assert_eq!(plans.len(), 2);
    for plan in &plans {
        println!("{plan:?}");
        assert!(plan.power.last().unwrap().1 >= 0.9);
        assert!(plan.power[0].1 <= plan.power.last().unwrap().1);
        assert!(plan.markets.len() == 2 && plan.share > 0.0 && plan.share < 0.5);
    }
}

#[test]
fn a_single_market_is_told_to_hold_out_an_audience() {
    let text = "location,Y,date\n".to_owned()
        + &(0..90)
            .map(|t| {
                let date: jiff::civil::Date = "2021-01-01".parse().unwrap();
                format!(
                    "here,{},{}\n",
                    t % 7,
                    date.saturating_add(jiff::Span::new().days(t))
                )
            })
            .collect::<String>();
    let table = Table::read(text.as_bytes()).unwrap();
    let panel = Panel::read(&table, "location", "date", "Y", &[]).unwrap();
    let refusal = plan(&panel, &Ask::default()).unwrap_err();
    assert_eq!(refusal.code, "too_few_regions");
    assert!(refusal.next.contains("hold out part of the audience"));
}

#[test]
fn a_region_that_vanishes_is_named() {
    let Some(bytes) = data("geolift_test.csv") else {
        return;
    };
    let rows: Vec<(u64, &str)> = bytes.text("location").unwrap();
    let (y, d) = (bytes.text("Y").unwrap(), bytes.text("date").unwrap());
    let mut text = "location,Y,date\n".to_owned();
    for i in 0..rows.len() {
        if rows[i].1 != "miami" || d[i].1 < "2021-03-01" {
            text.push_str(&format!("{},{},{}\n", rows[i].1, y[i].1, d[i].1));
        }
    }
    let table = Table::read(text.as_bytes()).unwrap();
    let refusal = Panel::read(&table, "location", "date", "Y", &[]).unwrap_err();
    assert_eq!(refusal.code, "region_vanishes");
    assert!(refusal.what.contains("miami") && refusal.what.contains("2021-03-01"));
    let out = Panel::read(&table, "location", "date", "Y", &["miami".to_owned()]).unwrap();
    assert_eq!(out.regions.len(), 39);
}

#[test]
fn a_fit_takes_no_pass_over_the_series() {
    let Some(table) = data("geolift_test.csv") else {
        return;
    };
    let panel = Panel::read(&table, "location", "date", "Y", &[]).unwrap();
    let problem = Problem::new(&panel, 90);
    let at = panel.find(&treated()).unwrap();
    let donors: Vec<usize> = (0..40).filter(|r| !at.contains(r)).collect();
    let started = std::time::Instant::now();
    for _ in 0..100 {
        assert!(problem.fit(&at, &donors).l2 > 909.0);
    }
    println!("{:.3} ms a fit", started.elapsed().as_secs_f64() * 10.0);
}

fn asked(table: &Table, y: &str, controls: &[&str], pre: usize, seed: u64) -> impact::Ask {
    impact::Ask {
        y: table.numbers(y).unwrap(),
        controls: controls.iter().map(|c| table.numbers(c).unwrap()).collect(),
        pre,
        draws: 4000,
        seed,
        level_sd: 0.01,
    }
}

#[test]
fn the_vignette_comes_out_as_in_causal_impact() {
    let Some(table) = data("causalimpact_vignette.csv") else {
        return;
    };
    for seed in 1..=3 {
        let seen = impact(&asked(&table, "y", &["x1"], 70, seed)).unwrap();
        println!(
            "{:?} {:?} {:?} sd {:?}",
            seen.abs_effect, seen.abs_effect_lower, seen.abs_effect_upper, seen.abs_effect_sd
        );
        near(seen.abs_effect.average, 10.51, 0.1);
        near(seen.abs_effect_lower.average, 9.76, 0.15);
        near(seen.abs_effect_upper.average, 11.25, 0.15);
        assert!(seen.p_value < 0.005);
    }
}

#[test]
fn the_comparison_is_no_false_positive() {
    let Some(table) = data("causalimpact_comparison.csv") else {
        return;
    };
    let controls = ["NOT_CHANGED_1", "NOT_CHANGED_2", "NOT_CHANGED_3"];
    for seed in 1..=2 {
        let seen = impact(&asked(&table, "CHANGED", &controls, 90, seed)).unwrap();
        println!(
            "{:?} sd {:?} p {}",
            seen.abs_effect, seen.abs_effect_sd, seen.p_value
        );
        near(seen.abs_effect.average, -630.0, 60.0);
        near(seen.abs_effect_sd.average, 745.0, 40.0);
        assert!((0.17..=0.25).contains(&seen.p_value), "{}", seen.p_value);
    }
}

// S110
#[test]
fn the_budget_is_that_of_the_grid() {
    let Some(table) = data("pymc_mmm_example.csv") else {
        return;
    };
    let spec = Spec::new("y", &["x1", "x2"], &["event_1", "event_2", "t"]);
    let design = Design::new(&table, "date_week", &spec).unwrap();
    let fitted = fit(design, &Settings::default(), None);
    for budget in [0.4, 0.6, 1.2] {
        let ask = budget::Ask {
            budget: Some(budget),
            ..budget::Ask::default()
        };
        let started = std::time::Instant::now();
        let found = optimise(&fitted, &ask).unwrap();
        println!("{:.1} ms", started.elapsed().as_secs_f64() * 1e3);
        // The same posterior mean on a grid, by brute force.
        let response = |x1: f64| {
            let mut total = 0.0;
            for draw in fitted.draws() {
                for (c, x) in [x1, budget - x1].into_iter().enumerate() {
                    let curve: Vec<f64> = fitted.curve_of(draw, c).collect();
                    total +=
                        curve[2] * (0.5 * curve[1] * x / fitted.design.channel_scale[c]).tanh();
                }
            }
            total
        };
        let best = (0..=400)
            .map(|k| budget * f64::from(k) / 400.0)
            .max_by(|a, b| response(*a).total_cmp(&response(*b)))
            .unwrap();
        near(found.allocation[0].spend, best, 0.005 * budget);
        near(
            found.allocation.iter().map(|p| p.spend).sum::<f64>(),
            budget,
            1e-9,
        );
        println!(
            "{budget}: {:.4} ({best:.4}), {:?}",
            found.allocation[0].spend, found.response
        );
    }
    // The reference posterior's own grid.
    let ask = budget::Ask {
        budget: Some(1.2),
        ..budget::Ask::default()
    };
    let found = optimise(&fitted, &ask).unwrap();
    near(found.allocation[0].spend, 0.6408, 0.03);
    near(found.response.mean, 4028.66, 60.0);

    let bounded = budget::Ask {
        budget: Some(1.2),
        bounds: vec![("x1".to_owned(), 0.0, 0.3)],
        ..budget::Ask::default()
    };
    let found = optimise(&fitted, &bounded).unwrap();
    near(found.allocation[0].spend, 0.3, 1e-9);
    let goal = budget::Ask {
        goal: Some(3000.0),
        ..budget::Ask::default()
    };
    let found = optimise(&fitted, &goal).unwrap();
    near(found.response.mean, 3000.0, 5.0);
    let beyond = budget::Ask {
        goal: Some(1e9),
        ..budget::Ask::default()
    };
    assert_eq!(optimise(&fitted, &beyond).unwrap_err().code, "out_of_reach");
}
