//! The signed link: whose page, for what, since when; nothing else opens it.
//!
//! A token is `version ‖ purpose ‖ person (16) ‖ issued at (4, seconds) ‖ about (16) ‖ MAC (32)`,
//! HMAC-SHA-256 under the link key, in base64url. `about` is random or the id of the message that
//! carried the link, so that no two links are the same and each act names its occasion.
//!
//! INVARIANT: nothing is told about why a token was refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use placet_domain::id::{PersonId, RawId, TypedId};
use placet_domain::time::Timestamp;
use placet_store::Keys;

const VERSION: u8 = 1;
const SAID: usize = 38;
const TOKEN: usize = SAID + 32;

/// What a link allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To stop messages, and nothing else.
    Unsubscribe,
    /// To read and to choose.
    Preferences,
}

impl Purpose {
    const ALL: [Self; 2] = [Self::Unsubscribe, Self::Preferences];

    fn code(self) -> u8 {
        match self {
            Self::Unsubscribe => 1,
            Self::Preferences => 2,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Unsubscribe => "patient/unsubscribe",
            Self::Preferences => "patient/preferences",
        }
    }

    /// How long a link works. Stopping must work for at least thirty days after a message
    /// (15 USC 7704(a)(3)); reading needs a link that is fresh.
    #[must_use]
    pub fn lifetime(self) -> SignedDuration {
        match self {
            Self::Unsubscribe => SignedDuration::from_hours(400 * 24),
            Self::Preferences => SignedDuration::from_hours(30 * 24),
        }
    }
}

/// What a token says once it was found to be ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Whose page.
    pub person: PersonId,
    /// What it allows.
    pub purpose: Purpose,
    /// When it was made; whole seconds.
    pub issued_at: Timestamp,
    /// The message that carried it, or random bytes.
    pub about: RawId,
}

/// A token that opens nothing: forged, altered, expired or of another kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this link does not work")]
pub struct BadLink;

impl Link {
    /// A link of this moment. `about` is the id of the delivery that carries it.
    #[must_use]
    pub fn new(
        person: PersonId,
        purpose: Purpose,
        issued_at: Timestamp,
        about: impl TypedId,
    ) -> Self {
        let issued_at = Timestamp::from_second(issued_at.as_second()).unwrap_or(issued_at);
        Self {
            person,
            purpose,
            issued_at,
            about: about.raw(),
        }
    }

    /// The token, to be put into an address.
    #[must_use]
    pub fn token(&self, keys: &Keys) -> String {
        let mut bytes = self.said();
        let mac = keys.sign_link(self.purpose.word(), &bytes);
        bytes.extend_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The path of the page that the link opens.
    #[must_use]
    pub fn path(&self, keys: &Keys) -> String {
        let page = match self.purpose {
            Purpose::Unsubscribe => "unsubscribe",
            Purpose::Preferences => "preferences",
        };
        format!("/p/{page}/{}", self.token(keys))
    }

    /// Reads a token that came back.
    ///
    /// # Errors
    ///
    /// [`BadLink`], whatever is wrong with it.
    pub fn read(keys: &Keys, token: &str, now: Timestamp) -> Result<Self, BadLink> {
        // A longer text is not even decoded.
        if token.len() > 128 {
            return Err(BadLink);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadLink)?;
        let bytes = <[u8; TOKEN]>::try_from(bytes).map_err(|_| BadLink)?;
        let (said, mac) = bytes.split_at_checked(SAID).ok_or(BadLink)?;
        let link = Self::parse(said)?;
        let is_ours = keys.is_our_link(link.purpose.word(), said, mac);
        let age = now.duration_since(link.issued_at);
        // A little ahead is a clock; far ahead is none of ours.
        let is_fresh = age >= -SignedDuration::from_mins(5) && age <= link.purpose.lifetime();
        if is_ours && is_fresh {
            Ok(link)
        } else {
            Err(BadLink)
        }
    }

    /// The occasion, for entries and evidence.
    #[must_use]
    pub fn reference(&self) -> String {
        self.about.to_string()
    }

    fn said(&self) -> Vec<u8> {
        let seconds = u32::try_from(self.issued_at.as_second()).unwrap_or(0);
        let mut said = vec![VERSION, self.purpose.code()];
        said.extend_from_slice(self.person.as_bytes());
        said.extend_from_slice(&seconds.to_be_bytes());
        said.extend_from_slice(self.about.as_bytes());
        said
    }

    fn parse(said: &[u8]) -> Result<Self, BadLink> {
        let (version, rest) = said.split_first().ok_or(BadLink)?;
        let (purpose, rest) = rest.split_first().ok_or(BadLink)?;
        let (person, rest) = rest.split_first_chunk::<16>().ok_or(BadLink)?;
        let (seconds, rest) = rest.split_first_chunk::<4>().ok_or(BadLink)?;
        let about = <[u8; 16]>::try_from(rest).map_err(|_| BadLink)?;
        if *version != VERSION {
            return Err(BadLink);
        }
        let seconds = i64::from(u32::from_be_bytes(*seconds));
        Ok(Self {
            person: PersonId::from(*person),
            purpose: Purpose::ALL
                .into_iter()
                .find(|one| one.code() == *purpose)
                .ok_or(BadLink)?,
            issued_at: Timestamp::from_second(seconds).map_err(|_| BadLink)?,
            about: RawId::from(about),
        })
    }
}

#[cfg(test)]
mod tests;
