//! What a verification found, in words that name table, place or id, never a value.

use std::fmt;

use placet_domain::id::{DecisionId, RawId};
use placet_ledger::NoteError;
use placet_ledger::verify::Report;

/// How many findings are kept by name; more are only counted.
const KEPT: usize = 1000;

/// One thing in the rows around the log that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A column of `ledger_entries` does not repeat what the entry says.
    Column {
        /// The place of the entry.
        place: u64,
        /// The column.
        column: &'static str,
    },
    /// A column of `ledger_inbox` does not repeat what the entry says.
    Inbox {
        /// The entry's id in hexadecimal.
        id: String,
        /// The column.
        column: &'static str,
    },
    /// The bytes are proved by the log, but they are no entry of ours.
    NotAnEntry {
        /// The place of the entry.
        place: u64,
    },
    /// A row stands where none can be.
    Row {
        /// The table.
        table: &'static str,
        /// Its key.
        id: String,
    },
    /// The engine found a table and its indexes at odds with each other.
    Damage {
        /// The table.
        table: &'static str,
        /// What the engine says: pages, rows and indexes by number or name.
        what: String,
    },
    /// The time filed beside a checkpoint is not the one that was signed.
    CheckpointTime {
        /// The size of the checkpoint.
        size: u64,
    },
    /// A checkpoint from outside is malformed or not signed by our key.
    Kept {
        /// Why.
        cause: NoteError,
    },
    /// A decision is not as its entry recorded it.
    Decision {
        /// Which.
        id: DecisionId,
        /// The place of the entry.
        place: u64,
        /// The column, or that the row is missing.
        what: &'static str,
    },
    /// An answer of the gate is missing, or is not as its entry recorded it.
    Answer {
        /// The place of the entry.
        place: u64,
    },
    /// A permission, refusal or suppression that an entry recorded is not there.
    Missing {
        /// The table that held it.
        table: &'static str,
        /// Which.
        id: RawId,
        /// The place of the entry.
        place: u64,
    },
    /// A permission, refusal or suppression is not as the entry recorded it.
    Altered {
        /// The table that holds it.
        table: &'static str,
        /// Which.
        id: RawId,
        /// The place of the entry.
        place: u64,
    },
    /// No entry recorded this row.
    Unrecorded {
        /// The table that holds it.
        table: &'static str,
        /// Its key.
        id: RawId,
    },
}

impl Finding {
    pub(super) fn row(table: &'static str, key: &[i64]) -> Self {
        let key: Vec<String> = key.iter().map(ToString::to_string).collect();
        let id = key.join("/");
        Self::Row { table, id }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column { place, column } => {
                write!(f, "entry at place {place}: column {column} was changed")
            }
            Self::Inbox { id, column } => {
                write!(f, "waiting entry {id}: column {column} was changed")
            }
            Self::NotAnEntry { place } => {
                write!(f, "entry at place {place}: not in the form of an entry")
            }
            Self::Row { table, id } => write!(f, "table {table}, row {id}: no such row can be"),
            Self::Damage { table, what } => write!(f, "table {table}: {what}"),
            Self::CheckpointTime { size } => {
                write!(f, "checkpoint at size {size}: column at was changed")
            }
            Self::Kept { cause } => write!(f, "checkpoint kept outside: {cause}"),
            Self::Decision { id, place, what } => {
                write!(f, "decision {id}, recorded at place {place}: {what}")
            }
            Self::Answer { place } => write!(
                f,
                "answer of the gate, recorded at place {place}: it is missing or was changed"
            ),
            Self::Missing { table, id, place } => {
                write!(
                    f,
                    "table {table}, row {id}, recorded at place {place}: it is missing"
                )
            }
            Self::Altered { table, id, place } => {
                write!(
                    f,
                    "table {table}, row {id}, recorded at place {place}: a column was changed"
                )
            }
            Self::Unrecorded { table, id } => {
                write!(f, "table {table}, row {id}: no entry recorded it")
            }
        }
    }
}

/// What a verification of the stored ledger found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// The log itself: entries, tiles, checkpoints.
    pub log: Report,
    /// How many decisions are as their entries recorded them.
    pub decisions: u64,
    /// How many permissions, refusals and suppressions are still there as recorded.
    pub records: u64,
    /// What is wrong around the log, the first thousand by name.
    pub findings: Vec<Finding>,
    /// How many things are wrong around the log.
    pub n_findings: u64,
}

impl Verification {
    pub(super) fn add(&mut self, finding: Finding) {
        self.n_findings += 1;
        if self.findings.len() < KEPT {
            self.findings.push(finding);
        }
    }

    /// Whether there are entries and no signed head vouches for any of them: whoever holds the file could
    /// have written all of them anew.
    #[must_use]
    pub fn is_unsigned(&self) -> bool {
        self.log.entries > 0 && self.log.checkpoints == 0
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.log.is_sound() && self.n_findings == 0
    }

    /// How many things are wrong.
    #[must_use]
    pub fn n_problems(&self) -> u64 {
        self.log.n_faults + self.n_findings
    }

    /// What is wrong, a sentence each, those of the log first.
    pub fn problems(&self) -> impl Iterator<Item = String> {
        let faults = self.log.faults.iter().map(ToString::to_string);
        faults.chain(self.findings.iter().map(ToString::to_string))
    }
}
