//! What time brings: appointments that come up, birthdays, visits that are long ago, and whatever is due.

use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::time::{Date, Span, TimeZone, Timestamp};
use placet_domain::trigger::{Event, MORNING};
use placet_store::{Tx, people, trigger_fires};

use super::fire::hand_over;
use super::note::{Happened, OF_USE, Watch, Watched, note};
use crate::{ActError, settings};

/// The most that one act takes of one trigger.
const MOST: u32 = 200;
/// How long before it is due an appointment is taken note of that came in before the trigger.
const AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
/// The oldest birthday that is looked for.
const OLDEST: i16 = 130;

/// Whether the clock has brought anything: then [`tick`] is worth an act. `sweeps` looks at the calendar too.
///
/// # Errors
///
/// When the store fails.
pub fn has_work(tx: &mut Tx, now: Timestamp, sweeps: Sweeps) -> Result<bool, ActError> {
    for watched in Watch::read(tx, None)?.each().filter(|it| it.is_at_work) {
        if !trigger_fires::list_due(tx, watched.id, now, 1)?.is_empty()
            || (sweeps == Sweeps::Calendar && !brought(tx, watched, now, 1)?.is_empty())
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a look takes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sweeps {
    /// What is due.
    Due,
    /// The calendar as well.
    Calendar,
}

/// Takes note of what the clock brings and hands over what is due; answers whether more of it waits.
///
/// # Errors
///
/// When the store fails.
pub fn tick(tx: &mut Tx, ctx: &Ctx, sweeps: Sweeps) -> Result<bool, ActError> {
    let (mut n_noted, mut n_due, mut has_more) = (0_u32, 0_u32, false);
    for watched in Watch::read(tx, None)?.each().filter(|it| it.is_at_work) {
        if sweeps == Sweeps::Calendar {
            let brought = brought(tx, watched, ctx.now, MOST)?;
            has_more |= brought.len() as u64 >= u64::from(MOST);
            for happened in &brought {
                n_noted += u32::from(note(tx, ctx, watched, happened)?);
            }
        }
        let due = trigger_fires::list_due(tx, watched.id, ctx.now, MOST)?;
        has_more |= due.len() as u64 >= u64::from(MOST);
        for fire in &due {
            hand_over(tx, ctx, watched, fire)?;
            n_due += 1;
            if watched.left.get() == Some(0) {
                // The next one pauses it, and the others wait.
                has_more = false;
            }
        }
    }
    tx.record(
        Entry::new("triggers.looked_at")
            .with("n_noted", n_noted)
            .with("n_due", n_due),
    );
    Ok(has_more)
}

/// What the calendar brings one trigger, at most `limit`.
fn brought(
    tx: &mut Tx,
    watched: &Watched,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Happened>, ActError> {
    let (id, source, wait) = (watched.id, watched.source.as_str(), watched.wait.duration());
    let slots = match watched.event {
        Event::ComingUp => {
            let until = now + wait + AHEAD;
            trigger_fires::list_coming_up(tx, id, source, (now, until), limit)?
        }
        Event::LastVisit => {
            let until = now - wait;
            trigger_fires::list_last_visits(tx, id, source, (until - OF_USE, until), limit)?
        }
        Event::Birthday => return birthdays(tx, watched, now, limit),
        Event::Booked | Event::Moved | Event::Cancelled | Event::Registered => Vec::new(),
    };
    let happened = slots.iter().map(|slot| Happened::to(slot, watched, now));
    Ok(happened.collect())
}

fn birthdays(
    tx: &mut Tx,
    watched: &Watched,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Happened>, ActError> {
    let ours = settings::load(tx)?.time_zone();
    let today = now.to_zoned(ours.clone()).date();
    // Long enough that one birthday is not taken for the next.
    let since = now - jiff::SignedDuration::from_hours(300 * 24);
    let mut found = Vec::new();
    for born in born_on(today) {
        let lookup = tx
            .sealer()
            .lookup_hash(people::BIRTH_DATE, &born.to_string());
        let left = limit - u32::try_from(found.len()).unwrap_or(limit).min(limit);
        if left == 0 {
            break;
        }
        let (id, source) = (watched.id, &watched.source);
        for (person, zone) in trigger_fires::list_born(tx, id, source, &lookup, since, left)? {
            let zone = zone.and_then(|name| TimeZone::get(&name).ok());
            let Some((due_at, ends_at)) = morning(today, &zone.unwrap_or_else(|| ours.clone()))
            else {
                continue;
            };
            let mut occasion = person.as_bytes().to_vec();
            occasion.extend(today.year().to_be_bytes());
            if ends_at > now {
                found.push(Happened {
                    person,
                    appointment: None,
                    occasion,
                    due_at,
                    ends_at,
                });
            }
        }
    }
    Ok(found)
}

/// The dates of birth whose day this is; a 29th of February is kept on the 1st of March where there is none.
pub(super) fn born_on(today: Date) -> impl Iterator<Item = Date> {
    let leap_day =
        (today.month() == 3 && today.day() == 1 && !today.in_leap_year()).then_some((2, 29));
    let days = [Some((today.month(), today.day())), leap_day];
    (0..=OLDEST).flat_map(move |age| {
        let year = today.year() - age;
        days.into_iter()
            .flatten()
            .filter_map(move |(month, day)| Date::new(year, month, day).ok())
    })
}

/// The morning of a day somewhere, and the end of that day.
fn morning(day: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let at = day.at(MORNING, 0, 0, 0).to_zoned(zone.clone()).ok()?;
    let next = day.checked_add(Span::new().days(1)).ok()?;
    let end = next.to_zoned(zone.clone()).ok()?;
    Some((at.timestamp(), end.timestamp()))
}
