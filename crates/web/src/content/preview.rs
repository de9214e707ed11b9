//! The message as a reader would see it, with made-up values, for a frame that can do nothing: a
//! mail on a wide screen, on a phone, by a mail program that turns colours around, and as plain
//! text; a text message on a phone, with the parts it makes; a printed piece as its pages.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use placet_app::{ActError, content, settings};
use placet_domain::channel::Channel;
use placet_domain::content::{Draft, Problem, Version, body, text};
use placet_domain::id::VersionId;
use placet_domain::template::{FilledMail, fill};
use placet_store::contents;

use super::form::Form;
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::headers::SANDBOX_POLICY;
use crate::query::Query;
use crate::site::Site;

/// What mail programs do to a light letter at night: light and dark change places, pictures stay.
const DARK: &str = "<style>html{background:#fff;filter:invert(1) hue-rotate(180deg)}\
                    img{filter:invert(1) hue-rotate(180deg)}</style></head>";

const PHONE: &str = "body{font:16px/1.4 system-ui,sans-serif;background:#fff;color:#1d2a27;margin:16px}\
    .bubble{background:#e6efec;border-radius:18px;padding:10px 14px;margin:0;max-width:300px;\
    white-space:pre-wrap;overflow-wrap:anywhere}.size{color:#53625e;font-size:14px}";

/// `GET`: the HTML part alone, sandboxed; `?dark=yes` as some mail programs show it at night.
pub async fn show(
    State(site): State<Site>,
    Id(id): Id<VersionId>,
    query: Query,
) -> Result<Response, WebError> {
    let version = site
        .store()
        .read(move |tx| contents::find_version(tx, id)?.ok_or(ActError::NotFound("version")))
        .await?;
    let html = seen(&version.draft);
    Ok(framed(match query.get("dark") {
        Some(_) if version.draft.channel == Channel::Email => dark(&html),
        _ => html,
    }))
}

/// A version as its reader sees it, for a frame that can do nothing.
pub(super) fn of(version: &Version) -> Response {
    framed(seen(&version.draft))
}

fn seen(draft: &Draft) -> String {
    match sample(draft) {
        Some(message) if draft.channel == Channel::Sms => phone(&message.text),
        Some(call) if draft.channel == Channel::VoiceLive => spoken(&call),
        Some(_) if draft.channel == Channel::Postal => super::print::paper(draft),
        Some(mail) => mail.html,
        None => "<!doctype html><title>Preview</title><p>This version cannot be rendered.</p>"
            .to_owned(),
    }
}

/// `POST`: the text in the form as it would look, before it is saved. Saves nothing.
pub async fn live(
    State(site): State<Site>,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let draft = form.draft();
    let set = site.store().read(settings::load).await?;
    let profile = placet_app::gate::profile(set.strictness);
    let problems = content::check(site.engine(), profile, &draft);
    let mail = sample(&draft).filter(|_| problems.is_empty());
    let html = match (form.view(), mail) {
        (_, None) => told(&problems),
        (_, Some(message)) if draft.channel == Channel::Sms => phone(&message.text),
        (_, Some(call)) if draft.channel == Channel::VoiceLive => spoken(&call),
        (_, Some(_)) if draft.channel == Channel::Postal => super::print::paper(&draft),
        ("dark", Some(mail)) => dark(&mail.html),
        ("text", Some(mail)) => {
            let plain = body::escaped(&mail.text);
            format!(
                "<!doctype html><title>Plain text</title><pre style=\"white-space:pre-wrap\">{plain}</pre>"
            )
        }
        (_, Some(mail)) => mail.html,
    };
    Ok(framed(html))
}

fn told(problems: &[Problem]) -> String {
    let page: Markup = html! {
        (maud::DOCTYPE)
        html lang="en" {
            head { title { "Preview" } }
            body style="font-family:system-ui,sans-serif" {
                p { "This cannot be shown yet:" }
                ul { @for problem in problems { li { (problem.to_string()) } } }
            }
        }
    };
    page.into_string()
}

/// A text message on a phone.
fn phone(words: &str) -> String {
    let page: Markup = html! {
        (maud::DOCTYPE)
        html lang="en" {
            head {
                title { "Preview of the text message" }
                style { (maud::PreEscaped(PHONE)) }
            }
            body {
                p.bubble { (words) }
                p.size { (told_size(words)) }
            }
        }
    };
    page.into_string()
}

