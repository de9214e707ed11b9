//! Permissions from a table: consents and authorizations with their evidence, one a row.
//!
//! The act, the capability and the report are those of `placet import-permissions` and of the API. The answer
//! names lines and columns, never a value, and is not kept: the same table again records nothing twice.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use placet_app::instrument::import::columns;
use placet_app::{ActError, FieldProblem};
use serde::Deserialize;

use crate::account::problems;
use crate::api::imports;
use crate::components::field::Field;
use crate::components::notice::{done, warn};
use crate::components::table::Table;
use crate::components::{crumbs, header, number, quiet_link};
use crate::data::upload::Upload;
use crate::error::{WebError, problem_of};
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// How many refused rows are listed.
const LISTED: usize = 1_000;

/// What became of a table, as the API says it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Taken {
    rows: u64,
    granted: u64,
    not_counting: u64,
    declined: u64,
    unchanged: u64,
    under_opt_out: u64,
    stopped_at: Option<u64>,
    problems: Vec<Row>,
}

/// A row that was not recorded.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Row {
    line: u64,
    column: String,
    problem: String,
}

/// `GET`: the form, and which columns a table has.
pub async fn show(viewer: Viewer) -> Markup {
    page(&viewer, None, &[])
}

/// `POST`: records what the table says.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    upload: Upload,
) -> Result<Response, WebError> {
    let taken = if upload.file.is_empty() {
        Err(ActError::invalid(
            "table",
            "choose a file that is not empty",
        ))
    } else {
        let (ctx, file) = (viewer.ctx.clone(), upload.file);
        imports::alone(&site, move |intake| {
            intake.instruments(&ctx, Box::new(std::io::Cursor::new(file)))
        })
        .await?
    };
    match taken {
        Ok(report) => {
            let taken: Taken = serde_json::from_value(report)
                .map_err(|_| WebError::Internal("a report cannot be read".to_owned()))?;
            Ok(page(&viewer, Some(&taken), &[]).into_response())
        }
        Err(error) => {
            let found = problems(error)?;
            let page = page(&viewer, None, &found);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

fn page(viewer: &Viewer, taken: Option<&Taken>, problems: &[FieldProblem]) -> Markup {
    layout::page(
        viewer,
        Place::People,
        "Import permissions",
        &html! {
            (crumbs(&[("People", "/people")], "Import permissions"))
            (header(
                "Import permissions",
                "Consents and authorizations with their evidence, one a row. A row is recorded whole or not at all, and no row lifts an opt-out.",
                &quiet_link("/people/wordings", "Wordings"),
            ))
            @if let Some(taken) = taken { (told(taken)) }
            form.stacked method="post" action="/people/import" enctype="multipart/form-data" {
                (viewer.csrf.field())
                (Field::file("table", "The table").required().error(problem_of(problems, "table"))
                    .hint("CSV with a line of names, at most 32 megabytes. Larger tables: placet import-permissions.").render())
                button { "Import" }
            }
            h2 { "Columns" }
            p { "Must be there: " (named(true)) "." }
            p { "May be there: " (named(false)) "." }
            p.soft { "A person is named by " code { "person_id" } ", or by " code { "email" } " or " code { "phone" }
                ", with " code { "birth_date" } " where several share it." }
        },
    )
}

fn named(is_required: bool) -> Markup {
    let names: Vec<&str> = columns()
        .filter(|(_, must)| *must == is_required)
        .map(|(name, _)| name)
        .collect();
    html! { @for (n, name) in names.iter().enumerate() { @if n > 0 { ", " } code { (name) } } }
}

fn not_recorded(n: usize) -> String {
    if n == 1 {
        "1 row was not recorded".to_owned()
    } else {
        format!("{} rows were not recorded", number(n as u64))
    }
}

fn told(taken: &Taken) -> Markup {
    let counts = html! {
        ul {
            li { (number(taken.rows)) " rows were read" }
            li { (number(taken.granted)) " permissions recorded that count now" }
            li { (number(taken.not_counting)) " kept that do not count: defective, ended, or not begun" }
            li { (number(taken.declined)) " refusals recorded" }
            li { (number(taken.unchanged)) " were there already" }
            @if taken.under_opt_out > 0 {
                li { (number(taken.under_opt_out)) " recorded while an opt-out of the same person stands, and goes on standing" }
            }
        }
    };
    let n_refused = number(taken.problems.len() as u64);
    let rows = taken.problems.iter().take(LISTED).map(|one| {
        html! {
            th scope="row" { (number(one.line)) }
            td { code { (one.column) } }
            td { (one.problem) }
        }
    });
    html! {
        @if let Some(line) = taken.stopped_at {
            (warn("It stopped before the end", &html! {
                p { "The database failed at line " (number(line)) ". What stands before it is recorded: import the file again." }
                (counts)
            }))
        } @else if taken.problems.is_empty() {
            (done("Every row was recorded", &counts))
        } @else {
            (warn(&not_recorded(taken.problems.len()), &html! {
                p { "Correct them in the table and import it again: what is recorded is not recorded twice." }
                (counts)
            }))
        }
        @if !taken.problems.is_empty() {
            (Table::new("Rows that were not recorded").column("Line").column("Column").column("What is wrong")
                .rows(rows).render(&Query::default()))
            @if taken.problems.len() > LISTED { p.soft { "The first " (number(LISTED as u64)) " of " (n_refused) " are listed." } }
        }
    }
}
