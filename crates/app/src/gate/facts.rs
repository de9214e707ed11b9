//! What is held of a person, told to the engine in its own words.
//!
//! The engine knows no channel tables and no store: it is given the instruments and preferences
//! that speak of this message, each with its standing at this moment.

use std::collections::BTreeMap;

use placet_domain::channel::Channel;
use placet_domain::instrument::authorization::{Authorization, Signer};
use placet_domain::instrument::{Instrument, Standing, Terms};
use placet_domain::person::{ContactPoint, Person};
use placet_domain::preference::{Preference, PreferenceKind, Topic};
use placet_domain::suppression::{Cause, Suppression};
use placet_domain::time::{Date, TimeZone, Timestamp};
use placet_policy as policy;

/// Everything the gate reads of one person for one channel.
#[derive(Debug, Clone)]
pub struct Held {
    /// Who.
    pub person: Person,
    /// Where the message would go; none when there is no address.
    pub contact_point: Option<ContactPoint>,
    /// Everything they signed or agreed to.
    pub instruments: Vec<Instrument>,
    /// Everything they asked for or refused.
    pub preferences: Vec<Preference>,
    /// What closes the address.
    pub suppressions: Vec<Suppression>,
    /// Messages sent to them in the last 24 hours.
    pub n_last_24h: u32,
    /// Messages sent to them in the last seven days.
    pub n_last_7d: u32,
}

/// What an authorization's form lists as information, for an element class of the packs. None for
/// what is about nobody; a sensitive class stands for itself and must be listed as such.
#[must_use]
pub fn information(class: &str) -> Option<&str> {
    Some(match class {
        "statistic" => return None,
        "identifier" | "contact" | "code" | "patient_status" => "contact",
        "demographic" | "birth" | "location" => "demographic",
        "appointment" | "care_date" => "appointment",
        "clinical" | "department" | "outcome" | "provider" => "treatment",
        own => own,
    })
}

/// What the packs call an authorization that does not reach the information of this use.
pub const OUTSIDE: &str = "use_outside_information";

/// The engine's view of a person at one moment, for one channel and topic. `uses` is the
/// information of the message, as [`information`] names it.
#[must_use]
pub fn person(
    held: &Held,
    channel: Channel,
    topic: Topic,
    uses: &[&str],
    at: Timestamp,
) -> policy::Person {
    let zone = held
        .person
        .time_zone
        .as_deref()
        .and_then(|name| TimeZone::get(name).ok());
    // Days are counted where the person lives; where that is unknown, where the day ends first.
    let counting = zone
        .clone()
        .unwrap_or_else(|| TimeZone::fixed(jiff::tz::offset(14)));
    let today = at.to_zoned(counting.clone()).date();
    let relationship = match held.person.deceased_on {
        Some(day) if day <= today => "deceased",
        _ => held.person.relationship.as_str(),
    };
    policy::Person {
        relationship: Some(relationship.to_owned()),
        age: held.person.identity.age_on(today).map(f64::from),
        residence: held.person.residence.clone(),
        flags: held.person.flags.iter().cloned().collect(),
        instruments: instruments(held, channel, topic, uses, at, &counting),
        preferences: preferences(held, channel, topic, at, &counting),
        jurisdiction: jurisdiction(held.person.residence.as_deref()),
        local_time: zone.map(|zone| policy::LocalTime::new(at, &zone)),
        frequency: policy::Frequency {
            last_24h: Some(held.n_last_24h),
            last_7d: Some(held.n_last_7d),
        },
        attributes: BTreeMap::new(),
    }
}

fn jurisdiction(residence: Option<&str>) -> Vec<String> {
    let Some(residence) = residence else {
        return vec!["US".to_owned()];
    };
    let country = residence.split('-').next().unwrap_or(residence);
    if country == residence {
        vec![residence.to_owned()]
    } else {
        vec![country.to_owned(), residence.to_owned()]
    }
}

fn instruments(
    held: &Held,
    channel: Channel,
    topic: Topic,
    uses: &[&str],
    at: Timestamp,
    zone: &TimeZone,
) -> Vec<policy::Instrument> {
    let covering = held
        .instruments
        .iter()
        .filter(|instrument| instrument.covers(channel, topic));
    covering
        .filter_map(|instrument| match instrument.standing(at, zone) {
            Standing::NotYet { .. } => None,
            standing => Some(told(instrument, &standing, uses, zone)),
        })
        .collect()
}

