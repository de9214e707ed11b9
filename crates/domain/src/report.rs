//! What comes back after a message was sent: bounces, complaints, automatic and human replies.
//!
//! INVARIANT: only [`Kind::HardBounce`], [`Kind::Complaint`], [`Kind::Stop`] and, of a text message,
//! [`Kind::Start`] change anything; an automatic reply and a passing trouble are counted and nothing more.

use crate::codes::codes;
use crate::id::{CampaignId, DeliveryId, ReportId};
use crate::time::Timestamp;

codes! {
    /// What a report says.
    pub enum Kind {
        /// The address does not exist: it is closed.
        HardBounce = "hard_bounce", "Address does not exist";
        /// It was not delivered, for a reason that is not the address.
        SoftBounce = "soft_bounce", "Not delivered, another reason";
        /// The reader's mail provider says that the reader called it unwanted.
        Complaint = "complaint", "Reported as unwanted";
        /// The reader asked for no more.
        Stop = "stop", "Asked to stop";
        /// The reader asked to go on after a stop.
        Start = "start", "Asked to go on";
        /// The reader asked for help.
        Help = "help", "Asked for help";
        /// Out of office, vacation, a robot.
        AutoReply = "auto_reply", "Automatic reply";
        /// Words that only a person can answer.
        Reply = "reply", "Reply";
        /// None of these.
        Other = "other", "Something else";
    }
}

codes! {
    /// What a report changed.
    pub enum Effect {
        /// The address was closed.
        Suppressed = "suppressed", "Address closed";
        /// The person's refusal was recorded.
        OptedOut = "opted_out", "Refusal recorded";
        /// What the person's own stop had closed was opened.
        Reopened = "reopened", "Stop taken back";
        /// Nothing: it stood before, or the report changes nothing.
        Nothing = "nothing", "Nothing to change";
        /// Nobody was found whom it is about.
        NotFound = "not_found", "Nobody found";
    }
}

/// A report as it was recorded; its words are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which.
    pub id: ReportId,
    /// What it says.
    pub kind: Kind,
    /// About which delivery, when that was found.
    pub delivery: Option<DeliveryId>,
    /// Of which campaign.
    pub campaign: Option<CampaignId>,
    /// The enhanced status code of a bounce (RFC 3463).
    pub status: Option<String>,
    /// The door it came by: `carrier`, `maildir`, `command`, `api`.
    pub door: String,
    /// SHA-256 of what came: the same report twice is one.
    pub content_hash: Vec<u8>,
    /// What it changed.
    pub effect: Effect,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// An enhanced status code at the start of a text: `5.1.1` (RFC 3463).
#[must_use]
pub fn status_in(text: &str) -> Option<&str> {
    text.split(|c: char| {
        c.is_whitespace() || matches!(c, ';' | ',' | '(' | ')' | '<' | '>' | '#' | '-')
    })
    .find(|word| {
        let mut parts = word.trim_end_matches(['.', ':']).split('.');
        let class = parts.next().is_some_and(|it| matches!(it, "2" | "4" | "5"));
        let number = |it: Option<&str>| {
            it.is_some_and(|it| {
                (1..=3).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_digit())
            })
        };
        class && number(parts.next()) && number(parts.next()) && parts.next().is_none()
    })
    .map(|word| word.trim_end_matches(['.', ':']))
}

/// Whether a status says that the address itself is no more, so that trying again is wrong: no
/// such mailbox, no such domain, bad syntax, moved, takes no mail, disabled.
#[must_use]
pub fn is_dead_address(status: &str) -> bool {
    matches!(
        status,
        "5.1.1" | "5.1.2" | "5.1.3" | "5.1.6" | "5.1.10" | "5.2.1"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_found_in_the_words_around_it() {
        for (text, status) in [
            ("5.1.1", Some("5.1.1")),
            ("smtp; 550 5.1.1 <x>: no such user", Some("5.1.1")),
            ("550-5.1.1 The account does not exist", Some("5.1.1")),
            ("#5.1.10 (NULL MX)", Some("5.1.10")),
            ("5.2.2: mailbox full", Some("5.2.2")),
            ("host 10.1.2.3 said no", None),
            ("550 no such user", None),
            ("version 5.1", None),
        ] {
            assert_eq!(status_in(text), status, "{text}");
        }
    }

    #[test]
    fn a_full_or_offended_mailbox_is_not_a_dead_one() {
        assert!(
            ["5.1.1", "5.1.2", "5.1.10", "5.2.1"]
                .into_iter()
                .all(is_dead_address)
        );
        for status in ["5.2.2", "4.1.1", "5.7.1", "5.0.0", "5.4.4", "5.1.8", ""] {
            assert!(!is_dead_address(status), "{status}");
        }
    }
}
