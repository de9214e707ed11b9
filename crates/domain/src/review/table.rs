//! The responsibility table as the organization sets it (S134 to S138), with its deadlines.
//!
//! INVARIANT: a table has one row for each tier and no row without an approver, so that nothing
//! is ever approved because no rule was found for it.

use serde::{Deserialize, Serialize};

use super::{REVIEW, Tier};
use crate::operator::{Capability, Role};

#[cfg(test)]
mod tests;

/// The longest deadline, in working days.
pub const MAX_DUE_DAYS: u8 = 30;
/// The longest time that an approval holds, in days.
pub const MAX_VALID_DAYS: u16 = 1_100;

/// One row: who must approve, and by when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// For which content.
    pub tier: Tier,
    /// Who must approve it: every one of them.
    pub approvers: Vec<Role>,
    /// Whose advice is asked; it does not hold the content up.
    pub consulted: Vec<Role>,
    /// Who is told.
    pub informed: Vec<Role>,
    /// Working days in which the verdicts are due.
    pub due_days: u8,
    /// Days for which an approval holds; then it is confirmed again or the content is locked.
    pub valid_days: u16,
}

/// The whole table, the lightest tier first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Row>", into = "Vec<Row>")]
pub struct ReviewTable([Row; 4]);

/// Why a table cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableFault {
    /// Not one row for each tier, in their order.
    #[error("the table has one row for each tier, the lightest first")]
    Rows,
    /// Nobody would have to approve.
    #[error("{}: somebody must approve", .0.label())]
    NoApprover(Tier),
    /// A role that gives no verdicts.
    #[error("{}: {} gives no verdicts", .0.label(), .1.label())]
    CannotApprove(Tier, Role),
    /// Without this role, what must be checked would go unchecked.
    #[error("{}: {} must be among those who approve", .0.label(), .1.label())]
    Lacks(Tier, Role),
    /// Marketing would approve its own department's words alone.
    #[error("{}: somebody other than Marketing must approve", .0.label())]
    MarketingAlone(Tier),
    /// A role twice, or both approving and asked or told.
    #[error("{}: {} is named twice", .0.label(), .1.label())]
    Twice(Tier, Role),
    /// A deadline out of bounds.
    #[error("{}: verdicts are due within 1 to {MAX_DUE_DAYS} working days", .0.label())]
    DueDays(Tier),
    /// A validity out of bounds.
    #[error("{}: an approval holds for 30 to {MAX_VALID_DAYS} days", .0.label())]
    ValidDays(Tier),
}

impl Default for ReviewTable {
    /// The four rows of S134 to S137.
    fn default() -> Self {
        Self(REVIEW.map(|row| Row {
            tier: row.tier,
            approvers: row.approvers.to_vec(),
            consulted: row.consulted.to_vec(),
            informed: row.informed.to_vec(),
            due_days: row.due_days,
            valid_days: row.valid_days,
        }))
    }
}

impl ReviewTable {
    /// A table of these rows.
    ///
    /// # Errors
    ///
    /// The first fault, the lightest tier first.
    pub fn new(rows: Vec<Row>) -> Result<Self, TableFault> {
        let rows: [Row; 4] = rows.try_into().map_err(|_| TableFault::Rows)?;
        for (row, tier) in rows.iter().zip(Tier::ALL) {
            if row.tier != tier {
                return Err(TableFault::Rows);
            }
            row.check()?;
        }
        Ok(Self(rows))
    }

    /// The row of a tier: there always is one.
    #[must_use]
    pub fn row(&self, tier: Tier) -> &Row {
        let [operational, educational, promotional, clinical_claims] = &self.0;
        match tier {
            Tier::Operational => operational,
            Tier::Educational => educational,
            Tier::Promotional => promotional,
            Tier::ClinicalClaims => clinical_claims,
        }
    }

    /// Every row, the lightest tier first.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.0
    }
}

impl Row {
    fn check(&self) -> Result<(), TableFault> {
        let tier = self.tier;
        if self.approvers.is_empty() {
            return Err(TableFault::NoApprover(tier));
        }
        if let Some(role) = self.approvers.iter().find(|role| !may_approve(**role)) {
            return Err(TableFault::CannotApprove(tier, *role));
        }
        let needed: &[Role] = match tier {
            Tier::Operational | Tier::Educational => &[],
            Tier::Promotional => &[Role::Compliance],
            Tier::ClinicalClaims => &[Role::Compliance, Role::Clinical],
        };
        if let Some(role) = needed.iter().find(|role| !self.approvers.contains(role)) {
            return Err(TableFault::Lacks(tier, *role));
        }
        if tier > Tier::Operational && self.approvers.iter().all(|role| *role == Role::Marketing) {
            return Err(TableFault::MarketingAlone(tier));
        }
        let mut named = Vec::new();
        for role in self
            .approvers
            .iter()
            .chain(&self.consulted)
            .chain(&self.informed)
        {
            if named.contains(role) {
                return Err(TableFault::Twice(tier, *role));
            }
            named.push(*role);
        }
        if !(1..=MAX_DUE_DAYS).contains(&self.due_days) {
            return Err(TableFault::DueDays(tier));
        }
        if !(30..=MAX_VALID_DAYS).contains(&self.valid_days) {
            return Err(TableFault::ValidDays(tier));
        }
        Ok(())
    }
}

/// Whether a role gives verdicts at all.
#[must_use]
pub fn may_approve(role: Role) -> bool {
    role.capabilities().contains(&Capability::ApproveContent)
}

impl TryFrom<Vec<Row>> for ReviewTable {
    type Error = TableFault;

    fn try_from(rows: Vec<Row>) -> Result<Self, TableFault> {
        Self::new(rows)
    }
}

impl From<ReviewTable> for Vec<Row> {
    fn from(table: ReviewTable) -> Self {
        table.0.into()
    }
}
