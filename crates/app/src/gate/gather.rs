//! Reads what the gate needs to know of people: of one, or of a stretch of them at once.

use std::collections::{BTreeMap, HashMap};

use jiff::SignedDuration;
use placet_domain::channel::Channel;
use placet_domain::id::PersonId;
use placet_domain::time::Timestamp;
use placet_store::{StoreError, Tx, instruments, people, preferences, sent, suppressions};

use super::facts::Held;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is held of one person for one channel; none when there is no such person.
///
/// # Errors
///
/// When the store fails, or the person was erased.
pub fn gather(
    tx: &mut Tx,
    person: PersonId,
    channel: Channel,
    now: Timestamp,
) -> Result<Option<Held>, StoreError> {
    match gather_of(tx, &[person], channel, now)?.remove(&person) {
        Some(Found::Held(held)) => Ok(Some(*held)),
        Some(Found::Erased) => Err(StoreError::Erased),
        None => Ok(None),
    }
}

/// What is held of one of many people.
#[derive(Debug, Clone)]
pub enum Found {
    /// What is held.
    Held(Box<Held>),
    /// The person was erased.
    Erased,
}

/// The same for many people at once, each statement asked once for all; who is not in the answer
/// is not held.
///
/// # Errors
///
/// When the store fails.
pub fn gather_of(
    tx: &mut Tx,
    who: &[PersonId],
    channel: Channel,
    now: Timestamp,
) -> Result<HashMap<PersonId, Found>, StoreError> {
    let (mut held, mut living) = (HashMap::with_capacity(who.len()), Vec::new());
    for (id, person) in people::list_of(tx, who)? {
        held.insert(
            id,
            person.map_or(Found::Erased, |person| {
                living.push(id);
                Found::Held(Box::new(empty(person)))
            }),
        );
    }
    let mut lookups = HashMap::with_capacity(living.len());
    for point in people::list_contact_points_of(tx, &living, channel)? {
        // Newest first: the first one found is the one in use.
        if let Some(held) = of(&mut held, point.person)
            && held.contact_point.is_none()
        {
            if let Some(lookup) = people::address_lookup(tx, channel, &point.address) {
                lookups
                    .entry(lookup)
                    .or_insert_with(Vec::new)
                    .push(point.person);
            }
            held.contact_point = Some(point);
        }
    }
    let closed: Vec<Vec<u8>> = lookups.keys().cloned().collect();
    for suppression in suppressions::list_by_lookups(tx, &closed, channel)? {
        for person in lookups.get(&suppression.lookup).into_iter().flatten() {
            if let Some(held) = of(&mut held, *person) {
                held.suppressions.push(suppression.clone());
            }
        }
    }
    for instrument in instruments::list_of(tx, &living)? {
        if let Some(held) = of(&mut held, instrument.person) {
            held.instruments.push(instrument);
        }
    }
    for preference in preferences::list_of(tx, &living)? {
        if let Some(held) = of(&mut held, preference.person) {
            held.preferences.push(preference);
        }
    }
    for (person, day, week) in sent::list_since(tx, &living, now - DAY, now - WEEK)? {
        if let Some(held) = of(&mut held, person) {
            (held.n_last_24h, held.n_last_7d) = (day, week);
        }
    }
    Ok(held)
}

fn of(held: &mut HashMap<PersonId, Found>, person: PersonId) -> Option<&mut Held> {
    match held.get_mut(&person) {
        Some(Found::Held(held)) => Some(held),
        Some(Found::Erased) | None => None,
    }
}

/// The same for everybody between two ids, in their order. Erased people are left out, and
/// addresses stay closed: it is for counting.
///
/// # Errors
///
/// When the store fails.
pub fn gather_between(
    tx: &mut Tx,
    first: PersonId,
    last: PersonId,
    channel: Channel,
    now: Timestamp,
) -> Result<Vec<Held>, StoreError> {
    tx.bring_keys(first, last)?;
    let mut held: BTreeMap<PersonId, Held> = people::list_between(tx, first, last)?
        .into_iter()
        .map(|person| (person.id, empty(person)))
        .collect();
    for point in people::list_contact_points_between(tx, first, last, channel)? {
        // Newest first: the first one found is the one in use.
        if let Some(held) = held.get_mut(&point.person)
            && held.contact_point.is_none()
        {
            held.contact_point = Some(point);
        }
    }
    for instrument in instruments::list_between(tx, first, last)? {
        if let Some(held) = held.get_mut(&instrument.person) {
            held.instruments.push(instrument);
        }
    }
    for preference in preferences::list_between(tx, first, last)? {
        if let Some(held) = held.get_mut(&preference.person) {
            held.preferences.push(preference);
        }
    }
    for (person, suppression) in suppressions::list_between(tx, first, last, channel)? {
        if let Some(held) = held.get_mut(&person) {
            held.suppressions.push(suppression);
        }
    }
    for (person, day, week) in sent::list_since_between(tx, first, last, now - DAY, now - WEEK)? {
        if let Some(held) = held.get_mut(&person) {
            (held.n_last_24h, held.n_last_7d) = (day, week);
        }
    }
    Ok(held.into_values().collect())
}

fn empty(person: placet_domain::person::Person) -> Held {
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
