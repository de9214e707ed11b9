//! Where the provider of text messages tells us things: answers of readers, messages that did not
//! arrive.
//!
//! Whoever calls gets one of two answers, whatever the call says: taken, or not known here. Nothing
//! is read before the provider's signature fits (`app/text.rs`), and the same call twice is one.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, OriginalUri, State};
use axum::handler::Handler;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::html;
use placet_app::report::Taken;
use placet_app::text::{self, Call};
use placet_domain::id::DeliveryId;
use placet_domain::operator::Actor;
use placet_domain::report::Kind;
use placet_domain::settings::TextProvider;

use crate::error::WebError;
use crate::extract::Id;
use crate::routes::{Routes, Rule};
use crate::site::Site;

/// The most of a call that is read.
const BODY_BYTES: usize = 64 << 10;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    let at_most = || DefaultBodyLimit::max(BODY_BYTES);
    Routes::new()
        .post("/hooks/texts", Rule::SignedCall, answered.layer(at_most()))
        .post(
            "/hooks/texts/{delivery}",
            Rule::SignedCall,
            told.layer(at_most()),
        )
}

/// `POST`: a reader answered.
async fn answered(
    State(site): State<Site>,
    uri: OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, WebError> {
    take(&site, &uri, &headers, &body, None).await
}

/// `POST`: what became of a message.
async fn told(
    State(site): State<Site>,
    Id(delivery): Id<DeliveryId>,
    uri: OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, WebError> {
    take(&site, &uri, &headers, &body, Some(delivery)).await
}

async fn take(
    site: &Site,
    OriginalUri(uri): &OriginalUri,
    headers: &HeaderMap,
    body: &[u8],
    delivery: Option<DeliveryId>,
) -> Result<Response, WebError> {
    let (set, help) = site.store().read(text::desk).await?;
    let (Some(set), Some(secret)) = (set, site.text_secret()) else {
        return Ok(refused());
    };
    let heard = {
        let header = |name: &str| {
            let value = headers.get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let path = uri.path_and_query().map_or("", |it| it.as_str());
        let call = Call {
            // As the provider knows it, whatever stands in between.
            url: &site.url(path),
            header: &header,
            body,
            delivery,
            at: site.now(),
        };
        text::hear(&set, secret, &call)
    };
    let heard = match heard {
        Ok(Some(heard)) => heard,
        Ok(None) => return Ok(taken(set.provider, None)),
        Err(_) => return Ok(refused()),
    };
    let ctx = site.ctx(Actor::System("text provider"), None);
    let grant = ctx.actor.may_as_system().ok_or(WebError::NotFound)?;
    let Taken {
        kind, was_known, ..
    } = site
        .store()
        .act(grant, &ctx, move |tx, ctx| text::take(tx, ctx, &heard))
        .await?;
    let asks_help = kind == Kind::Help && !was_known;
    Ok(taken(set.provider, asks_help.then_some(help)))
}

/// The same to everybody who cannot sign.
fn refused() -> Response {
    (StatusCode::FORBIDDEN, "not known here\n").into_response()
}

/// Taken. Twilio hands on what is answered to whoever asked for help; Telnyx answers it itself, by
/// its own keywords.
fn taken(provider: TextProvider, help: Option<String>) -> Response {
    match provider {
        TextProvider::Twilio => {
            let body = html! {
                (maud::PreEscaped(r#"<?xml version="1.0" encoding="UTF-8"?>"#))
                Response { @if let Some(help) = help { Message { (help) } } }
            };
            let kind = [(header::CONTENT_TYPE, "text/xml; charset=utf-8")];
            (kind, body.into_string()).into_response()
        }
        TextProvider::Telnyx => StatusCode::OK.into_response(),
    }
}
