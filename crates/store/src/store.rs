//! The door: acts and reads, from any thread or task.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use placet_domain::ctx::Ctx;
use placet_domain::operator::Grant;
use tokio::sync::oneshot;

use crate::config::{Address, StoreConfig};
use crate::error::{OpenError, StoreError};
use crate::job::{Asked, Job};
use crate::keys::Keys;
use crate::migrate;
use crate::queue::Queue;
use crate::sqlite::{self, writer};
use crate::tx::{Conn, Engine, Tx};

/// How many reads run at once on SQLite.
const READERS: usize = 2;

/// A database that is open. Clones share it; it closes when the last one is dropped.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    engine: Engine,
    keys: Keys,
    acts: Arc<Queue<Box<dyn Job>>>,
    reads: Arc<Queue<Box<dyn Job>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.acts.close();
        self.reads.close();
        let own = thread::current().id();
        for thread in self.threads.drain(..) {
            if thread.thread().id() != own {
                let _ = thread.join();
            }
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
        match Address::parse(&config.url)? {
            Address::Sqlite(path) => Self::open_sqlite(&path, config),
            Address::Postgres(_) => Err(OpenError::Unsupported("PostgreSQL is being wired")),
        }
    }

    fn open_sqlite(path: &Path, config: StoreConfig) -> Result<Self, OpenError> {
        let place = || path.display().to_string();
        let exists = path.exists();
        if !exists && !config.create {
            return Err(OpenError::Missing(place()));
        }
        let unreachable = |error: rusqlite::Error| OpenError::Unreachable {
            place: place(),
            code: format!("{:?}", error.sqlite_error_code()),
        };
        let conn = sqlite::Connection::open(path, config.create, config.durability)
            .map_err(unreachable)?;
        if !exists {
            migrate::create_sqlite(&conn)?;
        }
        let acts = Arc::new(Queue::new());
        let reads = Arc::new(Queue::new());
        let mut threads = Vec::new();
        let tx = |conn| {
            Tx::new(
                Conn::Sqlite(conn),
                config.keys.clone(),
                config.entropy.clone(),
            )
        };
        let mut writing = tx(conn);
        let queue = Arc::clone(&acts);
        threads.push(start("placet-writer", move || {
            writer::write(&mut writing, &queue)
        })?);
        for _ in 0..READERS {
            let mut reading = tx(sqlite::Connection::open_to_read(path).map_err(unreachable)?);
            let queue = Arc::clone(&reads);
            threads.push(start("placet-reader", move || {
                writer::read(&mut reading, &queue)
            })?);
        }
        let keys = config.keys;
        Ok(Self(Arc::new(Inner {
            engine: Engine::Sqlite,
            keys,
            acts,
            reads,
            threads,
        })))
    }

    /// Which engine it runs on.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.0.engine
    }

    /// The keys it was opened with.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// Runs one act in a transaction; answers once what it did is durable.
    ///
    /// `f` may run more than once: it sends nothing and owns nothing it gives away. It gets `ctx`
    /// back as its second argument.
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
        let (answer, answered) = mpsc::sync_channel(1);
        self.ask_act(grant, ctx, f, move |outcome| {
            let _ = answer.send(outcome);
        });
        answered
            .recv()
            .unwrap_or_else(|_| Err(StoreError::Unavailable.into()))
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
        let answer = |outcome| {
            let _ = answer.send(outcome);
        };
        hand(
            &self.0.reads,
            Asked {
                f,
                ctx: None,
                outcome: None,
                answer,
            },
        );
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
        let (answer, answered) = mpsc::sync_channel(1);
        let answer = move |outcome| {
            let _ = answer.send(outcome);
        };
        hand(
            &self.0.reads,
            Asked {
                f,
                ctx: None,
                outcome: None,
                answer,
            },
        );
        answered
            .recv()
            .unwrap_or_else(|_| Err(StoreError::Unavailable.into()))
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
        hand(
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

fn hand<J: Job + 'static>(queue: &Queue<Box<dyn Job>>, job: J) {
    if let Err(job) = queue.push(Box::new(job)) {
        job.settle(Err(StoreError::Unavailable));
    }
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    let started = thread::Builder::new().name(name.to_owned()).spawn(work);
    started.map_err(|error| OpenError::Unreachable {
        place: name.to_owned(),
        code: error.kind().to_string(),
    })
}
