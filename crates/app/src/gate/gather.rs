//! Reads what the gate needs to know of people: of one, or of a stretch of them at once.

use std::collections::BTreeMap;

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
    let Some(found) = people::find(tx, person)? else {
        return Ok(None);
    };
    let contact_point = people::list_contact_points(tx, person)?
        .into_iter()
        .find(|point| point.channel == channel);
    let closed = match contact_point
        .as_ref()
        .and_then(|point| people::address_lookup(tx, channel, &point.address))
    {
        Some(lookup) => suppressions::list_by_lookup(tx, &lookup, channel)?,
        None => Vec::new(),
    };
    let (n_last_24h, n_last_7d) = sent::count_since(tx, person, now - DAY, now - WEEK)?;
    Ok(Some(Held {
        person: found,
        contact_point,
        instruments: instruments::list_by_person(tx, person)?
            .into_iter()
            .map(|held| held.instrument)
            .collect(),
        preferences: preferences::list_by_person(tx, person)?
            .into_iter()
            .map(|held| held.preference)
            .collect(),
        suppressions: closed,
        n_last_24h,
        n_last_7d,
    }))
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
