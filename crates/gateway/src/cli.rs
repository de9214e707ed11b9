//! `gateway filter`, for the executable of its own and for `placet`.

pub mod run;

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use placet_domain::flow::DestinationKind;
use placet_domain::time::Date;

use crate::frame::detect::Format;
use crate::{Flow, Options, Report, filter};

/// Everything was taken.
pub const DONE: u8 = 0;
/// Records were refused.
pub const FINDINGS: u8 = 1;
/// The call or the flow is wrong.
pub const USAGE: u8 = 2;
/// A file or stream failed.
pub const ENVIRONMENT: u8 = 3;

/// Let through what a flow lists, drop the rest, and count what was dropped.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  placet gateway filter --flow people.toml < Patient.ndjson > filtered.ndjson\n\nExit status: 0 all taken, 1 records refused, 2 usage or flow, 3 environment."
)]
pub struct Filter {
    /// The flow: a TOML file, or `people`, which is part of the program
    #[arg(long, default_value = "people")]
    pub flow: PathBuf,
    /// Files to read, one after the other; `-` or nothing is standard input
    pub files: Vec<PathBuf>,
    /// Where to write; standard output when not given
    #[arg(long, short)]
    pub out: Option<PathBuf>,
    /// ndjson, bundle, document, csv or hl7; told from the input when not given
    #[arg(long, value_parser = parse_format)]
    pub format: Option<Format>,
    /// The most bytes that one line, entry or row may have
    #[arg(long, default_value_t = 4 << 20)]
    pub limit: usize,
    /// Stop at the first record that is refused
    #[arg(long)]
    pub strict: bool,
    /// Write the report as JSON
    #[arg(long)]
    pub json: bool,
}

fn parse_format(code: &str) -> Result<Format, String> {
    Format::find(code).ok_or_else(|| "one of ndjson, bundle, document, csv, hl7".to_owned())
}

/// Loads a flow by the name of an embedded one or by its file; says what is wrong otherwise.
///
/// # Errors
///
/// The exit status and the text for standard error.
pub fn load_flow(name: &Path) -> Result<Flow, (u8, String)> {
    if name.as_os_str() == "people" {
        return Ok(Flow::people());
    }
    let shown = name.display().to_string();
    let text = std::fs::read_to_string(name).map_err(|error| {
        (
            ENVIRONMENT,
            format!("cannot read the flow {shown}: {error}"),
        )
    })?;
    Flow::load(&shown, &text).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        (USAGE, lines.join("\n"))
    })
}

/// Loads a flow to run without a store. One that leads to another company is refused: whether its contract is in force and
/// both sides agreed stands in the store, and so does the key under which the company gets its ids.
///
/// # Errors
///
/// As [`load_flow`].
pub fn load_flow_to_run(name: &Path) -> Result<Flow, (u8, String)> {
    let flow = load_flow(name)?;
    let is_outward = flow
        .declaration()
        .is_some_and(|it| it.destination.kind == DestinationKind::Vendor);
    if !is_outward {
        return Ok(flow);
    }
    let name = flow.name();
    let says = format!(
        "the flow `{name}` leads to another company, and nothing here can tell whether its contract is in force; declare it, and \
         run it with `placet flow run {name}`, which also hashes ids for that company alone"
    );
    Err((USAGE, says))
}

impl Filter {
    /// Runs; reports go to `errors`. Gives the exit status.
    pub fn run(
        &self,
        today: Date,
        stdin: &mut dyn Read,
        stdout: &mut dyn Write,
        errors: &mut dyn Write,
    ) -> u8 {
        let ended = self.filter_all(today, stdin, stdout, errors);
        ended.unwrap_or_else(|(status, says)| {
            // Nothing more can be said when standard error is gone.
            let _ = writeln!(errors, "{says}");
            status
        })
    }

    fn filter_all(
        &self,
        today: Date,
        stdin: &mut dyn Read,
        stdout: &mut dyn Write,
        errors: &mut dyn Write,
    ) -> Result<u8, (u8, String)> {
        let flow = load_flow_to_run(&self.flow)?;
        let options = Options {
            format: self.format,
            limit: self.limit,
            is_strict: self.strict,
            today,
        };
        let failed = |error: io::Error| (ENVIRONMENT, format!("cannot write: {error}"));
        let mut file;
        let to: &mut dyn Write = match &self.out {
            Some(path) => {
                file = File::create(path).map_err(|error| {
                    (
                        ENVIRONMENT,
                        format!("cannot create {}: {error}", path.display()),
                    )
                })?;
                &mut file
            }
            None => stdout,
        };
        let mut out = BufWriter::with_capacity(1 << 18, to);
        let only_stdin = [PathBuf::from("-")];
        let files = if self.files.is_empty() {
            &only_stdin[..]
        } else {
            &self.files
        };
        let mut is_clean = true;
        for (number, path) in (1..).zip(files) {
            let mut write = |line: &str| {
                out.write_all(line.as_bytes())
                    .and_then(|()| out.write_all(b"\n"))
            };
            let report = if path.as_os_str() == "-" {
                filter(&mut *stdin, &flow, &options, &mut write)
            } else {
                let input = File::open(path).map_err(|error| {
                    (
                        ENVIRONMENT,
                        format!("cannot read {}: {error}", path.display()),
                    )
                })?;
                filter(input, &flow, &options, &mut write)
            };
            let report = report.map_err(failed)?;
            is_clean &= report.is_clean();
            self.show(&report, number, files.len(), errors)
                .map_err(failed)?;
            if self.strict && !is_clean {
                break;
            }
        }
        out.flush().map_err(failed)?;
        Ok(if is_clean { DONE } else { FINDINGS })
    }

    fn show(
        &self,
        report: &Report,
        number: usize,
        n: usize,
        errors: &mut dyn Write,
    ) -> io::Result<()> {
        if self.json {
            serde_json::to_writer(&mut *errors, report)?;
            return writeln!(errors);
        }
        if n > 1 {
            write!(errors, "input {number}, ")?;
        }
        write!(errors, "{report}")
    }
}
