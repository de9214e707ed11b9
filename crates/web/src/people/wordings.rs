//! The texts that people were shown, every version with its hash; and the form for the next one.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::patient;
use placet_app::wording;
use placet_domain::operator::Capability;
use placet_domain::wording::{Draft, Wording, WordingKind};
use placet_ledger::to_hex;
use placet_store::wordings;
use serde::Deserialize;

use super::act;
use crate::account::Read;
use crate::components::field::{Choice, Field, select};
use crate::components::{crumbs, empty, hash, header, post_button, time};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    code: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
}

/// `GET`: every text.
pub async fn list(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let all: Vec<Wording> = site
        .store()
        .read(|tx| -> Read<_> { wordings::list(tx) })
        .await?;
    Ok(layout::page(
        &viewer,
        Place::People,
        "Wordings",
        &html! {
            (crumbs(&[("People", "/people")], "Wordings"))
            (header("Wordings", "What people were shown when they said yes or no, word for word. A text is never changed; other words are another version.", &html! {}))
            @if all.is_empty() {
                (empty("No text yet", "Start with the texts that come with the program: the checkbox at registration, a HIPAA authorization with every element, the person's own page. Counsel reads them before they are used.", &html! {}))
            }
            @if viewer.can(Capability::RecordInstruments) {
                (post_button(&viewer.csrf, "/people/wordings/starters", "Add the starter texts that are missing", "quiet"))
            }
            @for one in &all { (shown(one)) }
            @if viewer.can(Capability::RecordInstruments) { (new_form(&viewer)) }
        },
    ))
}

fn shown(one: &Wording) -> Markup {
    html! {
        section id={ "w-" (one.id) } {
            h2 { (one.title) }
            p.soft { code { (one.code) } ", " (one.language) ", version " (one.version) ", " (one.kind.label()) ", " (time(one.created_at)) }
            pre tabindex="0" { (one.text) }
            p.soft { "SHA-256 " (hash(&to_hex(&one.text_hash))) }
        }
    }
}

fn new_form(viewer: &Viewer) -> Markup {
    let kinds: Vec<Choice> = WordingKind::ALL
        .iter()
        .map(|kind| Choice::new(kind.as_str(), kind.label(), *kind == WordingKind::Consent))
        .collect();
    let languages = [
        Choice::new("en", "English", true),
        Choice::new("es", "Spanish", false),
    ];
    html! {
        h2 { "Add a text" }
        p { "The same code again makes the next version. A text must say that care does not depend on the answer and that it can be taken back; it may not call itself required." }
        form.stacked method="post" action="/people/wordings" {
            (viewer.csrf.field())
            (Field::text("code", "Code").required().max(60).hint("Letters, digits and _").render())
            (Field::text("title", "Title").required().max(120).render())
            (select("kind", "What is it for?", "", "", &kinds))
            (select("language", "Language", "", "", &languages))
            (Field::area("text", "Text", 8).required().render())
            button { "Add" }
        }
    }
}

/// `POST`: adds the starter texts that are missing.
pub async fn start(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    act(&site, &viewer, Capability::RecordInstruments, |tx, ctx| {
        let organization = patient::organization(tx)?;
        wording::add_starters(tx, ctx, &organization)
    })
    .await?;
    Ok(Redirect::to("/people/wordings"))
}

/// `POST`: adds a version.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Redirect, WebError> {
    let is_code = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let mut reader = super::given::Reader::default();
    if !is_code(&form.code) {
        reader.problem("code", "use lower-case letters, digits and `_`");
    }
    if !matches!(form.language.as_str(), "en" | "es") {
        reader.problem("language", "choose one of the list");
    }
    let kind = reader.code("kind", &form.kind, WordingKind::find);
    let draft = reader.done(kind.map(|kind| Draft {
        code: form.code,
        language: form.language,
        kind,
        title: form.title,
        text: form.text.replace("\r\n", "\n").trim().to_owned(),
    }))?;
    act(
        &site,
        &viewer,
        Capability::RecordInstruments,
        move |tx, ctx| wording::add(tx, ctx, draft.clone()),
    )
    .await?;
    Ok(Redirect::to("/people/wordings"))
}
