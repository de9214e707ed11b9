//! One's own e-mail address, its confirmation, and how often one is told things.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::staff_mail::address;
use placet_app::{ActError, FieldProblem};
use placet_domain::operator::Capability;
use placet_domain::staff_mail::{Mailbox, Pace};
use serde::Deserialize;

use super::{again, knows_password};
use crate::components::field::{Choice, Field, radios};
use crate::components::{Tone, header, pill};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::layout::{self, Place};
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

pub(super) fn routes() -> Routes {
    Routes::new()
        .post("/account/address", Rule::SignedIn, set)
        .get("/account/address/{token}", Rule::SignedIn, ask)
        .post("/account/address/{token}", Rule::SignedIn, confirm)
        .post("/account/pace", Rule::SignedIn, set_pace)
}

/// Where the viewer is told things.
pub(super) async fn own(site: &Site, viewer: &Viewer) -> Result<Mailbox, WebError> {
    let id = viewer.ctx.actor.operator().ok_or(WebError::NotFound)?;
    Ok(site.store().read(move |tx| address::find(tx, id)).await?)
}

/// An address and whether it is confirmed.
pub(crate) fn standing(mailbox: &Mailbox) -> Markup {
    html! {
        @match &mailbox.address {
            None => "none",
            Some(address) => {
                (address) " "
                @if mailbox.confirmed_at.is_some() { (pill(Tone::Good, "Confirmed")) }
                @else { (pill(Tone::Warn, "Waits to be confirmed")) }
            }
        }
    }
}

/// The choices of how often.
pub(crate) fn paces(now: Pace) -> Markup {
    let choices: Vec<Choice> = Pace::ALL
        .iter()
        .map(|pace| Choice::new(pace.as_str(), pace.label(), *pace == now))
        .collect();
    radios("pace", "How often?", "", "", &choices)
}

/// The forms of the account page.
pub(super) fn part(viewer: &Viewer, mailbox: &Mailbox, problems: &[FieldProblem]) -> Markup {
    let address = mailbox.address.as_deref().unwrap_or_default();
    html! {
        h2 #mail { "Mail to you" }
        p { "You are told of texts that wait for you, that are due or late, and that came back. Address now: "
            (standing(mailbox)) }
        form.stacked method="post" action="/account/address" {
            (viewer.csrf.field())
            (Field::email("email", "Your e-mail address").value(address).max(254).autocomplete("email")
                .hint("A link is sent there to confirm it. Leave it empty to get no mail.")
                .error(problem_of(problems, "email")).render())
            (Field::password("password", "Your password").autocomplete("current-password").required()
                .error(problem_of(problems, "password")).render())
            button { "Save address" }
        }
        @if mailbox.address.is_some() {
            form.stacked method="post" action="/account/pace" {
                (viewer.csrf.field())
                (paces(mailbox.pace))
                button.quiet { "Save how often" }
            }
        }
    }
}

#[derive(Deserialize)]
struct AddressForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

/// `POST`: sets one's own address, by one's password.
async fn set(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<AddressForm>,
) -> Result<Response, WebError> {
    if let Err(why) = knows_password(&site, &viewer, form.password).await? {
        return again(&site, &viewer, "password", why).await;
    }
    let grant = viewer.ctx.actor.may(Capability::ViewToday)?;
    let id = viewer.ctx.actor.operator().ok_or(WebError::NotFound)?;
    let set = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            address::set(tx, ctx, id, Some(&form.email))
        })
        .await;
    match set {
        Ok(()) => Ok(Redirect::to("/account#mail").into_response()),
        Err(ActError::Invalid(found)) => {
            let problem = found.first().map_or("", |it| it.problem.as_str());
            again(&site, &viewer, "email", problem).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET`: asks before anything is confirmed; programs that look into mail open every link.
async fn ask(
    State(site): State<Site>,
    viewer: Viewer,
    Path(token): Path<String>,
) -> Result<Markup, WebError> {
    let mailbox = own(&site, &viewer).await?;
    Ok(layout::page(
        &viewer,
        Place::Account,
        "Confirm your address",
        &html! {
            (header("Confirm your address", "Mail about texts goes there from then on.", &html! {}))
            p { "Your address: " (standing(&mailbox)) }
            form method="post" action={ "/account/address/" (token) } {
                (viewer.csrf.field())
                button { "This is my address" }
            }
        },
    ))
}

/// `POST`: confirms it.
async fn confirm(
    State(site): State<Site>,
    viewer: Viewer,
    Path(token): Path<String>,
    Protected(Empty {}): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewToday)?;
    let keys = site.store().keys().clone();
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            address::confirm(tx, ctx, &keys, &token)
        })
        .await?;
    Ok(Redirect::to("/account#mail"))
}

#[derive(Deserialize)]
struct PaceForm {
    pace: String,
}

/// `POST`: says how often.
async fn set_pace(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<PaceForm>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewToday)?;
    let id = viewer.ctx.actor.operator().ok_or(WebError::NotFound)?;
    let pace =
        Pace::find(&form.pace).ok_or_else(|| WebError::Malformed("choose how often".to_owned()))?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            address::set_pace(tx, ctx, id, pace)
        })
        .await?;
    Ok(Redirect::to("/account#mail"))
}
