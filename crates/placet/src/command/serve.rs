//! `placet serve`: pages, API and the worker, until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use clap::Args;
use placet_app::{ActError, rules};
use placet_policy::Engine;
use placet_store::Store;
use placet_web::site::Parts;
use placet_web::{Site, serving};
use tokio::net::TcpListener;

use super::Exit;
use super::open::Installation;
use super::pack::engine_of;
use crate::config::Config;
use crate::imports::Imports;
use crate::{clock, fetching, installation, measure, mllp, population, returns, sending, triggers};

/// How often the head of the ledger is signed when there is news.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// So long is waited for the fetcher when the program ends.
const FETCHER_ENDS: Duration = Duration::from_secs(3);

/// Sign-ins are answered on this grid, so that the time taken tells nothing.
const ANSWER_GRID: Duration = Duration::from_millis(100);

/// Example: placet serve --config /var/lib/placet
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    installation: Installation,
    /// Where to serve, instead of what the configuration says.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// A folder with house rules, instead of what the configuration says. They may only tighten:
    /// a pack that would loosen the law is refused with file, line and column.
    #[arg(long)]
    pack: Option<PathBuf>,
    /// Where to listen to HL7 v2 (MLLP), instead of what the configuration says.
    #[arg(long)]
    mllp: Option<SocketAddr>,
}

impl Serve {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the installation cannot be opened or the address not be taken.
    pub fn run(self) -> Result<Exit> {
        init_log();
        let (mut config, store) = self.installation.open()?;
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        if self.pack.is_some() {
            config.pack = self.pack;
        }
        let engine = match engine_of(config.pack.as_deref())? {
            Ok(engine) => engine,
            Err(exit) => return Ok(exit),
        };
        if let Some(at) = self.mllp {
            let mut settings = config.mllp.take().unwrap_or(mllp::Settings::at(at));
            settings.listen = at;
            config.mllp = Some(settings);
        }
        let intake = match &config.mllp {
            Some(settings) => hear(settings, &store)?,
            None => None,
        };
        if let Some(intake) = &intake {
            let is_covered = config.mllp.as_ref().is_some_and(|it| it.tls.is_some());
            let how = if is_covered { ", over TLS" } else { "" };
            eprintln!("placet: listening to HL7 v2 on {}{how}", intake.address);
        }
        let runtime = runtime()?;
        runtime.block_on(async {
            let listener = listen(config.listen).await?;
            eprintln!(
                "placet: serving {} on {}",
                config.public_url,
                listener.local_addr()?
            );
            serve(&config, store.clone(), engine, listener, Router::new()).await
        })?;
        if let Some(intake) = intake {
            intake.stop()?;
            store.checkpoint(clock::now())?;
        }
        Ok(Exit::Done)
    }
}

/// Begins to listen to HL7 v2. A flow that is blocked closes this door and no other: the pages are where it is
/// agreed to.
fn hear(settings: &mllp::Settings, store: &Store) -> Result<Option<mllp::Intake>> {
    match mllp::Intake::start(settings, store) {
        Ok(intake) => Ok(Some(intake)),
        Err(error) => match error.downcast_ref::<ActError>() {
            Some(ActError::Refused { why, .. }) => {
                eprintln!("placet: not listening to HL7 v2: {why}; then start again");
                Ok(None)
            }
            _ => Err(error),
        },
    }
}

/// Logs as JSON lines to standard error, without personal values; `PLACET_LOG` sets the level.
pub fn init_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("PLACET_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let _ = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}

/// The runtime of everything that waits for the network.
///
/// # Errors
///
/// When the system gives no threads.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .context("cannot start threads")
}

/// Takes the address.
///
/// # Errors
///
/// When somebody else has it.
pub async fn listen(at: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(at)
        .await
        .with_context(|| format!("cannot listen on {at}: is something else serving there?"))
}

/// Serves until SIGINT or SIGTERM; then finishes what is under way and signs the ledger.
///
/// # Errors
///
/// When the server or the last checkpoint fails.
pub async fn serve(
    config: &Config,
    store: Store,
    engine: Engine,
    listener: TcpListener,
    further: Router,
) -> Result<()> {
    keep_rules(&store, &engine).await?;
    if let Some(word) = tokio::task::block_in_place(|| installation::look(config, &store))? {
        eprintln!("placet: {word}.");
        tracing::warn!("{word}");
    }
    let worker = sending::start(config, &store, &engine)?;
    let site = site(config, &store, engine)?;
    let stop = Arc::new(AtomicBool::new(false));
    let signer = sign_heads(config.clone(), store.clone(), Arc::clone(&stop))?;
    let planner = population::keep(config, &site, Arc::clone(&stop))?;
    let returned = returns::keep(config.returns.as_deref(), &store, Arc::clone(&stop))?;
    let measurer = measure::work::start(&store, Arc::clone(&stop))?;
    let triggers = triggers::start(&store, Arc::clone(&stop))?;
    let fetcher = fetching::start(&store, Arc::clone(&stop))?;
    let app = placet_web::router_with(&site, further);
    serving::serve(listener, app, told_to_stop()).await?;
    // What is on the wire is answered and settled before the last checkpoint.
    tokio::task::block_in_place(|| worker.stop());
    stop.store(true, Ordering::Release);
    let _ = signer.join();
    let _ = planner.join();
    if let Some(returned) = returned {
        let _ = returned.join();
    }
    let _ = measurer.join();
    let _ = triggers.join();
    // It may wait for a server that does not answer; whatever it does next is begun again by its own record.
    let ends = std::time::Instant::now() + FETCHER_ENDS;
    while !fetcher.is_finished() && std::time::Instant::now() < ends {
        std::thread::sleep(Duration::from_millis(20));
    }
    if let Some(note) = store.checkpoint(clock::now())? {
        installation::note_head(config, &note);
    }
    Ok(())
}

/// Keeps the rules that will decide, so that their decisions can be taken again years later.
async fn keep_rules(store: &Store, engine: &Engine) -> Result<()> {
    let ctx = clock::system("rules");
    let grant = ctx
        .actor
        .may_as_system()
        .context("the system may do this")?;
    let engine = engine.clone();
    store
        .act(grant, &ctx, move |tx, ctx| rules::keep(tx, ctx, &engine))
        .await
        .context("cannot keep the rules")
}

/// The site of this configuration.
///
/// # Errors
///
/// When a secret cannot be read.
pub fn site(config: &Config, store: &Store, engine: Engine) -> Result<Site> {
    Ok(Site::new(Parts {
        store: store.clone(),
        engine: Arc::new(engine),
        clock: Arc::new(clock::now),
        entropy: Arc::new(clock::entropy),
        public_url: config.public_url.trim_end_matches('/').to_owned(),
        intake: Some(Arc::new(Imports {
            store: store.clone(),
        })),
        text_secret: config.text_secret()?,
        answer_grid: Some(ANSWER_GRID),
    }))
}

/// A thread that signs the head of the ledger each second when there is news.
fn sign_heads(
    config: Config,
    store: Store,
    stop: Arc<AtomicBool>,
) -> Result<std::thread::JoinHandle<()>> {
    let work = move || {
        while !stop.load(Ordering::Acquire) {
            match store.checkpoint(clock::now()) {
                Ok(Some(note)) => installation::note_head(&config, &note),
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "the ledger's head was not signed"),
            }
            std::thread::sleep(CHECKPOINT_EVERY);
        }
    };
    std::thread::Builder::new()
        .name("placet-signer".to_owned())
        .spawn(work)
        .context("cannot start a thread")
}

async fn told_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupted.await;
        }
    }
}
