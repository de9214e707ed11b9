//! People, their time line, decisions and explanations, for machines. Every read is an entry.

use axum::extract::State;
use axum::{Extension, Json};
use placet_app::person::{self, Purpose};
use placet_app::timeline::{self, Answer, Event, Receipt};
use placet_app::{ActError, explain, settings};
use placet_domain::content::ContentClass;
use placet_domain::id::{DecisionId, PersonId};
use placet_domain::operator::Capability;
use placet_ledger::to_hex;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::repeat::ShownOnce;
use super::{Body, Listed, Problem};
use crate::error::WebError;
use crate::extract::{Id, Ids};
use crate::people::{message, remuneration, told};
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewPeople);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .post("/api/v1/people/search", VIEW, search)
        .get("/api/v1/people/{id}", VIEW, show)
        .get("/api/v1/people/{id}/timeline", VIEW, line)
        .get("/api/v1/people/{id}/decisions", VIEW, decisions)
        .get("/api/v1/people/{id}/decisions/{other}", VIEW, decision)
        .post("/api/v1/people/{id}/explanations", VIEW, explained)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(search, show, line, decisions, decision, explained))]
pub struct Document;

/// An answer about a person to a `POST`: it is not kept for repeats.
pub(super) type Private<T> = (Extension<ShownOnce>, Json<T>);

pub(super) fn private<T>(body: T) -> Private<T> {
    (Extension(ShownOnce), Json(body))
}

/// Whom to find.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SearchIn {
    /// Words of a name, an e-mail address, a telephone number, a date of birth or an id.
    q: String,
}

/// One person found: enough to tell people apart.
#[derive(Serialize, ToSchema)]
struct FoundOut {
    id: String,
    name: String,
    birth_year: Option<i16>,
    relationship: String,
    residence: Option<String>,
    /// Masked.
    reach: Vec<String>,
}

/// Finds people.
///
/// At most 20 are answered; each one shown is an entry in the ledger.
#[utoipa::path(post, path = "/api/v1/people/search", tag = "people", request_body = SearchIn,
    responses((status = 200, body = Listed<FoundOut>), (status = "default", body = Problem)))]
async fn search(
    State(site): State<Site>,
    viewer: Viewer,
    Body(asked): Body<SearchIn>,
) -> Result<Private<Listed<FoundOut>>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let found = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            person::search(tx, ctx, &asked.q)
        })
        .await?;
    let items = found.found.into_iter().map(|one| FoundOut {
        id: one.id.to_string(),
        name: one.name,
        birth_year: one.birth_year,
        relationship: one.relationship.to_owned(),
        residence: one.residence,
        reach: one.reach,
    });
    Ok(private(Listed {
        items: items.collect(),
        next: None,
    }))
}

/// A person, opened.
#[derive(Serialize, ToSchema)]
struct PersonOut {
    id: String,
    given: String,
    family: String,
    birth_date: Option<String>,
    language: Option<String>,
    /// `patient`, `former_patient`, `prospect`, `donor`, …
    relationship: String,
    /// `US-OH`.
    residence: Option<String>,
    time_zone: Option<String>,
    deceased_on: Option<String>,
    flags: Vec<String>,
    contact_points: Vec<PointOut>,
}

/// An address or number in use.
#[derive(Serialize, ToSchema)]
struct PointOut {
    id: String,
    /// `email`, `sms`, `voice_live` or `postal`.
    channel: String,
    address: String,
    /// `care`, `form`, `gift`, `list` or `person`.
    origin: String,
    created_at: String,
}

/// Reads a person.
#[utoipa::path(get, path = "/api/v1/people/{id}", tag = "people",
    params(("id" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 200, body = PersonOut), (status = "default", body = Problem)))]
