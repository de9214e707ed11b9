//! The events that triggers took note of, each once, and whom the clock adds.

use std::collections::BTreeMap;

use placet_domain::delivery::State;
use placet_domain::id::{AppointmentId, DecisionId, FireId, PersonId, TriggerId};
use placet_domain::time::Timestamp;
use placet_domain::trigger::{Dropped, Event, FireState};

use crate::error::StoreError;
use crate::people::Slot;
use crate::row::Row;
use crate::tx::Tx;
use crate::value::Param;

/// An event that a trigger took note of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fire {
    /// Which.
    pub id: FireId,
    /// Whose trigger.
    pub trigger: TriggerId,
    /// What tells it from the trigger's other events.
    pub occasion: Vec<u8>,
    /// What happened.
    pub event: Event,
    /// To whom.
    pub person: PersonId,
    /// To which appointment.
    pub appointment: Option<AppointmentId>,
    /// When it is due.
    pub due_at: Timestamp,
    /// After this it comes too late.
    pub ends_at: Timestamp,
}

/// How an event stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The event.
    pub fire: Fire,
    /// When it was taken note of.
    pub noted_at: Timestamp,
    /// Where it stands.
    pub state: FireState,
    /// Why it came to nothing.
    pub why: Option<Dropped>,
    /// Its delivery's state, and the last decision about it.
    pub delivery: Option<(State, Option<DecisionId>)>,
}

/// Takes note of an event; false when that was done before. The time is the act's.
///
/// # Errors
///
/// When the store fails.
pub fn note(tx: &mut Tx, fire: &Fire) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into trigger_fires (id, trigger_id, occasion, event, person_id, appointment_id,
                                   noted_at, due_at, ends_at, state)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting')
            on conflict (trigger_id, occasion) do nothing";

    let now = tx.now();
    let params: [&dyn Param; 9] = [
        &fire.id,
        &fire.trigger,
        &fire.occasion,
        &fire.event.as_str(),
        &fire.person,
        &fire.appointment,
        &now,
        &fire.due_at,
        &fire.ends_at,
    ];
    Ok(tx.execute(SQL, &params)? > 0)
}

/// One event.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: FireId) -> Result<Option<Fire>, StoreError> {
    const SQL: &str = "
        select id, trigger_id, occasion, event, person_id, appointment_id, due_at, ends_at
          from trigger_fires
         where id = $1";

    tx.find_one(SQL, &[&id])?
        .as_ref()
        .map(fire_from)
        .transpose()
}

/// Those of a trigger that are due, at most `limit`, longest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_due(
    tx: &mut Tx,
    trigger: TriggerId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Fire>, StoreError> {
    const SQL: &str = "
        select id, trigger_id, occasion, event, person_id, appointment_id, due_at, ends_at
          from trigger_fires
         where trigger_id = $1 and state = 'waiting' and due_at <= $2
         order by due_at, id
         limit $3";

    let rows = tx.list(SQL, &[&trigger, &now, &limit])?;
    rows.iter().map(fire_from).collect()
}

/// Those of an appointment that wait or have a delivery that waits.
///
/// # Errors
///
/// When the store fails.
pub fn list_open_of(tx: &mut Tx, appointment: AppointmentId) -> Result<Vec<Fire>, StoreError> {
    const SQL: &str = "
        select f.id, f.trigger_id, f.occasion, f.event, f.person_id, f.appointment_id, f.due_at,
               f.ends_at
          from trigger_fires f
         where f.appointment_id = $1
           and (f.state = 'waiting'
                or (f.state = 'fired'
                    and exists (select 1
                                  from deliveries d
                                 where d.campaign_id = f.trigger_id and d.person_id = f.person_id
                                   and d.occasion = f.id and d.state = 'pending')))
         order by f.id";

    let rows = tx.list(SQL, &[&appointment])?;
    rows.iter().map(fire_from).collect()
}

