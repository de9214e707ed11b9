//! Call lists: who calls opens one person at a time, reads the script, and says what came of it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::call::{self, Again, List, Shown, Told};
use placet_app::{ActError, FieldProblem, settings};
use placet_domain::call::{Ended, FRESH_MINUTES};
use placet_domain::campaign::Progress;
use placet_domain::id::{CallId, CampaignId};
use placet_domain::operator::Capability;
use placet_domain::time::{TimeZone, Timestamp};
use serde::Deserialize;

use crate::account::problems;
use crate::campaigns::standing;
use crate::components::field::{Choice, Field, radios};
use crate::components::notice::{done, refusal, unusable, warn};
use crate::components::table::Table;
use crate::components::{
    crumbs, definitions, empty, header as title, number, post_button, quiet_link, time,
};
use crate::content::Names;
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::print::Gate;
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const CALL: Rule = Rule::Needs(Capability::MakeCalls);
const SETTLE: Rule = Rule::Needs(Capability::ResolveDeliveries);
/// What can be said for another caller.
const SETTLED: [Ended; 4] = [
    Ended::NotCalled,
    Ended::NoAnswer,
    Ended::Reached,
    Ended::NoMoreCalls,
];

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/calls", CALL, list)
        .post("/calls/lists/{id}/next", CALL, next)
        .get("/calls/{id}", CALL, show)
        .post("/calls/{id}/decisions", CALL, decide_again)
        .post("/calls/{id}/end", CALL, end)
        .get("/campaigns/{id}/calls", SETTLE, held)
        .post("/calls/{id}/settle", SETTLE, settle)
}

/// What a form without fields sends.
#[derive(Deserialize)]
struct Empty {}

/// `GET`: the call lists, and the call that is open.
async fn list(State(site): State<Site>, viewer: Viewer, query: Query) -> Result<Markup, WebError> {
    let now = site.now();
    let ctx = viewer.ctx.clone();
    let (lists, own, warning) = site
        .store()
        .read(move |tx| {
            let (set, registry) = (settings::load(tx)?, call::registry(tx)?);
            Ok::<_, ActError>((
                call::unfinished(tx, now)?,
                call::own(tx, &ctx)?,
                call::warning(registry.as_ref(), now, &set),
            ))
        })
        .await?;
    let lead = "One person at a time: each is decided when you open them, on what is known at that moment.";
    let open: Vec<&List> = lists
        .iter()
        .filter(|one| matches!(one.progress, Progress::Sending | Progress::Stopped))
        .collect();
    Ok(layout::page(
        &viewer,
        Place::Calls,
        "Calls",
        &html! {
            (title("Calls", lead, &html! {}))
            (came(&viewer, &query))
            @if let Some(call) = &own {
                (warn("You have somebody open", &html! {
                    p { "Say what came of that call; then the next person can be opened." }
                    p { a.button href={ "/calls/" (call.id) } { "Go to the call" } }
                }))
            }
            @if let Some(says) = &warning {
                p.soft { (says) " Sales calls to people who are no patients need one of the last " (call::MOST_DAYS) " days." }
            }
            @if open.is_empty() {
                (empty("Nobody is to be called", "Marketing launches a campaign with a call script. Then its people \
                    are called from here, one after the other.", &html! {}))
            }
            @for one in open { (card(&viewer, one, own.is_some())) }
        },
    ))
}

/// What came of the last act, told by codes and counts alone.
fn came(viewer: &Viewer, query: &Query) -> Markup {
    let ended = query.get("ended").and_then(Ended::find);
    let out = query.get("out").and_then(|out| out.split_once('-'));
    let out =
        out.and_then(|(no, later)| Some((no.parse::<u64>().ok()?, later.parse::<u64>().ok()?)));
    html! {
        @if let Some(ended) = ended {
            (done("Recorded", &html! {
                p { (ended.label()) "." @if ended.is_refusal() { " It counts from this moment, for every list." } }
            }))
        }
        @if let Some((no, later)) = out {
            (warn("Nobody was opened", &html! {
                p { (number(no)) " held out: they may not be called. " (number(later)) " wait for their hour. Try again." }
            }))
        }
        @if let Some(id) = query.get("freed").and_then(|id| id.parse::<CallId>().ok()) {
            (warn("This person is not called now", &html! {
                p { "The gate said no when it was asked again. Open the next one." }
                p { "You were on the phone already, and they asked for no more calls or messages? Record it:" }
                form.row method="post" action={ "/calls/" (id) "/end" } {
                    (viewer.csrf.field())
                    @for ended in [Ended::NoMoreCalls, Ended::NoMoreAtAll] {
                        button.quiet name="ended" value=(ended.as_str()) { (ended.label()) }
                    }
                }
            }))
        }
    }
}

