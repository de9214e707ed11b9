//! SQLite: one file, one writer.
//!
//! Acts wait in a queue. The writer takes those that wait, runs each in a savepoint of its own,
//! gives their entries a place in the ledger, commits once and then answers all: durable and fast.
//!
//! INVARIANT: nobody is answered before the commit that keeps what they did.

pub(crate) mod writer;

use std::borrow::Cow;
use std::path::Path;

use placet_domain::id::PersonId;
use placet_ledger::Hash;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, OpenFlags, Statement, ToSql, ffi, params};

use crate::config::Durability;
use crate::error::StoreError;
use crate::record::Recorded;
use crate::tx::table_of;
use crate::value::Value;

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 256;

/// A connection that speaks portable values.
pub(crate) struct Connection {
    pub(crate) db: rusqlite::Connection,
}

impl Connection {
    /// Opens a file that is there for reading and writing.
    pub(crate) fn open(path: &Path, durability: Durability) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = rusqlite::Connection::open_with_flags(path, flags)?;
        let synchronous = match durability {
            Durability::Full => "full",
            Durability::None => "off",
        };
        // A commit may look through the whole page cache (a page that is split lies for a moment
        // under a number beyond the end): a small one costs less than the reads it saves.
        db.execute_batch(&format!(
            "pragma busy_timeout = 10000;
             pragma journal_mode = wal;
             pragma synchronous = {synchronous};
             pragma foreign_keys = on;
             pragma recursive_triggers = on;
             pragma cache_size = -16384;
             pragma wal_autocheckpoint = 16000;
             pragma journal_size_limit = 67108864;
             pragma temp_store = memory;"
        ))?;
        keep_plans(&db)?;
        Ok(Self { db })
    }

    /// Opens for reading.
    pub(crate) fn open_to_read(path: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = rusqlite::Connection::open_with_flags(path, flags)?;
        db.execute_batch(
            "pragma busy_timeout = 10000;
             pragma query_only = on;
             pragma cache_size = -4096;
             pragma temp_store = memory;",
        )?;
        keep_plans(&db)?;
        Ok(Self { db })
    }

    pub(crate) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let run = || {
            let mut statement = self.db.prepare_cached(&numbered(sql))?;
            bind(&mut statement, values)?;
            statement.raw_execute()
        };
        let count = run().map_err(|error| fault(&error, sql))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Runs a statement once for each row, made ready once.
    pub(crate) fn execute_each<const N: usize>(
        &self,
        sql: &str,
        rows: &[[Value<'_>; N]],
    ) -> Result<u64, StoreError> {
        let run = || {
            let mut statement = self.db.prepare_cached(&numbered(sql))?;
            let mut count = 0;
            for row in rows {
                bind(&mut statement, row)?;
                count += statement.raw_execute()?;
            }
            Ok(count)
        };
        let count = run().map_err(|error| fault(&error, sql))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Hands each row to `each` until it says no; answers whether the statement wrote.
    pub(crate) fn query(
        &self,
        sql: &str,
        values: &[Value<'_>],
        each: &mut dyn FnMut(Vec<Value<'static>>) -> bool,
    ) -> Result<bool, StoreError> {
        let mut run = || {
            let mut statement = self.db.prepare_cached(&numbered(sql))?;
            bind(&mut statement, values)?;
            let width = statement.column_count();
            let writes = !statement.readonly();
            let mut any = false;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                any = true;
                let columns = (0..width).map(|index| Ok(owned(row.get_ref(index)?)));
                if !each(columns.collect::<rusqlite::Result<_>>()?) {
                    break;
                }
            }
            Ok(writes && any)
        };
        run().map_err(|error| fault(&error, sql))
    }

    /// Runs a text of several statements without parameters.
    pub(crate) fn batch(&self, text: &str) -> Result<(), StoreError> {
        self.db
            .execute_batch(text)
            .map_err(|error| fault(&error, "schema"))
    }

    /// Writes entries at their places.
    pub(crate) fn add_entries(
        &self,
        first: u64,
        entries: &[Recorded],
        hashes: &[Hash],
    ) -> Result<(), StoreError> {
        const SQL: &str = "
            insert into ledger_entries (place, entry_id, kind, person_id, at, body, leaf_hash)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

        let run = || {
            let mut statement = self.db.prepare_cached(SQL)?;
            for (place, (entry, hash)) in (first..).zip(entries.iter().zip(hashes)) {
                statement.execute(params![
                    i64::try_from(place).unwrap_or(i64::MAX),
                    entry.id.as_bytes(),
                    entry.kind,
                    entry.person.as_ref().map(PersonId::as_bytes),
                    entry.at,
                    entry.body,
                    hash,
                ])?;
            }
            Ok(())
        };
        run().map_err(|error| fault(&error, SQL))
    }

    /// Whether no transaction is open: after some errors the engine itself rolls back.
    pub(crate) fn is_idle(&self) -> bool {
        self.db.is_autocommit()
    }

    /// A number that changes when another connection wrote.
    pub(crate) fn data_version(&self) -> Result<i64, StoreError> {
        let sql = "pragma data_version";
        let run = || self.db.prepare_cached(sql)?.query_one([], |row| row.get(0));
        run().map_err(|error| fault(&error, sql))
    }
}

/// Makes a closed database one file, without a journal beside it.
pub(crate) fn fold_journal(path: &Path) -> rusqlite::Result<()> {
    let db = rusqlite::Connection::open(path)?;
    db.query_one("pragma journal_mode = delete", [], |_| Ok(()))
}

/// The statement with `?1` for `$1`: SQLite numbers `$2` by its first appearance and not by its
/// name, and finding a name takes it a walk along all of them.
fn numbered(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut parts = sql.split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        // Anything else is a path in a JSON document.
        text.push(match part.as_bytes().first() {
            Some(b'0'..=b'9') => '?',
            _ => '$',
        });
        text.push_str(part);
    }
    text
}

fn bind(statement: &mut Statement<'_>, values: &[Value<'_>]) -> rusqlite::Result<()> {
    let n = statement.parameter_count();
    let Some(values) = values.get(..n) else {
        return Err(rusqlite::Error::InvalidParameterCount(n, values.len()));
    };
    for (index, value) in (1..).zip(values) {
        statement.raw_bind_parameter(index, Bound(value))?;
    }
    Ok(())
}

struct Bound<'a>(&'a Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Real(number) => ValueRef::Real(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Keeps statements ready, and their plans too: without the guarantee the engine looks at the
/// values bound and parses many statements anew each time, a quarter of the worker's work.
fn keep_plans(db: &rusqlite::Connection) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

fn owned(value: ValueRef<'_>) -> Value<'static> {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(bytes) => match String::from_utf8(bytes.to_vec()) {
            Ok(text) => Value::Text(Cow::Owned(text)),
            // Not what we wrote; as bytes it is refused by whoever reads it as text.
            Err(error) => Value::Blob(Cow::Owned(error.into_bytes())),
        },
        ValueRef::Blob(bytes) => Value::Blob(Cow::Owned(bytes.to_vec())),
    }
}

/// What a driver error means. Its text may quote values, so only table and code are logged.
pub(crate) fn fault(error: &rusqlite::Error, sql: &str) -> StoreError {
    let table = table_of(sql);
    let (code, extended) = match error {
        rusqlite::Error::SqliteFailure(error, _) => (error.code, error.extended_code),
        rusqlite::Error::SqlInputError { error, .. } => (error.code, error.extended_code),
        _ => (ErrorCode::ApiMisuse, -1),
    };
    let meaning = match (code, extended) {
        (ErrorCode::DiskFull, _) => StoreError::Full,
        (ErrorCode::ConstraintViolation, ffi::SQLITE_CONSTRAINT_TRIGGER) => StoreError::AppendOnly,
        (
            ErrorCode::ConstraintViolation,
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID
            | ffi::SQLITE_CONSTRAINT_FOREIGNKEY,
        ) => StoreError::Conflict,
        (
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory,
            _,
        ) => StoreError::Unavailable,
        (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => StoreError::Corrupt {
            table: table.to_string(),
            id: "?".to_owned(),
        },
        _ => StoreError::Defect,
    };
    match &meaning {
        StoreError::Conflict => tracing::debug!(%table, extended, "statement failed"),
        _ => tracing::error!(%table, extended, %meaning, "statement failed"),
    }
    meaning
}
