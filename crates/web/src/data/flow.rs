//! One flow: what it declares, what it lacks, its fields beside the catalogue, its runs and versions.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::flow::{self, Declared, Field as Listing, Listed};
use placet_app::{ActError, settings};
use placet_domain::flow::{Side, Version};
use placet_domain::id::{FlowId, FlowVersionId, OperatorId};
use placet_domain::operator::Capability;
use placet_domain::time::Date;
use placet_store::flows as stored;
use placet_store::imports::Import;
use serde::Deserialize;
use std::collections::BTreeMap;

use super::flows::{contract, standing};
use super::{carry, name_of, names};
use crate::components::field::{Field, hidden};
use crate::components::notice::{info, warn};
use crate::components::table::Table;
use crate::components::{
    Tone, code_block, crumbs, definitions, hash, header, number, pill, quiet_link, time,
};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// How many runs the page shows.
const SHOWN: u32 = 20;

type Who = BTreeMap<OperatorId, String>;

/// What the page shows, read at once.
struct Held {
    flow: Declared,
    fields: Vec<Listing>,
    runs: Vec<(u32, Import)>,
    carried: Vec<stored::Run>,
    dropped: Vec<stored::Dropped>,
    today: Date,
}

async fn load(site: &Site, id: FlowId) -> Result<Held, WebError> {
    let now = site.now();
    let held = site
        .store()
        .read(move |tx| -> Result<_, ActError> {
            let flow = flow::find(tx, id)?;
            let fields = match flow.newest() {
                Some(newest) => flow::list_fields(tx, newest)?,
                None => Vec::new(),
            };
            Ok(Held {
                flow,
                fields,
                runs: stored::list_imports(tx, id, SHOWN)?,
                carried: stored::list_runs(tx, id, SHOWN)?,
                dropped: flow::run::dropped(tx, id, now)?,
                today: settings::day(tx, now)?,
            })
        })
        .await?;
    Ok(held)
}

/// `GET`: one flow.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<FlowId>,
    query: Query,
) -> Result<Markup, WebError> {
    let held = load(&site, id).await?;
    let who = names(&site).await?;
    let flow = &held.flow;
    let edit = html! {
        @if viewer.can(Capability::EditFlows) {
            (quiet_link(&format!("/data/flows/{id}/dry-run"), "Dry run"))
            " "
            (quiet_link(&format!("/data/flows/new?of={id}"), "Write the next version"))
        }
    };
    let (Some(counting), Some(newest)) = (flow.counting(), flow.newest()) else {
        return Err(WebError::NotFound);
    };
    Ok(layout::page(
        &viewer,
        Place::Data,
        &flow.name,
        &html! {
            (crumbs(&[("Data", "/data"), ("Flows", "/data/flows")], &flow.name))
            (header(&flow.name, &counting.declaration.says, &edit))
            (blocked(&held))
            (declared(counting, &held, &who))
            (to_agree(&viewer, newest, counting))
            (fields(&held, newest, &query))
            (dropped(&held.dropped))
            (carry::form(&viewer, flow, flow.missing(held.today).is_empty()))
            (runs(&held, &query))
            (versions(flow, &who))
            (to_stop(&viewer, &held))
        },
    ))
}

/// What stands in the way, and what would change it.
fn blocked(held: &Held) -> Markup {
    let missing = held.flow.missing(held.today);
    html! {
        @if !missing.is_empty() {
            (warn("Nothing passes by this flow", &html! {
                ul { @for what in &missing { li { (sentence(&what.to_string())) } } }
            }))
        }
    }
}

/// A message as a sentence of its own.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters
        .by_ref()
        .take(1)
        .flat_map(char::to_uppercase)
        .collect();
    format!("{first}{}.", letters.as_str())
}

fn declared(version: &Version, held: &Held, who: &Who) -> Markup {
    let it = &version.declaration;
    let agreed = |side: Side| {
        html! {
            @match version.agreement(side) {
                None => "; not agreed",
                Some(one) => {
                    "; agreed " (time(one.at))
                    @if let Some(by) = one.by { " by " (name_of(who, by)) }
                    @if !one.note.is_empty() { ". \u{201c}" (one.note) "\u{201d}" }
                }
            }
        }
    };
    let mut rows = vec![
        ("Standing", standing(&held.flow, held.today)),
        ("From", html! { code { (it.source) } }),
        (
            "To",
            html! { (it.destination.title) " (" (it.destination.kind.label()) ")" },
        ),
        ("What for", html! { (it.purpose) }),
        ("Owner in IT", html! { (it.it_owner) (agreed(Side::It)) }),
        (
            "Owner in marketing",
            html! { (it.marketing_owner) (agreed(Side::Marketing)) },
        ),
        ("Contract", contract(version, held.today)),
    ];
    if let Some(contract) = &it.contract {
        rows.push((
            "Between",
            html! {
                (contract.parties.join(" and ")) ", "
                (contract.valid_from) " to " (contract.valid_until) "; " (contract.reference)
            },
        ));
    }
    definitions(&rows)
}

fn to_agree(viewer: &Viewer, newest: &Version, counting: &Version) -> Markup {
    let is_next = newest.id != counting.id;
    let waits = !newest.is_agreed() && newest.stopped.is_none();
    html! {
        @if let Some(side) = flow::side_of(&viewer.ctx.actor, newest).filter(|_| waits) {
            h2 { "Agree for " (side.label()) }
            form.stacked method="post" action={ "/data/flows/" (newest.flow) "/agree" } {
                (viewer.csrf.field())
                (hidden("version", &newest.id.to_string()))
                p {
                    "By agreeing you answer for your side: "
                    @match side {
                        Side::It => "that exactly these fields pass, and go where it says.",
                        Side::Marketing => "that each of these fields is needed for what it says.",
                    }
                    @if is_next { " Once both sides have agreed, version " (newest.version) " counts." }
                }
                (Field::text("note", "Note").max(1000).render())
                button { "Agree to version " (newest.version) }
            }
        } @else if is_next && waits {
            (info("A newer version waits", &html! {
                p { "Version " (newest.version) " counts once both sides have agreed to it. Until then version " (counting.version) " does." }
            }))
        }
    }
}

