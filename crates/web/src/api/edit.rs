//! Edits that name what they edit: `ETag` out, `If-Match` in.

use axum::http::{HeaderMap, HeaderValue, header};
use placet_app::ActError;
use serde::Serialize;

use crate::error::WebError;
use crate::seen;

const CHANGED: &str = "precondition";

fn tag(thing: &impl Serialize) -> String {
    format!("\"{}\"", seen::tag(thing))
}

/// The header that says the tag.
#[must_use]
pub fn tagged(thing: &impl Serialize) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::try_from(tag(thing)) {
        headers.insert(header::ETAG, value);
    }
    headers
}

/// The tag that an edit names.
#[derive(Debug, Clone)]
pub struct IfMatch(String);

impl IfMatch {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// [`WebError::Precondition`] when the edit names none: it could overwrite what it never saw.
    pub fn read(headers: &HeaderMap) -> Result<Self, WebError> {
        let value = headers
            .get(header::IF_MATCH)
            .and_then(|value| value.to_str().ok());
        value
            .map(|value| Self(value.to_owned()))
            .ok_or(WebError::Precondition(
                "send If-Match with the ETag of what you edit; `*` overwrites whatever is there",
            ))
    }

    /// Called inside the act, so that nobody can come in between.
    ///
    /// # Errors
    ///
    /// A refusal that [`failed`] recognizes.
    pub fn check(&self, now: &impl Serialize) -> Result<(), ActError> {
        let is_same = self.0 == "*" || self.0.split(',').any(|given| given.trim() == tag(now));
        if is_same {
            Ok(())
        } else {
            Err(ActError::refused(
                CHANGED,
                "it has changed since you read it",
            ))
        }
    }
}

/// The error of an edit, with a failed precondition as such.
#[must_use]
pub fn failed(error: ActError) -> WebError {
    match error {
        ActError::Refused { code: CHANGED, .. } => {
            WebError::Precondition("it has changed since you read it")
        }
        other => other.into(),
    }
}
