//! What is held of a person, whether it agrees with the ledger, and what stands.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::person::{self, Purpose};
use placet_app::timeline::{self, Fault};
use placet_domain::id::PersonId;
use placet_domain::operator::Capability;
use placet_domain::time::TimeZone;
use placet_domain::words;
use placet_store::{instruments, preferences};

use super::{act, frame};
use crate::components::notice::{Why, refusal};
use crate::components::{button_link, day, definitions, number};
use crate::error::WebError;
use crate::extract::Id;
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: the overview.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
) -> Result<Markup, WebError> {
    let (view, faults, n_in_force, n_standing) =
        act(&site, &viewer, Capability::ViewPeople, move |tx, ctx| {
            let view = person::open(tx, ctx, id, Purpose::Review)?;
            let faults = timeline::check(tx, ctx, id)?;
            let held = instruments::list_by_person(tx, id)?;
            let in_force = |held: &&instruments::Held| {
                held.instrument
                    .standing(ctx.now, &TimeZone::UTC)
                    .is_in_force()
            };
            let n_in_force = held.iter().filter(in_force).count();
            let asked = preferences::list_by_person(tx, id)?;
            let n_standing = asked
                .iter()
                .filter(|held| held.preference.stands_at(ctx.now))
                .count();
            Ok((view, faults, n_in_force as u64, n_standing as u64))
        })
        .await?;
    let person = &view.person;
    let base = format!("/people/{id}");
    let permissions = format!("{base}/permissions");
    let count = |n: u64| html! { a href=(permissions) { (number(n)) } };
    Ok(frame(
        &viewer,
        &view,
        "Overview",
        &html! {
            (not_in_ledger(&faults))
            (definitions(&[
                ("Relationship", html! { (person.relationship.label()) }),
                ("Born", html! { @if let Some(born) = person.identity.birth_date { (day(born)) } @else { "not held" } }),
                ("Died", html! { @if let Some(died) = person.deceased_on { (day(died)) } @else { "not known" } }),
                ("Lives in", html! { (person.residence.as_deref().map_or("not known", words::place)) }),
                ("Time zone", html! { (person.time_zone.as_deref().unwrap_or("not known")) }),
                ("Special protection", html! {
                    @if person.flags.is_empty() { "none" }
                    @else { @for flag in &person.flags { code { (flag) } " " } }
                }),
                ("Permissions in force", count(n_in_force)),
                ("Refusals that stand", count(n_standing)),
                ("Id", html! { code { (id) } }),
            ]))
            p.row {
                (button_link(&format!("{base}/explain"), "What could we send, and why not?"))
            }
        },
    ))
}

/// Rows that no act recorded: the loudest thing on the page.
pub(super) fn not_in_ledger(faults: &[Fault]) -> Markup {
    if faults.is_empty() {
        return html! {};
    }
    let why: Vec<Why> = faults
        .iter()
        .map(|fault| Why {
            rule: fault.id.clone(),
            says: format!("This {} {}.", fault.noun, fault.says),
        })
        .collect();
    refusal(
        "What is held does not agree with the ledger",
        &why,
        "Send nothing on the strength of these rows, keep the database as it is, and run `placet ledger verify`.",
    )
}
