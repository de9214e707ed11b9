//! The carrier that speaks SMTP.

use std::sync::Arc;

use placet_app::permit::Permit;
use placet_domain::delivery::{Answer, Outcome};
use placet_domain::time::Timestamp;

use super::{Carrier, Message, Unfit, fit, unfit, unusable};
use crate::dkim::Signers;
use crate::mail::Mailbox;
use crate::smtp::{Address, Connection, Content, Relay, scrub};
use crate::worker::staff::Note;

/// Says which relay to use now, or what has to be set first.
pub type RelayNow = Arc<dyn Fn() -> Result<Relay, String> + Send + Sync>;

/// Says which keys sign now.
pub type SignersNow = Arc<dyn Fn() -> Result<Signers, String> + Send + Sync>;

/// One connection to a relay, opened when it is needed.
pub struct SmtpCarrier {
    relay: RelayNow,
    keys: Option<SignersNow>,
    signers: Signers,
    connection: Option<Connection>,
}

impl SmtpCarrier {
    /// A carrier that asks for its relay each time it connects, so that a changed setting holds
    /// from the next connection on.
    #[must_use]
    pub fn new(relay: RelayNow) -> Self {
        Self {
            relay,
            keys: None,
            signers: Signers::default(),
            connection: None,
        }
    }

    /// The same carrier, signing with the keys of the moment it connects.
    #[must_use]
    pub fn signing(mut self, keys: SignersNow) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Hands a mail to an operator over. It takes no permit: nothing of any person is in it, and
    /// only the outbox of such mails makes one.
    pub fn post(&mut self, note: &Note, now: Timestamp) -> Outcome {
        let composed = note.compose(now);
        match composed.and_then(|content| self.signed(&note.from, content, now)) {
            Ok(content) => self.hand_over(&note.from.address, &note.to, &content),
            Err(why) => unfit(&why),
        }
    }

    fn signed(&self, from: &Mailbox, content: Content, now: Timestamp) -> Result<Content, Unfit> {
        let domain = from.address.domain();
        let header = self.signers.sign(domain, content.as_bytes(), now);
        fit("signature", content.after(header))
    }

    fn hand_over(&mut self, from: &Address, to: &Address, content: &Content) -> Outcome {
        let Some(connection) = &mut self.connection else {
            let why = "the line is down".to_owned();
            return Outcome {
                answer: Answer::NotSent { why },
                dialogue: String::new(),
            };
        };
        let (answer, dialogue) = connection.send(from, to, content);
        let scrubbed = |text: &str| scrub(text, to.as_str());
        let answer = match answer {
            Answer::Accepted { code, text } => Answer::Accepted {
                code,
                text: scrubbed(&text),
            },
            Answer::Refused {
                code,
                text,
                permanent,
            } => Answer::Refused {
                code,
                text: scrubbed(&text),
                permanent,
            },
            other => other,
        };
        Outcome {
            answer,
            dialogue: scrubbed(dialogue.as_str()),
        }
    }
}

impl Carrier for SmtpCarrier {
    fn make_ready(&mut self) -> Result<(), String> {
        if !self.is_ready() {
            let relay = (self.relay)()?;
            if let Some(keys) = &self.keys {
                self.signers = keys()?;
            }
            self.connection = Some(Connection::open(&relay).map_err(|error| error.to_string())?);
        }
        Ok(())
    }

    fn is_ready(&self) -> bool {
        self.connection.as_ref().is_some_and(Connection::is_usable)
    }

    fn send(&mut self, permit: Permit, message: &Message, now: Timestamp) -> Outcome {
        let Message::Mail(mail) = message else {
            return unfit(&Unfit {
                part: "message",
                why: "a text message does not go to a mail relay".to_owned(),
            });
        };
        let composed = mail.compose(now);
        let content = match composed.and_then(|content| self.signed(&mail.from, content, now)) {
            Ok(content) => content,
            Err(why) => return unfit(&why),
        };
        if let Err(why) = permit.spend(&mail.what, now) {
            return unusable(why);
        }
        let from = mail.return_path.as_ref().unwrap_or(&mail.from.address);
        self.hand_over(from, &mail.to, &content)
    }

    fn rest(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.quit();
        }
    }
}
