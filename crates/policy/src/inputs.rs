//! What a decision is asked about: the act that is intended and the person it concerns.
//!
//! The fields and their codes are the wire form of `placet decide` (docs of [`crate::wire`]).
//! `None` always means *unknown*; a rule that needs an unknown fact denies and names it.
//!
//! INVARIANT: plain data. Nothing here knows a rule.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

mod read;
mod write;

pub use read::{InputError, read_inputs};

/// The act and the person together: one question to the engine.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inputs {
    /// What is intended.
    pub act: Act,
    /// What is known about the person it concerns.
    pub person: Person,
}

/// What is intended. The same for every person of a campaign.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Act {
    /// Who acts: `covered_provider`, `health_plan`, `pharmacy`, `part2_program`, …
    pub actor: String,
    /// Why the information is used; a free code such as `promotion`.
    pub purpose: String,
    /// What is said; `a+b` or `mixed:a+b` is decided part by part and the strictest wins.
    pub content_class: String,
    /// The text, when it is at hand.
    pub content: Option<String>,
    /// Where the data comes from: `ehr`, `lead_form`, `public_page`, …
    pub data_origin: Option<String>,
    /// The data elements that are used or disclosed.
    pub data_elements: Vec<String>,
    /// What people are selected by; selecting on clinical data is a use of it.
    pub selection_criteria: Vec<String>,
    /// How it travels: `email`, `sms`, `postal`, `web_pixel`, …
    pub channel: String,
    /// To whom: `individual`, `vendor`, `general_public`, …
    pub recipient: String,
    /// Who carries it on our behalf.
    pub vendor: Vendor,
    /// What is paid for it.
    pub remuneration: Remuneration,
    /// Attributes of the content and the channel; see [`crate::Engine::facts`].
    pub attributes: Attributes,
}

/// Who carries the act on the actor's behalf.
#[derive(Debug, Clone, PartialEq)]
pub struct Vendor {
    /// `none` when the actor does it alone; else `email_service`, `crm`, `ad_platform`, …
    pub role: String,
    /// Whether a business associate agreement is in force.
    pub baa: Option<bool>,
    /// Where it keeps the data, as an ISO 3166 code.
    pub country: Option<String>,
}

impl Default for Vendor {
    fn default() -> Self {
        Self {
            role: "none".to_owned(),
            baa: None,
            country: None,
        }
    }
}

/// What is paid for making the communication, and by whom.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Remuneration {
    /// `none`, `financial`, `in_kind`; `None` or `unknown` when nobody said.
    pub kind: Option<String>,
    /// `product_owner`, `other_third_party` or `recipient`.
    pub payer: Option<String>,
    /// `at_or_below_cost`, `above_cost` or `fair_market_value_ba`.
    pub amount_vs_cost: Option<String>,
}

impl Remuneration {
    /// Nobody pays.
    #[must_use]
    pub fn none() -> Self {
        Self {
            kind: Some("none".to_owned()),
            ..Self::default()
        }
    }
}

/// Attributes by name. An absent one is unknown.
pub type Attributes = BTreeMap<String, Value>;

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A count, an amount, a length.
    Number(f64),
    /// A code.
    Text(String),
    /// Several of them.
    List(Vec<Value>),
}

/// What is known about the person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    /// `patient`, `former_patient`, `prospect`, `enrollee`, `donor`, …
    pub relationship: Option<String>,
    /// Age in years.
    pub age: Option<f64>,
    /// Where the person lives, as `US-TX` or `CA-ON`.
    pub residence: Option<String>,
    /// Special standing: `part2`, `psychotherapy_notes`, `minor_consented_alone`, …
    pub flags: Vec<String>,
    /// What the person signed or agreed to.
    pub instruments: Vec<Instrument>,
    /// What the person asked for or refused.
    pub preferences: Vec<Preference>,
    /// Whose law applies: residence, place of collection, facility.
    pub jurisdiction: Vec<String>,
    /// The act's instant as the person's clock shows it.
    pub local_time: Option<LocalTime>,
    /// Messages before this one.
    pub frequency: Frequency,
    /// Attributes that belong to the person rather than the act.
    pub attributes: Attributes,
}

/// One signed permission or consent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Instrument {
    /// Its kind: `hipaa_authorization`, `email_optin`, `tcpa_pewc`, … (`type` on the wire).
    pub kind: String,
    /// `valid`, `defective`, `expired` or `revoked`.
    pub status: String,
    /// What it lacks, by code: `no_expiration`, `combined_with_treatment_consent`, …
    pub defects: Vec<String>,
    /// What it covers, as `channel:topic`; `None` when it is not limited.
    pub scope: Option<String>,
    /// The last day on which it holds.
    pub expires: Option<Date>,
    /// The day on which it was signed.
    pub signed: Option<Date>,
    /// Who signed, when not the person: `parent`, `executor`, …
    pub signer: Option<String>,
    /// Whether it says that the disclosure is paid for.
    pub states_sale: Option<bool>,
    /// Whether it says that the communication is paid for.
    pub states_remuneration: Option<bool>,
    /// Further notes of the record; no rule reads them.
    pub notes: Attributes,
}

/// One thing the person asked for or refused.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preference {
    /// Its kind: `unsubscribe`, `stop`, `declined`, `confidential_communication`, …
    pub kind: String,
    /// What it reaches: `marketing`, `reminders`, `all`, …
    pub scope: Option<String>,
    /// The channel it reaches, or the one chosen.
    pub channel: Option<String>,
    /// The day on which it was said.
    pub at: Option<Date>,
}

/// How many messages went out before this one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Frequency {
    /// In the last 24 hours.
    pub last_24h: Option<u32>,
    /// In the last seven days.
    pub last_7d: Option<u32>,
}

/// An instant together with the person's offset from UTC.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalTime {
    /// The instant.
    pub at: Timestamp,
    /// The person's offset at that instant.
    pub offset: Offset,
}

impl LocalTime {
    /// The instant as a clock in this zone shows it.
    #[must_use]
    pub fn new(at: Timestamp, zone: &TimeZone) -> Self {
        Self {
            at,
            offset: zone.to_offset(at),
        }
    }

    /// The same instant with its offset, for arithmetic on days and hours.
    #[must_use]
    pub fn to_zoned(self) -> Zoned {
        self.at.to_zoned(TimeZone::fixed(self.offset))
    }
}
