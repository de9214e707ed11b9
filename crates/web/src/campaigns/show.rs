//! One campaign: content, audience, approvals, waterfall, launch, progress.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::audience::Seen;
use placet_app::campaign::{self, Outcome, RATE_SECONDS, Size, View, obstacles};
use placet_app::gate::Gate;
use placet_app::report::{self, CameBack};
use placet_app::{ActError, audience, call, print, settings};
use placet_domain::campaign::Progress;
use placet_domain::channel::Channel;
use placet_domain::delivery::State as Stand;
use placet_domain::id::{CampaignId, PersonId};
use placet_domain::journey;
use placet_domain::measure;
use placet_domain::operator::Capability;
use placet_domain::settings::Settings;
use placet_domain::time::Timestamp;
use placet_domain::trigger::sent_by;
use placet_domain::words::words;
use placet_store::{journeys, measures, triggers};

use super::launch::Tried;
use super::{launch, split, standing};
use crate::audiences::{picture, sentences};
use crate::components::{
    Event, button_link, count_link, crumbs, definitions, header, live, number, progress, receipt,
    time, timeline,
};
use crate::content::Names;
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// How many people a page of a bar shows.
const PEOPLE_ON_A_PAGE: usize = 50;
/// Seconds between two looks at a running campaign.
const REFRESH_SECONDS: u32 = 2;

/// All that the page of a campaign shows.
pub struct Found {
    view: View,
    settings: Settings,
    seen: Seen,
    counted_at: Timestamp,
    counted_now: Timestamp,
    back: CameBack,
    size: Size,
    offer: Option<split::Offer>,
    results: Vec<Outcome>,
    names: Names,
    measured: Vec<(measure::Run, measure::Stand)>,
    batches: Vec<print::View>,
    calls: Option<call::List>,
    n_waiting: usize,
}

/// `GET`: the campaign.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
) -> Result<Response, WebError> {
    // Deliveries and decisions of a trigger or a journey name it where others name their campaign.
    let trigger = sent_by(id);
    let is_trigger = site.store().read(move |tx| triggers::find(tx, trigger));
    if is_trigger.await?.is_some() {
        return Ok(Redirect::to(&format!("/triggers/{trigger}")).into_response());
    }
    let send = journey::sent_by(id);
    let is_journey = site
        .store()
        .read(move |tx| journeys::find_by_send(tx, send));
    if let Some((journey, _)) = is_journey.await? {
        return Ok(Redirect::to(&format!("/journeys/{}", journey.id)).into_response());
    }
    Ok(page(&viewer, &find(&site, id).await?, &Tried::default()).into_response())
}

impl Found {
    /// Whether there is nothing left to launch.
    pub fn is_launched(&self) -> bool {
        self.view.launch.is_some()
    }
}

/// Reads the campaign for its page.
pub async fn find(site: &Site, id: CampaignId) -> Result<Found, WebError> {
    let (now, shared) = (site.now(), site.clone());
    let found = site
        .store()
        .read(move |tx| {
            let view = campaign::view(tx, id, now)?;
            let (seen, counted_at) = match &view.launch {
                Some(launch) => (Seen::from(launch.waterfall.clone()), launch.launched_at),
                None => shared
                    .waterfalls()
                    .seen(tx, shared.engine(), &view.question(), now)?,
            };
            let back = report::of_campaign(tx, id)?;
            let n = seen.waterfall.n_permitted;
            let size = match view.launch {
                Some(_) => Size::default(),
                None => campaign::size(tx, &view.campaign, n)?,
            };
            let offer = match view.launch {
                Some(_) => None,
                None => Some(split::offer(tx, &view, now)?),
            };
            let results = campaign::results(tx, id)?;
            let (settings, names) = (settings::load(tx)?, Names::load(tx)?);
            let measured = measures::list_by_campaign(tx, id)?;
            let is_printed = view.reviewed.version.draft.channel == Channel::Postal;
            let (batches, n_waiting) = match view.launch {
                Some(_) if is_printed => {
                    (print::list(tx, id)?, print::count_waiting(tx, id, now, 1)?)
                }
                _ => (Vec::new(), 0),
            };
            let is_called = view.reviewed.version.draft.channel == Channel::VoiceLive;
            let calls = match view.launch {
                Some(_) if is_called => Some(call::list_of(tx, id, now)?),
                _ => None,
            };
            Ok::<_, ActError>(Found {
                calls,
                measured,
                batches,
                n_waiting,
                view,
                settings,
                seen,
                counted_at,
                counted_now: now,
                back,
                size,
                offer,
                results,
                names,
            })
        })
        .await?;
    Ok(found)
}

