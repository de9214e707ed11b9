//! `placet server`: FHIR servers that records are fetched from, the keys by which they know us, and fetching.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use placet_app::{ActError, Ctx, fetch, server};
use placet_domain::operator::Capability;
use placet_domain::server::{Algorithm, Fetch, FetchFile, Level, Setup, Stage, USUAL_TYPES};
use placet_domain::signing::Turn;
use placet_gateway::bulk::Patience;
use placet_gateway::bulk::client::Client;
use placet_gateway::bulk::key::FreshKey;
use placet_store::{Store, StoreError, Tx, fhir_fetches, fhir_servers};

use super::Exit;
use super::open::Installation;
use crate::clock;
use crate::fetching::Fetcher;

/// How often a fetch in other hands is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Fetch people and appointments from a FHIR server (Bulk Data Access, SMART Backend Services).
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  placet server declare clinic --source ehr --url https://ehr.example/fhir/r4 --client-id placet --group 123\n  placet server key clinic --make ES384 > keys.json\n  placet server key clinic --use KID\n  placet server check clinic\n  placet server fetch clinic\n\nExit status: 0 done, 1 refused or records refused, 2 usage, 3 environment."
)]
pub struct Server {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Declare a server, or say anew how it is reached
    Declare(Box<Declare>),
    /// List servers with their newest fetch
    List(List),
    /// Make, use and end keys; prints the public halves as a JSON Web Key Set
    Key(Key),
    /// Ask the server for a token, and nothing else
    Check(One),
    /// Fetch what changed since the last time, and wait for the end
    Fetch(Fetching),
    /// Stop the fetch that is under way
    Stop(One),
}

#[derive(Debug, Args)]
struct One {
    #[command(flatten)]
    installation: Installation,
    /// The server's name here
    name: String,
}

#[derive(Debug, Args)]
struct Declare {
    #[command(flatten)]
    one: One,
    /// The source in the data catalogue
    #[arg(long, default_value = "ehr")]
    source: String,
    /// The declared flow to go by; the only one from the source when not given
    #[arg(long)]
    flow: Option<String>,
    /// Where its FHIR interface begins
    #[arg(long)]
    url: String,
    /// Where it gives out tokens; what it names itself when not given
    #[arg(long, default_value = "")]
    token_url: String,
    /// The name under which it knows us
    #[arg(long)]
    client_id: String,
    /// The group whose patients are asked for; all patients when not given
    #[arg(long)]
    group: Option<String>,
    /// The types of records
    #[arg(long, value_delimiter = ',', default_values_t = USUAL_TYPES.map(str::to_owned))]
    types: Vec<String>,
    /// The access to ask for; made from the types when not given
    #[arg(long, default_value = "")]
    scopes: String,
    /// A further origin at which it keeps files
    #[arg(long)]
    file_origin: Vec<String>,
    /// Ask by itself after so many hours; 0 is never
    #[arg(long, default_value_t = 0)]
    every_hours: u32,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    installation: Installation,
    /// One JSON object a server
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Key {
    #[command(flatten)]
    one: One,
    /// Make a key: ES384 or RS384
    #[arg(long, value_parser = algorithm)]
    make: Option<Algorithm>,
    /// The server knows this key: sign with it
    #[arg(long, value_name = "KID")]
    r#use: Option<String>,
    /// End this key for good
    #[arg(long, value_name = "KID")]
    end: Option<String>,
}

fn algorithm(code: &str) -> Result<Algorithm, String> {
    Algorithm::find(code).ok_or_else(|| "ES384 or RS384".to_owned())
}

#[derive(Debug, Args)]
struct Fetching {
    #[command(flatten)]
    one: One,
    /// Everything, not only what changed since the last time
    #[arg(long)]
    full: bool,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

impl Server {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the installation cannot be opened or the store fails.
    pub fn run(self) -> Result<Exit> {
        let done = match self.verb {
            Verb::Declare(it) => it.run(),
            Verb::List(it) => it.run(),
            Verb::Key(it) => it.run(),
            Verb::Check(it) => it.check(),
            Verb::Fetch(it) => it.run(),
            Verb::Stop(it) => it.stop(),
        };
        done.or_else(|error| match error.downcast::<ActError>()? {
            ActError::Invalid(fields) => {
                for one in fields {
                    eprintln!("{}: {}", one.field.replace('_', "-"), one.problem);
                }
                Ok(Exit::Usage)
            }
            refused @ (ActError::Refused { .. } | ActError::NotFound(_)) => {
                eprintln!("{refused}");
                Ok(Exit::Findings)
            }
            other => Err(other.into()),
        })
    }
}

fn act<T: Send + 'static>(
    store: &Store,
    act: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
) -> Result<T, ActError> {
    let ctx = clock::system("server");
    let grant = ctx.actor.may(Capability::ImportPeople)?;
    store.act_blocking(grant, &ctx, act)
}

impl One {
    fn open(&self) -> Result<(Store, placet_domain::server::Server)> {
        let (_, store) = self.installation.open()?;
        let name = self.name.clone();
        let server = store.read_blocking(move |tx| server::find_by_name(tx, &name))?;
        Ok((store, server))
    }

