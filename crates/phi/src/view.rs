//! The text as the rules read it, and where each byte of it stood.
//!
//! Percent escapes, plus signs in addresses, HTML entities, escapes of JSON, encoded words and quoted lines of mail,
//! full-width and styled letters, hidden characters and curly quotes all say something else than their bytes. The rules read what is said; spans are given in what was written.

use std::borrow::Cow;

mod mail;

use unicode_normalization::char::decompose_compatible;

/// The space inside a value of an address, where a true one would end it.
const SOFT: char = '\x0B';

/// A text made plain, with the way back.
#[derive(Debug)]
pub struct View<'a> {
    /// What the rules read.
    pub text: Cow<'a, str>,
    /// Where each byte of it came from; one more at the end. Empty when nothing was changed.
    from: Vec<u32>,
}

impl<'a> View<'a> {
    /// Makes a text plain. Costs nothing but a look when it is plain already.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        match first_change(text) {
            None => Self {
                text: Cow::Borrowed(text),
                from: Vec::new(),
            },
            Some(_) => Builder::default().run(text),
        }
    }

    /// The bytes of the source that became `start..end` of the view, on character boundaries.
    #[must_use]
    pub fn source(&self, start: usize, end: usize) -> (usize, usize) {
        if self.from.is_empty() {
            return (start, end);
        }
        let at = |n: usize| self.from.get(n).or(self.from.last()).copied().unwrap_or(0) as usize;
        let (from, mut to) = (at(start), at(end));
        if to <= from && end > start {
            // The last character of the view shares its source with the next one.
            let mut next = end;
            while next < self.from.len() && at(next) <= from {
                next += 1;
            }
            to = at(next);
        }
        (from, to)
    }
}

