//! What a change of rules would do: whom each campaign, trigger and journey would add or drop.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::ActError;
use placet_app::simulate::{self, Change, Sender, Simulated};
use placet_domain::audience::cells::Shown;
use placet_domain::id::PersonId;
use placet_domain::operator::Capability;
use placet_domain::settings::Strictness;
use placet_policy::{Engine, Problem, Source};
use serde::Deserialize;

use super::frame;
use crate::components::field::{Choice, Field, select};
use crate::components::notice::{Why, done, refusal};
use crate::components::table::Table;
use crate::components::{empty, number};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// How many people of a group are named.
const NAMED: usize = 50;

/// What is tried.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Asked {
    /// The text of a house pack; empty for the rules of now.
    #[serde(default)]
    pub pack: String,
    /// The profile of then; empty for that of now.
    #[serde(default)]
    pub profile: String,
}

/// What came of it, people by name where the viewer may see them.
pub struct Found {
    /// What the change does to what one sender sends.
    pub simulated: Simulated,
    /// Those added, by name; none when the viewer may not see people.
    pub added: Option<Vec<(PersonId, String)>>,
    /// Those dropped.
    pub dropped: Option<Vec<(PersonId, String)>>,
}

/// A count as this viewer may see it.
pub fn cell(viewer: &Viewer, n: u64) -> Shown {
    Shown::alone(n, viewer.can(Capability::ViewSmallCells))
}

/// The change that is asked about.
///
/// # Errors
///
/// Every problem of the pack, with its line.
pub fn change_of(site: &Site, asked: &Asked) -> Result<Change, Vec<Problem>> {
    let engine = if asked.pack.trim().is_empty() {
        site.engine().as_ref().clone()
    } else {
        let source = Source {
            name: "house.toml".to_owned(),
            text: asked.pack.replace("\r\n", "\n"),
        };
        Engine::load(&[source])?
    };
    Ok(Change {
        engine,
        strictness: Strictness::find(&asked.profile),
    })
}

/// Asks, and names people where the viewer may see them.
///
/// # Errors
///
/// When the store fails.
pub async fn ask(site: &Site, viewer: &Viewer, change: Change) -> Result<Vec<Found>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewAudiences)?;
    let names = viewer.can(Capability::ViewPeople) && viewer.can(Capability::ViewSmallCells);
    let engine = site.engine().clone();
    let index = site.population().clone();
    let found = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let mut found = Vec::new();
            for simulated in simulate::simulate(tx, ctx, &index, &engine, &change)? {
                let mut of = |ids: &[PersonId]| {
                    let some = ids.get(..ids.len().min(NAMED)).unwrap_or(ids);
                    names.then(|| simulate::names(tx, some)).transpose()
                };
                let added = of(&simulated.comparison.added)?;
                let dropped = of(&simulated.comparison.dropped)?;
                found.push(Found {
                    simulated,
                    added,
                    dropped,
                });
            }
            Ok::<_, ActError>(found)
        })
        .await?;
    Ok(found)
}

/// `GET`: the question.
pub async fn show(State(_): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    Ok(page(&viewer, &Asked::default(), &html! {}))
}

/// `POST`: the answer. Nothing is changed, so it is shown at once.
pub async fn run(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(asked): Protected<Asked>,
) -> Result<Markup, WebError> {
    let answer = match change_of(&site, &asked) {
        Err(problems) => {
            let why: Vec<Why> = problems
                .iter()
                .take(20)
                .map(|one| Why::plain(one.to_string()))
                .collect();
            refusal(
                "This pack cannot be loaded",
                &why,
                "Correct the lines named. A house pack says `extends = \"placet\"` and may only tighten.",
            )
        }
        Ok(change) => shown(&viewer, &ask(&site, &viewer, change).await?),
    };
    Ok(page(&viewer, &asked, &answer))
}

