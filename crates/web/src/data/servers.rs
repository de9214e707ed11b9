//! FHIR servers that records are fetched from: declared, listed, and how each is reached.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::flow::{self, Declared};
use placet_app::{FieldProblem, server};
use placet_domain::id::ServerId;
use placet_domain::operator::Capability;
use placet_domain::server::{Fetch, Level, Server, Setup, Stage, USUAL_TYPES};
use placet_store::{fhir_fetches, fhir_servers};
use serde::Deserialize;

use super::frame;
use super::imports::inward;
use crate::account::{Read, problems};
use crate::components::field::{Choice, Field, radios, select};
use crate::components::table::Table;
use crate::components::{Tone, button_link, crumbs, empty, header, pill, time};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: every server.
pub async fn list(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
) -> Result<Markup, WebError> {
    let all = site
        .store()
        .read(|tx| -> Read<_> {
            let servers = fhir_servers::list(tx)?;
            servers
                .into_iter()
                .map(|one| {
                    let newest = fhir_fetches::list_newest(tx, one.id, 1)?;
                    Ok((one, newest.into_iter().next()))
                })
                .collect::<Read<Vec<_>>>()
        })
        .await?;
    let may_edit = viewer.can(Capability::ImportPeople);
    let action = html! { @if may_edit { (button_link("/data/servers/new", "Declare a server")) } };
    let table = Table::new("FHIR servers")
        .column("Server")
        .column("Source")
        .column("Asked for")
        .column("Newest fetch")
        .column("Standing")
        .rows(all.iter().map(|(one, newest)| line(one, newest.as_ref())));
    Ok(frame(
        &viewer,
        "/data/servers",
        "FHIR servers",
        "Records are fetched from these servers in the agreed order: by a declared flow, from a source that compliance has signed.",
        &html! {
            @if all.is_empty() {
                (empty("No server is declared", "A health record system that speaks FHIR Bulk Data gives its records by itself, \
                    as often as you set it. Without one, files are imported under Imports.", &action))
            } @else {
                (table.render(&query))
                p.actions { (action) }
            }
        },
    ))
}

fn line(one: &Server, newest: Option<&Fetch>) -> Markup {
    html! {
        th scope="row" { a href={ "/data/servers/" (one.id) } { (one.name) } }
        td { code { (one.setup.source) } }
        td { (whose(&one.setup)) ": " (one.setup.types.join(", ")) }
        td { @match newest { Some(fetch) => (time(fetch.asked_at)), None => span.soft { "None yet" } } }
        td { @if let Some(fetch) = newest { (standing(fetch)) } }
    }
}

/// Whose records are asked for, in words.
pub(super) fn whose(setup: &Setup) -> Markup {
    html! {
        @match setup.level {
            Level::Group => { "group " code { (setup.group) } }
            Level::Patient => { "all patients that it shows us" }
        }
    }
}

/// Where a fetch stands, in a word.
pub(super) fn standing(fetch: &Fetch) -> Markup {
    let tone = match fetch.stage {
        Stage::Done => Tone::Good,
        Stage::Failed => Tone::Bad,
        Stage::Stopped => Tone::Neutral,
        _ => Tone::Warn,
    };
    pill(tone, fetch.stage.label())
}

#[derive(Deserialize, Clone, Default)]
pub struct Form {
    #[serde(default)]
    name: String,
    #[serde(default)]
    flow: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    token_url: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    level: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    types: String,
    #[serde(default)]
    scopes: String,
    #[serde(default)]
    file_origins: String,
    #[serde(default)]
    every_hours: String,
}

impl Form {
    fn of(server: Server) -> Self {
        let setup = server.setup;
        Self {
            name: server.name,
            flow: setup.flow.unwrap_or_default(),
            url: setup.url,
            token_url: setup.token_url,
            client_id: setup.client_id,
            level: setup.level.as_str().to_owned(),
            group: setup.group,
            types: setup.types.join(", "),
            scopes: setup.scopes,
            file_origins: setup.file_origins.join("\n"),
            every_hours: setup.every_hours.to_string(),
        }
    }

    fn fresh() -> Self {
        Self {
            level: Level::Group.as_str().to_owned(),
            types: USUAL_TYPES.join(", "),
            every_hours: "24".to_owned(),
            ..Self::default()
        }
    }

    /// The source is the one that the flow names.
    fn setup(&self, flows: &[Declared]) -> Setup {
        let chosen = inward(flows).find(|(one, _)| one.name == self.flow);
        let words = |text: &str, at: &[char]| -> Vec<String> {
            let all = text.split(at).map(str::trim).filter(|one| !one.is_empty());
            all.map(str::to_owned).collect()
        };
        let level = Level::find(&self.level).unwrap_or(Level::Group);
        Setup {
            source: chosen
                .map(|(_, source)| source.to_owned())
                .unwrap_or_default(),
            flow: chosen.map(|(one, _)| one.name.clone()),
            url: self.url.trim().trim_end_matches('/').to_owned(),
            token_url: self.token_url.trim().trim_end_matches('/').to_owned(),
            client_id: self.client_id.trim().to_owned(),
            level,
            group: self.group.trim().to_owned(),
            types: words(&self.types, &[',', '\n']),
            scopes: words(&self.scopes, &[' ', '\n']).join(" "),
            file_origins: words(&self.file_origins, &['\n', ' ']),
            every_hours: self.every_hours.trim().parse().unwrap_or(u32::MAX),
        }
    }
}

