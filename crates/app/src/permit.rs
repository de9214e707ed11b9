//! Leave to act once, on one person: made by the gate, taken by value by whoever acts.
//!
//! INVARIANT: no public constructor and no `Clone`; holding a [`Permit`] proves that the gate
//! said yes to this recipient and this content, at this moment.

use placet_domain::id::{CampaignId, ContactPointId, DecisionId, DeliveryId, PersonId};
use placet_domain::time::Timestamp;

/// How long a decision may be acted on.
pub const LIFETIME_MINUTES: i64 = 10;

/// What exactly was permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted {
    /// To whom.
    pub person: PersonId,
    /// Where to.
    pub contact_point: ContactPointId,
    /// SHA-256 of the exact content version.
    pub content_hash: [u8; 32],
    /// For which campaign.
    pub campaign: CampaignId,
    /// As which delivery.
    pub delivery: DeliveryId,
}

/// Leave to act once.
#[derive(Debug)]
pub struct Permit {
    what: Permitted,
    decision: DecisionId,
    decided_at: Timestamp,
}

/// Why a permit cannot be used for this act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// More than ten minutes old, or from the future of a clock that went back.
    #[error("the decision is not of the last {LIFETIME_MINUTES} minutes: decide again")]
    Stale,
    /// Content, recipient or destination differ from what was decided.
    #[error("what is to be sent differs from what was decided")]
    Different,
}

impl Permit {
    pub(crate) fn new(what: Permitted, decision: DecisionId, decided_at: Timestamp) -> Self {
        Self {
            what,
            decision,
            decided_at,
        }
    }

    /// What was permitted.
    #[must_use]
    pub fn what(&self) -> &Permitted {
        &self.what
    }

    /// The decision behind it.
    #[must_use]
    pub fn decision(&self) -> DecisionId {
        self.decision
    }

    /// Spends the permit on exactly what was decided.
    ///
    /// # Errors
    ///
    /// [`Unusable`] when it is too old or the act differs from the decision.
    pub fn spend(self, on: &Permitted, now: Timestamp) -> Result<DecisionId, Unusable> {
        let age = now.duration_since(self.decided_at).as_secs();
        if !(0..=LIFETIME_MINUTES * 60).contains(&age) {
            return Err(Unusable::Stale);
        }
        if *on != self.what {
            return Err(Unusable::Different);
        }
        Ok(self.decision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what() -> Permitted {
        Permitted {
            person: [1; 16].into(),
            contact_point: [2; 16].into(),
            content_hash: [3; 32],
            campaign: [4; 16].into(),
            delivery: [5; 16].into(),
        }
    }

    #[track_caller]
    fn check(on: &Permitted, seconds: i64, expected: Result<(), Unusable>) {
        let decided_at = Timestamp::from_second(1_000).unwrap();
        let permit = Permit::new(what(), [6; 16].into(), decided_at);
        let now = Timestamp::from_second(1_000 + seconds).unwrap();
        assert_eq!(permit.spend(on, now).map(|_| ()), expected);
    }

    #[test]
    fn a_permit_is_good_for_ten_minutes_and_for_what_was_decided() {
        check(&what(), 0, Ok(()));
        check(&what(), 600, Ok(()));
        check(&what(), 601, Err(Unusable::Stale));
        check(&what(), -1, Err(Unusable::Stale));
        check(
            &Permitted {
                content_hash: [9; 32],
                ..what()
            },
            0,
            Err(Unusable::Different),
        );
        check(
            &Permitted {
                person: [9; 16].into(),
                ..what()
            },
            0,
            Err(Unusable::Different),
        );
        check(
            &Permitted {
                contact_point: [9; 16].into(),
                ..what()
            },
            0,
            Err(Unusable::Different),
        );
    }
}
