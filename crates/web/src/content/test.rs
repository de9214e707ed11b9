//! A test of a version to one's own address.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::staff_mail::{self, address, trial};
use placet_app::{ActError, settings};
use placet_domain::channel::Channel;
use placet_domain::content::Version;
use placet_domain::id::{OperatorId, VersionId};
use placet_domain::operator::Capability;
use placet_domain::staff_mail::Mailbox;
use placet_store::Tx;

use crate::components::post_button;
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

/// Where a test would go, and what stands against it.
pub struct Test {
    mailbox: Mailbox,
    obstacle: Option<&'static str>,
}

impl Test {
    pub fn load(tx: &mut Tx, own: Option<OperatorId>) -> Result<Self, ActError> {
        let set = settings::load(tx)?;
        let sender = staff_mail::sender(tx)?;
        Ok(Self {
            mailbox: own.map_or_else(|| Ok(Mailbox::default()), |id| address::find(tx, id))?,
            obstacle: staff_mail::obstacle(&set, sender.as_ref()),
        })
    }

    /// The button, or why there is none.
    pub fn part(&self, viewer: &Viewer, version: &Version) -> Markup {
        let at = format!("/versions/{}/tests", version.id);
        html! {
            @if version.draft.channel == Channel::Email {
                h3 { "Look at it in your own mail" }
                @match (self.mailbox.confirmed(), self.obstacle) {
                    (None, _) => p.soft {
                        "A test goes to your own address: " a href="/account#mail" { "give it and confirm it" } "."
                    },
                    (_, Some(why)) => p.soft { "No test can leave: " (why) "." },
                    (Some(address), None) => {
                        p { "With made-up values, marked [TEST], to " (address) ". At most " (trial::PER_HOUR)
                            " an hour." }
                        (post_button(&viewer.csrf, &at, "Send me a test", "quiet"))
                    }
                }
            }
        }
    }
}

/// `POST`: sends it.
pub async fn send(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<VersionId>,
    Protected(Empty {}): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewContent)?;
    let own = viewer.ctx.actor.operator().ok_or(WebError::NotFound)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            trial::send(tx, ctx, own, id)
        })
        .await?;
    Ok(Redirect::to(&format!("/versions/{id}?tested=yes")))
}
