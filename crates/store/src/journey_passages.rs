//! People on their way through journeys: where each is, what each step came to, and what somebody is to do.

use std::collections::BTreeMap;

use placet_domain::delivery::State as Delivered;
use placet_domain::id::{
    AppointmentId, DecisionId, DeliveryId, JourneyId, JourneyVersionId, OperatorId, PassageId,
    PersonId,
};
use placet_domain::journey::{Ending, Outcome, Share, State};
use placet_domain::operator::Role;
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;
use crate::value::Param;

/// A person's way through a journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Which.
    pub id: PassageId,
    /// Through which journey.
    pub journey: JourneyId,
    /// Under which version; it stays the same to the end.
    pub version: JourneyVersionId,
    /// Whose.
    pub person: PersonId,
    /// The appointment that it is about.
    pub appointment: Option<AppointmentId>,
    /// When they entered.
    pub entered_at: Timestamp,
    /// How many moves there were.
    pub turn: u32,
    /// Where they are, from 0.
    pub step: usize,
    /// How it stands.
    pub state: State,
    /// When it goes on, while it waits.
    pub due_at: Timestamp,
    /// The message that is on its way.
    pub delivery: Option<DeliveryId>,
    /// Why it is over.
    pub ending: Option<Ending>,
}

const COLUMNS: &str =
    "p.id, p.journey_id, p.version_id, p.person_id, p.appointment_id, p.entered_at,
               p.turn, p.step, p.state, p.due_at, p.delivery_id, p.ending";

/// Lets somebody in; false when they were in before, under any version.
///
/// # Errors
///
/// When the store fails.
pub fn enter(tx: &mut Tx, one: &Passage) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into journey_passages (id, journey_id, version_id, person_id, appointment_id,
                                      entered_at, turn, step, state, due_at)
        values ($1, $2, $3, $4, $5, $6, 0, $7, 'waiting', $8)
            on conflict (journey_id, person_id) do nothing";

    let params: [&dyn Param; 8] = [
        &one.id,
        &one.journey,
        &one.version,
        &one.person,
        &one.appointment,
        &one.entered_at,
        &one.step,
        &one.due_at,
    ];
    Ok(tx.execute(SQL, &params)? > 0)
}

/// One passage.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: PassageId) -> Result<Option<Passage>, StoreError> {
    let sql = format!("select {COLUMNS} from journey_passages p where p.id = $1");
    let row = tx.find_one(&sql, &[&id])?;
    row.as_ref().map(passage_from).transpose()
}

/// The passage of a person through a journey.
///
/// # Errors
///
/// When the store fails.
pub fn find_of(
    tx: &mut Tx,
    journey: JourneyId,
    person: PersonId,
) -> Result<Option<Passage>, StoreError> {
    let sql = format!(
        "select {COLUMNS}
           from journey_passages p
          where p.journey_id = $1 and p.person_id = $2"
    );
    let row = tx.find_one(&sql, &[&journey, &person])?;
    row.as_ref().map(passage_from).transpose()
}

/// Those of a journey whose time has come, at most `limit`, longest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_due(
    tx: &mut Tx,
    journey: JourneyId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Passage>, StoreError> {
    let sql = format!(
        "select {COLUMNS}
           from journey_passages p
          where p.journey_id = $1 and p.state = 'waiting' and p.due_at <= $2
          order by p.due_at, p.id
          limit $3"
    );
    let rows = tx.list(&sql, &[&journey, &now, &limit])?;
    rows.iter().map(passage_from).collect()
}

/// How the message of a passage came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Whose.
    pub passage: Passage,
    /// Sent, failed or refused.
    pub state: Delivered,
    /// The last decision about it.
    pub decision: Option<DecisionId>,
}

/// Notes that a message came to its end, so that its passage is looked at.
///
/// # Errors
///
/// When the store fails.
pub fn wake(tx: &mut Tx, delivery: DeliveryId) -> Result<bool, StoreError> {
    const SQL: &str = "
        update journey_passages
           set due_at = $2
         where delivery_id = $1 and state = 'sending'";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&delivery, &now])? > 0)
}

