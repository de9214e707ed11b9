//! Being away: an operator names who of the same role stands in (S144).

use placet_domain::entry::Entry;
use placet_domain::id::{AbsenceId, OperatorId};
use placet_domain::operator::Capability;
use placet_domain::review::absence::{Absence, Reviewer};
use placet_domain::time::{Date, Timestamp};
use placet_store::{Tx, absences};

use crate::content::author;
use crate::{ActError, Ctx, operator, settings};

/// Everybody who may sign in, by login, with their roles. A read.
///
/// # Errors
///
/// When the store fails.
pub fn reviewers(tx: &mut Tx) -> Result<Vec<Reviewer>, ActError> {
    let all = operator::list(tx)?.into_iter();
    let active = all.filter(|(one, _)| one.disabled_at.is_none());
    Ok(active
        .map(|(one, roles)| Reviewer {
            id: one.id,
            name: one.name,
            roles,
        })
        .collect())
}

/// Who is or will be away from this day on. A read.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, from: Date) -> Result<Vec<Absence>, ActError> {
    Ok(absences::list_from(tx, from)?)
}

/// Notes that somebody is away and who stands in: for oneself, or for others by whoever manages
/// operators.
///
/// # Errors
///
/// Refused when the deputy lacks a role or is away too, or the days cannot be used.
pub fn note(
    tx: &mut Tx,
    ctx: &Ctx,
    away: OperatorId,
    deputy: OperatorId,
    (from, until): (Date, Date),
) -> Result<AbsenceId, ActError> {
    may_act_for(ctx, away)?;
    let today = settings::day(tx, ctx.now)?;
    let reviewers = reviewers(tx)?;
    let find = |id| {
        let found = reviewers.iter().find(|one| one.id == id);
        found.ok_or(ActError::NotFound("operator"))
    };
    let absence = Absence {
        id: ctx.new_id(),
        operator: away,
        deputy,
        from,
        until,
    };
    absence
        .check(find(away)?, find(deputy)?, &list(tx, today)?, today)
        .map_err(|why| ActError::refused("absence.refused", why.to_string()))?;
    absences::add(tx, &absence, &author(&ctx.actor))?;
    tx.record(
        Entry::new("absence.noted")
            .with("absence", absence.id)
            .with("operator", away)
            .with("deputy", deputy)
            .with("from", from)
            .with("until", until),
    );
    Ok(absence.id)
}

/// Ends an absence before its time.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such absence ahead.
pub fn end(tx: &mut Tx, ctx: &Ctx, id: AbsenceId) -> Result<(), ActError> {
    let today = settings::day(tx, ctx.now)?;
    let ahead = list(tx, today)?;
    let found = ahead.into_iter().find(|one| one.id == id);
    let absence = found.ok_or(ActError::NotFound("absence"))?;
    may_act_for(ctx, absence.operator)?;
    absences::end(tx, id, ctx.now, &author(&ctx.actor))?;
    tx.record(
        Entry::new("absence.ended")
            .with("absence", id)
            .with("operator", absence.operator),
    );
    Ok(())
}

/// For whom this operator stands in today, with the last day. A read.
///
/// # Errors
///
/// When the store fails.
pub fn stands_in_for(
    tx: &mut Tx,
    operator: OperatorId,
    now: Timestamp,
) -> Result<Vec<(String, Date)>, ActError> {
    let today = settings::day(tx, now)?;
    let reviewers = reviewers(tx)?;
    let name = |id| {
        let found = reviewers.iter().find(|one| one.id == id);
        found.map_or_else(String::new, |one| one.name.clone())
    };
    let now = list(tx, today)?.into_iter();
    Ok(now
        .filter(|one| one.deputy == operator && one.covers(today))
        .map(|one| (name(one.operator), one.until))
        .collect())
}

fn may_act_for(ctx: &Ctx, away: OperatorId) -> Result<(), ActError> {
    if ctx.actor.operator() != Some(away) {
        ctx.actor.may(Capability::ManageOperators)?;
    }
    Ok(())
}
