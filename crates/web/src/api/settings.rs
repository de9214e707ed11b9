//! Settings, operators and tokens, for machines.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use placet_app::operator::{self, NewOperator, password};
use placet_app::{ActError, settings};
use placet_domain::id::{OperatorId, TokenId};
use placet_domain::operator::{Capability, Grant, Role};
use placet_domain::settings::{
    ActorKind, Caps, Carrier, Organization, Returns, Settings, Strictness, TextCarrier,
    TextProvider, Tls, VendorRole,
};
use placet_store::{Tx, operators};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::edit::{IfMatch, failed, tagged};
use super::{Body, Problem};
use crate::account::Read;
use crate::error::WebError;
use crate::extract::Id;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewSettings);
const EDIT: Rule = Rule::Needs(Capability::EditSettings);
const MANAGE: Rule = Rule::Needs(Capability::ManageOperators);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/settings", VIEW, show)
        .put("/api/v1/settings/organization", EDIT, put_organization)
        .put("/api/v1/settings/carrier", EDIT, put_carrier)
        .put("/api/v1/settings/texts", EDIT, put_texts)
        .put("/api/v1/settings/returns", EDIT, put_returns)
        .put("/api/v1/settings/caps", EDIT, put_caps)
        .put("/api/v1/settings/strictness", EDIT, put_strictness)
        .put("/api/v1/settings/sending", EDIT, put_sending)
        .get("/api/v1/operators", MANAGE, list_operators)
        .post("/api/v1/operators", MANAGE, add_operator)
        .put("/api/v1/operators/{id}/roles", MANAGE, put_roles)
        .put("/api/v1/operators/{id}/password", MANAGE, put_password)
        .put("/api/v1/operators/{id}/standing", MANAGE, put_standing)
        .get("/api/v1/tokens", MANAGE, list_tokens)
        .delete("/api/v1/tokens/{id}", MANAGE, revoke_token)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(
    show,
    put_organization,
    put_carrier,
    put_texts,
    put_returns,
    put_caps,
    put_strictness,
    put_sending,
    list_operators,
    add_operator,
    put_roles,
    put_password,
    put_standing,
    list_tokens,
    revoke_token
))]
pub struct Document;

