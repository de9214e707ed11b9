//! A rule as people read it. How it is evaluated is `compile`'s business.

use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};

use crate::decision::{Outcome, Profile};

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
    /// The hours in which it lets act, for `hold`, in words.
    pub hours: Vec<String>,
    /// When a count has run down, for `hold`: `day` or `week`.
    pub until: Option<String>,
    /// The outcome when what must hold does not.
    pub otherwise: Option<Outcome>,
    /// Whether an act may stand on it.
    pub basis: bool,
    /// The sentence when it objects, if it is another.
    pub objection: Option<String>,
    /// The category of its objection.
    pub category: Option<String>,
    /// The category of a permit that stands on it.
    pub permit_category: Option<String>,
    /// Instruments that the person could give.
    pub missing: Vec<String>,
    /// What must be kept to.
    pub conditions: Vec<String>,
    /// What would help when it objects.
    pub cure: Vec<String>,
    /// What it says besides, when a further condition holds.
    pub cases: Vec<Case>,
    /// Codes of the evidence to keep.
    pub evidence: Vec<String>,
    /// How well its source was read: `T` text, `S` secondary, `K` knowledge, `C` computed.
    pub source: String,
    /// The file it is written in.
    pub file: String,
    /// The line it starts on.
    pub line: usize,
}

/// More that a rule says when a further condition holds. What is empty adds nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Case {
    /// When, as written in the pack.
    pub when: String,
    /// The sentence then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// The sentence when it objects then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objection: Option<String>,
    /// The category of its objection then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The category of a permit then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permit_category: Option<String>,
    /// Further citations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub citation: Vec<String>,
    /// Further instruments that the person could give.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// What must be kept to besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// What would help besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cure: Vec<String>,
    /// Further evidence to keep.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// A word that rules share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Word {
    /// Its name in conditions.
    pub name: String,
    /// What it stands for.
    pub when: String,
    /// Why it is so.
    pub note: Option<String>,
}

/// An unsettled question of law, and the reading that is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Switch {
    /// Its name in conditions.
    pub id: String,
    /// The question.
    pub question: String,
    /// The reading.
    pub answer: bool,
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

impl Kind {
    /// The code in packs and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Require => "require",
            Self::Forbid => "forbid",
            Self::Condition => "condition",
            Self::Hold => "hold",
            Self::Note => "note",
        }
    }

    /// What a rule of this kind does, in words.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Permit => "gives a basis",
            Self::Require => "asks that something holds",
            Self::Forbid => "objects, whatever is signed",
            Self::Condition => "attaches an obligation",
            Self::Hold => "says not now",
            Self::Note => "is reported and decides nothing",
        }
    }
}

impl Rule {
    /// Whether it can apply to anything: some law only stands in the book.
    #[must_use]
    pub fn can_apply(&self) -> bool {
        self.when != "false"
    }

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
