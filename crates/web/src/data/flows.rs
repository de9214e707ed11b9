//! Every declared flow with what it lacks, and the page where one is declared.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::flow::{self, Declared};
use placet_app::{FieldProblem, settings};
use placet_domain::flow::{Missing, Side, Version};
use placet_domain::id::FlowId;
use placet_domain::operator::Capability;
use placet_domain::time::Date;
use serde::Deserialize;

use super::{frame, picture};
use crate::account::{Read, problems};
use crate::components::field::Field;
use crate::components::notice::warn;
use crate::components::table::Table;
use crate::components::{Tone, button_link, crumbs, empty, header, pill, quiet_link};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: every flow.
pub async fn list(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
) -> Result<Markup, WebError> {
    let now = site.now();
    let (all, today) = site
        .store()
        .read(move |tx| -> Read<_> { Ok((flow::list(tx)?, settings::day(tx, now)?)) })
        .await?;
    let table = Table::new("Flows, by name")
        .column("Flow")
        .column("From")
        .column("To")
        .column("Contract")
        .column("Standing")
        .rows(all.iter().map(|one| line(one, today)));
    let may_edit = viewer.can(Capability::EditFlows);
    Ok(frame(
        &viewer,
        "/data/flows",
        "Flows",
        "Each way that data take, declared one by one: from where, to where, which fields, what for, who answers. What is not declared here does not pass.",
        &html! {
            @if all.is_empty() {
                (empty("No flow is declared", "Nothing can be imported yet. Declare the first flow: a source, the hospital as destination, and the fields that may come in.", &html! {}))
            } @else {
                figure.chart {
                    figcaption { "What may flow today" }
                    div.scroll role="region" aria-label="Picture of the data flows" tabindex="0" { (picture::draw(&all, today)) }
                }
                (table.render(&query))
            }
            @if may_edit {
                p.actions {
                    (button_link("/data/flows/new", "Declare a flow"))
                }
            }
        },
    ))
}

fn line(one: &Declared, today: Date) -> Markup {
    let Some(version) = one.counting() else {
        return html! { th scope="row" { (one.name) } };
    };
    let declared = &version.declaration;
    html! {
        th scope="row" { a href={ "/data/flows/" (one.id) } { (one.name) } }
        td { code { (declared.source) } }
        td { (declared.destination.title) }
        td { (contract(version, today)) }
        td { (standing(one, today)) }
    }
}

/// The contract of a version in a word or two.
pub fn contract(version: &Version, today: Date) -> Markup {
    match &version.declaration.contract {
        None => html! { span.soft { "None needed" } },
        Some(contract) => html! {
            (contract.kind.label()) ", "
            @if contract.missing(today).is_some() { "not in force" } @else { "until " (contract.valid_until) }
        },
    }
}

/// Whether a flow is open, in words; what stands in its way beside it.
pub fn standing(one: &Declared, today: Date) -> Markup {
    let missing = one.missing(today);
    html! {
        @if missing.is_empty() && one.waits() {
            (pill(Tone::Warn, "Open; a newer version waits"))
        } @else if missing.is_empty() {
            (pill(Tone::Good, "Open"))
        } @else {
            (pill(Tone::Bad, "Blocked"))
            @for what in &missing { " " span.soft { (short(*what)) } }
        }
    }
}

/// What is missing, in the words of a table.
pub fn short(missing: Missing) -> String {
    match missing {
        Missing::Agreement(Side::It) => "IT has not agreed.".to_owned(),
        Missing::Agreement(Side::Marketing) => "Marketing has not agreed.".to_owned(),
        Missing::ContractBegins(on) => format!("The contract begins on {on}."),
        Missing::ContractEnded(on) => format!("The contract ended on {on}."),
        Missing::Stopped => "It was stopped.".to_owned(),
        Missing::Classification => "Compliance has not signed its source.".to_owned(),
    }
}

/// `GET`: the file of a flow to write: a new one, or the next version of one.
pub async fn new(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
) -> Result<Markup, WebError> {
    if let Some(id) = query.get("of").and_then(|id| id.parse::<FlowId>().ok()) {
        let held = site
            .store()
            .read(move |tx| -> Result<_, placet_app::ActError> { flow::find(tx, id) })
            .await?;
        let text = held.newest().map_or("", |newest| newest.text.as_str());
        return Ok(page(&viewer, text, &[]));
    }
    let text = match query.get("to") {
        Some("company") => flow::company_text("ehr"),
        _ => flow::people_text("ehr", "people-2"),
    };
    Ok(page(&viewer, &text, &[]))
}

fn page(viewer: &Viewer, text: &str, problems: &[FieldProblem]) -> Markup {
    layout::page(
        viewer,
        Place::Data,
        "Declare a flow",
        &html! {
            (crumbs(&[("Data", "/data"), ("Flows", "/data/flows")], "Declare a flow"))
            (header("Declare a flow", "The whole flow is one text. The same name again is the next version; the one before counts until both sides have agreed to the new one.", &html! {}))
            p {
                "Start from: "
                (quiet_link("/data/flows/new", "people into the hospital"))
                " " (quiet_link("/data/flows/new?to=company", "fields to another company"))
            }
            @if !problems.is_empty() {
                (warn("This text cannot be declared", &html! {
                    ul { @for one in problems { li { (one.problem) } } }
                }))
            }
            form.stacked method="post" action="/data/flows" {
                (viewer.csrf.field())
                (Field::area("flow", "The flow", 28).value(text).code().required()
                    .error(problem_of(problems, "flow"))
                    .hint("Fields are listed one by one; what is not listed is dropped and counted by its name.").render())
                button { "Declare" }
            }
        },
    )
}

#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    flow: String,
}

/// `POST`: declares a flow or its next version.
pub async fn declare(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditFlows)?;
    // Browsers send lines that end in CR LF; the text is kept as it was written.
    let text = form.flow.replace("\r\n", "\n");
    let given = text.clone();
    let done = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            flow::declare(tx, ctx, &given)
        })
        .await;
    match done {
        Ok(version) => Ok(Redirect::to(&format!("/data/flows/{}", version.flow)).into_response()),
        Err(error) => {
            let page = page(&viewer, &text, &problems(error)?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
