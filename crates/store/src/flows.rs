//! Declared flows, their versions, who agreed and who stopped them. All but the name is written once.

use placet_domain::flow::{Agreement, Side, Stop, Version};
use placet_domain::id::{FlowId, FlowRunId, FlowVersionId, ImportId};
use placet_domain::time::{Date, Timestamp};
use placet_ledger::sha256;

use crate::error::StoreError;
use crate::imports::{Import, import_from};
use crate::people::{json, parse_json};
use crate::row::Row;
use crate::tx::Tx;

/// A flow, without its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Which.
    pub id: FlowId,
    /// Its name, which no other has.
    pub name: String,
}

/// Adds a flow; the time is the act's.
///
/// # Errors
///
/// [`StoreError::Conflict`] when its name is taken.
pub fn add(tx: &mut Tx, flow: &Flow, by: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into flows (id, name, created_at, created_by)
        values ($1, $2, $3, $4)";

    let now = tx.now();
    tx.execute(SQL, &[&flow.id, &flow.name, &now, &by])?;
    Ok(())
}

/// Every flow, by name.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx) -> Result<Vec<Flow>, StoreError> {
    const SQL: &str = "
        select id, name
          from flows
         order by name";

    tx.list(SQL, &[])?.iter().map(flow_from).collect()
}

/// One flow.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: FlowId) -> Result<Option<Flow>, StoreError> {
    const SQL: &str = "
        select id, name
          from flows
         where id = $1";

    tx.find_one(SQL, &[&id])?
        .as_ref()
        .map(flow_from)
        .transpose()
}

/// The flow of a name.
///
/// # Errors
///
/// When the store fails.
pub fn find_by_name(tx: &mut Tx, name: &str) -> Result<Option<Flow>, StoreError> {
    const SQL: &str = "
        select id, name
          from flows
         where name = $1";

    tx.find_one(SQL, &[&name])?
        .as_ref()
        .map(flow_from)
        .transpose()
}

/// Adds a version. Its agreements and its stop are rows of their own.
///
/// # Errors
///
/// [`StoreError::Conflict`] when the version is taken.
pub fn add_version(tx: &mut Tx, one: &Version) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into flow_versions (id, flow_id, version, source, declaration, body, hash,
                                   written_at, written_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    tx.execute(
        SQL,
        &[
            &one.id,
            &one.flow,
            &one.version,
            &one.declaration.source,
            &json(&one.declaration),
            &one.text,
            &one.hash,
            &one.written_at,
            &one.written_by,
        ],
    )?;
    Ok(())
}

/// The versions of a flow, newest first.
///
/// # Errors
///
/// When the store fails, or a file is not what was agreed to.
pub fn list_versions(tx: &mut Tx, flow: FlowId) -> Result<Vec<Version>, StoreError> {
    const SQL: &str = "
        select v.id, v.flow_id, v.version, v.declaration, v.body, v.hash, v.written_at,
               v.written_by, s.stopped_at, s.stopped_by, s.reason
          from flow_versions v
          left join flow_stops s on s.version_id = v.id
         where v.flow_id = $1
         order by v.version desc";

    let rows = tx.list(SQL, &[&flow])?;
    rows.iter().map(|row| version_from(tx, row)).collect()
}

/// One version.
///
/// # Errors
///
/// When the store fails, or the file is not what was agreed to.
pub fn find_version(tx: &mut Tx, id: FlowVersionId) -> Result<Option<Version>, StoreError> {
    const SQL: &str = "
        select v.id, v.flow_id, v.version, v.declaration, v.body, v.hash, v.written_at,
               v.written_by, s.stopped_at, s.stopped_by, s.reason
          from flow_versions v
          left join flow_stops s on s.version_id = v.id
         where v.id = $1";

    let row = tx.find_one(SQL, &[&id])?;
    row.map(|row| version_from(tx, &row)).transpose()
}

/// Notes that a side agrees; false when it has agreed before.
///
/// # Errors
///
/// When the store fails.
pub fn agree(tx: &mut Tx, version: FlowVersionId, one: &Agreement) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into flow_agreements (version_id, side, note, agreed_at, agreed_by)
        values ($1, $2, $3, $4, $5)
            on conflict (version_id, side) do nothing";

    let side = one.side.as_str();
    let added = tx.execute(SQL, &[&version, &side, &one.note, &one.at, &one.by])?;
    Ok(added > 0)
}

/// Stops a version; false when it is stopped already.
///
/// # Errors
///
/// When the store fails.
pub fn stop(tx: &mut Tx, version: FlowVersionId, stop: &Stop) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into flow_stops (version_id, reason, stopped_at, stopped_by)
        values ($1, $2, $3, $4)
            on conflict (version_id) do nothing";

    let added = tx.execute(SQL, &[&version, &stop.reason, &stop.at, &stop.by])?;
    Ok(added > 0)
}

/// Notes by which version an import lets records in.
///
/// # Errors
///
/// When the store fails.
pub fn add_import(tx: &mut Tx, import: ImportId, version: FlowVersionId) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into flow_imports (import_id, version_id)
        values ($1, $2)";

    tx.execute(SQL, &[&import, &version])?;
    Ok(())
}

/// The newest imports by any version of a flow, at most `limit`, each with the version's number.
///
/// # Errors
///
/// When the store fails.
pub fn list_imports(
    tx: &mut Tx,
    flow: FlowId,
    limit: u32,
) -> Result<Vec<(u32, Import)>, StoreError> {
    const SQL: &str = "
        select i.id, i.source, i.format, i.flow, i.started_at, i.finished_at, i.report,
               i.started_by, v.version
          from flow_versions v
          join flow_imports f on f.version_id = v.id
          join imports i on i.id = f.import_id
         where v.flow_id = $1
         order by i.started_at desc, i.id desc
         limit $2";

    let rows = tx.list(SQL, &[&flow, &limit])?;
    rows.iter()
        .map(|row| Ok((row.get(8)?, import_from(row)?)))
        .collect()
}

