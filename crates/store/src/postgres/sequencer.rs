//! Gives committed entries their places in the ledger, in batches.
//!
//! Every process has a sequencer; an advisory lock lets one work at a time. A crash anywhere leaves
//! entries in the inbox, and the next round places them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use placet_domain::id::EntryId;

use crate::conn::Conn;
use crate::error::StoreError;
use crate::job::Job;
use crate::log;
use crate::postgres::pool::Worker;
use crate::queue::Queue;
use crate::record::Recorded;
use crate::tx::Tx;

/// How many entries are placed in one transaction at most.
const BATCH: usize = 4096;

/// What wakes the sequencer, and what it says back.
#[derive(Clone)]
pub(crate) struct Bell {
    pub(crate) queue: Arc<Queue<Box<dyn Job>>>,
    /// Set once the ledger turned out to be broken: no act is taken any more.
    is_broken: Arc<AtomicBool>,
}

impl Bell {
    pub(crate) fn new(queue: Arc<Queue<Box<dyn Job>>>) -> Self {
        Self {
            queue,
            is_broken: Arc::default(),
        }
    }

    /// Says that the inbox may hold something.
    pub(crate) fn ring(&self) {
        let _ = self.queue.push(Box::new(Ring));
    }

    /// Refuses once the ledger is known to be broken.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if self.is_broken.load(Ordering::Relaxed) {
            return Err(StoreError::BrokenLedger);
        }
        Ok(())
    }
}

struct Ring;

impl Job for Ring {
    fn ctx(&self) -> Option<&placet_domain::ctx::Ctx> {
        None
    }

    fn run(&mut self, _: &mut Tx) -> bool {
        true
    }

    fn settle(self: Box<Self>, _: Result<(), StoreError>) {}
}

/// Places what is in the inbox whenever it is woken, then runs what it was asked (a checkpoint)
/// in a transaction that still holds the lock.
pub(crate) fn sequence(worker: &mut Worker, bell: &Bell) {
    while let Some(mut jobs) = bell.queue.take(usize::MAX) {
        let verdict = round(worker, &mut |tx| {
            jobs.iter_mut().for_each(|job| {
                job.run(tx);
            });
        });
        if verdict.is_err() {
            let _ = worker.tx.word("rollback");
            worker.tx.forget();
        }
        if verdict == Err(StoreError::BrokenLedger) {
            bell.is_broken.store(true, Ordering::Relaxed);
        }
        jobs.into_iter().for_each(|job| job.settle(verdict.clone()));
    }
}

fn round(worker: &mut Worker, then: &mut dyn FnMut(&mut Tx)) -> Result<(), StoreError> {
    // A number of our own choice: "placet" in ASCII.
    const LOCK: &str = "
        select pg_advisory_xact_lock(123610792682868)::text";

    loop {
        worker.reconnect()?;
        let tx = &mut worker.tx;
        tx.word("begin isolation level read committed")?;
        tx.find_one(LOCK, &[])?;
        let placed = place_batch(tx)?;
        if placed < BATCH {
            then(tx);
            return tx.word("commit");
        }
        tx.word("commit")?;
    }
}

fn place_batch(tx: &mut Tx) -> Result<usize, StoreError> {
    // Another process may have placed entries since.
    let size = log::size(tx)?;
    if tx.log.as_ref().is_some_and(|log| log.size() != size) {
        tx.forget();
    }
    tx.load_log()?;
    let waiting = waiting(tx)?;
    if waiting.is_empty() {
        return Ok(0);
    }
    tx.place(&waiting)?;
    if let Conn::Postgres(conn) = &mut tx.conn {
        conn.clear_inbox(&waiting)?;
    }
    Ok(waiting.len())
}

fn waiting(tx: &mut Tx) -> Result<Vec<Recorded>, StoreError> {
    // An id that is placed already came from a context that was used twice at once. It stays in
    // the inbox, where the verifier names it; it must not stop the others.
    const SQL: &str = "
        select i.entry_id, i.kind, i.person_id, i.at, i.body
          from ledger_inbox i
         where not exists (select 1 from ledger_entries e where e.entry_id = i.entry_id)
         order by i.at, i.n, i.entry_id
         limit $1";

    let rows = tx.list(SQL, &[&BATCH])?;
    let entry = |row: &crate::Row| {
        Ok(Recorded {
            id: row.get::<EntryId>(0)?,
            kind: row.get(1)?,
            person: row.get(2)?,
            at: row.get(3)?,
            body: row.get(4)?,
        })
    };
    rows.iter().map(entry).collect()
}