/// Where the first thing stands that the view writes otherwise.
fn first_change(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = bytes.get(at..)?;
        let skip = rest.iter().position(|&byte| is_suspect(byte))?;
        at += skip;
        let tail = text.get(at..)?;
        match bytes.get(at)? {
            b'%' if percent(tail.as_bytes()).is_some() => return Some(at),
            b'&' if entity(tail).is_some() => return Some(at),
            b'+' if is_plus_for_space(bytes, at) => return Some(at),
            b'\\' if escape(tail).is_some() => return Some(at),
            b'=' if mail::word(tail).is_some()
                || mail::quoted(tail).is_some_and(|(_, _, is_sure)| is_sure) =>
            {
                return Some(at);
            }
            byte if *byte >= 0x80 => {
                let letter = tail.chars().next()?;
                if !is_plain(letter) {
                    return Some(at);
                }
                at += letter.len_utf8();
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[inline]
const fn is_suspect(byte: u8) -> bool {
    byte >= 0x80 || matches!(byte, b'%' | b'&' | b'+' | b'=' | b'\\')
}

/// Whether the view keeps the letter: accents stay, styled forms do not.
fn is_plain(letter: char) -> bool {
    matches!(letter, '\u{A1}'..='\u{A7}' | '\u{A9}' | '\u{AB}' | '\u{AC}' | '\u{AE}' | '\u{B0}' | '\u{B1}' | '\u{B6}' | '\u{B7}' | '\u{BB}' | '\u{BF}'..='\u{24F}' | '\u{370}'..='\u{1FFF}' | '\u{20A0}'..='\u{20CF}' | '\u{2190}'..='\u{23FF}' | '\u{2500}'..='\u{2FEF}' | '\u{3040}'..='\u{D7FF}')
}

#[derive(Default)]
struct Builder {
    out: String,
    /// Whether the text is a mail in quoted-printable.
    is_quoted: bool,
    from: Vec<u32>,
    bytes: Vec<u8>,
}

impl Builder {
    fn run(mut self, text: &str) -> View<'static> {
        let bytes = text.as_bytes();
        self.is_quoted = mail::is_quoted(text);
        let mut at = 0;
        while at < bytes.len() {
            let plain = bytes.get(at..).map_or(0, |rest| {
                rest.iter()
                    .position(|&b| is_suspect(b))
                    .unwrap_or(rest.len())
            });
            if plain > 0 {
                self.keep(text, at, plain);
                at += plain;
                continue;
            }
            at += self.one(text, at);
        }
        self.from.push(len32(text.len()));
        View {
            text: Cow::Owned(self.out),
            from: self.from,
        }
    }

    fn keep(&mut self, text: &str, at: usize, len: usize) {
        self.out
            .push_str(text.get(at..at + len).unwrap_or_default());
        self.from.extend((at..at + len).map(len32));
    }

    fn push(&mut self, letter: char, at: usize) {
        self.out.push(letter);
        self.from.resize(self.out.len(), len32(at));
    }

    /// Reads what starts at a suspect byte; says how many bytes it took.
    fn one(&mut self, text: &str, at: usize) -> usize {
        let tail = text.get(at..).unwrap_or_default();
        let first = tail.chars().next().unwrap_or(' ');
        match first {
            '%' => self.escapes(tail, at),
            '&' => match entity(tail) {
                Some((letter, len)) => {
                    self.letter(letter, at);
                    len
                }
                None => self.as_is('&', at),
            },
            '+' if is_plus_for_space(text.as_bytes(), at) => self.as_is(SOFT, at),
            '\\' => match escape(tail) {
                Some((letter, len)) => {
                    self.letter(letter, at);
                    len
                }
                None => self.as_is('\\', at),
            },
            '=' => self.of_mail(tail, at),
            _ => {
                self.letter(first, at);
                first.len_utf8()
            }
        }
    }

    /// An encoded word, or an escape of a mail in quoted-printable.
    fn of_mail(&mut self, tail: &str, at: usize) -> usize {
        if let Some((inner, len)) = mail::word(tail) {
            for letter in inner.chars() {
                self.letter(letter, at);
            }
            self.push(' ', at);
            return len;
        }
        match mail::quoted(tail).filter(|_| self.is_quoted) {
            Some((inner, len, _)) => {
                if let Some(letter) = inner {
                    self.letter(letter, at);
                }
                len
            }
            None => self.as_is('=', at),
        }
    }

    fn as_is(&mut self, letter: char, at: usize) -> usize {
        self.push(letter, at);
        1
    }

    /// A run of percent escapes is UTF-8 together; what is not stays as written.
    fn escapes(&mut self, tail: &str, at: usize) -> usize {
        self.bytes.clear();
        let mut len = 0;
        while self.bytes.len() < 4
            && let Some(byte) = tail.as_bytes().get(len..).and_then(percent)
        {
            self.bytes.push(byte);
            len += 3;
        }
        let Some(&first) = self.bytes.first() else {
            return self.as_is('%', at);
        };
        let take = match first {
            0..0x80 => 1,
            0xC0..0xE0 => 2,
            0xE0..0xF0 => 3,
            _ => 4,
        };
        let letter = self
            .bytes
            .get(..take)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .and_then(|text| text.chars().next());
        match letter {
            Some(letter) => {
                self.letter(if letter == ' ' { SOFT } else { letter }, at);
                3 * take
            }
            // Half a letter: nothing to read, and nothing to hide behind either.
            None => {
                self.push('\u{FFFD}', at);
                3
            }
        }
    }

    fn letter(&mut self, letter: char, at: usize) {
        match letter {
            '\0' => self.push(' ', at),
            _ if letter.is_ascii() || is_plain(letter) => self.push(letter, at),
            '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2032}' | '\u{B4}' | '\u{FF07}' => {
                self.push('\'', at)
            }
            '\u{201C}'..='\u{201F}' | '\u{2033}' => self.push('"', at),
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' => self.push('-', at),
            '\u{AD}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}'
            | '\u{FEFF}'
            | '\u{300}'..='\u{36F}' => {}
            _ => decompose_compatible(letter, |part| {
                let part = if part.is_whitespace() { ' ' } else { part };
                self.push(part, at);
            }),
        }
    }
}

/// Texts are cut into pieces of a megabyte before they come here.
const fn len32(len: usize) -> u32 {
    len as u32
}

/// `\u00e9`, `\n` and `\/` as JSON writes them.
fn escape(text: &str) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    let after = bytes.get(2).copied().unwrap_or(b' ');
    match bytes.get(1)? {
        b'u' => {
            let high = unit(text.get(2..6)?)?;
            if let Some(letter) = char::from_u32(high) {
                return Some((letter, 6));
            }
            let low = unit(text.get(6..12)?.strip_prefix("\\u")?)?;
            let pair = [high as u16, low as u16];
            let letter = char::decode_utf16(pair).next()?.ok()?;
            Some((letter, 12))
        }
        // A small letter goes on with a path: `C:\new`.
        b'n' | b'r' if !after.is_ascii_lowercase() => Some(('\n', 2)),
        b't' if !after.is_ascii_lowercase() => Some(('\t', 2)),
        b'/' => Some(('/', 2)),
        _ => None,
    }
}

fn unit(hex: &str) -> Option<u32> {
    hex.bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then_some(())?;
    u32::from_str_radix(hex, 16).ok()
}

fn percent(bytes: &[u8]) -> Option<u8> {
    match *bytes {
        [b'%', high, low, ..] => Some(hex(high)? << 4 | hex(low)?),
        _ => None,
    }
}

fn hex(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|digit| digit as u8)
}

