//! Messages one after the other in a file: each begins with `MSH` at the start of a line.
//!
//! Batch wrappings (FHS, BHS, BTS, FTS) and the bytes of MLLP frames around messages are passed
//! over, so that a capture from the wire can be read as it is.

use std::io::{self, Read};

use crate::frame::{Gathered, Input};

/// What stands next in a file.
pub(crate) enum Next {
    /// A message, in the buffer; the line it begins on.
    Message(u64),
    /// The end.
    End,
}

/// Takes messages out of a file.
pub(crate) struct Messages {
    /// The first line of the next message, read already.
    line: Vec<u8>,
    line_number: u64,
    has_line: bool,
}

impl Messages {
    pub(crate) fn new() -> Self {
        Self {
            line: Vec::new(),
            line_number: 1,
            has_line: false,
        }
    }

    /// Gathers the next message. Text before the first header is given out as a message of its
    /// own, so that it is refused and not lost.
    pub(crate) fn next<R: Read>(
        &mut self,
        input: &mut Input<R>,
        into: &mut Gathered,
    ) -> io::Result<Next> {
        into.clear();
        let mut began = None;
        loop {
            if !self.has_line && !self.read_line(input, into.limit())? {
                return Ok(began.map_or(Next::End, Next::Message));
            }
            let line = bare(&self.line);
            let is_header = line.starts_with(b"MSH");
            let is_wrapping = [b"FHS", b"BHS", b"BTS", b"FTS"]
                .iter()
                .any(|name| line.starts_with(*name));
            if began.is_some() && (is_header || is_wrapping) {
                self.has_line = is_header;
                return Ok(began.map_or(Next::End, Next::Message));
            }
            self.has_line = false;
            if line.is_empty() || is_wrapping {
                continue;
            }
            began.get_or_insert(self.line_number);
            into.add(line);
            into.add(b"\r");
        }
    }

    /// One line without its end; false when there is none. A line longer than the limit keeps one
    /// byte more than it, which is enough to be refused.
    fn read_line<R: Read>(&mut self, input: &mut Input<R>, limit: usize) -> io::Result<bool> {
        self.line.clear();
        self.line_number = input.line();
        let mut is_any = false;
        loop {
            let bytes = input.bytes()?;
            if bytes.is_empty() {
                self.has_line = is_any;
                return Ok(is_any);
            }
            is_any = true;
            let end = memchr::memchr2(b'\r', b'\n', bytes);
            let (taken, n, n_lines) = match end {
                Some(at) => (
                    bytes.get(..at).unwrap_or_default(),
                    at + 1,
                    u64::from(bytes.get(at) == Some(&b'\n')),
                ),
                None => (bytes, bytes.len(), 0),
            };
            let room = (limit + 1).saturating_sub(self.line.len());
            self.line
                .extend_from_slice(taken.get(..room).unwrap_or(taken));
            input.skip(n, n_lines);
            if end.is_some() {
                self.has_line = true;
                return Ok(true);
            }
        }
    }
}

/// A line without byte order mark and MLLP bytes.
fn bare(line: &[u8]) -> &[u8] {
    let mut line = line;
    loop {
        line = match line {
            [0x0b | 0x1c, rest @ ..] | [0xef, 0xbb, 0xbf, rest @ ..] => rest,
            [rest @ .., 0x1c] => rest,
            _ => return line,
        };
    }
}
