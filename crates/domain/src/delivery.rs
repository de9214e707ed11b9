//! One message to one person: the states it passes and what the carrier can answer.
//!
//! The outbox rests on one distinction. [`Answer::NotSent`] proves that the message never left, so
//! it may be tried again; [`Answer::Unknown`] says that nobody on our side can tell, so only a
//! person may decide.
//!
//! INVARIANT: `unknown` is never turned into `pending` by the system itself.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits to be claimed.
    Pending,
    /// A worker holds it; the message may be on the wire.
    Claimed,
    /// The carrier took responsibility.
    Sent,
    /// The carrier refused for good, or too often.
    Failed,
    /// The gate said no at the moment of sending.
    Refused,
    /// The message may or may not have left.
    Unknown,
}

impl State {
    /// Every state, in the order shown to people.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Claimed,
        Self::Sent,
        Self::Failed,
        Self::Refused,
        Self::Unknown,
    ];

    /// The code in the store and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Claimed => "claimed",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }

    /// The words shown to people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Pending => "Waiting",
            Self::Claimed => "Being sent",
            Self::Sent => "Sent",
            Self::Failed => "Failed",
            Self::Refused => "Not permitted",
            Self::Unknown => "Outcome unknown",
        }
    }

    /// The state of this code.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == code)
    }
}

/// How far the message content had gone when the conversation broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Somewhere between the first and the last byte of the content.
    Content,
    /// After the last byte, before the answer was read.
    Answer,
    /// The worker itself ended while it held the delivery.
    Worker,
}

impl Stage {
    /// The code in the ledger and the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Answer => "answer",
            Self::Worker => "worker",
        }
    }
}

/// What the carrier said about one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The carrier took responsibility.
    Accepted {
        /// The reply code, `250` as a rule.
        code: u16,
        /// The words beside it.
        text: String,
    },
    /// The carrier did not take it, and said so.
    Refused {
        /// The reply code.
        code: u16,
        /// The words beside it.
        text: String,
        /// Whether asking again is pointless (5xx).
        permanent: bool,
    },
    /// No byte of the content was written: it is safe to try again.
    NotSent {
        /// What stood in the way.
        why: String,
    },
    /// The content was on its way and no answer was read.
    Unknown {
        /// How far it had gone.
        stage: Stage,
    },
}

impl Answer {
    /// The reply code, when the carrier gave one.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Accepted { code, .. } | Self::Refused { code, .. } => Some(*code),
            Self::NotSent { .. } | Self::Unknown { .. } => None,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { code, text } => write!(f, "{code} {text}"),
            Self::Refused { code, text, .. } => write!(f, "{code} {text}"),
            Self::NotSent { why } => write!(f, "not sent: {why}"),
            Self::Unknown { stage } => write!(f, "unknown: lost at {}", stage.as_str()),
        }
    }
}

/// One answer with the conversation around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What came of it.
    pub answer: Answer,
    /// The conversation, without the content and with the recipient's address taken out.
    pub dialogue: String,
}
