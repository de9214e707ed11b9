//! Signed notes after C2SP signed-note: a text and the lines of those who signed it.
//!
//! INVARIANT: a text leaves [`open`] only when a known key signed it.

mod keys;

pub use keys::{KeyError, SigningKey, VerifyingKey};

use base64::{Engine, engine::general_purpose::STANDARD};

/// Longest note that is looked at.
pub const MAX_BYTES: usize = 64 * 1024;

/// Why a note was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The bytes are not in the form of a note.
    #[error("malformed note: {0}")]
    Malformed(&'static str),
    /// None of the keys that we know has signed it.
    #[error("no signature by a known key")]
    Unsigned,
    /// A known key is named, but it did not sign this text.
    #[error("the signature of {name} does not fit the text")]
    BadSignature {
        /// The name of the key.
        name: String,
    },
}

/// Signs a text. It must end in a line feed and hold no other control character.
#[must_use]
pub fn sign(text: &str, key: &SigningKey) -> String {
    format!("{text}\n{}", signature_line(text, key))
}

/// One signature line, to be added to a note that others have signed too.
#[must_use]
pub fn signature_line(text: &str, key: &SigningKey) -> String {
    let signature = [key.id().as_slice(), &key.sign(text.as_bytes())].concat();
    format!("— {} {}\n", key.name(), STANDARD.encode(signature))
}

/// Opens a note: gives its text and those of `keys` that signed it.
///
/// # Errors
///
/// Fails when the note is malformed, when no known key signed it, or when the signature of a
/// known key does not fit.
pub fn open<'n, 'k>(
    note: &'n str,
    keys: &'k [VerifyingKey],
) -> Result<(&'n str, Vec<&'k VerifyingKey>), NoteError> {
    let (text, lines) = split(note)?;
    let mut signers = Vec::new();
    for line in lines.split_terminator('\n') {
        let (name, id, signature) = parse_line(line)?;
        let Some(key) = keys.iter().find(|key| key.name() == name && key.id() == id) else {
            continue;
        };
        if !key.verifies(text.as_bytes(), &signature) {
            return Err(NoteError::BadSignature {
                name: name.to_owned(),
            });
        }
        signers.push(key);
    }
    if signers.is_empty() {
        Err(NoteError::Unsigned)
    } else {
        Ok((text, signers))
    }
}

/// The text with its last line feed, and the signature lines.
fn split(note: &str) -> Result<(&str, &str), NoteError> {
    if note.len() > MAX_BYTES {
        return Err(NoteError::Malformed("longer than 64 kB"));
    }
    if note.chars().any(|c| c < ' ' && c != '\n') {
        return Err(NoteError::Malformed("control character"));
    }
    let gap = note
        .rfind("\n\n")
        .ok_or(NoteError::Malformed("no empty line before the signatures"))?;
    let (text, rest) = note.split_at(gap + 1);
    let lines = rest.strip_prefix('\n').unwrap_or_default();
    if lines.is_empty() || !lines.ends_with('\n') {
        return Err(NoteError::Malformed("no complete signature line"));
    }
    Ok((text, lines))
}

fn parse_line(line: &str) -> Result<(&str, [u8; 4], Vec<u8>), NoteError> {
    const MALFORMED: NoteError = NoteError::Malformed("signature line");

    let rest = line.strip_prefix("— ").ok_or(MALFORMED)?;
    let (name, encoded) = rest.split_once(' ').ok_or(MALFORMED)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| MALFORMED)?;
    let (id, signature) = bytes.split_first_chunk::<4>().ok_or(MALFORMED)?;
    if !keys::is_name(name) || signature.is_empty() {
        return Err(MALFORMED);
    }
    Ok((name, *id, signature.to_vec()))
}

#[cfg(test)]
mod tests;
