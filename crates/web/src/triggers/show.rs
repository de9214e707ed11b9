//! One trigger: what is registered of it, compliance's word, what became of its events.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::trigger::{self, Registered, View};
use placet_domain::campaign::Hold;
use placet_domain::delivery::State as Stand;
use placet_domain::id::{OperatorId, TriggerId, VersionId};
use placet_domain::operator::Capability;
use placet_domain::trigger::{Standing, Version, sends_as};
use placet_domain::words::words;
use placet_store::StoreError;
use placet_store::trigger_fires::Held;

use super::standing;
use crate::components::field::{Field, hidden};
use crate::components::notice::{info, warn};
use crate::components::table::Table;
use crate::components::{
    Tone, crumbs, definitions, hash, header, number, pill, quiet_link, tile, time,
};
use crate::content::Names;
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// How many events the page shows.
const SHOWN: u32 = 20;

/// `GET`: one trigger.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TriggerId>,
) -> Result<Markup, WebError> {
    let now = site.now();
    let view = site
        .store()
        .read(move |tx| trigger::view(tx, now, id, SHOWN))
        .await?;
    let names = site.store().read::<_, _, StoreError>(Names::load).await?;
    let one = &view.trigger;
    let Some(newest) = one.newest() else {
        return Err(WebError::NotFound);
    };
    let shown = one.counting().unwrap_or(newest);
    let edit = html! {
        @if viewer.can(Capability::EditCampaigns) && one.standing() != Standing::Ended {
            (quiet_link(&format!("/triggers/{id}/edit"), "Write the next version"))
        }
    };
    Ok(layout::page(
        &viewer,
        Place::Campaigns,
        &one.name,
        &html! {
            (crumbs(&[("Campaigns", "/campaigns"), ("Triggers", "/triggers")], &one.name))
            (header(&one.name, shown.declaration.event.label(), &edit))
            (blocked(&view))
            (to_approve(&viewer, &view, newest))
            (counts(&viewer, &view))
            (declared(&viewer, &view, shown, &names))
            (dry_run(&viewer, newest))
            (fires(&viewer, &view.latest))
            (versions(&view, &names))
            (hold(&viewer, one, &names))
        },
    ))
}

/// What keeps it from firing, and what would change it.
fn blocked(view: &View) -> Markup {
    let one = &view.trigger;
    let content = view.counting.as_ref().unwrap_or(&view.newest);
    let is_locked = one.standing() == Standing::AtWork && !content.is_approved();
    html! {
        @match one.standing() {
            Standing::Waits => (warn("It cannot fire", &html! { p { "Somebody of compliance approves it first, by name; whoever wrote it cannot." } })),
            Standing::Paused => (warn("Paused", &html! {
                p { "Nothing leaves. What happens meanwhile is taken note of, and goes out when it is resumed, unless it is too late by then." }
                @if let Some(hold) = one.holds.first().filter(|hold| !hold.reason.is_empty()) { p { (hold.reason) "." } }
            })),
            Standing::Ended => (info("Ended for good", &html! { p { "It never fires again." } })),
            Standing::AtWork => {}
        }
        @if is_locked {
            (warn("Its content may not be sent", &html! {
                p { "It stands at \u{201c}" (content.standing.label()) "\u{201d}. Its messages wait until the content is approved, or another version of the trigger is." }
            }))
        }
    }
}

