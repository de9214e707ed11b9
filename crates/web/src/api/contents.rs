//! Content and its reviews, for machines.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use placet_app::approval::{self, Reviewed};
use placet_app::staff_mail::trial;
use placet_app::{ActError, content, settings};
use placet_domain::channel::Channel;
use placet_domain::content::finding::{Effect, Finding};
use placet_domain::content::{ContentClass, Draft, Format, Version};
use placet_domain::id::{ContentId, VersionId};
use placet_domain::operator::{Capability, Role};
use placet_domain::preference::Topic;
use placet_domain::review::{Standing, Verdict};
use placet_domain::template::fill;
use placet_store::contents::{self, Listed as Content};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::settings::Made;
use super::{Body, Listed, Problem};
use crate::error::WebError;
use crate::extract::Id;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewContent);
const WRITE: Rule = Rule::Needs(Capability::WriteContent);
const APPROVE: Rule = Rule::Needs(Capability::ApproveContent);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/contents", VIEW, list)
        .post("/api/v1/contents", WRITE, create)
        .get("/api/v1/contents/{id}", VIEW, show)
        .put("/api/v1/contents/{id}/name", WRITE, rename)
        .post("/api/v1/contents/check", WRITE, check)
        .get("/api/v1/versions/{id}", VIEW, version)
        .get("/api/v1/versions/{id}/preview", VIEW, preview)
        .post("/api/v1/versions/{id}/revisions", WRITE, revise)
        .post("/api/v1/versions/{id}/tests", VIEW, test)
        .post("/api/v1/versions/{id}/submissions", WRITE, submit)
        .post("/api/v1/versions/{id}/verdicts", APPROVE, judge)
        .post("/api/v1/versions/{id}/fillings", WRITE, fill_in)
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(
    list, create, show, rename, check, version, preview, revise, test, submit, judge, fill_in
))]
pub struct Document;

/// What a writer edits.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DraftIn {
    /// The code of a content class, such as `education`.
    class: String,
    /// The code of a topic, such as `health_education`.
    topic: String,
    /// `email` when it is left out, or `sms`, or `postal`.
    #[serde(default)]
    channel: Option<String>,
    /// Of post: `letter` when it is left out, `postcard_6x4` or `postcard_6x9`.
    #[serde(default)]
    format: Option<String>,
    /// The subject of e-mail, the heading of a letter, the headline of a card; a text message has none.
    #[serde(default)]
    subject: String,
    /// The preheader of e-mail, or the second line of a card's front.
    #[serde(default)]
    preheader: String,
    /// Text blocks, or MJML when it begins with `<mjml`; of a text message its words; of post text blocks.
    body: String,
    /// Made from the body when it is empty.
    #[serde(default)]
    text: String,
}

impl DraftIn {
    fn draft(self) -> Result<Draft, ActError> {
        let unknown = |field: &str| ActError::invalid(field, "this code is not known");
        let channel = match self.channel.as_deref() {
            None => Channel::Email,
            Some(code) => Channel::find(code).ok_or_else(|| unknown("channel"))?,
        };
        Ok(Draft {
            class: ContentClass::find(&self.class).ok_or_else(|| unknown("class"))?,
            topic: Topic::find(&self.topic).ok_or_else(|| unknown("topic"))?,
            channel,
            format: match self.format.as_deref() {
                None if channel == Channel::Postal => Format::Letter,
                None => Format::Plain,
                Some(code) => Format::find(code).ok_or_else(|| unknown("format"))?,
            },
            subject: self.subject,
            preheader: self.preheader,
            body: self.body,
            text: self.text,
        })
    }
}

/// A new content.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContentIn {
    name: String,
    draft: DraftIn,
}

/// A name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NameIn {
    name: String,
}

/// A verdict.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VerdictIn {
    /// The role in which it is given, such as `compliance`.
    role: String,
    /// `approve` or `return`.
    verdict: String,
    /// What to change; needed for a return.
    #[serde(default)]
    note: String,
}

