//! Journeys: several messages, waits, conditions and tasks, one after the other, for each person at their own time.
//!
//! What is declared ([`Declaration`]) is written in versions that never change. A version can be started once it was
//! simulated and every role of [`APPROVERS`] agreed to it. [`steps`] reads what happens.
//!
//! INVARIANT: nothing here holds a value of a person: codes, names of contents, audiences and teams.
//! INVARIANT: nobody is at two places: a passage has one step.

pub mod steps;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::audience::Filter;
use crate::channel::Channel;
use crate::codes::codes;
use crate::content::ContentClass;
use crate::id::{
    CampaignId, FireId, JourneyId, JourneySendId, JourneyVersionId, OperatorId, PassageId,
    TriggerId, TypedId, VersionId,
};
use crate::operator::Role;
use crate::time::Timestamp;
use crate::trigger::{self, Event, Problem, Wait};

use steps::Steps;

/// Who must agree to the logic before it runs (S98).
pub const APPROVERS: [Role; 3] = [Role::Compliance, Role::Clinical, Role::Legal];

/// What is written of a journey: in a file, on the page, by the API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Its name; the same name again is its next version.
    pub name: String,
    /// Why; one of the purposes of every content's class.
    pub purpose: String,
    /// Why this may be done with these data.
    pub rationale: String,
    /// Who answers for it.
    pub owner: String,
    /// The name of the audience whose people enter; empty when an event lets people in.
    #[serde(default)]
    pub audience: String,
    /// Not before this moment (RFC 3339), for an audience; empty for at once.
    #[serde(default)]
    pub starts_at: String,
    /// The event that lets people in, by its code; empty for an audience.
    #[serde(default)]
    pub event: String,
    /// The source of the event.
    #[serde(default)]
    pub source: String,
    /// How long after the event, or before the appointment.
    #[serde(default)]
    pub wait: String,
    /// After so many in 24 hours it pauses by itself, until somebody has looked.
    pub most_per_day: u32,
    /// The name in the From line; empty when no step sends an e-mail.
    #[serde(default)]
    pub sender_name: String,
    /// The address in the From line; empty when no step sends an e-mail.
    #[serde(default)]
    pub sender: String,
    /// The steps, one a line.
    pub steps: String,
}

/// What is registered of a journey: as it was written, with all that it names as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Its name.
    pub name: String,
    /// Why.
    pub purpose: String,
    /// Why this may be done with these data.
    pub rationale: String,
    /// Who answers for it.
    pub owner: String,
    /// Who comes in.
    pub entry: Entry,
    /// After so many in 24 hours it pauses by itself.
    pub most_per_day: u32,
    /// The name in the From line.
    pub sender_name: String,
    /// The address in the From line.
    pub sender: String,
    /// The steps, one a line.
    pub steps: String,
    /// The content versions behind the names in the steps.
    pub contents: BTreeMap<String, VersionId>,
    /// The filters behind the names in the steps.
    pub audiences: BTreeMap<String, Filter>,
}

/// Who comes in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Entry {
    /// Whom a saved audience finds.
    Audience {
        /// Its name.
        name: String,
        /// Whom it found when this was written; a later change of the audience changes nothing here.
        filter: Filter,
        /// Not before.
        starts_at: Option<Timestamp>,
    },
    /// To whom something happens.
    Event {
        /// What.
        event: Event,
        /// The source whose data it goes by.
        source: String,
        /// How long after it, or before the appointment.
        wait: Wait,
    },
}

impl Entry {
    /// The event, if it is one.
    #[must_use]
    pub fn event(&self) -> Option<Event> {
        match self {
            Self::Event { event, .. } => Some(*event),
            Self::Audience { .. } => None,
        }
    }

    /// The data elements by which it finds people.
    #[must_use]
    pub fn selection(&self) -> Vec<&'static str> {
        match self {
            Self::Audience { filter, .. } => filter.elements().into_iter().collect(),
            Self::Event { event, .. } => event.selection().to_vec(),
        }
    }

    /// Who comes in, in words.
    #[must_use]
    pub fn says(&self) -> String {
        match self {
            Self::Audience {
                name,
                starts_at: None,
                ..
            } => format!("Everybody in \u{201c}{name}\u{201d}, once it is started"),
            Self::Audience {
                name,
                starts_at: Some(at),
                ..
            } => format!("Everybody in \u{201c}{name}\u{201d}, not before {at}"),
            Self::Event { event, wait, .. } if wait.minutes == 0 => event.label().to_owned(),
            Self::Event { event, wait, .. } => format!(
                "{}; {}: {wait}",
                event.label(),
                event.wait_label().to_lowercase()
            ),
        }
    }
}

