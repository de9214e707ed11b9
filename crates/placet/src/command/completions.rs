//! `placet completions`: what a shell needs to complete our commands.

use anyhow::Result;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Exit;
use crate::Cli;

/// Write the completions of a shell to standard output.
#[derive(Debug, Args)]
#[command(after_help = "Example: placet completions bash > /etc/bash_completion.d/placet")]
pub struct Completions {
    /// Which shell.
    shell: Shell,
}

impl Completions {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// None.
    pub fn run(self) -> Result<Exit> {
        clap_complete::generate(
            self.shell,
            &mut Cli::command(),
            "placet",
            &mut std::io::stdout(),
        );
        Ok(Exit::Done)
    }
}
