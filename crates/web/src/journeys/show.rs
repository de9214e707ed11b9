//! One journey: drawn with its counts, what stands against it, who must agree, what was simulated.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::approval::Bench;
use placet_app::journey::trial::{DAYS, Kept, MOST};
use placet_app::journey::{self, Alarm, Registered, StepCount, View};
use placet_app::{ActError, audience, settings};
use placet_domain::audience::cells;
use placet_domain::campaign::Hold;
use placet_domain::id::{JourneyId, OperatorId};
use placet_domain::journey::steps::Steps;
use placet_domain::journey::{APPROVERS, Entry, Outcome, Said, Standing, Version, sends_as};
use placet_domain::operator::{Capability, Role};
use placet_domain::words::words;
use placet_store::{StoreError, campaigns};

use super::{people, picture, standing};
use crate::components::field::{Field, hidden};
use crate::components::notice::{Why, info, refusal, warn};
use crate::components::table::Table;
use crate::components::{
    Tone, confirm_by_number, crumbs, definitions, hash, header, number, pill, quiet_link, time,
};
use crate::content::Names;
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// What the page shows beside the journey itself.
struct Found {
    view: View,
    /// What stands against starting the newest version.
    obstacles: Vec<Why>,
    /// How many are in the audience of the newest version.
    n_audience: Option<u64>,
    /// Messages whose fate nobody knows, by step.
    unknown: Vec<(usize, String, u64)>,
    names: Names,
}

/// `GET`: one journey, by `?version=` one of its versions.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
    query: Query,
) -> Result<Markup, WebError> {
    let chosen = match query.get("version") {
        Some(text) => Some(text.parse().map_err(|_| WebError::NotFound)?),
        None => None,
    };
    let found = find(&site, &viewer, id, chosen).await?;
    let (view, one) = (&found.view, &found.view.journey);
    let actions = html! {
        (quiet_link(&format!("/journeys/{id}/card"), "Card of the logic"))
        @if viewer.can(Capability::EditCampaigns) && one.standing() != Standing::Ended {
            (quiet_link(&format!("/journeys/{id}/edit"), "Write the next version"))
        }
    };
    let lead = view.version.declaration.entry.says();
    Ok(layout::page(
        &viewer,
        Place::Campaigns,
        &one.name,
        &html! {
            (crumbs(&[("Campaigns", "/campaigns"), ("Journeys", "/journeys")], &one.name))
            (header(&one.name, &lead, &actions))
            (stands(view))
            (alarms(&view.alarms))
            (unknown(&viewer, &found.unknown))
            (next(&viewer, &found))
            (drawn(&viewer, view))
            (registered(view, &found.names))
            (simulation(&viewer, view))
            (versions(one, &found.names))
            (hold(&viewer, one, &found.names))
        },
    ))
}

async fn find(
    site: &Site,
    viewer: &Viewer,
    id: JourneyId,
    chosen: Option<u32>,
) -> Result<Found, WebError> {
    let now = site.now();
    let may_start = viewer.can(Capability::LaunchCampaigns);
    let found = site
        .store()
        .read(move |tx| -> Result<_, ActError> {
            let view = journey::view(tx, now, id, chosen)?;
            let (mut obstacles, mut n_audience) = (Vec::new(), None);
            if let Some(version) = view.journey.waiting() {
                let settings = settings::load(tx)?;
                let bench = Bench::read_in(tx, settings.time_zone(), now)?;
                for error in journey::obstacles(tx, &bench, &settings, version)? {
                    obstacles.push(Why::plain(error.to_string()));
                }
                if let (Entry::Audience { filter, .. }, true, true) =
                    (&version.declaration.entry, obstacles.is_empty(), may_start)
                {
                    n_audience = Some(audience::count(tx, filter, now)?);
                }
            }
            let mut unknown = Vec::new();
            for send in view.journey.versions.iter().flat_map(|it| &it.sends) {
                let sender = sends_as(send.id);
                let n = campaigns::tally(tx, sender)?.unknown;
                if n > 0 {
                    unknown.push((send.step, sender.to_string(), n));
                }
            }
            Ok((view, obstacles, n_audience, unknown))
        })
        .await?;
    let names = site.store().read::<_, _, StoreError>(Names::load).await?;
    let (view, obstacles, n_audience, unknown) = found;
    Ok(Found {
        view,
        obstacles,
        n_audience,
        unknown,
        names,
    })
}

