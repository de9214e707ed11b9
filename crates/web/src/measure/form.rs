//! Asking: first which question and which data, then what each column is.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::measure::run::{self, NewRun};
use placet_app::{ActError, FieldProblem, measure};
use placet_domain::campaign::Campaign;
use placet_domain::id::DatasetId;
use placet_domain::measure::{Dataset, Question};
use placet_domain::operator::Capability;
use placet_store::{campaigns, measures};

use super::sent::Sent;
use crate::account::problems;
use crate::components::field::{Choice, Field, hidden, radios, select};
use crate::components::notice::{info, refusal, unusable};
use crate::components::{button_link, crumbs, header};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

mod columns;
mod fields;
pub mod read;

use columns::Columns;

/// What can be asked here; a budget is planned on the page of a media mix.
const ASKED: [Question; 8] = [
    Question::Mmm,
    Question::Regions,
    Question::Trend,
    Question::Cost,
    Question::Power,
    Question::Geo,
    Question::Impact,
    Question::Holdout,
];

/// What the form offers.
struct Offer {
    sets: Vec<Dataset>,
    campaigns: Vec<Campaign>,
    chosen: Option<(Dataset, Columns)>,
}

/// `GET`: the choice of question and data, or the form of one question.
pub async fn new(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
) -> Result<Markup, WebError> {
    let mut sent = Sent::default();
    for name in ["question", "dataset", "campaign", "by"] {
        if let Some(value) = query.get(name) {
            sent = sent.with(name, value);
        }
    }
    page(&site, &viewer, sent, &[]).await
}

/// `POST`: asks.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(sent): Protected<Sent>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    let new = match new_run(&sent) {
        Ok(new) => new,
        Err(problem) => return again(&site, &viewer, sent, vec![problem]).await,
    };
    let asked = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| run::ask(tx, ctx, &new))
        .await;
    match asked {
        Ok(id) => Ok(Redirect::to(&format!("/measure/runs/{id}")).into_response()),
        Err(error) => {
            let found = problems(error)?;
            again(&site, &viewer, sent, found).await
        }
    }
}

fn new_run(sent: &Sent) -> Result<NewRun, FieldProblem> {
    let question = question(sent)
        .ok_or_else(|| super::sent::problem("question", "choose one of the questions"))?;
    Ok(NewRun {
        name: sent.get("name").to_owned(),
        ask: read::ask(question, sent)?,
        dataset: sent.get("dataset").parse().ok(),
        source: sent.get("source").parse().ok(),
        campaign: sent.get("campaign").parse().ok(),
        seed: sent.number("seed", 1)?,
    })
}

