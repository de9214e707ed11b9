//! Call lists, one person at a time, and the numbers of the do-not-call registry, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use placet_app::call::{self, Again, List, Shown, Told};
use placet_app::{ActError, settings};
use placet_domain::call::Ended;
use placet_domain::id::{CallId, CampaignId};
use placet_domain::operator::Capability;
use placet_domain::settings::{CallDesk, Callers};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{Body, Listed, Problem};
use crate::error::WebError;
use crate::extract::Id;
use crate::print::Gate;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const CALL: Rule = Rule::Needs(Capability::MakeCalls);
const SETTLE: Rule = Rule::Needs(Capability::ResolveDeliveries);
const LISTS: usize = 50;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/call-lists", CALL, lists)
        .post("/api/v1/call-lists/{id}/next", CALL, next)
        .get(
            "/api/v1/call-lists/{id}/held",
            Rule::NeedsBoth(Capability::ViewCampaigns, Capability::ResolveDeliveries),
            held,
        )
        .get("/api/v1/calls/{id}", CALL, show)
        .post("/api/v1/calls/{id}/decisions", CALL, decide_again)
        .post("/api/v1/calls/{id}/end", CALL, end)
        .post("/api/v1/calls/{id}/settle", SETTLE, settle)
        .post(
            "/api/v1/do-not-call",
            Rule::Needs(Capability::TakeReports),
            do_not_call,
        )
        .put(
            "/api/v1/settings/calls",
            Rule::Needs(Capability::EditSettings),
            put_calls,
        )
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(
    lists,
    next,
    held,
    show,
    decide_again,
    end,
    settle,
    do_not_call,
    put_calls
))]
pub struct Document;

/// A call list; it names nobody.
#[derive(Serialize, ToSchema)]
struct ListOut {
    campaign: String,
    name: String,
    /// `sending`, `stopped`, `finished`, …
    progress: String,
    /// To be called now, counted up to 1,000.
    n_ready: usize,
    n_waiting: u64,
    n_with_a_caller: u64,
    ended: Vec<EndedOut>,
}

/// How often something came of a call.
#[derive(Serialize, ToSchema)]
struct EndedOut {
    ended: String,
    n: u64,
}

impl ListOut {
    fn of(list: &List) -> Self {
        Self {
            campaign: list.campaign.to_string(),
            name: list.name.clone(),
            progress: list.progress.as_str().to_owned(),
            n_ready: list.n_ready,
            n_waiting: list.tally.pending,
            n_with_a_caller: list.tally.calling,
            ended: list
                .ended
                .iter()
                .map(|(ended, n)| EndedOut {
                    ended: ended.as_str().to_owned(),
                    n: *n,
                })
                .collect(),
        }
    }
}

/// What came of asking for the next person.
#[derive(Serialize, ToSchema)]
struct OpenedOut {
    /// Absent when nobody of those looked at may be called now.
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<String>,
    /// Held out: they may not be called.
    n_refused: u32,
    n_deferred: u32,
}

/// An open call, for the caller who has it.
#[derive(Serialize, ToSchema)]
struct CallOut {
    id: String,
    campaign: String,
    opened_at: String,
    decided_at: String,
    /// Absent when the person was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    n_before: usize,
    /// Absent, with `why_not`, while nobody may dial.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    voicemail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<String>,
}

impl CallOut {
    fn of(shown: Shown) -> Self {
        let (words, why_not) = match shown.words {
            Ok(words) => (Some(words), None),
            Err(why) => (None, Some(why)),
        };
        Self {
            id: shown.call.id.to_string(),
            campaign: shown.call.campaign.to_string(),
            opened_at: shown.call.opened_at.to_string(),
            decided_at: shown.call.decided_at.to_string(),
            name: shown.name,
            time_zone: shown.time_zone,
            n_before: shown.n_before,
            number: words.as_ref().map(|it| it.number.clone()),
            script: words.as_ref().map(|it| it.script.clone()),
            voicemail: words.map(|it| it.voicemail),
            why_not,
        }
    }
}

/// Somebody who is with a caller.
#[derive(Serialize, ToSchema)]
struct HeldOut {
    call: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The operator's id.
    caller: String,
    since: String,
}

