//! Audiences: the filter, the number it finds, and the waterfall beside it.

use axum::extract::State;
use maud::{Markup, html};
use placet_domain::audience::cells::Shown;
use placet_domain::operator::Capability;
use placet_store::audiences;

use crate::components::notice::info;
use crate::components::table::{Table, numbered_pages, one_page};
use crate::components::{button_link, empty, header, number, time};
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

mod form;
pub(crate) mod picture;
mod show;

pub(crate) use show::{question, stopped_page, won_back};

const VIEW: Rule = Rule::Needs(Capability::ViewAudiences);
const EDIT: Rule = Rule::Needs(Capability::EditAudiences);
/// How many audiences a page of the list shows.
const ON_A_PAGE: u64 = 50;
/// The most audiences that are looked at.
pub(crate) const MOST: u32 = 5_000;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/audiences", VIEW, list)
        .post("/audiences", EDIT, form::create)
        .get("/audiences/new", EDIT, form::new)
        .get("/audiences/{id}", VIEW, show::show)
        .get("/audiences/{id}/edit", EDIT, form::edit)
        .post("/audiences/{id}/edit", EDIT, form::update)
        .get(
            "/audiences/{id}/stopped",
            Rule::NeedsBoth(Capability::ViewAudiences, Capability::ViewPeople),
            show::stopped,
        )
}

/// A count as this viewer may see it.
pub(crate) fn size(viewer: &Viewer, n: u64) -> String {
    match Shown::found(n, viewer.can(Capability::ViewSmallCells)) {
        Shown::Rounded(n) => format!("about {}", number(n)),
        shown => words(shown),
    }
}

/// Said below counts that are rounded for this viewer.
pub(crate) fn rounding(viewer: &Viewer) -> Markup {
    html! {
        @if !viewer.can(Capability::ViewSmallCells) {
            p.soft { "Counts are rounded down to ten, so that nobody can be singled out by taking one from another." }
        }
    }
}

/// Said where the counts are those of another filter.
fn as_before() -> Markup {
    info(
        "Counted as before",
        &html! {
            p {
                "This filter finds nearly the same people as one that you looked at before. The counts are those "
                "of the earlier one: their difference would point at single people. What is saved and launched is "
                "this filter."
            }
        },
    )
}

/// A count that may be hidden, in words.
pub(crate) fn words(shown: Shown) -> String {
    shown.number().map_or_else(|| shown.words(), number)
}

/// `GET`: every audience.
async fn list(State(site): State<Site>, viewer: Viewer, query: Query) -> Result<Markup, WebError> {
    let all = site.store().read(|tx| audiences::list(tx, MOST)).await?;
    let (all, n) = one_page(&query, all, ON_A_PAGE);
    let lead = "Saved ways to find people. Nothing clinical can be asked for.";
    let actions = html! {
        @if viewer.can(Capability::EditAudiences) { (button_link("/audiences/new", "New audience")) }
    };
    let rows = all.iter().map(|audience| {
        html! {
            th scope="row" { a href={ "/audiences/" (audience.id) } { (audience.name) } }
            td { (sentences(&audience.filter)) }
            td { (time(audience.changed_at)) }
        }
    });
    Ok(layout::page(
        &viewer,
        Place::Audiences,
        "Audiences",
        &html! {
            (header("Audiences", lead, &actions))
            @if n == 0 {
                (empty("No audiences yet", "An audience says whom a campaign is meant for. The waterfall then \
                    shows who of them may be written to, and which rule stops the others.", &actions))
            } @else {
                (Table::new("Audiences by name").column("Name").column("Finds people whose…")
                    .column("Changed").rows(rows).render(&Query::default()))
                (numbered_pages(&query, query.page(), n, ON_A_PAGE))
            }
        },
    ))
}

/// A filter as a short list.
pub(crate) fn sentences(filter: &placet_domain::audience::Filter) -> Markup {
    let sentences = filter.sentences();
    html! {
        @if sentences.is_empty() { "everybody" }
        @else { ul { @for sentence in &sentences { li { (sentence) } } } }
    }
}
