//! Print batches: their files, their way to the printer, and what came back.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::print::{self, Closed, Deciding, File, View};
use placet_app::{ActError, FieldProblem};
use placet_domain::id::{BatchId, CampaignId};
use placet_domain::operator::Capability;
use placet_domain::print::{End, FRESH_MINUTES, MOST_PIECES, Returned, Turn};
use placet_domain::report::Effect;
use placet_domain::time::{Date, Timestamp};
use placet_store::{Keys, print_batches};
use serde::Deserialize;

use crate::account::problems;
use crate::components::field::{Choice, Field, hidden, radios, whole_number};
use crate::components::notice::{done, refusal, unusable, warn};
use crate::components::table::Table;
use crate::components::{
    Event, Tone, button_link, crumbs, definitions, empty, header as title, number, pill,
    post_button, time, timeline,
};
use crate::content::Names;
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const PRINT: Rule = Rule::Needs(Capability::PrintPieces);
/// How many campaigns the list of batches goes back.
const CAMPAIGNS: usize = 50;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .post(
            "/campaigns/{id}/batches",
            Rule::Needs(Capability::LaunchCampaigns),
            close,
        )
        .get("/print", PRINT, list)
        .get("/print/returns", PRINT, returns)
        .post("/print/returns", PRINT, take_back)
        .get("/print/{id}", PRINT, show)
        .post("/print/{id}/decisions", PRINT, decide_again)
        .get("/print/{id}/pieces.pdf", PRINT, pieces)
        .get("/print/{id}/addresses.csv", PRINT, addresses)
        .post("/print/{id}/handover", PRINT, hand_over)
        .post("/print/{id}/undo", PRINT, undo)
}

/// What deciding needs, to be moved into an act.
#[derive(Clone)]
pub(crate) struct Gate {
    engine: std::sync::Arc<placet_policy::Engine>,
    keys: Keys,
    public_url: String,
}

impl Gate {
    pub(crate) fn of(site: &Site) -> Self {
        Self {
            engine: site.engine().clone(),
            keys: site.store().keys().clone(),
            public_url: site.public_url().to_owned(),
        }
    }

    pub(crate) fn deciding(&self) -> Deciding<'_> {
        Deciding {
            engine: &self.engine,
            keys: &self.keys,
            public_url: &self.public_url,
        }
    }
}

/// What a form without fields sends.
#[derive(Deserialize)]
struct Empty {}

/// What the form for a batch sends.
#[derive(Deserialize)]
struct Closing {
    #[serde(default)]
    most: String,
}

/// `POST`: decides who waits and closes a batch.
async fn close(
    State(site): State<Site>,
    viewer: Viewer,
    Id(campaign): Id<CampaignId>,
    Protected(form): Protected<Closing>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::LaunchCampaigns)?;
    let most = whole_number(&form.most)
        .and_then(|most| u32::try_from(most).ok())
        .ok_or_else(|| WebError::Malformed("give a number of people in digits".to_owned()))?;
    let gate = Gate::of(&site);
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            print::close(tx, ctx, &gate.deciding(), campaign, most)
        })
        .await?;
    Ok(Redirect::to(&format!("/campaigns/{campaign}")))
}

/// Held out and put off, for the address of the next page: counts alone.
fn out(closed: &Closed) -> String {
    format!("{}-{}", closed.n_refused, closed.n_deferred)
}

/// `GET`: the batches, newest campaign first.
async fn list(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let all = site
        .store()
        .read(|tx| {
            let mut all = Vec::new();
            for campaign in print_batches::list_campaigns(tx)?
                .into_iter()
                .take(CAMPAIGNS)
            {
                all.extend(print::list(tx, campaign)?);
            }
            Ok::<_, ActError>(all)
        })
        .await?;
    let lead =
        "Letters and cards that are printed together, from the decision to the printer's hands.";
    let actions = html! {
        @if viewer.can(Capability::PrintPieces) { (button_link("/print/returns", "A piece came back")) }
    };
    Ok(layout::page(
        &viewer,
        Place::Print,
        "Print batches",
        &html! {
            (title("Print batches", lead, &actions))
            @if all.is_empty() {
                (empty("No batches yet", "Marketing closes a batch on the page of a launched campaign with a \
                    letter or a postcard. Then its files are ready to be taken here.", &html! {}))
            } @else { (table(&viewer, &all, true, site.now())) }
        },
    ))
}

