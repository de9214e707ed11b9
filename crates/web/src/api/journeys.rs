//! Journeys for machines: written, simulated, agreed to, started, held; the tasks of people.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use placet_app::journey::task::{self, Open};
use placet_app::journey::{self, Counts, Registered, StepCount, card};
use placet_app::{ActError, Ctx};
use placet_domain::audience::cells::Shown;
use placet_domain::id::{JourneyId, JourneyVersionId, PassageId};
use placet_domain::journey::steps::Steps;
use placet_domain::journey::{Outcome, Said, Version, Written};
use placet_domain::operator::{Capability, Role};
use placet_ledger::to_hex;
use placet_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{Body, Listed, Problem};
use crate::error::WebError;
use crate::extract::Id;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewCampaigns);
const STOP: Rule = Rule::Needs(Capability::StopCampaigns);
const TASKS: Rule = Rule::Needs(Capability::ViewPeople);
/// How many tasks of a role are listed.
const SHOWN: u32 = 200;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/journeys", VIEW, list)
        .post(
            "/api/v1/journeys",
            Rule::Needs(Capability::EditCampaigns),
            declare,
        )
        .get("/api/v1/journeys/{id}", VIEW, show)
        .get("/api/v1/journeys/{id}/card", VIEW, show_card)
        .post("/api/v1/journeys/{id}/simulate", VIEW, simulate)
        .post(
            "/api/v1/journeys/{id}/say",
            Rule::Needs(Capability::ApproveJourneys),
            say,
        )
        .post(
            "/api/v1/journeys/{id}/start",
            Rule::Needs(Capability::LaunchCampaigns),
            start,
        )
        .post("/api/v1/journeys/{id}/pause", STOP, pause)
        .post("/api/v1/journeys/{id}/resume", STOP, resume)
        .post("/api/v1/journeys/{id}/end", STOP, end)
        .get("/api/v1/tasks", TASKS, list_tasks)
        .post("/api/v1/tasks/{id}", TASKS, settle_task)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(
    list,
    declare,
    show,
    show_card,
    simulate,
    say,
    start,
    pause,
    resume,
    end,
    list_tasks,
    settle_task
))]
pub struct Document;

#[derive(Serialize, ToSchema)]
struct JourneyOut {
    id: String,
    name: String,
    /// `at_work`, `waits`, `paused` or `ended`.
    standing: &'static str,
    /// The version under which people enter.
    counting: Option<JourneyVersionOut>,
    /// The newest version, while it is not started.
    waiting: Option<JourneyVersionOut>,
    /// How many entered under the version that counts; counts under 11 are left out for those who may not see small groups.
    n_entered: Option<u64>,
    /// Where its people are, step by step.
    steps: Vec<JourneyStepOut>,
}

#[derive(Serialize, ToSchema)]
struct JourneyVersionOut {
    id: String,
    version: u32,
    /// As it was written.
    #[schema(value_type = Object)]
    written: Written,
    /// The roles that have not agreed yet.
    missing: Vec<&'static str>,
    simulated_at: Option<String>,
    started_at: Option<String>,
    hash: String,
    written_at: String,
    written_by: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct JourneyStepOut {
    /// From 1.
    step: usize,
    says: String,
    n_reached: Option<u64>,
    n_here: Option<u64>,
    /// What it came to, and how often.
    outcomes: BTreeMap<&'static str, Option<u64>>,
    /// The rules that refused, and how often.
    rules: BTreeMap<String, Option<u64>>,
}

fn step_outs(steps: &Steps, counts: &[StepCount], sees_small: bool) -> Vec<JourneyStepOut> {
    let shown = |n: u64| Shown::alone(n, sees_small).number();
    let out = |(place, (step, count)): (usize, (_, &StepCount))| {
        let step: &placet_domain::journey::steps::Step = step;
        let outcomes = count.outcomes.iter();
        JourneyStepOut {
            step: place + 1,
            says: step.says(),
            n_reached: shown(count.n_reached()),
            n_here: shown(count.n_here),
            outcomes: outcomes
                .map(|(outcome, n)| (outcome.as_str(), shown(*n)))
                .collect(),
            rules: count
                .rules
                .iter()
                .map(|one| (one.rule.clone(), shown(one.n)))
                .collect(),
        }
    };
    steps.iter().zip(counts).enumerate().map(out).collect()
}

fn version_out(one: &Version) -> JourneyVersionOut {
    JourneyVersionOut {
        id: one.id.to_string(),
        version: one.version,
        written: journey::written(one),
        missing: one.missing().into_iter().map(Role::as_str).collect(),
        simulated_at: one.simulated_at.map(|at| at.to_string()),
        started_at: one.start.as_ref().map(|start| start.at.to_string()),
        hash: to_hex(&one.hash),
        written_at: one.written_at.to_string(),
        written_by: one.written_by.map(|by| by.to_string()),
    }
}

fn journey_out(tx: &mut Tx, one: &Registered, sees_small: bool) -> Result<JourneyOut, ActError> {
    let version = one.counting().or_else(|| one.newest());
    let read = version.and_then(|it| Some((it, it.declaration.read()?)));
    let (counts, steps) = match &read {
        Some((version, steps)) => {
            let counts = journey::counts(tx, version, steps)?;
            let steps = step_outs(steps, &counts.steps, sees_small);
            (counts, steps)
        }
        None => (Counts::default(), Vec::new()),
    };
    Ok(JourneyOut {
        id: one.id.to_string(),
        name: one.name.clone(),
        standing: one.standing().as_str(),
        counting: one.counting().map(version_out),
        waiting: one.waiting().map(version_out),
        n_entered: Shown::alone(counts.n_entered, sees_small).number(),
        steps,
    })
}

/// Lists every journey with where it stands and where its people are. It names no person.
#[utoipa::path(get, path = "/api/v1/journeys", tag = "campaigns",
    responses((status = 200, body = Listed<JourneyOut>), (status = "default", body = Problem)))]
