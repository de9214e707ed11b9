//! Triggers for machines: register, approve, try, hold.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use placet_app::trigger::trial::Trial;
use placet_app::trigger::{self, Fires, Registered};
use placet_app::{ActError, Ctx};
use placet_domain::audience::cells::Shown;
use placet_domain::campaign::Tally;
use placet_domain::id::{TriggerId, TriggerVersionId};
use placet_domain::operator::Capability;
use placet_domain::trigger::{Declaration, Event, Version, Wait};
use placet_ledger::to_hex;
use placet_store::Tx;
use placet_store::trigger_fires;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{Body, Listed, Problem};
use crate::error::WebError;
use crate::extract::Id;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewCampaigns);
const EDIT: Rule = Rule::Needs(Capability::EditCampaigns);
const STOP: Rule = Rule::Needs(Capability::StopCampaigns);
const APPROVE: Rule = Rule::Needs(Capability::ApproveTriggers);
/// How many of the newest events are listed.
const SHOWN: u32 = 200;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/triggers", VIEW, list)
        .post("/api/v1/triggers", EDIT, declare)
        .get("/api/v1/triggers/{id}", VIEW, show)
        .get("/api/v1/triggers/{id}/events", VIEW, list_events)
        .post("/api/v1/triggers/{id}/dry-run", VIEW, dry_run)
        .post("/api/v1/triggers/{id}/approve", APPROVE, approve)
        .post("/api/v1/triggers/{id}/pause", STOP, pause)
        .post("/api/v1/triggers/{id}/resume", STOP, resume)
        .post("/api/v1/triggers/{id}/end", STOP, end)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(list, declare, show, list_events, dry_run, approve, pause, resume, end))]
pub struct Document;

#[derive(Serialize, ToSchema)]
struct TriggerOut {
    id: String,
    name: String,
    /// `at_work`, `waits`, `paused` or `ended`.
    standing: &'static str,
    /// The version that counts: the newest that compliance approved.
    counting: Option<TriggerVersionOut>,
    /// The newest version, while it waits for compliance.
    waiting: Option<TriggerVersionOut>,
    fires: FiresOut,
}

#[derive(Serialize, ToSchema)]
struct TriggerVersionOut {
    id: String,
    version: u32,
    /// `appointment_booked`, `appointment_moved`, `appointment_cancelled`, `appointment_coming_up`, `birthday`,
    /// `person_registered` or `last_visit`.
    event: &'static str,
    source: String,
    /// The content version that it sends.
    content: String,
    channel: &'static str,
    purpose: String,
    rationale: String,
    owner: String,
    /// After the event, or before the appointment: `24 hours`.
    wait: String,
    most_per_day: u32,
    sender_name: String,
    sender: String,
    hash: String,
    written_at: String,
    written_by: Option<String>,
    approved_at: Option<String>,
    approved_by: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct FiresOut {
    n_waiting: u64,
    n_fired: u64,
    dropped: Vec<DroppedEventsOut>,
    /// Where the messages of those that were handed over stand.
    #[schema(value_type = Object)]
    deliveries: Tally,
}

#[derive(Serialize, ToSchema)]
struct DroppedEventsOut {
    why: &'static str,
    n: u64,
}

fn trigger_out(one: &Registered, fires: &Fires) -> TriggerOut {
    let dropped = fires.dropped.iter();
    TriggerOut {
        id: one.id.to_string(),
        name: one.name.clone(),
        standing: one.standing().as_str(),
        counting: one.counting().map(version_out),
        waiting: one.waiting().map(version_out),
        fires: FiresOut {
            n_waiting: fires.n_waiting,
            n_fired: fires.n_fired,
            dropped: dropped
                .map(|(why, n)| DroppedEventsOut {
                    why: why.as_str(),
                    n: *n,
                })
                .collect(),
            deliveries: fires.tally,
        },
    }
}

fn version_out(one: &Version) -> TriggerVersionOut {
    let it = &one.declaration;
    let approval = one.approval.as_ref();
    TriggerVersionOut {
        id: one.id.to_string(),
        version: one.version,
        event: it.event.as_str(),
        source: it.source.clone(),
        content: it.content.to_string(),
        channel: one.channel.as_str(),
        purpose: it.purpose.clone(),
        rationale: it.rationale.clone(),
        owner: it.owner.clone(),
        wait: it.wait.to_string(),
        most_per_day: it.most_per_day,
        sender_name: it.sender_name.clone(),
        sender: it.sender.clone(),
        hash: to_hex(&one.hash),
        written_at: one.written_at.to_string(),
        written_by: one.written_by.map(|by| by.to_string()),
        approved_at: approval.map(|word| word.at.to_string()),
        approved_by: approval.map(|word| word.by.to_string()),
    }
}

/// Lists every trigger with where it stands and what became of its events.
#[utoipa::path(get, path = "/api/v1/triggers", tag = "campaigns",
    responses((status = 200, body = Listed<TriggerOut>), (status = "default", body = Problem)))]
