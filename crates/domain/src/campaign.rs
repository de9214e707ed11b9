//! Campaigns: one version, one audience, one purpose, sent once.
//!
//! INVARIANT: a campaign is launched once. What was typed, what was counted and what was approved
//! stay with the launch.

use serde::{Deserialize, Serialize};

use crate::address;
use crate::audience::Waterfall;
use crate::channel::Channel;
use crate::codes::codes;
use crate::content::{ContentClass, ContentHash};
use crate::delivery::State;
use crate::id::{AudienceId, CampaignId, VersionId};
use crate::time::Timestamp;

pub mod plan;
pub mod split;
#[cfg(test)]
mod tests;

codes! {
    /// What is paid for sending it.
    pub enum Pay {
        /// Nothing.
        None = "none", "Nobody pays for it";
        /// Money.
        Financial = "financial", "Paid in money";
        /// Goods or services.
        InKind = "in_kind", "Paid in kind";
    }
}

codes! {
    /// Who pays.
    pub enum Payer {
        /// Whoever makes or sells the product described.
        ProductOwner = "product_owner", "The maker or seller of the product";
        /// Somebody else.
        OtherThirdParty = "other_third_party", "Another third party";
    }
}

codes! {
    /// How much is paid, against what sending costs.
    pub enum Amount {
        /// No more than the cost.
        AtOrBelowCost = "at_or_below_cost", "At or below the cost of sending";
        /// More than the cost.
        AboveCost = "above_cost", "Above the cost of sending";
    }
}

/// Who pays what for the campaign, as stated by whoever made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remuneration {
    /// Whether, and in what.
    pub kind: Pay,
    /// Who; none exactly when nothing is paid.
    #[serde(default)]
    pub payer: Option<Payer>,
    /// How much; none exactly when nothing is paid.
    #[serde(default)]
    pub amount_vs_cost: Option<Amount>,
}

impl Remuneration {
    /// Nobody pays.
    pub const NONE: Self = Self {
        kind: Pay::None,
        payer: None,
        amount_vs_cost: None,
    };
}

/// What somebody decides about a campaign before it is launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    /// Its name.
    pub name: String,
    /// What is said.
    pub version: VersionId,
    /// To whom.
    pub audience: AudienceId,
    /// Why; one of the purposes of the content's class.
    pub purpose: String,
    /// Who pays.
    pub remuneration: Remuneration,
    /// The name in the From line; empty for what is no e-mail.
    pub sender_name: String,
    /// The address in the From line; empty for what is no e-mail.
    pub sender: String,
}

/// One planned sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Which.
    pub id: CampaignId,
    /// What was decided about it.
    pub brief: Brief,
    /// When it was made.
    pub created_at: Timestamp,
    /// The actor's code.
    pub created_by: String,
}

/// A part of a brief that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {says}")]
pub struct BriefProblem {
    /// The form field.
    pub field: &'static str,
    /// What is wrong and what would help.
    pub says: String,
}

impl Brief {
    /// The same without a From line where the message has none.
    #[must_use]
    pub fn for_channel(mut self, channel: Channel) -> Self {
        if channel != Channel::Email {
            self.sender_name.clear();
            self.sender.clear();
        }
        self
    }

    /// What keeps the brief from being saved, for content of this class on this channel.
    #[must_use]
    pub fn problems(&self, class: ContentClass, channel: Channel) -> Vec<BriefProblem> {
        let has_sender = channel == Channel::Email;
        let mut found = Vec::new();
        let mut add = |field, says: &str| {
            found.push(BriefProblem {
                field,
                says: says.to_owned(),
            })
        };
        for (field, text) in [("name", &self.name), ("sender_name", &self.sender_name)] {
            if text.trim().is_empty() && (has_sender || field != "sender_name") {
                add(field, "it must not be empty");
            }
            if text.chars().count() > 120 || text.chars().any(char::is_control) {
                add(field, "it must be one line of at most 120 characters");
            }
            if crate::content::reorders(text) {
                add(
                    field,
                    "it holds an invisible character that turns letters around",
                );
            }
        }
        if self.sender_name.contains(['<', '>', '"', '@', '\\']) {
            add("sender_name", "a sender's name is plain words");
        }
        if has_sender && address::check_email(&self.sender).is_err() {
            add("sender", "this is not an e-mail address");
        }
        if !class.purposes().contains(&self.purpose.as_str()) {
            let purposes = class.purposes().join(", ");
            add(
                "purpose",
                &format!("content of the class {} serves: {purposes}", class.as_str()),
            );
        }
        let pay = self.remuneration;
        let is_paid = pay.kind != Pay::None;
        if pay.payer.is_some() != is_paid {
            add(
                "payer",
                if is_paid {
                    "say who pays"
                } else {
                    "nobody pays, so there is no payer"
                },
            );
        }
        if pay.amount_vs_cost.is_some() != is_paid {
            add(
                "amount_vs_cost",
                if is_paid {
                    "say how much"
                } else {
                    "nobody pays, so there is no amount"
                },
            );
        }
        found
    }
}

