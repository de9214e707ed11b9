//! What is due is handed over: a delivery is written, to be decided when it is claimed.

use jiff::SignedDuration;
use placet_domain::campaign::Hold;
use placet_domain::channel::Channel;
use placet_domain::ctx::Ctx;
use placet_domain::id::{DeliveryId, PersonId};
use placet_domain::person::takes_place;
use placet_domain::time::Timestamp;
use placet_domain::trigger::{Dropped, Event, Wait, sends_as};
use placet_store::deliveries::{self, Waiting};
use placet_store::trigger_fires::{self, Fire};
use placet_store::{StoreError, Tx, people};

use super::acts::hold;
use super::note::{Then, Watched};
use crate::journey::{self, Road};
use crate::{ActError, import};

/// The window of a trigger's limit.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How an event stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Still {
    /// It is so, and due.
    Due,
    /// It is so, and due later.
    Later(Timestamp),
    /// It is so no more.
    Over(Dropped),
}

/// Looks whether an event is still so: nobody is reminded of what was cancelled, or before its time. Answers whose it
/// is now, too.
///
/// # Errors
///
/// When the store fails.
pub(crate) fn look(
    tx: &mut Tx,
    (event, wait): (Event, Wait),
    fire: &Fire,
    now: Timestamp,
) -> Result<(Still, PersonId), StoreError> {
    if event != fire.event {
        return Ok((Still::Over(Dropped::OtherEvent), fire.person));
    }
    let slot = match fire.appointment {
        Some(id) => people::find_slot(tx, id)?,
        None => None,
    };
    let Some(slot) = slot else {
        let person = import::home(tx, fire.person)?;
        let still = match fire.appointment {
            Some(_) => Still::Over(Dropped::Cancelled),
            None => in_time(fire, now),
        };
        return Ok((still, person));
    };
    let is_on = takes_place(&slot.status);
    let (still, person) = match fire.event {
        Event::Cancelled if is_on => (Still::Over(Dropped::Rebooked), slot.person),
        Event::Booked | Event::Moved | Event::ComingUp if !is_on => {
            (Still::Over(Dropped::Cancelled), slot.person)
        }
        Event::LastVisit => {
            let last = people::find_last_visit(tx, slot.person, Timestamp::MAX)?;
            let still = match last {
                Some(last) if last.id != slot.id => Still::Over(Dropped::SeenSince),
                _ => in_time(fire, now),
            };
            (still, slot.person)
        }
        _ if slot.starts_at <= now => (Still::Over(Dropped::TooLate), slot.person),
        Event::ComingUp => {
            let due = slot.starts_at - wait.duration();
            let still = if due > now {
                Still::Later(due)
            } else {
                Still::Due
            };
            (still, slot.person)
        }
        Event::Moved | Event::Cancelled if !is_occasion_of(fire, slot.starts_at) => {
            (Still::Over(Dropped::Overtaken), slot.person)
        }
        _ => (due(fire, now), slot.person),
    };
    Ok((still, import::home(tx, person)?))
}

fn is_occasion_of(fire: &Fire, starts_at: Timestamp) -> bool {
    fire.occasion.get(16..24) == Some(starts_at.as_microsecond().to_be_bytes().as_slice())
}

fn in_time(fire: &Fire, now: Timestamp) -> Still {
    if fire.ends_at <= now {
        Still::Over(Dropped::TooLate)
    } else {
        due(fire, now)
    }
}

fn due(fire: &Fire, now: Timestamp) -> Still {
    if fire.due_at > now {
        Still::Later(fire.due_at)
    } else {
        Still::Due
    }
}

/// Hands over what is due, puts off what is not, drops what is over.
///
/// # Errors
///
/// When the store fails.
pub(super) fn hand_over(
    tx: &mut Tx,
    ctx: &Ctx,
    watched: &Watched,
    fire: &Fire,
) -> Result<(), ActError> {
    let (still, person) = look(tx, (watched.event, watched.wait), fire, ctx.now)?;
    match still {
        Still::Due if tx.is_erased(person)? => dropped(tx, watched, fire, person, Dropped::Erased),
        Still::Due if !watched.is_at_work => {
            trigger_fires::put_off(tx, fire.id, ctx.now, fire.ends_at)?;
            Ok(())
        }
        Still::Due if left(tx, ctx, watched)? == 0 => pause(tx, ctx, watched),
        Still::Due => write(tx, ctx, watched, fire, person),
        Still::Later(at) => {
            let ends_at = match fire.event {
                Event::ComingUp => at + watched.wait.duration(),
                _ => fire.ends_at,
            };
            if trigger_fires::put_off(tx, fire.id, at, ends_at)? {
                tx.record(watched.entry("put_off", fire, person).with("due_at", at));
            }
            Ok(())
        }
        Still::Over(why) => dropped(tx, watched, fire, person, why),
    }
}

