//! `placet demo`: a whole hospital on this machine, with a mail catcher, ready in seconds.

use std::fs::{self, File};
use std::net::SocketAddr;
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
use crate::demo::staff::{PASSWORD, STAFF, carry_by};
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
            tokio::task::block_in_place(|| carry_by(&store, &clock::system("demo"), port))?;
            self.greet(&url, port);
            let engine = engine_of(config.pack.as_deref())?
                .map_err(|_| anyhow!("the house rules cannot be loaded"))?;
            serve::serve(&config, store, engine, listener, mail::routes(catcher)).await
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
                "password": PASSWORD, "logins": logins,
            });
            println!("{line}");
            return;
        }
        println!("\nLakeside General Hospital is ready (nobody in it exists).\n");
        println!("  Pages         {url}");
        println!("  Mail catcher  {url}/demo/mail\n");
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

/// Waits until what a folder holds would survive a loss of power.
fn keep(folder: &Path) -> Result<()> {
    let unkept = || format!("cannot keep `{}`", folder.display());
    for entry in fs::read_dir(folder).with_context(unkept)? {
        let file = File::open(entry.with_context(unkept)?.path());
        file.and_then(|file| file.sync_all()).with_context(unkept)?;
    }
    Ok(())
}
