//! `placet gateway`: what an allow-list lets through, without a store.

use std::io;

use anyhow::Result;
use clap::{Args, Subcommand};
use placet_domain::time::TimeZone;
use placet_gateway::cli::{self, Filter};

use super::Exit;
use crate::clock;

/// Example: placet gateway filter --flow people < Patient.ndjson > filtered.ndjson
#[derive(Debug, Args)]
pub struct Gateway {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Let through what a flow lists, drop the rest, and count what was dropped
    Filter(Filter),
}

impl Gateway {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// None: what went wrong was said on standard error and is in the status.
    pub fn run(self) -> Result<Exit> {
        let Verb::Filter(filter) = self.verb;
        let today = clock::now().to_zoned(TimeZone::UTC).date();
        let status = filter.run(
            today,
            &mut io::stdin().lock(),
            &mut io::stdout().lock(),
            &mut io::stderr().lock(),
        );
        Ok(match status {
            cli::DONE => Exit::Done,
            cli::FINDINGS => Exit::Findings,
            cli::USAGE => Exit::Usage,
            _ => Exit::Environment,
        })
    }
}
