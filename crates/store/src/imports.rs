//! Runs of the import, and the statements that only an import needs: many rows at once.

mod known;
mod newcomers;

use std::fmt::Write as _;
use std::sync::LazyLock;

use placet_domain::id::{ImportId, PersonId};
use placet_domain::person::{ContactPoint, Identity};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::people::{self, Source};
use crate::row::Row;
use crate::sealer::Sealer;
use crate::tx::{Engine, Tx};
use crate::value::{Param, Value};

pub use known::{Met, list_known, list_met};
pub use newcomers::{Newcomer, add as add_newcomers};

/// The kind under which name and date of birth are hashed together.
const TWIN: &str = "twin";

/// One run, as it stands in the open: counts and codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Which.
    pub id: ImportId,
    /// The system the records came from.
    pub source: String,
    /// How the records were told apart; empty while it runs.
    pub format: String,
    /// The flow that let them in.
    pub flow: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; none while it runs, or when it was killed.
    pub finished_at: Option<Timestamp>,
    /// What it read, kept, dropped and refused, and what became of what was kept, as JSON without
    /// personal values; `{}` while it runs.
    pub report: String,
    /// Who began it.
    pub started_by: String,
}

/// Notes that a run begins; the time is the act's.
///
/// # Errors
///
/// When the store fails.
pub fn begin(
    tx: &mut Tx,
    id: ImportId,
    source: &str,
    flow: &str,
    by: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into imports (id, source, format, flow, started_at, report, started_by)
        values ($1, $2, '', $3, $4, '{}', $5)";

    let now = tx.now();
    tx.execute(SQL, &[&id, &source, &flow, &now, &by])?;
    Ok(())
}

/// Notes how a run ended; false when it had ended before.
///
/// # Errors
///
/// When the store fails.
pub fn finish(tx: &mut Tx, id: ImportId, format: &str, report: &str) -> Result<bool, StoreError> {
    const SQL: &str = "
        update imports
           set format = $2, report = $3, finished_at = $4
         where id = $1 and finished_at is null";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&id, &format, &report, &now])? > 0)
}

/// The newest runs, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_newest(tx: &mut Tx, limit: u32) -> Result<Vec<Import>, StoreError> {
    const SQL: &str = "
        select id, source, format, flow, started_at, finished_at, report, started_by
          from imports
         order by started_at desc, id desc
         limit $1";

    tx.list(SQL, &[&limit])?.iter().map(import_from).collect()
}

/// One run.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: ImportId) -> Result<Option<Import>, StoreError> {
    const SQL: &str = "
        select id, source, format, flow, started_at, finished_at, report, started_by
          from imports
         where id = $1";

    let row = tx.find_one(SQL, &[&id])?;
    row.as_ref().map(import_from).transpose()
}

pub(crate) fn import_from(row: &Row) -> Result<Import, StoreError> {
    Ok(Import {
        id: row.get(0)?,
        source: row.get(1)?,
        format: row.get(2)?,
        flow: row.get(3)?,
        started_at: row.get(4)?,
        finished_at: row.get(5)?,
        report: row.get(6)?,
        started_by: row.get(7)?,
    })
}

/// Gives a person another home: from now on that source's id finds them.
///
/// # Errors
///
/// [`StoreError::Conflict`] when the source's id is taken.
pub fn rehome(tx: &mut Tx, person: PersonId, source: &Source) -> Result<(), StoreError> {
    const SQL: &str = "
        update people
           set source = $2, source_ref = $3
         where id = $1";

    tx.execute(SQL, &[&person, &source.name, &source.reference])?;
    Ok(())
}

/// The keyed hash that two people have in common when name and date of birth are the same; none
/// when either is not known.
#[must_use]
pub fn twin_lookup(sealer: &Sealer, identity: &Identity) -> Option<Vec<u8>> {
    let born = identity.birth_date?;
    let words = identity.search_words();
    if words.is_empty() {
        return None;
    }
    let mut text = born.to_string();
    for word in &words {
        text.push('\0');
        text.push_str(word);
    }
    Some(sealer.lookup_hash(TWIN, &text))
}

/// The keyed hashes by which an identity is found: the date of birth, the words of the name, and
/// all of them together.
#[must_use]
pub fn lookups(sealer: &Sealer, identity: &Identity) -> Vec<Vec<u8>> {
    let born = identity
        .birth_date
        .map(|born| sealer.lookup_hash(people::BIRTH_DATE, &born.to_string()));
    let words = identity
        .search_words()
        .into_iter()
        .map(|word| sealer.lookup_hash(people::NAME_WORD, &word));
    let twin = twin_lookup(sealer, identity);
    born.into_iter().chain(twin).chain(words).collect()
}

