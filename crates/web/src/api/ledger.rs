//! The ledger, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use placet_app::ledger::{self, Filter, Opened};
use placet_domain::id::PersonId;
use placet_domain::operator::Capability;
use placet_ledger::to_hex;
use placet_store::Tx;
use placet_store::ledger::{self as stored, StoredEntry};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{Listed, Problem, cursor};
use crate::account::Read;
use crate::error::WebError;
use crate::extract::Id;
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewLedger);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/ledger/key", VIEW, key)
        .get("/api/v1/ledger/entries", VIEW, list)
        .get("/api/v1/ledger/entries/{place}", VIEW, show)
        .get("/api/v1/ledger/entries/{place}/receipt", VIEW, receipt)
        .get("/api/v1/ledger/checkpoints", VIEW, checkpoints)
        .get("/api/v1/ledger/consistency", VIEW, consistency)
        .post("/api/v1/ledger/replays", VIEW, replay)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(key, list, show, receipt, checkpoints, consistency, replay))]
pub struct Document;

/// An entry: its place and exactly what its bytes say.
#[derive(Serialize, ToSchema)]
struct EntryOut {
    place: u64,
    /// Lower-case hexadecimal.
    leaf_hash: String,
    /// The entry: `id`, `kind`, `at`, `actor`, and more when there is more.
    #[schema(value_type = Object)]
    entry: serde_json::Value,
}

impl EntryOut {
    fn of(entry: &StoredEntry) -> Self {
        Self {
            place: entry.place.unwrap_or_default(),
            leaf_hash: to_hex(&placet_ledger::leaf_hash(&entry.body)),
            entry: serde_json::from_slice(&entry.body).unwrap_or_default(),
        }
    }
}

/// A signed head of the log.
#[derive(Serialize, ToSchema)]
struct CheckpointOut {
    size: u64,
    /// Lower-case hexadecimal.
    root: String,
    /// The signed note, after C2SP tlog-checkpoint.
    note: String,
    signed_at: String,
}

impl CheckpointOut {
    fn of(it: &stored::StoredCheckpoint) -> Self {
        Self {
            size: it.size,
            root: to_hex(&it.root),
            note: it.note.clone(),
            signed_at: it.at.to_string(),
        }
    }
}

/// That one head continues another.
#[derive(Serialize, ToSchema)]
struct ConsistencyOut {
    old: CheckpointOut,
    new: CheckpointOut,
    /// The proof of RFC 6962, lower-case hexadecimal.
    path: Vec<String>,
}

/// The public key of the log.
#[derive(Serialize, ToSchema)]
struct KeyOut {
    /// In the form of C2SP signed-note.
    verifier_key: String,
}

/// Reads the public key of the log.
#[utoipa::path(get, path = "/api/v1/ledger/key", tag = "ledger",
    responses((status = 200, body = KeyOut), (status = "default", body = Problem)))]
async fn key(State(site): State<Site>) -> Json<KeyOut> {
    Json(KeyOut {
        verifier_key: site.store().ledger_key().to_string(),
    })
}

/// Lists entries, newest first. Asking by person leaves an entry.
#[utoipa::path(get, path = "/api/v1/ledger/entries", tag = "ledger",
    params(
        ("kind" = Option<String>, Query, description = "Of this kind only"),
        ("person" = Option<String>, Query, description = "About this person only"),
        ("after" = Option<u64>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, description = "1 to 200, 50 as a rule")
    ),
    responses((status = 200, body = Listed<EntryOut>), (status = "default", body = Problem)))]
async fn list(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
) -> Result<Json<Listed<EntryOut>>, WebError> {
    let (before, limit) = (cursor::after(&query)?, u64::from(cursor::limit(&query)?));
    let found = match query.get("person") {
        Some(person) => {
            let person: PersonId = person
                .parse()
                .map_err(|_| WebError::Malformed("`person` is an id".to_owned()))?;
            let about = move |tx: &mut Tx, _: &placet_app::Ctx| {
                ledger::list_about(tx, person, before, limit)
            };
            let grant = viewer.ctx.actor.may(Capability::ViewLedger)?;
            site.store().act(grant, &viewer.ctx, about).await?
        }
        None => {
            let kind = query.get("kind").map(str::to_owned);
            let filter = Filter {
                kind,
                until: None,
                before,
            };
            site.store()
                .read(move |tx| ledger::list(tx, &filter, limit))
                .await?
        }
    };
    Ok(Json(Listed {
        items: found.entries.iter().map(EntryOut::of).collect(),
        next: found.next.map(|place| place.to_string()),
    }))
}

async fn open(site: &Site, viewer: &Viewer, place: u64) -> Result<Opened, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewLedger)?;
    let open = move |tx: &mut Tx, ctx: &placet_app::Ctx| ledger::open(tx, ctx, place);
    Ok(site.store().act(grant, &viewer.ctx, open).await?)
}

