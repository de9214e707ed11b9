//! A media mix: what each channel brought, over time, by curve, prior beside posterior.

use std::collections::BTreeMap;

use maud::{Markup, html};
use placet_app::measure::outcome::{Channel, Diagnostics, Mmm, MmmReport, Part};
use placet_domain::measure::Run;
use serde_json::Value;

use super::{budget, notes, sentence};
use crate::components::definitions;
use crate::components::notice::{done, warn};
use crate::components::table::Table;
use crate::measure::figures::{Stamp, of, of_share, percent, short};
use crate::measure::plot::{Plot, class, range};
use crate::query::Query;
use crate::session::Viewer;

const NINETY: &str = "90 % interval";

/// The whole answer.
pub fn page(
    viewer: &Viewer,
    run: &Run,
    it: &Mmm,
    value: &Value,
    stamp: &Stamp<'_>,
    query: &Query,
) -> Markup {
    let report = &it.report;
    html! {
        (verdict(&report.diagnostics))
        section aria-labelledby="brought-title" {
            h2 #brought-title { "What each channel brought" }
            (channels(report))
            (stamp.line(NINETY))
            (waterfall(report, stamp))
        }
        (notes(&report.notes))
        section aria-labelledby="time-title" {
            h2 #time-title { "Over time" }
            (over_time(report, stamp))
        }
        section aria-labelledby="curves-title" {
            h2 #curves-title { "What the next dollar brings" }
            p { "Each curve: what a period of steady spend brings. The dot is what was spent on average; where the curve is flat, more brings little." }
            div.grid { @for (i, part) in it.plan.allocation.iter().enumerate() { (curve(i, part, &report.spec.target, stamp)) } }
        }
        (budget::planner(viewer, run, it, value, stamp, query))
        section aria-labelledby="prior-title" {
            h2 #prior-title { "What was believed before, and what the data say" }
            p { "Where the two are alike, the answer is the belief, not the data." }
            (beliefs(report, stamp))
        }
        (diagnostics(&report.diagnostics))
    }
}

fn verdict(it: &Diagnostics) -> Markup {
    let says = html! { p { (sentence(&it.verdict)) } };
    if it.converged {
        done("The model can be read", &says)
    } else {
        warn("Read the model with care", &says)
    }
}

/// Channels in the order in which they were named.
fn ordered(report: &MmmReport) -> Vec<(&str, &Channel)> {
    let named = report.spec.channels.iter();
    named
        .filter_map(|name| Some((name.as_str(), report.channel.get(name)?)))
        .collect()
}

fn channels(report: &MmmReport) -> Markup {
    let rows = ordered(report).into_iter().map(|(name, channel)| {
        html! {
            th scope="row" { (name) }
            td.number { (of(&channel.contribution_total)) }
            td.number { (of_share(&channel.share_of_outcome)) }
            td.number { (short(channel.spend_total)) }
            td.number { (of(&channel.cost_per_outcome)) }
            td.number { (of(&channel.marginal_per_unit)) }
            td { (sentence(&channel.reading)) }
        }
    });
    let caption = format!(
        "Channels: how much of `{}` each brought, and what one cost",
        report.spec.target
    );
    Table::new(&caption)
        .column("Channel")
        .number("Brought")
        .number("Share")
        .number("Spent")
        .number("Cost of one")
        .number("The next dollar brings")
        .column("Who speaks")
        .rows(rows)
        .render(&Query::default())
}

/// From nothing to the whole outcome: base, then channel by channel.
fn waterfall(report: &MmmReport, stamp: &Stamp<'_>) -> Markup {
    let expected: f64 = report.series.expected.iter().sum();
    let parts = ordered(report);
    let media: f64 = parts.iter().map(|(_, c)| c.contribution_total.mean).sum();
    let base = expected - media;
    let mut names = vec!["Without media".to_owned()];
    names.extend(parts.iter().map(|(name, _)| (*name).to_owned()));
    names.push("All".to_owned());
    let highs = parts.iter().map(|(_, c)| c.contribution_total.q95);
    let top = (expected + highs.fold(0.0, f64::max) * 0.3).max(base);
    let says = format!(
        "Without media {}, media {}, all {}.",
        short(base),
        short(media),
        short(expected)
    );
    let title = "From what would have come anyway to all that came";
    let lowest = base.min(0.0);
    let mut plot = Plot::new(
        "waterfall",
        title,
        &says,
        (0.0, names.len() as f64),
        (lowest, top),
    )
    .steps(&names)
    .bar((0.15, 0.0), (0.85, base), "base")
    .words((0.5, base), &short(base));
    let mut standing = base;
    for (i, (_, channel)) in parts.iter().enumerate() {
        let x = i as f64 + 1.0;
        let total = &channel.contribution_total;
        let next = standing + total.mean;
        plot = plot
            .bar((x + 0.15, standing), (x + 0.85, next), &class(i))
            .whisker(x + 0.5, standing + total.q05, standing + total.q95)
            .words((x + 0.25, next), &short(total.mean));
        standing = next;
    }
    let last = names.len() as f64 - 1.0;
    plot = plot
        .bar((last + 0.15, 0.0), (last + 0.85, expected), "base")
        .words((last + 0.5, expected), &short(expected));
    let rows = std::iter::once(html! {
        th scope="row" { "Without media" } td.number { (short(base)) } td.number { "–" } td.number { "–" }
    })
    .chain(parts.iter().map(|(name, channel)| {
        let total = &channel.contribution_total;
        html! {
            th scope="row" { (name) } td.number { (short(total.mean)) }
            td.number { (short(total.q05)) } td.number { (short(total.q95)) }
        }
    }));
    let table = Table::new("Contributions, mean and 90 % interval")
        .column("Part")
        .number("Mean")
        .number("5 %")
        .number("95 %")
        .rows(rows)
        .render(&Query::default());
    plot.render(&stamp.line("Means; whiskers: 90 % interval"), &table)
}

