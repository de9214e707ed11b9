//! Fresh links to the person's own page: who waits for one, and making it.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::patient;
use placet_app::person::{self, Purpose};
use placet_domain::id::PersonId;
use placet_domain::operator::Capability;
use placet_domain::person::masked;
use placet_store::people;

use super::{act, frame};
use crate::components::table::Table;
use crate::components::{code_block, crumbs, empty, header, time};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

/// How many are shown; each shown is a reading.
const SHOWN: u32 = 50;

/// `GET`: who waits for a link, longest first.
pub async fn list(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let waiting = act(&site, &viewer, Capability::ViewPeople, move |tx, ctx| {
        let mut rows = Vec::new();
        for request in people::list_link_requests(tx, SHOWN)? {
            // Whoever was erased meanwhile waits for nothing.
            let Ok(view) = person::open(tx, ctx, request.person, Purpose::Search) else {
                continue;
            };
            let point = view
                .contact_points
                .into_iter()
                .find(|point| point.id == request.contact_point);
            let reach = point.map(|point| masked(point.channel, &point.address));
            rows.push((request, view.person.identity.name(), reach));
        }
        Ok(rows)
    })
    .await?;
    let rows = waiting.iter().map(|(request, name, reach)| {
        html! {
            th scope="row" { a href={ "/people/" (request.person) "/contact" } { (name) } }
            td { (reach.as_deref().unwrap_or("no longer in use")) }
            td { (time(request.asked_at)) }
        }
    });
    Ok(layout::page(
        &viewer,
        Place::People,
        "Fresh links",
        &html! {
            (crumbs(&[("People", "/people")], "Fresh links"))
            (header("Fresh links", "Who asked for a link to their page. Send it to the address they typed, which is one that we hold.", &html! {}))
            @if waiting.is_empty() {
                (empty("Nobody waits", "A person whose link is too old asks for a fresh one on the page it leads to.", &html! {}))
            } @else {
                (Table::new("Waiting, longest first").column("Person").column("Asked with").column("Since")
                    .rows(rows).render(&Query::default()))
            }
        },
    ))
}

/// `POST`: makes a link and shows it once.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
    Protected(_): Protected<Empty>,
) -> Result<Markup, WebError> {
    let (view, link) = act(
        &site,
        &viewer,
        Capability::RecordInstruments,
        move |tx, ctx| {
            let view = person::open(tx, ctx, id, Purpose::Record)?;
            Ok((view, patient::make_link(tx, ctx, id)?))
        },
    )
    .await?;
    let address = site.url(&link.path(site.store().keys()));
    Ok(frame(
        &viewer,
        &view,
        "Contact",
        &html! {
            h2 { "The link" }
            p { "Copy it now; it is not shown again. It works for 30 days. Send it to an address of this person and to nobody else." }
            (code_block(&address))
            p { a href={ "/people/" (id) "/contact" } { "Back to contact" } }
        },
    ))
}
