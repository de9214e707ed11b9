//! Authorizations, consents and the texts they were given on, for machines.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use placet_app::instrument::{self, Given};
use placet_app::person::{self, Purpose};
use placet_app::preference::LaterAct;
use placet_app::wording;
use placet_domain::channel::Channel;
use placet_domain::id::{InstrumentId, PersonId};
use placet_domain::instrument::authorization::{
    Authorization, Expiry, Scope, Signature, Signer, Statements,
};
use placet_domain::instrument::{
    Consent, Evidence, Instrument, InstrumentKind, IpClass, Method, Revocation, Terms,
};
use placet_domain::operator::Capability;
use placet_domain::preference::Topic;
use placet_domain::time::{TimeZone, Timestamp};
use placet_domain::wording::{Draft, Wording, WordingKind};
use placet_ledger::to_hex;
use placet_store::wordings;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{Body, Listed, Problem};
use crate::account::Read;
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
        .get("/api/v1/people/{id}/instruments", VIEW, list)
        .post("/api/v1/people/{id}/instruments", RECORD, record)
        .post("/api/v1/instruments/{id}/revocations", RECORD, revoke)
        .get("/api/v1/wordings", VIEW, list_wordings)
        .post("/api/v1/wordings", RECORD, add_wording)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(list, record, revoke, list_wordings, add_wording))]
pub struct Document;

/// What shows that something was given or said: codes, never a name or an address.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceBody {
    /// The system or place it came from: `web_form`, `registration_desk`.
    source: String,
    #[serde(default)]
    form_version: String,
    /// `none`, `internal`, `public_v4` or `public_v6`.
    #[serde(default)]
    ip_class: String,
    /// Where the document is filed.
    #[serde(default)]
    document: String,
}

impl EvidenceBody {
    pub(super) fn read(self, reader: &mut Reader) -> Option<Evidence> {
        let ip_class = match self.ip_class.as_str() {
            "" => Some(IpClass::None),
            code => reader.code("evidence.ip_class", code, IpClass::find),
        };
        Some(Evidence {
            source: self.source,
            form_version: self.form_version,
            ip_class: ip_class?,
            document: self.document,
        })
    }
}

impl From<&Evidence> for EvidenceBody {
    fn from(evidence: &Evidence) -> Self {
        Self {
            source: evidence.source.clone(),
            form_version: evidence.form_version.clone(),
            ip_class: evidence.ip_class.as_str().to_owned(),
            document: evidence.document.clone(),
        }
    }
}

/// The elements of 45 CFR 164.508(c), as the signed form has them. What is left out is missing.
#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct AuthorizationIn {
    description: String,
    discloser: String,
    recipient: String,
    purpose: String,
    /// `2027-06-30`.
    expires_on: String,
    expires_event: String,
    /// The date beside the signature; empty when there is none.
    signed_on: String,
    /// The authority of whoever signed for the person; empty when they signed themself.
    representative_authority: Option<String>,
    states_revoke: bool,
    states_condition: bool,
    states_redisclosure: bool,
    states_remuneration: bool,
    states_sale: bool,
    is_initiated_by_individual: bool,
    involves_remuneration: bool,
    is_sale: bool,
    is_plain_language: bool,
    is_combined: bool,
    is_conditioned: bool,
    is_known_false: bool,
    channels: Vec<String>,
    topics: Vec<String>,
    information: Vec<String>,
    recipients: Vec<String>,
}

