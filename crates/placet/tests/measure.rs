//! `placet measure` as somebody at a terminal meets it with tables as they come: a clear refusal or
//! a repair that is said, never a silent answer (S160).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::Value;

/// What the command said: an answer, or the code of a refusal.
fn measure(file: &Path, question: &[&str]) -> Result<Value, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_placet"));
    command.arg("measure").arg(question[0]);
    command.arg("--data").arg(file).args(&question[1..]);
    command.arg("--json").env_remove("PLACET_CONFIG");
    let output = command.stdin(Stdio::null()).output().unwrap();
    let status = output.status.code().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let value: Value = serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)));
    match value.pointer("/refused/code") {
        Some(code) => {
            assert_eq!(status, 1, "a refusal has a status of its own");
            for part in ["/refused/what", "/refused/next"] {
                assert!(!value.pointer(part).unwrap().as_str().unwrap().is_empty());
            }
            Err(code.as_str().unwrap().to_owned())
        }
        None => Ok(value),
    }
}

fn ask(csv: &str, question: &[&str]) -> Result<Value, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.csv");
    fs::write(&file, csv).unwrap();
    measure(&file, question)
}

#[track_caller]
fn refused(csv: &str, question: &[&str], code: &str) {
    match ask(csv, question) {
        Err(said) => assert_eq!(said, code, "{question:?}"),
        Ok(_) => panic!("{question:?} answered, although it should be refused: {code}"),
    }
}

