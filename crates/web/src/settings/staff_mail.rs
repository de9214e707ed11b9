//! Mail to operators: who it comes from, and what was sent lately.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::staff_mail;
use placet_app::{ActError, FieldProblem};
use placet_domain::operator::Capability;
use placet_domain::staff_mail::{StaffMail, StaffMailState, StaffSender};
use serde::Deserialize;

use super::{frame, load, read_only};
use crate::account::problems;
use crate::components::field::Field;
use crate::components::notice::warn;
use crate::components::table::Table;
use crate::components::{Tone, pill, time};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

const HERE: &str = "/settings/staff-mail";
/// How many mails the page lists.
const SHOWN: u32 = 50;

#[derive(Deserialize, Clone, Default)]
pub struct Form {
    #[serde(default)]
    sender: String,
}

/// `GET`: who writes, and what was sent.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let set = site.store().read(staff_mail::sender).await?;
    let form = Form {
        sender: set.map(|it| it.sender).unwrap_or_default(),
    };
    page(&site, &viewer, &form, &[]).await
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    form: &Form,
    found: &[FieldProblem],
) -> Result<Markup, WebError> {
    let settings = load(site).await?;
    let read = |tx: &mut placet_store::Tx| {
        Ok::<_, ActError>((staff_mail::sender(tx)?, staff_mail::list(tx, SHOWN)?))
    };
    let (sender, mails) = site.store().read(read).await?;
    let lead = "Operators with an address are told of texts that wait for them, that are due or late, and that came \
                back. No data of any person is in these mails.";
    Ok(frame(
        viewer,
        HERE,
        "Mail to operators",
        lead,
        &html! {
            @if let Some(why) = staff_mail::obstacle(&settings, sender.as_ref()) {
                (warn("Nobody is told by mail yet", &html! {
                    p { "Because " (why) ". Today tells the same to whoever opens it." }
                }))
            }
            form.stacked method="post" action=(HERE) {
                (viewer.csrf.field())
                (Field::email("sender", "Address it comes from").value(&form.sender).required().max(254)
                    .hint("Of a domain that your carrier sends for, such as placet@hospital.example.")
                    .error(problem_of(found, "sender")).render())
                @if viewer.can(Capability::EditSettings) { button { "Save" } }
            }
            (read_only(viewer))
            p { "Each operator says under " a href="/account#mail" { "their account" } " where and how often." }
            h2 { "Sent lately" }
            (table(&mails))
        },
    ))
}

fn table(mails: &[(StaffMail, String)]) -> Markup {
    let rows = mails.iter().map(|(mail, name)| {
        html! {
            th scope="row" { (name) }
            td { (mail.kind.label()) }
            td { (pill(tone(mail.state), mail.state.label())) }
            td { (time(mail.made_at)) }
            td { (mail.said) }
        }
    });
    html! {
        @if mails.is_empty() { p.soft { "Nothing was written yet." } }
        @else {
            (Table::new("Mails to operators, the newest first")
                .column("To")
                .column("What for")
                .column("Outcome")
                .column("Written")
                .column("The carrier said")
                .rows(rows)
                .render(&Query::default()))
        }
    }
}

fn tone(state: StaffMailState) -> Tone {
    match state {
        StaffMailState::Sent => Tone::Good,
        StaffMailState::Refused => Tone::Bad,
        StaffMailState::Unknown => Tone::Warn,
        StaffMailState::Pending | StaffMailState::Claimed | StaffMailState::Dropped => {
            Tone::Neutral
        }
    }
}

/// `POST`: says who writes.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    let new = StaffSender {
        sender: form.sender.trim().to_owned(),
    };
    let set = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            staff_mail::set_sender(tx, ctx, &new)
        })
        .await;
    match set {
        Ok(()) => Ok(Redirect::to(HERE).into_response()),
        Err(error) => {
            let page = page(&site, &viewer, &form, &problems(error)?).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
