//! `Idempotency-Key`: a write that is sent twice is done once.
//!
//! The key is noted before the act and the answer kept after it. When the program ends in
//! between, the key stays noted without an answer: a repeat is refused, since nobody can tell
//! whether the act was done.

use aws_lc_rs::digest::{Context, SHA256};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use placet_domain::operator::Actor;
use placet_store::StoreError;
use placet_store::repeats::{self, Kept};

use super::imports;
use crate::error::WebError;
use crate::serving::in_time;
use crate::session::Viewer;
use crate::site::Site;

/// How long an answer is kept.
const KEPT_HOURS: i64 = 24;
/// The largest body of a write that names itself.
const MAX_BODY: usize = 2 << 20;
/// The largest answer that is kept.
const MAX_ANSWER: usize = 64 << 10;

/// Set on an answer that must not be kept: it holds a secret that is shown once.
#[derive(Debug, Clone, Copy)]
pub struct ShownOnce;

/// Runs a write at most once for its key.
pub(crate) async fn once(site: &Site, viewer: &Viewer, request: Request, next: Next) -> Response {
    let key = request.headers().get("idempotency-key").cloned();
    let is_write = !matches!(*request.method(), Method::GET | Method::HEAD);
    // An import is a stream that is never held, and repeating it changes nothing.
    let is_import = request.uri().path().starts_with(imports::PREFIX);
    let Some(key) = key.filter(|_| is_write && !is_import) else {
        return next.run(request).await;
    };
    match run(site, viewer, &key, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn run(
    site: &Site,
    viewer: &Viewer,
    key: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, WebError> {
    if key.is_empty() || key.len() > 255 {
        return Err(WebError::Malformed(
            "`Idempotency-Key` has 1 to 255 characters".to_owned(),
        ));
    }
    let (parts, body) = request.into_parts();
    let body = in_time(to_bytes(body, MAX_BODY))
        .await?
        .map_err(|_| WebError::Malformed("the body is too long or was cut off".to_owned()))?;
    let code = viewer.ctx.actor.code();
    let key = hash(&[code.as_bytes(), key.as_bytes()]);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let asked = hash(&[parts.method.as_str().as_bytes(), path.as_bytes(), &body]);
    if let Some(kept) = note(site, key, asked).await? {
        return replay(&kept, &asked);
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    keep(site, key, response).await
}

/// SHA-256 of these parts, each with its length.
pub(crate) fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.iter_mut()
        .zip(context.finish().as_ref())
        .for_each(|(to, from)| *to = *from);
    hash
}

/// Notes the key; answers what is kept when it was noted before.
pub(crate) async fn note(
    site: &Site,
    key: [u8; 32],
    asked: [u8; 32],
) -> Result<Option<Kept>, WebError> {
    act(site, move |tx, now| {
        let forget_before = now - SignedDuration::from_hours(KEPT_HOURS);
        if repeats::begin(tx, &key, &asked, now, forget_before)? {
            return Ok(None);
        }
        repeats::find(tx, &key)
    })
    .await
}

fn replay(kept: &Kept, asked: &[u8; 32]) -> Result<Response, WebError> {
    if kept.request != *asked {
        return Err(refused(
            "idempotency.key_reused",
            "this key named another request; use a new key for each request",
        ));
    }
    let status = StatusCode::from_u16(kept.status)
        .ok()
        .filter(|_| kept.status != 0);
    let Some(status) = status else {
        return Err(refused(
            "idempotency.unknown",
            "a request with this key was begun and its answer is not known; \
             look whether it was done before you use a new key",
        ));
    };
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/json"),
        ("idempotent-replayed", "true"),
    ];
    Ok((status, headers, kept.response.clone()).into_response())
}

fn refused(code: &str, why: &str) -> WebError {
    WebError::Refused {
        code: code.to_owned(),
        why: why.to_owned(),
    }
}

/// Keeps the answer of an act that was done; forgets the key of one that was refused, so that
/// it can be sent again once corrected.
async fn keep(site: &Site, key: [u8; 32], response: Response) -> Result<Response, WebError> {
    let status = response.status();
    if !status.is_success() {
        // Nothing was done: an act that fails keeps nothing.
        forget(site, key).await?;
        return Ok(response);
    }
    if response.extensions().get::<ShownOnce>().is_some() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body: Bytes = to_bytes(body, MAX_ANSWER)
        .await
        .map_err(|_| WebError::Internal("an answer was too long to keep".to_owned()))?;
    let text = String::from_utf8_lossy(&body).into_owned();
    finish(site, key, status.as_u16(), text).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Keeps the answer of this key.
pub(crate) async fn finish(
    site: &Site,
    key: [u8; 32],
    status: u16,
    text: String,
) -> Result<(), WebError> {
    act(site, move |tx, _| repeats::finish(tx, &key, status, &text)).await
}

/// Forgets a key whose request did nothing.
pub(crate) async fn forget(site: &Site, key: [u8; 32]) -> Result<(), WebError> {
    act(site, move |tx, _| repeats::forget(tx, &key)).await
}

async fn act<T, F>(site: &Site, mut f: F) -> Result<T, WebError>
where
    F: FnMut(&mut placet_store::Tx, placet_domain::time::Timestamp) -> Result<T, StoreError>
        + Send
        + 'static,
    T: Send + 'static,
{
    let ctx = site.ctx(Actor::System("api"), None);
    let grant = ctx.actor.may_as_system().ok_or(WebError::NotFound)?;
    Ok(site
        .store()
        .act(grant, &ctx, move |tx, ctx| f(tx, ctx.now))
        .await?)
}
