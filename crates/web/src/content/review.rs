//! Handing in and judging, and the part of the page that shows who must approve and why.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::ActError;
use placet_app::approval::{self, Bench, Reviewed, condition};
use placet_domain::content::Draft;
use placet_domain::content::finding::{self, Effect, Finding};
use placet_domain::id::VersionId;
use placet_domain::operator::{Capability, Role};
use placet_domain::review::condition::Demand;
use placet_domain::review::{Standing, Verdict};
use serde::Deserialize;

use super::{Names, short};
use crate::components::field::{Choice, Field, radios, select};
use crate::components::{Event, Tone, day, definitions, pill, post_button, timeline};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

/// `POST`: hands a version in.
pub async fn submit(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<VersionId>,
    Protected(Empty {}): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::WriteContent)?;
    let engine = site.engine().clone();
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            approval::submit(tx, ctx, &engine, id)
        })
        .await?;
    Ok(Redirect::to(&format!("/versions/{id}")))
}

/// What the form for a verdict sends.
#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    role: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    demand: String,
    #[serde(default)]
    words: String,
}

/// `POST`: gives a verdict.
pub async fn judge(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<VersionId>,
    Protected(form): Protected<Form>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ApproveContent)?;
    let malformed = |what: &str| WebError::Malformed(format!("choose a {what}"));
    let role = Role::find(&form.role).ok_or_else(|| malformed("role"))?;
    let verdict = Verdict::find(&form.verdict).ok_or_else(|| malformed("verdict"))?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let standing = approval::judge(tx, ctx, id, role, verdict, &form.note)?;
            if let (Some(demand), Verdict::Approve) = (Demand::find(&form.demand), verdict) {
                condition::set(tx, ctx, id, role, demand, &form.words)?;
            }
            Ok::<_, ActError>(standing)
        })
        .await?;
    Ok(Redirect::to(&format!("/versions/{id}")))
}

/// Who must approve, what was said, and what the viewer can do about it.
pub fn part(
    viewer: &Viewer,
    reviewed: &Reviewed,
    names: &Names,
    authors: &[String],
    bench: &Bench,
) -> Markup {
    let tier = reviewed.tier();
    let row = bench.table.row(tier);
    html! {
        section aria-labelledby="review-title" {
            h2 #review-title { "Review" }
            (definitions(&[
                ("Stands at", super::standing(reviewed)),
                ("Review", html! { (tier.label()) ", because it is: " (reviewed.version.draft.class.label())
                    @if tier > reviewed.version.draft.class.tier() { ", and its words ask for more" } }),
                ("Must approve", roles(&reviewed.required)),
                ("Asked for advice", roles(&row.consulted)),
                ("Told", roles(&row.informed)),
                ("Verdicts due", due(reviewed, bench)),
                ("Approval holds until", until(reviewed, row.valid_days)),
                ("Hash", html! { code.hash { (reviewed.version.hash) } }),
            ]))
            (found(reviewed))
            (history(reviewed, names))
            (acts(viewer, reviewed, authors))
        }
    }
}

/// What the check of the text found, at submission and under the rules of today.
fn found(reviewed: &Reviewed) -> Markup {
    let draft = &reviewed.version.draft;
    let now = &reviewed.findings;
    let then = reviewed.submission.as_ref();
    html! {
        h3 { "What the check found" }
        @if now.is_empty() { p.soft { "nothing that needs a second look" } }
        @else {
            ul.findings { @for one in now { li { (finding_line(draft, one)) (approved_claim(reviewed, one)) } } }
        }
        @if let Some(then) = then.filter(|then| then.findings != *now) {
            p { "When it was submitted, rules version " (then.finding_rules) " found "
                (then.findings.len()) "; today's version " (finding::RULES) " finds " (now.len()) "." }
        }
    }
}

/// By which claim of the library a finding is covered.
fn approved_claim(reviewed: &Reviewed, found: &Finding) -> Markup {
    let mut covered = reviewed.covered.iter();
    html! {
        @if let Some((_, id)) = covered.find(|(one, _)| one == found) {
            " " (pill(Tone::Good, "Approved claim")) " " a href={ "/content/claims/" (id) } { "Its evidence" }
        }
    }
}

pub(super) fn finding_line(draft: &Draft, found: &Finding) -> Markup {
    let (tone, word) = match found.kind.effect(draft.class) {
        Effect::Advises => (Tone::Info, "Advice".to_owned()),
        Effect::Raises(tier) => (Tone::Warn, tier.label().to_owned()),
        Effect::Refuses => (Tone::Bad, "Cannot be submitted".to_owned()),
    };
    html! {
        (pill(tone, &word)) " " strong { (found.kind.label()) } " in the " (found.field.label().to_lowercase())
        ", line " (found.at.0) ": " (found.says(draft.class))
    }
}

