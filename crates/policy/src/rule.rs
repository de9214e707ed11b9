//! A rule as people read it. How it is evaluated is `compile`'s business.

use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};

use crate::decision::Profile;

/// What a rule does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Gives a basis to stand on.
    Permit,
    /// Something must hold; else it objects, and says what is missing.
    Require,
    /// Objects.
    Forbid,
    /// Attaches an obligation to a permit.
    Condition,
    /// Objects for now: only time stands in the way.
    Hold,
    /// Law that the reader should know and that decides nothing by itself.
    Note,
}

/// One rule of the pack.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    /// Stable id, as in `hipaa.mkt.exc.own_product`.
    pub id: String,
    /// A short name.
    pub title: String,
    /// The sentence a marketing manager reads.
    pub says: String,
    /// Where it is written.
    pub citation: Vec<String>,
    /// What it does.
    pub kind: Kind,
    /// Whose law it is, as `US` or `US-TX`.
    pub jurisdiction: String,
    /// The first day on which it holds.
    #[serde(serialize_with = "day")]
    pub effective_from: Option<Date>,
    /// The last day on which it holds.
    #[serde(serialize_with = "day")]
    pub effective_to: Option<Date>,
    /// The profiles it belongs to.
    pub profiles: Vec<Profile>,
    /// When it applies, as written in the pack.
    pub when: String,
    /// What must hold, for `require`.
    pub needs: Option<String>,
    /// Codes of the evidence to keep.
    pub evidence: Vec<String>,
    /// How well its source was read: `T` text, `S` secondary, `K` knowledge, `C` computed.
    pub source: String,
    /// The file it is written in.
    pub file: String,
    /// The line it starts on.
    pub line: usize,
}

/// A deadline or an amount that the law sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Its name, as in `canspam.optout`.
    pub code: String,
    /// The rule that sets it.
    pub rule: String,
    /// How many.
    pub amount: u32,
    /// Of what: `minutes`, `days`, `business_days`, `years`, `usd`.
    pub unit: String,
    /// What it is for.
    pub says: String,
}

impl Rule {
    /// Whether nobody has yet checked it against the text of the law.
    #[must_use]
    pub fn is_unverified(&self) -> bool {
        self.source.contains('K')
    }
}

fn day<S: Serializer>(day: &Option<Date>, out: S) -> Result<S::Ok, S::Error> {
    match day {
        Some(day) => out.collect_str(day),
        None => out.serialize_none(),
    }
}
