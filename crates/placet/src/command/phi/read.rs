//! Reading text of unknown encoding, in constant memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result};

/// Opens a file, or standard input for none and for `-`.
///
/// # Errors
///
/// When the file cannot be read.
pub fn open(file: Option<&Path>) -> Result<Box<dyn Read>> {
    match file {
        Some(file) if file.as_os_str() != "-" => {
            let opened =
                File::open(file).with_context(|| format!("cannot read `{}`", file.display()))?;
            Ok(Box::new(opened))
        }
        _ => Ok(Box::new(io::stdin())),
    }
}

/// How the bytes are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Little,
    Big,
}

/// Gives UTF-8, whatever comes in; what is broken becomes `U+FFFD`.
pub struct Decoded<R> {
    input: R,
    encoding: Option<Encoding>,
    /// Bytes that are not yet a whole character.
    rest: Vec<u8>,
    block: Vec<u8>,
}

impl<R: Read> Decoded<R> {
    /// A reader at its beginning.
    pub fn new(input: R) -> Self {
        Self {
            input,
            encoding: None,
            rest: Vec::new(),
            block: vec![0; 1 << 16],
        }
    }

    /// Adds the next part of the text; false when there is none.
    ///
    /// # Errors
    ///
    /// When the input cannot be read.
    pub fn next(&mut self, out: &mut String) -> io::Result<bool> {
        let n = match self.input.read(&mut self.block) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            read => read?,
        };
        self.rest
            .extend_from_slice(self.block.get(..n).unwrap_or_default());
        if self.encoding.is_none() && (self.rest.len() >= 4 || n == 0) {
            self.sniff();
        }
        match self.encoding {
            Some(Encoding::Utf8) => self.utf8(n == 0, out),
            Some(Encoding::Little) => self.utf16(n == 0, u16::from_le_bytes, out),
            Some(Encoding::Big) => self.utf16(n == 0, u16::from_be_bytes, out),
            None => {}
        }
        Ok(n > 0)
    }

    fn sniff(&mut self) {
        let (encoding, mark) = match *self.rest.as_slice() {
            [0xFF, 0xFE, ..] => (Encoding::Little, 2),
            [0xFE, 0xFF, ..] => (Encoding::Big, 2),
            [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
            [a, 0, b, 0, ..] if a > 0 && b > 0 => (Encoding::Little, 0),
            [0, a, 0, b, ..] if a > 0 && b > 0 => (Encoding::Big, 0),
            _ => (Encoding::Utf8, 0),
        };
        self.rest.drain(..mark);
        self.encoding = Some(encoding);
    }

    fn utf8(&mut self, is_last: bool, out: &mut String) {
        let mut done = 0;
        let chunks: Vec<_> = self.rest.utf8_chunks().collect();
        let n_chunks = chunks.len();
        for (n, chunk) in chunks.into_iter().enumerate() {
            out.push_str(chunk.valid());
            done += chunk.valid().len();
            // The last bytes may be the beginning of a character that is still to come.
            let may_go_on = n + 1 == n_chunks && !is_last && chunk.invalid().len() < 4;
            let is_unfinished = may_go_on && done + chunk.invalid().len() == self.rest.len();
            if !chunk.invalid().is_empty() && !is_unfinished {
                out.push('\u{FFFD}');
                done += chunk.invalid().len();
            }
        }
        self.rest.drain(..done);
    }

    fn utf16(&mut self, is_last: bool, join: fn([u8; 2]) -> u16, out: &mut String) {
        let pairs = self.rest.as_chunks::<2>().0;
        let mut units: Vec<u16> = pairs.iter().map(|pair| join(*pair)).collect();
        let is_half = units
            .last()
            .is_some_and(|unit| (0xD800..0xDC00).contains(unit));
        if is_half && !is_last {
            units.pop();
        }
        self.rest.drain(..2 * units.len());
        out.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{FFFD}')));
        if is_last && !self.rest.is_empty() {
            out.push('\u{FFFD}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads with blocks of one byte, so that every character is cut.
    struct Bytewise<'a>(&'a [u8]);

    impl Read for Bytewise<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let n = 1.min(self.0.len()).min(out.len());
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        let mut out = String::new();
        let mut reader = Decoded::new(Bytewise(bytes));
        while reader.next(&mut out).unwrap() {}
        assert_eq!(out, expected);
    }

    #[test]
    fn every_encoding_is_read_byte_by_byte() {
        let text = "Señora Ruiz 😀";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(text.as_bytes(), text);
        check(&[b"\xEF\xBB\xBF", text.as_bytes()].concat(), text);
        check(&little, text);
        check(&big, text);
        check(&[b"\xFF\xFE", little.as_slice()].concat(), text);
        check(&[b"\xFE\xFF", big.as_slice()].concat(), text);
        check(b"ab\xFFcd\xC3", "ab\u{FFFD}cd\u{FFFD}");
        check(b"", "");
        check(b"a", "a");
    }
}
