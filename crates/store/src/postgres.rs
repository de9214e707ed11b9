//! PostgreSQL: acts on a pool of connections, serializable, run again when they collide.
//!
//! Entries are committed into `ledger_inbox` with their act; the sequencer, one at a time over
//! all processes, gives them their places.

pub(crate) mod pool;
pub(crate) mod sequencer;
mod values;

use std::collections::HashMap;
use std::iter;

use ::postgres::config::SslMode;
use ::postgres::fallible_iterator::FallibleIterator as _;
use ::postgres::types::ToSql;
use ::postgres::{Client, Config, CopyInWriter, NoTls, Statement};
use placet_domain::id::PersonId;
use placet_ledger::Hash;

use crate::conn::Each;
use crate::error::{OpenError, StoreError};
use crate::record::Recorded;
use crate::tx::table_of;
use crate::value::Value;

/// How many prepared statements a connection keeps; past it all are dropped.
const STATEMENTS: usize = 512;

/// A connection that speaks portable values.
pub(crate) struct Connection {
    client: Client,
    statements: HashMap<Box<str>, Statement>,
    collided: bool,
}

/// Takes an address apart, and says what cannot be done with it.
pub(crate) fn configure(url: &str) -> Result<Config, OpenError> {
    let config = url.parse::<Config>();
    let config = config.map_err(|_| OpenError::Address("postgres:".to_owned()))?;
    if config.get_ssl_mode() == SslMode::Require {
        return Err(OpenError::Unsupported(
            "this version speaks to PostgreSQL over a unix socket or the local network only and \
             cannot do sslmode=require; leave it out and use a socket or a tunnel",
        ));
    }
    Ok(config)
}

impl Connection {
    pub(crate) fn open(config: &Config) -> Result<Self, OpenError> {
        let client = config
            .connect(NoTls)
            .map_err(|error| OpenError::Unreachable {
                place: format!("database `{}`", config.get_dbname().unwrap_or("postgres")),
                code: error
                    .code()
                    .map_or_else(|| "no connection".to_owned(), |code| code.code().to_owned()),
            })?;
        Ok(Self {
            client,
            statements: HashMap::new(),
            collided: false,
        })
    }