/// Contributions stacked on what would have come anyway, beside what came.
fn over_time(report: &MmmReport, stamp: &Stamp<'_>) -> Markup {
    let parts = ordered(report);
    let n = report.series.dates.len();
    let expected = &report.series.expected;
    let media = |t: usize| -> f64 {
        parts
            .iter()
            .filter_map(|(_, c)| c.over_time.get(t))
            .map(|v| v[0])
            .sum()
    };
    let base: Vec<f64> = (0..n)
        .map(|t| expected.get(t).copied().unwrap_or(0.0) - media(t))
        .collect();
    let actual: Vec<(f64, f64)> = report
        .series
        .actual
        .iter()
        .enumerate()
        .filter_map(|(t, y)| Some((t as f64, (*y)?)))
        .collect();
    let tops = expected.iter().copied().chain(actual.iter().map(|p| p.1));
    let (low, high) = range(tops.chain(base.iter().copied()));
    let title = format!(
        "`{}` by period: what the model takes it to be made of",
        report.spec.target
    );
    let says = format!(
        "{n} periods; the areas stack up to what the model expects, the line is what came."
    );
    let mut plot = Plot::new(
        "over-time",
        &title,
        &says,
        (0.0, n.saturating_sub(1) as f64),
        (low.min(0.0), high * 1.05),
    )
    .dates(&report.series.dates);
    let stack: Vec<(f64, f64, f64)> = base
        .iter()
        .enumerate()
        .map(|(t, y)| (t as f64, 0.0, *y))
        .collect();
    plot = plot.area(&stack, "fill base", "Without media");
    let mut under = base;
    for (i, (name, channel)) in parts.iter().enumerate() {
        let mut layer = Vec::with_capacity(n);
        for (t, (under, part)) in under.iter_mut().zip(&channel.over_time).enumerate() {
            let over = *under + part[0];
            layer.push((t as f64, *under, over));
            *under = over;
        }
        plot = plot.area(&layer, &format!("fill {}", class(i)), name);
    }
    plot = plot.line(&actual, "actual", "What came");
    plot.render(
        &stamp.line("Means of the parts; their intervals are in the table"),
        &by_quarter(report, &parts),
    )
}

/// The same by quarter, so that the table can be read.
fn by_quarter(report: &MmmReport, parts: &[(&str, &Channel)]) -> Markup {
    let quarter = |date: &str| {
        let month: u32 = date.get(5..7).and_then(|m| m.parse().ok()).unwrap_or(1);
        format!(
            "{} Q{}",
            date.get(..4).unwrap_or(""),
            month.saturating_sub(1) / 3 + 1
        )
    };
    let mut sums: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (t, date) in report.series.dates.iter().enumerate() {
        let row = sums
            .entry(quarter(date))
            .or_insert_with(|| vec![0.0; parts.len() + 1]);
        for (sum, (_, channel)) in row.iter_mut().zip(parts) {
            *sum += channel.over_time.get(t).map_or(0.0, |v| v[0]);
        }
        if let (Some(all), Some(expected)) = (row.last_mut(), report.series.expected.get(t)) {
            *all += expected;
        }
    }
    let mut table = Table::new("By quarter: mean contribution, and all that the model expects")
        .column("Quarter");
    for (name, _) in parts {
        table = table.number(name);
    }
    let rows = sums.iter().map(|(quarter, row)| {
        html! {
            th scope="row" { (quarter) }
            @for sum in row { td.number { (short(*sum)) } }
        }
    });
    table.number("All").rows(rows).render(&Query::default())
}

