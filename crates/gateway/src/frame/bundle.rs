//! One JSON document: a bundle of any length, entry by entry, or a single resource over lines.

use std::io::{self, Read};

use super::{Gathered, Input};

/// What comes next in a document.
pub(crate) enum Next {
    /// An entry was gathered; the number of its line.
    Entry(u64),
    /// A field of the bundle itself, skipped.
    Field(String),
    /// The document is over.
    End,
    /// It is no JSON from here on, or it ends too early.
    Broken,
}

/// A document being read.
pub(crate) struct Document {
    state: State,
}

enum State {
    Before,
    Fields { is_first: bool },
    Entries { is_first: bool },
    Done,
}

/// Longest name of a field that is told apart.
const NAME: usize = 64;

impl Document {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Before,
        }
    }

    /// Reads on to the next entry or field. Only `Broken` and `End` are final.
    pub(crate) fn next<R: Read>(
        &mut self,
        input: &mut Input<R>,
        into: &mut Gathered,
    ) -> io::Result<Next> {
        loop {
            skip_blank(input)?;
            match self.state {
                State::Before => {
                    if input.next()? != Some(b'{') {
                        return self.broken();
                    }
                    self.state = State::Fields { is_first: true };
                }
                State::Fields { is_first } => match input.peek()? {
                    Some(b'}') => {
                        input.skip(1, 0);
                        self.state = State::Done;
                    }
                    Some(b',') if !is_first => {
                        input.skip(1, 0);
                        skip_blank(input)?;
                        if let Some(field) = self.field(input)? {
                            return Ok(field);
                        }
                    }
                    Some(b'"') if is_first => {
                        if let Some(field) = self.field(input)? {
                            return Ok(field);
                        }
                    }
                    _ => return self.broken(),
                },
                State::Entries { is_first } => match input.peek()? {
                    Some(b']') => {
                        input.skip(1, 0);
                        self.state = State::Fields { is_first: false };
                    }
                    Some(b',') if !is_first => {
                        input.skip(1, 0);
                        skip_blank(input)?;
                        return self.entry(input, into);
                    }
                    Some(_) if is_first => return self.entry(input, into),
                    _ => return self.broken(),
                },
                State::Done => {
                    return Ok(if input.peek()?.is_none() {
                        Next::End
                    } else {
                        Next::Broken
                    });
                }
            }
        }
    }

    fn broken(&mut self) -> io::Result<Next> {
        self.state = State::Done;
        Ok(Next::Broken)
    }

    /// One field: `entry` opens the list of entries, any other is skipped.
    fn field<R: Read>(&mut self, input: &mut Input<R>) -> io::Result<Option<Next>> {
        let mut name = Gathered::new(NAME);
        if input.peek()? != Some(b'"') || !value(input, &mut name)? {
            return self.broken().map(Some);
        }
        skip_blank(input)?;
        if input.next()? != Some(b':') {
            return self.broken().map(Some);
        }
        skip_blank(input)?;
        let name = name.bytes().unwrap_or_default().trim_ascii();
        if name == b"\"entry\"" && input.peek()? == Some(b'[') {
            input.skip(1, 0);
            self.state = State::Entries { is_first: true };
            return Ok(None);
        }
        let name = String::from_utf8_lossy(name).trim_matches('"').to_owned();
        self.state = State::Fields { is_first: false };
        if value(input, &mut Gathered::new(0))? {
            Ok(Some(Next::Field(name)))
        } else {
            self.broken().map(Some)
        }
    }

    fn entry<R: Read>(&mut self, input: &mut Input<R>, into: &mut Gathered) -> io::Result<Next> {
        let line = input.line();
        into.clear();
        if !value(input, into)? {
            return self.broken();
        }
        self.state = State::Entries { is_first: false };
        Ok(Next::Entry(line))
    }
}

fn skip_blank<R: Read>(input: &mut Input<R>) -> io::Result<()> {
    while let Some(b' ' | b'\t' | b'\r' | b'\n') = input.peek()? {
        input.next()?;
    }
    Ok(())
}

