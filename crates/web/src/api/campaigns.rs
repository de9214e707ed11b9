//! Campaigns and their deliveries, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use placet_app::audience::Seen;
use placet_app::campaign::{self, View};
use placet_app::{ActError, delivery};
use placet_domain::campaign::plan::{Hours, Plan, Start};
use placet_domain::campaign::split::{Group, Split};
use placet_domain::campaign::{Amount, Brief, Pay, Payer, Remuneration, Tally};
use placet_domain::delivery::{State as Stand, Verdict};
use placet_domain::id::{CampaignId, DeliveryId};
use placet_domain::operator::Capability;
use placet_domain::report::Kind;
use placet_store::campaigns;
use placet_store::deliveries::{self, Delivery};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::audiences::WaterfallOut;
use super::edit::{IfMatch, failed, tagged};
use super::{Body, Listed, Problem, cursor};
use crate::error::WebError;
use crate::extract::Id;
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewCampaigns);
const EDIT: Rule = Rule::Needs(Capability::EditCampaigns);
const STOP: Rule = Rule::Needs(Capability::StopCampaigns);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/campaigns", VIEW, list)
        .post("/api/v1/campaigns", EDIT, create)
        .get("/api/v1/campaigns/{id}", VIEW, show)
        .put("/api/v1/campaigns/{id}", EDIT, update)
        .get("/api/v1/campaigns/{id}/waterfall", VIEW, waterfall)
        .post(
            "/api/v1/campaigns/{id}/launch",
            Rule::Needs(Capability::LaunchCampaigns),
            launch,
        )
        .post("/api/v1/campaigns/{id}/stop", STOP, stop)
        .post("/api/v1/campaigns/{id}/resume", STOP, resume)
        .post("/api/v1/campaigns/{id}/end", STOP, end)
        .put("/api/v1/campaigns/{id}/plan", EDIT, put_plan)
        .put("/api/v1/campaigns/{id}/split", EDIT, put_split)
        .get("/api/v1/campaigns/{id}/results", VIEW, results)
        .post("/api/v1/campaigns/{id}/outcomes", EDIT, add_outcomes)
        .post(
            "/api/v1/campaigns/{id}/confirmations",
            Rule::Needs(Capability::ConfirmCampaigns),
            confirm,
        )
        .get("/api/v1/campaigns/{id}/deliveries", VIEW, list_deliveries)
        .post(
            "/api/v1/deliveries/{id}/verdicts",
            Rule::Needs(Capability::ResolveDeliveries),
            resolve,
        )
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(
    list,
    create,
    show,
    update,
    waterfall,
    launch,
    stop,
    resume,
    end,
    put_plan,
    put_split,
    results,
    add_outcomes,
    confirm,
    list_deliveries,
    resolve
))]
pub struct Document;

/// Who pays what for a campaign.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PayJson {
    /// `none`, `financial` or `in_kind`.
    kind: String,
    /// `product_owner` or `other_third_party`, when anything is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payer: Option<String>,
    /// `at_or_below_cost` or `above_cost`, when anything is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount_vs_cost: Option<String>,
}

/// What is decided about a campaign before it is launched.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BriefJson {
    name: String,
    /// The id of a content version.
    version: String,
    /// The id of an audience.
    audience: String,
    /// One of the purposes of the content's class, such as `newsletter`.
    purpose: String,
    remuneration: PayJson,
    /// Of e-mail only; left out for a text message or post.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    sender_name: String,
    /// Of e-mail only: an e-mail address of your own domain.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    sender: String,
}

impl BriefJson {
    fn of(brief: &Brief) -> Self {
        let pay = brief.remuneration;
        Self {
            name: brief.name.clone(),
            version: brief.version.to_string(),
            audience: brief.audience.to_string(),
            purpose: brief.purpose.clone(),
            remuneration: PayJson {
                kind: pay.kind.as_str().to_owned(),
                payer: pay.payer.map(|payer| payer.as_str().to_owned()),
                amount_vs_cost: pay.amount_vs_cost.map(|amount| amount.as_str().to_owned()),
            },
            sender_name: brief.sender_name.clone(),
            sender: brief.sender.clone(),
        }
    }

