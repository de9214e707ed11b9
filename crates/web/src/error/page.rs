//! A failure as a page: for staff with the way back to where they were, for the holder of a signed
//! link in their language and without a word of ours.

use std::sync::OnceLock;

use axum::extract::Request;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_domain::id::RequestId;

use super::{WebError, retry_after};
use crate::components::notice::refusal;
use crate::layout;
use crate::patient;
use crate::routes::Rule;
use crate::site::Site;

/// What is kept of a request until its answer is known.
pub(super) struct Asked {
    path: String,
    is_form: bool,
    headers: HeaderMap,
}

impl Asked {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            path: request.uri().path().to_owned(),
            is_form: request.method() == Method::POST,
            headers: request.headers().clone(),
        }
    }
}

pub(super) async fn answer(
    site: &Site,
    error: &WebError,
    asked: &Asked,
    id: Option<RequestId>,
) -> Response {
    if let WebError::SignedOut { next } = error {
        let query = next
            .as_deref()
            .filter(|path| *path != "/")
            .map(|path| format!("?next={path}"));
        return Redirect::to(&format!("/sign-in{}", query.unwrap_or_default())).into_response();
    }
    let back = asked.is_form.then(|| page_above(&asked.path)).flatten();
    let body = if asked.path.starts_with("/p/") {
        patient::failed(site, &asked.headers, error, back.as_deref()).await
    } else {
        for_staff(error, back.as_deref(), id)
    };
    let mut response = (error.status(), body).into_response();
    retry_after(&mut response, error);
    response
}

fn for_staff(error: &WebError, back: Option<&str>, id: Option<RequestId>) -> Markup {
    let is_plain = matches!(error, WebError::NotFound | WebError::Internal(_));
    layout::alone(
        error.title(),
        &html! {
            h1 { (error.title()) }
            @if is_plain {
                p { (error.next_step()) }
            } @else {
                (refusal("Nothing was done", &error.reasons(), error.next_step()))
            }
            @if let (WebError::Internal(_), Some(id)) = (error, id) { p { "Number: " code { (id) } } }
            p.row {
                @if let Some(back) = back.filter(|back| *back != "/") {
                    a.button href=(back) { "Back to the page" }
                }
                a href="/" { "Go to Today" }
            }
        },
    )
}

/// The page on which the form of this address stands: the nearest address above it that is one.
fn page_above(path: &str) -> Option<String> {
    static PAGES: OnceLock<Vec<&'static str>> = OnceLock::new();
    let pages = PAGES.get_or_init(|| {
        let table = crate::routes();
        let pages = table
            .table()
            .filter(|route| route.method == Method::GET && route.rule != Rule::Public);
        pages.map(|route| route.path).collect()
    });
    let mut path = path;
    loop {
        if pages.iter().any(|page| fits(page, path)) {
            return Some(path.to_owned());
        }
        path = path
            .rsplit_once('/')
            .map(|(above, _)| above)
            .filter(|above| !above.is_empty())?;
    }
}

fn fits(page: &str, path: &str) -> bool {
    let mut given = path.split('/');
    let fits = page.split('/').all(|part| {
        given
            .next()
            .is_some_and(|one| one == part || part.starts_with('{'))
    });
    fits && given.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::page_above;

    #[test]
    fn a_form_that_failed_leads_back_to_the_page_it_stands_on() {
        for (form, page) in [
            ("/campaigns/7/launch", Some("/campaigns/7")),
            ("/campaigns/7/edit", Some("/campaigns/7/edit")),
            ("/versions/7/verdicts", Some("/versions/7")),
            ("/settings/sending/arm", Some("/settings/sending")),
            ("/people/7/instruments/8/revocations", Some("/people/7")),
            ("/account/tokens/7/revoke", Some("/account/tokens")),
            ("/p/preferences/token", Some("/p/preferences/token")),
            ("/p/revoke/token", None),
            ("/deliveries/7/verdicts", None),
            ("/nowhere", None),
        ] {
            assert_eq!(page_above(form).as_deref(), page, "{form}");
        }
    }
}
