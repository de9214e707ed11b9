//! Moves a whole database: file to file, or row by row between the engines.

use std::io::Write as _;
use std::path::Path;

use placet_domain::ctx::Ctx;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use crate::conn::Conn;
use crate::error::{OpenError, StoreError};
use crate::migrate;
use crate::open;
use crate::settings;
use crate::sqlite::fault;
use crate::tx::Tx;
use crate::value::{Param, Value};

/// Copies a file page by page, as of one moment; the one who writes goes on writing.
pub(crate) fn file(from: &Path, to: &Path) -> Result<(), OpenError> {
    open::create_file(to)?;
    let run = || {
        let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut target = Connection::open(to)?;
        // All pages in one step: a copy in several begins again at each commit of the writer.
        Backup::new(&source, &mut target)?.step(-1)
    };
    run()
        .map(|_| ())
        .map_err(|error| fault(&error, "backup").into())
}

/// Copies every row from PostgreSQL, as of one moment, into an empty file of ours.
pub(crate) fn rows(source: &mut Tx, mut target: Tx) -> Result<(), StoreError> {
    source.word("begin isolation level repeatable read read only")?;
    target.word("pragma foreign_keys = off")?;
    target.word("begin")?;
    for table in migrate::tables() {
        let columns = columns(&mut target, table)?;
        let names = columns.join(", ");
        let marks: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
        let insert = format!(
            "insert into {table} ({names}) values ({})",
            marks.join(", ")
        );
        source.for_each(&format!("select {names} from {table}"), &[], |row| {
            let values = row.into_values();
            let params: Vec<&dyn Param> = values.iter().map(|value| value as &dyn Param).collect();
            target.housekeep(&insert, &params).map(drop)
        })?;
    }
    source.word("rollback")?;
    target.word("commit")
}

/// Copies every row of a file of ours into an empty PostgreSQL database, all or nothing.
pub(crate) fn into_postgres(source: &mut Tx, mut target: Tx, ctx: &Ctx) -> Result<(), StoreError> {
    source.word("begin")?;
    migrate::apply(&mut target, 0)?;
    target.word("begin")?;
    for table in migrate::tables() {
        let names = columns(source, table)?.join(", ");
        let Conn::Postgres(conn) = &mut target.conn else {
            return Err(StoreError::Defect);
        };
        let mut lines = conn.copy_in(&format!("copy {table} ({names}) from stdin"))?;
        source.for_each(&format!("select {names} from {table}"), &[], |row| {
            lines
                .write_all(line(&row.into_values()).as_bytes())
                .map_err(|_| StoreError::Unavailable)
        })?;
        let finished = lines.finish();
        finished.map_err(|error| conn.fault(&error, table))?;
    }
    source.word("rollback")?;
    // In the same commit: not for a moment may a restored database send.
    settings::disarm(&mut target, ctx)?;
    target.word("commit")
}

/// The columns of a table, in their order.
fn columns(tx: &mut Tx, table: &str) -> Result<Vec<String>, StoreError> {
    const SQL: &str = "
        select name
          from pragma_table_info($1)
         order by cid";

    tx.list(SQL, &[&table])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// A row in the text form of `copy`.
fn line(values: &[Value<'_>]) -> String {
    let mut line = String::new();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            line.push('\t');
        }
        match value {
            Value::Null => line.push_str("\\N"),
            Value::Integer(number) => line.push_str(&number.to_string()),
            Value::Real(number) => line.push_str(&number.to_string()),
            Value::Text(text) => text.chars().for_each(|c| match c {
                '\\' => line.push_str("\\\\"),
                '\t' => line.push_str("\\t"),
                '\n' => line.push_str("\\n"),
                '\r' => line.push_str("\\r"),
                c => line.push(c),
            }),
            Value::Blob(bytes) => {
                line.push_str("\\\\x");
                line.push_str(&crate::row::hex(bytes));
            }
        }
    }
    line.push('\n');
    line
}
