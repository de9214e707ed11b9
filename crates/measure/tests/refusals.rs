//! Bad input: a clear refusal or a stated repair, never a silent answer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use placet_measure::mmm::Spec;
use placet_measure::mmm::design::Design;
use placet_measure::rng::Rng;
use placet_measure::table::Table;

/// Two years of a plain case; `change` may spoil a row's cells (date, y, a, b, z).
fn table(n: i32, change: impl Fn(i32, &mut [String; 5])) -> String {
    let mut rng = Rng::new(8, 0);
    let mut text = "date,y,a,b,z\n".to_owned();
    let start: jiff::civil::Date = "2023-01-02".parse().unwrap();
    for t in 0..n {
        let date = start.saturating_add(jiff::Span::new().days(7 * t));
        let numbers = [
            900.0 + 200.0 * rng.uniform(),
            50.0 * rng.uniform(),
            20.0 * rng.uniform(),
            rng.normal(),
        ];
        let mut row = [
            date.to_string(),
            numbers[0].to_string(),
            numbers[1].to_string(),
            numbers[2].to_string(),
            numbers[3].to_string(),
        ];
        change(t, &mut row);
        if !row[0].is_empty() {
            text.push_str(&row.join(","));
            text.push('\n');
        }
    }
    text
}

fn ask(text: &str, spec: &Spec) -> Result<Vec<&'static str>, &'static str> {
    let refusal = |r: placet_measure::Refusal| {
        assert!(!r.what.is_empty() && !r.next.is_empty());
        r.code
    };
    let table = Table::read(text.as_bytes()).map_err(refusal)?;
    let design = Design::new(&table, "date", spec).map_err(refusal)?;
    Ok(design.notes.iter().map(|n| n.code).collect())
}

fn plain() -> Spec {
    Spec::new("y", &["a", "b"], &["z"])
}

#[track_caller]
fn refused(text: &str, code: &str) {
    assert_eq!(ask(text, &plain()).unwrap_err(), code);
}

// S160
#[test]
fn thin_or_broken_data_is_refused_by_name() {
    assert!(ask(&table(104, |_, _| {}), &plain()).is_ok());
    refused(&table(3, |_, _| {}), "too_few_periods");
    refused(&table(1, |_, _| {}), "too_few_periods");
    refused(&table(45, |_, _| {}), "less_than_a_year");
    refused(
        &table(104, |t, row| {
            if t == 50 {
                row[0].clear()
            }
        }),
        "missing_periods",
    );
    refused(
        &table(104, |t, row| {
            if t == 50 {
                row[0] = "01/02/2023".into()
            }
        }),
        "two_date_formats",
    );
    refused(
        &table(104, |t, row| {
            if t == 50 {
                row[2] = "-5".into()
            }
        }),
        "negative_spend",
    );
    refused(
        &table(104, |t, row| {
            if t == 50 {
                row[2] = "NaN".into()
            }
        }),
        "not_finite",
    );
    refused(
        &table(104, |t, row| {
            if t == 50 {
                row[1] = "inf".into()
            }
        }),
        "not_finite",
    );
    refused(
        &table(104, |t, row| {
            if t == 50 {
                row[1].clear()
            }
        }),
        "missing_value",
    );
    refused(
        &table(104, |_, row| row[2] = "7".into()),
        "channel_never_varies",
    );
    refused(
        &table(104, |_, row| row[2] = "0".into()),
        "channel_never_varies",
    );
    refused(
        &table(104, |t, row| row[2] = u8::from(t < 2).to_string()),
        "channel_hardly_active",
    );
    refused(&table(104, |_, row| row[3] = row[2].clone()), "copies");
    refused(&table(104, |_, row| row[1] = "0".into()), "target_zero");
    refused(
        &table(104, |_, row| row[1] = "5".into()),
        "target_never_varies",
    );
    refused(
        &table(104, |_, row| row[4] = "1".into()),
        "control_never_varies",
    );
}

#[test]
fn what_is_odd_but_usable_is_said() {
    let zeros = ask(
        &table(104, |t, row| {
            if t % 2 == 0 {
                row[2] = "0".into()
            }
        }),
        &plain(),
    );
    assert!(zeros.is_ok(), "zero spend is data");
    let rare = ask(
        &table(104, |t, row| {
            if t % 20 != 0 {
                row[2] = "0".into()
            }
        }),
        &plain(),
    );
    assert!(rare.unwrap().contains(&"channel_rarely_active"));
    let close = table(104, |t, row| {
        row[3] = format!("{}", row[2].parse::<f64>().unwrap() + f64::from(t % 7))
    });
    assert!(ask(&close, &plain()).unwrap().contains(&"nearly_copies"));
    let mut rows: Vec<String> = table(104, |_, _| {}).lines().map(str::to_owned).collect();
    rows.swap(10, 60);
    assert!(
        ask(&(rows.join("\n") + "\n"), &plain())
            .unwrap()
            .contains(&"sorted")
    );
    let mut spec = plain();
    spec.controls.push("t".to_owned());
    assert!(
        ask(&table(104, |_, _| {}), &spec)
            .unwrap()
            .contains(&"added_t")
    );
}

#[test]
fn five_hundred_channels_are_too_many() {
    let mut rng = Rng::new(2, 0);
    let names: Vec<String> = (0..500).map(|i| format!("c{i}")).collect();
    let mut text = format!("date,y,{}\n", names.join(","));
    let start: jiff::civil::Date = "2023-01-02".parse().unwrap();
    for t in 0..104 {
        let date = start.saturating_add(jiff::Span::new().days(7 * t));
        let cells: Vec<String> = (0..501).map(|_| rng.uniform().to_string()).collect();
        text.push_str(&format!("{date},{}\n", cells.join(",")));
    }
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(
        ask(&text, &Spec::new("y", &all, &[])).unwrap_err(),
        "too_many_parameters"
    );
}

#[test]
fn wrong_names_are_answered_with_the_right_ones() {
    let text = table(104, |_, _| {});
    assert_eq!(
        ask(&text, &Spec::new("yy", &["a"], &[])).unwrap_err(),
        "no_column"
    );
    assert_eq!(
        ask(&text, &Spec::new("y", &[], &[])).unwrap_err(),
        "no_channels"
    );
    assert_eq!(
        ask(&text, &Spec::new("y", &["a", "a"], &[])).unwrap_err(),
        "named_twice"
    );
    let lost = Table::read(text.as_bytes()).unwrap();
    let refusal = Design::new(&lost, "day", &plain()).unwrap_err();
    assert!(refusal.next.contains("date, y, a, b, z"));
}