async fn again(
    site: &Site,
    viewer: &Viewer,
    sent: Sent,
    found: Vec<FieldProblem>,
) -> Result<Response, WebError> {
    let page = page(site, viewer, sent, &found).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn question(sent: &Sent) -> Option<Question> {
    Question::find(sent.get("question")).filter(|question| ASKED.contains(question))
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    sent: Sent,
    found: &[FieldProblem],
) -> Result<Markup, WebError> {
    let dataset: Option<DatasetId> = sent.get("dataset").parse().ok();
    let offer = site
        .store()
        .read(move |tx| {
            let mut sets = measures::list_datasets(tx, 200)?;
            sets.retain(|set| set.removed_at.is_none());
            let chosen = match dataset {
                Some(id) => {
                    let (set, table) = measure::table(tx, id)?;
                    Some((set, Columns::of(&table)))
                }
                None => None,
            };
            Ok::<_, ActError>(Offer {
                sets,
                campaigns: campaigns::list(tx, 200)?,
                chosen,
            })
        })
        .await?;
    let body = match question(&sent) {
        Some(question) if is_ready(question, &sent, &offer) => {
            ask_form(viewer, question, &sent, &offer, found)
        }
        chosen => choose(viewer, chosen, &sent, &offer),
    };
    let title = "New measurement";
    Ok(layout::page(
        viewer,
        Place::Measure,
        title,
        &html! {
            (crumbs(&[("Measure", "/measure")], title))
            (body)
        },
    ))
}

/// Whether everything is known that the form of a question needs.
fn is_ready(question: Question, sent: &Sent, offer: &Offer) -> bool {
    match question {
        Question::Holdout => true,
        Question::Power if sent.has("by", "people") => true,
        _ => offer.chosen.is_some(),
    }
}

/// The first step: which question, on which data.
fn choose(viewer: &Viewer, chosen: Option<Question>, sent: &Sent, offer: &Offer) -> Markup {
    let questions: Vec<Choice> = ASKED
        .into_iter()
        .map(|question| {
            let is_chosen = Some(question) == chosen.or(Some(Question::Mmm));
            Choice::new(question.as_str(), question.label(), is_chosen).hint(question.asks())
        })
        .collect();
    let sets: Vec<Choice> = offer
        .sets
        .iter()
        .map(|set| {
            let id = set.id.to_string();
            let label = format!("{} ({} rows)", set.name, set.n_rows);
            let is_chosen = id == sent.get("dataset");
            Choice::new(id, label, is_chosen)
        })
        .collect();
    html! {
        (header("New measurement", "Every answer is directional: it comes with its interval, and says what it stands on.", &html! {}))
        @if sets.is_empty() {
            (info("Data come first", &html! {
                p { "Nothing has been uploaded yet. An audience holdout needs four counts only; every other question is put to a table of sums." }
                p { (button_link("/measure/data/new", "Upload data")) }
            }))
        }
        form.stacked method="get" action="/measure/new" {
            @if !sent.get("campaign").is_empty() { (hidden("campaign", sent.get("campaign"))) }
            (radios("question", "What do you want to know?", "", "", &questions))
            @if !sets.is_empty() {
                (select("dataset", "Data", "Not needed for an audience holdout.", "", &sets))
            }
            button { "Go on" }
        }
        @if viewer.can(Capability::RunMeasures) && chosen == Some(Question::Power) {
            p { a href="/measure/new?question=power&by=people" { "Only one market? Plan an audience holdout instead." } }
        }
    }
}

/// The second step: what each column is.
fn ask_form(
    viewer: &Viewer,
    question: Question,
    sent: &Sent,
    offer: &Offer,
    found: &[FieldProblem],
) -> Markup {
    let whys = unusable(found);
    let campaigns: Vec<Choice> =
        std::iter::once(Choice::new("", "None", sent.get("campaign").is_empty()))
            .chain(offer.campaigns.iter().map(|campaign| {
                let id = campaign.id.to_string();
                let is_chosen = id == sent.get("campaign");
                Choice::new(id, &campaign.brief.name, is_chosen)
            }))
            .collect();
    let empty = Columns::default();
    let columns = offer.chosen.as_ref().map_or(&empty, |(_, columns)| columns);
    html! {
        (header(question.label(), question.asks(), &html! {}))
        @if let Some((set, _)) = offer.chosen.as_ref().filter(|_| question != Question::Holdout) {
            p { "On " a href={ "/measure/data/" (set.id) } { (set.name) } ", " (set.n_rows) " rows." }
        }
        @if !whys.is_empty() { (refusal("Not asked", &whys, "change what is named above")) }
        form.stacked method="post" action="/measure/runs" {
            (viewer.csrf.field())
            (hidden("question", question.as_str()))
            @if let Some((set, _)) = offer.chosen.as_ref().filter(|_| question != Question::Holdout) {
                (hidden("dataset", &set.id.to_string()))
            }
            (fields::of(question, sent, columns, found))
            (select("campaign", "Which campaign does it measure?", "The result will stand on the campaign's page.",
                problem_of(found, "campaign"), &campaigns))
            (Field::text("name", "Name").value(sent.get("name")).max(120)
                .hint("Ours; the question's own when left empty.").error(problem_of(found, "name")).render())
            (Field::text("seed", "Seed").value(non_empty(sent.get("seed"), "1")).numeric()
                .hint("The same seed and data give the same answer.").error(problem_of(found, "seed")).render())
            button { "Measure" }
        }
    }
}

fn non_empty<'a>(value: &'a str, default: &'a str) -> &'a str {
    if value.is_empty() { default } else { value }
}
