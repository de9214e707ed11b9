//! The walk: one person moved from step to step until they rest or are through.
//!
//! What a crash leaves: nothing. A walk is part of one act; before its commit the person is where they were.

use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{AppointmentId, DeliveryId, PersonId};
use placet_domain::journey::steps::{Kind, Step, Steps, Test};
use placet_domain::journey::{Ending, Outcome, State, Version, occasion, sends_as};
use placet_domain::person::takes_place;
use placet_domain::preference::PreferenceKind;
use placet_domain::time::TimeZone;
use placet_domain::trigger::Event;
use placet_store::deliveries::{self, Waiting};
use placet_store::journey_passages::{self, Move, Passage, Rest};
use placet_store::{StoreError, Tx, people};

use crate::gate::{Found, Held, gather_of};
use crate::{ActError, audience, import, settings};
use placet_domain::channel::Channel;

/// A version that people walk on, with its steps read.
#[derive(Debug, Clone)]
pub(crate) struct Road {
    pub(crate) version: Version,
    pub(crate) steps: Steps,
}

impl Road {
    /// None when the steps cannot be read, and then nobody moves.
    pub(crate) fn of(version: &Version) -> Option<Self> {
        Some(Self {
            steps: version.declaration.read()?,
            version: version.clone(),
        })
    }

    /// Whether an appointment lets people in, so that messages are about it.
    pub(crate) fn is_of_appointment(&self) -> bool {
        let event = self.version.declaration.entry.event();
        event.is_some_and(Event::is_of_appointment)
    }
}

/// Lets somebody in, and on as far as they come; false when they were in before.
///
/// # Errors
///
/// When the store fails.
pub(crate) fn enter(
    tx: &mut Tx,
    ctx: &Ctx,
    road: &Road,
    person: PersonId,
    appointment: Option<AppointmentId>,
) -> Result<bool, ActError> {
    let passage = Passage {
        id: ctx.new_id(),
        journey: road.version.journey,
        version: road.version.id,
        person,
        appointment,
        entered_at: ctx.now,
        turn: 0,
        step: 0,
        state: State::Waiting,
        due_at: ctx.now,
        delivery: None,
        ending: None,
    };
    if !journey_passages::enter(tx, &passage)? {
        return Ok(false);
    }
    let number = road.version.version;
    tx.record(entry("journey.entered", &passage).with("version", number));
    walk(tx, ctx, road, passage)?;
    Ok(true)
}

/// A person on the way, read once for all steps of a walk.
struct Walker<'a> {
    road: &'a Road,
    passage: Passage,
    held: Box<Held>,
    zone: TimeZone,
}