impl AuthorizationIn {
    fn read(self, reader: &mut Reader) -> Option<Authorization> {
        let expires_on = reader.date("authorization.expires_on", &self.expires_on);
        let signed_on = reader.date("authorization.signed_on", &self.signed_on);
        let event = Some(self.expires_event).filter(|event| !event.is_empty());
        let signer = match self.representative_authority {
            Some(authority) => Signer::Representative { authority },
            None => Signer::Individual,
        };
        let mut channels = BTreeSet::new();
        for code in &self.channels {
            channels.insert(reader.code("authorization.channels", code, Channel::find)?);
        }
        let mut topics = BTreeSet::new();
        for code in &self.topics {
            topics.insert(reader.code("authorization.topics", code, Topic::find)?);
        }
        Some(Authorization {
            description: self.description,
            discloser: self.discloser,
            recipient: self.recipient,
            purpose: self.purpose,
            expiry: expires_on.map(Expiry::On).or(event.map(Expiry::Event)),
            signature: signed_on.map(|on| Signature {
                signer,
                on: Some(on),
            }),
            statements: Statements {
                revoke: self.states_revoke,
                condition: self.states_condition,
                redisclosure: self.states_redisclosure,
                remuneration: self.states_remuneration,
                sale: self.states_sale,
            },
            is_initiated_by_individual: self.is_initiated_by_individual,
            involves_remuneration: self.involves_remuneration,
            is_sale: self.is_sale,
            is_plain_language: self.is_plain_language,
            is_combined: self.is_combined,
            is_conditioned: self.is_conditioned,
            is_known_false: self.is_known_false,
            scope: Scope {
                channels,
                topics,
                information: self.information.into_iter().collect(),
                recipients: self.recipients.into_iter().collect(),
            },
        })
    }
}

/// An instrument as it was handed in. A consent has `channel` and `topic`; a
/// `hipaa_authorization` has `authorization`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InstrumentIn {
    /// `hipaa_authorization`, `email_optin`, `tcpa_pewc`, …
    kind: String,
    channel: Option<String>,
    topic: Option<String>,
    /// The last day of a consent.
    expires_on: Option<String>,
    authorization: Option<AuthorizationIn>,
    /// RFC 3339.
    signed_at: String,
    /// `paper`, `web_form`, `phone`, …
    method: String,
    /// The id of the wording that was shown.
    wording: Option<String>,
    evidence: EvidenceBody,
}

impl InstrumentIn {
    fn read(self) -> Result<Given, WebError> {
        let mut reader = Reader::default();
        let kind = reader.code("kind", &self.kind, InstrumentKind::find);
        let signed_at = reader.instant("signed_at", &self.signed_at, &TimeZone::UTC);
        let method = reader.code("method", &self.method, Method::find);
        let wording = match self.wording.as_deref() {
            None => None,
            Some(text) => reader.code("wording", text, |text| text.parse().ok()),
        };
        let evidence = self.evidence.read(&mut reader);
        let terms = match self.authorization {
            Some(body) => body
                .read(&mut reader)
                .map(|terms| Terms::Authorization(Box::new(terms))),
            None => {
                let text = |one: Option<String>| one.unwrap_or_default();
                let channel = reader.code("channel", &text(self.channel), Channel::find);
                let topic = reader.code("topic", &text(self.topic), Topic::find);
                let expires_on = reader.date("expires_on", &text(self.expires_on));
                channel.zip(topic).map(|(channel, topic)| {
                    Terms::Consent(Consent {
                        channel,
                        topic,
                        expires_on,
                    })
                })
            }
        };
        let read = (|| {
            let (kind, terms, signed_at) = (kind?, terms?, signed_at?);
            let (method, evidence) = (method?, evidence?);
            Some(Given {
                kind,
                wording,
                terms,
                signed_at,
                method,
                evidence,
            })
        })();
        reader.done(read)
    }
}

/// An instrument with its standing now.
#[derive(Serialize, ToSchema)]
struct InstrumentOut {
    id: String,
    kind: String,
    /// `valid`, `expired`, `revoked`, `defective` or `not_yet`.
    standing: String,
    /// The same in words.
    says: String,
    /// What it lacks, by the ids of the rules.
    defects: Vec<String>,
    /// The ways it speaks of.
    channels: Vec<String>,
    /// The topics it speaks of.
    topics: Vec<String>,
    wording: Option<String>,
    signed_at: String,
    expires_on: Option<String>,
    method: String,
    evidence: EvidenceBody,
    recorded_at: String,
    recorded_by: String,
    revoked_at: Option<String>,
    /// SHA-256 of the row, as its ledger entry holds it.
    hash: String,
}

