//! What takes a message away: a relay by SMTP, a provider of text messages by HTTP, or a record of
//! it for tests.
//!
//! INVARIANT: a carrier takes the gate's [`Permit`] by value and spends it on the very message it
//! sends; a message that differs, or a permit past its time, is not sent.

pub mod recording;
pub mod smtp;
pub mod text;

use placet_app::delivery::Claimed;
use placet_app::permit::{Permit, Permitted};
use placet_domain::channel::Channel;
use placet_domain::delivery::{Answer, Outcome};
use placet_domain::time::Timestamp;

use crate::mail::{HeaderText, Letter, ListId, Mailbox, MessageId, Unsubscribe};
use crate::smtp::{Address, Content};
use crate::text::Text;

/// One way of handing messages over, on one line of its own.
pub trait Carrier: Send {
    /// Brings the line up, if it is not.
    ///
    /// # Errors
    ///
    /// What stands in the way and what to do, for the log and the page.
    fn make_ready(&mut self) -> Result<(), String>;

    /// Whether a message can be handed over at once.
    fn is_ready(&self) -> bool;

    /// Hands one message over.
    fn send(&mut self, permit: Permit, message: &Message, now: Timestamp) -> Outcome;

    /// Takes the line down while there is nothing to send.
    fn rest(&mut self);
}

/// One message as it leaves, by its channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A mail.
    Mail(Box<Mail>),
    /// A text message.
    Text(Text),
}

impl Message {
    /// Puts a claimed message into the form of its channel.
    ///
    /// # Errors
    ///
    /// [`Unfit`] names the part.
    pub fn of(claimed: &Claimed) -> Result<Self, Unfit> {
        match claimed.outgoing.channel {
            Channel::Email => Ok(Self::Mail(Box::new(Mail::of(claimed)?))),
            Channel::Sms => Ok(Self::Text(Text::of(claimed)?)),
            _ => Err(Unfit {
                part: "channel",
                why: "nothing here carries it".to_owned(),
            }),
        }
    }

    /// What it is, to be compared with what was decided.
    #[must_use]
    pub fn what(&self) -> &Permitted {
        match self {
            Self::Mail(mail) => &mail.what,
            Self::Text(text) => &text.what,
        }
    }
}

/// One mail as it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// What it is, to be compared with what was decided.
    pub what: Permitted,
    /// Who it comes from.
    pub from: Mailbox,
    /// Whom it goes to.
    pub to: Address,
    /// The subject.
    pub subject: HeaderText,
    /// The text for readers without HTML.
    pub text: String,
    /// The page.
    pub html: String,
    /// Its name.
    pub message_id: MessageId,
    /// The list it belongs to.
    pub list: ListId,
    /// How to leave the list.
    pub unsubscribe: Unsubscribe,
    /// Where a bounce of exactly this message goes; to the sender when there is none.
    pub return_path: Option<Address>,
}

/// Why a claimed message cannot be written down; trying again would not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {part} cannot be used: {why}")]
pub struct Unfit {
    /// Which part of it.
    pub part: &'static str,
    /// What is wrong with it; never the value.
    pub why: String,
}

impl Mail {
    /// Puts a claimed message into the types that may reach a header or a command.
    ///
    /// # Errors
    ///
    /// [`Unfit`] names the part.
    pub fn of(claimed: &Claimed) -> Result<Self, Unfit> {
        let outgoing = &claimed.outgoing;
        let sender: Address = fit("sender's address", outgoing.sender.parse())?;
        let unique = claimed.ticket.delivery.to_string();
        let words = fit("text", claimed.words())?;
        Ok(Self {
            what: claimed.permitted(),
            to: fit("recipient's address", claimed.to.parse())?,
            subject: fit("subject", HeaderText::new(&words.subject))?,
            text: words.text,
            html: words.html,
            message_id: fit("message id", MessageId::new(&unique, sender.domain()))?,
            list: fit(
                "list id",
                ListId::new(outgoing.topic.as_str(), sender.domain()),
            )?,
            unsubscribe: fit(
                "unsubscribe link",
                Unsubscribe::new(&claimed.unsubscribe_url),
            )?,
            return_path: claimed
                .return_path
                .as_ref()
                .map(|path| fit("return path", path.parse()))
                .transpose()?,
            from: Mailbox {
                name: fit("sender's name", HeaderText::new(&outgoing.sender_name))?,
                address: sender,
            },
        })
    }

    /// The bytes.
    ///
    /// # Errors
    ///
    /// [`Unfit`]; by construction never.
    pub fn compose(&self, date: Timestamp) -> Result<Content, Unfit> {
        let letter = Letter {
            from: &self.from,
            to: &self.to,
            reply_to: None,
            subject: &self.subject,
            text: &self.text,
            html: &self.html,
            date,
            message_id: &self.message_id,
            list: Some((&self.list, &self.unsubscribe)),
        };
        fit("content", letter.compose())
    }
}

pub(crate) fn fit<T, E: std::fmt::Display>(
    part: &'static str,
    made: Result<T, E>,
) -> Result<T, Unfit> {
    made.map_err(|why| Unfit {
        part,
        why: why.to_string(),
    })
}

/// The answer to a message that was never handed over and never can be.
#[must_use]
pub fn unfit(why: &Unfit) -> Outcome {
    let text = format!("not handed over: {why}");
    let dialogue = format!("! {text}\n");
    // 553: mailbox name not allowed (RFC 5321, 4.2.3).
    Outcome {
        answer: Answer::Refused {
            code: 553,
            text,
            permanent: true,
        },
        dialogue,
    }
}

/// The answer to a permit that does not fit: nothing was sent, the gate is asked again.
#[must_use]
pub(crate) fn unusable(why: placet_app::permit::Unusable) -> Outcome {
    let why = why.to_string();
    let dialogue = format!("! {why}\n");
    Outcome {
        answer: Answer::NotSent { why },
        dialogue,
    }
}
