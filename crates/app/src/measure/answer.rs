//! The arithmetic of a run: from a question and a table to an answer, or a refusal.
//!
//! Pure but for the time it takes; no transaction is open meanwhile. What counts people is shown
//! only where it is not small.

use std::sync::atomic::{AtomicBool, Ordering};

use placet_measure::budget::{self, Curves};
use placet_measure::geo::{Panel, analyse, power};
use placet_measure::impact::{Columns, Series};
use placet_measure::mmm::design::Design;
use placet_measure::mmm::{Spec, fit};
use placet_measure::nuts::Settings;
use placet_measure::privacy::cells::{Cell, protect_list};
use placet_measure::region::{self, Regions};
use placet_measure::table::Table;
use placet_measure::{Refusal, cost, holdout, impact, trend};
use serde_json::{Value, json};

use super::ask::{self, Ask};
use super::run::Work;

/// The code of an answer that was given up because somebody asked it to stop.
pub const STOPPED: &str = "stopped";
/// Draws kept for planning budgets later.
const KEPT: usize = 500;

/// Told how far it is; says whether to go on.
pub type Watch<'a> = &'a (dyn Fn(usize, usize) -> bool + Sync);

/// Answers a run, on so many threads (none given: one a core).
///
/// # Errors
///
/// When the data cannot carry the question; with what is missing.
pub fn answer(work: &Work, threads: usize, watch: Watch<'_>) -> Result<Value, Refusal> {
    let table = match &work.body {
        Some(body) => Some(Table::read(body)?),
        None => None,
    };
    let data = || {
        table.as_ref().ok_or_else(|| {
            Refusal::new(
                "no_data",
                "the content of the data set was destroyed",
                "upload it again",
            )
        })
    };
    let seed = work.run.seed;
    match &work.ask {
        Ask::Mmm(it) => mmm(data()?, it, seed, threads, work.least, watch),
        Ask::Geo(it) => geo(data()?, it, seed, work.least),
        Ask::Power(it) => match (it.people, it.rate) {
            (Some(people), Some(rate)) => {
                let plans = power::holdout(people, rate)?;
                Ok(
                    json!({ "kind": "holdout_power", "people": people, "rate": rate, "plans": plans }),
                )
            }
            _ => plans(data()?, it, seed),
        },
        Ask::Impact(it) => series(data()?, it, seed, work.least),
        Ask::Holdout(it) => held_out(it, work.least),
        Ask::Budget(it) => {
            let source = work.source.as_ref().and_then(curves);
            let curves = source.ok_or_else(|| {
                Refusal::new(
                    "no_curves",
                    "the media mix this plan goes by has no curves",
                    "run a media mix and plan from its page",
                )
            })?;
            Ok(to_value(&budget::plan(&curves, &it.ask())?))
        }
        Ask::Regions(it) => regions(data()?, it, seed, threads, watch),
        Ask::Trend(it) => {
            let panel = Panel::read(data()?, &it.region, &it.date, &it.outcome, &[])?;
            Ok(to_value(&trend::trend(&panel, it.ahead as usize, seed)?))
        }
        Ask::Cost(it) => Ok(to_value(&cost::cost(
            &rows(data()?, it)?,
            work.least,
            seed,
        )?)),
    }
}

/// The curves that a media mix left for planning.
#[must_use]
pub fn curves(result: &Value) -> Option<Curves> {
    serde_json::from_value(result.get("curves")?.clone()).ok()
}

fn to_value(answer: &impl serde::Serialize) -> Value {
    serde_json::to_value(answer).unwrap_or(Value::Null)
}