fn to_approve(viewer: &Viewer, view: &View, newest: &Version) -> Markup {
    let Some(version) = view.trigger.waiting() else {
        return html! {};
    };
    let is_next = view.trigger.counting().is_some();
    html! {
        @if !view.newest.is_approved() && viewer.can(Capability::ApproveTriggers) {
            (info("Its content comes first", &html! {
                p {
                    (content_link(viewer, newest.declaration.content, &view.content_name))
                    " stands at \u{201c}" (view.newest.standing.label()) "\u{201d}: once every required role has approved it, the trigger can be."
                }
            }))
        } @else if trigger::may_approve(&viewer.ctx.actor, version) {
            section.card aria-labelledby="approve-title" {
                h2 id="approve-title" { "Approve version " (version.version) }
                @if is_next { (asked(viewer, version)) }
                form.stacked method="post" action={ "/triggers/" (version.trigger) "/approve" } {
                    (viewer.csrf.field())
                    (hidden("version", &version.id.to_string()))
                    p { "By approving you answer for this: that these data may be used for this message, and that it confirms nothing it should not. It fires from then on." }
                    (Field::text("note", "Note").max(1000).render())
                    button { "Approve" }
                }
            }
        } @else if is_next {
            (info("A newer version waits", &html! {
                p { "Version " (version.version) " counts once compliance has approved it. Until then the one before does." }
                (asked(viewer, version))
            }))
        }
    }
}

/// A version of a text by name, as a link for whoever may open it.
fn content_link(viewer: &Viewer, id: VersionId, words: &str) -> Markup {
    html! {
        @if viewer.can(Capability::ViewContent) { a href={ "/versions/" (id) } { (words) } }
        @else { (words) }
    }
}

/// What a version that waits asks for.
fn asked(viewer: &Viewer, version: &Version) -> Markup {
    let it = &version.declaration;
    html! {
        p {
            (it.event.label()) "; " (it.event.wait_label().to_lowercase())
            @if it.wait.minutes > 0 { ", " (it.wait) }
            "; " (content_link(viewer, it.content, "its content"))
            "; at most " (number(it.most_per_day.into())) " a day. \u{201c}" (it.rationale) "\u{201d}"
        }
    }
}

fn counts(viewer: &Viewer, view: &View) -> Markup {
    let (id, fires) = (view.trigger.id, &view.fires);
    let refused = if viewer.can(Capability::ViewPeople) {
        format!("/triggers/{id}/refused")
    } else {
        "#events".to_owned()
    };
    html! {
        @if view.trigger.counting().is_some() {
            div.grid {
                (tile(&number(fires.n_waiting), "wait for their time", "#events"))
                (tile(&number(fires.tally.pending + fires.tally.claimed), "on their way", "#events"))
                (tile(&number(fires.tally.sent), "sent", "#events"))
                (tile(&number(fires.tally.refused), "not permitted", &refused))
                @if fires.tally.failed > 0 { (tile(&number(fires.tally.failed), "failed", "#events")) }
                @if fires.tally.unknown > 0 {
                    (tile(&number(fires.tally.unknown), "outcome unknown", &unknown(viewer, id)))
                }
            }
        }
    }
}

fn unknown(viewer: &Viewer, id: TriggerId) -> String {
    if viewer.can(Capability::ResolveDeliveries) {
        format!("/campaigns/{}/unknown", sends_as(id))
    } else {
        "#events".to_owned()
    }
}

fn declared(viewer: &Viewer, view: &View, version: &Version, names: &Names) -> Markup {
    let it = &version.declaration;
    let newest = view.trigger.newest();
    let content = match newest.is_some_and(|newest| newest.declaration.content == it.content) {
        true => view.content_name.as_str(),
        false => "Version that it sends",
    };
    let mut rows = vec![
        ("Stands at", standing(&view.trigger)),
        (
            "Leaves",
            html! { (it.event.wait_label()) @if it.wait.minutes > 0 { ": " (it.wait) } },
        ),
        ("By", html! { (version.channel.label()) }),
        ("Data from", html! { code { (it.source) } }),
        ("Content", content_link(viewer, it.content, content)),
        ("Purpose", html! { (words(&it.purpose)) }),
        ("Why it may be done", html! { (it.rationale) }),
        ("Who answers for it", html! { (it.owner) }),
        (
            "At most",
            html! { (number(it.most_per_day.into())) " in 24 hours; then it pauses by itself" },
        ),
        (
            "May carry",
            html! { (it.event.may_carry_says()) ", and nothing else" },
        ),
    ];
    if !it.sender.is_empty() {
        rows.push(("From", html! { (it.sender_name) " <" (it.sender) ">" }));
    }
    rows.push((
        "Compliance",
        html! {
            @match &version.approval {
                None => (pill(Tone::Warn, "Not approved")),
                Some(word) => {
                    "approved by " (name(names, word.by)) ", " (time(word.at))
                    @if !word.note.is_empty() { ". \u{201c}" (word.note) "\u{201d}" }
                }
            }
        },
    ));
    html! {
        h2 { "What is registered" }
        (definitions(&rows))
    }
}

