//! The search page. Its answers show no more than tells people apart.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::person::{self, Search};
use placet_domain::operator::Capability;
use placet_domain::words;
use placet_store::people;
use serde::Deserialize;

use super::act;
use crate::account::Read;
use crate::components::field::Field;
use crate::components::table::Table;
use crate::components::{empty, header, number, quiet_link};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    q: String,
}

/// `GET`: the search box.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    page(&site, &viewer, "", None).await
}

/// `POST`: what was found. A form, so that a name never stands in an address or a log.
pub async fn search(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Markup, WebError> {
    let asked = form.q.clone();
    let found = act(&site, &viewer, Capability::ViewPeople, move |tx, ctx| {
        person::search(tx, ctx, &asked)
    })
    .await?;
    page(&site, &viewer, &form.q, Some(found)).await
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    asked: &str,
    found: Option<Search>,
) -> Result<Markup, WebError> {
    let (held, n_waiting) = site
        .store()
        .read(|tx| -> Read<_> {
            Ok((
                people::count(tx)?,
                people::list_link_requests(tx, 100)?.len(),
            ))
        })
        .await?;
    let lead = format!(
        "{} people are held. Each look at a person is noted in the ledger.",
        number(held)
    );
    let actions = html! {
        (quiet_link("/people/wordings", "Wordings"))
        @if viewer.can(Capability::RecordInstruments) { (quiet_link("/people/import", "Import permissions")) }
        @if viewer.can(Capability::ImportPeople) { (quiet_link("/data/imports", "Import people")) }
    };
    Ok(layout::page(
        viewer,
        Place::People,
        "People",
        &html! {
            (header("People", &lead, &actions))
            form.filters method="post" action="/people/search" role="search" {
                (viewer.csrf.field())
                (Field::search("q", "Find somebody").value(asked).required().autocomplete("off").max(200)
                    .hint("Name, e-mail address, telephone number, date of birth (1960-02-28) or id").render())
                button { "Find" }
            }
            @if n_waiting > 0 {
                p { a href="/people/links" { (n_waiting) " waiting for a fresh link to their page" } }
            }
            @if let Some(found) = found { (results(&found)) }
        },
    ))
}

fn results(found: &Search) -> Markup {
    if found.found.is_empty() {
        return empty(
            "Nobody found",
            "Whole words of a name are compared, in any order. Try the e-mail address or the date of birth.",
            &html! {},
        );
    }
    let rows = found.found.iter().map(|one| {
        html! {
            th scope="row" { a href={ "/people/" (one.id) } { (one.name) } }
            td { @if let Some(year) = one.birth_year { (year) } }
            td { (one.relationship) }
            td { (one.residence.as_deref().map_or("", words::place)) }
            td { (one.reach.join(", ")) }
        }
    });
    html! {
        (Table::new("People found").column("Name").column("Born").column("Relationship")
            .column("Lives in").column("Reached at").rows(rows).render(&Query::default()))
        @if found.has_more { p.soft { "There are more. Add a word or a date of birth." } }
    }
}
