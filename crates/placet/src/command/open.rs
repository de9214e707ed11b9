//! Opening an installation: its configuration, keys and store.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use placet_store::{Durability, Keys, Store, StoreConfig};

use crate::config::Config;
use crate::installation;

/// The file every installation is found by.
pub const FILE: &str = "placet.toml";
/// The public key of the ledger, beside it.
pub const KEY_FILE: &str = "ledger-key.txt";

/// Which installation.
#[derive(Debug, Clone, Args)]
pub struct Installation {
    /// The configuration file, or the folder that holds it.
    #[arg(long, short, env = "PLACET_CONFIG", default_value = FILE)]
    pub config: PathBuf,
}

impl Installation {
    /// Reads the configuration.
    ///
    /// # Errors
    ///
    /// Says which file cannot be used and why.
    pub fn read(&self) -> Result<Config> {
        Config::read(&file_of(&self.config))
    }

    /// Says so when there is no installation at this place.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn must_exist(&self) -> Result<()> {
        let file = file_of(&self.config);
        anyhow::ensure!(
            file.is_file(),
            "there is no installation at `{}`: give its folder with --config",
            self.config.display()
        );
        Ok(())
    }

    /// The folder that holds the configuration.
    pub fn folder(&self) -> PathBuf {
        let file = file_of(&self.config);
        file.parent().map_or_else(PathBuf::new, Path::to_path_buf)
    }

    /// Reads the configuration and opens the store.
    ///
    /// # Errors
    ///
    /// Says what cannot be used and the next step.
    pub fn open(&self) -> Result<(Config, Store)> {
        let config = self.read()?;
        let store = open(&config, false)?;
        Ok((config, store))
    }
}

fn file_of(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.join(FILE)
    } else {
        path.to_path_buf()
    }
}

/// Opens the store of a configuration.
///
/// # Errors
///
/// Says what cannot be used and the next step.
pub fn open(config: &Config, create: bool) -> Result<Store> {
    open_as(config, create, Durability::Full)
}

/// The same, waiting at a commit for no disk when the whole is thrown away unless it is finished.
///
/// # Errors
///
/// As [`open`].
pub fn open_as(config: &Config, create: bool, durability: Durability) -> Result<Store> {
    let keys = Keys::load(&config.key_file).context("the master key cannot be used")?;
    let mut asked = StoreConfig::new(config.database.clone(), keys);
    asked.create = create;
    asked.durability = durability;
    asked.installation = installation::name(config)?.into();
    Store::open(asked).context("the database cannot be opened")
}
