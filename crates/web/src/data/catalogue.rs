//! Every source with its owners and where its classification stands; the form for another one.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::FieldProblem;
use placet_app::data::catalogue::{self, Catalogued};
use placet_app::flow::{self, Declared};
use placet_domain::data::{DataClass, DraftSource};
use placet_domain::operator::Capability;
use serde::Deserialize;

use super::frame;
use crate::account::{Read, problems};
use crate::components::field::Field;
use crate::components::notice::warn;
use crate::components::table::Table;
use crate::components::{Tone, button_link, crumbs, empty, number, pill};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: every source.
pub async fn list(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
) -> Result<Markup, WebError> {
    let (all, flows) = site
        .store()
        .read(|tx| -> Read<_> { Ok((catalogue::list(tx)?, flow::list(tx)?)) })
        .await?;
    let undeclared = undeclared(&all, &flows);
    let may_edit = viewer.can(Capability::EditData);
    let table = Table::new("Sources, by code")
        .column("Source")
        .column("IT owner")
        .column("Marketing owner")
        .number("Elements")
        .column("Classification")
        .rows(all.iter().map(line));
    Ok(frame(
        &viewer,
        "/data",
        "Data catalogue",
        "Where data comes from, what kind each element is, and what marketing may do with it. Nothing of a source is used before compliance has signed it here.",
        &html! {
            @if !undeclared.is_empty() {
                (warn("Flows wait for sources that nobody declared", &html! {
                    p {
                        "Nothing comes from "
                        @for (n, code) in undeclared.iter().enumerate() {
                            @if n > 0 { ", " }
                            @if may_edit { a href={ "/data/sources/new?code=" (code) } { (code) } } @else { code { (code) } }
                        }
                        " until somebody declares it, its elements are classified, and compliance signs them."
                    }
                }))
            }
            @if all.is_empty() {
                (empty("No source yet", "Declare the systems that data comes from, with an owner in IT and one in marketing. Then list each element with its class.", &html! {}))
            } @else {
                (table.render(&query))
            }
            @if may_edit { p { (button_link("/data/sources/new", "Declare a source")) } }
            (classes())
        },
    ))
}

/// The sources that flows name and the catalogue does not hold, each once.
fn undeclared<'f>(all: &[Catalogued], flows: &'f [Declared]) -> BTreeSet<&'f str> {
    let named = flows.iter().filter_map(Declared::counting);
    let codes = named.map(|version| version.declaration.source.as_str());
    codes
        .filter(|code| !all.iter().any(|held| held.source.code == *code))
        .collect()
}

fn line(one: &Catalogued) -> Markup {
    let n = one.newest().map_or(0, |newest| newest.elements.len());
    html! {
        th scope="row" {
            a href={ "/data/sources/" (one.source.id) } { (one.source.title) }
            " " code { (one.source.code) }
        }
        td { (one.source.it_owner) }
        td { (one.source.marketing_owner) }
        td.number { (number(n as u64)) }
        td { (standing(one)) }
    }
}

/// Where a source's classification stands, in words.
pub fn standing(one: &Catalogued) -> Markup {
    if one.newest().is_none() {
        pill(Tone::Warn, "Not classified")
    } else if one.in_force().is_none() {
        pill(Tone::Bad, "Waits for compliance: no import")
    } else if one.waits() {
        pill(Tone::Warn, "Signed; a newer version waits")
    } else {
        pill(Tone::Good, "Signed")
    }
}

/// The five rows of what marketing may do.
fn classes() -> Markup {
    html! {
        details {
            summary { "What marketing may do with each class" }
            div.scroll role="region" aria-label="Classes of data" tabindex="0" {
                table {
                    caption { "Classes of data and their use for marketing" }
                    thead { tr { th scope="col" { "Class" } th scope="col" { "Use" } th scope="col" { "It takes" } } }
                    tbody {
                        @for class in DataClass::ALL {
                            tr {
                                th scope="row" { (class.label()) }
                                td { (class.status().label()) }
                                td { (class.needs()) }
                            }
                        }
                    }
                }
            }
            p.soft { "When a prospect receives first care, the same contact information becomes a patient's, and the stricter row holds from the next decision on." }
        }
    }
}

#[derive(Deserialize, Default)]
pub struct Form {
    #[serde(default)]
    code: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    it_owner: String,
    #[serde(default)]
    marketing_owner: String,
}

/// `GET`: the form for a source.
pub async fn new(viewer: Viewer, query: Query) -> Markup {
    let form = Form {
        code: query.get("code").unwrap_or_default().to_owned(),
        ..Form::default()
    };
    new_page(&viewer, &form, &[])
}

fn new_page(viewer: &Viewer, form: &Form, problems: &[FieldProblem]) -> Markup {
    layout::page(
        viewer,
        Place::Data,
        "Declare a source",
        &html! {
            (crumbs(&[("Data", "/data")], "Declare a source"))
            (crate::components::header("Declare a source", "A system or file that data comes from. Nothing of it is used until compliance has signed what its elements are.", &html! {}))
            form.stacked method="post" action="/data/sources" {
                (viewer.csrf.field())
                (Field::text("code", "Code").value(&form.code).required().max(60)
                    .hint("As imports name it, such as ehr.").error(problem_of(problems, "code")).render())
                (Field::text("title", "What it is").value(&form.title).required().max(200)
                    .error(problem_of(problems, "title")).render())
                (Field::text("it_owner", "Owner in IT").value(&form.it_owner).required().max(200)
                    .hint("Answers for the technical controls.").error(problem_of(problems, "it_owner")).render())
                (Field::text("marketing_owner", "Owner in marketing").value(&form.marketing_owner).required().max(200)
                    .hint("Answers for what it is needed for.").error(problem_of(problems, "marketing_owner")).render())
                button { "Declare" }
            }
        },
    )
}

/// `POST`: declares a source.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditData)?;
    let draft = DraftSource {
        code: form.code.trim().to_owned(),
        title: form.title.clone(),
        it_owner: form.it_owner.clone(),
        marketing_owner: form.marketing_owner.clone(),
    };
    let done = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            catalogue::declare(tx, ctx, &draft)
        })
        .await;
    match done {
        Ok(id) => Ok(Redirect::to(&format!("/data/sources/{id}/elements")).into_response()),
        Err(error) => {
            let page = new_page(&viewer, &form, &problems(error)?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