/// Gathers one value by its brackets and quotes; false when the input ends inside it.
fn value<R: Read>(input: &mut Input<R>, into: &mut Gathered) -> io::Result<bool> {
    let mut scan = Scan::default();
    loop {
        let bytes = input.bytes()?;
        if bytes.is_empty() {
            return Ok(false);
        }
        let (n, is_over) = scan.run(bytes);
        let taken = bytes.get(..n).unwrap_or_default();
        into.add(taken);
        let n_lines = memchr::memchr_iter(b'\n', taken).count() as u64;
        input.skip(n, n_lines);
        if is_over {
            return Ok(true);
        }
    }
}

/// Where in a value the scan is.
#[derive(Default)]
pub(super) struct Scan {
    depth: usize,
    is_in_string: bool,
    is_escaped: bool,
}

impl Scan {
    /// How many of these bytes belong to the value, and whether it is over with them.
    fn run(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if self.is_in_string {
                let rest = bytes.get(at..).unwrap_or_default();
                match self.string(rest) {
                    Some(n) => at += n,
                    None => return (bytes.len(), false),
                }
                if self.depth == 0 {
                    return (at, true);
                }
                continue;
            }
            match byte {
                b'"' => self.is_in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                // A number or a word ends before what follows it.
                b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                    return (at, true);
                }
                _ => {}
            }
            at += 1;
        }
        (bytes.len(), false)
    }

    /// Up to and past the closing quote; nothing when it is not here.
    fn string(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        if std::mem::take(&mut self.is_escaped) {
            at = 1;
        }
        loop {
            let rest = bytes.get(at..)?;
            let found = memchr::memchr2(b'"', b'\\', rest)?;
            if rest.get(found) == Some(&b'"') {
                self.is_in_string = false;
                return Some(at + found + 1);
            }
            if at + found + 1 >= bytes.len() {
                self.is_escaped = true;
                return None;
            }
            at += found + 2;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Gives one byte at a time, so that every boundary is met.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(1).min(into.len());
            into[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn read(reader: impl Read, limit: usize) -> Vec<String> {
        let mut input = Input::new(reader);
        let mut gathered = Gathered::new(limit);
        let mut document = Document::new();
        let mut found = Vec::new();
        loop {
            found.push(match document.next(&mut input, &mut gathered).unwrap() {
                Next::Entry(line) => {
                    let bytes = gathered
                        .bytes()
                        .map_or("too long".into(), |b| String::from_utf8_lossy(b));
                    format!("{line}: {bytes}")
                }
                Next::Field(name) => name,
                Next::End => return found,
                Next::Broken => {
                    found.push("broken".into());
                    return found;
                }
            });
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(read(text.as_bytes(), 40), expected);
        assert_eq!(read(Drip(text.as_bytes()), 40), expected);
    }

    #[test]
    fn entries_are_told_apart_wherever_a_block_ends() {
        check(
            r#"{"resourceType":"Bundle","entry":[{"a":"]}"},{"b":"\"\\"}],"type":"x"}"#,
            &[
                "resourceType",
                "1: {\"a\":\"]}\"}",
                "1: {\"b\":\"\\\"\\\\\"}",
                "type",
            ],
        );
        check(
            "{\n \"total\" : 3 ,\n \"entry\" : [\n  {\"a\": 1},\n  2\n ]\n}\n",
            &["total", "4: {\"a\": 1}", "5: 2"],
        );
        check("{\"entry\":[]}", &[]);
        check("{}", &[]);
    }

    #[test]
    fn an_entry_over_the_limit_is_skipped() {
        let long = format!(r#"{{"entry":["{}",{{"b":1}}]}}"#, "x".repeat(50));
        check(&long, &["1: too long", "1: {\"b\":1}"]);
    }

    #[test]
    fn what_is_cut_off_or_torn_is_said_to_be_broken() {
        check(r#"{"entry":[{"a":1},{"b":"#, &["1: {\"a\":1}", "broken"]);
        check(r#"{"entry":[{"a":1}"#, &["1: {\"a\":1}", "broken"]);
        check(
            r#"{"entry":[{"a":1} {"b":2}]}"#,
            &["1: {\"a\":1}", "broken"],
        );
        check(r#"{"entry":[{"a":1}]} {"#, &["1: {\"a\":1}", "broken"]);
        check("[1]", &["broken"]);
        check("", &["broken"]);
    }
}
