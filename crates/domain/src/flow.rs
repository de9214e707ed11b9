//! Flows: one declared way of data from a source, through a filter, to a destination.
//!
//! A flow is written in versions that never change. A version lets data through when both sides, IT and marketing,
//! have agreed to it, its contract is in force on the day, and nobody has stopped it. [`Version::missing`] says what
//! is lacking, all of it at once.
//!
//! INVARIANT: nothing here holds a value of a person: paths, codes, names of teams and companies.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::codes::codes;
use crate::id::{FlowId, FlowVersionId, OperatorId};
use crate::operator::Role;
use crate::time::{Date, Timestamp};

codes! {
    /// Who has to agree to a flow (S89).
    pub enum Side {
        /// Answers for the technical controls.
        It = "it", "IT";
        /// Answers for what the data are needed for.
        Marketing = "marketing", "Marketing";
    }
}

codes! {
    /// Who holds the destination of a flow.
    pub enum DestinationKind {
        /// The hospital itself: nothing leaves it.
        Own = "own", "The hospital itself";
        /// Another company: a contract must be in force.
        Vendor = "vendor", "Another company";
    }
}

codes! {
    /// What was agreed with the company that receives data.
    pub enum ContractKind {
        /// 45 CFR 164.504(e).
        Baa = "baa", "Business associate agreement";
        /// 45 CFR 164.514(e)(4).
        DataUse = "data_use", "Data use agreement";
        /// Any other contract that permits it.
        Other = "other", "Other agreement";
    }
}

impl Side {
    /// The role that speaks for a side.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Self::It => Role::It,
            Self::Marketing => Role::Marketing,
        }
    }
}

/// Where a flow ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// A short code: ids are hashed under a key of this destination.
    pub code: String,
    /// What it is, in words.
    pub title: String,
    /// Whose it is.
    pub kind: DestinationKind,
}

/// What permits a company to receive what the flow lets through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// What kind of agreement.
    pub kind: ContractKind,
    /// Who agreed.
    pub parties: Vec<String>,
    /// Where the signed paper is found.
    pub reference: String,
    /// The first day.
    pub valid_from: Date,
    /// The last day; it counts.
    pub valid_until: Date,
}

/// What the file of a flow declares besides its allow-list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// The flow's name.
    pub name: String,
    /// What it lets through, in words.
    pub says: String,
    /// The code of the source, as imports and the catalogue name it.
    pub source: String,
    /// What the data are needed for.
    pub purpose: String,
    /// Who answers for the technical side.
    pub it_owner: String,
    /// Who answers for what it is used for.
    pub marketing_owner: String,
    /// Where it ends.
    pub destination: Destination,
    /// What permits it; none when nothing leaves the hospital.
    pub contract: Option<Contract>,
}

/// One side agreed to a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Which side.
    pub side: Side,
    /// When.
    pub at: Timestamp,
    /// Who; none for the flow that an installation begins with.
    pub by: Option<OperatorId>,
    /// What they noted.
    pub note: String,
}

/// Somebody stopped a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: OperatorId,
    /// Why.
    pub reason: String,
}

/// One version of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Which.
    pub id: FlowVersionId,
    /// Of which flow.
    pub flow: FlowId,
    /// Counts from one.
    pub version: u32,
    /// What was declared.
    pub declaration: Declaration,
    /// The whole file, allow-list included.
    pub text: String,
    /// SHA-256 of the file.
    pub hash: [u8; 32],
    /// When it was written.
    pub written_at: Timestamp,
    /// Who wrote it; none for the command line.
    pub written_by: Option<OperatorId>,
    /// Who agreed, at most once a side.
    pub agreements: Vec<Agreement>,
    /// Who stopped it, when somebody did.
    pub stopped: Option<Stop>,
}

/// What a version lacks to let anything through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// A side has not agreed.
    Agreement(Side),
    /// The contract begins later.
    ContractBegins(Date),
    /// The contract is over.
    ContractEnded(Date),
    /// Somebody stopped it.
    Stopped,
    /// Compliance has not signed what its source holds (S67).
    Classification,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agreement(side) => write!(
                f,
                "{} has not agreed; somebody of that side reads it under Data, Flows, and agrees",
                side.label()
            ),
            Self::ContractBegins(on) => write!(f, "its contract begins on {on}"),
            Self::ContractEnded(on) => write!(
                f,
                "its contract ended on {on}; declare the flow anew with the contract that follows"
            ),
            Self::Stopped => f.write_str("it was stopped; declare the flow anew to open it again"),
            Self::Classification => f.write_str(
                "compliance has not signed what its source holds; somebody of compliance opens the source under Data, and signs",
            ),
        }
    }
}

impl Version {
    /// Who agreed for a side.
    #[must_use]
    pub fn agreement(&self, side: Side) -> Option<&Agreement> {
        self.agreements.iter().find(|one| one.side == side)
    }

    /// Whether both sides agreed.
    #[must_use]
    pub fn is_agreed(&self) -> bool {
        Side::ALL.iter().all(|side| self.agreement(*side).is_some())
    }

    /// All that it lacks on this day; nothing when it lets data through.
    #[must_use]
    pub fn missing(&self, today: Date) -> Vec<Missing> {
        let sides = Side::ALL
            .iter()
            .filter(|side| self.agreement(**side).is_none())
            .map(|side| Missing::Agreement(*side));
        let contract = self.declaration.contract.as_ref();
        let contract = contract.and_then(|contract| contract.missing(today));
        let stopped = self.stopped.as_ref().map(|_| Missing::Stopped);
        sides.chain(contract).chain(stopped).collect()
    }
}

impl Contract {
    /// What it lacks on this day; the last day counts.
    #[must_use]
    pub fn missing(&self, today: Date) -> Option<Missing> {
        if today < self.valid_from {
            Some(Missing::ContractBegins(self.valid_from))
        } else if self.valid_until < today {
            Some(Missing::ContractEnded(self.valid_until))
        } else {
            None
        }
    }
}

/// The version that counts: the newest on which both sides agreed, else the newest. Versions come newest first.
///
/// A stopped version is not followed by an older one: who stops a flow stops all of it.
#[must_use]
pub fn counting(versions: &[Version]) -> Option<&Version> {
    let agreed = versions.iter().find(|version| version.is_agreed());
    agreed.or_else(|| versions.first())
}
