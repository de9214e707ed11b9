#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use jiff::ToSpan as _;

use super::*;

/// Weekly counts of regions whose volume changes by these shares a year, with seasons, noise
/// beyond Poisson, and neighbouring weeks that resemble each other.
fn panel(changes: &[f64], weeks: i32, volume: f64, seed: u64) -> Panel {
    let start = jiff::civil::date(2023, 1, 2);
    let mut rng = Rng::new(seed, 1);
    let y = changes
        .iter()
        .map(|change| {
            let mut carried = 0.0;
            (0..weeks)
                .map(|t| {
                    let years = f64::from(t) * 7.0 / 365.25;
                    carried = 0.5 * carried + 0.1 * rng.normal();
                    let season = 0.2 * (std::f64::consts::TAU * years).sin();
                    let mean = volume * (change.ln_1p() * years + season + carried).exp();
                    (mean + mean.sqrt() * rng.normal()).round().max(0.0)
                })
                .collect()
        })
        .collect();
    Panel {
        regions: (0..changes.len()).map(|i| format!("r{i:02}")).collect(),
        dates: (0..weeks).map(|t| start + (7 * t).days()).collect(),
        y,
    }
}

/// S110: intervals hold the truth as often as they say, of the change and of what comes next.
#[test]
fn s110_the_trend_of_a_region_lies_in_its_interval() {
    let (mut n, mut within, mut foreseen, mut shared) = (0, 0, 0, 0);
    for seed in 0..40 {
        let mut rng = Rng::new(seed, 2);
        let changes: Vec<f64> = (0..8).map(|_| 0.04 + 0.06 * rng.normal()).collect();
        let whole = panel(&changes, 156 + 13, 60.0, seed);
        let mut known = whole.clone();
        known.dates.truncate(156);
        known.y.iter_mut().for_each(|y| y.truncate(156));
        let found = trend(&known, 13, 1).unwrap();
        for region in &found.regions {
            let at = whole
                .regions
                .iter()
                .position(|name| *name == region.name)
                .unwrap();
            let came: f64 = whole.y[at][156..].iter().sum();
            let holds = |[_, low, high]: [f64; 3], truth: f64| (low..=high).contains(&truth);
            n += 1;
            within += usize::from(holds(region.change, changes[at]));
            foreseen += usize::from(holds(region.expected, came));
        }
        shared += usize::from((found.shared[1]..=found.shared[2]).contains(&0.04));
    }
    let of = |count: usize| count as f64 / n as f64;
    assert!((0.84..=0.97).contains(&of(within)), "{}", of(within));
    assert!((0.80..=0.97).contains(&of(foreseen)), "{}", of(foreseen));
    assert!(shared >= 32, "{shared} of 40");
}

#[test]
fn a_small_region_is_drawn_towards_the_others_and_a_large_one_keeps_its_own() {
    let mut known = panel(&[0.05, 0.05, 0.05, 0.05, 0.30, 0.30], 156, 400.0, 3);
    // The last region is tiny.
    for v in &mut known.y[5] {
        *v = (*v / 300.0).round();
    }
    let found = trend(&known, 26, 1).unwrap();
    let of = |name: &str| found.regions.iter().find(|r| r.name == name).unwrap();
    let width = |ends: [f64; 3]| ends[2] - ends[1];
    assert!((of("r04").change[0] - of("r04").alone[0]).abs() < 0.05);
    let small = of("r05");
    let away = |change: [f64; 3]| (change[0] - found.shared[0]).abs();
    assert!(away(small.change) < 0.7 * away(small.alone), "{small:?}");
    assert!(width(small.change) <= width(small.alone));
    assert_eq!(of("r04").verdict, "grows");
    let shares: f64 = found.regions.iter().map(|r| r.share[0]).sum();
    assert!((shares - 1.0).abs() < 0.01, "{shares}");
    assert!(
        found
            .regions
            .windows(2)
            .all(|pair| pair[0].mean >= pair[1].mean)
    );
    let again = trend(&known, 26, 1).unwrap();
    assert_eq!(again.regions[0].expected, found.regions[0].expected);
}

#[test]
fn what_cannot_be_told_is_refused() {
    let code = |panel: &Panel, ahead| trend(panel, ahead, 1).unwrap_err().code;
    assert_eq!(code(&panel(&[0.0], 40, 50.0, 1), 4), "less_than_a_year");
    assert_eq!(code(&panel(&[0.0], 110, 50.0, 1), 0), "bad_horizon");
    assert_eq!(code(&panel(&[0.0], 110, 50.0, 1), 300), "bad_horizon");
    let mut broken = panel(&[0.0, 0.0], 110, 50.0, 1);
    broken.y[1][4] = -1.0;
    assert_eq!(code(&broken, 4), "negative_volume");
    broken.y[1].fill(0.0);
    assert_eq!(code(&broken, 4), "no_trend");
    let young = trend(&panel(&[0.1], 70, 50.0, 1), 40, 1).unwrap();
    let codes: Vec<&str> = young.notes.iter().map(|note| note.code).collect();
    assert_eq!(codes, ["one_year", "far_ahead"]);
}
