//! What is held of a person as a row of the index, and how the gate reads it back.
//!
//! A record's form keeps an exemplar of it: everything but whose it is and its days. When a gate
//! asks, the exemplar is told to the engine by the same function as a real record, so the index
//! cannot mean something else than the gate.

use std::collections::BTreeSet;

use placet_domain::channel::Channel;
use placet_domain::id::PersonId;
use placet_domain::instrument::authorization::{
    Authorization, Defect, Expiry, Scope, Signature, Signer, Statements,
};
use placet_domain::instrument::{
    Consent, Evidence, Instrument, InstrumentKind, Method, Revocation, Standing, Terms,
};
use placet_domain::person::{ContactPoint, Identity, Person, Relationship};
use placet_domain::preference::{Preference, PreferenceKind, Topic};
use placet_domain::suppression::{Cause, Suppression};
use placet_domain::time::{Date, TimeZone, Timestamp};
use placet_policy as policy;
use placet_policy::columnar::{Clock, Form, Group, Record, Row, View};
use serde::{Deserialize, Serialize};

use crate::gate::{Gate, Held, facts, origin_code};

/// Columns of the index that no rule reads but filters and gates do.
pub(crate) const MARKS: [&str; 5] = [LANGUAGE, EMAIL, TEXTS, CALLS, POST];
/// The language somebody wants to be addressed in.
pub(crate) const LANGUAGE: &str = "language";
/// Where the e-mail address in use came from, in the engine's words; empty without one.
pub(crate) const EMAIL: &str = "email";
/// The same of the number for text messages.
const TEXTS: &str = "sms";
/// The same of the number for calls.
const CALLS: &str = "voice_live";
/// The same of the postal address.
const POST: &str = "postal";
/// The channels beside e-mail, in the order of their marks.
pub(crate) const BESIDE: [Channel; 3] = [Channel::Sms, Channel::VoiceLive, Channel::Postal];

/// The mark that says where the address of a channel came from.
pub(crate) fn address_mark(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => EMAIL,
        Channel::Sms => TEXTS,
        Channel::VoiceLive => CALLS,
        Channel::Postal => POST,
    }
}

/// A record without whose it is and its days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Exemplar {
    Authorization {
        kind: InstrumentKind,
        scope: Scope,
        statements: Statements,
        signer: Option<Signer>,
        defects: Vec<Defect>,
        ended: Option<Method>,
    },
    Consent {
        kind: InstrumentKind,
        channel: Channel,
        topic: Topic,
        defects: Vec<Defect>,
        ended: Option<Method>,
    },
    Preference {
        kind: PreferenceKind,
        channel: Option<Channel>,
        topic: Option<Topic>,
    },
    Suppression {
        channel: Channel,
        cause: Cause,
    },
}

impl Exemplar {
    fn of(instrument: &Instrument) -> Self {
        let kind = instrument.kind;
        let defects = instrument.defects.clone();
        let ended = instrument.revoked.map(|revoked| revoked.method);
        match &instrument.terms {
            Terms::Authorization(terms) => Self::Authorization {
                kind,
                scope: terms.scope.clone(),
                statements: terms.statements,
                signer: terms.signature.as_ref().map(|one| one.signer.clone()),
                defects,
                ended,
            },
            Terms::Consent(consent) => Self::Consent {
                kind,
                channel: consent.channel,
                topic: consent.topic,
                defects,
                ended,
            },
        }
    }

    /// The exemplar of a form; none when another version of the program wrote it.
    pub(crate) fn read(form: &Form) -> Option<Self> {
        serde_json::from_str(&form.reach).ok()
    }

    fn form(&self, group: Group, kind: &str, ends: bool) -> Form {
        Form {
            reach: serde_json::to_string(self).unwrap_or_default(),
            ends,
            dated: true,
            ..Form::new(group, kind)
        }
    }

    /// Whether it is an e-mail consent for this topic that nothing but its last day can end.
    pub(crate) fn is_email_consent(&self, wanted: Topic) -> bool {
        matches!(self, Self::Consent { channel: Channel::Email, topic, defects, ended: None, .. }
            if *topic == wanted && defects.is_empty())
    }

