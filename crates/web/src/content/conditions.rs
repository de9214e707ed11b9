//! What approvals ask of later versions.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::approval::condition;
use placet_domain::content::Draft;
use placet_domain::id::ConditionId;
use placet_domain::operator::Capability;
use placet_domain::review::condition::{Condition, Demand};

use crate::components::field::{Choice, Field, select};
use crate::components::{Tone, pill, post_button};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

/// The conditions that hold for a content, and whether this draft meets them.
pub fn part(viewer: &Viewer, held: &[Condition], draft: &Draft) -> Markup {
    html! {
        @if !held.is_empty() {
            h3 { "Conditions" }
            p { "Each later version meets them, or goes back." }
            ul.findings {
                @for one in held {
                    li {
                        @if one.is_met(draft) { (pill(Tone::Good, "Met")) } @else { (pill(Tone::Bad, "Not met")) }
                        " " (one.role.label()) ": " (one.demand.label().to_lowercase()) ", “" (one.words) "”"
                        @if viewer.can(Capability::ApproveContent) && viewer.roles().any(|role| role == one.role) {
                            (post_button(&viewer.csrf, &format!("/conditions/{}/lifts", one.id), "Lift", "quiet"))
                        }
                    }
                }
            }
        }
    }
}

/// The fields that attach a condition to an approval.
pub fn fields() -> Markup {
    let demands: Vec<Choice> = [Choice::new("", "Nothing", true)]
        .into_iter()
        .chain(
            Demand::ALL
                .iter()
                .map(|one| Choice::new(one.as_str(), one.label(), false)),
        )
        .collect();
    html! {
        details {
            summary { "Approve on a condition for later versions" }
            (select("demand", "What do you ask of each later version?", "", "", &demands))
            (Field::text("words", "Which words, or what is to be read again?").max(300).render())
        }
    }
}

/// `POST`: lifts a condition.
pub async fn lift(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ConditionId>,
    Protected(Empty {}): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ApproveContent)?;
    let content = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            condition::lift(tx, ctx, id)
        })
        .await?;
    Ok(Redirect::to(&format!("/content/{content}")))
}