fn curve(i: usize, part: &Part, target: &str, stamp: &Stamp<'_>) -> Markup {
    let xs = part.curve.iter().map(|p| p[0]);
    let highs = part.curve.iter().map(|p| p[3]);
    let (right, top) = (range(xs).1, range(highs).1);
    let band: Vec<(f64, f64, f64)> = part.curve.iter().map(|p| (p[0], p[2], p[3])).collect();
    let mean: Vec<(f64, f64)> = part.curve.iter().map(|p| (p[0], p[1])).collect();
    let at = mean
        .windows(2)
        .find_map(|pair| match pair {
            [a, b] if a.0 <= part.spent && part.spent <= b.0 && b.0 > a.0 => {
                Some(a.1 + (b.1 - a.1) * (part.spent - a.0) / (b.0 - a.0))
            }
            _ => None,
        })
        .unwrap_or(0.0);
    let says = format!(
        "At {} a period it brings about {} of {target}; the next unit brings {} ({} to {}).",
        short(part.spent),
        short(at),
        short(part.marginal.q50),
        short(part.marginal.q05),
        short(part.marginal.q95)
    );
    let rows = part.curve.iter().step_by(4).map(|p| {
        html! {
            th scope="row" { (short(p[0])) } td.number { (short(p[1])) }
            td.number { (short(p[2])) } td.number { (short(p[3])) }
        }
    });
    let table = Table::new("Spend a period and what it brings")
        .column("Spend")
        .number("Mean")
        .number("5 %")
        .number("95 %")
        .rows(rows)
        .render(&Query::default());
    Plot::new(
        &format!("curve-{i}"),
        &part.channel,
        &says,
        (0.0, right),
        (0.0, top),
    )
    .small()
    .band(&band, &class(i), "")
    .line(&mean, &class(i), "")
    .dot((part.spent, at), &class(i))
    .render(&stamp.line(NINETY), &table)
}

/// Prior and posterior of what a unit of spend brings, side by side.
fn beliefs(report: &MmmReport, stamp: &Stamp<'_>) -> Markup {
    let parts = ordered(report);
    let names: Vec<String> = parts.iter().map(|(name, _)| (*name).to_owned()).collect();
    let posterior = parts.iter().map(|(_, c)| c.per_unit_spend.q95);
    let prior = parts.iter().map(|(_, c)| c.prior_per_unit.q50);
    // A prior may reach far out; what the data say stays readable.
    let right = range(posterior.chain(prior)).1 * 1.6;
    let says = "For each channel the upper interval is the belief before the data, the lower one after them.";
    let mut plot = Plot::new(
        "beliefs",
        "Outcome brought by one unit of spend",
        says,
        (0.0, right),
        (0.0, 1.0),
    )
    .rows(&names);
    for (i, (_, channel)) in parts.iter().enumerate() {
        let (p, q) = (&channel.prior_per_unit, &channel.per_unit_spend);
        plot = plot
            .interval(i as f64 + 0.34, (p.q05, p.q50, p.q95), "prior")
            .interval(i as f64 + 0.66, (q.q05, q.q50, q.q95), "s1");
    }
    let rows = parts.iter().map(|(name, c)| {
        html! {
            th scope="row" { (name) }
            td.number { (of(&c.prior_per_unit)) }
            td.number { (of(&c.per_unit_spend)) }
            td.number { (percent(c.learned)) }
        }
    });
    let table = Table::new("Outcome brought by one unit of spend, before and after the data")
        .column("Channel")
        .number("Before")
        .number("After")
        .number("Narrowed by")
        .rows(rows)
        .render(&Query::default());
    html! {
        (plot.render(&stamp.line("Upper, hollow: before the data. Lower: after. 90 % intervals"), &html! {}))
        (table)
    }
}

/// Whether the sampler can be trusted, in a manager's words.
fn diagnostics(it: &Diagnostics) -> Markup {
    let total = it.chains * it.draws;
    html! {
        section aria-labelledby="trust-title" {
            h2 #trust-title { "Can the arithmetic be trusted?" }
            (definitions(&[
                ("Do the chains agree?", html! {
                    @if it.max_rhat <= 1.01 { "Yes. " } @else if it.max_rhat <= 1.05 { "Nearly. " } @else { "No: do not use the answer. " }
                    (it.chains) " searches that began at different places came to the same answer when this is close to 1: " (format!("{:.3}", it.max_rhat)) " (R-hat)."
                }),
                ("Are there draws enough?", html! {
                    @if it.min_ess_bulk >= 400.0 { "Yes. " } @else { "Few: the ends of intervals are rough. " }
                    "Of " (total) " draws, the worst known quantity has " (short(it.min_ess_bulk)) " that count (400 are enough)."
                }),
                ("Did any go astray?", html! {
                    @if it.divergences == 0 { "No." } @else { (it.divergences) " of " (total) ": intervals may be too narrow." }
                }),
                ("How much of the ups and downs does it explain?", html! { (percent(it.r_squared)) }),
            ]))
        }
    }
}
