//! The figures of the reference tools on public data, reached.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::path::PathBuf;

use placet_measure::mmm::design::Design;
use placet_measure::mmm::{Fit, LiftTest, Spec, fit};
use placet_measure::nuts::Settings;
use placet_measure::table::Table;
use serde_json::Value;

/// The public data, when it is beside the project.
fn data(file: &str) -> Option<Vec<u8>> {
    let root = std::env::var("PLACET_SHARED").map_or_else(
        |_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = root.join("data/measurement").join(file);
    let found = std::fs::read(&path).ok();
    if found.is_none() {
        println!(
            "SKIPPED: {} is not there; set PLACET_SHARED",
            path.display()
        );
    }
    found
}

fn reference(entry: &str) -> Option<Value> {
    let all: Value = serde_json::from_slice(&data("reference_results.json")?).unwrap();
    Some(all["entries"][entry].clone())
}

fn strings(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap())
        .collect()
}

fn fitted(
    table: &Table,
    date: &str,
    entry: &Value,
    tests: Vec<LiftTest>,
    settings: &Settings,
) -> Fit {
    let mut spec = Spec::new(
        "y",
        &strings(&entry["channels"]),
        &strings(&entry["controls"]),
    );
    spec.lift_tests = tests;
    let design = Design::new(table, date, &spec).unwrap();
    let started = std::time::Instant::now();
    let out = fit(design, settings, None);
    println!(
        "{:.3} s, {} steps, min ess {:.0}, max r-hat {:.4}, {} divergences",
        started.elapsed().as_secs_f64(),
        out.sampler.steps,
        out.min_ess(),
        out.max_r_hat(),
        out.sampler.divergences
    );
    out
}

/// Every parameter's quantiles, in units of the reference's standard deviation.
#[track_caller]
fn compare(fitted: &Fit, entry: &Value, middle: f64, ends: f64, totals: f64) {
    let reference = entry["parameters"].as_object().unwrap();
    assert_eq!(reference.len(), fitted.names.len());
    for (i, name) in fitted.names.iter().enumerate() {
        let expected = &reference[name];
        let of = |key: &str| expected[key].as_f64().unwrap();
        let seen = fitted.parameter(i);
        // Heavy tails make sd a poor yardstick: the width of the middle 90 % stands in.
        let sd = of("sd").max((of("q95") - of("q05")) / 3.29);
        let off = |a: f64, key: &str| (a - of(key)).abs() / sd;
        assert!(
            off(seen.q50, "q50") < middle,
            "{name}: {seen:?}, reference {expected}"
        );
        assert!(
            off(seen.q05, "q05") < ends,
            "{name}: {seen:?}, reference {expected}"
        );
        assert!(
            off(seen.q95, "q95") < ends,
            "{name}: {seen:?}, reference {expected}"
        );
    }
    for (c, name) in fitted.design.spec.channels.iter().enumerate() {
        let expected = entry["channel"][name]["contribution_total"]["mean"]
            .as_f64()
            .unwrap();
        let seen = fitted.total(c).mean;
        assert!(
            (seen / expected - 1.0).abs() < totals,
            "{name}: {seen}, reference {expected}"
        );
    }
}

#[test]
fn the_readme_example_comes_out_as_in_pymc_marketing() {
    let (Some(bytes), Some(entry)) = (data("pymc_mmm_example.csv"), reference("pymc_mmm_example"))
    else {
        return;
    };
    let table = Table::read(&bytes).unwrap();
    for seed in 1..=3 {
        let settings = Settings {
            seed,
            ..Settings::default()
        };
        let fitted = fitted(&table, "date_week", &entry, Vec::new(), &settings);
        assert!(fitted.max_r_hat() <= 1.01, "{}", fitted.max_r_hat());
        assert!(fitted.min_ess() >= 1000.0, "{}", fitted.min_ess());
        assert_eq!(fitted.sampler.divergences, 0);
        compare(&fitted, &entry, 0.15, 0.3, 0.02);
    }
}

