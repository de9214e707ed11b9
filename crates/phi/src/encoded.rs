//! What hides in codes: base64 texts, hashes, unique ids, and bytes that are not UTF-8.
//!
//! Decoding is bounded: a text inside a text inside a text is opened, no further, and nothing is unpacked.

use crate::scan;
use crate::span::Type;
use crate::work::Work;

/// How deep texts inside texts are opened.
pub const MAX_DEPTH: u8 = 2;

/// Shortest run of base64 that is opened outside an address.
const SHORTEST: usize = 16;

/// Text from bytes of unknown encoding: UTF-8, or UTF-16 with or without a mark. What is broken becomes `U+FFFD`.
#[must_use]
pub fn decode_text(bytes: &[u8]) -> String {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => match zeros(bytes) {
            Some(0) => utf16(bytes, u16::from_be_bytes),
            Some(_) => utf16(bytes, u16::from_le_bytes),
            None => String::from_utf8_lossy(bytes).into_owned(),
        },
    }
}

fn utf16(bytes: &[u8], join: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks(2).map(|pair| match *pair {
        [a, b] => join([a, b]),
        _ => 0xFFFD,
    });
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or('\u{FFFD}'))
        .collect()
}

/// Which byte of each pair is zero in a text of Latin letters in UTF-16 without a mark.
fn zeros(bytes: &[u8]) -> Option<usize> {
    let head = bytes.get(..bytes.len().min(512))?;
    let count = |odd: usize| {
        head.iter()
            .skip(odd)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd, half) = (count(0), count(1), head.len() / 2);
    if half < 2 {
        return None;
    }
    match (even * 10 > half * 8, odd * 10 > half * 8) {
        (true, false) => Some(0),
        (false, true) => Some(1),
        _ => None,
    }
}

/// Whether the tokens are a UUID or a hash.
pub fn is_unique_id(work: &Work<'_>, from: usize, to: usize) -> bool {
    let start = work.at(from).start as usize;
    let end = work.at(to.saturating_sub(1)).end as usize;
    work.text.get(start..end).is_some_and(is_unique)
}

/// A UUID, or hexadecimal as long as a usual hash.
fn is_unique(text: &str) -> bool {
    let (mut n_hex, mut n_dashes, mut n_digits) = (0, 0, 0);
    for byte in text.bytes().take(200) {
        match byte {
            b'-' => n_dashes += 1,
            _ if byte.is_ascii_hexdigit() => {
                n_hex += 1;
                n_digits += usize::from(byte.is_ascii_digit());
            }
            _ => return false,
        }
    }
    n_digits >= 4
        && ((n_hex == 32 && matches!(n_dashes, 0 | 4))
            || (n_dashes == 0 && matches!(n_hex, 40 | 56 | 64 | 96 | 128)))
}

/// At a number that letters hang on: a code may begin with digits.
pub fn after_digits(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let next = work.at(n + 1);
    (next.is_glued() && (next.is_word() || next.is(b'-') || next.is(b'_')))
        .then(|| token(work, n))
        .flatten()
}

/// At a word: a run of base64 that holds something, or a hash.
pub fn token(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let token = work.at(n);
    if (token.len() < SHORTEST && !work.at(n + 1).is_glued())
        || (token.is_glued() && work.before(n, 1).is_word() && !work.is_taken(n.wrapping_sub(1)))
    {
        return None;
    }
    let start = token.start as usize;
    if start < work.seen_until {
        return None;
    }
    let bytes = work.text.as_bytes().get(start..)?;
    // Padding ends a code; another may begin right after it.
    let is_end = |byte: &u8| !is_base64(*byte) || *byte == b'=';
    let body = bytes.iter().position(is_end).unwrap_or(bytes.len());
    let padding = bytes
        .get(body..)?
        .iter()
        .take(2)
        .take_while(|byte| **byte == b'=')
        .count();
    let len = body + padding;
    work.seen_until = start + len;
    if len < SHORTEST {
        return None;
    }
    let run = work.text.get(start..start + len)?;
    let to = token_at(work, n, start + len);
    if is_unique(run.trim_end_matches('-')) {
        return Some(work.mark(n, to, Type::OtherId, "hash"));
    }
    open(work, n, to, run)
}

/// The value of a pair whose key says nothing.
pub fn value(work: &mut Work<'_>, from: usize, to: usize) -> Option<usize> {
    let start = work.at(from).start as usize;
    let end = work.at(to.saturating_sub(1)).end as usize;
    let run = work.text.get(start..end)?.to_owned();
    if is_unique(&run) {
        return Some(work.mark(from, to, Type::OtherId, "hash"));
    }
    if run.len() < 8 || !run.bytes().all(is_base64) {
        return None;
    }
    open(work, from, to, &run)
}

