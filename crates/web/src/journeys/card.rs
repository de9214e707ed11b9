//! The card of a journey's logic: inputs, logic, oversight (S100).

use axum::extract::State;
use maud::{Markup, html};
use placet_app::ActError;
use placet_app::journey::{self, card};
use placet_domain::id::JourneyId;
use placet_domain::words::words;

use crate::components::table::Table;
use crate::components::{crumbs, definitions, hash, header, quiet_link};
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: the card of the version that counts, else of the newest.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
) -> Result<Markup, WebError> {
    let card = found(&site, id).await?;
    let page = format!("/journeys/{id}");
    let rows = card.inputs.iter().map(|one| {
        html! {
            th scope="row" { (words(&one.element)) }
            td { code { (one.element) } }
            td { (one.uses.join(", ")) }
        }
    });
    let lead = "Made from what runs, each time it is opened: it cannot differ from it.";
    Ok(layout::page(
        &viewer,
        Place::Campaigns,
        "Card",
        &html! {
            (crumbs(&[("Campaigns", "/campaigns"), ("Journeys", "/journeys"), (&card.name, &page)], "Card"))
            (header("Card of the logic", lead, &quiet_link(&page, "Back to the journey")))
            (definitions(&[
                ("Journey", html! { (card.name) ", version " (card.version) }),
                ("Purpose", html! { (card.purpose) }),
                ("Why it may be done", html! { (card.rationale) }),
                ("Who answers for it", html! { (card.owner) }),
                ("Made from", hash(&card.hash)),
            ]))
            h2 { "Inputs" }
            (Table::new("Data elements that it reads").column("Element").column("Code").column("Read for").rows(rows).render(&Query::default()))
            h2 { "Logic" }
            ul { @for says in &card.logic { li { (says) } } }
            h2 { "Oversight" }
            ul { @for says in &card.oversight { li { (says) } } }
        },
    ))
}

/// The card of the version that counts, else of the newest.
pub(crate) async fn found(site: &Site, id: JourneyId) -> Result<card::Card, WebError> {
    let card = site
        .store()
        .read(move |tx| -> Result<_, ActError> {
            let one = journey::find(tx, id)?;
            let version = one.counting().or_else(|| one.newest());
            card::card(tx, version.ok_or(ActError::NotFound("version"))?)
        })
        .await?;
    Ok(card)
}