/// Reads one entry. Reading one about a person leaves an entry.
#[utoipa::path(get, path = "/api/v1/ledger/entries/{place}", tag = "ledger",
    params(("place" = u64, Path)),
    responses((status = 200, body = EntryOut), (status = "default", body = Problem)))]
async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(place): Id<u64>,
) -> Result<Json<EntryOut>, WebError> {
    Ok(Json(EntryOut::of(
        &open(&site, &viewer, place).await?.entry,
    )))
}

/// Reads the receipt of one entry, after C2SP tlog-proof.
#[utoipa::path(get, path = "/api/v1/ledger/entries/{place}/receipt", tag = "ledger",
    params(("place" = u64, Path)),
    responses((status = 200, body = String, content_type = "text/plain"), (status = "default", body = Problem)))]
async fn receipt(
    State(site): State<Site>,
    viewer: Viewer,
    Id(place): Id<u64>,
) -> Result<Response, WebError> {
    let receipt = open(&site, &viewer, place)
        .await?
        .receipt
        .ok_or_else(|| WebError::Refused {
            code: "ledger.not_covered".to_owned(),
            why: "no signed head covers this entry yet; ask again in a second".to_owned(),
        })?;
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((kind, receipt.to_text()).into_response())
}

/// Lists the signed heads, the largest first.
#[utoipa::path(get, path = "/api/v1/ledger/checkpoints", tag = "ledger",
    params(
        ("after" = Option<u64>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, description = "1 to 200, 50 as a rule")
    ),
    responses((status = 200, body = Listed<CheckpointOut>), (status = "default", body = Problem)))]
async fn checkpoints(
    State(site): State<Site>,
    query: Query,
) -> Result<Json<Listed<CheckpointOut>>, WebError> {
    let (below, limit) = (cursor::after(&query)?, u64::from(cursor::limit(&query)?));
    let read = move |tx: &mut Tx| -> Read<_> { stored::list_checkpoints(tx, below, limit) };
    let heads = site.store().read(read).await?;
    let is_full = heads.len() as u64 == limit;
    Ok(Json(Listed {
        next: heads
            .last()
            .filter(|_| is_full)
            .map(|head| head.size.to_string()),
        items: heads.iter().map(CheckpointOut::of).collect(),
    }))
}

/// Proves that the log at one checkpoint is the beginning of the log at a later one.
#[utoipa::path(get, path = "/api/v1/ledger/consistency", tag = "ledger",
    params(
        ("old" = u64, Query, description = "Size of the earlier checkpoint"),
        ("new" = u64, Query, description = "Size of the later checkpoint")
    ),
    responses((status = 200, body = ConsistencyOut), (status = "default", body = Problem)))]
async fn consistency(
    State(site): State<Site>,
    query: Query,
) -> Result<Json<ConsistencyOut>, WebError> {
    let size = |name| query.get(name).and_then(|text| text.parse::<u64>().ok());
    let (old, new) = size("old").zip(size("new")).ok_or_else(|| {
        WebError::Malformed("give `old` and `new`, the sizes of two checkpoints".to_owned())
    })?;
    let it = site
        .store()
        .read(move |tx| ledger::consistency(tx, old, new))
        .await?;
    Ok(Json(ConsistencyOut {
        old: CheckpointOut::of(&it.old),
        new: CheckpointOut::of(&it.new),
        path: it.path.iter().map(|hash| to_hex(hash)).collect(),
    }))
}

/// Where to start.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayIn {
    /// `next` of the answer before; left out, the first decision.
    #[serde(default)]
    after: Option<String>,
}

/// Decisions taken again.
#[derive(Serialize, ToSchema)]
struct ReplayOut {
    n_decisions: u64,
    /// Byte for byte as they were stored.
    n_matched: u64,
    /// Of people who were erased: nobody can open them.
    n_erased: u64,
    n_findings: u64,
    /// `decision`, `decided_at`, `pack`, `wrong` and more.
    #[schema(value_type = Vec<Object>)]
    findings: Vec<placet_app::replay::Finding>,
    /// Give it as `after` to go on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Takes 500 stored decisions again under the rules that took them, and compares byte for byte.
#[utoipa::path(post, path = "/api/v1/ledger/replays", tag = "ledger", request_body = ReplayIn,
    responses((status = 200, body = ReplayOut), (status = "default", body = Problem)))]
async fn replay(
    State(site): State<Site>,
    viewer: Viewer,
    super::Body(asked): super::Body<ReplayIn>,
) -> Result<Json<ReplayOut>, WebError> {
    let after = asked.after.map(|text| text.parse()).transpose();
    let after = after
        .map_err(|_| WebError::Malformed("`after` is not the `next` of an answer".to_owned()))?;
    let found = crate::ledger::replay::replayed(&site, &viewer, after, 1).await?;
    Ok(Json(ReplayOut {
        n_decisions: found.n_decisions,
        n_matched: found.n_matched,
        n_erased: found.n_erased,
        n_findings: found.n_findings,
        findings: found.findings,
        next: found.next.map(|id| id.to_string()),
    }))
}