pub fn roles(roles: &[Role]) -> Markup {
    let labels: Vec<&str> = roles.iter().map(|role| role.label()).collect();
    html! { @if labels.is_empty() { "nobody" } @else { (labels.join(", ")) } }
}

fn due(reviewed: &Reviewed, bench: &Bench) -> Markup {
    let Some(submission) = &reviewed.submission else {
        let days = bench.table.row(reviewed.tier()).due_days;
        let on = bench.calendar.after(bench.today(), days);
        return html! { "submitted today, by " (day(on)) " (" (days) " working days)" };
    };
    let on = submission.due_on;
    let is_late = matches!(reviewed.standing, Standing::InReview { .. }) && on < bench.today();
    html! { (day(on)) @if is_late { " " (pill(Tone::Bad, "Overdue")) } }
}

fn until(reviewed: &Reviewed, valid_days: u16) -> Markup {
    match (&reviewed.standing, reviewed.valid_until) {
        (Standing::Expired { on }, _) => html! { (day(*on)) " " (pill(Tone::Bad, "Over")) },
        (_, Some(on)) => day(on),
        (_, None) => html! { (valid_days) " days from the first approval" },
    }
}

fn history(reviewed: &Reviewed, names: &Names) -> Markup {
    let mut events = Vec::new();
    if let Some(submission) = &reviewed.submission {
        events.push(Event {
            at: submission.submitted_at,
            what: html! { "Submitted by " (names.of(&submission.submitted_by)) },
            more: html! { p.soft { "as " (submission.tier.label()) ", hash " code { (short(&submission.hash)) } "…" } },
        });
    }
    for approval in &reviewed.approvals {
        let (tone, word) = match approval.verdict {
            Verdict::Approve => (Tone::Good, "Approved"),
            Verdict::Return => (Tone::Bad, "Returned"),
        };
        events.push(Event {
            at: approval.given_at,
            what: html! { (pill(tone, word)) " by " (names.of(&approval.given_by)) " as " (approval.role.label()) },
            more: html! {
                @if !approval.note.is_empty() { p { "“" (approval.note) "”" } }
                p.soft { "on hash " code { (short(&approval.hash)) } "…" }
            },
        });
    }
    for renewal in &reviewed.renewals {
        events.push(Event {
            at: renewal.given_at,
            what: html! { (pill(Tone::Good, "Confirmed")) " by " (names.of(&renewal.given_by)) " as " (renewal.role.label()) },
            more: html! { p.soft { "on hash " code { (short(&renewal.hash)) } "…" } },
        });
    }
    html! { @if !events.is_empty() { (timeline("What happened in review", &events)) } }
}

fn acts(viewer: &Viewer, reviewed: &Reviewed, authors: &[String]) -> Markup {
    let id = reviewed.version.id;
    match &reviewed.standing {
        Standing::Draft if viewer.can(Capability::WriteContent) => html! {
            (post_button(&viewer.csrf, &format!("/versions/{id}/submissions"), "Submit for review", ""))
        },
        Standing::InReview { waiting } if viewer.can(Capability::ApproveContent) => {
            verdict(viewer, reviewed, waiting, authors)
        }
        _ => html! {},
    }
}

/// The form for a verdict, or the reason why this viewer gets none.
fn verdict(viewer: &Viewer, reviewed: &Reviewed, waiting: &[Role], authors: &[String]) -> Markup {
    let own = placet_app::content::author(&viewer.ctx.actor);
    let submitted = reviewed
        .submission
        .as_ref()
        .is_some_and(|one| one.submitted_by == own);
    if submitted || authors.contains(&own) {
        return html! { p { "You wrote or submitted this content, so somebody else gives the verdict." } };
    }
    if reviewed.approvals.iter().any(|one| one.given_by == own) {
        return html! { p { "You have given your verdict. One person counts for one role." } };
    }
    let held: Vec<Role> = viewer
        .roles()
        .filter(|role| waiting.contains(role))
        .collect();
    let Some(first) = held.first() else {
        return html! { p { "Waiting for: " (roles(waiting)) ". You hold none of these roles." } };
    };
    let choices: Vec<Choice> = held
        .iter()
        .map(|role| Choice::new(role.as_str(), role.label(), role == first))
        .collect();
    let verdicts = [
        Choice::new("approve", "Approve exactly this version", false),
        Choice::new("return", "Return it to the writer", false).hint("Say below what to change."),
    ];
    html! {
        form.stacked method="post" action={ "/versions/" (reviewed.version.id) "/verdicts" } {
            (viewer.csrf.field())
            h3 { "Your verdict" }
            (select("role", "In which role?", "", "", &choices))
            (radios("verdict", "What do you say?", "", "", &verdicts))
            (Field::area("note", "Note", 3).max(2000).render())
            (super::conditions::fields())
            button { "Give verdict" }
        }
    }
}
