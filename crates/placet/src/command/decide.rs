//! `placet decide`: one case a line in, one decision a line out.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use placet_domain::time::Timestamp;
use placet_policy::wire::{Choice, Line, Options, decide_line};

use super::Exit;
use super::pack::engine_of;
use crate::clock;

/// The longest line that is read; a longer one gets an error in its place and the rest go on.
const LIMIT: usize = 16 << 20;

/// Example: placet decide < cases.jsonl > decisions.jsonl
///
/// Each line is an object with `id` and `inputs`. A malformed line gives an error object on the
/// same line of the output, and the exit status is then 1.
#[derive(Debug, Args)]
pub struct Decide {
    /// `conservative`, `regulatory_floor`, or `any` for both with the stricter answer.
    #[arg(long, value_parser = choice)]
    profile: Option<Choice>,
    /// A folder of rule packs instead of those in the program.
    #[arg(long)]
    pack: Option<PathBuf>,
    /// Decide as of this instant (RFC 3339), whatever the lines say.
    #[arg(long, value_parser = instant)]
    at: Option<Timestamp>,
    /// Cases; standard input when left out.
    file: Option<PathBuf>,
}

fn choice(code: &str) -> Result<Choice, String> {
    Choice::find(code).ok_or_else(|| "one of conservative, regulatory_floor, any".to_owned())
}

fn instant(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|_| "an instant such as 2026-11-24T14:00:00-05:00".to_owned())
}

impl Decide {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When a file or the pack cannot be used.
    pub fn run(self) -> Result<Exit> {
        let engine = match engine_of(self.pack.as_deref())? {
            Ok(engine) => engine,
            Err(exit) => return Ok(exit),
        };
        let options = Options {
            profile: self.profile,
            at: self.at,
            now: clock::now(),
        };
        let input: Box<dyn Read> = match &self.file {
            Some(file) if file.as_os_str() != "-" => Box::new(
                std::fs::File::open(file)
                    .with_context(|| format!("cannot read `{}`", file.display()))?,
            ),
            _ => Box::new(io::stdin()),
        };
        let mut out = BufWriter::new(io::stdout().lock());
        let mut exit = Exit::Done;
        let mut lines = Lines {
            input: BufReader::with_capacity(1 << 18, input),
            buffer: Vec::new(),
        };
        for number in 1.. {
            let Some(line) = lines.next().context("cannot read the input")? else {
                break;
            };
            let answer: Line = decide_line(&engine, line, number, &options);
            if !answer.is_decision {
                exit = Exit::Findings;
            }
            if writeln!(out, "{}", answer.json).is_err() {
                // Whoever reads has enough.
                return Ok(exit);
            }
        }
        out.flush()
            .map_err(|error| anyhow!("cannot write the decisions: {error}"))?;
        Ok(exit)
    }
}

/// Lines without their ends, each cut at the limit so that memory stays bounded.
struct Lines<R> {
    input: BufReader<R>,
    buffer: Vec<u8>,
}

impl<R: Read> Lines<R> {
    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.buffer.clear();
        let mut is_over = true;
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            is_over = false;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or(chunk);
            let room = (LIMIT + 1).saturating_sub(self.buffer.len());
            self.buffer
                .extend_from_slice(part.get(..room.min(part.len())).unwrap_or(part));
            let used = end.map_or(chunk.len(), |end| end + 1);
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        Ok((!is_over).then_some(self.buffer.as_slice()))
    }
}
