//! What an approval asks of later versions: checked when one is handed in, and before it is
//! approved.

use placet_domain::content::{Draft, Field, Problem};
use placet_domain::entry::Entry;
use placet_domain::id::{ConditionId, ContentId, VersionId};
use placet_domain::operator::Role;
use placet_domain::review::Verdict;
use placet_domain::review::condition::{Condition, Demand, MAX_WORDS_CHARS};
use placet_store::{Tx, conditions, contents, reviews};

use super::roles_of;
use crate::content::author;
use crate::{ActError, Ctx};

/// Attaches a condition to the approval that this actor gave in this role.
///
/// # Errors
///
/// Refused without such an approval, or when the approved version does not meet it itself: then it
/// is returned, not approved.
pub fn set(
    tx: &mut Tx,
    ctx: &Ctx,
    id: VersionId,
    role: Role,
    demand: Demand,
    words: &str,
) -> Result<ConditionId, ActError> {
    let version = contents::find_version(tx, id)?.ok_or(ActError::NotFound("version"))?;
    let (words, by) = (words.trim(), author(&ctx.actor));
    if words.is_empty() || words.chars().count() > MAX_WORDS_CHARS {
        let problem = format!("give the words, at most {MAX_WORDS_CHARS} characters");
        return Err(ActError::invalid("words", problem));
    }
    let given = reviews::list_approvals(tx, id)?
        .into_iter()
        .any(|one| one.role == role && one.given_by == by && one.verdict == Verdict::Approve);
    if !given {
        return Err(ActError::refused(
            "condition.no_approval",
            format!(
                "a condition belongs to an approval: you have not approved this version as {}",
                role.label()
            ),
        ));
    }
    if !demand.is_met(words, &version.draft) {
        return Err(ActError::refused(
            "condition.not_met",
            "this version does not meet the condition itself: return it instead of approving it",
        ));
    }
    let condition = Condition {
        id: ctx.new_id(),
        content: version.content,
        version: id,
        role,
        demand,
        words: words.to_owned(),
        set_at: ctx.now,
        set_by: by,
    };
    conditions::add(tx, &condition)?;
    tx.record(entry("condition.set", &condition));
    Ok(condition.id)
}

/// Lifts a condition: by somebody who holds the role that set it.
///
/// # Errors
///
/// Refused when it is lifted already or the role is lacking.
pub fn lift(tx: &mut Tx, ctx: &Ctx, id: ConditionId) -> Result<ContentId, ActError> {
    let condition = conditions::find(tx, id)?.ok_or(ActError::NotFound("condition"))?;
    if !roles_of(&ctx.actor).contains(&condition.role) {
        return Err(ActError::refused(
            "condition.role_not_held",
            format!("{} set this condition and lifts it", condition.role.label()),
        ));
    }
    let by = author(&ctx.actor);
    let latest = crate::content::latest(tx, condition.content)?;
    if contents::list_authors(tx, condition.content, latest.number)?.contains(&by) {
        return Err(ActError::refused(
            "condition.own_work",
            "nobody lifts a condition from their own work",
        ));
    }
    if !conditions::lift(tx, id, ctx.now, &by)? {
        return Err(ActError::refused(
            "condition.lifted",
            "this condition has been lifted",
        ));
    }
    tx.record(entry("condition.lifted", &condition));
    Ok(condition.content)
}

/// The conditions that hold for a content. A read.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, content: ContentId) -> Result<Vec<Condition>, ActError> {
    Ok(conditions::list(tx, content)?)
}

/// Sends back what does not meet a condition, naming each.
pub(super) fn check(held: &[Condition], draft: &Draft) -> Result<(), ActError> {
    let unmet = held.iter().filter(|one| !one.is_met(draft));
    let problems = unmet.map(|one| Problem::new(Field::Body, one.says()));
    crate::content::refuse(problems.collect())
}

/// The roles that have to read it again.
pub(super) fn asked(held: &[Condition]) -> impl Iterator<Item = Role> + '_ {
    let asks = held.iter().filter(|one| one.demand == Demand::Asks);
    asks.map(|one| one.role)
}

fn entry(kind: &str, condition: &Condition) -> Entry {
    Entry::new(kind)
        .with("content", condition.content)
        .with("version", condition.version)
        .with("condition", condition.id)
        .with("role", condition.role.as_str())
        .with("demand", condition.demand.as_str())
}
