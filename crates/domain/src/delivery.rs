//! One message to one person: the states it passes and what the carrier can answer.
//!
//! The outbox rests on one distinction. [`Answer::NotSent`] proves that the message never left, so
//! it may be tried again; [`Answer::Unknown`] says that nobody on our side can tell, so only a
//! person may decide.
//!
//! INVARIANT: `unknown` is never turned into `pending` by the system itself.

use std::fmt;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits to be claimed.
    Pending,
    /// It is in a print batch that nobody has handed over yet.
    Batched,
    /// A caller has the person before them; the phone may ring.
    Calling,
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
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Batched,
        Self::Calling,
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
            Self::Batched => "batched",
            Self::Calling => "calling",
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
            Self::Batched => "In a print batch",
            Self::Calling => "With a caller",
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

/// How long to wait after a temporary refusal before the next try, by the number of tries so far;
/// none when it is time to give up (about a day after the first).
#[must_use]
pub fn retry_after(n_attempts: u32) -> Option<SignedDuration> {
    const MINUTES: [i64; 6] = [5, 15, 60, 180, 480, 720];
    let index = usize::try_from(n_attempts.max(1) - 1).ok()?;
    MINUTES
        .get(index)
        .map(|minutes| SignedDuration::from_mins(*minutes))
}

/// What a person decided about a delivery whose fate was unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// There is evidence that it arrived.
    Arrived,
    /// It shall be tried again, though it may then arrive twice.
    SendAgain,
    /// It shall not be tried again.
    GiveUp,
}

impl Verdict {
    /// Every verdict, in the order shown to people.
    pub const ALL: [Self; 3] = [Self::Arrived, Self::SendAgain, Self::GiveUp];

    /// The code in forms, the API and the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::SendAgain => "send_again",
            Self::GiveUp => "give_up",
        }
    }

    /// The words shown to people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Arrived => "It arrived",
            Self::SendAgain => "Send again; it may arrive twice",
            Self::GiveUp => "Do not send again",
        }
    }

    /// The verdict of this code.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|verdict| verdict.as_str() == code)
    }

    /// The state it leads to.
    #[must_use]
    pub fn state(self) -> State {
        match self {
            Self::Arrived => State::Sent,
            Self::SendAgain => State::Pending,
            Self::GiveUp => State::Failed,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_grow_rarer_and_end() {
        let waits: Vec<_> = (1..).map_while(retry_after).collect();
        assert!(waits.is_sorted() && waits.len() == 6);
        assert_eq!(retry_after(0), retry_after(1));
        assert_eq!((retry_after(7), retry_after(u32::MAX)), (None, None));
    }

    #[test]
    fn codes_find_their_values() {
        assert!(
            State::ALL
                .into_iter()
                .all(|state| State::find(state.as_str()) == Some(state))
        );
        let verdicts = Verdict::ALL.into_iter();
        assert!(
            verdicts
                .clone()
                .all(|verdict| Verdict::find(verdict.as_str()) == Some(verdict))
        );
        assert!(
            verdicts
                .map(Verdict::state)
                .all(|state| state != State::Unknown)
        );
    }
}
