//! Taking note of what happens, in the act that brings it.

use std::cell::Cell;

use placet_domain::channel::Channel;
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{AppointmentId, PersonId, TriggerId};
use placet_domain::journey::watches_as;
use placet_domain::person::takes_place;
use placet_domain::time::Timestamp;
use placet_domain::trigger::{Event, Standing, Version, Wait, sends_as};
use placet_store::people::Slot;
use placet_store::trigger_fires::{self, Fire};
use placet_store::{StoreError, Tx, deliveries};

use super::{Registered, fire};
use crate::ActError;
use crate::journey::{self, Road};

/// For how long a message about something that has no end of its own is of use.
pub(super) const OF_USE: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);

/// The triggers that take note of what happens.
pub(crate) struct Watch(Vec<Watched>);

/// One of them, or a journey that begins with an event: what it waits for, and what follows.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    /// The trigger, or the name under which the journey takes note.
    pub(crate) id: TriggerId,
    pub(crate) is_at_work: bool,
    /// When it was last paused or resumed.
    pub(crate) held_at: Option<Timestamp>,
    /// The number of the version that counts.
    pub(crate) number: u32,
    pub(crate) event: Event,
    pub(crate) source: String,
    pub(crate) wait: Wait,
    pub(crate) most_per_day: u32,
    pub(crate) then: Then,
    /// How many more may be handed over before it pauses; counted when it is first asked.
    pub(super) left: Cell<Option<u64>>,
}

/// What follows an event.
#[derive(Debug, Clone)]
pub(crate) enum Then {
    /// A message.
    Message(Channel),
    /// The person enters a journey.
    Journey(Box<Road>),
}

impl Watched {
    fn of(trigger: &Registered, version: &Version) -> Self {
        Self {
            id: trigger.id,
            is_at_work: trigger.standing() == Standing::AtWork,
            held_at: trigger.holds.first().map(|hold| hold.at),
            number: version.version,
            event: version.declaration.event,
            source: version.declaration.source.clone(),
            wait: version.declaration.wait,
            most_per_day: version.declaration.most_per_day,
            then: Then::Message(version.channel),
            left: Cell::new(None),
        }
    }

    /// A journey that begins with an event; none for one that begins with an audience.
    pub(crate) fn journey(journey: &journey::Registered, road: Road) -> Option<Self> {
        let version = &road.version;
        let journey::Entry::Event {
            event,
            source,
            wait,
        } = &version.declaration.entry
        else {
            return None;
        };
        Some(Self {
            id: watches_as(journey.id),
            is_at_work: journey.is_at_work(),
            held_at: journey.holds.first().map(|hold| hold.at),
            number: version.version,
            event: *event,
            source: source.clone(),
            wait: *wait,
            most_per_day: version.declaration.most_per_day,
            left: Cell::new(None),
            then: Then::Journey(Box::new(road)),
        })
    }

    /// An entry about it: `trigger.noted`, or `journey.noted`.
    pub(super) fn entry(&self, what: &str, fire: &Fire, person: PersonId) -> Entry {
        let noun = match self.then {
            Then::Message(_) => "trigger",
            Then::Journey(_) => "journey",
        };
        Entry::new(&format!("{noun}.{what}"))
            .about(person)
            .with(noun, self.id)
            .with("fire", fire.id)
    }
}

impl Watch {
    /// Those that go by data of this source, or all.
    pub(crate) fn read(tx: &mut Tx, source: Option<&str>) -> Result<Self, StoreError> {
        let mut found = Vec::new();
        for trigger in super::list(tx)? {
            let takes_note = matches!(trigger.standing(), Standing::AtWork | Standing::Paused);
            let Some(version) = trigger.counting().filter(|_| takes_note).cloned() else {
                continue;
            };
            found.push(Watched::of(&trigger, &version));
        }
        found.extend(journey::watched(tx)?);
        found.retain(|one| source.is_none_or(|source| one.source == source));
        Ok(Self(found))
    }

    pub(super) fn each(&self) -> impl Iterator<Item = &Watched> {
        self.0.iter()
    }

    fn of(&self, event: Event) -> impl Iterator<Item = &Watched> {
        self.0.iter().filter(move |one| one.event == event)
    }

    /// Whether it takes note of people who come in.
    pub(crate) fn sees_newcomers(&self) -> bool {
        self.of(Event::Registered).next().is_some()
    }

