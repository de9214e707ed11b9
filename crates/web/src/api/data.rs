//! The detector, the data catalogue, Safe Harbor checks and determinations, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use placet_app::data::catalogue::{self, Catalogued};
use placet_app::data::checks::{self, standing_label};
use placet_app::{ActError, Ctx};
use placet_domain::data::{
    DataClass, Determination, DraftDetermination, DraftSource, Element, ElementKind,
    SafeHarborCheck,
};
use placet_domain::id::{CheckId, ClassificationId, DeterminationId, SourceId};
use placet_domain::operator::Capability;
use placet_ledger::to_hex;
use placet_store::{Tx, checks as stored};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::people::Private;
use super::repeat::ShownOnce;
use super::{Body, Listed, Problem};
use crate::account::Read;
use crate::data::report::Report;
use crate::error::WebError;
use crate::extract::Id;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewData);
const EDIT: Rule = Rule::Needs(Capability::EditData);
const SIGN: Rule = Rule::Needs(Capability::SignData);

/// Most texts that one request may hold.
const MOST_TEXTS: usize = 1000;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .post("/api/v1/data/scan", VIEW, scan)
        .get("/api/v1/data/sources", VIEW, list_sources)
        .post("/api/v1/data/sources", EDIT, declare)
        .post("/api/v1/data/sources/{id}/elements", EDIT, classify)
        .post("/api/v1/data/sources/{id}/sign", SIGN, sign_source)
        .get("/api/v1/data/safe-harbor", VIEW, list_checks)
        .post("/api/v1/data/safe-harbor", EDIT, check)
        .get("/api/v1/data/safe-harbor/{id}", VIEW, show_check)
        .post("/api/v1/data/safe-harbor/{id}/sign", SIGN, sign_check)
        .get("/api/v1/data/determinations", VIEW, list_determinations)
        .post("/api/v1/data/determinations", SIGN, record)
        .post("/api/v1/data/determinations/{id}/withdraw", SIGN, withdraw)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(
    scan,
    list_sources,
    declare,
    classify,
    sign_source,
    list_checks,
    check,
    show_check,
    sign_check,
    list_determinations,
    record,
    withdraw
))]
pub struct Document;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScanIn {
    /// At most 1,000; together at most two megabytes.
    texts: Vec<TextIn>,
    /// `safe_harbor` (when left out) or `strict`.
    #[serde(default)]
    profile: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TextIn {
    id: String,
    text: String,
}

#[derive(Serialize, ToSchema)]
struct ScanOut {
    items: Vec<TextOut>,
}

#[derive(Serialize, ToSchema)]
struct TextOut {
    id: String,
    spans: Vec<SpanOut>,
    /// The text with each span replaced by its type in brackets.
    redacted: String,
}

#[derive(Serialize, ToSchema)]
struct SpanOut {
    /// `NAME`, `PHONE`, `MRN`, …
    #[serde(rename = "type")]
    kind: &'static str,
    /// First character.
    start: usize,
    /// One past the last character.
    end: usize,
    /// First byte of the UTF-8 text.
    bstart: usize,
    /// One past the last byte.
    bend: usize,
    /// The rule that found it.
    rule: &'static str,
}

/// Says what identifies a person in texts, and gives them back without it. Nothing is kept.
#[utoipa::path(post, path = "/api/v1/data/scan", tag = "data", request_body = ScanIn,
    responses((status = 200, body = ScanOut), (status = "default", body = Problem)))]
async fn scan(
    State(site): State<Site>,
    Body(body): Body<ScanIn>,
) -> Result<Private<ScanOut>, WebError> {
    if body.texts.len() > MOST_TEXTS {
        return Err(ActError::invalid("texts", "at most 1,000 texts a request").into());
    }
    if !matches!(body.profile.as_str(), "" | "safe_harbor" | "strict") {
        return Err(ActError::invalid("profile", "`safe_harbor` or `strict`").into());
    }
    let items = body.texts.into_iter().map(|one| {
        let spans = crate::data::scan(&site, &one.text, &body.profile);
        TextOut {
            id: one.id,
            redacted: placet_phi::redact(&one.text, &spans),
            spans: spans.iter().map(span_out).collect(),
        }
    });
    let out = ScanOut {
        items: items.collect(),
    };
    Ok((axum::Extension(ShownOnce), Json(out)))
}