/// Gives a waiting one another time; false when it waits no more.
///
/// # Errors
///
/// When the store fails.
pub fn put_off(
    tx: &mut Tx,
    id: FireId,
    due_at: Timestamp,
    ends_at: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update trigger_fires
           set due_at = $2, ends_at = $3
         where id = $1 and state = 'waiting'";

    Ok(tx.execute(SQL, &[&id, &due_at, &ends_at])? > 0)
}

/// Ends the waiting of one, for this person; false when it waits no more.
///
/// # Errors
///
/// When the store fails.
pub fn settle(
    tx: &mut Tx,
    id: FireId,
    person: PersonId,
    dropped: Option<Dropped>,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update trigger_fires
           set state = $2, why = $3, settled_at = $4, person_id = $5
         where id = $1 and state = 'waiting'";

    let state = match dropped {
        None => FireState::Fired,
        Some(_) => FireState::Dropped,
    };
    let (now, why) = (tx.now(), dropped.map(Dropped::as_str));
    Ok(tx.execute(SQL, &[&id, &state.as_str(), &why, &now, &person])? > 0)
}

/// Has every appointment that waits for a trigger looked at again now: its time may be another.
///
/// # Errors
///
/// When the store fails.
pub fn look_again(tx: &mut Tx, trigger: TriggerId) -> Result<u64, StoreError> {
    const SQL: &str = "
        update trigger_fires
           set due_at = 0
         where trigger_id = $1 and state = 'waiting' and event = 'appointment_coming_up'";

    tx.execute(SQL, &[&trigger])
}

/// Drops everything of a trigger that waits; answers how many.
///
/// # Errors
///
/// When the store fails.
pub fn drop_all(tx: &mut Tx, trigger: TriggerId, why: Dropped) -> Result<u64, StoreError> {
    const SQL: &str = "
        update trigger_fires
           set state = 'dropped', why = $2, settled_at = $3
         where trigger_id = $1 and state = 'waiting'";

    let now = tx.now();
    tx.execute(SQL, &[&trigger, &why.as_str(), &now])
}

/// How many were handed over since an instant.
///
/// # Errors
///
/// When the store fails.
pub fn count_fired_since(
    tx: &mut Tx,
    trigger: TriggerId,
    since: Timestamp,
) -> Result<u64, StoreError> {
    const SQL: &str = "
        select count(*)
          from trigger_fires
         where trigger_id = $1 and state = 'fired' and settled_at > $2";

    tx.find_one(SQL, &[&trigger, &since])?
        .map_or(Ok(0), |row| row.get(0))
}

/// How many of a trigger stand where.
///
/// # Errors
///
/// When the store fails.
pub fn tally(tx: &mut Tx, trigger: TriggerId) -> Result<BTreeMap<FireState, u64>, StoreError> {
    const SQL: &str = "
        select state, count(*)
          from trigger_fires
         where trigger_id = $1
         group by state";

    let rows = tx.list(SQL, &[&trigger])?;
    rows.iter()
        .map(|row| Ok((row.code(0, FireState::find)?, row.get(1)?)))
        .collect()
}

/// Why events of a trigger came to nothing, and how often; most first.
///
/// # Errors
///
/// When the store fails.
pub fn list_dropped(tx: &mut Tx, trigger: TriggerId) -> Result<Vec<(Dropped, u64)>, StoreError> {
    const SQL: &str = "
        select why, count(*)
          from trigger_fires
         where trigger_id = $1 and state = 'dropped'
         group by why
         order by 2 desc, 1";

    let rows = tx.list(SQL, &[&trigger])?;
    rows.iter()
        .map(|row| Ok((row.code(0, Dropped::find)?, row.get(1)?)))
        .collect()
}

