//! The ways a message travels and the contact points it travels to.

use serde::{Deserialize, Serialize};

/// The way a message travels; the names are those of the rule packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Electronic mail.
    Email,
    /// Text message.
    Sms,
    /// Live telephone call.
    VoiceLive,
    /// Letter or postcard.
    Postal,
}

impl Channel {
    /// Every channel, in the order shown to people.
    pub const ALL: [Self; 4] = [Self::Email, Self::Sms, Self::VoiceLive, Self::Postal];

    /// The code in rule packs, the store and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::VoiceLive => "voice_live",
            Self::Postal => "postal",
        }
    }

    /// The word shown to people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Email => "E-mail",
            Self::Sms => "Text message",
            Self::VoiceLive => "Phone call",
            Self::Postal => "Post",
        }
    }

    /// The channel of this code.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_str() == code)
    }
}