async fn list(State(site): State<Site>) -> Result<Json<Listed<TriggerOut>>, WebError> {
    let items = site
        .store()
        .read(|tx| -> Result<_, ActError> {
            let mut items = Vec::new();
            for one in trigger::list(tx)? {
                let fires = trigger::fires(tx, one.id)?;
                items.push(trigger_out(&one, &fires));
            }
            Ok(items)
        })
        .await?;
    Ok(Json(Listed { items, next: None }))
}

/// One trigger.
#[utoipa::path(get, path = "/api/v1/triggers/{id}", tag = "campaigns",
    params(("id" = String, Path, description = "the trigger")),
    responses((status = 200, body = TriggerOut), (status = "default", body = Problem)))]
async fn show(
    State(site): State<Site>,
    Id(id): Id<TriggerId>,
) -> Result<Json<TriggerOut>, WebError> {
    find(&site, id).await.map(Json)
}

async fn find(site: &Site, id: TriggerId) -> Result<TriggerOut, WebError> {
    let found = site
        .store()
        .read(move |tx| -> Result<_, ActError> {
            let one = trigger::find(tx, id)?;
            let fires = trigger::fires(tx, id)?;
            Ok(trigger_out(&one, &fires))
        })
        .await?;
    Ok(found)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TriggerIn {
    /// The same name again is the trigger's next version.
    name: String,
    /// As `event` of a version.
    event: String,
    /// The source whose data it goes by, as imports and the catalogue name it.
    source: String,
    /// The id of a content version, or the name of a submitted content.
    content: String,
    purpose: String,
    rationale: String,
    owner: String,
    /// A number and minutes, hours or days: `24 hours`.
    wait: String,
    most_per_day: u32,
    #[serde(default)]
    sender_name: String,
    #[serde(default)]
    sender: String,
}

/// Registers a trigger, or its next version, which waits for compliance.
#[utoipa::path(post, path = "/api/v1/triggers", tag = "campaigns", request_body = TriggerIn,
    responses((status = 201, body = TriggerOut), (status = "default", body = Problem)))]
async fn declare(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<TriggerIn>,
) -> Result<(StatusCode, Json<TriggerOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditCampaigns)?;
    let version = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let declared = declaration(tx, &body)?;
            trigger::declare(tx, ctx, &declared)
        })
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(find(&site, version.trigger).await?),
    ))
}

fn declaration(tx: &mut Tx, body: &TriggerIn) -> Result<Declaration, ActError> {
    let event = Event::find(&body.event).ok_or_else(|| {
        let codes: Vec<&str> = Event::ALL.iter().map(|one| one.as_str()).collect();
        ActError::invalid("event", format!("one of: {}", codes.join(", ")))
    })?;
    let wait: Wait = body.wait.parse().map_err(|_| {
        let problem = "a number and minutes, hours or days, as `24 hours`";
        ActError::invalid("wait", problem)
    })?;
    Ok(Declaration {
        name: body.name.clone(),
        event,
        source: body.source.clone(),
        content: trigger::content_of(tx, &body.content)?,
        purpose: body.purpose.clone(),
        rationale: body.rationale.clone(),
        owner: body.owner.clone(),
        wait,
        most_per_day: body.most_per_day,
        sender_name: body.sender_name.clone(),
        sender: body.sender.clone(),
    })
}

#[derive(Serialize, ToSchema)]
struct EventOut {
    id: String,
    event: &'static str,
    noted_at: String,
    due_at: String,
    /// `waiting`, `fired` or `dropped`.
    state: &'static str,
    /// Why it was dropped.
    why: Option<&'static str>,
    /// Where its message stands, once it was handed over.
    delivery: Option<&'static str>,
}

/// The newest events that a trigger took note of, and what became of each. It names no person.
#[utoipa::path(get, path = "/api/v1/triggers/{id}/events", tag = "campaigns",
    params(("id" = String, Path, description = "the trigger")),
    responses((status = 200, body = Listed<EventOut>), (status = "default", body = Problem)))]
async fn list_events(
    State(site): State<Site>,
    Id(id): Id<TriggerId>,
) -> Result<Json<Listed<EventOut>>, WebError> {
    let all = site
        .store()
        .read(move |tx| -> Result<_, ActError> {
            let one = trigger::find(tx, id)?;
            Ok(trigger_fires::list_latest(tx, one.id, None, SHOWN)?)
        })
        .await?;
    let items = all.iter().map(|one| EventOut {
        id: one.fire.id.to_string(),
        event: one.fire.event.as_str(),
        noted_at: one.noted_at.to_string(),
        due_at: one.fire.due_at.to_string(),
        state: one.state.as_str(),
        why: one.why.map(|why| why.as_str()),
        delivery: one.delivery.as_ref().map(|(state, _)| state.as_str()),
    });
    Ok(Json(Listed {
        items: items.collect(),
        next: None,
    }))
}

