//! Remarks on places of a text and conditions of approvals, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use placet_app::ActError;
use placet_app::approval::{comment, condition};
use placet_domain::content::Field;
use placet_domain::id::{CommentId, ConditionId, ContentId, VersionId};
use placet_domain::operator::{Capability, Role};
use placet_domain::review::comment::Comment;
use placet_domain::review::condition::{Condition, Demand};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::settings::Made;
use super::{Body, Listed, Problem};
use crate::error::WebError;
use crate::extract::Id;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    let view = Rule::Needs(Capability::ViewContent);
    let remark = Rule::Needs(Capability::CommentContent);
    let approve = Rule::Needs(Capability::ApproveContent);
    Routes::new()
        .get("/api/v1/versions/{id}/comments", view, list)
        .post("/api/v1/versions/{id}/comments", remark, make)
        .post("/api/v1/comments/{id}/resolutions", remark, resolve)
        .get("/api/v1/contents/{id}/conditions", view, conditions)
        .post("/api/v1/versions/{id}/conditions", approve, set)
        .delete("/api/v1/conditions/{id}", approve, lift)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(list, make, resolve, conditions, set, lift))]
pub struct Document;

/// A remark on some words.
#[derive(Serialize, ToSchema)]
struct CommentOut {
    id: String,
    version: String,
    /// `subject`, `preheader`, `body` or `text`.
    field: String,
    quote: String,
    /// Where the words begin, in characters.
    offset: u32,
    remark: String,
    made_at: String,
    made_by: String,
    resolved_at: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CommentIn {
    /// `subject`, `preheader`, `body` or `text`.
    field: String,
    /// The words as they stand there.
    quote: String,
    /// Near which character they begin, when they stand there more than once.
    #[serde(default)]
    near: u32,
    remark: String,
}

/// A condition that binds later versions.
#[derive(Serialize, ToSchema)]
struct ConditionOut {
    id: String,
    version: String,
    /// The role that set it and can lift it.
    role: String,
    /// `keeps`, `omits` or `asks`.
    demand: String,
    words: String,
    set_at: String,
    set_by: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConditionIn {
    /// The role in which you approved the version.
    role: String,
    /// `keeps`, `omits` or `asks`.
    demand: String,
    words: String,
}

fn comment_out(one: Comment) -> CommentOut {
    CommentOut {
        id: one.id.to_string(),
        version: one.version.to_string(),
        field: one.field.as_str().to_owned(),
        quote: one.quote,
        offset: one.offset,
        remark: one.remark,
        made_at: one.made_at.to_string(),
        made_by: one.made_by,
        resolved_at: one.resolved.map(|(at, _)| at.to_string()),
    }
}

fn condition_out(one: Condition) -> ConditionOut {
    ConditionOut {
        id: one.id.to_string(),
        version: one.version.to_string(),
        role: one.role.as_str().to_owned(),
        demand: one.demand.as_str().to_owned(),
        words: one.words,
        set_at: one.set_at.to_string(),
        set_by: one.set_by,
    }
}

fn unknown(field: &str) -> ActError {
    ActError::invalid(field, "this code is not known; see /api")
}

/// Lists the remarks on a version and on those before it.
#[utoipa::path(get, path = "/api/v1/versions/{id}/comments", tag = "contents",
    params(("id" = String, Path)),
    responses((status = 200, body = Listed<CommentOut>), (status = "default", body = Problem)))]
async fn list(
    State(site): State<Site>,
    Id(id): Id<VersionId>,
) -> Result<Json<Listed<CommentOut>>, WebError> {
    let found = site.store().read(move |tx| comment::list(tx, id)).await?;
    Ok(Json(Listed {
        items: found.into_iter().map(comment_out).collect(),
        next: None,
    }))
}

/// Remarks on some words of a version.
#[utoipa::path(post, path = "/api/v1/versions/{id}/comments", tag = "contents",
    params(("id" = String, Path)), request_body = CommentIn,
    responses((status = 201, body = Made), (status = "default", body = Problem)))]
async fn make(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<VersionId>,
    Body(body): Body<CommentIn>,
) -> Result<(StatusCode, Json<Made>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::CommentContent)?;
    let new = comment::New {
        field: Field::find(&body.field).ok_or_else(|| unknown("field"))?,
        quote: body.quote,
        near: body.near,
        remark: body.remark,
    };
    let id = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            comment::make(tx, ctx, id, &new)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(Made { id: id.to_string() })))
}

/// Settles a remark.
#[utoipa::path(post, path = "/api/v1/comments/{id}/resolutions", tag = "contents",
    params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
async fn resolve(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CommentId>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::CommentContent)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            comment::resolve(tx, ctx, id)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the conditions that hold for later versions of a content.
#[utoipa::path(get, path = "/api/v1/contents/{id}/conditions", tag = "contents",
    params(("id" = String, Path)),
    responses((status = 200, body = Listed<ConditionOut>), (status = "default", body = Problem)))]
async fn conditions(
    State(site): State<Site>,
    Id(id): Id<ContentId>,
) -> Result<Json<Listed<ConditionOut>>, WebError> {
    let found = site.store().read(move |tx| condition::list(tx, id)).await?;
    Ok(Json(Listed {
        items: found.into_iter().map(condition_out).collect(),
        next: None,
    }))
}

/// Attaches a condition to an approval that you gave.
#[utoipa::path(post, path = "/api/v1/versions/{id}/conditions", tag = "contents",
    params(("id" = String, Path)), request_body = ConditionIn,
    responses((status = 201, body = Made), (status = "default", body = Problem)))]
async fn set(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<VersionId>,
    Body(body): Body<ConditionIn>,
) -> Result<(StatusCode, Json<Made>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ApproveContent)?;
    let role = Role::find(&body.role).ok_or_else(|| unknown("role"))?;
    let demand = Demand::find(&body.demand).ok_or_else(|| unknown("demand"))?;
    let id = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            condition::set(tx, ctx, id, role, demand, &body.words)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(Made { id: id.to_string() })))
}

/// Lifts a condition, in the role that set it.
#[utoipa::path(delete, path = "/api/v1/conditions/{id}", tag = "contents",
    params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
async fn lift(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ConditionId>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ApproveContent)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            condition::lift(tx, ctx, id)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
