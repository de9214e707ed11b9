//! What arrives from another system after a flow has filtered it: the hand-over from the gateway
//! to the import.
//!
//! INVARIANT: none of these prints itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::channel::Channel;
use crate::person::{Identity, Origin, Relationship};
use crate::time::{Date, Timestamp};

/// One arrival.
pub enum Arrival {
    /// A person, as the source knows them now.
    Person(Box<PersonArrival>),
    /// An appointment of a person who came before.
    Appointment(AppointmentArrival),
    /// Two records of the source are one person.
    Joined(Joining),
    /// Two records that were joined are two people after all.
    Parted(Joining),
}

/// Two records of a source, by its own ids.
pub struct Joining {
    /// The record that stays.
    pub survivor: String,
    /// The record that goes.
    pub retired: String,
}

/// A person, as the source knows them now.
pub struct PersonArrival {
    /// The id in the source; kept only as a keyed hash.
    pub source_ref: String,
    /// What they are to the organization, as the source says.
    pub relationship: Relationship,
    /// Country and state, as `US-OH`.
    pub residence: Option<String>,
    /// The IANA name of their time zone, where state and ZIP code leave no doubt.
    pub time_zone: Option<String>,
    /// The day they died, when it is known.
    pub deceased_on: Option<Date>,
    /// Codes of special protection.
    pub flags: BTreeSet<String>,
    /// What identifies them.
    pub identity: Identity,
    /// How they are reached.
    pub reach: Vec<Reach>,
    /// What nothing was said of, and what therefore stays as it is.
    pub unsaid: Unsaid,
}

/// What an arrival says nothing of: a field that an HL7 v2 message leaves empty (Chapter 2,
/// 2.5.3: "not valued" is no change), a column that a file does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Unsaid {
    /// Ways to reach the person; those held are kept.
    pub channels: BTreeSet<Channel>,
    /// Data elements beside the identity; those held are kept.
    pub elements: bool,
    /// Whether they live. Whoever is held as dead stays so.
    pub death: bool,
}

impl PersonArrival {
    /// The same data as the same text, to tell news from repetition. It holds personal values: it
    /// is hashed under a key, never kept.
    #[must_use]
    pub fn canonical(&self) -> String {
        let reach: Vec<_> = self
            .reach
            .iter()
            .map(|reach| (reach.channel, reach.origin, reach.address.as_str()))
            .collect();
        let all = (
            self.relationship,
            &self.residence,
            &self.time_zone,
            self.deceased_on,
            &self.flags,
            &self.identity,
            reach,
            &self.unsaid,
        );
        serde_json::to_string(&all).unwrap_or_default()
    }
}

/// A consent of a person who came before, as a FHIR system holds it.
pub struct ConsentArrival {
    /// The id in the source; kept only as a keyed hash.
    pub source_ref: String,
    /// The person's id in the source.
    pub person_ref: String,
    /// When it was given.
    pub given_at: Timestamp,
    /// What it says of marketing.
    pub says: ConsentSays,
    /// `R4` or `R5`.
    pub version: &'static str,
    /// Whether the source verified it with the person.
    pub is_signed: bool,
}

/// What a consent says of marketing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentSays {
    /// It permits.
    Permit {
        /// Its last day.
        until: Option<Date>,
    },
    /// It refuses.
    Refuse,
    /// It is not in force: taken back, replaced, never finished.
    Ended,
    /// It does not speak of marketing.
    Silent,
}

impl fmt::Debug for ConsentArrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConsentArrival(not shown)")
    }
}

/// One address or number of an arriving person.
#[derive(Clone, PartialEq, Eq)]
pub struct Reach {
    /// How it is reached.
    pub channel: Channel,
    /// The address as it is written on a message.
    pub address: String,
    /// Where it came from.
    pub origin: Origin,
}

/// An appointment, as the source knows it now.
pub struct AppointmentArrival {
    /// The id in the source; kept only as a keyed hash.
    pub source_ref: String,
    /// The person's id in the source.
    pub person_ref: String,
    /// When it begins.
    pub starts_at: Timestamp,
    /// The word of the source: `booked`, `cancelled`, …
    pub status: String,
    /// Place and the like, by data element code.
    pub details: BTreeMap<String, String>,
}

impl fmt::Debug for PersonArrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonArrival(not shown)")
    }
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reach({})", self.channel.as_str())
    }
}

impl fmt::Debug for AppointmentArrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppointmentArrival(not shown)")
    }
}

impl fmt::Debug for Joining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Joining(not shown)")
    }
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Person(_) => "Person(not shown)",
            Self::Appointment(_) => "Appointment(not shown)",
            Self::Joined(_) => "Joined(not shown)",
            Self::Parted(_) => "Parted(not shown)",
        })
    }
}
