//! Triggers: one message that goes out by itself when something happens to a person.
//!
//! A trigger is written in versions that never change. A version can fire once compliance has approved it by
//! name; the newest approved one counts. [`Declaration::problems`] says what is lacking.
//!
//! INVARIANT: nothing here holds a value of a person: kinds of events, codes, names of teams.
//! INVARIANT: what an event may say of a person is listed with the event ([`Event::may_carry`]).

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::address;
use crate::channel::Channel;
use crate::codes::codes;
use crate::content::{ContentClass, ContentHash};
use crate::id::{CampaignId, OperatorId, TriggerId, TriggerVersionId, TypedId, VersionId};
use crate::time::Timestamp;

codes! {
    /// What sets a trigger off.
    pub enum Event {
        /// An appointment was made.
        Booked = "appointment_booked", "An appointment is booked";
        /// It begins at another time than before.
        Moved = "appointment_moved", "An appointment is moved";
        /// It will not take place.
        Cancelled = "appointment_cancelled", "An appointment is cancelled";
        /// It begins soon.
        ComingUp = "appointment_coming_up", "An appointment is coming up";
        /// A birthday (C3).
        Birthday = "birthday", "Somebody has their birthday";
        /// Somebody came in who was not known before.
        Registered = "person_registered", "Somebody is newly registered";
        /// Nobody has seen them for a while (S79).
        LastVisit = "last_visit", "The last visit was some time ago";
    }
}

/// The hour, where the person lives, from which messages of a day leave.
pub const MORNING: i8 = 9;

const APPOINTMENT: &[&str] = &[
    "appointment_date",
    "appointment_time",
    "appointment_place",
    "first_name",
    "name",
];
const NAMES: &[&str] = &["first_name", "name"];

impl Event {
    /// Whether it is one of an appointment.
    #[must_use]
    pub fn is_of_appointment(self) -> bool {
        matches!(
            self,
            Self::Booked | Self::Moved | Self::Cancelled | Self::ComingUp
        )
    }

    /// The data elements by which it finds people, for the gate.
    #[must_use]
    pub fn selection(self) -> &'static [&'static str] {
        match self {
            Self::Booked | Self::Moved | Self::Cancelled | Self::ComingUp => &["appointment_date"],
            Self::Birthday => &["birthday"],
            Self::Registered => &[],
            Self::LastVisit => &["last_visit"],
        }
    }

    /// The data elements that its message may carry (S77, S78, S82); the address goes without saying.
    #[must_use]
    pub fn may_carry(self) -> &'static [&'static str] {
        if self.is_of_appointment() {
            APPOINTMENT
        } else {
            NAMES
        }
    }

    /// The same in words.
    #[must_use]
    pub fn may_carry_says(self) -> &'static str {
        if self.is_of_appointment() {
            "time, date and place of the appointment, and the person's name"
        } else {
            "the person's name"
        }
    }

    /// Whether content of this class may answer it.
    #[must_use]
    pub fn fits(self, class: ContentClass) -> bool {
        use ContentClass::{Greeting, Reminder, Scheduling};
        match self {
            _ if self.is_of_appointment() => matches!(class, Reminder | Scheduling),
            Self::Birthday => class == Greeting,
            _ => !matches!(class, Reminder | Scheduling),
        }
    }

    /// The classes in words, for whoever chose another one.
    #[must_use]
    pub fn classes_say(self) -> &'static str {
        match self {
            _ if self.is_of_appointment() => {
                "an appointment is answered by content of the class reminder or scheduling"
            }
            Self::Birthday => {
                "a birthday is answered by content of the class greeting, which promotes nothing"
            }
            _ => "content about an appointment needs an event of an appointment",
        }
    }

    /// Why this time cannot be used with it.
    #[must_use]
    pub fn wait_problem(self, wait: Wait) -> Option<&'static str> {
        let minutes = wait.minutes;
        match self {
            Self::ComingUp if !(30..=90 * 24 * 60).contains(&minutes) => {
                Some("a reminder leaves from 30 minutes to 90 days before the appointment")
            }
            Self::Birthday if minutes != 0 => {
                Some("a birthday message leaves on the day: write `0 minutes`")
            }
            Self::LastVisit if minutes < 30 * 24 * 60 => {
                Some("a visit is at least 30 days ago before somebody is written to about it")
            }
            Self::Booked | Self::Moved | Self::Cancelled | Self::Registered
                if minutes > 30 * 24 * 60 =>
            {
                Some("it leaves at most 30 days after the event")
            }
            _ => None,
        }
    }

    /// What the time of a trigger means for it.
    #[must_use]
    pub fn wait_label(self) -> &'static str {
        match self {
            Self::ComingUp => "Before the appointment",
            Self::Birthday => "On the day, in the morning",
            Self::LastVisit => "After the last visit",
            Self::Booked | Self::Moved | Self::Cancelled | Self::Registered => "After the event",
        }
    }
}

