//! What came back of what was sent, and which addresses stand closed.

use axum::extract::State;
use jiff::SignedDuration;
use maud::{Markup, html};
use placet_app::report::CameBack;
use placet_domain::channel::Channel;
use placet_domain::operator::Capability;
use placet_domain::report::{Effect, Kind, Report};
use placet_domain::settings::Returns;
use placet_domain::suppression::Cause;
use placet_store::{StoreError, reports, suppressions};

use crate::components::table::Table;
use crate::components::{Tone, crumbs, definitions, empty, header, number, pill, time};
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// How many reports are shown.
const SHOWN: u32 = 100;
/// How far back the counts go.
const DAYS: i64 = 30;

struct Found {
    counts: CameBack,
    closed: Vec<(Channel, Cause, u64)>,
    newest: Vec<Report>,
    returns: Option<Returns>,
}

/// `GET`: the reports.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let since = site.now() - SignedDuration::from_hours(DAYS * 24);
    let found = site
        .store()
        .read(move |tx| {
            Ok::<_, StoreError>(Found {
                counts: CameBack {
                    by_kind: reports::count_since(tx, since)?,
                },
                closed: suppressions::count(tx)?,
                newest: reports::list(tx, SHOWN)?,
                returns: placet_app::settings::load(tx)?.returns,
            })
        })
        .await?;
    let lead = "Bounces, complaints and replies, and what each changed. Their words are not kept.";
    let setting = html! {
        @if found.returns.is_none() {
            p {
                "No domain for returned mail is set, so a bounce goes to the sender's mailbox. "
                @if viewer.can(Capability::EditSettings) { a href="/settings/returns" { "Set it" } "." }
                @else { "An administrator can set one." }
            }
        }
    };
    Ok(layout::page(
        &viewer,
        Place::Campaigns,
        "Returned mail",
        &html! {
            (crumbs(&[("Campaigns", "/campaigns")], "Returned mail"))
            (header("Returned mail", lead, &html! {}))
            (setting)
            @if found.newest.is_empty() && found.closed.is_empty() {
                (empty("Nothing came back yet", "A bounce of an address that does not exist closes it, for every \
                    campaign and for good; a complaint and a reply that says stop do the same.", &html! {}))
            } @else {
                h2 { "The last " (DAYS) " days" }
                (counts(&found.counts))
                h2 { "Closed addresses" }
                p.soft { "No import and no delivery opens an address again." }
                (closed(&found.closed))
                h2 { "The newest" }
                (newest(&found.newest))
            }
        },
    ))
}

/// Counts by kind.
pub(super) fn counts(back: &CameBack) -> Markup {
    let rows: Vec<(&str, Markup)> = Kind::ALL
        .iter()
        .filter(|kind| **kind != Kind::Other || back.of(**kind) > 0)
        .map(|kind| (kind.label(), html! { (number(back.of(*kind))) }))
        .collect();
    definitions(&rows)
}

fn closed(all: &[(Channel, Cause, u64)]) -> Markup {
    let rows = all.iter().map(|(channel, cause, n)| {
        html! {
            th scope="row" { (cause.label()) }
            td { (channel.label()) }
            td.number { (number(*n)) }
        }
    });
    Table::new("Closed addresses by cause")
        .column("Cause")
        .column("Channel")
        .number("Addresses")
        .rows(rows)
        .render(&Query::default())
}

fn newest(all: &[Report]) -> Markup {
    let rows = all.iter().map(|one| {
        let tone = match one.effect {
            Effect::Suppressed | Effect::OptedOut | Effect::Reopened => Tone::Info,
            Effect::Nothing => Tone::Neutral,
            Effect::NotFound => Tone::Warn,
        };
        html! {
            th scope="row" { (one.kind.label()) @if let Some(status) = &one.status { " " code { (status) } } }
            td { (pill(tone, one.effect.label())) }
            td { @match one.campaign {
                Some(campaign) => a href={ "/campaigns/" (campaign) } { "Its campaign" },
                None => "Not known",
            } }
            td { (one.door) }
            td { (time(one.recorded_at)) }
        }
    });
    Table::new("Reports, newest first")
        .column("What")
        .column("Changed")
        .column("About")
        .column("Came by")
        .column("When")
        .rows(rows)
        .render(&Query::default())
}
