//! Cursors: `?after=…&limit=…`, opaque to clients.

use crate::error::WebError;
use crate::query::Query;

/// Items on a page when nothing is asked.
const USUAL: u32 = 50;
/// Items on a page at most.
const MOST: u32 = 200;

/// How many items this page may have.
///
/// # Errors
///
/// [`WebError::Malformed`] when `limit` is no number from 1 to 200.
pub fn limit(query: &Query) -> Result<u32, WebError> {
    let Some(text) = query.get("limit") else {
        return Ok(USUAL);
    };
    text.parse()
        .ok()
        .filter(|limit| (1..=MOST).contains(limit))
        .ok_or_else(|| WebError::Malformed("`limit` is a number from 1 to 200".to_owned()))
}

/// The place after which this page starts.
///
/// # Errors
///
/// [`WebError::Malformed`] when `after` is not what a page before gave.
pub fn after<T: std::str::FromStr>(query: &Query) -> Result<Option<T>, WebError> {
    let Some(text) = query.get("after") else {
        return Ok(None);
    };
    text.parse()
        .map(Some)
        .map_err(|_| WebError::Malformed("`after` is not the `next` of an earlier page".to_owned()))
}
