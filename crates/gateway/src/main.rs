//! `placet-gateway`: the filter alone, for the machine that may see the records.

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use placet_domain::time::TimeZone;
use placet_gateway::cli::Filter;

/// Lets through what a flow lists, and nothing else.
#[derive(Debug, Parser)]
#[command(name = "placet-gateway", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Filter FHIR R4 (NDJSON, Bundle) or a CSV of people
    Filter(Filter),
}

#[expect(
    clippy::disallowed_methods,
    reason = "the clock enters at the executables"
)]
fn main() -> ExitCode {
    let Command::Filter(filter) = Arguments::parse().command;
    let today = jiff::Timestamp::now().to_zoned(TimeZone::UTC).date();
    let status = filter.run(
        today,
        &mut io::stdin().lock(),
        &mut io::stdout().lock(),
        &mut io::stderr().lock(),
    );
    ExitCode::from(status)
}
