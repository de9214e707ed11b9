//! How long reviews take, by tier and by step, and what still waits.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::{ActError, approval, settings};
use placet_domain::review::cycle::{Figures, Spread};
use placet_domain::review::table::ReviewTable;

use crate::components::table::Table;
use crate::components::{Tone, crumbs, header, number, pill};
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: the figures of the last year.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let now = site.now();
    let (figures, table) = site
        .store()
        .read(move |tx| Ok::<_, ActError>((approval::figures(tx, now)?, settings::review(tx)?.0)))
        .await?;
    let lead = "From handing in to the last verdict that was needed, over the last year. \
        Each tier has its own reviewers, so what is simple never waits behind what is not.";
    Ok(layout::page(
        &viewer,
        Place::Content,
        "How long reviews take",
        &html! {
            (crumbs(&[("Content", "/content")], "How long reviews take"))
            (header("How long reviews take", lead, &html! {}))
            (tiers(&figures, &table))
            h2 { "By step" }
            (steps(&figures))
        },
    ))
}

fn tiers(figures: &[Figures], table: &ReviewTable) -> Markup {
    let rows = figures.iter().map(|one| {
        html! {
            th scope="row" { (one.tier.label()) }
            td { (super::review::roles(&table.row(one.tier).approvers)) }
            td { (table.row(one.tier).due_days) " working days" }
            (spread(one.whole))
            td.number { (number(one.n_late)) }
            td.number {
                (number(one.n_waiting))
                @if one.n_overdue > 0 { " " (pill(Tone::Bad, &format!("{} overdue", one.n_overdue))) }
            }
            td { @match one.oldest { Some(minutes) => (duration(minutes)), None => "–" } }
        }
    });
    Table::new("Reviews by tier")
        .column("Tier")
        .column("Must approve")
        .column("Due within")
        .number("Ended")
        .column("Half took at most")
        .column("Nine of ten")
        .number("Late")
        .number("Waiting")
        .column("Oldest waits")
        .rows(rows)
        .render(&Query::default())
}

fn steps(figures: &[Figures]) -> Markup {
    let rows = figures.iter().flat_map(|one| {
        one.steps.iter().map(|(role, taken)| {
            html! {
                th scope="row" { (one.tier.label()) }
                td { (role.label()) }
                (spread(*taken))
            }
        })
    });
    Table::new("Verdicts by tier and role")
        .column("Tier")
        .column("Role")
        .number("Verdicts")
        .column("Half took at most")
        .column("Nine of ten")
        .rows(rows)
        .render(&Query::default())
}

fn spread(spread: Spread) -> Markup {
    let shown = |minutes| match spread.n {
        0 => html! { "–" },
        _ => duration(minutes),
    };
    html! {
        td.number { (number(spread.n)) }
        td { (shown(spread.median)) }
        td { (shown(spread.p90)) }
    }
}

fn duration(minutes: u64) -> Markup {
    let (days, hours) = (minutes / 1_440, minutes / 60);
    html! {
        @if days >= 2 { (days) " days" }
        @else if hours >= 2 { (hours) " hours" }
        @else { (minutes) " minutes" }
    }
}
