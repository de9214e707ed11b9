//! Portable values as PostgreSQL's types, and back.

use std::borrow::Cow;
use std::error::Error;

use postgres::Row;
use postgres::types::{FromSql, ToSql, Type};

use crate::error::StoreError;
use crate::value::Value;

pub(crate) type Bound<'a> = Box<dyn ToSql + Sync + 'a>;

/// The parameters in the types that the statement expects.
pub(crate) fn bound<'a>(
    values: &'a [Value<'_>],
    types: &[Type],
) -> Result<Vec<Bound<'a>>, StoreError> {
    if values.len() != types.len() {
        tracing::error!(
            given = values.len(),
            needed = types.len(),
            "parameters do not match"
        );
        return Err(StoreError::Defect);
    }
    values
        .iter()
        .zip(types)
        .map(|(value, kind)| one(value, kind))
        .collect()
}

/// As the driver takes them.
pub(crate) fn refs<'a>(bound: &'a [Bound<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    bound
        .iter()
        .map(|value| value.as_ref() as &(dyn ToSql + Sync))
        .collect()
}

fn one<'a>(value: &'a Value<'_>, kind: &Type) -> Result<Bound<'a>, StoreError> {
    let mismatch = || {
        tracing::error!(expects = kind.name(), "a parameter is of another type");
        StoreError::Defect
    };
    Ok(match (value, kind.name()) {
        (Value::Null, "int8") => Box::new(None::<i64>),
        (Value::Null, "int4") => Box::new(None::<i32>),
        (Value::Null, "float8") => Box::new(None::<f64>),
        (Value::Null, "bool") => Box::new(None::<bool>),
        (Value::Null, "bytea") => Box::new(None::<&[u8]>),
        (Value::Null, _) => Box::new(None::<&str>),
        (Value::Integer(number), "int8") => Box::new(*number),
        (Value::Integer(number), "int4") => {
            Box::new(i32::try_from(*number).map_err(|_| mismatch())?)
        }
        (Value::Integer(number), "int2") => {
            Box::new(i16::try_from(*number).map_err(|_| mismatch())?)
        }
        (Value::Integer(number), "bool") => Box::new(*number != 0),
        #[expect(
            clippy::cast_precision_loss,
            reason = "the statement asks for a double"
        )]
        (Value::Integer(number), "float8") => Box::new(*number as f64),
        (Value::Real(number), "float8") => Box::new(*number),
        (Value::Text(text), "text" | "varchar" | "name" | "bpchar" | "unknown") => {
            Box::new(text.as_ref())
        }
        (Value::Blob(bytes), "bytea") => Box::new(bytes.as_ref()),
        _ => return Err(mismatch()),
    })
}

/// The columns of a row as portable values.
pub(crate) fn of_row(row: &Row) -> Result<Vec<Value<'static>>, postgres::Error> {
    (0..row.len())
        .map(|index| row.try_get::<_, Any>(index).map(|any| any.0))
        .collect()
}

/// Any column we read.
struct Any(Value<'static>);

impl<'a> FromSql<'a> for Any {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *kind {
            Type::INT8 => Value::Integer(i64::from_sql(kind, raw)?),
            Type::INT4 => Value::Integer(i64::from(i32::from_sql(kind, raw)?)),
            Type::INT2 => Value::Integer(i64::from(i16::from_sql(kind, raw)?)),
            Type::BOOL => Value::Integer(i64::from(bool::from_sql(kind, raw)?)),
            Type::FLOAT8 => Value::Real(f64::from_sql(kind, raw)?),
            Type::FLOAT4 => Value::Real(f64::from(f32::from_sql(kind, raw)?)),
            Type::BYTEA => Value::Blob(Cow::Owned(raw.to_vec())),
            Type::NUMERIC => Value::Integer(whole(raw).ok_or("not a whole 64-bit number")?),
            _ => Value::Text(Cow::Owned(String::from_sql(kind, raw)?)),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(kind: &Type) -> bool {
        matches!(
            *kind,
            Type::INT8
                | Type::INT4
                | Type::INT2
                | Type::BOOL
                | Type::FLOAT8
                | Type::FLOAT4
                | Type::BYTEA
                | Type::NUMERIC
        ) || <String as FromSql>::accepts(kind)
    }
}

/// A `numeric` that is whole, which is what `sum` of integers gives.
///
/// Four 16-bit words (digits, weight, sign, scale), then digits to the base 10,000.
fn whole(raw: &[u8]) -> Option<i64> {
    let mut words = raw.chunks_exact(2).map(|pair| match pair {
        [high, low] => i16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    let (count, weight, sign) = (words.next()?, words.next()?, words.next()?);
    words.next()?;
    let mut number = 0_i64;
    for place in 0..=weight {
        let digit = if place < count { words.next()? } else { 0 };
        number = number.checked_mul(10_000)?.checked_add(i64::from(digit))?;
    }
    // What is left is behind the point; it must be nothing.
    (words.all(|digit| digit == 0) && sign != 0xC000_u16.cast_signed()).then_some(if sign == 0 {
        number
    } else {
        -number
    })
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn a_sum_of_integers_is_read_from_numeric() {
        let numeric = |words: &[u16]| -> Vec<u8> {
            words.iter().flat_map(|word| word.to_be_bytes()).collect()
        };
        assert_eq!(whole(&numeric(&[0, 0, 0, 0])), Some(0));
        assert_eq!(whole(&numeric(&[1, 0, 0, 0, 42])), Some(42));
        assert_eq!(whole(&numeric(&[2, 1, 0x4000, 0, 1, 5])), Some(-10_005));
        assert_eq!(whole(&numeric(&[1, 1, 0, 0, 3])), Some(30_000));
        assert_eq!(whole(&numeric(&[2, 0, 0, 1, 1, 5000])), None);
        assert_eq!(whole(&numeric(&[1, 9, 0, 0, 9999])), None);
    }
}
