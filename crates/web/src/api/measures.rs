//! Data sets of sums, measurements on them and their results, for machines.

use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use axum::handler::Handler as _;
use axum::http::StatusCode;
use placet_app::measure::ask::Ask;
use placet_app::measure::run::{self, NewRun};
use placet_app::{ActError, measure};
use placet_domain::id::{CampaignId, DatasetId, RunId};
use placet_domain::measure::{Attachment, Dataset, ReportRules, Run, Stand, Way};
use placet_domain::operator::Capability;
use placet_ledger::to_hex;
use placet_store::measures;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{OpenApi, ToSchema};

use super::{Body, Listed, Problem};
use crate::error::WebError;
use crate::extract::Id;
use crate::measure::export::basis;
use crate::measure::show::opened;
use crate::measure::upload::MOST;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewMeasures);
const RUN: Rule = Rule::Needs(Capability::RunMeasures);
/// The most that a list shows.
const LISTED: u32 = 500;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/measure/data", VIEW, list_data)
        .post(
            "/api/v1/measure/data",
            RUN,
            // JSON writes a line feed as two characters.
            add_data.layer(DefaultBodyLimit::max(2 * MOST)),
        )
        .get("/api/v1/measure/data/{id}", VIEW, show_data)
        .delete("/api/v1/measure/data/{id}", RUN, remove_data)
        .get("/api/v1/measure/runs", VIEW, list_runs)
        .post("/api/v1/measure/runs", RUN, ask)
        .get("/api/v1/measure/runs/{id}", VIEW, show_run)
        .get("/api/v1/measure/runs/{id}/result", VIEW, result)
        .post("/api/v1/measure/runs/{id}/stop", RUN, stop)
        .post("/api/v1/measure/runs/{id}/again", RUN, again)
        .post("/api/v1/measure/runs/{id}/campaigns", RUN, attach)
        .get(
            "/api/v1/settings/counts",
            Rule::Needs(Capability::ViewSettings),
            show_rules,
        )
        .put(
            "/api/v1/settings/counts",
            Rule::Needs(Capability::EditSettings),
            set_rules,
        )
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(
    list_data,
    add_data,
    show_data,
    remove_data,
    list_runs,
    ask,
    show_run,
    result,
    stop,
    again,
    attach,
    show_rules,
    set_rules
))]
pub struct Document;

/// A table to bring in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DataIn {
    name: String,
    /// CSV with one header line: sums by period, region and channel, never a list of people.
    csv: String,
}

/// A data set, without its content.
#[derive(Serialize, ToSchema)]
struct DataOut {
    id: String,
    name: String,
    sha256: String,
    n_rows: u64,
    n_bytes: u64,
    columns: Vec<String>,
    created_at: String,
    created_by: String,
    /// When its content was destroyed.
    removed_at: Option<String>,
}

impl DataOut {
    fn of(set: &Dataset) -> Self {
        Self {
            id: set.id.to_string(),
            name: set.name.clone(),
            sha256: to_hex(&set.hash),
            n_rows: set.n_rows,
            n_bytes: set.n_bytes,
            columns: set.columns.clone(),
            created_at: set.created_at.to_string(),
            created_by: set.created_by.clone(),
            removed_at: set.removed_at.map(|at| at.to_string()),
        }
    }
}

/// What to measure.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RunIn {
    /// The question's own name when left out.
    #[serde(default)]
    name: String,
    /// The id of a data set; not for `holdout`, `budget` and `power` by people.
    #[serde(default)]
    dataset: Option<String>,
    /// For `budget`: the id of a media mix that is done.
    #[serde(default)]
    source: Option<String>,
    /// The campaign whose effect it measures.
    #[serde(default)]
    campaign: Option<String>,
    /// The same seed gives the same answer; 1 when left out.
    #[serde(default)]
    seed: Option<u32>,
    /// `question` is one of `mmm`, `geo`, `power`, `impact`, `holdout`, `budget`, `cost`,
    /// `regions`, `trend`; the other
    /// fields depend on it, such as `{"question": "mmm", "date": "week", "outcome": "patients",
    /// "channels": ["search", "radio"]}`.
    #[schema(value_type = Object)]
    ask: Value,
}

