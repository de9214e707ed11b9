//! The message content as it may stand after `DATA`.

use memchr::{memchr3, memmem};

/// Why bytes cannot be the content of a message; the number is the line, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadContent {
    /// A carriage return or line feed on its own: two mail systems would read it differently.
    #[error("line {0} holds a carriage return or line feed on its own")]
    BareLineBreak(usize),
    /// A NUL byte.
    #[error("line {0} holds a NUL byte")]
    Nul(usize),
    /// More than 998 bytes in one line.
    #[error("line {0} is longer than 998 bytes")]
    LongLine(usize),
    /// The last line is not ended.
    #[error("the last line is not ended")]
    Unfinished,
}

/// A whole message, header and body, whose every line ends in CRLF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content(Vec<u8>);

impl Content {
    /// Longest line, without its end (RFC 5322, 2.1.1).
    const LINE: usize = 998;

    /// Checks every byte once.
    ///
    /// # Errors
    ///
    /// [`BadContent`] names the first line at fault.
    pub fn new(bytes: Vec<u8>) -> Result<Self, BadContent> {
        let mut rest = bytes.as_slice();
        let mut number = 0;
        while !rest.is_empty() {
            number += 1;
            let end = memchr3(b'\r', b'\n', 0, rest).unwrap_or(rest.len());
            let (line, from) = rest.split_at(end);
            match from {
                [b'\r', b'\n', after @ ..] => rest = after,
                [] => return Err(BadContent::Unfinished),
                [0, ..] => return Err(BadContent::Nul(number)),
                _ => return Err(BadContent::BareLineBreak(number)),
            }
            if line.len() > Self::LINE {
                return Err(BadContent::LongLine(number));
            }
        }
        Ok(Self(bytes))
    }

    /// The same content with header lines put before it.
    ///
    /// # Errors
    ///
    /// [`BadContent`] when the lines are none.
    pub fn after(self, header: Vec<u8>) -> Result<Self, BadContent> {
        let mut bytes = Self::new(header)?.0;
        bytes.extend_from_slice(&self.0);
        Ok(Self(bytes))
    }

    /// The bytes, before dot-stuffing.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Writes the content with its leading dots doubled, and the final dot.
    pub(super) fn stuff_into(&self, out: &mut Vec<u8>) {
        out.reserve(self.0.len() + 64);
        if self.0.first() == Some(&b'.') {
            out.push(b'.');
        }
        let mut rest = self.0.as_slice();
        while let Some(at) = memmem::find(rest, b"\n.") {
            let (lines, from) = rest.split_at(at + 1);
            out.extend_from_slice(lines);
            out.push(b'.');
            rest = from;
        }
        out.extend_from_slice(rest);
        out.extend_from_slice(b".\r\n");
    }
}
