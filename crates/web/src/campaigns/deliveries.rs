//! The deliveries of a campaign, with the carrier's words; those of unknown fate by name.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::campaign::{self, Unknown};
use placet_app::{ActError, delivery};
use placet_domain::campaign::Tally;
use placet_domain::delivery::{State as Stand, Verdict};
use placet_domain::id::{CampaignId, DeliveryId};
use placet_domain::operator::Capability;
use placet_store::campaigns;
use placet_store::deliveries::{self, Delivery};
use serde::Deserialize;

use crate::components::table::Table;
use crate::components::{
    Tone, code_block, crumbs, empty, header, number, pill, quiet_link, tabs, time,
};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// How many deliveries a page shows.
const ON_A_PAGE: u32 = 50;

/// A state as a pill.
fn state(state: Stand) -> Markup {
    let tone = match state {
        Stand::Pending => Tone::Neutral,
        Stand::Batched | Stand::Calling | Stand::Claimed => Tone::Info,
        Stand::Sent => Tone::Good,
        Stand::Failed | Stand::Refused => Tone::Bad,
        Stand::Unknown => Tone::Warn,
    };
    pill(tone, state.label())
}

/// `GET`: the deliveries of one state, by id.
pub async fn list(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    query: Query,
) -> Result<Markup, WebError> {
    let stand = query
        .get("state")
        .and_then(Stand::find)
        .unwrap_or(Stand::Sent);
    let after = query
        .get("after")
        .and_then(|text| text.parse::<DeliveryId>().ok());
    let found = site
        .store()
        .read(move |tx| {
            let name =
                placet_app::trigger::name_of(tx, id)?.ok_or(ActError::NotFound("campaign"))?;
            let rows = deliveries::list_by_campaign(tx, id, stand, after, ON_A_PAGE)?;
            Ok::<_, ActError>((name, campaigns::tally(tx, id)?, rows))
        })
        .await?;
    let (name, tally, rows) = found;
    let next = rows
        .last()
        .filter(|_| rows.len() == ON_A_PAGE as usize)
        .map(|one| one.id.to_string());
    Ok(frame(
        &viewer,
        id,
        &name,
        &tally,
        stand,
        &html! {
            @if rows.is_empty() {
                (empty("None", "No delivery of this campaign stands here now.",
                    &quiet_link(&format!("/campaigns/{id}"), "Back to the campaign")))
            } @else {
                (table(&viewer, &rows))
                @if let Some(next) = next { (quiet_link(&query.with("after", &next), "More")) }
            }
        },
    ))
}

fn frame(
    viewer: &Viewer,
    id: CampaignId,
    name: &str,
    tally: &Tally,
    here: Stand,
    body: &Markup,
) -> Markup {
    let names: Vec<(String, String, bool)> = Stand::ALL
        .into_iter()
        .map(|state| {
            let label = format!("{} ({})", state.label(), number(tally.of(state)));
            let href = match state {
                Stand::Unknown if viewer.can(Capability::ResolveDeliveries) => {
                    format!("/campaigns/{id}/unknown")
                }
                state => format!("/campaigns/{id}/deliveries?state={}", state.as_str()),
            };
            (label, href, state == here)
        })
        .collect();
    let names: Vec<(&str, &str, bool)> = names
        .iter()
        .map(|(label, href, here)| (label.as_str(), href.as_str(), *here))
        .collect();
    let back = format!("/campaigns/{id}");
    layout::page(
        viewer,
        Place::Campaigns,
        "Deliveries",
        &html! {
            (crumbs(&[("Campaigns", "/campaigns"), (name, &back)], "Deliveries"))
            (header("Deliveries", here.label(), &html! {}))
            (tabs("Deliveries by state", &names))
            (body)
        },
    )
}

fn table(viewer: &Viewer, rows: &[Delivery]) -> Markup {
    let rows = rows.iter().map(|one| {
        html! {
            th scope="row" { code { (one.id) } }
            td { (state(one.state)) }
            td { (answer(one)) }
            td.number { (one.n_attempts) }
            td { @if let Some(at) = one.settled_at { (time(at)) } @else { "–" } }
            td { (links(viewer, one)) }
        }
    });
    Table::new("Deliveries, with the carrier's answer")
        .column("Delivery")
        .column("Stands at")
        .column("Answer")
        .number("Tries")
        .column("Settled")
        .column("Receipts")
        .rows(rows)
        .render(&Query::default())
}

