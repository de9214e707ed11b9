//! Writes the wire form, with its keys in their fixed order: equal inputs give equal bytes.

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeStruct, Serializer};

use super::{Frequency, Inputs, Instrument, LocalTime, Preference, Remuneration, Value, Vendor};

impl Serialize for Inputs {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Subject<'a> {
            relationship: &'a Option<String>,
            age: &'a Option<f64>,
            residence: &'a Option<String>,
            flags: &'a [String],
        }

        let (act, person) = (&self.act, &self.person);
        let subject = Subject {
            relationship: &person.relationship,
            age: &person.age,
            residence: &person.residence,
            flags: &person.flags,
        };
        let mut attributes = act.attributes.clone();
        attributes.extend(person.attributes.clone());

        let mut map = out.serialize_map(None)?;
        map.serialize_entry("actor", &act.actor)?;
        map.serialize_entry("subject", &subject)?;
        map.serialize_entry("purpose", &act.purpose)?;
        map.serialize_entry("content_class", &act.content_class)?;
        map.serialize_entry("content", &act.content)?;
        map.serialize_entry("data_origin", &act.data_origin)?;
        map.serialize_entry("data_elements", &act.data_elements)?;
        map.serialize_entry("selection_criteria", &act.selection_criteria)?;
        map.serialize_entry("channel", &act.channel)?;
        map.serialize_entry("recipient", &act.recipient)?;
        map.serialize_entry("vendor", &act.vendor)?;
        map.serialize_entry("remuneration", &act.remuneration)?;
        map.serialize_entry("instruments", &person.instruments)?;
        map.serialize_entry("preferences", &person.preferences)?;
        map.serialize_entry("jurisdiction", &person.jurisdiction)?;
        map.serialize_entry("local_time", &person.local_time)?;
        map.serialize_entry("frequency", &person.frequency)?;
        map.serialize_entry("attributes", &attributes)?;
        map.end()
    }
}

impl Serialize for Vendor {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut fields = out.serialize_struct("Vendor", 3)?;
        fields.serialize_field("role", &self.role)?;
        fields.serialize_field("baa", &self.baa)?;
        fields.serialize_field("country", &self.country)?;
        fields.end()
    }
}

impl Serialize for Remuneration {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut fields = out.serialize_struct("Remuneration", 3)?;
        fields.serialize_field("kind", &self.kind)?;
        fields.serialize_field("payer", &self.payer)?;
        fields.serialize_field("amount_vs_cost", &self.amount_vs_cost)?;
        fields.end()
    }
}

impl Serialize for Instrument {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        map.serialize_entry("type", &self.kind)?;
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("defects", &self.defects)?;
        if let Some(scope) = &self.scope {
            map.serialize_entry("scope", scope)?;
        }
        if let Some(expires) = &self.expires {
            map.serialize_entry("expires", &expires.to_string())?;
        }
        if let Some(signed) = &self.signed {
            map.serialize_entry("signed", &signed.to_string())?;
        }
        if let Some(signer) = &self.signer {
            map.serialize_entry("signer", signer)?;
        }
        if let Some(states) = &self.states_sale {
            map.serialize_entry("states_sale", states)?;
        }
        if let Some(states) = &self.states_remuneration {
            map.serialize_entry("states_remuneration", states)?;
        }
        for (name, value) in &self.notes {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Serialize for Preference {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut fields = out.serialize_struct("Preference", 4)?;
        fields.serialize_field("kind", &self.kind)?;
        fields.serialize_field("scope", &self.scope)?;
        fields.serialize_field("channel", &self.channel)?;
        fields.serialize_field("at", &self.at.map(|at| at.to_string()))?;
        fields.end()
    }
}

impl Serialize for Frequency {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut fields = out.serialize_struct("Frequency", 2)?;
        fields.serialize_field("last_24h", &self.last_24h)?;
        fields.serialize_field("last_7d", &self.last_7d)?;
        fields.end()
    }
}

impl Serialize for LocalTime {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&self.at.display_with_offset(self.offset))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(is) => out.serialize_bool(*is),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "checked to be whole and small"
            )]
            Self::Number(n) if n.fract() == 0.0 && n.abs() < 1e15 => out.serialize_i64(*n as i64),
            Self::Number(n) => out.serialize_f64(*n),
            Self::Text(text) => out.serialize_str(text),
            Self::List(items) => out.collect_seq(items),
        }
    }
}
