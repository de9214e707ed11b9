//! Today: what waits for me, the oldest first, and what stands in the way of sending.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::today::{self, About, Open, Today, Waiting, What};
use placet_domain::campaign::Progress;
use placet_domain::operator::Capability;
use placet_domain::time::Date;

use crate::components::notice::warn;
use crate::components::table::Table;
use crate::components::{
    Tone, button_link, day, empty, header, number, pill, progress, quiet_link, tile, time,
};
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::settings;
use crate::site::Site;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new().get("/", Rule::Needs(Capability::ViewToday), show)
}

/// `GET`: what waits.
async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let actor = viewer.ctx.actor.clone();
    let now = site.now();
    let today = site
        .store()
        .read(move |tx| today::find(tx, &actor, now))
        .await?;
    let on = now.to_zoned(today.settings.time_zone()).date();
    let lead = format!("{}, {}", viewer.name, on.strftime("%A, %-d %B %Y"));
    Ok(layout::page(
        &viewer,
        Place::Today,
        "Today",
        &html! {
            (header("Today", &lead, &html! {}))
            (obstacles(&viewer, &today))
            (tiles(&viewer, &today))
            (crate::content::alerts::part(&today))
            (journeys(&today))
            (left_open(&today))
            (reviews(&viewer, &today, on))
            (asks(&today))
            (begun(&today))
            (unknown(&viewer, &today))
            (running(&viewer, &today))
            (finished(&today))
            (next_steps(&viewer, &today))
        },
    ))
}

/// What keeps messages from leaving, for those who can do something about it or wait for it.
fn obstacles(viewer: &Viewer, today: &Today) -> Markup {
    let cares = viewer.can(Capability::ViewSettings) || viewer.can(Capability::LaunchCampaigns);
    let may_edit = viewer.can(Capability::EditSettings);
    html! {
        @if cares {
            (settings::missing(&today.settings))
            @if today.settings.is_armed_elsewhere {
                (settings::sending::copy())
            } @else if !today.settings.is_armed {
                (warn("Sending is disarmed", &html! {
                    p { "Campaigns can be prepared and launched; their messages wait." }
                    @if may_edit { p { a href="/settings/sending" { "Look at sending" } } }
                    @else { p { "IT or an administrator arms it under Settings." } }
                }))
            }
        }
    }
}

fn tiles(viewer: &Viewer, today: &Today) -> Markup {
    let n_running = today
        .campaigns
        .iter()
        .filter(|it| it.progress == Progress::Sending)
        .count();
    let n_of = |n: usize, one: &str, many: &str, href: &str| {
        tile(&number(n as u64), if n == 1 { one } else { many }, href)
    };
    let here = |n: u64, part: &'static str, else_: &'static str| if n == 0 { else_ } else { part };
    let n_reviews = today.reviews.len();
    html! {
        div.grid {
            @if viewer.can(Capability::ApproveContent) {
                (n_of(n_reviews, "review waits for you", "reviews wait for you",
                    here(n_reviews as u64, "#reviews", "/content")))
            }
            @if !today.asks.is_empty() {
                (n_of(today.asks.len(), "other thing waits for your word", "other things wait for your word", "#asks"))
            }
            @if today.n_tasks > 0 {
                (tile(&number(today.n_tasks), if today.n_tasks == 1 { "task of a journey is yours" } else { "tasks of journeys are yours" }, "/tasks"))
            }
            @if let Some(n) = today.n_calls.filter(|n| *n > 0) {
                (n_of(n, "person is to be called now", "people are to be called now", "/calls"))
            }
            @if !today.begun.is_empty() {
                (n_of(today.begun.len(), "begun and yours to go on with", "begun and yours to go on with", "#begun"))
            }
            @if viewer.can(Capability::ViewCampaigns) {
                (n_of(n_running, "campaign is being sent", "campaigns are being sent", "/campaigns"))
                (tile(&number(today.n_unknown()), "deliveries with unknown outcome",
                    here(today.n_unknown(), "#unknown", "/campaigns")))
            }
            @if let Some(n_entries) = today.n_entries {
                (tile(&number(n_entries), "entries in the ledger", "/ledger"))
            }
        }
    }
}

fn reviews(viewer: &Viewer, today: &Today, on: Date) -> Markup {
    let rows = today.reviews.iter().map(|waiting| review(waiting, on));
    let table = Table::new("What waits for your verdict, the nearest deadline first")
        .column("Content")
        .column("Tier")
        .column("You judge as")
        .column("Waits")
        .column("Due")
        .rows(rows)
        .render(&Query::default());
    html! {
        @if viewer.can(Capability::ApproveContent) && !today.reviews.is_empty() {
            section #reviews aria-labelledby="reviews-title" {
                h2 id="reviews-title" { "Reviews" }
                (table)
            }
        }
    }
}

