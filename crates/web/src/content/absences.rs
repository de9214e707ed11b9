//! Who is away, and who of the same role stands in.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::approval::absence;
use placet_app::{ActError, FieldProblem, settings};
use placet_domain::id::{AbsenceId, OperatorId};
use placet_domain::operator::{Capability, Grant};
use placet_domain::review::absence::{Absence, Reviewer};
use placet_domain::review::table::may_approve;
use placet_domain::time::Date;
use serde::Deserialize;

use crate::components::field::{Choice, Field, select};
use crate::components::notice::{refusal, unusable};
use crate::components::table::Table;
use crate::components::{crumbs, day, header, post_button};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

const OWN: Rule = Rule::Needs(Capability::ViewToday);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/absences", OWN, show)
        .post("/absences", OWN, note)
        .post("/absences/{id}/end", OWN, end)
}

/// What the form sends.
#[derive(Deserialize, Default)]
struct Form {
    #[serde(default)]
    operator: String,
    #[serde(default)]
    deputy: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

fn grant(viewer: &Viewer) -> Result<Grant, ActError> {
    Ok(viewer.ctx.actor.may(Capability::ViewToday)?)
}

/// `GET`: who is away, and the form.
async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    page(&site, &viewer, &Form::default(), &[]).await
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    form: &Form,
    found: &[FieldProblem],
) -> Result<Markup, WebError> {
    let now = site.now();
    let (ahead, reviewers) = site
        .store()
        .read(move |tx| {
            let today = settings::day(tx, now)?;
            Ok::<_, ActError>((absence::list(tx, today)?, absence::reviewers(tx)?))
        })
        .await?;
    let whys = unusable(found);
    let lead = "While somebody is away, their reviews wait for the deputy. Nobody who must approve \
                is ever left out.";
    Ok(layout::page(
        viewer,
        Place::Today,
        "Who is away",
        &html! {
            (crumbs(&[("Today", "/")], "Who is away"))
            (header("Who is away", lead, &html! {}))
            @if !whys.is_empty() {
                (refusal("Not noted", &whys, "change what is named above, then try again"))
            }
            (list(viewer, &ahead, &reviewers))
            (ask(viewer, form, &reviewers))
        },
    ))
}

fn name(id: OperatorId, reviewers: &[Reviewer]) -> &str {
    let found = reviewers.iter().find(|one| one.id == id);
    found.map_or("somebody who has left", |one| one.name.as_str())
}

fn may_end(viewer: &Viewer, absence: &Absence) -> bool {
    viewer.can(Capability::ManageOperators) || viewer.ctx.actor.operator() == Some(absence.operator)
}

fn list(viewer: &Viewer, ahead: &[Absence], reviewers: &[Reviewer]) -> Markup {
    let rows = ahead.iter().map(|one| {
        html! {
            th scope="row" { (name(one.operator, reviewers)) }
            td { (day(one.from)) }
            td { (day(one.until)) }
            td { (name(one.deputy, reviewers)) }
            td {
                @if may_end(viewer, one) {
                    (post_button(&viewer.csrf, &format!("/absences/{}/end", one.id), "Back already", "quiet"))
                }
            }
        }
    });
    html! {
        @if ahead.is_empty() { p.soft { "Nobody is away, as far as was noted." } }
        @else {
            (Table::new("Who is or will be away")
                .column("Who")
                .column("First day")
                .column("Last day")
                .column("Deputy")
                .column("Change")
                .rows(rows)
                .render(&Query::default()))
        }
    }
}

fn ask(viewer: &Viewer, form: &Form, reviewers: &[Reviewer]) -> Markup {
    let judges = |one: &&Reviewer| one.roles.iter().any(|role| may_approve(*role));
    let label = |one: &Reviewer| {
        let roles = one.roles.iter().copied().filter(|role| may_approve(*role));
        let roles: Vec<&str> = roles.map(|role| role.label()).collect();
        format!("{} ({})", one.name, roles.join(", "))
    };
    let own = viewer.ctx.actor.operator();
    let manages = viewer.can(Capability::ManageOperators);
    let me = reviewers
        .iter()
        .filter(judges)
        .find(|one| Some(one.id) == own);
    let chosen = |id: OperatorId, typed: &str| id.to_string() == typed;
    let away: Vec<Choice> = reviewers
        .iter()
        .filter(judges)
        .map(|one| {
            Choice::new(
                one.id.to_string(),
                label(one),
                chosen(one.id, &form.operator),
            )
        })
        .collect();
    let fits = |one: &&Reviewer| {
        let roles = me.map(|me| me.roles.iter().filter(|role| may_approve(**role)));
        manages
            || (Some(one.id) != own
                && roles.is_some_and(|mut roles| roles.all(|role| one.roles.contains(role))))
    };
    let deputies: Vec<Choice> = reviewers
        .iter()
        .filter(judges)
        .filter(fits)
        .map(|one| Choice::new(one.id.to_string(), label(one), chosen(one.id, &form.deputy)))
        .collect();
    html! {
        @if me.is_none() && !manages {
            p.soft { "Only who gives verdicts needs a deputy." }
        } @else if deputies.is_empty() {
            h2 { "Name a deputy" }
            p { "Nobody else holds your roles. An administrator can give somebody the role; until then \
                your reviews wait, and whoever handed them in is told." }
        } @else {
            h2 { "Name a deputy" }
            form.stacked method="post" action="/absences" {
                (viewer.csrf.field())
                @if manages { (select("operator", "Who is away?", "", "", &away)) }
                (select("deputy", "Who stands in?", "Somebody who holds the same roles.", "", &deputies))
                (Field::date("from", "First day").value(&form.from).required().render())
                (Field::date("until", "Last day").value(&form.until).required().render())
                button { "Note it" }
            }
        }
    }
}

/// `POST`: notes that somebody is away.
async fn note(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let own = viewer.ctx.actor.operator();
    let away = form
        .operator
        .parse()
        .ok()
        .or(own)
        .ok_or(WebError::NotFound)?;
    let deputy = form
        .deputy
        .parse()
        .map_err(|_| WebError::Malformed("choose a deputy".to_owned()))?;
    let date = |text: &str| {
        let date: Option<Date> = text.parse().ok();
        date.ok_or_else(|| WebError::Malformed("give both days".to_owned()))
    };
    let days = (date(&form.from)?, date(&form.until)?);
    let noted = site
        .store()
        .act(grant(&viewer)?, &viewer.ctx, move |tx, ctx| {
            absence::note(tx, ctx, away, deputy, days)
        })
        .await;
    match noted {
        Ok(_) => Ok(Redirect::to("/absences").into_response()),
        Err(ActError::Refused { why, .. }) => {
            let found = [FieldProblem {
                field: String::new(),
                problem: why,
            }];
            let page = page(&site, &viewer, &form, &found).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST`: ends an absence before its time.
async fn end(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<AbsenceId>,
    Protected(Empty {}): Protected<Empty>,
) -> Result<Redirect, WebError> {
    site.store()
        .act(grant(&viewer)?, &viewer.ctx, move |tx, ctx| {
            absence::end(tx, ctx, id)
        })
        .await?;
    Ok(Redirect::to("/absences"))
}
