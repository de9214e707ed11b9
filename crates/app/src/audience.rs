//! Audiences: whom a filter finds, and who of them may be written to.
//!
//! Pages look at the population index ([`seen`], [`count_seen`], [`list_stopped_seen`],
//! [`compare`]). A launch walks over the store itself ([`plan`]): [`sweep`] hands on those whom
//! the filter fits, in chunks; the gate is set once, so a person costs reading them and one
//! planned decision. Both must say the same; the tests compare them.
//!
//! INVARIANT: whoever is sent to is decided again, one by one; what is counted here permits nothing.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use placet_domain::audience::{Audience, Counting, Filter, Traits, Waterfall};
use placet_domain::channel::Channel;
use placet_domain::entry::Entry;
use placet_domain::id::{AudienceId, ContactPointId, PersonId};
use placet_domain::instrument::{Standing, Terms};
use placet_domain::person::{Person, Relationship};
use placet_domain::time::{TimeZone, Timestamp};
use placet_policy::{Decision, Engine, Outcome};
use placet_store::{StoreError, Tx, audiences, people};

use crate::content::author;
use crate::gate::{Found, Gate, Held, gather_between, gather_of};
use crate::person::{Purpose, note_read};
use crate::population::Index;
use crate::{ActError, Ctx};

mod asking;
mod compare;
pub mod overlap;
mod waterfalls;

pub use asking::{Seen, WonBack, count_among, count_seen, seen};
pub use compare::{Comparison, Moved, compare, compare_one_by_one};
pub use waterfalls::{Countable, Question, Waterfalls};

/// What stands as the rule for people without an address: no rule is needed to see it.
pub const NO_ADDRESS: &str = "placet.no_address";
/// Stands where a decision denies without naming a rule.
const UNNAMED: &str = "hipaa.default_deny";

/// Saves a new audience.
///
/// # Errors
///
/// [`ActError::Invalid`] names what cannot be used.
pub fn create(tx: &mut Tx, ctx: &Ctx, name: &str, filter: Filter) -> Result<Audience, ActError> {
    check(name, &filter)?;
    let audience = Audience {
        id: ctx.new_id(),
        name: name.trim().to_owned(),
        filter,
        created_at: ctx.now,
        changed_at: ctx.now,
        changed_by: author(&ctx.actor),
    };
    audiences::add(tx, &audience)?;
    tx.record(entry("audience.created", &audience));
    Ok(audience)
}

/// Changes an audience. Campaigns that were launched keep the filter they were launched with.
///
/// # Errors
///
/// [`ActError::Invalid`] names what cannot be used.
pub fn change(
    tx: &mut Tx,
    ctx: &Ctx,
    id: AudienceId,
    name: &str,
    filter: Filter,
) -> Result<Audience, ActError> {
    check(name, &filter)?;
    let held = audiences::find(tx, id)?.ok_or(ActError::NotFound("audience"))?;
    let audience = Audience {
        name: name.trim().to_owned(),
        filter,
        changed_at: ctx.now,
        changed_by: author(&ctx.actor),
        ..held
    };
    audiences::change(tx, &audience)?;
    tx.record(entry("audience.changed", &audience));
    Ok(audience)
}

fn check(name: &str, filter: &Filter) -> Result<(), ActError> {
    if let Some(problem) = placet_domain::content::name_problem(name) {
        return Err(ActError::invalid("name", problem.says));
    }
    filter
        .check()
        .map_err(|bad| ActError::invalid("filter", bad.to_string()))
}

/// The filter itself stands in the entry: it names codes, never a person.
fn entry(kind: &str, audience: &Audience) -> Entry {
    Entry::new(kind)
        .with("audience", audience.id)
        .with("filter", audience.filter.write())
}

/// What a filter can see of a person.
#[must_use]
pub fn traits(held: &Held, at: Timestamp) -> Traits {
    let zone = held
        .person
        .time_zone
        .as_deref()
        .and_then(|name| TimeZone::get(name).ok());
    let zone = zone.unwrap_or(TimeZone::UTC);
    let today = at.to_zoned(zone.clone()).date();
    let opted_in = held
        .instruments
        .iter()
        .filter_map(|instrument| match &instrument.terms {
            Terms::Consent(consent)
                if consent.channel == Channel::Email
                    && matches!(instrument.standing(at, &zone), Standing::InForce) =>
            {
                Some(consent.topic)
            }
            _ => None,
        });
    Traits {
        relationship: Some(match held.person.deceased_on {
            Some(day) if day <= today => Relationship::Deceased,
            _ => held.person.relationship,
        }),
        residence: held.person.residence.clone(),
        age: held.person.identity.age_on(today),
        language: held.person.identity.language.clone(),
        has_email: held.contact_point.is_some(),
        opted_in: opted_in.collect(),
    }
}