    /// Somebody who holds this and nothing else.
    fn held(self, at: Timestamp, is_over: bool) -> Held {
        let mut held = nobody();
        let last_day = is_over.then_some(Date::constant(1900, 1, 1));
        match self {
            Self::Authorization {
                kind,
                scope,
                statements,
                signer,
                defects,
                ended,
            } => {
                let signature = signer.map(|signer| Signature { signer, on: None });
                let terms = Authorization {
                    expiry: last_day.map(Expiry::On),
                    signature,
                    statements,
                    scope,
                    ..blank()
                };
                let terms = Terms::Authorization(Box::new(terms));
                held.instruments
                    .push(instrument(kind, terms, defects, ended));
            }
            Self::Consent {
                kind,
                channel,
                topic,
                defects,
                ended,
            } => {
                let terms = Terms::Consent(Consent {
                    channel,
                    topic,
                    expires_on: last_day,
                });
                held.instruments
                    .push(instrument(kind, terms, defects, ended));
            }
            Self::Preference {
                kind,
                channel,
                topic,
            } => held.preferences.push(Preference {
                id: [0; 16].into(),
                person: held.person.id,
                kind,
                channel,
                topic,
                wording: None,
                asked_at: at,
                method: Method::Paper,
                evidence: Evidence::from_source("index"),
                recorded_at: at,
                recorded_by: String::new(),
                lifted: None,
            }),
            Self::Suppression { channel, cause } => held.suppressions.push(Suppression {
                id: [0; 16].into(),
                lookup: Vec::new(),
                channel,
                cause,
                placed_at: at,
                placed_by: String::new(),
                lifted_at: None,
            }),
        }
        held
    }
}

fn instrument(
    kind: InstrumentKind,
    terms: Terms,
    defects: Vec<Defect>,
    ended: Option<Method>,
) -> Instrument {
    let at = Timestamp::UNIX_EPOCH;
    Instrument {
        id: [0; 16].into(),
        person: [0; 16].into(),
        kind,
        wording: None,
        terms,
        signed_at: at,
        method: Method::Paper,
        evidence: Evidence::from_source("index"),
        defects,
        recorded_at: at,
        recorded_by: String::new(),
        revoked: ended.map(|method| Revocation { at, method }),
    }
}

fn blank() -> Authorization {
    Authorization {
        description: String::new(),
        discloser: String::new(),
        recipient: String::new(),
        purpose: String::new(),
        expiry: None,
        signature: None,
        statements: Statements::default(),
        is_initiated_by_individual: false,
        involves_remuneration: false,
        is_sale: false,
        is_plain_language: true,
        is_combined: false,
        is_conditioned: false,
        is_known_false: false,
        scope: Scope::default(),
    }
}

fn nobody() -> Held {
    Held {
        person: Person {
            id: PersonId::from([0; 16]),
            relationship: Relationship::None,
            residence: None,
            time_zone: None,
            deceased_on: None,
            flags: BTreeSet::new(),
            identity: Identity::default(),
        },
        contact_point: None,
        instruments: Vec::new(),
        preferences: Vec::new(),
        suppressions: Vec::new(),
        n_last_24h: 0,
        n_last_7d: 0,
    }
}