fn table(viewer: &Viewer, all: &[View], with_campaign: bool, now: Timestamp) -> Markup {
    let rows = all.iter().map(|one| {
        let href = format!("/print/{}", one.batch.id);
        let name = if with_campaign {
            format!("{}, batch {}", one.campaign_name, one.batch.number)
        } else {
            format!("Batch {}", one.batch.number)
        };
        html! {
            th scope="row" {
                @if viewer.can(Capability::PrintPieces) { a href=(href) { (name) } } @else { (name) }
            }
            td { (standing(one, now)) }
            td.number { (number(one.stand.n_pieces.into())) }
            td { code { (one.batch.code) } }
            td { (time(one.stand.decided_at)) }
        }
    });
    Table::new("Print batches, newest first")
        .column("Batch")
        .column("Stands at")
        .number("Pieces")
        .column("Code")
        .column("Decided")
        .rows(rows)
        .render(&Query::default())
}

/// Where a batch stands, as a pill.
fn standing(view: &View, now: Timestamp) -> Markup {
    match view.stand.end {
        Some(End::Handed { on }) => pill(Tone::Good, &format!("Handed to the printer on {on}")),
        Some(End::Undone) => pill(Tone::Neutral, "Undone"),
        None if view.stand.taken == (true, true) => pill(Tone::Info, "Downloaded, not handed over"),
        None if view.stand.is_fresh(now) => pill(Tone::Info, "Ready to download"),
        None => pill(Tone::Warn, "To be decided again"),
    }
}

/// The part of a campaign's page about its batches.
pub(crate) fn part(
    viewer: &Viewer,
    campaign: CampaignId,
    batches: &[View],
    n_waiting: usize,
    now: Timestamp,
) -> Markup {
    let most = MOST_PIECES.to_string();
    html! {
        section aria-labelledby="print-title" {
            h2 #print-title { "Print run" }
            @if !batches.is_empty() {
                (table(viewer, batches, false, now))
                p.soft { "The desk takes the files of a batch under Print: they hold names and addresses." }
            }
            @if n_waiting == 0 {
                p.soft { "Nobody waits to be put into a batch." }
            } @else if viewer.can(Capability::LaunchCampaigns) {
                p { "Closing a batch decides each person again, and holds out whoever may no longer be written to." }
                form.stacked method="post" action={ "/campaigns/" (campaign) "/batches" } {
                    (viewer.csrf.field())
                    (Field::text("most", "How many people at most?").value(&most).required().numeric()
                        .hint("One batch has at most 5,000 pieces; the rest waits for the next one.").render())
                    button { "Close a batch" }
                }
            } @else { p.soft { "Marketing closes the next batch." } }
        }
    }
}

/// `GET`: one batch.
async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<BatchId>,
    query: Query,
) -> Result<Markup, WebError> {
    let (view, names) = site
        .store()
        .read(move |tx| Ok::<_, ActError>((print::view(tx, id)?, Names::load(tx)?)))
        .await?;
    Ok(page(&viewer, &site, &view, &names, &query, &[]))
}

fn page(
    viewer: &Viewer,
    site: &Site,
    view: &View,
    names: &Names,
    query: &Query,
    found: &[FieldProblem],
) -> Markup {
    let name = format!("Batch {} of {}", view.batch.number, view.campaign_name);
    let whys = unusable(found);
    layout::page(
        viewer,
        Place::Print,
        &name,
        &html! {
            (crumbs(&[("Print batches", "/print")], &name))
            (title(&name, "", &html! {}))
            @if !whys.is_empty() { (refusal("Not recorded", &whys, "change what is named above")) }
            (held_out(query))
            (definitions(&[
                ("Stands at", standing(view, site.now())),
                ("Pieces", html! { (number(view.stand.n_pieces.into())) }),
                ("Decided", html! { (time(view.stand.decided_at)) ", revision " (view.stand.revision) }),
                ("Code", html! { code { (view.batch.code) } }),
            ]))
            @if !view.stand.is_over() { (next(viewer, site, view, found)) }
            (history(view, names))
        },
    )
}