#[track_caller]
fn answered(csv: &str, question: &[&str], notes: &[&str]) -> Value {
    let value = ask(csv, question).unwrap();
    let said: Vec<&str> = value["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["code"].as_str().unwrap())
        .collect();
    for note in notes {
        assert!(said.contains(note), "{note} in {said:?}");
    }
    value
}

/// A number that looks random, from 0 to 1.
fn noise(n: i32, salt: i32) -> f64 {
    let x = f64::from(n * 7 + salt * 131) * 12.9898;
    (x.sin() * 43_758.545).rem_euclid(1.0)
}

/// How the periods of a table follow each other.
#[derive(Clone, Copy)]
enum Every {
    Days(i32),
    Months(i32),
}

impl Every {
    fn date(self, n: i32) -> Date {
        let start: Date = "2015-01-01".parse().unwrap();
        match self {
            Self::Days(days) => start.saturating_add((days * n).days()),
            Self::Months(months) => start.saturating_add((months * n).months()),
        }
    }
}

type Row = [String; 5];

/// `date,y,a,b,z` by period; `change` spoils rows, and a row without a date is left out.
fn series(n: i32, every: Every, change: impl Fn(i32, &mut Row)) -> String {
    let mut csv = "date,y,a,b,z\n".to_owned();
    for t in 0..n {
        let (a, b) = (50.0 * noise(t, 1), 20.0 * noise(t, 2));
        let y = 900.0 + 3.0 * a + 5.0 * b + 60.0 * noise(t, 3);
        let mut row = [
            every.date(t).to_string(),
            format!("{y:.2}"),
            format!("{a:.2}"),
            format!("{b:.2}"),
            format!("{:.3}", noise(t, 4)),
        ];
        change(t, &mut row);
        if !row[0].is_empty() {
            csv.push_str(&(row.join(",") + "\n"));
        }
    }
    csv
}

/// Weeks with one row spoilt.
fn spoilt(column: usize, cell: &str) -> String {
    series(104, WEEK, |t, row| {
        if t == 50 {
            row[column] = cell.to_owned();
        }
    })
}

/// Weeks with one column spoilt.
fn column(at: usize, cell: impl Fn(&Row) -> String) -> String {
    series(104, WEEK, |_, row| row[at] = cell(row))
}

const WEEK: Every = Every::Days(7);
const DAY: Every = Every::Days(1);
const MONTH: Every = Every::Months(1);
const QUARTER: Every = Every::Months(3);

const MMM: [&str; 15] = [
    "mmm",
    "--date",
    "date",
    "--target",
    "y",
    "--channels",
    "a,b",
    "--controls",
    "z",
    "--chains",
    "1",
    "--tune",
    "50",
    "--draws",
    "50",
];
const IMPACT: [&str; 11] = [
    "impact",
    "--date",
    "date",
    "--outcome",
    "y",
    "--controls",
    "a,b",
    "--pre",
    "80",
    "--draws",
    "100",
];

#[test]
fn what_no_series_should_be_is_refused_by_both_who_read_one() {
    for question in [&MMM[..], &IMPACT[..]] {
        refused(&spoilt(0, ""), question, "missing_periods");
        refused(&spoilt(0, "17/12/2015"), question, "two_date_formats");
        refused(&spoilt(0, "2015-12-10"), question, "date_twice");
        refused(&spoilt(0, "soon"), question, "not_a_date");
        refused(&spoilt(1, "NaN"), question, "not_finite");
        refused(&spoilt(2, "inf"), question, "not_finite");
        refused(&spoilt(2, ""), question, "missing_value");
        refused(&column(1, |_| "0".into()), question, "target_zero");
        refused(&column(3, |row| row[2].clone()), question, "copies");
        refused(&column(2, |row| row[1].clone()), question, "copies");
        refused(&series(3, WEEK, |_, _| {}), question, "too_few_periods");
        refused(
            &series(104, Every::Days(14), |_, _| {}),
            question,
            "irregular_dates",
        );
        refused(
            &series(104, Every::Days(28), |_, _| {}),
            question,
            "irregular_dates",
        );
        let mut rows: Vec<String> = series(104, WEEK, |_, _| {})
            .lines()
            .map(str::to_owned)
            .collect();
        rows.swap(20, 70);
        answered(&(rows.join("\n") + "\n"), question, &["sorted"]);
    }
}

#[test]
fn a_media_mix_says_what_its_spend_lacks() {
    refused(&spoilt(2, "-5"), &MMM, "negative_spend");
    refused(&column(2, |_| "7".into()), &MMM, "channel_never_varies");
    refused(&column(2, |_| "0".into()), &MMM, "channel_never_varies");
    let idle = series(104, WEEK, |t, row| {
        if t % 20 != 0 {
            row[2] = "0".into();
        }
    });
    answered(&idle, &MMM, &["channel_rarely_active", "observational"]);
}

// Months and quarters are periods of unequal days.
#[test]
fn days_months_and_quarters_are_read_as_what_they_are() {
    for (n, every, step) in [
        (400, DAY, "day"),
        (60, MONTH, "month"),
        (48, QUARTER, "quarter"),
    ] {
        let said = answered(&series(n, every, |_, _| {}), &MMM, &[]);
        assert_eq!(said["data"]["step"], step);
        let has_days = said["parameters"].get("gamma_days").is_some();
        assert_eq!(has_days, step != "day");
        answered(&series(n.max(90), every, |_, _| {}), &IMPACT, &[]);
    }
    let quarters = series(48, QUARTER, |t, row| {
        row[0] = format!("{}-Q{}", 2010 + t / 4, t % 4 + 1);
    });
    let said = answered(
        &quarters,
        &MMM,
        &["fewer_waves", "uneven_periods", "long_carry_over"],
    );
    assert_eq!(said["data"]["from"], "2010-01-01");
    assert_eq!(said["data"]["step"], "quarter");
    let without = series(48, QUARTER, |t, row| {
        if t == 9 {
            row[0].clear();
        }
    });
    refused(&without, &MMM, "missing_periods");
}

#[test]
fn an_impact_without_dates_says_that_it_cannot_see_gaps() {
    let bare = [
        "impact",
        "--outcome",
        "y",
        "--controls",
        "a",
        "--pre",
        "80",
        "--draws",
        "100",
    ];
    let weeks = series(104, WEEK, |_, _| {});
    answered(&weeks, &bare, &["no_dates"]);
    let dated = [
        "impact",
        "--outcome",
        "y",
        "--controls",
        "a",
        "--draws",
        "100",
        "--date",
        "date",
        "--from",
    ];
    let from = WEEK.date(80).to_string();
    let dated: Vec<&str> = dated.into_iter().chain([from.as_str()]).collect();
    let [counted, named] = [&bare[..], &dated[..]].map(|question| ask(&weeks, question).unwrap());
    assert_eq!(
        counted["abs_effect"], named["abs_effect"],
        "the same periods"
    );
    refused(&column(2, |_| "7".into()), &bare, "control_never_varies");
}

/// `geo,date,y,a,b,z,people` by region and week.
fn panel(regions: i32, weeks: i32, change: impl Fn(i32, i32, &mut [String; 7])) -> String {
    let mut csv = "geo,date,y,a,b,z,people\n".to_owned();
    for g in 0..regions {
        for t in 0..weeks {
            let (a, b) = (50.0 * noise(t, 11 + g), 20.0 * noise(t, 700 + g));
            let y = 200.0 + f64::from(g) + 40.0 * noise(t, 5) + 2.0 * a + 3.0 * b;
            let mut row = [
                format!("r{g:03}"),
                WEEK.date(t).to_string(),
                format!("{y:.2}"),
                format!("{a:.2}"),
                format!("{b:.2}"),
                format!("{:.3}", noise(t, 2000 + g)),
                (1000 + g).to_string(),
            ];
            change(g, t, &mut row);
            if !row[0].is_empty() {
                csv.push_str(&(row.join(",") + "\n"));
            }
        }
    }
    csv
}

/// A panel with one cell spoilt.
fn patched(at: usize, cell: &str) -> String {
    panel(12, 60, |g, t, row| {
        if g == 4 && t == 30 {
            row[at] = cell.to_owned();
        }
    })
}

const GEO: [&str; 9] = [
    "geo",
    "--geo",
    "geo",
    "--outcome",
    "y",
    "--treated",
    "r000,r001",
    "--pre",
    "50",
];
const REGIONS: [&str; 21] = [
    "regions",
    "--geo",
    "geo",
    "--date",
    "date",
    "--target",
    "y",
    "--population",
    "people",
    "--channels",
    "a,b",
    "--controls",
    "z",
    "--max-lag",
    "2",
    "--chains",
    "1",
    "--tune",
    "50",
    "--draws",
    "50",
];
const TREND: [&str; 7] = ["trend", "--geo", "geo", "--outcome", "y", "--ahead", "4"];

#[test]
fn what_no_panel_should_be_is_refused_by_all_who_read_one() {
    for question in [&GEO[..], &REGIONS[..], &TREND[..]] {
        refused(&patched(0, ""), question, "region_vanishes");
        let vanishes = panel(12, 60, |g, t, row| {
            if g == 4 && t > 40 {
                row[0].clear();
            }
        });
        refused(&vanishes, question, "region_vanishes");
        let no_week = panel(12, 60, |_, t, row| {
            if t == 30 {
                row[0].clear();
            }
        });
        refused(&no_week, question, "missing_periods");
        refused(&patched(0, " "), question, "missing_region");
        refused(&patched(0, "r003"), question, "region_twice");
        refused(&patched(1, "30/07/2015"), question, "two_date_formats");
        refused(&patched(2, "NaN"), question, "not_finite");
        refused(&patched(2, "-inf"), question, "not_finite");
        let zeros = panel(12, 60, |_, _, row| row[2] = "0".into());
        refused(&zeros, question, "target_zero");
        let short = panel(12, 3, |_, _, _| {});
        let said = ask(&short, question).unwrap_err();
        assert!(
            ["too_few_periods", "less_than_a_year"].contains(&said.as_str()),
            "{said}"
        );
    }
}

#[test]
fn a_regional_mix_says_what_its_media_lack() {
    refused(&patched(3, "-5"), &REGIONS, "negative_spend");
    refused(
        &panel(12, 60, |_, _, row| row[3] = "7".into()),
        &REGIONS,
        "never_varies",
    );
    refused(
        &panel(12, 60, |_, _, row| row[4] = row[3].clone()),
        &REGIONS,
        "copies",
    );
    refused(
        &panel(12, 60, |_, _, row| row[3] = row[2].clone()),
        &REGIONS,
        "copies",
    );
    refused(
        &panel(12, 60, |_, _, row| row[6] = "0".into()),
        &REGIONS,
        "no_population",
    );
    refused(&panel(3, 60, |_, _, _| {}), &REGIONS, "too_few_regions");
    answered(&patched(2, "-5"), &REGIONS, &["negative_outcome"]);
}

#[test]
fn a_geo_test_does_not_stand_on_copies_or_still_regions() {
    refused(
        &panel(12, 60, |_, _, row| row[2] = "7".into()),
        &GEO,
        "treated_never_varies",
    );
    let still = panel(12, 60, |g, _, row| {
        if g > 1 {
            row[2] = "7".into();
        }
    });
    refused(&still, &GEO, "donors_never_vary");
    let copy = panel(12, 60, |g, t, row| {
        if g == 5 {
            row[2] = format!("{:.2}", 100.0 + 10.0 * noise(t, 1));
        }
        if g == 0 {
            row[2] = format!("{:.2}", 100.0 + 10.0 * noise(t, 1));
        }
    });
    refused(&copy, &GEO, "copies");
    let donors = panel(12, 60, |g, t, row| {
        if g == 5 || g == 6 {
            row[2] = format!("{:.2}", 100.0 + 10.0 * noise(t, 1));
        }
        if g == 7 {
            row[2] = "3".into();
        }
    });
    answered(&donors, &GEO, &["copies", "region_never_varies"]);
    let mut twice = GEO;
    twice[6] = "r000,r000";
    refused(&panel(12, 60, |_, _, _| {}), &twice, "named_twice");
    let out: Vec<&str> = GEO.into_iter().chain(["--leave-out", "r099"]).collect();
    refused(&panel(12, 60, |_, _, _| {}), &out, "no_region");
}

#[test]
fn months_of_volume_are_compared_by_the_day() {
    // A hundred a day throughout: nothing grows, and February is no bad month.
    let months = panel(6, 48, |_, t, row| {
        let date = MONTH.date(t);
        row[1] = date.to_string();
        row[2] = (100 * i32::from(date.days_in_month())).to_string();
    });
    let said = answered(&months, &TREND, &["uneven_periods"]);
    for region in said["regions"].as_array().unwrap() {
        let change = region["change"][0].as_f64().unwrap();
        assert!(change.abs() < 1e-4, "{change}");
        // January to April 2019.
        let expected = region["expected"][0].as_f64().unwrap();
        assert!((expected - 12_000.0).abs() < 60.0, "{expected}");
    }
    let quarters = panel(6, 48, |_, t, row| row[1] = QUARTER.date(t).to_string());
    answered(&quarters, &TREND, &["uneven_periods"]);
}

/// `month,channel,spend,patients`.
fn costs(change: impl Fn(i32, &str, &mut [String; 4])) -> String {
    let mut csv = "month,channel,spend,patients\n".to_owned();
    for month in 1..=12 {
        for (c, channel) in ["search", "radio", "mail"].into_iter().enumerate() {
            let mut row = [
                format!("2026-{month:02}"),
                channel.to_owned(),
                format!("{}", 1000 + 10 * month),
                format!("{}", 20 + month * (1 + c as i32)),
            ];
            change(month, channel, &mut row);
            if !row[0].is_empty() {
                csv.push_str(&(row.join(",") + "\n"));
            }
        }
    }
    csv
}

/// Costs with one cell spoilt.
fn cost_cell(at: usize, cell: &str) -> String {
    costs(|month, channel, row| {
        if month == 5 && channel == "radio" {
            row[at] = cell.to_owned();
        }
    })
}

#[test]
fn a_table_of_costs_is_refused_or_remarked_upon() {
    for (at, cell, code) in [
        (0, "05/2026", "two_date_formats"),
        (0, " ", "nameless_row"),
        (1, " ", "nameless_row"),
        (1, "mail", "row_twice"),
        (2, "-5", "negative_spend"),
        (2, "NaN", "not_finite"),
        (2, "1e999", "not_finite"),
        (2, "", "missing_value"),
        (3, "-5", "not_a_count"),
        (3, "2.5", "not_a_count"),
        (3, "inf", "not_finite"),
    ] {
        refused(&cost_cell(at, cell), &["cost"], code);
    }
    refused(
        &costs(|_, _, row| row[3] = "0".into()),
        &["cost"],
        "target_zero",
    );
    answered(&cost_cell(0, ""), &["cost"], &["missing_rows"]);
    answered(&cost_cell(2, "0"), &["cost"], &[]);
    let no_may = costs(|month, _, row| {
        if month == 5 {
            row[0].clear();
        }
    });
    answered(&no_may, &["cost"], &["missing_periods"]);
    let by_name = costs(|month, _, row| row[0] = format!("month {month}"));
    answered(&by_name, &["cost"], &["periods_by_name"]);
    let copies = costs(|month, _, row| row[3] = (30 + month).to_string());
    answered(&copies, &["cost"], &["copies"]);
}

#[test]
fn five_hundred_channels_are_refused_where_they_cannot_be_told_apart() {
    let names: Vec<String> = (0..500).map(|c| format!("c{c}")).collect();
    let all = names.join(",");
    let cells = |t: i32, salt: i32| -> String {
        let cells: Vec<String> = (0..500)
            .map(|c| format!("{:.3}", noise(t, salt + c)))
            .collect();
        cells.join(",")
    };
    let mut weeks = format!("date,y,{all}\n");
    for t in 0..104 {
        weeks.push_str(&format!(
            "{},{:.3},{}\n",
            WEEK.date(t),
            5.0 + noise(t, 1),
            cells(t, 40)
        ));
    }
    let mmm = ["mmm", "--date", "date", "--target", "y", "--channels", &all];
    refused(&weeks, &mmm, "too_many_parameters");
    let impact = [
        "impact",
        "--date",
        "date",
        "--outcome",
        "y",
        "--controls",
        &all,
        "--pre",
        "80",
    ];
    refused(&weeks, &impact, "too_many_controls");
    let mut panel = format!("geo,date,y,{all}\n");
    for g in 0..6 {
        for t in 0..30 {
            panel.push_str(&format!(
                "r{g},{},{:.3},{}\n",
                WEEK.date(t),
                noise(t, g),
                cells(t, g)
            ));
        }
    }
    let regions = [
        "regions",
        "--geo",
        "geo",
        "--date",
        "date",
        "--target",
        "y",
        "--channels",
        &all,
    ];
    refused(&panel, &regions, "too_many_parameters");
}

#[test]
fn a_file_of_two_gigabytes_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.csv");
    fs::File::create(&file).unwrap().set_len(2 << 30).unwrap();
    for question in [
        &MMM[..],
        &IMPACT[..],
        &GEO[..],
        &REGIONS[..],
        &TREND[..],
        &["cost"][..],
    ] {
        assert_eq!(measure(&file, question).unwrap_err(), "too_large");
    }
}