/// Everything that is set.
#[derive(Serialize, ToSchema)]
struct SettingsOut {
    organization: Option<OrganizationBody>,
    carrier: Option<CarrierBody>,
    /// Who carries text messages.
    texts: Option<TextsBody>,
    /// Who prints letters and cards.
    print: Option<super::print::PrintBody>,
    /// Who calls from call lists.
    calls: Option<super::calls::CallsBody>,
    /// Where bounces go.
    returns: Option<ReturnsBody>,
    /// How much anybody gets.
    caps: CapsBody,
    /// `conservative` or `regulatory_floor`.
    strictness: String,
    /// Whether messages may leave from here.
    is_armed: bool,
    /// Whether they may leave from another installation only: this is a copy, or one more server.
    is_armed_elsewhere: bool,
    /// What stands against arming.
    obstacles: Vec<String>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrganizationBody {
    name: String,
    postal_address: String,
    /// `covered_provider`, `pharmacy`, `health_plan`, `part2_program` or `non_hipaa_entity`.
    actor: String,
    /// `America/Chicago`.
    time_zone: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CarrierBody {
    host: String,
    port: u16,
    /// `required`, or `off` on this machine.
    tls: String,
    /// `email_service` for a vendor, `none` for our own server.
    role: String,
    is_baa_on_file: bool,
    /// `US`.
    country: String,
}

/// Who carries text messages. Its secret stands in a file, not here.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TextsBody {
    /// `twilio` or `telnyx`.
    provider: String,
    /// Where its interface is; the provider's usual address when it is left out.
    #[serde(default)]
    url: Option<String>,
    /// Twilio: the account SID. Telnyx: the id of the messaging profile, or empty.
    #[serde(default)]
    account: String,
    /// Telnyx: the public key with which it signs, in base64.
    #[serde(default)]
    public_key: String,
    /// `+16145550142`, a short code, or the SID of a Twilio messaging service.
    sender: String,
    is_baa_on_file: bool,
    /// `US`.
    country: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReturnsBody {
    /// `returns.hospital.example`.
    domain: String,
}

/// The most that anybody gets, all campaigns and channels together; care is never held back.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CapsBody {
    per_day: u32,
    per_week: u32,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StrictnessBody {
    /// `conservative` or `regulatory_floor`.
    strictness: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SendingBody {
    is_armed: bool,
}

fn organization_out(it: &Organization) -> OrganizationBody {
    OrganizationBody {
        name: it.name.clone(),
        postal_address: it.postal_address.clone(),
        actor: it.actor.as_str().to_owned(),
        time_zone: it.time_zone.clone(),
    }
}

fn carrier_out(it: &Carrier) -> CarrierBody {
    CarrierBody {
        host: it.host.clone(),
        port: it.port,
        tls: it.tls.as_str().to_owned(),
        role: it.role.as_str().to_owned(),
        is_baa_on_file: it.is_baa_on_file,
        country: it.country.clone(),
    }
}

fn texts_out(it: &TextCarrier) -> TextsBody {
    TextsBody {
        provider: it.provider.as_str().to_owned(),
        url: Some(it.url.clone()),
        account: it.account.clone(),
        public_key: it.public_key.clone(),
        sender: it.sender.clone(),
        is_baa_on_file: it.is_baa_on_file,
        country: it.country.clone(),
    }
}

/// Reads everything that is set.
///
/// Its `ETag` is what edits give as `If-Match`.
#[utoipa::path(get, path = "/api/v1/settings", tag = "settings",
    responses((status = 200, body = SettingsOut), (status = "default", body = Problem)))]
async fn show(State(site): State<Site>) -> Result<Response, WebError> {
    let set = crate::settings::load(&site).await?;
    let out = SettingsOut {
        organization: set.organization.as_ref().map(organization_out),
        carrier: set.carrier.as_ref().map(carrier_out),
        texts: set.texts.as_ref().map(texts_out),
        print: set.print.as_ref().map(super::print::PrintBody::of),
        calls: set.calls.as_ref().map(super::calls::CallsBody::of),
        returns: set.returns.as_ref().map(|it| ReturnsBody {
            domain: it.domain.clone(),
        }),
        caps: CapsBody {
            per_day: set.caps.per_day,
            per_week: set.caps.per_week,
        },
        strictness: set.strictness.as_str().to_owned(),
        is_armed: set.is_armed,
        is_armed_elsewhere: set.is_armed_elsewhere,
        obstacles: settings::obstacles(&set)
            .into_iter()
            .map(str::to_owned)
            .collect(),
    };
    Ok((tagged(&set), Json(out)).into_response())
}

/// Edits the settings when they are as the caller saw them.
pub(super) async fn edit<F>(
    site: &Site,
    viewer: &Viewer,
    headers: &HeaderMap,
    mut change: F,
) -> Result<Response, WebError>
where
    F: FnMut(&mut Tx, &placet_app::Ctx) -> Result<(), ActError> + Send + 'static,
{
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    let seen = IfMatch::read(headers)?;
    let now: Settings = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| -> Result<_, ActError> {
            seen.check(&settings::load(tx)?)?;
            change(tx, ctx)?;
            Ok(settings::load(tx)?)
        })
        .await
        .map_err(failed)?;
    Ok((StatusCode::NO_CONTENT, tagged(&now)).into_response())
}

fn unknown_code(field: &str) -> WebError {
    ActError::invalid(field, "this code is not known; see /api").into()
}

/// Says who sends.
#[utoipa::path(put, path = "/api/v1/settings/organization", tag = "settings",
    params(("If-Match" = String, Header, description = "ETag of the settings read before")),
    request_body = OrganizationBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_organization(
    State(site): State<Site>,
    viewer: Viewer,
    headers: HeaderMap,
    Body(body): Body<OrganizationBody>,
) -> Result<Response, WebError> {
    let new = Organization {
        name: body.name,
        postal_address: body.postal_address,
        actor: ActorKind::find(&body.actor).ok_or_else(|| unknown_code("actor"))?,
        time_zone: body.time_zone,
    };
    edit(&site, &viewer, &headers, move |tx, ctx| {
        settings::set_organization(tx, ctx, &new)
    })
    .await
}

/// Says who carries; another carrier disarms sending.
#[utoipa::path(put, path = "/api/v1/settings/carrier", tag = "settings",
    params(("If-Match" = String, Header, description = "ETag of the settings read before")),
    request_body = CarrierBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_carrier(
    State(site): State<Site>,
    viewer: Viewer,
    headers: HeaderMap,
    Body(body): Body<CarrierBody>,
) -> Result<Response, WebError> {
    let new = Carrier {
        host: body.host,
        port: body.port,
        tls: Tls::find(&body.tls).ok_or_else(|| unknown_code("tls"))?,
        role: VendorRole::find(&body.role).ok_or_else(|| unknown_code("role"))?,
        is_baa_on_file: body.is_baa_on_file,
        country: body.country,
    };
    edit(&site, &viewer, &headers, move |tx, ctx| {
        settings::set_carrier(tx, ctx, &new)
    })
    .await
}