/// What a caller reads out, and what is left on a machine.
fn spoken(call: &FilledMail) -> String {
    let page: Markup = html! {
        (maud::DOCTYPE)
        html lang="en" {
            head { title { "Preview of the call" } }
            body style="font-family:system-ui,sans-serif" {
                @for part in call.text.split("\n\n") { p { (part) } }
                hr;
                p { b { "On a machine: " } (call.html) }
            }
        }
    };
    page.into_string()
}

/// How many parts a message makes, and what makes them small.
pub(super) fn told_size(words: &str) -> String {
    let size = text::size(words);
    let parts = match size.n_parts {
        1 => "1 part".to_owned(),
        n => format!("{n} parts"),
    };
    let mut says = format!(
        "{parts}: {} of {} characters, {}.",
        size.n_units,
        size.n_room,
        size.alphabet.label()
    );
    let costly = text::costly(words);
    if !costly.is_empty() {
        let some: Vec<String> = costly.iter().take(8).map(|c| format!("“{c}”")).collect();
        says.push_str(&format!(" Outside the plain alphabet: {}.", some.join(" ")));
    }
    says
}

fn dark(html: &str) -> String {
    html.replacen("</head>", DARK, 1)
}

fn framed(html: String) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(SANDBOX_POLICY),
        ),
    ];
    (headers, html).into_response()
}

/// The previews of a saved version.
pub fn part(version: &Version) -> Markup {
    let at = format!("/versions/{}/preview", version.id);
    if version.draft.channel == Channel::Sms {
        return html! {
            h3 { "Preview with made-up values" }
            iframe.frame-preview.text title="Preview of the text message on a phone" sandbox="" loading="lazy"
                src=(at) {}
        };
    }
    if version.draft.channel == Channel::VoiceLive {
        return html! {
            h3 { "As it is said, with made-up values" }
            iframe.frame-preview title="Preview of the call" sandbox="" loading="lazy" src=(at) {}
        };
    }
    if version.draft.channel == Channel::Postal {
        return html! {
            h3 { "Preview with made-up values" }
            iframe.frame-preview title="Preview of the printed piece" sandbox="" loading="lazy" src=(at) {}
            p { a href={ "/versions/" (version.id) "/proof.pdf" } { "The same as a PDF, as it is printed" } }
        };
    }
    html! {
        h3 { "Preview with made-up values" }
        iframe.frame-preview title="Preview of the mail" sandbox="" loading="lazy" src=(at) {}
        details {
            summary { "On a phone" }
            iframe.frame-preview.phone title="Preview of the mail on a phone" sandbox="" loading="lazy" src=(at) {}
        }
        details {
            summary { "At night" }
            p.soft { "Some mail programs turn light letters dark." }
            iframe.frame-preview title="Preview of the mail at night" sandbox="" loading="lazy"
                src={ (at) "?dark=yes" } {}
        }
    }
}

/// The buttons and frames of the preview beside the form.
pub fn beside(channel: Channel) -> Markup {
    let button = |view: &str, target: &str, label: &str| {
        html! {
            button.quiet formaction="/content/preview" formtarget=(target) formnovalidate name="view" value=(view) {
                (label)
            }
        }
    };
    html! {
        section aria-labelledby="preview-title" {
            h2 #preview-title { "Preview" }
            p.soft { "With made-up values. Nothing is saved." }
            @if channel == Channel::Sms {
                div.row { (button("phone", "preview-text", "Show it on a phone and count its parts")) }
                iframe.frame-preview.text name="preview-text" title="Preview on a phone" sandbox="" {}
            } @else if channel == Channel::VoiceLive {
                div.row { (button("spoken", "preview-wide", "Show it as it is said")) }
                iframe.frame-preview name="preview-wide" title="Preview of the call" sandbox="" {}
            } @else if channel == Channel::Postal {
                div.row { (button("paper", "preview-wide", "Show it on paper")) }
                iframe.frame-preview name="preview-wide" title="Preview on paper" sandbox="" {}
            } @else { div.row {
                (button("wide", "preview-wide", "On a wide screen"))
                (button("wide", "preview-phone", "On a phone"))
                (button("dark", "preview-wide", "At night"))
                (button("text", "preview-wide", "Plain text"))
            }
            iframe.frame-preview name="preview-wide" title="Preview on a wide screen" sandbox="" {}
            iframe.frame-preview.phone name="preview-phone" title="Preview on a phone" sandbox="" {}
            }
        }
    }
}

/// The message with made-up values; none when the draft cannot be rendered.
pub fn sample(draft: &Draft) -> Option<FilledMail> {
    let rendered = content::render(draft).ok()?;
    fill(&rendered, &content::samples(draft)).ok()
}
