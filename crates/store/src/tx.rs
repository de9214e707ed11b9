//! One transaction: statements, the ledger entries they call for, and the keys of people.
//!
//! `$1`, `$2`, … stand for parameters on both engines. After a statement fails the transaction is
//! lost on both: each further one gives the same error, and nothing is kept.
//!
//! INVARIANT: a transaction that wrote rows commits only with at least one ledger entry.

use std::sync::Arc;

use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::EntryId;
use placet_domain::time::Timestamp;

use placet_ledger::SigningKey;
use placet_ledger::tile::Builder;

use crate::conn::Conn;
use crate::decisions::Known;
use crate::entropy::Entropy;
use crate::error::StoreError;
use crate::fingerprint;
use crate::keys::Keys;
use crate::record::{Hand, Recorded};
use crate::row::Row;
use crate::seal::Keyring;
use crate::value::{Param, Value};

/// Which database stands behind the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file, in this process.
    Sqlite,
    /// A server.
    Postgres,
}

/// A transaction that is open.
pub struct Tx {
    pub(crate) conn: Conn,
    pub(crate) keys: Keys,
    pub(crate) entropy: Entropy,
    pub(crate) keyring: Keyring,
    /// The gate's answers that need not be kept again.
    pub(crate) answers: Known,
    /// The ledger's edge; none where this transaction has not needed it yet.
    pub(crate) log: Option<Builder>,
    /// What signs checkpoints, once the database has said who it is.
    pub(crate) signer: Option<Arc<SigningKey>>,
    /// Which installation runs it.
    pub(crate) installation: Arc<str>,
    act: Option<Act>,
}

/// What the transaction has done so far. None in a read.
struct Act {
    ctx: Ctx,
    hand: Hand,
    entries: Vec<Recorded>,
    wrote: bool,
    failed: Option<StoreError>,
}

impl Tx {
    pub(crate) fn new(conn: Conn, keys: Keys, entropy: Entropy) -> Self {
        Self {
            conn,
            keys,
            entropy,
            keyring: Keyring::default(),
            answers: Known::default(),
            log: None,
            signer: None,
            installation: Arc::from(""),
            act: None,
        }
    }

    /// Which installation runs this transaction: what sending is armed for.
    #[must_use]
    pub fn installation(&self) -> &str {
        &self.installation
    }

    /// Fills `bytes` from the generator that keys come from: the operating system's.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when it gives none.
    pub fn draw(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
        self.entropy.fill(bytes)
    }