fn dropped(
    tx: &mut Tx,
    watched: &Watched,
    fire: &Fire,
    person: PersonId,
    why: Dropped,
) -> Result<(), ActError> {
    if trigger_fires::settle(tx, fire.id, person, Some(why))? {
        tx.record(
            watched
                .entry("dropped", fire, person)
                .with("why", why.as_str()),
        );
    }
    Ok(())
}

fn write(
    tx: &mut Tx,
    ctx: &Ctx,
    watched: &Watched,
    fire: &Fire,
    person: PersonId,
) -> Result<(), ActError> {
    match &watched.then {
        Then::Message(channel) => write_message(tx, ctx, watched, fire, (person, *channel)),
        Then::Journey(road) => let_in(tx, ctx, (watched, road), fire, person),
    }
}

fn let_in(
    tx: &mut Tx,
    ctx: &Ctx,
    (watched, road): (&Watched, &Road),
    fire: &Fire,
    person: PersonId,
) -> Result<(), ActError> {
    if journey::was_in(tx, road, person)? {
        return dropped(tx, watched, fire, person, Dropped::WasThere);
    }
    if trigger_fires::settle(tx, fire.id, person, None)? {
        spend(watched);
        journey::enter(tx, ctx, road, person, fire.appointment)?;
    }
    Ok(())
}

/// One less may be handed over.
fn spend(watched: &Watched) {
    watched
        .left
        .set(watched.left.get().map(|left| left.saturating_sub(1)));
}

fn write_message(
    tx: &mut Tx,
    ctx: &Ctx,
    watched: &Watched,
    fire: &Fire,
    (person, channel): (PersonId, Channel),
) -> Result<(), ActError> {
    // Newest first: the first one found is the one in use.
    let points = people::list_contact_points_of(tx, &[person], channel)?;
    let Some(point) = points.into_iter().next() else {
        return dropped(tx, watched, fire, person, Dropped::NoAddress);
    };
    if !trigger_fires::settle(tx, fire.id, person, None)? {
        return Ok(());
    }
    let delivery: DeliveryId = ctx.new_id();
    let waiting = Waiting {
        id: delivery,
        campaign: sends_as(fire.trigger),
        person,
        contact_point: point.id,
        n_attempts: 0,
        occasion: Some(fire.id),
    };
    spend(watched);
    if deliveries::add_occasion(tx, &waiting)? {
        tx.record(
            watched
                .entry("fired", fire, person)
                .with("version", watched.number)
                .with("event", fire.event.as_str())
                .with("delivery", delivery),
        );
    }
    Ok(())
}

/// How many more may be handed over in the 24 hours, since somebody last let it go on.
fn left(tx: &mut Tx, ctx: &Ctx, watched: &Watched) -> Result<u64, StoreError> {
    if let Some(left) = watched.left.get() {
        return Ok(left);
    }
    let since = watched
        .held_at
        .map_or(ctx.now - DAY, |at| at.max(ctx.now - DAY));
    let n = trigger_fires::count_fired_since(tx, watched.id, since)?;
    let left = u64::from(watched.most_per_day).saturating_sub(n);
    watched.left.set(Some(left));
    Ok(left)
}

/// More than anybody expected: it waits until somebody has looked.
fn pause(tx: &mut Tx, ctx: &Ctx, watched: &Watched) -> Result<(), ActError> {
    let id = watched.id;
    let reason = format!(
        "More than {} in 24 hours, which is the most that was expected. Look whether that is right, then resume",
        watched.most_per_day
    );
    match &watched.then {
        Then::Journey(road) => journey::pause_once(tx, ctx, road.version.journey, &reason),
        Then::Message(_) if super::find(tx, id)?.hold() == Some(Hold::Stopped) => Ok(()),
        Then::Message(_) => hold(tx, ctx, id, Hold::Stopped, &reason),
    }
}
