//! Where a version stands: computed each time from what was handed in and what was said.

use super::table::ReviewTable;
use super::{Approval, Renewal, Submission, Tier, Verdict};
use crate::content::ContentHash;
use crate::operator::Role;
use crate::time::{Date, Span, TimeZone, Timestamp};

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
    /// Every required role approved exactly this, and the time it was approved for is not over.
    Approved,
    /// Approved once; nobody has said since that it still is right.
    Expired {
        /// The last day on which it could be used.
        on: Date,
    },
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
            Self::Expired { .. } => "expired",
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
            Self::Expired { .. } => "Approval expired",
            Self::Altered => "Altered after submission",
        }
    }
}

/// Everything on which the standing of a version depends.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The hash of the text as it is now.
    pub hash: ContentHash,
    /// The tier that its class and its words ask for now.
    pub tier: Tier,
    /// The table as it is set now.
    pub table: &'a ReviewTable,
    /// How it was handed in.
    pub submission: Option<&'a Submission>,
    /// The verdicts so far.
    pub approvals: &'a [Approval],
    /// Who said since that it still is right.
    pub renewals: &'a [Renewal],
    /// The moment of asking.
    pub now: Timestamp,
    /// The hospital's own time zone.
    pub zone: &'a TimeZone,
}

impl Case<'_> {
    /// The tier it is reviewed as: the stricter of what was handed in and what it is now.
    #[must_use]
    pub fn tier(&self) -> Tier {
        let then = self.submission.map(|submission| submission.tier);
        then.map_or(self.tier, |then| then.max(self.tier))
    }

    /// Who must approve: who was asked when it was handed in, and whom a stricter tier of now asks.
    ///
    /// INVARIANT: never nobody.
    #[must_use]
    pub fn required(&self) -> Vec<Role> {
        let mut required = Vec::new();
        if let Some(submission) = self.submission {
            required.clone_from(&submission.approvers);
        }
        let is_raised = self
            .submission
            .is_none_or(|submission| submission.tier < self.tier);
        if is_raised || required.is_empty() {
            for role in &self.table.row(self.tier()).approvers {
                if !required.contains(role) {
                    required.push(*role);
                }
            }
        }
        required
    }

    /// The last day of the approval: so many days after the oldest of the words it stands on.
    /// None while a required role has not approved.
    #[must_use]
    pub fn valid_until(&self) -> Option<Date> {
        let submission = self.submission?;
        let mut since: Option<Timestamp> = None;
        for role in self.required() {
            let approved = self.approvals.iter().filter(|one| {
                one.role == role && one.hash == self.hash && one.verdict == Verdict::Approve
            });
            let approved = approved.map(|one| one.given_at).max()?;
            let renewed = self
                .renewals
                .iter()
                .filter(|one| one.role == role && one.hash == self.hash);
            let said = renewed
                .map(|one| one.given_at)
                .fold(approved, Timestamp::max);
            since = Some(since.map_or(said, |since| since.min(said)));
        }
        let day = since?.to_zoned(self.zone.clone()).date();
        day.checked_add(Span::new().days(i64::from(submission.valid_days)))
            .ok()
    }
}

/// Where a version stands.
#[must_use]
pub fn standing(case: &Case<'_>) -> Standing {
    let Some(submission) = case.submission else {
        return Standing::Draft;
    };
    if submission.hash != case.hash {
        return Standing::Altered;
    }
    let counted = || {
        case.approvals
            .iter()
            .filter(|approval| approval.hash == case.hash)
    };
    if let Some(returned) = counted().find(|approval| approval.verdict == Verdict::Return) {
        return Standing::Returned { by: returned.role };
    }
    let mut waiting = case.required();
    waiting.retain(|role| !counted().any(|approval| approval.role == *role));
    if !waiting.is_empty() {
        return Standing::InReview { waiting };
    }
    let today = case.now.to_zoned(case.zone.clone()).date();
    match case.valid_until() {
        Some(on) if today <= on => Standing::Approved,
        // Without a day there is no approval that could hold.
        until => Standing::Expired {
            on: until.unwrap_or(today),
        },
    }
}