/// What keeps people from moving.
fn stands(view: &View) -> Markup {
    let one = &view.journey;
    let is_locked = one.waiting().is_none() && view.contents.iter().any(|it| !it.is_approved());
    html! {
        @match one.standing() {
            Standing::Paused => (warn("Paused", &html! {
                p { "Nobody enters or moves, and nothing leaves, until somebody lets it go on." }
                @if let Some(hold) = one.holds.first().filter(|hold| !hold.reason.is_empty()) { p { (hold.reason) "." } }
            })),
            Standing::Ended => (info("Ended for good", &html! { p { "Everybody is out of it, and nothing leaves." } })),
            Standing::Waits | Standing::AtWork => {}
        }
        @if is_locked && one.standing() == Standing::AtWork {
            (warn("A content may not be sent", &html! { p { "Its messages wait until the content is approved again, or another version of the journey is started." } }))
        }
    }
}

fn alarms(alarms: &[Alarm]) -> Markup {
    html! {
        @for one in alarms {
            (warn("More is refused than before", &html! {
                p {
                    "At step " (one.step + 1) " of version " (one.version) ", "
                    (number(one.day.n_refused)) " of " (number(one.day.n)) " messages were not permitted in the last 24 hours; in the week before, "
                    (number(one.before.n_refused)) " of " (number(one.before.n)) ". The rules stand beside the step below."
                }
            }))
        }
    }
}

fn unknown(viewer: &Viewer, all: &[(usize, String, u64)]) -> Markup {
    html! {
        @for (step, sender, n) in all {
            (warn("Nobody can tell whether some messages left", &html! {
                p {
                    (number(*n)) " of step " (step + 1) ". Their people wait at that step. "
                    @if viewer.can(Capability::ResolveDeliveries) { a href={ "/campaigns/" (sender) "/unknown" } { "Settle them" } }
                    @else { "Compliance settles them." }
                }
            }))
        }
    }
}

/// The next thing to do with the version that waits: simulate, agree, start.
fn next(viewer: &Viewer, found: &Found) -> Markup {
    let Some(version) = found.view.journey.waiting() else {
        return html! {};
    };
    let asked = journey::asked(&viewer.ctx.actor, &found.view.journey);
    let is_next = found.view.journey.counting().is_some();
    html! {
        @if is_next {
            (info("A newer version waits", &html! {
                p { "People go on under the version they entered. Version " (version.version) " lets people in once it is started. " a href={ "/journeys/" (version.journey) "?version=" (version.version) } { "Look at it" } }
            }))
        }
        @if let Some(role) = asked.first() { (word(viewer, version, *role)) }
        @else if found.obstacles.is_empty() { (start(viewer, version, found.n_audience)) }
        @else {
            (refusal(
                &format!("Version {} cannot start", version.version),
                &found.obstacles,
                "whoever is named sees to it; what was simulated and said stands below",
            ))
        }
    }
}

fn word(viewer: &Viewer, version: &Version, role: Role) -> Markup {
    html! {
        section.card aria-labelledby="word-title" {
            h2 id="word-title" { "Your word on version " (version.version) ", as " (role.label()) }
            form.stacked method="post" action={ "/journeys/" (version.journey) "/say" } {
                (viewer.csrf.field())
                (hidden("version", &version.id.to_string()))
                (hidden("role", role.as_str()))
                p { "By approving you answer for this logic: whom it chooses and by what, what it sends them and when. It binds to the steps and to every content as they are now." }
                (Field::text("note", "Note").max(1000).hint("Needed when you send it back.").render())
                p.actions {
                    button name="said" value="approve" { "Approve" }
                    " "
                    button.quiet name="said" value="return" { "Send it back" }
                }
            }
        }
    }
}