/// A version that was saved.
#[derive(Serialize, ToSchema)]
struct SavedOut {
    content: String,
    version: String,
    number: u32,
    /// SHA-256 over everything a reader could notice, lower-case hexadecimal.
    content_hash: String,
}

impl SavedOut {
    fn of(version: &Version) -> Self {
        Self {
            content: version.content.to_string(),
            version: version.id.to_string(),
            number: version.number,
            content_hash: version.hash.to_string(),
        }
    }
}

/// A verdict as it was given.
#[derive(Serialize, ToSchema)]
struct ApprovalOut {
    role: String,
    verdict: String,
    note: String,
    content_hash: String,
    given_at: String,
    given_by: String,
}

/// A version and its review.
#[derive(Serialize, ToSchema)]
struct VersionOut {
    id: String,
    content: String,
    number: u32,
    class: String,
    tier: String,
    topic: String,
    channel: String,
    /// Of post: `letter`, `postcard_6x4` or `postcard_6x9`; else `plain`.
    format: String,
    subject: String,
    preheader: String,
    body: String,
    text: String,
    content_hash: String,
    saved_at: String,
    saved_by: String,
    /// `draft`, `in_review`, `returned`, `approved`, `expired` or `altered`.
    standing: String,
    /// The parts that are not what was handed in.
    differs: Vec<String>,
    /// Who must approve it, or had to.
    required: Vec<String>,
    /// The roles whose verdict is missing.
    waiting: Vec<String>,
    /// The day on which the verdicts are due, once it was handed in.
    due_on: Option<String>,
    /// The last day of its approval, once it has one.
    valid_until: Option<String>,
    /// The template that it fills in, when it was not written.
    template: Option<String>,
    submitted_at: Option<String>,
    /// What the check finds in the text today.
    findings: Vec<FindingOut>,
    approvals: Vec<ApprovalOut>,
}

/// Something that the check of a text found.
#[derive(Serialize, ToSchema)]
struct FindingOut {
    /// `clinical_claim`, `superlative`, `offer`, `promotion`, `patient_status`, `seal`,
    /// `deceptive_subject`, `missing_alt` or `reading_level`.
    kind: String,
    field: String,
    line: u32,
    column: u32,
    phrase: String,
    /// `advises`, `raises` or `refuses`.
    effect: String,
    says: String,
}

impl FindingOut {
    fn of(class: ContentClass, found: &Finding) -> Self {
        Self {
            kind: found.kind.as_str().to_owned(),
            field: found.field.as_str().to_owned(),
            line: found.at.0,
            column: found.at.1,
            phrase: found.phrase.clone(),
            effect: match found.kind.effect(class) {
                Effect::Advises => "advises",
                Effect::Raises(_) => "raises",
                Effect::Refuses => "refuses",
            }
            .to_owned(),
            says: found.says(class),
        }
    }
}

