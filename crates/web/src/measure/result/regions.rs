//! A media mix by region: what each channel returned, beside what was believed before.

use maud::{Markup, html};
use placet_app::measure::outcome::{Regions, RegionsReport, Return};

use super::notes;
use crate::components::notice::{done, warn};
use crate::components::table::Table;
use crate::measure::figures::{Stamp, between, of, short};
use crate::measure::plot::{Plot, range};
use crate::query::Query;

/// The whole answer.
pub fn page(it: &Regions, stamp: &Stamp<'_>) -> Markup {
    let report = &it.report;
    html! {
        (converged(report))
        section aria-labelledby="returns-title" {
            h2 #returns-title { "What each channel returned" }
            (picture(report, stamp))
            (table(report))
            p.soft { "Weeks are shared by all regions, so what moved everywhere at once is credited to no channel. Where the data \
                hardly narrow what was believed before, the figure is a belief, not a finding." }
        }
        (notes(&report.notes))
    }
}

fn converged(report: &RegionsReport) -> Markup {
    let [regions, periods] = report.size;
    let rhat = report.max_rhat.unwrap_or(f64::INFINITY);
    let says = html! {
        p { (regions) " regions, " (periods) " periods. Its chains agree to " (short(rhat)) " (1.01 is good), with at least "
            (short(report.min_ess_bulk)) " effective draws and " (report.divergences) " gone astray." }
    };
    if rhat <= 1.05 && report.min_ess_bulk >= 100.0 {
        done("The model can be read", &says)
    } else {
        warn(
            "The chains do not agree: do not use these figures",
            &html! {
                (says) p { "Ask again with more draws, fewer channels or fewer controls." }
            },
        )
    }
}

/// How much of what was believed is left: near one, the data said little.
fn left_of_belief(one: &Return) -> f64 {
    let width = |low: f64, high: f64| (high / low.max(1e-12)).max(1.0).ln();
    let [low, _, high] = one.prior;
    width(one.posterior.q05, one.posterior.q95) / width(low, high).max(1e-12)
}

fn picture(report: &RegionsReport, stamp: &Stamp<'_>) -> Markup {
    let ends = report
        .roi
        .values()
        .flat_map(|one| [one.posterior.q95, one.prior[2]]);
    let (_, most) = range(ends);
    let names: Vec<String> = report
        .roi
        .keys()
        .flat_map(|name| [name.clone(), format!("{name}, before")])
        .collect();
    let says: Vec<String> = report
        .roi
        .iter()
        .map(|(name, one)| {
            let p = &one.posterior;
            format!(
                "{name} {} ({} to {})",
                short(p.q50),
                short(p.q05),
                short(p.q95)
            )
        })
        .collect();
    let mut plot = Plot::new(
        "returns",
        "Return of one unit of spend",
        &format!(
            "{}. Below each, what was believed before the data.",
            says.join("; ")
        ),
        (0.0, 1.05 * most.max(1e-9)),
        (0.0, names.len() as f64),
    )
    .rows(&names);
    for (i, one) in report.roi.values().enumerate() {
        let row = 2.0 * i as f64;
        let p = &one.posterior;
        let [low, middle, high] = one.prior;
        plot = plot
            .interval(row + 0.5, (p.q05, p.q50, p.q95), "s1")
            .interval(row + 1.5, (low, middle, high), "s2");
    }
    plot.rule(1.0, "brings what it costs")
        .render(&stamp.line("90 % intervals"), &html! {})
}

fn table(report: &RegionsReport) -> Markup {
    let rows = report.roi.iter().map(|(name, one)| {
        let [low, middle, high] = one.prior;
        let who = if left_of_belief(one) > 0.8 {
            "mostly what was believed before"
        } else {
            "the data"
        };
        html! {
            th scope="row" { (name) }
            td.number { (of(&one.posterior)) }
            td.number { (between(middle, low, high)) }
            td.number { (of(&one.incremental)) }
            td.number { (short(one.spend)) }
            td { (who) }
        }
    });
    Table::new("Channels: what one unit of spend returned, 90 % intervals")
        .column("Channel")
        .number("Return")
        .number("Believed before")
        .number("Brought")
        .number("Spent")
        .column("Who speaks")
        .rows(rows)
        .render(&Query::default())
}
