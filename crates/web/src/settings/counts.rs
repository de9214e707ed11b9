//! How small a count of people a measurement may show.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::measure;
use placet_domain::measure::ReportRules;
use placet_domain::operator::Capability;
use serde::Deserialize;

use super::{frame, read_only};
use crate::components::field::Field;
use crate::csrf::Protected;
use crate::error::WebError;
use crate::session::Viewer;
use crate::site::Site;

#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    smallest_cell: String,
}

/// `GET`: the threshold.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let set = site.store().read(measure::rules).await?;
    Ok(frame(
        &viewer,
        "/settings/counts",
        "Small counts",
        "A small count can point at somebody. Measurements hide it, and what would give it away.",
        &html! {
            form.stacked method="post" action="/settings/counts" {
                (viewer.csrf.field())
                (Field::text("smallest_cell", "The smallest count that is shown")
                    .value(&set.smallest_cell.to_string()).numeric().required()
                    .hint("From 5 to 1,000. 11 is what CMS asks of its own data.").render())
                @if viewer.can(Capability::EditSettings) { button { "Save" } }
            }
            (read_only(&viewer))
        },
    ))
}

/// `POST`: decides it.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    let smallest_cell = form.smallest_cell.trim().parse().unwrap_or(0);
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            measure::set_rules(tx, ctx, &ReportRules { smallest_cell })
        })
        .await?;
    Ok(Redirect::to("/settings/counts"))
}