/// What came of deciding again.
#[derive(Serialize, ToSchema)]
struct AgainOut {
    /// `permitted`, `waits` or `refused`; with the last two the call is over.
    outcome: String,
}

/// What came of a call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EndIn {
    /// `reached`, `voicemail`, `no_answer`, `call_back`, `wrong_number`, `no_more_calls`, `no_more_at_all` or
    /// `not_called`.
    ended: String,
    /// For a call back: when, by the clock where the person is, `2026-07-01T14:30`.
    #[serde(default)]
    at: Option<String>,
    /// What the person said of calls and messages; read and not kept. When it says stop it is a refusal.
    #[serde(default)]
    words: String,
}

impl EndIn {
    fn told(&self) -> Result<Told, ActError> {
        let at = match &self.at {
            None => None,
            Some(typed) => Some(typed.parse().map_err(|_| {
                ActError::invalid("at", "give day and hour, such as 2026-07-01T14:30")
            })?),
        };
        Ok(Told {
            ended: Ended::find(&self.ended)
                .ok_or_else(|| ActError::invalid("ended", "this code is not known"))?,
            at,
            words: self.words.clone(),
        })
    }
}

/// What was recorded.
#[derive(Serialize, ToSchema)]
struct EndOut {
    /// As recorded: a refusal when the words said one.
    ended: String,
}

/// Numbers of the National Do Not Call Registry.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NumbersIn {
    /// At most 500.
    numbers: Vec<String>,
    /// The day the list was fetched, `2026-07-01`.
    as_of: String,
}

/// What came of them.
#[derive(Serialize, ToSchema)]
struct NumbersOut {
    n_new: u64,
    n_known: u64,
    n_unread: u64,
}

/// Who calls from call lists.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CallsBody {
    /// `call_center` or `none` (your own people).
    role: String,
    name: String,
    #[serde(default)]
    is_baa_on_file: bool,
    /// ISO 3166, `US`.
    country: String,
    /// Said in each call.
    phone: String,
}

impl CallsBody {
    pub(super) fn of(desk: &CallDesk) -> Self {
        Self {
            role: desk.role.as_str().to_owned(),
            name: desk.name.clone(),
            is_baa_on_file: desk.is_baa_on_file,
            country: desk.country.clone(),
            phone: desk.phone.clone(),
        }
    }
}

/// Lists the launched call lists, newest first.
#[utoipa::path(get, path = "/api/v1/call-lists", tag = "calls",
    responses((status = 200, body = Listed<ListOut>), (status = "default", body = Problem)))]
async fn lists(State(site): State<Site>) -> Result<Json<Listed<ListOut>>, WebError> {
    let now = site.now();
    let all = site
        .store()
        .read(move |tx| call::lists(tx, now, LISTS))
        .await?;
    Ok(Json(Listed {
        items: all.iter().map(ListOut::of).collect(),
        next: None,
    }))
}

/// Decides who is next of a list and opens them for this caller. One at a time.
#[utoipa::path(post, path = "/api/v1/call-lists/{id}/next", tag = "calls", params(("id" = String, Path)),
    responses((status = 201, body = OpenedOut), (status = "default", body = Problem)))]
async fn next(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
) -> Result<(StatusCode, Json<OpenedOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::MakeCalls)?;
    let gate = Gate::of(&site);
    let opened = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            call::open_next(tx, ctx, &gate.deciding(), id)
        })
        .await?;
    let out = OpenedOut {
        call: opened.call.map(|id| id.to_string()),
        n_refused: opened.n_refused,
        n_deferred: opened.n_deferred,
    };
    Ok((StatusCode::CREATED, Json(out)))
}

/// Who of a list is with a caller now, by name. Each person leaves an entry.
#[utoipa::path(get, path = "/api/v1/call-lists/{id}/held", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, body = Listed<HeldOut>), (status = "default", body = Problem)))]
async fn held(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
) -> Result<Json<Listed<HeldOut>>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ResolveDeliveries)?;
    let held = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            call::list_held(tx, ctx, id)
        })
        .await?;
    Ok(Json(Listed {
        items: held
            .into_iter()
            .map(|one| HeldOut {
                call: one.call.id.to_string(),
                name: one.name,
                caller: one.call.opened_by,
                since: one.call.opened_at.to_string(),
            })
            .collect(),
        next: None,
    }))
}

