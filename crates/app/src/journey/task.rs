//! Tasks for people: what a journey asks a role to do for somebody, and how it was ended.
//!
//! A task shows who it is about, so it is for roles that may see people, and each look leaves an entry. It is no leave
//! to write to anybody: the person's page says what may be sent and why not.

use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry as LedgerEntry;
use placet_domain::id::{JourneyId, PassageId, PersonId};
use placet_domain::journey::Outcome;
use placet_domain::journey::steps::Kind;
use placet_domain::operator::{Actor, Capability, Role};
use placet_domain::time::Timestamp;
use placet_store::{StoreError, Tx, journey_passages, people};

use super::find;
use super::walk::{Road, entry, move_on};
use crate::ActError;
use crate::approval::roles_of;
use crate::person::{Purpose, note_read};

/// The longest note.
const LONGEST_NOTE: usize = 500;

/// A task as whoever does it sees it.
#[derive(Debug, Clone)]
pub struct Open {
    /// For which passage.
    pub passage: PassageId,
    /// For whom.
    pub person: PersonId,
    /// How they are called; none when they were erased.
    pub name: Option<String>,
    /// In which journey.
    pub journey: JourneyId,
    /// Its name.
    pub journey_name: String,
    /// What is to be done.
    pub says: String,
    /// Whose task it is.
    pub role: Role,
    /// Since when.
    pub since: Timestamp,
}

/// How many tasks wait for this actor, by role. A read: it names no person.
///
/// # Errors
///
/// When the store fails.
pub fn count(tx: &mut Tx, actor: &Actor) -> Result<Vec<(Role, u64)>, StoreError> {
    let mut found = Vec::new();
    if actor.may(Capability::ViewPeople).is_err() {
        return Ok(found);
    }
    for role in roles_of(actor) {
        let n = journey_passages::count_tasks(tx, *role)?;
        if n > 0 {
            found.push((*role, n));
        }
    }
    Ok(found)
}

/// The tasks of this actor's roles by name, the oldest first, at most `limit` a role. Each person shown leaves an
/// entry.
///
/// # Errors
///
/// When the store fails, or this actor may not see people.
pub fn list(tx: &mut Tx, ctx: &Ctx, limit: u32) -> Result<Vec<Open>, ActError> {
    ctx.actor.may(Capability::ViewPeople)?;
    let mut found = Vec::new();
    for role in roles_of(&ctx.actor).clone() {
        for task in journey_passages::list_tasks(tx, role, limit)? {
            let Some(passage) = journey_passages::find(tx, task.passage)? else {
                continue;
            };
            let journey = find(tx, passage.journey)?;
            let version = journey.versions.iter().find(|it| it.id == passage.version);
            let steps = version.and_then(|it| it.declaration.read());
            let Some(Kind::Ask { says, .. }) = steps
                .as_ref()
                .and_then(|steps| steps.get(task.step))
                .map(|step| &step.kind)
            else {
                continue;
            };
            let name = match tx.is_erased(passage.person)? {
                true => None,
                false => people::find(tx, passage.person)?.map(|it| it.identity.name()),
            };
            note_read(tx, passage.person, Purpose::Review);
            found.push(Open {
                passage: passage.id,
                person: passage.person,
                name,
                journey: journey.id,
                journey_name: journey.name,
                says: says.clone(),
                role,
                since: task.made_at,
            });
        }
    }
    found.sort_by_key(|one| (one.since, one.passage));
    tx.record(LedgerEntry::new("journey.tasks_opened").with("n_shown", found.len()));
    Ok(found)
}

/// Ends a task, done or skipped, and lets the person go on. The note is sealed under their key.
///
/// # Errors
///
/// Refused when it is ended, or is another role's.
pub fn settle(
    tx: &mut Tx,
    ctx: &Ctx,
    passage: PassageId,
    outcome: Outcome,
    note: &str,
) -> Result<(), ActError> {
    ctx.actor.may(Capability::ViewPeople)?;
    let note = note.trim();
    if note.chars().count() > LONGEST_NOTE {
        let says = format!("at most {LONGEST_NOTE} characters fit");
        return Err(ActError::invalid("note", says));
    }
    if !matches!(outcome, Outcome::Done | Outcome::Skipped) {
        let says = "a task is done or skipped";
        return Err(ActError::invalid("outcome", says));
    }
    let found = journey_passages::find(tx, passage)?.ok_or(ActError::NotFound("task"))?;
    let Some(task) = journey_passages::find_task(tx, passage)? else {
        let why = "this task was ended already";
        return Err(ActError::refused("journey.task_ended", why));
    };
    if !roles_of(&ctx.actor).contains(&task.role) {
        let why = format!("this is a task of {}", task.role.label());
        return Err(ActError::refused("journey.task_of_others", why));
    }
    if tx.is_erased(task.person)? && !note.is_empty() {
        let says = "the person was erased: nothing can be noted of them";
        return Err(ActError::invalid("note", says));
    }
    journey_passages::end_task(tx, &task, outcome, note, ctx.actor.operator())?;
    tx.record(entry("journey.task_ended", &found).with("outcome", outcome.as_str()));
    let journey = find(tx, found.journey)?;
    let version = journey.versions.iter().find(|it| it.id == found.version);
    if let Some(road) = version.and_then(Road::of) {
        move_on(tx, ctx, &road, found, outcome)?;
    }
    Ok(())
}
