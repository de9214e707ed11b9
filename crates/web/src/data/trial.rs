//! The dry run of a flow: a sample is uploaded, shown before and after field by field, and forgotten.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use placet_app::flow::trial::{self, Compared, SHOWN, Trial, Tried};
use placet_app::flow::{self, Declared};
use placet_app::{ActError, FieldProblem};
use placet_domain::id::FlowId;
use placet_domain::operator::Capability;

use super::upload::Upload;
use crate::account::problems;
use crate::components::field::Field;
use crate::components::notice::warn;
use crate::components::{Tone, crumbs, header, number, pill};
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: the form for a sample.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<FlowId>,
) -> Result<Markup, WebError> {
    let flow = find(&site, id).await?;
    Ok(page(&viewer, &flow, None, &[]))
}

/// `POST`: lets a sample through and shows what is left.
pub async fn look(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<FlowId>,
    upload: Upload,
) -> Result<Response, WebError> {
    viewer.ctx.actor.may(Capability::EditFlows)?;
    let flow = find(&site, id).await?;
    match try_on(&site, id, upload.file.to_vec()).await? {
        Ok(trial) => Ok(page(&viewer, &flow, Some(&trial), &[]).into_response()),
        Err(error) => {
            let page = page(&viewer, &flow, None, &problems(error)?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// Looks at a sample on a thread of its own.
pub(crate) async fn try_on(
    site: &Site,
    id: FlowId,
    sample: Vec<u8>,
) -> Result<Result<Trial, ActError>, WebError> {
    let read = move |tx: &mut placet_store::Tx| trial::list(tx, id);
    let list = site.store().read(read).await?;
    let today = site.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    tokio::task::spawn_blocking(move || trial::look(&list, &sample, today))
        .await
        .map_err(|_| WebError::Internal("a dry run ended without an answer".to_owned()))
}

async fn find(site: &Site, id: FlowId) -> Result<Declared, WebError> {
    let read = move |tx: &mut placet_store::Tx| -> Result<_, ActError> { flow::find(tx, id) };
    Ok(site.store().read(read).await?)
}

fn page(
    viewer: &Viewer,
    flow: &Declared,
    trial: Option<&Trial>,
    problems: &[FieldProblem],
) -> Markup {
    let at = format!("/data/flows/{}", flow.id);
    let version = flow.newest().map_or(0, |newest| newest.version);
    layout::page(
        viewer,
        Place::Data,
        "Dry run",
        &html! {
            (crumbs(&[("Data", "/data"), ("Flows", "/data/flows"), (&flow.name, &at)], "Dry run"))
            (header("Dry run", "A few records as the source writes them, before and after. They are looked at in memory: not kept, not logged, not sent.", &html! {}))
            @if let Some(trial) = trial { (answer(trial)) }
            form.stacked method="post" action={ (at) "/dry-run" } enctype="multipart/form-data" {
                (viewer.csrf.field())
                (Field::file("sample", "The sample").required()
                    .hint("FHIR, HL7 v2 or CSV, at most one megabyte.").error(problem_of(problems, "sample")).render())
                button { "Try version " (version) }
            }
        },
    )
}

fn answer(trial: &Trial) -> Markup {
    let report = &trial.report;
    html! {
        section aria-live="polite" {
            h2 { "What would pass" }
            p {
                (number(report.n_read)) " records read as " (if report.format.is_empty() { "no known format" } else { report.format }) ": "
                (number(report.n_kept)) " pass in part, " (number(report.n_dropped)) " are dropped whole, " (number(report.n_refused)) " are refused."
                @if report.n_read > SHOWN as u64 { " The first " (SHOWN) " are shown." }
            }
            @if !report.refused.is_empty() {
                (warn("Refused", &html! {
                    ul { @for one in report.refused.iter().take(SHOWN) { li { (one) } } }
                }))
            }
            @for one in &trial.records { (record(one)) }
        }
    }
}

fn record(one: &Tried) -> Markup {
    html! {
        details open[one.passes] {
            summary {
                "Line " (one.line) ": "
                @if one.refused.is_some() { (pill(Tone::Bad, "Refused")) }
                @else if one.passes { (pill(Tone::Good, "Passes in part")) }
                @else { (pill(Tone::Neutral, "Dropped whole")) }
            }
            div.scroll role="region" aria-label={ "Record in line " (one.line) } tabindex="0" {
                table {
                    caption { "Field by field" }
                    thead { tr { th scope="col" { "Field" } th scope="col" { "Before" } th scope="col" { "After" } } }
                    tbody {
                        @for field in &one.fields {
                            tr {
                                th scope="row" { code { (field.path) } }
                                td { (field.before.join("; ")) }
                                td { (after(field)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn after(field: &Compared) -> Markup {
    html! {
        @if field.after.is_empty() {
            span.soft { "dropped" }
        } @else if field.after == field.before {
            (field.after.join("; "))
        } @else {
            (field.after.join("; ")) " " (pill(Tone::Warn, "Changed"))
        }
    }
}