fn span_out(span: &placet_phi::Span) -> SpanOut {
    SpanOut {
        kind: span.kind.as_str(),
        start: span.start,
        end: span.end,
        bstart: span.bstart,
        bend: span.bend,
        rule: span.rule,
    }
}

#[derive(Serialize, ToSchema)]
struct SourceOut {
    id: String,
    code: String,
    title: String,
    it_owner: String,
    marketing_owner: String,
    /// Whether records may come in from it.
    may_be_used: bool,
    /// The newest version of its elements.
    newest: Option<ClassificationOut>,
    /// The version that is signed and counts.
    in_force: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct ClassificationOut {
    id: String,
    version: u32,
    hash: String,
    written_at: String,
    signed_at: Option<String>,
    elements: Vec<ElementOut>,
}

#[derive(Serialize, ToSchema)]
struct ElementOut {
    kind: &'static str,
    path: String,
    class: &'static str,
    /// What marketing may do with it.
    status: &'static str,
}

fn source_out(one: &Catalogued) -> SourceOut {
    SourceOut {
        id: one.source.id.to_string(),
        code: one.source.code.clone(),
        title: one.source.title.clone(),
        it_owner: one.source.it_owner.clone(),
        marketing_owner: one.source.marketing_owner.clone(),
        may_be_used: one.in_force().is_some(),
        in_force: one.in_force().map(|version| version.version),
        newest: one.newest().map(|version| ClassificationOut {
            id: version.id.to_string(),
            version: version.version,
            hash: to_hex(&version.hash),
            written_at: version.written_at.to_string(),
            signed_at: version.signed.as_ref().map(|signed| signed.at.to_string()),
            elements: version.elements.iter().map(element_out).collect(),
        }),
    }
}

fn element_out(one: &Element) -> ElementOut {
    ElementOut {
        kind: one.kind.as_str(),
        path: one.path.clone(),
        class: one.class.as_str(),
        status: one.class.status().as_str(),
    }
}

/// Lists every source with the newest version of its elements.
#[utoipa::path(get, path = "/api/v1/data/sources", tag = "data",
    responses((status = 200, body = Listed<SourceOut>), (status = "default", body = Problem)))]
