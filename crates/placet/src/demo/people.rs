//! The people of the demo: who they are, when they came, and what they allowed and refused.
//!
//! Every fortnight the systems of the hospital hand over who is new; in between people sign, ask
//! and take back. Everything follows from the seed.

mod chance;
mod deeds;
mod invent;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use anyhow::{Context, Result};
use placet_app::import::{self, Counts, Prepared};
use placet_app::{ActError, Ctx, wording};
use placet_domain::arrival::{AppointmentArrival, Arrival, PersonArrival};
use placet_domain::operator::{Actor, Capability};
use placet_domain::person::Relationship;
use placet_domain::time::{Date, Span, TimeZone, Timestamp};
use placet_domain::wording as texts;
use placet_store::{Sealer, Store, Tx};

use super::Seeds;
use super::data::open_alone;
use chance::Chance;
use deeds::{Deed, Shown};
use invent::Invented;

/// How many days lie between two imports.
const BETWEEN: u32 = 14;
/// How many arrivals one act takes.
const BATCH: usize = 4_000;
/// How many runs are made ready ahead.
const AHEAD: usize = 8;

/// What the people follow from; not the store's seed, so that the same people come with every
/// key.
const SEED: u64 = 0x1ac0_51de;

/// Settles `n_people` between `start` and `now`, with what they allowed and refused.
///
/// # Errors
///
/// When an act is refused.
pub fn settle(
    store: &Store,
    seeds: &mut Seeds,
    n_people: usize,
    start: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let days = u32::try_from((now.as_second() - start.as_second()) / 86_400)?.max(60);
    // Where nobody has declared them, as for a measurement, the flows are those that an installation begins with.
    for source in ["ehr", "crm", "foundation"] {
        open_alone(store, &seeds.ctx(start, Actor::System("demo")), source)?;
    }
    let mut town = Town {
        store,
        seeds,
        start,
        shown: None,
    };
    town.add_texts()?;
    let mut plan = Plan::default();
    for n in 0..n_people {
        plan.add(Invented::new(SEED, n, days, today), days, today, now);
    }
    let Plan { runs, mut deeds } = plan;
    let (give, made) = sync_channel(AHEAD);
    let sealer = store.sealer();
    // Hashing and sealing who comes is done ahead, while the days before are written.
    thread::scope(|scope| {
        let seeds = town.seeds.apart();
        scope.spawn(move || make_ready(&sealer, seeds, start, runs, &give));
        let mut made = made.into_iter().peekable();
        for day in 0..days {
            while let Some(run) = made.next_if(|run| run.as_ref().is_ok_and(|run| run.day == day)) {
                town.import(run?)?;
            }
            if let Some(deeds) = deeds.remove(&day) {
                town.record(day, deeds)?;
            }
        }
        // What is left is why the making ended early.
        made.next().map_or(Ok(()), |run| run.map(drop))
    })
}

/// One run of one source on one day, ready to be taken.
struct Ready {
    day: u32,
    hour: i64,
    source: &'static str,
    batches: Vec<(Ctx, Prepared)>,
}

type Runs = BTreeMap<u32, BTreeMap<&'static str, Vec<Arrival>>>;

/// Makes one run after the other ready, until nobody takes them any more.
fn make_ready(
    sealer: &Sealer,
    mut seeds: Seeds,
    start: Timestamp,
    runs: Runs,
    give: &SyncSender<Result<Ready>>,
) {
    for (day, of_day) in runs {
        for ((source, arrivals), hour) in of_day.into_iter().zip([1, 4, 7]) {
            let make = || {
                let mut batches = Vec::new();
                let mut rest = arrivals;
                while !rest.is_empty() {
                    let after = rest.split_off(rest.len().min(BATCH));
                    let batch = std::mem::replace(&mut rest, after);
                    let ctx = seeds.ctx(hour_of(start, day, hour + 1)?, Actor::System("demo"));
                    let prepared = import::prepare(sealer, &ctx, source, batch)?;
                    batches.push((ctx, prepared));
                }
                Ok(Ready {
                    day,
                    hour,
                    source,
                    batches,
                })
            };
            if give.send(make()).is_err() {
                return;
            }
        }
    }
}

/// An hour of a day of the demo's time.
fn hour_of(start: Timestamp, day: u32, hour: i64) -> Result<Timestamp> {
    Ok(start.checked_add(Span::new().hours(24 * i64::from(day) + hour))?)
}

/// What happens on which day.
#[derive(Default)]
struct Plan {
    runs: Runs,
    deeds: BTreeMap<u32, Vec<(&'static str, String, Deed)>>,
}

impl Plan {
    fn add(&mut self, person: Invented, days: u32, today: Date, now: Timestamp) {
        let mut chance = Chance::of(SEED.wrapping_add(2), person.n);
        let joined = next_import(person.joined, days);
        for (day, deed) in deeds::of(SEED, &person, days) {
            let after = day.max(joined).min(days - 1);
            let doer = (person.source, person.arrival.source_ref.clone(), deed);
            self.deeds.entry(after).or_default().push(doer);
        }
        if person.arrival.relationship == Relationship::Prospect && chance.per_mille(60) {
            self.admit(&person, joined, days, &mut chance);
        }
        if person.arrival.relationship == Relationship::Patient {
            if chance.per_mille(12) {
                self.die(&person, joined, days, today, &mut chance);
            } else if chance.per_mille(250) {
                self.book(&person, days, now, &mut chance);
            }
        }
        self.arrive(
            joined,
            person.source,
            Arrival::Person(Box::new(person.arrival)),
        );
    }