/// The open call, for the caller who has it. Each look leaves an entry about the person.
#[utoipa::path(get, path = "/api/v1/calls/{id}", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, body = CallOut), (status = "default", body = Problem)))]
async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CallId>,
) -> Result<Json<CallOut>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::MakeCalls)?;
    let gate = Gate::of(&site);
    let shown = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            call::show(tx, ctx, &gate.deciding(), id)
        })
        .await?;
    Ok(Json(CallOut::of(shown)))
}

/// Decides an open call again, on the facts of now.
#[utoipa::path(post, path = "/api/v1/calls/{id}/decisions", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, body = AgainOut), (status = "default", body = Problem)))]
async fn decide_again(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CallId>,
) -> Result<Json<AgainOut>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::MakeCalls)?;
    let gate = Gate::of(&site);
    let again = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            call::decide_again(tx, ctx, &gate.deciding(), id)
        })
        .await?;
    let outcome = match again {
        Again::Permitted => "permitted",
        Again::Waits => "waits",
        Again::Refused => "refused",
    };
    Ok(Json(AgainOut {
        outcome: outcome.to_owned(),
    }))
}

/// Says what came of the open call.
#[utoipa::path(post, path = "/api/v1/calls/{id}/end", tag = "calls", params(("id" = String, Path)),
    request_body = EndIn, responses((status = 200, body = EndOut), (status = "default", body = Problem)))]
async fn end(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CallId>,
    Body(body): Body<EndIn>,
) -> Result<Json<EndOut>, WebError> {
    ended(&site, &viewer, Capability::MakeCalls, id, body).await
}

/// Says for another caller what came of a call that was left open.
#[utoipa::path(post, path = "/api/v1/calls/{id}/settle", tag = "calls", params(("id" = String, Path)),
    request_body = EndIn, responses((status = 200, body = EndOut), (status = "default", body = Problem)))]
async fn settle(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CallId>,
    Body(body): Body<EndIn>,
) -> Result<Json<EndOut>, WebError> {
    ended(&site, &viewer, Capability::ResolveDeliveries, id, body).await
}

async fn ended(
    site: &Site,
    viewer: &Viewer,
    capability: Capability,
    id: CallId,
    body: EndIn,
) -> Result<Json<EndOut>, WebError> {
    let grant = viewer.ctx.actor.may(capability)?;
    let ended = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            call::end(tx, ctx, id, &body.told()?)
        })
        .await?;
    Ok(Json(EndOut {
        ended: ended.as_str().to_owned(),
    }))
}

/// Takes numbers of the National Do Not Call Registry in. A list only adds.
#[utoipa::path(post, path = "/api/v1/do-not-call", tag = "calls", request_body = NumbersIn,
    responses((status = 200, body = NumbersOut), (status = "default", body = Problem)))]
async fn do_not_call(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<NumbersIn>,
) -> Result<Json<NumbersOut>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::TakeReports)?;
    let taken = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let as_of = body
                .as_of
                .parse()
                .map_err(|_| ActError::invalid("as_of", "give a day, such as 2026-07-01"))?;
            call::take_numbers(tx, ctx, &body.numbers, as_of)
        })
        .await?;
    Ok(Json(NumbersOut {
        n_new: taken.n_new,
        n_known: taken.n_known,
        n_unread: taken.n_unread,
    }))
}

/// Says who calls; another one disarms sending.
#[utoipa::path(put, path = "/api/v1/settings/calls", tag = "settings",
    params(("If-Match" = String, Header, description = "ETag of the settings read before")),
    request_body = CallsBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_calls(
    State(site): State<Site>,
    viewer: Viewer,
    headers: HeaderMap,
    Body(body): Body<CallsBody>,
) -> Result<Response, WebError> {
    let unknown = || ActError::invalid("role", "give call_center or none");
    let new = CallDesk {
        role: Callers::find(&body.role).ok_or_else(unknown)?,
        name: body.name,
        is_baa_on_file: body.is_baa_on_file,
        country: body.country,
        phone: body.phone,
    };
    super::settings::edit(&site, &viewer, &headers, move |tx, ctx| {
        settings::set_calls(tx, ctx, &new)
    })
    .await
}
