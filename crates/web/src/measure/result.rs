//! What came out, by question: pictures, figures with their intervals, and words.

use maud::{Markup, html};
use placet_app::measure::outcome::{self, Note};
use placet_domain::measure::Question;
use serde_json::Value;

use super::figures::Stamp;
use super::show::Found;
use crate::components::notice::{info, warn};
use crate::query::Query;
use crate::session::Viewer;

mod budget;
mod change;
mod cost;
mod geo;
mod mix;
mod power;
mod regions;
mod test;
mod trend;

/// The answer of a run.
pub fn of(
    viewer: &Viewer,
    found: &Found,
    value: &Value,
    stamp: &Stamp<'_>,
    query: &Query,
) -> Markup {
    let page = match found.run.question {
        Question::Mmm => {
            outcome::read(value).map(|it| mix::page(viewer, &found.run, &it, value, stamp, query))
        }
        Question::Geo => outcome::read(value).map(|it| geo::page(&it, stamp)),
        Question::Power if value.get("people").is_some() => {
            outcome::read(value).map(|it| power::holdout(&it, stamp))
        }
        Question::Power => outcome::read(value).map(|it| power::page(&it, stamp)),
        Question::Impact => outcome::read(value).map(|it| change::page(&it, stamp)),
        Question::Holdout => outcome::read(value).map(|it| test::page(&it, stamp)),
        Question::Budget => outcome::read(value).map(|it| budget::page(&it, stamp)),
        Question::Cost => outcome::read(value).map(|it| cost::page(&it, stamp)),
        Question::Regions => outcome::read(value).map(|it| regions::page(&it, stamp)),
        Question::Trend => outcome::read(value).map(|it| trend::page(&it, stamp)),
    };
    page.unwrap_or_else(|| {
        warn(
            "This result cannot be shown",
            &html! { p { "It was kept by another version. Run it again; the JSON can still be read." } },
        )
    })
}

/// The first and the last period of the data.
#[must_use]
pub fn span(question: Question, value: &Value) -> String {
    let at = |path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or("");
    let (from, to) = match question {
        Question::Mmm => (at("/report/data/from"), at("/report/data/to")),
        Question::Geo => (at("/periods/0"), at("/periods/2")),
        Question::Regions | Question::Trend => (at("/span/0"), at("/span/1")),
        Question::Impact => {
            let dates = value.get("dates").and_then(Value::as_array);
            let last = dates.and_then(|dates| dates.last()).and_then(Value::as_str);
            (at("/dates/0"), last.unwrap_or(""))
        }
        _ => ("", ""),
    };
    if from.is_empty() {
        String::new()
    } else {
        format!("{from} to {to}")
    }
}

/// What to keep in mind.
fn notes(notes: &[Note]) -> Markup {
    html! {
        @if !notes.is_empty() {
            (info("Keep in mind", &html! { ul { @for note in notes { li { (note.text) } } } }))
        }
    }
}

/// The first letter large, as a sentence begins.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters
        .by_ref()
        .take(1)
        .flat_map(char::to_uppercase)
        .collect();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
