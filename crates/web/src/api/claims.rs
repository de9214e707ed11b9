//! The claims library, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use placet_app::content::claim;
use placet_app::{ActError, settings};
use placet_domain::id::ClaimId;
use placet_domain::operator::{Capability, Role};
use placet_domain::time::Date;
use placet_store::claims;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::settings::Made;
use super::{Body, Listed, Problem};
use crate::error::WebError;
use crate::extract::Id;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const MOST: u32 = 1_000;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    let view = Rule::Needs(Capability::ViewContent);
    Routes::new()
        .get("/api/v1/claims", view, list)
        .post(
            "/api/v1/claims",
            Rule::Needs(Capability::WriteContent),
            propose,
        )
        .get("/api/v1/claims/{id}/uses", view, uses)
        .post(
            "/api/v1/claims/{id}/approvals",
            Rule::Needs(Capability::ApproveContent),
            approve,
        )
        .post(
            "/api/v1/claims/{id}/withdrawals",
            Rule::Needs(Capability::CommentContent),
            withdraw,
        )
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(list, propose, uses, approve, withdraw))]
pub struct Document;

/// A claim and where it stands.
#[derive(Serialize, ToSchema)]
struct ClaimOut {
    id: String,
    text: String,
    evidence: String,
    /// The last day on which it may be used.
    expires_on: String,
    /// `in_review`, `in_force`, `expired` or `withdrawn`.
    standing: String,
    approvers: Vec<String>,
    approved_by: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClaimIn {
    /// The sentence as it will stand in texts.
    text: String,
    /// What it stands on.
    evidence: String,
    /// The last day on which it may be used, as `2026-11-26`.
    expires_on: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClaimApprovalIn {
    role: String,
}

/// A content that makes a claim.
#[derive(Serialize, ToSchema)]
struct UseOut {
    content: String,
    version: String,
    name: String,
}

/// Lists the claims, the newest first.
#[utoipa::path(get, path = "/api/v1/claims", tag = "contents",
    responses((status = 200, body = Listed<ClaimOut>), (status = "default", body = Problem)))]
async fn list(State(site): State<Site>) -> Result<Json<Listed<ClaimOut>>, WebError> {
    let now = site.now();
    let (all, today) = site
        .store()
        .read(move |tx| {
            let today = settings::day(tx, now)?;
            Ok::<_, ActError>((claims::list(tx, MOST)?, today))
        })
        .await?;
    let code = |role: &Role| role.as_str().to_owned();
    let items = all.iter().map(|one| ClaimOut {
        id: one.id.to_string(),
        text: one.text.clone(),
        evidence: one.evidence.clone(),
        expires_on: one.expires_on.to_string(),
        standing: one.standing(today).as_str().to_owned(),
        approvers: one.approvers.iter().map(code).collect(),
        approved_by: one.approvals.iter().map(|(role, ..)| code(role)).collect(),
    });
    Ok(Json(Listed {
        items: items.collect(),
        next: None,
    }))
}

/// Proposes a claim with its evidence.
#[utoipa::path(post, path = "/api/v1/claims", tag = "contents", request_body = ClaimIn,
    responses((status = 201, body = Made), (status = "default", body = Problem)))]
async fn propose(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<ClaimIn>,
) -> Result<(StatusCode, Json<Made>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::WriteContent)?;
    let until: Date = body
        .expires_on
        .parse()
        .map_err(|_| ActError::invalid("expires_on", "give a day as 2026-11-26"))?;
    let id = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            claim::propose(tx, ctx, (&body.text, &body.evidence), until)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(Made { id: id.to_string() })))
}

/// Lists the contents whose newest version makes a claim.
#[utoipa::path(get, path = "/api/v1/claims/{id}/uses", tag = "contents",
    params(("id" = String, Path)),
    responses((status = 200, body = Listed<UseOut>), (status = "default", body = Problem)))]
async fn uses(
    State(site): State<Site>,
    Id(id): Id<ClaimId>,
) -> Result<Json<Listed<UseOut>>, WebError> {
    let found = site
        .store()
        .read(move |tx| {
            let one = claim::find(tx, id)?;
            claim::uses(tx, &one)
        })
        .await?;
    let items = found.into_iter().map(|one| UseOut {
        content: one.id.to_string(),
        version: one.latest.id.to_string(),
        name: one.name,
    });
    Ok(Json(Listed {
        items: items.collect(),
        next: None,
    }))
}

/// Approves a claim, in one role.
#[utoipa::path(post, path = "/api/v1/claims/{id}/approvals", tag = "contents",
    params(("id" = String, Path)), request_body = ClaimApprovalIn,
    responses((status = 204), (status = "default", body = Problem)))]
async fn approve(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ClaimId>,
    Body(body): Body<ClaimApprovalIn>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ApproveContent)?;
    let role = Role::find(&body.role)
        .ok_or_else(|| ActError::invalid("role", "this code is not known; see /api"))?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            claim::approve(tx, ctx, id, role)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a claim back: what uses it goes to review.
#[utoipa::path(post, path = "/api/v1/claims/{id}/withdrawals", tag = "contents",
    params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
async fn withdraw(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ClaimId>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::CommentContent)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            claim::withdraw(tx, ctx, id)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