/// Says who carries text messages; another provider disarms sending.
#[utoipa::path(put, path = "/api/v1/settings/texts", tag = "settings",
    params(("If-Match" = String, Header, description = "ETag of the settings read before")),
    request_body = TextsBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_texts(
    State(site): State<Site>,
    viewer: Viewer,
    headers: HeaderMap,
    Body(body): Body<TextsBody>,
) -> Result<Response, WebError> {
    let provider = TextProvider::find(&body.provider).ok_or_else(|| unknown_code("provider"))?;
    let usual = || provider.usual_url().to_owned();
    let new = TextCarrier {
        provider,
        url: body.url.unwrap_or_else(usual),
        account: body.account,
        public_key: body.public_key,
        sender: body.sender,
        is_baa_on_file: body.is_baa_on_file,
        country: body.country,
    };
    edit(&site, &viewer, &headers, move |tx, ctx| {
        settings::set_texts(tx, ctx, &new)
    })
    .await
}

/// Says where bounces and complaints go.
#[utoipa::path(put, path = "/api/v1/settings/returns", tag = "settings",
    params(("If-Match" = String, Header, description = "ETag of the settings read before")),
    request_body = ReturnsBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_returns(
    State(site): State<Site>,
    viewer: Viewer,
    headers: HeaderMap,
    Body(body): Body<ReturnsBody>,
) -> Result<Response, WebError> {
    let new = Returns {
        domain: body.domain,
    };
    edit(&site, &viewer, &headers, move |tx, ctx| {
        settings::set_returns(tx, ctx, &new)
    })
    .await
}

/// Says how much anybody gets at most.
#[utoipa::path(put, path = "/api/v1/settings/caps", tag = "settings",
    params(("If-Match" = String, Header, description = "ETag of the settings read before")),
    request_body = CapsBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_caps(
    State(site): State<Site>,
    viewer: Viewer,
    headers: HeaderMap,
    Body(body): Body<CapsBody>,
) -> Result<Response, WebError> {
    let new = Caps {
        per_day: body.per_day,
        per_week: body.per_week,
    };
    edit(&site, &viewer, &headers, move |tx, ctx| {
        settings::set_caps(tx, ctx, &new)
    })
    .await
}

/// Chooses the profile under which the rules are read.
#[utoipa::path(put, path = "/api/v1/settings/strictness", tag = "settings",
    params(("If-Match" = String, Header, description = "ETag of the settings read before")),
    request_body = StrictnessBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_strictness(
    State(site): State<Site>,
    viewer: Viewer,
    headers: HeaderMap,
    Body(body): Body<StrictnessBody>,
) -> Result<Response, WebError> {
    let new = Strictness::find(&body.strictness).ok_or_else(|| unknown_code("strictness"))?;
    edit(&site, &viewer, &headers, move |tx, ctx| {
        settings::set_strictness(tx, ctx, new)
    })
    .await
}

/// Arms or disarms sending.
#[utoipa::path(put, path = "/api/v1/settings/sending", tag = "settings",
    params(("If-Match" = String, Header, description = "ETag of the settings read before")),
    request_body = SendingBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_sending(
    State(site): State<Site>,
    viewer: Viewer,
    headers: HeaderMap,
    Body(body): Body<SendingBody>,
) -> Result<Response, WebError> {
    let change = if body.is_armed {
        settings::arm
    } else {
        settings::disarm
    };
    edit(&site, &viewer, &headers, change).await
}

/// An operator.
#[derive(Serialize, ToSchema)]
struct OperatorOut {
    id: String,
    login: String,
    name: String,
    roles: Vec<String>,
    created_at: String,
    disabled_at: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOperatorBody {
    login: String,
    name: String,
    roles: Vec<String>,
    /// At least 12 characters.
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RolesBody {
    roles: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordBody {
    /// At least 12 characters.
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StandingBody {
    /// False ends sessions and tokens at once.
    may_sign_in: bool,
}

/// The id of what was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct Made {
    /// Its id.
    pub id: String,
}

fn roles_of(codes: &[String]) -> Result<BTreeSet<Role>, WebError> {
    codes
        .iter()
        .map(|code| Role::find(code).ok_or_else(|| unknown_code("roles")))
        .collect()
}

/// Lists the operators, by login.
#[utoipa::path(get, path = "/api/v1/operators", tag = "operators",
    responses((status = 200, body = [OperatorOut]), (status = "default", body = Problem)))]
async fn list_operators(State(site): State<Site>) -> Result<Json<Vec<OperatorOut>>, WebError> {
    let all = site.store().read(operator::list).await?;
    let out = all.into_iter().map(|(it, roles)| OperatorOut {
        id: it.id.to_string(),
        login: it.login,
        name: it.name,
        roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
        created_at: it.created_at.to_string(),
        disabled_at: it.disabled_at.map(|at| at.to_string()),
    });
    Ok(Json(out.collect()))
}

fn manage(viewer: &Viewer) -> Result<Grant, WebError> {
    Ok(viewer.ctx.actor.may(Capability::ManageOperators)?)
}

async fn hashed(site: &Site, password: String, login: &str) -> Result<String, WebError> {
    if let Some(fault) = password::fault(&password, &operator::normal_login(login)) {
        return Err(ActError::invalid("password", fault).into());
    }
    let salt = site.entropy();
    let hash = site.slowly(move || password::hash(&password, salt)).await?;
    hash.map_err(|error| WebError::Internal(error.to_string()))
}

/// Adds an operator.
#[utoipa::path(post, path = "/api/v1/operators", tag = "operators", request_body = NewOperatorBody,
    responses((status = 201, body = Made), (status = "default", body = Problem)))]
