//! The writer thread and the readers.

use std::collections::VecDeque;

use crate::error::StoreError;
use crate::job::Job;
use crate::queue::Queue;
use crate::record::Recorded;
use crate::tx::{Conn, Tx};

/// How many acts share one commit at most.
const BATCH: usize = 128;

type Jobs = VecDeque<Box<dyn Job>>;

/// Serves acts until the queue is closed.
pub(crate) fn write(tx: &mut Tx, queue: &Queue<Box<dyn Job>>) {
    while let Some(mut jobs) = queue.take(BATCH) {
        while !jobs.is_empty() {
            serve(tx, &mut jobs);
        }
    }
}

/// Serves reads until the queue is closed.
pub(crate) fn read(tx: &mut Tx, queue: &Queue<Box<dyn Job>>) {
    while let Some(jobs) = queue.take(1) {
        for mut job in jobs {
            let verdict = word(tx, "begin").map(|()| {
                job.run(tx);
            });
            let _ = word(tx, "rollback");
            job.settle(verdict);
        }
    }
}

/// Runs acts from the front of `jobs` under one commit, and answers them.
///
/// When the transaction itself is lost (a full disk), those that ran are answered with the error
/// and the rest stays for the next commit.
fn serve(tx: &mut Tx, jobs: &mut Jobs) {
    if let Err(error) = word(tx, "begin immediate") {
        jobs.drain(..)
            .for_each(|job| job.settle(Err(error.clone())));
        return;
    }
    let mut kept = Vec::with_capacity(jobs.len());
    let mut refused = Vec::new();
    let mut lost = None;
    while let Some(mut job) = jobs.pop_front() {
        match run(tx, job.as_mut()) {
            Ok(()) => kept.push(job),
            Err(error) if is_lost(tx) => {
                lost = Some(error.clone());
                refused.push((job, error));
                break;
            }
            Err(error) => refused.push((job, error)),
        }
    }
    let verdict = lost.map_or_else(|| word(tx, "commit"), Err);
    if verdict.is_err() {
        roll_back(tx);
    }
    kept.into_iter().for_each(|job| job.settle(verdict.clone()));
    refused
        .into_iter()
        .for_each(|(job, error)| job.settle(Err(error)));
}

/// Runs one act in a savepoint; on an error nothing of it is left.
fn run(tx: &mut Tx, job: &mut dyn Job) -> Result<(), StoreError> {
    word(tx, "savepoint act")?;
    if let Some(ctx) = job.ctx() {
        tx.begin_act(&ctx.clone());
    }
    let is_wanted = job.run(tx);
    let ended = tx.end_act();
    let done = match (is_wanted, ended) {
        (true, Ok(entries)) => place(tx, entries),
        (_, Err(error)) => Err(error),
        // The act has its own reason, which it answers with.
        (false, Ok(_)) => Err(StoreError::Conflict),
    };
    if done.is_err() && !is_lost(tx) {
        tx.keyring.clear();
        word(tx, "rollback to act")?;
    }
    if !is_lost(tx) {
        word(tx, "release act")?;
    }
    done
}

fn place(_tx: &mut Tx, _entries: Vec<Recorded>) -> Result<(), StoreError> {
    Ok(())
}

fn roll_back(tx: &mut Tx) {
    tx.keyring.clear();
    if !is_lost(tx) {
        let _ = word(tx, "rollback");
    }
}

/// Whether the engine has rolled the whole transaction back by itself.
fn is_lost(tx: &Tx) -> bool {
    match &tx.conn {
        Conn::Sqlite(conn) => conn.db.is_autocommit(),
    }
}

fn word(tx: &Tx, sql: &str) -> Result<(), StoreError> {
    match &tx.conn {
        Conn::Sqlite(conn) => conn.word(sql),
    }
}
