//! The writer thread and the readers.

use std::collections::VecDeque;

use crate::conn::Conn;
use crate::error::StoreError;
use crate::faults::Faults;
use crate::job::Job;
use crate::queue::Queue;
use crate::tx::Tx;

/// How many acts share one commit at most.
const BATCH: usize = 128;

type Jobs = VecDeque<Box<dyn Job>>;

/// The one who writes.
pub(crate) struct Writer {
    pub(crate) tx: Tx,
    pub(crate) faults: Faults,
    /// The last `data_version` seen: another number means that another process wrote.
    pub(crate) seen: Option<i64>,
    /// The limit of pages in force, when a test set one.
    pub(crate) page_limit: Option<u32>,
}

/// Serves reads until the queue is closed.
pub(crate) fn read(tx: &mut Tx, queue: &Queue<Box<dyn Job>>) {
    while let Some(jobs) = queue.take(1) {
        for job in jobs {
            read_one(tx, job);
        }
    }
}

/// Serves one read.
pub(crate) fn read_one(tx: &mut Tx, mut job: Box<dyn Job>) {
    let verdict = tx.word("begin").map(|()| {
        job.run(tx);
    });
    let _ = tx.word("rollback");
    tx.forget();
    job.settle(verdict);
}

impl Writer {
    /// Serves acts until the queue is closed.
    pub(crate) fn serve(&mut self, queue: &Queue<Box<dyn Job>>) {
        while let Some(mut jobs) = queue.take(BATCH) {
            while !jobs.is_empty() {
                self.serve_batch(&mut jobs);
            }
        }
    }

    /// Serves one act.
    pub(crate) fn serve_one(&mut self, job: Box<dyn Job>) {
        let mut jobs = Jobs::from([job]);
        while !jobs.is_empty() {
            self.serve_batch(&mut jobs);
        }
    }

    /// Runs acts from the front of `jobs` under one commit, and answers them.
    ///
    /// When the transaction itself is lost (a full disk), those that ran are answered with the
    /// error and the rest stays for the next commit.
    fn serve_batch(&mut self, jobs: &mut Jobs) {
        if let Err(error) = self.begin() {
            self.roll_back();
            jobs.drain(..)
                .for_each(|job| job.settle(Err(error.clone())));
            return;
        }
        // One alone needs no savepoint: what undoes it is the transaction's own rollback.
        let is_alone = jobs.len() == 1;
        let mut kept = Vec::with_capacity(jobs.len());
        let mut refused = Vec::new();
        let mut lost = None;
        while let Some(mut job) = jobs.pop_front() {
            let ran = if is_alone {
                run_alone(&mut self.tx, job.as_mut())
            } else {
                run(&mut self.tx, job.as_mut())
            };
            match ran {
                Ok(()) => kept.push(job),
                Err(error) => {
                    refused.push((job, error.clone()));
                    if is_alone || is_lost(&self.tx) {
                        lost = Some(error);
                        break;
                    }
                }
            }
        }
        let tx = &mut self.tx;
        let verdict = lost.map_or_else(|| self.faults.commit(|| tx.word("commit")), Err);
        if verdict.is_err() {
            self.roll_back();
        }
        kept.into_iter().for_each(|job| job.settle(verdict.clone()));
        refused
            .into_iter()
            .for_each(|(job, error)| job.settle(Err(error)));
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        if self.faults.is_dead() {
            return Err(StoreError::Unavailable);
        }
        if self.faults.take_reborn() {
            self.seen = None;
        }
        self.limit_pages()?;
        self.tx.word("begin immediate")?;
        let Conn::Sqlite(conn) = &self.tx.conn else {
            return Ok(());
        };
        let version = conn.data_version()?;
        if self.seen.replace(version) != Some(version) {
            self.tx.forget();
        }
        self.tx.load_log()
    }

    fn limit_pages(&mut self) -> Result<(), StoreError> {
        let limit = self.faults.page_limit();
        if self.page_limit != limit {
            let most = limit.unwrap_or(u32::MAX - 1);
            self.tx
                .list(&format!("pragma max_page_count = {most}"), &[])?;
            self.page_limit = limit;
        }
        Ok(())
    }

    fn roll_back(&mut self) {
        self.tx.forget();
        if !is_lost(&self.tx) {
            let _ = self.tx.word("rollback");
        }
    }
}

/// Runs one act in a savepoint; on an error nothing of it is left.
fn run(tx: &mut Tx, job: &mut dyn Job) -> Result<(), StoreError> {
    tx.word("savepoint act")?;
    let done = run_alone(tx, job);
    if is_lost(tx) {
        return done.and(Err(StoreError::Unavailable));
    }
    if done.is_err() {
        // A key that the act made does not stand, nor does an answer that it kept.
        tx.keyring.clear();
        tx.answers.clear();
        tx.word("rollback to act")?;
    }
    tx.word("release act")?;
    done
}

/// Runs one act; on an error the caller takes back what it wrote.
fn run_alone(tx: &mut Tx, job: &mut dyn Job) -> Result<(), StoreError> {
    if let Some(ctx) = job.ctx() {
        tx.begin_act(&ctx.clone());
    }
    let is_wanted = job.run(tx);
    match (is_wanted, tx.end_act()) {
        (true, Ok(entries)) if entries.is_empty() => Ok(()),
        (true, Ok(entries)) => tx.place(&entries),
        (_, Err(error)) => Err(error),
        // The act has its own reason, which it answers with.
        (false, Ok(_)) => Err(StoreError::Conflict),
    }
}

/// Whether the engine has rolled the whole transaction back by itself.
fn is_lost(tx: &Tx) -> bool {
    match &tx.conn {
        Conn::Sqlite(conn) => conn.is_idle(),
        Conn::Postgres(_) => false,
    }
}
