//! The two engines behind one door.

use placet_ledger::Hash;

use crate::error::StoreError;
use crate::record::Recorded;
use crate::tx::Engine;
use crate::value::Value;
use crate::{postgres, sqlite};

/// A connection to either engine.
pub(crate) enum Conn {
    Sqlite(sqlite::Connection),
    Postgres(Box<postgres::Connection>),
}

/// Takes one row; answers whether to go on.
pub(crate) type Each<'a> = &'a mut dyn FnMut(Vec<Value<'static>>) -> bool;

impl Conn {
    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs a statement without rows; answers how many it touched.
    pub(crate) fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(conn) => conn.execute(sql, values),
            Self::Postgres(conn) => conn.execute(sql, values),
        }
    }

    /// Runs a statement without rows once for each of these; answers how many it touched in all.
    pub(crate) fn execute_each<const N: usize>(
        &mut self,
        sql: &str,
        rows: &[[Value<'_>; N]],
    ) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(conn) => conn.execute_each(sql, rows),
            Self::Postgres(conn) => rows.iter().map(|row| conn.execute(sql, row)).sum(),
        }
    }

    /// Hands each row to `each` until it says no; answers whether the statement wrote.
    pub(crate) fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: Each<'_>,
    ) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(conn) => conn.query(sql, values, each),
            Self::Postgres(conn) => conn.query(sql, values, each),
        }
    }

    /// Runs a text of several statements without parameters.
    pub(crate) fn batch(&mut self, text: &str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(conn) => conn.batch(text),
            Self::Postgres(conn) => conn.batch(text),
        }
    }

    /// The names of all tables.
    pub(crate) fn tables(&mut self) -> Result<Vec<String>, StoreError> {
        const IN_SQLITE: &str = "
            select name
              from sqlite_schema
             where type = 'table' and name not like 'sqlite\\_%' escape '\\'";
        const IN_POSTGRES: &str = "
            select table_name::text
              from information_schema.tables
             where table_schema = current_schema()";

        let sql = match self {
            Self::Sqlite(_) => IN_SQLITE,
            Self::Postgres(_) => IN_POSTGRES,
        };
        let mut names = Vec::new();
        self.query(sql, &[], &mut |values| {
            names.extend(values.into_iter().filter_map(|value| match value {
                Value::Text(name) => Some(name.into_owned()),
                _ => None,
            }));
            true
        })?;
        Ok(names)
    }

    /// Writes entries at their places, from `first` on.
    pub(crate) fn add_entries(
        &mut self,
        first: u64,
        entries: &[Recorded],
        hashes: &[Hash],
    ) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(conn) => conn.add_entries(first, entries, hashes),
            Self::Postgres(conn) => conn.add_entries(first, entries, hashes),
        }
    }
}
