//! A call list: people called one at a time by somebody who reads a script.
//!
//! A person is decided when a caller opens them; what the caller sees may be acted on for
//! [`FRESH_MINUTES`]. A try ends by what the caller says came of it ([`Ended`]), and that alone says
//! what becomes of the delivery ([`Fate`]).
//!
//! INVARIANT: a person is on one open try at most, whatever list they are on.

use jiff::SignedDuration;

use crate::codes::codes;
use crate::delivery::State;
use crate::id::{CallId, CampaignId, ContactPointId, DecisionId, DeliveryId, PersonId};
use crate::time::Timestamp;

/// How long after its decision a number may be dialled.
pub const FRESH_MINUTES: i64 = 10;
/// How often somebody who does not answer is called for one campaign.
pub const MOST_TRIES: u32 = 3;
/// How far ahead a call back can be promised.
pub const MOST_DAYS_AHEAD: i64 = 30;
/// How long after a call that nobody answered the next one is, at least.
pub const NEXT_TRY: SignedDuration = SignedDuration::from_hours(24);

/// How long somebody who was given back rests, so that the same caller gets another person.
pub const GIVEN_BACK: SignedDuration = SignedDuration::from_mins(15);
/// How many people a caller may give back in an hour: who only looks does not call.
pub const MOST_GIVEN_BACK: u32 = 10;

codes! {
    /// What came of a call, as the caller says.
    pub enum Ended {
        /// The person was spoken with.
        Reached = "reached", "Spoken with";
        /// A message was left on a machine.
        Voicemail = "voicemail", "Voicemail left";
        /// Nobody answered, or the line was busy.
        NoAnswer = "no_answer", "No answer";
        /// The person asks to be called at another hour.
        CallBack = "call_back", "Call back later";
        /// Somebody else has this number.
        WrongNumber = "wrong_number", "Wrong number";
        /// The person wants no more calls.
        NoMoreCalls = "no_more_calls", "Wants no more calls";
        /// The person wants nothing more, by any way.
        NoMoreAtAll = "no_more_at_all", "Wants nothing more, by any way";
        /// The number was not dialled: somebody else may call.
        NotCalled = "not_called", "Not called, give it back";
    }
}

/// What becomes of a delivery when a try ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It ends so.
    Over(State),
    /// It waits until then.
    Again(Timestamp),
}

impl Ended {
    /// Whether the phone rang: such a try counts for the caps.
    #[must_use]
    pub fn has_rung(self) -> bool {
        self != Self::NotCalled
    }

    /// Whether the person refused something.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::NoMoreCalls | Self::NoMoreAtAll)
    }

    /// What becomes of the delivery after `n_tries` tries that rang, this one counted in; `at` is when the
    /// person asked to be called.
    #[must_use]
    pub fn fate(self, n_tries: u32, now: Timestamp, at: Option<Timestamp>) -> Fate {
        match self {
            // They were spoken with, whatever they said.
            Self::Reached | Self::Voicemail | Self::NoMoreCalls | Self::NoMoreAtAll => {
                Fate::Over(State::Sent)
            }
            Self::NoAnswer if n_tries < MOST_TRIES => Fate::Again(now + NEXT_TRY),
            Self::NoAnswer | Self::WrongNumber => Fate::Over(State::Failed),
            Self::CallBack => Fate::Again(at.unwrap_or(now + NEXT_TRY)),
            Self::NotCalled => Fate::Again(now + GIVEN_BACK),
        }
    }
}

/// One person, opened by one caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    /// Which.
    pub id: CallId,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// Which delivery it is.
    pub delivery: DeliveryId,
    /// Whom.
    pub person: PersonId,
    /// Under which number.
    pub contact_point: ContactPointId,
    /// Who opened it, as [`crate::operator::Actor::code`].
    pub opened_by: String,
    /// When.
    pub opened_at: Timestamp,
    /// The newest decision about it.
    pub decision: DecisionId,
    /// When that was made.
    pub decided_at: Timestamp,
    /// How it ended.
    pub end: Option<End>,
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// What came of it.
    pub ended: Ended,
    /// When it was said.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

impl Try {
    /// Whether the number may be dialled on its decision; not on a clock that went back.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.decided_at).as_secs();
        (0..=FRESH_MINUTES * 60).contains(&age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(12)
    }

    #[test]
    fn whoever_never_answers_is_called_on_three_days_and_no_more() {
        let tomorrow = Fate::Again(noon() + NEXT_TRY);
        for (n, fate) in [
            (1, tomorrow),
            (2, tomorrow),
            (MOST_TRIES, Fate::Over(State::Failed)),
        ] {
            assert_eq!(Ended::NoAnswer.fate(n, noon(), None), fate);
        }
    }

    #[test]
    fn every_refusal_ends_the_delivery_and_nothing_but_not_dialling_is_no_ring() {
        for ended in Ended::ALL {
            if ended.is_refusal() {
                assert!(matches!(ended.fate(1, noon(), None), Fate::Over(_)));
            }
            assert_eq!(ended.has_rung(), *ended != Ended::NotCalled);
        }
        let at = noon() + SignedDuration::from_hours(3);
        assert_eq!(Ended::CallBack.fate(9, noon(), Some(at)), Fate::Again(at));
    }

    #[test]
    fn a_number_is_dialled_on_an_answer_of_the_last_ten_minutes() {
        let one = |minutes| Try {
            id: [1; 16].into(),
            campaign: [2; 16].into(),
            delivery: [3; 16].into(),
            person: [4; 16].into(),
            contact_point: [5; 16].into(),
            opened_by: "a".to_owned(),
            opened_at: noon(),
            decision: [6; 16].into(),
            decided_at: noon() + SignedDuration::from_mins(minutes),
            end: None,
        };
        assert!(one(0).is_fresh(noon()) && one(-10).is_fresh(noon()));
        assert!(!one(-11).is_fresh(noon()) && !one(1).is_fresh(noon()));
    }
}
