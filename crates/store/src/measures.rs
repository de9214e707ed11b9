//! Data sets of counts and money, the runs on them, and how those ended.

use placet_domain::id::{CampaignId, DatasetId, RawId, RunId, WorkerId};
use placet_domain::measure::{Attachment, Dataset, Ended, Ending, Question, Run, Stand, Turn};
use placet_domain::time::Timestamp;
use placet_ledger::sha256;

use crate::error::StoreError;
use crate::people::{json, parse_json};
use crate::row::Row;
use crate::tx::Tx;

const BODY: &str = "measure_datasets.sealed";
const RESULT: &str = "measure_ends.sealed";

/// Adds a data set with its content.
///
/// # Errors
///
/// When the store fails.
pub fn add_dataset(tx: &mut Tx, set: &Dataset, body: &[u8]) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into measure_datasets (id, name, body_hash, n_rows, n_bytes, columns, sealed,
                                      created_at, created_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    let sealed = tx.seal_own(BODY, set.id.as_bytes(), body)?;
    tx.execute(
        SQL,
        &[
            &set.id,
            &set.name,
            &set.hash,
            &set.n_rows,
            &set.n_bytes,
            &json(&set.columns),
            &sealed,
            &set.created_at,
            &set.created_by,
        ],
    )?;
    Ok(())
}

const DATASETS: &str = "
        select id, name, body_hash, n_rows, n_bytes, columns, created_at, created_by, removed_at
          from measure_datasets";

/// One data set, without its content.
///
/// # Errors
///
/// When the store fails.
pub fn find_dataset(tx: &mut Tx, id: DatasetId) -> Result<Option<Dataset>, StoreError> {
    let sql = format!("{DATASETS}\n where id = $1");

    let row = tx.find_one(&sql, &[&id])?;
    row.map(|row| dataset_from(&row)).transpose()
}

/// Data sets, newest first, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_datasets(tx: &mut Tx, limit: u32) -> Result<Vec<Dataset>, StoreError> {
    let sql = format!("{DATASETS}\n order by created_at desc, id desc\n limit $1");

    tx.list(&sql, &[&limit])?.iter().map(dataset_from).collect()
}

/// The content of a data set; none when it was destroyed.
///
/// # Errors
///
/// [`StoreError::Corrupt`] when it is not what was brought in.
pub fn find_body(tx: &mut Tx, id: DatasetId) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str = "
        select id, body_hash, sealed
          from measure_datasets
         where id = $1";

    let Some(row) = tx.find_one(SQL, &[&id])? else {
        return Ok(None);
    };
    let Some(sealed) = row.get::<Option<Vec<u8>>>(2)? else {
        return Ok(None);
    };
    let body = tx
        .open_own(BODY, id.as_bytes(), &sealed)
        .ok_or_else(|| row.corrupt())?;
    if sha256(&body) == row.get::<[u8; 32]>(1)? {
        Ok(Some(body))
    } else {
        Err(row.corrupt())
    }
}

/// Destroys the content of a data set; false when that was done before.
///
/// # Errors
///
/// When the store fails.
pub fn remove_body(tx: &mut Tx, id: DatasetId, by: &str) -> Result<bool, StoreError> {
    const SQL: &str = "
        update measure_datasets
           set sealed = null, removed_at = $2, removed_by = $3
         where id = $1 and removed_at is null";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&id, &now, &by])? > 0)
}

fn dataset_from(row: &Row) -> Result<Dataset, StoreError> {
    Ok(Dataset {
        id: row.get(0)?,
        name: row.get(1)?,
        hash: row.get(2)?,
        n_rows: row.get(3)?,
        n_bytes: row.get(4)?,
        columns: parse_json(row, 5)?,
        created_at: row.get(6)?,
        created_by: row.get(7)?,
        removed_at: row.get(8)?,
    })
}

/// Adds a run; it waits for its turn.
///
/// # Errors
///
/// When the store fails.
pub fn add_run(tx: &mut Tx, run: &Run) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into measure_runs (id, name, question, dataset_id, source_id, ask, data_hash,
                                  seed, asked_at, asked_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

    tx.execute(
        SQL,
        &[
            &run.id,
            &run.name,
            &run.question.as_str(),
            &run.dataset,
            &run.source,
            &run.ask,
            &run.data_hash,
            &run.seed,
            &run.asked_at,
            &run.asked_by,
        ],
    )?;
    Ok(())
}

