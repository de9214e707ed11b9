//! How long reviews take, for machines.

use axum::Json;
use axum::extract::State;
use placet_app::approval;
use placet_domain::operator::Capability;
use placet_domain::review::cycle::{Figures, Spread};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::{Listed, Problem};
use crate::error::WebError;
use crate::routes::{Routes, Rule};
use crate::site::Site;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    let view = Rule::Needs(Capability::ViewContent);
    Routes::new().get("/api/v1/reviews/figures", view, figures)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(figures))]
pub struct Document;

/// What is known of one tier, over the last year.
#[derive(Serialize, ToSchema)]
struct FiguresOut {
    /// `operational`, `educational`, `promotional` or `clinical_claims`.
    tier: String,
    /// Working days in which the verdicts are due.
    due_days: u8,
    /// From handing in to the last verdict that was needed.
    whole: SpreadOut,
    /// How many ended after the day on which they were due.
    late: u64,
    /// From handing in to each role's verdict.
    steps: Vec<StepOut>,
    waiting: u64,
    overdue: u64,
    /// How many minutes the oldest has waited.
    oldest_minutes: Option<u64>,
}

/// Durations in minutes.
#[derive(Serialize, ToSchema)]
struct SpreadOut {
    count: u64,
    median_minutes: u64,
    p90_minutes: u64,
}

/// One role's verdicts.
#[derive(Serialize, ToSchema)]
struct StepOut {
    role: String,
    taken: SpreadOut,
}

impl From<Spread> for SpreadOut {
    fn from(spread: Spread) -> Self {
        Self {
            count: spread.n,
            median_minutes: spread.median,
            p90_minutes: spread.p90,
        }
    }
}

impl From<Figures> for FiguresOut {
    fn from(one: Figures) -> Self {
        let step = |(role, taken): (placet_domain::operator::Role, Spread)| StepOut {
            role: role.as_str().to_owned(),
            taken: taken.into(),
        };
        Self {
            tier: one.tier.as_str().to_owned(),
            due_days: one.tier.row().due_days,
            whole: one.whole.into(),
            late: one.n_late,
            steps: one.steps.into_iter().map(step).collect(),
            waiting: one.n_waiting,
            overdue: one.n_overdue,
            oldest_minutes: one.oldest,
        }
    }
}

/// How long the reviews of the last year took, by tier and step.
#[utoipa::path(get, path = "/api/v1/reviews/figures", tag = "contents",
    responses((status = 200, body = Listed<FiguresOut>), (status = "default", body = Problem)))]
async fn figures(State(site): State<Site>) -> Result<Json<Listed<FiguresOut>>, WebError> {
    let now = site.now();
    let found = site
        .store()
        .read(move |tx| approval::figures(tx, now))
        .await?;
    let items = found.into_iter().map(FiguresOut::from).collect();
    Ok(Json(Listed { items, next: None }))
}
