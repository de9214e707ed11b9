//! An audience holdout: what a campaign added.

use maud::{Markup, html};
use placet_app::measure::ask::Groups;
use placet_app::measure::outcome::Holdout;

use super::sentence;
use crate::components::notice::{done, info};
use crate::components::table::Table;
use crate::components::{definitions, number};
use crate::measure::figures::{Stamp, between, percent};
use crate::measure::plot::Plot;
use crate::query::Query;

/// The whole answer.
pub fn page(it: &Holdout, stamp: &Stamp<'_>) -> Markup {
    let r = &it.report;
    let says = html! { p { (sentence(&r.verdict)) } };
    let typed = || ["Got the campaign".to_owned(), "Held out".to_owned()];
    let [first, second] = it.counts.groups.as_ref().map_or_else(typed, Groups::labels);
    let is_sure = r.anytime[0] > 0.0 || r.anytime[1] < 0.0;
    let group = |name: &str, people: u64, outcomes: u64, rate: f64| {
        html! {
            th scope="row" { (name) } td.number { (number(people)) }
            td.number { (number(outcomes)) } td.number { (percent(rate)) }
        }
    };
    html! {
        @if is_sure { (done("The campaign made a difference", &says)) } @else { (info("No effect can be claimed yet", &says)) }
        section aria-labelledby="added-title" {
            h2 #added-title { "What it added" }
            (definitions(&[
                ("Outcomes added", between(r.added[0], r.added[1], r.added[2])),
                ("Difference of the rates", html! { strong { (percent(r.difference)) } " " span.soft { "(" (percent(r.anytime[0])) " to " (percent(r.anytime[1])) ")" } }),
                ("Relative lift", html! { (percent(r.relative)) }),
            ]))
            (stamp.line("90 % interval that holds at every look"))
            (picture(it, stamp))
            (Table::new("The two groups").column("Group").number("People").number("Outcomes").number("Rate")
                .row(group(&first, it.counts.treated, it.counts.treated_outcomes, r.rates[0]))
                .row(group(&second, it.counts.held_out, it.counts.held_out_outcomes, r.rates[1]))
                .render(&Query::default()))
        }
    }
}

fn picture(it: &Holdout, stamp: &Stamp<'_>) -> Markup {
    let r = &it.report;
    let wide = r
        .anytime
        .iter()
        .map(|v| 100.0 * v.abs())
        .fold(0.0, f64::max)
        * 1.2;
    let in_percent = |ends: [f64; 2]| (100.0 * ends[0], 100.0 * r.difference, 100.0 * ends[1]);
    let says = format!(
        "At every look {} to {}; at one look {} to {}.",
        percent(r.anytime[0]),
        percent(r.anytime[1]),
        percent(r.once[0]),
        percent(r.once[1])
    );
    Plot::new(
        "holdout",
        "Difference of the rates, in per cent of people",
        &says,
        (-wide, wide),
        (0.0, 1.0),
    )
    .rows(&[
        "Any number of looks".to_owned(),
        "This look only".to_owned(),
    ])
    .rule(0.0, "no effect")
    .interval(0.5, in_percent(r.anytime), "s1")
    .interval(1.5, in_percent(r.once), "s2")
    .render(&stamp.line("90 % intervals"), &html! {})
}
