//! Bounces, complaints and replies, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use placet_app::ActError;
use placet_app::report::{self, Heard};
use placet_domain::channel::Channel;
use placet_domain::operator::Capability;
use placet_domain::report::{Kind, Report, is_dead_address};
use placet_ledger::sha256;
use placet_store::reports;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{Body, Problem};
use crate::error::WebError;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

/// How many are listed.
const LISTED: u32 = 500;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get(
            "/api/v1/reports",
            Rule::Needs(Capability::ViewCampaigns),
            list,
        )
        .post(
            "/api/v1/reports",
            Rule::Needs(Capability::TakeReports),
            take,
        )
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(list, take))]
pub struct Document;

/// A report: a whole mail, or what a provider's webhook says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReportBody {
    /// The mail as it came, in base64: a bounce, a complaint or a reply.
    #[serde(default)]
    mail: Option<String>,
    /// Instead of a mail: `bounce`, `complaint` or `stop`.
    #[serde(default)]
    event: Option<String>,
    /// With an event: the delivery, or the Message-ID of the message.
    #[serde(default)]
    message: Option<String>,
    /// With a bounce: its enhanced status, `5.1.1`.
    #[serde(default)]
    status: Option<String>,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
struct TakenOut {
    /// `hard_bounce`, `soft_bounce`, `complaint`, `stop`, `help`, `auto_reply`, `reply`, `other`.
    kind: String,
    /// `suppressed`, `opted_out`, `nothing`, `not_found`.
    effect: String,
    /// Whether it had come before.
    was_known: bool,
}

/// A report as it was recorded.
#[derive(Serialize, ToSchema)]
struct ReportOut {
    id: String,
    kind: String,
    effect: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    door: String,
    recorded_at: String,
}

impl ReportOut {
    fn of(report: &Report) -> Self {
        Self {
            id: report.id.to_string(),
            kind: report.kind.as_str().to_owned(),
            effect: report.effect.as_str().to_owned(),
            delivery: report.delivery.map(|id| id.to_string()),
            campaign: report.campaign.map(|id| id.to_string()),
            status: report.status.clone(),
            door: report.door.clone(),
            recorded_at: report.recorded_at.to_string(),
        }
    }
}

fn heard(site: &Site, body: ReportBody) -> Result<Heard, ActError> {
    if let Some(mail) = &body.mail {
        let raw = STANDARD
            .decode(mail.as_bytes())
            .map_err(|_| ActError::invalid("mail", "this is not base64"))?;
        return Ok(report::read(site.store().keys(), &raw));
    }
    let status = body.status.filter(|status| !status.is_empty());
    let kind = match body.event.as_deref() {
        Some("bounce") if status.as_deref().is_some_and(is_dead_address) => Kind::HardBounce,
        Some("bounce") => Kind::SoftBounce,
        Some("complaint") => Kind::Complaint,
        Some("stop") => Kind::Stop,
        _ => {
            let says = "give a mail in base64, or one of bounce, complaint, stop";
            return Err(ActError::invalid("event", says));
        }
    };
    let message = body.message.unwrap_or_default();
    let named = message.trim().trim_start_matches('<');
    let id = named.split_once('@').map_or(named, |(id, _)| id);
    let delivery = id.parse().map_err(|_| {
        ActError::invalid("message", "give the id of the delivery, or its Message-ID")
    })?;
    if let Some(status) = &status
        && placet_domain::report::status_in(status) != Some(status)
    {
        return Err(ActError::invalid("status", "a status looks like 5.1.1"));
    }
    let said = format!(
        "api {} {delivery} {}",
        kind.as_str(),
        status.as_deref().unwrap_or_default()
    );
    Ok(Heard {
        kind,
        status,
        delivery: Some(delivery),
        channel: Channel::Email,
        from: None,
        hash: sha256(said.as_bytes()),
    })
}

/// Hands in a bounce, a complaint or a reply.
///
/// The same report twice is taken once.
#[utoipa::path(post, path = "/api/v1/reports", tag = "campaigns", request_body = ReportBody,
    responses((status = 200, body = TakenOut), (status = "default", body = Problem)))]
async fn take(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<ReportBody>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::TakeReports)?;
    let heard = heard(&site, body)?;
    let taken = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            report::take(tx, ctx, "api", &heard)
        })
        .await?;
    let out = TakenOut {
        kind: taken.kind.as_str().to_owned(),
        effect: taken.effect.as_str().to_owned(),
        was_known: taken.was_known,
    };
    Ok((StatusCode::OK, Json(out)).into_response())
}

/// Lists what came back, newest first.
#[utoipa::path(get, path = "/api/v1/reports", tag = "campaigns",
    responses((status = 200, body = [ReportOut]), (status = "default", body = Problem)))]
async fn list(State(site): State<Site>) -> Result<Json<Vec<ReportOut>>, WebError> {
    let all = site.store().read(|tx| reports::list(tx, LISTED)).await?;
    Ok(Json(all.iter().map(ReportOut::of).collect()))
}
