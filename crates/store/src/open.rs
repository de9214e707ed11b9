//! From an address to a transaction whose schema, identity and keys are known to fit.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;

use placet_ledger::SigningKey;

use crate::config::{Address, StoreConfig};
use crate::conn::Conn;
use crate::error::{OpenError, StoreError};
use crate::keys::Keys;
use crate::migrate::{self, Found};
use crate::tx::{Engine, Tx};
use crate::{postgres, sqlite};

/// What a database says of itself.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) instance: String,
    pub(crate) signer: Arc<SigningKey>,
}

/// Opens the database for writing, or creates it when the configuration says so.
pub(crate) fn open(config: &StoreConfig, address: &Address) -> Result<(Tx, Identity), OpenError> {
    let mut tx = match inspect(config, address)? {
        Found::Current => connect(config, address)?,
        Found::Nothing if config.create => create(config, address)?,
        Found::Nothing => return Err(OpenError::Missing(address.to_string())),
        Found::Older(found) => {
            return Err(OpenError::Older {
                found,
                known: migrate::last_version(),
            });
        }
    };
    let identity = identify(&mut tx)?;
    tx.signer = Some(Arc::clone(&identity.signer));
    Ok((tx, identity))
}

/// Brings the schema to the version known here; answers the versions before and after.
///
/// # Errors
///
/// When there is no database, it is not ours or newer, the key does not fit, or a step fails: each
/// step is whole or not at all.
pub fn migrate(config: &StoreConfig) -> Result<(i64, i64), OpenError> {
    let address = Address::parse(&config.url)?;
    let known = migrate::last_version();
    match inspect(config, &address)? {
        Found::Nothing => Err(OpenError::Missing(address.to_string())),
        Found::Current => Ok((known, known)),
        Found::Older(from) => {
            let mut tx = connect(config, &address)?;
            migrate::identify(&mut tx)?;
            migrate::apply(&mut tx, from)?;
            Ok((from, known))
        }
    }
}

/// One more connection, for writing.
pub(crate) fn connect(config: &StoreConfig, address: &Address) -> Result<Tx, OpenError> {
    let conn = match address {
        Address::Sqlite(path) => {
            let opened = sqlite::Connection::open(path, config.durability);
            Conn::Sqlite(opened.map_err(|error| unreachable(path, &error))?)
        }
        Address::Postgres(url) => {
            let opened = postgres::Connection::open(&postgres::configure(url)?)?;
            Conn::Postgres(Box::new(opened))
        }
    };
    Ok(tx(config, conn))
}

fn tx(config: &StoreConfig, conn: Conn) -> Tx {
    let mut tx = Tx::new(conn, config.keys.clone(), config.entropy.clone());
    tx.installation = Arc::clone(&config.installation);
    tx
}

/// One more connection, for reading.
pub(crate) fn connect_to_read(config: &StoreConfig, address: &Address) -> Result<Tx, OpenError> {
    let Address::Sqlite(path) = address else {
        return connect(config, address);
    };
    let opened = sqlite::Connection::open_to_read(path);
    let conn = Conn::Sqlite(opened.map_err(|error| unreachable(path, &error))?);
    Ok(tx(config, conn))
}

/// A connection that only reads, without the master key: enough to verify the ledger offline,
/// where the program that wrote it is not trusted. It sees one moment and opens no sealed value.
///
/// # Errors
///
/// When there is no database, it is not ours, or its schema is of another version.
pub fn open_to_verify(url: &str) -> Result<Tx, OpenError> {
    let config = StoreConfig::new(url, Keys::from_master([0; 32]));
    let address = Address::parse(url)?;
    match inspect(&config, &address)? {
        Found::Nothing => Err(OpenError::Missing(address.to_string())),
        Found::Current | Found::Older(_) => {
            let mut tx = connect_to_read(&config, &address)?;
            // One moment of the log: a server may be writing meanwhile.
            tx.word(match tx.engine() {
                Engine::Sqlite => "begin",
                Engine::Postgres => "begin isolation level repeatable read read only",
            })?;
            Ok(tx)
        }
    }
}

/// Looks without changing anything: a foreign file stays as it is.
pub(crate) fn inspect(config: &StoreConfig, address: &Address) -> Result<Found, OpenError> {
    if let Address::Sqlite(path) = address {
        match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Found::Nothing);
            }
            Ok(metadata) if metadata.len() == 0 => return Ok(Found::Nothing),
            _ => {}
        }
    }
    let place = address.to_string();
    let mut tx = connect_to_read(config, address)?;
    migrate::inspect(&mut tx, &place).map_err(|error| match error {
        OpenError::Store(StoreError::Corrupt { table, .. }) if table == "sqlite_schema" => {
            OpenError::Foreign(place)
        }
        other => other,
    })
}

fn create(config: &StoreConfig, address: &Address) -> Result<Tx, OpenError> {
    let mut tx = create_empty(config, address)?;
    migrate::christen(&mut tx)?;
    Ok(tx)
}

/// The schema without a row.
pub(crate) fn create_empty(config: &StoreConfig, address: &Address) -> Result<Tx, OpenError> {
    if let Address::Sqlite(path) = address {
        create_file(path)?;
    }
    let mut tx = connect(config, address)?;
    migrate::apply(&mut tx, 0)?;
    Ok(tx)
}

/// Readable by its owner alone, as are the files that the engine puts beside it.
pub(crate) fn create_file(path: &Path) -> Result<(), OpenError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(|_| ())
        .map_err(|error| OpenError::Unreachable {
            place: path.display().to_string(),
            code: error.kind().to_string(),
        })
}

pub(crate) fn identify(tx: &mut Tx) -> Result<Identity, OpenError> {
    let instance = migrate::identify(tx)?;
    let origin = format!("placet/{instance}");
    let signer = SigningKey::from_seed(&origin, tx.keys.ledger_seed());
    let signer = Arc::new(signer.map_err(|_| OpenError::WrongKey)?);
    Ok(Identity { instance, signer })
}

fn unreachable(path: &Path, error: &rusqlite::Error) -> OpenError {
    let place = path.display().to_string();
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => OpenError::Foreign(place),
        code => OpenError::Unreachable {
            place,
            code: code.map_or_else(|| "unknown".to_owned(), |code| format!("{code:?}")),
        },
    }
}