    fn brief(self) -> Result<Brief, ActError> {
        let unknown = |field: &str| ActError::invalid(field, "this code is not known");
        let pay = self.remuneration;
        let payer = pay
            .payer
            .map(|code| Payer::find(&code).ok_or_else(|| unknown("payer")));
        let amount = pay
            .amount_vs_cost
            .map(|code| Amount::find(&code).ok_or_else(|| unknown("amount_vs_cost")));
        Ok(Brief {
            name: self.name.trim().to_owned(),
            version: self.version.parse().map_err(|_| unknown("version"))?,
            audience: self.audience.parse().map_err(|_| unknown("audience"))?,
            purpose: self.purpose,
            remuneration: Remuneration {
                kind: Pay::find(&pay.kind).ok_or_else(|| unknown("kind"))?,
                payer: payer.transpose()?,
                amount_vs_cost: amount.transpose()?,
            },
            sender_name: self.sender_name.trim().to_owned(),
            sender: self.sender.trim().to_owned(),
        })
    }
}

/// When and how fast a campaign goes out.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PlanJson {
    /// `now`; `at` one moment; `local`: when it is that date and hour where the reader is.
    start: String,
    /// With `at` a moment, `2026-07-01T13:00:00Z`; with `local` a date and hour, `2026-07-01T09:00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// Only from this full hour on, where the reader is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<i8>,
    /// Only until this full hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<i8>,
    /// How many leave an hour at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    per_hour: Option<u32>,
    /// How many people are expected; far more ask for a second person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expected: Option<u64>,
}

impl PlanJson {
    fn of(plan: &Plan) -> Self {
        let (start, at) = match plan.start {
            Start::Now => ("now", None),
            Start::At { at } => ("at", Some(at.to_string())),
            Start::Local { at } => ("local", Some(at.to_string())),
        };
        Self {
            start: start.to_owned(),
            at,
            from: plan.hours.map(|hours| hours.from),
            until: plan.hours.map(|hours| hours.until),
            per_hour: plan.per_hour,
            expected: plan.expected,
        }
    }

    fn plan(self) -> Result<Plan, ActError> {
        let at = self.at.unwrap_or_default();
        let bad = |says: &str| ActError::invalid("at", says);
        let start = match self.start.as_str() {
            "now" => Start::Now,
            "at" => Start::At {
                at: at
                    .parse()
                    .map_err(|_| bad("give a moment, such as 2026-07-01T13:00:00Z"))?,
            },
            "local" => Start::Local {
                at: at
                    .parse()
                    .map_err(|_| bad("give a date and hour, such as 2026-07-01T09:00"))?,
            },
            _ => return Err(ActError::invalid("start", "give now, at or local")),
        };
        let hours = match (self.from, self.until) {
            (None, None) => None,
            (Some(from), Some(until)) => Some(Hours { from, until }),
            _ => return Err(ActError::invalid("hours", "give both from and until")),
        };
        Ok(Plan {
            start,
            hours,
            per_hour: self.per_hour,
            expected: self.expected,
        })
    }
}

/// How many deliveries stand where.
#[derive(Serialize, ToSchema)]
struct TallyOut {
    pending: u64,
    /// In a print batch.
    batched: u64,
    claimed: u64,
    sent: u64,
    failed: u64,
    refused: u64,
    unknown: u64,
}

impl TallyOut {
    fn of(tally: &Tally) -> Self {
        Self {
            pending: tally.pending,
            batched: tally.batched,
            claimed: tally.claimed,
            sent: tally.sent,
            failed: tally.failed,
            refused: tally.refused,
            unknown: tally.unknown,
        }
    }
}

/// A launch as it was recorded.
#[derive(Serialize, ToSchema)]
struct LaunchOut {
    n_planned: u64,
    content_hash: String,
    pack: String,
    profile: String,
    launched_at: String,
    launched_by: String,
}

/// A campaign.
#[derive(Serialize, ToSchema)]
struct CampaignOut {
    id: String,
    brief: BriefJson,
    /// When and how fast it goes out.
    plan: PlanJson,
    /// `draft`, `sending`, `stopped`, `ended`, `unresolved` or `finished`.
    progress: String,
    tally: TallyOut,
    #[serde(skip_serializing_if = "Option::is_none")]
    launch: Option<LaunchOut>,
}

