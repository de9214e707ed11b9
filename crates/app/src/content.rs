//! Writing content: checked while it is typed, saved as versions that never change.
//!
//! [`check`] says everything that keeps a draft from being saved, [`render`] turns a version into
//! templates once, [`create`] and [`revise`] save. What happens then is [`crate::approval`].
//!
//! INVARIANT: no version is saved that holds a variable its class may not use.

use std::collections::BTreeSet;

use placet_domain::channel::Channel;
use placet_domain::content::{self, Draft, Field, Problem, Version, blank};
use placet_domain::entry::Entry;
use placet_domain::id::{ContentId, VersionId};
use placet_domain::operator::Actor;
use placet_domain::template::{BadTemplate, Slot, slots, variable};
use placet_policy::Engine;
use placet_store::{Tx, contents};

use crate::{ActError, Ctx, FieldProblem, gate, settings};

pub mod claim;
pub mod filling;
mod plain;
mod render;

pub use render::{render, samples};

/// Classes of data elements that may stand in a subject line: it shows on locked screens.
const PLAIN_CLASSES: &[&str] = &["identifier", "code", "demographic", "statistic"];

/// Everything that keeps a draft from being saved: its form, its variables, its markup.
#[must_use]
pub fn check(engine: &Engine, profile: placet_policy::Profile, draft: &Draft) -> Vec<Problem> {
    let mut found = draft.problems();
    for (field, source) in sources(draft) {
        match slots(source) {
            Ok(slots) => {
                let asked = slots.iter();
                found.extend(
                    asked.filter_map(|slot| variable_problem(engine, profile, draft, field, slot)),
                );
            }
            Err(bad) => found.push(template_problem(field, bad)),
        }
    }
    if let Err(bad) = blank::blanks(draft) {
        found.push(Problem::new(bad.field, bad.to_string()));
    }
    // Only what can be read at all is worth rendering.
    if found.is_empty() {
        found.extend(render(draft).err());
    }
    found
}

/// The data elements that a draft's variables use, and the address it is sent to.
#[must_use]
pub fn elements(draft: &Draft) -> BTreeSet<String> {
    let named = sources(draft)
        .into_iter()
        .flat_map(|(_, source)| slots(source).unwrap_or_default());
    named
        .filter_map(|slot| variable::element(&slot.name).map(str::to_owned))
        .chain([address_element(draft.channel).to_owned()])
        // Who calls asks first whether they speak with the person.
        .chain((draft.channel == Channel::VoiceLive).then(|| "name".to_owned()))
        .collect()
}

/// What the catalogue calls the address of a channel.
pub(crate) fn address_element(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email",
        Channel::Sms => "mobile",
        Channel::VoiceLive => "phone",
        Channel::Postal => "address",
    }
}

fn sources(draft: &Draft) -> [(Field, &str); 4] {
    [
        (Field::Subject, &draft.subject),
        (Field::Preheader, &draft.preheader),
        (Field::Body, &draft.body),
        (Field::Text, &draft.text),
    ]
}

fn template_problem(field: Field, bad: BadTemplate) -> Problem {
    let problem = Problem::new(field, bad.says).at(bad.at);
    match bad.variable {
        Some(name) => problem.about(&name),
        None => problem,
    }
}

/// Why a variable may not stand where it stands; `None` when it may.
fn variable_problem(
    engine: &Engine,
    profile: placet_policy::Profile,
    draft: &Draft,
    field: Field,
    slot: &Slot,
) -> Option<Problem> {
    let problem = |says: String| Problem::new(field, says).at(slot.at).about(&slot.name);
    let name = &slot.name;
    let is_line = matches!(field, Field::Subject | Field::Preheader);
    if draft.channel == Channel::Sms && name == variable::UNSUBSCRIBE_URL {
        let says = "a text message is stopped by answering STOP, which is said below it; \
                    `{{preferences_url}}` leads to every choice";
        return Some(problem(says.to_owned()));
    }
    let is_link = variable::find(name).is_some_and(|one| one.kind == variable::Kind::Link);
    if draft.channel == Channel::VoiceLive && is_link {
        let says = "nobody can follow a link by ear: the number to call back is said in each call";
        return Some(problem(says.to_owned()));
    }
    if draft.channel != Channel::VoiceLive && name == variable::CALLS_PHONE {
        let says = "the number for calls is said in calls only";
        return Some(problem(says.to_owned()));
    }
    if draft.channel == Channel::Postal && is_link {
        let says = "nobody can follow a link on paper: how to get no more is said on each piece";
        return Some(problem(says.to_owned()));
    }
    let Some(code) = variable::element(name) else {
        let says = format!("`{{{{{name}}}}}` is a link and belongs into the body");
        return (is_line && is_link).then(|| problem(says));
    };
    let Some(element) = engine
        .elements()
        .iter()
        .find(|element| element.code == code)
    else {
        return Some(problem(format!(
            "there is no variable `{{{{{name}}}}}`; this content can use: {}",
            usable(engine, profile, draft).join(", ")
        )));
    };
    if let Err(refusal) = engine.may_use(code, draft.class.as_str(), profile) {
        let mut problem = problem(format!(
            "`{{{{{name}}}}}` ({}) may not be used in content of the class “{}”: {}",
            element.label.to_lowercase(),
            draft.class.label(),
            refusal.says
        ));
        problem.rule = Some(refusal.rule);
        problem.citation = Some(refusal.citation.join("; "));
        return Some(problem);
    }
    if is_line && !PLAIN_CLASSES.contains(&element.class.as_str()) {
        return Some(problem(format!(
            "`{{{{{name}}}}}` ({}) may not stand in a subject or preheader: they show on locked \
             screens and in every log on the way",
            element.label.to_lowercase()
        )));
    }
    None
}

