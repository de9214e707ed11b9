//! The page of choices: what is held in plain words, a box for each topic and way, and a receipt.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use placet_app::patient::{self, Chosen, Page, Signed, State as Standing};
use placet_app::preference::Way;
use placet_domain::channel::Channel;
use placet_domain::id::WordingId;
use placet_domain::preference::Topic;
use serde::Deserialize;

use super::door::Opened;
use super::receipt;
use super::words::Language;
use crate::components::field::{Choice, checks, hidden};
use crate::components::{day, time};
use crate::csrf::OpenForm;
use crate::error::WebError;
use crate::layout;
use crate::site::Site;

#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    way: Vec<String>,
    #[serde(default)]
    no_reminders: Vec<String>,
    #[serde(default)]
    wording: String,
}

impl Form {
    /// What cannot be read was not ticked: a box is one channel and one topic, and no word means
    /// all of them.
    fn chosen(&self) -> Chosen {
        let ways: BTreeSet<Way> = self.way.iter().filter_map(|code| Way::find(code)).collect();
        // A yes that names no text is a yes to an unknown one, which is never the present one; a no
        // needs no text.
        let unknown = (!ways.is_empty()).then(|| WordingId::from([0; 16]));
        Chosen {
            ways,
            no_reminders: self
                .no_reminders
                .iter()
                .filter_map(|code| Channel::find(code))
                .collect(),
            wording: self.wording.parse().ok().or(unknown),
        }
    }
}

/// `GET`: what is held. Reading is noted; nothing is changed.
pub async fn show(State(site): State<Site>, opened: Opened) -> Result<Response, WebError> {
    let (ctx, grant) = opened.acting(&site)?;
    let link = opened.link;
    let page = site
        .store()
        .act(grant, &ctx, move |tx, ctx| patient::open(tx, ctx, &link))
        .await;
    Ok(match page {
        Ok(page) => render(&opened.token, &page).into_response(),
        Err(error) => opened.failed(&site, error).await,
    })
}

/// `POST`: takes over the boxes and shows the receipt.
pub async fn choose(
    State(site): State<Site>,
    opened: Opened,
    OpenForm(form): OpenForm<Form>,
) -> Result<Response, WebError> {
    let (ctx, grant) = opened.acting(&site)?;
    let (link, evidence, chosen) = (opened.link, opened.evidence(), form.chosen());
    let done = site
        .store()
        .act(grant, &ctx, move |tx, ctx| {
            let language = patient::language(tx, link.person)?;
            Ok((
                patient::choose(tx, ctx, &link, &chosen, &evidence)?,
                language,
            ))
        })
        .await;
    Ok(match done {
        Ok((done, language)) => receipt::page(&site, &opened, Language::of(&language), &done)
            .await?
            .into_response(),
        Err(error) => opened.failed(&site, error).await,
    })
}

fn render(token: &str, page: &Page) -> Markup {
    let language = Language::of(&page.language);
    let t = |english, spanish| language.say(english, spanish);
    let title = t("Your choices", "Sus opciones");
    let body = html! {
        h1 { (title) }
        p.lead { (page.wording.text) }
        form.stacked method="post" action={ "/p/preferences/" (token) } {
            (hidden("wording", &page.wording.id.to_string()))
            @for topic in topics(page) { (boxes(page, topic, language)) }
            (reminders(page, language))
            p.soft { (t(
                "You may leave every box empty. Your answer does not affect your care, your bills or your benefits.",
                "Puede dejar todas las casillas vacías. Su respuesta no afecta su atención, sus cuentas ni sus beneficios.",
            )) }
            button { (t("Save my choices", "Guardar mis opciones")) }
        }
        (signed(token, &page.signed, language))
        (held(page, language))
    };
    layout::patient(language.code(), &page.organization, title, &body)
}

fn topics(page: &Page) -> BTreeSet<Topic> {
    page.ways.iter().map(|held| held.way.topic).collect()
}