impl CampaignOut {
    fn of(view: &View) -> Self {
        Self {
            id: view.campaign.id.to_string(),
            brief: BriefJson::of(&view.campaign.brief),
            plan: PlanJson::of(&view.plan),
            progress: view.progress.as_str().to_owned(),
            tally: TallyOut::of(&view.tally),
            launch: view.launch.as_ref().map(|launch| LaunchOut {
                n_planned: launch.n_planned,
                content_hash: launch.content_hash.to_string(),
                pack: launch.pack.clone(),
                profile: launch.profile.clone(),
                launched_at: launch.launched_at.to_string(),
                launched_by: launch.launched_by.clone(),
            }),
        }
    }
}

/// A campaign in short.
#[derive(Serialize, ToSchema)]
struct LineOut {
    id: String,
    name: String,
    progress: String,
    tally: TallyOut,
}

/// An id.
#[derive(Serialize, ToSchema)]
struct CampaignMadeOut {
    id: String,
}

/// How many people somebody expects to be written to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NumberIn {
    /// Compared with the number counted in the launch itself; a difference refuses.
    number: u64,
}

/// A launch that was done.
#[derive(Serialize, ToSchema)]
struct LaunchedOut {
    id: String,
    n_planned: u64,
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReasonIn {
    #[serde(default)]
    reason: String,
}

/// One message to one person; it names nobody.
#[derive(Serialize, ToSchema)]
struct DeliveryOut {
    id: String,
    /// `pending`, `claimed`, `sent`, `failed`, `refused` or `unknown`.
    state: String,
    answer_code: Option<u16>,
    answer: Option<String>,
    n_attempts: u32,
    decision: Option<String>,
    claimed_at: Option<String>,
    settled_at: Option<String>,
}

impl DeliveryOut {
    fn of(one: &Delivery) -> Self {
        Self {
            id: one.id.to_string(),
            state: one.state.as_str().to_owned(),
            answer_code: one.answer_code,
            answer: one.answer.clone(),
            n_attempts: one.n_attempts,
            decision: one.decision.map(|id| id.to_string()),
            claimed_at: one.claimed_at.map(|at| at.to_string()),
            settled_at: one.settled_at.map(|at| at.to_string()),
        }
    }
}

/// Somebody's word on a delivery of unknown fate.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FateIn {
    /// `arrived`, `send_again` or `give_up`.
    verdict: String,
}

/// Where a delivery stands.
#[derive(Serialize, ToSchema)]
struct FateOut {
    id: String,
    state: String,
}

/// Lists campaigns, newest first.
#[utoipa::path(get, path = "/api/v1/campaigns", tag = "campaigns",
    responses((status = 200, body = Listed<LineOut>), (status = "default", body = Problem)))]
async fn list(State(site): State<Site>) -> Result<Json<Listed<LineOut>>, WebError> {
    let all = site.store().read(|tx| campaign::list(tx, 1_000)).await?;
    let items = all.iter().map(|one| LineOut {
        id: one.campaign.id.to_string(),
        name: one.campaign.brief.name.clone(),
        progress: one.progress.as_str().to_owned(),
        tally: TallyOut::of(&one.tally),
    });
    Ok(Json(Listed {
        items: items.collect(),
        next: None,
    }))
}

/// Plans a campaign. Nothing is sent yet.
#[utoipa::path(post, path = "/api/v1/campaigns", tag = "campaigns", request_body = BriefJson,
    responses((status = 201, body = CampaignMadeOut), (status = "default", body = Problem)))]
async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Body(new): Body<BriefJson>,
) -> Result<(StatusCode, Json<CampaignMadeOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditCampaigns)?;
    let brief = new.brief()?;
    let made = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::create(tx, ctx, &brief)
        })
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(CampaignMadeOut {
            id: made.id.to_string(),
        }),
    ))
}

/// Reads a campaign: what was decided, where it stands, how many deliveries stand where.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}", tag = "campaigns",
    params(("id" = String, Path)),
    responses((status = 200, body = CampaignOut), (status = "default", body = Problem)))]
async fn show(State(site): State<Site>, Id(id): Id<CampaignId>) -> Result<Response, WebError> {
    let now = site.now();
    let view = site
        .store()
        .read(move |tx| campaign::view(tx, id, now))
        .await?;
    let out = CampaignOut::of(&view);
    // The tag is of what an edit overwrites; deliveries go on meanwhile.
    Ok((tagged(&out.brief), Json(out)).into_response())
}

/// Changes a campaign that is not launched.
#[utoipa::path(put, path = "/api/v1/campaigns/{id}", tag = "campaigns",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = BriefJson,
    responses((status = 204), (status = "default", body = Problem)))]