/// The names of the variables that content of this draft's class can use.
#[must_use]
pub fn usable(engine: &Engine, profile: placet_policy::Profile, draft: &Draft) -> Vec<String> {
    let may = |code: &str| engine.may_use(code, draft.class.as_str(), profile).is_ok();
    let named = variable::VARIABLES.iter().filter(|one| match one.source {
        variable::Source::Organization => true,
        variable::Source::Person(code) => may(code),
    });
    // A text message is stopped by answering it; neither paper nor a voice has links.
    let fits = |one: &&variable::Variable| match draft.channel {
        Channel::VoiceLive => one.kind != variable::Kind::Link,
        _ if one.name == variable::CALLS_PHONE => false,
        Channel::Sms => one.name != variable::UNSUBSCRIBE_URL,
        Channel::Postal => one.kind != variable::Kind::Link,
        Channel::Email => true,
    };
    named.filter(fits).map(|one| one.name.to_owned()).collect()
}

/// Begins a content with its first version.
///
/// # Errors
///
/// [`ActError::Invalid`] names each field that cannot be used and why.
pub fn create(
    tx: &mut Tx,
    ctx: &Ctx,
    engine: &Engine,
    name: &str,
    draft: &Draft,
) -> Result<Version, ActError> {
    let profile = gate::profile(settings::load(tx)?.strictness);
    let mut found: Vec<Problem> = content::name_problem(name).into_iter().collect();
    found.extend(check(engine, profile, draft));
    refuse(found)?;
    let id: ContentId = ctx.new_id();
    contents::add(tx, id, name.trim(), &author(&ctx.actor))?;
    let version = version(ctx, id, 1, draft);
    contents::add_version(tx, &version)?;
    tx.record(entry("content.created", &version));
    Ok(version)
}

/// Saves an edit as a new version; approvals of earlier ones do not reach it.
///
/// `base` is the version that the writer saw. Saving what is there already changes nothing.
///
/// # Errors
///
/// [`ActError::Refused`] when somebody saved a newer version meanwhile; [`ActError::Invalid`]
/// names each field that cannot be used and why.
pub fn revise(
    tx: &mut Tx,
    ctx: &Ctx,
    engine: &Engine,
    base: VersionId,
    draft: &Draft,
) -> Result<Version, ActError> {
    let base = contents::find_version(tx, base)?.ok_or(ActError::NotFound("version"))?;
    let latest = latest(tx, base.content)?;
    if latest.id != base.id {
        return Err(ActError::refused(
            "content.changed",
            format!(
                "version {} was saved after version {} that you edited: look at it first",
                latest.number, base.number
            ),
        ));
    }
    if latest.draft.channel != draft.channel {
        let says = "a content stays what it is: begin a new one for another way of sending";
        return Err(ActError::invalid(Field::Channel.as_str(), says));
    }
    let profile = gate::profile(settings::load(tx)?.strictness);
    refuse(check(engine, profile, draft))?;
    if latest.draft == *draft {
        return Err(ActError::refused(
            "content.unchanged",
            "nothing was changed in this version",
        ));
    }
    let version = version(ctx, base.content, latest.number + 1, draft);
    contents::add_version(tx, &version)?;
    tx.record(entry("content.revised", &version));
    Ok(version)
}

/// Gives a content another name.
///
/// # Errors
///
/// When the name cannot be used or there is no such content.
pub fn rename(tx: &mut Tx, _: &Ctx, id: ContentId, name: &str) -> Result<(), ActError> {
    refuse(content::name_problem(name).into_iter().collect())?;
    contents::find_name(tx, id)?.ok_or(ActError::NotFound("content"))?;
    contents::rename(tx, id, name.trim())?;
    tx.record(Entry::new("content.renamed").with("content", id));
    Ok(())
}

/// The newest version of a content.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such content.
pub fn latest(tx: &mut Tx, id: ContentId) -> Result<Version, ActError> {
    let newest = contents::list_versions(tx, id)?.into_iter().next();
    newest.ok_or(ActError::NotFound("content"))
}

/// Who wrote or judged: the operator, whether they acted themself or a token acted for them.
#[must_use]
pub fn author(actor: &Actor) -> String {
    actor
        .operator()
        .map_or_else(|| actor.code(), |id| id.to_string())
}

fn version(ctx: &Ctx, content: ContentId, number: u32, draft: &Draft) -> Version {
    Version {
        id: ctx.new_id(),
        content,
        number,
        draft: draft.clone(),
        hash: draft.hash(),
        created_at: ctx.now,
        created_by: author(&ctx.actor),
    }
}

fn entry(kind: &str, version: &Version) -> Entry {
    Entry::new(kind)
        .with("content", version.content)
        .with("version", version.id)
        .with("number", version.number)
        .with("class", version.draft.class.as_str())
        .with("content_hash", version.hash)
}

pub(crate) fn refuse(found: Vec<Problem>) -> Result<(), ActError> {
    if found.is_empty() {
        return Ok(());
    }
    Err(ActError::Invalid(found.iter().map(field_problem).collect()))
}

/// A problem as forms and the API show it: place, words, rule and citation in one sentence.
fn field_problem(problem: &Problem) -> FieldProblem {
    let mut says = String::new();
    if let Some((line, column)) = problem.at {
        says.push_str(&format!("line {line}, column {column}: "));
    }
    says.push_str(&problem.says);
    if let Some(rule) = &problem.rule {
        let citation = problem.citation.as_deref().unwrap_or_default();
        says.push_str(&format!(" ({rule}; {citation})"));
    }
    FieldProblem {
        field: problem.field.as_str().to_owned(),
        problem: says,
    }
}

#[cfg(test)]
mod tests;
