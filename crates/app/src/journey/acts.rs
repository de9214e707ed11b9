//! What people do with a journey: write it, agree to it, start it, pause it, end it.

use std::collections::BTreeMap;

use placet_domain::audience::{Audience, cells};
use placet_domain::campaign::Hold;
use placet_domain::content::{Draft, Version as Content};
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry as LedgerEntry;
use placet_domain::id::{JourneyId, JourneyVersionId};
use placet_domain::journey::steps::{Kind, Steps};
use placet_domain::journey::{
    APPROVERS, Declaration, Ending, Entry, Said, Sending, Start, Version, Word, Written, held_as,
    watches_as,
};
use placet_domain::operator::{Capability, Role};
use placet_domain::settings::Settings;
use placet_domain::time::Timestamp;
use placet_domain::trigger::{Dropped, Event};
use placet_ledger::{sha256, to_hex};
use placet_store::{Tx, audiences, contents, journey_passages, journeys, trigger_fires};

use super::{Registered, find};
use crate::approval::{Bench, Reviewed, roles_of};
use crate::content::author;
use crate::trigger::acts::{content_problems, source_problem};
use crate::{ActError, FieldProblem, audience, campaign, settings, trigger};

const LONGEST_NOTE: usize = 1_000;
/// How many saved audiences a name is looked for in.
const AUDIENCES: u32 = 1_000;

/// Registers a journey, or the next version of the one of this name, which waits to be simulated, agreed to and
/// started. The same again adds nothing.
///
/// # Errors
///
/// [`ActError::Invalid`] names each field and line that cannot be used and why.
pub fn declare(tx: &mut Tx, ctx: &Ctx, written: &Written) -> Result<Version, ActError> {
    let (declaration, steps, contents) = check(tx, written)?;
    let held = match journeys::find_by_name(tx, &declaration.name)? {
        Some(journey) => find(tx, journey.id)?,
        None => {
            let journey = journeys::Journey {
                id: ctx.new_id(),
                name: declaration.name.clone(),
            };
            journeys::add(tx, &journey, &author(&ctx.actor))?;
            find(tx, journey.id)?
        }
    };
    if held.hold() == Some(Hold::Ended) {
        return Err(ended());
    }
    let newest = held.newest();
    if let Some(same) = newest.filter(|newest| newest.declaration == declaration) {
        tx.record(about("journey.declared_again", same));
        return Ok(same.clone());
    }
    let version = Version {
        id: ctx.new_id(),
        journey: held.id,
        version: newest.map_or(1, |newest| newest.version + 1),
        hash: journeys::declaration_hash(&declaration),
        sends: sends(ctx, &steps, &contents),
        declaration,
        written_at: ctx.now,
        written_by: ctx.actor.operator(),
        words: Vec::new(),
        simulated_at: None,
        start: None,
    };
    journeys::add_version(tx, &version)?;
    tx.record(about("journey.declared", &version));
    Ok(version)
}

fn sends(ctx: &Ctx, steps: &Steps, contents: &BTreeMap<String, Content>) -> Vec<Sending> {
    let sending = |(place, content): (usize, &Content)| Sending {
        id: ctx.new_id(),
        step: place,
        content: content.id,
        channel: content.draft.channel,
    };
    let named = steps.iter().enumerate().filter_map(|(place, step)| {
        let Kind::Send { content, .. } = &step.kind else {
            return None;
        };
        Some((place, contents.get(content)?))
    });
    named.map(sending).collect()
}

fn about(kind: &str, version: &Version) -> LedgerEntry {
    LedgerEntry::new(kind)
        .with("journey", version.journey)
        .with("version", version.version)
        .with("hash", to_hex(&version.hash))
}

fn problem(field: &str, says: impl Into<String>) -> FieldProblem {
    FieldProblem {
        field: field.to_owned(),
        problem: says.into(),
    }
}

