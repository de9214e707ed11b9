//! Keys that sign our mail (DKIM), and where their public half is published.
//!
//! INVARIANT: a key signs only after somebody has said that its record is published, and an ended
//! key signs no more.

use crate::codes::codes;
use crate::id::SigningKeyId;
use crate::time::Timestamp;

codes! {
    /// How a key signs.
    pub enum Algorithm {
        /// RSA with 2048 bits: every receiver knows it.
        Rsa = "rsa", "RSA-2048";
        /// Ed25519 (RFC 8463): short and fast; not every receiver knows it yet.
        Ed25519 = "ed25519", "Ed25519";
    }
}

codes! {
    /// Where a key stands.
    pub enum Turn {
        /// Made, and not used yet.
        Made = "made", "Not used yet";
        /// It signs.
        Used = "used", "Signs";
        /// It signs no more.
        Ended = "ended", "Ended";
    }
}

impl Turn {
    /// Whether a key that stands here may come to stand there.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Made, Self::Used | Self::Ended) | (Self::Used, Self::Ended)
        )
    }
}

/// A key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Which.
    pub id: SigningKeyId,
    /// For mail from this domain.
    pub domain: String,
    /// Its name in the domain.
    pub selector: String,
    /// How it signs.
    pub algorithm: Algorithm,
    /// The public half, in base64, as the record holds it.
    pub public: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Where it stands.
    pub turn: Turn,
}

impl SigningKey {
    /// The name of the TXT record.
    #[must_use]
    pub fn record_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// What the TXT record says.
    #[must_use]
    pub fn record(&self) -> String {
        format!("v=DKIM1; k={}; p={}", self.algorithm.as_str(), self.public)
    }
}

/// Whether this can be a domain that mail comes from.
#[must_use]
pub fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.len() <= 190 && domain.contains('.') && domain.split('.').all(is_label)
}
