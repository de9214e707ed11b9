//! The demo's triggers: a reminder that is at work, and a greeting that waits for compliance.

use anyhow::{Context, Result};
use placet_app::trigger;
use placet_domain::operator::Capability;
use placet_domain::time::{Span, Timestamp};
use placet_domain::trigger::{Declaration, Event, Version, Wait};
use placet_store::Store;

use super::Seeds;
use super::contents::Library;
use super::staff::Staff;

/// Registers both, and has compliance approve the first.
///
/// # Errors
///
/// When an act is refused.
pub fn register(
    store: &Store,
    staff: &Staff,
    library: &Library,
    seeds: &mut Seeds,
    now: Timestamp,
) -> Result<()> {
    let day = |n: i64| now.checked_sub(Span::new().hours(24 * n));
    let reminder = declared(
        library,
        Event::ComingUp,
        ("Appointment reminder", Wait::hours(24)),
        (
            "appointment_reminder",
            "A reminder is part of care. It names time and date, and nothing of the service.",
            "Rosa Keller, patient access",
        ),
    )?;
    let reminder = declare(store, staff, seeds, day(2)?, reminder)?;
    approve(store, staff, seeds, day(1)?, &reminder)?;
    let greeting = declared(
        library,
        Event::Birthday,
        ("Birthday greeting", Wait::default()),
        (
            "greeting",
            "A greeting to people who agreed to e-mail. It promotes nothing and names no date.",
            "Mara Lindqvist, patient outreach",
        ),
    )?;
    declare(store, staff, seeds, day(1)?, greeting).map(drop)
}

fn declared(
    library: &Library,
    event: Event,
    (name, wait): (&str, Wait),
    (purpose, rationale, owner): (&str, &str, &str),
) -> Result<Declaration> {
    let (content, ..) = library.find(name).context("no such content")?;
    Ok(Declaration {
        name: name.to_owned(),
        event,
        source: "ehr".to_owned(),
        content,
        purpose: purpose.to_owned(),
        rationale: rationale.to_owned(),
        owner: owner.to_owned(),
        wait,
        most_per_day: 500,
        sender_name: "Lakeside General Hospital".to_owned(),
        sender: "care@lakeside.example.org".to_owned(),
    })
}

fn declare(
    store: &Store,
    staff: &Staff,
    seeds: &mut Seeds,
    at: Timestamp,
    declared: Declaration,
) -> Result<Version> {
    let ctx = staff.ctx("marketing", seeds, at);
    let grant = ctx.actor.may(Capability::EditCampaigns)?;
    let made = store.act_blocking(grant, &ctx, move |tx, ctx| {
        trigger::declare(tx, ctx, &declared)
    })?;
    Ok(made)
}

fn approve(
    store: &Store,
    staff: &Staff,
    seeds: &mut Seeds,
    at: Timestamp,
    version: &Version,
) -> Result<()> {
    let ctx = staff.ctx("compliance", seeds, at);
    let grant = ctx.actor.may(Capability::ApproveTriggers)?;
    let (id, version) = (version.trigger, version.id);
    let note = "Time and date only; the content was read beside it.";
    store.act_blocking(grant, &ctx, move |tx, ctx| {
        trigger::approve(tx, ctx, id, version, note)
    })?;
    Ok(())
}