async fn list_sources(State(site): State<Site>) -> Result<Json<Listed<SourceOut>>, WebError> {
    let all = site
        .store()
        .read(|tx| -> Read<_> { catalogue::list(tx) })
        .await?;
    Ok(Json(Listed {
        items: all.iter().map(source_out).collect(),
        next: None,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SourceIn {
    code: String,
    title: String,
    it_owner: String,
    marketing_owner: String,
}

/// The id of what was made.
#[derive(Serialize, ToSchema)]
struct Made {
    id: String,
}

/// Runs an act and answers with the id of what it made.
async fn made<T, F>(
    site: &Site,
    viewer: &Viewer,
    needs: Capability,
    act: F,
) -> Result<(StatusCode, Json<Made>), WebError>
where
    T: ToString + Send + 'static,
    F: FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
{
    let grant = viewer.ctx.actor.may(needs)?;
    let id = site.store().act(grant, &viewer.ctx, act).await?;
    let made = Made { id: id.to_string() };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Declares a source, or says anew what one of this code is called and who owns it.
#[utoipa::path(post, path = "/api/v1/data/sources", tag = "data", request_body = SourceIn,
    responses((status = 201, body = Made), (status = "default", body = Problem)))]
async fn declare(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<SourceIn>,
) -> Result<(StatusCode, Json<Made>), WebError> {
    let draft = DraftSource {
        code: body.code,
        title: body.title,
        it_owner: body.it_owner,
        marketing_owner: body.marketing_owner,
    };
    made(&site, &viewer, Capability::EditData, move |tx, ctx| {
        catalogue::declare(tx, ctx, &draft)
    })
    .await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ElementsIn {
    elements: Vec<ElementIn>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ElementIn {
    /// `fhir`, `hl7` or `column`.
    kind: String,
    path: String,
    /// `prospect_contact`, `patient_contact`, `appointment`, `treatment` or `de_identified`.
    class: String,
}

/// Classifies a source's elements: the next version, which waits for a signature.
#[utoipa::path(post, path = "/api/v1/data/sources/{id}/elements", tag = "data",
    params(("id" = String, Path, description = "the source")), request_body = ElementsIn,
    responses((status = 201, body = Made), (status = "default", body = Problem)))]
async fn classify(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<SourceId>,
    Body(body): Body<ElementsIn>,
) -> Result<(StatusCode, Json<Made>), WebError> {
    let read = |one: ElementIn| {
        let kind = ElementKind::find(&one.kind);
        let class = DataClass::find(&one.class);
        let unknown = || ActError::invalid("elements", "a kind or class is not known; see /api");
        Ok(Element {
            kind: kind.ok_or_else(unknown)?,
            class: class.ok_or_else(unknown)?,
            path: one.path,
        })
    };
    let elements: Result<Vec<Element>, ActError> = body.elements.into_iter().map(read).collect();
    let elements = elements?;
    made(&site, &viewer, Capability::EditData, move |tx, ctx| {
        catalogue::classify(tx, ctx, id, elements.clone()).map(|version| version.id)
    })
    .await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    /// The version that was read.
    classification: String,
    #[serde(default)]
    note: String,
}

/// Signs the newest version of a source's elements; nobody signs what they wrote.
#[utoipa::path(post, path = "/api/v1/data/sources/{id}/sign", tag = "data",
    params(("id" = String, Path, description = "the source")), request_body = SignIn,
    responses((status = 201, body = Made), (status = "default", body = Problem)))]
async fn sign_source(
    State(site): State<Site>,
    viewer: Viewer,
    Id(source): Id<SourceId>,
    Body(body): Body<SignIn>,
) -> Result<(StatusCode, Json<Made>), WebError> {
    let version: ClassificationId = body
        .classification
        .parse()
        .map_err(|_| WebError::NotFound)?;
    made(&site, &viewer, Capability::SignData, move |tx, ctx| {
        catalogue::sign(tx, ctx, source, version, &body.note).map(|()| source)
    })
    .await
}

#[derive(Serialize, ToSchema)]
struct CheckOut {
    id: String,
    title: String,
    file_hash: String,
    rows: u64,
    columns: u32,
    /// Whether none of the eighteen identifiers was found.
    meets: bool,
    checked_at: String,
    signed_at: Option<String>,
}

fn check_out(one: &SafeHarborCheck) -> CheckOut {
    CheckOut {
        id: one.id.to_string(),
        title: one.title.clone(),
        file_hash: to_hex(&one.file_hash),
        rows: one.rows,
        columns: one.columns,
        meets: one.meets,
        checked_at: one.checked_at.to_string(),
        signed_at: one.signature.map(|signature| signature.at.to_string()),
    }
}

/// Lists the latest checks, newest first.
#[utoipa::path(get, path = "/api/v1/data/safe-harbor", tag = "data",
    responses((status = 200, body = Listed<CheckOut>), (status = "default", body = Problem)))]
async fn list_checks(State(site): State<Site>) -> Result<Json<Listed<CheckOut>>, WebError> {
    let all = site
        .store()
        .read(|tx| -> Read<_> { stored::list(tx, 200) })
        .await?;
    Ok(Json(Listed {
        items: all.iter().map(check_out).collect(),
        next: None,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CheckIn {
    /// Which table it is.
    title: String,
    /// CSV with a line of names; at most two megabytes. `placet phi safe-harbor` takes any size.
    table: String,
}

/// Checks a table against the Safe Harbor method; the report and the table's hash are kept.
#[utoipa::path(post, path = "/api/v1/data/safe-harbor", tag = "data", request_body = CheckIn,
    responses((status = 201, body = Made), (status = "default", body = Problem)))]
async fn check(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<CheckIn>,
) -> Result<(StatusCode, Json<Made>), WebError> {
    let looked = crate::data::look(&site, body.table.into_bytes().into()).await??;
    made(&site, &viewer, Capability::EditData, move |tx, ctx| {
        checks::keep(tx, ctx, &body.title, &looked)
    })
    .await
}

#[derive(Serialize, ToSchema)]
struct CheckShown {
    #[serde(flatten)]
    check: CheckOut,
    report: Report,
}

/// Reads one check with its report.
#[utoipa::path(get, path = "/api/v1/data/safe-harbor/{id}", tag = "data",
    params(("id" = String, Path, description = "the check")),
    responses((status = 200, body = CheckShown), (status = "default", body = Problem)))]
