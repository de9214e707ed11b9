//! A fresh link: asked for with an e-mail address, sent to that address and nowhere else. The
//! answer is the same whoever asks.

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use maud::{Markup, html};
use placet_app::patient;
use placet_domain::id::RequestId;
use serde::Deserialize;

use super::door::{acting, organization};
use super::words::Language;
use crate::components::field::Field;
use crate::csrf::OpenForm;
use crate::error::WebError;
use crate::layout;
use crate::site::Site;

#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    email: String,
}

/// The form; `is_dead` when a link that does not work led here.
pub(super) fn page(organization: &str, language: Language, is_dead: bool) -> Markup {
    let t = |english, spanish| language.say(english, spanish);
    let title = if is_dead {
        t("This link does not work", "Este enlace no funciona")
    } else {
        t("Get a fresh link", "Pedir un enlace nuevo")
    };
    let body = html! {
        h1 { (title) }
        @if is_dead {
            p { (t(
                "It may be too old, or a part of it may be missing. Nothing was changed.",
                "Puede ser muy viejo o le puede faltar una parte. No se cambió nada.",
            )) }
        }
        p { (t(
            "Type your e-mail address. If we know it, our staff sends a fresh link to it. Nobody else gets it.",
            "Escriba su correo electrónico. Si lo conocemos, nuestro personal le envía un enlace nuevo. Nadie más lo recibe.",
        )) }
        form.stacked method="post" action="/p/link" {
            (Field::email("email", t("E-mail address", "Correo electrónico"))
                .required().autocomplete("email").max(254).render())
            button { (t("Send me a link", "Envíenme un enlace")) }
        }
        p { (t(
            "You can also answer any message from us, call us, or tell us in person.",
            "También puede responder a cualquier mensaje nuestro, llamarnos o decirlo en persona.",
        )) }
    };
    layout::patient(language.code(), organization, title, &body)
}

/// `GET`: the form.
pub async fn show(State(site): State<Site>, headers: HeaderMap) -> Result<Markup, WebError> {
    Ok(page(
        &organization(&site).await?,
        Language::asked(&headers),
        false,
    ))
}

/// `POST`: notes the request; says the same whether the address is known or not.
pub async fn ask(
    State(site): State<Site>,
    headers: HeaderMap,
    request: Option<Extension<RequestId>>,
    OpenForm(form): OpenForm<Form>,
) -> Result<Markup, WebError> {
    // One budget for everybody: this form must not become a flood of mail.
    if !site.budgets().take("public:link", site.now()).is_within {
        return Err(WebError::TooMany(60));
    }
    let language = Language::asked(&headers);
    let (ctx, grant) = acting(&site, request.map(|Extension(id)| id))?;
    site.store()
        .act(grant, &ctx, move |tx, ctx| {
            patient::ask_for_link(tx, ctx, &form.email)
        })
        .await?;
    let title = language.say("We have your request", "Recibimos su solicitud");
    let body = html! {
        h1 { (title) }
        p { (language.say(
            "If we know this address, our staff will send a fresh link to it. It can take a day.",
            "Si conocemos esta dirección, nuestro personal le enviará un enlace. Puede tardar un día.",
        )) }
        p { (language.say(
            "If none comes, call us or tell us in person.",
            "Si no llega, llámenos o dígalo en persona.",
        )) }
    };
    Ok(layout::patient(
        language.code(),
        &organization(&site).await?,
        title,
        &body,
    ))
}
