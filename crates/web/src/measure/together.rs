//! One view: what the model says, what experiments say, what our records say and what platforms
//! claim, side by side, with the reason why they differ.
//!
//! It reads the newest result of each kind. An experiment outweighs a model, our records outweigh a
//! claim; none of them follows anybody.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::measure::outcome::{self, Channel, Cost, Geo, Holdout, Mmm, OneCost};
use placet_app::measure::report;
use placet_app::{ActError, Ctx};
use placet_domain::measure::{Question, Run, Stand, Way};
use placet_domain::operator::Capability;
use placet_store::{StoreError, Tx, measures};

use super::figures::{between, of, percent, short};
use crate::components::table::Table;
use crate::components::{crumbs, empty, header, quiet_link, time};
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// How many runs are looked through.
const LOOKED: u32 = 500;
/// How many experiments are shown.
const EXPERIMENTS: usize = 10;

/// What is put side by side.
#[derive(Default)]
struct Views {
    model: Option<(Run, Mmm)>,
    records: Option<(Run, Cost)>,
    experiments: Vec<(Run, Stand, Experiment)>,
}

enum Experiment {
    Markets(Box<Geo>),
    Audience(Box<Holdout>),
}

/// The runs that are put side by side: the newest of each kind.
fn choose(tx: &mut Tx) -> Result<Vec<(Run, Stand)>, StoreError> {
    let mut chosen: Vec<(Run, Stand)> = Vec::new();
    for (run, stand) in measures::list_runs(tx, LOOKED)? {
        let n = |questions: &[Question]| {
            let same = chosen
                .iter()
                .filter(|(one, _)| questions.contains(&one.question));
            same.count()
        };
        let is_wanted = match run.question {
            Question::Mmm | Question::Cost => n(&[run.question]) == 0,
            Question::Geo | Question::Holdout => {
                n(&[Question::Geo, Question::Holdout]) < EXPERIMENTS
            }
            _ => false,
        };
        if is_wanted && stand.is_done() {
            chosen.push((run, stand));
        }
    }
    Ok(chosen)
}

/// Opens them, each with its entry.
fn load(tx: &mut Tx, ctx: &Ctx, chosen: &[(Run, Stand)]) -> Result<Views, ActError> {
    let mut views = Views::default();
    for (run, stand) in chosen.iter().cloned() {
        let value = report::open(tx, ctx, run.id, Way::SideBySide)?;
        match run.question {
            Question::Mmm => views.model = outcome::read(&value).map(|it| (run, it)),
            Question::Cost => views.records = outcome::read(&value).map(|it| (run, it)),
            Question::Geo => views.experiments.extend(
                outcome::read(&value).map(|it| (run, stand, Experiment::Markets(Box::new(it)))),
            ),
            _ => views.experiments.extend(
                outcome::read(&value).map(|it| (run, stand, Experiment::Audience(Box::new(it)))),
            ),
        }
    }
    Ok(views)
}

/// `GET`: everything side by side.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let chosen = site.store().read(choose).await?;
    let views = if chosen.is_empty() {
        Views::default()
    } else {
        let grant = viewer.ctx.actor.may(Capability::ViewMeasures)?;
        let open = move |tx: &mut Tx, ctx: &Ctx| load(tx, ctx, &chosen);
        site.store().act(grant, &viewer.ctx, open).await?
    };
    let title = "Side by side";
    let lead = "The model, the experiments, our own records and what platforms claim. Directional, each with its interval.";
    let is_empty = views.model.is_none() && views.records.is_none() && views.experiments.is_empty();
    Ok(layout::page(
        &viewer,
        Place::Measure,
        title,
        &html! {
            (crumbs(&[("Measure", "/measure")], title))
            (header(title, lead, &html! {}))
            @if is_empty {
                (empty("Nothing to compare yet", "A media mix, a table of costs and a test, once they are done, stand here side by side.",
                    &quiet_link("/measure", "Measurements")))
            } @else {
                (channels(&views))
                (experiments(&views))
                (whom_to_trust())
            }
        },
    ))
}

/// A channel as both tables call it: without what says that it is spend.
fn plain(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !matches!(*word, "" | "spend" | "cost" | "usd" | "media"));
    words.collect::<Vec<_>>().join(" ")
}

/// Model and records by channel; either may be missing.
type Line<'a> = (String, Option<&'a Channel>, Option<&'a OneCost>);

fn lines(views: &Views) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    if let Some((_, it)) = &views.model {
        for (name, channel) in &it.report.channel {
            lines.push((plain(name), Some(channel), None));
        }
    }
    if let Some((_, it)) = &views.records {
        for (name, months) in it.channels.iter().filter(|(name, _)| *name != "all") {
            let (name, all) = (plain(name), months.get("all"));
            match lines.iter_mut().find(|line| line.0 == name) {
                Some(line) => line.2 = all,
                None => lines.push((name, None, all)),
            }
        }
    }
    lines.sort_by(|a, b| a.0.cmp(&b.0));
    lines
}

