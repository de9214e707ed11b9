//! The bytes of a ledger entry.
//!
//! The body is canonical JSON: `v`, `id`, `kind`, `at` (RFC 3339, microseconds), `person` when it
//! is about one, `actor`, `request` when there was one, `facts` (sorted by name) when there are
//! some; in this order, without spaces.

use std::collections::BTreeMap;

use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{EntryId, PersonId, RequestId};
use serde::{Deserialize, Serialize};

/// An entry that has its bytes and waits for its place.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) id: EntryId,
    pub(crate) kind: String,
    pub(crate) person: Option<PersonId>,
    pub(crate) at: i64,
    pub(crate) body: Vec<u8>,
}

/// What the body of an entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The version of this form.
    pub v: u8,
    /// The entry's own id.
    pub id: EntryId,
    /// What happened: `consent.withdrawn`.
    pub kind: String,
    /// When, in RFC 3339 with microseconds.
    pub at: String,
    /// The person it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Who acted: an operator's id, `person` or `system:word`.
    pub actor: String,
    /// The request behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// Ids, hashes and codes by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

/// [`Body`], borrowed: entries are made by the ten thousand.
#[derive(Serialize)]
struct Said<'a> {
    v: u8,
    id: EntryId,
    kind: &'a str,
    at: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonId>,
    actor: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<RequestId>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    facts: &'a BTreeMap<String, String>,
}

/// What every entry of an act has in common, written once.
pub(crate) struct Hand {
    at: String,
    actor: String,
}

impl Hand {
    pub(crate) fn of(ctx: &Ctx) -> Self {
        Self {
            at: format!("{:.6}", ctx.now),
            actor: ctx.actor.code(),
        }
    }
}

impl Recorded {
    pub(crate) fn new(ctx: &Ctx, hand: &Hand, entry: Entry) -> Self {
        let id = ctx.new_id();
        let said = Said {
            v: 1,
            id,
            kind: &entry.kind,
            at: &hand.at,
            person: entry.person,
            actor: &hand.actor,
            request: ctx.request,
            facts: &entry.facts,
        };
        let mut body = Vec::with_capacity(512);
        // Strings and maps of strings always have a JSON form.
        let written = serde_json::to_writer(&mut body, &said);
        debug_assert!(written.is_ok(), "an entry has a JSON form");
        Self {
            id,
            kind: entry.kind,
            person: entry.person,
            at: ctx.now.as_microsecond(),
            body,
        }
    }
}
