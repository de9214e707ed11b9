//! Reads the wire form. Every fault is named by its JSON pointer.

use jiff::civil::Date;
use jiff::{Timestamp, tz::Offset};
use serde_json::{Map, Value as Json};

use super::{
    Act, Attributes, Frequency, Inputs, Instrument, LocalTime, Person, Preference, Remuneration,
    Value, Vendor,
};
use crate::facts::{self, Scope};

/// What is wrong with an input, and where. The value itself is never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct InputError {
    /// The JSON pointer (RFC 6901) at fault.
    pub pointer: String,
    /// What was expected there.
    pub message: String,
}

type Read<T> = Result<T, InputError>;

/// Reads `inputs` found at `pointer`; also gives its `policy_profile`, if it names one.
///
/// # Errors
///
/// Fails on the first field that is unknown or has the wrong type.
pub fn read_inputs(json: &Json, pointer: &str) -> Read<(Inputs, Option<String>)> {
    let mut at = Object::new(json, pointer)?;
    let mut inputs = Inputs::default();
    let profile = at.text("policy_profile")?;

    let act = &mut inputs.act;
    act.actor = at.code("actor")?;
    act.purpose = at.code("purpose")?;
    act.content_class = at.code("content_class")?;
    act.content = at.text("content")?;
    act.data_origin = at.text("data_origin")?;
    act.data_elements = at.texts("data_elements")?;
    act.selection_criteria = at.texts("selection_criteria")?;
    act.channel = at.code("channel")?;
    act.recipient = at.code("recipient")?;
    act.vendor = at.object("vendor", vendor)?.unwrap_or_default();
    act.remuneration = at.object("remuneration", remuneration)?.unwrap_or_default();

    let person = &mut inputs.person;
    at.object("subject", |subject| read_subject(subject, person))?;
    person.instruments = at.list("instruments", instrument)?;
    person.preferences = at.list("preferences", preference)?;
    person.jurisdiction = at.texts("jurisdiction")?;
    person.local_time = at.field("local_time", local_time)?;
    person.frequency = at.object("frequency", frequency)?.unwrap_or_default();
    at.object("attributes", |object| {
        read_attributes(object, &mut inputs.act, &mut inputs.person)
    })?;
    at.end()?;
    Ok((inputs, profile))
}

fn vendor(at: &mut Object<'_>) -> Read<Vendor> {
    Ok(Vendor {
        role: at.text("role")?.unwrap_or_else(|| "none".to_owned()),
        baa: at.bool("baa")?,
        country: at.text("country")?,
    })
}

fn remuneration(at: &mut Object<'_>) -> Read<Remuneration> {
    Ok(Remuneration {
        kind: at.text("kind")?,
        payer: at.text("payer")?,
        amount_vs_cost: at.text("amount_vs_cost")?,
    })
}

fn read_subject(at: &mut Object<'_>, person: &mut Person) -> Read<()> {
    person.relationship = at.text("relationship")?;
    person.age = at.number("age")?;
    person.residence = at.text("residence")?;
    person.flags = at.texts("flags")?;
    Ok(())
}

fn instrument(at: &mut Object<'_>) -> Read<Instrument> {
    let mut instrument = Instrument {
        kind: at.code("type")?,
        status: at.code("status")?,
        defects: at.texts("defects")?,
        scope: at.text("scope")?,
        expires: at.field("expires", date)?,
        signed: at.field("signed", date)?,
        signer: at.text("signer")?,
        states_sale: at.bool("states_sale")?,
        states_remuneration: at.bool("states_remuneration")?,
        notes: Attributes::new(),
    };
    for (name, json, pointer) in at.rest() {
        if let Some(value) = value(json, &pointer)? {
            instrument.notes.insert(name, value);
        }
    }
    Ok(instrument)
}

fn preference(at: &mut Object<'_>) -> Read<Preference> {
    Ok(Preference {
        kind: at.code("kind")?,
        scope: at.text("scope")?,
        channel: at.text("channel")?,
        at: at.field("at", date)?,
    })
}

