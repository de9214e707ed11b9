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

mod tokens;

pub(crate) use tokens::table as token_table;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/account", Rule::SignedIn, show)
        .get(STILL_HERE, Rule::SignedIn, here)
        .post("/account/password", Rule::SignedIn, change_password)
        .get("/account/tokens", Rule::SignedIn, tokens::list)
        .post("/account/tokens", Rule::SignedIn, tokens::create)
        .post(
            "/account/tokens/{id}/revoke",
            Rule::SignedIn,
            tokens::revoke,
        )
}

/// `GET`: what one is and may do, and the password form.
async fn show(viewer: Viewer) -> Markup {
    page(&viewer, &[])
}

/// `GET`: somebody is still here; the answer renews the session.
async fn here() -> StatusCode {
    StatusCode::NO_CONTENT
}

fn page(viewer: &Viewer, problems: &[FieldProblem]) -> Markup {
    let roles: BTreeSet<_> = viewer.roles().collect();
    let may = Capability::ALL
        .into_iter()
        .filter(|capability| viewer.can(*capability));
    layout::page(
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
    )
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
        return Ok(again(&viewer, "again", "type the same password twice"));
    }
    if let Some(fault) = password::fault(&form.new, &own.login) {
        return Ok(again(&viewer, "new", fault));
    }
    let (keys, ctx) = (site.store().keys().clone(), viewer.ctx.clone());
    let waits = site
        .store()
        .read(move |tx| operator::must_wait(tx, &keys, &ctx))
        .await?;
    if waits {
        return Ok(again(
            &viewer,
            "current",
            "there were too many tries: wait up to 15 minutes",
        ));
    }
    let salt = site.entropy();
    let changed = site
        .slowly(move || {
            password::verify(&form.current, &own.password_hash)
                .then(|| password::hash(&form.new, salt))
        })
        .await?;
    let Some(hash) = changed else {
        let keys = site.store().keys().clone();
        site.store()
            .act(grant, &viewer.ctx, move |tx, ctx| {
                operator::note_wrong_password(tx, &keys, ctx)
            })
            .await?;
        return Ok(again(
            &viewer,
            "current",
            "this is not your password; after five tries you are signed out",
        ));
    };
    let hash = hash.map_err(|error| WebError::Internal(error.to_string()))?;
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

fn again(viewer: &Viewer, field: &str, problem: &str) -> Response {
    let problem = FieldProblem {
        field: field.to_owned(),
        problem: problem.to_owned(),
    };
    (StatusCode::UNPROCESSABLE_ENTITY, page(viewer, &[problem])).into_response()
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