fn mmm(
    table: &Table,
    it: &ask::Mmm,
    seed: u64,
    threads: usize,
    least: u64,
    watch: Watch<'_>,
) -> Result<Value, Refusal> {
    let spec = Spec {
        target: it.outcome.clone(),
        channels: it.channels.clone(),
        controls: it.controls.clone(),
        adstock: it.carry_over.parse()?,
        saturation: it.curve.parse()?,
        yearly: usize::from(it.yearly),
        trend: it.trend.parse()?,
        holidays: it.holidays,
        beliefs: it.beliefs.iter().map(ask::Believed::belief).collect(),
        lift_tests: it.tests.iter().map(ask::Tested::test).collect(),
    };
    let design = Design::new(table, &it.date, &spec)?;
    let settings = Settings {
        draws: it.draws as usize,
        seed,
        threads,
        ..Settings::default()
    };
    let fitted = fit(design, &settings, Some(watch));
    if fitted.sampler.stopped {
        return Err(Refusal::new(STOPPED, "somebody stopped it", "run it again"));
    }
    let mut report = to_value(&fitted.report());
    if let Some(actual) = report.pointer_mut("/series/actual") {
        hide_small(actual, least);
    }
    let curves = Curves::of(&fitted, KEPT);
    let plan = budget::plan(&curves, &budget::Ask::default())?;
    Ok(json!({ "kind": "mmm", "report": report, "plan": plan, "curves": curves }))
}

fn regions(
    table: &Table,
    it: &ask::Regions,
    seed: u64,
    threads: usize,
    watch: Watch<'_>,
) -> Result<Value, Refusal> {
    let data = Regions::read(
        table,
        &region::Ask {
            geo: it.region.clone(),
            date: it.date.clone(),
            target: it.outcome.clone(),
            population: it.population.clone(),
            worth: it.worth.clone(),
            channels: it.channels.clone(),
            spend: it.spend.clone(),
            controls: it.controls.clone(),
            max_lag: usize::from(it.max_lag),
        },
    )?;
    let settings = Settings {
        draws: it.draws as usize,
        seed,
        threads,
        ..region::settings()
    };
    let is_stopped = AtomicBool::new(false);
    let told = |done: usize, total: usize| {
        let goes_on = watch(done, total);
        is_stopped.fetch_or(!goes_on, Ordering::Relaxed);
        goes_on
    };
    let report = region::fit(&data, &settings, Some(&told));
    if is_stopped.load(Ordering::Relaxed) {
        return Err(Refusal::new(STOPPED, "somebody stopped it", "run it again"));
    }
    let span = [data.dates.first(), data.dates.last()].map(|day| day.map(ToString::to_string));
    Ok(json!({ "kind": "regions", "report": report, "span": span }))
}

/// Hides small counts of a series, and what would give one away beside a total. Money and means
/// are no counts.
fn hide_small(series: &mut Value, least: u64) {
    let Some(values) = series.as_array_mut() else {
        return;
    };
    let counts: Option<Vec<u64>> = values
        .iter()
        .map(|value| {
            let value = value.as_f64()?;
            let is_count = value >= 0.0 && (value - value.round()).abs() < 1e-6 && value < 1e12;
            is_count.then_some(value.round() as u64)
        })
        .collect();
    let Some(counts) = counts else { return };
    let (cells, _) = protect_list(&counts, least);
    for (value, cell) in values.iter_mut().zip(cells) {
        if cell == Cell::Hidden {
            *value = Value::Null;
        }
    }
}

fn geo(table: &Table, it: &ask::Geo, seed: u64, least: u64) -> Result<Value, Refusal> {
    let panel = Panel::read(table, &it.region, &it.date, &it.outcome, &it.leave_out)?;
    let from = day(&it.from)?;
    let pre = panel.dates.iter().filter(|date| **date < from).count();
    let report = analyse(&panel, &it.treated, pre, seed)?;
    let treated = panel.find(&it.treated)?;
    let mut answer = to_value(&report);
    // A mean of markets tells a small count when one of them has one.
    let small: Vec<bool> = (0..panel.dates.len())
        .map(|t| {
            treated.iter().any(|r| {
                let value = panel.y.get(*r).and_then(|y| y.get(t)).copied();
                value.is_some_and(|v| v > 0.0 && v < least as f64 && v.fract() == 0.0)
            })
        })
        .collect();
    if let Some(series) = answer.get_mut("series").and_then(Value::as_array_mut) {
        for (row, is_small) in series.iter_mut().zip(small) {
            if let (true, Some(actual)) = (is_small, row.get_mut(1)) {
                *actual = Value::Null;
            }
        }
    }
    Ok(answer)
}