fn start(viewer: &Viewer, version: &Version, n_audience: Option<u64>) -> Markup {
    let action = format!("/journeys/{}/start?version={}", version.journey, version.id);
    let sees_small = viewer.can(Capability::ViewSmallCells);
    let may = viewer.can(Capability::LaunchCampaigns);
    html! {
        @match n_audience {
            _ if !may => (info("It may start", &html! { p { "Everybody who must has agreed to version " (version.version) ". Marketing starts it." } })),
            Some(n) if n < cells::SMALL && !sees_small => (warn("Too few people", &html! {
                p { "Fewer than " (cells::SMALL) " people are in its audience: choose a wider one, or ask somebody who may see small groups." }
            })),
            Some(n) => (confirm_by_number(&viewer.csrf, &action, if sees_small { n } else { cells::rounded(n) }, ("So many people enter when it starts. The gate decides each message to each of them.", "Start it"), ("", ""))),
            None => {
                section.card aria-labelledby="start-title" {
                    h2 id="start-title" { "Start version " (version.version) }
                    form method="post" action=(action) {
                        (viewer.csrf.field())
                        p { "From now on whoever it happens to enters. It pauses by itself after " (number(version.declaration.most_per_day.into())) " a day." }
                        button { "Start it" }
                    }
                }
            }
        }
    }
}

fn drawn(viewer: &Viewer, view: &View) -> Markup {
    let sees_small = viewer.can(Capability::ViewSmallCells);
    let counts = &view.counts;
    let inside: u64 = counts.steps.iter().map(|step| step.n_here).sum();
    html! {
        h2 { "The way" }
        p.soft {
            "Version " (view.version.version) ". "
            @if view.version.start.is_some() {
                (people(counts.n_entered, sees_small)) " entered, " (people(inside, sees_small)) " are in it now"
                @for (why, n) in &counts.over { ", " (people(*n, sees_small)) ": " (why.label().to_lowercase()) }
                "."
            } @else { "Nobody entered it yet." }
        }
        figure.chart {
            figcaption { "The steps, and how many came where" }
            div.scroll role="region" aria-label="Picture of the journey" tabindex="0" { (picture::draw(&view.steps, &counts.steps, sees_small)) }
        }
        (steps_table("Each step in words", &view.steps, &counts.steps, sees_small))
    }
}

/// The twin of the picture in words: steps, ways, counts, rules.
fn steps_table(caption: &str, steps: &Steps, counts: &[StepCount], sees_small: bool) -> Markup {
    let rows = steps.iter().enumerate().map(|(place, step)| {
        let ways = steps.ways(place);
        let count = counts.get(place).cloned().unwrap_or_default();
        html! {
            th scope="row" { (place + 1) ". " (step.says()) }
            td {
                @for (n, way) in ways.iter().enumerate() {
                    @if n > 0 { "; " }
                    @if !way.when.is_empty() { (way.when) ": " }
                    "step " (way.to + 1)
                }
                @if ways.is_empty() { "the end" }
            }
            td.number { (people(count.n_reached(), sees_small)) }
            td.number { (people(count.n_here, sees_small)) }
            td { (outcomes(&count, sees_small)) }
        }
    });
    Table::new(caption)
        .column("Step")
        .column("Then")
        .number("Came")
        .number("Here now")
        .column("What it came to")
        .rows(rows)
        .render(&Query::default())
}

fn outcomes(count: &StepCount, sees_small: bool) -> Markup {
    let plain =
        |outcome: &Outcome| matches!(outcome, Outcome::Waited | Outcome::Went | Outcome::Dealt);
    let all = count.outcomes.iter().filter(|(outcome, _)| !plain(outcome));
    let says: Vec<String> = all
        .map(|(outcome, n)| format!("{}: {}", outcome.label(), people(*n, sees_small)))
        .collect();
    html! {
        (says.join("; "))
        @if !count.rules.is_empty() {
            ul.plain {
                @for one in &count.rules { li { code { (one.rule) } ": " (people(one.n, sees_small)) } }
            }
        }
    }
}

fn registered(view: &View, names: &Names) -> Markup {
    let it = &view.version.declaration;
    let mut rows = vec![
        ("Stands at", standing(&view.journey)),
        ("Enters", html! { (it.entry.says()) }),
        ("Purpose", html! { (words(&it.purpose)) }),
        ("Why it may be done", html! { (it.rationale) }),
        ("Who answers for it", html! { (it.owner) }),
        (
            "At most",
            html! { (number(it.most_per_day.into())) " enter in 24 hours; then it pauses by itself" },
        ),
    ];
    if !it.sender.is_empty() {
        rows.push(("From", html! { (it.sender_name) " <" (it.sender) ">" }));
    }
    for role in APPROVERS {
        let said = html! {
            @match view.version.word(role) {
                None => (pill(Tone::Warn, "Has not spoken")),
                Some(word) => {
                    (pill(if word.said == Said::Approve { Tone::Good } else { Tone::Bad }, word.said.label())) " by " (name(names, word.by)) ", " (time(word.at))
                    @if !word.note.is_empty() { ". \u{201c}" (word.note) "\u{201d}" }
                }
            }
        };
        rows.push((role.label(), said));
    }
    html! {
        h2 { "What is registered" }
        (definitions(&rows))
    }
}