/// Adds the [`lookups`] of somebody new.
///
/// # Errors
///
/// When the store fails.
pub fn add_lookups(tx: &mut Tx, person: PersonId, lookups: &[Vec<u8>]) -> Result<(), StoreError> {
    let rows: Vec<_> = lookups
        .iter()
        .map(|lookup| [lookup.value(), person.value()])
        .collect();
    write_lookups(tx, &rows)
}

fn write_lookups(tx: &mut Tx, rows: &[[Value<'_>; 2]]) -> Result<(), StoreError> {
    static SQL: LazyLock<Vec<String>> = LazyLock::new(|| {
        statements(
            "insert into person_lookups (lookup, person_id)",
            2,
            " on conflict (lookup, person_id) do nothing",
        )
    });

    add_rows(tx, &SQL, rows)
}

/// The first people with this [`twin_lookup`].
///
/// # Errors
///
/// When the store fails.
pub fn list_twins(tx: &mut Tx, twin: &[u8]) -> Result<Vec<PersonId>, StoreError> {
    people::list_by_lookup(tx, twin, 8)
}

/// Lets a person be found by another identity than before. Only what differs is touched: each hash
/// is taken away by its own key, where taking all of a person's would read the whole table.
///
/// # Errors
///
/// When the store fails.
pub fn move_lookups(
    tx: &mut Tx,
    person: PersonId,
    before: &Identity,
    after: &Identity,
) -> Result<(), StoreError> {
    const SQL: &str = "
        delete from person_lookups
         where lookup = $1 and person_id = $2";

    let sealer = tx.sealer();
    let (before, after) = (lookups(&sealer, before), lookups(&sealer, after));
    for gone in before.iter().filter(|lookup| !after.contains(lookup)) {
        tx.execute(SQL, &[gone, &person])?;
    }
    let added: Vec<_> = after
        .into_iter()
        .filter(|lookup| !before.contains(lookup))
        .collect();
    add_lookups(tx, person, &added)
}

/// Adds contact points, each with [`people::address_lookup`] of its address.
///
/// # Errors
///
/// When the store fails.
pub fn add_contact_points(
    tx: &mut Tx,
    points: &[(ContactPoint, Vec<u8>)],
) -> Result<(), StoreError> {
    let mut sealed = Vec::with_capacity(points.len());
    for (point, _) in points {
        let (row, address) = (point.id.as_bytes(), point.address.as_bytes());
        sealed.push(tx.seal(point.person, people::CONTACT_SEALED, row, address)?);
    }
    let rows: Vec<_> = points
        .iter()
        .zip(&sealed)
        .map(|((point, lookup), sealed)| point_row(point, lookup, sealed))
        .collect();
    write_points(tx, &rows)
}

fn point_row<'v>(point: &'v ContactPoint, lookup: &'v [u8], sealed: &'v [u8]) -> [Value<'v>; 7] {
    [
        point.id.value(),
        point.person.value(),
        point.channel.as_str().value(),
        lookup.value(),
        sealed.value(),
        point.origin.as_str().value(),
        point.created_at.value(),
    ]
}

fn write_points(tx: &mut Tx, rows: &[[Value<'_>; 7]]) -> Result<(), StoreError> {
    static SQL: LazyLock<Vec<String>> = LazyLock::new(|| {
        let into = "
            insert into contact_points (id, person_id, channel, lookup, sealed, origin,
                                        created_at)";
        statements(into, 7, "")
    });

    add_rows(tx, &SQL, rows)
}

/// The most rows that one statement adds on a server, which is asked less often for more.
const ROWS: usize = 16;

/// Adds rows by one of these [`statements`]. SQLite takes them one by one: a statement of several
/// rows can fail half-way, so it keeps a journal of its own, and closing that costs as much as the
/// whole act has written so far.
fn add_rows<const N: usize>(
    tx: &mut Tx,
    statements: &[String],
    rows: &[[Value<'_>; N]],
) -> Result<(), StoreError> {
    if tx.engine() == Engine::Sqlite {
        tx.execute_each(for_rows(statements, 1)?, rows)?;
        return Ok(());
    }
    for some in rows.chunks(ROWS) {
        let params: Vec<&dyn Param> = some
            .iter()
            .flatten()
            .map(|value| value as &dyn Param)
            .collect();
        tx.execute(for_rows(statements, some.len())?, &params)?;
    }
    Ok(())
}

/// The same statement for one row, two rows, … up to [`ROWS`].
fn statements(into: &str, width: usize, end: &str) -> Vec<String> {
    let mut values = String::new();
    (0..ROWS)
        .map(|row| {
            let places: Vec<String> = (1..=width)
                .map(|column| format!("${}", row * width + column))
                .collect();
            let separator = if row == 0 { " values" } else { "," };
            let _ = write!(values, "{separator} ({})", places.join(", "));
            format!("{into}{values}{end}")
        })
        .collect()
}

fn for_rows(statements: &[String], n: usize) -> Result<&str, StoreError> {
    statements
        .get(n.saturating_sub(1))
        .map(String::as_str)
        .ok_or(StoreError::Defect)
}