impl Declaration {
    /// The steps; none when they are not readable any more.
    #[must_use]
    pub fn read(&self) -> Option<Steps> {
        Steps::read(&self.steps).ok()
    }

    /// The data elements by which whoever comes to a step was chosen: by the entry and by every condition before it.
    #[must_use]
    pub fn selection(&self, steps: &Steps, place: usize) -> Vec<&'static str> {
        let mut found = self.entry.selection();
        for step in steps.iter().take(place) {
            if let steps::Kind::If { test, .. } = &step.kind {
                found.extend(test.element());
                if let steps::Test::In(name) = test
                    && let Some(filter) = self.audiences.get(name)
                {
                    found.extend(filter.elements());
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// What keeps it from being registered, with the class and the channel of each content that it sends.
    #[must_use]
    pub fn problems(&self, sends: &[(&str, ContentClass, Channel)]) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut add = |field, says: String| found.push(Problem { field, says });
        for (field, text, most) in [
            ("name", &self.name, 120),
            ("owner", &self.owner, 120),
            ("rationale", &self.rationale, 1_000),
        ] {
            if text.trim().is_empty() || text.chars().count() > most {
                add(field, format!("fill this in, in at most {most} characters"));
            }
        }
        if !(1..=10_000_000).contains(&self.most_per_day) {
            let says = "say how many are to enter in a day at most, from 1 to 10,000,000";
            add("most_per_day", says.to_owned());
        }
        if sends.is_empty() {
            add(
                "steps",
                "no step sends anything: write `send \"Content\"`".to_owned(),
            );
        }
        if let Entry::Event { event, wait, .. } = &self.entry
            && let Some(says) = event.wait_problem(*wait)
        {
            add("wait", says.to_owned());
        }
        for (name, class, channel) in sends {
            if !class.purposes().contains(&self.purpose.as_str()) {
                let says = format!(
                    "the content \u{201c}{name}\u{201d} is of the class {}, which serves: {}",
                    class.as_str(),
                    class.purposes().join(", ")
                );
                add("purpose", says);
            }
            if !matches!(channel, Channel::Email | Channel::Sms) {
                let says = format!(
                    "the content \u{201c}{name}\u{201d} goes by {}: a journey sends e-mails and text messages",
                    channel.label().to_lowercase()
                );
                add("steps", says);
            }
            if let Some(event) = self.entry.event().filter(|event| !event.fits(*class)) {
                add(
                    "steps",
                    format!(
                        "the content \u{201c}{name}\u{201d}: {}",
                        event.classes_say()
                    ),
                );
            }
        }
        if sends
            .iter()
            .any(|(_, _, channel)| *channel == Channel::Email)
        {
            found.extend(trigger::sender_problems(&self.sender_name, &self.sender));
        }
        found
    }
}

codes! {
    /// What one who was asked says of a version.
    pub enum Said {
        /// It may run.
        Approve = "approve", "Approved";
        /// It may not run like this.
        Return = "return", "Returned";
    }
}

/// One role's word on a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// In which role.
    pub role: Role,
    /// What.
    pub said: Said,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: OperatorId,
    /// What they noted.
    pub note: String,
    /// The hash of what they read: the declaration and every content in it.
    pub hash: [u8; 32],
}

/// Somebody's word that a version begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// When.
    pub at: Timestamp,
    /// Who; none for a made-up history.
    pub by: Option<OperatorId>,
    /// How many were counted then, of an audience.
    pub n_counted: Option<u64>,
}

/// A message of a version: what its deliveries name where others name a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// Which.
    pub id: JourneySendId,
    /// The step, from 0.
    pub step: usize,
    /// The content version.
    pub content: VersionId,
    /// How it travels.
    pub channel: Channel,
}

/// One version of a journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Which.
    pub id: JourneyVersionId,
    /// Of which journey.
    pub journey: JourneyId,
    /// Counts from one.
    pub version: u32,
    /// What was registered.
    pub declaration: Declaration,
    /// SHA-256 of what was registered.
    pub hash: [u8; 32],
    /// When it was written.
    pub written_at: Timestamp,
    /// Who wrote it; none for the command line.
    pub written_by: Option<OperatorId>,
    /// Its messages, in the order of the steps.
    pub sends: Vec<Sending>,
    /// What was said of it.
    pub words: Vec<Word>,
    /// When it was last simulated.
    pub simulated_at: Option<Timestamp>,
    /// That it was started.
    pub start: Option<Start>,
}

impl Version {
    /// The word of a role.
    #[must_use]
    pub fn word(&self, role: Role) -> Option<&Word> {
        self.words.iter().find(|word| word.role == role)
    }