async fn list(
    State(site): State<Site>,
    viewer: Viewer,
) -> Result<Json<Listed<JourneyOut>>, WebError> {
    let sees_small = viewer.can(Capability::ViewSmallCells);
    let items = site
        .store()
        .read(move |tx| -> Result<_, ActError> {
            let all = journey::list(tx)?;
            all.iter()
                .map(|one| journey_out(tx, one, sees_small))
                .collect()
        })
        .await?;
    Ok(Json(Listed { items, next: None }))
}

/// One journey.
#[utoipa::path(get, path = "/api/v1/journeys/{id}", tag = "campaigns",
    params(("id" = String, Path, description = "the journey")),
    responses((status = 200, body = JourneyOut), (status = "default", body = Problem)))]
async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
) -> Result<Json<JourneyOut>, WebError> {
    find(&site, &viewer, id).await.map(Json)
}

async fn find(site: &Site, viewer: &Viewer, id: JourneyId) -> Result<JourneyOut, WebError> {
    let sees_small = viewer.can(Capability::ViewSmallCells);
    let found = site
        .store()
        .read(move |tx| -> Result<_, ActError> {
            let one = journey::find(tx, id)?;
            journey_out(tx, &one, sees_small)
        })
        .await?;
    Ok(found)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JourneyIn {
    /// The same name again is the journey's next version.
    name: String,
    purpose: String,
    rationale: String,
    owner: String,
    /// The name of the audience that enters; or give an event.
    #[serde(default)]
    audience: String,
    /// Not before this moment, for an audience: `2027-01-15T09:00:00-05:00`.
    #[serde(default)]
    starts_at: String,
    /// An event that lets people in, as of a trigger; or give an audience.
    #[serde(default)]
    event: String,
    /// The source of the event.
    #[serde(default)]
    source: String,
    /// After the event, or before the appointment: `24 hours`.
    #[serde(default)]
    wait: String,
    most_per_day: u32,
    #[serde(default)]
    sender_name: String,
    #[serde(default)]
    sender: String,
    /// The steps, one a line.
    steps: String,
}

/// Writes a journey, or its next version, which waits to be simulated, agreed to and started.
#[utoipa::path(post, path = "/api/v1/journeys", tag = "campaigns", request_body = JourneyIn,
    responses((status = 201, body = JourneyOut), (status = "default", body = Problem)))]
async fn declare(
    State(site): State<Site>,
    viewer: Viewer,
    Body(it): Body<JourneyIn>,
) -> Result<(StatusCode, Json<JourneyOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditCampaigns)?;
    let written = Written {
        name: it.name,
        purpose: it.purpose,
        rationale: it.rationale,
        owner: it.owner,
        audience: it.audience,
        starts_at: it.starts_at,
        event: it.event,
        source: it.source,
        wait: it.wait,
        most_per_day: it.most_per_day,
        sender_name: it.sender_name,
        sender: it.sender,
        steps: it.steps,
    };
    let version = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            journey::declare(tx, ctx, &written)
        })
        .await?;
    let out = find(&site, &viewer, version.journey).await?;
    Ok((StatusCode::CREATED, Json(out)))
}