async fn flows(site: &Site) -> Result<Vec<Declared>, WebError> {
    Ok(site
        .store()
        .read(|tx| -> Read<_> { flow::list(tx) })
        .await?)
}

/// `GET`: the form for a server to declare.
pub async fn new(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    Ok(page(
        &viewer,
        &flows(&site).await?,
        &Form::fresh(),
        false,
        &[],
    ))
}

/// `GET`: the same for one that is declared.
pub async fn edit(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ServerId>,
) -> Result<Markup, WebError> {
    let server = site.store().read(move |tx| server::find(tx, id)).await?;
    Ok(page(
        &viewer,
        &flows(&site).await?,
        &Form::of(server),
        true,
        &[],
    ))
}

fn page(
    viewer: &Viewer,
    flows: &[Declared],
    form: &Form,
    is_held: bool,
    found: &[FieldProblem],
) -> Markup {
    let title = if is_held {
        "How a server is reached"
    } else {
        "Declare a FHIR server"
    };
    let choices: Vec<Choice> = inward(flows)
        .map(|(one, source)| {
            Choice::new(
                &one.name,
                format!("{}, from {source}", one.name),
                one.name == form.flow,
            )
        })
        .collect();
    let levels: Vec<Choice> = Level::ALL
        .iter()
        .map(|one| Choice::new(one.as_str(), one.label(), form.level == one.as_str()))
        .collect();
    let of_flow = ["flow", "source"]
        .map(|field| problem_of(found, field))
        .concat();
    layout::page(
        viewer,
        Place::Data,
        title,
        &html! {
            (crumbs(&[("Data", "/data"), ("Servers", "/data/servers")], title))
            (header(title, "What the people who run the health record system give you, and what you ask of it.", &html! {}))
            form.stacked method="post" action="/data/servers" {
                (viewer.csrf.field())
                @if is_held {
                    (crate::components::field::hidden("name", &form.name))
                } @else {
                    (Field::text("name", "Name here").value(&form.name).required().max(40)
                        .hint("Lower-case letters, digits, _ and -, such as main-ehr. It stays.").error(problem_of(found, "name")).render())
                }
                (select("flow", "By which flow?", "It says from which source the records come and which fields pass.", &of_flow, &choices))
                (Field::text("url", "Address of its FHIR interface").value(&form.url).required().max(400)
                    .hint("Such as https://ehr.example/fhir/r4").error(problem_of(found, "url")).render())
                (Field::text("client_id", "Client id").value(&form.client_id).required().max(200)
                    .hint("The name under which that system knows us.").error(problem_of(found, "client_id")).render())
                (radios("level", "Whose records?", "", problem_of(found, "level"), &levels))
                (Field::text("group", "Id of the group").value(&form.group).max(64)
                    .hint("Only when the patients of one group are asked for.").error(problem_of(found, "group")).render())
                (Field::text("types", "Types of records").value(&form.types).required().max(300)
                    .hint("With commas between them. What the flow does not list is dropped.").error(problem_of(found, "types")).render())
                (Field::text("every_hours", "Fetch by itself every so many hours").value(&form.every_hours).numeric().max(4)
                    .hint("0 is never: then only when somebody asks.").error(problem_of(found, "every_hours")).render())
                details {
                    summary { "When it gives out tokens or files elsewhere" }
                    (Field::text("token_url", "Address for tokens").value(&form.token_url).max(400)
                        .hint("Leave it empty when the server names one at its own address.").error(problem_of(found, "token_url")).render())
                    (Field::area("file_origins", "Further places of files", 3).value(&form.file_origins)
                        .hint("One a line, such as https://files.ehr.example. Nothing is asked anywhere else.").error(problem_of(found, "file_origins")).render())
                    (Field::text("scopes", "Access to ask for").value(&form.scopes).max(1000)
                        .hint("Leave it empty to ask to read the types above.").error(problem_of(found, "scopes")).render())
                }
                button { @if is_held { "Save" } @else { "Declare" } }
            }
        },
    )
}

/// `POST`: declares a server, or says anew how it is reached.
pub async fn declare(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ImportPeople)?;
    let flows = flows(&site).await?;
    let (name, setup) = (form.name.trim().to_owned(), form.setup(&flows));
    let done = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            server::declare(tx, ctx, &name, &setup)
        })
        .await;
    match done {
        Ok(id) => Ok(Redirect::to(&format!("/data/servers/{id}")).into_response()),
        Err(error) => {
            let name = form.name.clone();
            let held = site
                .store()
                .read(move |tx| fhir_servers::find_by_name(tx, &name))
                .await?;
            let page = page(&viewer, &flows, &form, held.is_some(), &problems(error)?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// `GET`: the public halves of our keys at a server, as it fetches them.
pub async fn key_set(State(site): State<Site>, Id(id): Id<ServerId>) -> Result<Response, WebError> {
    let set = site
        .store()
        .read(move |tx| -> Result<_, placet_app::ActError> {
            server::find(tx, id)?;
            Ok(server::key_set(tx, id)?)
        })
        .await?;
    // A server asks again when it meets a key that it does not know.
    let headers = [
        (header::CONTENT_TYPE, "application/jwk-set+json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    Ok((headers, Json(set)).into_response())
}
