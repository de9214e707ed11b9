//! The mail as a reader would see it, with made-up values, for a frame that can do nothing: on a
//! wide screen, on a phone, by a mail program that turns colours around, and as plain text.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use placet_app::{ActError, content, settings};
use placet_domain::content::{Draft, Problem, Version, body};
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
    let html = match sample(&version.draft) {
        Some(mail) if query.get("dark").is_some() => dark(&mail.html),
        Some(mail) => mail.html,
        None => "<!doctype html><title>Preview</title><p>This version cannot be rendered.</p>"
            .to_owned(),
    };
    Ok(framed(html))
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
        ("dark", Some(mail)) => dark(&mail.html),
        ("text", Some(mail)) => {
            let text = body::escaped(&mail.text);
            format!(
                "<!doctype html><title>Plain text</title><pre style=\"white-space:pre-wrap\">{text}</pre>"
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
pub fn beside() -> Markup {
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
            div.row {
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

/// The mail with made-up values; none when the draft cannot be rendered.
pub fn sample(draft: &Draft) -> Option<FilledMail> {
    let rendered = content::render(draft).ok()?;
    fill(&rendered, &content::samples(draft)).ok()
}