fn dry_run(viewer: &Viewer, newest: &Version) -> Markup {
    html! {
        h2 { "Dry run" }
        p { "Who would have got version " (newest.version) " over the last 30 days, counted by rule. Nothing is sent." }
        form method="post" action={ "/triggers/" (newest.trigger) "/dry-run" } {
            (viewer.csrf.field())
            button.quiet { "Try it" }
        }
    }
}

fn fires(viewer: &Viewer, latest: &[Held]) -> Markup {
    let may_see = viewer.can(Capability::ViewPeople);
    let rows = latest.iter().map(|one| {
        html! {
            th scope="row" { (time(one.noted_at)) }
            td { (one.fire.event.label()) }
            td { @if one.fire.due_at.as_second() > 0 { (time(one.fire.due_at)) } @else { "now" } }
            td { (outcome(one)) }
            @if may_see { td { a href={ "/people/" (one.fire.person) } { "Person" } } }
        }
    });
    let mut table = Table::new("Events, newest first")
        .column("Noted")
        .column("What happened")
        .column("Due")
        .column("What became of it");
    if may_see {
        table = table.column("Who");
    }
    html! {
        section #events aria-labelledby="events-title" {
            h2 id="events-title" { "Events" }
            @if latest.is_empty() {
                p.soft { "Nothing has happened yet that it answers." }
            } @else {
                (table.rows(rows).render(&Query::default()))
            }
        }
    }
}

fn outcome(one: &Held) -> Markup {
    match (&one.delivery, one.why) {
        (Some((state, _)), _) => {
            let tone = match state {
                Stand::Sent => Tone::Good,
                Stand::Failed | Stand::Refused | Stand::Unknown => Tone::Warn,
                Stand::Pending | Stand::Batched | Stand::Calling | Stand::Claimed => Tone::Info,
            };
            pill(tone, state.label())
        }
        (None, Some(why)) => html! { (pill(Tone::Neutral, one.state.label())) " " (why.label()) },
        (None, None) => pill(Tone::Info, one.state.label()),
    }
}

fn versions(view: &View, names: &Names) -> Markup {
    html! {
        h2 { "Versions" }
        ol.plain reversed {
            @for version in &view.trigger.versions {
                li {
                    p {
                        "Version " (version.version) ", written by "
                        (version.written_by.map_or_else(|| "the command line".to_owned(), |id| name(names, id)))
                        ", " (time(version.written_at)) ". "
                        @match &version.approval {
                            Some(word) => { "Approved by " (name(names, word.by)) ", " (time(word.at)) "." }
                            None => "Not approved.",
                        }
                    }
                    p.soft { (version.declaration.event.label()) ", " (version.declaration.wait) ". SHA-256 " (hash(&placet_ledger::to_hex(&version.hash))) }
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
                form.stacked method="post" action={ "/triggers/" (id) "/" (act) } {
                    (viewer.csrf.field())
                    (Field::text("reason", "Why?").max(500).render())
                    button class=(class) { (label) }
                }
            }
            details {
                summary { "End it for good" }
                form.stacked method="post" action={ "/triggers/" (id) "/end" } {
                    (viewer.csrf.field())
                    p { "What waits never leaves, and the trigger cannot be approved again." }
                    (Field::text("why", "Why is it ended?").max(500).render())
                    button.danger { "End it" }
                }
            }
        }
    }
}
