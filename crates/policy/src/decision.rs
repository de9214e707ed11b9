//! What the engine answers: the outcome, and everything that speaks for and against it.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// The three answers, weakest first, so that the strictest of several is their maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Allowed now, under the listed conditions.
    Permit,
    /// Only a permission is missing that the person can give.
    NeedsAuthorization,
    /// Not allowed, whatever is signed.
    Deny,
}

impl Outcome {
    /// The code on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::NeedsAuthorization => "needs_authorization",
            Self::Deny => "deny",
        }
    }

    /// The outcome of this code.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        [Self::Permit, Self::NeedsAuthorization, Self::Deny]
            .into_iter()
            .find(|outcome| outcome.as_str() == code)
    }
}

/// Which reading of the law decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// The exact law.
    RegulatoryFloor,
    /// The law and careful policy on top: promotions on patient data need authorization.
    Conservative,
}

impl Profile {
    /// Both, the laxer first.
    pub const ALL: [Self; 2] = [Self::RegulatoryFloor, Self::Conservative];

    /// The code on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RegulatoryFloor => "regulatory_floor",
            Self::Conservative => "conservative",
        }
    }

    /// The profile of this code.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.as_str() == code)
    }
}

/// One rule's sentence for the reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The rule's id.
    pub rule: String,
    /// What it says about this case, in plain words.
    pub says: String,
    /// The outcome it asks for on its own: `permit` when it does not stand in the way.
    pub effect: Outcome,
}

/// The pack that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackRef {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
}

/// The answer, with every rule that applied.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// The answer.
    pub outcome: Outcome,
    /// The category the act falls in, by the rule that decides.
    pub category: String,
    /// Where the rules that applied are written.
    pub citation: Vec<String>,
    /// The rules that applied.
    pub rule_ids: Vec<String>,
    /// Instruments the person could give, and facts that nobody stated.
    pub missing: Vec<String>,
    /// What must be kept to while doing it, or what would cure it.
    pub conditions: Vec<String>,
    /// Codes of the evidence to keep.
    pub evidence: Vec<String>,
    /// One plain sentence per rule.
    pub why: Vec<Reason>,
    /// When it may be asked again, if only time stands in the way.
    #[serde(serialize_with = "instant")]
    pub not_before: Option<Timestamp>,
    /// The pack that decided.
    pub pack: PackRef,
    /// The profile that decided.
    pub profile: Profile,
}

fn instant<S: Serializer>(at: &Option<Timestamp>, out: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => out.collect_str(at),
        None => out.serialize_none(),
    }
}
