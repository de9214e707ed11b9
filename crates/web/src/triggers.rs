//! Triggers: messages that go out by themselves, from registration to what became of each event.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::trigger::{self, Fires, Registered};
use placet_domain::operator::Capability;
use placet_domain::trigger::Standing;
use placet_store::StoreError;

use crate::components::table::Table;
use crate::components::{Tone, button_link, crumbs, empty, header, number, pill};
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

mod acts;
mod form;
mod refused;
mod show;
pub(crate) mod trial;

const VIEW: Rule = Rule::Needs(Capability::ViewCampaigns);
const EDIT: Rule = Rule::Needs(Capability::EditCampaigns);
const STOP: Rule = Rule::Needs(Capability::StopCampaigns);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/triggers", VIEW, list)
        .post("/triggers", EDIT, form::create)
        .get("/triggers/new", EDIT, form::new)
        .get("/triggers/{id}", VIEW, show::show)
        .get("/triggers/{id}/edit", EDIT, form::edit)
        .post("/triggers/{id}/edit", EDIT, form::update)
        .post("/triggers/{id}/dry-run", VIEW, trial::run)
        .post(
            "/triggers/{id}/approve",
            Rule::Needs(Capability::ApproveTriggers),
            acts::approve,
        )
        .post("/triggers/{id}/pause", STOP, acts::pause)
        .post("/triggers/{id}/resume", STOP, acts::resume)
        .post("/triggers/{id}/end", STOP, acts::end)
        .get(
            "/triggers/{id}/refused",
            Rule::NeedsBoth(Capability::ViewCampaigns, Capability::ViewPeople),
            refused::list,
        )
}

/// Where a trigger stands, as a pill.
fn standing(one: &Registered) -> Markup {
    let tone = match one.standing() {
        Standing::AtWork => Tone::Good,
        Standing::Waits | Standing::Paused => Tone::Warn,
        Standing::Ended => Tone::Neutral,
    };
    html! {
        (pill(tone, one.standing().label()))
        @if one.waiting().is_some() && one.counting().is_some() {
            " " (pill(Tone::Info, "A newer version waits"))
        }
    }
}

/// `GET`: every trigger.
async fn list(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let all = site
        .store()
        .read(|tx| {
            let all = trigger::list(tx)?.into_iter();
            all.map(|one| {
                let fires = trigger::fires(tx, one.id)?;
                Ok((one, fires))
            })
            .collect::<Result<Vec<_>, StoreError>>()
        })
        .await?;
    let actions = html! {
        @if viewer.can(Capability::EditCampaigns) { (button_link("/triggers/new", "Register a trigger")) }
    };
    let lead = "A message that goes out by itself when something happens: registered with its data and its reason, and approved by compliance before it can fire.";
    Ok(layout::page(
        &viewer,
        Place::Campaigns,
        "Triggers",
        &html! {
            (crumbs(&[("Campaigns", "/campaigns")], "Triggers"))
            (header("Triggers", lead, &actions))
            @if all.is_empty() {
                (empty("No trigger is registered", "An appointment reminder is the usual first one: time, date and place of an appointment, a day before it.", &actions))
            } @else { (table(&all)) }
        },
    ))
}

fn table(all: &[(Registered, Fires)]) -> Markup {
    let rows = all.iter().map(|(one, fires)| {
        let version = one.counting().or_else(|| one.newest());
        html! {
            th scope="row" { a href={ "/triggers/" (one.id) } { (one.name) } }
            td { @if let Some(it) = version { (it.declaration.event.label()) } }
            td { @if let Some(it) = version { (it.channel.label()) } }
            td { (standing(one)) }
            td.number { (number(fires.n_waiting)) }
            td.number { (number(fires.tally.sent)) }
            td.number { (number(fires.tally.refused)) }
        }
    });
    Table::new("Triggers, by name")
        .column("Name")
        .column("When")
        .column("By")
        .column("Stands at")
        .number("Waiting")
        .number("Sent")
        .number("Not permitted")
        .rows(rows)
        .render(&Query::default())
}