fn out(one: &Instrument, hash: &[u8; 32], now: Timestamp) -> InstrumentOut {
    let standing = one.standing(now, &TimeZone::UTC);
    let (channels, topics) = match &one.terms {
        Terms::Consent(consent) => (
            BTreeSet::from([consent.channel]),
            BTreeSet::from([consent.topic]),
        ),
        Terms::Authorization(terms) => (terms.scope.channels.clone(), terms.scope.topics.clone()),
    };
    InstrumentOut {
        id: one.id.to_string(),
        kind: one.kind.as_str().to_owned(),
        standing: standing.as_str().to_owned(),
        says: standing.says(),
        defects: one
            .defects
            .iter()
            .map(|defect| defect.as_str().to_owned())
            .collect(),
        channels: channels
            .into_iter()
            .map(|one| one.as_str().to_owned())
            .collect(),
        topics: topics
            .into_iter()
            .map(|one| one.as_str().to_owned())
            .collect(),
        wording: one.wording.map(|id| id.to_string()),
        signed_at: one.signed_at.to_string(),
        expires_on: one.expires_on().map(|on| on.to_string()),
        method: one.method.as_str().to_owned(),
        evidence: EvidenceBody::from(&one.evidence),
        recorded_at: one.recorded_at.to_string(),
        recorded_by: one.recorded_by.clone(),
        revoked_at: one.revoked.map(|revoked| revoked.at.to_string()),
        hash: to_hex(hash),
    }
}

/// Lists what a person signed and agreed to, newest first.
#[utoipa::path(get, path = "/api/v1/people/{id}/instruments", tag = "instruments",
    params(("id" = String, Path, description = "The person")),
    responses((status = 200, body = Listed<InstrumentOut>), (status = "default", body = Problem)))]
async fn list(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
) -> Result<Json<Listed<InstrumentOut>>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let held = site
        .store()
        .act(grant, &viewer.ctx, move |tx, _| {
            person::must_be_held(tx, id)?;
            person::note_read(tx, id, Purpose::Review);
            instrument::list(tx, id)
        })
        .await?;
    let now = site.now();
    let items = held
        .iter()
        .map(|held| out(&held.instrument, &held.hash, now))
        .collect();
    Ok(Json(Listed { items, next: None }))
}

/// What was recorded.
#[derive(Serialize, ToSchema)]
struct RecordedOut {
    id: String,
    standing: String,
    defects: Vec<String>,
    /// The receipt's entry.
    entry: String,
}

/// Records an authorization or a consent.
///
/// An authorization that lacks an element is kept as `defective` and never counts.
#[utoipa::path(post, path = "/api/v1/people/{id}/instruments", tag = "instruments",
    request_body = InstrumentIn, params(("id" = String, Path, description = "The person")),
    responses((status = 201, body = RecordedOut), (status = "default", body = Problem)))]
async fn record(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
    Body(body): Body<InstrumentIn>,
) -> Result<(StatusCode, Json<RecordedOut>), WebError> {
    let given = body.read()?;
    let grant = viewer.ctx.actor.may(Capability::RecordInstruments)?;
    let recorded = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            instrument::record(tx, ctx, id, given.clone())
        })
        .await?;
    let defects = recorded.instrument.defects.iter();
    let out = RecordedOut {
        id: recorded.instrument.id.to_string(),
        standing: recorded.standing.as_str().to_owned(),
        defects: defects.map(|defect| defect.as_str().to_owned()).collect(),
        entry: recorded.entry.to_string(),
    };
    Ok((StatusCode::CREATED, Json(out)))
}

/// A later act of the person, with its evidence.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LaterIn {
    /// RFC 3339.
    at: String,
    /// `letter`, `phone`, `in_person`, …
    method: String,
    evidence: EvidenceBody,
}

