//! What operators are told by mail: texts that wait for them, how urgently, and how often they
//! want to hear of it.
//!
//! INVARIANT: a notice names a text, a role and a day. Nothing of any person has a place in it.

use serde::{Deserialize, Serialize};

use crate::codes::codes;
use crate::id::{NoticeId, OperatorId, StaffMailId, VersionId};
use crate::operator::Role;
use crate::settings::Fault;
use crate::time::{Date, Timestamp};

codes! {
    /// How often an operator gets mail about texts.
    pub enum Pace {
        /// As soon as there is something to say.
        AtOnce = "at_once", "At once, a mail for each piece of news";
        /// One mail in the morning of a working day.
        Daily = "daily", "Once a day, in the morning of working days";
        /// Never.
        None = "none", "Never; I look at Today";
    }
}

codes! {
    /// What a notice says of a text.
    pub enum NoticeKind {
        /// It waits for the verdict of this operator.
        Waiting = "waiting", "Waits for you";
        /// The same because somebody of the same role is away.
        Deputy = "deputy", "Waits for you as deputy";
        /// The verdict is due on the next working day, or today.
        Due = "due", "Due";
        /// The day is over.
        Late = "late", "Late";
        /// It came back to whoever handed it in.
        Returned = "returned", "Returned to you";
    }
}

codes! {
    /// What a mail to an operator is for.
    pub enum StaffMailKind {
        /// It tells of texts.
        Reminder = "reminder", "Reminder";
        /// It asks whether the address is theirs.
        Confirmation = "confirmation", "Confirmation of an address";
        /// It is a content with made-up values, to look at.
        Test = "test", "Test of a text";
    }
}

codes! {
    /// How far a mail to an operator is.
    pub enum StaffMailState {
        /// It waits to be sent.
        Pending = "pending", "Waiting";
        /// A worker has it.
        Claimed = "claimed", "Being sent";
        /// The carrier took it.
        Sent = "sent", "Sent";
        /// The carrier does not take it.
        Refused = "refused", "Refused by the carrier";
        /// It was handed over and the answer was lost; it is not sent again.
        Unknown = "unknown", "Outcome unknown";
        /// Nothing was left to say, or nobody to say it to.
        Dropped = "dropped", "Not needed any more";
    }
}

/// What one operator is told of one text. Told once: the key is everything but id and mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Which.
    pub id: NoticeId,
    /// Who is told.
    pub operator: OperatorId,
    /// Of which version.
    pub version: VersionId,
    /// What.
    pub kind: NoticeKind,
    /// In which role they are asked; none when it came back to them.
    pub role: Option<Role>,
    /// What is late is told again every fifth working day: the how manieth time it is.
    pub occasion: u32,
    /// In which mail.
    pub mail: StaffMailId,
}

/// One mail to one operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMail {
    /// Which.
    pub id: StaffMailId,
    /// To whom; the address is looked up when it leaves.
    pub operator: OperatorId,
    /// What for.
    pub kind: StaffMailKind,
    /// The version that is tested.
    pub version: Option<VersionId>,
    /// How far it is.
    pub state: StaffMailState,
    /// When it was written down.
    pub made_at: Timestamp,
    /// Not before this.
    pub not_before: Timestamp,
    /// How often it was tried.
    pub n_tries: u32,
    /// When a worker took it, when one has it.
    pub claimed_at: Option<Timestamp>,
    /// What came of it, without anybody's address.
    pub said: String,
}

/// Where and how often an operator is told things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Their address, when they have one.
    pub address: Option<String>,
    /// When they showed that it is theirs; an address counts from then on.
    pub confirmed_at: Option<Timestamp>,
    /// How often.
    pub pace: Pace,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self {
            address: None,
            confirmed_at: None,
            pace: Pace::Daily,
        }
    }
}

impl Mailbox {
    /// The address, once it is confirmed.
    #[must_use]
    pub fn confirmed(&self) -> Option<&str> {
        self.confirmed_at.and(self.address.as_deref())
    }
}

/// Who writes to operators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffSender {
    /// The address in the From line.
    pub sender: String,
}

impl StaffSender {
    /// What is wrong with it, field by field.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        match crate::address::check_email(&self.sender) {
            Ok(_) => Vec::new(),
            Err(_) => vec![("sender", "give an address, such as placet@hospital.example")],
        }
    }
}

/// What a verdict that is due on `due_on` is called on a day: due from the last working day before
/// it on, late from the day after.
#[must_use]
pub fn urgency(
    due_on: Date,
    today: Date,
    next_working_day: Date,
    n_late: u32,
) -> Option<(NoticeKind, u32)> {
    if n_late > 0 {
        return Some((NoticeKind::Late, (n_late - 1) / 5));
    }
    (today <= due_on && due_on <= next_working_day).then_some((NoticeKind::Due, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // A table.
    fn a_deadline_is_told_the_day_before_and_every_fifth_day_after() {
        let day = |d| Date::constant(2026, 7, d);
        let due = |d, late| urgency(day(8), day(d), day(d + 1), late);
        assert_eq!(due(6, 0), None);
        assert_eq!(due(7, 0), Some((NoticeKind::Due, 0)));
        assert_eq!(due(8, 0), Some((NoticeKind::Due, 0)));
        assert_eq!(due(9, 1), Some((NoticeKind::Late, 0)));
        assert_eq!(due(15, 5), Some((NoticeKind::Late, 0)));
        assert_eq!(due(16, 6), Some((NoticeKind::Late, 1)));
        // A weekend lies between.
        assert_eq!(urgency(day(6), day(3), day(6), 0), Some((NoticeKind::Due, 0)));
    }
}
