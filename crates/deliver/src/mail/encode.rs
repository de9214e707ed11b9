//! Quoted-printable (RFC 2045) and encoded words (RFC 2047).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Longest line without its end.
const LINE: usize = 76;

/// Writes a text as quoted-printable, its lines ended by CRLF whatever they were ended by.
///
/// The text always ends with a line end, so that a boundary can follow.
pub(super) fn quoted_printable(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let end = rest
            .iter()
            .position(|byte| matches!(byte, b'\r' | b'\n'))
            .unwrap_or(rest.len());
        let (line, from) = rest.split_at(end);
        write_line(line, out);
        out.extend_from_slice(b"\r\n");
        rest = match from {
            [b'\r', b'\n', after @ ..] | [_, after @ ..] => after,
            [] => &[],
        };
    }
}

fn write_line(line: &[u8], out: &mut Vec<u8>) {
    let mut column = 0;
    for (at, &byte) in line.iter().enumerate() {
        let is_last = at + 1 == line.len();
        // A blank that ends the line would be lost on the way.
        let is_bare = is_plain(byte) && !(is_last && matches!(byte, b' ' | b'\t'));
        let width = if is_bare { 1 } else { 3 };
        // But for the last one, leave room for the `=` of a soft break.
        let room = if is_last { LINE } else { LINE - 1 };
        if column + width > room {
            out.extend_from_slice(b"=\r\n");
            column = 0;
        }
        if is_bare {
            out.push(byte);
        } else {
            escape(byte, out);
        }
        column += width;
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t') && byte != b'='
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |n: u8| DIGITS.get(usize::from(n)).copied().unwrap_or(b'0');
    out.extend_from_slice(&[b'=', digit(byte >> 4), digit(byte & 15)]);
}

/// A header value in encoded words, folded so that no line passes 76 characters.
pub(super) fn encoded_words(text: &str, column: usize) -> String {
    // `=?utf-8?B?` and `?=` take 12 of at most 75; base64 turns 3 bytes into 4 characters.
    const WORD: usize = 45;
    let mut out = String::new();
    let mut room = WORD.saturating_sub(column * 3 / 4).max(12);
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(room);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (word, after) = rest.split_at(end);
        if !out.is_empty() {
            out.push_str("\r\n ");
        }
        out.push_str("=?utf-8?B?");
        STANDARD.encode_string(word, &mut out);
        out.push_str("?=");
        (rest, room) = (after, WORD);
    }
    out
}
