//! Measurements: tables of counts and money, what was asked of them, and how it ended.
//!
//! INVARIANT: nothing here refers to a person. A run keeps what was asked, the seed, the hash of
//! its data and the version that answered, so that it can be run again and must come out the same.

use serde::{Deserialize, Serialize};

use crate::codes::codes;
use crate::id::{DatasetId, RunId};
use crate::time::Timestamp;

pub mod noisy;
pub mod sums;

codes! {
    /// What is asked of the data.
    pub enum Question {
        /// What did each channel bring?
        Mmm = "mmm", "Media mix";
        /// Did the test markets move more than the others?
        Geo = "geo", "Geo test";
        /// Before a test: which markets, how long, what would it show?
        Power = "power", "Power of a test";
        /// Did one series change?
        Impact = "impact", "Causal impact";
        /// What did a campaign add over those held out?
        Holdout = "holdout", "Audience holdout";
        /// Where should the next dollar go?
        Budget = "budget", "Budget plan";
        /// What does a new patient cost?
        Cost = "cost", "Cost of a patient";
        /// What did each channel bring, region by region?
        Regions = "regions", "Media mix by region";
        /// Is the volume of each region growing, and what comes next?
        Trend = "trend", "Volume by region";
    }
}

impl Question {
    /// The question in a manager's words.
    #[must_use]
    pub fn asks(self) -> &'static str {
        match self {
            Self::Mmm => "What did each channel bring?",
            Self::Geo => "Did the test markets move more than the others?",
            Self::Power => "Which markets, how long, and what would a test show?",
            Self::Impact => "Did something change, beyond what the past explains?",
            Self::Holdout => "What did the campaign add over those held out?",
            Self::Budget => "Where should the next dollar go?",
            Self::Cost => "What does a new patient cost, by channel and month?",
            Self::Regions => "What did each channel bring, when every region has its own level?",
            Self::Trend => "Where is volume growing, how surely, and what is to be expected next?",
        }
    }
}

codes! {
    /// How a run ended.
    pub enum Ending {
        /// There is a result.
        Done = "done", "Done";
        /// The data cannot carry the question; the refusal says what is missing.
        Refused = "refused", "Refused";
        /// An operator stopped it.
        Stopped = "stopped", "Stopped";
        /// The program ended while it ran.
        Interrupted = "interrupted", "Interrupted";
    }
}

codes! {
    /// Whether a run is said to measure a campaign.
    pub enum Attachment {
        /// It measures it.
        Attached = "attached", "Attached";
        /// It does not, although it was said to.
        Detached = "detached", "Detached";
    }
}

codes! {
    /// How a result leaves the store.
    pub enum Way {
        /// On its own page.
        Page = "page", "On its page";
        /// Beside other results.
        SideBySide = "side_by_side", "Side by side";
        /// As a table for a spreadsheet.
        Csv = "csv", "As CSV";
        /// As JSON for a notebook.
        Json = "json", "As JSON";
        /// As a report on paper.
        Pdf = "pdf", "As PDF";
        /// By the API.
        Api = "api", "By the API";
    }
}

/// A table of counts and money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Which.
    pub id: DatasetId,
    /// Its name.
    pub name: String,
    /// The SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// How many rows.
    pub n_rows: u64,
    /// How many bytes.
    pub n_bytes: u64,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// When it was brought in.
    pub created_at: Timestamp,
    /// The actor's code.
    pub created_by: String,
    /// When its content was destroyed, if it was.
    pub removed_at: Option<Timestamp>,
}

/// A measurement as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Which.
    pub id: RunId,
    /// Its name.
    pub name: String,
    /// What was asked.
    pub question: Question,
    /// On which data; none where the figures stand in the question itself.
    pub dataset: Option<DatasetId>,
    /// The run whose result this one goes on from.
    pub source: Option<RunId>,
    /// The question in full, as JSON.
    pub ask: String,
    /// The hash of the data.
    pub data_hash: Option<[u8; 32]>,
    /// The same seed gives the same answer.
    pub seed: u64,
    /// When.
    pub asked_at: Timestamp,
    /// The actor's code.
    pub asked_by: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub how: Ending,
    /// When.
    pub at: Timestamp,
    /// The actor's code.
    pub by: String,
    /// What is wrong and what would make an answer possible, where it was refused.
    pub says: String,
    /// The version that answered.
    pub version: String,
    /// The hash of the result.
    pub result_hash: Option<[u8; 32]>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Since when it runs.
    pub began_at: Timestamp,
    /// Steps done.
    pub n_done: u64,
    /// Of how many; zero when that is not known.
    pub n_total: u64,
    /// Whether somebody asked it to stop.
    pub is_to_stop: bool,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stand {
    /// It waits for its turn.
    Waiting,
    /// It runs.
    Running(Turn),
    /// It ended.
    Ended(Ended),
}

impl Stand {
    /// The code in the API.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running(_) => "running",
            Self::Ended(ended) => ended.how.as_str(),
        }
    }

    /// The word shown to people.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Waiting => "Waits",
            Self::Running(_) => "Runs",
            Self::Ended(ended) => ended.how.label(),
        }
    }

    /// Whether there is a result.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Ended(ended) if ended.how == Ending::Done)
    }

    /// Whether it has not ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::Ended(_))
    }
}

/// Counts below this are hidden in reports, unless the organization sets another threshold.
pub const SMALLEST_CELL: u64 = 11;

/// What an audience may spend a year on noisy counts, unless set otherwise: an epsilon of one.
const AUDIENCE_BUDGET: u32 = 1_000;
/// What all audiences together may.
const HOUSE_BUDGET: u32 = 10_000;

/// What the organization decided about reports that count people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRules {
    /// Counts from one up to below this are hidden, with what would give them away.
    pub smallest_cell: u64,
    /// What noisy counts of one audience may cost a year, in thousandths of epsilon.
    pub audience_budget: u32,
    /// What those of all audiences may cost together: somebody can be in every one.
    pub house_budget: u32,
}

impl ReportRules {
    /// What noisy counts may cost a year.
    #[must_use]
    pub fn budget(self) -> noisy::YearlyBudget {
        noisy::YearlyBudget {
            of_audience: self.audience_budget,
            of_all: self.house_budget,
        }
    }
}

impl Default for ReportRules {
    fn default() -> Self {
        Self {
            smallest_cell: SMALLEST_CELL,
            audience_budget: AUDIENCE_BUDGET,
            house_budget: HOUSE_BUDGET,
        }
    }
}
