//! How mail writes letters: encoded words in headers, quoted-printable in bodies.

use std::borrow::Cow;

use super::hex;
use crate::encoded;

/// The longest encoded word that is opened.
const LONGEST: usize = 400;

/// `=?UTF-8?Q?Ana_Ruiz?=` at the start of the text: what it says, and its length.
pub fn word(text: &str) -> Option<(String, usize)> {
    let rest = text.strip_prefix("=?")?;
    let mut parts = rest.splitn(3, '?');
    let (charset, how, tail) = (parts.next()?, parts.next()?, parts.next()?);
    let len = tail.bytes().take(LONGEST).position(|byte| byte == b'?')?;
    let body = tail.get(..len)?;
    let is_sound = charset.len() < 24 && tail.as_bytes().get(len + 1) == Some(&b'=');
    let bytes = match how {
        "Q" | "q" => question(body),
        "B" | "b" => encoded::decode(body)?,
        _ => return None,
    };
    let head = text.len() - tail.len();
    let text = match String::from_utf8_lossy(&bytes) {
        Cow::Borrowed(text) => text.to_owned(),
        // The only other charsets in use by mail programs here are one byte a letter.
        Cow::Owned(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    is_sound.then_some((text, head + len + 2))
}

fn question(body: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body.as_bytes();
    loop {
        rest = match rest {
            [] => return out,
            [b'_', tail @ ..] => {
                out.push(b' ');
                tail
            }
            [b'=', high, low, tail @ ..] if hex(*high).is_some() && hex(*low).is_some() => {
                out.push(hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0));
                tail
            }
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
        };
    }
}

/// Whether a text holds what only quoted-printable writes.
pub fn is_quoted(text: &str) -> bool {
    memchr::memchr_iter(b'=', text.as_bytes())
        .filter_map(|at| quoted(text.get(at..)?))
        .any(|(_, _, is_sure)| is_sure)
}

/// `=20`, `=C3=A9`, or `=` at the end of a line: the letter if there is one, its length, and whether nothing but
/// quoted-printable writes so.
pub fn quoted(text: &str) -> Option<(Option<char>, usize, bool)> {
    let byte = |n: usize| match text.as_bytes().get(n..n + 3)? {
        [b'=', high, low] if !high.is_ascii_lowercase() && !low.is_ascii_lowercase() => {
            Some(hex(*high)? << 4 | hex(*low)?)
        }
        _ => None,
    };
    if text.starts_with("=\n") {
        return Some((None, 2, true));
    }
    if text.starts_with("=\r\n") {
        return Some((None, 3, true));
    }
    let first = byte(0)?;
    let n = match first {
        0x20..0x7F => return Some((Some(char::from(first)), 3, first == b'=')),
        0xC2..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0..0xF5 => 4,
        _ => return None,
    };
    let bytes: Option<Vec<u8>> = (0..n).map(|at| byte(3 * at)).collect();
    let letter = std::str::from_utf8(&bytes?).ok()?.chars().next();
    Some((letter, 3 * n, true))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn encoded_words_are_read() {
        let read = |text| word(text).map(|(inner, len)| (inner, text.get(len..).unwrap()));
        let ana = "Ana Nu\u{f1}o".to_owned();
        assert_eq!(
            read("=?UTF-8?Q?Ana_Nu=C3=B1o?= <x>").unwrap(),
            (ana, " <x>")
        );
        assert_eq!(read("=?utf-8?B?QW5h?=").unwrap(), ("Ana".to_owned(), ""));
        assert_eq!(word("=?iso-8859-1?q?Nu=F1o?=").unwrap().0, "Nu\u{f1}o");
        assert_eq!(word("=?UTF-8?Q?open"), None);
    }

    #[test]
    fn only_mail_is_quoted() {
        assert!(is_quoted("Ana=20Ruiz=\n called"));
        assert!(is_quoted("href=3D\"x\""));
        assert!(!is_quoted("?zip=45402&age=20"));
        assert_eq!(quoted("=C3=A9").unwrap(), (Some('\u{e9}'), 6, true));
    }
}
