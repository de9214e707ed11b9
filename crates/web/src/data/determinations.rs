//! Experts' determinations (45 CFR 164.514(b)(1)): on file with scope and end.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::FieldProblem;
use placet_app::data::checks::{self, standing_label};
use placet_domain::data::{Determination, DraftDetermination, Standing};
use placet_domain::id::DeterminationId;
use placet_domain::operator::Capability;
use placet_store::checks as stored;
use serde::Deserialize;

use super::{frame, name_of, names};
use crate::account::{Read, problems};
use crate::components::field::Field;
use crate::components::{Tone, day, definitions, empty, pill, time};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::session::Viewer;
use crate::site::Site;

#[derive(Deserialize, Default)]
pub struct Form {
    #[serde(default)]
    title: String,
    #[serde(default)]
    expert: String,
    #[serde(default)]
    qualification: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    opinion: String,
    #[serde(default)]
    determined_on: String,
    #[serde(default)]
    expires_on: String,
}

/// `GET`: what is on file.
pub async fn list(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    page(&site, &viewer, &Form::default(), &[]).await
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    form: &Form,
    problems: &[FieldProblem],
) -> Result<Markup, WebError> {
    let all = site
        .store()
        .read(|tx| -> Read<_> { stored::list_determinations(tx) })
        .await?;
    let who = names(site).await?;
    let today = site.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let may_sign = viewer.can(Capability::SignData);
    let of = |one: &Determination| name_of(&who, one.recorded_by).to_owned();
    Ok(frame(
        viewer,
        "/data/determinations",
        "Expert determinations",
        "A qualified expert found that the risk of recognizing somebody is very small: who, for which data, on what grounds, until when.",
        &html! {
            @if all.is_empty() {
                (empty("No determination on file", "Data that does not meet Safe Harbor counts as de-identified only with an expert's determination that is in force.", &html! {}))
            }
            @for one in &all {
                section id={ "d-" (one.id) } {
                    h2 { (one.draft.title) " " (standing(one.standing(today))) }
                    (definitions(&[
                        ("Expert", html! { (one.draft.expert) }),
                        ("Qualified by", html! { (one.draft.qualification) }),
                        ("Covers", html! { (one.draft.scope) }),
                        ("Grounds", html! { (one.draft.opinion) }),
                        ("Determined", day(one.draft.determined_on)),
                        ("Last day", day(one.draft.expires_on)),
                        ("On file", html! { (time(one.recorded_at)) " by " (of(one)) }),
                    ]))
                    @if may_sign && one.withdrawn_at.is_none() { (withdraw_form(viewer, one)) }
                }
            }
            @if may_sign { (new_form(viewer, form, problems)) }
        },
    ))
}

fn standing(standing: Standing) -> Markup {
    let tone = match standing {
        Standing::InForce => Tone::Good,
        Standing::NotYet => Tone::Neutral,
        Standing::Expired | Standing::Withdrawn => Tone::Bad,
    };
    pill(tone, standing_label(standing))
}

fn withdraw_form(viewer: &Viewer, one: &Determination) -> Markup {
    html! {
        details {
            summary { "Take it back" }
            form.stacked method="post" action={ "/data/determinations/" (one.id) "/withdraw" } {
                (viewer.csrf.field())
                (Field::text("reason", "Why?").required().max(1000).render())
                button.danger { "Take back" }
            }
        }
    }
}

fn new_form(viewer: &Viewer, form: &Form, problems: &[FieldProblem]) -> Markup {
    html! {
        h2 { "Put a determination on file" }
        form.stacked method="post" action="/data/determinations" {
            (viewer.csrf.field())
            (Field::text("title", "Which data?").value(&form.title).required().max(200).error(problem_of(problems, "title")).render())
            (Field::text("expert", "Expert").value(&form.expert).required().max(200).error(problem_of(problems, "expert")).render())
            (Field::area("qualification", "What makes them an expert?", 2).value(&form.qualification).required()
                .hint("Knowledge of and experience with statistical methods for this.").error(problem_of(problems, "qualification")).render())
            (Field::area("scope", "What does it cover?", 2).value(&form.scope).required()
                .hint("Elements, source, recipients.").error(problem_of(problems, "scope")).render())
            (Field::area("opinion", "Methods and results", 3).value(&form.opinion).required()
                .hint("What justifies it, and where the document lies.").error(problem_of(problems, "opinion")).render())
            (Field::date("determined_on", "Determined on").value(&form.determined_on).required().error(problem_of(problems, "determined_on")).render())
            (Field::date("expires_on", "Last day").value(&form.expires_on).required()
                .hint("At most three years later.").error(problem_of(problems, "expires_on")).render())
            button { "Put on file" }
        }
    }
}

/// Reads a day, or says what is wrong.
fn date(field: &str, text: &str) -> Result<jiff::civil::Date, placet_app::ActError> {
    text.trim()
        .parse()
        .map_err(|_| placet_app::ActError::invalid(field, "give a day, such as 2026-11-22"))
}

fn draft(form: &Form) -> Result<DraftDetermination, placet_app::ActError> {
    Ok(DraftDetermination {
        title: form.title.trim().to_owned(),
        expert: form.expert.trim().to_owned(),
        qualification: form.qualification.trim().to_owned(),
        scope: form.scope.trim().to_owned(),
        opinion: form.opinion.trim().to_owned(),
        determined_on: date("determined_on", &form.determined_on)?,
        expires_on: date("expires_on", &form.expires_on)?,
    })
}

/// `POST`: puts one on file.
pub async fn record(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::SignData)?;
    let done = match draft(&form) {
        Ok(draft) => {
            let act = move |tx: &mut placet_store::Tx, ctx: &placet_app::Ctx| {
                checks::record(tx, ctx, draft.clone())
            };
            site.store().act(grant, &viewer.ctx, act).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(id) => Ok(Redirect::to(&format!("/data/determinations#d-{id}")).into_response()),
        Err(error) => {
            let page = page(&site, &viewer, &form, &problems(error)?).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

#[derive(Deserialize)]
pub struct Withdrawal {
    #[serde(default)]
    reason: String,
}

/// `POST`: takes one back.
pub async fn withdraw(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<DeterminationId>,
    Protected(form): Protected<Withdrawal>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::SignData)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            checks::withdraw(tx, ctx, id, &form.reason)
        })
        .await?;
    Ok(Redirect::to("/data/determinations"))
}
