//! Inputs into slots: each fact once, every code as a number.

use jiff::civil::Date;

use super::{CATALOGUE, RECORD_FIELDS, Symbols};
use crate::decision::Profile;
use crate::elements::Elements;
use crate::inputs::{Act, Attributes, Instrument, LocalTime, Person, Preference, Value};

/// The value of one fact.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Slot {
    #[default]
    Unknown,
    Bool(bool),
    Number(f64),
    Text(u32),
    Texts(Vec<u32>),
    Records(Vec<Record>),
}

/// The fields of an instrument or a preference, in the order of [`RECORD_FIELDS`].
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Record {
    fields: Vec<Slot>,
}

impl Record {
    fn unknown() -> Self {
        Self {
            fields: vec![Slot::Unknown; RECORD_FIELDS.len()],
        }
    }

    pub(crate) fn slot(&self, field: u16) -> &Slot {
        self.fields
            .get(usize::from(field))
            .unwrap_or(&Slot::Unknown)
    }

    fn set(&mut self, name: &str, slot: Slot) {
        let index = RECORD_FIELDS.iter().position(|field| field.0 == name);
        if let Some(place) = index.and_then(|index| self.fields.get_mut(index)) {
            *place = slot;
        }
    }
}

/// The slots of an act or of a person, in the order of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Encoded {
    slots: Vec<Slot>,
}

impl Encoded {
    /// Nothing is known.
    pub(crate) fn unknown() -> Self {
        Self {
            slots: vec![Slot::Unknown; CATALOGUE.len()],
        }
    }

    pub(crate) fn slot(&self, fact: u16) -> &Slot {
        self.slots.get(usize::from(fact)).unwrap_or(&Slot::Unknown)
    }

    /// The same with those facts that `takes` names as `other` has them.
    pub(crate) fn with(&self, other: &Self, takes: impl Fn(u16) -> bool) -> Self {
        let pairs = self.slots.iter().zip(&other.slots).zip(0_u16..);
        let slots =
            pairs.map(|((own, others), fact)| if takes(fact) { others } else { own }.clone());
        Self {
            slots: slots.collect(),
        }
    }
}

/// What encoding needs to know about the pack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Encoder<'a> {
    pub(crate) symbols: &'a Symbols,
    pub(crate) elements: &'a Elements,
}

struct Filler<'a> {
    encoder: Encoder<'a>,
    to: Encoded,
    /// Facts are set in the order of the catalogue: the search starts where the last one ended.
    next: usize,
}

impl<'a> Filler<'a> {
    fn new(encoder: Encoder<'a>) -> Self {
        Self {
            encoder,
            to: Encoded::unknown(),
            next: 0,
        }
    }

    fn set(&mut self, name: &str, slot: Slot) {
        for _ in 0..CATALOGUE.len() {
            let index = self.next;
            self.next = (index + 1) % CATALOGUE.len();
            if CATALOGUE.get(index).is_some_and(|fact| fact.name == name) {
                if let Some(place) = self.to.slots.get_mut(index) {
                    *place = slot;
                }
                return;
            }
        }
        debug_assert!(false, "no fact `{name}`");
    }

    fn text(&mut self, name: &str, text: Option<&str>) {
        let slot = match text {
            Some(text) if !text.is_empty() && text != "unknown" => {
                Slot::Text(self.encoder.symbols.find(text))
            }
            _ => Slot::Unknown,
        };
        self.set(name, slot);
    }

    fn texts<'t>(&mut self, name: &str, texts: impl IntoIterator<Item = &'t str>) {
        let slot = self.encoder.list(texts);
        self.set(name, slot);
    }

    fn attributes(&mut self, attributes: &Attributes) {
        for (name, value) in attributes {
            if let Some(index) = attribute_place(name)
                && let Some(place) = self.to.slots.get_mut(index)
            {
                *place = self.encoder.value(value);
            }
        }
    }
}

/// The place of an attribute in the catalogue; they stand there in the order of their names.
fn attribute_place(name: &str) -> Option<usize> {
    let first = CATALOGUE.partition_point(|fact| !fact.name.starts_with("attributes."));
    let attributes = CATALOGUE.get(first..)?;
    let index = attributes.binary_search_by(|fact| {
        fact.name
            .strip_prefix("attributes.")
            .unwrap_or_default()
            .cmp(name)
    });
    Some(first + index.ok()?)
}