impl VersionOut {
    fn of(reviewed: &Reviewed) -> Self {
        let (version, draft) = (&reviewed.version, &reviewed.version.draft);
        let waiting = match &reviewed.standing {
            Standing::InReview { waiting } => waiting.as_slice(),
            _ => &[],
        };
        let approvals = reviewed.approvals.iter().map(|one| ApprovalOut {
            role: one.role.as_str().to_owned(),
            verdict: one.verdict.as_str().to_owned(),
            note: one.note.clone(),
            content_hash: one.hash.to_string(),
            given_at: one.given_at.to_string(),
            given_by: one.given_by.clone(),
        });
        Self {
            id: version.id.to_string(),
            content: version.content.to_string(),
            number: version.number,
            class: draft.class.as_str().to_owned(),
            tier: reviewed.tier().as_str().to_owned(),
            topic: draft.topic.as_str().to_owned(),
            channel: draft.channel.as_str().to_owned(),
            format: draft.format.as_str().to_owned(),
            subject: draft.subject.clone(),
            preheader: draft.preheader.clone(),
            body: draft.body.clone(),
            text: draft.text.clone(),
            content_hash: version.hash.to_string(),
            saved_at: version.created_at.to_string(),
            saved_by: version.created_by.clone(),
            standing: reviewed.standing.as_str().to_owned(),
            required: reviewed
                .required
                .iter()
                .map(|role| role.as_str().to_owned())
                .collect(),
            due_on: reviewed
                .submission
                .as_ref()
                .map(|one| one.due_on.to_string()),
            valid_until: reviewed.valid_until.map(|on| on.to_string()),
            template: reviewed.template.map(|id| id.to_string()),
            differs: reviewed.differs.clone(),
            waiting: waiting
                .iter()
                .map(|role| role.as_str().to_owned())
                .collect(),
            submitted_at: reviewed
                .submission
                .as_ref()
                .map(|one| one.submitted_at.to_string()),
            findings: reviewed
                .findings
                .iter()
                .map(|found| FindingOut::of(draft.class, found))
                .collect(),
            approvals: approvals.collect(),
        }
    }
}

/// A content with its newest version, in short.
#[derive(Serialize, ToSchema)]
struct ContentOut {
    id: String,
    name: String,
    version: String,
    number: u32,
    class: String,
    standing: String,
}

/// A content and every version of it, newest first.
#[derive(Serialize, ToSchema)]
struct VersionsOut {
    id: String,
    name: String,
    versions: Vec<VersionOut>,
}

/// One thing that keeps a draft from being saved.
#[derive(Serialize, ToSchema)]
struct FoundOut {
    field: String,
    line: Option<u32>,
    column: Option<u32>,
    variable: Option<String>,
    says: String,
    rule: Option<String>,
    citation: Option<String>,
}

/// Where a version stands.
#[derive(Serialize, ToSchema)]
struct StandingOut {
    version: String,
    standing: String,
}

/// A mail with made-up values.
#[derive(Serialize, ToSchema)]
struct PreviewOut {
    subject: String,
    html: String,
    text: String,
}

/// Lists contents with their newest version, newest first.
#[utoipa::path(get, path = "/api/v1/contents", tag = "contents",
    responses((status = 200, body = Listed<ContentOut>), (status = "default", body = Problem)))]
async fn list(State(site): State<Site>) -> Result<Json<Listed<ContentOut>>, WebError> {
    let now = site.now();
    let items = site
        .store()
        .read(move |tx| {
            let mut items = Vec::new();
            let bench = approval::Bench::read(tx, now)?;
            for Content {
                id, name, latest, ..
            } in contents::list(tx, 1_000)?
            {
                let reviewed = approval::of_with(tx, &bench, latest)?;
                items.push(ContentOut {
                    id: id.to_string(),
                    name,
                    version: reviewed.version.id.to_string(),
                    number: reviewed.version.number,
                    class: reviewed.version.draft.class.as_str().to_owned(),
                    standing: reviewed.standing.as_str().to_owned(),
                });
            }
            Ok::<_, ActError>(items)
        })
        .await?;
    Ok(Json(Listed { items, next: None }))
}

/// Begins a content with its first version.
#[utoipa::path(post, path = "/api/v1/contents", tag = "contents", request_body = ContentIn,
    responses((status = 201, body = SavedOut), (status = "default", body = Problem)))]
async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Body(new): Body<ContentIn>,
) -> Result<(StatusCode, Json<SavedOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::WriteContent)?;
    let (draft, engine) = (new.draft.draft()?, site.engine().clone());
    let saved = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            content::create(tx, ctx, &engine, &new.name, &draft)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(SavedOut::of(&saved))))
}

/// Reads a content and every version of it.
#[utoipa::path(get, path = "/api/v1/contents/{id}", tag = "contents",
    params(("id" = String, Path)),
    responses((status = 200, body = VersionsOut), (status = "default", body = Problem)))]
