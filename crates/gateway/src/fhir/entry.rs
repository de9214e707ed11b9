//! Bundles: their entries are passed one by one; of the wrapping nothing is kept.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::walk;
use crate::door::{Passed, Phi, Released};
use crate::fault::{Fault, Kind};
use crate::flow::Flow;
use crate::report::Tally;

/// Passes the resource of one entry.
pub(crate) fn entry(
    flow: &Flow,
    bytes: &[u8],
    tally: &mut Tally,
    into: &mut Released,
) -> Result<Passed, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| walk::not_utf8(&error))?;
    let mut fault = None;
    let found = serde_json::Deserializer::from_str(text).deserialize_any(Wrapping {
        tally,
        fault: &mut fault,
    });
    if let Some(fault) = fault {
        return Err(fault);
    }
    let Some(resource) = found.map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Fault::at(Kind::WrongShape, "Bundle.entry"),
        _ => walk::syntax(&error),
    })?
    else {
        tally.dropped_named("Bundle.entry (without resource)", 1);
        return Ok(Passed::Dropped);
    };
    match walk::resource(flow, resource.get().as_bytes(), tally, into)? {
        Passed::Bundle => Err(Fault::at(Kind::NestedBundle, "Bundle.entry.resource")),
        passed => Ok(passed),
    }
}

/// Takes a bundle in memory apart; `each` says whether to go on.
pub(crate) fn bundle(
    bytes: &[u8],
    tally: &mut Tally,
    each: &mut dyn FnMut(&mut Tally, Phi<&[u8]>) -> bool,
) -> Result<(), Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| walk::not_utf8(&error))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let whole = json.deserialize_any(Whole { tally, each });
    whole
        .and_then(|()| json.end())
        .map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Fault::at(Kind::WrongShape, "Bundle.entry"),
            _ => walk::syntax(&error),
        })
}

/// The fields of a bundle, or of its entries, that a report may name.
const BUNDLE: [&str; 10] = [
    "id",
    "meta",
    "implicitRules",
    "language",
    "type",
    "timestamp",
    "total",
    "link",
    "identifier",
    "signature",
];
const ENTRY: [&str; 8] = [
    "id",
    "extension",
    "modifierExtension",
    "link",
    "fullUrl",
    "search",
    "request",
    "response",
];

/// Counts a field of the wrapping.
pub(crate) fn count_wrapping(tally: &mut Tally, of: &str, name: &str) {
    let known = if of == "Bundle" {
        &BUNDLE[..]
    } else {
        &ENTRY[..]
    };
    let name = known
        .iter()
        .find(|known| **known == name)
        .copied()
        .unwrap_or("(unknown)");
    tally.dropped_named(&format!("{of}.{name}"), 1);
}

struct Wrapping<'t> {
    tally: &'t mut Tally,
    fault: &'t mut Option<Fault>,
}

impl<'de> Visitor<'de> for Wrapping<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut resource = None;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if name != "resource" {
                map.next_value::<IgnoredAny>()?;
                count_wrapping(self.tally, "Bundle.entry", &name);
                continue;
            }
            if resource
                .replace(map.next_value::<&'de RawValue>()?)
                .is_some()
            {
                *self.fault = Some(Fault::at(Kind::Repeated, "Bundle.entry.resource"));
                return Err(A::Error::custom("refused"));
            }
        }
        Ok(resource)
    }
}

struct Whole<'t> {
    tally: &'t mut Tally,
    each: &'t mut dyn FnMut(&mut Tally, Phi<&[u8]>) -> bool,
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bundle")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            match name.as_ref() {
                "resourceType" => {
                    map.next_value::<IgnoredAny>()?;
                }
                "entry" => map.next_value_seed(Entries {
                    tally: self.tally,
                    each: self.each,
                })?,
                other => {
                    count_wrapping(self.tally, "Bundle", other);
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Entries<'t> {
    tally: &'t mut Tally,
    each: &'t mut dyn FnMut(&mut Tally, Phi<&[u8]>) -> bool,
}

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut goes_on = true;
        while let Some(entry) = seq.next_element::<&'de RawValue>()? {
            goes_on = goes_on && (self.each)(self.tally, Phi::new(entry.get().as_bytes()));
        }
        Ok(())
    }
}
