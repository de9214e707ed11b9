//! One run: how far it is, what came out, which campaigns it measures.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::ActError;
use placet_app::measure::ask::Ask;
use placet_app::measure::report;
use placet_app::measure::run::{self, NewRun};
use placet_domain::campaign::Campaign;
use placet_domain::id::{CampaignId, RunId};
use placet_domain::measure::{Attachment, Dataset, Ended, Ending, Question, Run, Stand, Turn, Way};
use placet_domain::operator::Capability;
use placet_ledger::to_hex;
use placet_store::{Tx, campaigns, measures};
use serde_json::Value;

use super::data::Nothing;
use super::figures::Stamp;
use super::sent::Sent;
use super::{form, result, standing};
use crate::components::field::{Choice, hidden, select};
use crate::components::notice::{Why, info, refusal, warn};
use crate::components::{
    crumbs, definitions, hash, header, live, post_button, progress, quiet_link, time,
};
use crate::content::Names;
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// Seconds between two looks at a run that has not ended.
const REFRESH_SECONDS: u32 = 1;

/// Everything the page shows.
pub(crate) struct Found {
    pub(crate) run: Run,
    pub(crate) stand: Stand,
    pub(super) dataset: Option<Dataset>,
    pub(super) source: Option<Run>,
    pub(crate) result: Option<Value>,
    campaigns: Vec<Campaign>,
    choices: Vec<Campaign>,
    names: Names,
}

/// Reads a run with what belongs to it; its result is opened by an act of its own, which leaves an
/// entry.
///
/// # Errors
///
/// When there is no such run.
pub(crate) async fn opened(
    site: &Site,
    viewer: &Viewer,
    id: RunId,
    way: Way,
) -> Result<Found, WebError> {
    let mut found = site.store().read(move |tx| load(tx, id)).await?;
    if found.stand.is_done() {
        let grant = viewer.ctx.actor.may(Capability::ViewMeasures)?;
        let value = site
            .store()
            .act(grant, &viewer.ctx, move |tx, ctx| {
                report::open(tx, ctx, id, way)
            })
            .await?;
        found.result = Some(value);
    }
    Ok(found)
}

fn load(tx: &mut Tx, id: RunId) -> Result<Found, ActError> {
    let (run, stand) = run::find(tx, id)?;
    let dataset = match run.dataset {
        Some(id) => measures::find_dataset(tx, id)?,
        None => None,
    };
    let source = match run.source {
        Some(id) => Some(run::find(tx, id)?.0),
        None => None,
    };
    let mut named = Vec::new();
    for id in measures::list_campaigns(tx, id)? {
        named.extend(campaigns::find(tx, id)?);
    }
    Ok(Found {
        result: None,
        campaigns: named,
        choices: campaigns::list(tx, 200)?,
        names: Names::load(tx)?,
        dataset,
        source,
        stand,
        run,
    })
}

/// `GET`: the run; on a media mix `?budget=…` asks about another budget.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<RunId>,
    query: Query,
) -> Result<Markup, WebError> {
    let found = opened(&site, &viewer, id, Way::Page).await?;
    Ok(page(&viewer, &found, &query))
}

fn page(viewer: &Viewer, found: &Found, query: &Query) -> Markup {
    let run = &found.run;
    let actions = html! {
        @if found.result.is_some() {
            (quiet_link(&format!("/measure/runs/{}/result.csv", run.id), "CSV"))
            (quiet_link(&format!("/measure/runs/{}/result.json", run.id), "JSON"))
            button.quiet type="button" data-print hidden { "Print" }
        }
    };
    layout::page(
        viewer,
        Place::Measure,
        &run.name,
        &html! {
            (crumbs(&[("Measure", "/measure")], &run.name))
            (header(&run.name, run.question.asks(), &actions))
            (state(viewer, found))
            @if let (Some(value), Stand::Ended(ended)) = (&found.result, &found.stand) {
                (answer(viewer, found, value, ended, query))
            }
            (plan_of(viewer, found))
            (basis(found))
        },
    )
}

