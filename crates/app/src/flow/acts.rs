//! What people do with a flow: declare it, agree to it, stop it.

use std::collections::BTreeSet;

use placet_domain::ctx::Ctx;
use placet_domain::data::DraftSource;
use placet_domain::entry::Entry;
use placet_domain::flow::{Agreement, Declaration, Side, Stop, Version};
use placet_domain::id::{FlowId, FlowVersionId};
use placet_domain::operator::{Actor, Role};
use placet_gateway::{Flow, FlowProblem};
use placet_ledger::to_hex;
use placet_store::{Tx, catalogue, flows};

use super::{Declared, find};
use crate::data::catalogue as data;
use crate::{ActError, FieldProblem};

/// The longest file of a flow.
const LONGEST: usize = 128 << 10;
/// The longest note or reason.
const LONGEST_NOTE: usize = 1000;

/// Reads the file of a flow to declare: its list, and what it declares.
///
/// # Errors
///
/// [`ActError::Invalid`] with every problem, by line and column.
pub fn read(text: &str) -> Result<(Flow, Declaration), ActError> {
    if text.len() > LONGEST {
        let problem = "the file of a flow has at most 128 kilobytes";
        return Err(ActError::invalid("flow", problem));
    }
    let flow = load(text)?;
    let Some(declared) = flow.declaration().cloned() else {
        let problem = "this is an allow-list alone; say also format, source, purpose, [owners] and \
                       [destination], as `placet flow new` writes them";
        return Err(ActError::invalid("flow", problem));
    };
    Ok((flow, declared))
}

/// The text of a flow of people from a source into the hospital, under this name.
#[must_use]
pub fn people_text(source: &str, name: &str) -> String {
    let text = Flow::people_from(source);
    let usual = Flow::load("flow", &text).map_or_else(|_| String::new(), |it| it.name().to_owned());
    text.replacen(
        &format!("name = \"{usual}\""),
        &format!("name = \"{name}\""),
        1,
    )
}

/// The text of a flow to another company, to be filled in.
#[must_use]
pub fn company_text(source: &str) -> String {
    Flow::company_from(source)
}

pub(super) fn load(text: &str) -> Result<Flow, ActError> {
    Flow::load("flow", text).map_err(unreadable)
}

pub(super) fn unreadable(problems: Vec<FlowProblem>) -> ActError {
    let said = problems.into_iter().map(|one| FieldProblem {
        field: "flow".to_owned(),
        problem: format!("line {}, column {}: {}", one.line, one.column, one.says),
    });
    ActError::Invalid(said.collect())
}

/// Declares a flow, or its next version. The same text again adds nothing. Who declares agrees for their own side.
///
/// # Errors
///
/// [`ActError::Invalid`] with what is wrong in the file.
pub fn declare(tx: &mut Tx, ctx: &Ctx, text: &str) -> Result<Version, ActError> {
    let (_, declared) = read(text)?;
    let mut version = add_version(tx, ctx, declared, text)?;
    let own = sides_of(&ctx.actor);
    if let (Some(by), [side]) = (ctx.actor.operator(), own.as_slice())
        && version.written_by == Some(by)
        && version.agreement(*side).is_none()
    {
        let agreement = Agreement {
            side: *side,
            at: ctx.now,
            by: Some(by),
            note: String::new(),
        };
        add_agreement(tx, &version, &agreement)?;
        version.agreements.push(agreement);
    }
    Ok(version)
}