async fn show_check(
    State(site): State<Site>,
    Id(id): Id<CheckId>,
) -> Result<Json<CheckShown>, WebError> {
    let one = site
        .store()
        .read(move |tx| -> Read<_> { stored::find(tx, id) })
        .await?
        .ok_or(WebError::NotFound)?;
    let report = Report::read(&one.report)
        .ok_or_else(|| WebError::Internal("a kept report cannot be read".to_owned()))?;
    Ok(Json(CheckShown {
        check: check_out(&one),
        report,
    }))
}

/// Signs a check: what is left identifies nobody, as far as the signer knows.
#[utoipa::path(post, path = "/api/v1/data/safe-harbor/{id}/sign", tag = "data",
    params(("id" = String, Path, description = "the check")),
    responses((status = 201, body = Made), (status = "default", body = Problem)))]
async fn sign_check(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CheckId>,
) -> Result<(StatusCode, Json<Made>), WebError> {
    made(&site, &viewer, Capability::SignData, move |tx, ctx| {
        checks::sign(tx, ctx, id).map(|()| id)
    })
    .await
}

#[derive(Serialize, ToSchema)]
struct DeterminationOut {
    id: String,
    title: String,
    expert: String,
    qualification: String,
    scope: String,
    opinion: String,
    determined_on: String,
    expires_on: String,
    /// In words: in force, not yet, expired, withdrawn.
    standing: &'static str,
}

fn determination_out(one: Determination, today: jiff::civil::Date) -> DeterminationOut {
    let standing = standing_label(one.standing(today));
    let draft = one.draft;
    DeterminationOut {
        id: one.id.to_string(),
        title: draft.title,
        expert: draft.expert,
        qualification: draft.qualification,
        scope: draft.scope,
        opinion: draft.opinion,
        determined_on: draft.determined_on.to_string(),
        expires_on: draft.expires_on.to_string(),
        standing,
    }
}

/// Lists the determinations on file.
#[utoipa::path(get, path = "/api/v1/data/determinations", tag = "data",
    responses((status = 200, body = Listed<DeterminationOut>), (status = "default", body = Problem)))]
async fn list_determinations(
    State(site): State<Site>,
) -> Result<Json<Listed<DeterminationOut>>, WebError> {
    let today = site.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let all = site
        .store()
        .read(|tx| -> Read<_> { stored::list_determinations(tx) })
        .await?;
    Ok(Json(Listed {
        items: all
            .into_iter()
            .map(|one| determination_out(one, today))
            .collect(),
        next: None,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeterminationIn {
    title: String,
    expert: String,
    qualification: String,
    scope: String,
    opinion: String,
    /// `2026-11-22`.
    determined_on: String,
    /// At most three years later.
    expires_on: String,
}

/// Puts an expert's determination on file.
#[utoipa::path(post, path = "/api/v1/data/determinations", tag = "data", request_body = DeterminationIn,
    responses((status = 201, body = Made), (status = "default", body = Problem)))]
async fn record(
    State(site): State<Site>,
    viewer: Viewer,
    Body(body): Body<DeterminationIn>,
) -> Result<(StatusCode, Json<Made>), WebError> {
    let day = |field: &str, text: &str| {
        text.parse::<jiff::civil::Date>()
            .map_err(|_| ActError::invalid(field, "give a day, such as 2026-11-22"))
    };
    let draft = DraftDetermination {
        determined_on: day("determined_on", &body.determined_on)?,
        expires_on: day("expires_on", &body.expires_on)?,
        title: body.title,
        expert: body.expert,
        qualification: body.qualification,
        scope: body.scope,
        opinion: body.opinion,
    };
    made(&site, &viewer, Capability::SignData, move |tx, ctx| {
        checks::record(tx, ctx, draft.clone())
    })
    .await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WithdrawIn {
    reason: String,
}

/// Takes a determination back.
#[utoipa::path(post, path = "/api/v1/data/determinations/{id}/withdraw", tag = "data",
    params(("id" = String, Path, description = "the determination")), request_body = WithdrawIn,
    responses((status = 201, body = Made), (status = "default", body = Problem)))]
async fn withdraw(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<DeterminationId>,
    Body(body): Body<WithdrawIn>,
) -> Result<(StatusCode, Json<Made>), WebError> {
    made(&site, &viewer, Capability::SignData, move |tx, ctx| {
        checks::withdraw(tx, ctx, id, &body.reason).map(|()| id)
    })
    .await
}