fn fields(held: &Held, newest: &Version, query: &Query) -> Markup {
    let rows = held.fields.iter().map(|one| {
        html! {
            th scope="row" { code { (one.path) } }
            td { (one.kind.label()) }
            td {
                @match one.listed {
                    Listed::Signed(class) => (class.label()),
                    Listed::NotSigned => (pill(Tone::Bad, "Not signed: dropped")),
                    Listed::NoCatalogue => (pill(Tone::Warn, "Source not in the catalogue")),
                }
            }
        }
    });
    html! {
        h2 { "Fields of version " (newest.version) }
        p.soft { "These and no others. What is not listed, and what compliance has not signed in the catalogue, is dropped and counted by its name." }
        (Table::new("Fields").column("Field").column("Kind").column("Class in the catalogue").rows(rows).render(query))
    }
}

/// What was dropped, by its name and never by its value.
fn dropped(all: &[stored::Dropped]) -> Markup {
    let rows = all.iter().map(|one| {
        html! {
            th scope="row" { code { (one.path) } }
            td.number { (number(one.n_week)) }
            td.number { (number(one.n_month)) }
            td.number { (number(one.n_ever)) }
        }
    });
    html! {
        @if !all.is_empty() {
            h2 { "Dropped" }
            p.soft { "Counted by field or rule when a run ends; no value is kept." }
            details open[all.len() <= 12] {
                summary { (all.len()) " fields and rules" }
                (Table::new("Dropped, most first").column("Field or rule").number("7 days").number("30 days").number("Ever").rows(rows).render(&Query::default()))
            }
        }
    }
}

fn runs(held: &Held, query: &Query) -> Markup {
    let imports = held.runs.iter().map(|(version, run)| {
        let format = if run.format.is_empty() {
            "import"
        } else {
            &run.format
        };
        (run.started_at, *version, format, run.finished_at)
    });
    let carried = held.carried.iter();
    let carried = carried.map(|run| (run.started_at, run.version, "carried out", run.finished_at));
    let rows = imports.chain(carried).map(|(began, version, what, ended)| {
        html! {
            th scope="row" { (time(began)) }
            td.number { (version) }
            td { (what) }
            td { @match ended { Some(at) => (time(at)), None => "runs, or was cut off" } }
        }
    });
    html! {
        @if !held.runs.is_empty() || !held.carried.is_empty() {
            h2 { "Runs" }
            (Table::new("Runs, newest first").column("Began").number("Version").column("What").column("Ended").rows(rows).render(query))
        }
    }
}

fn versions(flow: &Declared, who: &Who) -> Markup {
    html! {
        h2 { "Versions" }
        ol.plain reversed {
            @for version in &flow.versions {
                li {
                    p {
                        "Version " (version.version) ", written by "
                        (version.written_by.map_or("the command line", |id| name_of(who, id)))
                        ", " (time(version.written_at)) ". "
                        @for one in &version.agreements {
                            (one.side.label()) " agreed "
                            @if let Some(by) = one.by { "(" (name_of(who, by)) ") " }
                            (time(one.at)) ". "
                        }
                        @if let Some(stop) = &version.stopped {
                            "Stopped by " (name_of(who, stop.by)) ", " (time(stop.at)) ": \u{201c}" (stop.reason) "\u{201d}."
                        }
                    }
                    details {
                        summary { "The text of version " (version.version) }
                        (code_block(&version.text))
                    }
                    p.soft { "SHA-256 " (hash(&placet_ledger::to_hex(&version.hash))) }
                }
            }
        }
    }
}

fn to_stop(viewer: &Viewer, held: &Held) -> Markup {
    let is_stopped = held
        .flow
        .counting()
        .is_some_and(|one| one.stopped.is_some());
    html! {
        @if viewer.can(Capability::StopFlows) && !is_stopped {
            h2 { "Stop this flow" }
            form.stacked method="post" action={ "/data/flows/" (held.flow.id) "/stop" } {
                (viewer.csrf.field())
                p { "Nothing passes from this moment on, in runs under way as well. To open it again it is declared anew, and both sides agree." }
                (Field::text("reason", "Why?").required().max(1000).render())
                button.danger { "Stop the flow" }
            }
        }
    }
}

#[derive(Deserialize)]
pub struct AgreeForm {
    #[serde(default)]
    version: String,
    #[serde(default)]
    note: String,
}

/// `POST`: agrees to a version for one's own side.
pub async fn agree(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<FlowId>,
    Protected(form): Protected<AgreeForm>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditFlows)?;
    let version: FlowVersionId = form.version.parse().map_err(|_| WebError::NotFound)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            flow::agree_in(tx, ctx, id, version, &form.note)
        })
        .await?;
    Ok(Redirect::to(&format!("/data/flows/{id}")))
}

#[derive(Deserialize)]
pub struct StopForm {
    #[serde(default)]
    reason: String,
}

/// `POST`: stops a flow.
pub async fn stop(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<FlowId>,
    Protected(form): Protected<StopForm>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::StopFlows)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            flow::stop(tx, ctx, id, &form.reason)
        })
        .await?;
    Ok(Redirect::to(&format!("/data/flows/{id}")))
}
