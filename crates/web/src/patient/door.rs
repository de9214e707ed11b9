//! The door: a token is a link, or it gets the one answer that every bad token gets.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use placet_app::patient::link::Link;
use placet_app::{ActError, Ctx, patient};
use placet_domain::id::RequestId;
use placet_domain::instrument::{Evidence, IpClass};
use placet_domain::operator::{Actor, Grant};

use super::fresh;
use super::words::Language;
use crate::error::WebError;
use crate::site::Site;

/// A link that was found to be ours, and what came with the request.
pub struct Opened {
    pub(super) link: Link,
    /// The token as it stands in the address, for the addresses of this page's forms.
    pub(super) token: String,
    pub(super) language: Language,
    evidence: Evidence,
    request: Option<RequestId>,
}

impl FromRequestParts<Site> for Opened {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let language = Language::asked(&parts.headers);
        let pairs = Path::<Vec<(String, String)>>::from_request_parts(parts, site).await;
        let token = pairs.ok().and_then(|Path(pairs)| {
            pairs
                .into_iter()
                .find(|(name, _)| name == "token")
                .map(|(_, token)| token)
        });
        let token = token.unwrap_or_default();
        let Ok(link) = Link::read(site.store().keys(), &token, site.now()) else {
            return Err(no_such_link(site, language).await);
        };
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let evidence = Evidence {
            source: "patient_page".to_owned(),
            form_version: env!("CARGO_PKG_VERSION").to_owned(),
            ip_class: address.map_or(IpClass::None, |ConnectInfo(from)| IpClass::of(from.ip())),
            document: link.reference(),
        };
        let request = parts.extensions.get::<RequestId>().copied();
        Ok(Self {
            link,
            token,
            language,
            evidence,
            request,
        })
    }
}

/// The one answer to every token that opens nothing; also to one whose person is gone.
pub(super) async fn no_such_link(site: &Site, language: Language) -> Response {
    match organization(site).await {
        Ok(organization) => {
            let page = fresh::page(&organization, language, true);
            (StatusCode::NOT_FOUND, page).into_response()
        }
        Err(error) => error.into_response(),
    }
}

/// Who writes to them.
pub(super) async fn organization(site: &Site) -> Result<String, WebError> {
    Ok(site.store().read(patient::organization).await?)
}

impl Opened {
    pub(super) fn evidence(&self) -> Evidence {
        self.evidence.clone()
    }

    /// The context and leave of an act of the person on what is held of them.
    pub(super) fn acting(&self, site: &Site) -> Result<(Ctx, Grant), WebError> {
        acting(site, self.request)
    }

    /// The answer to an act that failed: a person who is not held any more is no news to tell.
    pub(super) async fn failed(&self, site: &Site, error: ActError) -> Response {
        match error {
            ActError::NotFound(_) => no_such_link(site, self.language).await,
            ActError::Refused {
                code: "link.only_reduces",
                ..
            } => no_such_link(site, self.language).await,
            other => WebError::from(other).into_response(),
        }
    }
}

/// The context and leave of an act of the person themself.
pub(super) fn acting(site: &Site, request: Option<RequestId>) -> Result<(Ctx, Grant), WebError> {
    let ctx = site.ctx(Actor::Person, request);
    let grant = ctx.actor.may_for_self().ok_or(WebError::NotFound)?;
    Ok((ctx, grant))
}

impl Language {
    /// What the browser asks for first, of the two that we speak.
    pub(super) fn asked(headers: &HeaderMap) -> Self {
        let asked = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        Self::of(asked.unwrap_or_default())
    }
}
