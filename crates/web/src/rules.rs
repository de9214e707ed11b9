//! The rule book: every rule as a card, the difference that a house pack makes, and what a change
//! of rules would do.
//!
//! Rules are law and policy, nobody's data: whoever is signed in may read them. Start with [`card`].

pub mod card;
mod difference;
mod simulate;

use std::collections::BTreeMap;

use axum::extract::State;
use maud::{Markup, html};
use placet_domain::operator::Capability;
use placet_policy::scenario::{self, Example};
use placet_policy::{Engine, Kind, Profile, Rule as Law};

use crate::components::field::{Choice, Field, select};
use crate::components::table::{filters, numbered_pages, one_page};
use crate::components::{crumbs, empty, header, number, quiet_link};
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

pub(crate) use simulate::{Asked, ask, cell, change_of};

const VIEW: Rule = Rule::SignedIn;
/// Who may ask what a change would do: whoever may look at audiences.
pub(crate) const SIMULATE: Rule = Rule::Needs(Capability::ViewAudiences);
/// How many cards a page shows.
const ON_A_PAGE: u64 = 20;
/// How many examples a card shows, each way.
const EXAMPLES: usize = 4;

/// The cases in which each rule speaks.
pub type Examples = BTreeMap<String, Vec<Example>>;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/rules", VIEW, list)
        .get("/rules/difference", VIEW, difference::show)
        .get("/rules/simulate", SIMULATE, simulate::show)
        .post("/rules/simulate", SIMULATE, simulate::run)
        .get("/rules/{id}", VIEW, show)
}

/// The cases of the program as examples of these rules.
#[must_use]
pub fn examples(engine: &Engine) -> Examples {
    let files = scenario::builtin();
    let scenarios: Vec<_> = files
        .iter()
        .filter_map(|file| scenario::read(file).ok())
        .flatten()
        .collect();
    scenario::examples(engine, &scenarios, EXAMPLES)
}

/// A page of the rule book, with its tabs.
fn frame(viewer: &Viewer, here: &str, title: &str, lead: &str, body: &Markup) -> Markup {
    let mut tabs = vec![
        ("Rule book", "/rules"),
        ("House rules", "/rules/difference"),
    ];
    if viewer.can(Capability::ViewAudiences) {
        tabs.push(("Simulate", "/rules/simulate"));
    }
    let tabs: Vec<_> = tabs
        .into_iter()
        .map(|(label, href)| (label, href, href == here))
        .collect();
    layout::page(
        viewer,
        Place::Settings,
        title,
        &html! {
            (header(title, lead, &html! {}))
            (crate::components::tabs("Rules", &tabs))
            (body)
        },
    )
}

/// `GET`: rules as cards, searched and filtered.
async fn list(State(site): State<Site>, viewer: Viewer, query: Query) -> Result<Markup, WebError> {
    let engine = site.engine();
    let found: Vec<&Law> = engine
        .rules()
        .iter()
        .filter(|rule| fits(rule, &query))
        .collect();
    let (shown, n) = one_page(&query, found, ON_A_PAGE);
    let pack = engine.pack();
    let lead = format!(
        "{} rules of {} {}. Each decision names those it applied.",
        number(engine.rules().len() as u64),
        pack.id,
        pack.version
    );
    let examples = site.examples();
    Ok(frame(
        &viewer,
        "/rules",
        "Rules",
        &lead,
        &html! {
            (form(engine, &query))
            @if n == 0 {
                (empty("No rule fits", "Take a filter away, or search for a word of the law.", &quiet_link("/rules", "Show all")))
            } @else {
                @for rule in &shown { (card::render(rule, examples.get(&rule.id).map_or(&[], Vec::as_slice), true)) }
                (numbered_pages(&query, query.page(), n, ON_A_PAGE))
                p.soft { "To print the whole book: " code { "placet pack book --out rules.html" } "." }
            }
        },
    ))
}

