//! Tables checked against the Safe Harbor method: upload, report to print, signature.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::FieldProblem;
use placet_app::data::checks;
use placet_domain::data::SafeHarborCheck;
use placet_domain::id::CheckId;
use placet_domain::operator::Capability;
use placet_ledger::to_hex;
use placet_phi::safe_harbor::identifier;
use placet_store::checks as stored;

use super::report::Report;
use super::upload::Upload;
use super::{frame, name_of, names};
use crate::account::{Read, problems};
use crate::components::field::Field;
use crate::components::table::Table;
use crate::components::{
    Tone, crumbs, definitions, empty, hash, header, number, pill, post_button, time,
};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

/// How many checks the list shows.
const SHOWN: u32 = 200;

/// `GET`: the checks, and the form for another one.
pub async fn list(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
) -> Result<Markup, WebError> {
    page(&site, &viewer, &query, "", &[]).await
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    query: &Query,
    title: &str,
    problems: &[FieldProblem],
) -> Result<Markup, WebError> {
    let all = site
        .store()
        .read(|tx| -> Read<_> { stored::list(tx, SHOWN) })
        .await?;
    let rows = all.iter().map(|one| {
        html! {
            th scope="row" { a href={ "/data/safe-harbor/" (one.id) } { (one.title) } }
            td.number { (number(one.rows)) }
            td.number { (one.columns) }
            td { (outcome(one)) }
            td { (time(one.checked_at)) }
        }
    });
    let table = Table::new("Checks, newest first")
        .column("Table")
        .number("Rows")
        .number("Columns")
        .column("Outcome")
        .column("Checked")
        .rows(rows);
    Ok(frame(
        viewer,
        "/data/safe-harbor",
        "Safe Harbor",
        "A table checked column by column against the eighteen identifiers of 45 CFR 164.514(b)(2). The table is not kept; the report and the table's hash are.",
        &html! {
            @if all.is_empty() {
                (empty("No table checked yet", "Upload a table before it is called de-identified. The report says for each column what must go, what may stay in a coarser form, and what somebody has to look at.", &html! {}))
            } @else {
                (table.render(query))
            }
            @if viewer.can(Capability::EditData) {
                h2 { "Check a table" }
                form.stacked method="post" action="/data/safe-harbor" enctype="multipart/form-data" {
                    (viewer.csrf.field())
                    (Field::text("title", "Which table is it?").value(title).required().max(120)
                        .error(problem_of(problems, "title")).render())
                    (Field::file("table", "The table").required()
                        .hint("CSV with a line of names, at most 32 megabytes.").error(problem_of(problems, "table")).render())
                    button { "Check" }
                }
            }
            p.soft { "De-identified data and messages to one person conflict: who can be addressed can be identified. Use it for counts and models." }
        },
    ))
}

fn outcome(one: &SafeHarborCheck) -> Markup {
    match (one.meets, one.signature) {
        (false, _) => pill(Tone::Bad, "Identifiers left"),
        (true, None) => pill(Tone::Warn, "Waits for a signature"),
        (true, Some(_)) => pill(Tone::Good, "Signed"),
    }
}