    fn check(self) -> Result<Exit> {
        let (store, server) = self.open()?;
        let id = server.id;
        let key = store
            .read_blocking::<_, _, StoreError>(move |tx| fhir_servers::find_used_key(tx, id))?;
        let Some((key, secret)) = key else {
            eprintln!(
                "no key signs at this server: placet server key {} --make ES384, then --use KID",
                server.name
            );
            return Ok(Exit::Findings);
        };
        let client = Client::new(&server.setup, Patience::default(), clock::now());
        match client.token(&key, &secret, &placet_ledger::to_hex(&clock::entropy())) {
            Ok(_) => {
                println!("the server gives us tokens");
                Ok(Exit::Done)
            }
            Err(failed) => {
                eprintln!("{failed}");
                Ok(Exit::Findings)
            }
        }
    }

    fn stop(self) -> Result<Exit> {
        let (store, server) = self.open()?;
        let newest = newest(&store, &server)?.filter(|one| !one.stage.is_over());
        let Some(fetch) = newest else {
            println!("no fetch is under way");
            return Ok(Exit::Done);
        };
        act(&store, move |tx, _| fetch::stop(tx, fetch.id))?;
        println!("it is being stopped; what was taken stays");
        Ok(Exit::Done)
    }
}

fn newest(store: &Store, server: &placet_domain::server::Server) -> Result<Option<Fetch>> {
    let id = server.id;
    let all =
        store.read_blocking::<_, _, StoreError>(move |tx| fhir_fetches::list_newest(tx, id, 1))?;
    Ok(all.into_iter().next())
}

impl Declare {
    fn run(self) -> Result<Exit> {
        let (_, store) = self.one.installation.open()?;
        let setup = Setup {
            source: self.source,
            flow: self.flow,
            url: self.url,
            token_url: self.token_url,
            client_id: self.client_id,
            level: if self.group.is_some() {
                Level::Group
            } else {
                Level::Patient
            },
            group: self.group.unwrap_or_default(),
            types: self.types,
            scopes: self.scopes,
            file_origins: self.file_origin,
            every_hours: self.every_hours,
        };
        let name = self.one.name.clone();
        act(&store, move |tx, ctx| {
            server::declare(tx, ctx, &name, &setup)
        })?;
        let name = &self.one.name;
        println!("declared; next: placet server key {name} --make ES384");
        Ok(Exit::Done)
    }
}

impl List {
    fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        for server in store.read_blocking::<_, _, StoreError>(fhir_servers::list)? {
            let newest = newest(&store, &server)?;
            if self.json {
                let newest = newest.map(|one| serde_json::json!({
                    "fetch": one.id.to_string(), "stage": one.stage.as_str(), "asked_at": one.asked_at.to_string(),
                    "as_of": one.taken_as_of.map(|at| at.to_string()), "says": one.says,
                }));
                println!(
                    "{}",
                    serde_json::json!({
                        "server": server.id.to_string(), "name": server.name, "setup": server.setup, "newest": newest,
                    })
                );
                continue;
            }
            println!(
                "{}  {}  from {}",
                server.name,
                server.setup.export_url(),
                server.setup.source
            );
            match newest {
                Some(one) => println!("  {}: {} {}", one.asked_at, one.stage.label(), one.says),
                None => println!("  nothing was fetched yet"),
            }
        }
        Ok(Exit::Done)
    }
}

