//! Exports that are fetched from FHIR servers: where each stands, and its files. Addresses at the server are sealed.

use placet_domain::id::{FetchId, FlowVersionId, ImportId, ServerId};
use placet_domain::server::{Fetch, FetchFile, FileKind, Stage};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

const STATUS: &str = "fhir_fetches.status_url";
const FILE: &str = "fhir_fetch_files.url";

/// Adds a fetch that nobody has begun with.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, one: &Fetch, version: FlowVersionId) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into fhir_fetches (id, server_id, version_id, stage, scope, since, asked_at,
                                  asked_by, next_at, n_tries, says)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    tx.execute(
        SQL,
        &[
            &one.id,
            &one.server,
            &version,
            &one.stage.as_str(),
            &one.scope,
            &one.since,
            &one.asked_at,
            &one.asked_by,
            &one.next_at,
            &one.n_tries,
            &one.says,
        ],
    )?;
    Ok(())
}

/// One fetch.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: FetchId) -> Result<Option<Fetch>, StoreError> {
    const SQL: &str = "
        select id, server_id, stage, scope, since, asked_by, asked_at, taken_as_of, next_at,
               n_tries, says, over_at
          from fhir_fetches
         where id = $1";

    tx.find_one(SQL, &[&id])?
        .as_ref()
        .map(fetch_from)
        .transpose()
}

/// The newest fetches of a server, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_newest(tx: &mut Tx, server: ServerId, limit: u32) -> Result<Vec<Fetch>, StoreError> {
    const SQL: &str = "
        select id, server_id, stage, scope, since, asked_by, asked_at, taken_as_of, next_at,
               n_tries, says, over_at
          from fhir_fetches
         where server_id = $1
         order by asked_at desc, id desc
         limit $2";

    tx.list(SQL, &[&server, &limit])?
        .iter()
        .map(fetch_from)
        .collect()
}

/// What begins the words on a file of errors by which the export is not whole.
pub const NOT_EXPORTED: &str = "not exported: ";

/// The server's instant of the newest export that was taken whole under the same scope and flow, and was asked for at
/// this instant or later. The newest, not the one furthest ahead: a server whose clock once ran wild is over it with
/// the next export.
///
/// # Errors
///
/// When the store fails.
pub fn find_taken_as_of(
    tx: &mut Tx,
    server: ServerId,
    version: FlowVersionId,
    scope: &str,
    asked_from: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    const SQL: &str = "
        select one.taken_as_of
          from fhir_fetches one
         where one.server_id = $1 and one.version_id = $2 and one.scope = $3
           and one.asked_at >= $4 and one.stage = 'done' and one.taken_as_of is not null
           and not exists (
               select 1
                 from fhir_fetch_files file
                where file.fetch_id = one.id and file.kind = 'error'
                  and file.found like 'not exported:%')
         order by one.asked_at desc, one.id desc
         limit 1";

    tx.find_one(SQL, &[&server, &version, &scope, &asked_from])?
        .map_or(Ok(None), |row| row.get(0))
}

/// What waits at this moment and is in nobody's hands: its id, the one due first.
///
/// # Errors
///
/// When the store fails.
pub fn find_due(tx: &mut Tx, now: Timestamp) -> Result<Option<FetchId>, StoreError> {
    const SQL: &str = "
        select id
          from fhir_fetches
         where over_at is null and next_at <= $1 and (held_until is null or held_until <= $1)
         order by next_at
         limit 1";

    tx.find_one(SQL, &[&now])?.map(|row| row.get(0)).transpose()
}

/// Takes a fetch into one's hands until then; false when another one has it, or it is over.
///
/// # Errors
///
/// When the store fails.
pub fn hold(
    tx: &mut Tx,
    id: FetchId,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update fhir_fetches
           set held_until = $3
         where id = $1 and over_at is null and (held_until is null or held_until <= $2)";

    // Whose turn it is, is no act of anybody.
    Ok(tx.housekeep(SQL, &[&id, &now, &until])? > 0)
}

/// Keeps it in one's hands for longer; answers where it stands.
///
/// # Errors
///
/// When the store fails.
pub fn keep_hold(tx: &mut Tx, id: FetchId, until: Timestamp) -> Result<Option<Stage>, StoreError> {
    const SQL: &str = "
        update fhir_fetches
           set held_until = $2
         where id = $1 and over_at is null";

    tx.housekeep(SQL, &[&id, &until])?;
    Ok(find(tx, id)?.map(|one| one.stage))
}

/// Lets it go until then, and says how far it is. Nobody's act: the stage stays.
///
/// # Errors
///
/// When the store fails.
pub fn put_off(
    tx: &mut Tx,
    id: FetchId,
    next_at: Timestamp,
    n_tries: u32,
    says: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        update fhir_fetches
           set next_at = $2, n_tries = $3, says = $4, held_until = null
         where id = $1 and over_at is null";

    tx.housekeep(SQL, &[&id, &next_at, &n_tries, &says])?;
    Ok(())
}

