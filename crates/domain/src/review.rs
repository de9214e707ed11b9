//! Review: who must approve what, and whether one version may be used.
//!
//! The table is [`REVIEW`] (responsible, approver, consulted, informed); [`standing`] tells where a
//! version stands and [`may_judge`] whether an operator may give a verdict on it.
//!
//! INVARIANT: a verdict counts for the exact hash it was given on, and for one role.
//! INVARIANT: nobody approves their own work, in any role.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::content::ContentHash;
use crate::content::finding::Finding;
use crate::id::{ApprovalId, VersionId};
use crate::operator::Role;
use crate::time::{Date, Span, TimeZone, Timestamp};

pub mod cycle;

#[cfg(test)]
mod tests;

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
}

/// The responsibility table, whole (S134 to S137).
pub const REVIEW: [ReviewRow; 4] = [
    ReviewRow {
        tier: Tier::Operational,
        responsible: Role::Marketing,
        approvers: &[Role::Marketing],
        consulted: &[],
        informed: &[Role::Compliance],
        due_days: 1,
    },
    ReviewRow {
        tier: Tier::Educational,
        responsible: Role::Marketing,
        approvers: &[Role::Clinical],
        consulted: &[Role::Compliance],
        informed: &[Role::Legal],
        due_days: 3,
    },
    ReviewRow {
        tier: Tier::Promotional,
        responsible: Role::Marketing,
        approvers: &[Role::Compliance, Role::Clinical],
        consulted: &[Role::Legal],
        informed: &[],
        due_days: 3,
    },
    ReviewRow {
        tier: Tier::ClinicalClaims,
        responsible: Role::Marketing,
        approvers: &[Role::Compliance, Role::Legal, Role::Clinical],
        consulted: &[],
        informed: &[],
        due_days: 5,
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

    /// Its row of the table.
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

    /// The day on which the verdicts are due.
    #[must_use]
    pub fn due_on(self, submitted_at: Timestamp, zone: &TimeZone) -> Date {
        let mut day = submitted_at.to_zoned(zone.clone()).date();
        let mut left = self.row().due_days;
        while left > 0 {
            let Ok(next) = day.checked_add(Span::new().days(1)) else {
                return day;
            };
            day = next;
            if !matches!(
                day.weekday(),
                jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday
            ) {
                left -= 1;
            }
        }
        day
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

/// Where a version stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Not handed in yet.
    Draft,
    /// Handed in; these roles have not judged it.
    InReview {
        /// Whose verdict is missing.
        waiting: Vec<Role>,
    },
    /// A reviewer sent it back.
    Returned {
        /// Who.
        by: Role,
    },
    /// Every required role approved exactly this.
    Approved,
    /// What is stored is not what was handed in.
    Altered,
}

impl Standing {
    /// The code in the API.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview { .. } => "in_review",
            Self::Returned { .. } => "returned",
            Self::Approved => "approved",
            Self::Altered => "altered",
        }
    }

    /// The words shown to people.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::InReview { .. } => "In review",
            Self::Returned { .. } => "Returned",
            Self::Approved => "Approved",
            Self::Altered => "Altered after submission",
        }
    }
}

/// Where a version with this hash (computed now, from its text) stands.
///
/// The required roles are those of the stricter of the tier handed in and the tier of the class.
#[must_use]
pub fn standing(
    hash: ContentHash,
    tier: Tier,
    submission: Option<&Submission>,
    approvals: &[Approval],
) -> Standing {
    let Some(submission) = submission else {
        return Standing::Draft;
    };
    if submission.hash != hash {
        return Standing::Altered;
    }
    let counted = || approvals.iter().filter(|approval| approval.hash == hash);
    if let Some(returned) = counted().find(|approval| approval.verdict == Verdict::Return) {
        return Standing::Returned { by: returned.role };
    }
    let waiting: Vec<Role> = tier
        .max(submission.tier)
        .row()
        .approvers
        .iter()
        .copied()
        .filter(|role| !counted().any(|approval| approval.role == *role))
        .collect();
    if waiting.is_empty() {
        Standing::Approved
    } else {
        Standing::InReview { waiting }
    }
}

/// Why a verdict is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerdictRefused {
    /// It was never handed in.
    #[error("this version has not been submitted for review")]
    NotSubmitted,
    /// The text is not what was handed in.
    #[error("this version is not what was submitted")]
    Altered,
    /// It is approved or returned already.
    #[error("the review of this version is over")]
    Over,
    /// The reviewer wrote or submitted it.
    #[error("nobody approves their own work: you wrote or submitted this content")]
    OwnWork,
    /// The reviewer lacks the role.
    #[error("you do not hold the role {}", .0.label())]
    RoleNotHeld(Role),
    /// The tier does not ask for this role.
    #[error("the tier {} does not ask for {}", .0.label(), .1.label())]
    RoleNotAsked(Tier, Role),
    /// The role has spoken.
    #[error("{} has already given its verdict", .0.label())]
    RoleSpoken(Role),
    /// One operator counts for one role only.
    #[error("you have already given your verdict as {}", .0.label())]
    AlreadyJudged(Role),
    /// A return without a reason helps nobody.
    #[error("say what to change")]
    NoteMissing,
}

/// A verdict that an operator wants to give.
#[derive(Debug, Clone)]
pub struct Judging<'a> {
    /// The hash of the text as it is now.
    pub hash: ContentHash,
    /// The tier of its class.
    pub tier: Tier,
    /// How it was handed in.
    pub submission: Option<&'a Submission>,
    /// The verdicts so far.
    pub approvals: &'a [Approval],
    /// The codes of everyone who wrote a version of this content up to this one.
    pub authors: &'a [String],
    /// The reviewer's code.
    pub reviewer: &'a str,
    /// The reviewer's roles.
    pub roles: &'a BTreeSet<Role>,
}

/// Whether the operator may judge this version in this role.
///
/// # Errors
///
/// The first reason why not, in the order in which it helps to know.
pub fn may_judge(
    asked: &Judging<'_>,
    role: Role,
    verdict: Verdict,
    note: &str,
) -> Result<(), VerdictRefused> {
    let submission = asked.submission.ok_or(VerdictRefused::NotSubmitted)?;
    match standing(asked.hash, asked.tier, asked.submission, asked.approvals) {
        Standing::Altered => return Err(VerdictRefused::Altered),
        Standing::Approved | Standing::Returned { .. } => return Err(VerdictRefused::Over),
        Standing::Draft | Standing::InReview { .. } => {}
    }
    let wrote = |author: &String| author == asked.reviewer;
    if submission.submitted_by == asked.reviewer || asked.authors.iter().any(wrote) {
        return Err(VerdictRefused::OwnWork);
    }
    if !asked.roles.contains(&role) {
        return Err(VerdictRefused::RoleNotHeld(role));
    }
    let tier = asked.tier.max(submission.tier);
    if !tier.row().approvers.contains(&role) {
        return Err(VerdictRefused::RoleNotAsked(tier, role));
    }
    if asked.approvals.iter().any(|approval| approval.role == role) {
        return Err(VerdictRefused::RoleSpoken(role));
    }
    if let Some(earlier) = asked
        .approvals
        .iter()
        .find(|approval| approval.given_by == asked.reviewer)
    {
        return Err(VerdictRefused::AlreadyJudged(earlier.role));
    }
    if verdict == Verdict::Return && note.trim().is_empty() {
        return Err(VerdictRefused::NoteMissing);
    }
    Ok(())
}
