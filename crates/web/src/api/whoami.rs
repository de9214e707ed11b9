//! Who a token acts for, and what waits for them.

use axum::Json;
use axum::extract::State;
use placet_app::today::{self, About, Ask, Begun, What};
use placet_domain::operator::Capability;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::Problem;
use crate::error::WebError;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/whoami", Rule::SignedIn, show)
        .get(
            "/api/v1/today",
            Rule::Needs(Capability::ViewToday),
            show_today,
        )
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(show, show_today))]
pub struct Document;

/// Who acts.
#[derive(Serialize, ToSchema)]
struct Who {
    /// The operator behind the token.
    operator: Option<String>,
    name: String,
    roles: Vec<String>,
    /// What this token may do.
    may: Vec<String>,
}

/// Reads who the token acts for and what it may do.
#[utoipa::path(get, path = "/api/v1/whoami", tag = "account",
    responses((status = 200, body = Who), (status = "default", body = Problem)))]
async fn show(viewer: Viewer) -> Json<Who> {
    let may = Capability::ALL
        .into_iter()
        .filter(|capability| viewer.can(*capability));
    Json(Who {
        operator: viewer.ctx.actor.operator().map(|id| id.to_string()),
        roles: viewer
            .roles()
            .map(|role| role.as_str().to_owned())
            .collect(),
        may: may
            .map(|capability| capability.as_str().to_owned())
            .collect(),
        name: viewer.name,
    })
}

/// What waits.
#[derive(Serialize, ToSchema)]
struct TodayOut {
    /// Whether messages may leave.
    is_armed: bool,
    reviews: Vec<ReviewOut>,
    /// Deliveries whose fate nobody knows.
    n_unknown_deliveries: u64,
    /// Campaigns with deliveries still to go.
    campaigns_under_way: Vec<String>,
    /// What else asks for the operator's word, oldest first.
    asks: Vec<AskOut>,
    /// Texts and campaigns that can be gone on with, newest first.
    begun: Vec<BegunOut>,
}

/// Something that asks for the operator's word.
#[derive(Serialize, ToSchema)]
struct AskOut {
    name: String,
    /// `classification`, `flow`, `trigger`, `journey`, `claim` or `fetch`.
    about: String,
    /// The source, the flow, the trigger, the journey, the claim or the fetch that failed.
    id: String,
    since: String,
}

impl AskOut {
    fn of(ask: &Ask) -> Self {
        let (about, id) = match ask.about {
            About::Classification(id) => ("classification", id.to_string()),
            About::Flow(id) => ("flow", id.to_string()),
            About::Trigger(id) => ("trigger", id.to_string()),
            About::Journey(id, _) => ("journey", id.to_string()),
            About::Claim(id, _) => ("claim", id.to_string()),
            About::Fetch(id) => ("fetch", id.to_string()),
        };
        Self {
            name: ask.name.clone(),
            about: about.to_owned(),
            id,
            since: ask.since.to_string(),
        }
    }
}

/// Something begun.
#[derive(Serialize, ToSchema)]
struct BegunOut {
    name: String,
    /// `draft`, `returned` or `expired` for a text, `not_launched` for a campaign.
    state: String,
    /// The text, when it is one.
    content: Option<String>,
    /// The campaign, when it is one.
    campaign: Option<String>,
    since: String,
}

impl BegunOut {
    fn of(begun: &Begun) -> Self {
        let (state, content, campaign) = match begun.what {
            What::Draft(id) => ("draft", Some(id), None),
            What::Returned(id, _) => ("returned", Some(id), None),
            What::Expired(id, _) => ("expired", Some(id), None),
            What::Campaign(id) => ("not_launched", None, Some(id)),
        };
        Self {
            name: begun.name.clone(),
            state: state.to_owned(),
            content: content.map(|id| id.to_string()),
            campaign: campaign.map(|id| id.to_string()),
            since: begun.since.to_string(),
        }
    }
}

/// A verdict that is asked for.
#[derive(Serialize, ToSchema)]
struct ReviewOut {
    content: String,
    version: String,
    tier: String,
    role: String,
    submitted_at: String,
    due_on: String,
}

/// Reads what waits for the operator, the oldest first.
#[utoipa::path(get, path = "/api/v1/today", tag = "account",
    responses((status = 200, body = TodayOut), (status = "default", body = Problem)))]
async fn show_today(State(site): State<Site>, viewer: Viewer) -> Result<Json<TodayOut>, WebError> {
    let actor = viewer.ctx.actor.clone();
    let now = site.now();
    let found = site
        .store()
        .read(move |tx| today::find(tx, &actor, now))
        .await?;
    let reviews = found.reviews.iter().map(|it| ReviewOut {
        content: it.content.id.to_string(),
        version: it.content.latest.id.to_string(),
        tier: it.tier.as_str().to_owned(),
        role: it.role.as_str().to_owned(),
        submitted_at: it.submitted_at.to_string(),
        due_on: it.due_on.to_string(),
    });
    let open = found.campaigns.iter().filter(|it| it.tally.n_open() > 0);
    Ok(Json(TodayOut {
        is_armed: found.settings.is_armed,
        reviews: reviews.collect(),
        n_unknown_deliveries: found.n_unknown(),
        campaigns_under_way: open.map(|it| it.id.to_string()).collect(),
        asks: found.asks.iter().map(AskOut::of).collect(),
        begun: found.begun.iter().map(BegunOut::of).collect(),
    }))
}
