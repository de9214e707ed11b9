//! What waits for verdicts, how long they take, and what is approved until when, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use placet_app::approval::{self, Bench, late, library};
use placet_app::{ActError, settings};
use placet_domain::id::VersionId;
use placet_domain::operator::{Capability, Role};
use placet_domain::review::cycle::{Figures, Spread};
use placet_domain::review::table::ReviewTable;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

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
    let approve = Rule::Needs(Capability::ApproveContent);
    Routes::new()
        .get("/api/v1/reviews", view, open)
        .get("/api/v1/reviews/figures", view, figures)
        .get("/api/v1/reviews/library", view, kept)
        .post("/api/v1/versions/{id}/renewals", approve, renew)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(open, figures, kept, renew))]
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

impl FiguresOut {
    fn of(one: Figures, table: &ReviewTable) -> Self {
        let step = |(role, taken): (placet_domain::operator::Role, Spread)| StepOut {
            role: role.as_str().to_owned(),
            taken: taken.into(),
        };
        Self {
            tier: one.tier.as_str().to_owned(),
            due_days: table.row(one.tier).due_days,
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
        .read(move |tx| Ok::<_, ActError>((approval::figures(tx, now)?, settings::review(tx)?.0)))
        .await?;
    let (found, table) = found;
    let items = found.into_iter().map(|one| FiguresOut::of(one, &table));
    Ok(Json(Listed {
        items: items.collect(),
        next: None,
    }))
}

/// A version that waits for verdicts.
#[derive(Serialize, ToSchema)]
struct OpenOut {
    version: String,
    content: String,
    name: String,
    tier: String,
    submitted_at: String,
    /// The day by which it should be judged.
    due_on: String,
    /// Working days since it was handed in.
    waited_days: u32,
    /// Working days past the deadline.
    late_days: u32,
    waiting: Vec<ReachOut>,
}

/// A role whose verdict is missing.
#[derive(Serialize, ToSchema)]
struct ReachOut {
    role: String,
    /// Operators who can give it: they hold the role, are here and did not write it.
    here: Vec<String>,
    /// Operators who hold the role and are away.
    away: Vec<String>,
}

/// Lists what waits for verdicts, the nearest deadline first.
#[utoipa::path(get, path = "/api/v1/reviews", tag = "contents",
    responses((status = 200, body = Listed<OpenOut>), (status = "default", body = Problem)))]
async fn open(State(site): State<Site>) -> Result<Json<Listed<OpenOut>>, WebError> {
    let now = site.now();
    let found = site
        .store()
        .read(move |tx| {
            let bench = Bench::read(tx, now)?;
            Ok::<_, ActError>(late::list(tx, &bench)?.open)
        })
        .await?;
    let reach = |one: &placet_domain::review::absence::Reach| ReachOut {
        role: one.role.as_str().to_owned(),
        here: one.here.iter().map(|who| who.id.to_string()).collect(),
        away: one
            .away
            .iter()
            .map(|(who, ..)| who.id.to_string())
            .collect(),
    };
    let items = found.iter().map(|one| OpenOut {
        version: one.version().to_string(),
        content: one.content.id.to_string(),
        name: one.content.name.clone(),
        tier: one.tier.as_str().to_owned(),
        submitted_at: one.submitted_at.to_string(),
        due_on: one.due_on.to_string(),
        waited_days: one.n_days,
        late_days: one.n_late,
        waiting: one.waiting.iter().map(reach).collect(),
    });
    Ok(Json(Listed {
        items: items.collect(),
        next: None,
    }))
}

/// An approved version, or one whose approval is over.
#[derive(Serialize, ToSchema)]
struct KeptOut {
    version: String,
    content: String,
    name: String,
    /// The last day of the approval.
    valid_until: String,
    /// Whether nothing can be sent from it until it is confirmed.
    is_locked: bool,
    /// Who must say that it still is right.
    required: Vec<String>,
}

/// Lists what is approved, what ends first first.
#[utoipa::path(get, path = "/api/v1/reviews/library", tag = "contents",
    responses((status = 200, body = Listed<KeptOut>), (status = "default", body = Problem)))]
async fn kept(State(site): State<Site>) -> Result<Json<Listed<KeptOut>>, WebError> {
    let now = site.now();
    let found = site
        .store()
        .read(move |tx| {
            let bench = Bench::read(tx, now)?;
            library::list(tx, &bench)
        })
        .await?;
    let items = found.iter().map(|one| KeptOut {
        version: one.reviewed.version.id.to_string(),
        content: one.content.id.to_string(),
        name: one.content.name.clone(),
        valid_until: one.until.to_string(),
        is_locked: one.is_locked(),
        required: one
            .reviewed
            .required
            .iter()
            .map(|role| role.as_str().to_owned())
            .collect(),
    });
    Ok(Json(Listed {
        items: items.collect(),
        next: None,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RenewalIn {
    /// The role in which it is said.
    role: String,
}

/// How the version stands now.
#[derive(Serialize, ToSchema)]
struct RenewedOut {
    version: String,
    standing: String,
}

/// Says that an approved version still is right.
#[utoipa::path(post, path = "/api/v1/versions/{id}/renewals", tag = "contents",
    params(("id" = String, Path)), request_body = RenewalIn,
    responses((status = 201, body = RenewedOut), (status = "default", body = Problem)))]
async fn renew(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<VersionId>,
    Body(given): Body<RenewalIn>,
) -> Result<(StatusCode, Json<RenewedOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ApproveContent)?;
    let role = Role::find(&given.role)
        .ok_or_else(|| ActError::invalid("role", "this code is not known; see /api"))?;
    let standing = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            library::renew(tx, ctx, id, role)
        })
        .await?;
    let out = RenewedOut {
        version: id.to_string(),
        standing: standing.as_str().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(out)))
}