fn told(
    instrument: &Instrument,
    standing: &Standing,
    uses: &[&str],
    zone: &TimeZone,
) -> policy::Instrument {
    let is_outside = match &instrument.terms {
        Terms::Authorization(terms) => !terms.scope.outside(uses).is_empty(),
        Terms::Consent(_) => false,
    };
    let outside = is_outside.then(|| OUTSIDE.to_owned());
    let (states_sale, states_remuneration, signer) = match &instrument.terms {
        Terms::Authorization(terms) => (
            Some(terms.statements.sale),
            Some(terms.statements.remuneration),
            signer(terms),
        ),
        Terms::Consent(_) => (None, None, None),
    };
    policy::Instrument {
        kind: instrument.kind.as_str().to_owned(),
        // What ended stays so; what stands reaches no further than it says.
        status: match standing {
            Standing::InForce if is_outside => "defective",
            standing => standing.as_str(),
        }
        .to_owned(),
        defects: instrument
            .defects
            .iter()
            .map(|defect| defect.as_str().to_owned())
            .chain(outside)
            .collect(),
        // What does not speak of this channel and topic was left out above.
        scope: None,
        expires: instrument.expires_on(),
        signed: Some(day(instrument.signed_at, zone)),
        signer,
        states_sale,
        states_remuneration,
        notes: BTreeMap::new(),
    }
}

/// Who signed, when it was not the person: the word of the packs for the authority described.
fn signer(terms: &Authorization) -> Option<String> {
    let Signer::Representative { authority } = &terms.signature.as_ref()?.signer else {
        return None;
    };
    let authority = authority.to_lowercase();
    let known = ["parent", "guardian", "executor", "administrator"];
    let word = known.into_iter().find(|word| authority.contains(word));
    Some(word.unwrap_or("representative").to_owned())
}

fn preferences(
    held: &Held,
    channel: Channel,
    topic: Topic,
    at: Timestamp,
    zone: &TimeZone,
) -> Vec<policy::Preference> {
    let scope = if topic == Topic::CareReminders {
        "reminders"
    } else {
        "marketing"
    };
    let standing = held
        .preferences
        .iter()
        .filter(|preference| preference.stands_at(at));
    let objecting: Vec<&Preference> = standing
        .filter(|preference| preference.objects_to(channel, topic))
        .collect();
    // The packs read a decline as a no to promotion. One that names this very topic, as a box left
    // empty on the person's page does, is a no to all messages about it.
    let unwanted = objecting
        .iter()
        .find(|one| one.kind == PreferenceKind::Declined && one.topic == Some(topic))
        .map(|one| policy::Preference {
            kind: PreferenceKind::Unsubscribe.as_str().to_owned(),
            scope: Some(scope.to_owned()),
            channel: Some(channel.as_str().to_owned()),
            at: Some(day(one.asked_at, zone)),
        });
    let asked = objecting.into_iter().map(|preference| {
        let via = match preference.kind {
            // A choice says where to go instead; the others say which way is closed.
            PreferenceKind::ChannelChoice | PreferenceKind::ConfidentialCommunication => preference
                .channel
                .map(|chosen| format!("{}_only", chosen.as_str())),
            _ => Some(channel.as_str().to_owned()),
        };
        policy::Preference {
            kind: preference.kind.as_str().to_owned(),
            scope: Some(scope.to_owned()),
            channel: via,
            at: Some(day(preference.asked_at, zone)),
        }
    });
    let closed = held
        .suppressions
        .iter()
        .filter(|suppression| suppression.stands_at(at) && suppression.channel == channel)
        .filter(|suppression| suppression.cause.is_total() || topic != Topic::CareReminders)
        .map(|suppression| {
            // The registry leaves room for signed permission and for people in care: its own rule says so.
            let is_registry = suppression.cause == Cause::NationalDnc;
            let kind = match is_registry {
                true => PreferenceKind::NationalDnc.as_str(),
                false => "suppression",
            };
            let scope = match is_registry {
                true => "telemarketing",
                false => suppression.cause.as_str(),
            };
            policy::Preference {
                kind: kind.to_owned(),
                scope: Some(scope.to_owned()),
                channel: Some(channel.as_str().to_owned()),
                at: Some(day(suppression.placed_at, zone)),
            }
        });
    asked.chain(unwanted).chain(closed).collect()
}

fn day(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone()).date()
}