/// Those of a journey whose message came to its end, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_answered(
    tx: &mut Tx,
    journey: JourneyId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Answered>, StoreError> {
    let sql = format!(
        "select {COLUMNS}, d.state, d.decision_id
           from journey_passages p
           join deliveries d on d.id = p.delivery_id
          where p.journey_id = $1 and p.state = 'sending' and p.due_at <= $2
            and d.state in ('sent', 'failed', 'refused')
          order by p.due_at, p.id
          limit $3"
    );
    let rows = tx.list(&sql, &[&journey, &now, &limit])?;
    rows.iter()
        .map(|row| {
            Ok(Answered {
                passage: passage_from(row)?,
                state: row.code(12, Delivered::find)?,
                decision: row.get(13)?,
            })
        })
        .collect()
}

/// What a step came to, and where it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// What it came to.
    pub outcome: Outcome,
    /// Where to; none at the end.
    pub to: Option<usize>,
}

/// Moves a passage on by one step; false when somebody else has moved it. The time is the act's.
///
/// # Errors
///
/// When the store fails.
pub fn go_on(tx: &mut Tx, one: &Passage, by: Move) -> Result<bool, StoreError> {
    const SQL: &str = "
        update journey_passages
           set turn = turn + 1, step = $3, state = 'waiting', due_at = $4, delivery_id = null
         where id = $1 and turn = $2 and state <> 'over'";
    const MOVE: &str = "
        insert into journey_moves (passage_id, turn, version_id, step, outcome, to_step, at)
        values ($1, $2, $3, $4, $5, $6, $7)";

    let now = tx.now();
    let step = by.to.unwrap_or(one.step);
    if tx.execute(SQL, &[&one.id, &one.turn, &step, &now])? == 0 {
        return Ok(false);
    }
    let outcome = by.outcome.as_str();
    tx.execute(
        MOVE,
        &[
            &one.id,
            &one.turn,
            &one.version,
            &one.step,
            &outcome,
            &by.to,
            &now,
        ],
    )?;
    Ok(true)
}

/// How a passage rests at its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Until this moment.
    Until(Timestamp),
    /// Until this message came to its end.
    Sending(DeliveryId),
    /// Until somebody has done something.
    Asked,
}

/// The year 9987, in microseconds.
const FAR: i64 = 253_000_000_000_000_000;

/// Lets a passage rest at its step; false when somebody else has moved it.
///
/// # Errors
///
/// When the store fails.
pub fn rest(tx: &mut Tx, one: &Passage, how: Rest) -> Result<bool, StoreError> {
    const SQL: &str = "
        update journey_passages
           set state = $3, due_at = $4, delivery_id = $5
         where id = $1 and turn = $2 and state <> 'over'";

    let now = tx.now();
    let (state, due_at, delivery) = match how {
        Rest::Until(at) => (State::Waiting, at.as_microsecond(), None),
        // Whoever settles the message wakes it.
        Rest::Sending(delivery) => (State::Sending, FAR, Some(delivery)),
        Rest::Asked => (State::Asked, now.as_microsecond(), None),
    };
    let params: [&dyn Param; 5] = [&one.id, &one.turn, &state.as_str(), &due_at, &delivery];
    Ok(tx.execute(SQL, &params)? > 0)
}

/// Ends a passage; false when it is over.
///
/// # Errors
///
/// When the store fails.
pub fn end(tx: &mut Tx, id: PassageId, why: Ending) -> Result<bool, StoreError> {
    const SQL: &str = "
        update journey_passages
           set state = 'over', ending = $2, ended_at = $3, delivery_id = null
         where id = $1 and state <> 'over'";

    const TASK: &str = "
        update journey_tasks
           set outcome = 'over', done_at = $2
         where passage_id = $1 and done_at is null";

    let now = tx.now();
    tx.execute(TASK, &[&id, &now])?;
    Ok(tx.execute(SQL, &[&id, &why.as_str(), &now])? > 0)
}

