//! Two versions side by side: what was taken out and what was put in, word by word.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::ActError;
use placet_domain::content::Version;
use placet_domain::content::diff::{self, Row, Word};
use placet_domain::id::{ContentId, VersionId};
use placet_store::contents;

use crate::components::notice::info;
use crate::components::{crumbs, header};
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: `?old=…&new=…`; without them, the newest two.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ContentId>,
    query: Query,
) -> Result<Markup, WebError> {
    let asked = |name| {
        query
            .get(name)
            .and_then(|text| text.parse::<VersionId>().ok())
    };
    let (old, new) = (asked("old"), asked("new"));
    let found = site
        .store()
        .read(move |tx| {
            let name = contents::find_name(tx, id)?.ok_or(ActError::NotFound("content"))?;
            Ok::<_, ActError>((name, contents::list_versions(tx, id)?))
        })
        .await?;
    let (name, versions) = found;
    let find = |asked: Option<VersionId>, usual: usize| match asked {
        Some(id) => versions.iter().find(|version| version.id == id),
        None => versions.get(usual).or(versions.last()),
    };
    let (Some(old), Some(new)) = (find(old, 1), find(new, 0)) else {
        return Err(WebError::NotFound);
    };
    Ok(page(&viewer, &name, old, new))
}

fn page(viewer: &Viewer, name: &str, old: &Version, new: &Version) -> Markup {
    let title = format!("Version {} and version {}", old.number, new.number);
    let content = format!("/content/{}", old.content);
    layout::page(
        viewer,
        Place::Content,
        &title,
        &html! {
            (crumbs(&[("Content", "/content"), (name, &content)], "Compare"))
            (header(&title, "Taken out on the left, put in on the right.", &html! {}))
            @if old.hash == new.hash { (info("Nothing differs", &html! { p { "Both have the same hash." } })) }
            (parts(old, new))
        },
    )
}

/// Every part that differs, side by side.
pub(super) fn parts(old: &Version, new: &Version) -> Markup {
    html! {
        (field("Class", old.draft.class.label(), new.draft.class.label(), old, new))
        (field("Topic", old.draft.topic.label(), new.draft.topic.label(), old, new))
        (field("Printed as", old.draft.format.label(), new.draft.format.label(), old, new))
        (field("Subject", &old.draft.subject, &new.draft.subject, old, new))
        (field("Preheader", &old.draft.preheader, &new.draft.preheader, old, new))
        (field("Body", &old.draft.body, &new.draft.body, old, new))
        (field("Plain text", &old.draft.text, &new.draft.text, old, new))
    }
}

/// One field, when it differs or is the body.
fn field(label: &str, old: &str, new: &str, left: &Version, right: &Version) -> Markup {
    if old == new {
        return html! {};
    }
    html! {
        h2 { (label) }
        div.scroll role="region" aria-label={ (label) " side by side" } tabindex="0" {
            table {
                caption { (label) " of version " (left.number) " and version " (right.number) }
                thead { tr { th scope="col" { "Version " (left.number) } th scope="col" { "Version " (right.number) } } }
                tbody.plain { @for row in diff::lines(old, new) { tr { (cells(&row)) } } }
            }
        }
    }
}

fn cells(row: &Row<'_>) -> Markup {
    match row {
        Row::Same(line) => html! { td { (line) } td { (line) } },
        Row::Removed(line) => html! { td { del { (line) } } td {} },
        Row::Added(line) => html! { td {} td { ins { (line) } } },
        Row::Changed(old, new) => html! {
            td { @for word in old { (piece(word, &|text| html! { del { (text) } })) } }
            td { @for word in new { (piece(word, &|text| html! { ins { (text) } })) } }
        },
    }
}

fn piece(word: &Word<'_>, marked: &dyn Fn(&str) -> Markup) -> Markup {
    if word.is_shared {
        html! { (word.text) }
    } else {
        marked(word.text)
    }
}