/// How many people a filter finds.
///
/// # Errors
///
/// When the store fails.
pub fn count(tx: &mut Tx, filter: &Filter, at: Timestamp) -> Result<u64, StoreError> {
    if filter.is_plain() {
        return count_plain(tx, filter, at);
    }
    let mut n = 0;
    sweep(tx, filter, Channel::Email, at, None, |_| {
        n += 1;
        ControlFlow::Continue(())
    })?;
    Ok(n)
}

/// Counts by what stands in the open; opens nothing.
fn count_plain(tx: &mut Tx, filter: &Filter, at: Timestamp) -> Result<u64, StoreError> {
    let mut n = 0;
    let mut after: Option<PersonId> = None;
    loop {
        let chunk = audiences::list_people(tx, after)?;
        let Some((_, last)) = chunk.span else {
            return Ok(n);
        };
        after = Some(last);
        let held = chunk.people.into_iter().map(closed);
        n += held.filter(|held| filter.fits(&traits(held, at))).count() as u64;
    }
}

/// A person of whom nothing was opened or looked up.
fn closed(person: Person) -> Held {
    Held {
        person,
        contact_point: None,
        instruments: Vec::new(),
        preferences: Vec::new(),
        suppressions: Vec::new(),
        n_last_24h: 0,
        n_last_7d: 0,
    }
}

/// Hands everybody after `after` whom the filter fits to `each`, as they are held for this channel,
/// in the order of their ids, until it breaks off.
///
/// # Errors
///
/// When the store fails.
fn sweep(
    tx: &mut Tx,
    filter: &Filter,
    channel: Channel,
    at: Timestamp,
    mut after: Option<PersonId>,
    mut each: impl FnMut(&Held) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    while let Some((first, last)) = audiences::next_span(tx, after)? {
        after = Some(last);
        // A filter asks about e-mail by whatever way the message goes.
        let mailed = match channel {
            Channel::Email => HashSet::new(),
            _ => owners(tx, first, last)?,
        };
        for held in gather_between(tx, first, last, channel, at)? {
            let mut traits = traits(&held, at);
            if channel != Channel::Email {
                traits.has_email = mailed.contains(&held.person.id);
            }
            if filter.fits(&traits) && each(&held).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Some of those whom a filter finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Who, in the order of their ids.
    pub(crate) people: Vec<PersonId>,
    /// Up to whom everybody was looked at.
    pub(crate) last: Option<PersonId>,
    /// Whether nobody comes after them.
    pub(crate) is_end: bool,
}

/// The spans of people that are looked at in one act, at most: one whom nobody fits ends all the same.
const SPANS: usize = 20;

/// The next people whom a filter finds, at most `limit`, in the order of their ids.
///
/// # Errors
///
/// When the store fails.
pub(crate) fn some_after(
    tx: &mut Tx,
    filter: &Filter,
    at: Timestamp,
    after: Option<PersonId>,
    limit: usize,
) -> Result<Batch, StoreError> {
    let mut some = Batch {
        people: Vec::new(),
        last: after,
        is_end: false,
    };
    for _ in 0..SPANS {
        let Some((first, last)) = audiences::next_span(tx, some.last)? else {
            some.is_end = true;
            return Ok(some);
        };
        some.last = Some(last);
        for held in gather_between(tx, first, last, Channel::Email, at)? {
            if filter.fits(&traits(&held, at)) {
                some.people.push(held.person.id);
            }
        }
        if some.people.len() > limit {
            some.people.truncate(limit);
            some.last = some.people.last().copied();
        }
        if some.people.len() >= limit {
            break;
        }
    }
    Ok(some)
}

/// Who between two ids has an e-mail address.
fn owners(tx: &mut Tx, first: PersonId, last: PersonId) -> Result<HashSet<PersonId>, StoreError> {
    let points = people::list_contact_points_between(tx, first, last, Channel::Email)?;
    Ok(points.into_iter().map(|point| point.person).collect())
}

/// The rules that stop a person, each with its place in the packs; empty when permitted.
fn stopping<'a>(order: &Order, decision: Option<&'a Decision>) -> Vec<(usize, &'a str)> {
    let Some(decision) = decision else {
        return vec![(0, NO_ADDRESS)];
    };
    if decision.outcome == Outcome::Permit {
        return Vec::new();
    }
    let mut rules: Vec<(usize, &str)> = decision
        .why
        .iter()
        .filter(|reason| reason.effect != Outcome::Permit)
        .map(|reason| (order.place(&reason.rule), reason.rule.as_str()))
        .collect();
    rules.sort_unstable();
    rules.dedup();
    if rules.is_empty() {
        rules.push((order.place(UNNAMED), UNNAMED));
    }
    rules
}

/// The rules' places in the packs, and what they say.
struct Order<'e> {
    engine: &'e Engine,
    channel: Channel,
    places: HashMap<&'e str, usize>,
}

impl<'e> Order<'e> {
    fn new(engine: &'e Engine, channel: Channel) -> Self {
        let rules = engine.rules().iter().enumerate();
        let places = rules
            .map(|(place, rule)| (rule.id.as_str(), place + 1))
            .collect();
        Self {
            engine,
            channel,
            places,
        }
    }

