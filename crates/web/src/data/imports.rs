//! Imports: a file of people and appointments taken by a declared flow, and what became of each run.
//!
//! The act, the capability and the report are those of `placet import` and of the API. What is shown of a
//! run are counts, places and names of fields, never a value; it is kept with the run.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::flow::{self, Declared};
use placet_app::{ActError, FieldProblem};
use placet_domain::flow::DestinationKind;
use placet_domain::id::{ImportId, OperatorId};
use placet_domain::operator::Capability;
use placet_store::imports::{self as stored, Import};

use super::taken::Taken;
use super::upload::Upload;
use super::{frame, name_of, names};
use crate::account::{Read, problems};
use crate::api::imports::{self, Asked};
use crate::components::field::{Choice, Field, select};
use crate::components::table::Table;
use crate::components::{
    Tone, button_link, crumbs, definitions, empty, header, number, pill, quiet_link, time,
};
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// How many runs the list shows.
const SHOWN: u32 = 50;

/// `GET`: the newest runs, and the form for another one.
pub async fn list(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
) -> Result<Markup, WebError> {
    page(&site, &viewer, &query, "", &[]).await
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    query: &Query,
    chosen: &str,
    problems: &[FieldProblem],
) -> Result<Markup, WebError> {
    let (all, flows) = site
        .store()
        .read(|tx| -> Read<_> { Ok((stored::list_newest(tx, SHOWN)?, flow::list(tx)?)) })
        .await?;
    let table = Table::new("Imports, newest first")
        .column("Began")
        .column("From")
        .column("Flow")
        .number("Read")
        .number("Refused")
        .column("Standing")
        .rows(all.iter().map(line));
    Ok(frame(
        viewer,
        "/data/imports",
        "Imports",
        "People and appointments from other systems, by a declared flow. What a flow does not list is dropped and counted by its name.",
        &html! {
            @if viewer.can(Capability::ImportPeople) { (form(viewer, &flows, chosen, problems)) }
            @if all.is_empty() {
                (empty("Nothing was imported yet", "The first import brings the people. It brings no permission: those are recorded one by one, or from a table under People.", &html! {}))
            } @else {
                (table.render(query))
            }
        },
    ))
}

/// The flows by which records come into the hospital.
pub(super) fn inward(flows: &[Declared]) -> impl Iterator<Item = (&Declared, &str)> {
    flows.iter().filter_map(|one| {
        let declared = &one.counting()?.declaration;
        let is_inward = declared.destination.kind == DestinationKind::Own;
        is_inward.then_some((one, declared.source.as_str()))
    })
}

fn form(viewer: &Viewer, flows: &[Declared], chosen: &str, problems: &[FieldProblem]) -> Markup {
    let choices: Vec<Choice> = inward(flows)
        .map(|(one, source)| {
            let label = format!("{}, from {source}", one.name);
            Choice::new(&one.name, label, one.name == chosen)
        })
        .collect();
    if choices.is_empty() {
        return empty(
            "No flow is declared",
            "Nothing is imported without one: it says which fields may come in, and who answers for that.",
            &button_link("/data/flows", "Declare a flow"),
        );
    }
    let broken = ["flow", "source", "format"].map(|field| problem_of(problems, field));
    html! {
        form.stacked method="post" action="/data/imports" enctype="multipart/form-data" {
            (viewer.csrf.field())
            (select("flow", "By which flow?", "It says from which system the records come.", &broken.concat(), &choices))
            (Field::file("records", "The records").required().error(problem_of(problems, "records"))
                .hint("FHIR R4 (NDJSON or a Bundle), CSV with a line of names, or HL7 v2; at most 32 megabytes. Larger files: placet import.").render())
            button { "Import" }
        }
    }
}

fn line(run: &Import) -> Markup {
    let taken = Taken::read(&run.report);
    html! {
        th scope="row" { a href={ "/data/imports/" (run.id) } { (time(run.started_at)) } }
        td { code { (run.source) } }
        td { (run.flow) }
        td.number { (number(taken.read.n_read)) }
        td.number { (number(taken.read.n_refused)) }
        td { (standing(run, &taken)) }
    }
}

fn standing(run: &Import, taken: &Taken) -> Markup {
    match run.finished_at {
        None => pill(Tone::Warn, "Runs, or was cut off"),
        Some(_) if taken.read.is_cut_short => pill(Tone::Bad, "Stopped early"),
        Some(_) if taken.read.n_refused > 0 => pill(Tone::Warn, "Some refused"),
        Some(_) => pill(Tone::Good, "Done"),
    }
}

/// `POST`: imports a file.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
    upload: Upload,
) -> Result<Response, WebError> {
    let name = upload.field("flow").to_owned();
    let taken = match asked(&site, &name, &upload).await? {
        Err(error) => Err(error),
        Ok(asked) => {
            let (ctx, file) = (viewer.ctx.clone(), upload.file);
            imports::alone(&site, move |intake| {
                intake.people(&ctx, &asked, Box::new(std::io::Cursor::new(file)))
            })
            .await?
        }
    };
    match taken {
        Ok(report) => {
            let id = report.get("import").and_then(|id| id.as_str());
            let to = id.map_or_else(String::new, |id| format!("/{id}"));
            Ok(Redirect::to(&format!("/data/imports{to}")).into_response())
        }
        Err(error) => {
            let found = problems(error)?;
            let page = page(&site, &viewer, &query, &name, &found).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// What the form asks for: the source is the one that the flow names.
async fn asked(
    site: &Site,
    name: &str,
    upload: &Upload,
) -> Result<Result<Asked, ActError>, WebError> {
    if upload.file.is_empty() {
        return Ok(Err(ActError::invalid(
            "records",
            "choose a file that is not empty",
        )));
    }
    let flows = site
        .store()
        .read(|tx| -> Read<_> { flow::list(tx) })
        .await?;
    let found = inward(&flows).find(|(one, _)| one.name == name);
    let asked = found.map(|(one, source)| Asked {
        source: source.to_owned(),
        flow: Some(one.name.clone()),
        format: None,
    });
    Ok(asked.ok_or_else(|| ActError::invalid("flow", "choose a flow into the hospital")))
}

/// `GET`: what became of a run.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ImportId>,
    query: Query,
) -> Result<Markup, WebError> {
    let run = site
        .store()
        .read(move |tx| -> Read<_> { stored::find(tx, id) })
        .await?
        .ok_or(WebError::NotFound)?;
    let who = names(&site).await?;
    let by = run.started_by.parse::<OperatorId>();
    let by = by.map_or("a machine or the command line", |id| name_of(&who, id));
    let taken = Taken::read(&run.report);
    let title = format!("Import from {}", run.source);
    Ok(layout::page(
        &viewer,
        Place::Data,
        &title,
        &html! {
            (crumbs(&[("Data", "/data"), ("Imports", "/data/imports")], &title))
            (header(&title, &taken.in_a_line(), &quiet_link("/data/imports", "Import another file")))
            (taken.next_step(run.finished_at.is_some()))
            (definitions(&[
                ("Standing", standing(&run, &taken)),
                ("Flow", html! { (run.flow) }),
                ("Read as", html! { @if run.format.is_empty() { "nothing that is known" } @else { (run.format) } }),
                ("Began", html! { (time(run.started_at)) ", by " (by) }),
                ("Ended", html! { @match run.finished_at { Some(at) => (time(at)), None => "not yet" } }),
            ]))
            (taken.tables(&query))
        },
    ))
}
