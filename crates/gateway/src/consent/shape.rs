//! The fields of a Consent that are read, in the shapes of R4 and R5.

use serde::Deserialize;

use super::Consent;
use crate::door::Phi;
use crate::fault::{Fault, Kind};
use crate::fhir::walk;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    R4,
    R5,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Raw {
    resource_type: Option<String>,
    pub(super) id: Option<String>,
    pub(super) status: Option<String>,
    pub(super) patient: Option<Reference>,
    pub(super) subject: Option<Reference>,
    pub(super) date_time: Option<String>,
    pub(super) date: Option<String>,
    pub(super) period: Option<Period>,
    pub(super) decision: Option<String>,
    #[serde(default)]
    pub(super) verification: Vec<Verification>,
    #[serde(default)]
    scope: Present,
    #[serde(default)]
    policy_rule: Present,
    #[serde(default)]
    grantor: Present,
    #[serde(default)]
    modifier_extension: Present,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) provision: Vec<Provision>,
    #[serde(skip)]
    is_provision_list: bool,
}

/// Whether a field is there; what it holds is not kept.
#[derive(Default, Clone, Copy)]
pub(super) struct Present(bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

#[derive(Deserialize)]
pub(super) struct Reference {
    #[serde(default)]
    pub(super) reference: String,
}

#[derive(Deserialize)]
pub(super) struct Verification {
    #[serde(default)]
    pub(super) verified: bool,
}

#[derive(Deserialize)]
pub(super) struct Period {
    pub(super) start: Option<String>,
    pub(super) end: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provision {
    pub(super) r#type: Option<String>,
    pub(super) period: Option<Period>,
    #[serde(default)]
    pub(super) action: Vec<Concept>,
    #[serde(default)]
    pub(super) security_label: Vec<Coding>,
    #[serde(default)]
    pub(super) purpose: Vec<Coding>,
    #[serde(default)]
    pub(super) class: Vec<Coding>,
    #[serde(default)]
    pub(super) resource_type: Vec<Coding>,
    #[serde(default)]
    actor: Present,
    #[serde(default)]
    code: Present,
    #[serde(default)]
    data: Present,
    #[serde(default)]
    data_period: Present,
    #[serde(default)]
    document_type: Present,
    #[serde(default)]
    expression: Present,
    #[serde(default)]
    modifier_extension: Present,
    #[serde(default)]
    pub(super) provision: Vec<Provision>,
}

impl Provision {
    /// Whether it is narrowed by something that cannot be judged here: who, which data, an
    /// expression.
    pub(super) fn is_narrowed(&self) -> bool {
        let narrowed = [
            self.actor,
            self.code,
            self.data,
            self.data_period,
            self.document_type,
            self.expression,
        ];
        narrowed.iter().any(|it| it.0)
    }

    fn any(&self, is: &dyn Fn(&Self) -> bool) -> bool {
        is(self) || self.provision.iter().any(|inner| inner.any(is))
    }
}

#[derive(Deserialize)]
pub(super) struct Concept {
    #[serde(default)]
    pub(super) coding: Vec<Coding>,
}

#[derive(Deserialize)]
pub(super) struct Coding {
    pub(super) system: Option<String>,
    #[serde(default)]
    pub(super) code: String,
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Provision>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        Many(Vec<Provision>),
        One(Box<Provision>),
    }
    Ok(match OneOrMany::deserialize(from)? {
        OneOrMany::Many(all) => all,
        OneOrMany::One(one) => vec![*one],
    })
}

/// Only whether `provision` is a list, which tells the versions apart.
#[derive(Deserialize)]
struct Outline<'r> {
    #[serde(borrow)]
    provision: Option<&'r serde_json::value::RawValue>,
}

pub(super) fn read(record: &Phi<&[u8]>) -> Result<Consent, Fault> {
    let bytes = crate::door::open_consent(record);
    let text = std::str::from_utf8(bytes).map_err(|error| walk::not_utf8(&error))?;
    let of = |error: serde_json::Error| match error.classify() {
        serde_json::error::Category::Data => Fault::at(Kind::WrongShape, "Consent"),
        _ => walk::syntax(&error),
    };
    let outline: Outline<'_> = serde_json::from_str(text).map_err(of)?;
    let mut raw: Raw = serde_json::from_str(text).map_err(of)?;
    if raw.resource_type.as_deref() != Some("Consent") {
        return Err(Fault::at(Kind::WrongShape, "Consent.resourceType"));
    }
    raw.is_provision_list = outline
        .provision
        .is_some_and(|it| it.get().starts_with('['));
    let has_modifier = |it: &Provision| it.modifier_extension.0;
    if raw.modifier_extension.0 || raw.provision.iter().any(|it| it.any(&has_modifier)) {
        return Err(Fault::at(Kind::ModifierExtension, "Consent"));
    }
    let version = version(&raw, outline.provision.is_some())?;
    Ok(Consent { version, raw })
}

fn version(raw: &Raw, has_provision: bool) -> Result<Version, Fault> {
    let has_type = raw
        .provision
        .iter()
        .any(|it| it.any(&|inner| inner.r#type.is_some()));
    let of_r4 = raw.patient.is_some()
        || raw.date_time.is_some()
        || raw.scope.0
        || raw.policy_rule.0
        || has_type
        || (has_provision && !raw.is_provision_list);
    let of_r5 = raw.decision.is_some()
        || raw.subject.is_some()
        || raw.date.is_some()
        || raw.grantor.0
        || raw.is_provision_list;
    match (of_r4, of_r5) {
        (true, false) => Ok(Version::R4),
        (false, true) => Ok(Version::R5),
        _ => Err(Fault::at(Kind::MixedVersions, "Consent")),
    }
}
