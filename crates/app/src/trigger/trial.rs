//! A dry run: whom a version would have written to over the last days, by the same gate.
//!
//! INVARIANT: nothing is sent, and nobody is named; that it was tried is an entry.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{PersonId, TriggerId};
use placet_domain::time::{Span, Timestamp};
use placet_domain::trigger::{Event, Version, Wait};
use placet_policy::{Engine, Outcome};
use placet_store::{Tx, contents, people, trigger_fires};

use super::clock::born_on;
use super::message::message;
use crate::gate::{Found, Gate, gather_of};
use crate::{ActError, settings};

/// How far back it looks.
pub const DAYS: i64 = 30;
/// The most events that are asked about; the newest.
pub const MOST: u32 = 20_000;
/// How many people are gathered at once.
const AT_ONCE: usize = 200;

/// What would have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// From when on.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// How many events there were.
    pub n_events: u64,
    /// To how many people.
    pub n_people: u64,
    /// How many messages the gate would permit now.
    pub n_permitted: u64,
    /// How many people have no address on the channel.
    pub n_unreachable: u64,
    /// Each rule that would object, with its sentence and how often; most first.
    pub rules: Vec<Objection>,
    /// Whether there were more events than were asked about.
    pub is_cut: bool,
}

/// One rule that would object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Its id.
    pub rule: String,
    /// Its sentence.
    pub says: String,
    /// How often.
    pub n: u64,
}

/// Tries a version on the data of the last [`DAYS`] days.
///
/// Of moved and cancelled appointments only the last change is held, so each counts once.
///
/// # Errors
///
/// When the store fails.
pub fn try_out(
    tx: &mut Tx,
    ctx: &Ctx,
    engine: &Engine,
    version: &Version,
) -> Result<Trial, ActError> {
    let settings = settings::load(tx)?;
    let content = contents::find_version(tx, version.declaration.content)?
        .ok_or(ActError::NotFound("version"))?;
    let gate = Gate::new(engine, &settings, message(version, &content.draft), ctx.now);
    let since = ctx.now - SignedDuration::from_hours(24 * DAYS);
    let declared = &version.declaration;
    let asked = (declared.event, declared.source.as_str(), declared.wait);
    let found = events(tx, asked, version.trigger, (since, ctx.now))?;
    let mut trial = Trial {
        since,
        until: ctx.now,
        n_events: found.len() as u64,
        n_people: found.iter().collect::<BTreeSet<_>>().len() as u64,
        n_permitted: 0,
        n_unreachable: 0,
        rules: Vec::new(),
        is_cut: found.len() as u64 >= u64::from(MOST),
    };
    let mut rules: BTreeMap<String, Objection> = BTreeMap::new();
    for some in found.chunks(AT_ONCE) {
        let held = gather_of(tx, some, version.channel, ctx.now)?;
        for person in some {
            let Some(Found::Held(held)) = held.get(person) else {
                continue;
            };
            let Some(decision) = gate.decide(held) else {
                trial.n_unreachable += 1;
                continue;
            };
            if decision.outcome == Outcome::Permit {
                trial.n_permitted += 1;
                continue;
            }
            for why in decision.why {
                if why.effect != Outcome::Permit {
                    let one = rules.entry(why.rule.clone()).or_insert(Objection {
                        rule: why.rule,
                        says: why.says,
                        n: 0,
                    });
                    one.n += 1;
                }
            }
        }
    }
    trial.rules = rules.into_values().collect();
    trial
        .rules
        .sort_by(|a, b| (b.n, &a.rule).cmp(&(a.n, &b.rule)));
    tx.record(
        Entry::new("trigger.tried")
            .with("trigger", version.trigger)
            .with("version", version.version)
            .with("n_events", trial.n_events)
            .with("n_permitted", trial.n_permitted),
    );
    Ok(trial)
}

/// Whom an event of a source happened to, once an event; `id` is the trigger, or the name that a journey watches as.
pub(crate) fn events(
    tx: &mut Tx,
    (event, source, wait): (Event, &str, Wait),
    id: TriggerId,
    (since, until): (Timestamp, Timestamp),
) -> Result<Vec<PersonId>, ActError> {
    let wait = wait.duration();
    let within = match event {
        Event::ComingUp => (since + wait, until + wait),
        Event::LastVisit => (since - wait, until - wait),
        _ => (since, until),
    };
    Ok(match event {
        Event::Registered => trigger_fires::list_registered(tx, source, within, MOST)?,
        Event::Birthday => birthdays(tx, (id, source), until)?,
        event => trigger_fires::list_past(tx, event, source, within, MOST)?,
    })
}

fn birthdays(
    tx: &mut Tx,
    (id, source): (TriggerId, &str),
    until: Timestamp,
) -> Result<Vec<PersonId>, ActError> {
    let zone = settings::load(tx)?.time_zone();
    let last = until.to_zoned(zone).date();
    let mut found = Vec::new();
    for back in 0..DAYS {
        let Ok(day) = last.checked_sub(Span::new().days(back)) else {
            continue;
        };
        for born in born_on(day) {
            let lookup = tx
                .sealer()
                .lookup_hash(people::BIRTH_DATE, &born.to_string());
            let left = MOST - u32::try_from(found.len()).unwrap_or(MOST).min(MOST);
            // Whom it wrote to already counts here, so nothing is left out by what was noted.
            let never = Timestamp::MAX;
            let born = trigger_fires::list_born(tx, id, source, &lookup, never, left)?;
            found.extend(born.into_iter().map(|(person, _)| person));
        }
    }
    Ok(found)
}