/// A stretch of time in whole minutes, written as `24 hours`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Wait {
    /// Minutes.
    pub minutes: u32,
}

/// Words that are no stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a number and minutes, hours or days, as `24 hours`")]
pub struct BadWait;

/// The longest wait: two years.
const LONGEST_MINUTES: u32 = 2 * 366 * 24 * 60;
const UNITS: [(&str, u32); 3] = [("day", 24 * 60), ("hour", 60), ("minute", 1)];

impl Wait {
    /// So many hours.
    #[must_use]
    pub fn hours(n: u32) -> Self {
        Self { minutes: n * 60 }
    }

    /// The same as a duration.
    #[must_use]
    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_mins(self.minutes.into())
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole =
            |(_, size): &(&str, u32)| self.minutes > 0 && self.minutes.is_multiple_of(*size);
        let (unit, size) = UNITS.into_iter().find(whole).unwrap_or(("minute", 1));
        // One day is read more easily as 24 hours by whoever is reminded.
        let (unit, size) = match self.minutes {
            1_440 | 2_880 => ("hour", 60),
            _ => (unit, size),
        };
        let n = self.minutes / size;
        write!(f, "{n} {unit}{}", if n == 1 { "" } else { "s" })
    }
}

impl FromStr for Wait {
    type Err = BadWait;

    fn from_str(text: &str) -> Result<Self, BadWait> {
        let (n, unit) = text.trim().split_once(' ').ok_or(BadWait)?;
        let n: u32 = n.parse().map_err(|_| BadWait)?;
        let unit = unit.trim().trim_end_matches('s');
        let size = UNITS.iter().find(|(name, _)| *name == unit);
        let (_, size) = size.ok_or(BadWait)?;
        let minutes = n.checked_mul(*size).ok_or(BadWait)?;
        if minutes > LONGEST_MINUTES {
            return Err(BadWait);
        }
        Ok(Self { minutes })
    }
}

impl TryFrom<String> for Wait {
    type Error = BadWait;

    fn try_from(text: String) -> Result<Self, BadWait> {
        text.parse()
    }
}

impl From<Wait> for String {
    fn from(wait: Wait) -> Self {
        wait.to_string()
    }
}

/// What is registered of a trigger (S81).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Its name; the same name again is its next version.
    pub name: String,
    /// What sets it off.
    pub event: Event,
    /// The source whose data it goes by, as imports and the catalogue name it.
    pub source: String,
    /// What is said: one version of a content.
    pub content: VersionId,
    /// Why; one of the purposes of the content's class.
    pub purpose: String,
    /// Why this may be done with these data.
    pub rationale: String,
    /// Who answers for it.
    pub owner: String,
    /// How long after the event, or before the appointment.
    pub wait: Wait,
    /// After so many in 24 hours it pauses by itself, until somebody has looked.
    pub most_per_day: u32,
    /// The name in the From line; empty for what is no e-mail.
    #[serde(default)]
    pub sender_name: String,
    /// The address in the From line; empty for what is no e-mail.
    #[serde(default)]
    pub sender: String,
}

/// A part of a declaration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {says}")]
pub struct Problem {
    /// The form field.
    pub field: &'static str,
    /// What is wrong and what would help.
    pub says: String,
}

impl Declaration {
    /// The same without a From line where the message has none.
    #[must_use]
    pub fn for_channel(mut self, channel: Channel) -> Self {
        if channel != Channel::Email {
            self.sender_name.clear();
            self.sender.clear();
        }
        self
    }

