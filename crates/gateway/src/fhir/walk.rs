//! The walk: along one resource, keeping what the flow lists and counting what it does not.
//!
//! What is dropped is skipped without being looked at, whatever it holds and however deep it is.
//!
//! INVARIANT: the output holds only names from the element table and values at listed paths.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::door::{Passed, Released};
use crate::fault::{Fault, Kind};
use crate::flow::{Field, Flow, Node, Shape};
use crate::report::Tally;

/// Passes one resource; what is kept of it replaces what `into` held.
pub(crate) fn resource(
    flow: &Flow,
    bytes: &[u8],
    tally: &mut Tally,
    into: &mut Released,
) -> Result<Passed, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(&error))?;
    let name = resource_type(text)?;
    if name == "Bundle" {
        return Ok(Passed::Bundle);
    }
    let Some((kind, node)) = flow.allowed(&name) else {
        serde_json::from_str::<IgnoredAny>(text).map_err(|error| syntax(&error))?;
        tally.dropped(flow.dropped_type(&name));
        return Ok(Passed::Dropped);
    };
    into.kind = kind;
    into.json.clear();
    let mut walk = Walk {
        flow,
        tally,
        out: &mut into.json,
        kind,
        fault: None,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let walked = Object {
        node,
        walk: &mut walk,
        path: 0,
    }
    .deserialize(&mut json);
    if let Some(fault) = walk.fault.take() {
        return Err(fault);
    }
    walked
        .and_then(|_| json.end())
        .map_err(|error| syntax(&error))?;
    Ok(Passed::Kept)
}

pub(crate) fn not_utf8(error: &std::str::Utf8Error) -> Fault {
    Fault::of(Kind::NotUtf8).in_column(error.valid_up_to() as u64 + 1)
}

/// A parser's objection without its text, which may quote the input.
pub(crate) fn syntax(error: &serde_json::Error) -> Fault {
    let kind = if error.is_eof() {
        Kind::CutShort
    } else {
        Kind::NotJson
    };
    let fault = Fault::of(kind);
    // The column of the first line only: a pretty-printed document has its own lines.
    if error.line() == 1 {
        fault.in_column(error.column() as u64)
    } else {
        fault
    }
}

/// The type of a resource: nearly always the first field, so that one look is enough.
fn resource_type(text: &str) -> Result<String, Fault> {
    let text = text.trim_ascii_start();
    if let Some(rest) = text.strip_prefix(r#"{"resourceType":""#) {
        let name: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
        if rest.as_bytes().get(name.len()) == Some(&b'"') {
            return Ok(name);
        }
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let found = json
        .deserialize_any(TypeOnly)
        .map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Fault::of(Kind::NotAResource),
            _ => syntax(&error),
        })?;
    found.ok_or(Fault::of(Kind::NotAResource))
}

struct TypeOnly;

impl<'de> Visitor<'de> for TypeOnly {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a resource")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(is_type) = map.next_key_seed(IsTypeName)? {
            if is_type && found.is_none() {
                found = Some(map.next_value::<String>()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

struct IsTypeName;

impl<'de> DeserializeSeed<'de> for IsTypeName {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IsTypeName {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == "resourceType")
    }
}

struct Walk<'w> {
    flow: &'w Flow,
    tally: &'w mut Tally,
    out: &'w mut String,
    kind: &'static str,
    fault: Option<Fault>,
}

impl Walk<'_> {
    /// Notes what is wrong beside the error, whose own text may quote the input.
    fn refuse<E: Error>(&mut self, kind: Kind, path: usize) -> E {
        self.fault = Some(Fault::at(kind, self.flow.counted(path)));
        E::custom("refused")
    }
}

/// One object; writes nothing when nothing of it is kept.
struct Object<'a, 'w> {
    node: &'a Node,
    walk: &'a mut Walk<'w>,
    path: usize,
}

impl<'de> DeserializeSeed<'de> for Object<'_, '_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// What the flow says about one name.
enum Choice {
    Kept(usize),
    Dropped(usize),
}

struct Name<'a>(&'a Node);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Choice;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Choice, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Choice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Choice, E> {
        let kept = self.0.fields.iter().position(|field| field.name == name);
        Ok(kept.map_or_else(|| Choice::Dropped(self.0.dropped(name)), Choice::Kept))
    }
}

/// Every way in which a value can have another shape than FHIR gives it.
macro_rules! refuse_shapes {
    ($($visit:ident: $value:ty),* $(,)?) => {$(
        fn $visit<E: Error>(self, _: $value) -> Result<bool, E> {
            Err(self.walk.refuse(Kind::WrongShape, self.path))
        }
    )*};
}

