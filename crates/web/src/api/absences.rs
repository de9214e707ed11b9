//! Who is away, and who of the same role stands in, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use placet_app::approval::absence;
use placet_app::{ActError, settings};
use placet_domain::id::AbsenceId;
use placet_domain::operator::Capability;
use placet_domain::time::Date;
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
    let own = Rule::Needs(Capability::ViewToday);
    Routes::new()
        .get("/api/v1/absences", own, list)
        .post("/api/v1/absences", own, note)
        .delete("/api/v1/absences/{id}", own, end)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(list, note, end))]
pub struct Document;

#[derive(Serialize, ToSchema)]
struct AbsenceOut {
    id: String,
    /// The operator who is away.
    operator: String,
    /// The operator who stands in.
    deputy: String,
    /// The first day.
    from: String,
    /// The last day.
    until: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AbsenceIn {
    /// Who is away; yourself when absent. For others it takes the right to manage operators.
    operator: Option<String>,
    /// Somebody who holds the same roles.
    deputy: String,
    /// The first day, as `2026-11-26`.
    from: String,
    /// The last day.
    until: String,
}

/// Lists who is or will be away.
#[utoipa::path(get, path = "/api/v1/absences", tag = "operators",
    responses((status = 200, body = Listed<AbsenceOut>), (status = "default", body = Problem)))]
async fn list(State(site): State<Site>) -> Result<Json<Listed<AbsenceOut>>, WebError> {
    let now = site.now();
    let ahead = site
        .store()
        .read(move |tx| {
            let today = settings::day(tx, now)?;
            absence::list(tx, today)
        })
        .await?;
    let items = ahead.into_iter().map(|one| AbsenceOut {
        id: one.id.to_string(),
        operator: one.operator.to_string(),
        deputy: one.deputy.to_string(),
        from: one.from.to_string(),
        until: one.until.to_string(),
    });
    Ok(Json(Listed {
        items: items.collect(),
        next: None,
    }))
}

/// Notes that somebody is away and who stands in.
#[utoipa::path(post, path = "/api/v1/absences", tag = "operators", request_body = AbsenceIn,
    responses((status = 201, body = Made), (status = "default", body = Problem)))]
async fn note(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<AbsenceIn>,
) -> Result<(StatusCode, Json<Made>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewToday)?;
    let bad = |field: &str| ActError::invalid(field, "this is no id of an operator");
    let away = match &body.operator {
        Some(id) => id.parse().map_err(|_| bad("operator"))?,
        None => viewer.ctx.actor.operator().ok_or_else(|| bad("operator"))?,
    };
    let deputy = body.deputy.parse().map_err(|_| bad("deputy"))?;
    let date = |field: &str, text: &str| {
        let date: Option<Date> = text.parse().ok();
        date.ok_or_else(|| ActError::invalid(field, "give a day as 2026-11-26"))
    };
    let days = (date("from", &body.from)?, date("until", &body.until)?);
    let id = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            absence::note(tx, ctx, away, deputy, days)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(Made { id: id.to_string() })))
}

/// Ends an absence before its time.
#[utoipa::path(delete, path = "/api/v1/absences/{id}", tag = "operators",
    params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
async fn end(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<AbsenceId>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewToday)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| absence::end(tx, ctx, id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
