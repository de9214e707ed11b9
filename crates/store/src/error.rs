//! What can go wrong in the store, said without any value that stands in it.
//!
//! Driver texts quote values, so they are never shown or logged: what is logged is a table and a
//! code.

/// Why a statement or a commit failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is locked, or cannot write; the same act may succeed later.
    #[error("the database is unavailable; try again")]
    Unavailable,
    /// Somebody was faster: a unique key is taken, a row it refers to is gone, or transactions
    /// kept colliding.
    #[error("somebody else changed the same thing first")]
    Conflict,
    /// The disk is full; nothing was written.
    #[error("the disk of the database is full; free space and try again")]
    Full,
    /// A row does not hold what the program wrote.
    #[error("a row of `{table}` cannot be read (id {id})")]
    Corrupt {
        /// The table.
        table: String,
        /// The row's id in hexadecimal, or `?` when the statement did not select it first.
        id: String,
    },
    /// The act wrote rows and recorded no ledger entry, so nothing was kept.
    #[error("the act changed data without a ledger entry; nothing was kept")]
    NotRecorded,
    /// The person was erased: their key is destroyed.
    #[error("the person was erased")]
    Erased,
    /// A row of an append-only table was about to be changed or deleted.
    #[error("a row that is kept as it was written cannot be changed")]
    AppendOnly,
    /// The ledger's tree does not match its checkpoint; no act is taken any more.
    #[error("the ledger is broken; run `placet ledger verify` and keep the database as it is")]
    BrokenLedger,
    /// A defect of the program: a statement the engine refuses, or an act that panicked.
    #[error("a defect in the program stopped the act; nothing was kept")]
    Defect,
}

/// Why a database could not be opened, created, migrated, backed up or restored.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is of no known kind.
    #[error("`{0}` is not a database address; use sqlite:PATH or postgres://HOST/NAME")]
    Address(String),
    /// The address asks for what is not supported.
    #[error("{0}")]
    Unsupported(&'static str),
    /// There is no database yet.
    #[error("there is no database at {0}; create one with `placet init`")]
    Missing(String),
    /// There is one already.
    #[error("there is a database at {0} already; choose another place")]
    Exists(String),
    /// The file or database holds something else.
    #[error("{0} is not a Placet database; check the address")]
    Foreign(String),
    /// A later version of the program wrote it.
    #[error(
        "the database has schema version {found}, this program knows up to {known}; \
         use the newer program"
    )]
    Newer {
        /// Version found.
        found: i64,
        /// Last version known.
        known: i64,
    },
    /// It waits for a migration.
    #[error(
        "the database has schema version {found}, this program needs {known}; \
         back it up, then run `placet migrate`"
    )]
    Older {
        /// Version found.
        found: i64,
        /// Version needed.
        known: i64,
    },
    /// A version of the schema has another text than the one known.
    #[error(
        "schema version {0} of the database differs from the one of this program; \
         use the program that created it"
    )]
    Altered(i64),
    /// The master key does not fit the database.
    #[error("the master key does not belong to this database; give the key it was created with")]
    WrongKey,
    /// The copy does not hold what it should.
    #[error("the copy at {place} is damaged: {fault}")]
    Damaged {
        /// Where it lies.
        place: String,
        /// What was found, by table or place, never a value.
        fault: String,
    },
    /// The database or its folder cannot be read or written.
    #[error("{place} cannot be opened: {code}; check that it exists and may be read and written")]
    Unreachable {
        /// Which.
        place: String,
        /// The operating system's or the engine's code.
        code: String,
    },
    /// A statement failed on the way.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a master key could not be loaded or created.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No such file.
    #[error("there is no master key at {0}; `placet init` creates one")]
    Missing(String),
    /// There is one already.
    #[error("there is a master key at {0} already; it is never overwritten")]
    Exists(String),
    /// Others on this machine may read it.
    #[error("the master key at {0} can be read by others; run `chmod 600` on it")]
    Exposed(String),
    /// It is not 32 bytes long.
    #[error("the master key at {0} is not 32 bytes long; restore it from its copy")]
    Malformed(String),
    /// The file cannot be read or written.
    #[error("the master key at {place} cannot be used: {kind}")]
    Unreadable {
        /// Where.
        place: String,
        /// The operating system's word for it.
        kind: std::io::ErrorKind,
    },
}
