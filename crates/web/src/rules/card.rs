//! One card a rule, on the page and in the printed book.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use placet_policy::scenario::Example;
use placet_policy::{Engine, Outcome, Rule as Law, Word};

use super::Examples;
use crate::components::{Tone, code_block, definitions, number, pill};

/// A rule as a card. `is_linked` when its title leads to a page of its own.
pub fn render(rule: &Law, examples: &[Example], is_linked: bool) -> Markup {
    let id = &rule.id;
    html! {
        article.card id=(anchor(rule)) {
            h2 { @if is_linked { a href={ "/rules/" (id) } { (rule.title) } } @else { (rule.title) } }
            p { (rule.says) }
            @if let Some(objection) = &rule.objection { p { "When it objects: " (objection) } }
            (facts(rule))
            h3 { "Applies when" }
            (code_block(&rule.when))
            @if let Some(needs) = &rule.needs { h3 { "Must hold" } (code_block(needs)) }
            @if !rule.hours.is_empty() { h3 { "Hours at the person's place" } ul { @for hours in &rule.hours { li { (hours) } } } }
            @if !rule.cases.is_empty() { (cases(rule)) }
            (shown(examples))
        }
    }
}

/// Where a card stands on its page: a law that ended has its last day in it.
fn anchor(rule: &Law) -> String {
    match rule.effective_to {
        Some(to) => format!("{}-{to}", rule.id),
        None => rule.id.clone(),
    }
}

/// What must hold of a rule before anybody reads its condition.
fn facts(rule: &Law) -> Markup {
    let list = |texts: &[String]| html! { (texts.join("; ")) };
    let mut rows = vec![
        ("Id", html! { code { (rule.id) } }),
        ("Citation", list(&rule.citation)),
        (
            "Does",
            html! { (rule.kind.as_str()) ": " (rule.kind.says()) },
        ),
        ("Where", html! { (rule.jurisdiction) }),
        ("In force", html! { (dates(rule)) }),
        ("Profile", html! { (profiles(rule)) }),
        ("Status", status(rule)),
    ];
    for (name, texts) in [
        ("Missing", &rule.missing),
        ("Conditions", &rule.conditions),
        ("What would help", &rule.cure),
        ("Evidence to keep", &rule.evidence),
    ] {
        if !texts.is_empty() {
            rows.push((name, list(texts)));
        }
    }
    if let Some(otherwise) = rule.otherwise {
        rows.push((
            "Otherwise",
            html! { (otherwise.as_str().replace('_', " ")) },
        ));
    }
    definitions(&rows)
}

fn dates(rule: &Law) -> String {
    match (rule.effective_from, rule.effective_to) {
        (None, None) => "always".to_owned(),
        (Some(from), None) => format!("from {from}"),
        (None, Some(to)) => format!("until {to}"),
        (Some(from), Some(to)) => format!("from {from} until {to}"),
    }
}

fn profiles(rule: &Law) -> String {
    let names: Vec<String> = rule
        .profiles
        .iter()
        .map(|profile| profile.as_str().replace('_', " "))
        .collect();
    names.join(", ")
}

/// How well its source was read.
fn status(rule: &Law) -> Markup {
    html! {
        @if rule.is_unverified() {
            (pill(Tone::Warn, "unverified")) " Written from knowledge: counsel reads the source first."
        } @else if rule.source.contains('S') {
            (pill(Tone::Info, "secondary source")) " Read in a commentary or an agency's release."
        } @else if rule.source.contains('C') {
            (pill(Tone::Good, "computed")) " Computed from public data."
        } @else {
            (pill(Tone::Good, "read")) " Read in the text of the law."
        }
    }
}

fn cases(rule: &Law) -> Markup {
    html! {
        h3 { "Says besides" }
        ul {
            @for case in &rule.cases {
                li {
                    "when " code { (case.when) } ": "
                    @let said = said(case);
                    (said.join("; "))
                }
            }
        }
    }
}