/// A measurement and where it stands.
#[derive(Serialize, ToSchema)]
struct RunOut {
    id: String,
    name: String,
    question: String,
    dataset: Option<String>,
    source: Option<String>,
    seed: u64,
    asked_at: String,
    asked_by: String,
    /// `waiting`, `running`, `done`, `refused`, `stopped` or `interrupted`.
    stands_at: String,
    /// Steps done and of how many, while it runs.
    progress: Option<[u64; 2]>,
    /// What is wrong and the next step, where it was refused.
    says: Option<String>,
    ended_at: Option<String>,
    version: Option<String>,
    result_sha256: Option<String>,
}

impl RunOut {
    fn of(run: &Run, stand: &Stand) -> Self {
        let ended = match stand {
            Stand::Ended(ended) => Some(ended),
            _ => None,
        };
        Self {
            id: run.id.to_string(),
            name: run.name.clone(),
            question: run.question.as_str().to_owned(),
            dataset: run.dataset.map(|id| id.to_string()),
            source: run.source.map(|id| id.to_string()),
            seed: run.seed,
            asked_at: run.asked_at.to_string(),
            asked_by: run.asked_by.clone(),
            stands_at: stand.as_str().to_owned(),
            progress: match stand {
                Stand::Running(turn) => Some([turn.n_done, turn.n_total]),
                _ => None,
            },
            says: ended
                .map(|ended| ended.says.clone())
                .filter(|says| !says.is_empty()),
            ended_at: ended.map(|ended| ended.at.to_string()),
            version: ended.map(|ended| ended.version.clone()),
            result_sha256: ended.and_then(|ended| ended.result_hash.map(|hash| to_hex(&hash))),
        }
    }
}

/// An id.
#[derive(Serialize, ToSchema)]
struct MeasureMadeOut {
    id: String,
}

/// A campaign that a measurement is about, or not.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AttachIn {
    campaign: String,
    /// `attached` or `detached`.
    kind: String,
}

/// How small a count of people measurements may show, and what noisy ones may cost.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CountsJson {
    /// Counts from one up to below this are hidden; 5 to 1,000.
    smallest_cell: u64,
    /// What noisy counts of one audience may cost a year, in thousandths of epsilon; as it is when left out.
    #[serde(default)]
    audience_budget: Option<u32>,
    /// What those of all audiences may cost together; as it is when left out.
    #[serde(default)]
    house_budget: Option<u32>,
}

impl CountsJson {
    fn of(rules: ReportRules) -> Self {
        Self {
            smallest_cell: rules.smallest_cell,
            audience_budget: Some(rules.audience_budget),
            house_budget: Some(rules.house_budget),
        }
    }
}

/// A result with what it stands on. Directional: read intervals.
#[derive(Serialize, ToSchema)]
struct ResultOut {
    /// The question, its data by hash, the seed, the version, the times.
    #[schema(value_type = Object)]
    about: Value,
    /// What came out; its shape depends on the question.
    #[schema(value_type = Object)]
    result: Value,
}

fn made(id: impl ToString) -> (StatusCode, Json<MeasureMadeOut>) {
    (
        StatusCode::CREATED,
        Json(MeasureMadeOut { id: id.to_string() }),
    )
}

/// Lists data sets, newest first.
#[utoipa::path(get, path = "/api/v1/measure/data", tag = "measure",
    responses((status = 200, body = Listed<DataOut>), (status = "default", body = Problem)))]
async fn list_data(State(site): State<Site>) -> Result<Json<Listed<DataOut>>, WebError> {
    let all = site
        .store()
        .read(|tx| measures::list_datasets(tx, LISTED))
        .await?;
    Ok(Json(Listed {
        items: all.iter().map(DataOut::of).collect(),
        next: None,
    }))
}

