//! Preferences: what a person asked for or refused, and what it takes to lift one.
//!
//! A preference stands from the moment it was asked until a lift of its own. Both are records;
//! nothing is overwritten.
//!
//! INVARIANT: an import never lifts; [`Lift::allows`] has no answer for one but no.
//! INVARIANT: a lift is later than what it lifts.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::codes::codes;
use crate::id::{PersonId, PreferenceId, WordingId};
use crate::instrument::{Evidence, Method};
use crate::time::Timestamp;

codes! {
    /// The kinds of messages that a person chooses among. The list is closed and names no
    /// department and no condition: a choice must not say what somebody is treated for.
    pub enum Topic {
        /// Reminders and follow-up of the person's own care.
        CareReminders = "care_reminders", "Reminders about my care";
        /// Education.
        HealthEducation = "health_education", "Health tips and classes";
        /// Services, programs, offers.
        Services = "services", "Services and offers";
        /// Community events.
        Events = "events", "Community events";
        /// The foundation.
        Fundraising = "fundraising", "Giving and the foundation";
        /// Surveys and requests for reviews.
        Surveys = "surveys", "Surveys and feedback";
    }
}

codes! {
    /// What was asked for or refused; the codes are those of the rule packs.
    pub enum PreferenceKind {
        /// No more mail.
        Unsubscribe = "unsubscribe", "Unsubscribed";
        /// STOP, by any words.
        Stop = "stop", "STOP";
        /// Said no when asked.
        Declined = "declined", "Declined";
        /// No fundraising, for good.
        FundraisingOptout = "fundraising_optout", "No fundraising";
        /// Only this channel.
        ChannelChoice = "channel_choice", "Only this channel";
        /// Reach me by this way or at this place only (45 CFR 164.522(b)).
        ConfidentialCommunication = "confidential_communication", "Confidential communication";
        /// A restriction that was agreed to (45 CFR 164.522(a)).
        Restriction = "restriction", "Restriction";
        /// Paid in full out of pocket; nothing to the plan.
        RestrictionPaidInFull = "restriction_paid_in_full", "Restriction (paid in full)";
        /// Took back a HIPAA authorization.
        HipaaRevocation = "hipaa_revocation", "Authorization revoked";
        /// Took consent back in words of their own.
        FreeTextRevocation = "free_text_revocation", "Revoked in their own words";
        /// Took consent back by speaking.
        VerbalRevocation = "verbal_revocation", "Revoked by speaking";
        /// Global Privacy Control.
        Gpc = "gpc", "Global Privacy Control";
        /// Listed on the National Do Not Call Registry.
        NationalDnc = "national_dnc", "National Do Not Call";
    }
}

/// What a person asked for or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// Which.
    pub id: PreferenceId,
    /// Whose.
    pub person: PersonId,
    /// What.
    pub kind: PreferenceKind,
    /// The channel it is about; none means every channel.
    pub channel: Option<Channel>,
    /// The topic it is about; none means every topic.
    pub topic: Option<Topic>,
    /// The wording shown when it was asked.
    pub wording: Option<WordingId>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// How it was asked.
    pub method: Method,
    /// What shows it.
    pub evidence: Evidence,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who recorded it, as [`crate::operator::Actor::code`].
    pub recorded_by: String,
    /// What lifted it.
    pub lifted: Option<Lifted>,
}

/// The record that a preference was lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifted {
    /// When the person asked for it.
    pub at: Timestamp,
    /// How they asked.
    pub method: Method,
    /// Who recorded it.
    pub by: String,
}

impl Preference {
    /// Whether it stands at a moment. What was lifted later does. What was asked later does, too:
    /// nothing is recorded from the future, so the clock has gone back, and that takes no word back.
    #[must_use]
    pub fn stands_at(&self, at: Timestamp) -> bool {
        self.lifted.as_ref().is_none_or(|lifted| lifted.at > at)
    }