fn plans(table: &Table, it: &ask::Power, seed: u64) -> Result<Value, Refusal> {
    let panel = Panel::read(table, &it.region, &it.date, &it.outcome, &[])?;
    let whole = |list: &[u32]| list.iter().map(|n| *n as usize).collect();
    let ask = power::Ask {
        sizes: whole(&it.markets),
        durations: whole(&it.durations),
        include: it.include.clone(),
        seed,
        ..power::Ask::default()
    };
    let plans = power::plan(&panel, &ask)?;
    Ok(json!({ "kind": "power", "plans": plans }))
}

fn series(table: &Table, it: &ask::Impact, seed: u64, least: u64) -> Result<Value, Refusal> {
    let read = Series::read(
        table,
        Columns {
            date: Some(&it.date),
            outcome: &it.outcome,
            controls: &it.controls,
        },
    )?;
    let pre = read.before(day(&it.from)?);
    let mut found = impact::impact(&impact::Ask {
        y: read.y.clone(),
        controls: read.controls,
        pre,
        draws: it.draws as usize,
        seed,
        level_sd: 0.01,
    })?;
    found.notes.splice(0..0, read.notes);
    let mut outcome = json!(read.y);
    hide_small(&mut outcome, least);
    let mut found = to_value(&found);
    let after = found.get_mut("series").and_then(Value::as_array_mut);
    let shown = outcome.as_array().into_iter().flatten().skip(pre);
    for (row, shown) in after.into_iter().flatten().zip(shown) {
        if let Some(actual) = row.get_mut(0) {
            *actual = shown.clone();
        }
    }
    let dates: Vec<String> = read.dates.iter().map(ToString::to_string).collect();
    Ok(json!({
        "kind": "impact", "report": found, "dates": dates, "outcome": outcome, "pre": pre,
        "controls": it.controls,
    }))
}

fn held_out(it: &ask::Holdout, least: u64) -> Result<Value, Refusal> {
    let is_small = |count: u64| count > 0 && count < least;
    if is_small(it.treated_outcomes) || is_small(it.held_out_outcomes) {
        return Err(Refusal::new(
            "small_cell",
            format!("a group has fewer than {least} outcomes, too few to report"),
            "wait for more outcomes, or hold out more people next time",
        ));
    }
    let found = holdout::lift(&holdout::Counts {
        treated: it.treated,
        treated_outcomes: it.treated_outcomes,
        held_out: it.held_out,
        held_out_outcomes: it.held_out_outcomes,
    })?;
    Ok(json!({ "kind": "holdout", "counts": it, "report": found }))
}

fn day(text: &str) -> Result<jiff::civil::Date, Refusal> {
    text.parse().map_err(|_| {
        Refusal::new(
            "bad_day",
            "the first day is not a day",
            "write it as 2026-03-02",
        )
    })
}

/// The rows of a table of costs. The command line reads its tables by it too.
///
/// # Errors
///
/// When a column is missing or does not hold what it should.
pub fn rows(table: &Table, it: &ask::Cost) -> Result<Vec<cost::Row>, Refusal> {
    let (months, channels) = (table.text(&it.month)?, table.text(&it.channel)?);
    let (spend, patients) = (table.numbers(&it.spend)?, table.numbers(&it.patients)?);
    let platform = match &it.platform {
        Some(name) => Some(table.numbers(name)?),
        None => None,
    };
    let mut out = Vec::with_capacity(spend.len());
    let each = months
        .iter()
        .zip(&channels)
        .zip(spend.iter().zip(&patients));
    for (i, (((line, month), (_, channel)), (spend, patients))) in each.enumerate() {
        if *patients < 0.0 || patients.fract() != 0.0 || *patients > 1e12 {
            return Err(Refusal::new(
                "not_a_count",
                format!(
                    "column `{}` does not hold a count on line {line}",
                    it.patients
                ),
                "give whole numbers from zero",
            ));
        }
        out.push(cost::Row {
            month: (*month).to_owned(),
            channel: (*channel).to_owned(),
            spend: *spend,
            patients: *patients as u64,
            platform: platform.as_ref().and_then(|p| p.get(i)).copied(),
        });
    }
    Ok(out)
}
