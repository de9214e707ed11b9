//! Review: who must approve what, and whether one version may be used.
//!
//! The usual table is [`REVIEW`] (responsible, approver, consulted, informed), the one that is set
//! [`table`]; [`standing()`] tells where a version stands, [`may_judge`] whether an operator may give
//! a verdict on it, [`calendar`] by when.
//!
//! INVARIANT: a verdict counts for the exact hash it was given on, and for one role.
//! INVARIANT: nobody approves their own work, in any role.

use serde::{Deserialize, Serialize};

use crate::content::finding::Finding;
use crate::content::{ContentHash, Parts};
use crate::id::{ApprovalId, RenewalId, VersionId};
use crate::operator::Role;
use crate::time::{Date, Timestamp};

pub mod absence;
pub mod calendar;
pub mod comment;
pub mod condition;
pub mod cycle;
mod standing;
pub mod table;
mod verdict;

#[cfg(test)]
mod tests;

pub use standing::{Case, Standing, standing};
pub use verdict::{Judging, RenewalRefused, VerdictRefused, may_judge, may_renew};

/// How much review a content needs; it follows from its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Hours, locations, reminders.
    Operational,
    /// General health information.
    Educational,
    /// Services.
    Promotional,
    /// What a treatment achieves.
    ClinicalClaims,
}

/// One row of the responsibility table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewRow {
    /// For which content.
    pub tier: Tier,
    /// Who writes and submits it.
    pub responsible: Role,
    /// Who must approve it: every one of them.
    pub approvers: &'static [Role],
    /// Whose advice is asked; it does not hold the content up.
    pub consulted: &'static [Role],
    /// Who is told.
    pub informed: &'static [Role],
    /// Working days in which the verdicts are due.
    pub due_days: u8,
    /// Days for which an approval holds.
    pub valid_days: u16,
}

/// The responsibility table as it comes (S134 to S137); [`table::ReviewTable`] is the one that is set.
pub const REVIEW: [ReviewRow; 4] = [
    ReviewRow {
        tier: Tier::Operational,
        responsible: Role::Marketing,
        approvers: &[Role::Marketing],
        consulted: &[],
        informed: &[Role::Compliance],
        due_days: 1,
        valid_days: 365,
    },
    ReviewRow {
        tier: Tier::Educational,
        responsible: Role::Marketing,
        approvers: &[Role::Clinical],
        consulted: &[Role::Compliance],
        informed: &[Role::Legal],
        due_days: 3,
        valid_days: 365,
    },
    ReviewRow {
        tier: Tier::Promotional,
        responsible: Role::Marketing,
        approvers: &[Role::Compliance, Role::Clinical],
        consulted: &[Role::Legal],
        informed: &[],
        due_days: 3,
        valid_days: 365,
    },
    ReviewRow {
        tier: Tier::ClinicalClaims,
        responsible: Role::Marketing,
        approvers: &[Role::Compliance, Role::Legal, Role::Clinical],
        consulted: &[],
        informed: &[],
        due_days: 5,
        valid_days: 180,
    },
];

impl Tier {
    /// Every tier, the lightest first.
    pub const ALL: [Self; 4] = [
        Self::Operational,
        Self::Educational,
        Self::Promotional,
        Self::ClinicalClaims,
    ];

    /// The code in the store and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operational => "operational",
            Self::Educational => "educational",
            Self::Promotional => "promotional",
            Self::ClinicalClaims => "clinical_claims",
        }
    }

    /// The words shown to people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Operational => "Operational",
            Self::Educational => "Educational",
            Self::Promotional => "Promotional",
            Self::ClinicalClaims => "Clinical claims",
        }
    }

    /// The tier of this code.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == code)
    }

    /// Its row of the table as it comes.
    #[must_use]
    pub fn row(self) -> &'static ReviewRow {
        let [operational, educational, promotional, clinical_claims] = const { &REVIEW };
        match self {
            Self::Operational => operational,
            Self::Educational => educational,
            Self::Promotional => promotional,
            Self::ClinicalClaims => clinical_claims,
        }
    }
}

/// What a reviewer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be used as it is.
    Approve,
    /// It goes back to the writer.
    Return,
}

impl Verdict {
    /// The code in the store and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Return => "return",
        }
    }

    /// The verdict of this code.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        [Self::Approve, Self::Return]
            .into_iter()
            .find(|verdict| verdict.as_str() == code)
    }
}

/// A version as it was handed in for review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Which version.
    pub version: VersionId,
    /// How it is reviewed.
    pub tier: Tier,
    /// What was handed in.
    pub hash: ContentHash,
    /// The hash of each of its parts, so that what differs later can be named.
    pub parts: Parts,
    /// Who must approve it, as the table stood then; never nobody.
    pub approvers: Vec<Role>,
    /// The day on which the verdicts are due.
    pub due_on: Date,
    /// For how many days an approval holds.
    pub valid_days: u16,
    /// What the check found in it.
    pub findings: Vec<Finding>,
    /// The version of the rules that found it ([`finding::RULES`](crate::content::finding::RULES)).
    pub finding_rules: u32,
    /// When.
    pub submitted_at: Timestamp,
    /// The actor's code.
    pub submitted_by: String,
}

/// One reviewer's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Which verdict.
    pub id: ApprovalId,
    /// On which version.
    pub version: VersionId,
    /// In which role.
    pub role: Role,
    /// What was said.
    pub verdict: Verdict,
    /// On what exactly.
    pub hash: ContentHash,
    /// Why, or what to change.
    pub note: String,
    /// When.
    pub given_at: Timestamp,
    /// The actor's code.
    pub given_by: String,
}

/// A reviewer's word that an approved version still is right, when its time is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// Which.
    pub id: RenewalId,
    /// Of which version.
    pub version: VersionId,
    /// In which role.
    pub role: Role,
    /// Of what exactly.
    pub hash: ContentHash,
    /// When.
    pub given_at: Timestamp,
    /// The actor's code.
    pub given_by: String,
}
