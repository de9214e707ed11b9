//! Framing: where one record ends and the next begins, in constant memory.
//!
//! INVARIANT: no more than one record up to the limit, and one block of input, is ever held. A
//! longer record is skipped to its end without being kept.

pub(crate) mod bundle;
pub(crate) mod detect;
pub(crate) mod lines;

use std::io::{self, Read};

const BLOCK: usize = 256 * 1024;

/// The input, block by block.
pub(crate) struct Input<R> {
    reader: R,
    block: Vec<u8>,
    start: usize,
    end: usize,
    /// The line of the next byte, from 1.
    line: u64,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            block: vec![0; BLOCK],
            start: 0,
            end: 0,
            line: 1,
        }
    }

    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The bytes at hand, read anew when there are none; empty at the end.
    pub(crate) fn bytes(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.start = 0;
            self.end = read_some(&mut self.reader, &mut self.block)?;
        }
        Ok(self.block.get(self.start..self.end).unwrap_or_default())
    }

    /// Fills the block as far as the reader gives, to look at the beginning of the input.
    pub(crate) fn first_block(&mut self) -> io::Result<&[u8]> {
        while self.end < self.block.len() {
            let free = self.block.get_mut(self.end..).unwrap_or_default();
            match read_some(&mut self.reader, free)? {
                0 => break,
                n => self.end += n,
            }
        }
        Ok(self.block.get(self.start..self.end).unwrap_or_default())
    }

    /// Moves past `n` bytes that hold `n_lines` line ends.
    pub(crate) fn skip(&mut self, n: usize, n_lines: u64) {
        self.start = (self.start + n).min(self.end);
        self.line += n_lines;
    }

    pub(crate) fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.bytes()?.first().copied())
    }

    /// The next byte, past it.
    pub(crate) fn next(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.skip(1, u64::from(byte == b'\n'));
        }
        Ok(byte)
    }
}

/// Reads once, again when interrupted.
fn read_some(reader: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// A record that is gathered up to a limit.
pub(crate) struct Gathered {
    bytes: Vec<u8>,
    limit: usize,
    is_too_long: bool,
}

impl Gathered {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            limit,
            is_too_long: false,
        }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.is_too_long = false;
    }

    /// Adds bytes; past the limit it forgets what it held and only remembers that it was passed.
    pub(crate) fn add(&mut self, more: &[u8]) {
        if self.is_too_long || self.bytes.len() + more.len() > self.limit {
            self.is_too_long = true;
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(more);
        }
    }

    /// The record, or nothing when it was too long.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        (!self.is_too_long).then_some(self.bytes.as_slice())
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}
