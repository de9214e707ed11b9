//! The door: acts and reads, from any thread or task.

use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use placet_domain::ctx::Ctx;
use placet_domain::operator::Grant;
use placet_domain::time::Timestamp;
use placet_ledger::VerifyingKey;
use tokio::sync::oneshot;

use crate::config::{Address, StoreConfig};
use crate::error::{OpenError, StoreError};
use crate::job::{Asked, Job};
use crate::keys::Keys;
use crate::ledger;
use crate::open::{self, Identity};
use crate::postgres::{self, pool::Worker, sequencer, sequencer::Bell};
use crate::queue::Queue;
use crate::sealer::Sealer;
use crate::sqlite::writer::{self, Writer};
use crate::tx::{Engine, Tx};

/// How many reads run at once on SQLite.
const READERS: u32 = 2;
/// How many acts, and how many reads, run at once on PostgreSQL.
const POOL: u32 = 4;

type Jobs = Arc<Queue<Box<dyn Job>>>;

/// A database that is open. Clones share it; it closes when the last one is dropped.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    config: StoreConfig,
    address: Address,
    identity: Identity,
    acts: Jobs,
    reads: Jobs,
    /// Where work on the ledger's edge is done: the writer's queue, or the sequencer's.
    edge: Jobs,
    readers: Vec<JoinHandle<()>>,
    writers: Vec<JoinHandle<()>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Readers end first: on SQLite the last to close folds the journal into the file, and one
        // that only reads cannot.
        self.reads.close();
        join(&mut self.readers);
        self.acts.close();
        self.edge.close();
        join(&mut self.writers);
    }
}

/// An act that was asked for and may be under way. Whoever drops it learns nothing of how it ended.
#[must_use = "an act may fail"]
pub struct Begun<T, E>(mpsc::Receiver<Result<T, E>>);

impl<T, E: From<StoreError>> Begun<T, E> {
    /// Waits until what it did is durable.
    ///
    /// # Errors
    ///
    /// As [`Store::act`].
    pub fn wait(self) -> Result<T, E> {
        self.0
            .recv()
            .unwrap_or_else(|_| Err(StoreError::Unavailable.into()))
    }
}

fn join(threads: &mut Vec<JoinHandle<()>>) {
    let own = thread::current().id();
    for thread in threads.drain(..) {
        // The last clone may be dropped inside an act.
        if thread.thread().id() != own {
            let _ = thread.join();
        }
    }
}

impl Store {
    /// Opens a database, or creates it when the configuration says so.
    ///
    /// # Errors
    ///
    /// When there is none, it is not ours, its schema is of another version, the key does not fit,
    /// or it cannot be reached. Each says the next step.
    pub fn open(config: StoreConfig) -> Result<Self, OpenError> {
        let address = Address::parse(&config.url)?;
        let (tx, identity) = open::open(&config, &address)?;
        let acts = Jobs::new(Queue::new());
        let reads = Jobs::new(Queue::new());
        let mut inner = Inner {
            edge: match address {
                Address::Sqlite(_) => Arc::clone(&acts),
                Address::Postgres(_) => Jobs::new(Queue::new()),
            },
            config,
            address,
            identity,
            acts,
            reads,
            readers: Vec::new(),
            writers: Vec::new(),
        };
        match inner.address.clone() {
            Address::Sqlite(_) => inner.start_sqlite(tx)?,
            Address::Postgres(url) => inner.start_postgres(tx, &url)?,
        }
        Ok(Self(Arc::new(inner)))
    }

    /// Which engine it runs on.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.0.address {
            Address::Sqlite(_) => Engine::Sqlite,
            Address::Postgres(_) => Engine::Postgres,
        }
    }

    /// The keys it was opened with.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.0.config.keys
    }

    /// What seals for people who may be new, before an act is asked for.
    #[must_use]
    pub fn sealer(&self) -> Sealer {
        Sealer::new(self.0.config.keys.clone(), self.0.config.entropy.clone())
    }

    /// The id that the database got when it was created: 16 hexadecimal digits.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.0.identity.instance
    }

    /// The key that verifies the checkpoints of this database. Its name is the log's origin.
    #[must_use]
    pub fn ledger_key(&self) -> &VerifyingKey {
        self.0.identity.signer.verifying()
    }

    pub(crate) fn config(&self) -> &StoreConfig {
        &self.0.config
    }

    /// Runs one act in a transaction; answers once what it did is durable.
    ///
    /// `f` may run more than once: it sends nothing and owns nothing it gives away. It gets `ctx`
    /// back as its second argument. Never call it inside an act or a read.
    ///
    /// # Errors
    ///
    /// What `f` refuses, or why the store kept nothing.
    pub async fn act<F, T, E>(&self, grant: Grant, ctx: &Ctx, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx, &Ctx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.ask_act(grant, ctx, f, |outcome| {
            let _ = answer.send(outcome);
        });
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable.into()))
    }

    /// [`Store::act`] from a plain thread: workers, the command line, the simulator.
    ///
    /// # Errors
    ///
    /// As [`Store::act`].
    pub fn act_blocking<F, T, E>(&self, grant: Grant, ctx: &Ctx, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx, &Ctx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.act_begun(grant, ctx, f).wait()
    }

    /// [`Store::act_blocking`] for a thread that has something else to do before it waits.
    pub fn act_begun<F, T, E>(&self, grant: Grant, ctx: &Ctx, f: F) -> Begun<T, E>
    where
        F: FnMut(&mut Tx, &Ctx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = mpsc::sync_channel(1);
        self.ask_act(grant, ctx, f, move |outcome| {
            let _ = answer.send(outcome);
        });
        Begun(answered)
    }

    /// Reads one moment of the database. For what names no person: counts, content, campaigns,
    /// settings, the ledger.
    ///
    /// # Errors
    ///
    /// What `f` refuses, or why the store could not read.
    pub async fn read<F, T, E>(&self, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        hand(&self.0.reads, f, |outcome| {
            let _ = answer.send(outcome);
        });
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable.into()))
    }

    /// [`Store::read`] from a plain thread.
    ///
    /// # Errors
    ///
    /// As [`Store::read`].
    pub fn read_blocking<F, T, E>(&self, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        wait_for(&self.0.reads, f)
    }

    /// Signs the head of the ledger when there is news since the last one; answers the note.
    ///
    /// The executable calls it each second and at shutdown. On PostgreSQL it first gives the
    /// entries in the inbox their places, so afterwards every entry committed before has one.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn checkpoint(&self, now: Timestamp) -> Result<Option<String>, StoreError> {
        wait_for(&self.0.edge, move |tx| ledger::sign_checkpoint(tx, now))
    }

    /// Waits until every entry committed before has its place in the ledger. On SQLite an act's
    /// entries have theirs when it answers.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn settle_ledger(&self) -> Result<(), StoreError> {
        wait_for(&self.0.edge, |_| Ok(()))
    }

    /// The grant is proof enough: it cannot be made without a fitting role.
    fn ask_act<F, T, E, A>(&self, _grant: Grant, ctx: &Ctx, mut f: F, answer: A)
    where
        F: FnMut(&mut Tx, &Ctx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        A: FnOnce(Result<T, E>) + Send + 'static,
    {
        let own = ctx.clone();
        let f = move |tx: &mut Tx| f(tx, &own);
        push(
            &self.0.acts,
            Asked {
                f,
                ctx: Some(ctx.clone()),
                outcome: None,
                answer,
            },
        );
    }
}