impl LaterIn {
    pub(super) fn read(self) -> Result<LaterAct, WebError> {
        let mut reader = Reader::default();
        let at = reader.instant("at", &self.at, &TimeZone::UTC);
        let method = reader.code("method", &self.method, Method::find);
        let evidence = self.evidence.read(&mut reader);
        let read = (|| {
            let (at, method, evidence) = (at?, method?, evidence?);
            Some(LaterAct {
                at,
                method,
                evidence,
            })
        })();
        reader.done(read)
    }
}

/// What was taken back.
#[derive(Serialize, ToSchema)]
struct RevokedOut {
    /// The instruments that ended; empty when they had ended before.
    instruments: Vec<String>,
    entries: Vec<String>,
}

/// Takes an instrument back, from the next decision on.
#[utoipa::path(post, path = "/api/v1/instruments/{id}/revocations", tag = "instruments",
    request_body = LaterIn, params(("id" = String, Path, description = "The instrument")),
    responses((status = 200, body = RevokedOut), (status = "default", body = Problem)))]
async fn revoke(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<InstrumentId>,
    Body(body): Body<LaterIn>,
) -> Result<Json<RevokedOut>, WebError> {
    let later = body.read()?;
    let grant = viewer.ctx.actor.may(Capability::RecordInstruments)?;
    let revoked = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let revocation = Revocation {
                at: later.at,
                method: later.method,
            };
            instrument::revoke(tx, ctx, id, revocation, &later.evidence)
        })
        .await?;
    Ok(Json(RevokedOut {
        instruments: revoked
            .instruments
            .iter()
            .map(ToString::to_string)
            .collect(),
        entries: revoked.entries.iter().map(ToString::to_string).collect(),
    }))
}

/// A text that people were shown.
#[derive(Serialize, ToSchema)]
struct WordingOut {
    id: String,
    code: String,
    version: u32,
    language: String,
    kind: String,
    title: String,
    text: String,
    /// SHA-256 of the text.
    text_hash: String,
    created_at: String,
}

fn wording_out(one: Wording) -> WordingOut {
    WordingOut {
        id: one.id.to_string(),
        code: one.code,
        version: one.version,
        language: one.language,
        kind: one.kind.as_str().to_owned(),
        title: one.title,
        text: one.text,
        text_hash: to_hex(&one.text_hash),
        created_at: one.created_at.to_string(),
    }
}

/// Lists every text in every version.
#[utoipa::path(get, path = "/api/v1/wordings", tag = "instruments",
    responses((status = 200, body = Listed<WordingOut>), (status = "default", body = Problem)))]
async fn list_wordings(State(site): State<Site>) -> Result<Json<Listed<WordingOut>>, WebError> {
    let all: Vec<Wording> = site
        .store()
        .read(|tx| -> Read<_> { wordings::list(tx) })
        .await?;
    Ok(Json(Listed {
        items: all.into_iter().map(wording_out).collect(),
        next: None,
    }))
}

/// The next version of a text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WordingIn {
    code: String,
    language: String,
    /// `consent`, `authorization`, `warning` or `preferences`.
    kind: String,
    title: String,
    text: String,
}

/// Adds a text, or the next version of one; the same text again answers the version that holds it.
#[utoipa::path(post, path = "/api/v1/wordings", tag = "instruments", request_body = WordingIn,
    responses((status = 201, body = WordingOut), (status = "default", body = Problem)))]
async fn add_wording(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<WordingIn>,
) -> Result<(StatusCode, Json<WordingOut>), WebError> {
    let mut reader = Reader::default();
    let kind = reader.code("kind", &body.kind, WordingKind::find);
    let draft = reader.done(kind.map(|kind| Draft {
        code: body.code,
        language: body.language,
        kind,
        title: body.title,
        text: body.text,
    }))?;
    let grant = viewer.ctx.actor.may(Capability::RecordInstruments)?;
    let added = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            wording::add(tx, ctx, draft.clone())
        })
        .await?;
    Ok((StatusCode::CREATED, Json(wording_out(added))))
}
