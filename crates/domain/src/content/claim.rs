//! The claims library: a claim is approved once, with its evidence, and recognised when it is used
//! again, word for word or nearly so.
//!
//! Nearly means: the same words in the same order, apart from capitals, punctuation and the small
//! words of [`SMALL`]. A number, a negation or any other word makes it another claim.
//!
//! INVARIANT: a claim that is not in force covers nothing, so what uses it goes back to review by
//! itself.

use std::collections::HashMap;

use super::Draft;
use super::finding::{self, Finding, Kind};
use crate::id::ClaimId;
use crate::operator::Role;
use crate::review::Tier;
use crate::time::{Date, Timestamp};

#[cfg(test)]
mod tests;

/// The longest claim, in characters.
pub const MAX_TEXT_CHARS: usize = 300;
/// The longest evidence, in characters.
pub const MAX_EVIDENCE_CHARS: usize = 2_000;
/// The longest time for which a claim is approved, in days.
pub const MAX_DAYS: i64 = 3 * 366;

/// Words that can come and go without changing what is claimed.
const SMALL: [&str; 14] = [
    "a", "an", "the", "our", "this", "that", "these", "those", "here", "el", "la", "los", "las",
    "nuestro",
];

/// One claim with everything said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which.
    pub id: ClaimId,
    /// The sentence.
    pub text: String,
    /// What it stands on: a study, a register, a figure of one's own and where it is kept.
    pub evidence: String,
    /// The last day on which it may be used.
    pub expires_on: Date,
    /// Who must approve it; never nobody.
    pub approvers: Vec<Role>,
    /// When it was proposed.
    pub proposed_at: Timestamp,
    /// By whom: the actor's code.
    pub proposed_by: String,
    /// Who approved it: the role, the actor's code, when.
    pub approvals: Vec<(Role, String, Timestamp)>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
}

/// Where a claim stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// These roles have not approved it.
    InReview {
        /// Whose approval is missing.
        waiting: Vec<Role>,
    },
    /// It may be used.
    InForce,
    /// Its day is over.
    Expired,
    /// Somebody took it back.
    Withdrawn,
}

impl Standing {
    /// The code in the API.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::InReview { .. } => "in_review",
            Self::InForce => "in_force",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The words shown to people.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::InReview { .. } => "In review",
            Self::InForce => "In force",
            Self::Expired => "Expired",
            Self::Withdrawn => "Withdrawn",
        }
    }
}

/// Why an approval of a claim is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefused {
    /// It is approved, withdrawn or over.
    #[error("this claim no longer waits for anybody")]
    Over,
    /// The reviewer proposed it.
    #[error("nobody approves a claim of their own")]
    OwnWork,
    /// The reviewer lacks the role.
    #[error("you do not hold the role {}", .0.label())]
    RoleNotHeld(Role),
    /// The role is not asked or has approved.
    #[error("this claim does not wait for {}", .0.label())]
    RoleNotAsked(Role),
    /// One operator counts for one role only.
    #[error("you have approved it as {}", .0.label())]
    OtherRole(Role),
}

impl Claim {
    /// Where it stands on a day.
    #[must_use]
    pub fn standing(&self, today: Date) -> Standing {
        if self.withdrawn_at.is_some() {
            return Standing::Withdrawn;
        }
        let mut waiting = self.approvers.clone();
        waiting.retain(|role| !self.approvals.iter().any(|(given, ..)| given == role));
        // Nobody asked is nobody who approved.
        if !waiting.is_empty() || self.approvers.is_empty() {
            return Standing::InReview { waiting };
        }
        if self.expires_on < today {
            return Standing::Expired;
        }
        Standing::InForce
    }

    /// Whether somebody may approve it in a role.
    ///
    /// # Errors
    ///
    /// The first reason why not.
    pub fn may_approve(
        &self,
        (reviewer, roles): (&str, &std::collections::BTreeSet<Role>),
        role: Role,
        today: Date,
    ) -> Result<(), ClaimRefused> {
        let Standing::InReview { waiting } = self.standing(today) else {
            return Err(ClaimRefused::Over);
        };
        if self.expires_on < today {
            return Err(ClaimRefused::Over);
        }
        if self.proposed_by == reviewer {
            return Err(ClaimRefused::OwnWork);
        }
        if !roles.contains(&role) {
            return Err(ClaimRefused::RoleNotHeld(role));
        }
        if !waiting.contains(&role) {
            return Err(ClaimRefused::RoleNotAsked(role));
        }
        match self.approvals.iter().find(|(_, by, _)| by == reviewer) {
            Some((other, ..)) => Err(ClaimRefused::OtherRole(*other)),
            None => Ok(()),
        }
    }
}

/// What a sentence is recognised by.
#[must_use]
pub fn key(text: &str) -> String {
    joined(finding::words_of(text))
}

fn joined(words: impl IntoIterator<Item = String>) -> String {
    let mut words: Vec<String> = words.into_iter().collect();
    words.retain(|word| !SMALL.contains(&word.as_str()));
    words.join(" ")
}

/// The claims that are in force, by what they are recognised by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Library(HashMap<String, ClaimId>);

impl Library {
    /// A library of these claims.
    #[must_use]
    pub fn new(in_force: impl IntoIterator<Item = (String, ClaimId)>) -> Self {
        Self(in_force.into_iter().collect())
    }

    /// How strictly a draft is reviewed when what the library covers needs no review again, and
    /// which claims it makes.
    #[must_use]
    pub fn weigh(&self, draft: &Draft, found: &[Finding]) -> (Tier, Vec<(Finding, ClaimId)>) {
        if self.0.is_empty() {
            return (finding::tier(draft.class, found), Vec::new());
        }
        let (mut open, mut covered) = (Vec::new(), Vec::new());
        for one in finding::occurrences(draft) {
            match self.covers(draft, &one) {
                Some(id) => covered.push((one, id)),
                None => open.push(one),
            }
        }
        (finding::tier(draft.class, &open), covered)
    }

    /// The claim that covers a finding: its whole sentence is an approved claim.
    #[must_use]
    pub fn covers(&self, draft: &Draft, found: &Finding) -> Option<ClaimId> {
        if self.0.is_empty() || !matches!(found.kind, Kind::ClinicalClaim | Kind::Superlative) {
            return None;
        }
        self.0
            .get(&joined(finding::sentence(draft, found)?))
            .copied()
    }
}
