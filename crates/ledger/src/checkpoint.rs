//! The signed head of a log, after C2SP tlog-checkpoint.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{Hash, NoteError, SigningKey, VerifyingKey, note};

/// The extension line that carries the instant of signing, so that it is signed too.
const TIME: &str = "time ";

/// What a log says of itself: so many entries, with this root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log; the name of the key that signs for it.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The Merkle tree hash over them.
    pub root: Hash,
    /// Further lines, none empty. Ours has one, with the time: see [`Checkpoint::signed_at`].
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// Adds the instant of signing, in microseconds since 1970.
    #[must_use]
    pub fn at(mut self, micros: i64) -> Self {
        self.extensions.push(format!("{TIME}{micros}"));
        self
    }

    /// The instant of signing in microseconds since 1970, when the log states one.
    #[must_use]
    pub fn signed_at(&self) -> Option<i64> {
        let text = self
            .extensions
            .iter()
            .find_map(|line| line.strip_prefix(TIME))?;
        text.parse()
            .ok()
            .filter(|micros: &i64| micros.to_string() == text)
    }

    /// Signs it: gives the whole note.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        note::sign(&self.text(), key)
    }

    /// Opens a note that the log itself has signed.
    ///
    /// # Errors
    ///
    /// Fails when the note is malformed, when its text is not a checkpoint, or when no key
    /// whose name is the origin has signed it.
    pub fn open(note: &str, keys: &[VerifyingKey]) -> Result<Self, NoteError> {
        let (text, signers) = note::open(note, keys)?;
        let checkpoint = Self::parse(text)?;
        if signers.iter().any(|key| key.name() == checkpoint.origin) {
            Ok(checkpoint)
        } else {
            Err(NoteError::Unsigned)
        }
    }

    /// The signed text: origin, size and root, a line each, then the extension lines.
    #[must_use]
    pub fn text(&self) -> String {
        let root = STANDARD.encode(self.root);
        let mut text = format!("{}\n{}\n{root}\n", self.origin, self.size);
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(NoteError::Malformed("fewer than three lines"));
        };
        let checkpoint = Self {
            origin: origin.to_owned(),
            size: parse_decimal(size).ok_or(NoteError::Malformed("tree size"))?,
            root: parse_hash(root).ok_or(NoteError::Malformed("root hash"))?,
            extensions: lines.map(str::to_owned).collect(),
        };
        if origin.is_empty() || checkpoint.extensions.iter().any(String::is_empty) {
            return Err(NoteError::Malformed("empty line"));
        }
        Ok(checkpoint)
    }
}

/// A number as the specifications write it: no sign, no leading zero.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    text.parse()
        .ok()
        .filter(|number: &u64| number.to_string() == text)
}

pub(crate) fn parse_hash(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests;