/// Ends every passage of a journey; answers how many.
///
/// # Errors
///
/// When the store fails.
pub fn end_all(tx: &mut Tx, journey: JourneyId, why: Ending) -> Result<u64, StoreError> {
    const SQL: &str = "
        update journey_passages
           set state = 'over', ending = $2, ended_at = $3, delivery_id = null
         where journey_id = $1 and state <> 'over'";
    const TASKS: &str = "
        update journey_tasks
           set outcome = 'over', done_at = $2
         where done_at is null
           and passage_id in (select id from journey_passages where journey_id = $1)";

    let now = tx.now();
    tx.execute(TASKS, &[&journey, &now])?;
    tx.execute(SQL, &[&journey, &why.as_str(), &now])
}

/// Puts a passage under the record that its person was joined to.
///
/// # Errors
///
/// [`StoreError::Conflict`] when that one has its own.
pub fn hand_to(tx: &mut Tx, id: PassageId, person: PersonId) -> Result<(), StoreError> {
    const SQL: &str = "
        update journey_passages
           set person_id = $2
         where id = $1";

    tx.execute(SQL, &[&id, &person])?;
    Ok(())
}

/// How many entered since an instant.
///
/// # Errors
///
/// When the store fails.
pub fn count_entered_since(
    tx: &mut Tx,
    journey: JourneyId,
    since: Timestamp,
) -> Result<u64, StoreError> {
    const SQL: &str = "
        select count(*)
          from journey_passages
         where journey_id = $1 and entered_at > $2";

    tx.find_one(SQL, &[&journey, &since])?
        .map_or(Ok(0), |row| row.get(0))
}

/// How many passages of a version are at each step, and how many are over by each ending.
///
/// # Errors
///
/// When the store fails.
pub fn tally(tx: &mut Tx, version: JourneyVersionId) -> Result<Tally, StoreError> {
    const SQL: &str = "
        select state, step, ending, count(*)
          from journey_passages
         where version_id = $1
         group by state, step, ending";

    let mut tally = Tally::default();
    for row in tx.list(SQL, &[&version])? {
        let n: u64 = row.get(3)?;
        tally.n_entered += n;
        match row.code(0, State::find)? {
            State::Over => {
                let ending = row.code(2, Ending::find)?;
                *tally.over.entry(ending).or_default() += n;
            }
            _ => *tally.at.entry(row.get(1)?).or_default() += n,
        }
    }
    Ok(tally)
}

/// Where the people of a version are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many entered.
    pub n_entered: u64,
    /// How many are at each step.
    pub at: BTreeMap<usize, u64>,
    /// How many are through, and why.
    pub over: BTreeMap<Ending, u64>,
}

/// How often a step came to something and went somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moves {
    /// The step, from 0.
    pub step: usize,
    /// What it came to, and where it went.
    pub by: Move,
    /// How often.
    pub n: u64,
}

/// What the steps of a version came to.
///
/// # Errors
///
/// When the store fails.
pub fn list_moves(tx: &mut Tx, version: JourneyVersionId) -> Result<Vec<Moves>, StoreError> {
    const SQL: &str = "
        select step, outcome, coalesce(to_step, -1), count(*)
          from journey_moves
         where version_id = $1
         group by step, outcome, to_step
         order by step, outcome, 3";

    let rows = tx.list(SQL, &[&version])?;
    rows.iter()
        .map(|row| {
            let to: i64 = row.get(2)?;
            let by = Move {
                outcome: row.code(1, Outcome::find)?,
                to: usize::try_from(to).ok(),
            };
            Ok(Moves {
                step: row.get(0)?,
                by,
                n: row.get(3)?,
            })
        })
        .collect()
}

/// How many messages of each step of a version were decided after one instant and not after another.
///
/// # Errors
///
/// When the store fails.
pub fn list_shares(
    tx: &mut Tx,
    version: JourneyVersionId,
    (after, until): (Timestamp, Timestamp),
) -> Result<BTreeMap<usize, Share>, StoreError> {
    const SQL: &str = "
        select step, outcome, count(*)
          from journey_moves
         where version_id = $1 and outcome in ('sent', 'failed', 'refused')
           and at > $2 and at <= $3
         group by step, outcome";

    let mut found: BTreeMap<usize, Share> = BTreeMap::new();
    for row in tx.list(SQL, &[&version, &after, &until])? {
        let share = found.entry(row.get(0)?).or_default();
        let n: u64 = row.get(2)?;
        share.n += n;
        if row.code(1, Outcome::find)? == Outcome::Refused {
            share.n_refused += n;
        }
    }
    Ok(found)
}

