//! How much anybody gets, whoever sends it.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use placet_app::{FieldProblem, settings};
use placet_domain::operator::Capability;
use placet_domain::settings::Caps;
use serde::Deserialize;

use super::{frame, load, read_only, save};
use crate::components::field::Field;
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::session::Viewer;
use crate::site::Site;

#[derive(Deserialize, Clone, Default)]
pub struct Form {
    #[serde(default)]
    per_day: String,
    #[serde(default)]
    per_week: String,
}

pub fn summary(caps: Caps) -> Markup {
    html! { (caps.per_day) " a day, " (caps.per_week) " a week" }
}

/// `GET`: the caps.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let caps = load(&site).await?.caps;
    let form = Form {
        per_day: caps.per_day.to_string(),
        per_week: caps.per_week.to_string(),
    };
    Ok(page(&viewer, &form, &[]))
}

fn page(viewer: &Viewer, form: &Form, found: &[FieldProblem]) -> Markup {
    let lead = "The most that anybody gets, all campaigns and channels together. No campaign can set it aside.";
    frame(
        viewer,
        "/settings/caps",
        "Caps",
        lead,
        &html! {
            form.stacked method="post" action="/settings/caps" {
                (viewer.csrf.field())
                (Field::text("per_day", "Messages in any 24 hours").value(&form.per_day).numeric().required().max(2)
                    .error(problem_of(found, "per_day")).render())
                (Field::text("per_week", "Messages in any seven days").value(&form.per_week).numeric().required().max(2)
                    .hint("Every message counts, also those about a person's own care. Care itself is never held back.")
                    .error(problem_of(found, "per_week")).render())
                @if viewer.can(Capability::EditSettings) { button { "Save" } }
            }
            (read_only(viewer))
        },
    )
}

/// `POST`: says how much anybody gets.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    // What is no number is refused as zero is.
    let number = |text: &str| text.trim().parse().unwrap_or(0);
    let new = Caps {
        per_day: number(&form.per_day),
        per_week: number(&form.per_week),
    };
    let again = |found: &[FieldProblem]| page(&viewer, &form, found);
    save(&site, &viewer, "/settings", again, move |tx, ctx| {
        settings::set_caps(tx, ctx, &new)
    })
    .await
}
