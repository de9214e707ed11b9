//! The messages of a trigger that did not leave, by name, each with the rules that stood against it.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::ActError;
use placet_app::trigger::{self, Refused};
use placet_domain::id::TriggerId;
use placet_domain::operator::Capability;

use crate::components::table::Table;
use crate::components::{crumbs, empty, header, time};
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// How many of the newest are shown.
const SHOWN: u32 = 100;

/// `GET`: the newest of them.
pub async fn list(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TriggerId>,
) -> Result<Markup, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let (name, all) = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let name = trigger::find(tx, id)?.name;
            Ok::<_, ActError>((name, trigger::list_refused(tx, ctx, id, SHOWN)?))
        })
        .await?;
    let page = format!("/triggers/{id}");
    let lead = format!(
        "The newest {SHOWN} that did not leave. That you looked is in each person's record."
    );
    Ok(layout::page(
        &viewer,
        Place::Campaigns,
        "Not sent",
        &html! {
            (crumbs(&[("Campaigns", "/campaigns"), ("Triggers", "/triggers"), (&name, &page)], "Not sent"))
            (header("Not sent", &lead, &html! {}))
            @if all.is_empty() {
                (empty("None", "Every message of this trigger that was due left, or waits.", &html! {}))
            } @else { (table(&all)) }
        },
    ))
}

fn table(all: &[Refused]) -> Markup {
    let rows = all.iter().map(|one| {
        html! {
            th scope="row" {
                a href={ "/people/" (one.held.fire.person) } { (one.name.as_deref().unwrap_or("erased")) }
            }
            td { (time(one.held.noted_at)) }
            td {
                @if one.why.is_empty() { "Not by a rule: what it was about had changed, or the address was gone" }
                @for why in &one.why { p { (why.says) " " code.soft { (why.rule) } } }
            }
        }
    });
    Table::new("Messages that did not leave, newest first")
        .column("Person")
        .column("Noted")
        .column("Why")
        .rows(rows)
        .render(&Query::default())
}
