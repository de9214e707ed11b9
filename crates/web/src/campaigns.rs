//! Campaigns: one page from draft to result, and the deliveries behind it.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::campaign::{self, Listed};
use placet_domain::campaign::Progress;
use placet_domain::operator::Capability;
use placet_store::{StoreError, campaigns};

use crate::components::table::{Table, numbered_pages, one_page};
use crate::components::{Tone, button_link, empty, header, number, pill, quiet_link, time};
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

mod deliveries;
mod form;
mod launch;
mod plan;
mod returns;
mod show;
mod split;

const VIEW: Rule = Rule::Needs(Capability::ViewCampaigns);
const EDIT: Rule = Rule::Needs(Capability::EditCampaigns);
const STOP: Rule = Rule::Needs(Capability::StopCampaigns);
/// How many campaigns a page of the list shows.
const ON_A_PAGE: u64 = 50;
/// The most campaigns that are looked at.
const MOST: u32 = 5_000;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    let resolve = Rule::Needs(Capability::ResolveDeliveries);
    Routes::new()
        .get("/campaigns", VIEW, list)
        .post("/campaigns", EDIT, form::create)
        .get("/campaigns/new", EDIT, form::new)
        .get("/campaigns/{id}", VIEW, show::show)
        .get("/campaigns/{id}/edit", EDIT, form::edit)
        .post("/campaigns/{id}/edit", EDIT, form::update)
        .post(
            "/campaigns/{id}/launch",
            Rule::Needs(Capability::LaunchCampaigns),
            launch::launch,
        )
        .post("/campaigns/{id}/stop", STOP, launch::stop)
        .post("/campaigns/{id}/resume", STOP, launch::resume)
        .post("/campaigns/{id}/end", STOP, launch::end)
        .post("/campaigns/{id}/split", EDIT, split::update)
        .post("/campaigns/{id}/outcomes", EDIT, split::outcomes)
        .post("/campaigns/{id}/pace", STOP, plan::pace)
        .post(
            "/campaigns/{id}/confirm",
            Rule::Needs(Capability::ConfirmCampaigns),
            plan::confirm,
        )
        .get(
            "/campaigns/{id}/stopped",
            Rule::NeedsBoth(Capability::ViewCampaigns, Capability::ViewPeople),
            show::stopped,
        )
        .get("/campaigns/{id}/deliveries", VIEW, deliveries::list)
        .get("/returns", VIEW, returns::show)
        .get("/campaigns/{id}/unknown", resolve, deliveries::unknown)
        .post("/deliveries/{id}/verdicts", resolve, deliveries::resolve)
}

/// Where a campaign stands, as a pill.
pub(crate) fn standing(progress: Progress) -> Markup {
    let tone = match progress {
        Progress::Draft => Tone::Neutral,
        Progress::Sending => Tone::Info,
        Progress::Stopped | Progress::Ended | Progress::Unresolved => Tone::Warn,
        Progress::Finished => Tone::Good,
    };
    pill(tone, progress.label())
}

/// `GET`: campaigns, newest first.
async fn list(State(site): State<Site>, viewer: Viewer, query: Query) -> Result<Markup, WebError> {
    let asked = query.clone();
    let (all, n) = site
        .store()
        .read(move |tx| {
            let (page, n) = one_page(&asked, campaigns::list(tx, MOST)?, ON_A_PAGE);
            let page = page.into_iter().map(|one| campaign::summary(tx, one));
            Ok::<_, StoreError>((page.collect::<Result<Vec<_>, _>>()?, n))
        })
        .await?;
    let lead = "One approved content, one audience, one purpose, sent once.";
    let actions = html! {
        (quiet_link("/triggers", "Triggers"))
        (quiet_link("/journeys", "Journeys"))
        (quiet_link("/returns", "Returned mail"))
        @if viewer.can(Capability::EditCampaigns) { (button_link("/campaigns/new", "Plan a campaign")) }
    };
    Ok(layout::page(
        &viewer,
        Place::Campaigns,
        "Campaigns",
        &html! {
            (header("Campaigns", lead, &actions))
            @if n == 0 {
                (empty("No campaigns yet", "A campaign sends one approved content to one audience. Before it is \
                    launched you see who would get it, and why the others would not.", &actions))
            } @else { (table(&all)) (numbered_pages(&query, query.page(), n, ON_A_PAGE)) }
        },
    ))
}

fn table(all: &[Listed]) -> Markup {
    let rows = all.iter().map(|one| {
        let href = format!("/campaigns/{}", one.campaign.id);
        html! {
            th scope="row" { a href=(href) { (one.campaign.brief.name) } }
            td { (standing(one.progress)) }
            td.number { @if one.launch.is_some() { (number(one.tally.sent)) } @else { "–" } }
            td.number { @if let Some(launch) = &one.launch { (number(launch.n_planned)) } @else { "–" } }
            td.number {
                @if one.tally.unknown > 0 {
                    a href={ (href) "/deliveries?state=unknown" } { (number(one.tally.unknown)) }
                } @else { "0" }
            }
            td { @if let Some(launch) = &one.launch { (time(launch.launched_at)) } @else { "not launched" } }
        }
    });
    Table::new("Campaigns, newest first")
        .column("Name")
        .column("Stands at")
        .number("Sent")
        .number("Planned")
        .number("Unknown")
        .column("Launched")
        .rows(rows)
        .render(&Query::default())
}