/// The events of a trigger in one state, or in any, with their deliveries; newest first, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_latest(
    tx: &mut Tx,
    trigger: TriggerId,
    state: Option<FireState>,
    limit: u32,
) -> Result<Vec<Held>, StoreError> {
    const SQL: &str = "
        select f.id, f.trigger_id, f.occasion, f.event, f.person_id, f.appointment_id, f.due_at,
               f.ends_at, f.noted_at, f.state, f.why, d.state, d.decision_id
          from trigger_fires f
          left join deliveries d on d.campaign_id = f.trigger_id and d.person_id = f.person_id
                                and d.occasion = f.id
         where f.trigger_id = $1 and f.state in ($2, $3, $4)
         order by f.noted_at desc, f.id desc
         limit $5";

    let any = FireState::ALL.iter().map(|one| one.as_str());
    let wanted: Vec<&str> = match state {
        Some(state) => vec![state.as_str(); 3],
        None => any.collect(),
    };
    let mut params: Vec<&dyn Param> = vec![&trigger];
    params.extend(wanted.iter().map(|one| one as &dyn Param));
    params.push(&limit);
    let rows = tx.list(SQL, &params)?;
    rows.iter().map(held_from).collect()
}

/// The events of a trigger whose delivery the gate or somebody's absence ended before it left; newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_refused(tx: &mut Tx, trigger: TriggerId, limit: u32) -> Result<Vec<Held>, StoreError> {
    const SQL: &str = "
        select f.id, f.trigger_id, f.occasion, f.event, f.person_id, f.appointment_id, f.due_at,
               f.ends_at, f.noted_at, f.state, f.why, d.state, d.decision_id
          from deliveries d
          join trigger_fires f on f.id = d.occasion
         where d.state = 'refused' and d.campaign_id = $1
         order by f.noted_at desc, f.id desc
         limit $2";

    let rows = tx.list(SQL, &[&trigger, &limit])?;
    rows.iter().map(held_from).collect()
}

