//! What people do with a trigger: register it, approve it, pause it, end it.

use placet_domain::campaign::Hold;
use placet_domain::content::finding::{Kind, findings};
use placet_domain::content::{Draft, Version as Content};
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{TriggerId, TriggerVersionId, VersionId};
use placet_domain::operator::{Actor, Capability};
use placet_domain::trigger::{Approval, Declaration, Dropped, Event, Version, sends_as};
use placet_ledger::to_hex;
use placet_store::{Tx, catalogue, contents, trigger_fires, triggers};

use super::{Registered, find};
use crate::content::{author, elements};
use crate::{ActError, FieldProblem, approval, data, flow};

const LONGEST_NOTE: usize = 1000;

/// The content version of this id, or the newest version of the content of this name.
///
/// # Errors
///
/// [`ActError::Invalid`] when there is none.
pub fn content_of(tx: &mut Tx, text: &str) -> Result<VersionId, ActError> {
    if let Ok(id) = text.parse::<VersionId>() {
        return Ok(id);
    }
    let named = contents::list_submitted(tx, 1_000)?;
    let found = named.into_iter().find(|one| one.name == text.trim());
    found.map(|one| one.latest.id).ok_or_else(|| {
        let problem =
            "no content of this name has been submitted; write its name, or a version's id";
        ActError::invalid("content", problem)
    })
}

/// Registers a trigger, or the next version of the one of this name, which waits for compliance. The same
/// declaration again adds nothing.
///
/// # Errors
///
/// [`ActError::Invalid`] names each field that cannot be used and why.
pub fn declare(tx: &mut Tx, ctx: &Ctx, declared: &Declaration) -> Result<Version, ActError> {
    let (declaration, content) = check(tx, declared)?;
    let held = match triggers::find_by_name(tx, &declaration.name)? {
        Some(trigger) => find(tx, trigger.id)?,
        None => {
            let trigger = triggers::Trigger {
                id: ctx.new_id(),
                name: declaration.name.clone(),
            };
            triggers::add(tx, &trigger, &author(&ctx.actor))?;
            find(tx, trigger.id)?
        }
    };
    if held.hold() == Some(Hold::Ended) {
        return Err(ended());
    }
    let newest = held.newest();
    if let Some(same) = newest.filter(|newest| newest.declaration == declaration) {
        tx.record(about("trigger.declared_again", same));
        return Ok(same.clone());
    }
    let version = Version {
        id: ctx.new_id(),
        trigger: held.id,
        version: newest.map_or(1, |newest| newest.version + 1),
        channel: content.draft.channel,
        hash: triggers::declaration_hash(&declaration),
        declaration,
        written_at: ctx.now,
        written_by: ctx.actor.operator(),
        approval: None,
    };
    triggers::add_version(tx, &version)?;
    tx.record(
        about("trigger.declared", &version)
            .with("event", version.declaration.event.as_str())
            .with("content", version.declaration.content),
    );
    Ok(version)
}

fn about(kind: &str, version: &Version) -> Entry {
    Entry::new(kind)
        .with("trigger", version.trigger)
        .with("version", version.version)
        .with("hash", to_hex(&version.hash))
}

/// The declaration as it can be kept, and the content it sends.
fn check(tx: &mut Tx, declared: &Declaration) -> Result<(Declaration, Content), ActError> {
    let Some(content) = contents::find_version(tx, declared.content)? else {
        let problem = "choose one of the content versions";
        return Err(ActError::invalid("content", problem));
    };
    let Draft { class, channel, .. } = content.draft;
    let mut declaration = declared.clone().for_channel(channel);
    for text in [
        &mut declaration.name,
        &mut declaration.rationale,
        &mut declaration.owner,
        &mut declaration.sender_name,
        &mut declaration.sender,
    ] {
        *text = text.trim().to_owned();
    }
    let mut found: Vec<FieldProblem> = declaration
        .problems(class, channel)
        .into_iter()
        .map(|one| problem(one.field, one.says))
        .collect();
    found.extend(source_problem(tx, &declaration.source)?);
    found.extend(content_problems(declaration.event, &content.draft));
    if found.is_empty() {
        Ok((declaration, content))
    } else {
        Err(ActError::Invalid(found))
    }
}

fn problem(field: &str, says: String) -> FieldProblem {
    FieldProblem {
        field: field.to_owned(),
        problem: says,
    }
}

/// A source that stands in the catalogue, or that a declared flow brings in.
pub(crate) fn source_problem(tx: &mut Tx, source: &str) -> Result<Option<FieldProblem>, ActError> {
    let is_listed = catalogue::find_source_by_code(tx, source)?.is_some();
    let is_declared = || -> Result<bool, ActError> {
        let all = flow::list(tx)?;
        let mut counting = all.iter().filter_map(flow::Declared::counting);
        Ok(counting.any(|version| version.declaration.source == source))
    };
    if !is_listed && !{ is_declared }()? {
        let says = "no source of this code is in the data catalogue, and no flow brings its data in; declare it under Data";
        return Ok(Some(problem("source", says.to_owned())));
    }
    match data::catalogue::may_be_used(tx, source) {
        Err(ActError::Refused { why, .. }) => Ok(Some(problem("source", why))),
        other => other.map(|()| None),
    }
}

