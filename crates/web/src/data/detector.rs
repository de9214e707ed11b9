//! A text to try: what the detector finds in it, by which rule, and what is left without it.

use axum::extract::State;
use maud::{Markup, html};
use placet_phi::{Options, Profile, Scanner, Span, redact};
use serde::Deserialize;

use super::frame;
use crate::components::field::{Choice, Field, radios};
use crate::components::number;
use crate::csrf::Protected;
use crate::error::WebError;
use crate::session::Viewer;
use crate::site::Site;

/// The longest text that the page takes.
const MOST: usize = 100_000;

#[derive(Deserialize, Default)]
pub struct Form {
    #[serde(default)]
    text: String,
    #[serde(default)]
    profile: String,
}

/// `GET`: the form.
pub async fn show(viewer: Viewer) -> Markup {
    page(&viewer, &Form::default(), "", &html! {})
}

fn page(viewer: &Viewer, form: &Form, error: &str, answer: &Markup) -> Markup {
    let is_strict = form.profile == "strict";
    let profiles = [
        Choice::new("safe_harbor", "Safe Harbor", !is_strict)
            .hint("Years, states and ages under 90 stay."),
        Choice::new("strict", "Strict", is_strict)
            .hint("Ages, sexes, countries, years and ids of ad clicks go as well."),
    ];
    frame(
        viewer,
        "/data/detector",
        "Detector",
        "Paste a text and see what identifies a person in it. It is looked at once and forgotten: not kept, not logged.",
        &html! {
            (answer)
            form.stacked method="post" action="/data/detector" autocomplete="off" {
                (viewer.csrf.field())
                (Field::area("text", "Text", 8).value(&form.text).required().error(error)
                    .hint("A form message, a reply, an address of a page, a call note; English or Spanish.").render())
                (radios("profile", "What counts as identifying?", "", "", &profiles))
                button { "Look" }
            }
        },
    )
}

/// `POST`: what is found. Nothing is kept, so there is no act.
pub async fn look(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(mut form): Protected<Form>,
) -> Result<Markup, WebError> {
    form.text = form.text.replace("\r\n", "\n");
    if form.text.len() > MOST {
        let error = "at most 100,000 characters; for more use `placet phi redact`";
        return Ok(page(&viewer, &form, error, &html! {}));
    }
    let spans = scan(&site, &form.text, &form.profile);
    Ok(page(&viewer, &form, "", &answer(&form.text, &spans)))
}

/// What identifies a person in a text, read in the year of the clock.
pub(crate) fn scan(site: &Site, text: &str, profile: &str) -> Vec<Span> {
    let profile = if profile == "strict" {
        Profile::Strict
    } else {
        Profile::SafeHarbor
    };
    let year = site.now().to_zoned(jiff::tz::TimeZone::UTC).year();
    let options = Options::new(profile, u16::try_from(year).unwrap_or(0));
    Scanner::new(options).scan(text).to_vec()
}

fn answer(text: &str, spans: &[Span]) -> Markup {
    html! {
        section aria-live="polite" {
            h2 { @if spans.is_empty() { "Nothing found" } @else { (number(spans.len() as u64)) " found" } }
            @if !spans.is_empty() {
                h3 { "Where" }
                pre tabindex="0" aria-label="The text with what was found" { (marked(text, spans)) }
                div.scroll role="region" aria-label="What was found" tabindex="0" {
                    table {
                        caption { "What was found, in order" }
                        thead { tr { th scope="col" { "Type" } th scope="col" { "Identifier of 164.514(b)(2)" } th scope="col" { "Rule" } th.number scope="col" { "Characters" } } }
                        tbody {
                            @for span in spans {
                                tr {
                                    th scope="row" { (type_label(span)) }
                                    td { "(" (span.kind.letter()) ")" }
                                    td { code { (span.rule) } }
                                    td.number { (span.start) "\u{2013}" (span.end) }
                                }
                            }
                        }
                    }
                }
                h3 { "Without it" }
                pre tabindex="0" aria-label="The text without what identifies" { (redact(text, spans)) }
            } @else {
                p { "This is no proof that nobody can be recognized: a rare event or a small place can be enough." }
            }
        }
    }
}

fn type_label(span: &Span) -> String {
    span.kind.as_str().replace('_', " ").to_lowercase()
}

fn marked(text: &str, spans: &[Span]) -> Markup {
    let mut done = 0;
    let mut parts = Vec::new();
    for span in spans {
        parts.push((text.get(done..span.bstart).unwrap_or_default(), None));
        parts.push((
            text.get(span.bstart..span.bend).unwrap_or_default(),
            Some(type_label(span)),
        ));
        done = span.bend;
    }
    parts.push((text.get(done..).unwrap_or_default(), None));
    html! {
        @for (part, kind) in &parts {
            @match kind {
                Some(kind) => { mark title=(kind) { (part) } }
                None => (part),
            }
        }
    }
}
