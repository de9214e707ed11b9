//! The demo's data catalogue, its checked tables and an expert's determination.

use std::path::Path;

use anyhow::Result;
use placet_app::data::catalogue::{self, Catalogued};
use placet_app::data::checks;
use placet_app::{ActError, Ctx, flow};
use placet_domain::data::{DataClass, DraftDetermination, DraftSource, Element, ElementKind};
use placet_domain::operator::{Actor, Capability, Role};
use placet_domain::time::{Span, TimeZone, Timestamp};
use placet_store::Store;

use super::Seeds;
use super::staff::Staff;
use crate::command::data::of_flow;

/// Tables as a hospital checks them: one that may be called de-identified, one that may not.
const TABLES: [(&str, &str); 2] = [
    (
        "Visits by state and year",
        "year,state,service,visits\n2025,OH,cardiology,412\n2025,OH,oncology,266\n2025,PA,cardiology,187\n",
    ),
    (
        "Appointment extract",
        "first name,birth date,zip,reason\nOlivia,1980-04-12,44114,knee pain since May\nBoris,1931-01-30,44102,\"call 216-555-0142, ask for Wilma\"\n",
    ),
];

/// The sources that people come from: code, what it is, who answers for it in IT.
const SOURCES: [(&str, &str, &str); 3] = [
    ("ehr", "Health records", "Ivo Petrov, integration"),
    (
        "crm",
        "Contacts of the call center",
        "Ivo Petrov, integration",
    ),
    (
        "foundation",
        "Friends of the foundation",
        "Ivo Petrov, integration",
    ),
];

/// Has compliance sign what people come from, before the first import.
///
/// # Errors
///
/// When an act fails.
pub fn open(store: &Store, staff: &Staff, seeds: &mut Seeds, at: Timestamp) -> Result<()> {
    let held = of_flow(Path::new("people"))?;
    for source in SOURCES {
        declare(store, staff, seeds, at, source, held.clone(), true)?;
    }
    Ok(())
}

/// A source with the starter's flow and a signature, where nobody is hired: for measurements and tests.
///
/// # Errors
///
/// When the act fails.
pub fn open_alone(store: &Store, ctx: &Ctx, code: &'static str) -> Result<()> {
    let grant = ctx.actor.may(Capability::EditFlows)?;
    store.act_blocking(grant, ctx, move |tx, ctx| {
        flow::add_starter(tx, ctx, code)?;
        if catalogue::is_signed(tx, code)? {
            return Ok(());
        }
        let all = catalogue::list(tx)?;
        let newest = all
            .iter()
            .find(|one| one.source.code == code)
            .and_then(Catalogued::newest)
            .ok_or(ActError::NotFound("classification"))?;
        let officer = Actor::Operator {
            id: ctx.new_id(),
            roles: [Role::Compliance].into(),
        };
        let officer = Ctx::new(ctx.now, officer, [0; 32]);
        catalogue::sign(tx, &officer, newest.source, newest.id, "")
    })?;
    Ok(())
}

/// Declares, classifies, checks and signs, each in the name of who does it.
///
/// # Errors
///
/// When an act fails.
pub fn fill(store: &Store, staff: &Staff, seeds: &mut Seeds, now: Timestamp) -> Result<()> {
    let day = |n: i64| now.checked_sub(Span::new().hours(24 * n));
    let forms = ["email", "first_name", "topic"].map(|path| Element {
        kind: ElementKind::Column,
        path: path.to_owned(),
        class: DataClass::ProspectContact,
    });
    let own = ("web_forms", "Newsletter sign-up", "Ivo Petrov, web");
    declare(store, staff, seeds, day(2)?, own, forms.to_vec(), false)?;

    for (n, (title, table)) in TABLES.into_iter().enumerate() {
        let ctx = staff.ctx("it", seeds, day(20)?);
        let looked = checks::look(table.as_bytes(), day(20)?.to_zoned(TimeZone::UTC).date())?;
        let grant = ctx.actor.may(Capability::EditData)?;
        let id = store.act_blocking(grant, &ctx, move |tx, ctx| {
            checks::keep(tx, ctx, title, &looked)
        })?;
        if n == 0 {
            let ctx = staff.ctx("compliance", seeds, day(19)?);
            let grant = ctx.actor.may(Capability::SignData)?;
            store.act_blocking(grant, &ctx, move |tx, ctx| checks::sign(tx, ctx, id))?;
        }
    }
    let ctx = staff.ctx("compliance", seeds, day(90)?);
    let grant = ctx.actor.may(Capability::SignData)?;
    let determined_on = day(95)?.to_zoned(TimeZone::UTC).date();
    let draft = DraftDetermination {
        title: "Response model of 2025".to_owned(),
        expert: "Dr. Petra Solheim".to_owned(),
        qualification: "Statistician; twelve years of disclosure control for registries".to_owned(),
        scope: "Weekly counts of appointments by county and service line, for the media mix model".to_owned(),
        opinion: "Cells under 11 suppressed, counties under 20,000 people joined; risk of recognition under 0.04. Report 2025-17, kept by the privacy office.".to_owned(),
        determined_on,
        expires_on: determined_on.saturating_add(Span::new().years(2)),
    };
    store.act_blocking(grant, &ctx, move |tx, ctx| {
        checks::record(tx, ctx, draft.clone())
    })?;
    Ok(())
}

fn declare(
    store: &Store,
    staff: &Staff,
    seeds: &mut Seeds,
    at: Timestamp,
    (code, title, it_owner): (&str, &str, &str),
    elements: Vec<Element>,
    is_signed: bool,
) -> Result<()> {
    let draft = DraftSource {
        code: code.to_owned(),
        title: title.to_owned(),
        it_owner: it_owner.to_owned(),
        marketing_owner: "Mara Lindqvist, patient outreach".to_owned(),
    };
    let ctx = staff.ctx("it", seeds, at);
    let grant = ctx.actor.may(Capability::EditData)?;
    let version = store.act_blocking(grant, &ctx, move |tx, ctx| {
        let source = catalogue::declare(tx, ctx, &draft)?;
        catalogue::classify(tx, ctx, source, elements.clone())
    })?;
    if is_signed {
        let ctx = staff.ctx("compliance", seeds, at);
        let grant = ctx.actor.may(Capability::SignData)?;
        store.act_blocking(grant, &ctx, move |tx, ctx| {
            catalogue::sign(
                tx,
                ctx,
                version.source,
                version.id,
                "Compared with the flow, field by field",
            )
        })?;
    }
    Ok(())
}