impl Inner {
    fn start_sqlite(&mut self, tx: Tx) -> Result<(), OpenError> {
        if self.config.in_place {
            return self.start_in_place(tx);
        }
        for _ in 0..READERS {
            let mut tx = open::connect_to_read(&self.config, &self.address)?;
            let queue = Arc::clone(&self.reads);
            self.readers.push(start("placet-reader", move || {
                writer::read(&mut tx, &queue)
            })?);
        }
        let mut writer = self.writer(tx);
        let queue = Arc::clone(&self.acts);
        self.writers
            .push(start("placet-writer", move || writer.serve(&queue))?);
        Ok(())
    }

    fn start_in_place(&mut self, tx: Tx) -> Result<(), OpenError> {
        let mut reader = open::connect_to_read(&self.config, &self.address)?;
        self.reads
            .work_here(move |job| writer::read_one(&mut reader, job));
        let mut writer = self.writer(tx);
        self.acts.work_here(move |job| writer.serve_one(job));
        Ok(())
    }

    fn writer(&self, tx: Tx) -> Writer {
        Writer {
            tx,
            faults: self.config.faults.clone(),
            seen: None,
            page_limit: None,
        }
    }

    fn start_postgres(&mut self, tx: Tx, url: &str) -> Result<(), OpenError> {
        let config = postgres::configure(url)?;
        let faults = self.config.faults.clone();
        let worker = |tx, number| Worker {
            tx,
            config: config.clone(),
            faults: faults.clone(),
            number,
        };

        let bell = Bell::new(Arc::clone(&self.edge));
        let (mut sequencing, own) = (worker(tx, 0), bell.clone());
        self.writers.push(start("placet-sequencer", move || {
            sequencer::sequence(&mut sequencing, &own);
        })?);
        // The first round says whether the ledger is whole, before an act is taken.
        match wait_for(&self.edge, |_| Ok(())) {
            Ok(()) | Err(StoreError::BrokenLedger) => {}
            Err(error) => return Err(error.into()),
        }
        for number in 0..POOL {
            let mut acting = worker(open::connect(&self.config, &self.address)?, number);
            let (queue, bell) = (Arc::clone(&self.acts), bell.clone());
            self.writers
                .push(start("placet-writer", move || acting.act(&queue, &bell))?);
            let mut reading = worker(open::connect(&self.config, &self.address)?, number);
            let queue = Arc::clone(&self.reads);
            self.readers
                .push(start("placet-reader", move || reading.read(&queue))?);
        }
        Ok(())
    }
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    let started = thread::Builder::new().name(name.to_owned()).spawn(work);
    started.map_err(|error| OpenError::Unreachable {
        place: name.to_owned(),
        code: error.kind().to_string(),
    })
}

fn wait_for<F, T, E>(queue: &Queue<Box<dyn Job>>, f: F) -> Result<T, E>
where
    F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (answer, answered) = mpsc::sync_channel(1);
    hand(queue, f, move |outcome| {
        let _ = answer.send(outcome);
    });
    answered
        .recv()
        .unwrap_or_else(|_| Err(StoreError::Unavailable.into()))
}

fn hand<F, T, E, A>(queue: &Queue<Box<dyn Job>>, f: F, answer: A)
where
    F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    A: FnOnce(Result<T, E>) + Send + 'static,
{
    push(
        queue,
        Asked {
            f,
            ctx: None,
            outcome: None,
            answer,
        },
    );
}

fn push<J: Job + 'static>(queue: &Queue<Box<dyn Job>>, job: J) {
    if let Err(job) = queue.push(Box::new(job)) {
        job.settle(Err(StoreError::Unavailable));
    }
}