/// The server took the order: its address of how far it is. Who stopped it meanwhile is not overruled. False when it
/// stands elsewhere.
///
/// # Errors
///
/// When the store fails.
pub fn set_accepted(
    tx: &mut Tx,
    id: FetchId,
    status_url: &str,
    next_at: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update fhir_fetches
           set stage = case stage when 'asked' then 'waiting' else stage end,
               status_url = $2, next_at = $3, n_tries = 0, held_until = null
         where id = $1 and stage in ('asked', 'stopping')";

    let sealed = tx.seal_own(STATUS, id.as_bytes(), status_url.as_bytes())?;
    Ok(tx.execute(SQL, &[&id, &sealed, &next_at])? > 0)
}

/// The address at which the server says how far it is.
///
/// # Errors
///
/// When the store fails, or it cannot be opened.
pub fn find_status_url(tx: &mut Tx, id: FetchId) -> Result<Option<String>, StoreError> {
    const SQL: &str = "
        select status_url
          from fhir_fetches
         where id = $1 and status_url is not null";

    let Some(row) = tx.find_one(SQL, &[&id])? else {
        return Ok(None);
    };
    let url = tx.open_own(STATUS, id.as_bytes(), row.bytes(0)?);
    text_of(&row, url).map(Some)
}

fn text_of(row: &Row, plain: Option<Vec<u8>>) -> Result<String, StoreError> {
    plain
        .and_then(|plain| String::from_utf8(plain).ok())
        .ok_or_else(|| row.corrupt())
}

/// Moves a fetch on from one stage to another; false when it stands elsewhere.
///
/// # Errors
///
/// When the store fails.
pub fn move_on(
    tx: &mut Tx,
    id: FetchId,
    from: Stage,
    to: Stage,
    says: &str,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update fhir_fetches
           set stage = $3, says = $4, next_at = $5, over_at = $6, n_tries = 0, held_until = null
         where id = $1 and stage = $2";

    let now = tx.now();
    let over_at = to.is_over().then_some(now);
    let done = tx.execute(
        SQL,
        &[&id, &from.as_str(), &to.as_str(), &says, &now, &over_at],
    )?;
    Ok(done > 0)
}

/// Notes the server's instant of the export.
///
/// # Errors
///
/// When the store fails.
pub fn set_taken_as_of(tx: &mut Tx, id: FetchId, at: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "
        update fhir_fetches
           set taken_as_of = $2
         where id = $1";

    tx.execute(SQL, &[&id, &at])?;
    Ok(())
}

/// What seals an address of one file belongs to that file alone.
fn file_row(fetch: FetchId, n: u32) -> Vec<u8> {
    let mut row = fetch.as_bytes().to_vec();
    row.extend(n.to_be_bytes());
    row
}

/// Adds a file of an export.
///
/// # Errors
///
/// When the store fails.
pub fn add_file(tx: &mut Tx, fetch: FetchId, file: &FetchFile) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into fhir_fetch_files (fetch_id, n, kind, holds, url, wants_token, n_said, found)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";

    let sealed = tx.seal_own(FILE, &file_row(fetch, file.n), file.url.as_bytes())?;
    tx.execute(
        SQL,
        &[
            &fetch,
            &file.n,
            &file.kind.as_str(),
            &file.holds,
            &sealed,
            &file.wants_token,
            &file.n_said,
            &file.found,
        ],
    )?;
    Ok(())
}

/// The files of an export, in their order.
///
/// # Errors
///
/// When the store fails, or an address cannot be opened.
pub fn list_files(tx: &mut Tx, fetch: FetchId) -> Result<Vec<FetchFile>, StoreError> {
    const SQL: &str = "
        select n, kind, holds, url, wants_token, n_said, import_id, taken_at, found
          from fhir_fetch_files
         where fetch_id = $1
         order by n";

    let rows = tx.list(SQL, &[&fetch])?;
    rows.iter().map(|row| file_from(tx, fetch, row)).collect()
}

fn file_from(tx: &mut Tx, fetch: FetchId, row: &Row) -> Result<FetchFile, StoreError> {
    let n = row.get(0)?;
    let url = tx.open_own(FILE, &file_row(fetch, n), row.bytes(3)?);
    Ok(FetchFile {
        n,
        kind: row.code(1, FileKind::find)?,
        holds: row.get(2)?,
        url: text_of(row, url)?,
        wants_token: row.get(4)?,
        n_said: row.get(5)?,
        import: row.get(6)?,
        taken_at: row.get(7)?,
        found: row.get(8)?,
    })
}

/// Notes that a file was taken; false when it was before.
///
/// # Errors
///
/// When the store fails.
pub fn set_file_taken(
    tx: &mut Tx,
    fetch: FetchId,
    n: u32,
    import: Option<ImportId>,
    found: &str,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update fhir_fetch_files
           set taken_at = $3, import_id = $4, found = $5
         where fetch_id = $1 and n = $2 and taken_at is null";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&fetch, &n, &now, &import, &found])? > 0)
}

fn fetch_from(row: &Row) -> Result<Fetch, StoreError> {
    Ok(Fetch {
        id: row.get(0)?,
        server: row.get(1)?,
        stage: row.code(2, Stage::find)?,
        scope: row.get(3)?,
        since: row.get(4)?,
        asked_by: row.get(5)?,
        asked_at: row.get(6)?,
        taken_as_of: row.get(7)?,
        next_at: row.get(8)?,
        n_tries: row.get(9)?,
        says: row.get(10)?,
        over_at: row.get(11)?,
    })
}
