//! The fingerprint of a row: a hash over its columns as they are stored. It stands in the entry
//! that recorded the row, so a change of any column is found without a key.

use aws_lc_rs::digest;

use crate::value::Value;

/// SHA-256 over the values in the order of the columns, each with its type and length in front.
pub(crate) fn of<'v>(values: impl IntoIterator<Item = Value<'v>>) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut add = |kind: u8, bytes: &[u8]| {
        context.update(&[kind]);
        context.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(bytes);
    };
    for value in values {
        match value {
            Value::Null => add(0, &[]),
            Value::Integer(number) => add(1, &number.to_be_bytes()),
            Value::Real(number) => add(2, &number.to_be_bytes()),
            Value::Text(text) => add(3, text.as_bytes()),
            Value::Blob(bytes) => add(4, &bytes),
        }
    }
    let mut hash = [0; 32];
    hash.iter_mut()
        .zip(context.finish().as_ref())
        .for_each(|(to, from)| *to = *from);
    hash
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    #[rustfmt::skip] // A table.
    fn rows_that_differ_have_other_fingerprints() {
        let text = |text| Value::Text(Cow::Borrowed(text));
        let rows = [
            vec![],
            vec![Value::Null],
            vec![Value::Null, Value::Null],
            vec![text("")],
            vec![text("ab"), text("c")],
            vec![text("a"), text("bc")],
            vec![Value::Blob(Cow::Borrowed(b"ab")), text("c")],
            vec![Value::Integer(0)],
            vec![Value::Real(0.0)],
        ];
        let mut all: Vec<_> = rows.into_iter().map(of).collect();
        let n = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), n);
    }
}
