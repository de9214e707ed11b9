//! What kind of input this is, from its first block.

use serde::Serialize;

use crate::fault::Kind;

/// How the records of an input are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One JSON resource a line.
    Ndjson,
    /// One bundle, however it is laid out.
    Bundle,
    /// One JSON resource over several lines.
    Document,
    /// Rows with a header.
    Csv,
    /// HL7 v2 messages, one after the other.
    Hl7,
}

impl Format {
    /// Its code on the command line and in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Bundle => "bundle",
            Self::Document => "document",
            Self::Csv => "csv",
            Self::Hl7 => "hl7",
        }
    }

    /// The format of this code.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        [
            Self::Ndjson,
            Self::Bundle,
            Self::Document,
            Self::Csv,
            Self::Hl7,
        ]
        .into_iter()
        .find(|format| format.as_str() == code)
    }
}

/// How many bytes of mark stand before the text.
pub(crate) fn byte_order_mark(first: &[u8]) -> usize {
    if first.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    }
}

/// Refuses what can be no text of ours at all.
pub(crate) fn check_encoding(first: &[u8]) -> Result<(), Kind> {
    let head = first.get(..4).unwrap_or(first);
    match head {
        [] => Err(Kind::Empty),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(Kind::Utf16),
        [0x1f, 0x8b, ..]
        | [b'P', b'K', 3, 4]
        | [0x28, 0xb5, 0x2f, 0xfd]
        | [0xd0, 0xcf, 0x11, 0xe0] => Err(Kind::Packed),
        _ if head.contains(&0) => Err(Kind::Utf16),
        _ => Ok(()),
    }
}

/// Tells the format; the mark has been cut off.
pub(crate) fn format(first: &[u8]) -> Result<Format, Kind> {
    let text = first.trim_ascii_start();
    match text.first() {
        None => Err(Kind::Empty),
        Some(b'{') => Ok(json(text)),
        Some(_) if is_hl7(text) => Ok(Format::Hl7),
        Some(b'[' | b'<') => Err(Kind::UnknownFormat),
        Some(_) if text.is_first_line_separated() => Ok(Format::Csv),
        Some(_) => Err(Kind::UnknownFormat),
    }
}

/// A message or a batch of them, perhaps with the first byte of a frame before it.
fn is_hl7(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\x0b").unwrap_or(text);
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let has_name = [b"MSH", b"FHS", b"BHS"]
        .iter()
        .any(|name| text.starts_with(*name));
    has_name && text.get(3).is_some_and(u8::is_ascii_punctuation) && text.get(3) != Some(&b',')
}

trait FirstLine {
    fn is_first_line_separated(&self) -> bool;
}

impl FirstLine for [u8] {
    /// Whether the first line has a separator.
    fn is_first_line_separated(&self) -> bool {
        let line = self.split(|byte| *byte == b'\n').next().unwrap_or_default();
        line.contains(&b',')
    }
}

/// A document when the first line does not end where the first object does, unless the next line
/// begins an object of its own: then the first one was cut off.
fn json(text: &[u8]) -> Format {
    let head = Head::read(text);
    if head.is_bundle && (!head.is_line_whole || head.is_alone) {
        return Format::Bundle;
    }
    let is_over_lines = !head.is_line_whole && head.has_line_end && !head.is_next_an_object;
    match (is_over_lines, head.has_type) {
        (true, true) => Format::Document,
        (true, false) => Format::Bundle,
        (false, _) => Format::Ndjson,
    }
}

/// What the first object shows within the first block.
#[derive(Default)]
struct Head {
    has_type: bool,
    is_bundle: bool,
    is_line_whole: bool,
    is_alone: bool,
    has_line_end: bool,
    is_next_an_object: bool,
}

