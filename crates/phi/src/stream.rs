//! Texts of any size, in constant memory.

use crate::scan::{BACK, PIECE, Scanner, cut, floor};
use crate::span::Span;
use crate::{Options, redact_into};

/// A part of a text that is done with: nothing that follows changes it.
#[derive(Debug)]
pub struct Piece<'a> {
    /// The part.
    pub text: &'a str,
    /// What was found in it, with offsets in the whole text.
    pub spans: &'a [Span],
    /// Where the part begins in the whole text, in bytes.
    offset: usize,
}

impl Piece<'_> {
    /// Writes the part without what was found.
    pub fn redact_into(&self, out: &mut String) {
        let local: Vec<Span> = self
            .spans
            .iter()
            .map(|span| Span {
                bstart: span.bstart - self.offset,
                bend: span.bend - self.offset,
                ..*span
            })
            .collect();
        redact_into(self.text, &local, out);
    }
}

/// Takes a text bit by bit and gives it back in parts with what was found in them.
#[derive(Debug)]
pub struct Stream {
    scanner: Scanner,
    buffer: String,
    /// How much of the buffer was given back already; it stays to be read with what follows.
    done: usize,
    /// Bytes and characters of the text before the buffer.
    bytes: usize,
    characters: usize,
    spans: Vec<Span>,
}

impl Stream {
    /// A stream at its beginning.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            scanner: Scanner::new(options),
            buffer: String::new(),
            done: 0,
            bytes: 0,
            characters: 0,
            spans: Vec::new(),
        }
    }

    /// Takes more of the text.
    pub fn push(&mut self, text: &str, mut each: impl FnMut(&Piece<'_>)) {
        let mut rest = text;
        while !rest.is_empty() {
            let take = floor(rest, PIECE.saturating_sub(self.buffer.len()).max(4));
            let (head, tail) = rest.split_at(take);
            self.buffer.push_str(head);
            rest = tail;
            if self.buffer.len() >= PIECE {
                self.give(false, &mut each);
            }
        }
    }

    /// The text is over.
    pub fn finish(&mut self, mut each: impl FnMut(&Piece<'_>)) {
        self.give(true, &mut each);
        self.buffer.clear();
        self.scanner.forget();
        (self.done, self.bytes, self.characters) = (0, 0, 0);
    }

    fn give(&mut self, is_last: bool, each: &mut impl FnMut(&Piece<'_>)) {
        let end = if is_last {
            self.buffer.len()
        } else {
            cut(&self.buffer, 0).min(self.buffer.len())
        };
        let keep = if is_last {
            end
        } else {
            floor(&self.buffer, end.saturating_sub(BACK).max(self.done))
        };
        let window = self.buffer.get(..end).unwrap_or_default();
        let found = self.scanner.window(window, self.done, keep);
        // What begins before the cut belongs to this part, whole.
        let keep = found.last().map_or(keep, |last| keep.max(last.bend));
        self.spans.clear();
        self.spans.extend(found.iter().map(|span| Span {
            start: span.start + self.characters,
            end: span.end + self.characters,
            bstart: span.bstart + self.bytes,
            bend: span.bend + self.bytes,
            ..*span
        }));
        let text = self.buffer.get(self.done..keep).unwrap_or_default();
        each(&Piece {
            text,
            spans: &self.spans,
            offset: self.bytes + self.done,
        });
        let gone = floor(&self.buffer, keep.saturating_sub(BACK));
        let head = self.buffer.get(..gone).unwrap_or_default();
        self.characters += head.chars().count();
        self.bytes += gone;
        self.buffer.drain(..gone);
        self.done = keep - gone;
    }
}