    pub(crate) fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        if values.is_empty() && is_word(sql) {
            return self.batch(sql).map(|()| 0);
        }
        let statement = self.prepare(sql)?;
        let bound = values::bound(values, statement.params())?;
        let done = self.client.execute(&statement, &values::refs(&bound));
        done.map_err(|error| self.fault(&error, sql))
    }

    pub(crate) fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: Each<'_>,
    ) -> Result<bool, StoreError> {
        let statement = self.prepare(sql)?;
        let bound = values::bound(values, statement.params())?;
        let mut any = false;
        let mut run = || {
            let mut rows = self.client.query_raw(&statement, values::refs(&bound))?;
            while let Some(row) = rows.next()? {
                any = true;
                if !each(values::of_row(&row)?) {
                    break;
                }
            }
            Ok(())
        };
        let done = run();
        done.map_err(|error| self.fault(&error, sql))?;
        Ok(any && !is_query(sql))
    }

    pub(crate) fn batch(&mut self, text: &str) -> Result<(), StoreError> {
        let done = self.client.batch_execute(text);
        done.map_err(|error| self.fault(&error, text))
    }

    /// Writes entries into the inbox, in the transaction of their act.
    pub(crate) fn add_to_inbox(&mut self, entries: &[Recorded]) -> Result<(), StoreError> {
        const SQL: &str = "
            insert into ledger_inbox (entry_id, n, kind, person_id, at, body)
            select *
              from unnest($1::bytea[], $2::bigint[], $3::text[], $4::bytea[], $5::bigint[],
                          $6::bytea[])
             where not exists (select 1 from ledger_entries where entry_id = any($1))";

        let columns = Columns::of(entries);
        let n: Vec<i64> = (0..).take(entries.len()).collect();
        let kept = self.run(
            SQL,
            &[
                &columns.ids,
                &n,
                &columns.kinds,
                &columns.people,
                &columns.ats,
                &columns.bodies,
            ],
        )?;
        // An id that is in the log already would stop the sequencer.
        if usize::try_from(kept) == Ok(entries.len()) {
            Ok(())
        } else {
            Err(StoreError::Conflict)
        }
    }

    /// Writes entries at their places.
    pub(crate) fn add_entries(
        &mut self,
        first: u64,
        entries: &[Recorded],
        hashes: &[Hash],
    ) -> Result<(), StoreError> {
        const SQL: &str = "
            insert into ledger_entries (place, entry_id, kind, person_id, at, body, leaf_hash)
            select *
              from unnest($1::bigint[], $2::bytea[], $3::text[], $4::bytea[], $5::bigint[],
                          $6::bytea[], $7::bytea[])";

        let columns = Columns::of(entries);
        let first = i64::try_from(first).unwrap_or(i64::MAX);
        let places: Vec<i64> = (first..).take(entries.len()).collect();
        let hashes: Vec<&[u8]> = hashes.iter().map(Hash::as_slice).collect();
        self.run(
            SQL,
            &[
                &places,
                &columns.ids,
                &columns.kinds,
                &columns.people,
                &columns.ats,
                &columns.bodies,
                &hashes,
            ],
        )
        .map(drop)
    }

    /// Takes placed entries out of the inbox.
    pub(crate) fn clear_inbox(&mut self, entries: &[Recorded]) -> Result<(), StoreError> {
        const SQL: &str = "
            delete from ledger_inbox
             where entry_id = any($1)";

        self.run(SQL, &[&Columns::of(entries).ids]).map(drop)
    }

    /// Takes rows in the text form of `copy`, many times faster than one by one.
    pub(crate) fn copy_in(&mut self, sql: &str) -> Result<CopyInWriter<'_>, StoreError> {
        // Asked twice, since a failure must be read from the connection that it borrows.
        if let Err(error) = self.client.prepare(sql) {
            return Err(self.fault(&error, sql));
        }
        self.client
            .copy_in(sql)
            .map_err(|_| StoreError::Unavailable)
    }

    /// Whether the last failure was a collision with another transaction, so that the act should
    /// run again.
    pub(crate) fn take_collision(&mut self) -> bool {
        std::mem::take(&mut self.collided)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn run(&mut self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<u64, StoreError> {
        let statement = self.prepare(sql)?;
        let done = self.client.execute(&statement, params);
        done.map_err(|error| self.fault(&error, sql))
    }

    fn prepare(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let prepared = self.client.prepare(sql);
        let statement = prepared.map_err(|error| self.fault(&error, sql))?;
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(Box::from(sql), statement.clone());
        Ok(statement)
    }

    /// What a driver error means. Its text may quote values, so only table and code are logged.
    pub(crate) fn fault(&mut self, error: &::postgres::Error, sql: &str) -> StoreError {
        let table = table_of(sql);
        let code = error.code().map_or("none", |code| code.code());
        let meaning = match code {
            "40001" | "40P01" => {
                self.collided = true;
                StoreError::Conflict
            }
            "23505" | "23503" => StoreError::Conflict,
            "PL001" => StoreError::AppendOnly,
            "53100" => StoreError::Full,
            "XX001" | "XX002" => StoreError::Corrupt {
                table: table.to_string(),
                id: "?".to_owned(),
            },
            "none" if error.is_closed() || is_transport(error) => StoreError::Unavailable,
            _ => match code.get(..2) {
                Some("08" | "53" | "55" | "57" | "58" | "25") => StoreError::Unavailable,
                _ => StoreError::Defect,
            },
        };
        match &meaning {
            StoreError::Conflict => tracing::debug!(%table, code, "statement failed"),
            _ => tracing::error!(%table, code, %meaning, "statement failed"),
        }
        meaning
    }
}

/// Entries by column, as `unnest` takes them.
struct Columns<'a> {
    ids: Vec<&'a [u8]>,
    kinds: Vec<&'a str>,
    people: Vec<Option<&'a [u8]>>,
    ats: Vec<i64>,
    bodies: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    fn of(entries: &'a [Recorded]) -> Self {
        let person = |id: &'a PersonId| id.as_bytes().as_slice();
        Self {
            ids: entries
                .iter()
                .map(|entry| entry.id.as_bytes().as_slice())
                .collect(),
            kinds: entries.iter().map(|entry| entry.kind.as_str()).collect(),
            people: entries
                .iter()
                .map(|entry| entry.person.as_ref().map(person))
                .collect(),
            ats: entries.iter().map(|entry| entry.at).collect(),
            bodies: entries.iter().map(|entry| entry.body.as_slice()).collect(),
        }
    }
}

/// Begin, commit and their like need no preparing.
fn is_word(sql: &str) -> bool {
    !matches!(
        first_word(sql),
        "insert" | "update" | "delete" | "select" | "with"
    )
}

fn is_query(sql: &str) -> bool {
    matches!(first_word(sql), "select" | "with" | "values" | "show")
}

fn first_word(sql: &str) -> &str {
    sql.split_ascii_whitespace().next().unwrap_or_default()
}

/// Whether the failure came from the wire, not from a value we could not convert.
fn is_transport(error: &::postgres::Error) -> bool {
    let first = std::error::Error::source(error);
    iter::successors(first, |cause| cause.source()).any(|cause| cause.is::<std::io::Error>())
}
