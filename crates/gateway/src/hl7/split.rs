//! The text of a message, split where its own separators stand. Nothing is copied.
//!
//! Segments end in CR, LF or both. The separators are those that the message declares in MSH-1
//! and MSH-2; they are single ASCII bytes, so UTF-8 and the ISO 8859 sets are split rightly.

use memchr::{memchr, memchr2};

use crate::fault::{Fault, Kind};

/// The separators of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// Between fields, usually `|`.
    pub field: u8,
    /// Between components, usually `^`.
    pub component: u8,
    /// Between repetitions, usually `~`.
    pub repetition: u8,
    /// Around escapes, usually `\`.
    pub escape: u8,
    /// Between sub-components, usually `&`.
    pub sub: u8,
}

impl Marks {
    /// What this program writes.
    pub const USUAL: Self = Self {
        field: b'|',
        component: b'^',
        repetition: b'~',
        escape: b'\\',
        sub: b'&',
    };

    fn of(header: &[u8]) -> Option<Self> {
        let [field, rest @ ..] = header else {
            return None;
        };
        let end = rest
            .iter()
            .position(|byte| byte == field || matches!(byte, b'\r' | b'\n'))
            .unwrap_or(rest.len());
        // A fifth character, the truncation mark of version 2.7, has no meaning for us. Two or
        // three are enough where sub-components or escapes are not used.
        let (component, repetition, escape, sub) = match rest.get(..end)? {
            [c, r, e, s] | [c, r, e, s, _] => (*c, *r, *e, *s),
            [c, r, e] => (*c, *r, *e, 0),
            [c, r] => (*c, *r, 0, 0),
            _ => return None,
        };
        let marks = Self {
            field: *field,
            component,
            repetition,
            escape,
            sub,
        };
        marks.are_fit().then_some(marks)
    }

    /// Printable, neither letters nor digits, and each another one.
    fn are_fit(&self) -> bool {
        let all = [
            self.field,
            self.component,
            self.repetition,
            self.escape,
            self.sub,
        ];
        (0..).zip(all).all(|(at, mark)| {
            (mark == 0 && at > 2)
                || (mark.is_ascii_punctuation() && !all.iter().skip(at + 1).any(|m| *m == mark))
        })
    }
}

/// A message that begins with its header.
#[derive(Clone, Copy)]
pub struct Message<'m> {
    /// Its separators.
    pub marks: Marks,
    text: &'m [u8],
}

impl<'m> Message<'m> {
    /// Looks at the header; a byte order mark before it is passed over.
    ///
    /// # Errors
    ///
    /// When it does not begin with `MSH` and fit separators.
    pub fn parse(text: &'m [u8]) -> Result<Self, Fault> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let header = text
            .strip_prefix(b"MSH")
            .ok_or_else(|| Fault::of(Kind::NotAMessage))?;
        let marks = Marks::of(header).ok_or_else(|| Fault::at(Kind::NotAMessage, "MSH-2"))?;
        Ok(Self { marks, text })
    }

    /// The segments, the header first; empty lines are none.
    #[must_use]
    pub fn segments(&self) -> Segments<'m> {
        Segments {
            marks: self.marks,
            rest: self.text,
        }
    }
}

/// The segments of a message, in order.
pub struct Segments<'m> {
    marks: Marks,
    rest: &'m [u8],
}

impl<'m> Iterator for Segments<'m> {
    type Item = Segment<'m>;

    fn next(&mut self) -> Option<Segment<'m>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let (line, rest) = cut_line(self.rest);
            self.rest = rest;
            if line.is_empty() {
                continue;
            }
            let name_end = memchr(self.marks.field, line).unwrap_or(line.len());
            let (name, fields) = line.split_at_checked(name_end)?;
            return Some(Segment {
                name,
                fields,
                marks: self.marks,
            });
        }
    }
}

fn cut_line(text: &[u8]) -> (&[u8], &[u8]) {
    match memchr2(b'\r', b'\n', text) {
        Some(at) => {
            let (line, rest) = text.split_at(at);
            (line, rest.get(1..).unwrap_or_default())
        }
        None => (text, &[]),
    }
}

/// One segment.
#[derive(Clone, Copy)]
pub struct Segment<'m> {
    /// What stands before the first separator: three letters when it is sound.
    pub name: &'m [u8],
    /// The fields with the separator before each.
    fields: &'m [u8],
    marks: Marks,
}

impl<'m> Segment<'m> {
    /// The fields with their numbers as the standard counts them: MSH-1 is the separator itself,
    /// so the first text of a header is number 2.
    #[must_use]
    pub fn fields(&self) -> Fields<'m> {
        Fields {
            rest: self.fields.split_first().map(|(_, rest)| rest),
            number: if self.name == b"MSH" { 2 } else { 1 },
            mark: self.marks.field,
        }
    }

    /// One field, by its number.
    #[must_use]
    pub fn field(&self, number: usize) -> &'m [u8] {
        self.fields()
            .find(|(at, _)| *at == number)
            .map_or(&[], |(_, text)| text)
    }
}

/// The fields of a segment, numbered.
pub struct Fields<'m> {
    rest: Option<&'m [u8]>,
    number: usize,
    mark: u8,
}

impl<'m> Iterator for Fields<'m> {
    type Item = (usize, &'m [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (text, rest) = cut(self.rest?, self.mark);
        self.rest = rest;
        self.number += 1;
        Some((self.number - 1, text))
    }
}

/// The parts of a text between marks, at least one; a mark of zero does not split.
#[must_use]
pub fn parts(text: &[u8], mark: u8) -> Parts<'_> {
    Parts {
        rest: Some(text),
        mark,
    }
}

/// See [`parts`].
pub struct Parts<'m> {
    rest: Option<&'m [u8]>,
    mark: u8,
}

impl<'m> Iterator for Parts<'m> {
    type Item = &'m [u8];

    fn next(&mut self) -> Option<&'m [u8]> {
        let (text, rest) = cut(self.rest?, self.mark);
        self.rest = rest;
        Some(text)
    }
}

fn cut(text: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    let found = if mark == 0 { None } else { memchr(mark, text) };
    match found {
        Some(at) => {
            let (before, rest) = text.split_at(at);
            (before, Some(rest.get(1..).unwrap_or_default()))
        }
        None => (text, None),
    }
}
