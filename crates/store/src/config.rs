//! Where a store lies and how it is opened.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::entropy::Entropy;
use crate::error::OpenError;
use crate::faults::Faults;
use crate::keys::Keys;

/// How to open a store.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`.
    pub url: String,
    /// The keys of this installation.
    pub keys: Keys,
    /// Whether a database is created where there is none. Nothing is ever created silently.
    pub create: bool,
    /// Where person keys and nonces come from.
    pub entropy: Entropy,
    /// What a commit waits for.
    pub durability: Durability,
    /// Failures to come; none by default.
    pub faults: Faults,
    /// Whether acts and reads run on the thread that asks for them, one at a time. For the
    /// simulator, which has a thread for each of its worlds; SQLite only.
    pub in_place: bool,
    /// Which installation opens it: sending is armed for installations by this name, so that a
    /// copy of the database elsewhere sends nothing by itself.
    pub installation: Arc<str>,
}

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Until it would survive a loss of power.
    Full,
    /// Nothing. For tests and the simulator.
    None,
}

impl StoreConfig {
    /// A store that exists, durable, with the operating system's randomness.
    #[must_use]
    pub fn new(url: impl Into<String>, keys: Keys) -> Self {
        Self {
            url: url.into(),
            keys,
            create: false,
            entropy: Entropy::system(),
            durability: Durability::Full,
            faults: Faults::default(),
            in_place: false,
            installation: Arc::from(""),
        }
    }

    /// The same, created where there is none.
    #[must_use]
    pub fn creating(mut self) -> Self {
        self.create = true;
        self
    }
}

/// An address, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Address {
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => url.clone(),
        }
    }

    pub(crate) fn parse(url: &str) -> Result<Self, OpenError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(OpenError::Address("sqlite:".to_owned()));
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        // The rest may hold a password; the kind is enough to see the mistake.
        let kind = url.split(':').next().unwrap_or_default();
        Err(OpenError::Address(kind.chars().take(20).collect()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            // The address may hold a password.
            Self::Postgres(url) => {
                let name = url.rsplit('/').next().unwrap_or_default();
                write!(
                    f,
                    "PostgreSQL database `{}`",
                    name.split('?').next().unwrap_or_default()
                )
            }
        }
    }
}
