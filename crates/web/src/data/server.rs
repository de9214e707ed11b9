//! One FHIR server: what stands in the way, its fetches, its keys; and one fetch with its files.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::{ActError, Ctx, fetch, server};
use placet_domain::id::{FetchId, ServerId, ServerKeyId};
use placet_domain::operator::Capability;
use placet_domain::server::{Algorithm, Fetch, FetchFile, Server, ServerKey};
use placet_domain::signing::Turn;
use placet_store::{Tx, fhir_fetches, fhir_servers};
use serde::Deserialize;

use super::servers::{standing, whose};
use super::{name_of, names};
use crate::components::notice::{Why, info, refusal};
use crate::components::table::Table;
use crate::components::{
    Tone, crumbs, definitions, empty, header, live, number, pill, post_button, quiet_link, time,
};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::{Id, Ids};
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

/// How many fetches are listed.
const SHOWN: u32 = 50;

/// What the page of a server shows.
pub(crate) struct Shown {
    pub server: Server,
    pub keys: Vec<ServerKey>,
    pub fetches: Vec<Fetch>,
    /// Why nothing can be asked for now.
    pub obstacle: Option<String>,
}

/// Everything of a server. A read.
///
/// # Errors
///
/// When there is no such server, or the store fails.
pub(crate) fn look(tx: &mut Tx, ctx: &Ctx, id: ServerId) -> Result<Shown, ActError> {
    let server = server::find(tx, id)?;
    let obstacle = match fetch::may_fetch(tx, ctx, &server) {
        Ok(_) => None,
        Err(ActError::Refused { why, .. }) => Some(why),
        Err(error) => return Err(error),
    };
    Ok(Shown {
        keys: fhir_servers::list_keys(tx, id)?,
        fetches: fhir_fetches::list_newest(tx, id, SHOWN)?,
        server,
        obstacle,
    })
}

/// `GET`: one server.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ServerId>,
    query: Query,
) -> Result<Markup, WebError> {
    let ctx = viewer.ctx.clone();
    let shown = site.store().read(move |tx| look(tx, &ctx, id)).await?;
    let (server, setup) = (&shown.server, &shown.server.setup);
    let may_edit = viewer.can(Capability::ImportPeople);
    let path = format!("/data/servers/{id}");
    let set = site.url(&format!("/servers/{id}/jwks.json"));
    let running = shown.fetches.first().filter(|one| !one.stage.is_over());
    let action = html! { @if may_edit { (quiet_link(&format!("{path}/edit"), "Change")) } };
    let table = Table::new("Fetches, newest first")
        .column("Asked for")
        .column("What")
        .column("Standing")
        .column("Says")
        .rows(shown.fetches.iter().map(fetch_line));
    Ok(layout::page(
        &viewer,
        Place::Data,
        &server.name,
        &html! {
            (crumbs(&[("Data", "/data"), ("Servers", "/data/servers")], &server.name))
            (header(&server.name, "A FHIR server that records are fetched from.", &action))
            @if let Some(why) = &shown.obstacle {
                (refusal("Nothing can be fetched now", &[Why::plain(why.clone())], ""))
            }
            @if may_edit {
                div.row {
                    @match running {
                        Some(one) => (post_button(&viewer.csrf, &format!("/data/fetches/{}/stop", one.id), "Stop the fetch", "danger")),
                        None if shown.obstacle.is_none() => {
                            (post_button(&viewer.csrf, &format!("{path}/fetch"), "Fetch what changed", ""))
                            (post_button(&viewer.csrf, &format!("{path}/fetch-all"), "Fetch everything", "quiet"))
                        }
                        None => {}
                    }
                }
            }
            (definitions(&[
                ("Source", html! { code { (setup.source) } }),
                ("Flow", html! { @match &setup.flow { Some(name) => (name), None => "the only one from the source" } }),
                ("Address", html! { code { (setup.url) } }),
                ("Client id", html! { code { (setup.client_id) } }),
                ("Asked for", html! { (whose(setup)) ": " (setup.types.join(", ")) }),
                ("By itself", html! { @if setup.every_hours == 0 { "never" } @else { "every " (setup.every_hours) " hours" } }),
                ("Tokens", html! { @if setup.token_url.is_empty() { "where the server says, at its own address" } @else { code { (setup.token_url) } } }),
                ("Files elsewhere", html! { @if setup.file_origins.is_empty() { "nowhere" } @else { (setup.file_origins.join(", ")) } }),
            ]))
            h2 { "Fetches" }
            (live("fetches", 5, running.is_some(), &html! {
                @if shown.fetches.is_empty() {
                    (empty("Nothing was fetched yet", "The first fetch brings everything, each one after it what changed since.", &html! {}))
                } @else {
                    (table.render(&query))
                }
            }))
            h2 { "Keys" }
            p.soft { "By its key that system sees that it is us who asks. The secret half never leaves this installation. The public \
                halves stand at " a href={ "/servers/" (id) "/jwks.json" } { (set) } ": register this address there, or the text behind it." }
            @if shown.keys.is_empty() {
                (info("No key is made yet", &html! { p { "Make one, register it there, then let it sign." } }))
            }
            @for key in &shown.keys { (key_part(&viewer, id, key, may_edit)) }
            @if may_edit {
                div.row {
                    @for algorithm in Algorithm::ALL {
                        (post_button(&viewer.csrf, &format!("{path}/make-key/{}", algorithm.as_str()), &format!("Make a key ({})", algorithm.label()), "quiet"))
                    }
                }
            }
        },
    ))
}

