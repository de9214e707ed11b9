//! Compliance's word on a version, and what holds a trigger.

use axum::extract::State;
use axum::response::Redirect;
use placet_app::{ActError, Ctx, trigger};
use placet_domain::id::{TriggerId, TriggerVersionId};
use placet_domain::operator::Capability;
use placet_store::Tx;
use serde::Deserialize;

use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::session::Viewer;
use crate::site::Site;

#[derive(Deserialize)]
pub struct Word {
    #[serde(default)]
    version: String,
    #[serde(default)]
    note: String,
}

/// `POST`: approves the newest version.
pub async fn approve(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TriggerId>,
    Protected(form): Protected<Word>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ApproveTriggers)?;
    let version: TriggerVersionId = form.version.parse().map_err(|_| WebError::NotFound)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            trigger::approve(tx, ctx, id, version, &form.note)
        })
        .await?;
    Ok(Redirect::to(&format!("/triggers/{id}")))
}

#[derive(Deserialize)]
pub struct Reason {
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
pub struct Ending {
    #[serde(default)]
    why: String,
}

/// `POST`: nothing more is claimed until somebody lets it go on.
pub async fn pause(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TriggerId>,
    Protected(form): Protected<Reason>,
) -> Result<Redirect, WebError> {
    hold(&site, &viewer, id, form.reason, trigger::pause).await
}

/// `POST`: it goes on with what is not too late.
pub async fn resume(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TriggerId>,
    Protected(form): Protected<Reason>,
) -> Result<Redirect, WebError> {
    hold(&site, &viewer, id, form.reason, trigger::resume).await
}

/// `POST`: it never fires again.
pub async fn end(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TriggerId>,
    Protected(form): Protected<Ending>,
) -> Result<Redirect, WebError> {
    hold(&site, &viewer, id, form.why, trigger::end).await
}

async fn hold(
    site: &Site,
    viewer: &Viewer,
    id: TriggerId,
    reason: String,
    act: fn(&mut Tx, &Ctx, TriggerId, &str) -> Result<(), ActError>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::StopCampaigns)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| act(tx, ctx, id, &reason))
        .await?;
    Ok(Redirect::to(&format!("/triggers/{id}")))
}
