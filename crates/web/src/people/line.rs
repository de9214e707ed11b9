//! One time line of everything held and done, each event with its receipt.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::person::{self, Purpose};
use placet_app::timeline::{self, Event};
use placet_domain::id::PersonId;
use placet_domain::operator::Capability;
use placet_ledger::to_hex;

use super::{act, frame, place_link};
use crate::components;
use crate::components::{empty, hash};
use crate::error::WebError;
use crate::extract::Id;
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: the time line, newest first; `?before=` goes on.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
    query: Query,
) -> Result<Markup, WebError> {
    let before: Option<u64> = query.get("before").and_then(|text| text.parse().ok());
    let (view, line) = act(&site, &viewer, Capability::ViewPeople, move |tx, ctx| {
        let line = timeline::read(tx, ctx, id, before)?;
        Ok((person::open(tx, ctx, id, Purpose::Review)?, line))
    })
    .await?;
    let base = format!("/people/{id}");
    let events: Vec<components::Event> = line
        .events
        .iter()
        .map(|event| shown(&viewer, &base, event))
        .collect();
    Ok(frame(
        &viewer,
        &view,
        "Time line",
        &html! {
            @if events.is_empty() {
                (empty("Nothing yet", "Everything that is recorded, decided, sent or read stands here.", &html! {}))
            } @else {
                (components::timeline("Everything held and done, newest first", &events))
            }
            nav.pages aria-label="Pages" {
                span { (events.len()) " shown" }
                @if let Some(next) = line.next {
                    a class="button quiet" rel="next" href=(query.with("before", &next.to_string())) { "Older" }
                }
            }
        },
    ))
}

fn shown(viewer: &Viewer, base: &str, event: &Event) -> components::Event {
    let campaign = event.facts.get("campaign");
    let campaign = campaign.filter(|_| viewer.can(Capability::ViewCampaigns));
    let receipt = &event.receipt;
    components::Event {
        at: event.at,
        what: html! { (event.says) },
        more: html! {
            p.soft { "By " (event.by) ". "
                @if let Some(place) = receipt.place { "Ledger place " (place_link(viewer, place)) ". " }
                @if let Some(decision) = event.facts.get("decision") {
                    a href={ (base) "/decisions/" (decision) } { "Why" } ". "
                }
                @if let Some(campaign) = campaign {
                    a href={ "/campaigns/" (campaign) } { "Campaign" } "."
                }
            }
            details {
                summary { "Receipt" }
                p { "Entry " code { (receipt.entry) } }
                p { "Leaf hash " (hash(&to_hex(&receipt.leaf_hash))) }
                @if !event.facts.is_empty() {
                    ul { @for (name, value) in &event.facts { li { code { (name) } ": " code { (value) } } } }
                }
            }
        },
    }
}