    /// The roles whose agreement is missing.
    #[must_use]
    pub fn missing(&self) -> Vec<Role> {
        let agreed = |role: &Role| {
            self.word(*role)
                .is_some_and(|word| word.said == Said::Approve)
        };
        APPROVERS.into_iter().filter(|role| !agreed(role)).collect()
    }

    /// Whether somebody sent it back.
    #[must_use]
    pub fn is_returned(&self) -> bool {
        self.words.iter().any(|word| word.said == Said::Return)
    }
}

/// The version under which people enter: the newest that was started. Versions come newest first.
#[must_use]
pub fn counting(versions: &[Version]) -> Option<&Version> {
    versions.iter().find(|version| version.start.is_some())
}

/// The name under which a message of a journey stands where a campaign's would.
#[must_use]
pub fn sends_as(send: JourneySendId) -> CampaignId {
    send.raw().into()
}

/// The message behind such a name, if it is one.
#[must_use]
pub fn sent_by(campaign: CampaignId) -> JourneySendId {
    campaign.raw().into()
}

/// The name under which a journey is paused and ended.
#[must_use]
pub fn held_as(journey: JourneyId) -> CampaignId {
    journey.raw().into()
}

/// The name under which a journey takes note of events.
#[must_use]
pub fn watches_as(journey: JourneyId) -> TriggerId {
    journey.raw().into()
}

/// The journey that takes note of events under this name, if it is one.
#[must_use]
pub fn watched_by(trigger: TriggerId) -> JourneyId {
    trigger.raw().into()
}

/// The occasion of a delivery: the passage that it belongs to.
#[must_use]
pub fn occasion(passage: PassageId) -> FireId {
    passage.raw().into()
}

/// The passage behind the occasion of a delivery.
#[must_use]
pub fn passage_of(occasion: FireId) -> PassageId {
    occasion.raw().into()
}

codes! {
    /// Where a journey stands.
    pub enum Standing {
        /// People go through it.
        AtWork = "at_work", "At work";
        /// No version was started.
        Waits = "waits", "Not started";
        /// Somebody paused it, or it did so itself.
        Paused = "paused", "Paused";
        /// Over for good.
        Ended = "ended", "Ended for good";
    }
}

codes! {
    /// How a passage stands.
    pub enum State {
        /// Its time has not come, or has just come.
        Waiting = "waiting", "Waits";
        /// A message is on its way.
        Sending = "sending", "A message is on its way";
        /// A task waits for somebody.
        Asked = "asked", "A task is open";
        /// Over.
        Over = "over", "Over";
    }
}

codes! {
    /// What a step came to.
    pub enum Outcome {
        /// The time was over.
        Waited = "waited", "Waited";
        /// The condition fits.
        Yes = "yes", "Yes";
        /// It does not.
        No = "no", "No";
        /// Dealt out.
        Dealt = "dealt", "Dealt out";
        /// A message was sent.
        Sent = "sent", "Sent";
        /// The gate refused it.
        Refused = "refused", "Not permitted";
        /// The carrier refused it.
        Failed = "failed", "Not delivered";
        /// No address on this channel.
        NoAddress = "no_address", "No address";
        /// The task was done.
        Done = "done", "Done";
        /// The task was skipped.
        Skipped = "skipped", "Skipped";
        /// On with another step.
        Went = "went", "Went on";
        /// Came to the end.
        Left = "left", "Left";
    }
}

codes! {
    /// Why a passage is over.
    pub enum Ending {
        /// It came to an exit.
        Exit = "exit", "Came to the end";
        /// The journey was ended.
        Ended = "ended", "The journey was ended";
        /// The person was erased.
        Erased = "erased", "The person was erased";
        /// The person died.
        Died = "died", "The person has died";
        /// The person was joined with another record that is in the journey, too.
        Joined = "joined", "Joined with another record";
        /// The appointment will not take place.
        Cancelled = "cancelled", "The appointment was cancelled";
    }
}

/// How many messages of a step were decided, and how many of them refused, in a stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// Decided.
    pub n: u64,
    /// Refused.
    pub n_refused: u64,
}

/// The fewest refusals of a day that are worth a word.
const FEWEST: u64 = 5;

/// Whether more is refused in the last day than before, so that somebody must look (S99): at least [`FEWEST`], a
/// fifth of the day's, and twice the share of the week before.
#[must_use]
pub fn is_sudden(day: Share, before: Share) -> bool {
    let twice = 2 * u128::from(before.n_refused) * u128::from(day.n);
    let now = u128::from(day.n_refused) * u128::from(before.n);
    let is_more = before.n == 0 || now >= twice;
    day.n_refused >= FEWEST && day.n_refused * 5 >= day.n && is_more
}