/// How far it is, or how it ended.
fn state(viewer: &Viewer, found: &Found) -> Markup {
    let id = found.run.id;
    let can = viewer.can(Capability::RunMeasures);
    let again = || {
        html! {
            @if can {
                (post_button(&viewer.csrf, &format!("/measure/runs/{id}/again"), "Run it again", ""))
            }
        }
    };
    let body = match &found.stand {
        Stand::Waiting => html! {
            p { (standing(&found.stand)) " It waits for its turn." }
        },
        Stand::Running(turn) => html! { (running(&found.stand, *turn)) },
        Stand::Ended(ended) => match ended.how {
            Ending::Done => return html! {},
            Ending::Refused => refusal(
                "The data cannot carry this question",
                &[Why::plain(&ended.says)],
                "",
            ),
            Ending::Stopped => html! {
                (info("Stopped", &html! { p { "By " (found.names.of(&ended.by)) ", " (time(ended.at)) ". There is no result." } }))
                (again())
            },
            Ending::Interrupted => html! {
                (warn("Interrupted", &html! { p { "The program ended while it ran. There is no result; nothing of it is used." } }))
                (again())
            },
        },
    };
    html! {
        section aria-labelledby="state-title" {
            h2 #state-title { "Where it stands" }
            (live("run-state", REFRESH_SECONDS, found.stand.is_open(), &html! {
                (body)
                @if found.stand.is_open() {
                    p { a href={ "/measure/runs/" (id) } { "Look again" } }
                    @if can {
                        (post_button(&viewer.csrf, &format!("/measure/runs/{id}/stop"), "Stop", "danger"))
                    }
                }
            }))
        }
    }
}

fn running(stand: &Stand, turn: Turn) -> Markup {
    html! {
        p { (standing(stand)) " since " (time(turn.began_at))
            @if turn.is_to_stop { ". It will stop at its next step." } }
        @if turn.n_total > 0 { (progress("Steps", turn.n_done, turn.n_total)) }
    }
}

fn answer(viewer: &Viewer, found: &Found, value: &Value, ended: &Ended, query: &Query) -> Markup {
    let stamp = Stamp {
        dataset: found.dataset.as_ref(),
        ended,
        span: result::span(found.run.question, value),
    };
    result::of(viewer, found, value, &stamp, query)
}

/// The plan that caused it (S4): which campaigns it measures.
fn plan_of(viewer: &Viewer, found: &Found) -> Markup {
    let can = viewer.can(Capability::RunMeasures);
    let id = found.run.id;
    let open: Vec<Choice> = found
        .choices
        .iter()
        .filter(|one| found.campaigns.iter().all(|named| named.id != one.id))
        .map(|one| Choice::new(one.id.to_string(), &one.brief.name, false))
        .collect();
    let action = format!("/measure/runs/{id}/campaigns");
    html! {
        section aria-labelledby="plan-title" {
            h2 #plan-title { "What it measures" }
            @if found.campaigns.is_empty() {
                p.soft { "No campaign is named." }
            } @else {
                ul.plain {
                    @for one in &found.campaigns {
                        li.row {
                            @if viewer.can(Capability::ViewCampaigns) {
                                a href={ "/campaigns/" (one.id) } { (one.brief.name) }
                            } @else { (one.brief.name) }
                            @if can {
                                form method="post" action=(action) {
                                    (viewer.csrf.field())
                                    (hidden("campaign", &one.id.to_string()))
                                    (hidden("kind", Attachment::Detached.as_str()))
                                    button.link { "It does not" span.unseen { " measure " (one.brief.name) } }
                                }
                            }
                        }
                    }
                }
            }
            @if can && !open.is_empty() {
                form.filters method="post" action=(action) {
                    (viewer.csrf.field())
                    (hidden("kind", Attachment::Attached.as_str()))
                    (select("campaign", "It measures the campaign", "", "", &open))
                    button.quiet { "Attach" }
                }
            }
        }
    }
}