async fn show(
    State(site): State<Site>,
    Id(id): Id<ContentId>,
) -> Result<Json<VersionsOut>, WebError> {
    let now = site.now();
    let found = site
        .store()
        .read(move |tx| {
            let name = contents::find_name(tx, id)?.ok_or(ActError::NotFound("content"))?;
            let mut versions = Vec::new();
            let bench = approval::Bench::read(tx, now)?;
            for version in contents::list_versions(tx, id)? {
                versions.push(VersionOut::of(&approval::of_with(tx, &bench, version)?));
            }
            Ok::<_, ActError>(VersionsOut {
                id: id.to_string(),
                name,
                versions,
            })
        })
        .await?;
    Ok(Json(found))
}

/// Gives a content another name. The name is ours; no reader sees it.
#[utoipa::path(put, path = "/api/v1/contents/{id}/name", tag = "contents",
    params(("id" = String, Path)), request_body = NameIn,
    responses((status = 204), (status = "default", body = Problem)))]
async fn rename(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ContentId>,
    Body(new): Body<NameIn>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::WriteContent)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            content::rename(tx, ctx, id, &new.name)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says what keeps a draft from being saved, while it is written. Saves nothing.
#[utoipa::path(post, path = "/api/v1/contents/check", tag = "contents", request_body = DraftIn,
    responses((status = 200, body = Listed<FoundOut>), (status = "default", body = Problem)))]
async fn check(
    State(site): State<Site>,
    Body(draft): Body<DraftIn>,
) -> Result<Json<Listed<FoundOut>>, WebError> {
    let draft = draft.draft()?;
    let settings = site.store().read(settings::load).await?;
    let profile = placet_app::gate::profile(settings.strictness);
    let found = content::check(site.engine(), profile, &draft).into_iter();
    let items = found.map(|one| FoundOut {
        field: one.field.as_str().to_owned(),
        line: one.at.map(|(line, _)| line),
        column: one.at.map(|(_, column)| column),
        variable: one.variable,
        says: one.says,
        rule: one.rule,
        citation: one.citation,
    });
    Ok(Json(Listed {
        items: items.collect(),
        next: None,
    }))
}

/// Reads a version and its review.
#[utoipa::path(get, path = "/api/v1/versions/{id}", tag = "contents",
    params(("id" = String, Path)),
    responses((status = 200, body = VersionOut), (status = "default", body = Problem)))]
async fn version(
    State(site): State<Site>,
    Id(id): Id<VersionId>,
) -> Result<Json<VersionOut>, WebError> {
    let now = site.now();
    let reviewed = site
        .store()
        .read(move |tx| approval::find(tx, id, now))
        .await?;
    Ok(Json(VersionOut::of(&reviewed)))
}

/// Renders a version with made-up values.
#[utoipa::path(get, path = "/api/v1/versions/{id}/preview", tag = "contents",
    params(("id" = String, Path)),
    responses((status = 200, body = PreviewOut), (status = "default", body = Problem)))]
async fn preview(
    State(site): State<Site>,
    Id(id): Id<VersionId>,
) -> Result<Json<PreviewOut>, WebError> {
    let now = site.now();
    let reviewed = site
        .store()
        .read(move |tx| approval::find(tx, id, now))
        .await?;
    let draft = &reviewed.version.draft;
    let rendered = content::render(draft)
        .map_err(|problem| ActError::refused("content.unrenderable", problem.to_string()))?;
    let mail = fill(&rendered, &content::samples(draft))
        .map_err(|missing| ActError::refused("content.unrenderable", missing.to_string()))?;
    Ok(Json(PreviewOut {
        subject: mail.subject,
        html: mail.html,
        text: mail.text,
    }))
}

