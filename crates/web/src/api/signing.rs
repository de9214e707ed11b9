//! The keys that sign our mail, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use placet_app::{ActError, dkim};
use placet_domain::id::SigningKeyId;
use placet_domain::operator::Capability;
use placet_domain::signing::{SigningKey, Turn};
use placet_store::signing;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{Body, Problem};
use crate::error::WebError;
use crate::extract::Id;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    let edit = Rule::Needs(Capability::EditSettings);
    Routes::new()
        .get(
            "/api/v1/signing-keys",
            Rule::Needs(Capability::ViewSettings),
            list,
        )
        .post("/api/v1/signing-keys", edit, make)
        .post("/api/v1/signing-keys/{id}/turns", edit, turn)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(list, make, turn))]
pub struct Document;

/// A signing key and the record to publish.
#[derive(Serialize, ToSchema)]
struct KeyOut {
    id: String,
    domain: String,
    /// `rsa` or `ed25519`.
    algorithm: String,
    /// `made`, `used` or `ended`.
    turn: String,
    /// The name of the TXT record.
    record_name: String,
    /// What it says.
    record: String,
}

impl KeyOut {
    fn of(key: &SigningKey) -> Self {
        Self {
            id: key.id.to_string(),
            domain: key.domain.clone(),
            algorithm: key.algorithm.as_str().to_owned(),
            turn: key.turn.as_str().to_owned(),
            record_name: key.record_name(),
            record: key.record(),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DomainBody {
    /// The domain of the sender's addresses.
    domain: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TurnBody {
    /// `used` once its record is published, or `ended`.
    turn: String,
}

/// Lists the signing keys, newest first.
#[utoipa::path(get, path = "/api/v1/signing-keys", tag = "settings",
    responses((status = 200, body = [KeyOut]), (status = "default", body = Problem)))]
async fn list(State(site): State<Site>) -> Result<Json<Vec<KeyOut>>, WebError> {
    let keys = site.store().read(signing::list).await?;
    Ok(Json(keys.iter().map(KeyOut::of).collect()))
}

/// Makes two signing keys for a domain; they sign nothing yet.
#[utoipa::path(post, path = "/api/v1/signing-keys", tag = "settings", request_body = DomainBody,
    responses((status = 201, body = [KeyOut]), (status = "default", body = Problem)))]
async fn make(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<DomainBody>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    let keys = crate::settings::signing::made(&site, &viewer, grant, body.domain).await?;
    let out: Vec<KeyOut> = keys.iter().map(KeyOut::of).collect();
    Ok((StatusCode::CREATED, Json(out)).into_response())
}

/// Lets a key sign, or ends it for good.
#[utoipa::path(post, path = "/api/v1/signing-keys/{id}/turns", tag = "settings",
    params(("id" = String, Path, description = "The key")), request_body = TurnBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn turn(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<SigningKeyId>,
    Body(body): Body<TurnBody>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    let next = Turn::find(&body.turn)
        .filter(|turn| *turn != Turn::Made)
        .ok_or_else(|| ActError::invalid("turn", "give used or ended"))?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            dkim::turn(tx, ctx, id, next)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
