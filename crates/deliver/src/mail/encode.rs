//! Quoted-printable (RFC 2045) and encoded words (RFC 2047).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memchr2;

/// Longest line without its end.
const LINE: usize = 76;

/// Writes a text as quoted-printable, its lines ended by CRLF whatever they were ended by.
///
/// The text always ends with a line end, so that a boundary can follow.
pub(super) fn quoted_printable(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let end = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
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
    let Some((&last, mut rest)) = line.split_last() else {
        return;
    };
    let mut column = 0;
    while !rest.is_empty() {
        let (mut run, after) = rest.split_at(n_plain(rest));
        rest = after;
        while !run.is_empty() {
            // But for the last byte, leave room for the `=` of a soft break.
            make_room(1, LINE - 1, &mut column, out);
            let (now, later) = run.split_at(run.len().min(LINE - 1 - column));
            out.extend_from_slice(now);
            column += now.len();
            run = later;
        }
        if let Some((&byte, after)) = rest.split_first() {
            make_room(3, LINE - 1, &mut column, out);
            escape(byte, out);
            column += 3;
            rest = after;
        }
    }
    // A blank that ends the line would be lost on the way.
    if is_plain(last) && !matches!(last, b' ' | b'\t') {
        make_room(1, LINE, &mut column, out);
        out.push(last);
    } else {
        make_room(3, LINE, &mut column, out);
        escape(last, out);
    }
}

/// Breaks the line softly when `width` more does not fit.
fn make_room(width: usize, room: usize, column: &mut usize, out: &mut Vec<u8>) {
    if *column + width > room {
        out.extend_from_slice(b"=\r\n");
        *column = 0;
    }
}

/// How many bytes in front stand for themselves, looked at many at a time: every part of every mail
/// is gone through.
fn n_plain(bytes: &[u8]) -> usize {
    const AT_ONCE: usize = 16;

    let are_all = |chunk: &&[u8]| chunk.iter().fold(true, |all, byte| all & is_plain(*byte));
    let whole = bytes.chunks_exact(AT_ONCE).take_while(are_all).count() * AT_ONCE;
    let rest = bytes.get(whole..).unwrap_or_default();
    whole + rest.iter().take_while(|byte| is_plain(**byte)).count()
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
