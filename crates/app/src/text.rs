//! What a provider of text messages tells us: a reader's answer, or that a message did not arrive.
//!
//! [`hear`] checks the provider's signature and makes a [`Heard`] of the call, whose words are not
//! kept; [`take`] hands it to [`crate::report`]. STOP closes the number at once, also when nobody
//! of ours has it any more; START opens what a STOP by the same way closed, and nothing else.
//!
//! INVARIANT: nothing is read of a call before its signature fits.

mod telnyx;
mod twilio;

#[cfg(test)]
mod tests;

use placet_domain::channel::Channel;
use placet_domain::id::DeliveryId;
use placet_domain::reply::{self, Wish};
use placet_domain::report::Kind;
use placet_domain::settings::{Settings, TextCarrier, TextProvider};
use placet_domain::time::Timestamp;
use placet_ledger::sha256;
use placet_store::{StoreError, Tx};

use crate::report::{self, Heard, Taken};
use crate::{ActError, Ctx, settings};

pub use twilio::signature;

/// A call as it came in.
pub struct Call<'a> {
    /// The whole address that was called, as the provider knows it.
    pub url: &'a str,
    /// The headers that carry signatures: the value of one, by its name in lower case.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The body.
    pub body: &'a [u8],
    /// The delivery that the address names.
    pub delivery: Option<DeliveryId>,
    /// When it came.
    pub at: Timestamp,
}

/// The call is not from the provider that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this call does not carry the signature of the provider that is set")]
pub struct Forged;

/// What a call says, in nobody's words.
enum Said {
    /// A reader answered.
    Answer {
        from: String,
        words: String,
        id: String,
    },
    /// A message did not arrive.
    Failed {
        id: String,
        code: String,
        is_dead_number: bool,
    },
    /// Nothing that changes anything.
    Nothing,
}

/// Checks a call and reads it; none when it says nothing that changes anything.
///
/// # Errors
///
/// [`Forged`] when the signature does not fit.
pub fn hear(set: &TextCarrier, secret: &str, call: &Call<'_>) -> Result<Option<Heard>, Forged> {
    let said = match set.provider {
        TextProvider::Twilio => twilio::read(secret, call)?,
        TextProvider::Telnyx => telnyx::read(&set.public_key, call)?,
    };
    let heard = |kind, status, from, id: &str| Heard {
        kind,
        status,
        delivery: call.delivery,
        channel: Channel::Sms,
        from,
        // The provider's name for it: told twice, it is one.
        hash: sha256(format!("text {} {id}", set.provider.as_str()).as_bytes()),
    };
    Ok(match said {
        Said::Answer { from, words, id } => {
            let kind = match reply::wish(&words) {
                Some(Wish::Stop) => Kind::Stop,
                Some(Wish::Help) => Kind::Help,
                None if reply::is_start(&words) => Kind::Start,
                None => Kind::Reply,
            };
            Some(heard(kind, None, Some(from), &id))
        }
        Said::Failed {
            id,
            code,
            is_dead_number: true,
        } => Some(heard(
            Kind::HardBounce,
            Some("5.1.1".to_owned()),
            None,
            &format!("{id} {code}"),
        )),
        Said::Failed { id, code, .. } => {
            let status = Some(code.clone()).filter(|code| !code.is_empty());
            Some(heard(
                Kind::SoftBounce,
                status,
                None,
                &format!("{id} {code}"),
            ))
        }
        Said::Nothing => None,
    })
}

/// Takes in what was heard.
///
/// # Errors
///
/// When the store fails.
pub fn take(tx: &mut Tx, ctx: &Ctx, heard: &Heard) -> Result<Taken, ActError> {
    report::take(tx, ctx, "text", heard)
}

/// The provider that is set, and what whoever asks for help is told. A read.
///
/// # Errors
///
/// When the store fails.
pub fn desk(tx: &mut Tx) -> Result<(Option<TextCarrier>, String), StoreError> {
    let settings = settings::load(tx)?;
    let help = help(&settings);
    Ok((settings.texts, help))
}

/// The same for everybody: who writes, where they are, and the way out.
fn help(settings: &Settings) -> String {
    let who = settings.organization.as_ref().map_or_else(
        || "This number".to_owned(),
        |it| format!("{}, {}", it.name, it.postal_address.replace('\n', ", ")),
    );
    format!(
        "{who}. For help call us or visit us. Msg & data rates may apply; the number of messages \
         varies. Reply STOP to end."
    )
}