fn page(viewer: &Viewer, asked: &Asked, answer: &Markup) -> Markup {
    let mut profiles = vec![Choice::new(
        "",
        "As it is set now",
        asked.profile.is_empty(),
    )];
    profiles.extend(
        Strictness::ALL
            .iter()
            .map(|it| Choice::new(it.as_str(), it.label(), it.as_str() == asked.profile)),
    );
    frame(
        viewer,
        "/rules/simulate",
        "Simulate a change",
        "Whom other rules would add to each campaign, trigger and journey, and whom they would drop. Nothing is changed by asking.",
        &html! {
            (answer)
            form.stacked method="post" action="/rules/simulate" {
                (viewer.csrf.field())
                (Field::area("pack", "House pack", 14).code().max(200_000).value(&asked.pack)
                    .hint("The text of a pack that says extends = \"placet\". Leave it empty to try another profile alone.").render())
                (select("profile", "Profile", "", "", &profiles))
                button { "Simulate" }
            }
        },
    )
}

fn shown(viewer: &Viewer, found: &[Found]) -> Markup {
    html! {
        @if found.is_empty() {
            (empty("Nothing to ask about", "Campaigns that wait, send or are stopped are asked about, and triggers and journeys that have not ended; there is none now.", &html! {}))
        }
        @for one in found { (sender(viewer, one)) }
    }
}

fn words(viewer: &Viewer, n: u64) -> String {
    let shown = cell(viewer, n);
    shown.number().map_or_else(|| shown.words(), number)
}

fn sender(viewer: &Viewer, found: &Found) -> Markup {
    let Simulated {
        sender,
        name,
        comparison,
    } = &found.simulated;
    let (added, dropped) = (
        comparison.added.len() as u64,
        comparison.dropped.len() as u64,
    );
    html! {
        section.card {
            h2 {
                @if viewer.can(Capability::ViewCampaigns) {
                    a href={ "/" (sender.as_str()) "s/" (sender.id()) } { (name) }
                } @else { (name) }
            }
            @if added + dropped == 0 {
                (done("Nobody is added or dropped", &html! { p { (words(viewer, comparison.n_before)) " of " (words(viewer, comparison.n_matched)) " may be written to, then as now." } }))
            } @else {
                (Table::new("Before and after").column("").number("People")
                    .row(html! { th scope="row" { "May be written to now" } td.number { (words(viewer, comparison.n_before)) } })
                    .row(html! { th scope="row" { "May be written to then" } td.number { (change(viewer, comparison.n_before, comparison.n_after, added, dropped)) } })
                    .row(html! { th scope="row" { "Added" } td.number { (words(viewer, added)) } })
                    .row(html! { th scope="row" { "Dropped" } td.number { (words(viewer, dropped)) } })
                    .render(&Query::default()))
                @if !comparison.rules.is_empty() {
                    (Table::new("By rule").column("Rule").number("Adds").number("Drops")
                        .rows(comparison.rules.iter().map(|rule| html! {
                            th scope="row" { code { (rule.rule) } }
                            td.number { (words(viewer, rule.n_added)) } td.number { (words(viewer, rule.n_dropped)) }
                        })).render(&Query::default()))
                }
                (people("Added", &found.added, added))
                (people("Dropped", &found.dropped, dropped))
            }
            p.soft { (kind(*sender)) ": " (sender.standing().1.to_lowercase()) }
        }
    }
}

fn kind(sender: Sender) -> &'static str {
    match sender {
        Sender::Campaign(..) => "Campaign",
        Sender::Trigger(..) => "Trigger, asked about everybody",
        Sender::Journey(..) => "Journey, asked about everybody",
    }
}

/// The number after the change, kept back where it would give a small group away by subtraction.
fn change(viewer: &Viewer, _before: u64, after: u64, added: u64, dropped: u64) -> String {
    let gives_away = [added, dropped]
        .into_iter()
        .any(|n| cell(viewer, n).number().is_none());
    if gives_away {
        Shown::Withheld.words()
    } else {
        words(viewer, after)
    }
}

fn people(title: &str, named: &Option<Vec<(PersonId, String)>>, n: u64) -> Markup {
    let Some(named) = named.as_ref().filter(|named| !named.is_empty()) else {
        return html! {};
    };
    html! {
        details {
            summary { (title) ": the people" }
            ul { @for (id, name) in named { li { a href={ "/people/" (id) } { (name) } } } }
            @if (named.len() as u64) < n { p.soft { "The first " (named.len()) " of " (number(n)) ". That you saw them is recorded for each." } }
        }
    }
}