impl<'de> Visitor<'de> for Object<'_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let start = self.walk.out.len();
        let mut seen = 0_u64;
        self.walk.out.push('{');
        while let Some(choice) = map.next_key_seed(Name(self.node))? {
            let index = match choice {
                Choice::Dropped(counter) => {
                    map.next_value::<IgnoredAny>()?;
                    self.walk.tally.dropped(counter);
                    continue;
                }
                Choice::Kept(index) => index,
            };
            let Some(field) = self.node.fields.get(index) else {
                continue;
            };
            let bit = 1_u64
                .checked_shl(u32::try_from(index).unwrap_or(u32::MAX))
                .unwrap_or(0);
            if seen & bit != 0 {
                return Err(self.walk.refuse(Kind::Repeated, field.path));
            }
            seen |= bit;
            let before = self.walk.out.len();
            if before > start + 1 {
                self.walk.out.push(',');
            }
            self.walk.out.push('"');
            self.walk.out.push_str(field.name);
            self.walk.out.push_str("\":");
            if !map.next_value_seed(Value {
                field,
                walk: &mut *self.walk,
            })? {
                self.walk.out.truncate(before);
            }
        }
        if self.walk.out.len() == start + 1 {
            self.walk.out.truncate(start);
            return Ok(false);
        }
        self.walk.out.push('}');
        Ok(true)
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<bool, A::Error> {
        Err(self.walk.refuse(Kind::WrongShape, self.path))
    }

    refuse_shapes!(visit_str: &str, visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
}

/// The value of a kept field: one value, or a list of them.
struct Value<'a, 'w> {
    field: &'a Field,
    walk: &'a mut Walk<'w>,
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        if self.field.is_list {
            deserializer.deserialize_any(List {
                field: self.field,
                path: self.field.path,
                walk: self.walk,
            })
        } else {
            One {
                field: self.field,
                walk: self.walk,
            }
            .deserialize(deserializer)
        }
    }
}

struct List<'a, 'w> {
    field: &'a Field,
    walk: &'a mut Walk<'w>,
    path: usize,
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        let start = self.walk.out.len();
        self.walk.out.push('[');
        loop {
            let before = self.walk.out.len();
            if before > start + 1 {
                self.walk.out.push(',');
            }
            match seq.next_element_seed(One {
                field: self.field,
                walk: &mut *self.walk,
            })? {
                Some(true) => {}
                Some(false) => self.walk.out.truncate(before),
                None => {
                    self.walk.out.truncate(before);
                    break;
                }
            }
        }
        if self.walk.out.len() == start + 1 {
            self.walk.out.truncate(start);
            return Ok(false);
        }
        self.walk.out.push(']');
        Ok(true)
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<bool, A::Error> {
        Err(self.walk.refuse(Kind::WrongShape, self.path))
    }

    refuse_shapes!(visit_str: &str, visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
}

struct One<'a, 'w> {
    field: &'a Field,
    walk: &'a mut Walk<'w>,
}

impl<'de> DeserializeSeed<'de> for One<'_, '_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        let path = self.field.path;
        match &self.field.shape {
            Shape::Group(node) => Object {
                node,
                walk: self.walk,
                path,
            }
            .deserialize(deserializer),
            shape => deserializer.deserialize_any(Primitive {
                shape,
                walk: self.walk,
                path,
            }),
        }
    }
}

struct Primitive<'a, 'w> {
    shape: &'a Shape,
    walk: &'a mut Walk<'w>,
    path: usize,
}

impl Primitive<'_, '_> {
    fn write<E: Error>(self, is_fitting: bool, value: &impl serde::Serialize) -> Result<bool, E> {
        if !is_fitting {
            return Err(self.walk.refuse(Kind::WrongShape, self.path));
        }
        let written = serde_json::to_string(value).map_err(|_| E::custom("refused"))?;
        self.walk.out.push_str(&written);
        Ok(true)
    }
}

impl<'de> Visitor<'de> for Primitive<'_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<bool, E> {
        match self.shape {
            Shape::TypeName if value != self.walk.kind => {
                Err(self.walk.refuse(Kind::WrongShape, self.path))
            }
            Shape::Text | Shape::TypeName => {
                write_text(self.walk.out, value);
                Ok(true)
            }
            Shape::Free => {
                let path = self.walk.flow.counted(self.path);
                let clean = self.walk.tally.without_phi(path, value);
                write_text(self.walk.out, clean.as_deref().unwrap_or(value));
                Ok(true)
            }
            Shape::Id => {
                let hashed = self.walk.flow.pseudonym(value);
                write_text(self.walk.out, hashed.as_deref().unwrap_or(value));
                Ok(true)
            }
            _ => Err(self.walk.refuse(Kind::WrongShape, self.path)),
        }
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        let is_fitting = matches!(self.shape, Shape::Flag);
        self.write(is_fitting, &value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
        let is_fitting = matches!(self.shape, Shape::Number);
        self.write(is_fitting, &value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
        let is_fitting = matches!(self.shape, Shape::Number);
        self.write(is_fitting, &value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<bool, E> {
        let is_fitting = matches!(self.shape, Shape::Number);
        self.write(is_fitting, &value)
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<bool, A::Error> {
        Err(self.walk.refuse(Kind::WrongShape, self.path))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<bool, A::Error> {
        Err(self.walk.refuse(Kind::WrongShape, self.path))
    }
}

/// A JSON string; what needs no escape is copied as it is.
pub(crate) fn write_text(out: &mut String, value: &str) {
    out.push('"');
    if value
        .bytes()
        .any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')
    {
        for c in value.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => out.push(c),
            }
        }
    } else {
        out.push_str(value);
    }
    out.push('"');
}