fn channels(views: &Views) -> Markup {
    let lines = lines(views);
    if lines.is_empty() {
        return html! {};
    }
    let rows = lines.iter().map(|(name, model, records)| {
        html! {
            th scope="row" { (name) }
            td.number { @match model { Some(channel) => (of(&channel.cost_per_outcome)), None => "–" } }
            td.number { @match records.and_then(|one| one.cost) { Some([m, l, h]) => (between(m, l, h)), None => "–" } }
            td.number { @match records.and_then(|one| one.platform_cost) { Some(cost) => (short(cost)), None => "–" } }
            td { (why(*model, *records)) }
        }
    });
    html! {
        section aria-labelledby="channels-title" {
            h2 #channels-title { "Cost of one more, by channel" }
            (Table::new("Cost of one outcome, 90 % intervals").column("Channel").number("The model").number("Our records")
                .number("The platform claims").column("Why they differ").rows(rows).render(&Query::default()))
            p.stamp {
                strong { "Directional. " }
                @if let Some((run, it)) = &views.model {
                    "Model: " a href={ "/measure/runs/" (run.id) } { (run.name) } ", `" (it.report.spec.target) "`, "
                    (it.report.data.from) " to " (it.report.data.to) ", asked " (time(run.asked_at)) ". "
                }
                @if let Some((run, _)) = &views.records {
                    "Records and claims: " a href={ "/measure/runs/" (run.id) } { (run.name) } ", asked " (time(run.asked_at)) ". "
                }
            }
        }
    }
}

/// Why the three differ, in words.
fn why(model: Option<&Channel>, records: Option<&OneCost>) -> Markup {
    let mut says: Vec<&str> = Vec::new();
    let counted = records.and_then(|one| one.cost);
    if let (Some(channel), Some([_, low, high])) = (model, counted) {
        let cost = &channel.cost_per_outcome;
        if cost.q05 > high {
            says.push("Records count everybody who came by this way, also those who would have come anyway; the model takes them out.");
        } else if cost.q95 < low {
            says.push("The model credits it with people who heard of us here and came by another way; records do not.");
        } else {
            says.push("Model and records agree within their intervals.");
        }
    }
    if model.is_some_and(|channel| channel.learned < 0.4) {
        says.push("The model's figure is mostly what was believed before.");
    }
    match records.and_then(|one| one.claimed_over_counted) {
        Some(ratio) if ratio > 1.3 => {
            says.push("The platform claims people who came anyway, or counts them twice.");
        }
        Some(ratio) if ratio < 0.7 => {
            says.push("The platform does not see those who call or book elsewhere.");
        }
        _ => {}
    }
    match (model, records) {
        (Some(_), None) => says.push("No table of costs names this channel."),
        (None, Some(_)) => says.push("The model does not hold this channel."),
        _ => {}
    }
    if records.is_some() && counted.is_none() {
        says.push("Our count is too small to show.");
    }
    html! { (says.join(" ")) }
}

fn experiments(views: &Views) -> Markup {
    let rows = views.experiments.iter().map(|(run, stand, it)| {
        let (what, lift, verdict) = match it {
            Experiment::Markets(geo) => (
                "Markets",
                html! { strong { (percent(geo.synthetic.lift)) } " " span.soft { "(" (percent(geo.placebo.interval[0])) " to " (percent(geo.placebo.interval[1])) ")" } },
                geo.verdict.clone(),
            ),
            Experiment::Audience(held) => (
                "Audience",
                html! { strong { (percent(held.report.difference)) } " of people " span.soft { "(" (percent(held.report.anytime[0])) " to " (percent(held.report.anytime[1])) ")" } },
                held.report.verdict.clone(),
            ),
        };
        html! {
            th scope="row" { a href={ "/measure/runs/" (run.id) } { (run.name) } }
            td { (what) } td.number { (lift) } td { (verdict) }
            td { @if let Stand::Ended(ended) = stand { (time(ended.at)) } }
        }
    });
    html! {
        section aria-labelledby="experiments-title" {
            h2 #experiments-title { "Experiments" }
            @if views.experiments.is_empty() {
                p.soft { "None yet. One test outweighs a year more of data: it can be given to the media mix." }
            } @else {
                (Table::new("Experiments, newest first, 90 % intervals").column("Name").column("Held out").number("Lift")
                    .column("Verdict").column("Computed").rows(rows).render(&Query::default()))
                p.stamp { strong { "Directional. " } "Each stands on its own data and date." }
            }
        }
    }
}

fn whom_to_trust() -> Markup {
    html! {
        section aria-labelledby="trust-title" {
            h2 #trust-title { "Which one to believe" }
            ol {
                li { strong { "An experiment" } ", where there is one: it alone compares with what would have come anyway." }
                li { strong { "The model" } ", where its interval is narrow and the data speak: it sees all channels at once, and confuses what moved together." }
                li { strong { "Our records" } " for how many came and what was spent: they are the truth of the count, not of the cause." }
                li { strong { "A platform's claim" } " only for its direction: it is modelled, and the platform sells what it measures." }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_channel_is_known_by_its_name_in_either_table() {
        for name in ["search_spend", "Search", "search (USD)"] {
            assert_eq!(plain(name), "search");
        }
        assert_eq!(plain("paid_social_spend"), "paid social");
    }
}