/// What was written, with all that it names as it is now.
fn check(
    tx: &mut Tx,
    written: &Written,
) -> Result<(Declaration, Steps, BTreeMap<String, Content>), ActError> {
    let mut found = Vec::new();
    let steps = match Steps::read(&written.steps) {
        Ok(steps) => steps,
        Err(bad) => {
            let lines = bad.iter().map(|one| problem("steps", one.to_string()));
            return Err(ActError::Invalid(lines.collect()));
        }
    };
    let mut named = BTreeMap::new();
    for name in steps.contents() {
        let content = match trigger::content_of(tx, name) {
            Ok(id) => contents::find_version(tx, id)?,
            Err(ActError::Invalid(_)) => None,
            Err(error) => return Err(error),
        };
        match content {
            Some(content) => drop(named.insert(name.to_owned(), content)),
            None => found.push(at_step(
                &steps,
                name,
                "no content of this name was submitted: submit it first, or write another name",
            )),
        }
    }
    let saved = audiences::list(tx, AUDIENCES)?;
    let mut filters = BTreeMap::new();
    for name in steps.audiences() {
        match by_name(&saved, name) {
            Some(one) => drop(filters.insert(name.to_owned(), one.filter.clone())),
            None => found.push(at_step(
                &steps,
                name,
                "no audience of this name is saved: save it under Audiences, or write another name",
            )),
        }
    }
    let entry = entry(&saved, written).map_err(|problem| found.push(problem));
    let Ok(entry) = entry else {
        return Err(ActError::Invalid(found));
    };
    let sends_mail = named
        .values()
        .any(|one| one.draft.channel == placet_domain::channel::Channel::Email);
    let from = |text: &String| match sends_mail {
        true => text.trim().to_owned(),
        false => String::new(),
    };
    let declaration = Declaration {
        name: written.name.trim().to_owned(),
        purpose: written.purpose.trim().to_owned(),
        rationale: written.rationale.trim().to_owned(),
        owner: written.owner.trim().to_owned(),
        most_per_day: written.most_per_day,
        sender_name: from(&written.sender_name),
        sender: from(&written.sender),
        steps: written.steps.replace("\r\n", "\n").trim_end().to_owned(),
        contents: named
            .iter()
            .map(|(name, it)| (name.clone(), it.id))
            .collect(),
        audiences: filters,
        entry,
    };
    let sends: Vec<_> = named
        .iter()
        .map(|(name, it)| (name.as_str(), it.draft.class, it.draft.channel))
        .collect();
    let says = declaration.problems(&sends).into_iter();
    found.extend(says.map(|one| problem(one.field, one.says)));
    if let Entry::Event { event, source, .. } = &declaration.entry {
        found.extend(source_problem(tx, source)?);
        for (name, content) in &named {
            found.extend(carried(*event, &steps, name, &content.draft));
        }
    }
    if found.is_empty() {
        Ok((declaration, steps, named))
    } else {
        Err(ActError::Invalid(found))
    }
}

fn by_name<'a>(saved: &'a [Audience], name: &str) -> Option<&'a Audience> {
    saved.iter().find(|one| one.name == name.trim())
}

/// A problem of the first step that names this.
fn at_step(steps: &Steps, name: &str, says: &str) -> FieldProblem {
    let names = |kind: &Kind| match kind {
        Kind::Send { content, .. } => content == name,
        Kind::If {
            test: placet_domain::journey::steps::Test::In(audience),
            ..
        } => audience == name,
        _ => false,
    };
    let step = steps.iter().find(|step| names(&step.kind));
    let line = step.map_or(1, |step| step.line);
    problem(
        "steps",
        format!("line {line}: \u{201c}{name}\u{201d}: {says}"),
    )
}

/// What a content may not carry, or say, for the event that lets people in.
fn carried(event: Event, steps: &Steps, name: &str, draft: &Draft) -> Vec<FieldProblem> {
    let found = content_problems(event, draft).into_iter();
    found
        .map(|one| at_step(steps, name, &one.problem))
        .collect()
}

/// Who comes in.
fn entry(saved: &[Audience], written: &Written) -> Result<Entry, FieldProblem> {
    let (audience, event) = (written.audience.trim(), written.event.trim());
    match (audience.is_empty(), event.is_empty()) {
        (true, true) | (false, false) => Err(problem(
            "audience",
            "choose one of both: an audience, or an event",
        )),
        (false, true) => {
            let one = by_name(saved, audience).ok_or_else(|| {
                problem(
                    "audience",
                    "no audience of this name is saved: save it under Audiences first",
                )
            })?;
            Ok(Entry::Audience {
                name: one.name.clone(),
                filter: one.filter.clone(),
                starts_at: moment(written.starts_at.trim())?,
            })
        }
        (true, false) => {
            let codes = || {
                let codes: Vec<&str> = Event::ALL.iter().map(|one| one.as_str()).collect();
                problem("event", format!("one of: {}", codes.join(", ")))
            };
            let wait = match written.wait.trim() {
                "" => "0 minutes",
                wait => wait,
            };
            Ok(Entry::Event {
                event: Event::find(event).ok_or_else(codes)?,
                source: written.source.trim().to_owned(),
                wait: wait.parse().map_err(|_| {
                    problem(
                        "wait",
                        "write a number and minutes, hours or days, as `24 hours`",
                    )
                })?,
            })
        }
    }
}

