//! The person's own pages: what is held, what may be sent, and how to stop it. A signed link opens
//! them; there is no account and no cookie.
//!
//! A link that is forged, altered or expired always gets the same answer ([`door::Opened`]), with
//! a way to ask for a fresh one. Start with [`choices`].
//!
//! INVARIANT: `GET` changes nothing a person chose; link scanners fetch every address.
//! INVARIANT: no page here names a department, a condition, or the person.

mod choices;
mod door;
mod fresh;
mod receipt;
mod unsubscribe;
mod words;

use axum::http::HeaderMap;
use maud::{Markup, html};

use self::words::Language;
use crate::error::WebError;
use crate::layout;
use crate::routes::{Routes, Rule};
use crate::site::Site;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    const LINK: Rule = Rule::SignedLink;
    Routes::new()
        .get("/p/preferences/{token}", LINK, choices::show)
        .post("/p/preferences/{token}", LINK, choices::choose)
        .get("/p/unsubscribe/{token}", LINK, unsubscribe::show)
        .post("/p/unsubscribe/{token}", LINK, unsubscribe::act)
        .post("/p/revoke/{token}", LINK, unsubscribe::revoke)
        .get("/p/receipt/{token}/{entry}", LINK, receipt::text)
        .get("/p/receipt/{token}/{entry}/json", LINK, receipt::json)
        .get("/p/link", Rule::Public, fresh::show)
        .post("/p/link", Rule::Public, fresh::ask)
}

/// What a person reads when their page failed: no word of ours, and the way back to it.
pub(crate) async fn failed(
    site: &Site,
    headers: &HeaderMap,
    error: &WebError,
    back: Option<&str>,
) -> Markup {
    let language = Language::asked(headers);
    let t = |english, spanish| language.say(english, spanish);
    let title = t("This did not work", "Esto no funcionó");
    let why = match error {
        WebError::Refused { code, .. } if code == "wording.changed" => t(
            "The text of this page has changed since you opened it. Open it again, read it, and choose.",
            "El texto de esta página cambió desde que la abrió. Ábrala otra vez, léala y elija.",
        ),
        WebError::NotFound => t(
            "There is nothing at this address. A part of it may be missing.",
            "No hay nada en esta dirección. Puede faltarle una parte.",
        ),
        WebError::TooMany(_) => t(
            "Too many people ask us at this moment. Please try again in a minute.",
            "Muchas personas nos escriben en este momento. Intente otra vez en un minuto.",
        ),
        WebError::Malformed(_) | WebError::Invalid(_) => t(
            "We could not read what was sent. Please try again.",
            "No pudimos leer lo que se envió. Intente otra vez.",
        ),
        _ => t(
            "Something went wrong on our side. Please try again in a moment.",
            "Algo falló de nuestro lado. Intente otra vez en un momento.",
        ),
    };
    let body = html! {
        h1 { (title) }
        p { (why) }
        p { (t("Nothing was changed.", "No se cambió nada.")) }
        @if let Some(back) = back {
            p { a.button href=(back) { (t("Open the page again", "Abrir la página otra vez")) } }
        }
        p { (t(
            "You can also answer any message from us, call us, or tell us in person.",
            "También puede responder a cualquier mensaje nuestro, llamarnos o decirlo en persona.",
        )) }
    };
    // When not even the name can be read, the page says it without.
    let organization = door::organization(site).await.unwrap_or_default();
    layout::patient(language.code(), &organization, title, &body)
}
