//! The review of the library: what is approved, until when, and the word that it still is right.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::ActError;
use placet_app::approval::Bench;
use placet_app::approval::library::{self, Kept};
use placet_domain::id::VersionId;
use placet_domain::operator::{Capability, Role};
use placet_domain::time::{Date, Span};
use serde::Deserialize;

use crate::components::table::{Table, numbered_pages, one_page};
use crate::components::{Tone, button_link, crumbs, day, empty, header, pill};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// From how many days before its end an approval is asked about.
const SOON_DAYS: i64 = 30;
const ON_A_PAGE: u64 = 50;

/// `GET`: everything approved, what ends first first.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
) -> Result<Markup, WebError> {
    let now = site.now();
    let (kept, today) = site
        .store()
        .read(move |tx| {
            let bench = Bench::read(tx, now)?;
            Ok::<_, ActError>((library::list(tx, &bench)?, bench.today()))
        })
        .await?;
    let (kept, n) = one_page(&query, kept, ON_A_PAGE);
    let lead = "An approval ends. Whoever gave it says that the text still is right, or nothing \
                can be sent from it.";
    let write = html! {
        @if viewer.can(Capability::WriteContent) { (button_link("/content/new", "Write content")) }
    };
    Ok(layout::page(
        &viewer,
        Place::Content,
        "Review the library",
        &html! {
            (crumbs(&[("Content", "/content")], "Review the library"))
            (header("Review the library", lead, &html! {}))
            @if n == 0 {
                (empty("Nothing is approved yet", "What was approved stands here, with the day on which its \
                    approval ends.", &write))
            } @else {
                (table(&viewer, &kept, today))
                (numbered_pages(&query, query.page(), n, ON_A_PAGE))
            }
        },
    ))
}

fn table(viewer: &Viewer, kept: &[Kept], today: Date) -> Markup {
    let soon = today.saturating_add(Span::new().days(SOON_DAYS));
    let rows = kept.iter().map(|one| {
        let version = &one.reviewed.version;
        html! {
            th scope="row" {
                a href={ "/versions/" (version.id) } { (one.content.name) ", version " (version.number) }
            }
            td { (version.draft.class.label()) }
            td {
                (day(one.until)) " "
                @if one.is_locked() { (pill(Tone::Bad, "Locked")) }
                @else if one.until <= soon { (pill(Tone::Warn, "Ends soon")) }
            }
            td { (super::review::roles(&one.reviewed.required)) }
            td { @for role in mine(viewer, one) { (confirm(viewer, one, role)) } }
        }
    });
    Table::new("What is approved, what ends first first")
        .column("Content")
        .column("Class")
        .column("Approved until")
        .column("Who confirms")
        .column("You")
        .rows(rows)
        .render(&Query::default())
}

/// The roles in which this viewer could confirm it; the act decides.
fn mine(viewer: &Viewer, kept: &Kept) -> Vec<Role> {
    let own = placet_app::content::author(&viewer.ctx.actor);
    let submitted = kept.reviewed.submission.as_ref();
    let is_own = submitted.is_some_and(|one| one.submitted_by == own)
        || kept.reviewed.version.created_by == own;
    if is_own || !viewer.can(Capability::ApproveContent) {
        return Vec::new();
    }
    let required = &kept.reviewed.required;
    viewer
        .roles()
        .filter(|role| required.contains(role))
        .collect()
}

fn confirm(viewer: &Viewer, kept: &Kept, role: Role) -> Markup {
    let version = &kept.reviewed.version;
    // It begins with the words on the button: who says them aloud presses this one.
    let label = format!("Still right: {}, as {}", kept.content.name, role.label());
    html! {
        form method="post" action={ "/versions/" (version.id) "/renewals" } {
            (viewer.csrf.field())
            input type="hidden" name="role" value=(role.as_str());
            button.quiet aria-label=(label) { "Still right" }
        }
    }
}

/// What the button sends.
#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    role: String,
}

/// `POST`: says that a version still is right.
pub async fn renew(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<VersionId>,
    Protected(form): Protected<Form>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ApproveContent)?;
    let role =
        Role::find(&form.role).ok_or_else(|| WebError::Malformed("choose a role".to_owned()))?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            library::renew(tx, ctx, id, role)
        })
        .await?;
    Ok(Redirect::to("/content/library"))
}
