//! Stopping: one click of the mail program (RFC 8058), one button of the page, and the way to take
//! an authorization back in the same breath (S173).

use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use placet_app::patient;
use placet_domain::channel::Channel;
use placet_domain::instrument::Method;

use super::door::{Opened, no_such_link, organization};
use super::receipt;
use crate::components::field::hidden;
use crate::error::WebError;
use crate::layout;
use crate::serving::in_time;
use crate::site::Site;

/// `GET`: a page with a button. It changes nothing: link scanners open it, too.
pub async fn show(State(site): State<Site>, opened: Opened) -> Result<Markup, WebError> {
    let language = opened.language;
    let t = |english, spanish| language.say(english, spanish);
    let title = t("Stop e-mail", "No más correos");
    let body = html! {
        h1 { (title) }
        p { (t(
            "Press the button, and we send you no more marketing e-mail. Messages about your own care are not touched.",
            "Presione el botón y no le enviaremos más correos de marketing. Los mensajes sobre su atención no cambian.",
        )) }
        form method="post" action={ "/p/unsubscribe/" (opened.token) } {
            (hidden("via", "page"))
            button { (t("Stop marketing e-mail", "No más correos de marketing")) }
        }
        h2 { (t("Take back your permission, too", "Retirar también su permiso")) }
        p { (t(
            "Did you sign a form that lets us use your health information for marketing? This ends it. It does not affect your care.",
            "¿Firmó un formulario que nos deja usar su información de salud para marketing? Esto lo termina. No afecta su atención.",
        )) }
        form method="post" action={ "/p/revoke/" (opened.token) } {
            button.quiet { (t("Take back my permission", "Retirar mi permiso")) }
        }
        p { a href="/p/link" { (t("See and change all my choices", "Ver y cambiar todas mis opciones")) } }
    };
    Ok(layout::patient(
        language.code(),
        &organization(&site).await?,
        title,
        &body,
    ))
}

/// What a `POST` asks for.
enum Asked {
    OneClick,
    Page,
    Neither,
}

async fn asked(site: &Site, headers: &HeaderMap, request: Request) -> Asked {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let pairs = if kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
        read_multipart(site, request).await
    } else {
        let body = axum::body::to_bytes(request.into_body(), 16 << 10)
            .await
            .unwrap_or_default();
        serde_html_form::from_bytes::<Vec<(String, String)>>(&body).unwrap_or_default()
    };
    let has = |name: &str, value: &str| pairs.iter().any(|(n, v)| n == name && v == value);
    if has("List-Unsubscribe", "One-Click") {
        Asked::OneClick
    } else if has("via", "page") {
        Asked::Page
    } else {
        Asked::Neither
    }
}

async fn read_multipart(site: &Site, request: Request) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let Ok(mut parts) = Multipart::from_request(request, site).await else {
        return pairs;
    };
    while let Ok(Some(part)) = parts.next_field().await {
        let name = part.name().unwrap_or_default().to_owned();
        match part.text().await {
            Ok(value) if pairs.len() < 16 => pairs.push((name, value)),
            _ => break,
        }
    }
    pairs
}

/// `POST`: stops marketing e-mail. The mail program gets a plain 200 and no redirect; a person gets
/// a receipt.
pub async fn act(
    State(site): State<Site>,
    opened: Opened,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, WebError> {
    let method = match in_time(asked(&site, &headers, request)).await? {
        Asked::OneClick => Method::OneClick,
        Asked::Page => Method::SignedLink,
        Asked::Neither => return Ok(show(State(site), opened).await?.into_response()),
    };
    let (ctx, grant) = opened.acting(&site)?;
    let (link, evidence) = (opened.link, opened.evidence());
    let done = site
        .store()
        .act(grant, &ctx, move |tx, ctx| {
            patient::unsubscribe(tx, ctx, &link, Channel::Email, method, &evidence)
        })
        .await;
    Ok(match (done, method) {
        (Ok(_), Method::OneClick) => (StatusCode::OK, "Unsubscribed.\n").into_response(),
        (Ok(done), _) => receipt::page(&site, &opened, opened.language, &done)
            .await?
            .into_response(),
        (Err(error), _) => opened.failed(&site, error).await,
    })
}

/// `POST`: takes back every authorization, in one step.
pub async fn revoke(State(site): State<Site>, opened: Opened) -> Result<Response, WebError> {
    let (ctx, grant) = opened.acting(&site)?;
    let (link, evidence) = (opened.link, opened.evidence());
    let done = site
        .store()
        .act(grant, &ctx, move |tx, ctx| {
            patient::revoke_authorizations(tx, ctx, &link, &evidence)
        })
        .await;
    Ok(match done {
        Ok(done) => receipt::page(&site, &opened, opened.language, &done)
            .await?
            .into_response(),
        Err(placet_app::ActError::NotFound(_)) => no_such_link(&site, opened.language).await,
        Err(error) => opened.failed(&site, error).await,
    })
}