/// Keeps by which rules the message of a passage's step was refused.
///
/// # Errors
///
/// When the store fails.
pub fn add_refusals(tx: &mut Tx, one: &Passage, rules: &[String]) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into journey_refusals (passage_id, turn, version_id, step, rule)
        values ($1, $2, $3, $4, $5)
            on conflict (passage_id, turn, rule) do nothing";

    for rule in rules {
        tx.execute(SQL, &[&one.id, &one.turn, &one.version, &one.step, rule])?;
    }
    Ok(())
}

/// By which rules the messages of a version's steps were refused, and how often; most first.
///
/// # Errors
///
/// When the store fails.
pub fn list_refusals(
    tx: &mut Tx,
    version: JourneyVersionId,
) -> Result<Vec<(usize, String, u64)>, StoreError> {
    const SQL: &str = "
        select step, rule, count(*)
          from journey_refusals
         where version_id = $1
         group by step, rule
         order by step, 3 desc, rule";

    let rows = tx.list(SQL, &[&version])?;
    rows.iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .collect()
}

/// Whether somebody wrote back to a message of a passage.
///
/// # Errors
///
/// When the store fails.
pub fn has_answer(tx: &mut Tx, id: PassageId, person: PersonId) -> Result<bool, StoreError> {
    const SQL: &str = "
        select 1
          from deliveries d
          join reports r on r.delivery_id = d.id and r.kind = 'reply'
         where d.person_id = $2 and d.occasion = $1
         limit 1";

    Ok(tx.find_one(SQL, &[&id, &person])?.is_some())
}

/// Whether an appointment of a person that takes place begins after an instant.
///
/// # Errors
///
/// When the store fails.
pub fn has_appointment(
    tx: &mut Tx,
    person: PersonId,
    after: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        select 1
          from appointments
         where person_id = $1 and starts_at > $2
           and status in ('booked', 'arrived', 'checked-in')
         limit 1";

    Ok(tx.find_one(SQL, &[&person, &after])?.is_some())
}

/// How far the people of a version's audience were let in: after whom to go on, and whether all were.
///
/// # Errors
///
/// When the store fails.
pub fn find_walk(
    tx: &mut Tx,
    version: JourneyVersionId,
) -> Result<Option<(PersonId, bool)>, StoreError> {
    const SQL: &str = "
        select last_id, is_done
          from journey_walks
         where version_id = $1";

    let row = tx.find_one(SQL, &[&version])?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Notes how far they were let in.
///
/// # Errors
///
/// When the store fails.
pub fn put_walk(
    tx: &mut Tx,
    version: JourneyVersionId,
    last: PersonId,
    is_done: bool,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into journey_walks (version_id, last_id, is_done)
        values ($1, $2, $3)
            on conflict (version_id) do update
           set last_id = excluded.last_id, is_done = excluded.is_done";

    tx.execute(SQL, &[&version, &last, &is_done])?;
    Ok(())
}

/// What somebody is to do for a passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// For which passage.
    pub passage: PassageId,
    /// At which step.
    pub step: usize,
    /// For whom.
    pub person: PersonId,
    /// Whose task it is.
    pub role: Role,
    /// Since when.
    pub made_at: Timestamp,
}

/// Adds a task; the time is the act's. One that is there stays.
///
/// # Errors
///
/// When the store fails.
pub fn add_task(tx: &mut Tx, one: &Passage, role: Role) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into journey_tasks (passage_id, step, person_id, role, made_at)
        values ($1, $2, $3, $4, $5)
            on conflict (passage_id, step) do nothing";

    let now = tx.now();
    tx.execute(
        SQL,
        &[&one.id, &one.step, &one.person, &role.as_str(), &now],
    )?;
    Ok(())
}