/// A person's row, and the first instant at which the clock alone makes another one of it. `held`
/// is by e-mail, with what closes any address of theirs; `beside` is where messages of [`BESIDE`] would
/// go.
pub(crate) fn row(
    held: &Held,
    beside: [Option<&ContactPoint>; BESIDE.len()],
    at: Timestamp,
) -> (Row, Option<Timestamp>) {
    let person = &held.person;
    let zone = person.time_zone.as_deref();
    let zone = zone.and_then(|name| Some((name, TimeZone::get(name).ok()?)));
    let counting = match &zone {
        Some((_, zone)) => zone.clone(),
        None => where_days_end_first(),
    };
    let mut later: Vec<Timestamp> = Vec::new();
    let mut records = Vec::new();
    for instrument in &held.instruments {
        if let Standing::NotYet { from } = instrument.standing(at, &counting) {
            later.push(from);
            continue;
        }
        let ends = instrument.expires_on();
        let exemplar = Exemplar::of(instrument);
        records.push(Record {
            form: exemplar.form(Group::Instrument, instrument.kind.as_str(), ends.is_some()),
            ends,
            dated: Some(day(instrument.signed_at, &counting)),
        });
    }
    for preference in &held.preferences {
        if !preference.stands_at(at) {
            continue;
        }
        later.extend(preference.lifted.as_ref().map(|lifted| lifted.at));
        let exemplar = Exemplar::Preference {
            kind: preference.kind,
            channel: preference.channel,
            topic: preference.topic,
        };
        records.push(Record {
            form: exemplar.form(Group::Preference, preference.kind.as_str(), false),
            ends: None,
            dated: Some(day(preference.asked_at, &counting)),
        });
    }
    for suppression in &held.suppressions {
        if !suppression.stands_at(at) {
            continue;
        }
        later.extend(suppression.lifted_at);
        let exemplar = Exemplar::Suppression {
            channel: suppression.channel,
            cause: suppression.cause,
        };
        records.push(Record {
            form: exemplar.form(Group::Preference, "suppression", false),
            ends: None,
            dated: Some(day(suppression.placed_at, &counting)),
        });
    }
    if let Some(died) = person.deceased_on
        && day(at, &counting) < died
    {
        later.extend(
            died.to_zoned(counting.clone())
                .ok()
                .map(|day| day.timestamp()),
        );
    }
    let plain = Held {
        instruments: Vec::new(),
        preferences: Vec::new(),
        suppressions: Vec::new(),
        ..held.clone()
    };
    let origin = |point: Option<&ContactPoint>| {
        let origin = point.map_or("", |point| origin_code(point.origin));
        origin.to_owned()
    };
    let row = Row {
        key: *person.id.as_bytes(),
        person: facts::person(&plain, Channel::Email, Topic::Services, &[], at),
        born: person.identity.birth_date,
        zone: zone.map_or_else(String::new, |(name, _)| name.to_owned()),
        records,
        marks: [
            person.identity.language.clone().unwrap_or_default(),
            origin(held.contact_point.as_ref()),
        ]
        .into_iter()
        .chain(beside.map(origin))
        .collect(),
    };
    (row, later.into_iter().min())
}

/// Where no zone is known, days are counted where they end first.
fn where_days_end_first() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(14))
}

fn day(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone()).date()
}

impl View for Gate {
    fn clock(&self, zone: &str, at: Timestamp) -> Clock {
        let clock = clock(zone, at);
        Clock {
            local: clock.local.map(|offset| self.counted_at(offset)),
            ..clock
        }
    }

    fn instruments(&self, form: &Form, is_over: bool) -> Vec<policy::Instrument> {
        let exemplar = Exemplar::read(form);
        exemplar.map_or_else(Vec::new, |one| {
            self.person(&one.held(self.at(), is_over)).instruments
        })
    }

    fn preferences(&self, form: &Form) -> Vec<policy::Preference> {
        let exemplar = Exemplar::read(form);
        exemplar.map_or_else(Vec::new, |one| {
            self.person(&one.held(self.at(), false)).preferences
        })
    }
}

fn clock(zone: &str, at: Timestamp) -> Clock {
    let known = (!zone.is_empty())
        .then(|| TimeZone::get(zone).ok())
        .flatten();
    Clock {
        local: known.as_ref().map(|zone| zone.to_offset(at)),
        day: day(at, &known.unwrap_or_else(where_days_end_first)),
    }
}

/// The clocks alone: what a filter needs that asks no gate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clocks;

impl View for Clocks {
    fn clock(&self, zone: &str, at: Timestamp) -> Clock {
        clock(zone, at)
    }

    fn instruments(&self, _: &Form, _: bool) -> Vec<policy::Instrument> {
        Vec::new()
    }

    fn preferences(&self, _: &Form) -> Vec<policy::Preference> {
        Vec::new()
    }
}
