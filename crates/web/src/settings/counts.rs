//! How small a count of people a measurement may show, and what noisy ones may cost a year.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::measure;
use placet_domain::measure::ReportRules;
use placet_domain::operator::Capability;
use serde::Deserialize;

use super::{frame, read_only};
use crate::components::field::{Field, whole_number};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::session::Viewer;
use crate::site::Site;

#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    smallest_cell: String,
    #[serde(default)]
    audience_budget: String,
    #[serde(default)]
    house_budget: String,
}

/// `GET`: the threshold and the budgets.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let set = site.store().read(measure::rules).await?;
    Ok(frame(
        &viewer,
        "/settings/counts",
        "Small counts",
        "A small count can point at somebody. Measurements hide it, and what would give it away. Noisy counts \
            may be asked as often as a yearly budget allows.",
        &html! {
            form.stacked method="post" action="/settings/counts" {
                (viewer.csrf.field())
                (Field::text("smallest_cell", "The smallest count that is shown")
                    .value(&set.smallest_cell.to_string()).numeric().required()
                    .hint("From 5 to 1,000. 11 is what CMS asks of its own data.").render())
                (Field::text("audience_budget", "A year's budget of one audience, in thousandths of epsilon")
                    .value(&set.audience_budget.to_string()).numeric().required()
                    .hint("From 100 to 10,000. 1,000 is usual: less protects better and answers less.").render())
                (Field::text("house_budget", "A year's budget of all audiences together")
                    .value(&set.house_budget.to_string()).numeric().required()
                    .hint("Somebody can be in every audience, so this is what a year may tell of one person.").render())
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
    let typed = |text: &str| whole_number(text).unwrap_or(0);
    let few = |text: &str| u32::try_from(typed(text)).unwrap_or(0);
    let rules = ReportRules {
        smallest_cell: typed(&form.smallest_cell),
        audience_budget: few(&form.audience_budget),
        house_budget: few(&form.house_budget),
    };
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            measure::set_rules(tx, ctx, &rules)
        })
        .await?;
    Ok(Redirect::to("/settings/counts"))
}