async fn add_operator(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<NewOperatorBody>,
) -> Result<Response, WebError> {
    let grant = manage(&viewer)?;
    let new = NewOperator {
        roles: roles_of(&body.roles)?,
        password_hash: hashed(&site, body.password, &body.login).await?,
        login: body.login,
        name: body.name,
    };
    let add = move |tx: &mut Tx, ctx: &placet_app::Ctx| operator::add(tx, ctx, &new);
    let id = site.store().act(grant, &viewer.ctx, add).await?;
    Ok((StatusCode::CREATED, Json(Made { id: id.to_string() })).into_response())
}

/// Gives an operator exactly these roles.
#[utoipa::path(put, path = "/api/v1/operators/{id}/roles", tag = "operators",
    params(("id" = String, Path)), request_body = RolesBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_roles(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<OperatorId>,
    Body(body): Body<RolesBody>,
) -> Result<StatusCode, WebError> {
    let (grant, roles) = (manage(&viewer)?, roles_of(&body.roles)?);
    let set = move |tx: &mut Tx, ctx: &placet_app::Ctx| operator::set_roles(tx, ctx, id, &roles);
    site.store().act(grant, &viewer.ctx, set).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a new password and ends the operator's sessions.
#[utoipa::path(put, path = "/api/v1/operators/{id}/password", tag = "operators",
    params(("id" = String, Path)), request_body = PasswordBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_password(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<OperatorId>,
    Body(body): Body<PasswordBody>,
) -> Result<StatusCode, WebError> {
    let (grant, hash) = (manage(&viewer)?, hashed(&site, body.password, "").await?);
    let set =
        move |tx: &mut Tx, ctx: &placet_app::Ctx| operator::reset_password(tx, ctx, id, &hash);
    site.store().act(grant, &viewer.ctx, set).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Disables an operator, or lets them in again.
#[utoipa::path(put, path = "/api/v1/operators/{id}/standing", tag = "operators",
    params(("id" = String, Path)), request_body = StandingBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_standing(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<OperatorId>,
    Body(body): Body<StandingBody>,
) -> Result<StatusCode, WebError> {
    let grant = manage(&viewer)?;
    let set = move |tx: &mut Tx, ctx: &placet_app::Ctx| match body.may_sign_in {
        true => operator::enable(tx, ctx, id),
        false => operator::disable(tx, ctx, id),
    };
    site.store().act(grant, &viewer.ctx, set).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A token, without its secret.
#[derive(Serialize, ToSchema)]
struct TokenOut {
    id: String,
    operator: String,
    name: String,
    scopes: Vec<String>,
    created_at: String,
    expires_at: String,
    revoked_at: Option<String>,
}

/// Lists every token, the newest first. A token is made by a person, under their account.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens",
    responses((status = 200, body = [TokenOut]), (status = "default", body = Problem)))]
async fn list_tokens(State(site): State<Site>) -> Result<Json<Vec<TokenOut>>, WebError> {
    let all = site
        .store()
        .read(|tx| -> Read<_> { operators::list_tokens(tx) })
        .await?;
    let out = all.into_iter().map(|it| TokenOut {
        id: it.id.to_string(),
        operator: it.operator.to_string(),
        name: it.name,
        scopes: it
            .scopes
            .iter()
            .map(|scope| scope.as_str().to_owned())
            .collect(),
        created_at: it.created_at.to_string(),
        expires_at: it.expires_at.to_string(),
        revoked_at: it.revoked_at.map(|at| at.to_string()),
    });
    Ok(Json(out.collect()))
}

/// Revokes a token.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "tokens", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
async fn revoke_token(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TokenId>,
) -> Result<StatusCode, WebError> {
    let revoke = move |tx: &mut Tx, ctx: &placet_app::Ctx| operator::revoke_token(tx, ctx, id);
    site.store()
        .act(manage(&viewer)?, &viewer.ctx, revoke)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
