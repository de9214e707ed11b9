//! Signing in and out.
//!
//! INVARIANT: the answer to a login that nobody has is the answer to a wrong password and to a
//! locked login: same work, same bytes, same status.

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::operator::{self, Begun, device};
use placet_domain::operator::{Actor, Capability};
use serde::Deserialize;

use crate::components::field::{Field, hidden};
use crate::components::notice::{Why, info, refusal};
use crate::csrf::{OpenForm, Protected, check_origin};
use crate::error::WebError;
use crate::layout;
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::{self, Viewer};
use crate::site::Site;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/sign-in", Rule::Public, show)
        .post("/sign-in", Rule::Public, create)
        .post("/sign-out", Rule::SignedIn, delete)
}

#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// `GET`: asks for login and password.
async fn show(query: Query) -> Markup {
    let next = query.get("next").unwrap_or_default();
    let is_idle = query.get("why") == Some("idle");
    page(
        next,
        &html! {
            @if is_idle {
                (info("You were signed out", &html! { p { "Nobody had been here for 15 minutes." } }))
            }
        },
    )
}

/// `POST`: begins a session.
async fn create(
    State(site): State<Site>,
    headers: axum::http::HeaderMap,
    OpenForm(form): OpenForm<Form>,
) -> Result<Response, WebError> {
    check_origin(&headers, &site)?;
    let began = tokio::time::Instant::now();
    let next = local_path(&form.next).to_owned();
    let keys = site.store().keys().clone();
    let login = form.login.clone();
    let note = session::device_note(&site, &headers, &device::name(&keys, &login));
    let begun = begin(&site, form, note).await?;
    keep_the_grid(began, site.answer_grid()).await;
    let Some(cookie) = begun.and_then(|begun| session::first_cookie(&site, &begun)) else {
        return Ok((StatusCode::UNAUTHORIZED, page(&next, &refused())).into_response());
    };
    let mut response = Redirect::to(&next).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    let mut nonce = [0; 16];
    nonce
        .iter_mut()
        .zip(site.entropy())
        .for_each(|(to, from)| *to = from);
    let note = device::note(&keys, &login, nonce);
    if let Some(note) = session::device_cookie(&site, &device::name(&keys, &login), &note) {
        response.headers_mut().append(header::SET_COOKIE, note);
    }
    Ok(response)
}

async fn begin(site: &Site, form: Form, note: Option<String>) -> Result<Option<Begun>, WebError> {
    let keys = site.store().keys().clone();
    let login = form.login;
    let candidate = site
        .store()
        .read(move |tx| operator::look_up(tx, &keys, &login, note.as_deref()))
        .await?;
    let now = site.now();
    let password = form.password;
    let checked = site.slowly(move || candidate.check(&password, now)).await?;
    let ctx = site.ctx(Actor::System("sign_in"), None);
    let grant = ctx.actor.may_as_system().ok_or(WebError::NotFound)?;
    let (token, secret) = (site.entropy(), site.entropy());
    let begun = site
        .store()
        .act(grant, &ctx, move |tx, ctx| {
            operator::sign_in(tx, ctx, &checked, token, secret)
        })
        .await?;
    Ok(begun)
}

/// Lets answers leave on a fixed time grid, so that their time tells nothing.
async fn keep_the_grid(began: tokio::time::Instant, grid: Option<Duration>) {
    let Some(grid) = grid.filter(|grid| !grid.is_zero()) else {
        return;
    };
    let ticks = began.elapsed().as_nanos() / grid.as_nanos() + 1;
    let at = began + grid * u32::try_from(ticks).unwrap_or(1);
    tokio::time::sleep_until(at).await;
}

/// `POST`: ends the session.
async fn delete(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(_): Protected<Empty>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewToday)?;
    let hash = viewer.session_hash().ok_or(WebError::NotFound)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            operator::sign_out(tx, ctx, &hash)
        })
        .await?;
    let mut response = Redirect::to("/sign-in").into_response();
    if let Some(cookie) = session::end_cookie(&site) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// A form that is only its button.
#[derive(Deserialize)]
pub struct Empty {}

/// Where to go after signing in: a path of ours, else Today.
fn local_path(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|byte| byte.is_ascii_graphic());
    if is_local { next } else { "/" }
}

fn refused() -> Markup {
    refusal(
        "You are not signed in",
        &[Why::plain(
            "Login and password do not fit together, or there were too many tries.",
        )],
        "Check both and try again. After five wrong tries, wait up to 15 minutes, or sign in where you \
         have signed in before; an administrator can set a new password.",
    )
}

fn page(next: &str, above: &Markup) -> Markup {
    layout::alone(
        "Sign in",
        &html! {
            h1 { "Sign in" }
            (above)
            form.stacked method="post" action="/sign-in" {
                @if local_path(next) != "/" { (hidden("next", next)) }
                (Field::text("login", "Login").autocomplete("username").required().max(64).render())
                (Field::password("password", "Password").autocomplete("current-password").required().max(256).render())
                button { "Sign in" }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn one_lands_on_a_path_of_ours_only() {
        for (next, lands) in [
            ("/people", "/people"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
            ("/a\0", "/"),
            ("/a\u{7f}", "/"),
            ("/a b", "/"),
        ] {
            assert_eq!(local_path(next), lands, "{next:?}");
        }
    }
}
