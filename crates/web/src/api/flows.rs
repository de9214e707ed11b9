//! Declared flows for machines: list, declare, agree, run, stop, and their picture.

use axum::Json;
use axum::body::{Body as RawBody, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use placet_app::flow::trial::Trial;
use placet_app::flow::{self, Declared};
use placet_app::{ActError, settings};
use placet_domain::flow::{Contract, Version};
use placet_domain::id::{FlowId, FlowVersionId};
use placet_domain::operator::Capability;
use placet_domain::time::Date;
use placet_ledger::to_hex;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::people::Private;
use super::repeat::ShownOnce;
use super::{Body, Listed, Problem};
use crate::account::Read;
use crate::data::carry::carry;
use crate::data::upload::MOST_BYTES;
use crate::error::WebError;
use crate::extract::Id;
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::serving::in_time;
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewData);
const EDIT: Rule = Rule::Needs(Capability::EditFlows);
const RUN: Rule = Rule::Needs(Capability::ImportPeople);
const STOP: Rule = Rule::Needs(Capability::StopFlows);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/data/flows", VIEW, list)
        .post("/api/v1/data/flows", EDIT, declare)
        .get("/api/v1/data/flows/{id}", VIEW, show)
        .get("/api/v1/data/flows/picture", VIEW, picture)
        .get("/api/v1/data/flows/{id}/drops", VIEW, list_dropped)
        .get("/api/v1/data/flows/{id}/runs", VIEW, list_runs)
        .post("/api/v1/data/flows/{id}/runs", RUN, run)
        .post("/api/v1/data/flows/{id}/dry-run", EDIT, dry_run)
        .post("/api/v1/data/flows/{id}/agree", EDIT, agree)
        .post("/api/v1/data/flows/{id}/stop", STOP, stop)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(
    list,
    declare,
    show,
    picture,
    list_dropped,
    list_runs,
    run,
    dry_run,
    agree,
    stop
))]
pub struct Document;

#[derive(Serialize, ToSchema)]
struct FlowOut {
    id: String,
    name: String,
    /// Whether data pass by it today.
    is_open: bool,
    /// What it lacks, in words; empty when it is open.
    lacks: Vec<String>,
    /// The version that counts.
    counting: Option<FlowVersionOut>,
    /// The newest version, when it is another one and waits.
    waiting: Option<FlowVersionOut>,
}

#[derive(Serialize, ToSchema)]
struct FlowVersionOut {
    id: String,
    version: u32,
    source: String,
    destination: String,
    /// `own` or `vendor`.
    destination_kind: &'static str,
    purpose: String,
    it_owner: String,
    marketing_owner: String,
    contract: Option<ContractOut>,
    agreed: Vec<AgreementOut>,
    stopped_at: Option<String>,
    hash: String,
    /// The whole file, allow-list included.
    text: String,
}

#[derive(Serialize, ToSchema)]
struct ContractOut {
    /// `baa`, `data_use` or `other`.
    kind: &'static str,
    parties: Vec<String>,
    reference: String,
    valid_from: String,
    valid_until: String,
}

#[derive(Serialize, ToSchema)]
struct AgreementOut {
    /// `it` or `marketing`.
    side: &'static str,
    at: String,
    /// The operator; none for the flow that an installation begins with.
    by: Option<String>,
}

fn flow_out(one: &Declared, today: Date) -> FlowOut {
    let lacks = one.missing(today);
    let waiting = one.newest().filter(|_| one.waits());
    let waiting = waiting.filter(|newest| one.counting().map(|it| it.id) != Some(newest.id));
    FlowOut {
        id: one.id.to_string(),
        name: one.name.clone(),
        is_open: lacks.is_empty(),
        lacks: lacks.iter().map(ToString::to_string).collect(),
        counting: one.counting().map(version_out),
        waiting: waiting.map(version_out),
    }
}

fn version_out(one: &Version) -> FlowVersionOut {
    let declared = &one.declaration;
    FlowVersionOut {
        id: one.id.to_string(),
        version: one.version,
        source: declared.source.clone(),
        destination: declared.destination.title.clone(),
        destination_kind: declared.destination.kind.as_str(),
        purpose: declared.purpose.clone(),
        it_owner: declared.it_owner.clone(),
        marketing_owner: declared.marketing_owner.clone(),
        contract: declared.contract.as_ref().map(contract_out),
        agreed: one
            .agreements
            .iter()
            .map(|it| AgreementOut {
                side: it.side.as_str(),
                at: it.at.to_string(),
                by: it.by.map(|by| by.to_string()),
            })
            .collect(),
        stopped_at: one.stopped.as_ref().map(|stop| stop.at.to_string()),
        hash: to_hex(&one.hash),
        text: one.text.clone(),
    }
}