/// A launch as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// Of which campaign.
    pub campaign: CampaignId,
    /// Whom the filter found.
    pub n_matched: u64,
    /// For how many a delivery was written: the number that was typed.
    pub n_planned: u64,
    /// Who dropped out and why, at that moment.
    pub waterfall: Waterfall,
    /// The filter as it was, as JSON.
    pub filter: String,
    /// The content as it was approved.
    pub content_hash: ContentHash,
    /// The rule pack, as `id version`.
    pub pack: String,
    /// The profile's code.
    pub profile: String,
    /// When.
    pub launched_at: Timestamp,
    /// The actor's code.
    pub launched_by: String,
}

codes! {
    /// Whether a campaign is held or goes on.
    pub enum Hold {
        /// Nothing more is claimed.
        Stopped = "stopped", "Stopped";
        /// It goes on.
        Resumed = "resumed", "Resumed";
        /// Nothing more is claimed, ever.
        Ended = "ended", "Ended for good";
    }
}

/// How many deliveries stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Waiting.
    pub pending: u64,
    /// In a print batch.
    pub batched: u64,
    /// With a caller.
    #[serde(default)]
    pub calling: u64,
    /// Being sent.
    pub claimed: u64,
    /// Taken by the carrier.
    pub sent: u64,
    /// Refused by the carrier.
    pub failed: u64,
    /// Not permitted at the moment of sending.
    pub refused: u64,
    /// Fate unknown.
    pub unknown: u64,
}

impl Tally {
    /// The count of one state.
    #[must_use]
    pub fn of(&self, state: State) -> u64 {
        match state {
            State::Pending => self.pending,
            State::Batched => self.batched,
            State::Calling => self.calling,
            State::Claimed => self.claimed,
            State::Sent => self.sent,
            State::Failed => self.failed,
            State::Refused => self.refused,
            State::Unknown => self.unknown,
        }
    }

    /// Sets the count of one state.
    pub fn set(&mut self, state: State, n: u64) {
        *match state {
            State::Pending => &mut self.pending,
            State::Batched => &mut self.batched,
            State::Calling => &mut self.calling,
            State::Claimed => &mut self.claimed,
            State::Sent => &mut self.sent,
            State::Failed => &mut self.failed,
            State::Refused => &mut self.refused,
            State::Unknown => &mut self.unknown,
        } = n;
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        State::ALL.into_iter().map(|state| self.of(state)).sum()
    }

    /// Those that still wait or are on their way.
    #[must_use]
    pub fn n_open(&self) -> u64 {
        self.pending + self.batched + self.calling + self.claimed
    }
}

codes! {
    /// Where a campaign stands.
    pub enum Progress {
        /// Not launched.
        Draft = "draft", "Draft";
        /// Deliveries are being sent.
        Sending = "sending", "Sending";
        /// Stopped, with deliveries waiting.
        Stopped = "stopped", "Stopped";
        /// Ended for good, with deliveries that never left.
        Ended = "ended", "Ended early";
        /// Nothing waits, and of some nobody knows whether they arrived.
        Unresolved = "unresolved", "Outcomes unknown";
        /// The fate of everybody planned is known.
        Finished = "finished", "Finished";
    }
}

/// Where a campaign stands, from what was recorded. `planned` is how many the launch wrote
/// deliveries for; none before the launch. It is finished only when the fate of every one of them
/// is known.
#[must_use]
pub fn progress(planned: Option<u64>, last_hold: Option<Hold>, tally: &Tally) -> Progress {
    let Some(planned) = planned else {
        return Progress::Draft;
    };
    let is_whole = tally.n_open() == 0 && tally.total() >= planned;
    match last_hold {
        _ if is_whole && tally.unknown == 0 => Progress::Finished,
        _ if is_whole => Progress::Unresolved,
        Some(Hold::Ended) => Progress::Ended,
        Some(Hold::Stopped) => Progress::Stopped,
        _ => Progress::Sending,
    }
}
