//! Who must approve what, by when, and on which days nobody works.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::{FieldProblem, settings};
use placet_domain::operator::{Capability, Role};
use placet_domain::review::Tier;
use placet_domain::review::calendar::Calendar;
use placet_domain::review::table::{ReviewTable, Row, may_approve};
use placet_domain::time::TimeZone;
use serde::Deserialize;

use super::{EDIT, VIEW, frame, read_only};
use crate::account::problems;
use crate::components::field::{Choice, Field, checks};
use crate::components::table::Table;
use crate::components::{day, quiet_link};
use crate::content::roles;
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::query::Query;
use crate::routes::Routes;
use crate::session::Viewer;
use crate::site::Site;

const HERE: &str = "/settings/review";

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get(HERE, VIEW, show)
        .post("/settings/review/holidays", EDIT, set_holidays)
        .get("/settings/review/{tier}", EDIT, edit)
        .post("/settings/review/{tier}", EDIT, set_row)
}

/// A tier by its code in the address.
struct Code(Tier);

impl std::str::FromStr for Code {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Tier::find(text).map(Self).ok_or(())
    }
}

/// `GET`: the table and the holidays.
async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    page(&site, &viewer, None, &[]).await
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    typed: Option<&str>,
    found: &[FieldProblem],
) -> Result<Markup, WebError> {
    let (review, calendar) = site.store().read(settings::review).await?;
    let lead = "Who must approve which content. Nothing is ever approved by nobody: each row names at \
                least one role, and what was handed in keeps the roles it was handed in to.";
    Ok(frame(
        viewer,
        HERE,
        "Review",
        lead,
        &html! {
            (table(viewer, &review))
            (holidays(site, viewer, &calendar, typed, problem_of(found, "holidays")))
            (read_only(viewer))
        },
    ))
}

fn table(viewer: &Viewer, review: &ReviewTable) -> Markup {
    let rows = review.rows().iter().map(|row| {
        html! {
            th scope="row" { (row.tier.label()) }
            td { (roles(&row.approvers)) }
            td { (roles(&row.consulted)) }
            td { (roles(&row.informed)) }
            td.number { (row.due_days) }
            td.number { (row.valid_days) }
            td {
                @if viewer.can(Capability::EditSettings) {
                    (quiet_link(&format!("{HERE}/{}", row.tier.as_str()), "Change"))
                }
            }
        }
    });
    Table::new("Who must approve what")
        .column("Content")
        .column("Must approve")
        .column("Asked for advice")
        .column("Told")
        .number("Working days")
        .number("Holds for days")
        .column("Change")
        .rows(rows)
        .render(&Query::default())
}

fn holidays(
    site: &Site,
    viewer: &Viewer,
    calendar: &Calendar,
    typed: Option<&str>,
    error: &str,
) -> Markup {
    let year = site.now().to_zoned(TimeZone::UTC).date().year();
    let text = calendar.to_string();
    let hint = "One a line: a name, a colon, and a day as January 1, third Monday of January, last \
                Monday of May or 2026-12-24. A fixed day on a weekend is kept on the nearest weekday.";
    html! {
        h2 { "Holidays" }
        p { "Deadlines count working days: neither weekends nor these." }
        @if viewer.can(Capability::EditSettings) {
            form.stacked method="post" action={ (HERE) "/holidays" } {
                (viewer.csrf.field())
                (Field::area("holidays", "Holidays", 12).value(typed.unwrap_or(&text)).hint(hint)
                    .error(error).render())
                button { "Save holidays" }
            }
        }
        @for year in [year, year.saturating_add(1)] {
            h3 { (year) }
            ul {
                @for (on, name) in calendar.of_year(year) { li { (day(on)) ": " (name) } }
            }
        }
    }
}

#[derive(Deserialize)]
struct Holidays {
    // A form without it is none of ours: an empty list would be kept for it.
    holidays: String,
}

/// `POST`: says on which days nobody works.
async fn set_holidays(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Holidays>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    let text = form.holidays.clone();
    let set = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            settings::set_holidays(tx, ctx, &text)
        })
        .await;
    match set {
        Ok(()) => Ok(Redirect::to(HERE).into_response()),
        Err(error) => {
            let page = page(&site, &viewer, Some(&form.holidays), &problems(error)?).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// What the form for a row sends.
#[derive(Deserialize, Default)]
struct Form {
    #[serde(default)]
    approvers: Vec<String>,
    #[serde(default)]
    consulted: Vec<String>,
    #[serde(default)]
    informed: Vec<String>,
    #[serde(default)]
    due_days: String,
    #[serde(default)]
    valid_days: String,
}

impl Form {
    fn row(&self, tier: Tier) -> Row {
        let roles = |codes: &[String]| codes.iter().filter_map(|code| Role::find(code)).collect();
        Row {
            tier,
            approvers: roles(&self.approvers),
            consulted: roles(&self.consulted),
            informed: roles(&self.informed),
            // What is no number is out of bounds, and the act says so.
            due_days: self.due_days.trim().parse().unwrap_or(0),
            valid_days: self.valid_days.trim().parse().unwrap_or(0),
        }
    }
}

/// `GET`: the form for one row.
async fn edit(
    State(site): State<Site>,
    viewer: Viewer,
    Id(Code(tier)): Id<Code>,
) -> Result<Markup, WebError> {
    let (review, _) = site.store().read(settings::review).await?;
    Ok(row_page(&viewer, review.row(tier), &[]))
}

fn row_page(viewer: &Viewer, row: &Row, found: &[FieldProblem]) -> Markup {
    let choices = |held: &[Role], may: fn(Role) -> bool| -> Vec<Choice> {
        let all = Role::ALL.into_iter().filter(|role| may(*role));
        all.map(|role| Choice::new(role.as_str(), role.label(), held.contains(&role)))
            .collect()
    };
    let any = |_| true;
    frame(
        viewer,
        HERE,
        &format!("Review of {}", row.tier.label().to_lowercase()),
        "Holds for what is handed in from now on.",
        &html! {
            form.stacked method="post" action={ (HERE) "/" (row.tier.as_str()) } {
                (viewer.csrf.field())
                (checks("approvers", "Must approve", "Every one of them, each by somebody else than the writer.",
                    problem_of(found, "approvers"), &choices(&row.approvers, may_approve)))
                (checks("consulted", "Asked for advice", "", "", &choices(&row.consulted, any)))
                (checks("informed", "Told", "", "", &choices(&row.informed, any)))
                (Field::text("due_days", "Verdicts due within working days").value(&row.due_days.to_string())
                    .numeric().required().render())
                (Field::text("valid_days", "An approval holds for days").value(&row.valid_days.to_string())
                    .numeric().required().render())
                button { "Save" }
            }
            p { (quiet_link(HERE, "Back to the table")) }
        },
    )
}

/// `POST`: sets one row.
async fn set_row(
    State(site): State<Site>,
    viewer: Viewer,
    Id(Code(tier)): Id<Code>,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    let row = form.row(tier);
    let new = row.clone();
    let set = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            settings::set_review_row(tx, ctx, &new)
        })
        .await;
    match set {
        Ok(()) => Ok(Redirect::to(HERE).into_response()),
        Err(error) => {
            let page = row_page(&viewer, &row, &problems(error)?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