    fn arrive(&mut self, day: u32, source: &'static str, arrival: Arrival) {
        self.runs
            .entry(day)
            .or_default()
            .entry(source)
            .or_default()
            .push(arrival);
    }

    /// A prospect receives care for the first time: the chart brings them again (S65).
    fn admit(&mut self, person: &Invented, joined: u32, days: u32, chance: &mut Chance) {
        let day = next_import(joined + 30 + chance.below(300), days);
        if day <= joined {
            return;
        }
        let mut chart = copy(&person.arrival);
        chart.source_ref = format!("a{}", person.arrival.source_ref);
        chart.relationship = Relationship::Patient;
        self.arrive(day, "ehr", Arrival::Person(Box::new(chart)));
    }

    fn die(&mut self, person: &Invented, joined: u32, days: u32, today: Date, chance: &mut Chance) {
        let day = next_import(joined + 30 + chance.below(600), days);
        let before = Span::new().days(i64::from(days.saturating_sub(day)) + 3);
        if day <= joined || person.age_on(today) < 40 {
            return;
        }
        let mut chart = copy(&person.arrival);
        chart.relationship = Relationship::Deceased;
        chart.deceased_on = today.checked_sub(before).ok();
        self.arrive(day, person.source, Arrival::Person(Box::new(chart)));
    }

    fn book(&mut self, person: &Invented, days: u32, now: Timestamp, chance: &mut Chance) {
        let hours = 24 * (1 + chance.below(60)) + chance.below(9);
        let Ok(starts_at) = now.checked_add(Span::new().hours(i64::from(hours))) else {
            return;
        };
        let appointment = AppointmentArrival {
            source_ref: format!("v{}", person.arrival.source_ref),
            person_ref: person.arrival.source_ref.clone(),
            starts_at,
            status: "booked".to_owned(),
            details: BTreeMap::new(),
        };
        self.arrive(days - 1, person.source, Arrival::Appointment(appointment));
    }
}

/// Who comes on a day is handed over on the next day of import.
fn next_import(day: u32, days: u32) -> u32 {
    (day.div_ceil(BETWEEN) * BETWEEN).min(days - 1)
}

fn copy(arrival: &PersonArrival) -> PersonArrival {
    PersonArrival {
        source_ref: arrival.source_ref.clone(),
        relationship: arrival.relationship,
        residence: arrival.residence.clone(),
        time_zone: arrival.time_zone.clone(),
        deceased_on: arrival.deceased_on,
        flags: arrival.flags.clone(),
        identity: arrival.identity.clone(),
        reach: arrival.reach.clone(),
        unsaid: arrival.unsaid.clone(),
    }
}

struct Town<'t> {
    store: &'t Store,
    seeds: &'t mut Seeds,
    start: Timestamp,
    shown: Option<Shown>,
}

impl Town<'_> {
    /// Acts as a system of the hospital at an hour of a day.
    fn act<T: Send + 'static>(
        &mut self,
        day: u32,
        hour: i64,
        act: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    ) -> Result<T> {
        let at = hour_of(self.start, day, hour)?;
        let ctx = self.seeds.ctx(at, Actor::System("demo"));
        self.act_as(&ctx, act)
    }

    fn act_as<T: Send + 'static>(
        &self,
        ctx: &Ctx,
        act: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    ) -> Result<T> {
        let grant = ctx.actor.may(Capability::ImportPeople)?;
        Ok(self.store.act_blocking(grant, ctx, act)?)
    }

    fn add_texts(&mut self) -> Result<()> {
        let shown = self.act(0, 0, |tx, ctx| {
            wording::add_starters(tx, ctx, "Lakeside General Hospital")?;
            let mut id = |code| wording::latest(tx, code, "en").map(|wording| wording.id);
            Ok(Shown {
                sign_up: id(texts::EMAIL_SIGN_UP)?,
                checkbox: id(texts::REGISTRATION_CHECKBOX)?,
                authorization: id(texts::MARKETING_AUTHORIZATION)?,
                preference_page: id(texts::PREFERENCE_PAGE)?,
            })
        })?;
        self.shown = Some(shown);
        Ok(())
    }

    /// One run of one source: before noon, one source after the other, before anybody signs.
    fn import(&mut self, ready: Ready) -> Result<()> {
        let Ready {
            day,
            hour,
            source,
            batches,
        } = ready;
        let run = self.act(day, hour, move |tx, ctx| {
            import::begin(tx, ctx, source, None)
        })?;
        let mut counts = Counts::default();
        for (ctx, prepared) in batches {
            let run = run.clone();
            let take =
                move |tx: &mut Tx, ctx: &Ctx| import::take_prepared(tx, ctx, &run, &prepared);
            counts.add(&self.act_as(&ctx, take)?);
        }
        let n = counts.added + counts.updated + counts.unchanged + counts.appointments;
        let read = serde_json::json!({ "n_read": n, "n_kept": n });
        let report = serde_json::json!({ "read": read, "taken": counts }).to_string();
        self.act(day, hour + 2, move |tx, ctx| {
            import::finish(tx, ctx, &run, &counts, "ndjson", &report)
        })
    }

    /// What people did on a day, entered in the afternoon.
    fn record(&mut self, day: u32, deeds: Vec<(&'static str, String, Deed)>) -> Result<()> {
        let shown = self.shown.context("the texts were added")?;
        self.act(day, 15, move |tx, ctx| {
            for (source, reference, deed) in &deeds {
                if let Some(person) = import::find_person(tx, source, reference)? {
                    deeds::do_it(tx, ctx, person, *deed, &shown)?;
                }
            }
            // A day on which nobody was found would otherwise leave nothing to keep.
            Ok(())
        })
    }
}