#[test]
fn without_tests_the_confounded_channel_is_overstated_and_the_report_warns() {
    let (Some(bytes), Some(entry)) = (
        data("pymc_mmm_roas.csv"),
        reference("pymc_mmm_roas_uncalibrated"),
    ) else {
        return;
    };
    let table = Table::read(&bytes).unwrap();
    let fitted = fitted(&table, "date", &entry, Vec::new(), &Settings::default());
    compare(&fitted, &entry, 0.15, 0.35, 0.02);
    let report = fitted.report();
    assert!(report.notes.iter().any(|n| n.code == "observational"));
    assert!(report.notes.iter().any(|n| n.code == "added_t"));
}

#[test]
fn lift_tests_pull_the_confounded_channel_back() {
    let (Some(bytes), Some(entry)) = (
        data("pymc_mmm_roas.csv"),
        reference("pymc_mmm_roas_with_lift_tests"),
    ) else {
        return;
    };
    let tests = entry["lift_tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| LiftTest {
            channel: t["channel"].as_str().unwrap().to_owned(),
            x: t["x"].as_f64().unwrap(),
            delta_x: t["delta_x"].as_f64().unwrap(),
            delta_y: t["delta_y"].as_f64().unwrap(),
            sigma: t["sigma"].as_f64().unwrap(),
        })
        .collect();
    let table = Table::read(&bytes).unwrap();
    let fitted = fitted(&table, "date", &entry, tests, &Settings::default());
    compare(&fitted, &entry, 0.15, 0.35, 0.02);
    let report = fitted.report();
    let roas = report.channel.0[0].1.per_unit_spend;
    assert!((116.0..=150.0).contains(&roas.mean), "{roas:?}");
    assert!(!report.notes.iter().any(|n| n.code == "observational"));
}

/// Five weakly informed channels and prepared controls.
#[test]
fn the_robyn_data_come_out_as_in_pymc_marketing() {
    let (Some(bytes), Some(entry)) = (
        data("robyn_simulated_weekly.csv"),
        reference("robyn_weekly_pymc"),
    ) else {
        return;
    };
    let raw = Table::read(&bytes).unwrap();
    let n = raw.len();
    let column = |name: &str| raw.numbers(name).unwrap();
    let rival = column("competitor_sales_B");
    let centre = rival.iter().sum::<f64>() / n as f64;
    let spread = (rival.iter().map(|r| (r - centre).powi(2)).sum::<f64>() / (n - 1) as f64).sqrt();
    let news = column("newsletter");
    let most = news.iter().fold(0.0_f64, |m, v| m.max(*v));
    let channels = strings(&entry["channels"]);
    let spend: Vec<Vec<f64>> = channels.iter().map(|c| column(c)).collect();
    let revenue = column("revenue");
    let (dates, events) = (raw.text("DATE").unwrap(), raw.text("events").unwrap());
    let mut text = format!("DATE,y,{},comp,event,news,t\n", channels.join(","));
    for i in 0..n {
        text.push_str(&format!("{},{}", dates[i].1, revenue[i]));
        for x in &spend {
            text.push_str(&format!(",{}", x[i]));
        }
        let event = u8::from(events[i].1 != "na");
        let comp = (rival[i] - centre) / spread;
        text.push_str(&format!(
            ",{comp},{event},{},{}\n",
            news[i] / most,
            i as f64 / 208.0
        ));
    }
    let table = Table::read(text.as_bytes()).unwrap();
    let fitted = fitted(&table, "DATE", &entry, Vec::new(), &Settings::default());
    // Weak channels have wide totals: a few per cent is a fraction of their spread. Their heights
    // have tails so heavy that the reference's own ends wander by half a spread.
    compare(&fitted, &entry, 0.15, 0.6, 0.06);
    assert!(fitted.max_r_hat() <= 1.01, "{}", fitted.max_r_hat());
}
