//! The words on a version, its start, and what holds a journey.

use axum::extract::State;
use axum::response::Redirect;
use placet_app::journey::{self, trial};
use placet_app::{ActError, Ctx};
use placet_domain::id::{JourneyId, JourneyVersionId};
use placet_domain::journey::{Said, Version};
use placet_domain::operator::{Capability, Role};
use placet_store::Tx;
use serde::Deserialize;

use crate::components::field::whole_number;
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

fn back(id: JourneyId) -> Redirect {
    Redirect::to(&format!("/journeys/{id}"))
}

#[derive(Deserialize)]
pub struct Nothing {}

/// `POST`: simulates the newest version on past data.
pub async fn simulate(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
    Protected(Nothing {}): Protected<Nothing>,
) -> Result<Redirect, WebError> {
    simulated(&site, &viewer, id).await?;
    Ok(Redirect::to(&format!("/journeys/{id}#simulation")))
}

/// Simulates the newest version.
pub(crate) async fn simulated(
    site: &Site,
    viewer: &Viewer,
    id: JourneyId,
) -> Result<(Version, trial::Trial), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewCampaigns)?;
    let engine = site.engine().clone();
    let done = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let one = journey::find(tx, id)?;
            let newest = one.newest().ok_or(ActError::NotFound("version"))?.clone();
            let trial = trial::try_out(tx, ctx, &engine, &newest)?;
            Ok::<_, ActError>((newest, trial))
        })
        .await?;
    Ok(done)
}

#[derive(Deserialize)]
pub struct Word {
    #[serde(default)]
    version: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    said: String,
    #[serde(default)]
    note: String,
}

/// `POST`: one role's word on the newest version.
pub async fn say(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
    Protected(form): Protected<Word>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ApproveJourneys)?;
    let version: JourneyVersionId = form.version.parse().map_err(|_| WebError::NotFound)?;
    let role = Role::find(&form.role).ok_or(WebError::NotFound)?;
    let said = Said::find(&form.said).ok_or(WebError::NotFound)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            journey::say(tx, ctx, id, version, (role, said), &form.note)
        })
        .await?;
    Ok(back(id))
}

#[derive(Deserialize)]
pub struct Starting {
    #[serde(default)]
    confirm: String,
}

/// `POST`: lets the newest version begin, which `?version=` names.
pub async fn start(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
    query: Query,
    Protected(form): Protected<Starting>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::LaunchCampaigns)?;
    let version = query.get("version").ok_or(WebError::NotFound)?;
    let version: JourneyVersionId = version.parse().map_err(|_| WebError::NotFound)?;
    let typed = whole_number(&form.confirm);
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            journey::start(tx, ctx, id, version, typed)
        })
        .await?;
    Ok(back(id))
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

/// `POST`: nobody enters or moves until somebody lets it go on.
pub async fn pause(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
    Protected(form): Protected<Reason>,
) -> Result<Redirect, WebError> {
    hold(&site, &viewer, id, form.reason, journey::pause).await
}

/// `POST`: it goes on.
pub async fn resume(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
    Protected(form): Protected<Reason>,
) -> Result<Redirect, WebError> {
    hold(&site, &viewer, id, form.reason, journey::resume).await
}

/// `POST`: everybody is out, for good.
pub async fn end(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
    Protected(form): Protected<Ending>,
) -> Result<Redirect, WebError> {
    hold(&site, &viewer, id, form.why, journey::end).await
}

async fn hold(
    site: &Site,
    viewer: &Viewer,
    id: JourneyId,
    reason: String,
    act: fn(&mut Tx, &Ctx, JourneyId, &str) -> Result<(), ActError>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::StopCampaigns)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| act(tx, ctx, id, &reason))
        .await?;
    Ok(back(id))
}
