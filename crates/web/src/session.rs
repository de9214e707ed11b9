//! Who is looking: the signed-in operator behind a request, or the token of a machine.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use placet_app::Ctx;
use placet_domain::operator::Capability;

use crate::csrf::CsrfToken;
use crate::error::WebError;
use crate::site::Site;

/// Minutes without a page before a session ends (45 CFR 164.312(a)(2)(iii)).
pub const IDLE_MINUTES: i64 = 15;
/// Hours after which a session ends in any case.
pub const ABSOLUTE_HOURS: i64 = 12;

/// The operator who looks at a page. Taking it as a parameter means: signed in.
#[derive(Clone)]
pub struct Viewer {
    /// The context of the acts of this request.
    pub ctx: Ctx,
    /// How the operator is called.
    pub name: String,
    /// The token that forms carry.
    pub csrf: CsrfToken,
}

impl Viewer {
    /// Whether a part of the page may be shown.
    #[must_use]
    pub fn can(&self, capability: Capability) -> bool {
        self.ctx.actor.may(capability).is_ok()
    }
}

impl FromRequestParts<Site> for Viewer {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &Site) -> Result<Self, WebError> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(WebError::SignedOut { next: None })
    }
}

/// The context of an authenticated request; taking it means: signed in.
pub struct Authenticated(pub Ctx);

impl FromRequestParts<Site> for Authenticated {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, WebError> {
        Viewer::from_request_parts(parts, site)
            .await
            .map(|viewer| Self(viewer.ctx))
    }
}

/// The viewer behind a request, by cookie or, for the API, by token.
pub(crate) async fn find_viewer(_site: &Site, _parts: &Parts) -> Result<Option<Viewer>, WebError> {
    Ok(None)
}

/// The cookie that keeps a session alive, when this request is a person's and it is time.
pub(crate) fn renewal(_site: &Site, _parts: &Parts, _viewer: &Viewer) -> Option<HeaderValue> {
    None
}

/// Adds the cookie unless the handler has set or ended one.
pub(crate) fn set_unless_set(response: &mut Response, cookie: HeaderValue) {
    if !response.headers().contains_key(header::SET_COOKIE) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}
