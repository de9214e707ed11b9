//! Measurement: the media mix model, a geo test, causal impact, a budget; on the public data when
//! they are beside the project, or in the folder that `PLACET_SHARED` names.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, anyhow};
use placet_measure::Refusal;
use placet_measure::budget::{self, optimise};
use placet_measure::geo::{Panel, Problem};
use placet_measure::impact::{self, impact};
use placet_measure::mmm::design::Design;
use placet_measure::mmm::{Spec, fit};
use placet_measure::nuts::Settings;
use placet_measure::table::Table;

use super::Figure;

/// Runs it; without the data there is nothing to measure, and it says so.
pub fn run(runs: usize) -> Result<Vec<Figure>> {
    let folder = std::env::var_os("PLACET_SHARED")
        .map_or_else(|| PathBuf::from("../shared"), PathBuf::from)
        .join("data/measurement");
    let read = |file: &str| std::fs::read(folder.join(file)).ok();
    let (Some(weekly), Some(geo), Some(series)) = (
        read("pymc_mmm_example.csv"),
        read("geolift_test.csv"),
        read("causalimpact_vignette.csv"),
    ) else {
        eprintln!(
            "placet bench: measure SKIPPED: `{}` holds no data; set PLACET_SHARED",
            folder.display()
        );
        return Ok(Vec::new());
    };
    let mut figures: [Vec<f64>; 5] = Default::default();
    for seed in 1..=runs as u64 {
        let found = once(&weekly, &geo, &series, seed).map_err(|refusal| anyhow!("{refusal}"))?;
        for (all, one) in figures.iter_mut().zip(found) {
            all.push(one);
        }
    }
    let [sampling, ess, control, effect, split] = figures;
    let figure = |what: &str, values, unit| Figure {
        what: what.to_owned(),
        values,
        unit,
    };
    Ok(vec![
        figure("media mix model, 4 x (1000 + 1000)", sampling, "s"),
        figure("effective draws, fewest of a parameter", ess, "draws"),
        figure("synthetic control, 40 cities", control, "ms"),
        figure("causal impact, 4000 draws", effect, "ms"),
        figure("best split of a budget", split, "ms"),
    ])
}

fn once(weekly: &[u8], geo: &[u8], series: &[u8], seed: u64) -> Result<[f64; 5], Refusal> {
    let spec = Spec::new("y", &["x1", "x2"], &["event_1", "event_2", "t"]);
    let design = Design::new(&Table::read(weekly)?, "date_week", &spec)?;
    let settings = Settings {
        seed,
        ..Settings::default()
    };
    let started = Instant::now();
    let fitted = fit(design, &settings, None);
    let sampling = started.elapsed().as_secs_f64();

    let panel = Panel::read(&Table::read(geo)?, "location", "date", "Y", &[])?;
    let treated = panel.find(&["chicago".to_owned(), "portland".to_owned()])?;
    let donors: Vec<usize> = (0..panel.regions.len())
        .filter(|r| !treated.contains(r))
        .collect();
    let started = Instant::now();
    let control = Problem::new(&panel, 90).fit(&treated, &donors);
    let control_ms = 1e3 * started.elapsed().as_secs_f64();
    debug_assert!(control.att.is_finite());

    let table = Table::read(series)?;
    let ask = impact::Ask {
        y: table.numbers("y")?,
        controls: vec![table.numbers("x1")?],
        pre: 70,
        draws: 4000,
        seed,
        level_sd: 0.01,
    };
    let started = Instant::now();
    impact(&ask)?;
    let impact_ms = 1e3 * started.elapsed().as_secs_f64();

    let ask = budget::Ask {
        budget: Some(1.2),
        ..budget::Ask::default()
    };
    let started = Instant::now();
    optimise(&fitted, &ask)?;
    let budget_ms = 1e3 * started.elapsed().as_secs_f64();
    Ok([sampling, fitted.min_ess(), control_ms, impact_ms, budget_ms])
}