fn answer(one: &Delivery) -> Markup {
    html! {
        (one.answer.as_deref().unwrap_or("–"))
        @if let Some(dialogue) = one.dialogue.as_deref().filter(|text| !text.is_empty()) {
            details { summary { "Conversation" } (code_block(dialogue)) }
        }
    }
}

fn links(viewer: &Viewer, one: &Delivery) -> Markup {
    html! {
        @if viewer.can(Capability::ViewPeople) { a href={ "/people/" (one.person) } { "Person" } " " }
        @if viewer.can(Capability::ViewLedger) { a href={ "/ledger?person=" (one.person) } { "Ledger" } }
    }
}

/// `GET`: the deliveries nobody can tell about, by name, with what can be decided about each.
pub async fn unknown(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    query: Query,
) -> Result<Markup, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ResolveDeliveries)?;
    let after = query
        .get("after")
        .and_then(|text| text.parse::<DeliveryId>().ok());
    let found = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let name =
                placet_app::trigger::name_of(tx, id)?.ok_or(ActError::NotFound("campaign"))?;
            let rows = campaign::list_unknown(tx, ctx, id, after, ON_A_PAGE)?;
            Ok::<_, ActError>((name, campaigns::tally(tx, id)?, rows))
        })
        .await?;
    let (name, tally, rows) = found;
    let last = rows.last().filter(|_| rows.len() == ON_A_PAGE as usize);
    let next = last.map(|one| one.delivery.id.to_string());
    Ok(frame(
        &viewer,
        id,
        &name,
        &tally,
        Stand::Unknown,
        &html! {
            p { "The message may or may not have left: the connection broke before the carrier answered. \
                 Nothing is sent again unless somebody says so here." }
            @if rows.is_empty() {
                (empty("None", "The fate of every delivery is known.",
                    &quiet_link(&format!("/campaigns/{id}"), "Back to the campaign")))
            } @else {
                (unknowns(&viewer, &rows))
                @if let Some(next) = next { (quiet_link(&query.with("after", &next), "More")) }
            }
        },
    ))
}

fn unknowns(viewer: &Viewer, rows: &[Unknown]) -> Markup {
    let rows = rows.iter().map(|one| {
        html! {
            th scope="row" {
                a href={ "/people/" (one.delivery.person) } { (one.name.as_deref().unwrap_or("erased")) }
            }
            td { (answer(&one.delivery)) }
            td { @if let Some(at) = one.delivery.claimed_at { (time(at)) } }
            td { (verdicts(viewer, one)) }
        }
    });
    Table::new("Deliveries whose fate is unknown")
        .column("Person")
        .column("What is known")
        .column("Tried")
        .column("What became of it?")
        .rows(rows)
        .render(&Query::default())
}

/// One button a verdict.
fn verdicts(viewer: &Viewer, one: &Unknown) -> Markup {
    html! {
        form.row method="post" action={ "/deliveries/" (one.delivery.id) "/verdicts" } {
            (viewer.csrf.field())
            @for verdict in Verdict::ALL {
                button.quiet name="verdict" value=(verdict.as_str()) { (verdict.label()) }
            }
        }
    }
}

/// What a verdict's button sends.
#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    verdict: String,
}

/// `POST`: somebody's word on a delivery of unknown fate.
pub async fn resolve(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<DeliveryId>,
    Protected(form): Protected<Form>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ResolveDeliveries)?;
    let verdict = Verdict::find(&form.verdict)
        .ok_or_else(|| WebError::Malformed("choose what became of it".to_owned()))?;
    let campaign = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            delivery::resolve(tx, ctx, id, verdict)?;
            let found = deliveries::find(tx, id)?.ok_or(ActError::NotFound("delivery"))?;
            Ok::<_, ActError>(found.campaign)
        })
        .await?;
    Ok(Redirect::to(&format!("/campaigns/{campaign}/unknown")))
}