const RUNS: &str = "
        select r.id, r.name, r.question, r.dataset_id, r.source_id, r.ask, r.data_hash,
               r.seed, r.asked_at, r.asked_by,
               t.began_at, t.n_done, t.n_total, t.is_to_stop,
               e.how, e.at, e.by, e.says, e.version, e.result_hash
          from measure_runs r
          left join measure_turns t on t.run_id = r.id
          left join measure_ends e on e.run_id = r.id";

/// One run and where it stands.
///
/// # Errors
///
/// When the store fails.
pub fn find_run(tx: &mut Tx, id: RunId) -> Result<Option<(Run, Stand)>, StoreError> {
    let sql = format!("{RUNS}\n where r.id = $1");

    let row = tx.find_one(&sql, &[&id])?;
    row.map(|row| run_from(&row)).transpose()
}

/// Runs, newest first, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_runs(tx: &mut Tx, limit: u32) -> Result<Vec<(Run, Stand)>, StoreError> {
    let sql = format!("{RUNS}\n order by r.asked_at desc, r.id desc\n limit $1");

    tx.list(&sql, &[&limit])?.iter().map(run_from).collect()
}

/// The runs on a data set, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_dataset(tx: &mut Tx, id: DatasetId) -> Result<Vec<(Run, Stand)>, StoreError> {
    let sql = format!("{RUNS}\n where r.dataset_id = $1\n order by r.asked_at desc, r.id desc");

    tx.list(&sql, &[&id])?.iter().map(run_from).collect()
}

/// The record of a pair that counts: the last.
const ATTACHED: &str = "a.kind = 'attached'
           and not exists (select 1 from measure_attachments n
                            where n.run_id = a.run_id and n.campaign_id = a.campaign_id
                              and n.turn > a.turn)";

/// Records that a run measures a campaign, or that it does not.
///
/// # Errors
///
/// When the store fails.
pub fn attach(
    tx: &mut Tx,
    id: RawId,
    run: RunId,
    campaign: CampaignId,
    kind: Attachment,
    by: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into measure_attachments (id, run_id, campaign_id, turn, kind, at, by)
        select $1, $2, $3, count(*), $4, $5, $6
          from measure_attachments
         where run_id = $2 and campaign_id = $3";

    let now = tx.now();
    tx.execute(SQL, &[&id, &run, &campaign, &kind.as_str(), &now, &by])?;
    Ok(())
}

/// The runs that measure a campaign, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_campaign(tx: &mut Tx, id: CampaignId) -> Result<Vec<(Run, Stand)>, StoreError> {
    let sql = format!(
        "{RUNS}\n  join measure_attachments a on a.run_id = r.id
         where a.campaign_id = $1 and {ATTACHED}
         order by r.asked_at desc, r.id desc"
    );

    tx.list(&sql, &[&id])?.iter().map(run_from).collect()
}

