//! Review: handing a version in, and the verdicts on it.
//!
//! Who must approve what is data in [`placet_domain::review`]; here it meets the store.
//!
//! INVARIANT: an approval binds to the hash of the text as it is stored at that moment.

use std::collections::BTreeSet;

use placet_domain::content::claim::Library;
use placet_domain::content::finding::{self, Effect, Finding};
use placet_domain::content::{ContentClass, Problem, Version, blank};
use placet_domain::entry::Entry;
use placet_domain::id::{ClaimId, VersionId};
use placet_domain::operator::{Actor, Role};
use placet_domain::review::calendar::Calendar;
use placet_domain::review::cycle::{self, Figures};
use placet_domain::review::table::ReviewTable;
use placet_domain::review::{
    self, Approval, Case, Judging, Renewal, Standing, Submission, Tier, Verdict, VerdictRefused,
};
use placet_domain::time::{Date, Span, TimeZone, Timestamp};
use placet_policy::Engine;
use placet_store::{Tx, contents, fillings, reviews};

use crate::content::{author, check, claim, filling, latest, refuse};
use crate::{ActError, Ctx, gate, settings};

pub mod absence;
pub mod comment;
pub mod condition;
pub mod late;
pub mod library;
pub mod link;

/// The longest note of a reviewer, in characters.
const MAX_NOTE_CHARS: usize = 2_000;

/// What the standing of any version depends on, read once for many.
#[derive(Debug, Clone)]
pub struct Bench {
    /// Who must approve what.
    pub table: ReviewTable,
    /// On which days nobody works.
    pub calendar: Calendar,
    /// The hospital's own time zone.
    pub zone: TimeZone,
    /// The claims in force.
    pub claims: Library,
    /// The moment of asking.
    pub now: Timestamp,
}

impl Bench {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn read(tx: &mut Tx, now: Timestamp) -> Result<Self, ActError> {
        let zone = settings::load(tx)?.time_zone();
        Self::read_in(tx, zone, now)
    }

    /// The same with the hospital's time zone at hand.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn read_in(tx: &mut Tx, zone: TimeZone, now: Timestamp) -> Result<Self, ActError> {
        let (table, calendar) = settings::review(tx)?;
        let today = now.to_zoned(zone.clone()).date();
        Ok(Self {
            table,
            calendar,
            claims: claim::library(tx, today)?,
            zone,
            now,
        })
    }

    /// A version and its review.
    ///
    /// # Errors
    ///
    /// [`ActError::NotFound`] when there is no such version.
    pub fn find(&self, tx: &mut Tx, id: VersionId) -> Result<Reviewed, ActError> {
        let version = contents::find_version(tx, id)?.ok_or(ActError::NotFound("version"))?;
        of_with(tx, self, version)
    }

    /// The day of asking, where the hospital is.
    #[must_use]
    pub fn today(&self) -> Date {
        self.now.to_zoned(self.zone.clone()).date()
    }
}

/// A version with everything known of its review.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// The version.
    pub version: Version,
    /// How it was handed in.
    pub submission: Option<Submission>,
    /// The verdicts so far.
    pub approvals: Vec<Approval>,
    /// Who said since that it still is right.
    pub renewals: Vec<Renewal>,
    /// What the check finds in the text as it is stored now.
    pub findings: Vec<Finding>,
    /// Where it stands, on the text as it is stored now.
    pub standing: Standing,
    /// Who must approve it, or had to.
    pub required: Vec<Role>,
    /// The last day of its approval, once it has one.
    pub valid_until: Option<Date>,
    /// The parts that are not what was handed in.
    pub differs: Vec<String>,
    /// What the claims library covers, and by which claim.
    pub covered: Vec<(Finding, ClaimId)>,
    tier: Tier,
    /// The template that it fills in, when it was not written.
    pub template: Option<VersionId>,
}

impl Reviewed {
    /// How it is reviewed: as its class and its words ask, but for approved claims.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Whether it may be sent: approved, the text is what was approved, and no blank is open.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        self.standing == Standing::Approved && self.version.is_intact() && !self.is_template()
    }

    /// Whether it has blanks to be filled in.
    #[must_use]
    pub fn is_template(&self) -> bool {
        blank::is_template(&self.version.draft)
    }

    /// What the rules of review look at.
    fn case<'a>(&'a self, bench: &'a Bench) -> Case<'a> {
        Case {
            hash: self.version.draft.hash(),
            tier: self.tier(),
            table: &bench.table,
            submission: self.submission.as_ref(),
            approvals: &self.approvals,
            renewals: &self.renewals,
            now: bench.now,
            zone: &bench.zone,
        }
    }
}

/// A version and its review.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such version.
pub fn find(tx: &mut Tx, id: VersionId, now: Timestamp) -> Result<Reviewed, ActError> {
    Bench::read(tx, now)?.find(tx, id)
}

/// The review of a version at hand.
///
/// # Errors
///
/// When the store fails.
pub fn of(tx: &mut Tx, version: Version, now: Timestamp) -> Result<Reviewed, ActError> {
    let bench = Bench::read(tx, now)?;
    of_with(tx, &bench, version)
}

/// The review of one of many versions.
///
/// # Errors
///
/// When the store fails.
pub fn of_with(tx: &mut Tx, bench: &Bench, version: Version) -> Result<Reviewed, ActError> {
    let mut reviewed = of_written(tx, bench, version)?;
    if reviewed.submission.is_none() {
        stand_by_template(tx, bench, &mut reviewed)?;
    }
    Ok(reviewed)
}

