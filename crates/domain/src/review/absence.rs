//! Who is away, who stands in, and who can still give a verdict (S144).
//!
//! INVARIANT: an absence moves work to somebody of the same role; it never takes a role off the
//! list of those who must approve.

use std::collections::BTreeSet;

use crate::id::{AbsenceId, OperatorId};
use crate::operator::Role;
use crate::review::table::may_approve;
use crate::time::{Date, Span};

#[cfg(test)]
mod tests;

/// The longest absence, in days.
pub const MAX_DAYS: i64 = 366;

/// A time for which an operator is away, both days counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// Which.
    pub id: AbsenceId,
    /// Who is away.
    pub operator: OperatorId,
    /// Who stands in.
    pub deputy: OperatorId,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: Date,
}

/// An operator who may sign in, with their roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewer {
    /// Who.
    pub id: OperatorId,
    /// How they are called.
    pub name: String,
    /// What they hold.
    pub roles: BTreeSet<Role>,
}

/// Why an absence cannot be noted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AbsenceRefused {
    /// The days are in the wrong order, over, or too many.
    #[error("give a first and a last day, not in the past, at most {MAX_DAYS} days")]
    Days,
    /// Nobody stands in for themself.
    #[error("name somebody else as the deputy")]
    Oneself,
    /// The one who is away gives no verdicts.
    #[error("only who gives verdicts needs a deputy")]
    NoReviewer,
    /// The deputy lacks a role.
    #[error("the deputy does not hold the role {}", .0.label())]
    LacksRole(Role),
    /// The deputy is away as well.
    #[error("the deputy is away on some of these days")]
    DeputyAway,
    /// There is one for these days already.
    #[error("an absence is noted for some of these days: end it first")]
    Overlaps,
}

impl Absence {
    /// Whether it covers a day.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        (self.from..=self.until).contains(&day)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.from <= other.until && other.from <= self.until
    }

    /// Whether it can be noted beside the others.
    ///
    /// # Errors
    ///
    /// The first reason why not.
    pub fn check(
        &self,
        away: &Reviewer,
        deputy: &Reviewer,
        others: &[Self],
        today: Date,
    ) -> Result<(), AbsenceRefused> {
        let last = self.from.saturating_add(Span::new().days(MAX_DAYS));
        if self.until < self.from || self.until < today || self.until > last {
            return Err(AbsenceRefused::Days);
        }
        if self.operator == self.deputy {
            return Err(AbsenceRefused::Oneself);
        }
        let mut roles = away.roles.iter().copied().filter(|role| may_approve(*role));
        if roles.clone().next().is_none() {
            return Err(AbsenceRefused::NoReviewer);
        }
        if let Some(role) = roles.find(|role| !deputy.roles.contains(role)) {
            return Err(AbsenceRefused::LacksRole(role));
        }
        let mut near = others.iter().filter(|one| one.overlaps(self));
        if near.clone().any(|one| one.operator == self.operator) {
            return Err(AbsenceRefused::Overlaps);
        }
        if near.any(|one| one.operator == self.deputy) {
            return Err(AbsenceRefused::DeputyAway);
        }
        Ok(())
    }
}

/// Who can give the verdict of one role on one version, on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The role.
    pub role: Role,
    /// Who holds it, is here and did not write it.
    pub here: Vec<Reviewer>,
    /// Who holds it and is away, until which day, and who stands in.
    pub away: Vec<(Reviewer, Date, OperatorId)>,
}

/// Who can give a role's verdict. `barred` are the codes of those who wrote or handed it in.
#[must_use]
pub fn reach(
    role: Role,
    reviewers: &[Reviewer],
    absences: &[Absence],
    barred: &[String],
    day: Date,
) -> Reach {
    let mut found = Reach {
        role,
        here: Vec::new(),
        away: Vec::new(),
    };
    for one in reviewers.iter().filter(|one| one.roles.contains(&role)) {
        let absence = absences
            .iter()
            .find(|absence| absence.operator == one.id && absence.covers(day));
        match absence {
            Some(absence) => found
                .away
                .push((one.clone(), absence.until, absence.deputy)),
            None if barred.contains(&one.id.to_string()) => {}
            None => found.here.push(one.clone()),
        }
    }
    found
}