    /// Whether it stands in the way of messages by this channel on this topic.
    ///
    /// Care reminders are touched only by a preference that names them or a channel as a whole;
    /// a fundraising opt-out speaks of fundraising alone; a choice of one channel stands in the
    /// way of the others.
    #[must_use]
    pub fn objects_to(&self, channel: Channel, topic: Topic) -> bool {
        let is_topic = self.topic.is_none_or(|chosen| chosen == topic);
        match self.kind {
            PreferenceKind::FundraisingOptout => topic == Topic::Fundraising,
            PreferenceKind::ChannelChoice | PreferenceKind::ConfidentialCommunication => {
                is_topic && self.channel.is_some_and(|chosen| chosen != channel)
            }
            PreferenceKind::NationalDnc => {
                matches!(channel, Channel::Sms | Channel::VoiceLive)
                    && topic != Topic::CareReminders
            }
            PreferenceKind::Gpc => false,
            PreferenceKind::Unsubscribe
            | PreferenceKind::Declined
            | PreferenceKind::HipaaRevocation => {
                let is_marketing = topic != Topic::CareReminders || self.topic == Some(topic);
                is_topic && is_marketing && self.channel.is_none_or(|chosen| chosen == channel)
            }
            _ => is_topic && self.channel.is_none_or(|chosen| chosen == channel),
        }
    }
}

/// Who wants to lift a preference, and on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lift {
    /// The person, on their own page, by a link that allows more than reducing.
    ByPerson {
        /// When.
        at: Timestamp,
    },
    /// An operator who recorded a later act of the person.
    ByOperator {
        /// When the person did it.
        acted_at: Timestamp,
        /// When it is recorded.
        at: Timestamp,
    },
    /// A file. Files do not lift.
    ByImport,
}

/// Why a preference stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LiftRefused {
    /// An import tried.
    #[error("an import cannot undo an opt-out; the person can, or an operator with newer evidence")]
    Import,
    /// The evidence is not newer.
    #[error("evidence of {evidence} is not newer than the opt-out of {asked}")]
    NotNewer {
        /// The evidence's date.
        evidence: Timestamp,
        /// The preference's date.
        asked: Timestamp,
    },
    /// The evidence lies in the future.
    #[error("evidence of {0} lies in the future")]
    InFuture(Timestamp),
    /// It was lifted before.
    #[error("it was lifted before")]
    Already,
    /// It does not rest on the person's word alone.
    #[error("`{}` rests on a registry or an agreement and is not lifted here", .0.as_str())]
    Kind(PreferenceKind),
}

impl Lift {
    /// Whether this may lift that preference; the answer is the instant from which it is lifted.
    ///
    /// # Errors
    ///
    /// [`LiftRefused`] says why not.
    pub fn allows(self, preference: &Preference) -> Result<Timestamp, LiftRefused> {
        let (evidence, at) = match self {
            Self::ByImport => return Err(LiftRefused::Import),
            Self::ByPerson { at } => (at, at),
            Self::ByOperator { acted_at, at } => (acted_at, at),
        };
        if preference.lifted.is_some() {
            return Err(LiftRefused::Already);
        }
        if preference.kind == PreferenceKind::NationalDnc {
            return Err(LiftRefused::Kind(preference.kind));
        }
        if evidence > at {
            return Err(LiftRefused::InFuture(evidence));
        }
        let asked = preference.asked_at;
        if evidence <= asked {
            return Err(LiftRefused::NotNewer { evidence, asked });
        }
        // Effective when it is recorded: what was refused in between stays refused.
        Ok(at)
    }
}

/// One box of a page of choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Choice {
    /// By which way.
    pub channel: Channel,
    /// About what.
    pub topic: Topic,
}

impl Choice {
    /// The code in forms and entries: `email:events`.
    #[must_use]
    pub fn code(self) -> String {
        format!("{}:{}", self.channel.as_str(), self.topic.as_str())
    }

    /// The choice of this code.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        let (channel, topic) = code.split_once(':')?;
        Some(Self {
            channel: Channel::find(channel)?,
            topic: Topic::find(topic)?,
        })
    }

    /// Every channel with every topic that is chosen per person.
    pub fn all() -> impl Iterator<Item = Self> {
        Topic::ALL.iter().flat_map(|topic| {
            Channel::ALL.iter().map(|channel| Self {
                channel: *channel,
                topic: *topic,
            })
        })
    }
}