/// A plus sign between letters or escapes, after a `=`: the form of addresses. `+1 …` is a telephone number.
fn is_plus_for_space(bytes: &[u8], at: usize) -> bool {
    let near = |n: usize| bytes.get(n).copied().unwrap_or(b' ');
    let before = near(at.wrapping_sub(1));
    let after = near(at + 1);
    let is_part = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'%' | b'.' | b',' | b'-' | b'_' | b'+')
            || byte >= 0x80
    };
    if !is_part(before) || !is_part(after) || (before == b'+' && after == b'+') {
        return false;
    }
    // Look back, a little, for the `=` of this value.
    let from = at.saturating_sub(80);
    let back = bytes.get(from..at).unwrap_or_default();
    back.iter().rev().take_while(|byte| is_part(**byte)).count() < back.len()
        && back.iter().rev().find(|byte| !is_part(**byte)) == Some(&b'=')
}

/// An HTML entity at the start of the text: its letter and length.
fn entity(text: &str) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    let end = bytes.iter().take(12).position(|&byte| byte == b';')?;
    let name = text.get(1..end)?;
    let letter = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" | "ensp" | "emsp" | "thinsp" => ' ',
        "commat" => '@',
        "period" => '.',
        "colon" => ':',
        "sol" => '/',
        "num" => '#',
        "ndash" | "mdash" | "hyphen" | "minus" => '-',
        "lsquo" | "rsquo" => '\'',
        "ldquo" | "rdquo" => '"',
        "shy" | "zwnj" | "zwj" => '\u{AD}',
        _ => named(name).or_else(|| numbered(name))?,
    };
    Some((letter, end + 1))
}

fn numbered(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    char::from_u32(number.ok()?)
}

/// `eacute` and its like: a letter and the name of its mark.
fn named(name: &str) -> Option<char> {
    let letter = name.chars().next().filter(char::is_ascii_alphabetic)?;
    let mark = match name.get(1..)? {
        "grave" => '\u{300}',
        "acute" => '\u{301}',
        "circ" => '\u{302}',
        "tilde" => '\u{303}',
        "uml" => '\u{308}',
        "ring" => '\u{30A}',
        "caron" => '\u{30C}',
        "cedil" => '\u{327}',
        _ => return None,
    };
    unicode_normalization::char::compose(letter, mark)
}
