//! The five portable kinds of value, and what may be bound to a statement.

use std::borrow::Cow;

use placet_domain::id;
use placet_domain::time::{Date, Timestamp};

/// A value as both engines know it. Times are microseconds since 1970, ids are 16 bytes.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// A 64-bit integer.
    Integer(i64),
    /// A double.
    Real(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Blob(Cow<'a, [u8]>),
}

/// What can stand for `$1` in a statement.
pub trait Param {
    /// The value to bind.
    fn value(&self) -> Value<'_>;
}

impl<T: Param + ?Sized> Param for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl<T: Param> Param for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Param::value)
    }
}

impl Param for Value<'_> {
    fn value(&self) -> Value<'_> {
        match self {
            Value::Null => Value::Null,
            Value::Integer(number) => Value::Integer(*number),
            Value::Real(number) => Value::Real(*number),
            Value::Text(text) => Value::Text(Cow::Borrowed(text)),
            Value::Blob(bytes) => Value::Blob(Cow::Borrowed(bytes)),
        }
    }
}

macro_rules! integers {
    ($($kind:ty),+) => {$(
        impl Param for $kind {
            fn value(&self) -> Value<'_> {
                Value::Integer(i64::from(*self))
            }
        }
    )+};
}

integers!(i64, i32, i16, u32, u16, u8, bool);

/// Counts; what does not fit becomes the largest integer.
impl Param for u64 {
    fn value(&self) -> Value<'_> {
        Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX))
    }
}

/// Counts; what does not fit becomes the largest integer.
impl Param for usize {
    fn value(&self) -> Value<'_> {
        Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX))
    }
}

impl Param for f64 {
    fn value(&self) -> Value<'_> {
        Value::Real(*self)
    }
}

impl Param for str {
    fn value(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self))
    }
}

impl Param for String {
    fn value(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self))
    }
}

impl Param for [u8] {
    fn value(&self) -> Value<'_> {
        Value::Blob(Cow::Borrowed(self))
    }
}

impl<const N: usize> Param for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Blob(Cow::Borrowed(self))
    }
}

impl Param for Vec<u8> {
    fn value(&self) -> Value<'_> {
        Value::Blob(Cow::Borrowed(self))
    }
}

/// Microseconds since 1970, UTC.
impl Param for Timestamp {
    fn value(&self) -> Value<'_> {
        Value::Integer(self.as_microsecond())
    }
}

/// `2026-11-22`.
impl Param for Date {
    fn value(&self) -> Value<'_> {
        Value::Text(Cow::Owned(self.to_string()))
    }
}

macro_rules! ids {
    ($($name:ident),+ $(,)?) => {$(
        impl Param for id::$name {
            fn value(&self) -> Value<'_> {
                Value::Blob(Cow::Borrowed(self.as_bytes()))
            }
        }
        impl crate::row::Column for id::$name {
            fn from_value(value: &Value<'static>) -> Option<Self> {
                <[u8; 16]>::from_value(value).map(Self::from)
            }
        }
    )+};
}

ids! {
    RawId, PersonId, ContactPointId, AppointmentId, OperatorId, TokenId, WordingId, InstrumentId,
    PreferenceId, ReportId, BatchId, CallId, SigningKeyId, SuppressionId, ContentId, VersionId, ApprovalId, AudienceId, CampaignId, TriggerId, TriggerVersionId, FireId, JourneyId, JourneyVersionId, JourneySendId, JourneyTrialId, PassageId, DeliveryId, WorkerId, DecisionId, EntryId, DatasetId, RunId, CountId, ImportId, JoinId, SourceId, ClassificationId, FlowId, FlowVersionId, FlowRunId, CheckId, DeterminationId, RequestId, RenewalId, AbsenceId, StaffMailId, NoticeId, CommentId, ConditionId, ClaimId, ServerId, ServerKeyId, FetchId,
}