fn review(waiting: &Waiting, on: Date) -> Markup {
    html! {
        th scope="row" {
            a href={ "/versions/" (waiting.content.latest.id) } {
                (waiting.content.name) ", version " (waiting.content.latest.number)
            }
        }
        td { (waiting.tier.label()) }
        td { (waiting.role.label()) }
        td { (crate::content::alerts::working_days(waiting.n_days)) }
        td {
            (day(waiting.due_on)) " "
            @if waiting.due_on < on { (pill(Tone::Bad, "Overdue")) }
            @else if waiting.due_on == on { (pill(Tone::Warn, "Today")) }
        }
    }
}

fn unknown(viewer: &Viewer, today: &Today) -> Markup {
    let with_unknown: Vec<&Open> = today
        .campaigns
        .iter()
        .filter(|it| it.tally.unknown > 0)
        .collect();
    html! {
        @if viewer.can(Capability::ViewCampaigns) && !with_unknown.is_empty() {
            section #unknown aria-labelledby="unknown-title" {
                h2 id="unknown-title" { "Unknown deliveries" }
                p { "The connection broke at a point where nobody can tell whether the mail left. They are not sent again unless somebody decides so." }
                ul {
                    @for it in with_unknown {
                        li {
                            a href=(unknown_href(viewer, it)) { (it.name) }
                            ": " (number(it.tally.unknown))
                        }
                    }
                }
            }
        }
    }
}

/// The list of those deliveries for whoever may settle them, else the campaign.
fn unknown_href(viewer: &Viewer, it: &Open) -> String {
    if viewer.can(Capability::ResolveDeliveries) {
        format!("/campaigns/{}/unknown", it.id)
    } else {
        format!("/campaigns/{}", it.id)
    }
}

fn running(viewer: &Viewer, today: &Today) -> Markup {
    let open = |it: &&Open| matches!(it.progress, Progress::Sending | Progress::Stopped);
    let running: Vec<&Open> = today.campaigns.iter().filter(open).collect();
    html! {
        @if viewer.can(Capability::ViewCampaigns) && !running.is_empty() {
            h2 { "Campaigns under way" }
            @for it in running {
                div.card {
                    h3 { a href={ "/campaigns/" (it.id) } { (it.name) } }
                    @if it.progress == Progress::Stopped { p { (pill(Tone::Warn, "Stopped")) } }
                    (progress(&format!("Sent, of {}", it.name), it.tally.sent, n_all(it)))
                }
            }
        }
    }
}

fn n_all(it: &Open) -> u64 {
    let tally = &it.tally;
    tally.pending
        + tally.batched
        + tally.calling
        + tally.claimed
        + tally.sent
        + tally.failed
        + tally.refused
        + tally.unknown
}

/// Calls that somebody opened and never closed.
fn left_open(today: &Today) -> Markup {
    html! {
        @if !today.left_open.is_empty() {
            (warn("Opened by a caller, and not closed", &html! {
                ul {
                    @for (id, name, n) in &today.left_open {
                        li { a href={ "/campaigns/" (id) "/calls" } { (name) } ": " (number(*n as u64)) ", for more than an hour" }
                    }
                }
            }))
        }
    }
}

/// What journeys refuse more than before.
fn journeys(today: &Today) -> Markup {
    html! {
        @if !today.alarms.is_empty() {
            (warn("More is refused than before", &html! {
                ul {
                    @for one in &today.alarms {
                        li {
                            a href={ "/journeys/" (one.journey) } { (one.name) }
                            ": " (number(one.day.n_refused)) " of " (number(one.day.n)) " messages of step " (one.step + 1)
                            " were not permitted in the last 24 hours; in the week before, "
                            (number(one.before.n_refused)) " of " (number(one.before.n)) "."
                        }
                    }
                }
            }))
        }
    }
}

/// What else asks for this operator's word: classifications, flows, triggers, journeys, claims.
fn asks(today: &Today) -> Markup {
    let rows = today.asks.iter().map(|ask| {
        let (href, what, next) = match ask.about {
            About::Classification(id) => (
                format!("/data/sources/{id}"),
                "Classes of a source's elements",
                html! { "Read and sign them" },
            ),
            About::Flow(id) => (
                format!("/data/flows/{id}"),
                "Data flow",
                html! { "Agree to it for your side" },
            ),
            About::Trigger(id) => (
                format!("/triggers/{id}"),
                "Trigger",
                html! { "Read it and approve it" },
            ),
            About::Journey(id, role) => (
                format!("/journeys/{id}"),
                "Journey",
                html! { "Say as " (role.label()) " whether it may run" },
            ),
            About::Claim(id, role) => (
                format!("/content/claims/{id}"),
                "Claim",
                html! { "Judge it as " (role.label()) },
            ),
            About::Fetch(id) => (
                format!("/data/fetches/{id}"),
                "Fetch from a FHIR server",
                html! { "It failed: read why, and fetch again" },
            ),
        };
        html! {
            th scope="row" { a href=(href) { (ask.name) } }
            td { (what) }
            td { (next) }
            td { (time(ask.since)) }
        }
    });
    let table = Table::new("What else waits for your word, the oldest first")
        .column("Name")
        .column("What")
        .column("Next step")
        .column("Since")
        .rows(rows)
        .render(&Query::default());
    html! {
        @if !today.asks.is_empty() {
            section #asks aria-labelledby="asks-title" {
                h2 id="asks-title" { "Your word is asked" }
                (table)
            }
        }
    }
}