/// What the answer stands on.
fn basis(found: &Found) -> Markup {
    let run = &found.run;
    let mut facts = vec![
        ("Question", html! { (run.question.label()) }),
        (
            "Asked",
            html! { (time(run.asked_at)) " by " (found.names.of(&run.asked_by)) },
        ),
    ];
    if let Some(set) = &found.dataset {
        facts.push((
            "Data",
            html! { a href={ "/measure/data/" (set.id) } { (set.name) } },
        ));
    }
    if let Some(source) = &found.source {
        facts.push((
            "Goes by",
            html! { a href={ "/measure/runs/" (source.id) } { (source.name) } },
        ));
    }
    if let Some(digest) = &run.data_hash {
        facts.push(("SHA-256 of the data", hash(&to_hex(digest))));
    }
    facts.push(("Seed", html! { (run.seed) }));
    if let Stand::Ended(ended) = &found.stand {
        facts.push(("Ended", html! { (time(ended.at)) }));
        facts.push(("Version", html! { "Placet " (ended.version) }));
        if let Some(digest) = &ended.result_hash {
            facts.push(("SHA-256 of the result", hash(&to_hex(digest))));
        }
    }
    html! {
        section aria-labelledby="basis-title" {
            h2 #basis-title { "What it stands on" }
            (definitions(&facts))
            details {
                summary { "The question in full" }
                pre tabindex="0" { code { (pretty(&run.ask)) } }
            }
        }
    }
}

fn pretty(json: &str) -> String {
    serde_json::from_str::<Value>(json)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_default()
}

/// `POST`: stops it.
pub async fn stop(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<RunId>,
    Protected(Nothing {}): Protected<Nothing>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| run::stop(tx, ctx, id))
        .await?;
    Ok(Redirect::to(&format!("/measure/runs/{id}")))
}

/// `POST`: asks the same again.
pub async fn again(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<RunId>,
    Protected(Nothing {}): Protected<Nothing>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    let next = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| run::again(tx, ctx, id))
        .await?;
    Ok(Redirect::to(&format!("/measure/runs/{next}")))
}

/// `POST`: says which campaign it measures, or does not.
pub async fn attach(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<RunId>,
    Protected(sent): Protected<Sent>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    let wrong = || WebError::Malformed("choose one of the campaigns".to_owned());
    let campaign: CampaignId = sent.get("campaign").parse().map_err(|_| wrong())?;
    let kind = Attachment::find(sent.get("kind")).ok_or_else(wrong)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            run::attach(tx, ctx, id, campaign, kind)
        })
        .await?;
    Ok(Redirect::to(&format!("/measure/runs/{id}")))
}

/// `POST`: keeps a budget plan as a run of its own.
pub async fn keep_plan(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<RunId>,
    Protected(sent): Protected<Sent>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    let asked = form::read::budget(&sent).map_err(|problem| WebError::Invalid(vec![problem]))?;
    let new = NewRun {
        name: sent.get("name").to_owned(),
        ask: Ask::Budget(asked),
        dataset: None,
        source: Some(id),
        campaign: None,
        seed: 1,
    };
    let kept = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| run::ask(tx, ctx, &new))
        .await?;
    Ok(Redirect::to(&format!("/measure/runs/{kept}")))
}

/// What stands on a campaign's page: the runs that measure it.
pub(crate) fn of_campaign(viewer: &Viewer, id: CampaignId, runs: &[(Run, Stand)]) -> Markup {
    if !viewer.can(Capability::ViewMeasures) {
        return html! {};
    }
    html! {
        section aria-labelledby="measured-title" {
            h2 #measured-title { "What it brought" }
            @if runs.is_empty() {
                p.soft { "Nothing measures this campaign yet." }
            } @else { (super::runs_table(runs)) }
            @if viewer.can(Capability::RunMeasures) {
                p.row {
                    (quiet_link(&format!("/measure/new?campaign={id}&question={}", Question::Holdout.as_str()), "Measure by a holdout"))
                    (quiet_link(&format!("/measure/new?campaign={id}"), "Measure otherwise"))
                }
            }
        }
    }
}
