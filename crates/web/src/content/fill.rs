//! Filling in an approved template, and what an installation can begin with.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::approval::{self, Reviewed};
use placet_app::content::filling;
use placet_app::{ActError, FieldProblem, content, settings};
use placet_domain::content::blank::{Blank, Kind, Values};
use placet_domain::content::starter::{REPLIES, Reply, STARTERS, STATEMENTS, Starter, telling};
use placet_domain::id::VersionId;
use placet_domain::operator::Capability;
use placet_domain::template::variable;
use placet_store::contents;
use serde::Deserialize;

use crate::account::problems;
use crate::components::field::{Choice, Field, select};
use crate::components::notice::{refusal, unusable};
use crate::components::{Tone, code_block, crumbs, header, pill, post_button};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

/// What the form sends: a name, and a value for each blank under its own name.
#[derive(Deserialize, Default)]
pub struct Form {
    #[serde(default)]
    name: String,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

const PREFIX: &str = "blank_";

impl Form {
    fn values(&self) -> Values {
        let blanks = self.rest.iter();
        blanks
            .filter_map(|(name, value)| {
                let name = name.strip_prefix(PREFIX)?;
                Some((name.to_owned(), value.clone()))
            })
            .collect()
    }
}

/// The part of a template's page that says what is to be filled in.
pub fn part(viewer: &Viewer, reviewed: &Reviewed) -> Markup {
    let blanks = filling::blanks(&reviewed.version.draft);
    html! {
        @if let Some(template) = reviewed.template {
            p { (pill(Tone::Good, "From a template")) " It fills in "
                a href={ "/versions/" (template) } { "this template" } " and stands and falls with its approval." }
        }
        @if !blanks.is_empty() {
            section.card aria-labelledby="template-title" {
                h2 #template-title { "A template" }
                p { "Once it is approved, its blanks are filled in without another review. Nothing is sent from it \
                    as it is." }
                ul { @for blank in &blanks { li { code { (blank.name) } ": " (blank.kind.hint()) } } }
                @if reviewed.standing == placet_domain::review::Standing::Approved
                    && viewer.can(Capability::WriteContent) {
                    p { (crate::components::button_link(&format!("/versions/{}/fill", reviewed.version.id), "Fill it in")) }
                }
            }
        }
    }
}

/// `GET`: the form with a field for each blank.
pub async fn ask(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<VersionId>,
) -> Result<Markup, WebError> {
    page(&site, &viewer, id, &Form::default(), &[]).await
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    id: VersionId,
    form: &Form,
    found: &[FieldProblem],
) -> Result<Markup, WebError> {
    let now = site.now();
    let (reviewed, name, settings) = site
        .store()
        .read(move |tx| {
            let reviewed = approval::find(tx, id, now)?;
            let name = contents::find_name(tx, reviewed.version.content)?.unwrap_or_default();
            Ok::<_, ActError>((reviewed, name, settings::load(tx)?))
        })
        .await?;
    let draft = &reviewed.version.draft;
    let profile = placet_app::gate::profile(settings.strictness);
    let usable = content::usable(site.engine(), profile, draft);
    let persons: Vec<&String> = usable
        .iter()
        .filter(|name| variable::element(name).is_some())
        .collect();
    let values = form.values();
    let whys = unusable(found);
    let lead = "What is filled in is checked and needs no review. Whatever else should change is a text of its own.";
    let href = format!("/versions/{id}");
    Ok(layout::page(
        viewer,
        Place::Content,
        &format!("Fill in {name}"),
        &html! {
            (crumbs(&[("Content", "/content"), (&name, &href)], "Fill in"))
            (header(&format!("Fill in {name}"), lead, &html! {}))
            @if !whys.is_empty() {
                (refusal("Not saved", &whys, "change what is named above, or write a text of its own for review"))
            }
            div.columns {
                form.stacked method="post" action={ "/versions/" (id) "/fill" } {
                    (viewer.csrf.field())
                    (Field::text("name", "Name").value(&form.name).required().max(120)
                        .hint("Ours; no reader sees it.").error(problem_of(found, "name")).render())
                    @for blank in filling::blanks(draft) {
                        (field(&blank, values.get(&blank.name).map_or("", String::as_str), &persons, found))
                    }
                    button { "Save, approved as the template is" }
                }
                div { h2 { "The template" } (code_block(&draft.subject)) (code_block(&draft.body)) }
            }
        },
    ))
}

fn field(blank: &Blank, value: &str, persons: &[&String], found: &[FieldProblem]) -> Markup {
    let name = format!("{PREFIX}{}", blank.name);
    let words = blank.name.replace('_', " ");
    let label = capital(&words);
    let hint = capital(&blank.kind.hint());
    let error = problem_of(found, &name);
    let choices = |all: Vec<&str>| -> Vec<Choice> {
        all.into_iter()
            .map(|one| Choice::new(one, one, one == value))
            .collect()
    };
    match &blank.kind {
        Kind::Date => Field::date(&name, &label)
            .value(value)
            .required()
            .error(error)
            .render(),
        Kind::Choice(all) => {
            let all = all.iter().map(String::as_str).collect();
            select(&name, &label, "", error, &choices(all))
        }
        Kind::Variable(_) => {
            let all = persons.iter().map(|one| one.as_str()).collect();
            select(&name, &label, &hint, error, &choices(all))
        }
        Kind::Email => Field::email(&name, &label)
            .value(value)
            .required()
            .error(error)
            .render(),
        _ => {
            let hint = match blank.kind {
                Kind::Time => "As 14:30.".to_owned(),
                _ => format!("{hint}."),
            };
            Field::text(&name, &label)
                .value(value)
                .required()
                .max(120)
                .hint(&hint)
                .error(error)
                .render()
        }
    }
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

/// `POST`: makes a content from the template.
pub async fn fill(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<VersionId>,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::WriteContent)?;
    let (name, values, engine) = (form.name.clone(), form.values(), site.engine().clone());
    let filled = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            filling::fill(tx, ctx, &engine, id, (&name, &values))
        })
        .await;
    match filled {
        Ok(version) => Ok(Redirect::to(&format!("/content/{}", version.content)).into_response()),
        Err(error @ ActError::Refused { .. }) => Err(error.into()),
        Err(error) => {
            let page = page(&site, &viewer, id, &form, &problems(error)?).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// `GET`: letters, replies and statements to begin with.
pub async fn starters(viewer: Viewer) -> Markup {
    let lead = "Texts with blanks. A letter is approved once; then its blanks are filled in without another review.";
    layout::page(
        &viewer,
        Place::Content,
        "Starter texts",
        &html! {
            (crumbs(&[("Content", "/content")], "Starter texts"))
            (header("Starter texts", lead, &html! {}))
            h2 { "Letters" }
            div.grid { @for starter in &STARTERS { (letter(&viewer, starter)) } }
            h2 { "Replies in public" }
            p { "A reply never says or denies that somebody was treated, whatever they wrote themselves." }
            @for reply in &REPLIES { (reply_card(reply)) }
            h2 { "Statements for a bad day" }
            @for statement in &STATEMENTS { (reply_card(statement)) }
            @if viewer.can(Capability::RecordInstruments) {
                h2 { "Forms" }
                p { "The authorization for marketing and the releases of stories and pictures, with every element that \
                    the law asks for, are among the "
                    a href="/people/wordings" { "wordings" } "." }
            }
        },
    )
}

fn letter(viewer: &Viewer, starter: &Starter) -> Markup {
    let draft = starter.draft();
    html! {
        section.card aria-label=(starter.name) {
            h3 { (starter.name) }
            p { (starter.class.label()) ", reviewed as " (draft.tier().label().to_lowercase()) }
            details { summary { "Read it" } (code_block(&draft.subject)) (code_block(&draft.body)) }
            @if viewer.can(Capability::WriteContent) {
                (post_button(&viewer.csrf, &format!("/content/starters/{}", starter.code), "Begin with this", "quiet"))
            }
        }
    }
}

fn reply_card(reply: &Reply) -> Markup {
    let found = telling(reply.text);
    html! {
        section.card aria-label=(reply.name) {
            h3 { (reply.name) }
            p { @if found.is_empty() { (pill(Tone::Good, "Tells nothing")) }
                @else { (pill(Tone::Bad, "Do not post")) " It says: " @for (i, words) in found.iter().enumerate() {
                    @if i > 0 { ", " } "“" (words) "”" } "." } }
            (code_block(reply.text))
        }
    }
}

/// A starter by its code in the address.
pub struct Code(&'static Starter);

impl std::str::FromStr for Code {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Starter::find(text).map(Self).ok_or(())
    }
}

/// `POST`: begins a content with a starter letter.
pub async fn begin(
    State(site): State<Site>,
    viewer: Viewer,
    Id(Code(starter)): Id<Code>,
    Protected(Empty {}): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::WriteContent)?;
    let engine = site.engine().clone();
    let version = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            content::create(tx, ctx, &engine, starter.name, &starter.draft())
        })
        .await?;
    Ok(Redirect::to(&format!("/content/{}", version.content)))
}
