//! The API frame: bearer tokens, budgets, repeated requests, problems, one described document.
//!
//! A noun's API lives in `api/<noun>.rs`: handlers with `#[utoipa::path]`, `routes()` and a
//! `Document` (`#[derive(OpenApi)]`), both named in [`routes`] and [`document`]. A write answers
//! with ids and codes only, since its answer is kept for repeats.
//!
//! INVARIANT: cookies open nothing here, so no other site can use a browser's session.

mod absences;
pub mod audiences;
pub mod bearer;
mod body;
pub mod budget;
mod calls;
pub mod campaigns;
mod claims;
mod comments;
pub mod contents;
pub mod cursor;
mod data;
mod document;
pub mod edit;
mod flows;
pub mod health;
pub mod imports;
pub mod instruments;
mod journeys;
mod ledger;
mod measures;
mod noisy_counts;
pub mod people;
pub mod preferences;
mod print;
pub mod repeat;
mod reports;
mod review_table;
mod reviews;
mod rules;
mod servers;
mod settings;
mod signing;
mod staff_mail;
mod sums;
mod triggers;
mod whoami;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{OpenApi as _, ToSchema};

pub use body::Body;

use crate::error::WebError;
use crate::routes::Routes;
use crate::session::Viewer;
use crate::site::Site;

pub use document::document;

/// Every route of the API.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .merge(health::routes())
        .merge(imports::routes())
        .merge(instruments::routes())
        .merge(people::routes())
        .merge(preferences::routes())
        .merge(print::routes())
        .merge(calls::routes())
        .merge(document::routes())
        .merge(whoami::routes())
        .merge(settings::routes())
        .merge(signing::routes())
        .merge(staff_mail::routes())
        .merge(contents::routes())
        .merge(reviews::routes())
        .merge(review_table::routes())
        .merge(absences::routes())
        .merge(claims::routes())
        .merge(comments::routes())
        .merge(campaigns::routes())
        .merge(triggers::routes())
        .merge(journeys::routes())
        .merge(reports::routes())
        .merge(audiences::routes())
        .merge(ledger::routes())
        .merge(measures::routes())
        .merge(noisy_counts::routes())
        .merge(sums::routes())
        .merge(rules::routes())
        .merge(data::routes())
        .merge(flows::routes())
        .merge(servers::routes())
}

/// Serves a request within its token's budget, and a write once for its key.
pub(crate) async fn serve(site: &Site, viewer: &Viewer, request: Request, next: Next) -> Response {
    let left = site.budgets().take(&viewer.ctx.actor.code(), site.now());
    let mut response = if left.is_within {
        repeat::once(site, viewer, request, next).await
    } else {
        WebError::TooMany(1).into_response()
    };
    left.say(response.headers_mut());
    response
}

/// The description of each noun's part.
fn documents() -> Vec<utoipa::openapi::OpenApi> {
    vec![
        audiences::Document::openapi(),
        campaigns::Document::openapi(),
        triggers::Document::openapi(),
        journeys::Document::openapi(),
        reports::Document::openapi(),
        contents::Document::openapi(),
        reviews::Document::openapi(),
        review_table::Document::openapi(),
        absences::Document::openapi(),
        claims::Document::openapi(),
        comments::Document::openapi(),
        imports::Document::openapi(),
        instruments::Document::openapi(),
        people::Document::openapi(),
        preferences::Document::openapi(),
        print::Document::openapi(),
        calls::Document::openapi(),
        whoami::Document::openapi(),
        settings::Document::openapi(),
        signing::Document::openapi(),
        staff_mail::Document::openapi(),
        ledger::Document::openapi(),
        measures::Document::openapi(),
        noisy_counts::Document::openapi(),
        sums::Document::openapi(),
        rules::Document::openapi(),
        data::Document::openapi(),
        flows::Document::openapi(),
        servers::Document::openapi(),
    ]
}

/// One page of a list: what is on it, and where the next one starts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Listed<T> {
    /// What is on this page.
    pub items: Vec<T>,
    /// Give it as `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A problem, as RFC 9457 has it; `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// What kind: `urn:placet:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The status.
    pub status: u16,
    /// This case in words.
    pub detail: String,
    /// The code alone.
    pub code: String,
    /// The request, as the log names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}
