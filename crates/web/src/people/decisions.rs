//! Decisions about a person: each rule with its sentence, its source, the facts, and the receipt.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::person::{self, Purpose};
use placet_app::timeline::{self, Answer, Explained};
use placet_app::{explain, rules};
use placet_domain::id::{DecisionId, PersonId};
use placet_domain::operator::Capability;
use placet_ledger::to_hex;
use placet_policy::Engine;
use serde_json::Value;

use super::{act, frame, place_link};
use crate::components::notice::{Why, refusal};
use crate::components::table::Table;
use crate::components::{Tone, definitions, empty, hash, pill, quiet_link, time};
use crate::error::WebError;
use crate::extract::{Id, Ids};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: the newest decisions.
pub async fn list(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
) -> Result<Markup, WebError> {
    let (view, decided) = act(&site, &viewer, Capability::ViewPeople, move |tx, ctx| {
        let decided = timeline::list_decisions(tx, ctx, id, 100)?;
        Ok((person::open(tx, ctx, id, Purpose::Review)?, decided))
    })
    .await?;
    let base = format!("/people/{id}");
    let explain = quiet_link(
        &format!("{base}/explain"),
        "What could we send, and why not?",
    );
    let rows = decided.iter().map(|one| {
        html! {
            th scope="row" { a href={ (base) "/decisions/" (one.id) } { (time(one.decided_at)) } }
            td { (outcome(&one.outcome)) }
            td { (one.category) }
            td { @if let Some(campaign) = one.campaign.filter(|_| viewer.can(Capability::ViewCampaigns)) { a href={ "/campaigns/" (campaign) } { "Campaign" } } }
            td { (one.pack) }
            td { (one.profile) }
        }
    });
    Ok(frame(
        &viewer,
        &view,
        "Decisions",
        &html! {
            @if decided.is_empty() {
                (empty("No decision yet", "Each message is decided on its own, at the moment it is sent. The decision stands here with every rule it applied.", &explain))
            } @else {
                (Table::new("The newest decisions").column("When").column("Answer").column("Category")
                    .column("For").column("Rules").column("Profile").rows(rows).render(&Query::default()))
                p { (explain) }
            }
        },
    ))
}

/// An outcome as a pill.
pub(super) fn outcome(code: &str) -> Markup {
    match code {
        "permit" => pill(Tone::Good, "permitted"),
        "needs_authorization" => pill(Tone::Warn, "needs authorization"),
        _ => pill(Tone::Bad, "denied"),
    }
}

/// What one rule says to it.
fn effect(code: &str) -> Markup {
    match code {
        "permit" => pill(Tone::Neutral, "no objection"),
        other => outcome(other),
    }
}

/// `GET`: one decision, explained.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Ids(id, decision): Ids<PersonId, DecisionId>,
) -> Result<Markup, WebError> {
    let engine = std::sync::Arc::clone(site.engine());
    let (view, explained, why) = act(&site, &viewer, Capability::ViewPeople, move |tx, ctx| {
        let explained = timeline::decision(tx, ctx, id, decision)?;
        let mut rules = rules::Kept::new(&engine);
        let profile = &explained.decided.profile;
        let why = explain::decided(tx, &mut rules, &explained.question, profile)?;
        Ok((person::open(tx, ctx, id, Purpose::Explain)?, explained, why))
    })
    .await?;
    let Explained {
        decided,
        question,
        answer: given,
        receipt,
        is_intact,
    } = &explained;
    Ok(frame(
        &viewer,
        &view,
        "Decisions",
        &html! {
            @if !is_intact {
                (refusal("This decision does not agree with the ledger", &[Why::plain("Its body is not the one whose hash was recorded.")],
                    "Keep the database as it is and run `placet ledger verify`."))
            }
            h2 { "Decision of " (time(decided.decided_at)) }
            (answer(site.engine(), given))
            @if let Some(why) = &why { (super::explain::because(why)) }
            (facts(&question.inputs))
            h2 { "Receipt" }
            (definitions(&[
                ("Decision", html! { code { (decided.id) } }),
                ("Rules", html! { (decided.pack) }),
                ("Profile", html! { (decided.profile) }),
                ("Entry", html! { @if let Some(receipt) = receipt { code { (receipt.entry) } } @else { "not found" } }),
                ("Place in the ledger", html! { @if let Some(place) = receipt.as_ref().and_then(|one| one.place) { (place_link(&viewer, place)) } @else { "waits for its place" } }),
                ("Leaf hash", html! { @if let Some(receipt) = receipt { (hash(&to_hex(&receipt.leaf_hash))) } }),
            ]))
        },
    ))
}

/// An answer of the engine with every rule that applied.
pub(super) fn answer(engine: &Engine, answer: &Answer) -> Markup {
    html! {
        p { (outcome(&answer.outcome)) " as " strong { (answer.category.replace('_', " ")) }
            @if let Some(until) = &answer.not_before { ". Only time stands in the way, until " (until) }
            "." }
        @if !answer.missing.is_empty() {
            p { "Missing: " @for code in &answer.missing { code { (code) } " " } }
        }
        @if !answer.conditions.is_empty() {
            p { "To keep to, or what would change it:" }
            ul { @for condition in &answer.conditions { li { (condition) } } }
        }
        h3 { "Every rule that applied" }
        ul.why {
            @for reason in &answer.why {
                li {
                    (effect(&reason.effect)) " "
                    @if let Some(rule) = engine.rule(&reason.rule) { strong { (rule.title) } ": " }
                    (reason.says) " " (rule_link(engine, &reason.rule))
                    @if let Some(rule) = engine.rule(&reason.rule) {
                        br;
                        small { (rule.citation.join("; ")) @if rule.is_unverified() { " (unverified)" } }
                    }
                }
            }
        }
        @if !answer.evidence.is_empty() {
            p.soft { "Evidence to keep: " @for code in &answer.evidence { code { (code) } " " } }
        }
    }
}

/// A rule's id, which opens its card.
fn rule_link(engine: &Engine, id: &str) -> Markup {
    html! {
        @if engine.rule(id).is_some() { a href={ "/rules/" (id) } { code { (id) } } }
        @else { code { (id) } }
    }
}

/// The facts that were read, name by name; what was unknown is left out.
pub(super) fn facts(inputs: &Value) -> Markup {
    let mut rows = Vec::new();
    flatten("", inputs, &mut rows);
    let rows = rows.iter().map(|(name, value)| {
        html! { th scope="row" { code { (name) } } td { (value) } }
    });
    html! {
        h3 { "The facts" }
        details {
            summary { "What was asked and known" }
            (Table::new("Facts of the question").column("Fact").column("Value").rows(rows).render(&Query::default()))
        }
    }
}

fn flatten(path: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(&below(name), value, rows);
            }
        }
        Value::Array(items) => {
            for (n, value) in items.iter().enumerate() {
                flatten(&below(&(n + 1).to_string()), value, rows);
            }
        }
        Value::String(text) => rows.push((path.to_owned(), text.clone())),
        other => rows.push((path.to_owned(), other.to_string())),
    }
}