fn frequency(at: &mut Object<'_>) -> Read<Frequency> {
    Ok(Frequency {
        last_24h: at.count("last_24h")?,
        last_7d: at.count("last_7d")?,
    })
}

fn read_attributes(at: &mut Object<'_>, act: &mut Act, person: &mut Person) -> Read<()> {
    for (name, json, pointer) in at.rest() {
        let Some(fact) = facts::find_attribute(&name) else {
            return Err(fault(&pointer, "no such attribute"));
        };
        let Some(value) = value(json, &pointer)? else {
            continue;
        };
        check_type(fact.ty, &value, &pointer)?;
        match fact.scope {
            Scope::Act => act.attributes.insert(name, value),
            Scope::Person => person.attributes.insert(name, value),
        };
    }
    Ok(())
}

fn check_type(ty: facts::Type, value: &Value, pointer: &str) -> Read<()> {
    use facts::Type;
    match (ty, value) {
        (Type::Bool, Value::Bool(_))
        | (Type::Number, Value::Number(_))
        | (Type::Text, Value::Text(_))
        | (Type::Texts, Value::List(_)) => Ok(()),
        (Type::Bool, _) => Err(fault(pointer, "expected true, false or null")),
        (Type::Number, _) => Err(fault(pointer, "expected a number or null")),
        (Type::Text, _) => Err(fault(pointer, "expected a string or null")),
        _ => Err(fault(pointer, "expected a list or null")),
    }
}

fn value(json: &Json, pointer: &str) -> Read<Option<Value>> {
    Ok(Some(match json {
        Json::Null => return Ok(None),
        Json::Bool(is) => Value::Bool(*is),
        Json::Number(number) => match number.as_f64().filter(|n| n.is_finite()) {
            Some(number) => Value::Number(number),
            None => return Err(fault(pointer, "number out of range")),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => {
            let mut list = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                match item {
                    Json::Bool(_) | Json::Number(_) | Json::String(_) => {
                        list.extend(value(item, &format!("{pointer}/{index}"))?);
                    }
                    _ => {
                        return Err(fault(
                            &format!("{pointer}/{index}"),
                            "expected a plain value",
                        ));
                    }
                }
            }
            Value::List(list)
        }
        Json::Object(_) => return Err(fault(pointer, "expected a plain value or a list")),
    }))
}

fn date(json: &Json, pointer: &str) -> Read<Date> {
    let text = json
        .as_str()
        .ok_or_else(|| fault(pointer, "expected a date or null"))?;
    let day = text.get(..10).unwrap_or(text);
    day.parse()
        .map_err(|_| fault(pointer, "expected a date such as `2027-06-30`"))
}

fn local_time(json: &Json, pointer: &str) -> Read<LocalTime> {
    let wrong = || {
        fault(
            pointer,
            "expected an instant with offset such as `2026-11-24T14:00:00-05:00`",
        )
    };
    let text = json.as_str().ok_or_else(wrong)?;
    let at: Timestamp = text.parse().map_err(|_| wrong())?;
    let offset = match text.strip_suffix(['Z', 'z']) {
        Some(_) => Offset::UTC,
        None => offset(text).ok_or_else(wrong)?,
    };
    Ok(LocalTime { at, offset })
}

/// The `-05:00` at the end of an instant.
fn offset(text: &str) -> Option<Offset> {
    let tail = text.get(text.len().checked_sub(6)?..)?;
    let sign = match tail.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours: i32 = tail.get(1..3)?.parse().ok()?;
    let minutes: i32 = tail.get(4..6)?.parse().ok()?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

fn fault(pointer: &str, message: &str) -> InputError {
    InputError {
        pointer: pointer.to_owned(),
        message: message.to_owned(),
    }
}

/// An object whose fields are taken one by one; what is left at the end is unknown.
pub(crate) struct Object<'a> {
    fields: Vec<(&'a String, &'a Json)>,
    pointer: String,
}

impl<'a> Object<'a> {
    pub(crate) fn new(json: &'a Json, pointer: &str) -> Read<Self> {
        let map: &Map<String, Json> = json
            .as_object()
            .ok_or_else(|| fault(pointer, "expected an object"))?;
        Ok(Self {
            fields: map.iter().collect(),
            pointer: pointer.to_owned(),
        })
    }