/// Saves an edit of a version as the next one, without approval.
#[utoipa::path(post, path = "/api/v1/versions/{id}/revisions", tag = "contents",
    params(("id" = String, Path)), request_body = DraftIn,
    responses((status = 201, body = SavedOut), (status = "default", body = Problem)))]
async fn revise(
    State(site): State<Site>,
    viewer: Viewer,
    Id(base): Id<VersionId>,
    Body(draft): Body<DraftIn>,
) -> Result<(StatusCode, Json<SavedOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::WriteContent)?;
    let (draft, engine) = (draft.draft()?, site.engine().clone());
    let saved = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            content::revise(tx, ctx, &engine, base, &draft)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(SavedOut::of(&saved))))
}

/// Hands a version in for review; its tier follows from its class.
#[utoipa::path(post, path = "/api/v1/versions/{id}/submissions", tag = "contents",
    params(("id" = String, Path)),
    responses((status = 201, body = StandingOut), (status = "default", body = Problem)))]
async fn submit(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<VersionId>,
) -> Result<(StatusCode, Json<StandingOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::WriteContent)?;
    let engine = site.engine().clone();
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            approval::submit(tx, ctx, &engine, id)
        })
        .await?;
    let out = StandingOut {
        version: id.to_string(),
        standing: "in_review".to_owned(),
    };
    Ok((StatusCode::CREATED, Json(out)))
}

/// Gives a verdict on a version, in one role.
#[utoipa::path(post, path = "/api/v1/versions/{id}/verdicts", tag = "contents",
    params(("id" = String, Path)), request_body = VerdictIn,
    responses((status = 201, body = StandingOut), (status = "default", body = Problem)))]
async fn judge(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<VersionId>,
    Body(given): Body<VerdictIn>,
) -> Result<(StatusCode, Json<StandingOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ApproveContent)?;
    let unknown = |field: &str| ActError::invalid(field, "this code is not known");
    let role = Role::find(&given.role).ok_or_else(|| unknown("role"))?;
    let verdict = Verdict::find(&given.verdict).ok_or_else(|| unknown("verdict"))?;
    let standing = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            approval::judge(tx, ctx, id, role, verdict, &given.note)
        })
        .await?;
    let out = StandingOut {
        version: id.to_string(),
        standing: standing.as_str().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(out)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FillingIn {
    /// The name of the new content; no reader sees it.
    name: String,
    /// What is filled in, by the name of the blank: days as `2026-11-26`, times as `14:30`.
    values: std::collections::BTreeMap<String, String>,
}

/// Fills in an approved template: a new content, approved as the template is.
#[utoipa::path(post, path = "/api/v1/versions/{id}/fillings", tag = "contents",
    params(("id" = String, Path)), request_body = FillingIn,
    responses((status = 201, body = SavedOut), (status = "default", body = Problem)))]
async fn fill_in(
    State(site): State<Site>,
    viewer: Viewer,
    Id(template): Id<VersionId>,
    Body(new): Body<FillingIn>,
) -> Result<(StatusCode, Json<SavedOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::WriteContent)?;
    let engine = site.engine().clone();
    let saved = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            content::filling::fill(tx, ctx, &engine, template, (&new.name, &new.values))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(SavedOut::of(&saved))))
}

/// Sends the operator behind the token a test of a version, with made-up values, to their own
/// confirmed address. Marked `[TEST]`; at most ten an hour.
#[utoipa::path(post, path = "/api/v1/versions/{id}/tests", tag = "contents",
    params(("id" = String, Path)),
    responses((status = 201, body = Made), (status = "default", body = Problem)))]
async fn test(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<VersionId>,
) -> Result<(StatusCode, Json<Made>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewContent)?;
    let own = viewer.ctx.actor.operator().ok_or(WebError::NotFound)?;
    let mail = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            trial::send(tx, ctx, own, id)
        })
        .await?;
    let id = mail.to_string();
    Ok((StatusCode::CREATED, Json(Made { id })))
}
