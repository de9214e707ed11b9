//! A smaller run of simulation-based calibration; the example runs 200 data sets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use placet_measure::mmm::Spec;
use placet_measure::mmm::calibration::calibrate;
use placet_measure::mmm::design::Design;
use placet_measure::nuts::Settings;
use placet_measure::rng::Rng;
use placet_measure::table::Table;

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    let mut rng = Rng::new(1, 0);
    let mut text = "date,y,a\n".to_owned();
    let start: jiff::civil::Date = "2022-01-03".parse().unwrap();
    for t in 0..60 {
        let date = start.saturating_add(jiff::Span::new().days(7 * t));
        text.push_str(&format!("{date},{},{}\n", rng.uniform(), rng.uniform()));
    }
    let mut spec = Spec::new("y", &["a"], &[]);
    spec.yearly = 1;
    let design = Design::new(&Table::read(text.as_bytes()).unwrap(), "date", &spec).unwrap();
    let settings = Settings {
        chains: 2,
        tune: 300,
        draws: 300,
        ..Settings::default()
    };
    let found = calibrate(&design, 40, &settings);
    let overall = found.overall();
    assert!(
        (0.84..0.96).contains(&overall),
        "{overall} {:?}",
        found.coverage
    );
    for i in 0..found.names.len() {
        assert!(
            found.distance(i) < 1.95,
            "{}: {}",
            found.names[i],
            found.distance(i)
        );
    }
}
