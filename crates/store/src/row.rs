//! One row of a result, read by position.
//!
//! Select the id first: a row that cannot be read is then named by it.

use std::sync::Arc;

use placet_domain::time::{Date, Timestamp};

use crate::error::StoreError;
use crate::fingerprint;
use crate::value::{Param, Value};

/// A row, owned.
#[derive(Debug, Clone)]
pub struct Row {
    table: Arc<str>,
    values: Vec<Value<'static>>,
}

impl Row {
    pub(crate) fn new(table: Arc<str>, values: Vec<Value<'static>>) -> Self {
        Self { table, values }
    }

    pub(crate) fn into_values(self) -> Vec<Value<'static>> {
        self.values
    }

    /// The column at `index`, counted from 0.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] names the row when the column is absent or of another kind.
    pub fn get<T: Column>(&self, index: usize) -> Result<T, StoreError> {
        self.values
            .get(index)
            .and_then(T::from_value)
            .ok_or_else(|| self.corrupt())
    }

    /// The text at `index`, without a copy.
    ///
    /// # Errors
    ///
    /// As [`Row::get`].
    pub fn text(&self, index: usize) -> Result<&str, StoreError> {
        match self.values.get(index) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(self.corrupt()),
        }
    }

    /// The bytes at `index`, without a copy.
    ///
    /// # Errors
    ///
    /// As [`Row::get`].
    pub fn bytes(&self, index: usize) -> Result<&[u8], StoreError> {
        match self.values.get(index) {
            Some(Value::Blob(bytes)) => Ok(bytes),
            _ => Err(self.corrupt()),
        }
    }

    /// The noun whose code stands at `index`: `row.code(2, Channel::find)`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] when `find` does not know the code.
    pub fn code<T>(
        &self,
        index: usize,
        find: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        find(self.text(index)?).ok_or_else(|| self.corrupt())
    }

    /// The fingerprint of the row that the first `n` columns are, in their order in the table.
    pub(crate) fn fingerprint(&self, n: usize) -> [u8; 32] {
        fingerprint::of(self.values.iter().take(n).map(Param::value))
    }

    /// The error that names this row.
    #[must_use]
    pub fn corrupt(&self) -> StoreError {
        let id = match self.values.first() {
            Some(Value::Blob(bytes)) => hex(bytes),
            Some(Value::Integer(number)) => number.to_string(),
            _ => "?".to_owned(),
        };
        tracing::error!(table = %self.table, id, "a row cannot be read");
        StoreError::Corrupt {
            table: self.table.to_string(),
            id,
        }
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) use placet_ledger::to_hex as hex;

/// What a column can be read as.
pub trait Column: Sized {
    /// The value, when it is of this kind.
    fn from_value(value: &Value<'static>) -> Option<Self>;
}

impl<T: Column> Column for Option<T> {
    fn from_value(value: &Value<'static>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl Column for i64 {
    fn from_value(value: &Value<'static>) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

macro_rules! integers {
    ($($kind:ty),+) => {$(
        impl Column for $kind {
            fn from_value(value: &Value<'static>) -> Option<Self> {
                i64::from_value(value).and_then(|number| Self::try_from(number).ok())
            }
        }
    )+};
}

integers!(i32, i16, u64, u32, u16, u8, usize);

impl Column for bool {
    fn from_value(value: &Value<'static>) -> Option<Self> {
        i64::from_value(value).map(|number| number != 0)
    }
}

impl Column for f64 {
    fn from_value(value: &Value<'static>) -> Option<Self> {
        match value {
            Value::Real(number) => Some(*number),
            _ => None,
        }
    }
}

impl Column for String {
    fn from_value(value: &Value<'static>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone().into_owned()),
            _ => None,
        }
    }
}

impl Column for Vec<u8> {
    fn from_value(value: &Value<'static>) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(bytes.clone().into_owned()),
            _ => None,
        }
    }
}

impl<const N: usize> Column for [u8; N] {
    fn from_value(value: &Value<'static>) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Self::try_from(bytes.as_ref()).ok(),
            _ => None,
        }
    }
}

impl Column for Timestamp {
    fn from_value(value: &Value<'static>) -> Option<Self> {
        Timestamp::from_microsecond(i64::from_value(value)?).ok()
    }
}

impl Column for Date {
    fn from_value(value: &Value<'static>) -> Option<Self> {
        match value {
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}
