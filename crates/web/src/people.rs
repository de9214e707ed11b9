//! People: found by what is known of them, and everything held of one and done with it.
//!
//! Every page here reads a person's data, so each is an act that leaves its entry. What is typed
//! into the search box travels in a form, never in an address.
//!
//! Start with [`list`], then [`overview`] and [`given`] (what the record forms say).

mod contact;
mod decisions;
mod explain;
pub(crate) mod given;
mod import;
mod line;
mod links;
mod list;
mod overview;
mod permissions;
mod record;
mod wordings;

pub(crate) use explain::{message, remuneration, told};

use maud::{Markup, html};
use placet_app::ActError;
use placet_app::person::{self, Purpose, View};
use placet_app::timeline;
use placet_domain::id::{EntryId, PersonId};
use placet_domain::operator::Capability;
use placet_ledger::to_hex;
use placet_store::{StoreError, Tx};

use crate::components::{crumbs, hash, header, number, receipt};
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewPeople);
const RECORD: Rule = Rule::Needs(Capability::RecordInstruments);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/people", VIEW, list::show)
        .post("/people/search", VIEW, list::search)
        .get("/people/links", VIEW, links::list)
        .get("/people/import", RECORD, import::show)
        .post("/people/import", RECORD, import::create)
        .get("/people/wordings", VIEW, wordings::list)
        .post("/people/wordings", RECORD, wordings::create)
        .post("/people/wordings/starters", RECORD, wordings::start)
        .get("/people/{id}", VIEW, overview::show)
        .get("/people/{id}/timeline", VIEW, line::show)
        .get("/people/{id}/permissions", VIEW, permissions::show)
        .get("/people/{id}/decisions", VIEW, decisions::list)
        .get("/people/{id}/decisions/{other}", VIEW, decisions::show)
        .get("/people/{id}/explain", VIEW, explain::show)
        .get("/people/{id}/contact", VIEW, contact::show)
        .post("/people/{id}/links", RECORD, links::create)
        .get("/people/{id}/consents/new", RECORD, record::new_consent)
        .post("/people/{id}/consents", RECORD, record::consent)
        .get(
            "/people/{id}/authorizations/new",
            RECORD,
            record::new_authorization,
        )
        .post("/people/{id}/authorizations", RECORD, record::authorization)
        .get(
            "/people/{id}/preferences/new",
            RECORD,
            record::new_preference,
        )
        .post("/people/{id}/preferences", RECORD, record::preference)
        .get(
            "/people/{id}/instruments/{other}/revocations/new",
            RECORD,
            permissions::new_revocation,
        )
        .get(
            "/people/{id}/preferences/{other}/lifts/new",
            RECORD,
            permissions::new_lift,
        )
        .post(
            "/people/{id}/instruments/{other}/revocations",
            RECORD,
            permissions::revoke,
        )
        .post(
            "/people/{id}/preferences/{other}/lifts",
            RECORD,
            permissions::lift,
        )
}

/// Runs an act that reads or records, on behalf of whoever is looking.
async fn act<T, F>(
    site: &Site,
    viewer: &Viewer,
    capability: Capability,
    f: F,
) -> Result<T, WebError>
where
    T: Send + 'static,
    F: FnMut(&mut Tx, &placet_app::Ctx) -> Result<T, ActError> + Send + 'static,
{
    let grant = viewer.ctx.actor.may(capability)?;
    Ok(site.store().act(grant, &viewer.ctx, f).await?)
}

/// Opens a person for one of their pages.
async fn open(site: &Site, viewer: &Viewer, id: PersonId) -> Result<View, WebError> {
    act(site, viewer, Capability::ViewPeople, move |tx, ctx| {
        person::open(tx, ctx, id, Purpose::Review)
    })
    .await
}

/// A page of one person, with the tabs of all of them.
fn frame(viewer: &Viewer, view: &View, here: &str, body: &Markup) -> Markup {
    let name = view.person.identity.name();
    let base = format!("/people/{}", view.person.id);
    let tabs: Vec<(&str, String)> = vec![
        ("Overview", base.clone()),
        ("Time line", format!("{base}/timeline")),
        ("Permissions", format!("{base}/permissions")),
        ("Decisions", format!("{base}/decisions")),
        ("Contact", format!("{base}/contact")),
    ];
    let tabs: Vec<(&str, &str, bool)> = tabs
        .iter()
        .map(|(label, href)| (*label, href.as_str(), *label == here))
        .collect();
    let lead = view.person.relationship.label();
    layout::page(
        viewer,
        Place::People,
        &format!("{name}: {here}"),
        &html! {
            (crumbs(&[("People", "/people")], &name))
            (header(&name, lead, &html! {}))
            (crate::components::tabs("Person", &tabs))
            (body)
        },
    )
}

/// The receipt of what was just recorded: `?receipt=` of the address.
async fn just_recorded(
    site: &Site,
    viewer: &Viewer,
    asked: Option<&str>,
) -> Result<Markup, WebError> {
    let Some(id) = asked.and_then(|text| text.parse::<EntryId>().ok()) else {
        return Ok(html! {});
    };
    let found = site
        .store()
        .read(move |tx| -> Result<_, StoreError> { timeline::receipts(tx, &[id]) })
        .await?;
    Ok(match found.first() {
        Some(found) => shown(viewer, found),
        None => html! {},
    })
}

fn shown(viewer: &Viewer, found: &timeline::Receipt) -> Markup {
    let mut facts = vec![
        ("Entry", html! { code { (found.entry) } }),
        ("Leaf hash", hash(&to_hex(&found.leaf_hash))),
    ];
    if let Some(place) = found.place {
        facts.push(("Place in the ledger", place_link(viewer, place)));
    }
    receipt("Recorded", &facts, &html! {})
}

/// A place that opens its proof, for whoever may open it.
fn place_link(viewer: &Viewer, place: u64) -> Markup {
    html! {
        @if viewer.can(Capability::ViewLedger) { a href={ "/ledger/entries/" (place) } { (number(place)) } } @else { (number(place)) }
    }
}
