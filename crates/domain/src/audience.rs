//! Audiences: saved ways to find people, and how an audience shrinks, rule by rule.
//!
//! A [`Filter`] is a list of cards; a person must fit every card, and fits a card by any of its
//! conditions. [`Waterfall`] counts who drops out by which rule; [`cells`] keeps small groups from
//! being read out of it.
//!
//! INVARIANT: a filter names permitted elements only: the list of [`Condition`]s is closed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::AudienceId;
use crate::person::Relationship;
use crate::preference::Topic;
use crate::time::Timestamp;
use crate::words;

pub mod cells;

#[cfg(test)]
mod tests;

/// The most cards, conditions in a card and codes in a condition.
pub const MAX_PARTS: usize = 60;

/// A saved way to find people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// Which.
    pub id: AudienceId,
    /// Its name.
    pub name: String,
    /// Whom it finds.
    pub filter: Filter,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// The actor's code.
    pub changed_by: String,
}

/// All cards must fit; no card at all fits everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The cards.
    #[serde(default)]
    pub all: Vec<Card>,
}

/// Any condition must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The conditions.
    pub any: Vec<Condition>,
}

/// One thing that can be asked of a person. Nothing clinical is on this list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "element", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// What the person is to the organization.
    Relationship {
        /// Any of these.
        is: Vec<Relationship>,
    },
    /// Where the person lives.
    Residence {
        /// Any of these, as `US-OH`.
        is: Vec<String>,
    },
    /// Full years lived; both ends count.
    Age {
        /// At least.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<u16>,
        /// At most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<u16>,
    },
    /// The language the person wants to be addressed in.
    Language {
        /// Any of these, as `es`.
        is: Vec<String>,
    },
    /// An e-mail address is held.
    HasEmail,
    /// An e-mail consent for this topic is in force.
    OptedIn {
        /// The topic's code.
        topic: Topic,
    },
}

/// What a filter can see of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traits {
    /// What the person is to the organization.
    pub relationship: Option<Relationship>,
    /// Where the person lives.
    pub residence: Option<String>,
    /// Full years lived.
    pub age: Option<u16>,
    /// The language the person wants to be addressed in.
    pub language: Option<String>,
    /// Whether an e-mail address is held.
    pub has_email: bool,
    /// The topics with an e-mail consent in force.
    pub opted_in: BTreeSet<Topic>,
}

/// Why a filter is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFilter {
    /// A card or condition that could never fit, or does not parse.
    #[error("card {card}: {says}")]
    Card {
        /// From 1.
        card: usize,
        /// What is wrong and what would help.
        says: String,
    },
    /// Too many.
    #[error(
        "a filter has at most {MAX_PARTS} cards, conditions in a card and values in a condition"
    )]
    TooLong,
    /// Not the JSON of a filter.
    #[error("this is not a filter: {0}")]
    Malformed(String),
}

impl Filter {
    /// Reads a filter and checks it.
    ///
    /// # Errors
    ///
    /// Says which card cannot be used and why; an element that is not offered is named.
    pub fn read(json: &str) -> Result<Self, BadFilter> {
        let filter: Self =
            serde_json::from_str(json).map_err(|error| BadFilter::Malformed(error.to_string()))?;
        filter.check()?;
        Ok(filter)
    }

    /// The canonical JSON.
    #[must_use]
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether every card can fit somebody.
    ///
    /// # Errors
    ///
    /// Says which card cannot be used and why.
    pub fn check(&self) -> Result<(), BadFilter> {
        if self.all.len() > MAX_PARTS || self.all.iter().any(|card| card.any.len() > MAX_PARTS) {
            return Err(BadFilter::TooLong);
        }
        for (index, card) in self.all.iter().enumerate() {
            let bad = |says: &str| BadFilter::Card {
                card: index + 1,
                says: says.to_owned(),
            };
            if card.any.is_empty() {
                return Err(bad("it has no condition: nobody could fit it"));
            }
            for condition in &card.any {
                condition.check().map_err(|says| bad(&says))?;
            }
        }
        Ok(())
    }

    /// Whether a person fits. What is not known does not fit.
    #[must_use]
    pub fn fits(&self, traits: &Traits) -> bool {
        self.all
            .iter()
            .all(|card| card.any.iter().any(|condition| condition.fits(traits)))
    }

    /// The codes of the data elements that the filter selects by, for the decision.
    #[must_use]
    pub fn elements(&self) -> BTreeSet<&'static str> {
        self.all
            .iter()
            .flat_map(|card| &card.any)
            .filter_map(Condition::element)
            .collect()
    }

    /// The topics it asks consents of.
    pub fn topics(&self) -> impl Iterator<Item = Topic> {
        self.all
            .iter()
            .flat_map(|card| &card.any)
            .filter_map(|condition| match condition {
                Condition::OptedIn { topic } => Some(*topic),
                _ => None,
            })
    }

    /// Whether it asks only what stands in the open of a person: relationship and residence.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let is_plain = |condition: &Condition| {
            matches!(
                condition,
                Condition::Relationship { .. } | Condition::Residence { .. }
            )
        };
        self.all.iter().flat_map(|card| &card.any).all(is_plain)
    }

    /// The filter in words, one sentence a card.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let sentence = |card: &Card| {
            card.any
                .iter()
                .map(Condition::words)
                .collect::<Vec<_>>()
                .join(", or ")
        };
        self.all.iter().map(sentence).collect()
    }
}

