//! The shape of a pack file.

use serde::Deserialize;
use toml::Spanned;

use crate::rule::Kind;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// Only in one file of the pack.
    pub(crate) pack: Option<Header>,
    #[serde(default)]
    pub(crate) define: Vec<Define>,
    #[serde(default)]
    pub(crate) switch: Vec<Switch>,
    #[serde(default)]
    pub(crate) rule: Vec<Rule>,
    #[serde(default)]
    pub(crate) element: Vec<Element>,
    #[serde(default)]
    pub(crate) class: Vec<Class>,
    #[serde(default)]
    pub(crate) limit: Vec<crate::rule::Limit>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) id: String,
    pub(crate) version: String,
    /// A house pack names the pack it stands on; it may only tighten.
    pub(crate) extends: Option<String>,
    #[serde(default)]
    pub(crate) permit_order: Vec<String>,
    #[serde(default)]
    pub(crate) objection_order: Vec<String>,
    #[serde(default)]
    pub(crate) content_aliases: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Define {
    pub(crate) name: Spanned<String>,
    pub(crate) when: Spanned<String>,
    /// Why it is so; for the reader.
    #[serde(default)]
    pub(crate) note: Option<String>,
}

/// An unsettled question of law and the reading that is taken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switch {
    pub(crate) id: Spanned<String>,
    pub(crate) question: String,
    pub(crate) default: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) id: Spanned<String>,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) citation: Vec<String>,
    #[serde(default)]
    pub(crate) jurisdiction: Vec<String>,
    pub(crate) effective_from: Option<Spanned<String>>,
    pub(crate) effective_to: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) profile: Vec<Spanned<String>>,
    pub(crate) kind: Kind,
    pub(crate) when: Option<Spanned<String>>,
    pub(crate) needs: Option<Spanned<String>>,
    pub(crate) otherwise: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) basis: bool,
    #[serde(default)]
    pub(crate) window: Vec<Window>,
    pub(crate) until: Option<Spanned<String>>,
    pub(crate) says: String,
    pub(crate) objection: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) permit_category: Option<String>,
    #[serde(default)]
    pub(crate) missing: Vec<String>,
    #[serde(default)]
    pub(crate) conditions: Vec<String>,
    #[serde(default)]
    pub(crate) cure: Vec<String>,
    #[serde(default)]
    pub(crate) evidence: Vec<String>,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) when: Spanned<String>,
    pub(crate) says: Option<String>,
    pub(crate) objection: Option<String>,
    #[serde(default)]
    pub(crate) citation: Vec<String>,
    pub(crate) category: Option<String>,
    pub(crate) permit_category: Option<String>,
    #[serde(default)]
    pub(crate) missing: Vec<String>,
    #[serde(default)]
    pub(crate) conditions: Vec<String>,
    #[serde(default)]
    pub(crate) cure: Vec<String>,
    #[serde(default)]
    pub(crate) evidence: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Window {
    pub(crate) days: Vec<u8>,
    pub(crate) from: f64,
    pub(crate) to: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Element {
    pub(crate) code: String,
    pub(crate) label: String,
    pub(crate) class: String,
}

/// What messages may carry the elements of a class.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Class {
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) may_carry: Vec<String>,
    #[serde(default)]
    pub(crate) floor_may_carry: Vec<String>,
    pub(crate) rule: String,
    pub(crate) citation: Vec<String>,
    pub(crate) says: String,
}
