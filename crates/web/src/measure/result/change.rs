//! A change of one series: what came beside what its past and its controls foresaw.

use maud::{Markup, html};
use placet_app::measure::outcome::Impact;

use super::{notes, sentence};
use crate::components::definitions;
use crate::components::notice::{done, info};
use crate::components::table::Table;
use crate::measure::figures::{Stamp, between, percent, short};
use crate::measure::plot::{Plot, range};
use crate::query::Query;

/// The whole answer.
pub fn page(it: &Impact, stamp: &Stamp<'_>) -> Markup {
    let r = &it.report;
    let is_sure = r.abs_effect_lower.average > 0.0 || r.abs_effect_upper.average < 0.0;
    let says = html! { p { (sentence(&r.verdict)) } };
    html! {
        @if is_sure { (done("Something changed", &says)) } @else { (info("No change can be claimed", &says)) }
        section aria-labelledby="series-title" {
            h2 #series-title { "What came, and what was foreseen" }
            (series(it, stamp))
        }
        section aria-labelledby="effect-title" {
            h2 #effect-title { "How much" }
            (definitions(&[
                ("A period", between(r.abs_effect.average, r.abs_effect_lower.average, r.abs_effect_upper.average)),
                ("In all", between(r.abs_effect.cumulative, r.abs_effect_lower.cumulative, r.abs_effect_upper.cumulative)),
                ("Relative", html! { strong { (percent(r.rel_effect)) } " " span.soft { "(" (percent(r.rel_effect_lower)) " to " (percent(r.rel_effect_upper)) ")" } }),
                ("Came, a period", html! { (short(r.actual.average)) }),
                ("Foreseen, a period", html! { (short(r.predicted.average)) }),
                ("Chance of this where nothing changed", html! { (format!("{:.3}", r.p_value)) }),
            ]))
            (stamp.line("95 % interval"))
        }
        (notes(&r.notes))
        @if !it.controls.is_empty() {
            section aria-labelledby="controls-title" {
                h2 #controls-title { "What it was foreseen from" }
                ul {
                    @for (name, seen) in it.controls.iter().zip(&r.controls) {
                        li { (name) ": in the model " (percent(seen[0])) " of the time" }
                    }
                }
            }
        }
    }
}

fn series(it: &Impact, stamp: &Stamp<'_>) -> Markup {
    let came: Vec<(f64, f64)> = it
        .outcome
        .iter()
        .enumerate()
        .filter_map(|(t, y)| Some((t as f64, (*y)?)))
        .collect();
    let after = |t: usize| (it.pre + t) as f64;
    let rows = || it.report.series.iter().enumerate();
    let band: Vec<(f64, f64, f64)> = rows().map(|(t, r)| (after(t), r.2, r.3)).collect();
    let mean: Vec<(f64, f64)> = rows().map(|(t, r)| (after(t), r.1)).collect();
    let (low, high) = range(
        came.iter()
            .map(|p| p.1)
            .chain(band.iter().flat_map(|p| [p.1, p.2])),
    );
    let says = format!(
        "{} periods before the change and {} after it.",
        it.pre,
        it.report.series.len()
    );
    let cells = rows().map(|(t, r)| {
        html! {
            th scope="row" { (it.dates.get(it.pre + t).map_or("", String::as_str)) }
            td.number { @match r.0 { Some(y) => (short(y)), None => "hidden" } }
            td.number { (short(r.1)) } td.number { (short(r.2)) } td.number { (short(r.3)) }
        }
    });
    let table = Table::new("Periods after the change")
        .column("Period")
        .number("Came")
        .number("Foreseen")
        .number("5 %")
        .number("95 %")
        .rows(cells)
        .render(&Query::default());
    Plot::new(
        "impact",
        "The series and what was foreseen of it",
        &says,
        (0.0, it.dates.len().saturating_sub(1) as f64),
        (low, high),
    )
    .dates(&it.dates)
    .band(&band, "band prior", "Foreseen, 90 %")
    .line(&mean, "prior dashed", "Foreseen")
    .line(&came, "s1", "Came")
    .rule(it.pre as f64, "change")
    .render(&stamp.line("90 % of what was foreseen"), &table)
}