/// Moves a passage whose step is to be done now, until it rests or is over.
pub(super) fn walk(tx: &mut Tx, ctx: &Ctx, road: &Road, passage: Passage) -> Result<(), ActError> {
    let Some(mut walker) = Walker::read(tx, ctx, road, passage)? else {
        return Ok(());
    };
    while let Some(step) = road.steps.get(walker.passage.step) {
        if !walker.step(tx, ctx, step)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Moves a passage on whose step came to this outcome, and further.
pub(super) fn move_on(
    tx: &mut Tx,
    ctx: &Ctx,
    road: &Road,
    passage: Passage,
    outcome: Outcome,
) -> Result<(), ActError> {
    let Some(mut walker) = Walker::read(tx, ctx, road, passage)? else {
        return Ok(());
    };
    let on = walker.passage.step + 1;
    let to = match road.steps.get(walker.passage.step).map(|it| &it.kind) {
        Some(Kind::Send {
            refused: Some(to), ..
        }) if outcome != Outcome::Sent => *to,
        Some(Kind::Ask {
            skipped: Some(to), ..
        }) if outcome == Outcome::Skipped => *to,
        _ => on,
    };
    if walker.go(tx, outcome, Some(to))? {
        let passage = walker.passage;
        walk(tx, ctx, road, passage)?;
    }
    Ok(())
}

impl<'a> Walker<'a> {
    /// Who walks, as they are now; none when the passage ended because of who they are.
    fn read(
        tx: &mut Tx,
        ctx: &Ctx,
        road: &'a Road,
        mut passage: Passage,
    ) -> Result<Option<Self>, ActError> {
        let home = import::home(tx, passage.person)?;
        if home != passage.person {
            if journey_passages::find_of(tx, passage.journey, home)?.is_some() {
                return over(tx, &passage, Ending::Joined);
            }
            journey_passages::hand_to(tx, passage.id, home)?;
            passage.person = home;
        }
        let mut found = gather_of(tx, &[home], Channel::Email, ctx.now)?;
        let Some(Found::Held(held)) = found.remove(&home) else {
            return over(tx, &passage, Ending::Erased);
        };
        let zone = match held.person.time_zone.as_deref().map(TimeZone::get) {
            Some(Ok(zone)) => zone,
            _ => settings::load(tx)?.time_zone(),
        };
        let today = ctx.now.to_zoned(zone.clone()).date();
        if held.person.deceased_on.is_some_and(|day| day <= today) {
            return over(tx, &passage, Ending::Died);
        }
        if is_off(tx, road, &passage)? {
            return over(tx, &passage, Ending::Cancelled);
        }
        Ok(Some(Self {
            road,
            passage,
            held,
            zone,
        }))
    }

    /// Does a step; false when the person rests there, or is through.
    fn step(&mut self, tx: &mut Tx, ctx: &Ctx, step: &Step) -> Result<bool, ActError> {
        let place = self.passage.step;
        match &step.kind {
            wait @ (Kind::Wait(_) | Kind::Until { .. }) => {
                let until = wait.lasts_until(ctx.now, &self.zone).unwrap_or(ctx.now);
                journey_passages::rest(tx, &self.passage, Rest::Until(until))?;
                tx.record(entry("journey.waits", &self.passage).with("until", until));
                Ok(false)
            }
            Kind::If { test, is_not, then } => {
                let fits = self.fits(tx, ctx, test)? != *is_not;
                match fits {
                    true => self.go(tx, Outcome::Yes, Some(*then)),
                    false => self.go(tx, Outcome::No, Some(place + 1)),
                }
            }
            split @ Kind::Split(_) => {
                let hash = split_hash(tx, &self.road.version, place, self.passage.person);
                self.go(tx, Outcome::Dealt, split.dealt(&hash))
            }
            Kind::Send { refused, .. } => self.send(tx, ctx, refused.unwrap_or(place + 1)),
            Kind::Ask { role, .. } => {
                journey_passages::add_task(tx, &self.passage, *role)?;
                journey_passages::rest(tx, &self.passage, Rest::Asked)?;
                tx.record(entry("journey.asked", &self.passage).with("role", role.as_str()));
                Ok(false)
            }
            Kind::GoTo(to) => self.go(tx, Outcome::Went, Some(*to)),
            Kind::Exit => {
                self.go(tx, Outcome::Left, None)?;
                over::<()>(tx, &self.passage, Ending::Exit)?;
                Ok(false)
            }
        }
    }

    /// Goes to another step, which leaves its entry.
    fn go(&mut self, tx: &mut Tx, outcome: Outcome, to: Option<usize>) -> Result<bool, ActError> {
        if !journey_passages::go_on(tx, &self.passage, Move { outcome, to })? {
            return Ok(false);
        }
        let said = entry("journey.moved", &self.passage).with("outcome", outcome.as_str());
        tx.record(match to {
            Some(to) => said.with("to", to + 1),
            None => said,
        });
        self.passage.turn += 1;
        self.passage.step = to.unwrap_or(self.passage.step);
        Ok(true)
    }

    /// Writes the message of a step, to be decided when it is claimed.
    fn send(&mut self, tx: &mut Tx, ctx: &Ctx, refused: usize) -> Result<bool, ActError> {
        let sends = &self.road.version.sends;
        let Some(send) = sends.iter().find(|one| one.step == self.passage.step) else {
            return Ok(false);
        };
        let person = self.passage.person;
        // Newest first: the first one found is the one in use.
        let points = people::list_contact_points_of(tx, &[person], send.channel)?;
        let Some(point) = points.into_iter().next() else {
            return self.go(tx, Outcome::NoAddress, Some(refused));
        };
        let delivery: DeliveryId = ctx.new_id();
        let waiting = Waiting {
            id: delivery,
            campaign: sends_as(send.id),
            person,
            contact_point: point.id,
            n_attempts: 0,
            occasion: Some(occasion(self.passage.id)),
        };
        if deliveries::add_occasion(tx, &waiting)? {
            journey_passages::rest(tx, &self.passage, Rest::Sending(delivery))?;
            tx.record(entry("journey.handed_over", &self.passage).with("delivery", delivery));
        }
        Ok(false)
    }

    fn fits(&self, tx: &mut Tx, ctx: &Ctx, test: &Test) -> Result<bool, ActError> {
        let person = self.passage.person;
        Ok(match test {
            Test::In(name) => {
                let filter = self.road.version.declaration.audiences.get(name);
                filter.is_some_and(|it| it.fits(&audience::traits(&self.held, ctx.now)))
            }
            Test::Answered => journey_passages::has_answer(tx, self.passage.id, person)?,
            Test::OptedOut => opted_out(&self.held, &self.passage),
            Test::HasAppointment => journey_passages::has_appointment(tx, person, ctx.now)?,
        })
    }
}

/// Asked for less or no more since they entered, in whatever way.
fn opted_out(held: &Held, passage: &Passage) -> bool {
    held.preferences.iter().any(|one| {
        let is_less = matches!(
            one.kind,
            PreferenceKind::Unsubscribe
                | PreferenceKind::Stop
                | PreferenceKind::Declined
                | PreferenceKind::FundraisingOptout
                | PreferenceKind::HipaaRevocation
                | PreferenceKind::FreeTextRevocation
                | PreferenceKind::VerbalRevocation
        );
        is_less && one.recorded_at >= passage.entered_at
    })
}

/// How a person is dealt out at a step: the same in a simulation and on the way.
pub(super) fn split_hash(tx: &Tx, version: &Version, place: usize, person: PersonId) -> Vec<u8> {
    let what = format!("{} {place} {person}", version.id);
    tx.lookup_hash("journey split", &what)
}

/// Whether the appointment that let somebody in will not take place.
pub(crate) fn is_off(tx: &mut Tx, road: &Road, passage: &Passage) -> Result<bool, StoreError> {
    let is_cancellation = road.version.declaration.entry.event() == Some(Event::Cancelled);
    let Some(id) = passage.appointment.filter(|_| !is_cancellation) else {
        return Ok(false);
    };
    let slot = people::find_slot(tx, id)?;
    Ok(!slot.is_some_and(|slot| takes_place(&slot.status)))
}

fn over<T>(tx: &mut Tx, passage: &Passage, why: Ending) -> Result<Option<T>, ActError> {
    if journey_passages::end(tx, passage.id, why)? {
        tx.record(entry("journey.left", passage).with("why", why.as_str()));
    }
    Ok(None)
}

/// An entry about a passage; steps count from 1 for people.
pub(super) fn entry(kind: &str, passage: &Passage) -> Entry {
    Entry::new(kind)
        .about(passage.person)
        .with("journey", passage.journey)
        .with("passage", passage.id)
        .with("step", passage.step + 1)
}