fn moment(text: &str) -> Result<Option<Timestamp>, FieldProblem> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        problem(
            "starts_at",
            "write a moment with its offset, as `2027-01-15T09:00:00-05:00`, or nothing",
        )
    })
}

/// A version as it was written, to start the next one from.
#[must_use]
pub fn written(version: &Version) -> Written {
    let it = &version.declaration;
    let mut written = Written {
        name: it.name.clone(),
        purpose: it.purpose.clone(),
        rationale: it.rationale.clone(),
        owner: it.owner.clone(),
        most_per_day: it.most_per_day,
        sender_name: it.sender_name.clone(),
        sender: it.sender.clone(),
        steps: it.steps.clone(),
        ..Written::default()
    };
    match &it.entry {
        Entry::Audience {
            name, starts_at, ..
        } => {
            written.audience.clone_from(name);
            written.starts_at = starts_at.map(|at| at.to_string()).unwrap_or_default();
        }
        Entry::Event {
            event,
            source,
            wait,
        } => {
            written.event = event.as_str().to_owned();
            written.source.clone_from(source);
            written.wait = wait.to_string();
        }
    }
    written
}

/// The hash of what one reads who agrees to a version: the declaration, and every content as it is stored.
///
/// # Errors
///
/// When a content is not there.
pub fn read_hash(tx: &mut Tx, version: &Version) -> Result<[u8; 32], ActError> {
    let mut all = version.hash.to_vec();
    for send in &version.sends {
        let content = contents::find_version(tx, send.content)?;
        let content = content.ok_or(ActError::NotFound("version"))?;
        all.extend(content.draft.hash().as_bytes());
    }
    Ok(sha256(&all))
}

fn bad_contents(
    tx: &mut Tx,
    bench: &Bench,
    version: &Version,
) -> Result<Option<ActError>, ActError> {
    for send in &version.sends {
        let reviewed: Reviewed = bench.find(tx, send.content)?;
        if !reviewed.is_approved() {
            let why = format!(
                "the content of step {} is not approved (it stands at “{}”): every required role approves it first",
                send.step + 1,
                reviewed.standing.label()
            );
            return Ok(Some(ActError::refused("content.not_approved", why)));
        }
    }
    Ok(None)
}

/// Says, in one role, whether the newest version may run (S98). Nobody speaks for two roles, or of their own.
///
/// # Errors
///
/// [`ActError::Refused`] when it is not the newest, was not simulated, is one's own, or the role has spoken.
pub fn say(
    tx: &mut Tx,
    ctx: &Ctx,
    id: JourneyId,
    version: JourneyVersionId,
    (role, said): (Role, Said),
    note: &str,
) -> Result<(), ActError> {
    ctx.actor.may(Capability::ApproveJourneys)?;
    let journey = find(tx, id)?;
    let found = journey.version(version)?;
    let refused = |code, why: &str| Err(ActError::refused(code, why));
    let Some(by) = ctx.actor.operator() else {
        return refused(
            "journey.needs_an_operator",
            "somebody must answer for this by name: sign in, or use their token",
        );
    };
    if !APPROVERS.contains(&role) || !roles_of(&ctx.actor).contains(&role) {
        return refused("journey.role", "this is not asked of you in that role");
    }
    is_open(&journey, found)?;
    if found.written_by == Some(by) {
        return refused(
            "journey.own",
            "nobody approves their own journey: ask somebody else",
        );
    }
    if found.simulated_at.is_none() {
        return refused(
            "journey.not_simulated",
            "simulate it first: who agrees should know what it would have done",
        );
    }
    if found.is_returned() {
        return refused(
            "journey.returned",
            "it was sent back: a new version is needed",
        );
    }
    if found.word(role).is_some() {
        return refused("journey.role_spoken", "this role has spoken");
    }
    if found.words.iter().any(|word| word.by == by) {
        return refused(
            "journey.spoken",
            "you have spoken in another role: each role is somebody else's word",
        );
    }
    let note = note.trim();
    if note.chars().count() > LONGEST_NOTE {
        let says = "keep the note under 1,000 characters";
        return Err(ActError::invalid("note", says));
    }
    if said == Said::Return && note.is_empty() {
        return Err(ActError::invalid("note", "say what should be different"));
    }
    if said == Said::Approve {
        let bench = Bench::read(tx, ctx.now)?;
        if let Some(error) = bad_contents(tx, &bench, found)? {
            return Err(error);
        }
    }
    let word = Word {
        role,
        said,
        at: ctx.now,
        by,
        note: note.to_owned(),
        hash: read_hash(tx, found)?,
    };
    if !journeys::say(tx, found.id, &word)? {
        return refused("journey.role_spoken", "this role has spoken");
    }
    let kind = match said {
        Said::Approve => "journey.approved",
        Said::Return => "journey.returned",
    };
    tx.record(
        about(kind, found)
            .with("role", role.as_str())
            .with("read_hash", to_hex(&word.hash)),
    );
    Ok(())
}

