//! A geo test: treated markets beside what they would have done, and two ways to be sure.

use maud::{Markup, html};
use placet_app::measure::outcome::Geo;

use super::{notes, sentence};
use crate::components::definitions;
use crate::components::notice::{done, info};
use crate::components::table::Table;
use crate::measure::figures::{Stamp, percent, short};
use crate::measure::plot::{Plot, range};
use crate::query::Query;

/// The whole answer.
pub fn page(it: &Geo, stamp: &Stamp<'_>) -> Markup {
    let says = html! { p { (sentence(&it.verdict)) } };
    let is_sure = it.placebo.p_abs_lift <= 0.1;
    html! {
        @if is_sure { (done("The test markets moved", &says)) } @else { (info("No effect can be claimed", &says)) }
        section aria-labelledby="lines-title" {
            h2 #lines-title { "What came, and what would have come" }
            (lines(it, stamp))
        }
        section aria-labelledby="lift-title" {
            h2 #lift-title { "How much" }
            (methods(it))
            (stamp.line("90 % interval of the lift: by untreated markets"))
            p { "Lift " strong { (percent(it.synthetic.lift)) } " (" (percent(it.placebo.interval[0])) " to " (percent(it.placebo.interval[1])) "): "
                (short(it.synthetic.incremental)) " in all over " (it.lengths[1]) " periods and " (it.treated.len()) " markets." }
        }
        (sure(it))
        (notes(&it.notes))
        section aria-labelledby="weights-title" {
            h2 #weights-title { "What the comparison is made of" }
            ul { @for (name, weight) in &it.weights { li { (name) ": " (percent(*weight)) } } }
        }
    }
}

fn lines(it: &Geo, stamp: &Stamp<'_>) -> Markup {
    let actual: Vec<(f64, f64)> = it
        .series
        .iter()
        .enumerate()
        .filter_map(|(t, (_, y, _))| Some((t as f64, (*y)?)))
        .collect();
    let synthetic: Vec<(f64, f64)> = it
        .series
        .iter()
        .enumerate()
        .map(|(t, (_, _, y))| (t as f64, *y))
        .collect();
    let dates: Vec<String> = it.series.iter().map(|(date, ..)| date.clone()).collect();
    let (low, high) = range(actual.iter().chain(&synthetic).map(|p| p.1));
    let says = format!(
        "Mean of {} from {} to {}; the test began on {}.",
        it.treated.join(", "),
        it.periods[0],
        it.periods[2],
        it.periods[1]
    );
    let rows = it
        .series
        .iter()
        .skip(it.lengths[0])
        .map(|(date, actual, synthetic)| {
            html! {
                th scope="row" { (date) }
                td.number { @match actual { Some(y) => (short(*y)), None => "hidden" } }
                td.number { (short(*synthetic)) }
                td.number { @match actual { Some(y) => (short(y - synthetic)), None => "–" } }
            }
        });
    let table = Table::new("Periods of the test")
        .column("Period")
        .number("Came")
        .number("Would have come")
        .number("Difference")
        .rows(rows)
        .render(&Query::default());
    Plot::new(
        "geo",
        "Test markets and their likeness",
        &says,
        (0.0, dates.len().saturating_sub(1) as f64),
        (low, high),
    )
    .dates(&dates)
    .rule(it.lengths[0] as f64, "test begins")
    .line(
        &synthetic,
        "prior dashed",
        "Would have come (made of other markets)",
    )
    .line(&actual, "s1", "Came in the test markets")
    .render(
        &stamp.line("Means a market; the interval of the lift stands below"),
        &table,
    )
}

fn methods(it: &Geo) -> Markup {
    let row = |name: &str, att: f64, lift: Option<f64>| {
        html! {
            th scope="row" { (name) } td.number { (short(att)) }
            td.number { @match lift { Some(lift) => (percent(lift)), None => "–" } }
        }
    };
    let mut table = Table::new("The same test by several methods")
        .column("Method")
        .number("A period and market")
        .number("Lift")
        .row(row(
            "Synthetic control",
            it.synthetic.att,
            Some(it.synthetic.lift),
        ));
    if let Some(augmented) = &it.augmented {
        table = table.row(row(
            "Augmented by ridge",
            augmented.att,
            Some(augmented.lift),
        ));
    }
    table
        .row(row(
            "Difference in differences",
            it.difference_in_differences,
            None,
        ))
        .render(&Query::default())
}

fn sure(it: &Geo) -> Markup {
    let (c, p) = (&it.conformal, &it.placebo);
    html! {
        section aria-labelledby="sure-title" {
            h2 #sure-title { "How sure is it?" }
            (definitions(&[
                ("Would untreated markets have moved as much?", html! {
                    (percent(p.p_abs_lift)) " of " (p.sets) " untreated sets did; their lift scatters by " (percent(p.sd_lift)) "."
                }),
                ("Is the test period unlike the others?", html! {
                    "Chance of a period so unusual: " (format!("{:.3}", c.p_iid)) " if days are exchangeable, "
                    (format!("{:.3}", c.p_block)) " if neighbours are kept together. "
                    @match c.interval {
                        Some([low, high]) => { "90 % interval of the effect: " (short(low)) " to " (short(high)) "." },
                        None => (sentence(&c.reading)),
                    }
                }),
                ("How well did the likeness fit before?", html! {
                    "Its misfit is " (percent(it.synthetic.scaled_l2)) " of that of a plain mean."
                }),
            ]))
        }
    }
}
