//! `placet demo`: a whole hospital on this machine, with a mail catcher, ready in seconds.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use placet_deliver::catcher::{Catcher, Config as Catching};
use placet_policy::Engine;
use placet_store::{Durability, Store};

use super::open::{FILE, open, open_as};
use super::pack::engine_of;
use super::{Exit, init, serve};
use crate::clock;
use crate::config::Config;
use crate::demo::staff::{PASSWORD, STAFF, carry_by, texts_by};
use crate::demo::texts::{self, Phones};
use crate::demo::{fill, mail};

/// Example: placet demo
#[derive(Debug, Args)]
pub struct Demo {
    /// Where the demo keeps its data; kept between runs. Delete the folder to start anew.
    #[arg(long, default_value = "demo-data")]
    folder: PathBuf,
    /// Where to serve; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The database; a file in the folder when left out.
    #[arg(long)]
    database: Option<String>,
    /// How many people the hospital knows.
    #[arg(long, default_value_t = 20_000)]
    people: usize,
    /// The seed from which everything follows.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print address and logins as one JSON object.
    #[arg(long)]
    json: bool,
}

impl Demo {
    /// Runs it until it is told to stop.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written or the address not be taken.
    pub fn run(self) -> Result<Exit> {
        serve::init_log();
        if !self.listen.ip().is_loopback() {
            bail!(
                "the demo has known passwords: it listens on this machine only, such as 127.0.0.1:8080"
            );
        }
        let runtime = serve::runtime()?;
        runtime.block_on(async {
            let listener = serve::listen(self.listen).await?;
            let address = listener.local_addr()?;
            let catcher = Arc::new(
                Catcher::start(Catching::default()).context("cannot start the mail catcher")?,
            );
            let url = format!("http://{address}");
            let (config, store) = tokio::task::block_in_place(|| self.prepare(&url))?;
            let port = catcher.address().port();
            let (phones, provider) = start_phones(&config).await?;
            tokio::task::block_in_place(|| {
                carry_by(&store, &clock::system("demo"), port, &texts_by(&provider))
            })?;
            self.greet(&url, port);
            let engine = engine_of(config.pack.as_deref())?
                .map_err(|_| anyhow!("the house rules cannot be loaded"))?;
            let pages = mail::routes(catcher).merge(texts::routes(phones));
            serve::serve(&config, store, engine, listener, pages).await
        })?;
        Ok(Exit::Done)
    }

    /// Opens the hospital of the folder, or makes it. It is made beside and moved into place when
    /// it is whole, so a demo that was broken off leaves nothing half done.
    fn prepare(&self, url: &str) -> Result<(Config, Store)> {
        if !self.folder.join(FILE).exists() {
            if self.folder.exists() {
                bail!(
                    "`{}` exists and is no demo: give another --folder",
                    self.folder.display()
                );
            }
            let name = self.folder.file_name().context("--folder names a folder")?;
            let draft = self
                .folder
                .with_file_name(format!(".{}.making", name.to_string_lossy()));
            let _ = fs::remove_dir_all(&draft);
            self.make(&draft)?;
            fs::rename(&draft, &self.folder)
                .with_context(|| format!("cannot make `{}`", self.folder.display()))?;
        }
        let mut config = Config::read(&self.folder.join(FILE))?;
        url.clone_into(&mut config.public_url);
        config.text_secret_file = Some(text_secret(&self.folder)?);
        let store = open(&config, false)?;
        Ok((config, store))
    }

    fn make(&self, folder: &Path) -> Result<()> {
        let mut config = Config::starter(self.listen);
        if let Some(database) = &self.database {
            config.database.clone_from(database);
        }
        eprintln!("placet: making a hospital of {} people …", self.people);
        init::create(folder, &config)?;
        let config = Config::read(&folder.join(FILE))?;
        // A power cut leaves a draft, which the next start throws away.
        let store = open_as(&config, false, Durability::None)?;
        let engine = Engine::builtin();
        fill(
            &store,
            &engine,
            self.seed,
            self.people,
            &config.public_url,
            clock::now(),
        )?;
        store.checkpoint(clock::now())?;
        drop(store);
        keep(folder)
    }

    fn greet(&self, url: &str, smtp_port: u16) {
        if self.json {
            let logins: Vec<_> = STAFF
                .iter()
                .map(|it| (it.login, it.role.as_str()))
                .collect();
            let line = serde_json::json!({
                "url": url, "mail": format!("{url}/demo/mail"), "smtp_port": smtp_port,
                "texts": format!("{url}/demo/texts"),
                "password": PASSWORD, "logins": logins,
            });
            println!("{line}");
            return;
        }
        println!("\nLakeside General Hospital is ready (nobody in it exists).\n");
        println!("  Pages         {url}");
        println!("  Mail catcher  {url}/demo/mail");
        println!("  Phones        {url}/demo/texts\n");
        println!("  Sign in as any of these; the password is: {PASSWORD}\n");
        for member in STAFF {
            println!(
                "    {:<14} {:<14} {}",
                member.login,
                member.role.label(),
                member.name
            );
        }
        println!(
            "\nStop with Ctrl-C. What you do is kept in {}.",
            self.folder.display()
        );
    }
}

/// Starts the provider of text messages on a port of its own; answers its phones and its address.
async fn start_phones(config: &Config) -> Result<(Phones, String)> {
    let secret = config.text_secret()?.context("the demo has a secret")?;
    let hook = format!("{}/hooks/texts", config.public_url);
    let phones = Phones::new(secret, hook)?;
    let listener = serve::listen(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let provider = texts::provider(phones.clone());
    tokio::spawn(async move { axum::serve(listener, provider).await });
    Ok((phones, url))
}

/// The file with the secret that the demo and its provider share, made when there is none.
fn text_secret(folder: &Path) -> Result<PathBuf> {
    let file = folder.join("texts.secret");
    if !file.exists() {
        let secret: String = clock::entropy()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut made = options
            .open(&file)
            .with_context(|| format!("cannot create `{}`", file.display()))?;
        std::io::Write::write_all(&mut made, secret.as_bytes())?;
    }
    // The worker of the demo reads it as any other installation's does.
    Ok(fs::canonicalize(file)?)
}

/// Waits until what a folder holds would survive a loss of power.
fn keep(folder: &Path) -> Result<()> {
    let unkept = || format!("cannot keep `{}`", folder.display());
    for entry in fs::read_dir(folder).with_context(unkept)? {
        let file = File::open(entry.with_context(unkept)?.path());
        file.and_then(|file| file.sync_all()).with_context(unkept)?;
    }
    Ok(())
}
