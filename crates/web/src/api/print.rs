//! Print batches, who prints them, and what came back, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use placet_app::print::{self, Closed, File, View};
use placet_app::{ActError, settings};
use placet_domain::id::{BatchId, CampaignId};
use placet_domain::operator::Capability;
use placet_domain::print::{End, Returned};
use placet_domain::settings::{PrintShop, Printer};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{Body, Listed, Problem};
use crate::error::WebError;
use crate::extract::Id;
use crate::print::Gate;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewCampaigns);
const PRINT: Rule = Rule::Needs(Capability::PrintPieces);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/campaigns/{id}/batches", VIEW, list)
        .post(
            "/api/v1/campaigns/{id}/batches",
            Rule::Needs(Capability::LaunchCampaigns),
            close,
        )
        .get("/api/v1/batches/{id}", PRINT, show)
        .post("/api/v1/batches/{id}/decisions", PRINT, decide_again)
        .get("/api/v1/batches/{id}/pieces", PRINT, pieces)
        .get("/api/v1/batches/{id}/addresses", PRINT, addresses)
        .post("/api/v1/batches/{id}/handover", PRINT, hand_over)
        .post("/api/v1/batches/{id}/undo", PRINT, undo)
        .post("/api/v1/returned-pieces", PRINT, take_back)
        .put(
            "/api/v1/settings/print",
            Rule::Needs(Capability::EditSettings),
            put_print,
        )
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(
    list,
    close,
    show,
    decide_again,
    pieces,
    addresses,
    hand_over,
    undo,
    take_back,
    put_print
))]
pub struct Document;

/// A print batch; it names nobody.
#[derive(Serialize, ToSchema)]
struct BatchOut {
    id: String,
    campaign: String,
    number: u32,
    /// Stands on each piece, before its number.
    code: String,
    /// How often it was decided.
    revision: u32,
    n_pieces: u32,
    decided_at: String,
    /// Whether its files may be taken now: the answers are of the last ten minutes and it is not over.
    is_fresh: bool,
    /// The day on which it was handed to the printer.
    #[serde(skip_serializing_if = "Option::is_none")]
    handed_over_on: Option<String>,
    /// Whether it was undone.
    is_undone: bool,
}

impl BatchOut {
    fn of(view: &View, site: &Site) -> Self {
        let stand = view.stand;
        Self {
            id: view.batch.id.to_string(),
            campaign: view.batch.campaign.to_string(),
            number: view.batch.number,
            code: view.batch.code.clone(),
            revision: stand.revision,
            n_pieces: stand.n_pieces,
            decided_at: stand.decided_at.to_string(),
            is_fresh: !stand.is_over() && stand.is_fresh(site.now()),
            handed_over_on: match stand.end {
                Some(End::Handed { on }) => Some(on.to_string()),
                _ => None,
            },
            is_undone: stand.end == Some(End::Undone),
        }
    }
}

/// How many people a batch takes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CloseIn {
    /// From 1 to 5,000.
    most: u32,
}

/// What came of deciding.
#[derive(Serialize, ToSchema)]
struct ClosedOut {
    /// Absent when nobody may be written to now.
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<String>,
    n_pieces: u32,
    /// Held out: they may no longer be written to.
    n_refused: u32,
    n_deferred: u32,
}

impl ClosedOut {
    fn of(closed: &Closed) -> Self {
        Self {
            batch: closed.batch.map(|id| id.to_string()),
            n_pieces: closed.n_pieces,
            n_refused: closed.n_refused,
            n_deferred: closed.n_deferred,
        }
    }
}

/// That a batch was handed to the printer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HandIn {
    /// Whose files were handed over.
    revision: u32,
    /// The day, `2026-07-01`.
    on: String,
}

/// A piece that came back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BackIn {
    /// The code over the address, `K7QF2-0042`.
    code: String,
    /// `no_such_address`, `moved` or `refused`.
    why: String,
}

/// What it changed.
#[derive(Serialize, ToSchema)]
struct BackOut {
    /// `suppressed`, `opted_out`, `nothing` or `not_found`.
    effect: String,
    /// Whether it had been recorded before.
    was_known: bool,
}

/// Who prints and posts.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PrintBody {
    /// `mail_house` or `none` (your own print room).
    role: String,
    name: String,
    #[serde(default)]
    is_baa_on_file: bool,
    /// ISO 3166, `US`.
    country: String,
    /// Stands over the return address; empty for the organization's name.
    #[serde(default)]
    return_name: String,
    /// Empty for the organization's own.
    #[serde(default)]
    return_address: String,
    /// Stands on every piece.
    removal_phone: String,
}

impl PrintBody {
    pub(super) fn of(shop: &PrintShop) -> Self {
        Self {
            role: shop.role.as_str().to_owned(),
            name: shop.name.clone(),
            is_baa_on_file: shop.is_baa_on_file,
            country: shop.country.clone(),
            return_name: shop.return_name.clone(),
            return_address: shop.return_address.clone(),
            removal_phone: shop.removal_phone.clone(),
        }
    }
}

/// Lists the batches of a campaign, newest first.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/batches", tag = "print",
    params(("id" = String, Path)),
    responses((status = 200, body = Listed<BatchOut>), (status = "default", body = Problem)))]