fn contract_out(one: &Contract) -> ContractOut {
    ContractOut {
        kind: one.kind.as_str(),
        parties: one.parties.clone(),
        reference: one.reference.clone(),
        valid_from: one.valid_from.to_string(),
        valid_until: one.valid_until.to_string(),
    }
}

/// Lists every flow with what it lacks.
#[utoipa::path(get, path = "/api/v1/data/flows", tag = "data",
    responses((status = 200, body = Listed<FlowOut>), (status = "default", body = Problem)))]
async fn list(State(site): State<Site>) -> Result<Json<Listed<FlowOut>>, WebError> {
    let now = site.now();
    let (all, today) = site
        .store()
        .read(move |tx| -> Read<_> { Ok((flow::list(tx)?, settings::day(tx, now)?)) })
        .await?;
    Ok(Json(Listed {
        items: all.iter().map(|one| flow_out(one, today)).collect(),
        next: None,
    }))
}

/// One flow with what it lacks.
#[utoipa::path(get, path = "/api/v1/data/flows/{id}", tag = "data",
    params(("id" = String, Path, description = "the flow")),
    responses((status = 200, body = FlowOut), (status = "default", body = Problem)))]
async fn show(State(site): State<Site>, Id(id): Id<FlowId>) -> Result<Json<FlowOut>, WebError> {
    find(&site, id).await.map(Json)
}

async fn find(site: &Site, id: FlowId) -> Result<FlowOut, WebError> {
    let now = site.now();
    let (one, today) = site
        .store()
        .read(move |tx| -> Result<_, ActError> {
            Ok((flow::find(tx, id)?, settings::day(tx, now)?))
        })
        .await?;
    Ok(flow_out(&one, today))
}

/// The picture of the data flows as SVG: sources, filters, destinations, and what is blocked.
#[utoipa::path(get, path = "/api/v1/data/flows/picture", tag = "data",
    responses((status = 200, body = String, content_type = "image/svg+xml"), (status = "default", body = Problem)))]
async fn picture(State(site): State<Site>) -> Result<impl IntoResponse, WebError> {
    let now = site.now();
    let (all, today) = site
        .store()
        .read(move |tx| -> Read<_> { Ok((flow::list(tx)?, settings::day(tx, now)?)) })
        .await?;
    let kind = [(header::CONTENT_TYPE, "image/svg+xml")];
    Ok((kind, crate::data::picture::file(&all, today)))
}

#[derive(Serialize, ToSchema)]
struct RunOut {
    id: String,
    /// The version that it went by.
    version: u32,
    started_at: String,
    /// Absent while it runs, or when it was cut off.
    finished_at: Option<String>,
    /// What was read, dropped and refused, by name and never by value.
    #[schema(value_type = Object)]
    report: serde_json::Value,
}

/// The newest fifty runs of a flow to another company, with their reports.
#[utoipa::path(get, path = "/api/v1/data/flows/{id}/runs", tag = "data",
    params(("id" = String, Path, description = "the flow")),
    responses((status = 200, body = Listed<RunOut>), (status = "default", body = Problem)))]
async fn list_runs(
    State(site): State<Site>,
    Id(id): Id<FlowId>,
) -> Result<Json<Listed<RunOut>>, WebError> {
    let all = site
        .store()
        .read(move |tx| -> Result<_, ActError> {
            flow::find(tx, id)?;
            Ok(placet_store::flows::list_runs(tx, id, 50)?)
        })
        .await?;
    let items = all.into_iter().map(|one| RunOut {
        id: one.id.to_string(),
        version: one.version,
        started_at: one.started_at.to_string(),
        finished_at: one.finished_at.map(|at| at.to_string()),
        report: serde_json::from_str(&one.report).unwrap_or_default(),
    });
    Ok(Json(Listed {
        items: items.collect(),
        next: None,
    }))
}

/// Lets records through a flow to another company: what it lists, with the destination's own ids, as NDJSON.
///
/// At most 32 megabytes; larger ones by `placet flow run`. The answer is whole or it is a problem. `Placet-Run` names the
/// run, under which its report stays.
#[utoipa::path(post, path = "/api/v1/data/flows/{id}/runs", tag = "data",
    params(("id" = String, Path, description = "the flow"),
        ("format" = Option<String>, Query, description = "`ndjson`, `bundle`, `document`, `csv` or `hl7`; told from the input when not given")),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, body = String, content_type = "application/fhir+ndjson"), (status = "default", body = Problem)))]
