//! The one configuration file, `placet.toml`.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::mllp;

/// What `placet.toml` holds. Paths are relative to the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the pages and the API are served.
    pub listen: SocketAddr,
    /// The address that people's links start with; `https` in production.
    pub public_url: String,
    /// `sqlite:FILE` or `postgres://…`.
    pub database: String,
    /// The file with the 32-byte master key. Not in the data folder's backup.
    pub key_file: PathBuf,
    /// A folder with house rules, which may only tighten those of the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<PathBuf>,
    /// How many connections the worker opens to the mail carrier.
    #[serde(default = "default_connections")]
    pub connections: usize,
    /// For how many seconds a worker is taken for alive after it was last heard of; what it held
    /// is then named unknown.
    #[serde(default = "default_lease")]
    pub lease_seconds: u32,
    /// The login at the mail carrier, when it wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp_user: Option<String>,
    /// The file that holds its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp_password_file: Option<PathBuf>,
    /// The file that holds the secret of our account at the provider of text messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_secret_file: Option<PathBuf>,
    /// How many text messages are handed over at a time.
    #[serde(default = "default_text_connections")]
    pub text_connections: usize,
    /// The maildir in which returned mail arrives: bounces, complaints, replies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<PathBuf>,
    /// HL7 v2 over MLLP, when it is to be listened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mllp: Option<mllp::Settings>,
    /// The folder that holds the file.
    #[serde(skip)]
    pub folder: PathBuf,
}

fn default_connections() -> usize {
    32
}

fn default_text_connections() -> usize {
    8
}

fn default_lease() -> u32 {
    30
}

impl Config {
    /// The configuration of a new folder.
    #[must_use]
    pub fn starter(listen: SocketAddr) -> Self {
        Self {
            listen,
            public_url: format!("http://{listen}"),
            database: "sqlite:placet.db".to_owned(),
            key_file: PathBuf::from("master.key"),
            pack: None,
            connections: default_connections(),
            lease_seconds: default_lease(),
            smtp_user: None,
            smtp_password_file: None,
            text_secret_file: None,
            text_connections: default_text_connections(),
            returns: None,
            mllp: None,
            folder: PathBuf::new(),
        }
    }

    /// Reads the file and makes its paths absolute.
    ///
    /// # Errors
    ///
    /// Says which file and which line cannot be used.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| {
            format!(
                "cannot read `{}`: make one with `placet init DIR`",
                path.display()
            )
        })?;
        let mut config: Self = toml::from_str(&text)
            .with_context(|| format!("`{}` is not a configuration", path.display()))?;
        if !config.public_url.starts_with("http://") && !config.public_url.starts_with("https://") {
            bail!(
                "`{}`: public_url must start with http:// or https://",
                path.display()
            );
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        folder.clone_into(&mut config.folder);
        config.key_file = folder.join(&config.key_file);
        config.pack = config.pack.map(|pack| folder.join(pack));
        config.returns = config.returns.map(|maildir| folder.join(maildir));
        config.smtp_password_file = config.smtp_password_file.map(|file| folder.join(file));
        config.text_secret_file = config.text_secret_file.map(|file| folder.join(file));
        if let Some(mllp) = &mut config.mllp {
            mllp.tls = mllp.tls.take().map(|files| files.in_folder(folder));
        }
        if config.smtp_user.is_some() != config.smtp_password_file.is_some() {
            bail!(
                "`{}`: smtp_user and smtp_password_file go together",
                path.display()
            );
        }
        if config.connections == 0 || config.text_connections == 0 {
            bail!(
                "`{}`: connections and text_connections must be at least 1",
                path.display()
            );
        }
        if let Some(file) = config.database.strip_prefix("sqlite:") {
            config.database = format!("sqlite:{}", folder.join(file).display());
        }
        Ok(config)
    }

    /// The secret of our account at the provider of text messages, when one is named.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is empty.
    pub fn text_secret(&self) -> Result<Option<String>> {
        let Some(file) = &self.text_secret_file else {
            return Ok(None);
        };
        let text = fs::read_to_string(file).with_context(|| {
            format!(
                "cannot read the secret for text messages from `{}`",
                file.display()
            )
        })?;
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() || secret.contains(char::is_control) {
            bail!(
                "`{}` holds no secret in one line: put the provider's token there",
                file.display()
            );
        }
        Ok(Some(secret.to_owned()))
    }

    /// Writes the file; refuses to replace one.
    ///
    /// # Errors
    ///
    /// Fails when the file exists or cannot be written.
    pub fn write_new(&self, path: &Path) -> Result<()> {
        let text = format!(
            "# Placet's one configuration file. Paths are relative to it.\n\n{}",
            toml::to_string(self)?
        );
        let mut options = fs::OpenOptions::new();
        let file = options.write(true).create_new(true).open(path);
        let mut file = file.with_context(|| format!("cannot create `{}`", path.display()))?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        Ok(())
    }
}
