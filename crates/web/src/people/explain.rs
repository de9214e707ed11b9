//! What could we send, and why not: the gate asked for one person without sending anything.

use std::collections::BTreeSet;

use axum::extract::State;
use maud::{Markup, html};
use placet_app::gate::{Asked, Message};
use placet_app::person::{self, Purpose, View};
use placet_app::timeline::{self, Answer};
use placet_app::{ActError, settings};
use placet_domain::channel::Channel;
use placet_domain::content::ContentClass;
use placet_domain::id::PersonId;
use placet_domain::operator::Capability;
use placet_policy::{Explanation, Remuneration};

use super::decisions::{answer, facts, outcome};
use super::{act, frame};
use crate::components::empty;
use crate::components::field::{Choice, select};
use crate::components::table::Table;
use crate::error::WebError;
use crate::extract::Id;
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// An e-mail of this class with the usual purpose, about nothing but how to reach the person.
pub(crate) fn message(class: ContentClass, remuneration: Remuneration) -> Option<Message> {
    Some(Message {
        channel: Channel::Email,
        format: placet_domain::content::Format::Plain,
        topic: *class.topics().first()?,
        class,
        purpose: (*class.purposes().first()?).to_owned(),
        elements: BTreeSet::from(["email".to_owned()]),
        selection: BTreeSet::new(),
        remuneration,
    })
}

/// Who pays, in one word.
pub(crate) fn remuneration(code: &str) -> Remuneration {
    match code {
        "product_owner" => Remuneration {
            kind: Some("financial".to_owned()),
            payer: Some("product_owner".to_owned()),
            amount_vs_cost: Some("above_cost".to_owned()),
        },
        _ => Remuneration::none(),
    }
}

type Answers = (View, Vec<(ContentClass, Option<Asked>)>);

async fn ask(
    site: &Site,
    viewer: &Viewer,
    id: PersonId,
    classes: Vec<ContentClass>,
    paid: String,
) -> Result<Answers, WebError> {
    let engine = std::sync::Arc::clone(site.engine());
    act(site, viewer, Capability::ViewPeople, move |tx, ctx| {
        let settings = settings::load(tx)?;
        let view = person::open(tx, ctx, id, Purpose::Explain)?;
        let mut answers = Vec::with_capacity(classes.len());
        for class in &classes {
            let message =
                message(*class, remuneration(&paid)).ok_or(ActError::NotFound("class"))?;
            answers.push((
                *class,
                timeline::explain(tx, ctx, &engine, &settings, id, message)?,
            ));
        }
        Ok((view, answers))
    })
    .await
}

/// The live answer in the form in which kept ones are shown.
pub(crate) fn told(asked: &Asked) -> Option<Answer> {
    serde_json::from_value(serde_json::to_value(&asked.decision).ok()?).ok()
}

/// `GET`: every class of e-mail with its answer, or one of them explained (`?class=`).
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
    query: Query,
) -> Result<Markup, WebError> {
    let chosen = query.get("class").and_then(ContentClass::find);
    let classes = chosen.map_or_else(|| ContentClass::ALL.to_vec(), |one| vec![one]);
    let paid = query.get("paid").unwrap_or("none").to_owned();
    let (view, answers) = ask(&site, &viewer, id, classes, paid.clone()).await?;
    let action = format!("/people/{id}/explain");
    let has_address = answers.iter().any(|(_, asked)| asked.is_some());
    Ok(frame(
        &viewer,
        &view,
        "Decisions",
        &html! {
            h2 { "What could we send now, and why not?" }
            p { "Asked of the same gate that decides each message. Nothing is sent, and no decision is kept." }
            form.filters method="get" action=(action) role="search" {
                (form(chosen, &paid))
                button { "Ask" }
            }
            @if !has_address {
                (empty("No e-mail address", "There is nowhere to send to.", &html! {}))
            } @else if chosen.is_some() {
                @for (_, asked) in &answers { (explained(&site, asked.as_ref())) }
            } @else { (overview(&action, &paid, &answers)) }
        },
    ))
}

fn form(chosen: Option<ContentClass>, paid: &str) -> Markup {
    let mut classes = vec![Choice::new("", "Every kind", chosen.is_none())];
    classes.extend(
        ContentClass::ALL
            .iter()
            .map(|class| Choice::new(class.as_str(), class.label(), chosen == Some(*class))),
    );
    let payers = [
        Choice::new("none", "Nobody", paid != "product_owner"),
        Choice::new(
            "product_owner",
            "The owner of the product",
            paid == "product_owner",
        ),
    ];
    html! {
        (select("class", "Kind of e-mail", "", "", &classes))
        (select("paid", "Who pays for it?", "", "", &payers))
    }
}

fn explained(site: &Site, asked: Option<&Asked>) -> Markup {
    let explanation = asked.map(|asked| {
        let profile = asked.decision.profile;
        site.engine().explain(&asked.inputs, profile, asked.at)
    });
    let told = asked.and_then(told);
    let inputs = asked.and_then(|asked| serde_json::to_value(&asked.inputs).ok());
    html! {
        @if let Some(told) = told { (answer(site.engine(), &told)) }
        @if let Some(explanation) = explanation { (because(&explanation)) }
        @if let Some(inputs) = inputs { (facts(&inputs)) }
    }
}

/// What would change the answer, and the facts that each rule read.
pub(super) fn because(explanation: &Explanation) -> Markup {
    html! {
        @if !explanation.changes.is_empty() {
            h3 { "What would change it" }
            ul { @for change in &explanation.changes {
                li { (change.what) ": then " (outcome(change.outcome.as_str())) }
            } }
        }
        h3 { "What each rule read" }
        @for rule in explanation.rules.iter().filter(|rule| !rule.facts.is_empty()) {
            details {
                summary { (rule.title) }
                dl.facts { @for (fact, value) in &rule.facts {
                    dt { code { (fact) } }
                    dd { @if value.is_null() { "nobody stated it" } @else { (value) } }
                } }
            }
        }
    }
}

fn overview(action: &str, paid: &str, answers: &[(ContentClass, Option<Asked>)]) -> Markup {
    let rows = answers.iter().filter_map(|(class, asked)| {
        let decision = &asked.as_ref()?.decision;
        let against = decision
            .why
            .iter()
            .find(|reason| reason.effect == decision.outcome);
        Some(html! {
            th scope="row" {
                a href={ (action) "?class=" (class.as_str()) "&paid=" (paid) } { (class.label()) }
            }
            td { (outcome(decision.outcome.as_str())) }
            td { @if let Some(reason) = against { (reason.says) } }
        })
    });
    Table::new("Each kind of e-mail, with the first reason")
        .column("Kind")
        .column("Answer")
        .column("Because")
        .rows(rows)
        .render(&Query::default())
}