impl Encoder<'_> {
    /// The act as it concerns one part of its content.
    pub(crate) fn act(self, act: &Act, profile: Profile, part: &str, parts: &[String]) -> Encoded {
        let mut to = Filler::new(self);
        to.text("policy_profile", Some(profile.as_str()));
        to.text("actor", Some(&act.actor));
        to.text("purpose", Some(&act.purpose));
        to.text("content_class", Some(part));
        to.texts("content_parts", parts.iter().map(String::as_str));
        to.text("data_origin", act.data_origin.as_deref());
        to.texts(
            "data_elements",
            act.data_elements.iter().map(String::as_str),
        );
        to.texts(
            "element_classes",
            act.data_elements.iter().map(|e| self.elements.class_of(e)),
        );
        to.texts(
            "selection_criteria",
            act.selection_criteria.iter().map(String::as_str),
        );
        to.texts(
            "selection_classes",
            act.selection_criteria
                .iter()
                .map(|e| self.elements.class_of(e)),
        );
        to.text("channel", Some(&act.channel));
        to.text("recipient", Some(&act.recipient));
        to.text("vendor.role", Some(&act.vendor.role));
        to.set(
            "vendor.baa",
            act.vendor.baa.map_or(Slot::Unknown, Slot::Bool),
        );
        to.text("vendor.country", act.vendor.country.as_deref());
        to.text("remuneration.kind", act.remuneration.kind.as_deref());
        to.text("remuneration.payer", act.remuneration.payer.as_deref());
        to.text(
            "remuneration.amount_vs_cost",
            act.remuneration.amount_vs_cost.as_deref(),
        );
        to.attributes(&act.attributes);
        self.derived(act, &mut to);
        to.to
    }

    /// Facts that are worked out from an attribute.
    fn derived(self, act: &Act, to: &mut Filler<'_>) {
        if let Some(Value::List(ages)) = act.attributes.get("ages") {
            let numbers = ages.iter().filter_map(|age| match age {
                Value::Number(age) => Some(*age),
                _ => None,
            });
            to.set(
                "attributes.max_age",
                Slot::Number(numbers.fold(0.0, f64::max)),
            );
        }
        if let Some(Value::Text(subject)) = act.attributes.get("subject") {
            let words: Vec<String> = subject
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase)
                .collect();
            to.texts("subject_words", words.iter().map(String::as_str));
        } else {
            to.texts("subject_words", []);
        }
    }

    pub(crate) fn person(self, person: &Person, at: jiff::Timestamp) -> Encoded {
        let mut to = Filler::new(self);
        let clock = person
            .local_time
            .map(|local| LocalTime { at, ..local }.to_zoned());
        let today = clock.as_ref().map_or_else(
            || at.to_zoned(jiff::tz::TimeZone::UTC).date(),
            jiff::Zoned::date,
        );
        to.text("subject.relationship", person.relationship.as_deref());
        to.set(
            "subject.age",
            person.age.map_or(Slot::Unknown, Slot::Number),
        );
        to.text("subject.residence", person.residence.as_deref());
        let country = person
            .residence
            .as_deref()
            .and_then(|residence| residence.get(..2));
        to.text("subject.country", country);
        to.texts("subject.flags", person.flags.iter().map(String::as_str));
        let instruments = person
            .instruments
            .iter()
            .map(|i| self.instrument(i, today))
            .collect();
        to.set("instruments", Slot::Records(instruments));
        let authorizations = person
            .instruments
            .iter()
            .filter(|i| i.kind == "hipaa_authorization");
        to.texts(
            "authorization_defects",
            authorizations.flat_map(|i| &i.defects).map(String::as_str),
        );
        let preferences = person
            .preferences
            .iter()
            .map(|p| self.preference(p, today))
            .collect();
        to.set("preferences", Slot::Records(preferences));
        to.set("jurisdiction", self.jurisdiction(person));
        if let Some(clock) = clock {
            let hour = f64::from(clock.hour())
                + f64::from(clock.minute()) / 60.0
                + f64::from(clock.second()) / 3600.0;
            to.set("local_time.hour", Slot::Number(hour));
            let weekday = f64::from(clock.weekday().to_monday_one_offset());
            to.set("local_time.weekday", Slot::Number(weekday));
        }
        to.set("local_time.day", Slot::Number(day_number(today)));
        let count =
            |count: Option<u32>| count.map_or(Slot::Unknown, |n| Slot::Number(f64::from(n)));
        to.set("frequency.last_24h", count(person.frequency.last_24h));
        to.set("frequency.last_7d", count(person.frequency.last_7d));
        to.attributes(&person.attributes);
        to.to
    }

    /// Residence counts as a jurisdiction of its own; where nothing is known, the country is.
    fn jurisdiction(self, person: &Person) -> Slot {
        let mut all: Vec<&str> = person.jurisdiction.iter().map(String::as_str).collect();
        all.extend(person.residence.as_deref());
        let countries: Vec<&str> = all.iter().filter_map(|place| place.get(..2)).collect();
        all.extend(countries);
        if all.is_empty() {
            all.push("US");
        }
        all.sort_unstable();
        all.dedup();
        self.list(all)
    }

    fn instrument(self, instrument: &Instrument, today: Date) -> Record {
        let mut record = Record::unknown();
        record.set("kind", self.code(&instrument.kind));
        record.set("status", self.code(status(instrument, today)));
        record.set(
            "defects",
            self.list(instrument.defects.iter().map(String::as_str)),
        );
        let (channels, topic) = scope(instrument.scope.as_deref());
        record.set("channels", self.list(channels));
        record.set(
            "topic",
            topic.map_or(Slot::Unknown, |topic| self.code(topic)),
        );
        record.set(
            "scope",
            instrument
                .scope
                .as_deref()
                .map_or(Slot::Unknown, |s| self.code(s)),
        );
        record.set(
            "signer",
            instrument
                .signer
                .as_deref()
                .map_or(Slot::Unknown, |s| self.code(s)),
        );
        let age = instrument
            .signed
            .map(|day| day_number(today) - day_number(day));
        record.set("age_days", age.map_or(Slot::Unknown, Slot::Number));
        let said = |states: Option<bool>| states.map_or(Slot::Unknown, Slot::Bool);
        record.set("states_sale", said(instrument.states_sale));
        record.set("states_remuneration", said(instrument.states_remuneration));
        record
    }

    fn preference(self, preference: &Preference, today: Date) -> Record {
        let mut record = Record::unknown();
        record.set("kind", self.code(&preference.kind));
        record.set(
            "scope",
            self.code(preference.scope.as_deref().unwrap_or("all")),
        );
        let channel = preference.channel.as_deref().unwrap_or("all");
        record.set("channels", self.list(channels_of(channel)));
        let age = preference.at.map(|day| day_number(today) - day_number(day));
        record.set("age_days", age.map_or(Slot::Unknown, Slot::Number));
        record
    }

    fn code(self, text: &str) -> Slot {
        if text.is_empty() {
            Slot::Unknown
        } else {
            Slot::Text(self.symbols.find(text))
        }
    }

    fn list<'t>(self, texts: impl IntoIterator<Item = &'t str>) -> Slot {
        let mut list: Vec<u32> = Vec::new();
        for text in texts {
            let symbol = self.symbols.find(text);
            if !list.contains(&symbol) {
                list.push(symbol);
            }
        }
        Slot::Texts(list)
    }

    fn value(self, value: &Value) -> Slot {
        match value {
            Value::Bool(is) => Slot::Bool(*is),
            Value::Number(number) => Slot::Number(*number),
            Value::Text(text) => self.code(text),
            Value::List(items) => self.list(items.iter().filter_map(|item| match item {
                Value::Text(text) => Some(text.as_str()),
                _ => None,
            })),
        }
    }
}

