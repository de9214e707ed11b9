//! Statements about several rows by id, as many as one act touches.
//!
//! A statement is written for one id, `… in ($2)`, and is given as many places as there are ids,
//! rounded up so that few forms of it are kept ready. The ids are its last parameters.

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;
use crate::value::Param;

/// The most ids that one statement is given.
const MOST: usize = 128;

/// Every row of `sql` for these ids; `params` come before them. Rows come stretch by stretch, so
/// an order holds within one id only. An id that stands twice gives its rows once a stretch.
///
/// # Errors
///
/// When the store fails.
pub(crate) fn list<I: Param>(
    tx: &mut Tx,
    sql: &str,
    params: &[&dyn Param],
    ids: &[I],
) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::with_capacity(ids.len());
    for stretch in ids.chunks(MOST) {
        let Some(last) = stretch.last() else {
            continue;
        };
        let n = stretch.len().next_power_of_two();
        let mut bound: Vec<&dyn Param> = Vec::with_capacity(params.len() + n);
        bound.extend_from_slice(params);
        bound.extend(stretch.iter().map(|id| id as &dyn Param));
        // An id that is asked for again finds nothing new.
        bound.resize(params.len() + n, last);
        tx.list_into(&widened(sql, params.len() + 1, n), &bound, &mut rows)?;
    }
    Ok(rows)
}

/// `in ($2)` for `n` ids: `in ($2, $3, …)`.
fn widened(sql: &str, first: usize, n: usize) -> String {
    use std::fmt::Write as _;

    let mut places = String::with_capacity(6 * n);
    for place in first..first + n {
        let comma = if place == first { "(" } else { ", " };
        let _ = write!(places, "{comma}${place}");
    }
    places.push(')');
    sql.replace(&format!("(${first})"), &places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_widened_where_the_ids_stand() {
        let sql = "select a from t where b = $1 and c in ($2)";
        assert_eq!(
            widened(sql, 2, 3),
            "select a from t where b = $1 and c in ($2, $3, $4)"
        );
    }
}
