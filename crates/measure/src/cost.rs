//! What does a new patient cost, by channel and month, from spend and first-party counts alone?
//!
//! First-party counts are the source of truth (S165); what a platform reports stands beside them
//! and is directional (S166). Counts are Poisson; small ones are hidden.

mod months;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::mmm::check::Note;
use crate::numeric::{quantile, sorted};
use crate::privacy::cells::{Cell, protect};
use crate::refusal::{Answer, Refusal};
use crate::rng::Rng;

/// One row of what was counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Month (or another period), as written.
    pub month: String,
    /// Channel.
    pub channel: String,
    /// Money spent.
    pub spend: f64,
    /// New patients by our own records.
    pub patients: u64,
    /// What the platform claims, when it does.
    pub platform: Option<f64>,
}

/// Cost of one new patient.
#[derive(Debug, Clone, Serialize)]
pub struct Cost {
    /// Spend.
    pub spend: f64,
    /// New patients; hidden when small.
    pub patients: Cell,
    /// Cost of one: middle, and the 90 % interval. None where the count is hidden.
    pub cost: Option<[f64; 3]>,
    /// Cost by what the platform claims: directional.
    pub platform_cost: Option<f64>,
    /// Claimed over counted, when both are shown.
    pub claimed_over_counted: Option<f64>,
    /// In words.
    pub reading: String,
}

/// By channel, by month and in all.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// `cost`.
    pub kind: &'static str,
    /// How to read it.
    pub reading: &'static str,
    /// Counts below this are hidden.
    pub least: u64,
    /// By channel, then month; `all` is the total.
    pub channels: BTreeMap<String, BTreeMap<String, Cost>>,
    /// What to keep in mind.
    pub notes: Vec<Note>,
}

/// More cells than this are no table that anybody reads.
const MOST_CELLS: usize = 50_000;
/// The name of totals.
const ALL: &str = "all";

/// Computes costs with their intervals; counts below `least` are hidden, with what would give
/// them away.
///
/// # Errors
///
/// When a row is doubled, nameless or negative, months are written in two ways, or nobody came.
pub fn cost(rows: &[Row], least: u64, seed: u64) -> Answer<Report> {
    let mut months: Vec<&str> = rows.iter().map(|r| r.month.as_str()).collect();
    months.sort_unstable();
    months.dedup();
    let mut channels: Vec<&str> = rows.iter().map(|r| r.channel.as_str()).collect();
    channels.sort_unstable();
    channels.dedup();
    if rows.is_empty() {
        return Err(Refusal::new(
            "empty",
            "there are no rows",
            "give one row a channel and month",
        ));
    }
    let mut found: BTreeMap<(usize, usize), &Row> = BTreeMap::new();
    for row in rows {
        if !row.spend.is_finite() || row.spend < 0.0 {
            return Err(Refusal::new(
                "negative_spend",
                format!("`{}` has negative spend in {}", row.channel, row.month),
                "book refunds in the month whose spend they return",
            ));
        }
        if row.month.is_empty() || row.channel.is_empty() {
            return Err(Refusal::new(
                "nameless_row",
                "a row has no month or no channel",
                "name both in every row",
            ));
        }
        if row.month == ALL || row.channel == ALL {
            return Err(Refusal::new(
                "total_among_rows",
                "a row is called `all`",
                "leave totals out; they are computed",
            ));
        }
        let at = (
            channels.binary_search(&row.channel.as_str()).unwrap_or(0),
            months.binary_search(&row.month.as_str()).unwrap_or(0),
        );
        if found.insert(at, row).is_some() {
            return Err(Refusal::new(
                "row_twice",
                format!("`{}` has two rows for {}", row.channel, row.month),
                "sum them into one",
            ));
        }
    }
    let (n, m) = (channels.len(), months.len());
    if n * m > MOST_CELLS {
        return Err(Refusal::new(
            "too_many_channels",
            format!("{n} channels in {m} months are more than a table of costs can show"),
            format!("sum them until at most {MOST_CELLS} cells remain"),
        ));
    }
    if rows.iter().all(|row| row.patients == 0) {
        return Err(Refusal::new(
            "target_zero",
            "no row counts a new patient",
            "name the column that counts them by your own records",
        ));
    }
    let mut notes = months::check(rows, &months)?;
    notes.extend(months::copies(rows));
    let get = |c: usize, t: usize| found.get(&(c, t)).copied();
    let counts: Vec<Vec<u64>> = (0..n)
        .map(|c| {
            (0..m)
                .map(|t| get(c, t).map_or(0, |r| r.patients))
                .collect()
        })
        .collect();
    let shown = protect(&counts, least);
    let sum = |pick: &dyn Fn(&Row) -> f64,
               cs: std::ops::Range<usize>,
               ts: std::ops::Range<usize>|
     -> f64 {
        cs.flat_map(|c| ts.clone().map(move |t| (c, t)))
            .filter_map(|(c, t)| get(c, t))
            .map(pick)
            .sum()
    };
    let mut rng = Rng::new(seed, 5);
    let mut out: BTreeMap<String, BTreeMap<String, Cost>> = BTreeMap::new();
    for c in 0..=n {
        let cs = if c == n { 0..n } else { c..c + 1 };
        let mut line = BTreeMap::new();
        for t in 0..=m {
            if c < n && t < m && get(c, t).is_none() {
                continue;
            }
            let ts = if t == m { 0..m } else { t..t + 1 };
            let spend = sum(&|r| r.spend, cs.clone(), ts.clone());
            let claimed = sum(&|r| r.platform.unwrap_or(0.0), cs.clone(), ts);
            let cell = shown.cells[c][t];
            line.insert(
                if t == m {
                    ALL.to_owned()
                } else {
                    months[t].to_owned()
                },
                one(spend, cell, claimed, &mut rng),
            );
        }
        out.insert(
            if c == n {
                ALL.to_owned()
            } else {
                channels[c].to_owned()
            },
            line,
        );
    }
    Ok(Report {
        kind: "cost",
        reading: "directional: counts scatter, and a patient may have come anyway; first-party counts lead, platform figures are claims",
        least,
        channels: out,
        notes,
    })
}

