//! Measure: data sets of sums, what was asked of them, and what came out.
//!
//! INVARIANT: every figure says that it is directional, its interval, its data and its date.

use axum::extract::{DefaultBodyLimit, State};
use axum::handler::Handler as _;
use maud::{Markup, html};
use placet_domain::measure::{Ending, Run, Stand};
use placet_domain::operator::Capability;
use placet_store::{StoreError, measures};

use crate::components::table::Table;
use crate::components::{Tone, button_link, empty, header, pill, quiet_link, time};
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

mod counts;
mod data;
pub(crate) mod export;
pub(crate) mod figures;
mod form;
mod plot;
mod result;
mod sent;
pub(crate) mod show;
pub(crate) mod sums;
mod together;
pub(crate) mod upload;

const VIEW: Rule = Rule::Needs(Capability::ViewMeasures);
const RUN: Rule = Rule::Needs(Capability::RunMeasures);
/// How many runs and data sets the first page shows.
const SHOWN: u32 = 50;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/measure", VIEW, overview)
        .get("/measure/together", VIEW, together::show)
        .get("/measure/counts", VIEW, counts::show)
        .post("/measure/counts", RUN, counts::create)
        .get("/measure/counts/{id}", VIEW, counts::one)
        .get("/measure/sums", RUN, sums::new)
        .post("/measure/sums", RUN, sums::create)
        .get("/measure/new", RUN, form::new)
        .get("/measure/data/new", RUN, data::new)
        .post(
            "/measure/data",
            RUN,
            data::create.layer(DefaultBodyLimit::max(upload::MOST)),
        )
        .get("/measure/data/{id}", VIEW, data::show)
        .post("/measure/data/{id}/remove", RUN, data::remove)
        .post("/measure/runs", RUN, form::create)
        .get("/measure/runs/{id}", VIEW, show::show)
        .post("/measure/runs/{id}/stop", RUN, show::stop)
        .post("/measure/runs/{id}/again", RUN, show::again)
        .post("/measure/runs/{id}/campaigns", RUN, show::attach)
        .post("/measure/runs/{id}/plans", RUN, show::keep_plan)
        .get("/measure/runs/{id}/result.csv", VIEW, export::csv)
        .get("/measure/runs/{id}/result.json", VIEW, export::json)
}

/// Where a run stands, as a pill.
pub(crate) fn standing(stand: &Stand) -> Markup {
    let tone = match stand {
        Stand::Waiting => Tone::Neutral,
        Stand::Running(_) => Tone::Info,
        Stand::Ended(ended) => match ended.how {
            Ending::Done => Tone::Good,
            Ending::Refused => Tone::Bad,
            Ending::Stopped | Ending::Interrupted => Tone::Warn,
        },
    };
    pill(tone, stand.label())
}

pub(crate) use counts::answer as count;
pub(crate) use show::of_campaign;

/// Runs as a table.
pub(crate) fn runs_table(runs: &[(Run, Stand)]) -> Markup {
    let rows = runs.iter().map(|(run, stand)| {
        html! {
            th scope="row" { a href={ "/measure/runs/" (run.id) } { (run.name) } }
            td { (run.question.label()) }
            td { (standing(stand)) }
            td { (time(run.asked_at)) }
        }
    });
    Table::new("Measurements, newest first")
        .column("Name")
        .column("Question")
        .column("Stands at")
        .column("Asked")
        .rows(rows)
        .render(&Query::default())
}

/// `GET`: what was measured, and on what.
async fn overview(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let (runs, sets) = site
        .store()
        .read(|tx| {
            Ok::<_, StoreError>((
                measures::list_runs(tx, SHOWN)?,
                measures::list_datasets(tx, SHOWN)?,
            ))
        })
        .await?;
    let can_run = viewer.can(Capability::RunMeasures);
    let actions = html! {
        (quiet_link("/measure/counts", "Noisy counts"))
        @if can_run { (quiet_link("/measure/sums", "Count from our records")) }
        @if !runs.is_empty() { (quiet_link("/measure/together", "Side by side")) }
        @if can_run && !sets.is_empty() { (button_link("/measure/new", "New measurement")) }
    };
    let lead =
        "What did it bring? From sums alone: nobody is followed. Every figure is directional.";
    Ok(layout::page(
        &viewer,
        Place::Measure,
        "Measure",
        &html! {
            (header("Measure", lead, &actions))
            @if runs.is_empty() && sets.is_empty() {
                (empty("Nothing is measured yet", "Upload a table of sums: new patients and spend by week, \
                    visits by region and day, or spend and patients by month and channel.", &data::first_step(&viewer)))
                @if can_run { p { (quiet_link("/measure/new?question=holdout", "Four counts of an audience holdout")) } }
            } @else {
                section aria-labelledby="runs-title" {
                    h2 #runs-title { "Measurements" }
                    @if runs.is_empty() { p.soft { "None yet." } } @else { (runs_table(&runs)) }
                }
                (data::list(&viewer, &sets))
            }
        },
    ))
}
