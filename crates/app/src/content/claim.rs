//! The claims library: proposing, approving and withdrawing what may be claimed, and finding where
//! it is used.

use placet_domain::content::claim::{
    self, Claim, ClaimRefused, Library, MAX_DAYS, MAX_EVIDENCE_CHARS, MAX_TEXT_CHARS, Standing,
};
use placet_domain::content::finding::{Kind, findings};
use placet_domain::content::{ContentClass, Draft, reorders};
use placet_domain::entry::Entry;
use placet_domain::id::ClaimId;
use placet_domain::operator::Role;
use placet_domain::preference::Topic;
use placet_domain::review::Tier;
use placet_domain::time::{Date, Span};
use placet_store::contents::Listed;
use placet_store::{Tx, claims, contents};

use super::author;
use crate::approval::{Bench, roles_of};
use crate::{ActError, Ctx, settings};

/// How many contents are looked at for uses of a claim.
const LOOKED_AT: u32 = 5_000;

/// Proposes a claim with its evidence. It covers nothing until everybody has approved it who must
/// approve clinical claims.
///
/// # Errors
///
/// [`ActError::Invalid`] when it is no claim, has no evidence or no day; refused when the library
/// has it.
pub fn propose(
    tx: &mut Tx,
    ctx: &Ctx,
    (text, evidence): (&str, &str),
    expires_on: Date,
) -> Result<ClaimId, ActError> {
    let bench = Bench::read(tx, ctx.now)?;
    let today = bench.today();
    let (text, evidence) = (text.trim(), evidence.trim());
    if text.chars().count() > MAX_TEXT_CHARS || text.chars().any(char::is_control) || reorders(text)
    {
        let problem = format!("give one sentence of at most {MAX_TEXT_CHARS} characters");
        return Err(ActError::invalid("text", problem));
    }
    if !is_claim(text) {
        return Err(ActError::invalid(
            "text",
            "no claim is found in it, or more than one sentence: give the sentence as it will stand \
             in texts",
        ));
    }
    if evidence.is_empty() || evidence.chars().count() > MAX_EVIDENCE_CHARS {
        let problem = format!("say what it stands on, in at most {MAX_EVIDENCE_CHARS} characters");
        return Err(ActError::invalid("evidence", problem));
    }
    let last = today.saturating_add(Span::new().days(MAX_DAYS));
    if expires_on <= today || expires_on > last {
        return Err(ActError::invalid(
            "expires_on",
            "give a day after today, at most three years ahead",
        ));
    }
    let claim = Claim {
        id: ctx.new_id(),
        text: text.to_owned(),
        evidence: evidence.to_owned(),
        expires_on,
        approvers: bench.table.row(Tier::ClinicalClaims).approvers.clone(),
        proposed_at: ctx.now,
        proposed_by: author(&ctx.actor),
        approvals: Vec::new(),
        withdrawn_at: None,
    };
    if !claims::add(tx, &claim, &claim::key(text), today)? {
        return Err(ActError::refused(
            "claim.known",
            "the library has this claim, in these words or nearly so",
        ));
    }
    tx.record(
        Entry::new("claim.proposed")
            .with("claim", claim.id)
            .with("expires_on", expires_on),
    );
    Ok(claim.id)
}

/// Whether a text is one sentence in which the check finds a claim, and nothing it would refuse.
fn is_claim(text: &str) -> bool {
    let draft = Draft {
        class: ContentClass::OwnServiceInformation,
        topic: Topic::Services,
        channel: placet_domain::channel::Channel::Email,
        format: placet_domain::content::Format::Plain,
        subject: String::new(),
        preheader: String::new(),
        body: text.to_owned(),
        text: String::new(),
    };
    let library = Library::new([(claim::key(text), ClaimId::from([0; 16]))]);
    let found = findings(&draft);
    let refused = found.iter().any(|one| one.kind == Kind::Seal);
    !refused
        && found
            .iter()
            .any(|one| library.covers(&draft, one).is_some())
}

/// Approves a claim in one of the actor's roles.
///
/// # Errors
///
/// Refused for a claim of one's own, a role that is lacking or not asked, and a claim that waits
/// for nobody.
pub fn approve(tx: &mut Tx, ctx: &Ctx, id: ClaimId, role: Role) -> Result<Standing, ActError> {
    let claim = find(tx, id)?;
    let today = settings::day(tx, ctx.now)?;
    let by = author(&ctx.actor);
    claim
        .may_approve((&by, roles_of(&ctx.actor)), role, today)
        .map_err(refused)?;
    if !claims::approve(tx, id, role, ctx.now, &by)? {
        return Err(refused(ClaimRefused::RoleNotAsked(role)));
    }
    tx.record(
        Entry::new("claim.approved")
            .with("claim", id)
            .with("role", role.as_str()),
    );
    Ok(find(tx, id)?.standing(today))
}

/// Takes a claim back: whatever uses it goes to review at once.
///
/// # Errors
///
/// Refused when it was taken back before, or for whoever neither proposed it nor must approve it.
pub fn withdraw(tx: &mut Tx, ctx: &Ctx, id: ClaimId) -> Result<(), ActError> {
    let claim = find(tx, id)?;
    let by = author(&ctx.actor);
    let roles = roles_of(&ctx.actor);
    if claim.proposed_by != by && !claim.approvers.iter().any(|role| roles.contains(role)) {
        return Err(ActError::refused(
            "claim.not_yours",
            "a claim is taken back by whoever proposed it or must approve it",
        ));
    }
    if !claims::withdraw(tx, id, ctx.now, &by)? {
        return Err(ActError::refused(
            "claim.withdrawn",
            "this claim has been taken back",
        ));
    }
    tx.record(Entry::new("claim.withdrawn").with("claim", id));
    Ok(())
}

/// One claim. A read.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such claim.
pub fn find(tx: &mut Tx, id: ClaimId) -> Result<Claim, ActError> {
    claims::find(tx, id)?.ok_or(ActError::NotFound("claim"))
}

/// The claims in force on a day. A read.
///
/// # Errors
///
/// When the store fails.
pub fn library(tx: &mut Tx, today: Date) -> Result<Library, ActError> {
    let current = claims::list_current(tx, today)?.into_iter();
    let in_force = current.filter(|(_, claim)| claim.standing(today) == Standing::InForce);
    Ok(Library::new(in_force.map(|(key, claim)| (key, claim.id))))
}

/// The contents whose newest version makes this claim, whether or not it is in force. A read.
///
/// # Errors
///
/// When the store fails.
pub fn uses(tx: &mut Tx, claim: &Claim) -> Result<Vec<Listed>, ActError> {
    let own = Library::new([(claim::key(&claim.text), claim.id)]);
    let all = contents::list(tx, LOOKED_AT)?.into_iter();
    let makes = |draft: &Draft| {
        findings(draft)
            .iter()
            .any(|found| own.covers(draft, found).is_some())
    };
    Ok(all.filter(|one| makes(&one.latest.draft)).collect())
}

fn refused(why: ClaimRefused) -> ActError {
    let code = match why {
        ClaimRefused::Over => "claim.over",
        ClaimRefused::OwnWork => "claim.own_work",
        ClaimRefused::RoleNotHeld(_) => "claim.role_not_held",
        ClaimRefused::RoleNotAsked(_) => "claim.role_not_asked",
        ClaimRefused::OtherRole(_) => "claim.other_role",
    };
    ActError::refused(code, why.to_string())
}