/// Brings in a table of sums. One that looks like a list of people is refused, column by column.
#[utoipa::path(post, path = "/api/v1/measure/data", tag = "measure", request_body = DataIn,
    responses((status = 201, body = MeasureMadeOut), (status = "default", body = Problem)))]
async fn add_data(
    State(site): State<Site>,
    viewer: Viewer,
    Body(new): Body<DataIn>,
) -> Result<(StatusCode, Json<MeasureMadeOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    let id = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            measure::add_dataset(tx, ctx, &new.name, new.csv.as_bytes())
        })
        .await?;
    Ok(made(id))
}

/// Reads what a data set is, not what is in it.
#[utoipa::path(get, path = "/api/v1/measure/data/{id}", tag = "measure", params(("id" = String, Path)),
    responses((status = 200, body = DataOut), (status = "default", body = Problem)))]
async fn show_data(
    State(site): State<Site>,
    Id(id): Id<DatasetId>,
) -> Result<Json<DataOut>, WebError> {
    let set = site
        .store()
        .read(move |tx| measures::find_dataset(tx, id))
        .await?
        .ok_or(WebError::NotFound)?;
    Ok(Json(DataOut::of(&set)))
}

/// Destroys the content of a data set; its hash and what was measured on it stay.
#[utoipa::path(delete, path = "/api/v1/measure/data/{id}", tag = "measure", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem)))]
async fn remove_data(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<DatasetId>,
) -> Result<StatusCode, WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            measure::remove_dataset(tx, ctx, id)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists measurements, newest first.
#[utoipa::path(get, path = "/api/v1/measure/runs", tag = "measure",
    responses((status = 200, body = Listed<RunOut>), (status = "default", body = Problem)))]
async fn list_runs(State(site): State<Site>) -> Result<Json<Listed<RunOut>>, WebError> {
    let all = site
        .store()
        .read(|tx| measures::list_runs(tx, LISTED))
        .await?;
    Ok(Json(Listed {
        items: all
            .iter()
            .map(|(run, stand)| RunOut::of(run, stand))
            .collect(),
        next: None,
    }))
}

/// Asks a question of a data set. The answer comes later: look at the run.
#[utoipa::path(post, path = "/api/v1/measure/runs", tag = "measure", request_body = RunIn,
    responses((status = 201, body = MeasureMadeOut), (status = "default", body = Problem)))]
async fn ask(
    State(site): State<Site>,
    viewer: Viewer,
    Body(asked): Body<RunIn>,
) -> Result<(StatusCode, Json<MeasureMadeOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    let new = new_run(asked)?;
    let id = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| run::ask(tx, ctx, &new))
        .await?;
    Ok(made(id))
}

fn new_run(asked: RunIn) -> Result<NewRun, ActError> {
    let unknown = |field: &str| ActError::invalid(field, "this is no id");
    let ask: Ask = serde_json::from_value(asked.ask).map_err(|_| {
        ActError::invalid(
            "ask",
            "name the question and its fields as the description has them",
        )
    })?;
    let dataset = asked
        .dataset
        .map(|id| id.parse().map_err(|_| unknown("dataset")));
    let source = asked
        .source
        .map(|id| id.parse().map_err(|_| unknown("source")));
    let campaign = asked
        .campaign
        .map(|id| id.parse().map_err(|_| unknown("campaign")));
    Ok(NewRun {
        name: asked.name,
        ask,
        dataset: dataset.transpose()?,
        source: source.transpose()?,
        campaign: campaign.transpose()?,
        seed: asked.seed.unwrap_or(1),
    })
}

/// Reads where a measurement stands.
#[utoipa::path(get, path = "/api/v1/measure/runs/{id}", tag = "measure", params(("id" = String, Path)),
    responses((status = 200, body = RunOut), (status = "default", body = Problem)))]
