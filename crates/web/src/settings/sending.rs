//! Whether messages may leave at all.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::settings;
use placet_domain::operator::Capability;

use super::{armed, frame, load, missing, read_only};
use crate::components::notice::warn;
use crate::components::{definitions, post_button};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

/// `GET`: armed or not, and what stands against it.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let set = load(&site).await?;
    let is_ready = settings::obstacles(&set).is_empty();
    let may_edit = viewer.can(Capability::EditSettings);
    let lead = "One switch for everything that leaves. Disarmed, launched campaigns wait.";
    Ok(frame(
        &viewer,
        "/settings/sending",
        "Sending",
        lead,
        &html! {
            (missing(&set))
            @if set.is_armed_elsewhere { (copy()) }
            (definitions(&[("Now", armed(&set))]))
            div.row {
                @if may_edit && is_ready && !set.is_armed {
                    (post_button(&viewer.csrf, "/settings/sending/arm", "Arm: let messages leave", ""))
                }
                @if may_edit && (set.is_armed || set.is_armed_elsewhere) {
                    (post_button(&viewer.csrf, "/settings/sending/disarm", "Disarm: let nothing leave", "danger"))
                }
            }
            (read_only(&viewer))
        },
    ))
}

/// Said of a database that was armed elsewhere.
pub(crate) fn copy() -> Markup {
    warn(
        "This is a copy, or one more server",
        &html! {
            p {
                "Sending is armed for another installation, so nothing leaves from here. If this is a copy, "
                "leave it so: two of them would write to the same people. If the database has moved here for "
                "good, or this is one more server on it, arm sending here."
            }
        },
    )
}

/// `POST`: lets messages leave.
pub async fn arm(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    site.store().act(grant, &viewer.ctx, settings::arm).await?;
    Ok(Redirect::to("/settings/sending"))
}

/// `POST`: lets nothing leave.
pub async fn disarm(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    site.store()
        .act(grant, &viewer.ctx, settings::disarm)
        .await?;
    Ok(Redirect::to("/settings/sending"))
}