fn said(case: &placet_policy::rule::Case) -> Vec<String> {
    let mut said: Vec<String> = [&case.says, &case.objection]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    for (name, texts) in [
        ("citation", &case.citation),
        ("missing", &case.missing),
        ("conditions", &case.conditions),
        ("what would help", &case.cure),
        ("evidence", &case.evidence),
    ] {
        if !texts.is_empty() {
            said.push(format!("{name} {}", texts.join(", ")));
        }
    }
    for (name, category) in [
        ("category", &case.category),
        ("category of a permit", &case.permit_category),
    ] {
        if let Some(category) = category {
            said.push(format!("{name} {category}"));
        }
    }
    said
}

fn shown(examples: &[Example]) -> Markup {
    let (objects, passes): (Vec<_>, Vec<_>) = examples
        .iter()
        .partition(|one| one.effect != Outcome::Permit);
    html! {
        @for (title, list) in [("Examples in which it stands in the way", objects), ("Examples in which it does not", passes)] {
            @if !list.is_empty() {
                h3 { (title) }
                ul { @for one in list { li { (one.description) " " small.soft { (one.id) ", in all " (one.outcome.as_str().replace('_', " ")) } } } }
            }
        }
    }
}

/// The shared words that a rule uses, in the order of the packs.
pub(super) fn words<'a>(engine: &'a Engine, rule: &Law) -> Vec<&'a Word> {
    let conditions: Vec<&str> = std::iter::once(rule.when.as_str())
        .chain(rule.needs.as_deref())
        .chain(rule.cases.iter().map(|case| case.when.as_str()))
        .collect();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let uses = |name: &str| {
        conditions
            .iter()
            .any(|condition| condition.split(|c| !is_part(c)).any(|word| word == name))
    };
    engine
        .words()
        .iter()
        .filter(|word| uses(&word.name))
        .collect()
}

/// The whole book as one file that stands alone and prints.
#[must_use]
pub fn book(engine: &Engine, examples: &Examples) -> String {
    let pack = engine.pack();
    let mut areas: Vec<&str> = Vec::new();
    for rule in engine.rules() {
        if areas.last() != Some(&rule.file.as_str()) && !areas.contains(&rule.file.as_str()) {
            areas.push(&rule.file);
        }
    }
    let name = |file: &str| file.trim_end_matches(".toml").replace('-', " ");
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Rule book " (pack.id) " " (pack.version) }
                style { (PreEscaped(include_str!("../../assets/placet.css"))) (PreEscaped(PRINTED)) }
            }
            body {
                main.book {
                    h1 { "Rule book" }
                    p.lead { (pack.id) " " (pack.version) ", " (number(engine.rules().len() as u64)) " rules" }
                    p { "Made from the packs that decide. A rule that is marked unverified was written from knowledge: counsel reads its source before it is relied on." }
                    nav aria-label="Areas" { h2 { "Areas" } ol { @for file in &areas { li { a href={ "#area-" (file) } { (name(file)) } } } } }
                    @for file in &areas {
                        section id={ "area-" (file) } {
                            h2 { (name(file)) }
                            @for rule in engine.rules().iter().filter(|rule| rule.file == *file) {
                                (render(rule, examples.get(&rule.id).map_or(&[], Vec::as_slice), false))
                            }
                        }
                    }
                    section {
                        h2 { "Unsettled questions, and the reading taken" }
                        dl.facts { @for one in engine.switches() { dt { code { (one.id) } } dd { (one.question) " Taken as: " (if one.answer { "yes" } else { "no" }) "." } } }
                        h2 { "Shared words" }
                        dl.facts { @for word in engine.words() { dt { code { (word.name) } } dd { @if let Some(note) = &word.note { (note) " " } code { (word.when) } } } }
                        h2 { "Deadlines and amounts" }
                        dl.facts { @for limit in engine.limits() { dt { code { (limit.code) } } dd { (limit.amount) " " (limit.unit.replace('_', " ")) ". " (limit.says) } } }
                    }
                }
            }
        }
    }
    .into_string()
}

/// What paper needs besides the stylesheet of the pages.
const PRINTED: &str = "
.book { max-width: 52rem; margin: 0 auto; padding: 2rem 1rem; }
.book article h2 { font-size: 1.1rem; }
@media print { .book { padding: 0; max-width: none; } .book section { break-before: page; } .book nav ol { columns: 2; } }
";
