//! A printed piece on the screen: the very pages that go to the printer, with made-up values.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{Markup, PreEscaped, html};
use placet_app::print::paper::{Ink, Mark, Page, Weight, width};
use placet_app::{ActError, content, print};
use placet_domain::content::Draft;
use placet_domain::id::VersionId;
use placet_store::contents;

use crate::error::WebError;
use crate::extract::Id;
use crate::site::Site;

const PAPER: &str = "body{font-family:system-ui,sans-serif;background:#e9eeec;color:#1d2a27;margin:16px}\
    svg{display:block;background:#fff;max-width:680px;width:100%;height:auto;margin:0 0 16px;\
    box-shadow:0 1px 4px #0004}p{max-width:680px}";

/// The pages as one document for a frame.
pub fn paper(draft: &Draft) -> String {
    let pages = content::render(draft)
        .ok()
        .and_then(|it| print::proof(draft.format, &it, &content::samples(draft)).ok())
        .unwrap_or_default();
    let is_card = draft.format.is_card();
    let page: Markup = html! {
        (maud::DOCTYPE)
        html lang="en" {
            head { title { "Preview on paper" } style { (PreEscaped(PAPER)) } }
            body {
                @if is_card { p { "Front, then the side with the address. Everything on it is read on its way." } }
                @else { p { "The dashed line is the window of a #10 envelope." } }
                @for (n, page) in pages.iter().enumerate() { (drawn(page, !is_card && n == 0, n + 1)) }
            }
        }
    };
    page.into_string()
}

fn drawn(page: &Page, has_window: bool, number: usize) -> Markup {
    let (wide, high) = page.trim;
    html! {
        svg viewBox={ "0 0 " (wide) " " (high) } role="img" aria-label={ "Page " (number) } {
            @for mark in &page.marks { (marked(mark)) }
            @if has_window {
                rect x="63" y="180" width="324" height="81" fill="none" stroke="#888" stroke-width="0.7"
                    stroke-dasharray="4 3" {}
            }
        }
    }
}

fn colour(ink: Ink) -> &'static str {
    match ink {
        Ink::Black => "#000",
        Ink::Gray => "#5a5a5a",
        Ink::Accent => "#1a7a60",
        Ink::White => "#fff",
    }
}

fn marked(mark: &Mark) -> Markup {
    match mark {
        Mark::Words {
            x,
            y,
            size,
            weight,
            ink,
            text,
        } => {
            let bold = (*weight == Weight::Bold).then_some("bold");
            let length = width(text, *weight, *size).unwrap_or(0.0);
            html! {
                // As wide as on paper, whatever font the screen has.
                text x=(x) y=(y) font-size=(size) font-weight=[bold] fill=(colour(*ink)) textLength=(length)
                    lengthAdjust="spacingAndGlyphs" xml:space="preserve" { (text) }
            }
        }
        Mark::Box {
            at: [x, y, wide, high],
            ink,
        } => html! { rect x=(x) y=(y) width=(wide) height=(high) fill=(colour(*ink)) {} },
    }
}

/// `GET`: a version as the file that a printer would get, for somebody made up.
pub async fn proof(State(site): State<Site>, Id(id): Id<VersionId>) -> Result<Response, WebError> {
    let version = site
        .store()
        .read(move |tx| contents::find_version(tx, id)?.ok_or(ActError::NotFound("version")))
        .await?;
    let draft = &version.draft;
    let rendered = content::render(draft).map_err(|_| WebError::NotFound)?;
    let bytes = print::proof_file(draft.format, &rendered, &content::samples(draft))
        .map_err(|_| WebError::NotFound)?;
    let name = format!("attachment; filename=\"proof-{id}.pdf\"");
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, bytes).into_response())
}