async fn list(
    State(site): State<Site>,
    Id(id): Id<CampaignId>,
) -> Result<Json<Listed<BatchOut>>, WebError> {
    let all = site.store().read(move |tx| print::list(tx, id)).await?;
    Ok(Json(Listed {
        items: all.iter().map(|one| BatchOut::of(one, &site)).collect(),
        next: None,
    }))
}

/// Decides who waits and closes a batch of those who may be written to.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/batches", tag = "print",
    params(("id" = String, Path)), request_body = CloseIn,
    responses((status = 201, body = ClosedOut), (status = "default", body = Problem)))]
async fn close(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Body(body): Body<CloseIn>,
) -> Result<(StatusCode, Json<ClosedOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::LaunchCampaigns)?;
    let gate = Gate::of(&site);
    let closed = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            print::close(tx, ctx, &gate.deciding(), id, body.most)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(ClosedOut::of(&closed))))
}

/// One batch.
#[utoipa::path(get, path = "/api/v1/batches/{id}", tag = "print", params(("id" = String, Path)),
    responses((status = 200, body = BatchOut), (status = "default", body = Problem)))]
async fn show(State(site): State<Site>, Id(id): Id<BatchId>) -> Result<Json<BatchOut>, WebError> {
    let view = site.store().read(move |tx| print::view(tx, id)).await?;
    Ok(Json(BatchOut::of(&view, &site)))
}

/// Decides everybody in a batch again: another revision, without those who may no longer be written to.
#[utoipa::path(post, path = "/api/v1/batches/{id}/decisions", tag = "print", params(("id" = String, Path)),
    responses((status = 200, body = ClosedOut), (status = "default", body = Problem)))]
async fn decide_again(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<BatchId>,
) -> Result<Json<ClosedOut>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::PrintPieces)?;
    let gate = Gate::of(&site);
    let closed = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            print::decide_again(tx, ctx, &gate.deciding(), id)
        })
        .await?;
    Ok(Json(ClosedOut::of(&closed)))
}

/// The pieces as a print-ready PDF. Each person in it leaves an entry.
#[utoipa::path(get, path = "/api/v1/batches/{id}/pieces", tag = "print", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>),
        (status = "default", body = Problem)))]
async fn pieces(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<BatchId>,
) -> Result<Response, WebError> {
    crate::print::file(&site, &viewer, id, File::Pieces).await
}

/// The addresses as CSV. Each person in it leaves an entry.
#[utoipa::path(get, path = "/api/v1/batches/{id}/addresses", tag = "print", params(("id" = String, Path)),
    responses((status = 200, content_type = "text/csv", body = String), (status = "default", body = Problem)))]
async fn addresses(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<BatchId>,
) -> Result<Response, WebError> {
    crate::print::file(&site, &viewer, id, File::List).await
}

/// Says that a batch was handed to the printer: its pieces are sent.
#[utoipa::path(post, path = "/api/v1/batches/{id}/handover", tag = "print", params(("id" = String, Path)),
    request_body = HandIn, responses((status = 204), (status = "default", body = Problem)))]
async fn hand_over(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<BatchId>,
    Body(body): Body<HandIn>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::PrintPieces)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let on = body
                .on
                .parse()
                .map_err(|_| ActError::invalid("on", "give a day, such as 2026-07-01"))?;
            print::hand_over(tx, ctx, id, body.revision, on)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Undoes a batch that was not handed over: its people wait again.
#[utoipa::path(post, path = "/api/v1/batches/{id}/undo", tag = "print", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
async fn undo(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<BatchId>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::PrintPieces)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| print::undo(tx, ctx, id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Records a piece that came back, by the code that stands on it.
#[utoipa::path(post, path = "/api/v1/returned-pieces", tag = "print", request_body = BackIn,
    responses((status = 200, body = BackOut), (status = "default", body = Problem)))]
async fn take_back(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<BackIn>,
) -> Result<Json<BackOut>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::PrintPieces)?;
    let taken = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let why = Returned::find(&body.why).ok_or_else(|| {
                ActError::invalid("why", "give no_such_address, moved or refused")
            })?;
            print::returned(tx, ctx, &body.code, why)
        })
        .await?;
    Ok(Json(BackOut {
        effect: taken.effect.as_str().to_owned(),
        was_known: taken.was_known,
    }))
}

/// Says who prints and posts; another one disarms sending.
#[utoipa::path(put, path = "/api/v1/settings/print", tag = "settings",
    params(("If-Match" = String, Header, description = "ETag of the settings read before")),
    request_body = PrintBody,
    responses((status = 204), (status = "default", body = Problem)))]
async fn put_print(
    State(site): State<Site>,
    viewer: Viewer,
    headers: HeaderMap,
    Body(body): Body<PrintBody>,
) -> Result<Response, WebError> {
    let unknown = || ActError::invalid("role", "give mail_house or none");
    let new = PrintShop {
        role: Printer::find(&body.role).ok_or_else(unknown)?,
        name: body.name,
        is_baa_on_file: body.is_baa_on_file,
        country: body.country,
        return_name: body.return_name,
        return_address: body.return_address,
        removal_phone: body.removal_phone,
    };
    super::settings::edit(&site, &viewer, &headers, move |tx, ctx| {
        settings::set_print(tx, ctx, &new)
    })
    .await
}
