//! The dry run of a trigger: counts by rule over the last days. Nothing is sent.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::ActError;
use placet_app::trigger::trial::{DAYS, MOST, Trial, try_out};
use placet_app::trigger::{self};
use placet_domain::audience::cells::Shown;
use placet_domain::id::TriggerId;
use placet_domain::operator::Capability;
use placet_domain::trigger::Version;
use serde::Deserialize;

use crate::components::table::Table;
use crate::components::{crumbs, definitions, empty, header, quiet_link};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

#[derive(Deserialize)]
pub struct Form {}

/// `POST`: tries the newest version.
pub async fn run(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TriggerId>,
    Protected(Form {}): Protected<Form>,
) -> Result<Markup, WebError> {
    let (name, version, trial) = tried(&site, &viewer, id).await?;
    let sees_small = viewer.can(Capability::ViewSmallCells);
    let shown = |n: u64| Shown::alone(n, sees_small).words();
    let rows = trial.rules.iter().map(|one| {
        html! {
            th scope="row" { (one.says) }
            td { code { (one.rule) } }
            td.number { (shown(one.n)) }
        }
    });
    let lead = format!(
        "Version {} on what happened in the last {DAYS} days, asked of the same gate as every message. Nothing was sent.",
        version.version
    );
    let page = format!("/triggers/{id}");
    Ok(layout::page(
        &viewer,
        Place::Campaigns,
        "Dry run",
        &html! {
            (crumbs(&[("Campaigns", "/campaigns"), ("Triggers", "/triggers"), (&name, &page)], "Dry run"))
            (header("Dry run", &lead, &quiet_link(&page, "Back to the trigger")))
            @if trial.n_events == 0 {
                (empty("Nothing happened", "None of the events that set it off is held from that time.", &html! {}))
            } @else {
                (definitions(&[
                    ("Events", html! { (shown(trial.n_events)) @if trial.is_cut { ": the newest " (MOST) " only" } }),
                    ("People", html! { (shown(trial.n_people)) }),
                    ("Would be permitted now", html! { (shown(trial.n_permitted)) }),
                    ("No address on this channel", html! { (shown(trial.n_unreachable)) }),
                ]))
                @if trial.rules.is_empty() {
                    p { "No rule would object." }
                } @else {
                    h2 { "Why others would get nothing" }
                    (Table::new("Rules that would object, most first").column("Rule").column("Code").number("Messages").rows(rows).render(&Query::default()))
                }
            }
        },
    ))
}

/// Tries the newest version of a trigger.
pub(crate) async fn tried(
    site: &Site,
    viewer: &Viewer,
    id: TriggerId,
) -> Result<(String, Version, Trial), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewCampaigns)?;
    let engine = site.engine().clone();
    let done = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let one = trigger::find(tx, id)?;
            let newest = one.newest().ok_or(ActError::NotFound("version"))?.clone();
            let trial = try_out(tx, ctx, &engine, &newest)?;
            Ok::<_, ActError>((one.name, newest, trial))
        })
        .await?;
    Ok(done)
}
