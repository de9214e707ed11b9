//! Data sets: uploaded, looked at by their columns, destroyed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::{ActError, FieldProblem, measure};
use placet_domain::id::DatasetId;
use placet_domain::measure::Dataset;
use placet_domain::operator::Capability;
use placet_ledger::to_hex;
use placet_store::measures;
use serde::Deserialize;

use super::upload::Upload;
use crate::account::problems;
use crate::components::field::Field;
use crate::components::notice::{info, refusal, unusable, warn};
use crate::components::{
    button_link, crumbs, definitions, hash, header, number, post_button, quiet_link, time,
};
use crate::content::Names;
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: the form of an upload.
pub async fn new(viewer: Viewer) -> Markup {
    page(&viewer, "", &[])
}

/// `POST`: keeps a table of sums, or says why not.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    upload: Upload,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    let name = upload.name.clone();
    let kept = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            measure::add_dataset(tx, ctx, &upload.name, &upload.file)
        })
        .await;
    match kept {
        Ok(id) => Ok(Redirect::to(&format!("/measure/data/{id}")).into_response()),
        Err(error) => {
            let found = problems(error)?;
            let page = page(&viewer, &name, &found);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

fn page(viewer: &Viewer, name: &str, found: &[FieldProblem]) -> Markup {
    let whys = unusable(found);
    layout::page(
        viewer,
        Place::Measure,
        "Upload data",
        &html! {
            (crumbs(&[("Measure", "/measure")], "Upload data"))
            (header("Upload data", "Sums only: counts and money by period, region and channel. Never a list of people.", &html! {}))
            @if !whys.is_empty() {
                (refusal("Not kept", &whys, "a table of sums: one row a period (and region or channel)"))
            }
            form.stacked method="post" action="/measure/data" enctype="multipart/form-data" {
                (viewer.csrf.field())
                (Field::text("name", "Name").value(name).required().max(120).error(problem_of(found, "name")).render())
                (Field::file("file", "CSV file").required()
                    .hint("One header line; at most 8 MiB. A file that looks like a list of people is refused.").render())
                button { "Upload" }
            }
            p { "New patients, appointments and messages need no file: " (quiet_link("/measure/sums", "Count from our records")) }
            h2 { "What fits" }
            ul {
                li { strong { "Media mix, causal impact: " } "one row a week, with new patients, spend by channel, and what else moves them. Two years or more." }
                li { strong { "Geo test, power: " } "one row a region and day or week, with the outcome." }
                li { strong { "Cost of a patient: " } "one row a month and channel, with spend, new patients, and what the platform claims." }
            }
        },
    )
}

/// `GET`: a data set by its columns, and what was measured on it.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<DatasetId>,
) -> Result<Markup, WebError> {
    let (set, runs, names) = site
        .store()
        .read(move |tx| {
            let set = measures::find_dataset(tx, id)?.ok_or(ActError::NotFound("data set"))?;
            let runs = measures::list_by_dataset(tx, id)?;
            Ok::<_, ActError>((set, runs, Names::load(tx)?))
        })
        .await?;
    let is_here = set.removed_at.is_none();
    let can_run = viewer.can(Capability::RunMeasures);
    let actions = html! {
        @if is_here && can_run {
            (button_link(&format!("/measure/new?dataset={id}&question=mmm"), "Measure on it"))
        }
    };
    Ok(layout::page(
        &viewer,
        Place::Measure,
        &set.name,
        &html! {
            (crumbs(&[("Measure", "/measure")], &set.name))
            (header(&set.name, "A table of sums. It holds nothing of a single person.", &actions))
            @if let Some(at) = set.removed_at {
                (warn("The content was destroyed", &html! {
                    p { (time(at)) ". Its name, its hash and what was measured on it stay." }
                }))
            }
            (facts(&set, &names))
            h2 { "Columns" }
            ul.chips { @for column in &set.columns { li { code { (column) } } } }
            h2 { "Measured on it" }
            @if runs.is_empty() {
                p.soft { "Nothing yet." }
            } @else { (super::runs_table(&runs)) }
            @if is_here && can_run { (destroy(&viewer, &set)) }
        },
    ))
}

fn facts(set: &Dataset, names: &Names) -> Markup {
    definitions(&[
        ("Rows", html! { (number(set.n_rows)) }),
        (
            "Size",
            html! { (number(set.n_bytes.div_ceil(1024))) " KiB" },
        ),
        (
            "Brought in",
            html! { (time(set.created_at)) " by " (names.of(&set.created_by)) },
        ),
        ("SHA-256", hash(&to_hex(&set.hash))),
    ])
}

fn destroy(viewer: &Viewer, set: &Dataset) -> Markup {
    html! {
        h2 { "Destroy the content" }
        p { "When something was uploaded that should not be here. Results stay; nothing more can be measured on it." }
        (post_button(&viewer.csrf, &format!("/measure/data/{}/remove", set.id), "Destroy the content", "danger"))
    }
}

/// A form without fields.
#[derive(Deserialize)]
pub struct Nothing {}

/// `POST`: destroys the content of a data set.
pub async fn remove(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<DatasetId>,
    Protected(Nothing {}): Protected<Nothing>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            measure::remove_dataset(tx, ctx, id)
        })
        .await?;
    Ok(Redirect::to(&format!("/measure/data/{id}")))
}

/// What stands where nothing was uploaded yet.
pub fn first_step(viewer: &Viewer) -> Markup {
    if viewer.can(Capability::RunMeasures) {
        html! { (button_link("/measure/data/new", "Upload data")) }
    } else {
        info(
            "Nothing is measured yet",
            &html! { p { "Marketing can upload data." } },
        )
    }
}

/// The data sets, newest first.
pub fn list(viewer: &Viewer, sets: &[Dataset]) -> Markup {
    html! {
        section aria-labelledby="data-title" {
            h2 #data-title { "Data" }
            @if sets.is_empty() {
                p.soft { "Nothing has been uploaded." }
            } @else {
                ul.plain {
                    @for set in sets {
                        li {
                            a href={ "/measure/data/" (set.id) } { (set.name) } " "
                            span.soft { (number(set.n_rows)) " rows, " (time(set.created_at)) @if set.removed_at.is_some() { ", destroyed" } }
                        }
                    }
                }
            }
            @if viewer.can(Capability::RunMeasures) && !sets.is_empty() {
                p { (quiet_link("/measure/data/new", "Upload data")) }
            }
        }
    }
}