#[derive(Serialize, ToSchema)]
struct JourneyCardOut {
    name: String,
    version: u32,
    hash: String,
    purpose: String,
    rationale: String,
    owner: String,
    /// Each data element that is read, and what for.
    inputs: BTreeMap<String, Vec<String>>,
    logic: Vec<String>,
    oversight: Vec<String>,
}

/// The card of a journey's logic: inputs, logic, oversight, made from what runs.
#[utoipa::path(get, path = "/api/v1/journeys/{id}/card", tag = "campaigns",
    params(("id" = String, Path, description = "the journey")),
    responses((status = 200, body = JourneyCardOut), (status = "default", body = Problem)))]
async fn show_card(
    State(site): State<Site>,
    Id(id): Id<JourneyId>,
) -> Result<Json<JourneyCardOut>, WebError> {
    let card::Card {
        name,
        version,
        hash,
        purpose,
        rationale,
        owner,
        inputs,
        logic,
        oversight,
    } = crate::journeys::card::found(&site, id).await?;
    Ok(Json(JourneyCardOut {
        name,
        version,
        hash,
        purpose,
        rationale,
        owner,
        inputs: inputs
            .into_iter()
            .map(|one| (one.element, one.uses))
            .collect(),
        logic,
        oversight,
    }))
}

#[derive(Serialize, ToSchema)]
struct SimulationOut {
    version: u32,
    /// Counts under 11 are left out for those who may not see small groups, the others go to the full ten.
    n_people: Option<u64>,
    /// Whether only the first people were asked about.
    is_cut: bool,
    steps: Vec<JourneyStepOut>,
}

/// Simulates the newest version on the data that are held, by the same gate. Nothing is sent.
#[utoipa::path(post, path = "/api/v1/journeys/{id}/simulate", tag = "campaigns",
    params(("id" = String, Path, description = "the journey")),
    responses((status = 200, body = SimulationOut), (status = "default", body = Problem)))]
async fn simulate(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
) -> Result<Json<SimulationOut>, WebError> {
    let (version, trial) = crate::journeys::acts::simulated(&site, &viewer, id).await?;
    let sees_small = viewer.can(Capability::ViewSmallCells);
    let steps = version.declaration.read().ok_or(WebError::NotFound)?;
    Ok(Json(SimulationOut {
        version: version.version,
        n_people: Shown::alone(trial.n_people, sees_small).number(),
        is_cut: trial.is_cut,
        steps: step_outs(&steps, &trial.steps, sees_small),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JourneyWordIn {
    /// The version that was read: the newest.
    version: String,
    /// `compliance`, `clinical` or `legal`.
    role: String,
    /// `approve` or `return`.
    said: String,
    /// Needed with `return`.
    #[serde(default)]
    note: String,
}

/// Says, in one role, whether the newest version may run. Nobody approves their own.
#[utoipa::path(post, path = "/api/v1/journeys/{id}/say", tag = "campaigns",
    params(("id" = String, Path, description = "the journey")), request_body = JourneyWordIn,
    responses((status = 201, body = JourneyOut), (status = "default", body = Problem)))]
async fn say(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
    Body(body): Body<JourneyWordIn>,
) -> Result<(StatusCode, Json<JourneyOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ApproveJourneys)?;
    let version: JourneyVersionId = body.version.parse().map_err(|_| WebError::NotFound)?;
    let unknown = |field, says: &str| ActError::invalid(field, says);
    let role = Role::find(&body.role)
        .ok_or_else(|| unknown("role", "one of: compliance, clinical, legal"))?;
    let said = Said::find(&body.said).ok_or_else(|| unknown("said", "one of: approve, return"))?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            journey::say(tx, ctx, id, version, (role, said), &body.note)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(find(&site, &viewer, id).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JourneyStartIn {
    /// The version: the newest.
    version: String,
    /// How many are in its audience now; not for an event.
    #[serde(default)]
    n: Option<u64>,
}

/// Lets the newest version begin.
#[utoipa::path(post, path = "/api/v1/journeys/{id}/start", tag = "campaigns",
    params(("id" = String, Path, description = "the journey")), request_body = JourneyStartIn,
    responses((status = 201, body = JourneyOut), (status = "default", body = Problem)))]
async fn start(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
    Body(body): Body<JourneyStartIn>,
) -> Result<(StatusCode, Json<JourneyOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::LaunchCampaigns)?;
    let version: JourneyVersionId = body.version.parse().map_err(|_| WebError::NotFound)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            journey::start(tx, ctx, id, version, body.n)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(find(&site, &viewer, id).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JourneyHoldIn {
    /// Why, in at most 500 characters.
    #[serde(default)]
    reason: String,
}

async fn hold(
    site: &Site,
    viewer: &Viewer,
    id: JourneyId,
    reason: String,
    act: fn(&mut Tx, &Ctx, JourneyId, &str) -> Result<(), ActError>,
) -> Result<(StatusCode, Json<JourneyOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::StopCampaigns)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| act(tx, ctx, id, &reason))
        .await?;
    Ok((StatusCode::CREATED, Json(find(site, viewer, id).await?)))
}

