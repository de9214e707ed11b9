//! Placet on the command line: one program to serve, import, decide, verify and measure.
//!
//! Each subcommand is a file under `command/`; this file knows their names and exit statuses.
//!
//! INVARIANT: no rules here. The clock and randomness enter in `clock`, and nowhere else.

#![allow(clippy::print_stdout, reason = "a command line prints")]

mod bench;
mod clock;
mod command;
mod config;
mod demo;
mod fetching;
mod imports;
mod installation;
mod intake;
mod measure;
mod mllp;
mod population;
mod returns;
mod sending;
mod triggers;

use std::process::ExitCode;

use clap::Parser;

use command::{Command, Exit};

/// What a claim allocates on the writer's thread is freed on a line's: the system's allocator makes
/// them wait for each other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Hospital marketing behind one gate: every use of a person's data decided, with a receipt.
#[derive(Debug, Parser)]
#[command(name = "placet", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match cli.command.run() {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Findings) => ExitCode::from(1),
        Ok(Exit::Usage) => ExitCode::from(2),
        Ok(Exit::Environment) => ExitCode::from(3),
        Err(error) => {
            eprintln!("placet: {error:#}");
            ExitCode::from(3)
        }
    }
}