/// Texts and campaigns that this operator can go on with, each with its next step.
fn begun(today: &Today) -> Markup {
    let rows = today.begun.iter().map(|one| {
        let (href, state, next) = match one.what {
            What::Draft(id) => (
                format!("/content/{id}"),
                html! { (pill(Tone::Neutral, "Draft")) },
                "Hand it in for review",
            ),
            What::Returned(id, by) => (
                format!("/content/{id}"),
                html! { (pill(Tone::Warn, "Sent back")) " by " (by.label()) },
                "Read why, and save a new version",
            ),
            What::Expired(id, on) => (
                format!("/content/{id}"),
                html! { (pill(Tone::Warn, "Approval ended")) " " (day(on)) },
                "Have it confirmed, or write it anew",
            ),
            What::Campaign(id) => (
                format!("/campaigns/{id}"),
                html! { (pill(Tone::Neutral, "Not launched")) },
                "See who would get it, and launch it",
            ),
        };
        html! {
            th scope="row" { a href=(href) { (one.name) } }
            td { @if matches!(one.what, What::Campaign(_)) { "Campaign" } @else { "Content" } }
            td { (state) }
            td { (next) }
            td { (time(one.since)) }
        }
    });
    let table = Table::new("What you have begun, the newest first")
        .column("Name")
        .column("What")
        .column("Stands at")
        .column("Next step")
        .column("Saved")
        .rows(rows)
        .render(&Query::default());
    html! {
        @if !today.begun.is_empty() {
            section #begun aria-labelledby="begun-title" {
                h2 id="begun-title" { "Yours to go on with" }
                (table)
            }
        }
    }
}

/// How the last campaigns ended.
fn finished(today: &Today) -> Markup {
    let rows = today.finished.iter().map(|one| {
        let tally = &one.tally;
        html! {
            th scope="row" { a href={ "/campaigns/" (one.campaign.id) } { (one.campaign.brief.name) } }
            td { @if let Some(launch) = &one.launch { (time(launch.launched_at)) } }
            td.number { (number(tally.sent)) }
            td.number { (number(tally.refused)) }
            td.number { (number(tally.failed)) }
        }
    });
    let table = Table::new("The last campaigns that came to their end, newest first")
        .column("Campaign")
        .column("Launched")
        .number("Sent")
        .number("Stopped by the gate")
        .number("Refused by the carrier")
        .rows(rows)
        .render(&Query::default());
    html! {
        @if !today.finished.is_empty() {
            section #finished aria-labelledby="finished-title" {
                h2 id="finished-title" { "Lately finished" }
                (table)
            }
        }
    }
}

/// For an operator for whom nothing waits: where their work begins.
fn next_steps(viewer: &Viewer, today: &Today) -> Markup {
    let waits = !today.reviews.is_empty()
        || !today.asks.is_empty()
        || !today.campaigns.is_empty()
        || !today.alerts.is_empty()
        || !today.begun.is_empty()
        || today.n_calls.is_some_and(|n| n > 0);
    let step = if viewer.can(Capability::WriteContent) {
        Some((
            "/content/new",
            "Write content",
            "A campaign starts with a text that somebody else approves.",
        ))
    } else if viewer.can(Capability::ManageOperators) {
        Some((
            "/settings/operators",
            "Add operators",
            "Give each person a role of their own.",
        ))
    } else if viewer.can(Capability::ViewPeople) {
        Some((
            "/people",
            "Find a person",
            "See what is held of them and what may be sent.",
        ))
    } else if viewer.can(Capability::MakeCalls) {
        Some((
            "/calls",
            "Open the call lists",
            "People are called from there, one at a time.",
        ))
    } else if viewer.can(Capability::ViewLedger) {
        Some((
            "/ledger",
            "Open the ledger",
            "Every act stands there with its proof.",
        ))
    } else if viewer.can(Capability::ViewSettings) {
        Some((
            "/settings",
            "Look at the settings",
            "Say who carries your mail.",
        ))
    } else {
        None
    };
    html! {
        @if let Some((href, label, says)) = step.filter(|_| !waits) {
            (empty("Nothing waits for you", says, &if viewer.can(Capability::WriteContent) {
                button_link(href, label)
            } else {
                quiet_link(href, label)
            }))
        }
    }
}