fn simulation(viewer: &Viewer, view: &View) -> Markup {
    let Some(newest) = view.journey.newest() else {
        return html! {};
    };
    html! {
        section #simulation aria-labelledby="simulation-title" {
            h2 id="simulation-title" { "Simulation" }
            p {
                "How people would have gone through version " (newest.version) ", by the data that are held and the same gate. Events count for the last " (DAYS)
                " days. Nobody waits, nobody answers and every task is done; nothing is sent."
            }
            @if let Some(kept) = &view.trial { (trial(viewer, newest, kept)) }
            @else { p.soft { "Not simulated yet. Nobody can agree to it before." } }
            form method="post" action={ "/journeys/" (newest.journey) "/simulate" } {
                (viewer.csrf.field())
                button.quiet { @if view.trial.is_some() { "Simulate it again" } @else { "Simulate it" } }
            }
        }
    }
}

fn trial(viewer: &Viewer, newest: &Version, kept: &Kept) -> Markup {
    let sees_small = viewer.can(Capability::ViewSmallCells);
    let Some(steps) = newest.declaration.read() else {
        return html! {};
    };
    html! {
        p {
            (time(kept.at)) ": " (people(kept.trial.n_people, sees_small)) " people would have entered"
            @if kept.trial.is_cut { "; only the first " (number(MOST as u64)) " were asked about" }
            "."
        }
        (steps_table("What each step would have come to", &steps, &kept.trial.steps, sees_small))
    }
}

fn versions(one: &Registered, names: &Names) -> Markup {
    html! {
        h2 { "Versions" }
        ol.plain reversed {
            @for version in &one.versions {
                li {
                    p {
                        a href={ "/journeys/" (one.id) "?version=" (version.version) } { "Version " (version.version) }
                        ", written by "
                        (version.written_by.map_or_else(|| "the command line".to_owned(), |id| name(names, id)))
                        ", " (time(version.written_at)) ". "
                        @match &version.start {
                            Some(start) => {
                                "Started "
                                @if let Some(by) = start.by { "by " (name(names, by)) ", " }
                                (time(start.at)) "."
                            }
                            None => "Not started.",
                        }
                    }
                    p.soft { "SHA-256 " (hash(&placet_ledger::to_hex(&version.hash))) }
                }
            }
        }
    }
}

fn name(names: &Names, id: OperatorId) -> String {
    names.of(&id.to_string()).to_owned()
}

/// What was held, and the buttons for whoever may.
fn hold(viewer: &Viewer, one: &Registered, names: &Names) -> Markup {
    let id = one.id;
    let (act, label, class) = match one.standing() {
        Standing::AtWork => ("pause", "Pause it now", "danger"),
        Standing::Paused => ("resume", "Let it go on", ""),
        Standing::Waits | Standing::Ended => ("", "", ""),
    };
    html! {
        @if !one.holds.is_empty() {
            h2 { "Pauses" }
            ul.plain {
                @for hold in &one.holds {
                    li {
                        (match hold.kind { Hold::Stopped => "Paused", Hold::Resumed => "Resumed", Hold::Ended => "Ended" })
                        " by " (names.of(&hold.by)) ", " (time(hold.at))
                        @if !hold.reason.is_empty() { ": \u{201c}" (hold.reason) "\u{201d}" }
                    }
                }
            }
        }
        @if viewer.can(Capability::StopCampaigns) && one.standing() != Standing::Ended {
            h2 { "Hold it" }
            @if !act.is_empty() {
                form.stacked method="post" action={ "/journeys/" (id) "/" (act) } {
                    (viewer.csrf.field())
                    (Field::text("reason", "Why?").max(500).render())
                    button class=(class) { (label) }
                }
            }
            details {
                summary { "End it for good" }
                form.stacked method="post" action={ "/journeys/" (id) "/end" } {
                    (viewer.csrf.field())
                    p { "Everybody who is in it is out, and what waits never leaves." }
                    (Field::text("why", "Why is it ended?").max(500).render())
                    button.danger { "End it" }
                }
            }
        }
    }
}
