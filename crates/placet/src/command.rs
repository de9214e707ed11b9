//! The subcommands. Exit status: 0 done, 1 refused or findings, 2 usage, 3 environment.

mod init;
mod ledger;
mod open;
mod serve;
mod user;

use anyhow::Result;
use clap::Subcommand;

/// How a command ended, when nothing in the environment stood in its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, nothing found.
    Done,
    /// Refused, or something was found.
    Findings,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new installation in a folder: configuration, master key, database.
    Init(init::Init),
    /// Serve pages and API, and send what is due.
    Serve(serve::Serve),
    /// Verify, prove and export the ledger.
    Ledger(ledger::Ledger),
    /// Manage operators from the machine itself.
    User(user::User),
}

impl Command {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// What in the environment stood in its way, and the next step.
    pub fn run(self) -> Result<Exit> {
        match self {
            Self::Init(it) => it.run(),
            Self::Serve(it) => it.run(),
            Self::Ledger(it) => it.run(),
            Self::User(it) => it.run(),
        }
    }
}