fn card(viewer: &Viewer, one: &List, is_busy: bool) -> Markup {
    let is_stopped = one.progress == Progress::Stopped;
    let ready = match one.n_ready {
        n if n >= call::COUNTED => format!("{} and more", number(n as u64)),
        n => number(n as u64),
    };
    let id = format!("list-{}", one.campaign);
    html! {
        section.card aria-labelledby=(id) {
            h2 id=(id) { (one.name) }
            p { (standing(one.progress)) }
            (definitions(&[
                ("To be called now", html! { (ready) }),
                ("Later", html! { (number(one.tally.pending.saturating_sub(one.n_ready as u64))) }),
                ("With a caller", html! { (number(one.tally.calling)) }),
                ("Spoken with", html! { (number(one.n(Ended::Reached))) }),
            ]))
            @if is_stopped {
                p { "It is stopped: nobody is opened until it goes on." }
            } @else if one.n_ready == 0 {
                p { "Nobody's hour has come. Call backs and the next day's calls appear here by themselves." }
            } @else if !is_busy {
                (post_button(&viewer.csrf, &format!("/calls/lists/{}/next", one.campaign), "Open the next person", ""))
            }
        }
    }
}

/// `POST`: the next person of a list, for this caller.
async fn next(
    State(site): State<Site>,
    viewer: Viewer,
    Id(campaign): Id<CampaignId>,
    Protected(Empty {}): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::MakeCalls)?;
    let gate = Gate::of(&site);
    let opened = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            call::open_next(tx, ctx, &gate.deciding(), campaign)
        })
        .await?;
    Ok(Redirect::to(&match opened.call {
        Some(id) => format!("/calls/{id}"),
        None => format!("/calls?out={}-{}", opened.n_refused, opened.n_deferred),
    }))
}

async fn shown(site: &Site, viewer: &Viewer, id: CallId) -> Result<Shown, WebError> {
    let grant = viewer.ctx.actor.may(Capability::MakeCalls)?;
    let gate = Gate::of(site);
    let shown = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            call::show(tx, ctx, &gate.deciding(), id)
        })
        .await?;
    Ok(shown)
}

/// `GET`: the open call, for the caller who has it.
async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CallId>,
) -> Result<Markup, WebError> {
    let shown = shown(&site, &viewer, id).await?;
    Ok(page(&viewer, &shown, &Form::default(), site.now(), &[]))
}

fn page(
    viewer: &Viewer,
    shown: &Shown,
    form: &Form,
    now: Timestamp,
    found: &[FieldProblem],
) -> Markup {
    let name = shown.name.as_deref().unwrap_or("Somebody who was erased");
    let whys = unusable(found);
    layout::page(
        viewer,
        Place::Calls,
        "Call",
        &html! {
            (crumbs(&[("Calls", "/calls")], "Call"))
            (title(name, &shown.campaign_name, &html! {}))
            @if !whys.is_empty() { (refusal("Not recorded", &whys, "change what is named above")) }
            (number_part(viewer, shown, now))
            (form_part(viewer, shown, form, found))
        },
    )
}

/// Number and script, or why there are none.
fn number_part(viewer: &Viewer, shown: &Shown, now: Timestamp) -> Markup {
    let id = shown.call.id;
    let zone = shown.time_zone.as_deref();
    let there = zone
        .and_then(|name| TimeZone::get(name).ok())
        .map(|zone| now.to_zoned(zone).strftime("%-I:%M %p").to_string());
    html! {
        @match &shown.words {
            Ok(words) => {
                p { a.button href={ "tel:" (words.number) } { "Call " (words.number) } }
                p.soft {
                    @if let Some(there) = &there { "It is " (there) " there. " }
                    @if shown.n_before > 0 { "Opened " (number(shown.n_before as u64)) " times before for this list. " }
                    "Dial within " (FRESH_MINUTES) " minutes of opening."
                }
                section aria-labelledby="script-title" {
                    h2 #script-title { "Say" }
                    @for part in words.script.split("\n\n") { p { (part) } }
                }
                details {
                    summary { "If a machine answers" }
                    p { "Leave this and nothing else: somebody else may hear it." }
                    p { (words.voicemail) }
                }
            }
            Err(why) => {
                (warn("The number is not shown", &html! { p { (why) "." } }))
                @if shown.is_own {
                    (post_button(&viewer.csrf, &format!("/calls/{id}/decisions"), "Ask again", ""))
                }
            }
        }
    }
}

/// What the form for what came of a call sends.
#[derive(Deserialize, Clone, Default)]
struct Form {
    #[serde(default)]
    ended: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    words: String,
}

impl Form {
    fn told(&self) -> Result<Told, ActError> {
        let ended = Ended::find(&self.ended)
            .ok_or_else(|| ActError::invalid("ended", "choose what came of it"))?;
        let at = match self.at.trim() {
            "" => None,
            typed => Some(typed.parse().map_err(|_| {
                ActError::invalid("at", "give day and hour, such as 2026-07-01T14:30")
            })?),
        };
        Ok(Told {
            ended,
            at,
            words: self.words.trim().to_owned(),
        })
    }
}

