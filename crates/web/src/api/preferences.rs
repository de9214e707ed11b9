//! What people asked for and refused, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use placet_app::person::{self, Purpose};
use placet_app::preference::{self, Asked};
use placet_domain::channel::Channel;
use placet_domain::id::{PersonId, PreferenceId};
use placet_domain::instrument::Method;
use placet_domain::operator::Capability;
use placet_domain::preference::{Preference, PreferenceKind, Topic};
use placet_domain::time::{TimeZone, Timestamp};
use placet_store::preferences;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::instruments::{EvidenceBody, LaterIn};
use super::{Body, Listed, Problem};
use crate::error::WebError;
use crate::extract::Id;
use crate::people::given::Reader;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewPeople);
const RECORD: Rule = Rule::Needs(Capability::RecordInstruments);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/people/{id}/preferences", VIEW, list)
        .post("/api/v1/people/{id}/preferences", RECORD, record)
        .post("/api/v1/preferences/{id}/lifts", RECORD, lift)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(list, record, lift))]
pub struct Document;

/// What was asked for or refused.
#[derive(Serialize, ToSchema)]
struct PreferenceOut {
    id: String,
    /// `unsubscribe`, `stop`, `declined`, …
    kind: String,
    /// Absent: every way.
    channel: Option<String>,
    /// Absent: every topic.
    topic: Option<String>,
    /// Whether it stands now.
    stands: bool,
    asked_at: String,
    method: String,
    evidence: EvidenceBody,
    recorded_at: String,
    recorded_by: String,
    lifted_at: Option<String>,
}

fn out(one: &Preference, now: Timestamp) -> PreferenceOut {
    PreferenceOut {
        id: one.id.to_string(),
        kind: one.kind.as_str().to_owned(),
        channel: one.channel.map(|channel| channel.as_str().to_owned()),
        topic: one.topic.map(|topic| topic.as_str().to_owned()),
        stands: one.stands_at(now),
        asked_at: one.asked_at.to_string(),
        method: one.method.as_str().to_owned(),
        evidence: EvidenceBody::from(&one.evidence),
        recorded_at: one.recorded_at.to_string(),
        recorded_by: one.recorded_by.clone(),
        lifted_at: one.lifted.as_ref().map(|lifted| lifted.at.to_string()),
    }
}

/// Lists what a person asked for and refused, newest first, lifted or not.
#[utoipa::path(get, path = "/api/v1/people/{id}/preferences", tag = "preferences",
    params(("id" = String, Path, description = "The person")),
    responses((status = 200, body = Listed<PreferenceOut>), (status = "default", body = Problem)))]
async fn list(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
) -> Result<Json<Listed<PreferenceOut>>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let held = site
        .store()
        .act(grant, &viewer.ctx, move |tx, _| {
            person::must_be_held(tx, id)?;
            person::note_read(tx, id, Purpose::Review);
            Ok::<_, placet_app::ActError>(preferences::list_by_person(tx, id)?)
        })
        .await?;
    let now = site.now();
    let items = held.iter().map(|held| out(&held.preference, now)).collect();
    Ok(Json(Listed { items, next: None }))
}

/// What is asked for or refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PreferenceIn {
    /// `unsubscribe`, `stop`, `declined`, `fundraising_optout`, …
    kind: String,
    /// Left out: every way.
    channel: Option<String>,
    /// Left out: every topic.
    topic: Option<String>,
    /// RFC 3339.
    at: String,
    /// `reply`, `phone`, `in_person`, …
    method: String,
    /// The id of the wording that was shown.
    wording: Option<String>,
    evidence: EvidenceBody,
}

impl PreferenceIn {
    fn read(self) -> Result<Asked, WebError> {
        let mut reader = Reader::default();
        let kind = reader.code("kind", &self.kind, PreferenceKind::find);
        let channel = match self.channel.as_deref() {
            None => None,
            Some(code) => reader.code("channel", code, Channel::find),
        };
        let topic = match self.topic.as_deref() {
            None => None,
            Some(code) => reader.code("topic", code, Topic::find),
        };
        let at = reader.instant("at", &self.at, &TimeZone::UTC);
        let method = reader.code("method", &self.method, Method::find);
        let wording = match self.wording.as_deref() {
            None => None,
            Some(text) => reader.code("wording", text, |text| text.parse().ok()),
        };
        let evidence = self.evidence.read(&mut reader);
        let read = (|| {
            let (kind, at, method, evidence) = (kind?, at?, method?, evidence?);
            Some(Asked {
                kind,
                channel,
                topic,
                wording,
                at,
                method,
                evidence,
            })
        })();
        reader.done(read)
    }
}

/// What was recorded.
#[derive(Serialize, ToSchema)]
struct PreferenceRecordedOut {
    id: String,
    /// The receipt's entry.
    entry: String,
}

/// Records an opt-out, a decline or another wish. It stands from the next decision on.
#[utoipa::path(post, path = "/api/v1/people/{id}/preferences", tag = "preferences",
    request_body = PreferenceIn, params(("id" = String, Path, description = "The person")),
    responses((status = 201, body = PreferenceRecordedOut), (status = "default", body = Problem)))]
async fn record(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
    Body(body): Body<PreferenceIn>,
) -> Result<(StatusCode, Json<PreferenceRecordedOut>), WebError> {
    let asked = body.read()?;
    let grant = viewer.ctx.actor.may(Capability::RecordInstruments)?;
    let recorded = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            preference::record(tx, ctx, id, asked.clone())
        })
        .await?;
    let out = PreferenceRecordedOut {
        id: recorded.preference.id.to_string(),
        entry: recorded.entry.to_string(),
    };
    Ok((StatusCode::CREATED, Json(out)))
}

/// The receipt of a lift.
#[derive(Serialize, ToSchema)]
struct LiftedOut {
    entry: String,
}

/// Lifts an opt-out on a later act of the person.
///
/// Refused unless the evidence is newer than the opt-out.
#[utoipa::path(post, path = "/api/v1/preferences/{id}/lifts", tag = "preferences",
    request_body = LaterIn, params(("id" = String, Path, description = "The preference")),
    responses((status = 200, body = LiftedOut), (status = "default", body = Problem)))]
async fn lift(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PreferenceId>,
    Body(body): Body<LaterIn>,
) -> Result<Json<LiftedOut>, WebError> {
    let later = body.read()?;
    let grant = viewer.ctx.actor.may(Capability::RecordInstruments)?;
    let entry = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            preference::lift(tx, ctx, id, &later)
        })
        .await?;
    Ok(Json(LiftedOut {
        entry: entry.to_string(),
    }))
}
