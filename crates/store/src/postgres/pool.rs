//! The threads that act and read, each with a connection of its own.

use std::thread;
use std::time::Duration;

use postgres::Config;

use crate::conn::Conn;
use crate::error::StoreError;
use crate::faults::Faults;
use crate::job::Job;
use crate::postgres::Connection;
use crate::postgres::sequencer::Bell;
use crate::queue::Queue;
use crate::tx::Tx;

/// How often an act is run again before it is told that somebody is always faster.
const ATTEMPTS: u32 = 20;

/// One connection, and the thread it lives on.
pub(crate) struct Worker {
    pub(crate) tx: Tx,
    pub(crate) config: Config,
    pub(crate) faults: Faults,
    /// Which of the pool it is.
    pub(crate) number: u32,
}

impl Worker {
    /// Serves acts until the queue is closed.
    pub(crate) fn act(&mut self, queue: &Queue<Box<dyn Job>>, bell: &Bell) {
        while let Some(jobs) = queue.take(1) {
            for mut job in jobs {
                let checked = bell.check();
                let verdict = checked.and_then(|()| self.attempt(job.as_mut()));
                if verdict.is_ok() {
                    bell.ring();
                }
                job.settle(verdict);
            }
        }
    }

    /// Serves reads until the queue is closed.
    pub(crate) fn read(&mut self, queue: &Queue<Box<dyn Job>>) {
        while let Some(jobs) = queue.take(1) {
            for mut job in jobs {
                let begun = self.reconnect().and_then(|()| {
                    self.tx
                        .word("begin isolation level repeatable read read only")
                });
                let verdict = begun.map(|()| {
                    job.run(&mut self.tx);
                });
                let _ = self.tx.word("rollback");
                self.tx.forget();
                job.settle(verdict);
            }
        }
    }

    fn attempt(&mut self, job: &mut dyn Job) -> Result<(), StoreError> {
        for attempt in 0..ATTEMPTS {
            if self.faults.is_dead() {
                return Err(StoreError::Unavailable);
            }
            self.reconnect()?;
            let done = self.once(job);
            let collided = self.take_collision();
            if done.is_err() {
                let _ = self.tx.word("rollback");
            }
            // Another process may erase a person between two acts: no key outlives one.
            self.tx.forget();
            if done.is_ok() || !collided {
                return done;
            }
            thread::sleep(self.pause(attempt));
        }
        Err(StoreError::Conflict)
    }

    fn once(&mut self, job: &mut dyn Job) -> Result<(), StoreError> {
        let tx = &mut self.tx;
        tx.word("begin isolation level serializable")?;
        if let Some(ctx) = job.ctx() {
            tx.begin_act(&ctx.clone());
        }
        let is_wanted = job.run(tx);
        let entries = tx.end_act()?;
        if !is_wanted {
            return Err(StoreError::Conflict);
        }
        if let (Conn::Postgres(conn), false) = (&mut tx.conn, entries.is_empty()) {
            conn.add_to_inbox(&entries)?;
        }
        self.faults.commit(|| tx.word("commit"))
    }

    /// A broken connection is replaced before the next act, which then says if that fails too.
    pub(crate) fn reconnect(&mut self) -> Result<(), StoreError> {
        if let Conn::Postgres(conn) = &self.tx.conn
            && conn.is_closed()
        {
            self.tx.forget();
            let fresh = Connection::open(&self.config).map_err(|_| StoreError::Unavailable)?;
            self.tx.conn = Conn::Postgres(Box::new(fresh));
        }
        Ok(())
    }

    fn take_collision(&mut self) -> bool {
        match &mut self.tx.conn {
            Conn::Postgres(conn) => conn.take_collision(),
            Conn::Sqlite(_) => false,
        }
    }

    /// None the first times, then a little longer each time, and not the same for each worker.
    fn pause(&self, attempt: u32) -> Duration {
        match attempt {
            0..3 => Duration::ZERO,
            _ => Duration::from_micros((1 << attempt.min(12)) * u64::from(8 + self.number % 8)),
        }
    }
}
