//! Remarks in the margin: on which words, whether they still stand, whether it is settled.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::approval::comment::{self, New};
use placet_domain::content::{Draft, Field as Part, Version};
use placet_domain::id::{CommentId, VersionId};
use placet_domain::operator::Capability;
use placet_domain::review::comment::{Comment, Place};
use serde::Deserialize;

use super::Names;
use crate::components::field::{Choice, Field, select};
use crate::components::{Tone, pill, post_button, time};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

/// The remarks on a version and those before it, and the form for one more.
pub fn part(viewer: &Viewer, version: &Version, comments: &[Comment], names: &Names) -> Markup {
    let n_open = comments.iter().filter(|one| one.resolved.is_none()).count();
    let (open, settled): (Vec<_>, Vec<_>) = comments.iter().partition(|one| one.resolved.is_none());
    html! {
        section #comments aria-labelledby="comments-title" {
            h2 #comments-title { "Comments" @if n_open > 0 { " (" (n_open) " open)" } }
            @if comments.is_empty() { p.soft { "Nobody has remarked on this text." } }
            @for one in open { (card(viewer, version, one, names)) }
            @if !settled.is_empty() {
                details {
                    summary { "Settled comments (" (settled.len()) ")" }
                    @for one in settled { (card(viewer, version, one, names)) }
                }
            }
            @if viewer.can(Capability::CommentContent) { (form(viewer, version)) }
        }
    }
}

fn card(viewer: &Viewer, version: &Version, one: &Comment, names: &Names) -> Markup {
    let own = placet_app::content::author(&viewer.ctx.actor);
    let may_settle = viewer.can(Capability::WriteContent) || one.made_by == own;
    html! {
        div.card id={ "comment-" (one.id) } {
            p { q { (one.quote) } " " small { "in the " (one.field.label().to_lowercase()) } " " (place(version, one)) }
            p { (one.remark) }
            p.soft { (names.of(&one.made_by)) ", " (time(one.made_at))
                @if one.version != version.id { ", on version " (one.number) }
                @if let Some((at, by)) = &one.resolved { "; settled by " (names.of(by)) ", " (time(*at)) }
            }
            @if one.resolved.is_none() && may_settle {
                (post_button(&viewer.csrf, &format!("/comments/{}/resolutions", one.id), "Settled", "quiet"))
            }
        }
    }
}

fn place(version: &Version, one: &Comment) -> Markup {
    match one.place(&version.draft) {
        Place::Same(_) if one.version == version.id => html! {},
        Place::Same(_) | Place::Moved(_) => pill(Tone::Warn, "These words still stand"),
        Place::Gone => pill(Tone::Info, "These words are gone"),
    }
}

fn form(viewer: &Viewer, version: &Version) -> Markup {
    let is_there = |part: &Part| !version.draft.part(*part).is_empty();
    let parts: Vec<Choice> = Part::READ
        .into_iter()
        .filter(is_there)
        .map(|part| Choice::new(part.as_str(), part.label(), part == Part::Body))
        .collect();
    html! {
        details {
            summary { "Comment on some words" }
            form.stacked method="post" action={ "/versions/" (version.id) "/comments" } {
                (viewer.csrf.field())
                (select("field", "In which part?", "", "", &parts))
                (Field::text("quote", "Which words?").required().max(500)
                    .hint("Copied from “As it was written”.").render())
                (Field::area("remark", "Comment", 3).required().max(1000).render())
                button.quiet { "Comment" }
            }
        }
    }
}

/// A part as it was written, with the words of open comments marked and linked.
pub fn marked(draft: &Draft, part: Part, comments: &[Comment]) -> Markup {
    let mut places: Vec<(usize, usize, &Comment)> = comments
        .iter()
        .filter(|one| one.field == part && one.resolved.is_none())
        .filter_map(|one| match one.place(draft) {
            Place::Same(at) | Place::Moved(at) => {
                Some((at as usize, one.quote.chars().count(), one))
            }
            Place::Gone => None,
        })
        .collect();
    places.sort_by_key(|(at, length, _)| (*at, *length));
    let mut text = draft.part(part).chars();
    let mut passed = 0;
    let mut pieces = Vec::new();
    for (at, length, one) in places {
        // Words inside words that are marked already: the first comment marks them.
        if at < passed {
            continue;
        }
        let before: String = text.by_ref().take(at - passed).collect();
        let words: String = text.by_ref().take(length).collect();
        pieces.push((before, Some((words, one))));
        passed = at + length;
    }
    pieces.push((text.collect(), None));
    html! {
        pre tabindex="0" {
            @for (before, words) in &pieces {
                (before)
                @if let Some((words, one)) = words { a href={ "#comment-" (one.id) } { mark { (words) } } }
            }
        }
    }
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    field: String,
    #[serde(default)]
    quote: String,
    #[serde(default)]
    remark: String,
}

/// `POST`: makes a remark.
pub async fn make(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<VersionId>,
    Protected(form): Protected<Form>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::CommentContent)?;
    let field = Part::find(&form.field)
        .ok_or_else(|| WebError::Malformed("choose a part of the text".to_owned()))?;
    let new = New {
        field,
        quote: form.quote.replace("\r\n", "\n"),
        near: 0,
        remark: form.remark,
    };
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            comment::make(tx, ctx, id, &new)
        })
        .await?;
    Ok(Redirect::to(&format!("/versions/{id}#comments")))
}

/// `POST`: settles a remark.
pub async fn resolve(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CommentId>,
    Protected(Empty {}): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::CommentContent)?;
    let comment = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            comment::resolve(tx, ctx, id)
        })
        .await?;
    Ok(Redirect::to(&format!(
        "/versions/{}#comments",
        comment.version
    )))
}