fn fetch_line(one: &Fetch) -> Markup {
    html! {
        th scope="row" { a href={ "/data/fetches/" (one.id) } { (time(one.asked_at)) } }
        td { (what(one)) }
        td { (standing(one)) }
        td { (one.says) }
    }
}

fn what(one: &Fetch) -> Markup {
    html! { @match one.since { Some(since) => { "What changed since " (time(since)) } None => "Everything" } }
}

fn key_part(viewer: &Viewer, server: ServerId, key: &ServerKey, may_edit: bool) -> Markup {
    let (tone, says) = match key.turn {
        Turn::Made => (Tone::Warn, "Not used yet"),
        Turn::Used => (Tone::Good, "Signs"),
        Turn::Ended => (Tone::Neutral, "Ended"),
    };
    let path = |act: &str| format!("/data/servers/{server}/keys/{}/{act}", key.id);
    html! {
        section aria-label={ "Key " (key.id) } {
            p { (key.algorithm.label()) " " code { (key.id) } " " (pill(tone, says)) " " span.soft { "made " (time(key.made_at)) } }
            @if may_edit {
                div.row {
                    @if key.turn == Turn::Made {
                        (post_button(&viewer.csrf, &path("use"), "It is registered: sign with it", "quiet"))
                    }
                    @if key.turn != Turn::Ended {
                        (post_button(&viewer.csrf, &path("end"), "End this key", "danger"))
                    }
                }
            }
        }
    }
}

/// Asks for a fetch.
pub(crate) async fn asked(
    site: &Site,
    viewer: &Viewer,
    id: ServerId,
    is_full: bool,
) -> Result<Fetch, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ImportPeople)?;
    let act = move |tx: &mut Tx, ctx: &Ctx| fetch::ask(tx, ctx, id, is_full);
    Ok(site.store().act(grant, &viewer.ctx, act).await?)
}

/// `POST`: asks for what changed.
pub async fn fetch_changes(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ServerId>,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let one = asked(&site, &viewer, id, false).await?;
    Ok(Redirect::to(&format!("/data/fetches/{}", one.id)))
}

/// `POST`: asks for everything.
pub async fn fetch_all(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ServerId>,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let one = asked(&site, &viewer, id, true).await?;
    Ok(Redirect::to(&format!("/data/fetches/{}", one.id)))
}

/// Makes a key away from the writer, then keeps it.
pub(crate) async fn made(
    site: &Site,
    viewer: &Viewer,
    id: ServerId,
    algorithm: Algorithm,
) -> Result<ServerKey, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ImportPeople)?;
    let fresh = tokio::task::spawn_blocking(move || server::make_key(algorithm))
        .await
        .map_err(|_| WebError::Internal("a key could not be made".to_owned()))??;
    let fresh = std::sync::Arc::new(fresh);
    let act = move |tx: &mut Tx, ctx: &Ctx| server::add_key(tx, ctx, id, &fresh);
    Ok(site.store().act(grant, &viewer.ctx, act).await?)
}

/// A kind of key, as an address names it.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Named(Algorithm);

impl std::str::FromStr for Named {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Algorithm::find(text).map(Self).ok_or(())
    }
}

/// `POST`: makes a key.
pub async fn make_key(
    State(site): State<Site>,
    viewer: Viewer,
    Ids(id, Named(algorithm)): Ids<ServerId, Named>,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    made(&site, &viewer, id, algorithm).await?;
    Ok(Redirect::to(&format!("/data/servers/{id}")))
}