fn open(work: &mut Work<'_>, from: usize, to: usize, run: &str) -> Option<usize> {
    if !looks_encoded(run) {
        return None;
    }
    let bytes = decode(run)?;
    if let Some(kind) = container(&bytes) {
        return Some(work.mark(from, to, kind, "base64.file"));
    }
    if work.options.depth >= MAX_DEPTH {
        return None;
    }
    if let Some(text) = std::str::from_utf8(&bytes)
        .ok()
        .filter(|text| is_readable(text))
    {
        return match scan::inside(text, work.options) {
            Some(kind) => Some(work.mark(from, to, kind, "base64")),
            None => {
                work.quiet(from, to);
                Some(to)
            }
        };
    }
    // Digits, a name or a mark may hang before the code: it then begins later, or at another place of four.
    let parts = run
        .split(['-', '_', '/'])
        .skip(1)
        .filter(|part| part.len() >= SHORTEST)
        .take(8);
    std::iter::once(run)
        .chain(parts)
        .flat_map(|part| (0..4).filter_map(move |skip| part.get(skip..)))
        .find_map(|part| scan::inside(stretch(&decode(part)?)?, work.options))
        .map(|kind| work.mark(from, to, kind, "base64.inner"))
}

/// Shortest readable stretch that chance does not make.
const STRETCH: usize = 10;

fn is_readable(text: &str) -> bool {
    !text
        .chars()
        .any(|letter| letter.is_control() && !letter.is_whitespace())
}

/// The longest stretch of readable text in bytes that are otherwise none.
fn stretch(bytes: &[u8]) -> Option<&str> {
    bytes
        .utf8_chunks()
        .flat_map(|chunk| {
            chunk
                .valid()
                .split(|letter: char| letter.is_control() && !letter.is_whitespace())
        })
        .max_by_key(|text| text.len())
        .filter(|text| text.len() >= STRETCH && text.len() * 2 >= bytes.len())
}

/// Words of letters alone are words: base64 has digits, signs or capitals in the middle.
fn looks_encoded(run: &str) -> bool {
    let body = run.trim_end_matches('=');
    let has = |test: fn(&u8) -> bool| body.as_bytes().iter().any(test);
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    is_mixed && (body.len() < run.len() || has(u8::is_ascii_digit) || body.len() >= 20)
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
}

/// Decodes either alphabet, padded or not.
pub fn decode(run: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(run.len() / 4 * 3 + 3);
    let (mut bits, mut n_bits) = (0_u32, 0);
    for byte in run.trim_end_matches('=').bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            out.push((bits >> n_bits & 0xFF) as u8);
        }
    }
    Some(out)
}

/// Files that are seen by their first bytes. What cannot be read is not let through.
fn container(bytes: &[u8]) -> Option<Type> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..]
        | [0x89, b'P', b'N', b'G', ..]
        | [b'G', b'I', b'F', b'8', ..]
        | [b'I', b'I', 0x2A, 0, ..] => Some(Type::Photo),
        [b'R', b'I', b'F', b'F', ..] | [b'I', b'D', b'3', ..] | [b'O', b'g', b'g', b'S', ..] => {
            Some(Type::Biometric)
        }
        [b'P', b'K', 3, 4, ..]
        | [0x1F, 0x8B, 8, ..]
        | [b'%', b'P', b'D', b'F', ..]
        | [b'7', b'z', 0xBC, ..]
        | [b'B', b'Z', b'h', ..] => Some(Type::OtherId),
        _ => None,
    }
}

/// The first token at or after a byte.
fn token_at(work: &Work<'_>, from: usize, byte: usize) -> usize {
    let mut n = from;
    while n < work.len() && (work.at(n).start as usize) < byte {
        n += 1;
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_from_every_encoding() {
        let text = "Ana Nuño";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode_text(text.as_bytes()), text);
        assert_eq!(decode_text(&little), text);
        assert_eq!(decode_text(&big), text);
        assert_eq!(
            decode_text(&[&[0xFF, 0xFE], little.as_slice()].concat()),
            text
        );
        assert_eq!(decode_text(&[&[0xFE, 0xFF], big.as_slice()].concat()), text);
        assert_eq!(decode_text(b"a\xFFb"), "a\u{FFFD}b");
        assert_eq!(decode_text(&[0xFF, 0xFE, b'a']), "\u{FFFD}");
    }

    #[test]
    fn base64_of_either_alphabet_opens() {
        assert_eq!(decode("bWFyeQ==").unwrap(), b"mary");
        assert_eq!(decode("Pz8_Pg").unwrap(), b"???>");
        assert_eq!(decode("a b"), None);
    }
}