impl Condition {
    fn check(&self) -> Result<(), String> {
        let codes = |n: usize, what: &str| match n {
            0 => Err(format!("choose at least one {what}")),
            n if n > MAX_PARTS => Err(format!("choose fewer values of {what}")),
            _ => Ok(()),
        };
        match self {
            Self::Relationship { is } => codes(is.len(), "relationship"),
            Self::Residence { is } => {
                codes(is.len(), "state")?;
                match is.iter().find(|code| !is_residence(code)) {
                    Some(_) => Err("a residence is country and state, as `US-OH`".to_owned()),
                    None => Ok(()),
                }
            }
            Self::Language { is } => {
                codes(is.len(), "language")?;
                let is_language = |code: &String| {
                    (2..=3).contains(&code.len())
                        && code.bytes().all(|byte| byte.is_ascii_lowercase())
                };
                if is.iter().all(is_language) {
                    Ok(())
                } else {
                    Err("a language is a code such as `es`".to_owned())
                }
            }
            Self::Age {
                from: None,
                to: None,
            } => Err("say from which age or up to which".to_owned()),
            Self::Age {
                from: Some(from),
                to: Some(to),
            } if from > to => Err("the first age is above the last".to_owned()),
            Self::Age { .. } | Self::HasEmail | Self::OptedIn { .. } => Ok(()),
        }
    }

    fn fits(&self, traits: &Traits) -> bool {
        match self {
            Self::Relationship { is } => traits.relationship.is_some_and(|one| is.contains(&one)),
            Self::Residence { is } => traits
                .residence
                .as_ref()
                .is_some_and(|one| is.contains(one)),
            Self::Age { from, to } => traits.age.is_some_and(|age| {
                from.is_none_or(|from| from <= age) && to.is_none_or(|to| age <= to)
            }),
            Self::Language { is } => traits.language.as_ref().is_some_and(|one| is.contains(one)),
            Self::HasEmail => traits.has_email,
            Self::OptedIn { topic } => traits.opted_in.contains(topic),
        }
    }

    /// The data element it selects by; a consent or an address at hand selects nobody by data.
    fn element(&self) -> Option<&'static str> {
        match self {
            // Choosing people because they are under care uses that they are (S70).
            Self::Relationship { is } if is.iter().any(|one| is_care(*one)) => {
                Some("patient_status")
            }
            Self::Relationship { .. } => None,
            Self::Residence { .. } => Some("state"),
            Self::Age { .. } => Some("age"),
            Self::Language { .. } => Some("language"),
            Self::HasEmail | Self::OptedIn { .. } => None,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Relationship { is } => {
                let labels: Vec<&str> = is.iter().map(|one| one.label()).collect();
                format!("relationship is {}", labels.join(" or "))
            }
            Self::Residence { is } => format!("lives in {}", said(is, words::place)),
            Self::Age {
                from: Some(from),
                to: Some(to),
            } => format!("is {from} to {to} years old"),
            Self::Age {
                from: Some(from), ..
            } => format!("is {from} or older"),
            Self::Age { to: Some(to), .. } => format!("is {to} or younger"),
            Self::Age { .. } => "has any age".to_owned(),
            Self::Language { is } => {
                format!("wants to be addressed in {}", said(is, words::language))
            }
            Self::HasEmail => "has an e-mail address".to_owned(),
            Self::OptedIn { topic } => format!("has opted in to “{}” by e-mail", topic.label()),
        }
    }
}

fn said(codes: &[String], name: impl Fn(&str) -> &str) -> String {
    let names: Vec<&str> = codes.iter().map(|code| name(code)).collect();
    names.join(" or ")
}

fn is_care(relationship: Relationship) -> bool {
    matches!(
        relationship,
        Relationship::Patient
            | Relationship::FormerPatient
            | Relationship::MinorPatient
            | Relationship::Enrollee
    )
}

fn is_residence(code: &str) -> bool {
    let is_part = |part: &str| {
        (2..=3).contains(&part.len())
            && part
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    match code.split_once('-') {
        Some((country, state)) => is_part(country) && is_part(state),
        None => is_part(code),
    }
}

/// Everyone matched, down to those permitted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waterfall {
    /// Whom the filter found.
    pub n_matched: u64,
    /// Who dropped out, by the first rule (in the pack's order) that stopped them.
    pub bars: Vec<Bar>,
    /// Who is left.
    pub n_permitted: u64,
}

/// Those whom one rule stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// The rule's id.
    pub rule: String,
    /// What it says, in plain words.
    pub says: String,
    /// Who was stopped by this rule first.
    pub n_first: u64,
    /// Everyone this rule would stop on its own.
    pub n_total: u64,
}

/// Counts answers into a waterfall.
#[derive(Debug, Clone, Default)]
pub struct Counting {
    n_matched: u64,
    n_permitted: u64,
    rules: BTreeMap<(usize, String), (u64, u64)>,
}

impl Counting {
    /// Counts one person: the rules that stop them, each with its place in the pack. No rule
    /// means permitted.
    pub fn add(&mut self, stopping: &[(usize, &str)]) {
        self.n_matched += 1;
        let Some(first) = stopping.iter().min() else {
            self.n_permitted += 1;
            return;
        };
        for stop in stopping {
            let key = (stop.0, stop.1.to_owned());
            let (n_first, n_total) = self.rules.entry(key).or_default();
            *n_total += 1;
            if stop == first {
                *n_first += 1;
            }
        }
    }

    /// The waterfall; `says` gives a rule's sentence.
    #[must_use]
    pub fn waterfall(self, says: impl Fn(&str) -> String) -> Waterfall {
        let bar = |((_, rule), (n_first, n_total)): ((usize, String), (u64, u64))| Bar {
            says: says(&rule),
            rule,
            n_first,
            n_total,
        };
        Waterfall {
            n_matched: self.n_matched,
            bars: self.rules.into_iter().map(bar).collect(),
            n_permitted: self.n_permitted,
        }
    }
}