/// The page, with what a launch that was tried said.
pub fn page(viewer: &Viewer, found: &Found, tried: &Tried) -> Markup {
    let view = &found.view;
    let brief = &view.campaign.brief;
    let is_draft = view.progress == Progress::Draft;
    let actions = html! {
        @if is_draft && viewer.can(Capability::EditCampaigns) {
            (button_link(&format!("/campaigns/{}/edit", view.campaign.id), "Change"))
        }
    };
    layout::page(
        viewer,
        Place::Campaigns,
        &brief.name,
        &html! {
            (crumbs(&[("Campaigns", "/campaigns")], &brief.name))
            (header(&brief.name, "", &actions))
            @if is_draft {
                (super::plan::size(viewer, view, &found.size, found.seen.waterfall.n_permitted))
                (launch::part(viewer, view, &obstacles(&found.settings, &view.reviewed), &found.seen.waterfall, tried))
            } @else {
                (result(viewer, view))
                @if view.reviewed.version.draft.channel == Channel::Postal {
                    (crate::print::part(viewer, view.campaign.id, &found.batches, found.n_waiting, found.counted_now))
                }
                @if let Some(list) = &found.calls { (crate::calls::part(viewer, list)) }
                (came_back(&found.back))
                (split::results(viewer, view.campaign.id, &found.results))
            }
            (decided(viewer, view))
            @if let Some(offer) = &found.offer { (split::part(viewer, view, offer)) }
            (waterfall(viewer, found))
            (crate::measure::of_campaign(viewer, view.campaign.id, &found.measured))
            (history(found))
        },
    )
}

/// The live part: counts per state, the rate, the stop button.
fn result(viewer: &Viewer, view: &View) -> Markup {
    let id = view.campaign.id;
    let tally = &view.tally;
    let planned = view.launch.as_ref().map_or(0, |launch| launch.n_planned);
    let done = planned.saturating_sub(tally.n_open());
    let is_running = view.progress == Progress::Sending;
    let href = |state: Stand| match state {
        Stand::Unknown if viewer.can(Capability::ResolveDeliveries) => {
            format!("/campaigns/{id}/unknown")
        }
        state => format!("/campaigns/{id}/deliveries?state={}", state.as_str()),
    };
    let counts: Vec<(&str, Markup)> = Stand::ALL
        .into_iter()
        .map(|state| (state.label(), count_link(tally.of(state), &href(state))))
        .collect();
    let body = html! {
        p { (standing(view.progress)) " " @if is_running { (rate(view)) } }
        (progress("Settled", done, planned))
        (definitions(&counts))
    };
    html! {
        section aria-labelledby="progress-title" {
            h2 #progress-title { "Progress" }
            (live("campaign-progress", REFRESH_SECONDS, is_running, &body))
            (launch::hold(viewer, view))
        }
    }
}

/// Bounces, complaints and replies, when there are any.
fn came_back(back: &CameBack) -> Markup {
    html! {
        @if !back.by_kind.is_empty() {
            section aria-labelledby="returns-title" {
                h2 #returns-title { "What came back" }
                (super::returns::counts(back))
            }
        }
    }
}

fn rate(view: &View) -> Markup {
    html! { span.soft { (number(view.n_sent_lately)) " sent in the last " (RATE_SECONDS) " seconds" } }
}

fn decided(viewer: &Viewer, view: &View) -> Markup {
    let brief = &view.campaign.brief;
    let version = &view.reviewed.version;
    let pay = brief.remuneration;
    let content = html! {
        @if viewer.can(Capability::ViewContent) {
            a href={ "/versions/" (version.id) } { (view.content_name) ", version " (version.number) }
        } @else { (view.content_name) ", version " (version.number) }
        " " (crate::content::standing(&view.reviewed))
    };
    let audience = html! {
        @if viewer.can(Capability::ViewAudiences) {
            a href={ "/audiences/" (brief.audience) } { (view.audience_name) }
        } @else { (view.audience_name) }
        @if view.filter.all.is_empty() { " (everybody)" } @else { (sentences(&view.filter)) }
    };
    let paid = html! {
        (pay.kind.label())
        @if let (Some(payer), Some(amount)) = (pay.payer, pay.amount_vs_cost) {
            " by: " (payer.label()) "; " (amount.label())
        }
    };
    // Neither subject nor From line has a text message: its words are short enough to show.
    let (subject, sender) = match version.draft.channel {
        Channel::Email => (
            ("Subject", html! { (version.draft.subject) }),
            (
                "Sender",
                html! { (brief.sender_name) " <" (brief.sender) ">" },
            ),
        ),
        Channel::Postal => (
            ("Heading", html! { (version.draft.subject) }),
            ("Printed as", html! { (version.draft.format.label()) }),
        ),
        Channel::Sms => (
            ("Message", html! { (version.draft.body) }),
            ("Sender", html! { "the number for text messages" }),
        ),
        Channel::VoiceLive => (
            ("Script", html! { (version.draft.body) }),
            ("Says as its number", html! { "the number for calls" }),
        ),
    };
    html! {
        h2 { @if view.launch.is_some() { "What was decided" } @else { "What is planned" } }
        (definitions(&[vec![
            ("Content", content),
            subject,
            ("Class", html! { (version.draft.class.label()) " (" (version.draft.tier().label()) ")" }),
            ("Topic", html! { (version.draft.topic.label()) }),
            ("Audience", audience),
            ("Purpose", html! { (words(&brief.purpose)) }),
            ("Payment", paid),
            sender,
        ], super::plan::rows(&view.plan)].concat()))
    }
}

