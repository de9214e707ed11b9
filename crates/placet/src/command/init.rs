//! `placet init`: a new installation in a folder.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use placet_app::flow;
use placet_domain::operator::Capability;
use placet_store::{Entropy, Keys, Store};

use super::Exit;
use super::open::{FILE, KEY_FILE, open};
use crate::clock;
use crate::config::Config;

/// Example: placet init /var/lib/placet
#[derive(Debug, Args)]
pub struct Init {
    /// The folder; made when it does not exist.
    folder: PathBuf,
    /// Where pages are served.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The database: `sqlite:FILE` or `postgres://USER@HOST/NAME`.
    #[arg(long, default_value = "sqlite:placet.db")]
    database: String,
    /// The address that links start with; `https` in production.
    #[arg(long)]
    public_url: Option<String>,
}

impl Init {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the folder holds an installation already, or cannot be written.
    pub fn run(self) -> Result<Exit> {
        let mut config = Config::starter(self.listen);
        config.database = self.database;
        if let Some(url) = self.public_url {
            config.public_url = url.trim_end_matches('/').to_owned();
        }
        create(&self.folder, &config)?;
        let folder = self.folder.display();
        println!("Made an installation in {folder}.");
        println!(
            "Keep {folder}/master.key safe and apart from backups: without it the data is lost."
        );
        println!("Next: placet user add --config {folder} --login NAME --role administrator");
        println!(
            "Before the first import, somebody of compliance signs under Data what `ehr` holds."
        );
        Ok(Exit::Done)
    }
}

/// Makes the folder, the key, the database and, last, the configuration that points to them.
///
/// # Errors
///
/// When any of them is there already or cannot be written.
pub fn create(folder: &Path, config: &Config) -> Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    let file = folder.join(FILE);
    if file.exists() {
        bail!(
            "`{}` exists: this folder holds an installation already",
            file.display()
        );
    }
    Keys::create(&folder.join(&config.key_file), &Entropy::system())
        .context("cannot make the master key")?;
    config.write_new(&file)?;
    let made = make_store(folder, &file);
    if made.is_err() {
        // The key and the configuration of a database that was never made help nobody.
        let _ = fs::remove_file(&file);
        let _ = fs::remove_file(folder.join(&config.key_file));
    }
    made
}

/// Declares the flow that an installation begins with: people of this source into the hospital.
fn begin_flow(store: &Store, source: &'static str) -> Result<()> {
    let ctx = clock::system("init");
    let grant = ctx.actor.may(Capability::EditFlows)?;
    store.act_blocking(grant, &ctx, move |tx, ctx| {
        flow::add_starter(tx, ctx, source)
    })?;
    Ok(())
}

fn make_store(folder: &Path, file: &Path) -> Result<()> {
    let store = open(&Config::read(file)?, true)?;
    begin_flow(&store, "ehr")?;
    store.checkpoint(clock::now())?;
    let key = folder.join(KEY_FILE);
    fs::write(&key, format!("{}\n", store.ledger_key()))
        .with_context(|| format!("cannot write `{}`", key.display()))
}
