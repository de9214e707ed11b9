//! A flow to another company at work: records go in, and what the flow lets through comes back as NDJSON.
//!
//! The answer is whole or there is none: a flow that is stopped meanwhile leaves no half of a file to pass on. Nothing
//! of it is kept here.

use std::io;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use placet_app::ActError;
use placet_app::flow::{self, Declared, run};
use placet_domain::flow::DestinationKind;
use placet_domain::id::FlowId;
use placet_domain::operator::Capability;
use placet_store::Tx;

use super::upload::Upload;
use crate::api::repeat::ShownOnce;
use crate::components::field::Field;
use crate::error::WebError;
use crate::extract::Id;
use crate::session::Viewer;
use crate::site::Site;

/// Names the run in the answer; its report is found under it.
const RUN: HeaderName = HeaderName::from_static("placet-run");

/// Lets records through a flow to another company. The run is in the ledger before its first record is read.
///
/// # Errors
///
/// [`WebError::Refused`] with all that the flow lacks, also when that comes to be while it runs.
pub(crate) async fn carry(
    site: &Site,
    viewer: &Viewer,
    id: FlowId,
    format: Option<String>,
    records: Bytes,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ImportPeople)?;
    let format = run::format(format.as_deref())?;
    let carried = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let name = flow::find(tx, id)?.name;
            run::begin(tx, ctx, &name)
        })
        .await?;
    let ctx = site.ctx(viewer.ctx.actor.clone(), viewer.ctx.request);
    let (store, asking) = (site.store().clone(), ctx.clone());
    let work = move || {
        let mut out = Vec::new();
        let version = carried.version;
        let mut still_open = || {
            let asking = asking.clone();
            let read = move |tx: &mut Tx| flow::still_open(tx, &asking, version);
            store.read_blocking(read).map_err(io::Error::other)
        };
        let today = asking.now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let report = carried.carry(&records[..], format, today, &mut out, &mut still_open);
        (report, carried, out)
    };
    let (report, carried, out) = tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| WebError::Internal("a run ended without an answer".to_owned()))?;
    let report = report.map_err(|error| match error.downcast::<ActError>() {
        Ok(refused) => WebError::from(refused),
        Err(error) => WebError::Internal(error.to_string()),
    })?;
    let report = serde_json::to_string(&report)
        .map_err(|error| WebError::Internal(format!("a report cannot be written: {error}")))?;
    let run = carried.id;
    let grant = ctx.actor.may(Capability::ImportPeople)?;
    site.store()
        .act(grant, &ctx, move |tx, ctx| {
            run::finish(tx, ctx, &carried, &report)
        })
        .await?;
    let headers = [
        (header::CONTENT_TYPE, "application/fhir+ndjson".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"run-{run}.ndjson\""),
        ),
        (RUN, run.to_string()),
    ];
    Ok((axum::Extension(ShownOnce), headers, out).into_response())
}

/// `POST`: lets an uploaded file through, and gives what is left to save.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<FlowId>,
    upload: Upload,
) -> Result<Response, WebError> {
    carry(&site, &viewer, id, None, upload.file).await
}

/// The form on a flow's page, for whoever may, when the flow leads to a company and lacks nothing.
pub(super) fn form(viewer: &Viewer, flow: &Declared, is_open: bool) -> Markup {
    let is_outward = flow
        .counting()
        .is_some_and(|one| one.declaration.destination.kind == DestinationKind::Vendor);
    if !is_outward || !is_open || !viewer.can(Capability::ImportPeople) {
        return html! {};
    }
    html! {
        h2 { "Let records through" }
        form.stacked method="post" action={ "/data/flows/" (flow.id) "/runs" } enctype="multipart/form-data" {
            (viewer.csrf.field())
            (Field::file("records", "The records").required()
                .hint("FHIR R4 or CSV, at most 32 megabytes; larger files: placet flow run. You get back what the flow lists, with the destination's own ids, to hand over.").render())
            button { "Let through and save" }
        }
    }
}
