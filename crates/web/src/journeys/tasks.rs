//! What journeys ask people to do, by name, for the roles whose tasks they are.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::journey::task::{self, Open};
use placet_domain::id::PassageId;
use placet_domain::journey::Outcome;
use placet_domain::operator::Capability;
use serde::Deserialize;

use crate::components::{empty, header, time};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::session::Viewer;
use crate::site::Site;

/// How many of a role are shown.
const SHOWN: u32 = 50;

/// `GET`: the open tasks of the viewer's roles.
pub async fn list(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let all = site
        .store()
        .act(grant, &viewer.ctx, |tx, ctx| task::list(tx, ctx, SHOWN))
        .await?;
    let lead = "What journeys ask of your role, the oldest first. Whether somebody may be written to or called stands on their page.";
    Ok(layout::page(
        &viewer,
        Place::Today,
        "Tasks",
        &html! {
            (header("Tasks", lead, &html! {}))
            @if all.is_empty() {
                (empty("Nothing to do", "No journey asks anything of your role now.", &html! {}))
            }
            @for one in &all { (open(&viewer, one)) }
        },
    ))
}

fn open(viewer: &Viewer, one: &Open) -> Markup {
    let name = one.name.as_deref().unwrap_or("Somebody who was erased");
    html! {
        section.card aria-label={ "Task for " (name) } {
            h2 { (one.says) }
            p {
                "For " a href={ "/people/" (one.person) } { (name) }
                ", in \u{201c}" (one.journey_name) "\u{201d}, since " (time(one.since)) ". A task of " (one.role.label()) "."
            }
            form.stacked method="post" action={ "/tasks/" (one.passage) } {
                (viewer.csrf.field())
                div.field {
                    label for={ "note-" (one.passage) } { "Note " small { "(optional)" } }
                    input id={ "note-" (one.passage) } name="note" type="text" maxlength="500" aria-describedby={ "hint-" (one.passage) };
                    p.hint id={ "hint-" (one.passage) } { "Sealed under the person's key. Leave out what the journey does not need." }
                }
                p.actions {
                    button name="outcome" value="done" { "Done" }
                    " "
                    button.quiet name="outcome" value="skipped" { "Skip it" }
                }
            }
        }
    }
}

#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    note: String,
}

/// `POST`: a task is done, or skipped.
pub async fn settle(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PassageId>,
    Protected(form): Protected<Form>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let outcome = Outcome::find(&form.outcome).ok_or(WebError::NotFound)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            task::settle(tx, ctx, id, outcome, &form.note)
        })
        .await?;
    Ok(Redirect::to("/tasks"))
}