/// Appointments of a source's people that begin after one instant and not after another, and that a trigger took no
/// note of yet; next first.
///
/// # Errors
///
/// When the store fails.
pub fn list_coming_up(
    tx: &mut Tx,
    trigger: TriggerId,
    source: &str,
    (after, until): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<Slot>, StoreError> {
    const SQL: &str = "
        select a.id, a.person_id, a.starts_at, a.status
          from appointments a
          join people p on p.id = a.person_id and p.source = $2
         where a.starts_at > $3 and a.starts_at <= $4
           and a.status in ('booked', 'arrived', 'checked-in')
           and not exists (select 1
                             from trigger_fires f
                            where f.appointment_id = a.id and f.trigger_id = $1
                              and f.event = 'appointment_coming_up')
         order by a.starts_at, a.id
         limit $5";

    let rows = tx.list(SQL, &[&trigger, &source, &after, &until, &limit])?;
    rows.iter().map(slot_from).collect()
}

/// Visits of a source's people between two instants that were their last ones, and that a trigger took no note of yet.
///
/// # Errors
///
/// When the store fails.
pub fn list_last_visits(
    tx: &mut Tx,
    trigger: TriggerId,
    source: &str,
    (after, until): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<Slot>, StoreError> {
    const SQL: &str = "
        select a.id, a.person_id, a.starts_at, a.status
          from appointments a
          join people p on p.id = a.person_id and p.source = $2
         where a.starts_at > $3 and a.starts_at <= $4
           and a.status in ('booked', 'arrived', 'checked-in', 'fulfilled')
           and not exists (select 1
                             from appointments later
                            where later.person_id = a.person_id and later.starts_at > a.starts_at
                              and later.status in ('booked', 'arrived', 'checked-in', 'fulfilled'))
           and not exists (select 1
                             from trigger_fires f
                            where f.appointment_id = a.id and f.trigger_id = $1
                              and f.event = 'last_visit')
         order by a.starts_at, a.id
         limit $5";

    let rows = tx.list(SQL, &[&trigger, &source, &after, &until, &limit])?;
    rows.iter().map(slot_from).collect()
}

/// People of a source with one of these dates of birth, by their keyed hashes, of whom a trigger took no note for a
/// birthday since an instant; each with their time zone.
///
/// # Errors
///
/// When the store fails.
pub fn list_born(
    tx: &mut Tx,
    trigger: TriggerId,
    source: &str,
    lookup: &[u8],
    since: Timestamp,
    limit: u32,
) -> Result<Vec<(PersonId, Option<String>)>, StoreError> {
    const SQL: &str = "
        select p.id, p.time_zone
          from person_lookups l
          join people p on p.id = l.person_id and p.source = $2
         where l.lookup = $3
           and p.deceased_on is null
           and not exists (select 1
                             from trigger_fires f
                            where f.person_id = p.id and f.event = 'birthday'
                              and f.trigger_id = $1 and f.noted_at > $4)
         order by p.id
         limit $5";

    let rows = tx.list(SQL, &[&trigger, &source, &lookup, &since, &limit])?;
    rows.iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect()
}

/// Appointments of a source's people by an instant of theirs, for a trial: which one says `of`.
///
/// # Errors
///
/// When the store fails.
pub fn list_past(
    tx: &mut Tx,
    of: Event,
    source: &str,
    (after, until): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<PersonId>, StoreError> {
    const HEAD: &str = "
        select a.person_id
          from appointments a
          join people p on p.id = a.person_id and p.source = $1
         where";
    let which = match of {
        Event::Booked => "a.created_at > $2 and a.created_at <= $3",
        Event::Moved => {
            "a.updated_at > $2 and a.updated_at <= $3 and a.updated_at > a.created_at
               and a.status in ('booked', 'arrived', 'checked-in', 'fulfilled')"
        }
        Event::Cancelled => "a.updated_at > $2 and a.updated_at <= $3 and a.status = 'cancelled'",
        Event::LastVisit => {
            "a.starts_at > $2 and a.starts_at <= $3
               and a.status in ('booked', 'arrived', 'checked-in', 'fulfilled')
               and not exists (select 1
                                 from appointments later
                                where later.person_id = a.person_id
                                  and later.starts_at > a.starts_at)"
        }
        Event::ComingUp | Event::Birthday | Event::Registered => {
            "a.starts_at > $2 and a.starts_at <= $3
               and a.status in ('booked', 'arrived', 'checked-in', 'fulfilled')"
        }
    };
    let sql = format!("{HEAD} {which} order by a.starts_at desc, a.id limit $4");
    let rows = tx.list(&sql, &[&source, &after, &until, &limit])?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// People of a source who came in between two instants, newest first, for a trial.
///
/// # Errors
///
/// When the store fails.
pub fn list_registered(
    tx: &mut Tx,
    source: &str,
    (after, until): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<PersonId>, StoreError> {
    const SQL: &str = "
        select id
          from people
         where source = $1 and created_at > $2 and created_at <= $3
         order by created_at desc, id
         limit $4";

    let rows = tx.list(SQL, &[&source, &after, &until, &limit])?;
    rows.iter().map(|row| row.get(0)).collect()
}

fn slot_from(row: &Row) -> Result<Slot, StoreError> {
    Ok(Slot {
        id: row.get(0)?,
        person: row.get(1)?,
        starts_at: row.get(2)?,
        status: row.get(3)?,
    })
}

fn fire_from(row: &Row) -> Result<Fire, StoreError> {
    Ok(Fire {
        id: row.get(0)?,
        trigger: row.get(1)?,
        occasion: row.get(2)?,
        event: row.code(3, Event::find)?,
        person: row.get(4)?,
        appointment: row.get(5)?,
        due_at: row.get(6)?,
        ends_at: row.get(7)?,
    })
}

fn held_from(row: &Row) -> Result<Held, StoreError> {
    let state: Option<String> = row.get(11)?;
    let delivery = match state.as_deref() {
        None => None,
        Some(code) => {
            let state = State::find(code).ok_or_else(|| row.corrupt())?;
            Some((state, row.get(12)?))
        }
    };
    let why: Option<String> = row.get(10)?;
    Ok(Held {
        fire: fire_from(row)?,
        noted_at: row.get(8)?,
        state: row.code(9, FireState::find)?,
        why: why.as_deref().and_then(Dropped::find),
        delivery,
    })
}