fn form_part(viewer: &Viewer, shown: &Shown, form: &Form, found: &[FieldProblem]) -> Markup {
    let id = shown.call.id;
    let choices: Vec<Choice> = Ended::ALL
        .iter()
        .map(|it| Choice::new(it.as_str(), it.label(), form.ended == it.as_str()))
        .collect();
    html! {
        section aria-labelledby="came-title" {
            h2 #came-title { "What came of it" }
            form.stacked method="post" action={ "/calls/" (id) "/end" } {
                (viewer.csrf.field())
                (radios("ended", "Choose one", "", problem_of(found, "ended"), &choices))
                (Field::date_time("at", "Call back at").value(&form.at)
                    .hint("Only when they ask for it; by the clock where they are.")
                    .error(problem_of(found, "at")).render())
                (Field::area("words", "What they said about calls or messages", 2).value(&form.words).max(500)
                    .hint("Only if they did, in their words. When it says stop, it counts as a refusal whatever is chosen \
                        above. It is read and not kept.")
                    .error(problem_of(found, "words")).render())
                button { "Record it" }
            }
        }
    }
}

/// `POST`: asks the gate once more.
async fn decide_again(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CallId>,
    Protected(Empty {}): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::MakeCalls)?;
    let gate = Gate::of(&site);
    let again = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            call::decide_again(tx, ctx, &gate.deciding(), id)
        })
        .await?;
    Ok(Redirect::to(&match again {
        Again::Permitted => format!("/calls/{id}"),
        Again::Waits | Again::Refused => format!("/calls?freed={id}"),
    }))
}

/// `POST`: what came of the call.
async fn end(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CallId>,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::MakeCalls)?;
    let asked = form.clone();
    let ended = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            call::end(tx, ctx, id, &asked.told()?)
        })
        .await;
    match ended {
        Ok(ended) => Ok(Redirect::to(&format!("/calls?ended={}", ended.as_str())).into_response()),
        Err(error @ ActError::Invalid(_)) => {
            let shown = shown(&site, &viewer, id).await?;
            let page = page(&viewer, &shown, &form, site.now(), &problems(error)?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET`: who is with a caller now, by name.
async fn held(
    State(site): State<Site>,
    viewer: Viewer,
    Id(campaign): Id<CampaignId>,
) -> Result<Markup, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ResolveDeliveries)?;
    let now = site.now();
    let (list, held) = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let list = call::list_of(tx, campaign, now)?;
            Ok::<_, ActError>((list, call::list_held(tx, ctx, campaign)?))
        })
        .await?;
    let names = site.store().read(Names::load).await?;
    let href = format!("/campaigns/{campaign}");
    let rows = held.iter().map(|one| {
        html! {
            th scope="row" { (one.name.as_deref().unwrap_or("Erased")) }
            td { (names.of(&one.call.opened_by)) }
            td { (time(one.call.opened_at)) }
            td {
                form.row method="post" action={ "/calls/" (one.call.id) "/settle" } {
                    (viewer.csrf.field())
                    @for ended in SETTLED {
                        button.quiet name="ended" value=(ended.as_str()) { (ended.label()) }
                    }
                }
            }
        }
    });
    let table = Table::new("Who is with a caller, the longest first")
        .column("Person")
        .column("Caller")
        .column("Since")
        .column("Settle it")
        .rows(rows)
        .render(&Query::default());
    let lead = "Opened, and nothing said of it yet. Ask the caller before you settle it for them.";
    Ok(layout::page(
        &viewer,
        Place::Campaigns,
        "With a caller",
        &html! {
            (crumbs(&[("Campaigns", "/campaigns"), (&list.name, &href)], "With a caller"))
            (title("With a caller", lead, &html! {}))
            @if held.is_empty() {
                (empty("Nobody", "Of everybody who was opened it is known what came of it.",
                    &quiet_link(&href, "Back to the campaign")))
            } @else { (table) }
        },
    ))
}

/// `POST`: says for another caller what came of a call.
async fn settle(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CallId>,
    Protected(form): Protected<Form>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ResolveDeliveries)?;
    let campaign = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let campaign = call::campaign_of(tx, id)?;
            call::end(tx, ctx, id, &form.told()?)?;
            Ok::<_, ActError>(campaign)
        })
        .await?;
    Ok(Redirect::to(&format!("/campaigns/{campaign}/calls")))
}

/// The calls of a launched campaign, on its page.
pub(crate) fn part(viewer: &Viewer, list: &List) -> Markup {
    let rows: Vec<(&str, Markup)> = Ended::ALL
        .iter()
        .map(|ended| (ended.label(), html! { (number(list.n(*ended))) }))
        .collect();
    let href = format!("/campaigns/{}/calls", list.campaign);
    html! {
        section aria-labelledby="calls-title" {
            h2 #calls-title { "Calls" }
            p {
                "Callers open one person at a time under Calls. "
                @if list.tally.calling > 0 {
                    (number(list.tally.calling)) " with a caller now"
                    @if viewer.can(Capability::ResolveDeliveries) { " (" a href=(href) { "see who" } ")" }
                    "."
                }
            }
            (definitions(&rows))
        }
    }
}