    fn take(&mut self, name: &str) -> Option<(&'a Json, String)> {
        let index = self.fields.iter().position(|(field, _)| *field == name)?;
        let (_, json) = self.fields.swap_remove(index);
        (!json.is_null()).then(|| (json, format!("{}/{}", self.pointer, escape(name))))
    }

    fn field<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Json, &str) -> Read<T>,
    ) -> Read<Option<T>> {
        self.take(name)
            .map(|(json, pointer)| read(json, &pointer))
            .transpose()
    }

    fn text(&mut self, name: &str) -> Read<Option<String>> {
        self.field(name, |json, pointer| match json.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(fault(pointer, "expected a string or null")),
        })
    }

    /// A text that is empty when it is not said; an empty code matches no rule.
    fn code(&mut self, name: &str) -> Read<String> {
        Ok(self.text(name)?.unwrap_or_default())
    }

    fn bool(&mut self, name: &str) -> Read<Option<bool>> {
        self.field(name, |json, pointer| {
            json.as_bool()
                .ok_or_else(|| fault(pointer, "expected true, false or null"))
        })
    }

    fn number(&mut self, name: &str) -> Read<Option<f64>> {
        self.field(name, |json, pointer| {
            json.as_f64()
                .ok_or_else(|| fault(pointer, "expected a number or null"))
        })
    }

    fn count(&mut self, name: &str) -> Read<Option<u32>> {
        self.field(name, |json, pointer| {
            json.as_u64()
                .and_then(|count| u32::try_from(count).ok())
                .ok_or_else(|| fault(pointer, "expected a count or null"))
        })
    }

    fn texts(&mut self, name: &str) -> Read<Vec<String>> {
        let texts = self.field(name, |json, pointer| {
            let items = json
                .as_array()
                .ok_or_else(|| fault(pointer, "expected a list of strings"))?;
            items
                .iter()
                .enumerate()
                .map(|(index, item)| match item.as_str() {
                    Some(text) => Ok(text.to_owned()),
                    None => Err(fault(&format!("{pointer}/{index}"), "expected a string")),
                })
                .collect()
        })?;
        Ok(texts.unwrap_or_default())
    }

    fn object<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Object<'_>) -> Read<T>,
    ) -> Read<Option<T>> {
        self.field(name, |json, pointer| {
            let mut object = Object::new(json, pointer)?;
            let value = read(&mut object)?;
            object.end()?;
            Ok(value)
        })
    }

    fn list<T>(
        &mut self,
        name: &str,
        mut read: impl FnMut(&mut Object<'_>) -> Read<T>,
    ) -> Read<Vec<T>> {
        let list = self.field(name, |json, pointer| {
            let items = json
                .as_array()
                .ok_or_else(|| fault(pointer, "expected a list of objects"))?;
            let mut list = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                let mut object = Object::new(item, &format!("{pointer}/{index}"))?;
                list.push(read(&mut object)?);
                object.end()?;
            }
            Ok(list)
        })?;
        Ok(list.unwrap_or_default())
    }

    /// What was not taken yet, as name, value and pointer.
    fn rest(&mut self) -> Vec<(String, &'a Json, String)> {
        let fields = std::mem::take(&mut self.fields);
        fields
            .into_iter()
            .map(|(name, json)| {
                (
                    name.clone(),
                    json,
                    format!("{}/{}", self.pointer, escape(name)),
                )
            })
            .collect()
    }

    fn end(&self) -> Read<()> {
        match self.fields.first() {
            Some((name, _)) => Err(fault(
                &format!("{}/{}", self.pointer, escape(name)),
                "no such field",
            )),
            None => Ok(()),
        }
    }
}

/// RFC 6901: `~` and `/` inside a name. A name that could be anyone's is cut short.
fn escape(name: &str) -> String {
    let short: String = name.chars().take(64).collect();
    short.replace('~', "~0").replace('/', "~1")
}
