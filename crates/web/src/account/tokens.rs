//! Tokens for one's machines: made here, shown once, revoked in one step.

use std::collections::BTreeSet;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maud::{Markup, html};
use placet_app::FieldProblem;
use placet_app::operator::{self, NewToken};
use placet_domain::id::TokenId;
use placet_domain::operator::Capability;
use placet_domain::time::Timestamp;
use placet_store::operators::{self, Token};
use serde::Deserialize;

use super::{Read, problems, tabs};
use crate::api::repeat::ShownOnce;
use crate::components::field::{Choice, Field, checks};
use crate::components::notice::warn;
use crate::components::table::Table;
use crate::components::{Tone, code_block, empty, header, pill, post_button, time};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

/// What every token starts with, so that scanners of code find one that leaked.
const PREFIX: &str = "placet_";

#[derive(Deserialize, Default)]
pub struct Form {
    #[serde(default)]
    name: String,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    days: String,
}

/// `GET`: one's tokens and the form for another.
pub async fn list(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    page(&site, &viewer, &Form::default(), &[]).await
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    form: &Form,
    problems: &[FieldProblem],
) -> Result<Markup, WebError> {
    let all: Vec<Token> = site
        .store()
        .read(|tx| -> Read<_> { operators::list_tokens(tx) })
        .await?;
    let own = viewer.ctx.actor.operator();
    let own: Vec<Token> = all
        .into_iter()
        .filter(|token| Some(token.operator) == own)
        .collect();
    Ok(layout::page(
        viewer,
        Place::Account,
        "API tokens",
        &html! {
            (header("API tokens", "With a token a machine of yours acts for you, as far as you allow.", &html! {
                a class="button quiet" href="/api" { "Read about the API" }
            }))
            (tabs("/account/tokens"))
            @if own.is_empty() {
                (empty("No tokens yet", "A token lets a program use the API in your name. Make one below.", &html! {}))
            } @else {
                (table("Your tokens", &own, site.now(), viewer, "/account/tokens"))
            }
            h2 { "Make a token" }
            (new_form(viewer, form, problems))
        },
    ))
}

/// Tokens with a button to revoke each; `base` is the address under which that is done.
pub(crate) fn table(
    caption: &str,
    tokens: &[Token],
    now: Timestamp,
    viewer: &Viewer,
    base: &str,
) -> Markup {
    let rows = tokens.iter().map(|token| {
        let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
        let ended = token.revoked_at.is_some() || token.expires_at <= now;
        let action = format!("{base}/{}/revoke", token.id);
        html! {
            th scope="row" { (token.name) }
            td { (standing(token, now)) }
            td { code { (scopes.join(" ")) } }
            td { (time(token.expires_at)) }
            td { @if !ended { (post_button(&viewer.csrf, &action, "Revoke", "link")) } }
        }
    });
    Table::new(caption)
        .column("For")
        .column("Standing")
        .column("May")
        .column("Ends")
        .column("Revoke")
        .rows(rows)
        .render(&Query::default())
}

fn standing(token: &Token, now: Timestamp) -> Markup {
    if token.revoked_at.is_some() {
        pill(Tone::Bad, "Revoked")
    } else if token.expires_at <= now {
        pill(Tone::Neutral, "Ended")
    } else {
        pill(Tone::Good, "In force")
    }
}

fn new_form(viewer: &Viewer, form: &Form, problems: &[FieldProblem]) -> Markup {
    let held = Capability::ALL
        .into_iter()
        .filter(|capability| viewer.can(*capability));
    let choices: Vec<Choice> = held
        .map(|c| {
            let is_chosen = form.scopes.iter().any(|scope| scope == c.as_str());
            Choice::new(c.as_str(), c.label(), is_chosen)
        })
        .collect();
    let days = if form.days.is_empty() {
        "90"
    } else {
        &form.days
    };
    html! {
        form.stacked method="post" action="/account/tokens" {
            (viewer.csrf.field())
            (Field::text("name", "What is it for?").value(&form.name).required().max(100)
                .hint("The program and the machine, such as: export on the reporting server")
                .error(problem_of(problems, "name")).render())
            (checks("scopes", "What may it do?", "No more than it needs.", problem_of(problems, "scopes"), &choices))
            (Field::text("days", "For how many days?").value(days).numeric().required()
                .hint("At most 366.").error(problem_of(problems, "days")).render())
            button { "Make token" }
        }
    }
}

/// `POST`: makes a token and shows it, once.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewToday)?;
    let new = NewToken {
        name: form.name.clone(),
        scopes: form
            .scopes
            .iter()
            .filter_map(|code| Capability::find(code))
            .collect::<BTreeSet<_>>(),
        days: form.days.trim().parse().unwrap_or(0),
    };
    let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(site.entropy()));
    let kept = secret.clone();
    let made = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            operator::add_token(tx, ctx, &new, &kept)
        })
        .await;
    match made {
        Ok(_) => Ok((
            Extension(ShownOnce),
            shown_once(&viewer, &form.name, &secret),
        )
            .into_response()),
        Err(error) => {
            let page = page(&site, &viewer, &form, &problems(error)?).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

fn shown_once(viewer: &Viewer, name: &str, secret: &str) -> Markup {
    layout::page(
        viewer,
        Place::Account,
        "Your new token",
        &html! {
            (header("Your new token", name, &html! {}))
            (warn("Copy it now", &html! { p { "Only its hash is kept. It is not shown again; if it is lost, make another." } }))
            (code_block(secret))
            p { "Send it as: " code { "Authorization: Bearer " (PREFIX) "…" } }
            p { a.button href="/account/tokens" { "I have copied it" } }
        },
    )
}

/// `POST`: revokes one of one's own tokens.
pub async fn revoke(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TokenId>,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewToday)?;
    let own = viewer.ctx.actor.operator();
    let all: Vec<Token> = site
        .store()
        .read(|tx| -> Read<_> { operators::list_tokens(tx) })
        .await?;
    if !all
        .iter()
        .any(|token| token.id == id && Some(token.operator) == own)
    {
        return Err(WebError::NotFound);
    }
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            operator::revoke_token(tx, ctx, id)
        })
        .await?;
    Ok(Redirect::to("/account/tokens"))
}
