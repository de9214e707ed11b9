//! A budget: what-if on the page of a media mix, and plans that were kept.

use maud::{Markup, html};
use placet_app::measure::answer;
use placet_app::measure::outcome::{self, Mmm, Plan};
use placet_domain::measure::Run;
use placet_domain::operator::Capability;
use placet_measure::budget::plan;
use serde_json::Value;

use super::sentence;
use crate::components::field::Field;
use crate::components::notice::{Why, refusal};
use crate::components::table::Table;
use crate::measure::figures::{Stamp, of, percent, short};
use crate::measure::form::read;
use crate::measure::plot::Plot;
use crate::measure::sent::Sent;
use crate::query::Query;
use crate::session::Viewer;

/// A plan that was kept.
pub fn page(it: &Plan, stamp: &Stamp<'_>) -> Markup {
    html! {
        section aria-labelledby="split-title" {
            h2 #split-title { "The split" }
            (split(it, stamp))
        }
    }
}

/// The form that recalculates, and what it comes to.
pub fn planner(
    viewer: &Viewer,
    run: &Run,
    it: &Mmm,
    value: &Value,
    stamp: &Stamp<'_>,
    query: &Query,
) -> Markup {
    let sent = Sent(
        ["budget", "goal"]
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), query.get(name)?.to_owned())))
            .chain(it.report.spec.channels.iter().flat_map(|channel| {
                ["low", "high"].into_iter().filter_map(move |end| {
                    let name = format!("{end}.{channel}");
                    let typed = query.get(&name).unwrap_or("").to_owned();
                    (end == "low" || !typed.is_empty()).then_some((name, typed))
                })
            }))
            .collect(),
    );
    let is_asked = sent.0.iter().any(|(_, typed)| !typed.is_empty());
    let found = read::budget(&sent).map_err(|problem| problem.problem);
    let planned: Result<Plan, String> = if is_asked {
        found.and_then(|asked| {
            let curves = answer::curves(value).ok_or("this media mix kept no curves")?;
            let planned = plan(&curves, &asked.ask()).map_err(|refusal| refusal.to_string())?;
            let value = serde_json::to_value(&planned).unwrap_or(Value::Null);
            outcome::read(&value).ok_or_else(|| "this plan cannot be shown".to_owned())
        })
    } else {
        Ok(it.plan.clone())
    };
    html! {
        section aria-labelledby="budget-title" {
            h2 #budget-title { "Plan a budget" }
            p { "Say what may be spent a period, or what should come, and what each channel must or may get at most. Leave empty what may follow." }
            (the_form(run, it, &sent))
            div #plan-answer {
                @match &planned {
                    Ok(plan) => (split(plan, stamp)),
                    Err(why) => (refusal("No such plan", &[Why::plain(why)], "")),
                }
            }
            @if is_asked && planned.is_ok() && viewer.can(Capability::RunMeasures) {
                form.filters method="post" action={ "/measure/runs/" (run.id) "/plans" } {
                    (viewer.csrf.field())
                    @for (name, typed) in &sent.0 { input type="hidden" name=(name) value=(typed); }
                    (Field::text("name", "Keep this plan as").max(120).render())
                    button.quiet { "Keep the plan" }
                }
            }
        }
    }
}

fn the_form(run: &Run, it: &Mmm, sent: &Sent) -> Markup {
    let spent = short(it.plan.budget);
    let hint = format!("So far {spent} a period, all channels together.");
    html! {
        form.planner method="get" action={ "/measure/runs/" (run.id) "#budget-title" } {
            div.grid {
                (Field::text("budget", "Budget a period").value(sent.get("budget")).hint(&hint).numeric().render())
                (Field::text("goal", "Or: what should come a period").value(sent.get("goal"))
                    .hint("Finds the smallest budget for it.").numeric().render())
            }
            div.scroll role="region" aria-label="Bounds of the channels" tabindex="0" {
                table {
                    caption { "Bounds of the channels, a period" }
                    thead { tr { th scope="col" { "Channel" } th scope="col" { "At least" } th scope="col" { "At most" } } }
                    tbody.plain {
                        @for channel in &it.report.spec.channels {
                            tr {
                                th scope="row" { (channel) }
                                @for (end, label) in [("low", "At least"), ("high", "At most")] {
                                    @let name = format!("{end}.{channel}");
                                    td { input name=(name) value=(sent.get(&name)) inputmode="decimal" aria-label={ (channel) ": " (label) }; }
                                }
                            }
                        }
                    }
                }
            }
            button { "Calculate" }
        }
    }
}

/// A split: in words, as a picture, as a table.
fn split(plan: &Plan, stamp: &Stamp<'_>) -> Markup {
    let rows = plan.allocation.iter().map(|part| {
        html! {
            th scope="row" { (part.channel) }
            td.number { (short(part.spent)) }
            td.number { strong { (short(part.spend)) } }
            td.number { (of(&part.response)) }
            td.number { (of(&part.marginal)) }
            td { @if part.beyond_data { "Beyond anything the data show" } @else { "Within the data" } }
        }
    });
    let table = Table::new("The best split of this budget, a period")
        .column("Channel")
        .number("So far")
        .number("Plan")
        .number("Brings")
        .number("The next unit brings")
        .column("Ground")
        .rows(rows)
        .render(&Query::default());
    html! {
        p {
            "Split so, " strong { (short(plan.budget)) } " a period brings " (of(&plan.response))
            "; split as in the past, " (of(&plan.response_before))
            ". It is better with a chance of " strong { (percent(plan.chance_better)) } "."
        }
        (picture(plan, stamp))
        (table)
        p.soft { (sentence(&plan.reading)) }
    }
}

fn picture(plan: &Plan, stamp: &Stamp<'_>) -> Markup {
    let names: Vec<String> = plan.allocation.iter().map(|p| p.channel.clone()).collect();
    let tops = plan.allocation.iter().flat_map(|p| [p.spend, p.spent]);
    let top = tops.fold(0.0, f64::max) * 1.15;
    let says: Vec<String> = plan
        .allocation
        .iter()
        .map(|p| {
            format!(
                "{}: {} instead of {}",
                p.channel,
                short(p.spend),
                short(p.spent)
            )
        })
        .collect();
    let mut plot = Plot::new(
        "split",
        "Spend a period: so far, and in the plan",
        &format!("{}.", says.join("; ")),
        (0.0, names.len() as f64),
        (0.0, top),
    )
    .steps(&names);
    for (i, part) in plan.allocation.iter().enumerate() {
        let x = i as f64;
        plot = plot
            .bar((x + 0.15, 0.0), (x + 0.48, part.spent), "base")
            .bar((x + 0.52, 0.0), (x + 0.85, part.spend), "s1")
            .words((x + 0.32, part.spent), &short(part.spent))
            .words((x + 0.69, part.spend), &short(part.spend));
    }
    plot.render(
        &stamp.line(
            "Left bar: so far. Right bar: the plan. Intervals of what it brings are in the table",
        ),
        &html! {},
    )
}
