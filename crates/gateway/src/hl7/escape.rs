//! Escapes and character sets: from the bytes of a value to text, and back.
//!
//! `\F\ \S\ \T\ \R\ \E\` stand for the separators, `\Xhh..\` for bytes. What formats text
//! (`\.br\`, `\H\`), changes the character set (`\C..\`, `\M..\`) or is local (`\Z..\`) is left
//! out: a local escape is one more place where a value can hide.

use std::borrow::Cow;

use super::split::Marks;
use crate::fault::{Fault, Kind};

/// How the bytes of a message are read (MSH-18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// ASCII and UTF-8.
    Utf8,
    /// ISO 8859-1.
    Latin1,
    /// ISO 8859-15.
    Latin9,
}

impl Charset {
    /// The set that MSH-18 names. Nothing, ASCII and Unicode are read as UTF-8: what is not valid
    /// there is refused, never guessed.
    ///
    /// # Errors
    ///
    /// A set that is not known here.
    pub fn find(declared: &[u8]) -> Result<Self, Fault> {
        match declared.trim_ascii() {
            b"" | b"ASCII" | b"UNICODE" | b"UNICODE UTF-8" | b"UTF-8" | b"UTF8" => Ok(Self::Utf8),
            b"8859/1" => Ok(Self::Latin1),
            b"8859/15" => Ok(Self::Latin9),
            _ => Err(Fault::at(Kind::UnknownCharset, "MSH-18")),
        }
    }

    /// The text of some bytes; nothing when they are none.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            _ if bytes.is_ascii() => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Latin1 => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
            Self::Latin9 => Some(bytes.iter().map(|byte| latin9(*byte)).collect()),
        }
    }
}

fn latin9(byte: u8) -> char {
    match byte {
        0xa4 => '€',
        0xa6 => 'Š',
        0xa8 => 'š',
        0xb4 => 'Ž',
        0xb8 => 'ž',
        0xbc => 'Œ',
        0xbd => 'œ',
        0xbe => 'Ÿ',
        _ => char::from(byte),
    }
}

/// The text of one value, its escapes resolved; nothing when its bytes are no text.
#[must_use]
pub fn text<'v>(value: &'v [u8], marks: &Marks, charset: Charset) -> Option<Cow<'v, str>> {
    if marks.escape == 0 || memchr::memchr(marks.escape, value).is_none() {
        return charset.decode(value);
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memchr::memchr(marks.escape, rest) {
        let (before, from) = rest.split_at(at);
        out.extend_from_slice(before);
        let from = from.get(1..).unwrap_or_default();
        let Some(end) = memchr::memchr(marks.escape, from) else {
            // No end: an escape character that nobody escaped.
            out.push(marks.escape);
            rest = from;
            continue;
        };
        let (code, after) = from.split_at(end);
        resolve(code, marks, &mut out);
        rest = after.get(1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    charset
        .decode(&out)
        .map(|text| Cow::Owned(text.into_owned()))
}

fn resolve(code: &[u8], marks: &Marks, out: &mut Vec<u8>) {
    match code {
        b"F" => out.push(marks.field),
        b"S" => out.push(marks.component),
        b"T" => out.push(marks.sub),
        b"R" => out.push(marks.repetition),
        b"E" => out.push(marks.escape),
        [b'X', digits @ ..] => {
            for pair in digits.chunks_exact(2) {
                let byte = std::str::from_utf8(pair)
                    .ok()
                    .and_then(|pair| u8::from_str_radix(pair, 16).ok());
                out.extend(byte);
            }
        }
        _ => {}
    }
}

/// Writes a text as one value between [`Marks::USUAL`].
pub fn write(text: &str, out: &mut String) {
    let is_plain = !text
        .bytes()
        .any(|byte| byte < 0x20 || matches!(byte, b'|' | b'^' | b'~' | b'\\' | b'&'));
    if is_plain {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '|' => out.push_str("\\F\\"),
            '^' => out.push_str("\\S\\"),
            '&' => out.push_str("\\T\\"),
            '~' => out.push_str("\\R\\"),
            '\\' => out.push_str("\\E\\"),
            c if c < ' ' => out.push_str(&format!("\\X{:02X}\\", u32::from(c))),
            c => out.push(c),
        }
    }
}
