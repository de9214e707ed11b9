//! `placet gateway`: what an allow-list lets through, without a store.

use std::io;

use anyhow::Result;
use clap::{Args, Subcommand};
use placet_domain::time::TimeZone;
use placet_gateway::cli::run::{Key, Replay, Run};
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
    /// Listen to HL7 v2 (MLLP), filter it, send it on
    Run(Run),
    /// Send what waits in a spool
    Replay(Replay),
    /// Make a key for a spool
    Key(Key),
}

impl Gateway {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// None: what went wrong was said on standard error and is in the status.
    pub fn run(self) -> Result<Exit> {
        let mut errors = io::stderr();
        let status = match self.verb {
            Verb::Filter(filter) => filter.run(
                clock::now().to_zoned(TimeZone::UTC).date(),
                &mut io::stdin().lock(),
                &mut io::stdout().lock(),
                &mut errors,
            ),
            Verb::Run(run) => run.run(clock::now, &mut errors),
            Verb::Replay(replay) => replay.run(&mut errors),
            Verb::Key(key) => key.run(&mut errors),
        };
        Ok(match status {
            cli::DONE => Exit::Done,
            cli::FINDINGS => Exit::Findings,
            cli::USAGE => Exit::Usage,
            _ => Exit::Environment,
        })
    }
}
