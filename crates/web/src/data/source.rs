//! One source: its elements with what marketing may do with each, its versions, the signature.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::ActError;
use placet_app::data::catalogue::{self, Catalogued};
use placet_app::flow;
use placet_domain::data::{Classification, DataClass, Element, ElementKind};
use placet_domain::id::{ClassificationId, OperatorId, SourceId};
use placet_domain::operator::Capability;
use placet_ledger::to_hex;
use serde::Deserialize;

use super::catalogue::standing;
use super::{name_of, names};
use crate::account::problems;
use crate::components::field::{Field, hidden};
use crate::components::table::Table;
use crate::components::{crumbs, definitions, hash, header, quiet_link, time};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

async fn load(site: &Site, id: SourceId) -> Result<Catalogued, WebError> {
    let found = site
        .store()
        .read(move |tx| -> Result<_, ActError> { catalogue::find(tx, id) })
        .await?;
    Ok(found)
}

/// `GET`: one source.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<SourceId>,
    query: Query,
) -> Result<Markup, WebError> {
    let held = load(&site, id).await?;
    let who = names(&site).await?;
    let newest = held.newest();
    let edit = html! {
        @if viewer.can(Capability::EditData) {
            (quiet_link(&format!("/data/sources/{id}/elements"), "Change the elements"))
        }
    };
    let source = &held.source;
    Ok(layout::page(
        &viewer,
        Place::Data,
        &source.title,
        &html! {
            (crumbs(&[("Data", "/data")], &source.title))
            (header(&source.title, "Each element with its class, and what marketing may do with it.", &edit))
            (definitions(&[
                ("Code", html! { code { (source.code) } }),
                ("Owner in IT", html! { (source.it_owner) }),
                ("Owner in marketing", html! { (source.marketing_owner) }),
                ("Classification", standing(&held)),
            ]))
            @if let Some(newest) = newest {
                @if newest.signed.is_none() { (to_sign(&viewer, id, newest)) }
                (elements(newest, &query))
            } @else {
                p { "No element is listed yet." }
            }
            @if !held.versions.is_empty() {
                h2 { "Versions" }
                ol.plain reversed {
                    @for version in &held.versions { li { (said(version, &who)) } }
                }
            }
        },
    ))
}

fn said(version: &Classification, who: &std::collections::BTreeMap<OperatorId, String>) -> Markup {
    let writer = version
        .written_by
        .map_or("the command line", |id| name_of(who, id));
    html! {
        p {
            "Version " (version.version) ", " (version.elements.len()) " elements, written by " (writer) ", " (time(version.written_at)) ". "
            @match &version.signed {
                Some(signed) => {
                    "Signed by " (name_of(who, signed.by)) ", " (time(signed.at)) "."
                    @if !signed.note.is_empty() { " \u{201c}" (signed.note) "\u{201d}" }
                }
                None => "Not signed.",
            }
        }
        p.soft { "SHA-256 " (hash(&to_hex(&version.hash))) }
    }
}

fn elements(version: &Classification, query: &Query) -> Markup {
    let rows = version.elements.iter().map(|one| {
        html! {
            th scope="row" { code { (one.path) } }
            td { (one.kind.label()) }
            td { (one.class.label()) }
            td { (one.class.status().label()) }
            td { (one.class.needs()) }
        }
    });
    Table::new("Elements")
        .column("Element")
        .column("Kind")
        .column("Class")
        .column("Use for marketing")
        .column("It takes")
        .rows(rows)
        .render(query)
}

fn to_sign(viewer: &Viewer, id: SourceId, newest: &Classification) -> Markup {
    html! {
        @if viewer.can(Capability::SignData) {
            form.stacked method="post" action={ "/data/sources/" (id) "/sign" } {
                (viewer.csrf.field())
                (hidden("classification", &newest.id.to_string()))
                p { "By signing you say that each element below stands in the right class. Nobody signs what they wrote." }
                (Field::area("note", "Note", 2).hint("What you looked at; may stay empty.").render())
                button { "Sign version " (newest.version) }
            }
        } @else {
            p { "Version " (newest.version) " waits for the signature of compliance." }
        }
    }
}

#[derive(Deserialize)]
pub struct SignForm {
    classification: String,
    #[serde(default)]
    note: String,
}

