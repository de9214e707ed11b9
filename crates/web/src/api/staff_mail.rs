//! Mail to operators, for machines: where and how often somebody is told, and what was sent.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use placet_app::ActError;
use placet_app::staff_mail::{self, address};
use placet_domain::id::OperatorId;
use placet_domain::operator::{Capability, Grant};
use placet_domain::staff_mail::{Mailbox, Pace, StaffSender};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{Body, Problem};
use crate::account::knows_password;
use crate::error::WebError;
use crate::extract::Id;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::settings;
use crate::site::Site;

/// How many mails are listed.
const SHOWN: u32 = 100;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    let own = Rule::Needs(Capability::ViewToday);
    let manage = Rule::Needs(Capability::ManageOperators);
    Routes::new()
        .get("/api/v1/mailbox", own, show_own)
        .put("/api/v1/mailbox", own, put_own)
        .put("/api/v1/mailbox/pace", own, put_own_pace)
        .get("/api/v1/operators/{id}/mailbox", manage, show)
        .put("/api/v1/operators/{id}/mailbox", manage, put)
        .get(
            "/api/v1/staff-mail",
            Rule::Needs(Capability::ViewSettings),
            list,
        )
        .put(
            "/api/v1/settings/staff-mail",
            Rule::Needs(Capability::EditSettings),
            put_sender,
        )
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(show_own, put_own, put_own_pace, show, put, list, put_sender))]
pub struct Document;

/// Where and how often an operator is told of texts.
#[derive(Serialize, ToSchema)]
struct MailboxOut {
    email: Option<String>,
    /// When its owner confirmed it; nothing goes there before.
    confirmed_at: Option<String>,
    /// `at_once`, `daily` or `none`.
    pace: String,
}

impl MailboxOut {
    fn of(mailbox: Mailbox) -> Json<Self> {
        Json(Self {
            email: mailbox.address,
            confirmed_at: mailbox.confirmed_at.map(|at| at.to_string()),
            pace: mailbox.pace.as_str().to_owned(),
        })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnAddressBody {
    /// Absent to have none. A link is sent there to confirm it.
    email: Option<String>,
    /// The password of the operator behind the token.
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PaceBody {
    /// `at_once`, `daily` or `none`.
    pace: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailboxBody {
    /// Absent to have none. A link is sent there to confirm it.
    email: Option<String>,
    /// `at_once`, `daily` or `none`; as it is when absent.
    pace: Option<String>,
}

fn own(viewer: &Viewer) -> Result<(Grant, OperatorId), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewToday)?;
    let id = viewer.ctx.actor.operator().ok_or(WebError::NotFound)?;
    Ok((grant, id))
}

fn pace(code: &str) -> Result<Pace, WebError> {
    let known = "give at_once, daily or none";
    Pace::find(code).ok_or_else(|| ActError::invalid("pace", known).into())
}

/// Reads where the operator behind the token is told of texts.
#[utoipa::path(get, path = "/api/v1/mailbox", tag = "account",
    responses((status = 200, body = MailboxOut), (status = "default", body = Problem)))]
async fn show_own(State(site): State<Site>, viewer: Viewer) -> Result<Json<MailboxOut>, WebError> {
    let (_, id) = own(&viewer)?;
    let mailbox = site.store().read(move |tx| address::find(tx, id)).await?;
    Ok(MailboxOut::of(mailbox))
}

/// Gives the operator behind the token another address, by their password.
#[utoipa::path(put, path = "/api/v1/mailbox", tag = "account", request_body = OwnAddressBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_own(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<OwnAddressBody>,
) -> Result<StatusCode, WebError> {
    let (grant, id) = own(&viewer)?;
    if let Err(why) = knows_password(&site, &viewer, body.password).await? {
        return Err(ActError::invalid("password", why).into());
    }
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            address::set(tx, ctx, id, body.email.as_deref())
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says how often the operator behind the token is told of texts.
#[utoipa::path(put, path = "/api/v1/mailbox/pace", tag = "account", request_body = PaceBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_own_pace(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<PaceBody>,
) -> Result<StatusCode, WebError> {
    let ((grant, id), pace) = (own(&viewer)?, pace(&body.pace)?);
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            address::set_pace(tx, ctx, id, pace)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads where an operator is told of texts.
#[utoipa::path(get, path = "/api/v1/operators/{id}/mailbox", tag = "operators",
    params(("id" = String, Path)),
    responses((status = 200, body = MailboxOut), (status = "default", body = Problem)))]
async fn show(
    State(site): State<Site>,
    Id(id): Id<OperatorId>,
) -> Result<Json<MailboxOut>, WebError> {
    let mailbox = site.store().read(move |tx| address::find(tx, id)).await?;
    Ok(MailboxOut::of(mailbox))
}

/// Says where and how often an operator is told of texts.
#[utoipa::path(put, path = "/api/v1/operators/{id}/mailbox", tag = "operators",
    params(("id" = String, Path)), request_body = MailboxBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<OperatorId>,
    Body(body): Body<MailboxBody>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ManageOperators)?;
    let pace = body.pace.as_deref().map(pace).transpose()?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            address::set(tx, ctx, id, body.email.as_deref())?;
            match pace {
                Some(pace) => address::set_pace(tx, ctx, id, pace),
                None => Ok(()),
            }
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The mail to operators.
#[derive(Serialize, ToSchema)]
struct StaffMailsOut {
    /// The address it comes from.
    sender: Option<String>,
    /// What stands against it; absent when it can leave.
    obstacle: Option<String>,
    /// The newest first.
    mails: Vec<StaffMailOut>,
}

/// One mail to an operator.
#[derive(Serialize, ToSchema)]
struct StaffMailOut {
    id: String,
    operator: String,
    /// `reminder`, `confirmation` or `test`.
    kind: String,
    /// `pending`, `claimed`, `sent`, `refused`, `unknown` or `dropped`.
    state: String,
    made_at: String,
    /// What the carrier said, without the address.
    said: String,
}

/// Lists the mail to operators.
#[utoipa::path(get, path = "/api/v1/staff-mail", tag = "settings",
    responses((status = 200, body = StaffMailsOut), (status = "default", body = Problem)))]
async fn list(State(site): State<Site>) -> Result<Json<StaffMailsOut>, WebError> {
    let set = settings::load(&site).await?;
    let read = |tx: &mut placet_store::Tx| {
        Ok::<_, ActError>((staff_mail::sender(tx)?, staff_mail::list(tx, SHOWN)?))
    };
    let (sender, mails) = site.store().read(read).await?;
    let mails = mails.into_iter().map(|(mail, _)| StaffMailOut {
        id: mail.id.to_string(),
        operator: mail.operator.to_string(),
        kind: mail.kind.as_str().to_owned(),
        state: mail.state.as_str().to_owned(),
        made_at: mail.made_at.to_string(),
        said: mail.said,
    });
    Ok(Json(StaffMailsOut {
        obstacle: staff_mail::obstacle(&set, sender.as_ref()).map(str::to_owned),
        sender: sender.map(|it| it.sender),
        mails: mails.collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StaffSenderBody {
    /// The address that mail to operators comes from.
    sender: String,
}

/// Says who writes to operators.
#[utoipa::path(put, path = "/api/v1/settings/staff-mail", tag = "settings",
    request_body = StaffSenderBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_sender(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<StaffSenderBody>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    let new = StaffSender {
        sender: body.sender.trim().to_owned(),
    };
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            staff_mail::set_sender(tx, ctx, &new)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
