//! Simulation-based calibration of the media mix model over 200 data sets.
//!
//! Run: `cargo run --release -p placet-measure --example calibration [data sets]`

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing)]

use placet_measure::mmm::Spec;
use placet_measure::mmm::calibration::calibrate;
use placet_measure::mmm::design::Design;
use placet_measure::nuts::Settings;
use placet_measure::rng::Rng;
use placet_measure::table::Table;

fn main() {
    let data_sets = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(200);
    let mut rng = Rng::new(1, 0);
    let mut text = "date,y,a,b,z\n".to_owned();
    let start: jiff::civil::Date = "2022-01-03".parse().unwrap();
    for t in 0..104 {
        let date = start.saturating_add(jiff::Span::new().days(7 * t));
        let row = [rng.uniform(), rng.uniform(), rng.uniform(), rng.normal()];
        let [y, a, b, z] = row;
        text.push_str(&format!("{date},{y},{a},{b},{z}\n"));
    }
    let table = Table::read(text.as_bytes()).unwrap();
    let mut spec = Spec::new("y", &["a", "b"], &["z"]);
    spec.yearly = 1;
    let design = Design::new(&table, "date", &spec).unwrap();
    let settings = Settings {
        chains: 4,
        tune: 600,
        draws: 600,
        ..Settings::default()
    };
    let found = calibrate(&design, data_sets, &settings);
    println!("{data_sets} data sets; a distance above 1.63 happens once in a hundred by chance");
    for (i, name) in found.names.iter().enumerate() {
        println!(
            "{name:28} coverage {:.3}  distance {:.2}",
            found.coverage[i],
            found.distance(i)
        );
    }
    println!("overall coverage {:.3}, should be 0.900", found.overall());
}
