//! What the house pack changes against the rules of the program, in words.

use axum::extract::State;
use maud::{Markup, html};
use placet_policy::diff::{self, Difference};
use placet_policy::{Engine, Rule as Law};

use super::{card, frame};
use crate::components::empty;
use crate::components::table::Table;
use crate::error::WebError;
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: the difference, or how to load a house pack when there is none.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let found = diff::between(&Engine::builtin(), site.engine());
    let lead = format!(
        "From {} {} to {} {}.",
        found.from.id, found.from.version, found.to.id, found.to.version
    );
    Ok(frame(
        &viewer,
        "/rules/difference",
        "House rules",
        &lead,
        &html! {
            @if found.is_empty() {
                (empty("No house rules", "This program decides by its own rules alone. A house pack may add rules that \
                    forbid, require, hold or oblige, and answer an unsettled question; it may never loosen the law. \
                    Write one, check it with `placet pack check DIR`, see whom it would add or drop under Simulate, and start \
                    with `placet serve --pack DIR`.", &html! {}))
            } @else { (difference(&found)) }
        },
    ))
}

/// A difference, rule by rule and field by field.
pub fn difference(found: &Difference) -> Markup {
    html! {
        @for (title, rules) in [("Added", &found.added), ("Removed", &found.removed)] {
            @if !rules.is_empty() { h2 { (title) } @for rule in rules { (whole(rule)) } }
        }
        @if !found.changed.is_empty() {
            h2 { "Changed" }
            @for one in &found.changed {
                article.card {
                    h3 { (one.title) }
                    p { code { (one.id) } }
                    (Table::new("What differs").column("Field").column("Was").column("Is")
                        .rows(one.fields.iter().map(|field| html! {
                            th scope="row" { (field.field) } td { del { (field.from) } } td { ins { (field.to) } }
                        })).render(&Query::default()))
                }
            }
        }
        @if !found.others.is_empty() {
            h2 { "Words, questions and amounts" }
            (Table::new("Words, questions and amounts that differ").column("Name").column("Was").column("Is")
                .rows(found.others.iter().map(|one| html! {
                    th scope="row" { (one.what) " " code { (one.name) } }
                    td { @if let Some(from) = &one.from { del { (from) } } @else { "not there" } }
                    td { @if let Some(to) = &one.to { ins { (to) } } @else { "gone" } }
                })).render(&Query::default()))
        }
    }
}

fn whole(rule: &Law) -> Markup {
    card::render(rule, &[], false)
}
