//! Who of a campaign gets which version, and who is held out to see what it brought.
//!
//! A person's place follows from a keyed hash of campaign and person alone, so that it never
//! drifts: not with batches, restarts, retries or the order in which people are claimed.
//!
//! INVARIANT: a place needs no memory; the same hash gives the same place for ever.

use serde::{Deserialize, Serialize};

use super::BriefProblem;
use crate::id::VersionId;

#[cfg(test)]
mod tests;

/// The most of a campaign that can be held out, in percent.
pub const MOST_HELD_OUT: u8 = 50;
/// The most versions that are compared.
pub const MOST_VERSIONS: usize = 5;

/// How a campaign is split.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// How many in a hundred get nothing, to compare with.
    #[serde(default)]
    pub held_out: u8,
    /// The versions beside the campaign's own; each gets an equal share.
    #[serde(default)]
    pub others: Vec<VersionId>,
}

/// A group of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Gets nothing.
    HeldOut,
    /// Gets a version: zero is the campaign's own.
    Version(u16),
}

impl Group {
    /// The number in the store and the API; the held out are minus one.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::HeldOut => -1,
            Self::Version(number) => i64::from(number),
        }
    }

    /// The group of this number.
    #[must_use]
    pub fn find(number: i64) -> Option<Self> {
        match number {
            -1 => Some(Self::HeldOut),
            number => u16::try_from(number).ok().map(Self::Version),
        }
    }

    /// The words shown to people: A is the campaign's own version.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            Self::HeldOut => "Held out".to_owned(),
            Self::Version(number) => {
                let letter = b'A'.saturating_add(u8::try_from(number).unwrap_or(25).min(25));
                format!("Version {}", char::from(letter))
            }
        }
    }
}

impl Split {
    /// Whether it splits at all.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.held_out == 0 && self.others.is_empty()
    }

    /// Every group, versions first.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        let versions = (0..=self.others.len()).filter_map(|n| u16::try_from(n).ok());
        let mut groups: Vec<Group> = versions.map(Group::Version).collect();
        if self.held_out > 0 {
            groups.push(Group::HeldOut);
        }
        groups
    }

    /// The group of whoever has this hash. Its first half says whether they are held out, its
    /// second which version they get, so that the one tells nothing about the other.
    #[must_use]
    pub fn group(&self, hash: &[u8]) -> Group {
        let word = |from: usize| {
            let bytes = hash.get(from..from + 8).unwrap_or_default();
            u64::from_be_bytes(bytes.try_into().unwrap_or_default())
        };
        let share = |word: u64, of: u128| (u128::from(word) * of) >> 64;
        // In ten thousandths, so that a percent is a percent.
        if share(word(0), 10_000) < u128::from(self.held_out) * 100 {
            return Group::HeldOut;
        }
        let n = self.others.len() as u128 + 1;
        Group::Version(u16::try_from(share(word(8), n)).unwrap_or(0))
    }

    /// What keeps it from being saved.
    #[must_use]
    pub fn problems(&self, own: VersionId) -> Vec<BriefProblem> {
        let mut found = Vec::new();
        let mut add = |field, says: String| found.push(BriefProblem { field, says });
        if self.held_out > MOST_HELD_OUT {
            add(
                "held_out",
                format!("hold out at most {MOST_HELD_OUT} in a hundred"),
            );
        }
        if self.others.len() >= MOST_VERSIONS {
            add(
                "others",
                format!("compare at most {MOST_VERSIONS} versions"),
            );
        }
        let mut seen = vec![own];
        for other in &self.others {
            if seen.contains(other) {
                add("others", "name each version once".to_owned());
            }
            seen.push(*other);
        }
        found
    }
}