/// The review of a version by what was handed in and said of itself.
fn of_written(tx: &mut Tx, bench: &Bench, version: Version) -> Result<Reviewed, ActError> {
    let findings = finding::findings(&version.draft);
    let (tier, covered) = bench.claims.weigh(&version.draft, &findings);
    let mut reviewed = Reviewed {
        tier,
        covered,
        submission: reviews::find_submission(tx, version.id)?,
        approvals: reviews::list_approvals(tx, version.id)?,
        renewals: reviews::list_renewals(tx, version.id)?,
        findings,
        standing: Standing::Altered,
        required: Vec::new(),
        valid_until: None,
        differs: Vec::new(),
        template: None,
        version,
    };
    // The hash is taken of the text as it is now, never of what the row claims.
    let case = reviewed.case(bench);
    let (required, valid_until) = (case.required(), case.valid_until());
    let standing = review::standing(&case);
    (reviewed.required, reviewed.valid_until) = (required, valid_until);
    if reviewed.version.is_intact() {
        reviewed.standing = standing;
    }
    if let Some(submission) = reviewed.submission.as_ref() {
        reviewed.differs = reviewed.version.draft.differs(&submission.parts);
    }
    Ok(reviewed)
}

/// A filling stands as its template does, as long as it is that template with its values.
fn stand_by_template(tx: &mut Tx, bench: &Bench, reviewed: &mut Reviewed) -> Result<(), ActError> {
    let Some(filling) = fillings::find(tx, reviewed.version.id)? else {
        return Ok(());
    };
    reviewed.template = Some(filling.template);
    let Some(template) = contents::find_version(tx, filling.template)? else {
        return Ok(());
    };
    let template = of_written(tx, bench, template)?;
    if !reviewed.version.is_intact() {
        return Ok(());
    }
    let holds = filling::holds(&filling, &template, &reviewed.version.draft);
    reviewed.required = template.required;
    reviewed.valid_until = template.valid_until;
    reviewed.standing = match template.standing {
        standing @ (Standing::Approved | Standing::Expired { .. }) if holds => standing,
        _ => Standing::Altered,
    };
    Ok(())
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
    let bench = Bench::read(tx, ctx.now)?;
    let reviewed = bench.find(tx, id)?;
    let tier = reviewed.tier();
    if reviewed.standing == Standing::Altered {
        return Err(altered(&reviewed));
    }
    let Reviewed {
        version, findings, ..
    } = reviewed;
    if latest(tx, version.content)?.id != id {
        return Err(ActError::refused(
            "content.superseded",
            "there is a newer version of this content: submit that one",
        ));
    }
    let profile = gate::profile(settings::load(tx)?.strictness);
    refuse(check(engine, profile, &version.draft))?;
    refuse_findings(version.draft.class, &findings)?;
    let held = condition::list(tx, version.content)?;
    condition::check(&held, &version.draft)?;
    let row = bench.table.row(tier);
    let mut approvers = row.approvers.clone();
    for role in condition::asked(&held) {
        if !approvers.contains(&role) {
            approvers.push(role);
        }
    }
    let submission = Submission {
        version: id,
        tier,
        hash: version.draft.hash(),
        parts: version.draft.parts(),
        approvers,
        due_on: bench.calendar.after(bench.today(), row.due_days),
        valid_days: row.valid_days,
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
            .with("approvers", codes(&submission.approvers))
            .with("due_on", submission.due_on)
            .with("valid_days", submission.valid_days)
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
    let bench = Bench::read(tx, ctx.now)?;
    let reviewed = bench.find(tx, id)?;
    if reviewed.standing == Standing::Altered {
        return Err(altered(&reviewed));
    }
    let authors = contents::list_authors(tx, reviewed.version.content, reviewed.version.number)?;
    let reviewer = author(&ctx.actor);
    let judging = Judging {
        case: reviewed.case(&bench),
        authors: &authors,
        reviewer: &reviewer,
        roles: roles_of(&ctx.actor),
    };
    review::may_judge(&judging, role, verdict, note).map_err(refused)?;
    if verdict == Verdict::Approve {
        let held = condition::list(tx, reviewed.version.content)?;
        condition::check(&held, &reviewed.version.draft)?;
    }
    let approval = Approval {
        id: ctx.new_id(),
        version: id,
        role,
        verdict,
        hash: judging.case.hash,
        note: note.trim().to_owned(),
        given_at: ctx.now,
        given_by: reviewer.clone(),
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
    Ok(of(tx, reviewed.version, ctx.now)?.standing)
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
    let zone = settings::load(tx)?.time_zone();
    Ok(cycle::figures(
        &reviews::list_rounds(tx, since)?,
        now,
        &zone,
    ))
}

/// Refuses, and says which parts are not what was saved or handed in.
fn altered(reviewed: &Reviewed) -> ActError {
    let differs = match reviewed.differs.as_slice() {
        [] => String::new(),
        parts => format!(" (its {} differs)", parts.join(", its ")),
    };
    ActError::refused(
        "content.altered",
        format!(
            "what is stored is not what was saved or submitted{differs}: nothing can be approved or \
             sent from it"
        ),
    )
}

/// The roles in which somebody acts.
pub(crate) fn roles_of(actor: &Actor) -> &BTreeSet<Role> {
    static NONE: BTreeSet<Role> = BTreeSet::new();
    match actor {
        Actor::Operator { roles, .. } | Actor::Token { roles, .. } => roles,
        Actor::Person | Actor::System(_) => &NONE,
    }
}

fn codes(roles: &[Role]) -> String {
    let codes: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    codes.join(" ")
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