fn waterfall(viewer: &Viewer, found: &Found) -> Markup {
    let view = &found.view;
    let id = view.campaign.id;
    let people =
        |rule: &str| Query::parse(&format!("/campaigns/{id}/stopped"), "").with_in("rule", rule);
    let (title, note) = match &view.launch {
        Some(_) => (
            "Who was written to, as counted at the launch",
            "At the launch, ",
        ),
        None => ("Who would be written to", "Counted "),
    };
    html! {
        h2 { "Waterfall" }
        (picture::render(viewer, title, &found.seen.waterfall, Some(&people)))
        (crate::audiences::won_back(viewer, &found.seen.won_back))
        p.soft { (note) (time(found.counted_at)) ". Each message is decided again before it leaves." }
    }
}

fn history(found: &Found) -> Markup {
    let view = &found.view;
    let Some(launch) = &view.launch else {
        return html! {};
    };
    let mut events: Vec<Event> = view
        .holds
        .iter()
        .map(|hold| Event {
            at: hold.at,
            what: html! { (hold.kind.label()) " by " (found.names.of(&hold.by)) },
            more: html! { @if !hold.reason.is_empty() { p { "“" (hold.reason) "”" } } },
        })
        .collect();
    events.push(Event {
        at: launch.launched_at,
        what: html! { "Launched by " (found.names.of(&launch.launched_by)) },
        more: html! {},
    });
    html! {
        h2 { "What happened" }
        (timeline("What happened to this campaign", &events))
        (receipt("The launch as it was recorded", &[
            ("Number typed", html! { (number(launch.n_planned)) }),
            ("Rules", html! { (launch.pack) ", " (launch.profile.replace('_', " ")) }),
            ("Content", html! { code.hash { (launch.content_hash) } }),
            ("Filter", html! { code { (launch.filter) } }),
        ], &html! {}))
    }
}

/// `GET`: the people whom one rule stops first. Each one shown leaves an access entry.
pub async fn stopped(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    query: Query,
) -> Result<Markup, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let rule = query.get("rule").ok_or(WebError::NotFound)?.to_owned();
    let after = query
        .get("after")
        .and_then(|text| text.parse::<PersonId>().ok());
    let (shared, asked) = (site.clone(), rule.clone());
    let found = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let view = campaign::view(tx, id, ctx.now)?;
            let question = view.question();
            // As it was decided then, when it was launched.
            let at = view
                .launch
                .as_ref()
                .map_or(ctx.now, |launch| launch.launched_at);
            let settings = settings::load(tx)?;
            let gate = Gate::new(shared.engine(), &settings, question.message, at);
            let limit = PEOPLE_ON_A_PAGE + 1;
            let (filter, rule) = (&question.filter, &asked);
            let people = match view.launch {
                // The index knows today; what was decided then is walked through.
                Some(_) => {
                    audience::list_stopped(tx, shared.engine(), &gate, filter, rule, after, limit)?
                }
                None => {
                    let index = shared.waterfalls().index();
                    audience::list_stopped_seen(tx, index, &gate, filter, rule, after, limit)?
                }
            };
            Ok::<_, ActError>((view.campaign.brief.name, people))
        })
        .await?;
    let (name, people) = found;
    let back = format!("/campaigns/{id}");
    let back = (name.as_str(), back.as_str());
    Ok(crate::audiences::stopped_page(
        &viewer,
        &site,
        Place::Campaigns,
        back,
        &rule,
        people,
        &query,
    ))
}
