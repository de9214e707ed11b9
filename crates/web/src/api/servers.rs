//! FHIR servers that records are fetched from, for machines: declare, keys, fetch, stop.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use placet_app::{ActError, server};
use placet_domain::id::{FetchId, ServerId, ServerKeyId};
use placet_domain::operator::Capability;
use placet_domain::server::{Algorithm, Fetch, FetchFile, Level, ServerKey, Setup};
use placet_domain::signing::Turn;
use placet_store::fhir_servers;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{Body, Listed, Problem};
use crate::data::server::{Shown, asked, look, look_at_fetch, made, stopped, turned};
use crate::error::WebError;
use crate::extract::{Id, Ids};
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewData);
const EDIT: Rule = Rule::Needs(Capability::ImportPeople);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/data/servers", VIEW, list)
        .post("/api/v1/data/servers", EDIT, declare)
        .get("/api/v1/data/servers/{id}", VIEW, show)
        .post("/api/v1/data/servers/{id}/keys", EDIT, make_key)
        .post("/api/v1/data/servers/{id}/keys/{key}/turns", EDIT, turn)
        .post("/api/v1/data/servers/{id}/fetches", EDIT, fetch)
        .get("/api/v1/data/fetches/{id}", VIEW, show_fetch)
        .post("/api/v1/data/fetches/{id}/stop", EDIT, stop)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(list, declare, show, make_key, turn, fetch, show_fetch, stop))]
pub struct Document;

#[derive(Serialize, ToSchema)]
struct ServerRow {
    id: String,
    name: String,
    setup: SetupOut,
}

#[derive(Serialize, ToSchema)]
struct ServerOut {
    id: String,
    name: String,
    setup: SetupOut,
    /// Why nothing can be fetched now; absent when it can.
    obstacle: Option<String>,
    /// Newest first.
    keys: Vec<KeyOut>,
    /// The newest fifty.
    fetches: Vec<FetchOut>,
}

#[derive(Serialize, ToSchema)]
struct SetupOut {
    source: String,
    flow: Option<String>,
    url: String,
    token_url: String,
    client_id: String,
    /// `group` or `patient`.
    level: &'static str,
    group: String,
    types: Vec<String>,
    scopes: String,
    file_origins: Vec<String>,
    every_hours: u32,
}

