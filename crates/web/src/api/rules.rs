//! The rules, for machines: to read, to compare, and to try.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use placet_policy::scenario::Example;
use placet_policy::{Engine, Rule as Law, diff};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{Body, Listed, Problem, cursor};
use crate::error::WebError;
use crate::extract::Id;
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::rules::{Asked, SIMULATE, ask, cell, change_of, fits};
use crate::session::Viewer;
use crate::site::Site;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/rules", Rule::SignedIn, list)
        .get("/api/v1/rules/difference", Rule::SignedIn, difference)
        .get("/api/v1/rules/{id}", Rule::SignedIn, show)
        .post("/api/v1/rules/simulations", SIMULATE, simulate)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(list, show, difference, simulate))]
pub struct Document;

/// A rule with the cases in which it speaks.
#[derive(Serialize, ToSchema)]
struct RuleOut {
    /// `id`, `title`, `says`, `citation`, `kind`, `when`, `needs`, dates, profiles, evidence, source, …
    #[schema(value_type = Object)]
    #[serde(flatten)]
    rule: Law,
    /// Whether its source still waits to be read.
    unverified: bool,
    /// `id`, `description`, `outcome` of the whole, `effect` of the rule.
    #[schema(value_type = Vec<Object>)]
    examples: Vec<Example>,
}

fn out(site: &Site, rule: &Law) -> RuleOut {
    RuleOut {
        rule: rule.clone(),
        unverified: rule.is_unverified(),
        examples: site.examples().get(&rule.id).cloned().unwrap_or_default(),
    }
}

/// Lists the rules, in the order of the packs.
#[utoipa::path(get, path = "/api/v1/rules", tag = "rules",
    params(
        ("q" = Option<String>, Query, description = "Words of id, title, sentence or citation"),
        ("area" = Option<String>, Query, description = "The area, such as `tcpa`"),
        ("kind" = Option<String>, Query, description = "`permit`, `require`, `forbid`, `hold`, `condition`, `note`"),
        ("profile" = Option<String>, Query, description = "`regulatory_floor` or `conservative`"),
        ("status" = Option<String>, Query, description = "`unverified` or `read`"),
        ("after" = Option<u64>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, description = "1 to 200, 50 as a rule")
    ),
    responses((status = 200, body = Listed<RuleOut>), (status = "default", body = Problem)))]
async fn list(State(site): State<Site>, query: Query) -> Result<Json<Listed<RuleOut>>, WebError> {
    let limit = usize::try_from(cursor::limit(&query)?).unwrap_or(usize::MAX);
    let skip = cursor::after::<usize>(&query)?.unwrap_or(0);
    let mut found = site
        .engine()
        .rules()
        .iter()
        .filter(|rule| fits(rule, &query))
        .skip(skip);
    let items: Vec<RuleOut> = found
        .by_ref()
        .take(limit)
        .map(|rule| out(&site, rule))
        .collect();
    let next = found.next().map(|_| (skip + items.len()).to_string());
    Ok(Json(Listed { items, next }))
}

/// Reads one rule, in every dated form.
#[utoipa::path(get, path = "/api/v1/rules/{id}", tag = "rules",
    params(("id" = String, Path, description = "Such as `hipaa.mkt.def`")),
    responses((status = 200, body = Listed<RuleOut>), (status = "default", body = Problem)))]
async fn show(
    State(site): State<Site>,
    Id(id): Id<String>,
) -> Result<Json<Listed<RuleOut>>, WebError> {
    let same = site.engine().rules().iter().filter(|rule| rule.id == id);
    let items: Vec<RuleOut> = same.map(|rule| out(&site, rule)).collect();
    if items.is_empty() {
        return Err(WebError::NotFound);
    }
    Ok(Json(Listed { items, next: None }))
}

/// Reads what the house pack changes against the rules of the program.
#[utoipa::path(get, path = "/api/v1/rules/difference", tag = "rules",
    responses((status = 200, body = Object, description = "`added`, `removed`, `changed`, `others`"),
        (status = "default", body = Problem)))]
async fn difference(State(site): State<Site>) -> Json<diff::Difference> {
    Json(diff::between(&Engine::builtin(), site.engine()))
}

/// The rules to try.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SimulateIn {
    /// The text of a house pack; left out, the rules of now.
    #[serde(default)]
    pack: String,
    /// `conservative` or `regulatory_floor`; left out, the profile of now.
    #[serde(default)]
    profile: String,
}

/// What the change does to what one sender sends. A small group is `null` for who may not see it.
#[derive(Serialize, ToSchema)]
struct SimulatedOut {
    /// `campaign`, `trigger` or `journey`.
    sender: String,
    id: String,
    /// Its name; of a journey, with the step.
    name: String,
    /// `draft`, `sending` or `stopped`; of others `at_work`, `waits` or `paused`.
    standing: String,
    n_matched: Option<u64>,
    n_before: Option<u64>,
    /// Also `null` where it would give a small group away.
    n_after: Option<u64>,
    n_added: Option<u64>,
    n_dropped: Option<u64>,
    rules: Vec<MovedOut>,
    /// The ids of those added, at most 50; absent for who may not see people.
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<Vec<String>>,
    /// The ids of those dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<Vec<String>>,
}

/// What one rule has to do with it.
#[derive(Serialize, ToSchema)]
struct MovedOut {
    rule: String,
    n_added: Option<u64>,
    n_dropped: Option<u64>,
}

/// Asks what other rules would do to each campaign, trigger and journey. Nothing is changed; asking is an entry.
#[utoipa::path(post, path = "/api/v1/rules/simulations", tag = "rules", request_body = SimulateIn,
    responses((status = 200, body = Listed<SimulatedOut>), (status = "default", body = Problem)))]
async fn simulate(
    State(site): State<Site>,
    viewer: Viewer,
    Body(asked): Body<SimulateIn>,
) -> Result<(StatusCode, super::people::Private<Listed<SimulatedOut>>), WebError> {
    let asked = Asked {
        pack: asked.pack,
        profile: asked.profile,
    };
    let change = change_of(&site, &asked).map_err(|problems| {
        let said: Vec<String> = problems.iter().take(20).map(ToString::to_string).collect();
        WebError::Malformed(format!("the pack cannot be loaded: {}", said.join("; ")))
    })?;
    let shown = |n: u64| cell(&viewer, n).number();
    let items = ask(&site, &viewer, change).await?.into_iter().map(|found| {
        let it = found.simulated.comparison;
        let (added, dropped) = (shown(it.added.len() as u64), shown(it.dropped.len() as u64));
        let ids = |named: Option<Vec<(placet_domain::id::PersonId, String)>>| {
            named.map(|named| named.into_iter().map(|(id, _)| id.to_string()).collect())
        };
        SimulatedOut {
            sender: found.simulated.sender.as_str().to_owned(),
            id: found.simulated.sender.id(),
            standing: found.simulated.sender.standing().0.to_owned(),
            name: found.simulated.name,
            n_matched: shown(it.n_matched),
            n_before: shown(it.n_before),
            n_after: added.and(dropped).and(shown(it.n_after)),
            n_added: added,
            n_dropped: dropped,
            rules: it
                .rules
                .into_iter()
                .map(|rule| MovedOut {
                    rule: rule.rule,
                    n_added: shown(rule.n_added),
                    n_dropped: shown(rule.n_dropped),
                })
                .collect(),
            added: ids(found.added),
            dropped: ids(found.dropped),
        }
    });
    let items = items.collect();
    Ok((
        StatusCode::OK,
        super::people::private(Listed { items, next: None }),
    ))
}
