//! The mail as a reader would see it, with made-up values, for a frame that can do nothing.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use placet_app::{ActError, content};
use placet_domain::content::Version;
use placet_domain::id::VersionId;
use placet_domain::template::{FilledMail, fill};
use placet_store::contents;

use crate::error::WebError;
use crate::extract::Id;
use crate::headers::SANDBOX_POLICY;
use crate::site::Site;

/// `GET`: the HTML part alone, sandboxed.
pub async fn show(State(site): State<Site>, Id(id): Id<VersionId>) -> Result<Response, WebError> {
    let version = site
        .store()
        .read(move |tx| contents::find_version(tx, id)?.ok_or(ActError::NotFound("version")))
        .await?;
    let html = match sample(&version) {
        Some(mail) => mail.html,
        None => "<!doctype html><title>Preview</title><p>This version cannot be rendered.</p>"
            .to_owned(),
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(SANDBOX_POLICY),
        ),
    ];
    Ok((headers, html).into_response())
}

/// The mail with made-up values; none when the version cannot be rendered.
pub fn sample(version: &Version) -> Option<FilledMail> {
    let rendered = content::render(&version.draft).ok()?;
    fill(&rendered, &content::samples(&version.draft)).ok()
}