/// Who was held out when it was decided just now.
fn held_out(query: &Query) -> Markup {
    let counts = query.get("out").and_then(|out| out.split_once('-'));
    let counts =
        counts.and_then(|(no, later)| Some((no.parse::<u64>().ok()?, later.parse::<u64>().ok()?)));
    html! {
        @match counts {
            Some((0, 0)) => (done("Decided", &html! { p { "Nobody was held out." } })),
            Some((no, later)) => (warn("Decided", &html! {
                p { (number(no)) " held out: they may no longer be written to. " (number(later)) " put off." }
            })),
            None => {}
        }
    }
}

/// The one thing to do now, and the rest.
fn next(viewer: &Viewer, site: &Site, view: &View, found: &[FieldProblem]) -> Markup {
    let id = view.batch.id;
    let is_fresh = view.stand.is_fresh(site.now());
    let is_taken = view.stand.taken == (true, true);
    let again = post_button(
        &viewer.csrf,
        &format!("/print/{id}/decisions"),
        "Decide again",
        if is_fresh || is_taken { "quiet" } else { "" },
    );
    html! {
        section aria-labelledby="files-title" {
            h2 #files-title { "Files" }
            @if is_fresh {
                p { "Everybody in this batch was decided in the last " (FRESH_MINUTES) " minutes. Each download is \
                    recorded, for each person in it." }
                div.row {
                    a class=(if is_taken { "button quiet" } else { "button" }) href={ "/print/" (id) "/pieces.pdf" } {
                        "Download the pieces (PDF)"
                    }
                    a.button.quiet href={ "/print/" (id) "/addresses.csv" } { "Download the addresses (CSV)" }
                    (again)
                }
            } @else {
                p { "The answers are older than " (FRESH_MINUTES) " minutes, and people may have said no since. \
                    Deciding again takes a moment and holds those out." }
                (again)
            }
        }
        @if is_taken { (handing(viewer, view, found)) }
        section aria-labelledby="undo-title" {
            h2 #undo-title { "Undo" }
            p.soft { "Its people wait again, for another batch. Only while nothing was handed over." }
            (post_button(&viewer.csrf, &format!("/print/{id}/undo"), "Undo this batch", "danger"))
        }
    }
}

fn handing(viewer: &Viewer, view: &View, found: &[FieldProblem]) -> Markup {
    html! {
        section aria-labelledby="hand-title" {
            h2 #hand-title { "Hand over" }
            p { "Say it when the printer has the files of revision " (view.stand.revision) ". Then the pieces count \
                as sent, and the files cannot be taken again." }
            form.stacked method="post" action={ "/print/" (view.batch.id) "/handover" } {
                (viewer.csrf.field())
                (hidden("revision", &view.stand.revision.to_string()))
                (Field::date("on", "Handed over on").required().error(problem_of(found, "on")).render())
                button { "Handed to the printer" }
            }
        }
    }
}

fn history(view: &View, names: &Names) -> Markup {
    let events: Vec<Event> = view
        .turns
        .iter()
        .rev()
        .map(|one| Event {
            at: one.at,
            what: html! { (one.turn.label()) " by " (names.of(&one.by)) },
            more: html! {
                p.soft { "Revision " (one.revision) ", " (number(one.n_pieces.into())) " pieces"
                    @if one.turn == Turn::Handed { @if let Some(on) = one.on { ", on " (on) } } }
            },
        })
        .collect();
    html! { h2 { "What happened" } (timeline("What happened to this batch", &events)) }
}

/// `POST`: decides everybody again.
async fn decide_again(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<BatchId>,
    Protected(Empty {}): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::PrintPieces)?;
    let gate = Gate::of(&site);
    let closed = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            print::decide_again(tx, ctx, &gate.deciding(), id)
        })
        .await?;
    Ok(Redirect::to(&format!("/print/{id}?out={}", out(&closed))))
}

/// `GET`: the PDF. Each person in it leaves an entry.
async fn pieces(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<BatchId>,
) -> Result<Response, WebError> {
    file(&site, &viewer, id, File::Pieces).await
}