    /// An appointment is as it is now, and stood like this before.
    pub(crate) fn appointment(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        now: &Slot,
        before: Option<&Slot>,
    ) -> Result<(), ActError> {
        let is_on = takes_place(&now.status);
        let was_on = before.is_some_and(|before| takes_place(&before.status));
        let has_moved = before.is_some_and(|before| before.starts_at != now.starts_at);
        if before.is_some() && (has_moved || is_on != was_on) {
            self.look_again(tx, ctx, now.id)?;
        }
        if now.starts_at <= ctx.now {
            return Ok(());
        }
        let happened = match (was_on, is_on) {
            (false, true) => Some(Event::Booked),
            (true, true) if has_moved => Some(Event::Moved),
            (true, false) => Some(Event::Cancelled),
            _ => None,
        };
        for watched in happened.into_iter().flat_map(|event| self.of(event)) {
            note(tx, ctx, watched, &Happened::to(now, watched, ctx.now))?;
        }
        if is_on {
            for watched in self.of(Event::ComingUp) {
                note(tx, ctx, watched, &Happened::to(now, watched, ctx.now))?;
            }
        }
        Ok(())
    }

    /// Looks again at what waits for an appointment: it moved, or will not take place.
    fn look_again(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        appointment: AppointmentId,
    ) -> Result<(), ActError> {
        for fire in trigger_fires::list_open_of(tx, appointment)? {
            // A delivery that waits is decided again, and then it is seen what became of the appointment.
            deliveries::bring_occasion_forward(tx, sends_as(fire.trigger), fire.id)?;
            if let Some(watched) = self.0.iter().find(|one| one.id == fire.trigger) {
                fire::hand_over(tx, ctx, watched, &fire)?;
            }
        }
        Ok(())
    }

    /// Somebody came in who was not known before.
    pub(crate) fn registered(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        person: PersonId,
    ) -> Result<(), ActError> {
        for watched in self.of(Event::Registered) {
            let due_at = ctx.now + watched.wait.duration();
            let happened = Happened {
                person,
                appointment: None,
                occasion: person.as_bytes().to_vec(),
                due_at,
                ends_at: due_at + OF_USE,
            };
            note(tx, ctx, watched, &happened)?;
        }
        Ok(())
    }
}

/// What happened, to whom, and when a message about it is of use.
pub(super) struct Happened {
    pub(super) person: PersonId,
    pub(super) appointment: Option<AppointmentId>,
    pub(super) occasion: Vec<u8>,
    pub(super) due_at: Timestamp,
    pub(super) ends_at: Timestamp,
}

impl Happened {
    /// To an appointment.
    pub(super) fn to(slot: &Slot, watched: &Watched, now: Timestamp) -> Self {
        let (event, wait) = (watched.event, watched.wait.duration());
        let mut occasion = slot.id.as_bytes().to_vec();
        // One reminder and one confirmation an appointment; one message each time that it is moved or cancelled.
        if matches!(event, Event::Moved | Event::Cancelled) {
            occasion.extend(slot.starts_at.as_microsecond().to_be_bytes());
        }
        occasion.extend(event.as_str().bytes());
        let (due_at, ends_at) = match event {
            Event::ComingUp => (slot.starts_at - wait, slot.starts_at),
            Event::LastVisit => (slot.starts_at + wait, slot.starts_at + wait + OF_USE),
            _ => (now + wait, slot.starts_at),
        };
        Self {
            person: slot.person,
            appointment: Some(slot.id),
            occasion,
            due_at,
            ends_at,
        }
    }
}

/// Takes note of it, once; what is due at once is handed over in the same act.
pub(super) fn note(
    tx: &mut Tx,
    ctx: &Ctx,
    watched: &Watched,
    happened: &Happened,
) -> Result<bool, ActError> {
    let fire = Fire {
        id: ctx.new_id(),
        trigger: watched.id,
        occasion: happened.occasion.clone(),
        event: watched.event,
        person: happened.person,
        appointment: happened.appointment,
        due_at: happened.due_at,
        ends_at: happened.ends_at,
    };
    if happened.ends_at <= ctx.now || !trigger_fires::note(tx, &fire)? {
        return Ok(false);
    }
    tx.record(
        watched
            .entry("noted", &fire, fire.person)
            .with("version", watched.number)
            .with("event", fire.event.as_str())
            .with("due_at", fire.due_at),
    );
    if fire.due_at <= ctx.now {
        fire::hand_over(tx, ctx, watched, &fire)?;
    }
    Ok(true)
}