/// `POST`: checks a table.
pub async fn check(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
    upload: Upload,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditData)?;
    let title = upload.field("title").to_owned();
    let kept = match look(&site, upload.file).await? {
        Ok(looked) => {
            let named = title.clone();
            site.store()
                .act(grant, &viewer.ctx, move |tx, ctx| {
                    checks::keep(tx, ctx, &named, &looked)
                })
                .await
        }
        Err(error) => Err(error),
    };
    match kept {
        Ok(id) => Ok(Redirect::to(&format!("/data/safe-harbor/{id}")).into_response()),
        Err(error) => {
            let found = problems(error)?;
            let page = page(&site, &viewer, &query, &title, &found).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// Looks at a table on a thread of its own: it may take seconds.
pub(crate) async fn look(
    site: &Site,
    table: axum::body::Bytes,
) -> Result<Result<checks::Looked, placet_app::ActError>, WebError> {
    let today = site.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    tokio::task::spawn_blocking(move || checks::look(&table, today))
        .await
        .map_err(|_| WebError::Internal("the check of a table ended without an answer".to_owned()))
}

/// `GET`: the report, to read, print and sign.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CheckId>,
) -> Result<Markup, WebError> {
    let check = site
        .store()
        .read(move |tx| -> Read<_> { stored::find(tx, id) })
        .await?
        .ok_or(WebError::NotFound)?;
    let report = Report::read(&check.report)
        .ok_or_else(|| WebError::Internal("a kept report cannot be read".to_owned()))?;
    let who = names(&site).await?;
    Ok(layout::page(
        &viewer,
        Place::Data,
        &check.title,
        &html! {
            (crumbs(&[("Data", "/data"), ("Safe Harbor", "/data/safe-harbor")], &check.title))
            (header(&check.title, "Safe Harbor check, 45 CFR 164.514(b)(2).", &html! {}))
            (definitions(&[
                ("Outcome", outcome(&check)),
                ("Table", html! { (number(check.rows)) " rows, " (check.columns) " columns; SHA-256 " (hash(&to_hex(&check.file_hash))) }),
                ("ZIP codes by", html! { (report.zip_table) }),
                ("Checked", html! { (time(check.checked_at)) " by " (name_of(&who, check.checked_by)) }),
                ("Signed", html! {
                    @match check.signature {
                        Some(signature) => { (time(signature.at)) " by " (name_of(&who, signature.by)) }
                        None => "not yet",
                    }
                }),
            ]))
            (columns(&report))
            (identifiers(&report))
            h2 { "Actual knowledge" }
            @if report.warnings.is_empty() { p { "No small group was seen among the columns that people share." } }
            @for warning in &report.warnings { p { (warning) "." } }
            h2 { "Signature" }
            p { "I have no actual knowledge that what is left could be used, alone or with other information, to identify a person." }
            @if check.meets && check.signature.is_none() && viewer.can(Capability::SignData) {
                (post_button(&viewer.csrf, &format!("/data/safe-harbor/{id}/sign"), "Sign this check", ""))
            } @else if !check.meets {
                p { "Nobody can sign while identifiers are left: take them out, and check the table again." }
            }
            table.sign {
                caption { "On paper" }
                tbody {
                    @for line in ["Name", "Role", "Date", "Signature"] { tr { th scope="row" { (line) } td {} } }
                }
            }
        },
    ))
}

fn columns(report: &Report) -> Markup {
    html! {
        h2 { "Columns" }
        div.scroll role="region" aria-label="Columns" tabindex="0" {
            table {
                caption { "What to do with each column, and why" }
                thead { tr { th scope="col" { "Column" } th scope="col" { "Do" } th scope="col" { "Why" } } }
                tbody {
                    @for column in &report.columns {
                        tr {
                            th scope="row" { (column.name) }
                            td { (verdict(&column.verdict)) }
                            td {
                                @for finding in &column.findings {
                                    p { "(" (finding.letter) ") " (finding.what) ", " (number(finding.cells)) " cells; " (finding.handling) "." }
                                }
                                @if column.findings.is_empty() {
                                    @if column.verdict == "review" { "Free text: read a sample." } @else { "Nothing found." }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn verdict(code: &str) -> Markup {
    match code {
        "keep" => pill(Tone::Good, "Keep"),
        "review" => pill(Tone::Warn, "Look at it"),
        "generalize" => pill(Tone::Bad, "Make coarser"),
        _ => pill(Tone::Bad, "Remove"),
    }
}

fn identifiers(report: &Report) -> Markup {
    html! {
        h2 { "The eighteen identifiers" }
        div.scroll role="region" aria-label="The eighteen identifiers" tabindex="0" {
            table {
                caption { "Each identifier, and the columns that show it" }
                thead { tr { th scope="col" { "Letter" } th scope="col" { "Identifier" } th scope="col" { "Columns" } } }
                tbody {
                    @for one in identifier::ALL {
                        tr { th scope="row" { "(" (one.letter) ")" } td { (one.name) } td { (report.showing(one.letter)) } }
                    }
                }
            }
        }
    }
}

/// `POST`: signs a check.
pub async fn sign(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CheckId>,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::SignData)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| checks::sign(tx, ctx, id))
        .await?;
    Ok(Redirect::to(&format!("/data/safe-harbor/{id}")))
}
