//! What an installation can begin with (S149, S151 to S154): letters with blanks, replies to public
//! reviews, statements for a bad day. Letters are reviewed like any text before they are used.

use super::{ContentClass, Draft};
use crate::channel::Channel;
use crate::preference::Topic;

#[cfg(test)]
mod tests;

/// A letter to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Starter {
    /// Its code in addresses.
    pub code: &'static str,
    /// How it is called.
    pub name: &'static str,
    /// What kind of content it is.
    pub class: ContentClass,
    topic: Topic,
    subject: &'static str,
    preheader: &'static str,
    body: &'static str,
}

/// The letters.
#[rustfmt::skip] // A table.
pub const STARTERS: [Starter; 7] = [
    Starter { code: "appointment_reminder", name: "Appointment reminder", class: ContentClass::Reminder, topic: Topic::CareReminders,
        subject: "A reminder from {{organization_name}}", preheader: "",
        body: "Dear {{first_name|reader}},\n\nthis is a reminder of your appointment on {{appointment_date}} at {{appointment_time}}.\n\nTo change it, call [[phone: phone]].\n\nThe entrance is [[entrance: place]]." },
    Starter { code: "hours", name: "Changed hours", class: ContentClass::Operational, topic: Topic::Services,
        subject: "Our hours on [[day: date]]", preheader: "",
        body: "# Our hours on [[day: date]]\n\nDear {{first_name|neighbor}},\n\nour office at [[place: place]] is open from [[from: time]] to [[until: time]] on that day. The emergency department is always open." },
    Starter { code: "flu_season", name: "Seasonal: flu shots", class: ContentClass::PreventiveRecommendation, topic: Topic::HealthEducation,
        subject: "Flu shots from [[from: date]]", preheader: "No appointment needed",
        body: "# Flu shots\n\nDear {{first_name|neighbor}},\n\na flu shot each fall is recommended for nearly everyone from six months on. From [[from: date]] you can come to [[place: place]] without an appointment, on [[days: weekdays | Saturdays | every day]]." },
    Starter { code: "heat", name: "Seasonal: hot days", class: ContentClass::Education, topic: Topic::HealthEducation,
        subject: "Staying well on hot days", preheader: "Four simple habits",
        body: "# Staying well on hot days\n\nDear {{first_name|reader}},\n\nfour habits help most people:\n\n- Drink water before you are thirsty\n- Stay in the shade from noon to four\n- Keep curtains closed by day\n- Look in on neighbors who live alone\n\nA cool room is open to all at [[place: place]], from [[from: time]] to [[until: time]]." },
    Starter { code: "talk", name: "Invitation to a talk", class: ContentClass::Event, topic: Topic::Events,
        subject: "[[title: text 60]], on [[day: date]]", preheader: "You are welcome to come",
        body: "# [[title: text 60]]\n\nDear {{first_name|neighbor}},\n\nyou are welcome to a talk on [[day: date]] at [[start: time]], at [[place: place]]. It is meant for [[audience: adults | parents | seniors | everyone]].\n\nQuestions? Call [[phone: phone]]." },
    Starter { code: "new_location", name: "A service has moved", class: ContentClass::OwnServiceInformation, topic: Topic::Services,
        subject: "[[service: text 40]] has moved", preheader: "",
        body: "# [[service: text 40]] has moved\n\nDear {{first_name|neighbor}},\n\nfrom [[day: date]] on you find it at [[place: place]]. It is open from [[from: time]] to [[until: time]] on weekdays. The telephone number is [[phone: phone]]." },
    Starter { code: "program", name: "A program begins", class: ContentClass::OwnHealthProductPromo, topic: Topic::Services,
        subject: "[[program: text 40]] begins on [[day: date]]", preheader: "",
        body: "# [[program: text 40]]\n\nDear {{first_name|neighbor}},\n\nour program begins on [[day: date]] at [[place: place]]. The group meets [[rhythm: once a week | twice a week | once a month]], at [[start: time]].\n\nTo join, call [[phone: phone]]." },
];

impl Starter {
    /// The letter of this code.
    #[must_use]
    pub fn find(code: &str) -> Option<&'static Self> {
        STARTERS.iter().find(|starter| starter.code == code)
    }

    /// The letter as a draft.
    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft {
            class: self.class,
            topic: self.topic,
            channel: Channel::Email,
            format: super::Format::Plain,
            subject: self.subject.to_owned(),
            preheader: self.preheader.to_owned(),
            body: self.body.to_owned(),
            text: String::new(),
        }
    }
}

/// A text to post in public, with what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// How it is called.
    pub name: &'static str,
    /// The text, with blanks.
    pub text: &'static str,
    /// Whether it may be posted; one may not and stands here as a warning.
    pub is_safe: bool,
}

/// Replies to public reviews and messages (S151 to S153). The one that was in use is kept as a
/// failing example beside its neutral rewrite.
pub const REPLIES: [Reply; 4] = [
    Reply {
        name: "To any message",
        text: "Thank you for writing. Please reach out to our office directly if you have any \
               questions: [[phone: phone]] or [[email: email]].",
        is_safe: true,
    },
    Reply {
        name: "To praise",
        text: "Thank you for the kind words. Our team works hard to provide excellent care to our \
               community.",
        is_safe: true,
    },
    Reply {
        name: "To a complaint",
        text: "We take feedback seriously and would like to hear more. Please contact our office at \
               [[phone: phone]] or [[email: email]].",
        is_safe: true,
    },
    Reply {
        name: "Never: confirms that somebody was treated",
        text: "We are delighted to hear about your positive outcome! Thank you for choosing us, and \
               see you next time.",
        is_safe: false,
    },
];

/// Statements for a bad day (S154).
pub const STATEMENTS: [Reply; 3] = [
    Reply {
        name: "A system is down",
        text: "Some of our systems are unavailable since [[since: time]] on [[day: date]]. The \
               emergency department is open. We will say more at [[next: time]].",
        is_safe: true,
    },
    Reply {
        name: "An incident is being looked into",
        text: "We are looking into reports about [[subject: text 60]]. We respect the privacy of \
               everybody concerned and cannot comment on individuals. For questions: \
               [[phone: phone]].",
        is_safe: true,
    },
    Reply {
        name: "A place is closed",
        text: "[[place: place]] is closed on [[day: date]]. Call [[phone: phone]] to ask what this \
               means for you.",
        is_safe: true,
    },
];

/// Words that tell, confirm or deny in public that somebody was treated, or that admit something.
const TELLING: [&str; 30] = [
    "outcome",
    "treatment",
    "treated",
    "your visit",
    "your stay",
    "your appointment",
    "your care",
    "your procedure",
    "your surgery",
    "your recovery",
    "your results",
    "your experience",
    "your doctor",
    "your nurse",
    "positive experience",
    "next time",
    "see you again",
    "choosing us",
    "as a patient",
    "our patient",
    "sorry",
    "apologize",
    "apologise",
    "apologies",
    "diagnosis",
    "medical record",
    "prescription",
    "we remember you",
    "our records",
    "not a patient",
];

/// The words of a public reply that confirm or deny care; none in a safe one (C7).
#[must_use]
pub fn telling(text: &str) -> Vec<&'static str> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let plain = words.join(" ").replace('’', "'");
    TELLING
        .into_iter()
        .filter(|words| plain.contains(words))
        .collect()
}
