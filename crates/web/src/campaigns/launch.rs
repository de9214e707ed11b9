//! Launching by typing the number, stopping, resuming.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::campaign::{self, View};
use placet_domain::audience::Waterfall;
use placet_domain::audience::cells::{SMALL, rounded};
use placet_domain::campaign::Progress;
use placet_domain::id::CampaignId;
use placet_domain::operator::Capability;
use serde::Deserialize;

use crate::components::confirm_by_number;
use crate::components::field::{Field, whole_number};
use crate::components::notice::{Why, info, refusal};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::session::Viewer;
use crate::site::Site;

/// What the confirmation sends.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    confirm: String,
}

/// A launch that did not come about: what was typed, and why it was refused.
#[derive(Default)]
pub struct Tried {
    typed: String,
    refused: String,
}

/// `POST`: launches for exactly as many people as were typed; a refusal stays at the number.
pub async fn launch(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Protected(form): Protected<Typed>,
) -> Result<Response, WebError> {
    let refused = match try_launch(&site, &viewer, id, &form.confirm).await {
        Ok(()) => return Ok(Redirect::to(&format!("/campaigns/{id}")).into_response()),
        Err(error @ (WebError::Malformed(_) | WebError::Refused { .. })) => error,
        Err(error) => return Err(error),
    };
    let tried = Tried {
        typed: form.confirm,
        refused: refused.to_string(),
    };
    let found = super::show::find(&site, id).await?;
    if found.is_launched() {
        // Somebody else was faster: there is no number to type any more.
        return Err(refused);
    }
    let page = super::show::page(&viewer, &found, &tried);
    Ok((refused.status(), page).into_response())
}

async fn try_launch(
    site: &Site,
    viewer: &Viewer,
    id: CampaignId,
    typed: &str,
) -> Result<(), WebError> {
    let grant = viewer.ctx.actor.may(Capability::LaunchCampaigns)?;
    let typed = whole_number(typed)
        .ok_or_else(|| WebError::Malformed("type the number of people in digits".to_owned()))?;
    let engine = site.engine().clone();
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::launch(tx, ctx, &engine, id, typed)
        })
        .await?;
    Ok(())
}

/// What the form for ending sends.
#[derive(Deserialize)]
pub struct Ending {
    #[serde(default)]
    why: String,
}

/// What the forms for stopping and resuming send.
#[derive(Deserialize)]
pub struct Reason {
    #[serde(default)]
    reason: String,
}

/// `POST`: nothing more is claimed.
pub async fn stop(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Protected(form): Protected<Reason>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::StopCampaigns)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::stop(tx, ctx, id, &form.reason)
        })
        .await?;
    Ok(Redirect::to(&format!("/campaigns/{id}")))
}

/// `POST`: it goes on.
pub async fn resume(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Protected(form): Protected<Reason>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::StopCampaigns)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::resume(tx, ctx, id, &form.reason)
        })
        .await?;
    Ok(Redirect::to(&format!("/campaigns/{id}")))
}

/// `POST`: what waits never leaves.
pub async fn end(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Protected(form): Protected<Ending>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::StopCampaigns)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::end(tx, ctx, id, &form.why)
        })
        .await?;
    Ok(Redirect::to(&format!("/campaigns/{id}")))
}

/// The launch of a draft: what stands against it, or the number to type.
pub fn part(
    viewer: &Viewer,
    view: &View,
    obstacles: &[(&'static str, String)],
    waterfall: &Waterfall,
    tried: &Tried,
) -> Markup {
    let id = view.campaign.id;
    let body = if !obstacles.is_empty() {
        let whys: Vec<Why> = obstacles
            .iter()
            .map(|(code, says)| Why {
                rule: (*code).to_owned(),
                says: says.clone(),
            })
            .collect();
        refusal("This campaign cannot be launched yet", &whys, "")
    } else if waterfall.n_permitted == 0 {
        refusal(
            "Nobody may be written to",
            &[Why::plain(
                "every person of this audience is stopped by a rule: the waterfall shows by which",
            )],
            "another audience, another content, or a permission that people give",
        )
    } else if waterfall.n_permitted < SMALL && !viewer.can(Capability::ViewSmallCells) {
        refusal(
            "The group is too small",
            &[Why::plain(format!(
                "fewer than {SMALL} people may be written to"
            ))],
            "a wider audience, or somebody who may see small groups",
        )
    } else if viewer.can(Capability::LaunchCampaigns) {
        confirm_by_number(
            &viewer.csrf,
            &format!("/campaigns/{id}/launch"),
            shown_to_type(viewer, waterfall.n_permitted),
            (
                "So many people will be written to. Each is decided again before their message leaves.",
                "Launch",
            ),
            (&tried.typed, &tried.refused),
        )
    } else {
        info(
            "Ready to launch",
            &html! { p { "Marketing can launch it." } },
        )
    };
    html! { section aria-labelledby="launch-title" { h2 #launch-title { "Launch" } (body) } }
}

/// The number to type: to the full ten for those who see no small groups.
fn shown_to_type(viewer: &Viewer, n: u64) -> u64 {
    if viewer.can(Capability::ViewSmallCells) {
        n
    } else {
        rounded(n)
    }
}

/// The stop button of a running campaign, the resume button of a stopped one.
pub fn hold(viewer: &Viewer, view: &View) -> Markup {
    if !viewer.can(Capability::StopCampaigns) {
        return html! {};
    }
    let (act, label, class) = match view.progress {
        Progress::Sending => ("stop", "Stop sending", "danger"),
        Progress::Stopped => ("resume", "Go on sending", ""),
        _ => return html! {},
    };
    html! {
        form.stacked method="post" action={ "/campaigns/" (view.campaign.id) "/" (act) } {
            (viewer.csrf.field())
            (Field::text("reason", "Why?").max(500).render())
            button class=(class) { (label) }
        }
        (super::plan::control(viewer, view))
    }
}
