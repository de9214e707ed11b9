//! The page of the mail catcher: what arrived, newest first, and each mail as its reader sees it.
//!
//! Served by the demo only. What is shown was written by ourselves to invented people.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use placet_deliver::catcher::Catcher;
use placet_web::{components, headers, layout};

/// How many mails the list shows.
const SHOWN: usize = 200;

/// The routes of the catcher's pages.
pub fn routes(catcher: Arc<Catcher>) -> Router {
    Router::new()
        .route("/demo/mail", get(list))
        .route("/demo/mail/{number}", get(show))
        .route("/demo/mail/{number}/html", get(framed))
        .with_state(catcher)
}

async fn list(State(catcher): State<Arc<Catcher>>) -> Html<String> {
    let kept = catcher.messages();
    let body = html! {
        h1 { "Mail catcher" }
        p { "Every mail of the demo ends here: a real mail server that delivers to nobody." }
        p { strong { (catcher.count()) } " arrived since the start; the newest are listed." }
        @if kept.is_empty() {
            (components::empty(
                "Nothing arrived yet",
                "Launch a campaign: its mails appear here within a second.",
                &html! {},
            ))
        } @else {
            table {
                caption { "Mails, newest first" }
                thead { tr { th scope="col" { "No." } th scope="col" { "To" } th scope="col" { "Subject" } } }
                tbody {
                    @for caught in kept.iter().take(SHOWN) {
                        tr {
                            td { (caught.number) }
                            td { (caught.to.join(", ")) }
                            td { a href={ "/demo/mail/" (caught.number) } { (subject(&caught.view().subject)) } }
                        }
                    }
                }
            }
        }
    };
    page("Mail catcher", &body)
}

async fn show(State(catcher): State<Arc<Catcher>>, Path(number): Path<u64>) -> Response {
    let Some(caught) = catcher.find(number) else {
        return gone();
    };
    let view = caught.view();
    let text = view.text.unwrap_or_default();
    let body = html! {
        p { a href="/demo/mail" { "All mails" } }
        h1 { (subject(&view.subject)) }
        dl {
            dt { "From" } dd { (view.from) }
            dt { "To" } dd { (caught.to.join(", ")) }
        }
        @if view.html.is_some() {
            h2 { "As its reader sees it" }
            iframe.mail title="The mail, without script" sandbox="" src={ "/demo/mail/" (number) "/html" } {}
        }
        h2 { "Links in it" }
        ul { @for link in links(&text) { li { a href=(link) { (link) } } } }
        h2 { "Plain text" }
        pre { (text) }
        h2 { "Headers" }
        pre { @for (name, value) in &view.headers { (name) ": " (value) "\n" } }
    };
    page(&view.subject, &body).into_response()
}

async fn framed(State(catcher): State<Arc<Catcher>>, Path(number): Path<u64>) -> Response {
    let Some(html) = catcher.find(number).and_then(|caught| caught.view().html) else {
        return gone();
    };
    let policy = [(header::CONTENT_SECURITY_POLICY, headers::SANDBOX_POLICY)];
    (policy, Html(html)).into_response()
}

fn page(title: &str, body: &Markup) -> Html<String> {
    Html(layout::alone(title, body).into_string())
}

fn gone() -> Response {
    let body = html! {
        h1 { "This mail is no longer kept" }
        p { "The catcher keeps the newest mails only. " a href="/demo/mail" { "All mails" } }
    };
    (StatusCode::NOT_FOUND, page("No such mail", &body)).into_response()
}

fn subject(text: &str) -> &str {
    if text.is_empty() {
        "(no subject)"
    } else {
        text
    }
}

/// The addresses that stand in the text.
fn links(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')'));
    words
        .filter(|word| word.starts_with("http://") || word.starts_with("https://"))
        .collect()
}
