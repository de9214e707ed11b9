//! Volume by region: where it grows, how surely, and what is to be expected next.

use maud::{Markup, html};
use placet_app::measure::outcome::{Trend, Volume};

use super::{notes, sentence};
use crate::components::notice::info;
use crate::components::table::Table;
use crate::measure::figures::{Stamp, between, percent};
use crate::measure::plot::{Plot, range};
use crate::query::Query;

/// How many regions are drawn; the table has all of them.
const DRAWN: usize = 20;

/// The whole answer.
pub fn page(it: &Trend, stamp: &Stamp<'_>) -> Markup {
    let [shared, low, high] = it.shared;
    let count = |verdict: &str| {
        it.regions
            .iter()
            .filter(|one| one.verdict == verdict)
            .count()
    };
    html! {
        (info("All regions together", &html! {
            p { "Volume changes by " strong { (percent(shared)) } " a year (" (percent(low)) " to " (percent(high)) "). "
                (count("grows")) " of " (it.regions.len()) " regions surely grow, " (count("shrinks")) " surely shrink." }
        }))
        (notes(&it.notes))
        section aria-labelledby="change-title" {
            h2 #change-title { "Change a year" }
            (picture(it, stamp))
        }
        section aria-labelledby="next-title" {
            h2 #next-title { "The next " (it.ahead) " periods" }
            (table(it))
            (stamp.line("90 % intervals"))
            p.soft { "The share is that of all volume expected. A budget that follows volume is split by it; between the ends any split is as good." }
        }
    }
}

fn in_percent(ends: [f64; 3]) -> (f64, f64, f64) {
    let [middle, low, high] = ends;
    (100.0 * low, 100.0 * middle, 100.0 * high)
}

fn picture(it: &Trend, stamp: &Stamp<'_>) -> Markup {
    let shown: Vec<&Volume> = it.regions.iter().take(DRAWN).collect();
    let (least, most) = range(shown.iter().flat_map(|one| {
        let (low, _, high) = in_percent(one.change);
        [low, high, 0.0]
    }));
    let names: Vec<String> = shown.iter().map(|one| one.name.clone()).collect();
    let says: Vec<String> = shown
        .iter()
        .map(|one| format!("{} {}", one.name, percent(one.change[0])))
        .collect();
    let mut plot = Plot::new(
        "trend",
        "Change of volume, in per cent a year",
        &format!("{}.", says.join("; ")),
        (least, most),
        (0.0, names.len() as f64),
    )
    .rows(&names)
    .rule(0.0, "no change");
    for (i, one) in shown.iter().enumerate() {
        plot = plot.interval(i as f64 + 0.5, in_percent(one.change), "s1");
    }
    plot.render(&stamp.line("90 % intervals"), &html! {})
}

fn table(it: &Trend) -> Markup {
    let share = |[middle, low, high]: [f64; 3]| {
        html! { strong { (percent(middle)) } " " span.nowrap.soft { "(" (percent(low)) " to " (percent(high)) ")" } }
    };
    let rows = it.regions.iter().map(|one| {
        let [middle, low, high] = one.expected;
        html! {
            th scope="row" { (one.name) }
            td.number { (share(one.change)) }
            td { (sentence(&one.verdict)) }
            td.number { (between(middle, low, high)) }
            td.number { (share(one.share)) }
        }
    });
    Table::new("Volume by region, largest first, 90 % intervals")
        .column("Region")
        .number("Change a year")
        .column("In words")
        .number("Expected")
        .number("Share")
        .rows(rows)
        .render(&Query::default())
}
