//! One's own account: name, roles, password, and the tokens of one's machines.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::operator::{self, password};
use placet_app::{ActError, FieldProblem};
use placet_domain::operator::Capability;
use placet_store::{StoreError, operators};
use serde::Deserialize;

use crate::components::field::Field;
use crate::components::{Tone, definitions, header as head, pill};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::layout::{self, Place};
use crate::routes::{Routes, Rule};
use crate::session::{self, STILL_HERE, Viewer};
use crate::site::Site;

pub(crate) mod mail;
mod tokens;

pub(crate) use tokens::table as token_table;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/account", Rule::SignedIn, show)
        .get(STILL_HERE, Rule::SignedIn, here)
        .post("/account/password", Rule::SignedIn, change_password)
        .merge(mail::routes())
        .get("/account/tokens", Rule::SignedIn, tokens::list)
        .post("/account/tokens", Rule::SignedIn, tokens::create)
        .post(
            "/account/tokens/{id}/revoke",
            Rule::SignedIn,
            tokens::revoke,
        )
}

/// `GET`: what one is and may do, and the password form.
async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    page(&site, &viewer, &[]).await
}

/// `GET`: somebody is still here; the answer renews the session.
async fn here() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn page(site: &Site, viewer: &Viewer, problems: &[FieldProblem]) -> Result<Markup, WebError> {
    let mailbox = mail::own(site, viewer).await?;
    let roles: BTreeSet<_> = viewer.roles().collect();
    let may = Capability::ALL
        .into_iter()
        .filter(|capability| viewer.can(*capability));
    Ok(layout::page(
        viewer,
        Place::Account,
        "Your account",
        &html! {
            (head("Your account", "What you are here, and your password.", &html! {}))
            (tabs("/account"))
            section {
                (definitions(&[
                    ("Name", html! { (viewer.name) }),
                    ("Roles", html! { span.row { @for role in &roles { (pill(Tone::Neutral, role.label())) } } }),
                    ("You may", html! { ul { @for capability in may { li { (capability.label()) } } } }),
                ]))
            }
            p { a href="/rules" { "The rules" } " that every decision stands on." }
            (mail::part(viewer, &mailbox, problems))
            h2 { "Change your password" }
            p { "Every session of yours ends; sign in again with the new one." }
            form.stacked method="post" action="/account/password" {
                (viewer.csrf.field())
                (Field::password("current", "Password now").autocomplete("current-password").required()
                    .error(problem_of(problems, "current")).render())
                (Field::password("new", "New password").autocomplete("new-password").required()
                    .hint("At least 12 characters. A few unrelated words are easy to remember.")
                    .error(problem_of(problems, "new")).render())
                (Field::password("again", "New password, again").autocomplete("new-password").required()
                    .error(problem_of(problems, "again")).render())
                button { "Change password" }
            }
        },
    ))
}

fn tabs(here: &str) -> Markup {
    let tabs = [("Account", "/account"), ("API tokens", "/account/tokens")];
    crate::components::tabs(
        "Your account",
        &tabs.map(|(label, href)| (label, href, href == here)),
    )
}

#[derive(Deserialize)]
struct PasswordForm {
    #[serde(default)]
    current: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

/// `POST`: changes the password and signs out.
async fn change_password(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<PasswordForm>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewToday)?;
    let id = viewer.ctx.actor.operator().ok_or(WebError::NotFound)?;
    let own = site.store().read(move |tx| operators::find(tx, id)).await?;
    let own = own.ok_or(WebError::NotFound)?;
    if form.new != form.again {
        return again(&site, &viewer, "again", "type the same password twice").await;
    }
    if let Some(fault) = password::fault(&form.new, &own.login) {
        return again(&site, &viewer, "new", fault).await;
    }
    if let Err(why) = knows_password(&site, &viewer, form.current).await? {
        return again(&site, &viewer, "current", why).await;
    }
    let salt = site.entropy();
    let hash = site
        .slowly(move || password::hash(&form.new, salt))
        .await?
        .map_err(|error| WebError::Internal(error.to_string()))?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            operator::change_password(tx, ctx, &hash)
        })
        .await?;
    let mut response = Redirect::to("/sign-in").into_response();
    if let Some(cookie) = session::end_cookie(&site) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Whether whoever sits here knows the password of the account; when not, what to say. Wrong ones
/// are counted, and the fifth ends the sessions.
pub(crate) async fn knows_password(
    site: &Site,
    viewer: &Viewer,
    typed: String,
) -> Result<Result<(), &'static str>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewToday)?;
    let id = viewer.ctx.actor.operator().ok_or(WebError::NotFound)?;
    let (keys, ctx) = (site.store().keys().clone(), viewer.ctx.clone());
    let read = move |tx: &mut placet_store::Tx| {
        Read::Ok((
            operators::find(tx, id)?,
            operator::must_wait(tx, &keys, &ctx)?,
        ))
    };
    let (own, waits) = site.store().read(read).await?;
    let own = own.ok_or(WebError::NotFound)?;
    if waits {
        return Ok(Err("there were too many tries: wait up to 15 minutes"));
    }
    let fits = move || password::verify(&typed, &own.password_hash);
    if site.slowly(fits).await? {
        return Ok(Ok(()));
    }
    let keys = site.store().keys().clone();
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            operator::note_wrong_password(tx, &keys, ctx)
        })
        .await?;
    Ok(Err(
        "this is not your password; after five tries you are signed out",
    ))
}

async fn again(
    site: &Site,
    viewer: &Viewer,
    field: &str,
    problem: &str,
) -> Result<Response, WebError> {
    let problem = FieldProblem {
        field: field.to_owned(),
        problem: problem.to_owned(),
    };
    let page = page(site, viewer, &[problem]).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// The fields that cannot be used, or the error when it is another one.
///
/// # Errors
///
/// The error, when it is not about fields.
pub(crate) fn problems(error: ActError) -> Result<Vec<FieldProblem>, WebError> {
    match error {
        ActError::Invalid(problems) => Ok(problems),
        other => Err(other.into()),
    }
}

/// Reads with an error type that the closure need not spell out.
pub(crate) type Read<T> = Result<T, StoreError>;
