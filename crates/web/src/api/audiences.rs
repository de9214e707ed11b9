//! Audiences and their waterfalls, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use placet_app::audience::{Seen, WonBack};
use placet_app::{ActError, audience};
use placet_domain::audience::cells::{self, Shown};
use placet_domain::audience::{Audience, Filter, Waterfall};
use placet_domain::id::{AudienceId, VersionId};
use placet_domain::operator::Capability;
use placet_domain::time::Timestamp;
use placet_store::{audiences, contents};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::edit::{IfMatch, failed, tagged};
use super::{Body, Listed, Problem};
use crate::error::WebError;
use crate::extract::Id;
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewAudiences);
const EDIT: Rule = Rule::Needs(Capability::EditAudiences);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/audiences", VIEW, list)
        .post("/api/v1/audiences", EDIT, create)
        .post("/api/v1/audiences/count", EDIT, count)
        .get("/api/v1/audiences/{id}", VIEW, show)
        .put("/api/v1/audiences/{id}", EDIT, update)
        .get("/api/v1/audiences/{id}/waterfall", VIEW, waterfall)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(list, create, count, show, update, waterfall))]
pub struct Document;

/// An audience.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AudienceIn {
    name: String,
    /// `{"all":[{"any":[{"element":"relationship","is":["prospect"]},{"element":"age","from":65}]}]}`:
    /// every card must fit, by any of its conditions. Elements: `relationship`, `residence`,
    /// `age`, `language`, `has_email`, `opted_in`.
    #[schema(value_type = Object)]
    filter: serde_json::Value,
}

/// A filter alone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FilterIn {
    #[schema(value_type = Object)]
    filter: serde_json::Value,
}

fn filter(given: &serde_json::Value) -> Result<Filter, ActError> {
    Filter::read(&given.to_string()).map_err(|bad| ActError::invalid("filter", bad.to_string()))
}

/// An audience as it is kept.
#[derive(Serialize, ToSchema)]
struct AudienceOut {
    id: String,
    name: String,
    #[schema(value_type = Object)]
    filter: Filter,
    changed_at: String,
    changed_by: String,
}

impl AudienceOut {
    fn of(audience: &Audience) -> Self {
        Self {
            id: audience.id.to_string(),
            name: audience.name.clone(),
            filter: audience.filter.clone(),
            changed_at: audience.changed_at.to_string(),
            changed_by: audience.changed_by.clone(),
        }
    }
}

/// An id.
#[derive(Serialize, ToSchema)]
struct MadeOut {
    id: String,
}

/// A count as the token may see it.
#[derive(Serialize, ToSchema)]
pub struct CountOut {
    /// Absent when it is not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u64>,
    /// `exact`, `rounded` down to ten, `fewer_than_11`, or `withheld` so that a small one cannot be
    /// computed. Whoever sees no small groups gets, for a filter that finds nearly the same people
    /// as an earlier one, the counts of that one.
    shown: &'static str,
}

impl CountOut {
    fn of(shown: Shown) -> Self {
        let word = match shown {
            Shown::Exact(_) => "exact",
            Shown::Rounded(_) => "rounded",
            Shown::Few => "fewer_than_11",
            Shown::Withheld => "withheld",
        };
        Self {
            n: shown.number(),
            shown: word,
        }
    }
}

/// Those whom one rule stops.
#[derive(Serialize, ToSchema)]
struct BarOut {
    rule: String,
    says: String,
    /// Stopped by this rule first.
    first: CountOut,
    /// Stopped by this rule at all.
    total: CountOut,
}

/// Everyone matched, down to those permitted.
#[derive(Serialize, ToSchema)]
pub struct WaterfallOut {
    matched: CountOut,
    bars: Vec<BarOut>,
    permitted: CountOut,
    won_back: Vec<WonBackOut>,
    counted_at: String,
}

/// People for whom only a permission is missing that they can give.
#[derive(Serialize, ToSchema)]
pub struct WonBackOut {
    /// The code of the instrument that they would have to give.
    instrument: String,
    /// Who lacks it.
    n: CountOut,
    /// Who lacks nothing else.
    n_alone: CountOut,
}

impl WaterfallOut {
    /// The same with whom an authorization could win back, where the counts point at nobody.
    pub fn with(viewer: &Viewer, seen: &Seen, at: Timestamp) -> Self {
        let mut out = Self::of(viewer, &seen.waterfall, at);
        let sees_small = viewer.can(Capability::ViewSmallCells);
        if out.matched.n.is_some() && out.permitted.n.is_some() {
            let count = |n| CountOut::of(Shown::alone(n, sees_small));
            let won_back = |one: &WonBack| WonBackOut {
                instrument: one.instrument.clone(),
                n: count(one.n),
                n_alone: count(one.n_alone),
            };
            out.won_back = seen.won_back.iter().map(won_back).collect();
        }
        out
    }

