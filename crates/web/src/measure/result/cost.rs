//! The cost of a new patient by channel and month, our records beside what platforms claim.

use maud::{Markup, html};
use placet_app::measure::outcome::{Cost, OneCost};

use super::{notes, sentence};
use crate::components::number;
use crate::components::table::Table;
use crate::measure::figures::{Stamp, between, short};
use crate::measure::plot::{Plot, class, range};
use crate::query::Query;

/// The name of totals in a result.
const ALL: &str = "all";

/// The whole answer.
pub fn page(it: &Cost, stamp: &Stamp<'_>) -> Markup {
    html! {
        section aria-labelledby="cost-title" {
            h2 #cost-title { "What a new patient cost, by channel" }
            p { "Our own records are the source of truth. What a platform claims is directional and stands beside them." }
            (totals(it))
            (stamp.line("90 % interval"))
            (picture(it, stamp))
        }
        (notes(&it.notes))
        section aria-labelledby="months-title" {
            h2 #months-title { "By month" }
            (months(it))
            p.soft { "Counts from 1 to " (it.least - 1) " are hidden, and with them what would give them away." }
        }
    }
}

fn cells(one: &OneCost) -> Markup {
    html! {
        td.number { (short(one.spend)) }
        td.number { @match one.patients { Some(n) => (number(n)), None => "hidden" } }
        td.number { @match one.cost { Some([m, l, h]) => (between(m, l, h)), None => "–" } }
        td.number { @match one.platform_cost { Some(cost) => (short(cost)), None => "–" } }
    }
}

/// Channels with their totals, all of them last.
fn lines(it: &Cost) -> Vec<(&str, &OneCost)> {
    let of = |name: &str| it.channels.get(name).and_then(|months| months.get(ALL));
    let named = it.channels.keys().filter(|name| *name != ALL);
    let mut out: Vec<(&str, &OneCost)> = named
        .filter_map(|name| Some((name.as_str(), of(name)?)))
        .collect();
    out.extend(of(ALL).map(|all| ("All channels", all)));
    out
}

fn totals(it: &Cost) -> Markup {
    let rows = lines(it).into_iter().map(|(name, one)| {
        html! { th scope="row" { (name) } (cells(one)) td { (sentence(&one.reading)) } }
    });
    Table::new("All months together")
        .column("Channel")
        .number("Spent")
        .number("New patients")
        .number("Cost of one")
        .number("By the platform's claim")
        .column("Records and claims")
        .rows(rows)
        .render(&Query::default())
}

fn picture(it: &Cost, stamp: &Stamp<'_>) -> Markup {
    let lines: Vec<(&str, [f64; 3], Option<f64>)> = lines(it)
        .into_iter()
        .filter_map(|(name, one)| Some((name, one.cost?, one.platform_cost)))
        .collect();
    if lines.is_empty() {
        return html! {};
    }
    let names: Vec<String> = lines.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let ends = lines
        .iter()
        .flat_map(|(_, cost, claimed)| cost.iter().copied().chain(*claimed));
    let right = range(ends).1 * 1.1;
    let says: Vec<String> = lines
        .iter()
        .map(|(name, [m, l, h], _)| {
            format!("{name}: {} ({} to {})", short(*m), short(*l), short(*h))
        })
        .collect();
    let mut plot = Plot::new(
        "cost",
        "Cost of a new patient",
        &format!("{}.", says.join("; ")),
        (0.0, right),
        (0.0, 1.0),
    )
    .rows(&names);
    for (i, (_, [m, l, h], claimed)) in lines.iter().enumerate() {
        plot = plot.interval(i as f64 + 0.4, (*l, *m, *h), &class(0));
        if let Some(claimed) = claimed {
            plot = plot.interval(i as f64 + 0.7, (*claimed, *claimed, *claimed), "prior");
        }
    }
    plot.render(
        &stamp.line("90 % intervals of our records; hollow dot: by the platform's claim"),
        &html! {},
    )
}

fn months(it: &Cost) -> Markup {
    let rows = it
        .channels
        .iter()
        .filter(|(name, _)| *name != ALL)
        .flat_map(|(name, months)| {
            let shown = months.iter().filter(|(month, _)| *month != ALL);
            shown.map(
                move |(month, one)| html! { th scope="row" { (name) } td { (month) } (cells(one)) },
            )
        });
    Table::new("Channels by month")
        .column("Channel")
        .column("Month")
        .number("Spent")
        .number("New patients")
        .number("Cost of one")
        .number("By the platform's claim")
        .rows(rows)
        .render(&Query::default())
}