/// Lets a key sign, or ends it.
pub(crate) async fn turned(
    site: &Site,
    viewer: &Viewer,
    id: ServerId,
    key: ServerKeyId,
    next: Turn,
) -> Result<(), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ImportPeople)?;
    let act = move |tx: &mut Tx, ctx: &Ctx| server::turn(tx, ctx, id, key, next);
    Ok(site.store().act(grant, &viewer.ctx, act).await?)
}

/// `POST`: lets a key sign.
pub async fn use_key(
    State(site): State<Site>,
    viewer: Viewer,
    Ids(id, key): Ids<ServerId, ServerKeyId>,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    turned(&site, &viewer, id, key, Turn::Used).await?;
    Ok(Redirect::to(&format!("/data/servers/{id}")))
}

/// `POST`: ends a key.
pub async fn end_key(
    State(site): State<Site>,
    viewer: Viewer,
    Ids(id, key): Ids<ServerId, ServerKeyId>,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    turned(&site, &viewer, id, key, Turn::Ended).await?;
    Ok(Redirect::to(&format!("/data/servers/{id}")))
}

/// One fetch with its files and its server. A read.
///
/// # Errors
///
/// When there is no such fetch, or the store fails.
pub(crate) fn look_at_fetch(
    tx: &mut Tx,
    id: FetchId,
) -> Result<(Fetch, Server, Vec<FetchFile>), ActError> {
    let one = fetch::find(tx, id)?;
    let server = server::find(tx, one.server)?;
    Ok((one, server, fhir_fetches::list_files(tx, id)?))
}

/// `GET`: one fetch.
pub async fn show_fetch(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<FetchId>,
    query: Query,
) -> Result<Markup, WebError> {
    let (one, server, files) = site.store().read(move |tx| look_at_fetch(tx, id)).await?;
    let who = names(&site).await?;
    let by = one.asked_by.parse();
    let by = by.map_or("the clock or the command line", |id| name_of(&who, id));
    let of_server = format!("/data/servers/{}", server.id);
    let title = format!("Fetch from {}", server.name);
    let table = Table::new("Files, in the order in which they are taken")
        .column("File")
        .column("Holds")
        .column("Found")
        .column("Import")
        .rows(files.iter().map(file_line));
    let is_running = !one.stage.is_over();
    Ok(layout::page(
        &viewer,
        Place::Data,
        &title,
        &html! {
            (crumbs(&[("Data", "/data"), ("Servers", "/data/servers"), (&server.name, &of_server)], &title))
            (header(&title, "What was asked for, and what became of each file.", &html! {}))
            (live("fetch", 3, is_running, &html! {
                (definitions(&[
                    ("Standing", standing(&one)),
                    ("Says", html! { @if one.says.is_empty() { "nothing" } @else { (one.says) } }),
                    ("Asked for", html! { (what(&one)) }),
                    ("When", html! { (time(one.asked_at)) ", by " (by) }),
                    ("Goes on", html! { @if is_running { (time(one.next_at)) } @else { "no more" } }),
                    ("As of", html! { @match one.taken_as_of { Some(at) => (time(at)), None => "not yet known" } }),
                ]))
                @if !files.is_empty() { (table.render(&query)) }
            }))
            @if is_running && viewer.can(Capability::ImportPeople) {
                (post_button(&viewer.csrf, &format!("/data/fetches/{id}/stop"), "Stop the fetch", "danger"))
            }
        },
    ))
}

fn file_line(file: &FetchFile) -> Markup {
    html! {
        th scope="row" { (number(u64::from(file.n) + 1)) }
        td { (file.kind.label()) @if !file.holds.is_empty() { ": " code { (file.holds) } } }
        td { @if file.taken_at.is_none() { span.soft { "waits" } } @else if file.found.is_empty() { "nothing" } @else { (file.found) } }
        td { @match file.import { Some(import) => a href={ "/data/imports/" (import) } { "What became of them" }, None => span.soft { "none" } } }
    }
}

/// Stops a fetch.
pub(crate) async fn stopped(site: &Site, viewer: &Viewer, id: FetchId) -> Result<(), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ImportPeople)?;
    let act = move |tx: &mut Tx, _: &Ctx| fetch::stop(tx, id);
    Ok(site.store().act(grant, &viewer.ctx, act).await?)
}

/// `POST`: stops a fetch.
pub async fn stop(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<FetchId>,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    stopped(&site, &viewer, id).await?;
    Ok(Redirect::to(&format!("/data/fetches/{id}")))
}
