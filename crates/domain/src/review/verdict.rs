//! Who may give a verdict, and who may confirm one.

use std::collections::BTreeSet;

use super::{Case, Standing, Tier, Verdict, standing};
use crate::operator::Role;

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
#[derive(Debug, Clone, Copy)]
pub struct Judging<'a> {
    /// The version and what was said of it.
    pub case: Case<'a>,
    /// The codes of everyone who wrote a version of this content up to this one.
    pub authors: &'a [String],
    /// The reviewer's code.
    pub reviewer: &'a str,
    /// The reviewer's roles.
    pub roles: &'a BTreeSet<Role>,
}

impl Judging<'_> {
    /// Whether the reviewer wrote a version up to this one, or handed it in.
    #[must_use]
    pub fn is_own_work(&self) -> bool {
        let submitted = self.case.submission.map(|one| one.submitted_by.as_str());
        submitted == Some(self.reviewer) || self.authors.iter().any(|one| one == self.reviewer)
    }
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
    let case = &asked.case;
    if case.submission.is_none() {
        return Err(VerdictRefused::NotSubmitted);
    }
    match standing(case) {
        Standing::Altered => return Err(VerdictRefused::Altered),
        Standing::Approved | Standing::Returned { .. } | Standing::Expired { .. } => {
            return Err(VerdictRefused::Over);
        }
        Standing::Draft | Standing::InReview { .. } => {}
    }
    if asked.is_own_work() {
        return Err(VerdictRefused::OwnWork);
    }
    if !asked.roles.contains(&role) {
        return Err(VerdictRefused::RoleNotHeld(role));
    }
    if !case.required().contains(&role) {
        return Err(VerdictRefused::RoleNotAsked(case.tier(), role));
    }
    if case.approvals.iter().any(|approval| approval.role == role) {
        return Err(VerdictRefused::RoleSpoken(role));
    }
    if let Some(earlier) = case
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

/// Why a renewal is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenewalRefused {
    /// Only what was approved can be confirmed.
    #[error("only an approved version can be confirmed again")]
    NotApproved,
    /// The reviewer wrote or submitted it.
    #[error("nobody confirms their own work: you wrote or submitted this content")]
    OwnWork,
    /// The reviewer lacks the role.
    #[error("you do not hold the role {}", .0.label())]
    RoleNotHeld(Role),
    /// It was approved without this role.
    #[error("this content does not need {}", .0.label())]
    RoleNotAsked(Role),
    /// One operator counts for one role only.
    #[error("you have confirmed or approved it as {}", .0.label())]
    OtherRole(Role),
}

/// Whether the operator may say in this role that an approved version still is right.
///
/// # Errors
///
/// The first reason why not.
pub fn may_renew(asked: &Judging<'_>, role: Role) -> Result<(), RenewalRefused> {
    let case = &asked.case;
    if !matches!(
        standing(case),
        Standing::Approved | Standing::Expired { .. }
    ) {
        return Err(RenewalRefused::NotApproved);
    }
    if asked.is_own_work() {
        return Err(RenewalRefused::OwnWork);
    }
    if !asked.roles.contains(&role) {
        return Err(RenewalRefused::RoleNotHeld(role));
    }
    let required = case.required();
    if !required.contains(&role) {
        return Err(RenewalRefused::RoleNotAsked(role));
    }
    // Whose word counts for each other role: the newest.
    for other in required.into_iter().filter(|other| *other != role) {
        let renewed = case.renewals.iter().filter(|one| one.role == other);
        let newest = renewed.max_by_key(|one| one.given_at);
        let by = newest.map(|one| &one.given_by).or_else(|| {
            let approved = case.approvals.iter().find(|one| one.role == other);
            approved.map(|one| &one.given_by)
        });
        if by.is_some_and(|by| by == asked.reviewer) {
            return Err(RenewalRefused::OtherRole(other));
        }
    }
    Ok(())
}
