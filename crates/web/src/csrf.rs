//! Forms that must come from a page of ours, in this session.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use maud::{Markup, html};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use crate::error::WebError;
use crate::serving::in_time;
use crate::session::Viewer;
use crate::site::Site;

/// The secret of one session's forms, and the number of this page's.
#[derive(Clone, PartialEq, Eq)]
pub struct CsrfToken {
    digits: String,
    once: String,
}

impl CsrfToken {
    /// A token of these digits; made from the session's secret.
    #[must_use]
    pub fn new(digits: String) -> Self {
        Self {
            digits,
            once: String::new(),
        }
    }

    /// The same for a page whose forms have this number: sent twice, each is done once
    /// ([`crate::once`]).
    #[must_use]
    pub fn numbered(mut self, once: String) -> Self {
        self.once = once;
        self
    }

    /// The hidden field that every form of ours carries.
    #[must_use]
    pub fn field(&self) -> Markup {
        html! {
            input type="hidden" name="csrf" value=(self.digits);
            @if !self.once.is_empty() { input type="hidden" name="once" value=(self.once); }
        }
    }

    /// Whether this is the token; takes the same time for every answer.
    #[must_use]
    pub fn is(&self, given: &str) -> bool {
        self.digits.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

/// A form whose token and origin were checked. Repeated fields fill a `Vec`.
#[derive(Debug, Clone)]
pub struct Protected<T>(pub T);

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    csrf: String,
}

impl<T: DeserializeOwned> FromRequest<Site> for Protected<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, site: &Site) -> Result<Self, WebError> {
        let viewer = request.extensions().get::<Viewer>().cloned();
        let viewer = viewer.ok_or(WebError::SignedOut { next: None })?;
        check_origin(request.headers(), site)?;
        let body = read_form(request, site).await?;
        let token: Token = parse(&body)?;
        if !viewer.csrf.is(&token.csrf) {
            return Err(WebError::Stale);
        }
        parse(&body).map(Self)
    }
}

/// A form of somebody who is not signed in (sign-in, the patient's pages): only read.
///
/// What it may do must rest on something else: a password, a signed link.
#[derive(Debug, Clone)]
pub struct OpenForm<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Site> for OpenForm<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, site: &Site) -> Result<Self, WebError> {
        parse(&read_form(request, site).await?).map(Self)
    }
}

async fn read_form(request: Request, site: &Site) -> Result<Bytes, WebError> {
    in_time(Bytes::from_request(request, site))
        .await?
        .map_err(|_| WebError::Malformed("the form is too long or was cut off".to_owned()))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, WebError> {
    // The error of the parser can quote what was typed, so it is not passed on.
    serde_html_form::from_bytes(body)
        .map_err(|_| WebError::Malformed("a field is missing or of the wrong kind".to_owned()))
}

/// Refuses what another site sent.
///
/// `Sec-Fetch-Site` decides where it is sent (https, and this machine). Else `Origin` does; our
/// own pages send `null` there, since they ask for no referrer, and then the token alone decides.
///
/// # Errors
///
/// [`WebError::Stale`] when the request names another origin.
pub fn check_origin(headers: &HeaderMap, site: &Site) -> Result<(), WebError> {
    if let Some(from) = text(headers.get("sec-fetch-site")) {
        return if matches!(from, "same-origin" | "none") {
            Ok(())
        } else {
            Err(WebError::Stale)
        };
    }
    let Some(origin) = text(headers.get(header::ORIGIN)).filter(|origin| *origin != "null") else {
        return Ok(());
    };
    let host = text(headers.get(header::HOST)).unwrap_or_default();
    let is_ours = origin == site.origin()
        || origin
            .split_once("://")
            .is_some_and(|(_, from)| from == host && !host.is_empty());
    if is_ours {
        Ok(())
    } else {
        Err(WebError::Stale)
    }
}

/// A header as text; what is no text is nobody's.
fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value.map(|value| value.to_str().unwrap_or("?"))
}
