//! Journeys: several messages one after the other, from the first line to where everybody is.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::ActError;
use placet_app::journey::{self, Counts, Registered};
use placet_domain::audience::cells::Shown;
use placet_domain::journey::Standing;
use placet_domain::operator::Capability;

use crate::components::table::Table;
use crate::components::{Tone, button_link, crumbs, empty, header, pill};
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

pub(crate) mod acts;
pub(crate) mod card;
mod form;
pub(crate) mod picture;
mod show;
mod tasks;

const VIEW: Rule = Rule::Needs(Capability::ViewCampaigns);
const EDIT: Rule = Rule::Needs(Capability::EditCampaigns);
const STOP: Rule = Rule::Needs(Capability::StopCampaigns);
const TASKS: Rule = Rule::Needs(Capability::ViewPeople);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/journeys", VIEW, list)
        .post("/journeys", EDIT, form::create)
        .get("/journeys/new", EDIT, form::new)
        .get("/journeys/{id}", VIEW, show::show)
        .get("/journeys/{id}/card", VIEW, card::show)
        .get("/journeys/{id}/edit", EDIT, form::edit)
        .post("/journeys/{id}/edit", EDIT, form::update)
        .post("/journeys/{id}/simulate", VIEW, acts::simulate)
        .post(
            "/journeys/{id}/say",
            Rule::Needs(Capability::ApproveJourneys),
            acts::say,
        )
        .post(
            "/journeys/{id}/start",
            Rule::Needs(Capability::LaunchCampaigns),
            acts::start,
        )
        .post("/journeys/{id}/pause", STOP, acts::pause)
        .post("/journeys/{id}/resume", STOP, acts::resume)
        .post("/journeys/{id}/end", STOP, acts::end)
        .get("/tasks", TASKS, tasks::list)
        .post("/tasks/{id}", TASKS, tasks::settle)
}

/// Where a journey stands, as a pill.
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

/// `GET`: every journey.
async fn list(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let all = site
        .store()
        .read(|tx| -> Result<_, ActError> {
            let mut all = Vec::new();
            for one in journey::list(tx)? {
                let version = one.counting().or_else(|| one.newest());
                let read = version.and_then(|it| Some((it.clone(), it.declaration.read()?)));
                let counts = match read {
                    Some((version, steps)) => journey::counts(tx, &version, &steps)?,
                    None => Counts::default(),
                };
                all.push((one, counts));
            }
            Ok(all)
        })
        .await?;
    let actions = html! {
        @if viewer.can(Capability::EditCampaigns) { (button_link("/journeys/new", "Write a journey")) }
    };
    let lead = "Several messages, waits, conditions and tasks, one after the other, for each person at their own time.";
    Ok(layout::page(
        &viewer,
        Place::Campaigns,
        "Journeys",
        &html! {
            (crumbs(&[("Campaigns", "/campaigns")], "Journeys"))
            (header("Journeys", lead, &actions))
            @if all.is_empty() {
                (empty("No journey is written", "A welcome, and a second letter a week later to who has not answered, is the usual first one.", &actions))
            } @else { (table(&all, &viewer)) }
        },
    ))
}

fn table(all: &[(Registered, Counts)], viewer: &Viewer) -> Markup {
    let sees_small = viewer.can(Capability::ViewSmallCells);
    let rows = all.iter().map(|(one, counts)| {
        let version = one.counting().or_else(|| one.newest());
        let inside = counts.steps.iter().map(|step| step.n_here).sum();
        html! {
            th scope="row" { a href={ "/journeys/" (one.id) } { (one.name) } }
            td { @if let Some(it) = version { (it.declaration.entry.says()) } }
            td { (standing(one)) }
            td.number { (people(counts.n_entered, sees_small)) }
            td.number { (people(inside, sees_small)) }
        }
    });
    Table::new("Journeys, by name")
        .column("Name")
        .column("Who enters")
        .column("Stands at")
        .number("Entered")
        .number("In it now")
        .rows(rows)
        .render(&Query::default())
}

/// How many people, for somebody who may see small groups or not.
fn people(n: u64, sees_small: bool) -> String {
    if n == 0 {
        return "0".to_owned();
    }
    Shown::alone(n, sees_small).words()
}