/// `POST`: signs the newest version.
pub async fn sign(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<SourceId>,
    Protected(form): Protected<SignForm>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::SignData)?;
    let version: ClassificationId = form
        .classification
        .parse()
        .map_err(|_| WebError::NotFound)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            catalogue::sign(tx, ctx, id, version, &form.note)
        })
        .await?;
    Ok(Redirect::to(&format!("/data/sources/{id}")))
}

#[derive(Deserialize)]
pub struct ElementsForm {
    #[serde(default)]
    elements: String,
}

/// `GET`: the elements as lines to edit.
pub async fn edit(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<SourceId>,
) -> Result<Markup, WebError> {
    let held = load(&site, id).await?;
    let elements = match held.newest() {
        Some(newest) => newest.elements.clone(),
        None => proposed(&site, &held.source.code).await?,
    };
    let lines: Vec<String> = elements.iter().map(line_of).collect();
    Ok(edit_page(&viewer, &held, &lines.join("\n"), ""))
}

/// What the flows from a source list, to begin with.
async fn proposed(site: &Site, code: &str) -> Result<Vec<Element>, WebError> {
    let code = code.to_owned();
    let found = site
        .store()
        .read(move |tx| -> Result<_, ActError> { flow::propose_elements(tx, &code) })
        .await?;
    Ok(found)
}

fn edit_page(viewer: &Viewer, held: &Catalogued, lines: &str, error: &str) -> Markup {
    let id = held.source.id;
    let codes: Vec<&str> = DataClass::ALL.iter().map(|class| class.as_str()).collect();
    layout::page(
        viewer,
        Place::Data,
        "Elements",
        &html! {
            (crumbs(&[("Data", "/data"), (&held.source.title, &format!("/data/sources/{id}"))], "Elements"))
            (header("Elements", "One a line. Another list is another version, and compliance signs it anew.", &html! {}))
            form.stacked method="post" action={ "/data/sources/" (id) "/elements" } {
                (viewer.csrf.field())
                (Field::area("elements", "Elements", 16).value(lines).code().required().error(error)
                    .hint("Kind, path and class, such as: fhir Patient.name.family patient_contact. A source that flows name begins with what they list.").render())
                button { "Save as a version" }
            }
            h2 { "Kinds and classes" }
            p { "Kinds: " @for (n, kind) in ElementKind::ALL.iter().enumerate() { @if n > 0 { ", " } code { (kind.as_str()) } } "." }
            p { "Classes: " @for (n, code) in codes.iter().enumerate() { @if n > 0 { ", " } code { (code) } } "." }
        },
    )
}

fn line_of(one: &Element) -> String {
    format!("{} {} {}", one.kind.as_str(), one.path, one.class.as_str())
}

/// Reads elements, one a line: the kind first, the class last, the path between.
pub fn read_lines(text: &str) -> Result<Vec<Element>, String> {
    let mut elements = Vec::new();
    for (n, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let parts = line
            .split_once(char::is_whitespace)
            .and_then(|(kind, rest)| Some((kind, rest.trim().rsplit_once(char::is_whitespace)?)));
        let element = parts.and_then(|(kind, (path, class))| {
            Some(Element {
                kind: ElementKind::find(kind)?,
                path: path.trim().to_owned(),
                class: DataClass::find(class)?,
            })
        });
        elements.push(element.ok_or_else(|| {
            format!("line {n}: write a kind, a path and a class, with the codes below")
        })?);
    }
    Ok(elements)
}

/// `POST`: another version.
pub async fn classify(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<SourceId>,
    Protected(form): Protected<ElementsForm>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditData)?;
    let outcome = match read_lines(&form.elements) {
        Err(problem) => Err(ActError::invalid("elements", problem)),
        Ok(elements) => {
            let act = move |tx: &mut placet_store::Tx, ctx: &placet_app::Ctx| {
                catalogue::classify(tx, ctx, id, elements.clone())
            };
            site.store().act(grant, &viewer.ctx, act).await
        }
    };
    match outcome {
        Ok(_) => Ok(Redirect::to(&format!("/data/sources/{id}")).into_response()),
        Err(error) => {
            let found = problems(error)?;
            let held = load(&site, id).await?;
            let said = found.first().map_or("", |one| one.problem.as_str());
            let page = edit_page(&viewer, &held, &form.elements, said);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