#[derive(Serialize, ToSchema)]
struct TrialOut {
    version: u32,
    since: String,
    until: String,
    /// Counts under 11 are left out for those who may not see small groups, the others go to the full ten.
    n_events: Option<u64>,
    n_people: Option<u64>,
    n_permitted: Option<u64>,
    n_unreachable: Option<u64>,
    rules: Vec<ObjectionOut>,
    /// Whether only the newest events were asked about.
    is_cut: bool,
}

#[derive(Serialize, ToSchema)]
struct ObjectionOut {
    rule: String,
    says: String,
    n: Option<u64>,
}

fn trial_out(version: &Version, trial: &Trial, sees_small: bool) -> TrialOut {
    let shown = |n: u64| Shown::alone(n, sees_small).number();
    let rules = trial.rules.iter().map(|one| ObjectionOut {
        rule: one.rule.clone(),
        says: one.says.clone(),
        n: shown(one.n),
    });
    TrialOut {
        version: version.version,
        since: trial.since.to_string(),
        until: trial.until.to_string(),
        n_events: shown(trial.n_events),
        n_people: shown(trial.n_people),
        n_permitted: shown(trial.n_permitted),
        n_unreachable: shown(trial.n_unreachable),
        rules: rules.collect(),
        is_cut: trial.is_cut,
    }
}

/// Counts whom the newest version would have written to over the last 30 days, by the same gate. Nothing is sent.
#[utoipa::path(post, path = "/api/v1/triggers/{id}/dry-run", tag = "campaigns",
    params(("id" = String, Path, description = "the trigger")),
    responses((status = 200, body = TrialOut), (status = "default", body = Problem)))]
async fn dry_run(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TriggerId>,
) -> Result<Json<TrialOut>, WebError> {
    let (_, version, trial) = crate::triggers::trial::tried(&site, &viewer, id).await?;
    let sees_small = viewer.can(Capability::ViewSmallCells);
    Ok(Json(trial_out(&version, &trial, sees_small)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ApproveIn {
    /// The version that was read: the newest.
    version: String,
    #[serde(default)]
    note: String,
}

/// Approves the newest version of a trigger. Nobody approves their own.
#[utoipa::path(post, path = "/api/v1/triggers/{id}/approve", tag = "campaigns",
    params(("id" = String, Path, description = "the trigger")), request_body = ApproveIn,
    responses((status = 201, body = TriggerOut), (status = "default", body = Problem)))]
async fn approve(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TriggerId>,
    Body(body): Body<ApproveIn>,
) -> Result<(StatusCode, Json<TriggerOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ApproveTriggers)?;
    let version: TriggerVersionId = body.version.parse().map_err(|_| WebError::NotFound)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            trigger::approve(tx, ctx, id, version, &body.note)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(find(&site, id).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HoldIn {
    /// Why, in at most 500 characters.
    #[serde(default)]
    reason: String,
}

async fn hold(
    site: &Site,
    viewer: &Viewer,
    id: TriggerId,
    reason: String,
    act: fn(&mut Tx, &Ctx, TriggerId, &str) -> Result<(), ActError>,
) -> Result<(StatusCode, Json<TriggerOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::StopCampaigns)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| act(tx, ctx, id, &reason))
        .await?;
    Ok((StatusCode::CREATED, Json(find(site, id).await?)))
}

/// Pauses a trigger: nothing more leaves until it is resumed.
#[utoipa::path(post, path = "/api/v1/triggers/{id}/pause", tag = "campaigns",
    params(("id" = String, Path, description = "the trigger")), request_body = HoldIn,
    responses((status = 201, body = TriggerOut), (status = "default", body = Problem)))]
async fn pause(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TriggerId>,
    Body(body): Body<HoldIn>,
) -> Result<(StatusCode, Json<TriggerOut>), WebError> {
    hold(&site, &viewer, id, body.reason, trigger::pause).await
}

/// Lets a paused trigger go on.
#[utoipa::path(post, path = "/api/v1/triggers/{id}/resume", tag = "campaigns",
    params(("id" = String, Path, description = "the trigger")), request_body = HoldIn,
    responses((status = 201, body = TriggerOut), (status = "default", body = Problem)))]
async fn resume(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TriggerId>,
    Body(body): Body<HoldIn>,
) -> Result<(StatusCode, Json<TriggerOut>), WebError> {
    hold(&site, &viewer, id, body.reason, trigger::resume).await
}

/// Ends a trigger for good.
#[utoipa::path(post, path = "/api/v1/triggers/{id}/end", tag = "campaigns",
    params(("id" = String, Path, description = "the trigger")), request_body = HoldIn,
    responses((status = 201, body = TriggerOut), (status = "default", body = Problem)))]
async fn end(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TriggerId>,
    Body(body): Body<HoldIn>,
) -> Result<(StatusCode, Json<TriggerOut>), WebError> {
    hold(&site, &viewer, id, body.reason, trigger::end).await
}