/// The status on the day: a record that says `valid` but has run out or lacks something does not hold.
fn status(instrument: &Instrument, today: Date) -> &str {
    if instrument.status != "valid" {
        return &instrument.status;
    }
    if instrument.expires.is_some_and(|expires| expires < today) {
        return "expired";
    }
    if instrument.defects.is_empty() {
        "valid"
    } else {
        "defective"
    }
}

/// `email:device_promo` is a channel and a topic; a scope without a channel reaches every one.
fn scope(scope: Option<&str>) -> (Vec<&'static str>, Option<&str>) {
    let Some(scope) = scope else {
        return (Vec::new(), None);
    };
    let topic = scope.split_once(':').map_or(scope, |(_, topic)| topic);
    let words = scope.split([':', ',', '+', '|']);
    (
        words.flat_map(|word| known_channels(word.trim())).collect(),
        Some(topic),
    )
}

/// The channels a preference is about; empty for all of them.
fn channels_of(name: &str) -> Vec<&str> {
    if matches!(name, "all" | "any" | "") {
        return Vec::new();
    }
    let known = known_channels(name);
    if known.is_empty() { vec![name] } else { known }
}

/// The channels that a word from a form stands for.
fn known_channels(name: &str) -> Vec<&'static str> {
    let name = name.strip_suffix("_only").unwrap_or(name);
    match name {
        "email" | "mail_electronic" => vec!["email"],
        "sms" | "text" | "texts" | "mobile" => vec!["sms"],
        "voice" | "phone" | "call" | "calls" => vec!["voice_live", "voice_prerecorded"],
        "voice_live" => vec!["voice_live"],
        "voice_prerecorded" => vec!["voice_prerecorded"],
        "postal" | "mail" | "post" | "letter" => vec!["postal"],
        "portal" | "portal_message" => vec!["portal_message"],
        "web" | "website" | "web_page" => vec!["web_page", "web_pixel", "web_form"],
        "social" | "social_post" | "social_media" => vec!["social_post"],
        "print" => vec!["print"],
        "display_ad" | "ad" | "ads" => vec!["display_ad"],
        "in_person" => vec!["in_person"],
        "custom_audience" => vec!["custom_audience"],
        "data_feed" | "sale" => vec!["data_feed"],
        _ => Vec::new(),
    }
}

/// Days since 1 January of the year 0: only differences and orders of it matter.
pub(crate) fn day_number(day: Date) -> f64 {
    let hours = day.duration_since(Date::constant(0, 1, 1)).as_hours();
    // Days of any calendar fit in 53 bits.
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    let days = (hours / 24) as f64;
    days
}