/// Whether something can still be said of a version: it is the newest, not started, not ended.
fn is_open(journey: &Registered, version: &Version) -> Result<(), ActError> {
    if journey.hold() == Some(Hold::Ended) {
        return Err(ended());
    }
    if version.start.is_some() {
        let why = "this version was started already";
        return Err(ActError::refused("journey.started_before", why));
    }
    if journey.newest().map(|newest| newest.id) != Some(version.id) {
        let why = "a newer version was written since: read that one";
        return Err(ActError::refused("journey.not_the_newest", why));
    }
    Ok(())
}

fn ended() -> ActError {
    let why = "this journey was ended for good: register another one";
    ActError::refused("journey.ended", why)
}

/// What stands against starting the newest version, in the words of the page; empty when nothing does.
///
/// # Errors
///
/// When the store fails.
pub fn obstacles(
    tx: &mut Tx,
    bench: &Bench,
    settings: &Settings,
    version: &Version,
) -> Result<Vec<ActError>, ActError> {
    let mut found = Vec::new();
    if version.simulated_at.is_none() {
        let why = "it was not simulated: simulate it on past data";
        found.push(ActError::refused("journey.not_simulated", why));
    }
    if version.is_returned() {
        let why = "it was sent back: write a new version";
        found.push(ActError::refused("journey.returned", why));
    }
    let missing = version.missing();
    if !missing.is_empty() {
        let roles: Vec<&str> = missing.iter().map(|role| role.label()).collect();
        let why = format!("it waits for the word of {}", roles.join(", "));
        found.push(ActError::refused("journey.not_approved", why));
    }
    let read = read_hash(tx, version)?;
    if version.words.iter().any(|word| word.hash != read) {
        let why = "a content changed since it was agreed to: write a new version";
        found.push(ActError::refused("journey.changed", why));
    }
    found.extend(bad_contents(tx, bench, version)?);
    let channels = version.sends.iter().map(|send| send.channel);
    let own = channels.filter_map(|channel| settings::obstacle_of(settings, channel));
    let mut says: Vec<&str> = settings::obstacles(settings)
        .into_iter()
        .chain(own)
        .collect();
    says.dedup();
    found.extend(
        says.into_iter()
            .map(|why| ActError::refused("sending.not_ready", why)),
    );
    if !settings.is_armed {
        let why = "sending is not armed: an administrator arms it in the settings";
        found.push(ActError::refused("sending.disarmed", why));
    }
    Ok(found)
}

/// Lets the newest version begin: from now on people enter under it. `typed` is how many are in its audience.
///
/// # Errors
///
/// Refused when something stands against it ([`obstacles`]), or the number is not the one counted now.
pub fn start(
    tx: &mut Tx,
    ctx: &Ctx,
    id: JourneyId,
    version: JourneyVersionId,
    typed: Option<u64>,
) -> Result<(), ActError> {
    ctx.actor.may(Capability::LaunchCampaigns)?;
    if ctx.actor.operator().is_none() {
        let why = "somebody must start it by name: sign in, or use their token";
        return Err(ActError::refused("journey.needs_an_operator", why));
    }
    start_checked(tx, ctx, id, version, |n| check_number(ctx, typed, n))
}

/// The same with nobody there to type a number: for a history that is made up. No page or command does this.
///
/// # Errors
///
/// As [`start`], but for the number.
pub fn start_uncounted(
    tx: &mut Tx,
    ctx: &Ctx,
    id: JourneyId,
    version: JourneyVersionId,
) -> Result<(), ActError> {
    start_checked(tx, ctx, id, version, |_| Ok(()))
}

