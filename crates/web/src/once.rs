//! A form that is sent twice is done once.
//!
//! Each page gives its forms a number of its own. Two clicks on a button send the same bytes with
//! the same number; the second gets what the first was answered, or waits for it. A form that is
//! changed, or comes from a page that was loaded again, is another one.
//!
//! Only what ends in a redirect counts as done: a form that comes back with errors, and a count,
//! may be sent again.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::api::repeat::{self, hash};
use crate::components::notice::info;
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::serving::in_time;
use crate::session::Viewer;
use crate::site::Site;

/// The largest form that is looked at.
const MAX_FORM: usize = 2 << 20;
/// How long the second waits for the first, and how often it looks.
const LOOKS: usize = 50;
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[derive(Deserialize)]
struct Numbered {
    #[serde(default)]
    once: String,
}

/// Runs a form of a page at most once for its number.
pub(crate) async fn form(site: &Site, viewer: &Viewer, request: Request, next: Next) -> Response {
    if *request.method() != Method::POST || !is_sent_by_a_person(request.headers()) {
        return next.run(request).await;
    }
    match run(site, viewer, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

/// A form that the browser navigates with; not a file, and not what a script fetches while one
/// types.
fn is_sent_by_a_person(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    text("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
        && text("sec-fetch-mode").is_none_or(|mode| mode == "navigate")
}

async fn run(
    site: &Site,
    viewer: &Viewer,
    request: Request,
    next: Next,
) -> Result<Response, WebError> {
    let (parts, body) = request.into_parts();
    let body = in_time(to_bytes(body, MAX_FORM))
        .await?
        .map_err(|_| WebError::Malformed("the form is too long or was cut off".to_owned()))?;
    let key = key_of(viewer, parts.uri.path(), &body);
    let request = Request::from_parts(parts, Body::from(body));
    let Some(key) = key else {
        return Ok(next.run(request).await);
    };
    for _ in 0..LOOKS {
        match repeat::note(site, key, key).await? {
            None => {
                let response = next.run(request).await;
                return keep(site, key, response).await;
            }
            Some(kept) if kept.status != 0 => {
                return Ok(Redirect::to(&kept.response).into_response());
            }
            Some(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
    Ok((StatusCode::CONFLICT, done_before(viewer)).into_response())
}

fn key_of(viewer: &Viewer, path: &str, body: &Bytes) -> Option<[u8; 32]> {
    let numbered: Numbered = serde_html_form::from_bytes(body).ok()?;
    let session = viewer.session_hash()?;
    (!numbered.once.is_empty()).then(|| hash(&[b"form", &session, path.as_bytes(), body]))
}

async fn keep(site: &Site, key: [u8; 32], response: Response) -> Result<Response, WebError> {
    let to = response.headers().get(header::LOCATION);
    let to = to.and_then(|to| to.to_str().ok()).map(str::to_owned);
    match to.filter(|_| response.status().is_redirection()) {
        Some(to) => repeat::finish(site, key, response.status().as_u16(), to).await?,
        // What shows a secret once has done its work, too.
        None if response.extensions().get::<repeat::ShownOnce>().is_some() => {}
        None => repeat::forget(site, key).await?,
    }
    Ok(response)
}

/// Said when the first has not been answered, or showed something that is shown once.
fn done_before(viewer: &Viewer) -> maud::Markup {
    layout::page(
        viewer,
        Place::Today,
        "Sent twice",
        &info(
            "This form was sent twice",
            &maud::html! {
                p { "The first one is being done, or was done and showed something that is shown once. Look whether \
                     it is there before you send it again." }
            },
        ),
    )
}
