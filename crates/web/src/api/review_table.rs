//! Who must approve what, and on which days nobody works, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use placet_app::{ActError, settings};
use placet_domain::operator::{Capability, Role};
use placet_domain::review::Tier;
use placet_domain::review::table::Row;
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
    let view = Rule::Needs(Capability::ViewContent);
    let edit = Rule::Needs(Capability::EditSettings);
    Routes::new()
        .get("/api/v1/reviews/table", view, show)
        .put("/api/v1/reviews/table/{tier}", edit, put_row)
        .put("/api/v1/reviews/holidays", edit, put_holidays)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(show, put_row, put_holidays))]
pub struct Document;

/// One row of the table.
#[derive(Serialize, ToSchema)]
struct RowOut {
    /// `operational`, `educational`, `promotional` or `clinical_claims`.
    tier: String,
    #[serde(flatten)]
    row: RowBody,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RowBody {
    /// Every one of these roles must approve; never empty.
    approvers: Vec<String>,
    /// Asked for advice.
    consulted: Vec<String>,
    /// Told.
    informed: Vec<String>,
    /// Working days in which the verdicts are due.
    due_days: u8,
    /// Days for which an approval holds.
    valid_days: u16,
}

#[derive(Serialize, ToSchema)]
struct TableOut {
    rows: Vec<RowOut>,
    /// One holiday each, as `Thanksgiving Day: fourth Thursday of November`.
    holidays: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HolidaysBody {
    /// One holiday each, as `Thanksgiving Day: fourth Thursday of November`.
    holidays: Vec<String>,
}

fn row_out(row: &Row) -> RowOut {
    let codes = |roles: &[Role]| roles.iter().map(|role| role.as_str().to_owned()).collect();
    RowOut {
        tier: row.tier.as_str().to_owned(),
        row: RowBody {
            approvers: codes(&row.approvers),
            consulted: codes(&row.consulted),
            informed: codes(&row.informed),
            due_days: row.due_days,
            valid_days: row.valid_days,
        },
    }
}

/// Reads the responsibility table and the holidays.
#[utoipa::path(get, path = "/api/v1/reviews/table", tag = "contents",
    responses((status = 200, body = TableOut), (status = "default", body = Problem)))]
async fn show(State(site): State<Site>) -> Result<Json<TableOut>, WebError> {
    let (table, calendar) = site.store().read(settings::review).await?;
    Ok(Json(TableOut {
        rows: table.rows().iter().map(row_out).collect(),
        holidays: calendar.holidays.iter().map(ToString::to_string).collect(),
    }))
}

/// A tier by its code in the address.
struct Code(Tier);

impl std::str::FromStr for Code {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Tier::find(text).map(Self).ok_or(())
    }
}

/// Sets one row. It holds for what is handed in from now on.
#[utoipa::path(put, path = "/api/v1/reviews/table/{tier}", tag = "contents",
    params(("tier" = String, Path)), request_body = RowBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_row(
    State(site): State<Site>,
    viewer: Viewer,
    Id(Code(tier)): Id<Code>,
    Body(body): Body<RowBody>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    let roles = |field: &str, codes: &[String]| {
        let found = codes.iter().map(|code| Role::find(code));
        let found: Option<Vec<Role>> = found.collect();
        found.ok_or_else(|| ActError::invalid(field, "this code is not known; see /api"))
    };
    let row = Row {
        tier,
        approvers: roles("approvers", &body.approvers)?,
        consulted: roles("consulted", &body.consulted)?,
        informed: roles("informed", &body.informed)?,
        due_days: body.due_days,
        valid_days: body.valid_days,
    };
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            settings::set_review_row(tx, ctx, &row)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says on which days nobody works.
#[utoipa::path(put, path = "/api/v1/reviews/holidays", tag = "contents",
    request_body = HolidaysBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_holidays(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<HolidaysBody>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    let text = body.holidays.join("\n");
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            settings::set_holidays(tx, ctx, &text)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
