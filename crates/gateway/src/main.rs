//! `placet-gateway`: the filter alone, for the machine that may see the records.

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use placet_domain::time::{TimeZone, Timestamp};
use placet_gateway::cli::Filter;
use placet_gateway::cli::run::{Key, Replay, Run};

/// Lets through what a flow lists, and nothing else.
#[derive(Debug, Parser)]
#[command(name = "placet-gateway", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Filter FHIR R4 (NDJSON, Bundle), HL7 v2 or a CSV of people
    Filter(Filter),
    /// Listen to HL7 v2, filter it, send it on
    Run(Run),
    /// Send what waits in a spool
    Replay(Replay),
    /// Make a key for a spool
    Key(Key),
}

#[expect(
    clippy::disallowed_methods,
    reason = "the clock enters at the executables"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

fn main() -> ExitCode {
    let mut errors = io::stderr();
    let status = match Arguments::parse().command {
        Command::Filter(filter) => {
            let today = now().to_zoned(TimeZone::UTC).date();
            filter.run(
                today,
                &mut io::stdin().lock(),
                &mut io::stdout().lock(),
                &mut errors,
            )
        }
        Command::Run(run) => run.run(now, &mut errors),
        Command::Replay(replay) => replay.run(&mut errors),
        Command::Key(key) => key.run(&mut errors),
    };
    ExitCode::from(status)
}