    /// As much of a waterfall as this token may see.
    pub fn of(viewer: &Viewer, waterfall: &Waterfall, at: Timestamp) -> Self {
        let seen = cells::shown(waterfall, viewer.can(Capability::ViewSmallCells));
        let bars = waterfall
            .bars
            .iter()
            .zip(&seen.bars)
            .map(|(bar, (first, total))| BarOut {
                rule: bar.rule.clone(),
                says: bar.says.clone(),
                first: CountOut::of(*first),
                total: CountOut::of(*total),
            });
        Self {
            matched: CountOut::of(seen.matched),
            bars: bars.collect(),
            permitted: CountOut::of(seen.permitted),
            won_back: Vec::new(),
            counted_at: at.to_string(),
        }
    }
}

/// Lists audiences by name.
#[utoipa::path(get, path = "/api/v1/audiences", tag = "audiences",
    responses((status = 200, body = Listed<AudienceOut>), (status = "default", body = Problem)))]
async fn list(State(site): State<Site>) -> Result<Json<Listed<AudienceOut>>, WebError> {
    let all = site.store().read(|tx| audiences::list(tx, 1_000)).await?;
    Ok(Json(Listed {
        items: all.iter().map(AudienceOut::of).collect(),
        next: None,
    }))
}

/// Saves a new audience.
#[utoipa::path(post, path = "/api/v1/audiences", tag = "audiences", request_body = AudienceIn,
    responses((status = 201, body = MadeOut), (status = "default", body = Problem)))]
async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Body(new): Body<AudienceIn>,
) -> Result<(StatusCode, Json<MadeOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditAudiences)?;
    let filter = filter(&new.filter)?;
    let made = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            audience::create(tx, ctx, &new.name, filter.clone())
        })
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(MadeOut {
            id: made.id.to_string(),
        }),
    ))
}

/// Counts whom a filter finds. Saves nothing.
#[utoipa::path(post, path = "/api/v1/audiences/count", tag = "audiences", request_body = FilterIn,
    responses((status = 200, body = CountOut), (status = "default", body = Problem)))]
async fn count(
    State(site): State<Site>,
    viewer: Viewer,
    Body(asked): Body<FilterIn>,
) -> Result<Json<CountOut>, WebError> {
    let (filter, now, shared) = (filter(&asked.filter)?, site.now(), site.clone());
    let actor = viewer.ctx.actor.clone();
    let n = site
        .store()
        .read(move |tx| {
            let index = shared.waterfalls().index();
            let counted = shared
                .waterfalls()
                .countable(tx, &actor, filter.clone(), now)?;
            Ok::<_, ActError>(audience::count_seen(tx, index, &counted.filter, now)?)
        })
        .await?;
    Ok(Json(CountOut::of(Shown::found(
        n,
        viewer.can(Capability::ViewSmallCells),
    ))))
}

/// Reads an audience.
#[utoipa::path(get, path = "/api/v1/audiences/{id}", tag = "audiences",
    params(("id" = String, Path)),
    responses((status = 200, body = AudienceOut), (status = "default", body = Problem)))]
async fn show(State(site): State<Site>, Id(id): Id<AudienceId>) -> Result<Response, WebError> {
    let found = site.store().read(move |tx| audiences::find(tx, id)).await?;
    let out = AudienceOut::of(&found.ok_or(WebError::NotFound)?);
    Ok((tagged(&out), Json(out)).into_response())
}

/// Changes an audience. Campaigns that were launched keep the filter they were launched with.
#[utoipa::path(put, path = "/api/v1/audiences/{id}", tag = "audiences",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = AudienceIn,
    responses((status = 204), (status = "default", body = Problem)))]
async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    headers: HeaderMap,
    Id(id): Id<AudienceId>,
    Body(new): Body<AudienceIn>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditAudiences)?;
    let (filter, seen) = (filter(&new.filter)?, IfMatch::read(&headers)?);
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let now = audiences::find(tx, id)?.ok_or(ActError::NotFound("audience"))?;
            seen.check(&AudienceOut::of(&now))?;
            audience::change(tx, ctx, id, &new.name, filter.clone())
        })
        .await
        .map_err(failed)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Counts who of an audience may be written to with a version, and which rule stops the others.
#[utoipa::path(get, path = "/api/v1/audiences/{id}/waterfall", tag = "audiences",
    params(("id" = String, Path), ("version" = String, Query, description = "The content version")),
    responses((status = 200, body = WaterfallOut), (status = "default", body = Problem)))]
async fn waterfall(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<AudienceId>,
    query: Query,
) -> Result<Json<WaterfallOut>, WebError> {
    let version: VersionId = query
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| {
            WebError::Malformed("`version` is the id of a content version".to_owned())
        })?;
    let (shared, now) = (site.clone(), site.now());
    let actor = viewer.ctx.actor.clone();
    let (seen, at) = site
        .store()
        .read(move |tx| {
            let audience = audiences::find(tx, id)?.ok_or(ActError::NotFound("audience"))?;
            let version =
                contents::find_version(tx, version)?.ok_or(ActError::NotFound("version"))?;
            let waterfalls = shared.waterfalls();
            let counted = waterfalls.countable(tx, &actor, audience.filter, now)?;
            let question = crate::audiences::question(&counted.filter, &version);
            Ok::<_, ActError>(waterfalls.seen(tx, shared.engine(), &question, now)?)
        })
        .await?;
    Ok(Json(WaterfallOut::with(&viewer, &seen, at)))
}
