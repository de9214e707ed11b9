//! Review: handing a version in, and the verdicts on it.
//!
//! Who must approve what is data in [`placet_domain::review`]; here it meets the store.
//!
//! INVARIANT: an approval binds to the hash of the text as it is stored at that moment.

use placet_domain::content::finding::{self, Effect, Finding};
use placet_domain::content::{ContentClass, Problem, Version};
use placet_domain::entry::Entry;
use placet_domain::id::VersionId;
use placet_domain::operator::{Actor, Role};
use placet_domain::review::cycle::{self, Figures};
use placet_domain::review::{
    self, Approval, Judging, Standing, Submission, Tier, Verdict, VerdictRefused,
};
use placet_domain::time::{Span, Timestamp};
use placet_policy::Engine;
use placet_store::{Tx, contents, reviews};

use crate::content::{author, check, latest, refuse};
use crate::{ActError, Ctx, gate, settings};

/// The longest note of a reviewer, in characters.
const MAX_NOTE_CHARS: usize = 2_000;

/// A version with everything known of its review.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// The version.
    pub version: Version,
    /// How it was handed in.
    pub submission: Option<Submission>,
    /// The verdicts so far.
    pub approvals: Vec<Approval>,
    /// What the check finds in the text as it is stored now.
    pub findings: Vec<Finding>,
    /// Where it stands, on the text as it is stored now.
    pub standing: Standing,
}

impl Reviewed {
    /// How it is reviewed.
    #[must_use]
    pub fn tier(&self) -> Tier {
        finding::tier(self.version.draft.class, &self.findings)
    }

    /// Whether it may be sent: approved, and the text is what was approved.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        self.standing == Standing::Approved && self.version.is_intact()
    }
}

/// A version and its review.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such version.
pub fn find(tx: &mut Tx, id: VersionId) -> Result<Reviewed, ActError> {
    let version = contents::find_version(tx, id)?.ok_or(ActError::NotFound("version"))?;
    of(tx, version)
}

/// The review of a version at hand.
///
/// # Errors
///
/// When the store fails.
pub fn of(tx: &mut Tx, version: Version) -> Result<Reviewed, ActError> {
    let submission = reviews::find_submission(tx, version.id)?;
    let approvals = reviews::list_approvals(tx, version.id)?;
    let findings = finding::findings(&version.draft);
    // The hash is taken of the text as it is now, never of what the row claims.
    let standing = review::standing(
        version.draft.hash(),
        finding::tier(version.draft.class, &findings),
        submission.as_ref(),
        &approvals,
    );
    let standing = if version.is_intact() {
        standing
    } else {
        Standing::Altered
    };
    Ok(Reviewed {
        version,
        submission,
        approvals,
        findings,
        standing,
    })
}

/// Hands the newest version of a content in; its tier follows from its class and its words.
///
/// # Errors
///
/// Refused when it was handed in before, is not the newest, or the rules no longer let its
/// variables through.
pub fn submit(
    tx: &mut Tx,
    ctx: &Ctx,
    engine: &Engine,
    id: VersionId,
) -> Result<Submission, ActError> {
    let reviewed = find(tx, id)?;
    let tier = reviewed.tier();
    let Reviewed {
        version,
        findings,
        standing,
        ..
    } = reviewed;
    if standing == Standing::Altered {
        return Err(altered());
    }
    if latest(tx, version.content)?.id != id {
        return Err(ActError::refused(
            "content.superseded",
            "there is a newer version of this content: submit that one",
        ));
    }
    let profile = gate::profile(settings::load(tx)?.strictness);
    refuse(check(engine, profile, &version.draft))?;
    refuse_findings(version.draft.class, &findings)?;
    let submission = Submission {
        version: id,
        tier,
        hash: version.draft.hash(),
        findings,
        finding_rules: finding::RULES,
        submitted_at: ctx.now,
        submitted_by: author(&ctx.actor),
    };
    if !reviews::submit(tx, &submission)? {
        return Err(ActError::refused(
            "content.submitted",
            "this version has been submitted before",
        ));
    }
    tx.record(
        Entry::new("content.submitted")
            .with("content", version.content)
            .with("version", id)
            .with("tier", submission.tier.as_str())
            .with("content_hash", submission.hash)
            .with("findings", submission.findings.len())
            .with("finding_rules", submission.finding_rules),
    );
    Ok(submission)
}