fn form(engine: &Engine, query: &Query) -> Markup {
    let chosen = |name: &str, value: &str| query.get(name) == Some(value);
    let mut areas: Vec<String> = engine.rules().iter().map(area).collect();
    areas.dedup();
    areas.sort_unstable();
    areas.dedup();
    let mut area_choices = vec![Choice::new("", "Every area", query.get("area").is_none())];
    area_choices.extend(areas.into_iter().map(|area| {
        let is_chosen = chosen("area", &area);
        Choice::new(area.clone(), area.replace('-', " "), is_chosen)
    }));
    let mut kinds = vec![Choice::new("", "Every kind", query.get("kind").is_none())];
    kinds.extend(KINDS.map(|kind| {
        let label = format!("{}: {}", kind.as_str(), kind.says());
        Choice::new(kind.as_str(), label, chosen("kind", kind.as_str()))
    }));
    let mut profiles = vec![Choice::new(
        "",
        "Either profile",
        query.get("profile").is_none(),
    )];
    profiles.extend(Profile::ALL.map(|it| {
        Choice::new(
            it.as_str(),
            it.as_str().replace('_', " "),
            chosen("profile", it.as_str()),
        )
    }));
    let statuses = [
        Choice::new("", "Any", query.get("status").is_none()),
        Choice::new("unverified", "Unverified", chosen("status", "unverified")),
        Choice::new("read", "Read in the source", chosen("status", "read")),
    ];
    filters(
        "/rules",
        &html! {
            (Field::search("q", "Search").value(query.get("q").unwrap_or_default())
                .hint("Id, title, sentence or citation").max(100).render())
            (select("area", "Area", "", "", &area_choices))
            (select("kind", "Kind", "", "", &kinds))
            (select("profile", "Profile", "", "", &profiles))
            (select("status", "Status", "", "", &statuses))
        },
    )
}

const KINDS: [Kind; 6] = [
    Kind::Permit,
    Kind::Require,
    Kind::Forbid,
    Kind::Hold,
    Kind::Condition,
    Kind::Note,
];

/// The area of law: the file that the rule is written in.
fn area(rule: &Law) -> String {
    rule.file.trim_end_matches(".toml").to_owned()
}

/// Whether a rule is among those asked for.
pub(crate) fn fits(rule: &Law, query: &Query) -> bool {
    let is = |name: &str, holds: &dyn Fn(&str) -> bool| query.get(name).is_none_or(holds);
    let word = |word: &str| {
        let text = [&rule.id, &rule.title, &rule.says].map(|text| text.to_lowercase());
        text.iter().any(|text| text.contains(word))
            || rule
                .citation
                .iter()
                .any(|text| text.to_lowercase().contains(word))
    };
    let all = |q: &str| q.to_lowercase().split_whitespace().all(word);
    is("q", &all)
        && is("area", &|it| area(rule) == it)
        && is("kind", &|it| rule.kind.as_str() == it)
        && is("profile", &|it| {
            rule.profiles.iter().any(|one| one.as_str() == it)
        })
        && is("status", &|it| (it == "unverified") == rule.is_unverified())
}

/// `GET`: one rule, with every dated form of it.
async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<String>,
) -> Result<Markup, WebError> {
    let same: Vec<&Law> = site
        .engine()
        .rules()
        .iter()
        .filter(|rule| rule.id == id)
        .collect();
    let rule = *same.first().ok_or(WebError::NotFound)?;
    let examples = site.examples().get(&id).map_or(&[][..], Vec::as_slice);
    let used = card::words(site.engine(), rule);
    Ok(layout::page(
        &viewer,
        Place::Settings,
        &rule.title,
        &html! {
            (crumbs(&[("Rules", "/rules")], &rule.id))
            (header(&rule.title, "", &html! {}))
            @for one in &same { (card::render(one, examples, false)) }
            @if !used.is_empty() {
                h2 { "Words it uses" }
                dl.facts { @for word in used { dt { code { (word.name) } } dd {
                    @if let Some(note) = &word.note { p { (note) } }
                    code { (word.when) }
                } } }
            }
        },
    ))
}
