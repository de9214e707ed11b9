//! The ledger: its entries, each opened to its proof, and the signed heads over them.

use std::time::Duration;

use axum::extract::State;
use maud::{Markup, html};
use placet_app::ledger::{self, Filter, Listed};
use placet_domain::id::PersonId;
use placet_domain::operator::Capability;
use placet_domain::time::{Date, TimeZone, Timestamp};
use placet_domain::words::words;
use placet_store::ledger::StoredEntry;

use crate::components::field::Field;
use crate::components::table::{Table, filters, pages};
use crate::components::{empty, header, number, quiet_link, time};
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

mod checkpoints;
mod entry;
mod offline;
pub(crate) mod replay;

const VIEW: Rule = Rule::Needs(Capability::ViewLedger);
const ON_A_PAGE: u64 = 50;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/ledger", VIEW, list)
        .get("/ledger/entries/{place}", VIEW, entry::show)
        .get("/ledger/entries/{place}/receipt", VIEW, entry::receipt)
        .get("/ledger/checkpoints", VIEW, checkpoints::list)
        .get("/ledger/checkpoints/{size}", VIEW, checkpoints::show)
        .get("/ledger/consistency", VIEW, checkpoints::consistency)
        .get("/ledger/offline", VIEW, offline::show)
        .get("/ledger/replay", VIEW, replay::show)
        .post("/ledger/replay", VIEW, replay::run)
}

fn frame(viewer: &Viewer, here: &str, title: &str, lead: &str, body: &Markup) -> Markup {
    let tabs = [
        ("Entries", "/ledger"),
        ("Checkpoints", "/ledger/checkpoints"),
        ("Consistency", "/ledger/consistency"),
        ("Replay", "/ledger/replay"),
        ("Verify offline", "/ledger/offline"),
    ];
    let tabs = tabs.map(|(label, href)| (label, href, href == here));
    layout::page(
        viewer,
        Place::Ledger,
        title,
        &html! {
            (header(title, lead, &html! {}))
            (crate::components::tabs("Ledger", &tabs))
            (body)
        },
    )
}

/// `GET`: entries, newest first, by kind, day and person.
async fn list(State(site): State<Site>, viewer: Viewer, query: Query) -> Result<Markup, WebError> {
    let listed = find(&site, &viewer, &query).await?;
    let lead = format!(
        "{} entries. Nothing is ever changed or taken out.",
        number(listed.size)
    );
    Ok(frame(
        &viewer,
        "/ledger",
        "Ledger",
        &lead,
        &html! {
            (form(&query))
            @if listed.entries.is_empty() && listed.next.is_none() {
                (empty("No entry fits", "Every act leaves an entry here. Take a filter away to see more.",
                    &quiet_link("/ledger", "Show all")))
            } @else {
                (table(&listed.entries, &query))
                (pages(&query, &shown(&listed), None, listed.next.map(|place| place.to_string()).as_deref()))
            }
        },
    ))
}

fn shown(listed: &Listed) -> String {
    let n = number(listed.entries.len() as u64);
    match listed.next {
        Some(next) => format!("{n} on this page, back to place {}", number(next)),
        None => format!("{n} on this page, back to the first"),
    }
}

fn form(query: &Query) -> Markup {
    filters(
        "/ledger",
        &html! {
            (Field::text("kind", "Kind").value(query.get("kind").unwrap_or_default())
                .hint("Such as campaign.launched").max(80).render())
            (Field::text("place", "Up to the place").value(query.get("place").unwrap_or_default()).numeric().max(19).render())
        (Field::date("until", "Up to the day").value(query.get("until").unwrap_or_default()).render())
            (Field::text("person", "Person").value(query.get("person").unwrap_or_default())
                .hint("An id. Looking leaves an entry.").max(32).render())
        },
    )
}

fn table(entries: &[StoredEntry], query: &Query) -> Markup {
    let rows = entries.iter().map(|entry| {
        let place = entry.place.unwrap_or_default();
        html! {
            th scope="row" {
                a href={ "/ledger/entries/" (place) } { (words(&entry.kind)) } br;
                code.soft { (entry.kind) }
            }
            td { (time(entry.at)) }
            td.number { (number(place)) }
            td { @if entry.person.is_some() { "A person" } }
        }
    });
    Table::new("Entries, the newest first")
        .column("What happened")
        .column("When")
        .number("Place")
        .column("About")
        .rows(rows)
        .render(query)
}

async fn find(site: &Site, viewer: &Viewer, query: &Query) -> Result<Listed, WebError> {
    let up_to = number_of(query, "place")?.map(|place| place.saturating_add(1));
    let before = match (number_of(query, "after")?, up_to) {
        (Some(after), Some(place)) => Some(after.min(place)),
        (one, other) => one.or(other),
    };
    if let Some(person) = query.get("person") {
        let person: PersonId = person
            .parse()
            .map_err(|_| bad("an id is 32 hexadecimal digits"))?;
        let grant = viewer.ctx.actor.may(Capability::ViewLedger)?;
        let about = move |tx: &mut placet_store::Tx, _: &placet_app::Ctx| {
            ledger::list_about(tx, person, before, ON_A_PAGE)
        };
        return Ok(site.store().act(grant, &viewer.ctx, about).await?);
    }
    let filter = Filter {
        kind: query.get("kind").map(str::to_owned),
        until: query.get("until").map(end_of).transpose()?,
        before,
    };
    Ok(site
        .store()
        .read(move |tx| ledger::list(tx, &filter, ON_A_PAGE))
        .await?)
}

fn number_of(query: &Query, name: &str) -> Result<Option<u64>, WebError> {
    let text = query.get(name);
    text.map(|text| text.parse().map_err(|_| bad("a place is a number")))
        .transpose()
}

fn bad(says: &str) -> WebError {
    WebError::Malformed(says.to_owned())
}

/// The last instant of a day, in UTC as every instant of the page.
fn end_of(day: &str) -> Result<Timestamp, WebError> {
    let day: Date = day.parse().map_err(|_| bad("give a day as 2026-11-22"))?;
    let start = day
        .to_zoned(TimeZone::UTC)
        .map_err(|_| bad("there is no such day"))?
        .timestamp();
    start
        .checked_add(Duration::from_micros(86_400_000_000 - 1))
        .map_err(|_| bad("there is no such day"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_just_before_the_next() {
        let end = end_of("2026-11-22").unwrap();
        assert_eq!(end.to_string(), "2026-11-22T23:59:59.999999Z");
        assert!(end_of("yesterday").is_err());
    }
}
