//! Texts in, spans or redacted texts out: JSON lines, or plain text of any size.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};

use anyhow::{Context, Result};
use placet_phi::{Options, Scanner, Span, Stream, redact_into};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::read::{self, Decoded};
use super::{Exit, Format, Texts};

/// The longest line that is read; a longer one gets an error in its place and the rest go on.
const LIMIT: usize = 64 << 20;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Out {
    /// Spans and the redacted text.
    Spans,
    /// The redacted text alone.
    Redacted,
}

#[derive(Deserialize)]
struct Given<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spans: Option<&'a [Span]>,
    redacted: &'a str,
}

#[derive(Serialize)]
struct Refused<'a> {
    line: usize,
    error: &'a str,
}

/// Runs it.
///
/// # Errors
///
/// When a file cannot be read or the output cannot be written.
pub fn run(texts: &Texts, out: Out) -> Result<Exit> {
    let input = Decoded::new(read::open(texts.file.as_deref())?);
    let mut sink = BufWriter::with_capacity(1 << 18, io::stdout().lock());
    let done = match texts.format() {
        Format::Jsonl => lines(input, &mut sink, texts.options(), out),
        Format::Text => text(
            input,
            &mut sink,
            texts.options(),
            out == Out::Spans || texts.json,
        ),
    };
    let exit = match done {
        // Whoever reads has enough.
        Err(error) if is_closed(&error) => return Ok(Exit::Done),
        done => done?,
    };
    sink.flush().context("cannot write the output")?;
    Ok(exit)
}

fn is_closed(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// One line in, one line out, in order.
fn lines<R: io::Read>(
    mut input: Decoded<R>,
    sink: &mut impl Write,
    options: Options,
    out: Out,
) -> Result<Exit> {
    let mut scanner = Scanner::new(options);
    let mut exit = Exit::Done;
    let (mut buffer, mut redacted) = (String::new(), String::new());
    let mut number = 0;
    let mut is_skipping = false;
    loop {
        let more = input.next(&mut buffer).context("cannot read the input")?;
        let mut done = 0;
        while let Some(len) = buffer.get(done..).and_then(|rest| rest.find('\n')) {
            let line = buffer.get(done..done + len).unwrap_or_default();
            done += len + 1;
            number += 1;
            if std::mem::take(&mut is_skipping) {
                continue;
            }
            exit = worse(
                exit,
                one(line, number, &mut scanner, &mut redacted, sink, out)?,
            );
        }
        buffer.drain(..done);
        if buffer.len() > LIMIT {
            if !is_skipping {
                refuse(
                    sink,
                    number + 1,
                    "the line is longer than 64 MB; write the text to a file and use --format text",
                )?;
                exit = Exit::Findings;
            }
            is_skipping = true;
            buffer.clear();
        }
        if !more {
            break;
        }
    }
    if !buffer.is_empty() && !is_skipping {
        exit = worse(
            exit,
            one(&buffer, number + 1, &mut scanner, &mut redacted, sink, out)?,
        );
    }
    Ok(exit)
}

fn worse(a: Exit, b: Exit) -> Exit {
    if a == Exit::Done { b } else { a }
}

fn one(
    line: &str,
    number: usize,
    scanner: &mut Scanner,
    redacted: &mut String,
    sink: &mut impl Write,
    out: Out,
) -> Result<Exit> {
    if line.trim().is_empty() {
        refuse(
            sink,
            number,
            "the line is empty; an object with `id` and `text` is expected",
        )?;
        return Ok(Exit::Findings);
    }
    let Ok(given) = serde_json::from_str::<Given<'_>>(line) else {
        refuse(sink, number, "not an object with `id` and `text`")?;
        return Ok(Exit::Findings);
    };
    let spans = scanner.scan(&given.text);
    redacted.clear();
    redact_into(&given.text, spans, redacted);
    let answer = Answer {
        id: given.id,
        spans: (out == Out::Spans).then_some(spans),
        redacted,
    };
    serde_json::to_writer(&mut *sink, &answer)
        .map_err(io::Error::from)
        .context("cannot write the output")?;
    sink.write_all(b"\n").context("cannot write the output")?;
    Ok(Exit::Done)
}

fn refuse(sink: &mut impl Write, line: usize, error: &str) -> Result<()> {
    serde_json::to_writer(&mut *sink, &Refused { line, error })
        .map_err(io::Error::from)
        .context("cannot write the output")?;
    sink.write_all(b"\n").context("cannot write the output")
}

/// Plain text: spans one a line, or the text again.
fn text<R: io::Read>(
    mut input: Decoded<R>,
    sink: &mut impl Write,
    options: Options,
    as_spans: bool,
) -> Result<Exit> {
    let mut stream = Stream::new(options);
    let mut block = String::new();
    let mut out = String::new();
    loop {
        block.clear();
        let more = input.next(&mut block).context("cannot read the input")?;
        out.clear();
        let mut take = |piece: &placet_phi::Piece<'_>| {
            if as_spans {
                for span in piece.spans {
                    out.push_str(&serde_json::to_string(span).unwrap_or_default());
                    out.push('\n');
                }
            } else {
                piece.redact_into(&mut out);
            }
        };
        stream.push(&block, &mut take);
        if !more {
            stream.finish(&mut take);
        }
        sink.write_all(out.as_bytes())
            .context("cannot write the output")?;
        if !more {
            return Ok(Exit::Done);
        }
    }
}
