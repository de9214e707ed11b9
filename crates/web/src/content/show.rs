//! One version: the text, its preview, its review, and the versions around it.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::approval::{self, Bench, Reviewed, comment, condition};
use placet_app::{ActError, content};
use placet_domain::channel::Channel;
use placet_domain::content::{Field as Part, Version};
use placet_domain::id::{ContentId, OperatorId, VersionId};
use placet_domain::operator::Capability;
use placet_domain::review::comment::Comment;
use placet_domain::review::condition::Condition;
use placet_domain::time::Timestamp;
use placet_store::{Tx, campaigns, contents};

use super::test::Test;
use super::{Names, comments, conditions, fill, preview, review};
use crate::components::field::Field;
use crate::components::notice::{done, warn};
use crate::components::table::Table;
use crate::components::{button_link, code_block, crumbs, definitions, header, quiet_link, time};
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: the newest version of a content.
pub async fn latest(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ContentId>,
    query: Query,
) -> Result<Markup, WebError> {
    let (now, own) = (site.now(), viewer.ctx.actor.operator());
    let found = site
        .store()
        .read(move |tx| {
            let newest = content::latest(tx, id)?;
            load(tx, newest.id, own, now)
        })
        .await?;
    Ok(page(&viewer, &found, &query))
}

/// `GET`: one version.
pub async fn version(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<VersionId>,
    query: Query,
) -> Result<Markup, WebError> {
    let (now, own) = (site.now(), viewer.ctx.actor.operator());
    let read = move |tx: &mut Tx| load(tx, id, own, now);
    let found = site.store().read(read).await?;
    Ok(page(&viewer, &found, &query))
}

struct Found {
    name: String,
    reviewed: Reviewed,
    versions: Vec<(Version, Reviewed)>,
    authors: Vec<String>,
    bench: Bench,
    comments: Vec<Comment>,
    conditions: Vec<Condition>,
    campaigns: Vec<(placet_domain::id::CampaignId, String)>,
    names: Names,
    test: Test,
}

fn load(
    tx: &mut Tx,
    id: VersionId,
    own: Option<OperatorId>,
    now: Timestamp,
) -> Result<Found, ActError> {
    let bench = Bench::read(tx, now)?;
    let reviewed = bench.find(tx, id)?;
    let (content, number) = (reviewed.version.content, reviewed.version.number);
    let mut versions = Vec::new();
    for version in contents::list_versions(tx, content)? {
        let review = approval::of_with(tx, &bench, version.clone())?;
        versions.push((version, review));
    }
    let campaigns = campaigns::list_by_version(tx, id)?;
    Ok(Found {
        name: contents::find_name(tx, content)?.ok_or(ActError::NotFound("content"))?,
        reviewed,
        versions,
        authors: contents::list_authors(tx, content, number)?,
        campaigns: campaigns
            .into_iter()
            .map(|one| (one.id, one.brief.name))
            .collect(),
        bench,
        comments: comment::list(tx, id)?,
        conditions: condition::list(tx, content)?,
        names: Names::load(tx)?,
        test: Test::load(tx, own)?,
    })
}

fn page(viewer: &Viewer, found: &Found, query: &Query) -> Markup {
    let version = &found.reviewed.version;
    let newest = found.versions.first().map(|(newest, _)| newest);
    let is_newest = newest.is_none_or(|newest| newest.id == version.id);
    let lead = format!(
        "Version {} of {}, saved by {}",
        version.number,
        newest.map_or(1, |newest| newest.number),
        found.names.of(&version.created_by)
    );
    let actions = html! {
        @if is_newest && viewer.can(Capability::WriteContent) {
            (button_link(&format!("/versions/{}/edit", version.id), "Edit"))
        }
    };
    layout::page(
        viewer,
        Place::Content,
        &found.name,
        &html! {
            (crumbs(&[("Content", "/content")], &found.name))
            (header(&found.name, &lead, &actions))
            @if query.get("tested").is_some() {
                (done("A test is on its way to you", &html! { p { "It is marked [TEST], and every value in it is made up." } }))
            }
            @if let (false, Some(newest)) = (is_newest, newest) {
                (warn("This is not the newest version", &html! {
                    p { a href={ "/versions/" (newest.id) } { "Open version " (newest.number) } }
                }))
            }
            div.columns {
                div { (fill::part(viewer, &found.reviewed)) (said(version, &found.comments)) (found.test.part(viewer, version)) }
                div {
                    (review::part(viewer, &found.reviewed, &found.names, &found.authors, &found.bench))
                    (conditions::part(viewer, &found.conditions, &version.draft))
                    (comments::part(viewer, version, &found.comments, &found.names))
                    (used(found))
                    (name_form(viewer, version.content, &found.name))
                }
            }
            (versions(found))
        },
    )
}