/// One run of a flow to a destination outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Which.
    pub id: FlowRunId,
    /// The number of the version it went by.
    pub version: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; none while it runs, or when it was killed.
    pub finished_at: Option<Timestamp>,
    /// What was read, dropped and refused, as JSON without a value; `{}` until it ended.
    pub report: String,
}

/// Notes that a run begins; the time is the act's.
///
/// # Errors
///
/// When the store fails.
pub fn begin_run(
    tx: &mut Tx,
    id: FlowRunId,
    version: FlowVersionId,
    by: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into flow_runs (id, version_id, started_at, started_by, report)
        values ($1, $2, $3, $4, '{}')";

    let now = tx.now();
    tx.execute(SQL, &[&id, &version, &now, &by])?;
    Ok(())
}

/// Notes how a run ended; false when it had ended before.
///
/// # Errors
///
/// When the store fails.
pub fn finish_run(tx: &mut Tx, id: FlowRunId, report: &str) -> Result<bool, StoreError> {
    const SQL: &str = "
        update flow_runs
           set report = $2, finished_at = $3
         where id = $1 and finished_at is null";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&id, &report, &now])? > 0)
}

/// The newest runs of a flow, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_runs(tx: &mut Tx, flow: FlowId, limit: u32) -> Result<Vec<Run>, StoreError> {
    const SQL: &str = "
        select r.id, v.version, r.started_at, r.finished_at, r.report
          from flow_versions v
          join flow_runs r on r.version_id = v.id
         where v.flow_id = $1
         order by r.started_at desc, r.id desc
         limit $2";

    let rows = tx.list(SQL, &[&flow, &limit])?;
    rows.iter()
        .map(|row| {
            Ok(Run {
                id: row.get(0)?,
                version: row.get(1)?,
                started_at: row.get(2)?,
                finished_at: row.get(3)?,
                report: row.get(4)?,
            })
        })
        .collect()
}

/// How often a flow dropped something, by path or rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The path or rule.
    pub path: String,
    /// In the last seven days.
    pub n_week: u64,
    /// In the last thirty days.
    pub n_month: u64,
    /// Ever.
    pub n_ever: u64,
}

/// Counts what was dropped on a day, on top of what was counted before.
///
/// # Errors
///
/// When the store fails.
pub fn add_dropped(
    tx: &mut Tx,
    flow: FlowId,
    on_day: Date,
    path: &str,
    n: u64,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into flow_drops (flow_id, on_day, path, n)
        values ($1, $2, $3, $4)
            on conflict (flow_id, on_day, path) do update
           set n = flow_drops.n + excluded.n";

    tx.execute(SQL, &[&flow, &on_day, &path, &n])?;
    Ok(())
}

/// What a flow dropped, most first: since a day of this week, since one of this month, and ever.
///
/// # Errors
///
/// When the store fails.
pub fn list_dropped(
    tx: &mut Tx,
    flow: FlowId,
    week: Date,
    month: Date,
) -> Result<Vec<Dropped>, StoreError> {
    const SQL: &str = "
        select path,
               cast(sum(case when on_day >= $2 then n else 0 end) as bigint),
               cast(sum(case when on_day >= $3 then n else 0 end) as bigint),
               cast(sum(n) as bigint)
          from flow_drops
         where flow_id = $1
         group by path
         order by 4 desc, path";

    let rows = tx.list(SQL, &[&flow, &week, &month])?;
    rows.iter()
        .map(|row| {
            Ok(Dropped {
                path: row.get(0)?,
                n_week: row.get(1)?,
                n_month: row.get(2)?,
                n_ever: row.get(3)?,
            })
        })
        .collect()
}

fn list_agreements(tx: &mut Tx, version: FlowVersionId) -> Result<Vec<Agreement>, StoreError> {
    const SQL: &str = "
        select side, note, agreed_at, agreed_by
          from flow_agreements
         where version_id = $1
         order by side";

    let rows = tx.list(SQL, &[&version])?;
    rows.iter().map(agreement_from).collect()
}

fn flow_from(row: &Row) -> Result<Flow, StoreError> {
    Ok(Flow {
        id: row.get(0)?,
        name: row.get(1)?,
    })
}

fn agreement_from(row: &Row) -> Result<Agreement, StoreError> {
    Ok(Agreement {
        side: Side::find(row.text(0)?).ok_or_else(|| row.corrupt())?,
        note: row.get(1)?,
        at: row.get(2)?,
        by: row.get(3)?,
    })
}

/// A file that does not hash to what was recorded is not what both sides agreed to.
fn version_from(tx: &mut Tx, row: &Row) -> Result<Version, StoreError> {
    let stopped_at = row.get(8)?;
    let stopped = match stopped_at {
        Some(at) => Some(Stop {
            at,
            by: row.get(9)?,
            reason: row.get(10)?,
        }),
        None => None,
    };
    let id = row.get(0)?;
    let one = Version {
        id,
        flow: row.get(1)?,
        version: row.get(2)?,
        declaration: parse_json(row, 3)?,
        text: row.get(4)?,
        hash: row.get(5)?,
        written_at: row.get(6)?,
        written_by: row.get(7)?,
        agreements: list_agreements(tx, id)?,
        stopped,
    };
    if body_hash(&one.text) == one.hash {
        Ok(one)
    } else {
        Err(row.corrupt())
    }
}

/// SHA-256 of a flow's file.
#[must_use]
pub fn body_hash(text: &str) -> [u8; 32] {
    sha256(text.as_bytes())
}
