//! The demo's flows: people into the hospital, letters to a company, and two that are blocked; and a FHIR server.

use std::sync::Arc;

use anyhow::Result;
use placet_app::{ActError, flow, server};
use placet_domain::operator::{Actor, Capability};
use placet_domain::server::{Algorithm, Level, Setup, USUAL_TYPES};
use placet_domain::time::{Span, TimeZone, Timestamp};
use placet_store::Store;

use super::Seeds;
use super::staff::Staff;

/// The ways into the hospital, declared by IT and agreed to by marketing before the first import.
///
/// # Errors
///
/// When an act fails.
pub fn open(store: &Store, staff: &Staff, seeds: &mut Seeds, at: Timestamp) -> Result<()> {
    for (source, name) in [
        ("ehr", "people"),
        ("crm", "people-crm"),
        ("foundation", "people-foundation"),
    ] {
        let text = flow::people_text(source, name)
            .replace("IT, integration", "Ivo Petrov, integration")
            .replace(
                "Marketing, patient outreach",
                "Mara Lindqvist, patient outreach",
            );
        declare(store, staff, seeds, at, text, true)?;
    }
    Ok(())
}

/// A FHIR server that waits for its key to be registered, as every server does at first.
///
/// # Errors
///
/// When an act fails.
pub fn from_a_server(store: &Store, seeds: &mut Seeds, at: Timestamp) -> Result<()> {
    let setup = Setup {
        source: "ehr".to_owned(),
        flow: Some("people".to_owned()),
        url: "https://ehr.lakeside.example/fhir/r4".to_owned(),
        token_url: String::new(),
        client_id: "placet-lakeside".to_owned(),
        level: Level::Group,
        group: "outreach".to_owned(),
        types: USUAL_TYPES.map(str::to_owned).to_vec(),
        scopes: String::new(),
        file_origins: vec!["https://files.lakeside.example".to_owned()],
        every_hours: 24,
    };
    let key = Arc::new(server::make_key(Algorithm::Es384)?);
    let ctx = seeds.ctx(at, Actor::System("demo"));
    let grant = ctx.actor.may(Capability::ImportPeople)?;
    store.act_blocking(grant, &ctx, move |tx, ctx| -> Result<_, ActError> {
        let id = server::declare(tx, ctx, "lakeside-ehr", &setup)?;
        server::add_key(tx, ctx, id, &key)
    })?;
    Ok(())
}

/// The ways out to companies: one open, one whose contract ended, one that marketing has not read yet.
///
/// # Errors
///
/// When an act fails.
pub fn to_companies(store: &Store, staff: &Staff, seeds: &mut Seeds, now: Timestamp) -> Result<()> {
    let day = |n: i64| now.checked_sub(Span::new().hours(24 * n));
    let date =
        |n: i64| -> Result<String> { Ok(day(n)?.to_zoned(TimeZone::UTC).date().to_string()) };
    let company =
        |name: &str, says: &str, purpose: &str, who: (&str, &str), valid: (String, String)| {
            flow::company_text("ehr")
                .replace("\"letters\"", &format!("\"{name}\""))
                .replace("names and postal addresses", says)
                .replace("Printed letters to people who asked for them", purpose)
                .replace("\"example-mailing\"", &format!("\"{}\"", who.0))
                .replace("Example Mailing, letter shop", who.1)
                .replace("\"Example Mailing\"", &format!("\"{}\"", who.1))
                .replace("\"The hospital\"", "\"Lakeside General Hospital\"")
                .replace(
                    "Contract folder, number",
                    &format!("Contract folder 7, {name}"),
                )
                .replace("IT, integration", "Ivo Petrov, integration")
                .replace(
                    "Marketing, patient outreach",
                    "Mara Lindqvist, patient outreach",
                )
                .replace("2026-01-01", &valid.0)
                .replace("2026-12-31", &valid.1)
        };
    let letters = company(
        "letters",
        "names and postal addresses",
        "Printed letters to people who asked for them",
        ("harborside", "Harborside Letter Shop"),
        (date(200)?, date(-165)?),
    );
    declare(store, staff, seeds, day(190)?, letters, true)?;
    let survey = company(
        "survey",
        "names and postal addresses",
        "A survey on paper after a stay",
        ("northfield", "Northfield Surveys"),
        (date(400)?, date(12)?),
    );
    declare(store, staff, seeds, day(390)?, survey, true)?;
    let magazine = company(
        "magazine",
        "names and postal addresses",
        "The hospital's magazine by post",
        ("harborside", "Harborside Letter Shop"),
        (date(200)?, date(-165)?),
    );
    declare(store, staff, seeds, day(1)?, magazine, false)
}

fn declare(
    store: &Store,
    staff: &Staff,
    seeds: &mut Seeds,
    at: Timestamp,
    text: String,
    is_agreed: bool,
) -> Result<()> {
    let ctx = staff.ctx("it", seeds, at);
    let grant = ctx.actor.may(Capability::EditFlows)?;
    let version = store.act_blocking(grant, &ctx, move |tx, ctx| flow::declare(tx, ctx, &text))?;
    if is_agreed {
        let ctx = staff.ctx("marketing", seeds, at);
        let grant = ctx.actor.may(Capability::EditFlows)?;
        store.act_blocking(grant, &ctx, move |tx, ctx| {
            flow::agree(tx, ctx, version.id, "Compared with what we asked for")
        })?;
    }
    Ok(())
}