/// The flow that an installation begins with: people of a source into the hospital itself, with the source in the
/// catalogue, where compliance signs it before anything comes in. Does nothing when the flow is there. Nobody else than
/// the program declares a flow that needs no agreement.
///
/// # Errors
///
/// [`ActError::Refused`] to everybody but the system.
pub fn add_starter(tx: &mut Tx, ctx: &Ctx, source: &str) -> Result<(), ActError> {
    if !matches!(ctx.actor, Actor::System(_)) {
        let why = "only an installation begins with a flow that nobody agreed to; declare it";
        return Err(ActError::refused("flow.starter", why));
    }
    let text = Flow::people_from(source);
    let (flow, declared) = read(&text)?;
    if flows::find_by_name(tx, flow.name())?.is_some() {
        return Ok(());
    }
    let draft = DraftSource {
        code: source.to_owned(),
        title: "Health records".to_owned(),
        it_owner: declared.it_owner.clone(),
        marketing_owner: declared.marketing_owner.clone(),
    };
    if catalogue::find_source_by_code(tx, source)?.is_none() {
        let held = data::declare(tx, ctx, &draft)?;
        data::classify(tx, ctx, held, data::elements_of(&flow))?;
    }
    let version = add_version(tx, ctx, declared, &text)?;
    for side in Side::ALL {
        let agreement = Agreement {
            side: *side,
            at: ctx.now,
            by: None,
            note: "As the installation begins; nothing leaves the hospital".to_owned(),
        };
        add_agreement(tx, &version, &agreement)?;
    }
    Ok(())
}

fn add_version(
    tx: &mut Tx,
    ctx: &Ctx,
    declared: Declaration,
    text: &str,
) -> Result<Version, ActError> {
    let held = match flows::find_by_name(tx, &declared.name)? {
        Some(held) => find(tx, held.id)?,
        None => begin(tx, ctx, &declared.name)?,
    };
    if let Some(newest) = held.newest() {
        if newest.text == text && newest.stopped.is_none() {
            return Ok(newest.clone());
        }
        if newest.declaration.source != declared.source {
            let problem = "a flow keeps its source; declare a flow of another name for another one";
            return Err(ActError::invalid("flow", problem));
        }
    }
    let version = Version {
        id: ctx.new_id(),
        flow: held.id,
        version: held.newest().map_or(1, |newest| newest.version + 1),
        declaration: declared,
        text: text.to_owned(),
        hash: flows::body_hash(text),
        written_at: ctx.now,
        written_by: ctx.actor.operator(),
        agreements: Vec::new(),
        stopped: None,
    };
    flows::add_version(tx, &version)?;
    tx.record(
        about("flow.declared", &version)
            .with("name", &version.declaration.name)
            .with("source", &version.declaration.source)
            .with("destination", &version.declaration.destination.code)
            .with("hash", to_hex(&version.hash)),
    );
    Ok(version)
}

fn begin(tx: &mut Tx, ctx: &Ctx, name: &str) -> Result<Declared, ActError> {
    let flow = flows::Flow {
        id: ctx.new_id(),
        name: name.to_owned(),
    };
    flows::add(tx, &flow, &ctx.actor.code())?;
    Ok(Declared {
        id: flow.id,
        name: flow.name,
        versions: Vec::new(),
        is_source_signed: false,
    })
}

fn about(kind: &str, version: &Version) -> Entry {
    Entry::new(kind)
        .with("flow", version.flow)
        .with("flow_version", version.id)
        .with("version", version.version)
}

/// The sides that an actor's roles speak for.
fn sides_of(actor: &Actor) -> Vec<Side> {
    let none = BTreeSet::new();
    let roles: &BTreeSet<Role> = match actor {
        Actor::Operator { roles, .. } | Actor::Token { roles, .. } => roles,
        Actor::Person | Actor::System(_) => &none,
    };
    let speaks = |side: &&Side| roles.contains(&side.role());
    Side::ALL.iter().filter(speaks).copied().collect()
}

/// The side for which this actor could agree to a version now, if any.
#[must_use]
pub fn side_of(actor: &Actor, version: &Version) -> Option<Side> {
    let by = actor.operator()?;
    if version.stopped.is_some() || version.agreements.iter().any(|one| one.by == Some(by)) {
        return None;
    }
    sides_of(actor)
        .into_iter()
        .find(|side| version.agreement(*side).is_none())
}

/// Agrees to the newest version of this flow, as [`agree`]; a version of another flow is none of it.
///
/// # Errors
///
/// As [`agree`].
pub fn agree_in(
    tx: &mut Tx,
    ctx: &Ctx,
    flow: FlowId,
    id: FlowVersionId,
    note: &str,
) -> Result<FlowId, ActError> {
    match flows::find_version(tx, id)? {
        Some(version) if version.flow == flow => agree(tx, ctx, id, note),
        _ => Err(ActError::NotFound("version of this flow")),
    }
}