impl Key {
    fn run(self) -> Result<Exit> {
        let (store, server) = self.one.open()?;
        let id = server.id;
        if let Some(algorithm) = self.make {
            let fresh = Arc::new(FreshKey::make(algorithm)?);
            let key = act(&store, move |tx, ctx| server::add_key(tx, ctx, id, &fresh))?;
            eprintln!(
                "key {0} is made: give the set below to the server's side, then placet server key {1} --use {0}",
                key.id, server.name
            );
        }
        for (kid, turn) in [(self.r#use, Turn::Used), (self.end, Turn::Ended)] {
            let Some(kid) = kid else { continue };
            let key = kid
                .parse()
                .context("a key is named by the 32 digits of its `kid`")?;
            act(&store, move |tx, ctx| server::turn(tx, ctx, id, key, turn))?;
        }
        let set = store.read_blocking::<_, _, StoreError>(move |tx| server::key_set(tx, id))?;
        println!("{}", serde_json::to_string_pretty(&set)?);
        Ok(Exit::Done)
    }
}

impl Fetching {
    fn run(self) -> Result<Exit> {
        let (store, server) = self.one.open()?;
        let (id, is_full) = (server.id, self.full);
        let fetch = act(&store, move |tx, ctx| fetch::ask(tx, ctx, id, is_full))?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut fetcher = Fetcher::new(&store, Patience::default(), Arc::new(clock::now), stop);
        let id = fetch.id;
        let mut said = String::new();
        let (fetch, files) = loop {
            let fetch = store.read_blocking(move |tx| fetch::find(tx, id))?;
            if fetch.stage.is_over() {
                let files = store.read_blocking::<_, _, StoreError>(move |tx| {
                    fhir_fetches::list_files(tx, id)
                })?;
                break (fetch, files);
            }
            let now = format!("{} {}", fetch.stage.label(), fetch.says);
            if now != said {
                eprintln!("{}", now.trim_end());
                said = now;
            }
            // `placet serve` may have it in its hands; then it is only looked at.
            if fetch.next_at > clock::now() || !fetcher.step_of(id)? {
                std::thread::sleep(LOOK);
            }
        };
        self.show(&store, &fetch, &files)
    }

    fn show(&self, store: &Store, fetch: &Fetch, files: &[FetchFile]) -> Result<Exit> {
        let mut is_clean = fetch.stage == Stage::Done;
        if self.json {
            let all: Vec<_> = files
                .iter()
                .map(|file| {
                    serde_json::json!({
                        "kind": file.kind.as_str(), "holds": file.holds, "found": file.found,
                        "import": file.import.map(|id| id.to_string()),
                    })
                })
                .collect();
            println!(
                "{}",
                serde_json::json!({
                    "fetch": fetch.id.to_string(), "stage": fetch.stage.as_str(), "says": fetch.says,
                    "since": fetch.since.map(|at| at.to_string()),
                    "as_of": fetch.taken_as_of.map(|at| at.to_string()), "files": all,
                })
            );
        } else {
            println!("{} {}", fetch.stage.label(), fetch.says);
            for file in files {
                println!("  {} {}: {}", file.kind.label(), file.holds, file.found);
            }
        }
        for id in files.iter().filter_map(|file| file.import) {
            let run = store
                .read_blocking::<_, _, StoreError>(move |tx| placet_store::imports::find(tx, id))?;
            let refused =
                run.and_then(|run| serde_json::from_str::<serde_json::Value>(&run.report).ok());
            let n = refused.and_then(|report| report.pointer("/read/n_refused")?.as_u64());
            is_clean &= n.unwrap_or(0) == 0;
        }
        Ok(if is_clean { Exit::Done } else { Exit::Findings })
    }
}