async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    headers: HeaderMap,
    Id(id): Id<CampaignId>,
    Body(new): Body<BriefJson>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditCampaigns)?;
    let (brief, seen) = (new.brief()?, IfMatch::read(&headers)?);
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let now = campaigns::find(tx, id)?.ok_or(ActError::NotFound("campaign"))?;
            seen.check(&BriefJson::of(&now.brief))?;
            campaign::change(tx, ctx, id, &brief)
        })
        .await
        .map_err(failed)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Counts who would be written to, or reads who was counted at the launch.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/waterfall", tag = "campaigns",
    params(("id" = String, Path)),
    responses((status = 200, body = WaterfallOut), (status = "default", body = Problem)))]
async fn waterfall(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
) -> Result<Json<WaterfallOut>, WebError> {
    let (shared, now) = (site.clone(), site.now());
    let (seen, at) = site
        .store()
        .read(move |tx| {
            let view = campaign::view(tx, id, now)?;
            Ok::<_, ActError>(match &view.launch {
                Some(launch) => (Seen::from(launch.waterfall.clone()), launch.launched_at),
                None => shared
                    .waterfalls()
                    .seen(tx, shared.engine(), &view.question(), now)?,
            })
        })
        .await?;
    Ok(Json(WaterfallOut::with(&viewer, &seen, at)))
}

/// Launches a campaign for exactly as many people as are named.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/launch", tag = "campaigns",
    params(("id" = String, Path)), request_body = NumberIn,
    responses((status = 201, body = LaunchedOut), (status = "default", body = Problem)))]
async fn launch(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Body(typed): Body<NumberIn>,
) -> Result<(StatusCode, Json<LaunchedOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::LaunchCampaigns)?;
    let engine = site.engine().clone();
    let done = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::launch(tx, ctx, &engine, id, typed.number)
        })
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(LaunchedOut {
            id: id.to_string(),
            n_planned: done.n_planned,
        }),
    ))
}

/// Stops a campaign: nothing more is claimed.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/stop", tag = "campaigns",
    params(("id" = String, Path)), request_body = ReasonIn,
    responses((status = 204), (status = "default", body = Problem)))]
async fn stop(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Body(why): Body<ReasonIn>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::StopCampaigns)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::stop(tx, ctx, id, &why.reason)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a campaign for good: what waits never leaves.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/end", tag = "campaigns",
    params(("id" = String, Path)), request_body = ReasonIn,
    responses((status = 204), (status = "default", body = Problem)))]
async fn end(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Body(why): Body<ReasonIn>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::StopCampaigns)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::end(tx, ctx, id, &why.reason)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets when and how fast a campaign goes out, and how many are expected.
///
/// After the launch only `per_hour` can change.
#[utoipa::path(put, path = "/api/v1/campaigns/{id}/plan", tag = "campaigns",
    params(("id" = String, Path)), request_body = PlanJson,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_plan(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Body(body): Body<PlanJson>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditCampaigns)?;
    let plan = body.plan()?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::plan(tx, ctx, id, &plan)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Versions beside a campaign's own, and how many are held out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SplitIn {
    /// How many in a hundred get nothing.
    #[serde(default)]
    held_out: u8,
    /// Ids of content versions; each gets an equal share beside the campaign's own.
    #[serde(default)]
    others: Vec<String>,
}

/// What one group of a campaign brought.
#[derive(Serialize, ToSchema)]
struct GroupOut {
    /// The version's number, zero for the campaign's own; -1 for the held out.
    group: i64,
    n: u64,
    hard_bounces: u64,
    complaints: u64,
    stops: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcomes: Option<u64>,
}

/// How many of a group did what was hoped for, so far.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OutcomeIn {
    group: i64,
    n: u64,
}

/// Sets which versions are compared and how many are held out; before the launch.
#[utoipa::path(put, path = "/api/v1/campaigns/{id}/split", tag = "campaigns",
    params(("id" = String, Path)), request_body = SplitIn,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_split(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Body(body): Body<SplitIn>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditCampaigns)?;
    let others: Result<Vec<_>, _> = body.others.iter().map(|id| id.parse()).collect();
    let split = Split {
        held_out: body.held_out,
        others: others.map_err(|_| ActError::invalid("others", "give ids of versions"))?,
    };
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::split(tx, ctx, id, &split)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads what each group of a campaign brought; empty when it was not split.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/results", tag = "campaigns",
    params(("id" = String, Path)),
    responses((status = 200, body = [GroupOut]), (status = "default", body = Problem)))]