/// What must be changed before anybody is asked to read it.
fn refuse_findings(class: ContentClass, findings: &[Finding]) -> Result<(), ActError> {
    let refused = findings
        .iter()
        .filter(|found| found.kind.effect(class) == Effect::Refuses);
    refuse(
        refused
            .map(|found| Problem::new(found.field, found.says(class)).at(found.at))
            .collect(),
    )
}

/// Gives a verdict in one of the actor's roles.
///
/// # Errors
///
/// Refused for own work, a role that is lacking or not asked for, and a review that is over.
pub fn judge(
    tx: &mut Tx,
    ctx: &Ctx,
    id: VersionId,
    role: Role,
    verdict: Verdict,
    note: &str,
) -> Result<Standing, ActError> {
    if note.chars().count() > MAX_NOTE_CHARS {
        let problem = format!("at most {MAX_NOTE_CHARS} characters fit");
        return Err(ActError::invalid("note", problem));
    }
    let reviewed = find(tx, id)?;
    if reviewed.standing == Standing::Altered {
        return Err(altered());
    }
    let authors = contents::list_authors(tx, reviewed.version.content, reviewed.version.number)?;
    let reviewer = author(&ctx.actor);
    let none = std::collections::BTreeSet::new();
    let roles = match &ctx.actor {
        Actor::Operator { roles, .. } | Actor::Token { roles, .. } => roles,
        Actor::Person | Actor::System(_) => &none,
    };
    let judging = Judging {
        hash: reviewed.version.draft.hash(),
        tier: reviewed.tier(),
        submission: reviewed.submission.as_ref(),
        approvals: &reviewed.approvals,
        authors: &authors,
        reviewer: &reviewer,
        roles,
    };
    review::may_judge(&judging, role, verdict, note).map_err(refused)?;
    let approval = Approval {
        id: ctx.new_id(),
        version: id,
        role,
        verdict,
        hash: judging.hash,
        note: note.trim().to_owned(),
        given_at: ctx.now,
        given_by: reviewer,
    };
    if !reviews::add_approval(tx, &approval)? {
        return Err(refused(VerdictRefused::RoleSpoken(role)));
    }
    let kind = match verdict {
        Verdict::Approve => "content.approved",
        Verdict::Return => "content.returned",
    };
    tx.record(
        Entry::new(kind)
            .with("content", reviewed.version.content)
            .with("version", id)
            .with("approval", approval.id)
            .with("role", role.as_str())
            .with("content_hash", approval.hash),
    );
    Ok(of(tx, reviewed.version)?.standing)
}

/// How long the reviews of the last year took, by tier and step. A read: it names no person.
///
/// # Errors
///
/// When the store fails.
pub fn figures(tx: &mut Tx, now: Timestamp) -> Result<Vec<Figures>, ActError> {
    let since = now
        .checked_sub(Span::new().hours(365 * 24))
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let zone = crate::today::zone(&settings::load(tx)?);
    Ok(cycle::figures(
        &reviews::list_rounds(tx, since)?,
        now,
        &zone,
    ))
}

fn altered() -> ActError {
    ActError::refused(
        "content.altered",
        "what is stored is not what was saved or submitted: nothing can be approved or sent from it",
    )
}

fn refused(why: VerdictRefused) -> ActError {
    let code = match why {
        VerdictRefused::NotSubmitted => "approval.not_submitted",
        VerdictRefused::Altered => "content.altered",
        VerdictRefused::Over => "approval.over",
        VerdictRefused::OwnWork => "approval.own_work",
        VerdictRefused::RoleNotHeld(_) => "approval.role_not_held",
        VerdictRefused::RoleNotAsked(..) => "approval.role_not_asked",
        VerdictRefused::RoleSpoken(_) => "approval.role_spoken",
        VerdictRefused::AlreadyJudged(_) => "approval.already_judged",
        VerdictRefused::NoteMissing => return ActError::invalid("note", why.to_string()),
    };
    ActError::refused(code, why.to_string())
}

#[cfg(test)]
pub(crate) mod tests;