fn start_checked(
    tx: &mut Tx,
    ctx: &Ctx,
    id: JourneyId,
    version: JourneyVersionId,
    check_number: impl FnOnce(u64) -> Result<(), ActError>,
) -> Result<(), ActError> {
    let journey = find(tx, id)?;
    let found = journey.version(version)?;
    is_open(&journey, found)?;
    let settings = settings::load(tx)?;
    let bench = Bench::read_in(tx, settings.time_zone(), ctx.now)?;
    if let Some(error) = obstacles(tx, &bench, &settings, found)?.into_iter().next() {
        return Err(error);
    }
    let n_counted = match &found.declaration.entry {
        Entry::Audience { filter, .. } => {
            let n = audience::count(tx, filter, ctx.now)?;
            check_number(n)?;
            let most = u64::from(found.declaration.most_per_day);
            if n > most {
                let why = format!(
                    "more people are in its audience than the {most} a day that were expected: write a version that expects them, or another audience"
                );
                return Err(ActError::refused("journey.too_many", why));
            }
            Some(n)
        }
        Entry::Event { .. } => None,
    };
    let start = Start {
        at: ctx.now,
        by: ctx.actor.operator(),
        n_counted,
    };
    if !journeys::start(tx, found.id, &start)? {
        let why = "this version was started already";
        return Err(ActError::refused("journey.started_before", why));
    }
    let entry = about("journey.started", found);
    tx.record(match n_counted {
        Some(n) => entry.with("n_counted", n),
        None => entry,
    });
    // Appointments that wait for the version before may be due at another time now.
    trigger_fires::look_again(tx, watches_as(id))?;
    Ok(())
}

/// What was typed must be what is so now, and a group too small to be seen is not started.
fn check_number(ctx: &Ctx, typed: Option<u64>, now: u64) -> Result<(), ActError> {
    if now == 0 {
        let why = "nobody is in its audience now";
        return Err(ActError::refused("journey.nobody", why));
    }
    let sees_small = ctx.actor.may(Capability::ViewSmallCells).is_ok();
    if now < cells::SMALL && !sees_small {
        let why = format!(
            "fewer than {} people are in its audience: choose a wider one, or ask somebody who may see small groups",
            cells::SMALL
        );
        return Err(ActError::refused("journey.too_few", why));
    }
    // Whoever sees no small groups was shown it to the full ten.
    let shown = if sees_small { now } else { cells::rounded(now) };
    if typed != Some(now) && typed != Some(shown) {
        let why = format!("{shown} people are in its audience now: look again, then type {shown}");
        return Err(ActError::refused("journey.number", why));
    }
    Ok(())
}

/// Pauses a journey at once: nobody enters or moves, and nothing more is claimed.
///
/// # Errors
///
/// Refused when it is paused or ended already.
pub fn pause(tx: &mut Tx, ctx: &Ctx, id: JourneyId, reason: &str) -> Result<(), ActError> {
    hold(tx, ctx, id, Hold::Stopped, reason)
}

/// Lets a paused journey go on.
///
/// # Errors
///
/// Refused when it is not paused.
pub fn resume(tx: &mut Tx, ctx: &Ctx, id: JourneyId, reason: &str) -> Result<(), ActError> {
    hold(tx, ctx, id, Hold::Resumed, reason)
}

/// Ends a journey for good: everybody in it is out, and what waits never leaves.
///
/// # Errors
///
/// Refused when it is ended already.
pub fn end(tx: &mut Tx, ctx: &Ctx, id: JourneyId, reason: &str) -> Result<(), ActError> {
    hold(tx, ctx, id, Hold::Ended, reason)?;
    journey_passages::end_all(tx, id, Ending::Ended)?;
    trigger_fires::drop_all(tx, watches_as(id), Dropped::Ended)?;
    Ok(())
}

fn hold(tx: &mut Tx, ctx: &Ctx, id: JourneyId, kind: Hold, reason: &str) -> Result<(), ActError> {
    let journey = find(tx, id)?;
    if reason.chars().count() > 500 {
        return Err(ActError::invalid("reason", "at most 500 characters fit"));
    }
    let now = journey.hold().unwrap_or(Hold::Resumed);
    if now == Hold::Ended {
        return Err(ended());
    }
    if now == kind {
        let says = match kind {
            Hold::Stopped => "this journey is paused already",
            _ => "this journey is not paused",
        };
        return Err(ActError::refused("journey.unchanged", says));
    }
    let last = journey.holds.first();
    campaign::hold_next(tx, ctx, held_as(id), last, kind, reason)?;
    let kind = match kind {
        Hold::Stopped => "journey.paused",
        Hold::Resumed => "journey.resumed",
        Hold::Ended => "journey.ended",
    };
    tx.record(LedgerEntry::new(kind).with("journey", id));
    Ok(())
}