    /// Runs a statement that gives no rows; answers how many it touched.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn execute(&mut self, sql: &str, params: &[&dyn Param]) -> Result<u64, StoreError> {
        let count = self.run(sql, params)?;
        if let Some(act) = &mut self.act {
            act.wrote |= count > 0;
        }
        Ok(count)
    }

    /// Inserts one row, whose columns are the parameters; its fingerprint, or none when nothing
    /// was inserted.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub(crate) fn insert(
        &mut self,
        sql: &str,
        columns: &[&dyn Param],
    ) -> Result<Option<[u8; 32]>, StoreError> {
        let is_added = self.execute(sql, columns)? > 0;
        Ok(is_added.then(|| fingerprint::of(columns.iter().map(Param::value))))
    }

    /// Runs a statement once for each row of values, made ready once; answers how many rows it
    /// touched in all.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub(crate) fn execute_each<const N: usize>(
        &mut self,
        sql: &str,
        rows: &[[Value<'_>; N]],
    ) -> Result<u64, StoreError> {
        self.check_open()?;
        let done = self.conn.execute_each(sql, rows);
        let count = self.note(done)?;
        if let Some(act) = &mut self.act {
            act.wrote |= count > 0;
        }
        Ok(count)
    }

    /// Runs a statement on rows that no ledger entry is about: sessions, throttles, repeated
    /// requests.
    pub(crate) fn housekeep(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
    ) -> Result<u64, StoreError> {
        self.run(sql, params)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn find_one(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
    ) -> Result<Option<Row>, StoreError> {
        let mut first = None;
        self.query(sql, params, &mut |row| {
            first = Some(row);
            false
        })?;
        Ok(first)
    }

    /// Every row.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn list(&mut self, sql: &str, params: &[&dyn Param]) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        self.list_into(sql, params, &mut rows)?;
        Ok(rows)
    }

    /// Adds every row to `rows`.
    pub(crate) fn list_into(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        rows: &mut Vec<Row>,
    ) -> Result<(), StoreError> {
        self.query(sql, params, &mut |row| {
            rows.push(row);
            true
        })
    }

    /// Hands the rows to `each`, one after the other, and stops at its first error.
    ///
    /// # Errors
    ///
    /// When the store fails, or `each` does.
    pub fn for_each<E: From<StoreError>>(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        mut each: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut stopped = None;
        self.query(sql, params, &mut |row| {
            stopped = each(row).err();
            stopped.is_none()
        })?;
        stopped.map_or(Ok(()), Err)
    }

    /// Which engine this is, for what only one can do fast.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.conn.engine()
    }

    /// The instant of the act. A read has none: it gives 1970, and takes the instant as a
    /// parameter where it needs one.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.act
            .as_ref()
            .map_or(Timestamp::UNIX_EPOCH, |act| act.ctx.now)
    }

    /// Adds an entry to the ledger, with the instant and actor of the act. It is kept when the act
    /// commits, and gets its place then.
    pub fn record(&mut self, entry: Entry) -> EntryId {
        let Some(act) = &mut self.act else {
            // A read keeps nothing; there is no entry to speak of.
            debug_assert!(false, "a read records nothing");
            return EntryId::from([0; 16]);
        };
        let recorded = Recorded::new(&act.ctx, &act.hand, entry);
        let id = recorded.id;
        act.entries.push(recorded);
        id
    }

    pub(crate) fn begin_act(&mut self, ctx: &Ctx) {
        self.act = Some(Act {
            ctx: ctx.clone(),
            hand: Hand::of(ctx),
            entries: Vec::new(),
            wrote: false,
            failed: None,
        });
    }

    /// What the act recorded, when it may be kept.
    pub(crate) fn end_act(&mut self) -> Result<Vec<Recorded>, StoreError> {
        let Some(act) = self.act.take() else {
            return Ok(Vec::new());
        };
        match act.failed {
            Some(error) => Err(error),
            None if act.wrote && act.entries.is_empty() => Err(StoreError::NotRecorded),
            None => Ok(act.entries),
        }
    }

    /// Runs one of our own words: begin, commit, savepoint.
    pub(crate) fn word(&mut self, sql: &str) -> Result<(), StoreError> {
        self.conn.execute(sql, &[]).map(|_| ())
    }

    pub(crate) fn batch(&mut self, text: &str) -> Result<(), StoreError> {
        self.conn.batch(text)
    }

    /// Drops what memory holds of rows that may not stand any more.
    pub(crate) fn forget(&mut self) {
        self.keyring.clear();
        self.answers.clear();
        self.log = None;
    }

    fn run(&mut self, sql: &str, params: &[&dyn Param]) -> Result<u64, StoreError> {
        self.check_open()?;
        let done = self.conn.execute(sql, &bound(params));
        self.note(done)
    }

    fn query(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        each: &mut dyn FnMut(Row) -> bool,
    ) -> Result<(), StoreError> {
        self.check_open()?;
        // Most look-ups give no row or one: the name is only read when there is one to name.
        let mut table = None;
        let done = self.conn.query(sql, &bound(params), &mut |values| {
            let table = table.get_or_insert_with(|| table_of(sql));
            each(Row::new(Arc::clone(table), values))
        });
        let wrote = self.note(done)?;
        if let Some(act) = &mut self.act {
            act.wrote |= wrote;
        }
        Ok(())
    }

    fn check_open(&self) -> Result<(), StoreError> {
        match self.act.as_ref().and_then(|act| act.failed.as_ref()) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    fn note<T>(&mut self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if let (Err(error), Some(act)) = (&done, &mut self.act) {
            act.failed.get_or_insert_with(|| error.clone());
        }
        done
    }
}

fn bound<'a>(params: &'a [&dyn Param]) -> Vec<Value<'a>> {
    params.iter().map(|param| param.value()).collect()
}

/// The first table a statement names, for errors.
pub(crate) fn table_of(sql: &str) -> Arc<str> {
    let mut words = sql.split_ascii_whitespace();
    while let Some(word) = words.next() {
        if matches!(word, "from" | "into" | "update") {
            return Arc::from(words.next().unwrap_or("?"));
        }
    }
    Arc::from("?")
}
