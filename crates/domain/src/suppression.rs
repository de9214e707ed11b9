//! Suppressions: addresses that must not be reached, held by a keyed hash only.
//!
//! A suppression outlives the person and every import: whoever brings the address back finds it
//! still closed.
//!
//! INVARIANT: no address is held here, only its keyed hash.

#[cfg(test)]
mod tests;

use crate::channel::Channel;
use crate::codes::codes;
use crate::id::SuppressionId;
use crate::preference::Lift;
use crate::time::Timestamp;

codes! {
    /// Why an address is closed.
    pub enum Cause {
        /// Its owner unsubscribed.
        Unsubscribe = "unsubscribe", "Unsubscribed";
        /// Its owner answered STOP.
        Stop = "stop", "STOP";
        /// Its owner reported a message as unwanted.
        Complaint = "complaint", "Complaint";
        /// The address does not exist.
        HardBounce = "hard_bounce", "Address does not exist";
        /// The number belongs to somebody else now.
        Reassigned = "reassigned", "Number reassigned";
        /// An operator closed it.
        Operator = "operator", "Closed by us";
        /// It came on a list of closed addresses.
        List = "list", "On an imported list";
        /// The number is on the National Do Not Call Registry, as a list of it said.
        NationalDnc = "national_dnc", "On the National Do Not Call list";
    }
}

impl Cause {
    /// Whether the owner of the address closed it, so that only the owner can open it.
    #[must_use]
    pub fn is_owners_word(self) -> bool {
        matches!(self, Self::Unsubscribe | Self::Stop | Self::Complaint)
    }

    /// Whether it stands in the way of messages about the person's own care, too.
    #[must_use]
    pub fn is_total(self) -> bool {
        !matches!(self, Self::Unsubscribe | Self::List | Self::NationalDnc)
    }
}

/// An address that must not be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Which.
    pub id: SuppressionId,
    /// The keyed hash of the canonical address.
    pub lookup: Vec<u8>,
    /// By which way it must not be reached.
    pub channel: Channel,
    /// Why.
    pub cause: Cause,
    /// Since when.
    pub placed_at: Timestamp,
    /// Who closed it.
    pub placed_by: String,
    /// When it was opened again.
    pub lifted_at: Option<Timestamp>,
}

impl Suppression {
    /// Whether it stands at a moment; also on a clock that went back behind its placing.
    #[must_use]
    pub fn stands_at(&self, at: Timestamp) -> bool {
        self.lifted_at.is_none_or(|lifted| lifted > at)
    }

    /// Whether this may open the address again: a file never; an operator with evidence that is
    /// newer; the person always.
    #[must_use]
    pub fn may_be_lifted(&self, lift: Lift) -> bool {
        match lift {
            Lift::ByImport => false,
            Lift::ByPerson { at } => self.stands_at(at),
            Lift::ByOperator { acted_at, at } => {
                self.stands_at(at) && acted_at > self.placed_at && acted_at <= at
            }
        }
    }
}
