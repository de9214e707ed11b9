//! How strictly the rules are read, and which rules there are.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::settings;
use placet_domain::operator::Capability;
use placet_domain::settings::Strictness;
use serde::Deserialize;

use super::{frame, load, read_only};
use crate::components::field::{Choice, radios};
use crate::components::{number, quiet_link};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::session::Viewer;
use crate::site::Site;

#[derive(Deserialize)]
pub struct Form {
    strictness: String,
}

/// `GET`: the profile and the pack.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let set = load(&site).await?.strictness;
    let pack = site.engine().pack();
    let hint = |it: Strictness| match it {
        Strictness::Conservative => {
            "Where the federal rule leaves room, this asks for an authorization. Recommended."
        }
        Strictness::RegulatoryFloor => {
            "Only what the federal rule itself asks. Have counsel agree before you choose it."
        }
    };
    let choices: Vec<Choice> = Strictness::ALL
        .iter()
        .map(|it| Choice::new(it.as_str(), it.label(), *it == set).hint(hint(*it)))
        .collect();
    let lead =
        "How strictly the rules are read. Every decision names the profile it was taken under.";
    Ok(frame(
        &viewer,
        "/settings/rules",
        "Rules",
        lead,
        &html! {
            form.stacked method="post" action="/settings/rules" {
                (viewer.csrf.field())
                (radios("strictness", "Profile", "", "", &choices))
                @if viewer.can(Capability::EditSettings) { button { "Save" } }
            }
            (read_only(&viewer))
            h2 { "Rule pack" }
            p {
                code { (pack.id) " " (pack.version) } ", "
                (number(site.engine().rules().len() as u64)) " rules, "
                (number(site.engine().house_rules().len() as u64)) " of them house rules."
            }
            p.row { (quiet_link("/rules", "Read the rules")) (quiet_link("/rules/difference", "House rules")) }
        },
    ))
}

/// `POST`: chooses the profile.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    let new = Strictness::find(&form.strictness)
        .ok_or_else(|| WebError::Malformed("choose one of the profiles".to_owned()))?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            settings::set_strictness(tx, ctx, new)
        })
        .await?;
    Ok(Redirect::to("/settings/rules"))
}
