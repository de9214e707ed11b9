//! Identifiers: 16 bytes, time-ordered, typed by what they name.
//!
//! INVARIANT: an id is made from an instant and entropy handed in by the caller, never from a
//! clock or a generator of its own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// An id that is not 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 32 hexadecimal digits")]
pub struct BadId;

/// The 16 bytes behind every typed id: 48 bits of Unix milliseconds, then 80 bits of entropy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawId([u8; 16]);

impl RawId {
    /// Builds an id that sorts by `at`.
    #[must_use]
    pub fn at(at: Timestamp, entropy: [u8; 10]) -> Self {
        let millis = u64::try_from(at.as_millisecond())
            .unwrap_or(0)
            .to_be_bytes();
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&millis[2..]);
        bytes[6..].copy_from_slice(&entropy);
        Self(bytes)
    }

    /// The bytes as the store keeps them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<[u8; 16]> for RawId {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for RawId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |four: u8| char::from(DIGITS.get(usize::from(four)).copied().unwrap_or(b'?'));
        let mut text = String::with_capacity(32);
        for byte in self.0 {
            text.push(digit(byte >> 4));
            text.push(digit(byte & 15));
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for RawId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RawId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let digits = text.as_bytes();
        if digits.len() != 32 {
            return Err(BadId);
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| BadId)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| BadId)?;
        }
        // `from_str_radix` takes a sign; an id has none.
        if text.contains(['+', '-']) {
            return Err(BadId);
        }
        Ok(Self(bytes))
    }
}

/// What every typed id can do; lets a generator make any of them.
pub trait TypedId: Copy + From<RawId> {
    /// The untyped bytes.
    fn raw(self) -> RawId;
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(RawId);

        impl $name {
            /// The bytes as the store keeps them.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }
        impl TypedId for $name {
            fn raw(self) -> RawId {
                self.0
            }
        }
        impl From<RawId> for $name {
            fn from(raw: RawId) -> Self {
                Self(raw)
            }
        }
        impl From<[u8; 16]> for $name {
            fn from(bytes: [u8; 16]) -> Self {
                Self(RawId(bytes))
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                text.parse()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                text.parse().map(Self)
            }
        }
    )+};
}

typed_ids! {
    /// Somebody whose data is held.
    PersonId,
    /// One address, number or account of a person.
    ContactPointId,
    /// An upcoming appointment.
    AppointmentId,
    /// A person of the organization who uses the system.
    OperatorId,
    /// A token with which a machine acts for an operator.
    TokenId,
    /// A wording shown to a person, in one version.
    WordingId,
    /// An authorization, consent, release or agreement.
    InstrumentId,
    /// What a person asked for or refused.
    PreferenceId,
    /// A contact point or person that must not be reached.
    SuppressionId,
    /// A piece of content, over all its versions.
    ContentId,
    /// One immutable version of a content.
    VersionId,
    /// One reviewer's verdict on one version.
    ApprovalId,
    /// One reviewer's word that a version still is right.
    RenewalId,
    /// A time for which an operator is away.
    AbsenceId,
    /// One mail to one operator.
    StaffMailId,
    /// What one operator is told of one text.
    NoticeId,
    /// A remark on a place of a text.
    CommentId,
    /// What an approval asks of later versions.
    ConditionId,
    /// A claim of the library.
    ClaimId,
    /// A saved way to find people.
    AudienceId,
    /// One planned sending of one version to one audience.
    CampaignId,
    /// A message that goes out by itself when something happens.
    TriggerId,
    /// One version of it.
    TriggerVersionId,
    /// One event that a trigger took note of.
    FireId,
    /// A path on which people are accompanied by several messages.
    JourneyId,
    /// One version of it.
    JourneyVersionId,
    /// One message of a version; its deliveries name it where others name a campaign.
    JourneySendId,
    /// One simulation of a version.
    JourneyTrialId,
    /// One person's way through a journey.
    PassageId,
    /// One message to one person.
    DeliveryId,
    /// One bounce, complaint or reply.
    ReportId,
    /// One key that signs our mail.
    SigningKeyId,
    /// One process that sends.
    WorkerId,
    /// Pieces that are printed together.
    BatchId,
    /// One person opened by a caller.
    CallId,
    /// One answer of the gate.
    DecisionId,
    /// One entry of the ledger.
    EntryId,
    /// A table of counts and money to measure on.
    DatasetId,
    /// One measurement.
    RunId,
    /// One noisy count.
    CountId,
    /// One import run.
    ImportId,
    /// Two records of a source that were joined.
    JoinId,
    /// A system or file that data comes from.
    SourceId,
    /// The elements of a source, in one version.
    ClassificationId,
    /// A declared way of data from a source to a destination.
    FlowId,
    /// One version of it.
    FlowVersionId,
    /// One run of a flow to a destination outside.
    FlowRunId,
    /// One check of a table against the Safe Harbor method.
    CheckId,
    /// An expert's determination on file.
    DeterminationId,
    /// A FHIR server that records are fetched from.
    ServerId,
    /// One key by which we say there who we are.
    ServerKeyId,
    /// One export of a server, fetched and taken in.
    FetchId,
    /// One request from a browser or machine.
    RequestId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_survive_text() {
        let early = PersonId::from(RawId::at(Timestamp::from_second(1).unwrap(), [255; 10]));
        let late = PersonId::from(RawId::at(Timestamp::from_second(2).unwrap(), [0; 10]));
        assert!(early < late);
        assert_eq!(early.to_string().parse(), Ok(early));
    }

    #[test]
    fn a_malformed_id_is_refused() {
        for text in [
            "",
            "12",
            "zz000000000000000000000000000000",
            "+f000000000000000000000000000000",
        ] {
            assert_eq!(text.parse::<PersonId>(), Err(BadId), "{text}");
        }
    }
}