/// What the content may not carry, or say, for this event (S77 to S80).
pub(crate) fn content_problems(event: Event, draft: &Draft) -> Vec<FieldProblem> {
    let address = crate::content::address_element(draft.channel);
    let carried = elements(draft).into_iter();
    let other: Vec<String> = carried
        .filter(|code| code != address && !event.may_carry().contains(&code.as_str()))
        .collect();
    let mut found = Vec::new();
    if !other.is_empty() {
        let says = format!(
            "this content carries {}; for this event it may carry {} and nothing else",
            other.join(", "),
            event.may_carry_says()
        );
        found.push(problem("content", says));
    }
    // Whoever is chosen by the last visit is asked for an authorization when the words confirm it (S79).
    if matches!(event, Event::Birthday | Event::Registered)
        && let Some(one) = findings(draft)
            .into_iter()
            .find(|one| one.kind == Kind::PatientStatus)
    {
        let says = format!(
            "“{}” confirms that the reader received care; say it so that it confirms nothing",
            one.phrase
        );
        found.push(problem("content", says));
    }
    found
}

/// Whether this actor's word on a version can be asked for.
#[must_use]
pub fn may_approve(actor: &Actor, version: &Version) -> bool {
    let by = actor.operator();
    actor.may(Capability::ApproveTriggers).is_ok() && by.is_some() && version.written_by != by
}

/// Approves the newest version of a trigger: from now on it counts.
///
/// # Errors
///
/// [`ActError::Refused`] when it is not the newest, approved before, one's own, or its content is not approved.
pub fn approve(
    tx: &mut Tx,
    ctx: &Ctx,
    id: TriggerId,
    version: TriggerVersionId,
    note: &str,
) -> Result<(), ActError> {
    let trigger = find(tx, id)?;
    let found = trigger.versions.iter().find(|one| one.id == version);
    let found = found.ok_or(ActError::NotFound("version"))?;
    let by = check_word(ctx, &trigger, found)?;
    if note.len() > LONGEST_NOTE {
        let problem = "keep the note under 1,000 characters";
        return Err(ActError::invalid("note", problem));
    }
    check(tx, &found.declaration)?;
    let content = approval::find(tx, found.declaration.content, ctx.now)?;
    if !content.is_approved() {
        let why = format!(
            "its content is not approved (it stands at “{}”): every required role approves it first",
            content.standing.label()
        );
        return Err(ActError::refused("content.not_approved", why));
    }
    let approval = Approval {
        at: ctx.now,
        by,
        note: note.trim().to_owned(),
        content_hash: content.version.hash,
    };
    if !triggers::approve(tx, found.id, &approval)? {
        return Err(approved_before());
    }
    trigger_fires::look_again(tx, id)?;
    tx.record(about("trigger.approved", found).with("content_hash", content.version.hash));
    Ok(())
}

fn check_word(
    ctx: &Ctx,
    trigger: &Registered,
    version: &Version,
) -> Result<placet_domain::id::OperatorId, ActError> {
    ctx.actor.may(Capability::ApproveTriggers)?;
    let Some(by) = ctx.actor.operator() else {
        let why = "somebody of compliance must answer for this: sign in, or use their token";
        return Err(ActError::refused("trigger.needs_an_operator", why));
    };
    if trigger.hold() == Some(Hold::Ended) {
        return Err(ended());
    }
    if version.approval.is_some() {
        return Err(approved_before());
    }
    if trigger.newest().map(|newest| newest.id) != Some(version.id) {
        let why = "a newer version was written since: read that one";
        return Err(ActError::refused("trigger.not_the_newest", why));
    }
    if version.written_by == Some(by) {
        let why = "nobody approves their own trigger: ask somebody else of compliance";
        return Err(ActError::refused("trigger.own", why));
    }
    Ok(by)
}

fn approved_before() -> ActError {
    let why = "this version is approved already";
    ActError::refused("trigger.approved_before", why)
}

fn ended() -> ActError {
    let why = "this trigger was ended for good: register another one";
    ActError::refused("trigger.ended", why)
}

/// Pauses a trigger: nothing more is claimed. What happens meanwhile is taken note of.
///
/// # Errors
///
/// Refused when it is paused or ended already.
pub fn pause(tx: &mut Tx, ctx: &Ctx, id: TriggerId, reason: &str) -> Result<(), ActError> {
    hold(tx, ctx, id, Hold::Stopped, reason)
}

/// Lets a paused trigger go on with what is not too late.
///
/// # Errors
///
/// Refused when it is not paused.
pub fn resume(tx: &mut Tx, ctx: &Ctx, id: TriggerId, reason: &str) -> Result<(), ActError> {
    hold(tx, ctx, id, Hold::Resumed, reason)
}

/// Ends a trigger for good: what waits never leaves, and is shown as such.
///
/// # Errors
///
/// Refused when it is ended already.
pub fn end(tx: &mut Tx, ctx: &Ctx, id: TriggerId, reason: &str) -> Result<(), ActError> {
    hold(tx, ctx, id, Hold::Ended, reason)?;
    trigger_fires::drop_all(tx, id, Dropped::Ended)?;
    Ok(())
}

pub(super) fn hold(
    tx: &mut Tx,
    ctx: &Ctx,
    id: TriggerId,
    kind: Hold,
    reason: &str,
) -> Result<(), ActError> {
    let trigger = find(tx, id)?;
    if reason.chars().count() > 500 {
        return Err(ActError::invalid("reason", "at most 500 characters fit"));
    }
    let now = trigger.hold().unwrap_or(Hold::Resumed);
    if now == Hold::Ended {
        return Err(ended());
    }
    if now == kind {
        let says = match kind {
            Hold::Stopped => "this trigger is paused already",
            _ => "this trigger is not paused",
        };
        return Err(ActError::refused("trigger.unchanged", says));
    }
    crate::campaign::hold_next(tx, ctx, sends_as(id), trigger.holds.first(), kind, reason)?;
    let kind = match kind {
        Hold::Stopped => "trigger.paused",
        Hold::Resumed => "trigger.resumed",
        Hold::Ended => "trigger.ended",
    };
    tx.record(Entry::new(kind).with("trigger", id));
    Ok(())
}