/// The campaigns that a run measures.
///
/// # Errors
///
/// When the store fails.
pub fn list_campaigns(tx: &mut Tx, run: RunId) -> Result<Vec<CampaignId>, StoreError> {
    let sql = format!(
        "
        select a.campaign_id
          from measure_attachments a
         where a.run_id = $1 and {ATTACHED}
         order by a.campaign_id"
    );

    tx.list(&sql, &[&run])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// The run that has waited longest for its turn.
///
/// # Errors
///
/// When the store fails.
pub fn find_waiting(tx: &mut Tx) -> Result<Option<Run>, StoreError> {
    let sql = format!(
        "{RUNS}\n where t.run_id is null and e.run_id is null\n order by r.asked_at, r.id\n limit 1"
    );

    let row = tx.find_one(&sql, &[])?;
    Ok(row
        .map(|row| run_from(&row))
        .transpose()?
        .map(|(run, _)| run))
}

/// Takes the turn of a run; false when another worker has it.
///
/// # Errors
///
/// When the store fails.
pub fn begin(
    tx: &mut Tx,
    run: RunId,
    worker: WorkerId,
    lease_ends: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into measure_turns (run_id, worker, began_at, lease_ends, n_done, n_total,
                                   is_to_stop)
        values ($1, $2, $3, $4, 0, 0, 0)
            on conflict (run_id) do nothing";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&run, &worker, &now, &lease_ends])? > 0)
}

/// Says how far a run is and renews its lease; answers whether it is to stop.
///
/// # Errors
///
/// When the store fails.
pub fn renew(
    tx: &mut Tx,
    run: RunId,
    (n_done, n_total): (u64, u64),
    lease_ends: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update measure_turns
           set n_done = $2, n_total = $3, lease_ends = $4
         where run_id = $1";

    // How far it is, is no act of anybody.
    tx.housekeep(SQL, &[&run, &n_done, &n_total, &lease_ends])?;
    is_to_stop(tx, run)
}

fn is_to_stop(tx: &mut Tx, run: RunId) -> Result<bool, StoreError> {
    const SQL: &str = "
        select run_id, is_to_stop
          from measure_turns
         where run_id = $1";

    tx.find_one(SQL, &[&run])?
        .map_or(Ok(false), |row| row.get(1))
}

/// Asks a run that has its turn to stop; false when it has none.
///
/// # Errors
///
/// When the store fails.
pub fn ask_to_stop(tx: &mut Tx, run: RunId) -> Result<bool, StoreError> {
    const SQL: &str = "update measure_turns set is_to_stop = 1 where run_id = $1";

    Ok(tx.execute(SQL, &[&run])? > 0)
}

/// The runs whose worker's lease ended before they did.
///
/// # Errors
///
/// When the store fails.
pub fn list_abandoned(tx: &mut Tx, now: Timestamp) -> Result<Vec<RunId>, StoreError> {
    const SQL: &str = "
        select t.run_id
          from measure_turns t
          left join measure_ends e on e.run_id = t.run_id
         where t.lease_ends < $1 and e.run_id is null
         order by t.run_id";

    tx.list(SQL, &[&now])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// Records how a run ended, with its result; false when it had ended before.
///
/// # Errors
///
/// When the store fails.
pub fn end(
    tx: &mut Tx,
    run: RunId,
    ended: &Ended,
    result: Option<&[u8]>,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into measure_ends (run_id, how, says, version, result_hash, sealed, at, by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (run_id) do nothing";

    let sealed = match result {
        Some(result) => Some(tx.seal_own(RESULT, run.as_bytes(), result)?),
        None => None,
    };
    let added = tx.execute(
        SQL,
        &[
            &run,
            &ended.how.as_str(),
            &ended.says,
            &ended.version,
            &ended.result_hash,
            &sealed,
            &ended.at,
            &ended.by,
        ],
    )?;
    Ok(added > 0)
}

/// The result of a run; none when it has none.
///
/// # Errors
///
/// [`StoreError::Corrupt`] when it is not what was kept.
pub fn find_result(tx: &mut Tx, run: RunId) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str = "
        select run_id, result_hash, sealed
          from measure_ends
         where run_id = $1 and sealed is not null";

    let Some(row) = tx.find_one(SQL, &[&run])? else {
        return Ok(None);
    };
    let result = tx
        .open_own(RESULT, run.as_bytes(), row.bytes(2)?)
        .ok_or_else(|| row.corrupt())?;
    if sha256(&result) == row.get::<[u8; 32]>(1)? {
        Ok(Some(result))
    } else {
        Err(row.corrupt())
    }
}

fn run_from(row: &Row) -> Result<(Run, Stand), StoreError> {
    let run = Run {
        id: row.get(0)?,
        name: row.get(1)?,
        question: row.code(2, Question::find)?,
        dataset: row.get(3)?,
        source: row.get(4)?,
        ask: row.get(5)?,
        data_hash: row.get(6)?,
        seed: row.get(7)?,
        asked_at: row.get(8)?,
        asked_by: row.get(9)?,
    };
    let stand = if row.get::<Option<String>>(14)?.is_some() {
        Stand::Ended(Ended {
            how: row.code(14, Ending::find)?,
            at: row.get(15)?,
            by: row.get(16)?,
            says: row.get(17)?,
            version: row.get(18)?,
            result_hash: row.get(19)?,
        })
    } else if row.get::<Option<i64>>(10)?.is_some() {
        Stand::Running(Turn {
            began_at: row.get(10)?,
            n_done: row.get(11)?,
            n_total: row.get(12)?,
            is_to_stop: row.get(13)?,
        })
    } else {
        Stand::Waiting
    };
    Ok((run, stand))
}