    /// What keeps it from being registered, for content of this class on this channel.
    #[must_use]
    pub fn problems(&self, class: ContentClass, channel: Channel) -> Vec<Problem> {
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
        if !self.event.fits(class) {
            add("content", self.event.classes_say().to_owned());
        }
        if !class.purposes().contains(&self.purpose.as_str()) {
            let purposes = class.purposes().join(", ");
            let class = class.as_str();
            add(
                "purpose",
                format!("content of the class {class} serves: {purposes}"),
            );
        }
        if let Some(says) = self.event.wait_problem(self.wait) {
            add("wait", says.to_owned());
        }
        if !(1..=1_000_000).contains(&self.most_per_day) {
            add(
                "most_per_day",
                "say how many a day are to be expected at most, from 1 to 1,000,000".to_owned(),
            );
        }
        if !matches!(channel, Channel::Email | Channel::Sms) {
            add(
                "content",
                "a trigger sends e-mails and text messages".to_owned(),
            );
        }
        if channel == Channel::Email {
            found.extend(sender_problems(&self.sender_name, &self.sender));
        }
        found
    }
}

/// What is wrong with a From line.
pub(crate) fn sender_problems(name: &str, address: &str) -> Vec<Problem> {
    let mut found = Vec::new();
    if name.trim().is_empty()
        || name.chars().count() > 120
        || name.contains(['<', '>', '"', '@', '\\'])
        || name.chars().any(char::is_control)
        || crate::content::reorders(name)
    {
        found.push(Problem {
            field: "sender_name",
            says: "a sender's name is plain words, at most 120 characters".to_owned(),
        });
    }
    if address::check_email(address).is_err() {
        found.push(Problem {
            field: "sender",
            says: "this is not an e-mail address".to_owned(),
        });
    }
    found
}

/// Compliance's word that a version may fire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: OperatorId,
    /// What they noted.
    pub note: String,
    /// The content as it was then.
    pub content_hash: ContentHash,
}

/// One version of a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Which.
    pub id: TriggerVersionId,
    /// Of which trigger.
    pub trigger: TriggerId,
    /// Counts from one.
    pub version: u32,
    /// What was registered.
    pub declaration: Declaration,
    /// How the content travels.
    pub channel: Channel,
    /// SHA-256 of what was registered.
    pub hash: [u8; 32],
    /// When it was written.
    pub written_at: Timestamp,
    /// Who wrote it; none for the command line.
    pub written_by: Option<OperatorId>,
    /// Compliance's word.
    pub approval: Option<Approval>,
}

/// The version that counts: the newest approved one. Versions come newest first.
#[must_use]
pub fn counting(versions: &[Version]) -> Option<&Version> {
    versions.iter().find(|version| version.approval.is_some())
}

/// The name under which a trigger's messages stand where a campaign's would: in deliveries, decisions and entries.
#[must_use]
pub fn sends_as(trigger: TriggerId) -> CampaignId {
    trigger.raw().into()
}

/// The trigger behind such a name, if it is one.
#[must_use]
pub fn sent_by(campaign: CampaignId) -> TriggerId {
    campaign.raw().into()
}

codes! {
    /// Where a trigger stands.
    pub enum Standing {
        /// It fires.
        AtWork = "at_work", "At work";
        /// No version is approved.
        Waits = "waits", "Waits for compliance";
        /// Somebody paused it, or it did so itself.
        Paused = "paused", "Paused";
        /// It never fires again.
        Ended = "ended", "Ended for good";
    }
}

codes! {
    /// What became of an event that a trigger took note of.
    pub enum FireState {
        /// Its time has not come.
        Waiting = "waiting", "Waits for its time";
        /// A message was handed over to be decided and sent.
        Fired = "fired", "Handed over";
        /// It came to nothing; the reason stands beside it.
        Dropped = "dropped", "Came to nothing";
    }
}

codes! {
    /// Why an event came to nothing.
    pub enum Dropped {
        /// The appointment was cancelled, or did not take place.
        Cancelled = "cancelled", "The appointment was cancelled";
        /// The appointment was booked anew after it had been cancelled.
        Rebooked = "rebooked", "The appointment takes place after all";
        /// A later change of the appointment took its place.
        Overtaken = "overtaken", "A later change took its place";
        /// Its time was over.
        TooLate = "too_late", "Its time was over";
        /// The person has no address on this channel.
        NoAddress = "no_address", "No address on this channel";
        /// The person was erased.
        Erased = "erased", "The person was erased";
        /// They were seen since.
        SeenSince = "seen_since", "The person was seen since";
        /// The trigger was ended.
        Ended = "ended", "The trigger was ended";
        /// They went through the journey before, or are in it.
        WasThere = "was_there", "The person went through the journey before";
        /// The version that counts now answers another event.
        OtherEvent = "other_event", "The trigger answers another event now";
    }
}