fn one(spend: f64, patients: Cell, claimed: f64, rng: &mut Rng) -> Cost {
    let platform_cost = (claimed > 0.0).then(|| spend / claimed);
    let Some(count) = patients.count() else {
        return Cost {
            spend,
            patients,
            cost: None,
            platform_cost,
            claimed_over_counted: None,
            reading: "hidden: too few patients to show, or needed to hide a small count".to_owned(),
        };
    };
    // Poisson counts with Jeffreys' prior: the rate is gamma with half an event more.
    let draws: Vec<f64> = (0..4000)
        .map(|_| spend / rng.gamma(count as f64 + 0.5, 1.0))
        .collect();
    let ordered = sorted(&draws);
    let interval = [0.5, 0.05, 0.95].map(|q| quantile(&ordered, q));
    let ratio = (claimed > 0.0 && count > 0).then(|| claimed / count as f64);
    let reading = if spend == 0.0 {
        "nothing was spent".to_owned()
    } else if count == 0 {
        format!(
            "no new patient: the cost of one is at least about {:.0}",
            spend / 3.0
        )
    } else {
        match ratio {
            Some(r) if r > 1.3 => format!(
                "the platform claims {r:.1} times what our records show: it counts people who came anyway, or counts them twice"
            ),
            Some(r) if r < 0.7 => format!(
                "the platform sees only {:.0} % of what our records show: people who call or book elsewhere",
                100.0 * r
            ),
            _ => "records and claims agree, or nothing is claimed".to_owned(),
        }
    };
    Cost {
        spend,
        patients,
        cost: (count > 0).then_some(interval),
        platform_cost,
        claimed_over_counted: ratio,
        reading,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(month: &str, channel: &str, spend: f64, patients: u64, platform: Option<f64>) -> Row {
        Row {
            month: month.to_owned(),
            channel: channel.to_owned(),
            spend,
            patients,
            platform,
        }
    }

    // S164
    #[test]
    fn a_patient_costs_spend_over_count_with_an_interval() {
        let rows = [
            row("2026-01", "search", 10_000.0, 50, Some(80.0)),
            row("2026-02", "search", 12_000.0, 60, Some(61.0)),
            row("2026-01", "radio", 8_000.0, 20, None),
            row("2026-02", "radio", 8_000.0, 16, None),
        ];
        let report = cost(&rows, 11, 1).unwrap();
        let [middle, low, high] = report.channels["search"]["2026-01"].cost.unwrap();
        assert!((middle - 200.0).abs() < 6.0, "{middle}");
        assert!(
            low > 150.0 && low < 175.0 && high > 235.0 && high < 275.0,
            "{low} {high}"
        );
        assert!(
            report.channels["search"]["2026-01"]
                .reading
                .contains("claims 1.6 times")
        );
        assert!((report.channels["all"]["all"].spend - 38_000.0).abs() < 1e-9);
        assert_eq!(report.channels["all"]["all"].patients, Cell::Shown(146));
    }

    #[test]
    fn small_counts_give_neither_count_nor_cost() {
        let rows = [
            row("1", "a", 1000.0, 4, None),
            row("2", "a", 1000.0, 40, None),
            row("1", "b", 1000.0, 30, None),
            row("2", "b", 1000.0, 50, None),
            row("1", "c", 1000.0, 70, None),
            row("2", "c", 1000.0, 90, None),
        ];
        let report = cost(&rows, 11, 1).unwrap();
        let small = &report.channels["a"]["1"];
        assert!(small.cost.is_none() && small.patients == Cell::Hidden);
        // What would give it away is hidden too: its row, its column and the corner.
        assert_eq!(report.channels["a"]["2"].patients, Cell::Hidden);
        assert_eq!(report.channels["b"]["1"].patients, Cell::Hidden);
        assert_eq!(report.channels["b"]["2"].patients, Cell::Hidden);
        assert_eq!(report.channels["all"]["1"].patients, Cell::Shown(104));
    }

    #[test]
    fn no_patient_gives_a_lower_bound_and_defects_are_refused() {
        let rows = [row("1", "a", 3000.0, 0, None), row("1", "b", 1.0, 20, None)];
        let report = cost(&rows, 11, 1).unwrap();
        let none = &report.channels["a"]["1"];
        assert!(none.cost.is_none() && none.reading.contains("at least about 1000"));
        let twice = [row("1", "a", 1.0, 20, None), row("1", "a", 1.0, 20, None)];
        assert_eq!(cost(&twice, 11, 1).unwrap_err().code, "row_twice");
        assert_eq!(
            cost(&[row("1", "a", -1.0, 20, None)], 11, 1)
                .unwrap_err()
                .code,
            "negative_spend"
        );
        assert_eq!(cost(&[], 11, 1).unwrap_err().code, "empty");
        let nobody = [row("1", "a", 1.0, 0, None)];
        assert_eq!(cost(&nobody, 11, 1).unwrap_err().code, "target_zero");
        let nameless = [row("", "a", 1.0, 20, None)];
        assert_eq!(cost(&nameless, 11, 1).unwrap_err().code, "nameless_row");
    }

    #[test]
    fn months_that_are_missing_or_written_twice_do_not_pass_in_silence() {
        let said = |rows: &[Row]| -> Vec<&'static str> {
            let report = cost(rows, 11, 1).unwrap();
            report.notes.iter().map(|note| note.code).collect()
        };
        let both = [
            row("2026-01", "a", 1.0, 20, None),
            row("01/2026", "a", 1.0, 30, None),
        ];
        assert_eq!(cost(&both, 11, 1).unwrap_err().code, "two_date_formats");
        let gap = ["2026-01", "2026-02", "2026-04", "2026-05"];
        let gap: Vec<Row> = gap.iter().map(|m| row(m, "a", 1.0, 20, None)).collect();
        assert_eq!(said(&gap), ["missing_periods"]);
        let by_name = [row("winter", "a", 1.0, 20, None)];
        assert_eq!(said(&by_name), ["periods_by_name"]);
        let lacking = [
            row("2026-01", "a", 1.0, 20, None),
            row("2026-02", "a", 1.0, 20, None),
            row("2026-02", "b", 1.0, 20, None),
        ];
        assert_eq!(said(&lacking), ["missing_rows"]);
        let copies = [
            row("2026-01", "a", 1.0, 20, None),
            row("2026-02", "a", 2.0, 21, None),
            row("2026-01", "b", 1.0, 20, None),
            row("2026-02", "b", 2.0, 21, None),
        ];
        assert_eq!(said(&copies), ["copies"]);
    }

    #[test]
    fn five_hundred_channels_with_small_counts_are_answered() {
        let rows: Vec<Row> = (0..500)
            .flat_map(|c| (1..=12).map(move |m| (c, m)))
            .map(|(c, m)| {
                let month = format!("2026-{m:02}");
                row(
                    &month,
                    &format!("c{c}"),
                    f64::from(c + m),
                    (c * 7 + m * 3) as u64 % 40,
                    None,
                )
            })
            .collect();
        let report = cost(&rows, 11, 1).unwrap();
        let shown = report.channels.values().flat_map(BTreeMap::values);
        let mut counts = shown.filter_map(|one| one.patients.count());
        assert!(counts.all(|n| n == 0 || n >= 11));
    }
}