fn said(version: &Version, remarks: &[Comment]) -> Markup {
    let draft = &version.draft;
    let sample = preview::sample(draft);
    let is_mail = draft.channel == Channel::Email;
    let mut known = vec![("Channel", html! { (draft.channel.label()) })];
    if is_mail {
        known.push(("Subject", html! { (draft.subject) }));
        known.push((
            "Preheader",
            html! { @if draft.preheader.is_empty() { "none" } @else { (draft.preheader) } },
        ));
    } else if draft.channel == Channel::Postal {
        known.push(("Printed as", html! { (draft.format.label()) }));
        known.push((
            "Heading",
            html! { @if draft.subject.is_empty() { "none" } @else { (draft.subject) } },
        ));
        if draft.format.is_card() {
            known.push(("Second line", html! { (draft.preheader) }));
        }
    } else if let Some(words) = &sample {
        known.push(("Length", html! { (preview::told_size(&words.text)) }));
    }
    known.push(("Topic", html! { (draft.topic.label()) }));
    known.push(("Saved", time(version.created_at)));
    html! {
        h2 { "What is said" }
        (definitions(&known))
        (preview::part(version))
        @if let (true, Some(mail)) = (is_mail, &sample) {
            details { summary { "Plain text" } (code_block(&mail.text)) }
        }
        details open[remarks.iter().any(|one| one.resolved.is_none())] {
            summary { "As it was written" }
            (comments::marked(draft, Part::Body, remarks))
        }
    }
}

fn used(found: &Found) -> Markup {
    html! {
        @if !found.campaigns.is_empty() {
            h2 { "Used by" }
            ul { @for (id, name) in &found.campaigns { li { a href={ "/campaigns/" (id) } { (name) } } } }
        }
    }
}

fn name_form(viewer: &Viewer, id: ContentId, name: &str) -> Markup {
    html! {
        @if viewer.can(Capability::WriteContent) {
            details {
                summary { "Rename" }
                form.stacked method="post" action={ "/content/" (id) } {
                    (viewer.csrf.field())
                    (Field::text("name", "Name").value(name).required().max(120).render())
                    button.quiet { "Rename" }
                }
            }
        }
    }
}

fn versions(found: &Found) -> Markup {
    let here = found.reviewed.version.id;
    let content = found.reviewed.version.content;
    // Newest first: the one after each row is the version before it.
    let before = found
        .versions
        .iter()
        .skip(1)
        .map(|(version, _)| Some(version));
    let pairs = found.versions.iter().zip(before.chain([None]));
    let rows = pairs.map(|((version, reviewed), before)| {
        html! {
            th scope="row" {
                @if version.id == here { "Version " (version.number) }
                @else { a href={ "/versions/" (version.id) } { "Version " (version.number) } }
            }
            td { (super::standing(reviewed)) }
            td { (found.names.of(&version.created_by)) }
            td { (time(version.created_at)) }
            td {
                @if let Some(before) = before {
                    @let href = format!("/content/{content}/compare?old={}&new={}", before.id, version.id);
                    (quiet_link(&href, &format!("Compare with {}", before.number)))
                }
            }
        }
    });
    html! {
        h2 { "Versions" }
        (Table::new("Every version of this content, newest first")
            .column("Version")
            .column("Stands at")
            .column("Saved by")
            .column("Saved")
            .column("Changes")
            .rows(rows)
            .render(&Query::default()))
    }
}
