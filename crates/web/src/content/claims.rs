//! The claims library: what may be claimed, on what evidence, until when, and where it is used.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::content::claim;
use placet_app::{ActError, FieldProblem, settings};
use placet_domain::content::claim::{Claim, Standing};
use placet_domain::id::ClaimId;
use placet_domain::operator::{Capability, Role};
use placet_domain::time::Date;
use placet_store::claims;
use serde::Deserialize;

use super::{Names, roles};
use crate::account::problems;
use crate::components::field::Field;
use crate::components::notice::{refusal, unusable};
use crate::components::table::{Table, numbered_pages, one_page};
use crate::components::{Tone, crumbs, day, definitions, empty, header, pill, post_button, time};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::routes::Routes;
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

const HERE: &str = "/content/claims";
const ON_A_PAGE: u64 = 50;
const MOST: u32 = 5_000;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get(HERE, super::VIEW, list)
        .post(HERE, super::WRITE, propose)
        .get("/content/claims/{id}", super::VIEW, show)
        .post("/content/claims/{id}/approvals", super::APPROVE, approve)
        .post("/content/claims/{id}/withdrawals", super::COMMENT, withdraw)
}

fn standing(standing: &Standing) -> Markup {
    let tone = match standing {
        Standing::InForce => Tone::Good,
        Standing::InReview { .. } => Tone::Warn,
        Standing::Expired | Standing::Withdrawn => Tone::Bad,
    };
    pill(tone, standing.label())
}

/// What the form sends.
#[derive(Deserialize, Default)]
struct Form {
    #[serde(default)]
    text: String,
    #[serde(default)]
    evidence: String,
    #[serde(default)]
    expires_on: String,
}

/// `GET`: every claim, and the form for one more.
async fn list(State(site): State<Site>, viewer: Viewer, query: Query) -> Result<Markup, WebError> {
    page(&site, &viewer, &query, &Form::default(), &[]).await
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    query: &Query,
    form: &Form,
    found: &[FieldProblem],
) -> Result<Markup, WebError> {
    let now = site.now();
    let (all, today) = site
        .store()
        .read(move |tx| {
            let today = settings::day(tx, now)?;
            Ok::<_, ActError>((claims::list(tx, MOST)?, today))
        })
        .await?;
    let (all, n) = one_page(query, all, ON_A_PAGE);
    let whys = unusable(found);
    let lead = "A claim is approved once, with its evidence. Where it stands in a text word for word, or nearly so, \
                it needs no review; when its day is over, every text that uses it goes back to review.";
    Ok(layout::page(
        viewer,
        Place::Content,
        "Claims",
        &html! {
            (crumbs(&[("Content", "/content")], "Claims"))
            (header("Claims", lead, &html! {}))
            @if !whys.is_empty() {
                (refusal("Not proposed", &whys, "change what is named above, then propose it again"))
            }
            @if n == 0 {
                (empty("No claims yet", "Propose the first one below; whoever must approve clinical claims approves it.",
                    &html! {}))
            } @else {
                (table(&all, today))
                (numbered_pages(query, query.page(), n, ON_A_PAGE))
            }
            @if viewer.can(Capability::WriteContent) { (ask(viewer, form, found)) }
        },
    ))
}

fn table(all: &[Claim], today: Date) -> Markup {
    let rows = all.iter().map(|one| {
        html! {
            th scope="row" { a href={ (HERE) "/" (one.id) } { (one.text) } }
            td { (standing(&one.standing(today))) }
            td { (day(one.expires_on)) }
        }
    });
    Table::new("Every claim, the newest first")
        .column("Claim")
        .column("Stands at")
        .column("May be used until")
        .rows(rows)
        .render(&Query::default())
}

fn ask(viewer: &Viewer, form: &Form, found: &[FieldProblem]) -> Markup {
    html! {
        h2 { "Propose a claim" }
        form.stacked method="post" action=(HERE) {
            (viewer.csrf.field())
            (Field::text("text", "Claim").value(&form.text).required().max(300)
                .hint("The sentence as it will stand in texts.").error(problem_of(found, "text")).render())
            (Field::area("evidence", "Evidence", 4).value(&form.evidence).required().max(2000)
                .hint("The study, register or figure it stands on, and where that is kept. No person's data.")
                .error(problem_of(found, "evidence")).render())
            (Field::date("expires_on", "May be used until").value(&form.expires_on).required()
                .error(problem_of(found, "expires_on")).render())
            button { "Propose" }
        }
    }
}