impl SetupOut {
    fn of(one: &Setup) -> Self {
        Self {
            source: one.source.clone(),
            flow: one.flow.clone(),
            url: one.url.clone(),
            token_url: one.token_url.clone(),
            client_id: one.client_id.clone(),
            level: one.level.as_str(),
            group: one.group.clone(),
            types: one.types.clone(),
            scopes: one.scopes.clone(),
            file_origins: one.file_origins.clone(),
            every_hours: one.every_hours,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ServerBody {
    /// Its name here; the same name again says anew how it is reached.
    name: String,
    /// The source in the data catalogue.
    source: String,
    /// The declared flow to go by; the only one from the source when not given.
    flow: Option<String>,
    /// Where its FHIR interface begins.
    url: String,
    /// Where it gives out tokens; what it names itself when not given.
    #[serde(default)]
    token_url: String,
    /// The name under which it knows us.
    client_id: String,
    /// The group whose patients are asked for; all patients when not given.
    group: Option<String>,
    /// The types of records, such as `Patient`.
    types: Vec<String>,
    /// The access to ask for; made from the types when not given.
    #[serde(default)]
    scopes: String,
    /// Further origins at which it keeps files.
    #[serde(default)]
    file_origins: Vec<String>,
    /// Ask by itself after so many hours; 0 is never.
    #[serde(default)]
    every_hours: u32,
}

#[derive(Serialize, ToSchema)]
struct KeyOut {
    /// The `kid`.
    id: String,
    /// `ES384` or `RS384`.
    algorithm: &'static str,
    /// `made`, `used` or `ended`.
    turn: &'static str,
    /// The public half as a JSON Web Key.
    #[schema(value_type = Object)]
    public: serde_json::Value,
}

impl KeyOut {
    fn of(key: &ServerKey) -> Self {
        Self {
            id: key.id.to_string(),
            algorithm: key.algorithm.as_str(),
            turn: key.turn.as_str(),
            public: serde_json::from_str(&key.public).unwrap_or_default(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct FetchOut {
    id: String,
    /// `asked`, `waiting`, `taking`, `stopping`, `done`, `failed` or `stopped`.
    stage: &'static str,
    /// Only what changed since then; everything when absent.
    since: Option<String>,
    asked_at: String,
    /// The server's instant of the export.
    as_of: Option<String>,
    /// What stands in its way.
    says: String,
    /// When it goes on, or went on last.
    next_at: String,
    over_at: Option<String>,
}

impl FetchOut {
    fn of(one: &Fetch) -> Self {
        Self {
            id: one.id.to_string(),
            stage: one.stage.as_str(),
            since: one.since.map(|at| at.to_string()),
            asked_at: one.asked_at.to_string(),
            as_of: one.taken_as_of.map(|at| at.to_string()),
            says: one.says.clone(),
            next_at: one.next_at.to_string(),
            over_at: one.over_at.map(|at| at.to_string()),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct FetchFilesOut {
    #[serde(flatten)]
    fetch: FetchOut,
    server: String,
    files: Vec<FileOut>,
}

#[derive(Serialize, ToSchema)]
struct FileOut {
    /// `output`, `deleted` or `error`.
    kind: &'static str,
    /// The type of its records.
    holds: String,
    /// What was found, in counts and codes.
    found: String,
    taken_at: Option<String>,
    /// The import that took it.
    import: Option<String>,
}

impl FileOut {
    fn of(file: &FetchFile) -> Self {
        Self {
            kind: file.kind.as_str(),
            holds: file.holds.clone(),
            found: file.found.clone(),
            taken_at: file.taken_at.map(|at| at.to_string()),
            import: file.import.map(|id| id.to_string()),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ServerMade {
    id: String,
}

/// Lists the FHIR servers that records are fetched from.
#[utoipa::path(get, path = "/api/v1/data/servers", tag = "data",
    responses((status = 200, body = Listed<ServerRow>), (status = "default", body = Problem)))]
async fn list(State(site): State<Site>) -> Result<Json<Listed<ServerRow>>, WebError> {
    let all = site.store().read(fhir_servers::list).await?;
    let row = |one: &placet_domain::server::Server| ServerRow {
        id: one.id.to_string(),
        name: one.name.clone(),
        setup: SetupOut::of(&one.setup),
    };
    Ok(Json(Listed {
        items: all.iter().map(row).collect(),
        next: None,
    }))
}

/// Declares a FHIR server, or says anew how one of this name is reached.
#[utoipa::path(post, path = "/api/v1/data/servers", tag = "data", request_body = ServerBody,
    responses((status = 201, body = ServerMade), (status = "default", body = Problem)))]
async fn declare(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<ServerBody>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ImportPeople)?;
    let setup = Setup {
        source: body.source,
        flow: body.flow,
        url: body.url,
        token_url: body.token_url,
        client_id: body.client_id,
        level: if body.group.is_some() {
            Level::Group
        } else {
            Level::Patient
        },
        group: body.group.unwrap_or_default(),
        types: body.types,
        scopes: body.scopes,
        file_origins: body.file_origins,
        every_hours: body.every_hours,
    };
    let name = body.name;
    let id = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            server::declare(tx, ctx, &name, &setup)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(ServerMade { id: id.to_string() })).into_response())
}

/// One FHIR server with its keys and its newest fetches.
#[utoipa::path(get, path = "/api/v1/data/servers/{id}", tag = "data",
    params(("id" = String, Path, description = "the server")),
    responses((status = 200, body = ServerOut), (status = "default", body = Problem)))]
async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ServerId>,
) -> Result<Json<ServerOut>, WebError> {
    let ctx = viewer.ctx.clone();
    let Shown {
        server,
        keys,
        fetches,
        obstacle,
    } = site.store().read(move |tx| look(tx, &ctx, id)).await?;
    Ok(Json(ServerOut {
        id: server.id.to_string(),
        name: server.name,
        setup: SetupOut::of(&server.setup),
        obstacle,
        keys: keys.iter().map(KeyOut::of).collect(),
        fetches: fetches.iter().map(FetchOut::of).collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyBody {
    /// `ES384` or `RS384`.
    algorithm: String,
}

/// Makes a key for a FHIR server; it signs nothing yet. The secret half stays here.
#[utoipa::path(post, path = "/api/v1/data/servers/{id}/keys", tag = "data",
    params(("id" = String, Path, description = "the server")), request_body = KeyBody,
    responses((status = 201, body = KeyOut), (status = "default", body = Problem)))]
async fn make_key(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ServerId>,
    Body(body): Body<KeyBody>,
) -> Result<Response, WebError> {
    let algorithm = Algorithm::find(&body.algorithm)
        .ok_or_else(|| ActError::invalid("algorithm", "give ES384 or RS384"))?;
    let key = made(&site, &viewer, id, algorithm).await?;
    Ok((StatusCode::CREATED, Json(KeyOut::of(&key))).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyTurnBody {
    /// `used` once the server's side knows the key, or `ended`.
    turn: String,
}

/// Lets a key sign at a FHIR server, or ends it for good.
#[utoipa::path(post, path = "/api/v1/data/servers/{id}/keys/{key}/turns", tag = "data",
    params(("id" = String, Path, description = "the server"), ("key" = String, Path, description = "the key")),
    request_body = KeyTurnBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn turn(
    State(site): State<Site>,
    viewer: Viewer,
    Ids(id, key): Ids<ServerId, ServerKeyId>,
    Body(body): Body<KeyTurnBody>,
) -> Result<StatusCode, WebError> {
    let next = Turn::find(&body.turn)
        .filter(|turn| *turn != Turn::Made)
        .ok_or_else(|| ActError::invalid("turn", "give used or ended"))?;
    turned(&site, &viewer, id, key, next).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FetchBody {
    /// Everything, not only what changed since the last time.
    #[serde(default)]
    full: bool,
}

/// Asks a FHIR server for what changed since the last time, or for everything; it is fetched in the background.
#[utoipa::path(post, path = "/api/v1/data/servers/{id}/fetches", tag = "data",
    params(("id" = String, Path, description = "the server")), request_body = FetchBody,
    responses((status = 202, body = FetchOut), (status = "default", body = Problem)))]
async fn fetch(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ServerId>,
    Body(body): Body<FetchBody>,
) -> Result<Response, WebError> {
    let one = asked(&site, &viewer, id, body.full).await?;
    Ok((StatusCode::ACCEPTED, Json(FetchOut::of(&one))).into_response())
}

/// One fetch with what was found in each of its files.
#[utoipa::path(get, path = "/api/v1/data/fetches/{id}", tag = "data",
    params(("id" = String, Path, description = "the fetch")),
    responses((status = 200, body = FetchFilesOut), (status = "default", body = Problem)))]
async fn show_fetch(
    State(site): State<Site>,
    Id(id): Id<FetchId>,
) -> Result<Json<FetchFilesOut>, WebError> {
    let (one, server, files) = site.store().read(move |tx| look_at_fetch(tx, id)).await?;
    Ok(Json(FetchFilesOut {
        fetch: FetchOut::of(&one),
        server: server.name,
        files: files.iter().map(FileOut::of).collect(),
    }))
}

/// Stops a fetch. What was taken stays.
#[utoipa::path(post, path = "/api/v1/data/fetches/{id}/stop", tag = "data",
    params(("id" = String, Path, description = "the fetch")),
    responses((status = 204), (status = "default", body = Problem)))]
async fn stop(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<FetchId>,
) -> Result<StatusCode, WebError> {
    stopped(&site, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
