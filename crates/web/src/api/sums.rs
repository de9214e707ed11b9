//! Sums from our own records as a data set, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use placet_app::ActError;
use placet_app::measure::sums::Given;
use placet_domain::measure::sums::{Across, Every, Quarter, Summed, SumsAsk};
use placet_domain::operator::Capability;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{Body, Problem};
use crate::error::WebError;
use crate::measure::sums::{Asked, answer};
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new().post(
        "/api/v1/measure/sums",
        Rule::Needs(Capability::RunMeasures),
        count,
    )
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(count))]
pub struct Document;

/// What is counted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SumsIn {
    /// What the data set is called.
    name: String,
    /// Some of `new_patients`, `bookings`, `messages`: a column each.
    counted: Vec<String>,
    /// `week` (from Monday) or `month`.
    every: String,
    /// `all`, `region` (the state people live in) or `campaign` (messages only).
    across: String,
    /// The first quarter, such as `2024-Q1`.
    from: String,
    /// The last quarter, which must be over.
    to: String,
    /// The id of a data set whose rows get the counts as further columns.
    #[serde(default)]
    beside: Option<String>,
    /// Its column of dates; the first one when left out.
    #[serde(default)]
    date: String,
    /// Its column of regions or campaigns, where counts are split.
    #[serde(default)]
    region: String,
}

/// A data set that was counted.
#[derive(Serialize, ToSchema)]
struct SumsOut {
    /// The id of the data set.
    id: String,
    /// Regions or campaigns with counts too small to show, or next to one.
    left_out: Vec<String>,
}

fn asked(given: SumsIn) -> Result<Asked, ActError> {
    let unknown = |field: &str| ActError::invalid(field, "this code is not known");
    let quarter = |field: &str, text: &str| -> Result<Quarter, ActError> {
        text.parse()
            .map_err(|_| ActError::invalid(field, "give a calendar quarter, such as 2026-Q1"))
    };
    let counted = given.counted.iter().map(|code| Summed::find(code));
    Ok(Asked {
        ask: SumsAsk {
            counted: counted
                .collect::<Option<_>>()
                .ok_or_else(|| unknown("counted"))?,
            every: Every::find(&given.every).ok_or_else(|| unknown("every"))?,
            across: Across::find(&given.across).ok_or_else(|| unknown("across"))?,
            from: quarter("from", &given.from)?,
            to: quarter("to", &given.to)?,
        },
        beside: match given.beside {
            Some(id) => Some(
                id.parse()
                    .map_err(|_| ActError::invalid("beside", "this is no id"))?,
            ),
            None => None,
        },
        name: given.name,
        date: given.date,
        region: given.region,
    })
}

/// Counts from our own records and keeps the sums as a data set. Small counts are hidden, with what
/// would give them away; where nothing is left it is refused.
#[utoipa::path(post, path = "/api/v1/measure/sums", tag = "measure", request_body = SumsIn,
    responses((status = 201, body = SumsOut), (status = "default", body = Problem)))]
async fn count(
    State(site): State<Site>,
    viewer: Viewer,
    Body(given): Body<SumsIn>,
) -> Result<(StatusCode, Json<SumsOut>), WebError> {
    match answer(&site, &viewer, asked(given)?).await? {
        Given::Kept { id, left_out, .. } => {
            let out = SumsOut {
                id: id.to_string(),
                left_out,
            };
            Ok((StatusCode::CREATED, Json(out)))
        }
        Given::Refused { why } => Err(ActError::refused("measure.small_cell", why).into()),
    }
}