    /// Counted from 1; a rule that the packs do not list comes last.
    fn place(&self, rule: &str) -> usize {
        self.places.get(rule).copied().unwrap_or(usize::MAX)
    }

    fn says(&self, rule: &str) -> String {
        match self.engine.rule(rule) {
            Some(rule) => rule.says.clone(),
            None if rule == NO_ADDRESS => match self.channel {
                Channel::Email => "No e-mail address is held.".to_owned(),
                Channel::Sms => "No number for text messages is held.".to_owned(),
                Channel::VoiceLive => "No number for calls is held.".to_owned(),
                Channel::Postal => "No postal address is held.".to_owned(),
            },
            None if rule == UNNAMED => "No rule gives a basis for writing to them.".to_owned(),
            None => rule.to_owned(),
        }
    }
}

/// An audience as the gate sees it at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Who drops out by which rule.
    pub waterfall: Waterfall,
    /// Those who may be written to now, with the address to use.
    pub permitted: Vec<(PersonId, ContactPointId)>,
}

/// Decides everybody whom the filter finds.
///
/// # Errors
///
/// When the store fails.
pub fn plan(
    tx: &mut Tx,
    engine: &Engine,
    gate: &Gate,
    filter: &Filter,
) -> Result<Plan, StoreError> {
    let channel = gate.message().channel;
    let order = Order::new(engine, channel);
    let mut counting = Counting::default();
    let mut permitted = Vec::new();
    sweep(tx, filter, channel, gate.at(), None, |held| {
        let decision = gate.decide(held);
        let rules = stopping(&order, decision.as_ref());
        counting.add(&rules);
        if let (true, Some(point)) = (rules.is_empty(), &held.contact_point) {
            permitted.push((held.person.id, point.id));
        }
        ControlFlow::Continue(())
    })?;
    Ok(Plan {
        waterfall: counting.waterfall(|rule| order.says(rule)),
        permitted,
    })
}

/// One person behind a bar of the waterfall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Who.
    pub person: PersonId,
    /// How they are called.
    pub name: String,
    /// Every rule that stops them, in the packs' order.
    pub rules: Vec<String>,
}

/// The people whom one rule stops first, those after `after`, at most `limit`. Each one shown
/// leaves an access entry.
///
/// # Errors
///
/// When the store fails.
pub fn list_stopped(
    tx: &mut Tx,
    engine: &Engine,
    gate: &Gate,
    filter: &Filter,
    rule: &str,
    after: Option<PersonId>,
    limit: usize,
) -> Result<Vec<Stopped>, ActError> {
    let channel = gate.message().channel;
    let order = Order::new(engine, channel);
    let mut found = Vec::new();
    sweep(tx, filter, channel, gate.at(), after, |held| {
        if found.len() >= limit {
            return ControlFlow::Break(());
        }
        found.extend(stopped_by(rule, &order, gate, held));
        ControlFlow::Continue(())
    })?;
    opened(tx, rule, &found);
    Ok(found)
}

/// The same by the index: who is shown is read and decided again.
///
/// # Errors
///
/// When the store fails.
pub fn list_stopped_seen(
    tx: &mut Tx,
    index: &Index,
    gate: &Gate,
    filter: &Filter,
    rule: &str,
    after: Option<PersonId>,
    limit: usize,
) -> Result<Vec<Stopped>, ActError> {
    let channel = gate.message().channel;
    let order = Order::new(gate.engine(), channel);
    let mut found = Vec::new();
    let candidates = asking::stopped_first(tx, index, gate, filter, rule)?;
    let later = candidates.partition_point(|id| after.is_some_and(|after| *id <= after));
    let later = candidates.get(later..).unwrap_or_default();
    for some in later.chunks(limit.max(1)) {
        let mut held = gather_of(tx, some, channel, gate.at())?;
        for id in some {
            if let (true, Some(Found::Held(held))) = (found.len() < limit, held.remove(id)) {
                found.extend(stopped_by(rule, &order, gate, &held));
            }
        }
        if found.len() >= limit {
            break;
        }
    }
    opened(tx, rule, &found);
    Ok(found)
}

/// The person as one whom this rule stops first, when it does.
fn stopped_by(rule: &str, order: &Order<'_>, gate: &Gate, held: &Held) -> Option<Stopped> {
    let decision = gate.decide(held);
    let rules = stopping(order, decision.as_ref());
    let is_first = rules.first().is_some_and(|(_, first)| *first == rule);
    is_first.then(|| Stopped {
        person: held.person.id,
        name: held.person.identity.name(),
        rules: rules.iter().map(|(_, rule)| (*rule).to_owned()).collect(),
    })
}

/// Leaves an entry for each person shown, and one for the asking, also when nobody was found.
fn opened(tx: &mut Tx, rule: &str, shown: &[Stopped]) {
    for one in shown {
        note_read(tx, one.person, Purpose::Explain);
    }
    tx.record(
        Entry::new("audience.opened")
            .with("rule", rule)
            .with("n_shown", shown.len()),
    );
}

#[cfg(test)]
mod tests;