/// `GET`: the addresses. Each person in it leaves an entry.
async fn addresses(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<BatchId>,
) -> Result<Response, WebError> {
    file(&site, &viewer, id, File::List).await
}

/// A file of a batch, made anew.
pub(crate) async fn file(
    site: &Site,
    viewer: &Viewer,
    id: BatchId,
    file: File,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::PrintPieces)?;
    let gate = Gate::of(site);
    let taken = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            print::take(tx, ctx, &gate.deciding(), id, file)
        })
        .await?;
    let disposition = format!("attachment; filename=\"{}\"", taken.name(file));
    // Thousands of pages are set away from the threads that answer.
    let made = tokio::task::spawn_blocking(move || taken.make(file)).await;
    let bytes = made
        .map_err(|error| WebError::Internal(error.to_string()))?
        .map_err(|error| WebError::Internal(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, file.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

/// What the form for handing over sends.
#[derive(Deserialize)]
struct Handing {
    revision: u32,
    #[serde(default)]
    on: String,
}

/// `POST`: the printer has it.
async fn hand_over(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<BatchId>,
    Protected(form): Protected<Handing>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::PrintPieces)?;
    let on: Option<Date> = form.on.parse().ok();
    let handed = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let on = on.ok_or_else(|| ActError::invalid("on", "give a day"))?;
            print::hand_over(tx, ctx, id, form.revision, on)
        })
        .await;
    match handed {
        Ok(_) => Ok(Redirect::to(&format!("/print/{id}")).into_response()),
        Err(error @ ActError::Invalid(_)) => {
            let (view, names) = site
                .store()
                .read(move |tx| Ok::<_, ActError>((print::view(tx, id)?, Names::load(tx)?)))
                .await?;
            let found = problems(error)?;
            let page = page(&viewer, &site, &view, &names, &Query::default(), &found);
            Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST`: its people wait again.
async fn undo(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<BatchId>,
    Protected(Empty {}): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::PrintPieces)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| print::undo(tx, ctx, id))
        .await?;
    Ok(Redirect::to(&format!("/print/{id}")))
}

/// What the form for a piece that came back sends.
#[derive(Deserialize, Clone, Default)]
struct Back {
    #[serde(default)]
    code: String,
    #[serde(default)]
    why: String,
}

/// `GET`: the form for a piece that came back.
async fn returns(viewer: Viewer, query: Query) -> Markup {
    let effect = query.get("effect").and_then(Effect::find);
    returned_page(&viewer, &Back::default(), effect, &[])
}

fn returned_page(
    viewer: &Viewer,
    form: &Back,
    effect: Option<Effect>,
    found: &[FieldProblem],
) -> Markup {
    let whys = unusable(found);
    let reasons: Vec<Choice> = Returned::ALL
        .iter()
        .map(|why| Choice::new(why.as_str(), why.label(), form.why == why.as_str()))
        .collect();
    let lead =
        "The code stands over the address. Recording it closes the address for every campaign.";
    layout::page(
        viewer,
        Place::Print,
        "A piece came back",
        &html! {
            (crumbs(&[("Print batches", "/print")], "A piece came back"))
            (title("A piece came back", lead, &html! {}))
            @if !whys.is_empty() { (refusal("Not recorded", &whys, "change what is named above")) }
            @if let Some(effect) = effect { (done("Recorded", &html! { p { (effect.label()) "." } })) }
            form.stacked method="post" action="/print/returns" {
                (viewer.csrf.field())
                (Field::text("code", "Code on the piece").value(&form.code).required().max(20)
                    .hint("Such as K7QF2-0042.").error(problem_of(found, "code")).render())
                (radios("why", "Why?", "", problem_of(found, "why"), &reasons))
                button { "Record it" }
            }
        },
    )
}

/// `POST`: a piece came back.
async fn take_back(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Back>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::PrintPieces)?;
    let asked = form.clone();
    let taken = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let why = Returned::find(&asked.why)
                .ok_or_else(|| ActError::invalid("why", "choose why it came back"))?;
            print::returned(tx, ctx, &asked.code, why)
        })
        .await;
    match taken {
        Ok(taken) => {
            let to = format!("/print/returns?effect={}", taken.effect.as_str());
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => {
            let page = returned_page(&viewer, &form, None, &problems(error)?);
            Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
