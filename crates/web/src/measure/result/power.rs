//! Before a test: what it would show.

use maud::{Markup, html};
use placet_app::measure::outcome::{HoldoutPower, Power};

use crate::components::notice::{done, warn};
use crate::components::table::Table;
use crate::measure::figures::{Stamp, percent, short};
use crate::measure::plot::{Plot, class};
use crate::query::Query;

/// How many ways are drawn and listed.
const SHOWN: usize = 5;

/// Ways to run a geo test, best first.
pub fn page(it: &Power, stamp: &Stamp<'_>) -> Markup {
    let best = it.plans.first();
    let smallest = best.and_then(|way| Some((way, way.smallest_effect?)));
    html! {
        @match smallest {
            Some((way, effect)) => (done("A test can show something", &html! {
                p { "Treat " strong { (way.markets.join(" and ")) } " for " (way.duration) " periods: a lift of "
                    strong { (percent(effect)) } " or more would be noticed in at least 80 % of plays on the past." }
            })),
            None => (warn("No way tried would show a lift below 50 %", &html! {
                p { "Take more markets, a longer test, or hold out part of the audience instead." }
            })),
        }
        section aria-labelledby="ways-title" {
            h2 #ways-title { "Ways to run it" }
            (curves(it, stamp))
        }
    }
}

fn curves(it: &Power, stamp: &Stamp<'_>) -> Markup {
    let name = |markets: &[String], duration: usize| {
        format!("{}, {duration} periods", markets.join(" + "))
    };
    let mut plot = Plot::new(
        "power",
        "How often would a lift be noticed?",
        "Each line is one way to run the test; the level line is 80 %.",
        (0.0, 50.0),
        (0.0, 100.0),
    )
    .line(
        &[(0.0, 80.0), (50.0, 80.0)],
        "rule",
        "80 %: what a test should reach",
    );
    for (i, way) in it.plans.iter().take(SHOWN).enumerate() {
        let mut points = vec![(0.0, 100.0 * way.false_alarms)];
        points.extend(
            way.power
                .iter()
                .map(|(lift, hits)| (100.0 * lift, 100.0 * hits)),
        );
        plot = plot.line(&points, &class(i), &name(&way.markets, way.duration));
    }
    let rows = it.plans.iter().take(3 * SHOWN).map(|way| {
        html! {
            th scope="row" { (way.markets.join(" + ")) }
            td.number { (way.duration) }
            td.number { @match way.smallest_effect { Some(effect) => (percent(effect)), None => "none up to 50 %" } }
            td.number { (percent(way.false_alarms)) }
            td.number { (percent(way.share)) }
        }
    });
    let table = Table::new("Ways to run the test, best first")
        .column("Markets")
        .number("Periods")
        .number("Smallest lift noticed")
        .number("False alarms")
        .number("Share of the outcome")
        .rows(rows)
        .render(&Query::default());
    html! {
        (plot.render(&stamp.line("Lift in per cent against notices in per cent, by plays on the past"), &html! {}))
        (table)
    }
}

/// Sizes of an audience holdout.
pub fn holdout(it: &HoldoutPower, stamp: &Stamp<'_>) -> Markup {
    let points: Vec<(f64, f64)> = it
        .plans
        .iter()
        .map(|p| (100.0 * p.share, 100.0 * p.smallest_lift))
        .collect();
    let top = points.iter().map(|p| p.1).fold(0.0, f64::max) * 1.1;
    let says = format!(
        "Among {} people of whom {} do it anyway.",
        short(it.people as f64),
        percent(it.rate)
    );
    let rows = it.plans.iter().map(|p| {
        html! {
            th scope="row" { (percent(p.share)) }
            td.number { (percent(p.smallest_lift)) }
            td.number { (short(p.foregone)) }
        }
    });
    let table = Table::new("Shares held out, and what each would show")
        .column("Held out")
        .number("Smallest relative lift noticed")
        .number("Outcomes foregone, if it works so")
        .rows(rows)
        .render(&Query::default());
    html! {
        section aria-labelledby="holdout-title" {
            h2 #holdout-title { "How many to hold out" }
            p { (says) }
            (Plot::new("holdout", "The smallest lift a holdout would notice", &says, (0.0, 55.0), (0.0, top))
                .line(&points, "s1", "Smallest relative lift, in per cent, by per cent held out")
                .render(&stamp.line("80 % power, 90 % sure"), &html! {}))
            (table)
        }
    }
}
