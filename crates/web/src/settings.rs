//! What is set once: organization, carrier, rules, sending, operators, tokens.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::{ActError, Ctx, FieldProblem, settings};
use placet_domain::operator::Capability;
use placet_domain::settings::Settings;
use placet_store::Tx;

use crate::account::problems;
use crate::components::notice::{Why, refusal, yes_no};
use crate::components::{Tone, definitions, header, pill};
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

mod calls;
mod caps;
mod carrier;
mod counts;
mod operators;
mod organization;
mod print;
mod returns;
mod review;
mod rules;
pub(crate) mod sending;
pub(crate) mod signing;
mod staff_mail;
mod texts;
mod tokens;

const VIEW: Rule = Rule::Needs(Capability::ViewSettings);
const EDIT: Rule = Rule::Needs(Capability::EditSettings);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/settings", VIEW, show)
        .get("/settings/organization", VIEW, organization::show)
        .post("/settings/organization", EDIT, organization::update)
        .get("/settings/carrier", VIEW, carrier::show)
        .post("/settings/carrier", EDIT, carrier::update)
        .get("/settings/print", VIEW, print::show)
        .post("/settings/print", EDIT, print::update)
        .get("/settings/calls", VIEW, calls::show)
        .post("/settings/calls", EDIT, calls::update)
        .get("/settings/texts", VIEW, texts::show)
        .post("/settings/texts", EDIT, texts::update)
        .get("/settings/returns", VIEW, returns::show)
        .post("/settings/returns", EDIT, returns::update)
        .get("/settings/staff-mail", VIEW, staff_mail::show)
        .post("/settings/staff-mail", EDIT, staff_mail::update)
        .get("/settings/caps", VIEW, caps::show)
        .post("/settings/caps", EDIT, caps::update)
        .get("/settings/rules", VIEW, rules::show)
        .post("/settings/rules", EDIT, rules::update)
        .get("/settings/counts", VIEW, counts::show)
        .post("/settings/counts", EDIT, counts::update)
        .get("/settings/sending", VIEW, sending::show)
        .post("/settings/sending/arm", EDIT, sending::arm)
        .post("/settings/sending/disarm", EDIT, sending::disarm)
        .merge(signing::routes())
        .merge(review::routes())
        .merge(operators::routes())
        .merge(tokens::routes())
}

/// What is set now.
///
/// # Errors
///
/// When the store fails.
pub async fn load(site: &Site) -> Result<Settings, WebError> {
    Ok(site.store().read(settings::load).await?)
}

/// A settings page with its tabs.
fn frame(viewer: &Viewer, here: &str, title: &str, lead: &str, body: &Markup) -> Markup {
    let mut tabs = vec![
        ("Overview", "/settings"),
        ("Organization", "/settings/organization"),
        ("Mail carrier", "/settings/carrier"),
        ("Text messages", "/settings/texts"),
        ("Letters and cards", "/settings/print"),
        ("Calls", "/settings/calls"),
        ("Signing", "/settings/signing"),
        ("Returned mail", "/settings/returns"),
        ("Mail to operators", "/settings/staff-mail"),
        ("Caps", "/settings/caps"),
        ("Rules", "/settings/rules"),
        ("Small counts", "/settings/counts"),
        ("Review", "/settings/review"),
        ("Sending", "/settings/sending"),
    ];
    if viewer.can(Capability::ManageOperators) {
        tabs.push(("Operators", "/settings/operators"));
        tabs.push(("API tokens", "/settings/tokens"));
    }
    let tabs: Vec<_> = tabs
        .into_iter()
        .map(|(label, href)| (label, href, href == here))
        .collect();
    layout::page(
        viewer,
        Place::Settings,
        title,
        &html! {
            (header(title, lead, &html! {}))
            (crate::components::tabs("Settings", &tabs))
            (body)
        },
    )
}

/// Saves what a form says and goes on to `next`; a form that is refused is shown `again` with what
/// is wrong.
async fn save(
    site: &Site,
    viewer: &Viewer,
    next: &str,
    again: impl FnOnce(&[FieldProblem]) -> Markup,
    change: impl FnMut(&mut Tx, &Ctx) -> Result<(), ActError> + Send + 'static,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    match site.store().act(grant, &viewer.ctx, change).await {
        Ok(()) => Ok(Redirect::to(next).into_response()),
        Err(error) => {
            let page = again(&problems(error)?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// Said below a form that this viewer may read and not send.
fn read_only(viewer: &Viewer) -> Markup {
    html! {
        @if !viewer.can(Capability::EditSettings) {
            p.soft { "Your role may read this and not change it." }
        }
    }
}

/// `GET`: everything that is set, and what is missing.
async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let settings = load(&site).await?;
    let pack = site.engine().pack();
    Ok(frame(
        &viewer,
        "/settings",
        "Settings",
        "What this installation is set to.",
        &html! {
            (missing(&settings))
            (definitions(&[
                ("Organization", organization::summary(settings.organization.as_ref())),
                ("Mail carrier", carrier::summary(settings.carrier.as_ref())),
                ("Text messages", texts::summary(settings.texts.as_ref())),
                ("Letters and cards", print::summary(settings.print.as_ref())),
                ("Calls", calls::summary(settings.calls.as_ref())),
                ("Returned mail", returns::summary(settings.returns.as_ref())),
                ("Caps", caps::summary(settings.caps)),
                ("Profile", html! { (settings.strictness.label()) }),
                ("Rule pack", html! { code { (pack.id) " " (pack.version) } }),
                ("Sending", armed(&settings)),
            ]))
        },
    ))
}

/// What stands against arming, as a notice; nothing when nothing does.
pub(crate) fn missing(settings: &Settings) -> Markup {
    let why: Vec<Why> = settings::obstacles(settings)
        .into_iter()
        .map(Why::plain)
        .collect();
    html! {
        @if !why.is_empty() {
            (refusal("No message can leave yet", &why, "Set what is missing, then arm sending."))
        }
    }
}

fn armed(set: &Settings) -> Markup {
    if set.is_armed {
        pill(Tone::Good, "Armed")
    } else if set.is_armed_elsewhere {
        pill(Tone::Warn, "Disarmed here, armed on another installation")
    } else {
        pill(Tone::Warn, "Disarmed")
    }
}

fn known(is_on_file: bool) -> Markup {
    yes_no(is_on_file, "On file", "Not on file")
}