/// The open tasks of a role, the oldest first, at most `limit`. Those of journeys that were paused wait, too.
///
/// # Errors
///
/// When the store fails.
pub fn list_tasks(tx: &mut Tx, role: Role, limit: u32) -> Result<Vec<Task>, StoreError> {
    const SQL: &str = "
        select passage_id, step, person_id, role, made_at
          from journey_tasks
         where role = $1 and done_at is null
         order by made_at, passage_id
         limit $2";

    let rows = tx.list(SQL, &[&role.as_str(), &limit])?;
    rows.iter().map(task_from).collect()
}

/// How many tasks of a role are open.
///
/// # Errors
///
/// When the store fails.
pub fn count_tasks(tx: &mut Tx, role: Role) -> Result<u64, StoreError> {
    const SQL: &str = "
        select count(*)
          from journey_tasks
         where role = $1 and done_at is null";

    tx.find_one(SQL, &[&role.as_str()])?
        .map_or(Ok(0), |row| row.get(0))
}

/// The open task of a passage.
///
/// # Errors
///
/// When the store fails.
pub fn find_task(tx: &mut Tx, passage: PassageId) -> Result<Option<Task>, StoreError> {
    const SQL: &str = "
        select passage_id, step, person_id, role, made_at
          from journey_tasks
         where passage_id = $1 and done_at is null";

    let row = tx.find_one(SQL, &[&passage])?;
    row.as_ref().map(task_from).transpose()
}

const NOTE_SEALED: &str = "journey_tasks.sealed";

/// Ends a task, with the note sealed under the person's key; false when it is ended. The time is the act's.
///
/// # Errors
///
/// When the store fails.
pub fn end_task(
    tx: &mut Tx,
    task: &Task,
    outcome: Outcome,
    note: &str,
    by: Option<OperatorId>,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update journey_tasks
           set outcome = $3, sealed = $4, done_at = $5, done_by = $6
         where passage_id = $1 and step = $2 and done_at is null";

    let sealed = match note {
        "" => None,
        note => Some(tx.seal(
            task.person,
            NOTE_SEALED,
            task.passage.as_bytes(),
            note.as_bytes(),
        )?),
    };
    let now = tx.now();
    let params: [&dyn Param; 6] = [
        &task.passage,
        &task.step,
        &outcome.as_str(),
        &sealed,
        &now,
        &by,
    ];
    Ok(tx.execute(SQL, &params)? > 0)
}

/// What was noted when the task of a passage's step ended; empty when nothing was.
///
/// # Errors
///
/// When the store fails, or the person was erased.
pub fn find_note(
    tx: &mut Tx,
    passage: PassageId,
    step: usize,
) -> Result<Option<String>, StoreError> {
    const SQL: &str = "
        select person_id, sealed
          from journey_tasks
         where passage_id = $1 and step = $2 and sealed is not null";

    let Some(row) = tx.find_one(SQL, &[&passage, &step])? else {
        return Ok(None);
    };
    let plain = tx.open_sealed(row.get(0)?, NOTE_SEALED, passage.as_bytes(), row.bytes(1)?)?;
    String::from_utf8(plain)
        .map(Some)
        .map_err(|_| row.corrupt())
}

fn task_from(row: &Row) -> Result<Task, StoreError> {
    Ok(Task {
        passage: row.get(0)?,
        step: row.get(1)?,
        person: row.get(2)?,
        role: row.code(3, Role::find)?,
        made_at: row.get(4)?,
    })
}

fn passage_from(row: &Row) -> Result<Passage, StoreError> {
    let ending: Option<String> = row.get(11)?;
    Ok(Passage {
        id: row.get(0)?,
        journey: row.get(1)?,
        version: row.get(2)?,
        person: row.get(3)?,
        appointment: row.get(4)?,
        entered_at: row.get(5)?,
        turn: row.get(6)?,
        step: row.get(7)?,
        state: row.code(8, State::find)?,
        due_at: row.get(9)?,
        delivery: row.get(10)?,
        ending: ending.as_deref().and_then(Ending::find),
    })
}