async fn show_run(State(site): State<Site>, Id(id): Id<RunId>) -> Result<Json<RunOut>, WebError> {
    let (run, stand) = site.store().read(move |tx| run::find(tx, id)).await?;
    Ok(Json(RunOut::of(&run, &stand)))
}

/// Reads a result, with the hash of its data, its seed and its version.
#[utoipa::path(get, path = "/api/v1/measure/runs/{id}/result", tag = "measure", params(("id" = String, Path)),
    responses((status = 200, body = ResultOut), (status = "default", body = Problem)))]
async fn result(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<RunId>,
) -> Result<Json<ResultOut>, WebError> {
    let mut found = opened(&site, &viewer, id, Way::Api).await?;
    let result = found.result.take().ok_or(WebError::NotFound)?;
    Ok(Json(ResultOut {
        about: basis(&found, &result),
        result,
    }))
}

/// Stops a measurement: at once while it waits, at its next step while it runs.
#[utoipa::path(post, path = "/api/v1/measure/runs/{id}/stop", tag = "measure", params(("id" = String, Path)),
    responses((status = 200, body = RunOut), (status = "default", body = Problem)))]
async fn stop(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<RunId>,
) -> Result<Json<RunOut>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    let (run, stand) = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            run::stop(tx, ctx, id)?;
            run::find(tx, id)
        })
        .await?;
    Ok(Json(RunOut::of(&run, &stand)))
}

/// Asks the same again: same question, same data, same seed.
#[utoipa::path(post, path = "/api/v1/measure/runs/{id}/again", tag = "measure", params(("id" = String, Path)),
    responses((status = 201, body = MeasureMadeOut), (status = "default", body = Problem)))]
async fn again(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<RunId>,
) -> Result<(StatusCode, Json<MeasureMadeOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    let next = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| run::again(tx, ctx, id))
        .await?;
    Ok(made(next))
}

/// Says that a measurement is about a campaign, or that it is not.
#[utoipa::path(post, path = "/api/v1/measure/runs/{id}/campaigns", tag = "measure",
    params(("id" = String, Path)), request_body = AttachIn,
    responses((status = 201, body = MeasureMadeOut), (status = "default", body = Problem)))]
async fn attach(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<RunId>,
    Body(given): Body<AttachIn>,
) -> Result<(StatusCode, Json<MeasureMadeOut>), WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    let campaign: CampaignId = given
        .campaign
        .parse()
        .map_err(|_| ActError::invalid("campaign", "this is no id"))?;
    let kind = Attachment::find(&given.kind)
        .ok_or_else(|| ActError::invalid("kind", "this code is not known"))?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            run::attach(tx, ctx, id, campaign, kind)
        })
        .await?;
    Ok(made(id))
}

/// Reads how small a count of people measurements may show.
#[utoipa::path(get, path = "/api/v1/settings/counts", tag = "settings",
    responses((status = 200, body = CountsJson), (status = "default", body = Problem)))]
async fn show_rules(State(site): State<Site>) -> Result<Json<CountsJson>, WebError> {
    let rules = site.store().read(measure::rules).await?;
    Ok(Json(CountsJson::of(rules)))
}

/// Decides how small a count of people measurements may show.
#[utoipa::path(put, path = "/api/v1/settings/counts", tag = "settings", request_body = CountsJson,
    responses((status = 200, body = CountsJson), (status = "default", body = Problem)))]
async fn set_rules(
    State(site): State<Site>,
    viewer: Viewer,
    Body(new): Body<CountsJson>,
) -> Result<Json<CountsJson>, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    let rules = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let before = measure::rules(tx)?;
            let rules = ReportRules {
                smallest_cell: new.smallest_cell,
                audience_budget: new.audience_budget.unwrap_or(before.audience_budget),
                house_budget: new.house_budget.unwrap_or(before.house_budget),
            };
            measure::set_rules(tx, ctx, &rules)?;
            Ok::<_, ActError>(rules)
        })
        .await?;
    Ok(Json(CountsJson::of(rules)))
}
