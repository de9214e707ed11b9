//! Safe Harbor checks with their signatures, and expert determinations.

use crate::id::{CheckId, DeterminationId, OperatorId};
use crate::time::{Date, Timestamp};

/// The SHA-256 of a file that was looked at; the file itself is not kept.
pub type FileHash = [u8; 32];

/// One check of one table against the Safe Harbor method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeHarborCheck {
    /// Which.
    pub id: CheckId,
    /// How operators call the table.
    pub title: String,
    /// The table.
    pub file_hash: FileHash,
    /// How many rows.
    pub rows: u64,
    /// How many columns.
    pub columns: u32,
    /// Whether none of the eighteen identifiers was found.
    pub meets: bool,
    /// The report as JSON: names of columns, counts, verdicts.
    pub report: String,
    /// When.
    pub checked_at: Timestamp,
    /// By whom.
    pub checked_by: OperatorId,
    /// Who signed it, when somebody did.
    pub signature: Option<Signature>,
}

/// That somebody weighed what is left and knows of no way to identify a person by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: OperatorId,
}

/// An expert's determination before it has its id (45 CFR 164.514(b)(1)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftDetermination {
    /// How operators call it.
    pub title: String,
    /// Who determined.
    pub expert: String,
    /// What makes them one: training and experience with statistical methods.
    pub qualification: String,
    /// What data it covers, from which source, for whom.
    pub scope: String,
    /// The methods and results that justify it.
    pub opinion: String,
    /// Its day.
    pub determined_on: Date,
    /// The last day on which it may be relied on.
    pub expires_on: Date,
}

/// A determination on file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Determination {
    /// Which.
    pub id: DeterminationId,
    /// What it says.
    pub draft: DraftDetermination,
    /// When it was put on file.
    pub recorded_at: Timestamp,
    /// By whom.
    pub recorded_by: OperatorId,
    /// Since when it is withdrawn.
    pub withdrawn_at: Option<Timestamp>,
}

/// Whether a determination can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    InForce,
    /// Its day has not come.
    NotYet,
    /// Its last day is over.
    Expired,
    /// Somebody took it back.
    Withdrawn,
}

impl Determination {
    /// Whether it can be relied on that day; its last day counts.
    #[must_use]
    pub fn standing(&self, today: Date) -> Standing {
        if self.withdrawn_at.is_some() {
            Standing::Withdrawn
        } else if today < self.draft.determined_on {
            Standing::NotYet
        } else if today > self.draft.expires_on {
            Standing::Expired
        } else {
            Standing::InForce
        }
    }
}

impl DraftDetermination {
    /// The longest that one may be relied on before it is looked at again.
    pub const MOST_YEARS: i16 = 3;

    /// What is wrong with it, field by field.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, &'static str)> {
        let mut problems = Vec::new();
        for (field, text) in [
            ("title", &self.title),
            ("expert", &self.expert),
            ("qualification", &self.qualification),
            ("scope", &self.scope),
            ("opinion", &self.opinion),
        ] {
            if text.trim().is_empty() {
                problems.push((
                    field,
                    "fill this in; a determination without it cannot be relied on",
                ));
            } else if text.len() > 4000 {
                problems.push((
                    field,
                    "keep it under 4,000 characters and point to the document",
                ));
            }
        }
        let latest = self
            .determined_on
            .saturating_add(crate::time::Span::new().years(Self::MOST_YEARS));
        if self.expires_on < self.determined_on {
            problems.push((
                "expires_on",
                "the last day lies before the day of the determination",
            ));
        } else if self.expires_on > latest {
            problems.push((
                "expires_on",
                "at most three years: what can be linked changes",
            ));
        }
        problems
    }
}
