//! Short texts: names, street lines, ids, closed words.

use crate::fault::{Fault, Kind};

const LONGEST: usize = 1_000;
const LONGEST_ID: usize = 256;

/// A trimmed text without control characters.
///
/// A line break in a name or address is refused, not removed: it is how a second header or a
/// second command is smuggled into a message.
pub(crate) fn text(path: &str, value: &str) -> Result<String, Fault> {
    let value = value.trim_matches(' ');
    if value.chars().any(is_unwanted) {
        return Err(Fault::at(Kind::ControlCharacter, path));
    }
    if value.chars().count() > LONGEST {
        return Err(Fault::at(Kind::OverlongText, path));
    }
    Ok(value.to_owned())
}

/// An id of the source.
pub(crate) fn id(path: &str, value: Option<&str>) -> Result<String, Fault> {
    let value = value.map(str::trim).unwrap_or_default();
    if value.is_empty() {
        return Err(Fault::at(Kind::NoId, path));
    }
    if value.len() > LONGEST_ID || value.chars().any(is_unwanted) {
        return Err(Fault::at(Kind::BadId, path));
    }
    Ok(value.to_owned())
}

/// Control characters, line separators, and marks that turn the direction of text.
fn is_unwanted(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A word of a closed list.
pub(crate) fn code<'w>(path: &str, words: &[&'w str], value: &str) -> Result<&'w str, Fault> {
    let value = value.trim();
    words
        .iter()
        .copied()
        .find(|word| word.eq_ignore_ascii_case(value))
        .ok_or_else(|| Fault::at(Kind::BadCode, path))
}

/// A language tag, as `en` or `es-MX`; nothing when it has another form.
pub(crate) fn language(value: &str) -> Option<String> {
    let mut parts = value.trim().split('-');
    let is_primary_fine = parts.next().is_some_and(|part| {
        (2..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic())
    });
    let is_rest_fine = parts.all(|part| {
        (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    (is_primary_fine && is_rest_fine).then(|| value.trim().to_owned())
}
