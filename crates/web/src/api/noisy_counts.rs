//! Noisy counts of an audience, and what is left of the year's budget, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use placet_app::measure::noisy::{self, Given};
use placet_app::{ActError, measure};
use placet_domain::id::CountId;
use placet_domain::measure::noisy::{Counted, Left, NoisyAsk, NoisyCount};
use placet_domain::operator::Capability;
use placet_domain::time::Date;
use placet_store::noisy_counts;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{Body, Listed, Problem};
use crate::error::WebError;
use crate::extract::Id;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewMeasures);
const RUN: Rule = Rule::Needs(Capability::RunMeasures);
/// The most that a list shows.
const LISTED: u32 = 500;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/measure/counts", VIEW, list)
        .post("/api/v1/measure/counts", RUN, ask)
        .get("/api/v1/measure/counts/{id}", VIEW, show)
        .get("/api/v1/measure/budgets", VIEW, budgets)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(list, ask, show, budgets))]
pub struct Document;

/// How many people of an audience?
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NoisyCountIn {
    audience: String,
    /// `people`, `written` or `booked`.
    counted: String,
    /// The first day of the period; not for `people`.
    #[serde(default)]
    from: Option<String>,
    /// Its last day, which must be over.
    #[serde(default)]
    to: Option<String>,
    /// In thousandths of epsilon, 10 to 5,000: more is more precise and spends more.
    cost: u32,
}

/// A count with its noise.
#[derive(Serialize, ToSchema)]
struct NoisyCountOut {
    id: String,
    audience: String,
    counted: String,
    from: String,
    to: String,
    /// None where it is smaller than may be shown.
    about: Option<u64>,
    /// Between these the true count lies in nine answers of ten.
    interval: Option<[u64; 2]>,
    directional: bool,
    cost: u32,
    year: i16,
    asked_at: String,
    asked_by: String,
}

impl NoisyCountOut {
    fn of(count: &NoisyCount, least: u64) -> Self {
        let shown = noisy::shown(count, least);
        Self {
            id: count.id.to_string(),
            audience: count.ask.audience.to_string(),
            counted: count.ask.counted.as_str().to_owned(),
            from: count.ask.from.to_string(),
            to: count.ask.to.to_string(),
            about: shown.map(|(answer, _)| answer),
            interval: shown.map(|(_, ends)| ends),
            directional: true,
            cost: count.ask.cost,
            year: count.year,
            asked_at: count.at.to_string(),
            asked_by: count.by.clone(),
        }
    }
}

/// What is left of a year's budgets, in thousandths of epsilon.
#[derive(Serialize, ToSchema)]
struct BudgetLeftOut {
    audience: String,
    name: String,
    left_of_audience: u32,
    /// All audiences share it.
    left_of_all: u32,
    renews_on: String,
}

fn day(field: &str, given: Option<&str>, counted: Counted) -> Result<Date, ActError> {
    if !counted.has_period() {
        return Ok(Date::default());
    }
    given
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| ActError::invalid(field, "give a day, such as 2026-03-02"))
}

fn asked(given: &NoisyCountIn) -> Result<NoisyAsk, ActError> {
    let counted = Counted::find(&given.counted)
        .ok_or_else(|| ActError::invalid("counted", "this code is not known"))?;
    Ok(NoisyAsk {
        audience: given
            .audience
            .parse()
            .map_err(|_| ActError::invalid("audience", "this is no id"))?,
        counted,
        from: day("from", given.from.as_deref(), counted)?,
        to: day("to", given.to.as_deref(), counted)?,
        cost: given.cost,
    })
}

fn refused(left: Left, cost: u32) -> ActError {
    ActError::refused(
        "measure.budget_spent",
        format!(
            "it would cost {cost} thousandths of epsilon; {} are left of this audience's budget and {} of the \
             one that all share; both begin anew on {}",
            left.of_audience, left.of_all, left.renews_on
        ),
    )
}

/// Lists noisy counts, newest first.
#[utoipa::path(get, path = "/api/v1/measure/counts", tag = "measure",
    responses((status = 200, body = Listed<NoisyCountOut>), (status = "default", body = Problem)))]
async fn list(State(site): State<Site>) -> Result<Json<Listed<NoisyCountOut>>, WebError> {
    let (all, least) = site
        .store()
        .read(|tx| {
            let least = measure::rules(tx)?.smallest_cell;
            Ok::<_, ActError>((noisy_counts::list(tx, LISTED)?, least))
        })
        .await?;
    Ok(Json(Listed {
        items: all
            .iter()
            .map(|one| NoisyCountOut::of(one, least))
            .collect(),
        next: None,
    }))
}

/// Counts people of an audience with noise. The same question gets the same answer and spends
/// nothing (status 200); a new one spends (201); over the budget it is refused.
#[utoipa::path(post, path = "/api/v1/measure/counts", tag = "measure", request_body = NoisyCountIn,
    responses((status = 200, body = NoisyCountOut), (status = 201, body = NoisyCountOut), (status = "default", body = Problem)))]
async fn ask(
    State(site): State<Site>,
    viewer: Viewer,
    Body(given): Body<NoisyCountIn>,
) -> Result<Response, WebError> {
    let ask = asked(&given)?;
    let (status, count) = match crate::measure::count(&site, &viewer, ask).await? {
        Given::New(count) => (StatusCode::CREATED, count),
        Given::Before(count) => (StatusCode::OK, count),
        Given::Refused { left, cost } => return Err(refused(left, cost).into()),
    };
    let least = site.store().read(measure::rules).await?.smallest_cell;
    Ok((status, Json(NoisyCountOut::of(&count, least))).into_response())
}

/// Reads one noisy count.
#[utoipa::path(get, path = "/api/v1/measure/counts/{id}", tag = "measure", params(("id" = String, Path)),
    responses((status = 200, body = NoisyCountOut), (status = "default", body = Problem)))]
async fn show(
    State(site): State<Site>,
    Id(id): Id<CountId>,
) -> Result<Json<NoisyCountOut>, WebError> {
    let out = site
        .store()
        .read(move |tx| {
            let least = measure::rules(tx)?.smallest_cell;
            Ok::<_, ActError>(NoisyCountOut::of(&noisy::find(tx, id)?, least))
        })
        .await?;
    Ok(Json(out))
}

/// Reads what is left of this year's budget of each audience.
#[utoipa::path(get, path = "/api/v1/measure/budgets", tag = "measure",
    responses((status = 200, body = Listed<BudgetLeftOut>), (status = "default", body = Problem)))]
async fn budgets(State(site): State<Site>) -> Result<Json<Listed<BudgetLeftOut>>, WebError> {
    let now = site.now();
    let all = site.store().read(move |tx| noisy::budgets(tx, now)).await?;
    let items = all
        .into_iter()
        .map(|(audience, left)| BudgetLeftOut {
            audience: audience.id.to_string(),
            name: audience.name,
            left_of_audience: left.of_audience,
            left_of_all: left.of_all,
            renews_on: left.renews_on.to_string(),
        })
        .collect();
    Ok(Json(Listed { items, next: None }))
}