/// `POST`: proposes a claim.
async fn propose(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::WriteContent)?;
    let (text, evidence) = (form.text.clone(), form.evidence.clone());
    let done = match form.expires_on.parse::<Date>() {
        Err(_) => Err(ActError::invalid("expires_on", "give a day")),
        Ok(until) => {
            let propose = move |tx: &mut placet_store::Tx, ctx: &placet_app::Ctx| {
                claim::propose(tx, ctx, (&text, &evidence), until)
            };
            site.store().act(grant, &viewer.ctx, propose).await
        }
    };
    match done {
        Ok(id) => Ok(Redirect::to(&format!("{HERE}/{id}")).into_response()),
        Err(ActError::Refused { why, .. }) => {
            let found = [FieldProblem {
                field: String::new(),
                problem: why,
            }];
            let page = page(&site, &viewer, &query, &form, &found).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => {
            let page = page(&site, &viewer, &query, &form, &problems(error)?).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// `GET`: one claim, who must approve it, and where it is used.
async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ClaimId>,
) -> Result<Markup, WebError> {
    let now = site.now();
    let (one, uses, names, today) = site
        .store()
        .read(move |tx| {
            let today = settings::day(tx, now)?;
            let one = claim::find(tx, id)?;
            let uses = claim::uses(tx, &one)?;
            Ok::<_, ActError>((one, uses, Names::load(tx)?, today))
        })
        .await?;
    let stands = one.standing(today);
    Ok(layout::page(
        &viewer,
        Place::Content,
        "A claim",
        &html! {
            (crumbs(&[("Content", "/content"), ("Claims", HERE)], "A claim"))
            (header(&one.text, "", &html! {}))
            (definitions(&[
                ("Stands at", standing(&stands)),
                ("Evidence", html! { (one.evidence) }),
                ("May be used until", day(one.expires_on)),
                ("Must approve", roles(&one.approvers)),
                ("Proposed", html! { (time(one.proposed_at)) " by " (names.of(&one.proposed_by)) }),
            ]))
            @if !one.approvals.is_empty() {
                h2 { "Approvals" }
                ul { @for (role, by, at) in &one.approvals {
                    li { (role.label()) ": " (names.of(by)) ", " (time(*at)) }
                } }
            }
            (acts(&viewer, &one, &stands))
            h2 { "Where it is used" }
            @if uses.is_empty() { p.soft { "No text uses it in its newest version." } }
            @else {
                ul { @for one in &uses { li { a href={ "/content/" (one.id) } { (one.name) } } } }
                @if stands != Standing::InForce { p { "These go to the review of clinical claims, because this one is not in force." } }
            }
        },
    ))
}

fn acts(viewer: &Viewer, one: &Claim, stands: &Standing) -> Markup {
    let own = placet_app::content::author(&viewer.ctx.actor);
    let mine: Vec<Role> = match stands {
        Standing::InReview { waiting } if viewer.can(Capability::ApproveContent) => {
            let is_free =
                one.proposed_by != own && !one.approvals.iter().any(|(_, by, _)| *by == own);
            viewer
                .roles()
                .filter(|role| is_free && waiting.contains(role))
                .collect()
        }
        _ => Vec::new(),
    };
    let may_withdraw = !matches!(stands, Standing::Withdrawn)
        && (one.proposed_by == own || viewer.roles().any(|role| one.approvers.contains(&role)));
    html! {
        @for role in mine {
            form method="post" action={ (HERE) "/" (one.id) "/approvals" } {
                (viewer.csrf.field())
                input type="hidden" name="role" value=(role.as_str());
                button { "Approve as " (role.label()) }
            }
        }
        @if may_withdraw {
            (post_button(&viewer.csrf, &format!("{HERE}/{}/withdrawals", one.id), "Take it back", "danger"))
        }
    }
}

#[derive(Deserialize)]
struct Approval {
    #[serde(default)]
    role: String,
}

/// `POST`: approves a claim.
async fn approve(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ClaimId>,
    Protected(form): Protected<Approval>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ApproveContent)?;
    let role =
        Role::find(&form.role).ok_or_else(|| WebError::Malformed("choose a role".to_owned()))?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            claim::approve(tx, ctx, id, role)
        })
        .await?;
    Ok(Redirect::to(&format!("{HERE}/{id}")))
}

/// `POST`: takes a claim back.
async fn withdraw(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ClaimId>,
    Protected(Empty {}): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::CommentContent)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            claim::withdraw(tx, ctx, id)
        })
        .await?;
    Ok(Redirect::to(&format!("{HERE}/{id}")))
}
