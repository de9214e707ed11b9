//! What an edit was begun on, so that one save does not silently undo another: `ETag` and
//! `If-Match` in the API, the hidden field `seen` in a form.

use placet_app::ActError;
use placet_ledger::{sha256, to_hex};
use serde::Serialize;

/// The field that carries it in a form.
pub const FIELD: &str = "seen";

/// The tag of a thing as it is now.
#[must_use]
pub fn tag(thing: &impl Serialize) -> String {
    let text = serde_json::to_vec(thing).unwrap_or_default();
    let hash = sha256(&text);
    to_hex(hash.get(..16).unwrap_or_default())
}

/// Called inside the act, so that nobody can come in between: refuses a form that was opened on
/// something else than what is there now.
///
/// # Errors
///
/// [`ActError::Invalid`] at [`FIELD`].
pub fn check(seen: &str, now: &impl Serialize) -> Result<(), ActError> {
    if seen == tag(now) {
        return Ok(());
    }
    Err(ActError::invalid(
        FIELD,
        "somebody saved this after you opened it; what you typed stands below: look at it as it is \
         now in another tab, then save again to put yours in its place",
    ))
}

/// Whether an act was refused by [`check`].
#[must_use]
pub fn is_stale(error: &ActError) -> bool {
    matches!(error, ActError::Invalid(problems) if problems.iter().any(|one| one.field == FIELD))
}
