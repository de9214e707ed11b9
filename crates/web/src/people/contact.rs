//! Addresses and numbers, where they came from, and coming appointments.

use axum::extract::State;
use maud::{Markup, html};
use placet_domain::id::PersonId;
use placet_domain::operator::Capability;

use super::{frame, open};
use crate::components::table::Table;
use crate::components::{empty, post_button, time};
use crate::error::WebError;
use crate::extract::Id;
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: how the person is reached.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
) -> Result<Markup, WebError> {
    let view = open(&site, &viewer, id).await?;
    let points = view.contact_points.iter().map(|point| {
        html! {
            th scope="row" { (point.channel.label()) }
            td { (point.address) }
            td { (point.origin.label()) }
            td { (time(point.created_at)) }
        }
    });
    let appointments = view.appointments.iter().map(|one| {
        html! { th scope="row" { (time(one.starts_at)) } td { (one.status) } }
    });
    Ok(frame(
        &viewer,
        &view,
        "Contact",
        &html! {
            @if view.contact_points.is_empty() {
                (empty("No address", "Nobody can be written to without one. Addresses come in with people.", &html! {}))
            } @else {
                (Table::new("Addresses and numbers in use").column("Way").column("Address").column("Came from")
                    .column("Held since").rows(points).render(&Query::default()))
            }
            @if viewer.can(Capability::RecordInstruments) {
                h2 { "Their own page" }
                p { "Make a link to it and send it to an address above. Whoever holds the link can choose for this person: give it to nobody else." }
                (post_button(&viewer.csrf, &format!("/people/{id}/links"), "Make a fresh link", "quiet"))
            }
            @if !view.appointments.is_empty() {
                (Table::new("Coming appointments").column("Begins").column("State").rows(appointments)
                    .render(&Query::default()))
            }
        },
    ))
}