/// Agrees to the newest version for one's own side. Nobody agrees for both.
///
/// # Errors
///
/// [`ActError::Refused`] with the reason.
pub fn agree(tx: &mut Tx, ctx: &Ctx, id: FlowVersionId, note: &str) -> Result<FlowId, ActError> {
    let version = flows::find_version(tx, id)?.ok_or(ActError::NotFound("flow"))?;
    let newest = find(tx, version.flow)?;
    if newest.newest().map(|newest| newest.id) != Some(id) {
        let why = "the flow was declared anew since; read and agree to the newest version";
        return Err(ActError::refused("flow.not_the_newest", why));
    }
    let Some(by) = ctx.actor.operator() else {
        let why = "somebody of IT or marketing must answer for this: sign in, or use their token";
        return Err(ActError::refused("flow.needs_an_operator", why));
    };
    let Some(side) = side_of(&ctx.actor, &version) else {
        return Err(not_theirs(ctx, &version));
    };
    if note.len() > LONGEST_NOTE {
        let problem = "keep the note under 1,000 characters";
        return Err(ActError::invalid("note", problem));
    }
    let agreement = Agreement {
        side,
        at: ctx.now,
        by: Some(by),
        note: note.trim().to_owned(),
    };
    add_agreement(tx, &version, &agreement)?;
    Ok(version.flow)
}

fn not_theirs(ctx: &Ctx, version: &Version) -> ActError {
    let by = ctx.actor.operator();
    if version.stopped.is_some() {
        let why = "this version was stopped; declare the flow anew to open it again";
        return ActError::refused("flow.stopped", why);
    }
    if version.agreements.iter().any(|one| one.by == by) {
        let why = "you agreed to this version already; the other side is somebody else's";
        return ActError::refused("flow.agreed_before", why);
    }
    if sides_of(&ctx.actor).is_empty() {
        let why = "IT and marketing agree to a flow; your role speaks for neither";
        return ActError::refused("flow.not_your_side", why);
    }
    let why = "somebody of your side agreed to this version already";
    ActError::refused("flow.agreed_before", why)
}

fn add_agreement(tx: &mut Tx, version: &Version, one: &Agreement) -> Result<(), ActError> {
    if !flows::agree(tx, version.id, one)? {
        let why = "somebody of that side agreed to this version already";
        return Err(ActError::refused("flow.agreed_before", why));
    }
    tx.record(about("flow.agreed", version).with("side", one.side.as_str()));
    Ok(())
}

/// Stops a flow: nothing passes until it is declared anew and agreed to. A newer version that waits is stopped too.
///
/// # Errors
///
/// [`ActError::Refused`] when it is stopped already.
pub fn stop(tx: &mut Tx, ctx: &Ctx, id: FlowId, reason: &str) -> Result<(), ActError> {
    let Some(by) = ctx.actor.operator() else {
        let why = "somebody must answer for this: sign in, or use a token of an operator";
        return Err(ActError::refused("flow.needs_an_operator", why));
    };
    if reason.trim().is_empty() || reason.len() > LONGEST_NOTE {
        let problem = "say why, in at most 1,000 characters";
        return Err(ActError::invalid("reason", problem));
    }
    let flow = find(tx, id)?;
    let stop = Stop {
        at: ctx.now,
        by,
        reason: reason.trim().to_owned(),
    };
    let mut is_new = false;
    let since = flow.counting().map_or(0, |version| version.version);
    for version in flow.versions.iter().filter(|one| one.version >= since) {
        if flows::stop(tx, version.id, &stop)? {
            is_new = true;
            tx.record(about("flow.stopped", version));
        }
    }
    if is_new {
        return Ok(());
    }
    let why = "this flow is stopped already; declare it anew to open it again";
    Err(ActError::refused("flow.stopped", why))
}