/// A box is ticked when a yes is held that counts, and for nothing else.
fn boxes(page: &Page, topic: Topic, language: Language) -> Markup {
    let choices: Vec<Choice> = page
        .ways
        .iter()
        .filter(|held| held.way.topic == topic)
        .map(|held| {
            Choice::new(
                held.way.code(),
                language.channel(held.way.channel),
                held.state == Standing::Granted,
            )
        })
        .collect();
    // Each group has ids of its own; the field itself is one.
    html! {
        fieldset {
            legend { (language.topic(topic)) }
            @for (n, choice) in choices.iter().enumerate() {
                @let id = format!("way-{}-{n}", topic.as_str());
                div.choice {
                    input type="checkbox" id=(id) name="way" value=(choice.value) checked[choice.is_chosen];
                    label for=(id) { (choice.label) }
                }
            }
        }
    }
}

fn reminders(page: &Page, language: Language) -> Markup {
    let choices: Vec<Choice> = page
        .reminders
        .iter()
        .map(|(channel, state)| {
            Choice::new(
                channel.as_str(),
                language.channel(*channel),
                *state == Standing::Refused,
            )
        })
        .collect();
    html! {
        @if !choices.is_empty() {
            (checks(
                "no_reminders",
                language.say("Stop reminders about my own care", "No recibir recordatorios sobre mi atención"),
                language.say(
                    "Reminders are part of your care. Tick a box only if you do not want them this way.",
                    "Los recordatorios son parte de su atención. Marque solo si no los quiere por este medio.",
                ),
                "",
                &choices,
            ))
        }
    }
}

fn signed(token: &str, signed: &[Signed], language: Language) -> Markup {
    let t = |english, spanish| language.say(english, spanish);
    html! {
        h2 { (t("Permissions you signed", "Permisos que firmó")) }
        @if signed.is_empty() {
            p { (t(
                "You have given no permission to use your health information for marketing.",
                "No ha dado permiso para usar su información de salud en marketing.",
            )) }
        } @else {
            ul {
                @for one in signed {
                    li {
                        (t("You let us use your health information to write to you about: ",
                           "Nos deja usar su información de salud para escribirle sobre: "))
                        (one.topics.iter().map(|topic| language.topic(*topic)).collect::<Vec<_>>().join(", "))
                        ". " (t("Signed: ", "Firmado: ")) (time(one.signed_at)) ". "
                        @if let Some(until) = one.until { (t("Ends after: ", "Termina después del: ")) (day(until)) "." }
                        @else if one.ends_with_event { (t("It ends with the event named in it.", "Termina con el hecho que indica.")) }
                    }
                }
            }
            form method="post" action={ "/p/revoke/" (token) } {
                button.quiet { (t("Take back all of these", "Retirar todos")) }
            }
        }
    }
}

fn held(page: &Page, language: Language) -> Markup {
    let t = |english, spanish| language.say(english, spanish);
    html! {
        h2 { (t("What we hold about you", "Qué guardamos sobre usted")) }
        ul {
            li { (t("Your name", "Su nombre")) }
            @if page.kinds.has_birth_date { li { (t("Your date of birth", "Su fecha de nacimiento")) } }
            @if page.kinds.has_residence { li { (t("The state you live in", "El estado donde vive")) } }
            @for (channel, masked) in &page.kinds.reach {
                li { (language.channel(*channel)) ": "
                    @if *channel == Channel::Postal { (t("an address", "una dirección")) } @else { (masked) }
                }
            }
            li { (t("Your choices on this page, and when you made them",
                    "Sus opciones en esta página y cuándo las eligió")) }
        }
        p.soft { (t(
            "We do not show the values here, because a link can be passed on. We note each time this page is opened.",
            "No mostramos los datos aquí, porque un enlace se puede reenviar. Anotamos cada vez que se abre esta página.",
        )) }
    }
}