async fn run(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<FlowId>,
    query: Query,
    body: RawBody,
) -> Result<Response, WebError> {
    let read = in_time(to_bytes(body, MOST_BYTES)).await?;
    let records = read.map_err(|_| {
        let why = "the records were cut off, or are more than 32 megabytes; use `placet flow run` for those";
        WebError::Malformed(why.to_owned())
    })?;
    let format = query.get("format").map(str::to_owned);
    carry(&site, &viewer, id, format, records).await
}

#[derive(Serialize, ToSchema)]
struct DroppedOut {
    /// The field or rule; never a value.
    path: String,
    n_week: u64,
    n_month: u64,
    n_ever: u64,
}

/// What a flow dropped in the last seven and thirty days and ever, by field and rule.
#[utoipa::path(get, path = "/api/v1/data/flows/{id}/drops", tag = "data",
    params(("id" = String, Path, description = "the flow")),
    responses((status = 200, body = Listed<DroppedOut>), (status = "default", body = Problem)))]
async fn list_dropped(
    State(site): State<Site>,
    Id(id): Id<FlowId>,
) -> Result<Json<Listed<DroppedOut>>, WebError> {
    let now = site.now();
    let all = site
        .store()
        .read(move |tx| -> Result<_, ActError> {
            let flow = flow::find(tx, id)?;
            Ok(flow::run::dropped(tx, flow.id, now)?)
        })
        .await?;
    let items = all.into_iter().map(|one| DroppedOut {
        path: one.path,
        n_week: one.n_week,
        n_month: one.n_month,
        n_ever: one.n_ever,
    });
    Ok(Json(Listed {
        items: items.collect(),
        next: None,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FlowIn {
    /// The file of the flow: TOML, as `placet flow new` writes it.
    text: String,
}

/// Declares a flow, or the next version of the one of this name. Whose token it is agrees for their own side.
#[utoipa::path(post, path = "/api/v1/data/flows", tag = "data", request_body = FlowIn,
    responses((status = 201, body = FlowOut), (status = "default", body = Problem)))]
async fn declare(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<FlowIn>,
) -> Result<(StatusCode, Json<FlowOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditFlows)?;
    let version = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            flow::declare(tx, ctx, &body.text)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(find(&site, version.flow).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SampleIn {
    /// Records as the source writes them, at most one megabyte.
    sample: String,
}

/// Lets a sample through the newest version and shows it field by field, before and after. Nothing is kept.
#[utoipa::path(post, path = "/api/v1/data/flows/{id}/dry-run", tag = "data",
    params(("id" = String, Path, description = "the flow")), request_body = SampleIn,
    responses((status = 200, body = Object, description = "`records` with `before` and `after`, and the `report` of the run"),
        (status = "default", body = Problem)))]
async fn dry_run(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<FlowId>,
    Body(body): Body<SampleIn>,
) -> Result<Private<Trial>, WebError> {
    viewer.ctx.actor.may(Capability::EditFlows)?;
    let trial = crate::data::trial::try_on(&site, id, body.sample.into_bytes()).await??;
    Ok((axum::Extension(ShownOnce), Json(trial)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AgreeIn {
    /// The version that was read: the newest.
    version: String,
    #[serde(default)]
    note: String,
}

/// Agrees to the newest version for one's own side, IT or marketing. Nobody agrees for both.
#[utoipa::path(post, path = "/api/v1/data/flows/{id}/agree", tag = "data",
    params(("id" = String, Path, description = "the flow")), request_body = AgreeIn,
    responses((status = 201, body = FlowOut), (status = "default", body = Problem)))]
async fn agree(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<FlowId>,
    Body(body): Body<AgreeIn>,
) -> Result<(StatusCode, Json<FlowOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditFlows)?;
    let version: FlowVersionId = body.version.parse().map_err(|_| WebError::NotFound)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            flow::agree_in(tx, ctx, id, version, &body.note)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(find(&site, id).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StopIn {
    /// Why, in at most 1,000 characters.
    reason: String,
}

/// Stops a flow: nothing passes until it is declared anew and both sides agree.
#[utoipa::path(post, path = "/api/v1/data/flows/{id}/stop", tag = "data",
    params(("id" = String, Path, description = "the flow")), request_body = StopIn,
    responses((status = 201, body = FlowOut), (status = "default", body = Problem)))]
async fn stop(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<FlowId>,
    Body(body): Body<StopIn>,
) -> Result<(StatusCode, Json<FlowOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::StopFlows)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            flow::stop(tx, ctx, id, &body.reason)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(find(&site, id).await?)))
}