async fn results(
    State(site): State<Site>,
    Id(id): Id<CampaignId>,
) -> Result<Json<Vec<GroupOut>>, WebError> {
    let all = site
        .store()
        .read(move |tx| campaign::results(tx, id))
        .await?;
    let out = all.iter().map(|one| {
        let of = |kind: Kind| {
            let found = one.back.iter().find(|(it, _)| *it == kind);
            found.map_or(0, |(_, n)| *n)
        };
        GroupOut {
            group: one.group.number(),
            n: one.n,
            hard_bounces: of(Kind::HardBounce),
            complaints: of(Kind::Complaint),
            stops: of(Kind::Stop),
            outcomes: one.outcomes,
        }
    });
    Ok(Json(out.collect()))
}

/// Records how many of each group did what was hoped for, so far: counts alone.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/outcomes", tag = "campaigns",
    params(("id" = String, Path)), request_body = [OutcomeIn],
    responses((status = 204), (status = "default", body = Problem)))]
async fn add_outcomes(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Body(body): Body<Vec<OutcomeIn>>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditCampaigns)?;
    let outcomes: Option<Vec<(Group, u64)>> = body
        .iter()
        .map(|one| Some((Group::find(one.group)?, one.n)))
        .collect();
    let outcomes = outcomes.ok_or_else(|| ActError::invalid("group", "there is no such group"))?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::record_outcomes(tx, ctx, id, &outcomes)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Agrees, as a second person, that a campaign may go to so many.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/confirmations", tag = "campaigns",
    params(("id" = String, Path)), request_body = NumberIn,
    responses((status = 204), (status = "default", body = Problem)))]
async fn confirm(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Body(body): Body<NumberIn>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ConfirmCampaigns)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::confirm(tx, ctx, id, body.number)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a stopped campaign go on.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/resume", tag = "campaigns",
    params(("id" = String, Path)), request_body = ReasonIn,
    responses((status = 204), (status = "default", body = Problem)))]
async fn resume(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Body(why): Body<ReasonIn>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::StopCampaigns)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::resume(tx, ctx, id, &why.reason)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the deliveries of a campaign in one state, with the carrier's answer.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/deliveries", tag = "campaigns",
    params(
        ("id" = String, Path),
        ("state" = String, Query, description = "pending, claimed, sent, failed, refused or unknown"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, description = "1 to 200, 50 as a rule")
    ),
    responses((status = 200, body = Listed<DeliveryOut>), (status = "default", body = Problem)))]
async fn list_deliveries(
    State(site): State<Site>,
    Id(id): Id<CampaignId>,
    query: Query,
) -> Result<Json<Listed<DeliveryOut>>, WebError> {
    let state = query.get("state").and_then(Stand::find).ok_or_else(|| {
        WebError::Malformed("`state` is one of the states of a delivery".to_owned())
    })?;
    let (after, limit) = (cursor::after::<DeliveryId>(&query)?, cursor::limit(&query)?);
    let rows = site
        .store()
        .read(move |tx| {
            campaigns::find(tx, id)?.ok_or(ActError::NotFound("campaign"))?;
            Ok::<_, ActError>(deliveries::list_by_campaign(tx, id, state, after, limit)?)
        })
        .await?;
    let is_full = rows.len() == usize::try_from(limit).unwrap_or(usize::MAX);
    let next = rows
        .last()
        .filter(|_| is_full)
        .map(|one| one.id.to_string());
    Ok(Json(Listed {
        items: rows.iter().map(DeliveryOut::of).collect(),
        next,
    }))
}

/// Says what became of a delivery of unknown fate.
#[utoipa::path(post, path = "/api/v1/deliveries/{id}/verdicts", tag = "campaigns",
    params(("id" = String, Path)), request_body = FateIn,
    responses((status = 201, body = FateOut), (status = "default", body = Problem)))]
async fn resolve(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<DeliveryId>,
    Body(given): Body<FateIn>,
) -> Result<(StatusCode, Json<FateOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ResolveDeliveries)?;
    let verdict = Verdict::find(&given.verdict)
        .ok_or_else(|| ActError::invalid("verdict", "this code is not known"))?;
    let state = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            delivery::resolve(tx, ctx, id, verdict)
        })
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(FateOut {
            id: id.to_string(),
            state: state.as_str().to_owned(),
        }),
    ))
}