/// Pauses a journey: nobody enters or moves, and nothing leaves, until it is resumed.
#[utoipa::path(post, path = "/api/v1/journeys/{id}/pause", tag = "campaigns",
    params(("id" = String, Path, description = "the journey")), request_body = JourneyHoldIn,
    responses((status = 201, body = JourneyOut), (status = "default", body = Problem)))]
async fn pause(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
    Body(body): Body<JourneyHoldIn>,
) -> Result<(StatusCode, Json<JourneyOut>), WebError> {
    hold(&site, &viewer, id, body.reason, journey::pause).await
}

/// Lets a paused journey go on.
#[utoipa::path(post, path = "/api/v1/journeys/{id}/resume", tag = "campaigns",
    params(("id" = String, Path, description = "the journey")), request_body = JourneyHoldIn,
    responses((status = 201, body = JourneyOut), (status = "default", body = Problem)))]
async fn resume(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
    Body(body): Body<JourneyHoldIn>,
) -> Result<(StatusCode, Json<JourneyOut>), WebError> {
    hold(&site, &viewer, id, body.reason, journey::resume).await
}

/// Ends a journey for good.
#[utoipa::path(post, path = "/api/v1/journeys/{id}/end", tag = "campaigns",
    params(("id" = String, Path, description = "the journey")), request_body = JourneyHoldIn,
    responses((status = 201, body = JourneyOut), (status = "default", body = Problem)))]
async fn end(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
    Body(body): Body<JourneyHoldIn>,
) -> Result<(StatusCode, Json<JourneyOut>), WebError> {
    hold(&site, &viewer, id, body.reason, journey::end).await
}

#[derive(Serialize, ToSchema)]
struct TaskOut {
    /// The passage through the journey, by which the task is ended.
    id: String,
    person: String,
    name: Option<String>,
    journey: String,
    says: String,
    role: &'static str,
    since: String,
}

/// The open tasks of one's own roles, oldest first. Each person shown leaves an entry.
#[utoipa::path(get, path = "/api/v1/tasks", tag = "campaigns",
    responses((status = 200, body = Listed<TaskOut>), (status = "default", body = Problem)))]
async fn list_tasks(
    State(site): State<Site>,
    viewer: Viewer,
) -> Result<Json<Listed<TaskOut>>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let all = site
        .store()
        .act(grant, &viewer.ctx, |tx, ctx| task::list(tx, ctx, SHOWN))
        .await?;
    let out = |one: Open| TaskOut {
        id: one.passage.to_string(),
        person: one.person.to_string(),
        name: one.name,
        journey: one.journey.to_string(),
        says: one.says,
        role: one.role.as_str(),
        since: one.since.to_string(),
    };
    Ok(Json(Listed {
        items: all.into_iter().map(out).collect(),
        next: None,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TaskIn {
    /// `done` or `skipped`.
    outcome: String,
    /// In at most 500 characters; sealed under the person's key.
    #[serde(default)]
    note: String,
}

#[derive(Serialize, ToSchema)]
struct TaskEndedOut {
    id: String,
    outcome: &'static str,
}

/// Ends a task, and lets its person go on.
#[utoipa::path(post, path = "/api/v1/tasks/{id}", tag = "campaigns",
    params(("id" = String, Path, description = "the task")), request_body = TaskIn,
    responses((status = 201, body = TaskEndedOut), (status = "default", body = Problem)))]
async fn settle_task(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PassageId>,
    Body(body): Body<TaskIn>,
) -> Result<(StatusCode, Json<TaskEndedOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let outcome = Outcome::find(&body.outcome)
        .ok_or_else(|| ActError::invalid("outcome", "one of: done, skipped"))?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            task::settle(tx, ctx, id, outcome, &body.note)
        })
        .await?;
    let ended = TaskEndedOut {
        id: id.to_string(),
        outcome: outcome.as_str(),
    };
    Ok((StatusCode::CREATED, Json(ended)))
}
