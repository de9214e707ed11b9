//! The carrier that hands text messages to a provider over HTTP.

use std::sync::Arc;

use placet_app::permit::Permit;
use placet_domain::delivery::{Answer, Outcome};
use placet_domain::time::Timestamp;

use super::{Carrier, Message, Unfit, unfit, unusable};
use crate::text::http::{Client, Failed};
use crate::text::{Account, scrub};

/// Says which provider to use now, or what has to be set first.
pub type AccountNow = Arc<dyn Fn() -> Result<Account, String> + Send + Sync>;

/// One line to a provider of text messages.
///
/// There is no connection to keep: a line is up once the provider has answered that it knows our
/// account, and is down again after any message whose answer was not read.
pub struct TextCarrier {
    now: AccountNow,
    client: Client,
    account: Option<Account>,
}

impl TextCarrier {
    /// A carrier that asks for its provider each time its line comes up, so that a changed setting
    /// holds from then on.
    #[must_use]
    pub fn new(now: AccountNow, client: Client) -> Self {
        Self {
            now,
            client,
            account: None,
        }
    }
}

impl Carrier for TextCarrier {
    fn make_ready(&mut self) -> Result<(), String> {
        if self.account.is_some() {
            return Ok(());
        }
        let account = (self.now)()?;
        let (url, authorization) = account.probe();
        match self.client.get(&url, &authorization) {
            Ok((200..=299, _)) => {}
            Ok((status @ (401 | 403 | 404), _)) => {
                return Err(format!(
                    "the provider of text messages does not know our account ({status}): check the \
                     account under Settings, Text messages, and the secret's file"
                ));
            }
            Ok((status, _)) => {
                return Err(format!(
                    "the provider of text messages answered {status} to our question"
                ));
            }
            Err(Failed::NotSent(why) | Failed::Unknown(_, why)) => {
                return Err(format!(
                    "no answer from the provider of text messages: {why}"
                ));
            }
        }
        self.account = Some(account);
        Ok(())
    }

    fn is_ready(&self) -> bool {
        self.account.is_some()
    }

    fn send(&mut self, permit: Permit, message: &Message, now: Timestamp) -> Outcome {
        let Message::Text(text) = message else {
            return unfit(&Unfit {
                part: "message",
                why: "a mail does not go to a provider of text messages".to_owned(),
            });
        };
        if let Err(why) = permit.spend(&text.what, now) {
            return unusable(why);
        }
        let Some(account) = &self.account else {
            let why = "the line is down".to_owned();
            return Outcome {
                answer: Answer::NotSent { why },
                dialogue: String::new(),
            };
        };
        let request = account.request(text);
        let answered = self.client.post(&request);
        let path = request.url.strip_prefix(&account.set.url);
        let path = path.unwrap_or_default();
        let answer = match answered {
            Ok((status, body)) => account.answer(status, &body),
            Err(Failed::NotSent(why)) => Answer::NotSent { why },
            Err(Failed::Unknown(stage, _)) => Answer::Unknown { stage },
        };
        let answer = scrubbed(answer, &text.to);
        if matches!(answer, Answer::NotSent { .. } | Answer::Unknown { .. }) {
            // Whether it still answers is asked before the next message is claimed.
            self.account = None;
        }
        Outcome {
            dialogue: format!("> POST {path}\n< {answer}\n"),
            answer,
        }
    }

    fn rest(&mut self) {
        self.account = None;
    }
}

fn scrubbed(answer: Answer, number: &str) -> Answer {
    match answer {
        Answer::Accepted { code, text } => Answer::Accepted {
            code,
            text: scrub(&text, number),
        },
        Answer::Refused {
            code,
            text,
            permanent,
        } => Answer::Refused {
            code,
            text: scrub(&text, number),
            permanent,
        },
        Answer::NotSent { why } => Answer::NotSent {
            why: scrub(&why, number),
        },
        unknown => unknown,
    }
}
