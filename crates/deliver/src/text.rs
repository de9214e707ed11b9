//! Text messages on their way to a provider.
//!
//! A [`Text`] is what leaves; an [`Account`] says to whom and at whose cost. [`twilio`] and
//! [`telnyx`] put the one into the other's words and read the answer; [`http`] hands it over and
//! says how far it came. Start with [`crate::carrier::text`].
//!
//! INVARIANT: the provider's secret stands in the one header it belongs to, never in a log, an
//! answer or a dialogue; nor does the reader's number.

pub mod http;
mod telnyx;
mod twilio;

use placet_app::delivery::Claimed;
use placet_app::permit::Permitted;
use placet_domain::address;
use placet_domain::channel::Channel;
use placet_domain::content::text;
use placet_domain::delivery::{Answer, Stage};
use placet_domain::settings::{TextCarrier, TextProvider};

use crate::carrier::{Unfit, fit};

/// One text message as it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What it is, to be compared with what was decided.
    pub what: Permitted,
    /// The number it goes to, in E.164.
    pub to: String,
    /// What it says.
    pub words: String,
}

impl Text {
    /// Puts a claimed message into the form in which it leaves.
    ///
    /// # Errors
    ///
    /// [`Unfit`] names the part.
    pub fn of(claimed: &Claimed) -> Result<Self, Unfit> {
        let words = fit("text", claimed.words())?.text;
        if let Some(why) = text::too_long(&words) {
            return Err(Unfit { part: "text", why });
        }
        Ok(Self {
            what: claimed.permitted(),
            to: fit(
                "recipient's number",
                address::canonical(Channel::Sms, &claimed.to),
            )?,
            words,
        })
    }
}

/// A provider as it is set now, with the secret of our account there.
#[derive(Clone)]
pub struct Account {
    /// What is set.
    pub set: TextCarrier,
    /// Twilio: the account's token. Telnyx: the API key.
    pub secret: String,
    /// Where it tells us what becomes of a message, without the delivery: `https://…/hooks/texts`.
    pub callback: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({})", self.set.url)
    }
}

/// A request in a provider's words.
pub struct Request {
    /// The whole address.
    pub url: String,
    /// The header that says who we are: its name and value.
    pub header: (&'static str, String),
    /// What the body is.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Account {
    /// The message as this provider wants it.
    #[must_use]
    pub fn request(&self, text: &Text) -> Request {
        match self.set.provider {
            TextProvider::Twilio => twilio::request(self, text),
            TextProvider::Telnyx => telnyx::request(self, text),
        }
    }

    /// An address that answers whoever may send on this account, with its `Authorization`.
    #[must_use]
    pub fn probe(&self) -> (String, String) {
        match self.set.provider {
            TextProvider::Twilio => twilio::probe(self),
            TextProvider::Telnyx => telnyx::probe(self),
        }
    }

    /// What an answer to a message means.
    #[must_use]
    pub fn answer(&self, status: u16, body: &str) -> Answer {
        let said = match self.set.provider {
            TextProvider::Twilio => twilio::said(body),
            TextProvider::Telnyx => telnyx::said(body),
        };
        answer(status, said)
    }
}

/// What a provider's answer says, whoever it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Said {
    /// Its name for the message, when it took it.
    id: Option<String>,
    /// Its code for what is wrong.
    code: Option<String>,
    /// Its words beside the code.
    words: String,
    /// Whether the code says that the number can never be texted.
    is_dead_number: bool,
}

/// A refusal is one only when the provider says so: what a proxy on the way answers, or nobody,
/// leaves open whether the message went out.
fn answer(status: u16, said: Said) -> Answer {
    let unknown = Answer::Unknown {
        stage: Stage::Answer,
    };
    let text = || {
        let code = said.code.as_deref().unwrap_or_default();
        // The status of RFC 3463 that mail servers give, so that one rule reads both.
        let dead = if said.is_dead_number { "5.1.1 " } else { "" };
        format!("{dead}{code} {}", said.words).trim().to_owned()
    };
    match status {
        200..=299 => Answer::Accepted {
            code: status,
            text: said.id.unwrap_or_default(),
        },
        401 | 403 if said.code.is_some() && !said.is_dead_number => Answer::NotSent {
            why: format!("the provider refused our account ({status} {})", text()),
        },
        429 => Answer::Refused {
            code: status,
            text: text(),
            permanent: false,
        },
        503 if said.code.is_some() => Answer::Refused {
            code: status,
            text: text(),
            permanent: false,
        },
        400..=499 => Answer::Refused {
            code: status,
            text: text(),
            permanent: true,
        },
        _ => unknown,
    }
}

/// Takes a number out of a provider's words, with and without its plus and country.
#[must_use]
pub fn scrub(words: &str, number: &str) -> String {
    let digits = number.trim_start_matches('+');
    let national = digits.strip_prefix('1').unwrap_or(digits);
    [number, digits, national]
        .into_iter()
        .filter(|form| form.len() >= 7)
        .fold(words.to_owned(), |words, form| {
            words.replace(form, "<recipient>")
        })
        .chars()
        .filter(|c| !c.is_control())
        .take(300)
        .collect()
}

#[cfg(test)]
mod tests;