async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
) -> Result<Json<PersonOut>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let view = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            person::open(tx, ctx, id, Purpose::Review)
        })
        .await?;
    let identity = view.person.identity;
    let points = view.contact_points.into_iter().map(|point| PointOut {
        id: point.id.to_string(),
        channel: point.channel.as_str().to_owned(),
        address: point.address,
        origin: point.origin.as_str().to_owned(),
        created_at: point.created_at.to_string(),
    });
    Ok(Json(PersonOut {
        id: view.person.id.to_string(),
        given: identity.given,
        family: identity.family,
        birth_date: identity.birth_date.map(|day| day.to_string()),
        language: identity.language,
        relationship: view.person.relationship.as_str().to_owned(),
        residence: view.person.residence,
        time_zone: view.person.time_zone,
        deceased_on: view.person.deceased_on.map(|day| day.to_string()),
        flags: view.person.flags.into_iter().collect(),
        contact_points: points.collect(),
    }))
}

/// An act as committed to the ledger.
#[derive(Serialize, ToSchema)]
pub(super) struct ReceiptOut {
    /// The entry's id.
    entry: String,
    /// Absent while the entry waits for its place.
    place: Option<u64>,
    /// SHA-256 leaf hash (RFC 6962).
    leaf_hash: String,
}

impl From<&Receipt> for ReceiptOut {
    fn from(receipt: &Receipt) -> Self {
        Self {
            entry: receipt.entry.to_string(),
            place: receipt.place,
            leaf_hash: to_hex(&receipt.leaf_hash),
        }
    }
}

/// One event of a time line.
#[derive(Serialize, ToSchema)]
struct EventOut {
    at: String,
    /// `instrument.recorded`, `decision.made`, `person.read`, …
    kind: String,
    /// The same in words.
    says: String,
    by: String,
    /// Ids, hashes and codes by name.
    facts: std::collections::BTreeMap<String, String>,
    receipt: ReceiptOut,
}

impl From<Event> for EventOut {
    fn from(event: Event) -> Self {
        Self {
            at: event.at.to_string(),
            kind: event.kind,
            says: event.says,
            by: event.by,
            receipt: ReceiptOut::from(&event.receipt),
            facts: event.facts,
        }
    }
}

/// Reads the time line of a person, newest first.
#[utoipa::path(get, path = "/api/v1/people/{id}/timeline", tag = "people",
    params(("id" = String, Path, description = "32 hexadecimal digits"),
        ("after" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = Listed<EventOut>), (status = "default", body = Problem)))]
async fn line(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
    query: Query,
) -> Result<Json<Listed<EventOut>>, WebError> {
    let after: Option<u64> = super::cursor::after(&query)?;
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let line = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            timeline::read(tx, ctx, id, after)
        })
        .await?;
    Ok(Json(Listed {
        items: line.events.into_iter().map(EventOut::from).collect(),
        next: line.next.map(|place| place.to_string()),
    }))
}

/// One decision in short.
#[derive(Serialize, ToSchema)]
struct DecidedOut {
    id: String,
    decided_at: String,
    /// `permit`, `needs_authorization` or `deny`.
    outcome: String,
    category: String,
    campaign: Option<String>,
    delivery: Option<String>,
    pack: String,
    profile: String,
}

fn decided_out(one: &placet_store::decisions::Decided) -> DecidedOut {
    DecidedOut {
        id: one.id.to_string(),
        decided_at: one.decided_at.to_string(),
        outcome: one.outcome.clone(),
        category: one.category.clone(),
        campaign: one.campaign.map(|id| id.to_string()),
        delivery: one.delivery.map(|id| id.to_string()),
        pack: one.pack.clone(),
        profile: one.profile.clone(),
    }
}

/// Lists the newest 100 decisions about a person.
#[utoipa::path(get, path = "/api/v1/people/{id}/decisions", tag = "people",
    params(("id" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 200, body = Listed<DecidedOut>), (status = "default", body = Problem)))]
async fn decisions(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
) -> Result<Json<Listed<DecidedOut>>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let decided = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            timeline::list_decisions(tx, ctx, id, 100)
        })
        .await?;
    Ok(Json(Listed {
        items: decided.iter().map(decided_out).collect(),
        next: None,
    }))
}

/// One rule's sentence.
#[derive(Serialize, ToSchema)]
struct ReasonOut {
    rule: String,
    says: String,
    /// The outcome it asks for on its own.
    effect: String,
}