impl Head {
    fn read(text: &[u8]) -> Self {
        let mut head = Self::default();
        let mut depth = 0_usize;
        let mut at = 0;
        let mut is_next_the_type = false;
        while let Some(byte) = text.get(at) {
            match byte {
                b'"' => {
                    let end = string_end(text, at);
                    let string = text.get(at..end).unwrap_or_default();
                    if !head.has_line_end && string.contains(&b'\n') {
                        head.note_line_end(
                            text,
                            at + string.iter().position(|b| *b == b'\n').unwrap_or(0),
                        );
                    }
                    if depth == 1 && is_next_the_type {
                        head.has_type = true;
                        head.is_bundle = string == b"\"Bundle\"";
                    }
                    is_next_the_type = depth == 1 && string == b"\"resourceType\"";
                    at = end;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 && !head.has_line_end {
                        head.is_line_whole = true;
                        head.is_alone = text
                            .get(at + 1..)
                            .is_none_or(|rest| rest.trim_ascii().is_empty());
                        break;
                    }
                }
                b'\n' if !head.has_line_end => head.note_line_end(text, at),
                _ => {}
            }
            at += 1;
        }
        head
    }

    fn note_line_end(&mut self, text: &[u8], at: usize) {
        self.has_line_end = true;
        self.is_next_an_object = text.get(at + 1) == Some(&b'{');
    }
}

fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        match text.get(at) {
            None => return text.len(),
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // A table.
    fn the_first_block_tells_the_format() {
        //    input                                                         then
        check("{\"resourceType\":\"Patient\"}\n{\"resourceType\":\"X\"}",   Ok(Format::Ndjson));
        check("{\"resourceType\":\"Bundle\"}\n{\"a\":1}",                  Ok(Format::Ndjson));
        check("{\"resourceType\":\"Bundle\"}\n",                            Ok(Format::Bundle));
        check("{\"resourceType\":\"Bundle\",\"entry\":[{",                  Ok(Format::Bundle));
        check("{\n  \"resourceType\": \"Bundle\",\n  \"entry\": [\n{",      Ok(Format::Bundle));
        check("{\n  \"id\": \"a\", \"resourceType\": \"Patient\"\n}",       Ok(Format::Document));
        check("{\"resourceType\":\"Patient\",\"name\":[{\"giv\n{\"a\":1}",  Ok(Format::Ndjson));
        check("{\"resourceType\":\"Patient\",\n{\"a\":1}",                  Ok(Format::Ndjson));
        check("{\"resourceType\":\"Patient\",\"id\":\"cut",                 Ok(Format::Ndjson));
        check("id,family\n1,Moss",                                          Ok(Format::Csv));
        check("\"id\",\"family\"\n1,Moss",                                  Ok(Format::Csv));
        check("[{\"resourceType\":\"Patient\"}]",                           Err(Kind::UnknownFormat));
        check("<Bundle/>",                                                  Err(Kind::UnknownFormat));
        check("id;family\n",                                                Err(Kind::UnknownFormat));
        check(" \n ",                                                       Err(Kind::Empty));
    }

    #[test]
    fn other_encodings_and_packed_files_are_told() {
        assert_eq!(check_encoding(b"\xff\xfe{\0"), Err(Kind::Utf16));
        assert_eq!(check_encoding(b"\xfe\xff\0{"), Err(Kind::Utf16));
        assert_eq!(check_encoding(b"{\0\"\0"), Err(Kind::Utf16));
        assert_eq!(check_encoding(b"\x1f\x8b\x08\0"), Err(Kind::Packed));
        assert_eq!(check_encoding(b"PK\x03\x04"), Err(Kind::Packed));
        assert_eq!(check_encoding(b""), Err(Kind::Empty));
        assert_eq!(check_encoding(b"{}"), Ok(()));
        assert_eq!(byte_order_mark(b"\xef\xbb\xbf{"), 3);
    }

    #[track_caller]
    fn check(text: &str, expected: Result<Format, Kind>) {
        assert_eq!(format(text.as_bytes()), expected);
    }
}