/// What the gate answers, with every rule that applied.
#[derive(Serialize, ToSchema)]
struct AnswerOut {
    outcome: String,
    category: String,
    citation: Vec<String>,
    missing: Vec<String>,
    conditions: Vec<String>,
    evidence: Vec<String>,
    why: Vec<ReasonOut>,
    not_before: Option<String>,
}

impl From<Answer> for AnswerOut {
    fn from(answer: Answer) -> Self {
        let reasons = answer.why.into_iter().map(|one| ReasonOut {
            rule: one.rule,
            says: one.says,
            effect: one.effect,
        });
        Self {
            outcome: answer.outcome,
            category: answer.category,
            citation: answer.citation,
            missing: answer.missing,
            conditions: answer.conditions,
            evidence: answer.evidence,
            why: reasons.collect(),
            not_before: answer.not_before,
        }
    }
}

/// One decision with question, answer and receipt.
#[derive(Serialize, ToSchema)]
struct DecisionOut {
    decision: DecidedOut,
    answer: AnswerOut,
    /// What was asked, in the words of `placet decide`.
    #[schema(value_type = Object)]
    inputs: serde_json::Value,
    receipt: Option<ReceiptOut>,
    /// Whether it agrees with the ledger.
    is_intact: bool,
}

/// Reads one decision.
#[utoipa::path(get, path = "/api/v1/people/{id}/decisions/{other}", tag = "people",
    params(("id" = String, Path, description = "The person"), ("other" = String, Path, description = "The decision")),
    responses((status = 200, body = DecisionOut), (status = "default", body = Problem)))]
async fn decision(
    State(site): State<Site>,
    viewer: Viewer,
    Ids(id, decision): Ids<PersonId, DecisionId>,
) -> Result<Json<DecisionOut>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let explained = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            timeline::decision(tx, ctx, id, decision)
        })
        .await?;
    Ok(Json(DecisionOut {
        decision: decided_out(&explained.decided),
        answer: explained.answer.into(),
        inputs: explained.question.inputs,
        receipt: explained.receipt.as_ref().map(ReceiptOut::from),
        is_intact: explained.is_intact,
    }))
}

/// What could be sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExplainIn {
    /// The code of a content class, such as `own_health_product_promo`.
    class: String,
    /// `none` or `product_owner`.
    #[serde(default)]
    paid: String,
}

/// The answer, with what each rule read and what would change it.
#[derive(Serialize, ToSchema)]
struct ExplanationOut {
    #[serde(flatten)]
    answer: AnswerOut,
    /// Each rule that applied: `rule`, `title`, `says`, `citation`, `effect`, `unverified`, `facts`.
    #[schema(value_type = Vec<Object>)]
    rules: Vec<placet_policy::Explained>,
    /// Single changes that bring the answer nearer to a permit: `what`, `outcome`.
    #[schema(value_type = Vec<Object>)]
    changes: Vec<placet_policy::Change>,
}

/// Asks the gate for one person without sending anything.
///
/// No decision is kept; the reading is an entry.
#[utoipa::path(post, path = "/api/v1/people/{id}/explanations", tag = "people", request_body = ExplainIn,
    params(("id" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 200, body = ExplanationOut), (status = "default", body = Problem)))]
async fn explained(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
    Body(asked): Body<ExplainIn>,
) -> Result<Private<ExplanationOut>, WebError> {
    let unknown = || WebError::from(ActError::invalid("class", "this code is not known"));
    let class = ContentClass::find(&asked.class).ok_or_else(unknown)?;
    let message = message(class, remuneration(&asked.paid)).ok_or_else(unknown)?;
    let engine = std::sync::Arc::clone(site.engine());
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let answered = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let settings = settings::load(tx)?;
            explain::person(tx, ctx, &engine, &settings, id, message.clone())
        })
        .await?;
    let none = || {
        WebError::from(ActError::refused(
            "person.no_address",
            "there is no e-mail address to send to",
        ))
    };
    let (asked, explanation) = answered.ok_or_else(none)?;
    let answer = told(&asked).ok_or_else(none)?;
    Ok(private(ExplanationOut {
        answer: answer.into(),
        rules: explanation.rules,
        changes: explanation.changes,
    }))
}
